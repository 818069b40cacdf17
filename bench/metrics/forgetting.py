"""Forgetting: after all the learning the base model must be what it was, bit by bit."""

import hashlib
from dataclasses import dataclass

import torch
from torch import nn

__all__ = ["Fingerprint", "fingerprint"]


@dataclass(frozen=True)
class Fingerprint:
    """All weights of a model as one hash, and what it answers to questions of no concept."""

    weights: str
    answers: tuple[str, ...]

    def changes(self, after: "Fingerprint") -> list[str]:
        """Say what differs afterwards, nothing if nothing does."""
        found = [] if self.weights == after.weights else ["weights differ"]
        pairs = zip(self.answers, after.answers, strict=True)
        return found + [f"answer {n + 1} differs" for n, (a, b) in enumerate(pairs) if a != b]


@torch.no_grad()
def fingerprint(model: nn.Module, answers: tuple[str, ...] = ()) -> Fingerprint:
    """Hash every parameter and buffer of a model, names included."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().cpu().contiguous().flatten()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(flat.view(torch.uint8).numpy().tobytes())
    return Fingerprint(digest.hexdigest(), answers)
