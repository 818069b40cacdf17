"""Make runs of the shipped weights, so that a stage of the recipe can go on from them.

Run ``python -m backbone.mini.reopen --out runs``; give the folders it prints as ``--start``, or
as ``--autoencoder`` and ``--understanding``. An optimiser begins anew. How far composed pictures'
features are from photographs' is not shipped, and is measured again.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

from backbone.config import EfficientNetConfig
from backbone.efficientnet import EfficientNetEncoder
from backbone.mini.assembly import mini_config
from backbone.mini.assets import load_assets
from backbone.mini.installed import weights_path
from backbone.mini.understanding import MAP, world_whitening
from backbone.mini.world import World

__all__ = ["main", "reopen"]

# the run a tensor belongs to, and what its name begins with in there
_RUNS = {
    "autoencoder.": ("autoencoder", ""),
    "lora.": ("understanding", "lora."),
    "connector.": ("understanding", "connector."),
    "encoder.": ("understanding", "encoder."),
    "model.": ("generation", ""),
    "rows.": ("generation", "rows."),
}
_FIXED = ("basis", "components", "glance", "mean", "telling")


def reopen(tensors: Mapping[str, Tensor], composed: Tensor, out: Path) -> list[Path]:
    """Write the runs ``autoencoder``, ``understanding`` and ``generation`` of shipped tensors.

    ``composed [Dv]`` is the mean feature of composed pictures.
    """
    states: dict[str, dict[str, Tensor]] = {run: {} for run, _ in _RUNS.values()}
    for name, tensor in tensors.items():
        start, _, rest = name.partition(".")
        run, prefix = _RUNS[f"{start}."]
        for kept in ("average", "weight"):
            states[run][f"{kept}/{prefix}{rest}"] = tensor.float().clone()
    for run, state in states.items():
        (out / run).mkdir(parents=True, exist_ok=True)
        save_file(state, out / run / "state.safetensors", metadata={"step": "0"})
    fixed = {name: tensors[f"connector.{name}"].float().clone() for name in _FIXED}
    fixed["shift"] = fixed["mean"] - composed
    save_file(fixed, out / "understanding" / MAP)
    return [out / run for run in states]


def main() -> None:
    """Reopen the installed weights."""
    parser = argparse.ArgumentParser(description="Make runs of omni-mini's shipped weights")
    parser.add_argument("--shipped", type=Path)
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--out", type=Path, default=Path("runs/shipped"))
    parser.add_argument("--pictures", type=int, default=1200, help="to find their mean from")
    options = parser.parse_args()
    world = World(load_assets(options.assets), size=mini_config().default_image_size[0])
    composed = world_whitening(world, _encoder(), options.pictures).mean
    for folder in reopen(load_file(options.shipped or weights_path()), composed, options.out):
        print(folder)


def _encoder() -> EfficientNetEncoder:
    vision = mini_config().vision
    if not isinstance(vision, EfficientNetConfig):
        raise TypeError("omni-mini looks through EfficientNet")
    return EfficientNetEncoder(vision)


if __name__ == "__main__":
    main()
