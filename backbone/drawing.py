"""Pictures out of contexts: three contexts for guidance, one flow, one decode (§16-§18).

It works on items and latents; words and image files are the face's business.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from backbone.concepts import GENERATE, ConceptTable
from backbone.context import Context, FlowQuery
from backbone.flow import Guidance, euler, guided, schedule
from backbone.latents import tokens_to_latents
from backbone.limits import ignore_step, never, require
from backbone.model import UnifiedModel
from backbone.packing import Item
from omni_errors import CancelledError, InputError

__all__ = [
    "Contexts",
    "FlowOptions",
    "Part",
    "PromptReader",
    "draw_latent",
    "guidance_contexts",
]


@dataclass(frozen=True)
class FlowOptions:
    """Choose how a picture is sampled; the defaults are the release's for text-to-image."""

    # points of the schedule: one evaluation fewer (§16)
    num_timesteps: int = 50
    timestep_shift: float = 3.0
    guidance: Guidance = field(default_factory=Guidance)
    # called with (done, total) after every step
    on_step: Callable[[int, int], None] = ignore_step
    # asked before every step; True stops with CancelledError
    should_stop: Callable[[], bool] = never

    def __post_init__(self) -> None:
        require(self.num_timesteps >= 2, "num_timesteps", self.num_timesteps, "2 or more")
        require(self.timestep_shift > 0, "timestep_shift", self.timestep_shift, "above 0")


@dataclass(frozen=True)
class Part:
    """One thing of a prompt: a text, or an image as its one or two items.

    ``system`` parts stay in every context; ``concept`` parts, which come first of all, leave the
    context without text, like the text they belong to.
    """

    items: tuple[Item, ...]
    kind: str

    def __post_init__(self) -> None:
        kinds = ("system", "concept", "text", "image", "thought")
        if self.kind not in kinds:
            raise InputError(f"There is no part {self.kind!r}; there are {', '.join(kinds)}.")


@dataclass(frozen=True)
class Contexts:
    """Hold the main context and what guidance compares it with."""

    main: Context
    without_text: Context
    without_image: Context


class PromptReader:
    """Read lists of parts into contexts; beginnings they share are read once."""

    def __init__(self, model: UnifiedModel, table: ConceptTable) -> None:
        self._known: dict[tuple[int, ...], Context] = {(): Context(model, table, GENERATE)}

    def read(self, parts: Sequence[Part]) -> Context:
        """Return the context of parts in order."""
        key = tuple(id(part) for part in parts)
        if key not in self._known:
            context = self.read(parts[:-1]).copy()
            for item in parts[-1].items:
                context.add(item)
            self._known[key] = context
        return self._known[key]


def guidance_contexts(reader: PromptReader, parts: Sequence[Part]) -> Contexts:
    """Read the parts into three contexts (§18).

    Without text: no concept, no thought, and without the last part if that is a text. Without
    image: everything but images and thoughts.
    """
    spoken = [p for p in parts if p.kind != "thought"]
    plain = [p for p in spoken if p.kind != "concept"]
    if plain and plain[-1].kind == "text":
        plain = plain[:-1]
    without_image = [p for p in spoken if p.kind != "image"]
    return Contexts(reader.read(parts), reader.read(plain), reader.read(without_image))


def draw_latent(
    contexts: Contexts, size: tuple[int, int], noise: Tensor, options: FlowOptions
) -> Tensor:
    """Sample a scaled latent ``[1, z, Hl, Wl]`` of a picture of ``(height, width)`` pixels.

    ``noise [h * w, P]`` is where the flow starts.

    Raises:
        CancelledError: if ``should_stop`` says so before a step.
    """
    config = contexts.main.model.config
    h, w = (side // config.latent_downsample for side in size)
    velocity = _guided_velocity(contexts, h, w, options.guidance)

    def stop_or(x: Tensor, t: float) -> Tensor:
        if options.should_stop():
            raise CancelledError("Stopped before the picture was done.")
        return velocity(x, t)

    times = schedule(options.num_timesteps, options.timestep_shift)
    tokens = euler(noise[None], times, stop_or, options.on_step)
    return tokens_to_latents(tokens, h, w, config.latent_patch_size)


def _guided_velocity(
    contexts: Contexts, h: int, w: int, guidance: Guidance
) -> Callable[[Tensor, float], Tensor]:
    main = FlowQuery(contexts.main, h, w)
    queries: dict[str, FlowQuery] = {}
    # The same context twice (no image in the prompt) need not be asked twice.
    same = contexts.without_image is contexts.main

    def other(name: str, context: Context, x: Tensor, t: float) -> Tensor:
        if name not in queries:
            queries[name] = FlowQuery(context, h, w)
        return queries[name](x, t)

    def velocity(x: Tensor, t: float) -> Tensor:
        text_scale, image_scale = guidance.scales(t)
        v = main(x, t)
        if text_scale <= 1:
            return v
        no_text = other("text", contexts.without_text, x, t)
        no_image = None
        if image_scale > 1:
            no_image = v if same else other("image", contexts.without_image, x, t)
        return guided(v, no_text, no_image, guidance, t)

    return velocity
