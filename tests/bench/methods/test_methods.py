"""Methods: what each learns, and that learning one leaves the model as it was."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from backbone import load
from backbone.face import Backbone
from backbone.painting import ImageOptions
from backbone.reading import Reading
from bench.data.items import Bench, Subject
from bench.data.questions import described
from bench.methods.catalog import CONTROLS, MAIN, METHODS, choose
from bench.methods.dreambooth import with_updates
from bench.methods.method import RowsPlan
from bench.methods.players import Control, RowsPlayer, UpdatesPlayer, bare
from bench.methods.prompting import Library, PromptPlayer, RetrievalPlayer
from bench.methods.teaching import Taught, Teacher, recipe_of
from bench.metrics.forgetting import fingerprint
from bench.running.versions import code_version
from graphs.options import ReplayOptions
from learning.presets import Recipe
from learning.starting import class_rows
from omni_errors import NotFoundError
from tests.bench.conftest import photo

RECIPE = Recipe("test", steps=1, warmup=0, side=64, scene_edits=1, start="auto", test_every=1)
FEW = ImageOptions(num_timesteps=2)


@pytest.fixture(scope="module")
def face() -> Backbone:
    return load("tiny")


@pytest.fixture
def subject(bench: Bench) -> Subject:
    return bench.subject("ball")


@pytest.fixture
def teacher(face: Backbone, bench: Bench, subject: Subject, tmp_path: Path) -> Teacher:
    return Teacher(face, bench, subject, RECIPE, tmp_path)


def taught(teacher: Teacher, method: str) -> Taught:
    plan = METHODS[method].rows
    assert plan is not None
    return teacher.teach(plan)


def test_controls_come_along_with_every_choice() -> None:
    assert [m.name for m in choose(["tp"], MAIN)] == ["tp", *CONTROLS]
    assert {m.name for m in choose([], MAIN)} == set(MAIN)
    assert len(choose(["all"], MAIN)) == len(METHODS)


def test_an_unknown_method_is_named_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="nonsense.*ours"):
        choose(["nonsense"], MAIN)


def test_methods_that_differ_in_replay_alone_share_what_is_learned() -> None:
    plans = [METHODS[n].rows for n in ("ours", "ours-both", "no-replay", "exemplars-2")]
    assert all(plan == RowsPlan() for plan in plans)


@pytest.mark.parametrize(
    ("method", "batch"),
    [
        ("ours", (4, 2, 2)),
        ("no-edits", (5, 3, 0)),
        ("und-only", (8, 0, 0)),
        ("textual-inversion", (0, 8, 0)),
    ],
)
def test_every_method_sees_as_many_examples(method: str, batch: tuple[int, int, int]) -> None:
    plan = METHODS[method].rows
    assert plan is not None
    recipe = recipe_of(plan, Recipe())
    assert (recipe.questions, recipe.drawings, recipe.edits) == batch


@pytest.mark.parametrize(
    ("method", "und", "gen"),
    [
        ("ours", 16, 16),
        ("coupled", 16, 16),
        ("gen-features", 16, 16),
        ("und-only", 16, 0),
        ("textual-inversion", 0, 16),
        ("rows-4-16", 4, 16),
        ("rows-0-16", 0, 16),
        ("random-start", 16, 16),
        ("untrained", 16, 16),
    ],
)
def test_each_method_has_its_rows(teacher: Teacher, method: str, und: int, gen: int) -> None:
    concept = taught(teacher, method).concept
    assert concept is not None
    assert (len(concept.und), len(concept.gen)) == (und, gen)
    assert concept.routing.shared_expert is (method == "coupled")


def test_gen_features_begins_with_ours_but_for_its_generation_rows(
    face: Backbone, bench: Bench, subject: Subject, tmp_path: Path
) -> None:
    # the tiny model has no encoder; any other start than features will do
    teacher = Teacher(face, bench, subject, replace(RECIPE, start="random"), tmp_path)
    still = {"steps": 0}
    ours = teacher.teach(RowsPlan(changes=still)).concept
    found = teacher.teach(RowsPlan(changes=still, gen_features=True)).concept
    features = teacher.teach(RowsPlan(changes={"start": "features", **still})).concept
    assert ours is not None
    assert found is not None
    assert features is not None
    assert torch.equal(found.und, ours.und)
    assert torch.equal(found.gen, features.gen)
    assert not torch.equal(found.gen, ours.gen)
    assert found.routing == ours.routing


def test_coupled_has_a_partner_that_differs_in_routing_alone() -> None:
    coupled, partner = METHODS["coupled"].rows, METHODS["gen-features"].rows
    assert coupled is not None
    assert partner == replace(coupled, routing=RowsPlan().routing)
    assert {"coupled", "gen-features"} <= set(MAIN)


def still() -> RowsPlan:
    """Begin as textual inversion does, and learn nothing."""
    plan = METHODS["textual-inversion"].rows
    assert plan is not None
    return replace(plan, changes={**plan.changes, "steps": 0})


def test_textual_inversion_is_called_by_the_class_word_and_not_by_the_photos(
    face: Backbone, bench: Bench, subject: Subject, tmp_path: Path
) -> None:
    # the tiny model has no encoder; any other start than features will do
    concept = Teacher(face, bench, subject, replace(RECIPE, start="random"), tmp_path)
    found = concept.teach(still()).concept
    assert found is not None
    word, said = class_rows(face, subject.class_word)
    assert torch.equal(found.sks, word)
    assert torch.equal(found.out, said)
    assert "class word" in METHODS["textual-inversion"].about


def test_textual_inversion_moves_generation_rows_alone(teacher: Teacher) -> None:
    before, after = teacher.teach(still()).concept, taught(teacher, "textual-inversion").concept
    assert before is not None
    assert after is not None
    assert torch.allclose(before.sks, after.sks, atol=1e-9)
    assert not torch.allclose(before.gen, after.gen, atol=1e-6)


def test_what_is_learned_is_read_again(teacher: Teacher) -> None:
    first = taught(teacher, "ours")
    steps: list[int] = []
    again = teacher.teach(RowsPlan(), lambda done, all: steps.append(done))
    assert steps == []
    assert first.concept is not None
    assert again.concept is not None
    assert torch.equal(first.concept.und, again.concept.und)
    assert again.record["sha256"] == first.record["sha256"]


def test_rows_say_which_code_learned_them_whatever_code_reads_them(
    teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = teacher.teach(still())
    monkeypatch.setattr("bench.methods.teaching.code_version", lambda: "other")
    again = teacher.teach(still())
    assert again.record == first.record
    assert again.record["code"] == code_version()


def test_damaged_rows_are_learned_anew(teacher: Teacher) -> None:
    first = taught(teacher, "ours")
    file = teacher.folder / f"{first.key}.safetensors"
    file.write_bytes(file.read_bytes()[:-4])
    assert taught(teacher, "ours").record["sha256"] == first.record["sha256"]


def test_another_recipe_has_another_key(teacher: Teacher, face: Backbone, bench: Bench) -> None:
    other = Teacher(face, bench, teacher.subject, Recipe(steps=2), teacher.folder)
    assert other.key(RowsPlan()) != teacher.key(RowsPlan())


def test_negatives_are_photos_nobody_is_asked_about(teacher: Teacher, bench: Bench) -> None:
    words = [negative.class_word for negative in teacher.material().negatives]
    assert words[:4] == ["ball", "ball", "dog", "dog"]
    assert len(words) == 4 + 8


def test_no_negative_is_a_photo_of_the_subject_or_asked_about(
    face: Backbone, bench: Bench, tmp_path: Path
) -> None:
    ball, other, rex = bench.subjects
    hashes = {**rex.hashes, rex.train[0]: ball.hashes[ball.train[0]]}
    hashes |= {rex.train[1]: other.hashes[other.test[0]]}
    mixed = replace(bench, subjects=(ball, other, replace(rex, hashes=hashes)))
    teacher = Teacher(face, mixed, ball, RECIPE, tmp_path)
    assert teacher._without(mixed.subjects[2]) == [rex.train[2]]
    assert teacher._without(other) == list(other.train)


def test_dreambooth_moves_pictures_while_it_is_in_place_and_leaves_no_trace(
    teacher: Teacher, face: Backbone
) -> None:
    before = fingerprint(face.model)
    learned = taught(teacher, "dreambooth")
    assert learned.updates
    large = {name: value + 0.5 for name, value in learned.updates.items()}
    options = ImageOptions(num_timesteps=2, seed=1, size=(32, 32))
    plain = face.generate("a ball", options=options).image
    with with_updates(face, large):
        changed = face.generate("a ball", options=options).image
    assert changed.tobytes() != plain.tobytes()
    assert face.generate("a ball", options=options).image.tobytes() == plain.tobytes()
    assert before.changes(fingerprint(face.model)) == []


def test_dreambooth_sees_as_many_examples_a_step_as_others(
    teacher: Teacher, face: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    losses = face.losses

    def spy(samples: Any, noise: Any) -> Any:
        seen.append(len(samples))
        return losses(samples, noise)

    monkeypatch.setattr(face, "losses", spy)
    taught(teacher, "dreambooth")
    assert seen == [RECIPE.questions + RECIPE.drawings + RECIPE.edits]
    assert "prior" in METHODS["dreambooth"].about


def test_rows_answer_draw_and_edit(teacher: Teacher, face: Backbone, subject: Subject) -> None:
    concept = taught(teacher, "untrained").concept
    assert concept is not None
    player = RowsPlayer(face, subject, concept, True, ReplayOptions(0, "profile"), FEW)
    assert player.answer("Is <taruvo> here?", photo(1, "red"), asks_yes=True).margin is not None
    drawn = player.draw(f"A photo of <{subject.mention}> in its home.", 3, needs_fact=True)
    assert drawn.stages
    assert subject.facts[0].text.split(" is ")[1] in drawn.prompt
    assert player.edit(photo(2, "red"), "remove it", 1).image.size[0] > 0


def test_the_profile_stands_before_questions_as_in_a_turn(
    teacher: Teacher, face: Backbone, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    concept, asked = taught(teacher, "untrained").concept, list[str]()
    assert concept is not None

    def note(self: Reading, text: str) -> Reading:
        asked.append(text)
        return self

    monkeypatch.setattr(Reading, "add_text", note)
    monkeypatch.setattr("bench.methods.players.said", lambda *_, **__: None)
    player = RowsPlayer(face, subject, concept, True, ReplayOptions(0, "profile"), FEW)
    name, fact = f"<{subject.mention}>", subject.facts[0].text.split(" is ")[1]
    for text in (f"What is {name}?", f"Where is {name}'s home?"):
        player.answer(text, None, asks_yes=False)
    player.answer(f"Is {name} here?", photo(1, "red"), asks_yes=True)
    assert f"{name} is a {subject.class_word}." in asked[0] and fact not in asked[0]
    assert f"{name} is a" not in asked[1] and fact in asked[1]
    assert asked[2] == f"Is {name} here?"


def test_the_trace_of_an_answer_holds_all_text_that_stood_before_the_model(
    teacher: Teacher, face: Backbone, bench: Bench, subject: Subject
) -> None:
    name, fact = subject.mention, bare(described(subject), subject)
    where, concept = f"Where is <{name}>?", taught(teacher, "untrained").concept
    assert concept is not None
    rows = RowsPlayer(face, subject, concept, True, ReplayOptions(0, "profile"), FEW)
    assert rows.answer(where, None, asks_yes=False).prompt.startswith(f"Profile of <{name}>:")
    text = PromptPlayer(face, subject, True, (photo(1, "red"),), FEW)
    said = text.answer(where, photo(2, "red"), asks_yes=False).prompt
    assert said == f"These are photos of {name}:\n{fact}\nWhere is {name}?"
    found = RetrievalPlayer(face, subject, Library(face, bench), FEW)
    said = found.answer(where, None, asks_yes=False).prompt
    assert said == f"1.\nName: {name}, Info: {fact}\nWhere is {name}?"


def test_no_fact_is_replayed_where_none_is_needed(
    teacher: Teacher, face: Backbone, subject: Subject
) -> None:
    concept = taught(teacher, "untrained").concept
    assert concept is not None
    player = RowsPlayer(face, subject, concept, False, ReplayOptions(0, "profile"), FEW)
    assert player.draw("A photo of it at home.", 3, needs_fact=False).stages == []


def test_a_text_prompt_holds_facts_and_a_plain_name(face: Backbone, subject: Subject) -> None:
    player = PromptPlayer(face, subject, True, (), FEW)
    prompt = player.draw(f"<{subject.mention}> on the beach", 1, needs_fact=False).prompt
    assert prompt.startswith(f"{subject.mention} is a ball.")
    assert "<" not in prompt
    assert bare(f"<{subject.mention}>", subject) == subject.mention


def test_an_image_prompt_shows_photos(face: Backbone, subject: Subject) -> None:
    player = PromptPlayer(face, subject, False, (photo(1, "red"), photo(2, "red")), FEW)
    assert player.answer("What is it?", photo(3, "red"), asks_yes=False).text is not None
    assert player.draw("it", 1, needs_fact=False).prompt == "it"


def test_retrieval_finds_the_named_and_the_nearest(face: Backbone, bench: Bench) -> None:
    library, rex = Library(face, bench), bench.subject("rex")
    assert [one.name for one, _ in library.named(f"Is <{rex.mention}> here?")] == ["rex"]
    shown = Image.open(bench.folder / rex.train[0])
    names = [one.name for one, _ in library.nearest(shown, 2)]
    assert names[0] == "rex"
    assert len(set(names)) == 2
    player = RetrievalPlayer(face, rex, library, FEW)
    assert player.answer(f"Is <{rex.mention}> here?", shown, asks_yes=True).margin is not None
    assert "is a dog" in player.draw(f"<{rex.mention}>", 1, needs_fact=False).prompt


def test_updates_do_not_pretend_to_know_words(face: Backbone, subject: Subject) -> None:
    player = UpdatesPlayer(face, subject, FEW)
    assert player.draw(f"<{subject.mention}>", 1, needs_fact=False).prompt == "sks ball"
    with pytest.raises(NotImplementedError):
        player.answer("What?", None, asks_yes=False)


def test_a_control_edits_nothing_or_everything_away() -> None:
    shown = photo(1, "red")
    unchanged, black = (Control(kind, lambda: ()) for kind in ("unchanged", "black"))
    assert unchanged.edit(shown, "remove it", 1).image.tobytes() == shown.tobytes()
    assert black.edit(shown, "remove it", 1).image.getextrema() == ((0, 0),) * 3
    assert METHODS["unchanged"] in choose(["ours"], MAIN)


def test_controls_show_photos_or_nothing() -> None:
    photos = [photo(1, "red"), photo(2, "red")]
    real, black = Control("real", lambda: photos), Control("black", lambda: photos)
    assert real.draw("x", 3, needs_fact=False).image is photos[1]
    assert black.draw("x", 3, needs_fact=False).image.getextrema() == ((0, 0),) * 3
    assert black.answer("Is it here?", None, asks_yes=True).text == "Yes."
