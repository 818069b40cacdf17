"""What turns pictures into vectors: named in every result, and never called what it is not.

`EfficientNetLite` is always there; CLIP and DINO are used where their weights lie in the local
cache. Nothing is fetched.

Letters: ``n`` pictures, ``D`` width, ``T`` places of a feature map.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image

from bench.metrics.similarity import Vectors, units
from omni_errors import ResourceError

__all__ = [
    "CLIP_NAME",
    "DINO_NAME",
    "Clip",
    "ConstantEncoder",
    "Dino",
    "EfficientNetLite",
    "ImageEncoder",
    "TextImageEncoder",
    "open_encoders",
    "washed",
]

CLIP_NAME, DINO_NAME = "openai/clip-vit-base-patch32", "facebook/dino-vits16"
_SIDE = 224


class ImageEncoder(Protocol):
    """Turn pictures into unit vectors."""

    name: str

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """Return unit vectors ``[n, D]``."""
        ...


class TextImageEncoder(ImageEncoder, Protocol):
    """Turn texts into vectors of the same space as well."""

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors ``[n, D]``."""
        ...


def washed(image: Image.Image) -> Image.Image:
    """Map levels [0, 1] to [0.5, 1], the slip in UnifyBench's CLIP numbers."""
    levels = np.asarray(image.convert("RGB"), np.float64)
    return Image.fromarray(np.round((levels + 255) / 2).astype(np.uint8))


class EfficientNetLite:
    """ImageNet features of a package that needs no download: a stand-in, not CLIP."""

    name = "efficientnet-lite0"

    def __init__(self) -> None:
        from backbone.config import EfficientNetConfig
        from backbone.efficientnet import EfficientNetEncoder

        self._net = EfficientNetEncoder(EfficientNetConfig(tokens_per_side=None))

    @torch.no_grad()
    def maps(self, images: Sequence[Image.Image]) -> Vectors:
        """Return feature maps ``[n, T, D]`` of pictures scaled to 224 pixels, 7 by 7 places."""
        found = [self._net(_pixels(image)[None])[0].numpy() for image in images]
        return np.asarray(np.stack(found), np.float64)

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """Return unit vectors ``[n, D]``, the means of feature maps."""
        return units(self.maps(images).mean(axis=1))


def _pixels(image: Image.Image) -> torch.Tensor:
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    levels = torch.from_numpy(np.array(small, np.float32))
    return levels.permute(2, 0, 1) / 127.5 - 1


class Clip:
    """OpenAI's CLIP ViT-B/32, which UnifyBench compares with."""

    name = CLIP_NAME

    def __init__(self) -> None:
        self._model, self._processor = _cached(CLIP_NAME, "CLIPModel", "CLIPProcessor")

    @torch.no_grad()
    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """Return unit vectors ``[n, 512]``."""
        given = self._processor(images=[i.convert("RGB") for i in images], return_tensors="pt")
        return units(_array(self._model.get_image_features(**given)))

    @torch.no_grad()
    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors ``[n, 512]``."""
        given = self._processor(
            text=list(texts), return_tensors="pt", padding=True, truncation=True
        )
        return units(_array(self._model.get_text_features(**given)))


class Dino:
    """DINO ViT-S/16, its CLS vector, as DreamBooth compares."""

    name = DINO_NAME

    def __init__(self) -> None:
        self._model, self._processor = _cached(DINO_NAME, "AutoModel", "AutoImageProcessor")

    @torch.no_grad()
    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """Return unit vectors ``[n, 384]``."""
        given = self._processor(images=[i.convert("RGB") for i in images], return_tensors="pt")
        return units(_array(self._model(**given).last_hidden_state[:, 0]))


def _array(found: Any) -> Vectors:
    tensor = getattr(found, "pooler_output", found)
    return np.asarray(tensor.float().cpu().numpy(), np.float64)


def _cached(name: str, model: str, processor: str) -> tuple[Any, Any]:
    """Load what lies in the local cache of the hub.

    Raises:
        ResourceError: if it does not.
    """
    import transformers

    try:
        folder = _folder(name)
        loaded = getattr(transformers, model).from_pretrained(folder, use_safetensors=True)
        reader = getattr(transformers, processor).from_pretrained(folder)
    except (OSError, ValueError, ImportError) as error:
        raise _lacking(name, model) from error
    return loaded.eval(), reader


def _folder(name: str) -> Path:
    """Find the folder where a model's files lie.

    By a name, `AutoModel` asks the hub for adapters where the package peft is installed, whatever
    it is told of local files.

    Raises:
        OSError: if there is none.
    """
    from transformers.utils.hub import cached_file

    found = cached_file(name, "config.json", local_files_only=True)
    if found is None:
        raise FileNotFoundError(name)
    return Path(found).parent


def _lacking(name: str, model: str) -> ResourceError:
    """Say why a model could not be opened, and what to do."""
    old = _pickled(name)
    if old is None:
        return ResourceError(
            f"The weights of {name} are not on this machine.",
            hint="Fetch them into the hub's cache as safetensors, or go without.",
        )
    how = f"from transformers import {model} as M; M.from_pretrained(p).save_pretrained(p)"
    return ResourceError(
        f"The weights of {name} are here as {old.name} alone, but only safetensors are read.",
        hint=f"Write them as such once: python -c \"p = '{old.parent}'; {how}\"",
    )


def _pickled(name: str) -> Path | None:
    """Find weights in the older form where there are no safetensors beside them."""
    from transformers.utils.hub import cached_file

    try:
        found = cached_file(name, "pytorch_model.bin", local_files_only=True)
    except OSError:
        return None
    old = Path(found) if found else None
    return None if old is None or (old.parent / "model.safetensors").is_file() else old


class ConstantEncoder:
    """A control: every picture gets the same vector, so that it tells nothing apart."""

    name = "constant"

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        """Return the same unit vector ``[n, 8]`` for all."""
        return np.tile(units(np.ones(8)), (len(images), 1))


def open_encoders() -> tuple[list[ImageEncoder], dict[str, str]]:
    """Open every encoder whose weights are here, the offline one first; say why others are not."""
    found: list[ImageEncoder] = [EfficientNetLite()]
    missing: dict[str, str] = {}
    for kind in (Clip, Dino):
        try:
            found.append(kind())
        except ResourceError as error:
            missing[kind.name] = str(error)
    return found, missing
