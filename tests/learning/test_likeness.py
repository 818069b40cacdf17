"""Drawings are compared with photos by the model itself, and choose the rows that draw."""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator

from backbone import ConceptTokens
from backbone.face import Backbone
from backbone.painting import ImageOptions
from learning import trainer
from learning.examples import ExampleSet, Material, make_examples
from learning.held_out import set_aside
from learning.likeness import Looks, likeness, looks_of
from learning.presets import Recipe
from learning.state import rows_of_concept
from learning.trainer import TrainOptions, train
from omni_errors import InputError
from tests.learning.conftest import photo

FAST = Recipe(
    "fast", und_rows=4, gen_rows=4, steps=6, questions=2, drawings=1, edits=0, warmup=2,
    lr_und=0.02, lr_gen=0.02, save_every=2, test_every=2, keep_best=True, likeness=1,
)  # fmt: skip
LOOKS = Looks(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.0]))


def rows(face: Backbone) -> ConceptTokens:
    made = Generator().manual_seed(3)
    return ConceptTokens.random("ball", face.config, made, und_rows=4, gen_rows=4)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Answer how alike drawings are from a list, and note which rows were asked about."""
    found: list[float] = []
    asked: list[torch.Tensor] = []

    def say(face: Backbone, concept: ConceptTokens, *_: object) -> float:
        asked.append(rows_of_concept(concept)["gen"])
        return found[min(len(asked), len(found)) - 1]

    monkeypatch.setattr(trainer, "likeness", say)
    yield found


def test_a_drawing_is_more_like_a_photo_that_is_the_drawing(tiny: Backbone) -> None:
    concept = rows(tiny)
    options = ImageOptions(seed=5)
    drawn = tiny.generate("a photo of <ball>", concepts=[concept], options=options).image
    others = [photo(n, "navy") for n in range(3)]
    same, other = looks_of(tiny, [drawn], others), looks_of(tiny, [photo(1)], others)
    assert same is not None and other is not None
    assert likeness(tiny, concept, same, 5, 1) == pytest.approx(1.0, abs=1e-4)
    assert likeness(tiny, concept, other, 5, 1) < 0.9


def test_without_photos_of_others_nothing_is_compared(tiny: Backbone) -> None:
    assert looks_of(tiny, [photo(1)], []) is None
    assert looks_of(tiny, [], [photo(1)]) is None


def test_a_negative_number_of_drawings_is_refused() -> None:
    with pytest.raises(InputError, match="likeness"):
        replace(FAST, likeness=-1)


def test_first_generation_rows_stay_when_drawings_get_worse(
    tiny: Backbone, examples: ExampleSet, told: list[float]
) -> None:
    told += [0.9, 0.5, 0.4, 0.3]
    first = rows_of_concept(rows(tiny))
    result = train(tiny, rows(tiny), examples, FAST, TrainOptions(looks=LOOKS))
    assert torch.equal(result.concept.gen, first["gen"]) and result.record["drawn_step"] == 0
    assert not torch.equal(result.concept.und, first["und"])


def test_the_rows_that_draw_best_are_kept_and_those_that_read_best(
    tiny: Backbone, material: Material, told: list[float]
) -> None:
    told += [0.1, 0.2, 0.8, 0.3]
    learned, aside = set_aside(material)
    assert aside is not None
    options = TrainOptions(held_out=make_examples(aside), looks=LOOKS)
    result = train(tiny, rows(tiny), make_examples(learned), FAST, options)
    at_four = train(
        tiny, rows(tiny), make_examples(learned), replace(FAST, steps=4, keep_best=False)
    ).concept
    assert torch.equal(result.concept.gen, at_four.gen) and result.record["drawn_step"] == 4
    history = result.record["held_out_history"]
    assert [look["likeness"] for look in history] == [0.2, 0.8, 0.3]
    best = min(history, key=lambda look: look["text"])
    assert result.record["best_step"] == best["step"]
    assert result.record["likeness"]["first"] == 0.1


def test_what_drew_best_survives_a_stop(
    tiny: Backbone, examples: ExampleSet, told: list[float], tmp_path: Path
) -> None:
    told += [0.1, 0.8, 0.3]
    options, stops = TrainOptions(tmp_path, looks=LOOKS), iter([False] * 4)
    early = replace(options, should_stop=lambda: next(stops, True))
    assert train(tiny, rows(tiny), examples, FAST, early).ended == "stopped"
    result = train(tiny, rows(tiny), examples, FAST, options)
    told[:] = [0.3]
    at_two = train(tiny, rows(tiny), examples, replace(FAST, steps=2, keep_best=False)).concept
    assert result.record["drawn_step"] == 2 and result.record["steps"] == 6
    assert torch.equal(result.concept.gen, at_two.gen)


def test_without_held_out_photos_learning_goes_to_its_end(
    tiny: Backbone, examples: ExampleSet, told: list[float]
) -> None:
    told += [0.9, 0.5]
    recipe = replace(FAST, patience=1)
    assert train(tiny, rows(tiny), examples, recipe, TrainOptions(looks=LOOKS)).ended == "finished"


def test_pictures_that_take_minutes_are_not_drawn_to_be_looked_at(tiny: Backbone) -> None:
    large = Backbone(tiny.model, tiny.words.tokenizer)
    seen = [photo(1)]
    assert looks_of(large, seen, seen) is not None
    large.model = copy(tiny.model)
    large.model.config = replace(tiny.config, default_image_size=(1024, 1024))
    assert looks_of(large, seen, seen) is None
