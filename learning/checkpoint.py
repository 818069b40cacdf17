"""Concept tokens as bytes: safetensors, and a record beside them that needs no torch to read."""

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import load, save

from backbone.concepts import ConceptTokens, Routing
from omni_errors import TensorError

if TYPE_CHECKING:
    from backbone import Backbone

__all__ = ["FORMAT", "backbone_id", "pack", "unpack"]

FORMAT = 1
_ROWS = ("sks", "und", "gen", "out")


def backbone_id(model: "Backbone") -> str:
    """Name a model and its weights: a checkpoint of other weights means nothing here.

    The weights are told by the rows of a few words and one matrix, which is quick and enough to
    tell any two trainings apart.
    """
    state = model.model.language_model.model
    digest = sha256(repr(model.config).encode())
    layer = dict(state.layers[len(state.layers) // 2].named_parameters())
    for name in sorted(layer)[:2]:
        digest.update(layer[name].detach().float().cpu().numpy().tobytes())
    return f"{model.config.name}:{digest.hexdigest()[:12]}"


def pack(
    tokens: ConceptTokens, model: "Backbone", record: Mapping[str, Any]
) -> tuple[bytes, dict[str, Any]]:
    """Return the bytes of a concept's rows, and their sidecar: the record, and what they fit."""
    rows = {name: getattr(tokens, name).detach().float().cpu().contiguous() for name in _ROWS}
    sidecar = {
        "format": FORMAT,
        "backbone": backbone_id(model),
        "routing": asdict(tokens.routing),
        "shapes": {name: list(tensor.shape) for name, tensor in rows.items()},
        **record,
    }
    return save(rows), sidecar


def unpack(
    data: bytes, sidecar: Mapping[str, Any], model: "Backbone", name: str = "sks"
) -> ConceptTokens:
    """Read a concept's rows back, as those of a name.

    Raises:
        TensorError: if they are of another format or backbone, or damaged.
    """
    again = "Learn the concept again with this model, or name the other with --model."
    if sidecar.get("format") != FORMAT:
        raise TensorError(f"The tokens have format {sidecar.get('format')!r}, not {FORMAT}.")
    wanted = backbone_id(model)
    if sidecar.get("backbone") != wanted:
        raise TensorError(
            f"The tokens belong to {sidecar.get('backbone')!r}, but the model is {wanted!r}.",
            hint=again,
        )
    try:
        rows = load(data)
    except SafetensorError as error:
        raise TensorError("The tokens are damaged.", hint=again) from error
    if sorted(rows) != sorted(_ROWS):
        raise TensorError(f"The tokens hold {sorted(rows)}, not {sorted(_ROWS)}.", hint=again)
    sks, und, gen, out = (rows[key] for key in _ROWS)
    routing = Routing(**sidecar.get("routing", {}))
    tokens = ConceptTokens(name, sks=sks, und=und, gen=gen, out=out, routing=routing)
    tokens.check(model.config)
    return tokens
