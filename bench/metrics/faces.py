"""Face similarity, with the share of pictures in which no face was found.

The mean alone flatters a method that draws faces now and then: pictures without one are not in
it, which is why the two numbers go together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from bench.metrics.similarity import Vectors, cosines
from omni_errors import ResourceError

__all__ = ["FaceEncoder", "Faces", "InsightFace", "compare_faces"]

# where the package looks, and what finds and tells faces apart
_WEIGHTS = Path.home() / ".insightface" / "models" / "antelopev2"
_FILES = ("scrfd_10g_bnkps.onnx", "glintr100.onnx")


class FaceEncoder(Protocol):
    """Find the largest face of a picture."""

    name: str

    def find(self, image: Image.Image) -> Vectors | None:
        """Return the unit vector ``[D]`` of the largest face, None without a face."""
        ...


@dataclass(frozen=True)
class Faces:
    """The mean cosine over all pairs with a face, None without one, and what had no face."""

    similarity: float | None
    made_without: float
    references_without: float


def compare_faces(
    references: Sequence[Vectors | None], made: Sequence[Vectors | None]
) -> Faces | None:
    """Compare faces; None where no reference has one, since then there is nothing to look for."""
    known = [one for one in references if one is not None]
    found = [one for one in made if one is not None]
    if not known or not made:
        return None
    mean = float(cosines(np.stack(found), np.stack(known)).mean()) if found else None
    return Faces(mean, 1 - len(found) / len(made), 1 - len(known) / len(references))


class InsightFace:
    """Find faces with insightface's antelopev2, if the package and its weights are here."""

    name = "insightface/antelopev2"

    def __init__(self) -> None:
        try:
            from insightface.app import FaceAnalysis
        except ImportError as error:
            raise ResourceError(
                "Faces are compared with insightface, which is not installed.",
                hint="Install omnipersona[faces] and the weights of antelopev2, or go without.",
            ) from error
        # looked for first: the package would fetch what it does not find
        _need_weights(_WEIGHTS)
        try:
            self._app: Any = FaceAnalysis(name="antelopev2", providers=["CPUExecutionProvider"])
            self._app.prepare(ctx_id=-1, det_size=(640, 640))
        # whatever onnxruntime or an assert of the package says of files it cannot use
        except Exception as error:
            raise ResourceError(
                f"insightface cannot open its weights in {_WEIGHTS}: {error}.",
                hint="Put whole files there, or go without.",
            ) from error

    def find(self, image: Image.Image) -> Vectors | None:
        """Return the unit vector ``[512]`` of the largest face, None without a face."""
        faces = self._app.get(np.asarray(face_sized(image))[:, :, ::-1])
        if not faces:
            return None
        largest = max(faces, key=lambda face: _area(face.bbox))
        return np.asarray(largest.normed_embedding, np.float64)


def _need_weights(folder: Path) -> None:
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise ResourceError(
            f"insightface has no {' and no '.join(missing)} in {folder}.",
            hint="Put antelopev2's files there, or go without; nothing is fetched.",
        )


def face_sized(image: Image.Image) -> Image.Image:
    """Scale to a longest side of 1280, both sides multiples of 64, as UnifyBench does."""
    scale = 1280 / max(image.size)
    width, height = (max(int(side * scale) // 64 * 64, 64) for side in image.size)
    return image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)


def _area(box: Any) -> float:
    left, top, right, bottom = (float(value) for value in box[:4])
    return (right - left) * (bottom - top)
