"""What a picture says of how it was made: enough to make it again, and nothing of the user.

It holds ids, hashes, numbers and the user's own words; no paths, no name of a user, no fact that
was recalled.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from memory import Memory
from memory.tables import new_id

if TYPE_CHECKING:
    from backbone import Backbone, Picture

__all__ = ["made_by", "made_from", "record_of"]

_VERSION = 2


def record_of(intent: str, text: str, made: "Picture", parent: str) -> dict[str, Any]:
    """Tell what was asked for, and promise the id of the turn that is kept next."""
    return {
        "version": _VERSION,
        "turn": new_id(),
        "intent": intent,
        "prompt": text,
        "seed": made.seed,
        "size": f"{made.size[1]}x{made.size[0]}",
        "parent": parent or None,
    }


def made_by(model: "Backbone", intent: str) -> dict[str, Any]:
    """Tell which model made it, how, and on what: the same again is promised only for all that."""
    import torch

    from backbone.device import dtype_name
    from learning.checkpoint import backbone_id

    name, _, revision = backbone_id(model).partition(":")
    editing = intent == "edit"
    guidance = model.painter.editing_guidance if editing else model.painter.drawing_guidance
    first = next(one for one in model.model.parameters() if one.is_floating_point())
    return {
        # points of the schedule
        "steps": model.config.sampling.num_timesteps,
        "guidance": guidance.text_scale,
        **({"image_guidance": guidance.image_scale} if editing else {}),
        "model": name,
        "revision": revision,
        "torch": str(torch.__version__),
        "device": first.device.type,
        "dtype": dtype_name(first.dtype),
    }


def made_from(memory: Memory, user: str, concepts: Sequence[str]) -> dict[str, Any]:
    """Tell whose tokens (by id) took part, by their versions and the hashes of their files."""
    told = []
    for id in concepts:
        active = memory.checkpoints.active(user, id)
        if active is not None:
            told.append({"id": id, "version": active.version, "sha256": active.tensors_sha256})
    return {"concepts": told}
