"""Where learning stands: everything an exact continuation needs, in one file.

One safetensors file with its record inside, replaced as a whole: a kill leaves the state before
or after, never half of one.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from backbone.concepts import ConceptTokens
from omni_errors import FolderError

__all__ = ["ROWS", "State", "put_rows", "read_state", "rows_of_concept", "write_state"]

ROWS = ("sks", "und", "gen", "out")
_KEY = "state"


@dataclass(frozen=True)
class State:
    """The rows, what the optimiser remembers of each, and the record as plain values."""

    tensors: Mapping[str, Tensor]
    record: Mapping[str, Any]

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors under a prefix, without it."""
        start = f"{prefix}."
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}


def rows_of_concept(concept: ConceptTokens) -> dict[str, Tensor]:
    """Copy a concept's rows."""
    return {name: getattr(concept, name).detach().cpu().clone() for name in ROWS}


@torch.no_grad()
def put_rows(concept: ConceptTokens, rows: Mapping[str, Tensor]) -> None:
    """Give a concept other rows of the same shape."""
    for name in ROWS:
        getattr(concept, name).copy_(rows[name])


def write_state(path: Path, state: State) -> None:
    """Write a state and replace the one before at once."""
    waiting = path.with_suffix(".new")
    whole = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    save_file(whole, waiting, metadata={_KEY: json.dumps(state.record)})
    with waiting.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(waiting, path)


def read_state(path: Path) -> State | None:
    """Read a state, None if there is none.

    Raises:
        FolderError: if the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads((file.metadata() or {})[_KEY])
            return State({name: file.get_tensor(name) for name in file.keys()}, record)
    except (SafetensorError, KeyError, ValueError) as error:
        raise FolderError(
            f"{path} is damaged: {error}.", hint="Delete it; learning begins anew."
        ) from error
