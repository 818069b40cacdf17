"""First rows come from chance, from the photos or from an encoder, as the recipe says."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Generator

from backbone import ConceptTokens
from backbone.face import Backbone
from learning.examples import Material
from learning.masks import GrabCutSegmenter, Mask
from learning.presets import Recipe
from learning.starting import begin, centroids
from omni_errors import InputError

RECIPE = Recipe(und_rows=6, gen_rows=4)


def test_centroids_find_the_clusters() -> None:
    generator = Generator().manual_seed(2)
    middles = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = middles.repeat_interleave(20, 0) + 0.1 * torch.randn(60, 2, generator=generator)
    found = centroids(points, 3, generator)
    assert (torch.cdist(middles, found).min(1).values < 0.2).all()
    assert torch.equal(
        centroids(points, 3, Generator().manual_seed(5)),
        centroids(points, 3, Generator().manual_seed(5)),
    )


def test_few_points_repeat() -> None:
    point = torch.ones(1, 3)
    assert centroids(point, 4, Generator().manual_seed(1)).shape == (4, 3)


def test_random_rows_follow_from_the_seed(tiny: Backbone, material: Material) -> None:
    first, again = (begin(tiny, material, replace(RECIPE, start="random")) for _ in range(2))
    other = begin(tiny, material, replace(RECIPE, start="random", seed=4))
    assert torch.equal(first.und, again.und) and not torch.equal(first.und, other.und)
    assert first.und.shape == (6, 80) and first.gen.shape == (4, 80)


def test_rows_from_features_are_as_long_as_words(tiny: Backbone, material: Material) -> None:
    concept = begin(tiny, material, RECIPE)
    words = tiny.model.language_model.model.embed_tokens.weight.norm(dim=1).mean()
    assert concept.und.norm(dim=1).tolist() == pytest.approx([float(words)] * 6, rel=0.05)
    assert not torch.equal(concept.und[0], concept.und[1])
    assert torch.equal(begin(tiny, material, RECIPE).gen, concept.gen)


def test_masks_choose_what_is_looked_at(tiny: Backbone, material: Material) -> None:
    whole = begin(tiny, material, RECIPE)
    masks = [GrabCutSegmenter().segment(p, "ball").inside for p in material.photos]
    assert not torch.equal(begin(tiny, material, RECIPE, masks).und, whole.und)
    empty = [np.zeros_like(mask) for mask in masks]
    assert torch.equal(begin(tiny, material, RECIPE, empty).und, whole.und)


def test_an_encoder_goes_before_all(tiny: Backbone, material: Material) -> None:
    made = ConceptTokens.random("ball", tiny.config, Generator().manual_seed(9))

    def encode(
        name: str, photos: Sequence[Image.Image], masks: Sequence[Mask] | None
    ) -> ConceptTokens:
        assert name == "ball" and len(photos) == 4
        return made

    assert begin(tiny, material, RECIPE, encoder=encode) is made


def test_a_model_without_encoders_says_so(tiny: Backbone, material: Material) -> None:
    with pytest.raises(InputError, match="no concept encoders"):
        begin(tiny, material, replace(RECIPE, start="encoder"))
    assert begin(tiny, material, replace(RECIPE, start="auto")).und.shape == (6, 80)
