"""Which tensors a model folder holds, and whether they are the ones a model needs.

Names are the model's own: tensors of a separate autoencoder file get its prefix. Headers only;
no tensor is read here.
"""

from collections.abc import Mapping
from pathlib import Path

from backbone.release import read_json
from backbone.safetensors_header import StoredTensor, read_header
from omni_errors import FolderError, TensorError

__all__ = ["AUTOENCODER", "TABLES", "check_tensors", "take_inventory"]

AUTOENCODER = "autoencoder."
# fixed tables, computed anew at every load (§3): files may lack them or have another size
TABLES = ("vit_pos_embed.pos_embed", "latent_pos_embed.pos_embed")
_WEIGHTS = ("model.safetensors", "ema.safetensors")
_SEPARATE = "ae.safetensors"


def take_inventory(folder: Path, *, autoencoder: bool = True) -> dict[str, StoredTensor]:
    """Return every tensor of a folder by its name in the model.

    Raises:
        FolderError: if a file is missing or is no safetensors file.
        TensorError: if a name is there twice.
        TruncatedError: if a file is cut short.
    """
    found: dict[str, StoredTensor] = {}
    for path in _weight_files(folder):
        _add(found, read_header(path))
    separate = folder / _SEPARATE
    if autoencoder and separate.is_file():
        _add(found, {AUTOENCODER + name: t for name, t in read_header(separate).items()})
    return found


def check_tensors(
    found: Mapping[str, StoredTensor], needed: Mapping[str, tuple[int, ...]], folder: Path
) -> None:
    """Compare a folder's tensors with the shapes a model needs, tables aside.

    Raises:
        FolderError: if the whole autoencoder is missing.
        TensorError: if a tensor is missing, unknown, of another shape or no float.
    """
    missing = sorted(set(needed) - set(found) - set(TABLES))
    any_autoencoder = any(name.startswith(AUTOENCODER) for name in found)
    if missing and not any_autoencoder and all(n.startswith(AUTOENCODER) for n in missing):
        raise FolderError(
            f"The model folder {folder} has no {_SEPARATE}, so it could make no pictures.",
            hint="Add the file, or load with understanding_only.",
        )
    if missing:
        raise TensorError(f"{folder} lacks the tensor {_first(missing)}.", hint=_HINT)
    unknown = sorted(set(found) - set(needed) - set(TABLES))
    if unknown:
        raise TensorError(f"{folder} has a tensor no model knows: {_first(unknown)}.", hint=_HINT)
    for name in sorted(set(needed) - set(TABLES)):
        if found[name].shape != needed[name]:
            raise TensorError(
                f"{name} in {found[name].file.name} has shape {list(found[name].shape)}, but the "
                f"config asks for {list(needed[name])}.",
                hint=_HINT,
            )
        if found[name].dtype not in _DTYPES:
            raise TensorError(
                f"{name} in {found[name].file.name} holds {found[name].dtype}; allowed are "
                f"{', '.join(_DTYPES)}.",
                hint=_HINT,
            )


_DTYPES = ("F64", "F32", "BF16", "F16")
_HINT = "Its config and weights do not belong together; copy or pull the folder again."


def _first(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"


def _add(found: dict[str, StoredTensor], more: Mapping[str, StoredTensor]) -> None:
    twice = sorted(set(found) & set(more))
    if twice:
        raise TensorError(f"{twice[0]} is in two files: {more[twice[0]].file.parent}.", hint=_HINT)
    found.update(more)


def _weight_files(folder: Path) -> list[Path]:
    """Return the files of the main weights: one, or the shards an index names."""
    for name in _WEIGHTS:
        if (folder / name).is_file():
            return [folder / name]
    indexes = sorted(folder.glob("*.safetensors.index.json"))
    if not indexes:
        raise FolderError(
            f"The model folder {folder} has no weights: none of {', '.join(_WEIGHTS)} or an "
            "index of shards.",
            hint="Copy the whole folder, or run `omni model pull`.",
        )
    return _shards(indexes[0])


def _shards(index: Path) -> list[Path]:
    weight_map = read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise FolderError(f"{index} names no shards.", hint="Copy the file again.")
    names = sorted({str(name) for name in weight_map.values()})
    outside = [name for name in names if Path(name).name != name]
    if outside:
        raise FolderError(f"{index} points outside its folder: {outside[0]!r}.")
    return [index.parent / name for name in names]
