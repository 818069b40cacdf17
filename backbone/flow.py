"""Rectified flow: times, guidance, Euler steps (BAGEL specification §16, §17, §19).

``x_t = (1 - t) * data + t * noise``; velocity is ``noise - data``; a step goes down in ``t``.
Everything here is a pure function of tensors; it knows no model.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from omni_errors import InputError

__all__ = [
    "Guidance",
    "draw_times",
    "euler",
    "guided",
    "interpolate",
    "schedule",
    "shift_time",
]

RENORMS = ("global", "channel", "text_channel")


@dataclass(frozen=True)
class Guidance:
    """Say how far to push away from what text-free and image-free contexts predict."""

    text_scale: float = 4.0
    image_scale: float = 1.0
    # guidance is on for interval[0] < t <= interval[1]
    interval: tuple[float, float] = (0.4, 1.0)
    renorm: str = "global"
    renorm_min: float = 0.0

    def __post_init__(self) -> None:
        if self.renorm not in RENORMS:
            raise InputError(f"There is no renorm {self.renorm!r}; there are {', '.join(RENORMS)}.")

    def scales(self, t: float) -> tuple[float, float]:
        """Return the text and image scale in force at a time, after the shift."""
        low, high = self.interval
        return (self.text_scale, self.image_scale) if low < t <= high else (1.0, 1.0)


def shift_time(t: Tensor, shift: float) -> Tensor:
    """Move times towards noise: ``s t / (1 + (s - 1) t)``."""
    return shift * t / (1 + (shift - 1) * t)


def schedule(num_timesteps: int, shift: float) -> Tensor:
    """List the times, one to zero; the last is where it ends, not a step of its own (§16)."""
    return shift_time(torch.linspace(1, 0, num_timesteps), shift)


def draw_times(count: int, shift: float, generator: Generator) -> Tensor:
    """Draw training times: a shifted logit-normal ``[count]`` (§19)."""
    drawn = torch.randn(count, generator=generator, device=generator.device)
    return shift_time(drawn.sigmoid(), shift)


def interpolate(data: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """Mix data and noise ``[..., T, P]`` at times ``[..., T]``."""
    return (1 - t[..., None]) * data + t[..., None] * noise


def _norm_of(x: Tensor, kind: str) -> Tensor:
    axes = (-2, -1) if kind == "global" else (-1,)
    norm: Tensor = torch.linalg.vector_norm(x, dim=axes, keepdim=True)
    return norm


def _renorm(x: Tensor, like: Tensor, guidance: Guidance) -> Tensor:
    ratio = _norm_of(like, guidance.renorm) / (_norm_of(x, guidance.renorm) + 1e-8)
    return x * ratio.clamp(guidance.renorm_min, 1.0)


def guided(
    v: Tensor,
    without_text: Tensor | None,
    without_image: Tensor | None,
    guidance: Guidance,
    t: float,
) -> Tensor:
    """Combine up to three predictions ``[B, T, P]`` into the velocity to follow (§17).

    Without text guidance the image scale does nothing, as in the release.
    """
    text_scale, image_scale = guidance.scales(t)
    if text_scale <= 1.0 or without_text is None:
        return v
    out = without_text + text_scale * (v - without_text)
    if guidance.renorm == "text_channel":
        out = _renorm(out, v, guidance)
    if image_scale > 1.0 and without_image is not None:
        out = without_image + image_scale * (out - without_image)
    return out if guidance.renorm == "text_channel" else _renorm(out, v, guidance)


def euler(
    noise: Tensor,
    times: Tensor,
    velocity: Callable[[Tensor, float], Tensor],
    on_step: Callable[[int, int], None] | None = None,
) -> Tensor:
    """Follow the velocity from noise to data, ``len(times) - 1`` evaluations.

    ``on_step(done, total)`` is called after every step and may raise to stop.
    """
    x, total = noise, len(times) - 1
    for step in range(total):
        now, then = times[step].item(), times[step + 1].item()
        x = x - (now - then) * velocity(x, now)
        if on_step is not None:
            on_step(step + 1, total)
    return x
