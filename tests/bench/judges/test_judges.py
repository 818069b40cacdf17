"""Judges: what they mark, what they cannot read, and what they are told."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from bench.data.items import Fact
from bench.judges import scenes
from bench.judges.asking import AskedJudge, numbers, read_mark
from bench.judges.endpoint import EndpointAsker
from bench.judges.judge import AlwaysOne, AskedAnswer, AskedEdit, AskedPicture
from bench.judges.rules import RuleJudge, keywords
from bench.judges.scenes import SceneReader, as_it_is
from omni_errors import InputError, ResourceError
from tests.bench.conftest import photo
from tests.bench.fakes import Scripted, reader

HOME = "<bo>'s home is on the beach."


@pytest.fixture(scope="module")
def rules() -> RuleJudge:
    return RuleJudge(reader())


def edit_of(result: Image.Image) -> AskedEdit:
    """Paint the left half of a photo white."""
    source, mask = photo(3, "navy"), np.zeros((64, 64), bool)
    mask[:, :32] = True
    target = source.copy()
    target.paste("white", (0, 0, 32, 64))
    return AskedEdit(source, result, "paint it", target, mask)


def marks(rules: RuleJudge, result: Image.Image) -> tuple[float, ...]:
    found = rules.edit(edit_of(result)).marks
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("prediction", "mark"),
    [
        ("It lives on the beach.", 1.0),
        ("<bo>'s home is in the forest.", 0.0),
        ("I do not know.", 0.0),
        ("", 0.0),
        ("It is the beach, not the forest.", 1.0),
        ("It isn't the forest but the beach.", 1.0),
        ("No, on the beach and nowhere else.", 1.0),
        ("On the beach rather than in the city.", 1.0),
    ],
)
def test_rules_look_for_the_words_that_the_question_lacks(
    rules: RuleJudge, prediction: str, mark: float
) -> None:
    assert rules.answer(AskedAnswer("What is <bo>'s home?", HOME, prediction)).mark == mark


@pytest.mark.parametrize(
    "prediction",
    [
        "It is not on the beach.",
        "It isn’t on the beach.",
        "In the forest, not the beach.",
        "The beach is not its home.",
        "The beach. It is not the beach.",
        "The beach, meadow, snow, forest, desert, city, road, mountains or kitchen.",
        "The beach and the living room.",
    ],
)
def test_what_denies_a_fact_or_names_other_places_is_wrong(
    rules: RuleJudge, prediction: str
) -> None:
    assert rules.answer(AskedAnswer("What is <bo>'s home?", HOME, prediction)).mark == 0


@pytest.mark.parametrize(
    ("prediction", "mark"),
    [("It eats no meat.", 1.0), ("It does not eat meat.", 1.0), ("It eats meat.", 0.0)],
)
def test_a_fact_may_itself_deny(rules: RuleJudge, prediction: str, mark: float) -> None:
    asked = AskedAnswer("What does <bo> eat?", "<bo> does not eat meat.", prediction)
    assert rules.answer(asked).mark == mark


def test_another_known_toy_is_wrong_and_an_unknown_one_half(rules: RuleJudge) -> None:
    asked = "What is <bo>'s toy?", "<bo>'s toy is a red ball."
    assert rules.answer(AskedAnswer(*asked, "A red ball or a blue ball.")).mark == 0
    assert rules.answer(AskedAnswer(*asked, "A ball, I think.")).mark == 0.5


@pytest.mark.parametrize(
    ("prediction", "mark"),
    [
        ("<bo> is a backpack.", 1.0),
        ("It's a backpack, and its toy is a ball.", 1.0),
        ("<bo>'s toy is a backpack.", 0.0),
        ("<bo>'s backpack.", 0.0),
        ("It's backpack, I think.", 1.0),
        ("<bo>'s a backpack.", 1.0),
    ],
)
def test_what_it_has_does_not_say_what_it_is(
    rules: RuleJudge, prediction: str, mark: float
) -> None:
    asked = AskedAnswer("What sort of thing is <bo>?", "<bo> is a backpack.", prediction)
    assert rules.answer(asked).mark == mark


def test_rules_mark_a_part_by_half(rules: RuleJudge) -> None:
    asked = AskedAnswer("What is <bo>'s toy?", "<bo>'s toy is a red ball.", "A white ball.")
    assert rules.answer(asked).mark == 0.5


def test_the_question_s_own_words_are_no_keywords() -> None:
    assert keywords(HOME, "What is <bo>'s home?") == {"beach"}


def test_a_blank_picture_agrees_with_nothing(rules: RuleJudge) -> None:
    fact = Fact("its home is on the beach", False, "home", "beach", "place")
    shown = AskedPicture(Image.new("RGB", (32, 32)), "", fact, "")
    assert rules.picture(shown).mark == 0


def test_rules_say_nothing_of_what_they_cannot_look_for(rules: RuleJudge) -> None:
    shown = AskedPicture(photo(1, "red"), "", Fact("its owner is Ana", False, "owner", "Ana"), "")
    assert rules.picture(shown).mark is None


def test_the_likeliest_place_is_marked_1_and_the_second_half() -> None:
    made = reader()
    ranked = made.rank_places(photo(1, "red"))
    found = [made.place_mark(photo(1, "red"), place) for place in ranked]
    assert found == [1.0, 0.5, 0.0]


def test_a_thing_has_to_stand_out() -> None:
    made, image = reader(), photo(1, "red")
    thing, out = made.rank_things(image)[0]
    level = made.thing_level + out - 3
    clear = SceneReader(
        made.encoder,
        made.places,
        made.place_means,
        made.things,
        made.thing_means,
        level,
        made.thing_spread,
        {},
    )
    assert clear.thing_mark(image, thing) == 1
    assert made.thing_mark(image, thing) == 0


def test_the_reference_itself_is_a_perfect_edit(rules: RuleJudge) -> None:
    assert marks(rules, edit_of(photo(3, "navy")).target) == pytest.approx((10, 10, 10, 10))


def test_doing_nothing_is_no_success_but_restrained(rules: RuleJudge) -> None:
    success, restraint, *_ = marks(rules, photo(3, "navy"))
    assert success == 0
    assert restraint == pytest.approx(10)


def test_another_picture_is_not_restrained(rules: RuleJudge) -> None:
    assert marks(rules, photo(9, "orange"))[1] < 5


def test_black_and_mush_are_not_natural(rules: RuleJudge) -> None:
    black = marks(rules, Image.new("RGB", (64, 64)))
    assert black[2] == 0
    assert black[3] < 7
    soft = edit_of(photo(3, "navy")).target.filter(ImageFilter.GaussianBlur(6))
    assert marks(rules, soft)[2] < 5


@pytest.mark.parametrize(
    ("reply", "mark"),
    [
        *(("1", 1.0), ("0.5", 0.5), ("Mark: 0.", 0.0), ("0 or 1", None), ("3", None)),
        *(("yes", None), ("0.5 out of 1", 0.5), ("0/1", 0.0), ("1 out of 10", None)),
    ],
)
def test_a_mark_is_read_or_left_out(reply: str, mark: float | None) -> None:
    assert read_mark(reply) == mark


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("8/10 and 7.5", [8.0, 7.5]),
        ("8 out of 10, 9 Out of 10", [8.0, 9.0]),
        ("1. 8\n2. 9", [8.0, 9.0]),
        ("1) Success: 8/10\n2) Restraint: 9/10", [8.0, 9.0]),
        ("1.\n2.", [1.0, 2.0]),
    ],
)
def test_marks_are_read_without_their_scale_and_their_place(reply: str, read: list[float]) -> None:
    assert numbers(reply) == read


def test_an_asked_judge_calls_anew_each_time_and_keeps_its_words() -> None:
    asker = Scripted("1", "0")
    judge = AskedJudge(asker)
    asked = AskedAnswer("Where?", HOME, "On the beach.")
    first, second = judge.answer(asked), judge.answer(asked)
    assert (first.mark, second.mark, first.raw) == (1.0, 0.0, "1")
    assert asker.asked[0] == asker.asked[1]
    assert HOME in first.prompt


def test_an_edit_is_asked_about_with_its_source_and_alone() -> None:
    asker = Scripted("8 6", "5 9")
    verdict = AskedJudge(asker).edit(edit_of(photo(1, "red")))
    assert [images for _, images in asker.asked] == [2, 1]
    score = verdict.score
    assert score is not None
    assert (score.sc, score.pq) == (0.6, 0.5)


def test_an_edit_with_unreadable_marks_has_no_score() -> None:
    assert AskedJudge(Scripted("fine", "5 9")).edit(edit_of(photo(1, "red"))).score is None
    assert AskedJudge(Scripted("8 60", "5 9")).edit(edit_of(photo(1, "red"))).score is None


def test_always_one_is_always_right() -> None:
    assert AlwaysOne().answer(AskedAnswer("", "", "")).mark == 1
    score = AlwaysOne().edit(edit_of(photo(1, "red"))).score
    assert score is not None
    assert score.geometric == 1


class Wire:
    """Keep what would be sent."""

    def __init__(self, reply: object) -> None:
        self.reply = reply
        self.sent: list[tuple[str, Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        self.sent.append((url, headers, body))
        return json.dumps(self.reply).encode()


def said(text: str) -> object:
    return {"choices": [{"message": {"content": text}}]}


def test_an_endpoint_gets_one_message_with_its_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNI_JUDGE_KEY", "secret")
    wire = Wire(said("0.5"))
    asker = EndpointAsker("http://host/v1/", "judge-1", wire)
    for _ in range(2):
        assert asker.ask("What?", [photo(1, "red")], ()) == "0.5"
    url, headers, body = wire.sent[1]
    message = json.loads(body)["messages"]
    assert url == "http://host/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert [part["type"] for part in message[0]["content"]] == ["text", "image_url"]
    assert len(message) == 1
    # room for a judge that gives its reasons first
    assert json.loads(body)["max_tokens"] == 512


def test_an_endpoint_that_says_something_else_is_named() -> None:
    with pytest.raises(ResourceError, match="OpenAI-compatible"):
        EndpointAsker("http://host", "judge-1", Wire({"error": "no"})).ask("What?", (), ())


@pytest.mark.parametrize(("url", "model"), [("host", "judge-1"), ("http://host", "")])
def test_a_judge_needs_an_address_and_a_name(url: str, model: str) -> None:
    with pytest.raises(InputError):
        EndpointAsker(url, model)


@pytest.mark.parametrize(("told", "shown"), [(0.95, True), (0.5, False)])
def test_a_way_of_showing_that_hides_places_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: float, shown: bool
) -> None:
    made = {True: replace(reader(), right={"place": told}), False: reader()}
    monkeypatch.setattr(scenes, "make_reader", lambda _, show=as_it_is: made[show is not as_it_is])
    opened = scenes.open_reader(made[True].encoder, tmp_path / "a.npz", lambda image: image)
    assert opened.right == made[shown].right


def test_what_shows_something_else_is_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[scenes.Show] = []

    def make(_: object, show: scenes.Show) -> SceneReader:
        tried.append(show)
        return reader()

    monkeypatch.setattr(scenes, "make_reader", make)
    grey = Image.new("RGB", (128, 128), "grey")
    scenes.open_reader(reader().encoder, tmp_path / "a.npz", lambda _: grey)
    assert tried == [as_it_is]
