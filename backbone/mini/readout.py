"""The head that reads pictures: it takes what was copied as it is, and adds what differs.

What layers write is kept out of the lane (`backbone.mini.copying`), and the head's part for the
lane stays as it was found; so every training step leaves copies exact.

Letters: ``Dg`` the expert's width, ``P`` numbers of a latent token, ``K`` directions of the lane.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from backbone.mini.assembly import Parts
from backbone.mini.copying import Copying, generating, written_by

__all__ = ["Lane", "load_lane", "open_lane", "start_readout", "unsteady"]

# of the mean square of what the head reads, what is added so that little is not blown up
_RIDGE = 1e-3
# shares of a token at the end of the lane; from which mean share on a token is the subject's
_SHARES, _MOST = 4, 0.9


@dataclass(frozen=True)
class Lane:
    """Hold the lane ``[K, Dg]``, and what the head reads off it ``[P, K]``.

    ``copies`` is what one weight, named first, writes to it ``[K, k]``; ``size`` is the root mean
    square of the states for which what is read is right.
    """

    directions: Tensor
    reads: Tensor
    copies: tuple[str, Tensor]
    size: float = 0.0

    def save(self, path: Path) -> None:
        """Write it to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        name, kept = self.copies
        found = {"directions": self.directions, "reads": self.reads, "kept": kept}
        save_file(
            {n: t.contiguous() for n, t in found.items()},
            path,
            metadata={"weight": name, "size": str(self.size)},
        )

    def to(self, device: torch.device | str) -> "Lane":
        """Move to a device."""
        name, kept = self.copies
        there = [t.to(device) for t in (self.directions, self.reads, kept)]
        return Lane(there[0], there[1], (name, there[2]), self.size)

    @torch.no_grad()
    def mend(self, parts: Parts) -> None:
        """Undo what training changed of the lane."""
        model, lane = parts.model, self.directions
        for block in generating(parts)[1:]:
            for name in ("self_attn.o_proj_moe_gen.weight", "mlp_moe_gen.down_proj.weight"):
                weight = block.get_parameter(name)
                weight.sub_(lane.T @ (lane @ weight))
        name, kept = self.copies
        model.get_parameter(name).add_(lane.T @ kept)
        scale, head = _scale(parts), model.llm2vae.weight
        head.add_((self.reads - (head * scale) @ lane.T) @ lane / scale)


def load_lane(path: Path) -> Lane:
    """Read a lane that was saved."""
    found = load_file(path)
    with safe_open(path, "pt") as file:
        name, size = (file.metadata()[key] for key in ("weight", "size"))
    return Lane(found["directions"], found["reads"], (name, found["kept"]), float(size))


def _scale(parts: Parts) -> Tensor:
    norm: nn.Module = parts.model.language_model.model.norm_moe_gen
    return norm.get_parameter("weight").float()


@torch.no_grad()
def open_lane(parts: Parts, directions: Tensor) -> Lane:
    """Find the lane of a model whose head reads it already."""
    head = parts.model.llm2vae.weight.float() * _scale(parts)
    return Lane(directions, head @ directions.T, written_by(parts, directions))


@torch.no_grad()
def start_readout(parts: Parts, copying: Copying, states: Tensor, wanted: Tensor) -> Lane:
    """Let the head take the lane as it is, and fit the rest to ``wanted [n, P]``.

    ``states [n, Dg]`` are the last layer's, before its norm, of tokens whose data are wanted.
    """
    directions, scale = copying.frame.quarters[0], _scale(parts)
    sizes = states.square().mean(-1, keepdim=True).sqrt()
    size = float(sizes[_covered(states @ directions.T / copying.gain)].mean())
    reads = _reads(parts, copying) * size / copying.gain
    normed = states / sizes
    left = wanted - normed @ directions.T @ reads.T
    others = normed - normed @ directions.T @ directions
    fitted, bias = _fit(others, left)
    head = parts.model.llm2vae
    head.weight.copy_((fitted + reads @ directions) / scale)
    head.bias.copy_(bias)
    return Lane(directions, reads, written_by(parts, directions), size)


def unsteady(states: Tensor, size: float) -> Tensor:
    """Return how far the sizes of states ``[n, Dg]`` are from what the head was made for.

    The norm before the head would take a longer state's copy for a paler one.
    """
    sizes = states.square().mean(-1).sqrt()
    far: Tensor = (sizes / size - 1).square().mean()
    return far


def _covered(held: Tensor) -> Tensor:
    """Say of which tokens a lane ``[n, K]`` says that they show the subject only."""
    covered: Tensor = held[:, -_SHARES:].mean(1) > _MOST
    return covered


def _reads(parts: Parts, copying: Copying) -> Tensor:
    """Return what a lane says of a token's data ``[P, K]``: components, and means by shares."""
    mean, main = parts.rows.mean.float(), copying.main()
    shares = len(copying.frame.quarters[0]) - len(main)
    means = torch.block_diag(*[mean[:, None] for _ in range(shares)])
    return torch.cat([main.T, means], dim=1)


def _fit(states: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Fit ``wanted [n, P]`` by a linear map ``[P, Dg]`` of states and an offset ``[P]``."""
    centre, mean = states.mean(0), wanted.mean(0)
    moved = states - centre
    moment = moved.T @ moved
    ridge = _RIDGE * moment.diagonal().mean() * torch.eye(len(moment))
    fitted: Tensor = torch.linalg.solve(moment + ridge, moved.T @ (wanted - mean)).T
    return fitted, mean - fitted @ centre
