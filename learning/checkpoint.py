"""Concept tokens as bytes: safetensors, and a record beside them that needs no torch to read.

A sidecar holds ``format``, ``backbone``, ``shapes``, ``routing`` and whatever the record of
learning says (`RECORD_KEYS`). Rows of other weights mean nothing, so they are refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from backbone.concepts import ConceptTokens, Routing
from omni_errors import InputError, WeightsError

if TYPE_CHECKING:
    from backbone import Backbone

__all__ = ["FORMAT", "RECORD_KEYS", "CheckpointError", "backbone_id", "pack", "unpack"]

FORMAT = 1
RECORD_KEYS = (
    "concept",
    "class",
    "parent",
    "data_hash",
    "seed",
    "recipe",
    "losses",
    "held_out",
    "held_out_first",
    "steps",
    "ended",
    "wall_time_s",
    "spent_s",
    "peak_memory_bytes",
)
_ROWS = ("sks", "und", "gen", "out")
# Parts that stay as they are when a model is quantised; those that draw may be left out of it.
_UNDERSTANDS = ("language_model.model.embed_tokens.", "language_model.model.norm.", "connector.")
_DRAWS = ("language_model.model.norm_moe_gen.", "time_embedder.", "vae2llm.", "llm2vae.")
_SAMPLED = 4096
_AGAIN = "Learn the concept again with this model, or name the other one with --model."


class CheckpointError(WeightsError):
    """Tokens are damaged, or belong to another backbone."""


def backbone_id(model: "Backbone") -> str:
    """Name a model and its weights as ``name:understanding-generation``.

    The hashes are the same in float32, bfloat16 and fewer bits, and do not read all weights.
    """
    named = dict(model.model.named_parameters())
    und, gen = (_hash(named, prefixes) for prefixes in (_UNDERSTANDS, _DRAWS))
    return f"{model.config.name}:{und}-{gen}"


def _hash(named: Mapping[str, nn.Parameter], prefixes: tuple[str, ...]) -> str:
    """Hash parts of the parameters by a sample of each, "" if there are none."""
    names = sorted(name for name in named if name.startswith(prefixes))
    # left on disk by a model spread over devices
    names = [name for name in names if named[name].device.type != "meta"]
    if not names:
        return ""
    digest = sha256()
    for name in names:
        values = named[name].detach().flatten()
        sample = values[:: max(len(values) // _SAMPLED, 1)].to(torch.bfloat16).cpu()
        digest.update(f"{name} {tuple(named[name].shape)}".encode())
        digest.update(sample.view(torch.int16).numpy().tobytes())
    return digest.hexdigest()[:12]


def _same_backbone(ours: str, theirs: str) -> bool:
    """Compare ids; a part that one of the two lacks is no difference."""
    (name, _, parts), (other, _, others) = ours.partition(":"), theirs.partition(":")
    pairs = zip(parts.split("-"), others.split("-"), strict=False)
    return name == other and all(not a or not b or a == b for a, b in pairs)


def pack(
    tokens: ConceptTokens, model: "Backbone", record: Mapping[str, Any]
) -> tuple[bytes, dict[str, Any]]:
    """Return the bytes of a concept's rows, and their sidecar: the record, and what they fit.

    Raises:
        InputError: if the rows do not fit the model.
    """
    tokens.check(model.config)
    rows = {name: getattr(tokens, name).detach().float().cpu().contiguous() for name in _ROWS}
    data = save(rows)
    sidecar = {
        "concept": tokens.name,
        **record,
        "format": FORMAT,
        "backbone": backbone_id(model),
        "shapes": {name: list(tensor.shape) for name, tensor in rows.items()},
        "routing": asdict(tokens.routing),
        "sha256": sha256(data).hexdigest(),
    }
    return data, sidecar


def unpack(
    data: bytes, sidecar: Mapping[str, Any], model: "Backbone", name: str = ""
) -> ConceptTokens:
    """Read a concept's rows back, called ``name`` or as they were.

    Raises:
        CheckpointError: if they are of another format or backbone, or damaged.
    """
    if sidecar.get("format") != FORMAT:
        raise CheckpointError(
            f"The tokens have format {sidecar.get('format')!r}; this version reads {FORMAT}.",
            hint=_AGAIN,
        )
    wanted, found = backbone_id(model), str(sidecar.get("backbone"))
    if not _same_backbone(wanted, found):
        raise CheckpointError(
            f"The tokens belong to {found!r}, but the model is {wanted!r}.", hint=_AGAIN
        )
    rows = _rows(data, sidecar)
    name = name or str(sidecar.get("concept") or "sks")
    try:
        routing = Routing(**sidecar.get("routing", {}))
        tokens = ConceptTokens(
            name,
            sks=rows["sks"],
            und=rows["und"],
            gen=rows["gen"],
            out=rows["out"],
            routing=routing,
        )
        tokens.check(model.config)
    except (InputError, TypeError) as error:
        raise CheckpointError(f"The tokens do not fit: {error}", hint=_AGAIN) from error
    return tokens


def _rows(data: bytes, sidecar: Mapping[str, Any]) -> dict[str, Tensor]:
    """Read the tensors, if they are the ones the sidecar speaks of."""
    digest = sidecar.get("sha256")
    if digest is not None and digest != sha256(data).hexdigest():
        raise CheckpointError("The tokens are not those their record speaks of.", hint=_AGAIN)
    try:
        rows = load(data)
    except SafetensorError as error:
        raise CheckpointError("The tokens are damaged.", hint=_AGAIN) from error
    shapes = {name: list(tensor.shape) for name, tensor in rows.items()}
    if shapes != sidecar.get("shapes") or sorted(shapes) != sorted(_ROWS):
        raise CheckpointError(
            f"The tokens have the shapes {shapes}, but their record says {sidecar.get('shapes')}.",
            hint=_AGAIN,
        )
    if not _finite(rows.values()):
        raise CheckpointError("The tokens hold values that are no numbers.", hint=_AGAIN)
    return rows


def _finite(tensors: Iterable[Tensor]) -> bool:
    return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)
