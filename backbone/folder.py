"""A model folder: our own format or an official release, told apart by their files.

Our own is ``omni.json`` (the config as plain JSON) beside ``model.safetensors``; the tensors of
the autoencoder are inside under their prefix, or apart in ``ae.safetensors``.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from backbone.config import BackboneConfig, from_dict, to_dict
from backbone.inventory import TABLES
from backbone.release import read_json, read_release
from omni_errors import FolderError, InputError, UsageError

if TYPE_CHECKING:
    from backbone.model import UnifiedModel

__all__ = ["TOKENIZER_FILES", "read_config", "save_folder"]

_CONFIG, _WEIGHTS = "omni.json", "model.safetensors"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")


def read_config(folder: Path) -> BackboneConfig:
    """Read the config of a model folder.

    Raises:
        FolderError: if the folder or a file is missing, unreadable or does not fit.
    """
    if not folder.is_dir():
        raise FolderError(
            f"There is no model folder {folder}.", hint="Check the path, or `omni model list`."
        )
    if not (folder / _CONFIG).is_file():
        return read_release(folder)
    try:
        return from_dict(read_json(folder / _CONFIG))
    except (InputError, KeyError, TypeError) as error:
        raise FolderError(f"{folder / _CONFIG} cannot be used: {error}") from error


def save_folder(model: "UnifiedModel", folder: Path, *, tokenizer: Path | None = None) -> None:
    """Write a model in our own format: completely, or not at all.

    ``tokenizer`` is a folder whose tokenizer files go along. Position tables are left out.

    Raises:
        UsageError: if the folder is there already.
        InputError: if the weights are quantised or lie on disk.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already.", hint="Choose a folder that is not.")
    _check_whole(model)
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(model, partial, tokenizer)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_whole(model: "UnifiedModel") -> None:
    from backbone.blank import blank_model

    state = model.state_dict()
    whole = set(state) == set(blank_model(model.config).state_dict())
    if not whole or any(tensor.is_meta for tensor in state.values()):
        raise InputError(
            "A quantised or offloaded model cannot be saved.", hint="Save the one it came from."
        )


def _write(model: "UnifiedModel", folder: Path, tokenizer: Path | None) -> None:
    from safetensors.torch import save_file

    state = {k: v.detach().contiguous() for k, v in model.state_dict().items() if k not in TABLES}
    save_file(state, folder / _WEIGHTS, metadata={"format": "pt"})
    text = json.dumps(to_dict(model.config), indent=1)
    (folder / _CONFIG).write_text(text + "\n", "utf8")
    for name in TOKENIZER_FILES if tokenizer else ():
        if tokenizer and (tokenizer / name).is_file():
            shutil.copy(tokenizer / name, folder / name)
