"""First rows of a concept: random, from the photos' features, or written by an encoder.

Letters: ``n`` vectors of width ``D``, ``k`` of them chosen.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from backbone.concepts import ConceptTable, ConceptTokens
from backbone.face import Backbone
from backbone.latents import latents_to_tokens
from learning.examples import Material
from learning.masks import Mask
from learning.portrait import write_rows
from learning.presets import Recipe

__all__ = ["Encoder", "begin", "centroids", "class_rows"]

Encoder = Callable[[str, Sequence[Image.Image], Sequence[Mask] | None], ConceptTokens]


def begin(
    face: Backbone,
    material: Material,
    recipe: Recipe,
    masks: Sequence[Mask] | None = None,
    encoder: Encoder | None = None,
) -> ConceptTokens:
    """Make the first rows as the recipe says; an ``encoder`` given goes before all.

    Raises:
        InputError: if the recipe wants the model's encoders and it has none.
    """
    way = recipe.start
    if way == "auto":
        way = "encoder" if face.writer is not None else "features"
    if encoder is not None:
        return encoder(material.name, material.photos, masks)
    if way == "encoder":
        return write_rows(face, material.name, material.photos, masks)
    generator = Generator().manual_seed(recipe.seed)
    rows = ConceptTokens.random(
        material.name,
        face.config,
        generator,
        und_rows=recipe.und_rows,
        gen_rows=recipe.gen_rows,
    )
    if way == "features":
        _fill(rows, face, material, masks, generator)
    return rows


@torch.no_grad()
def _fill(
    rows: ConceptTokens,
    face: Backbone,
    material: Material,
    masks: Sequence[Mask] | None,
    generator: Generator,
) -> None:
    """Put in the class word's own rows, and centroids of what the model makes of the photos."""
    word, said = class_rows(face, material.class_word)
    rows.sks.copy_(word)
    rows.out.copy_(said)
    inside = masks if masks is not None else [None] * len(material.photos)
    pairs = list(zip(material.photos, inside, strict=True))
    if face.model.vit_model is not None and len(rows.und):
        seen = torch.cat([_looked(face, photo, mask) for photo, mask in pairs])
        length = float(_words(face).norm(dim=1).mean())
        rows.und.copy_(_of_length(centroids(seen, len(rows.und), generator), length))
    if face.model.autoencoder is not None and len(rows.gen):
        drawn = torch.cat([_painted(face, photo, mask) for photo, mask in pairs])
        length = float(drawn.norm(dim=1).mean())
        rows.gen.copy_(_of_length(centroids(drawn, len(rows.gen), generator), length))


def _words(face: Backbone) -> Tensor:
    """Sample the vocabulary ``[n, Du]``, which tells how long a word's vector is."""
    size = face.config.trunk.vocab_size
    ids = list(range(0, size, max(size // 2048, 1)))
    return face.model.embed_ids(ids, ConceptTable(size)).float().cpu()


def class_rows(face: Backbone, class_word: str) -> tuple[Tensor, Tensor]:
    """Return a class word's mean input and output rows ``[1, Du]``."""
    ids = face.words.tokenizer.encode(class_word)
    table = ConceptTable(face.config.trunk.vocab_size)
    word = face.model.embed_ids(ids, table).float().cpu().mean(0, keepdim=True)
    language = face.model.language_model
    if language.tied:
        return word, word
    said = language.lm_head.weight[torch.tensor(ids, device=language.lm_head.weight.device)]
    return word, said.float().cpu().mean(0, keepdim=True)


def _looked(face: Backbone, photo: Image.Image, mask: Mask | None) -> Tensor:
    """See a photo as the trunk's tokens ``[n, Du]``, of the subject only."""
    model = face.model
    pixels = face.words.look(photo).pixels
    if model.vit_model is None:
        raise AssertionError("asked of a model that sees")
    tokens = model.connector(model.vit_model(pixels[None].to(model.device, model.dtype)))[0]
    return _inside(tokens.float().cpu(), mask, model.vit_model.grid(*pixels.shape[1:]))


def _painted(face: Backbone, photo: Image.Image, mask: Mask | None) -> Tensor:
    """See a photo as the generation expert's tokens ``[n, Dg]``, of the subject only."""
    model, patch = face.model, face.config.latent_patch_size
    latent = face.words.latent(photo).latent
    grid = (latent.shape[1] // patch, latent.shape[2] // patch)
    tokens = latents_to_tokens(latent[None], patch)[0]
    drawn = model.vae2llm(tokens.to(model.device, model.dtype))
    return _inside(drawn.float().cpu(), mask, grid)


def _inside(tokens: Tensor, mask: Mask | None, grid: tuple[int, int]) -> Tensor:
    """Keep the tokens of a grid ``(h, w)`` that lie in a mask, all if none does."""
    if mask is None or len(tokens) != grid[0] * grid[1]:
        return tokens
    small = cv2.resize(mask.astype(np.float32), (grid[1], grid[0]), interpolation=cv2.INTER_AREA)
    chosen = torch.from_numpy(np.asarray(small).reshape(-1) > 0.5)
    return tokens[chosen] if bool(chosen.any()) else tokens


def centroids(points: Tensor, k: int, generator: Generator, rounds: int = 25) -> Tensor:
    """Cluster points ``[n, D]`` by k-means and return the centres ``[k, D]``.

    With fewer points than centres, the points repeat with a little noise.
    """
    if len(points) < k:
        spread = 0.01 * points.std() if points.numel() > 1 else torch.tensor(0.01)
        again = points.repeat(-(-k // len(points)), 1)[:k]
        return again + spread * torch.randn(again.shape, generator=generator)
    centres = _spread(points, k, generator)
    for _ in range(rounds):
        nearest = torch.cdist(points, centres).argmin(1)
        for number in range(k):
            mine = points[nearest == number]
            # a centre that lost all its points stays where it was
            if len(mine):
                centres[number] = mine.mean(0)
    return centres


def _spread(points: Tensor, k: int, generator: Generator) -> Tensor:
    """Choose first centres far from each other (k-means++)."""
    chosen = [int(torch.randint(len(points), (1,), generator=generator))]
    while len(chosen) < k:
        far = torch.cdist(points, points[chosen]).min(1).values.square()
        # points that coincide leave nothing to choose by
        far = far if float(far.sum()) > 0 else torch.ones(len(points))
        chosen.append(int(torch.multinomial(far, 1, generator=generator)))
    return points[chosen].clone()


def _of_length(vectors: Tensor, length: float) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(vectors, dim=1, keepdim=True)
    return vectors * (length / lengths.clamp_min(1e-12))
