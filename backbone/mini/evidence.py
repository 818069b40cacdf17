"""How alike a photo and what is remembered are, in words the model was trained to read."""

from collections.abc import Sequence

__all__ = ["evidence"]


def evidence(found: Sequence[tuple[str, float]]) -> str:
    """Say the likeness, 0 to 1, of a photo to the photos of each concept."""
    shares = [(name, round(100 * min(max(share, 0.0), 1.0))) for name, share in found]
    said = ", ".join(f"<{name}> {share} %" for name, share in shares)
    return f"Likeness to known photos: {said}."
