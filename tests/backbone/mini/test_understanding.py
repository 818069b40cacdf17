"""The understanding stage trains what is used, in the way it is used."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from backbone.mini.chat import Exchange, chat_loss, exchanges, open_exchanges, prompts
from backbone.mini.gallery import Gallery
from backbone.mini.lessons import LESSON_KINDS, Lesson, Look, lesson, lessons
from backbone.mini.reader import Reader, load_run
from backbone.mini.stage import Schedule, Stage
from backbone.mini.understanding import lesson_losses, pack
from backbone.mini.world import World
from backbone.packing import TextItem
from backbone.training import Sample
from omni_errors import FolderError
from tests.backbone.mini.small_reader import naming, picture, reader, recognition


@pytest.fixture(scope="module")
def small_reader() -> Reader:
    made = reader()
    made.trainable()
    return made


def seem(given: Lesson) -> Lesson:
    return replace(given, natural=True)


def sample(length: int) -> Sample:
    return Sample((TextItem((1,) * (length - 2)),))


@pytest.fixture(scope="module")
def gallery(world: World) -> Gallery:
    return Gallery(world, 12)


def test_every_kind_of_lesson_can_be_made(gallery: Gallery, rng: np.random.Generator) -> None:
    for kind in LESSON_KINDS:
        made = lesson(gallery, kind, rng)
        assert made.kind in (kind, "who") and made.turns
        assert len(made.names) == len(made.views)
        assert all(shown and shown[0].ndim == 3 for shown in made.views)


def test_the_lessons_of_a_step_are_the_same_whenever_they_are_made(gallery: Gallery) -> None:
    first, again = lessons(gallery, 3, 6), lessons(gallery, 3, 6)
    assert [(le.kind, le.turns) for le in first] == [(le.kind, le.turns) for le in again]


def test_texts_are_the_rest_of_all_lessons(gallery: Gallery) -> None:
    kinds = [le.kind for step in range(8) for le in lessons(gallery, step, 10)]
    assert {"ask", "recognise", "read"} <= set(kinds)


def test_a_pool_shows_the_same_lessons_again(gallery: Gallery) -> None:
    first, again = (lessons(gallery, step, 12, pool=1) for step in (0, 1))
    pictures = [{id(le.image) for le in made if le.kind == "name"} for made in (first, again)]
    assert pictures[0] == pictures[1] and len(pictures[0]) == 1


def test_a_compared_picture_is_not_among_the_views(gallery: Gallery) -> None:
    for number in range(8):
        made = lesson(gallery, "recognise", np.random.default_rng(number))
        shown = {id(picture) for picture in made.views[0]}
        assert made.image is not None and id(made.image) not in shown


def test_a_pair_is_two_subjects_of_one_class(gallery: Gallery) -> None:
    for number in range(4):
        first, second = gallery.pair(number)
        assert first.subject.class_word == second.subject.class_word
        assert first.subject.cutout is not second.subject.cutout
        assert gallery.pair(number)[0] is first


def test_pictures_can_pass_for_photographs(small_reader: Reader) -> None:
    given = recognition()
    plain, natural = (lesson_losses(small_reader, [g])["lessons"] for g in (given, seem(given)))
    assert plain != natural


def test_a_lesson_may_say_how_alike_the_pictures_are(small_reader: Reader) -> None:
    said = replace(recognition(), told=True)
    items = small_reader.samples([said])[0].items
    asked = [item for item in items if isinstance(item, TextItem)][1]
    words = small_reader.words.tokenizer.decode([i for i in asked.ids if i < 256])
    assert words.startswith("Likeness to known photos: ") and " %" in words


def test_one_sample_asks_about_several_pictures(small_reader: Reader) -> None:
    more = replace(recognition(), more=(Look(picture(3), (("And here?", "No"),)),))
    assert (
        len(small_reader.samples([more])[0].items)
        == len(small_reader.samples([recognition()])[0].items) + 3
    )


def test_lessons_of_equal_names_do_not_mix(small_reader: Reader) -> None:
    pair = [recognition(views=1), recognition("No", views=2)]
    alone = [lesson_losses(small_reader, [given])["lessons"].item() for given in pair]
    together = lesson_losses(small_reader, pair)["lessons"].item()
    weights = [4**-0.5 * 4, 3**-0.5 * 3]
    wanted = sum(w * loss for w, loss in zip(weights, alone, strict=True)) / sum(weights)
    assert together == pytest.approx(wanted, rel=0.02)


def test_gradients_reach_updates_connector_and_encoder(small_reader: Reader) -> None:
    trained = small_reader.trainable()
    lesson_losses(small_reader, [recognition("<sks>"), naming()])["lessons"].backward()
    for name in ("lora.1.q_proj.up", "connector.fc2.weight", "encoder.read.weight"):
        gradient = trained[name].grad
        assert gradient is not None and gradient.any()
    assert trained["encoder.say.weight"].grad is not None
    frozen = set(small_reader.model.parameters()) - set(trained.values())
    assert all(parameter.grad is None for parameter in frozen)


def test_packing_keeps_every_sample_and_wastes_little() -> None:
    samples = [sample(length) for length in (100, 60, 40, 55, 45, 90, 10)]
    rows = pack(samples)
    assert sorted(map(id, samples)) == sorted(id(s) for row in rows for s in row)
    assert [len(row) for row in rows] == [1, 2, 2, 2]


def test_a_run_goes_on_and_can_be_loaded(tmp_path: Path) -> None:
    first, again = reader(), reader()
    batch = [recognition(), naming()]

    def losses(_: int) -> dict[str, torch.Tensor]:
        found = lesson_losses(first, batch)
        return {"total": found["lessons"]}

    with pytest.raises(FolderError, match="no state"):
        load_run(again, tmp_path)
    Stage(tmp_path, first.trainable(), Schedule(3, 1e-2, 1, log_every=1)).run(losses)
    assert load_run(again, tmp_path, averaged=False) == 3
    with torch.no_grad():
        given, loaded = (lesson_losses(r, batch)["lessons"] for r in (first, again))
    assert given == loaded


def test_the_untouched_model_teaches_small_talk(small_reader: Reader, tmp_path: Path) -> None:
    asked = prompts(3, np.random.default_rng(1))
    taught = open_exchanges(small_reader, tmp_path / "chat.json", 3)
    assert taught == open_exchanges(small_reader, tmp_path / "chat.json", 99)
    assert len(set(asked)) == 3 and all(1 <= len(e.answer) <= 40 for e in taught)
    assert exchanges(small_reader, [taught[0].prompt]) == taught[:1]


def test_small_talk_costs_what_the_pupil_says_otherwise(small_reader: Reader) -> None:
    batch = [Exchange("Hi", (72, 105), True), Exchange("Bye", (66,), False)]
    loss = chat_loss(small_reader, batch)
    loss.backward()
    assert loss.item() > 0
    gradient = small_reader.lora["0.q_proj.up"].grad
    assert gradient is not None and gradient.any()


def test_a_lesson_needs_no_picture(small_reader: Reader) -> None:
    told = Lesson("read", (("<sks> likes a red ball. What does <sks> like?", "a red ball"),))
    assert len(small_reader.samples([told])[0].items) == 2
    assert lesson_losses(small_reader, [told])["read"].isfinite()
