"""The last stage of the recipe: gather what the others trained into the shipped file.

Run ``python -m backbone.mini.collect``; averaged weights are taken. ``--note key=value`` adds to
what the file says of itself.
"""

import argparse
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from backbone.mini.assembly import open_parts
from backbone.mini.autoencoding import averaged
from backbone.mini.fixed_map import FixedMap
from backbone.mini.installed import weights_path
from backbone.mini.reader import Reader, load_run, open_reader
from backbone.mini.sheet import use_averages
from backbone.mini.shipped import write
from backbone.mini.understanding import MAP
from omni_errors import FolderError

__all__ = ["gather", "main"]


def gather(
    trunk: Path, autoencoder: Path, understanding: Path, generation: Path
) -> dict[str, Tensor]:
    """Return the trained tensors of three runs by the names of the shipped file."""
    tensors = {f"autoencoder.{n}": t for n, t in averaged(autoencoder).state_dict().items()}
    tensors |= _understanding(trunk, understanding)
    parts = open_parts(trunk, autoencoder)
    use_averages(parts, generation)
    for name, parameter in parts.trainable().items():
        tensors[name if name.startswith("rows.") else f"model.{name}"] = parameter
    return tensors


def _understanding(trunk: Path, run: Path) -> dict[str, Tensor]:
    reader: Reader = open_reader(trunk, FixedMap(**load_file(run / MAP)))
    load_run(reader, run)
    tensors: dict[str, Tensor] = {f"lora.{n}": p for n, p in reader.lora.items()}
    for prefix, module in (("connector.", reader.connector), ("encoder.", reader.encoder)):
        tensors |= {prefix + name: t for name, t in module.state_dict().items()}
    return tensors


def main() -> None:
    """Gather and write."""
    parser = argparse.ArgumentParser(description="Gather omni-mini's trained weights")
    for name in ("trunk", "autoencoder", "understanding", "generation"):
        parser.add_argument(f"--{name}", type=Path, default=Path("runs") / name)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--note", nargs="*", default=[], help="key=value")
    options = parser.parse_args()
    tensors = gather(options.trunk, options.autoencoder, options.understanding, options.generation)
    out = options.out or _default()
    write(tensors, out, dict(note.split("=", 1) for note in options.note))
    print(f"wrote {out}: {out.stat().st_size / 1e6:.1f} MB, {len(tensors)} tensors")


def _default() -> Path:
    try:
        return weights_path()
    except FolderError:
        return Path(__file__).parents[1] / "weights" / "omni-mini.safetensors"


if __name__ == "__main__":
    main()
