"""The scorer on pictures of one colour: each number is what its name says, worked out by hand."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.items import Bench, Fact, Item, Subject
from bench.judges.judge import AskedAnswer, AskedEdit, AskedPicture, EditVerdict, Verdict
from bench.methods.players import Answered, Drawn
from bench.metrics.encoders import CLIP_NAME
from bench.metrics.similarity import Vectors, units
from bench.running.scoring import Scorer

ANNA = Subject("anna", "taruvo", "woman", True, ("red.png",), ("blue.png",), (Fact("has a cup"),))
REX = Subject("rex", "bolino", "dog", True, ("green.png",), ())
DRAW = Item("anna/draw/0", "draw", "anna", "A photo of <taruvo> on grass.")
EDIT = Item(
    *("anna/edit/0", "edit", "anna", "Make it white."),
    image="noise.png",
    target="target.png",
    mask="mask.png",
)
# red and green: CLIP's correct vector of it is (1, 1, 0), and washed (2, 2, 1)
YELLOW = Image.new("RGB", (8, 8), "yellow")


class Colours:
    """Sees the mean colour, and hears red in every text."""

    name = CLIP_NAME

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        return units(np.stack([np.asarray(i, np.float64).mean(axis=(0, 1)) for i in images]))

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return np.array([[1.0, 0.0, 0.0]] * len(texts))


class Faces:
    """Finds a face in whatever is not black."""

    name = "faces"

    def find(self, image: Image.Image) -> Vectors | None:
        return Colours().embed([image])[0] if image.getbbox() else None


class Marks:
    """Says the same of all, and keeps what it was asked."""

    name = "scripted"

    def __init__(self) -> None:
        self.asked: list[AskedAnswer | AskedPicture | AskedEdit] = []

    def answer(self, asked: AskedAnswer) -> Verdict:
        self.asked.append(asked)
        return Verdict(0.5, "asked", "half")

    def picture(self, asked: AskedPicture) -> Verdict:
        self.asked.append(asked)
        return Verdict(0.5, "asked", "half")

    def edit(self, asked: AskedEdit) -> EditVerdict:
        self.asked.append(asked)
        return EditVerdict((8.0, 2.0, 9.0, 5.0), "asked", "8 2 9 5")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    for colour in ("red", "green", "blue"):
        Image.new("RGB", (8, 8), {"green": "lime"}.get(colour, colour)).save(
            tmp_path / f"{colour}.png"
        )
    levels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(levels).save(tmp_path / "noise.png")
    Image.new("RGB", (32, 32), "purple").save(tmp_path / "target.png")
    mask = Image.new("L", (32, 32))
    mask.paste(255, (0, 0, 16, 16))
    mask.save(tmp_path / "mask.png")
    return Bench(0, (ANNA, REX), (), folder=tmp_path)


def scorer(bench: Bench, subject: Subject = ANNA) -> tuple[Scorer, Colours, Marks]:
    eyes, judge = Colours(), Marks()
    return Scorer(bench, subject, [eyes], [judge], Faces()), eyes, judge


def drawn(bench: Bench, image: Image.Image, subject: Subject = ANNA) -> dict[str, float]:
    return scorer(bench, subject)[0].picture(DRAW, Drawn(image, "")).values


def answered(bench: Bench, task: str, wanted: str, made: Answered) -> dict[str, float]:
    item = Item(f"anna/{task}/0", task, "anna", "What?", wanted)
    return scorer(bench)[0].answer(item, made).values


@pytest.mark.parametrize(("said", "value"), [("B", 1), ("It is B.", 1), ("A", 0), ("", 0)])
def test_a_choice_is_1_only_if_it_is_the_right_one(bench: Bench, said: str, value: int) -> None:
    assert answered(bench, "choice", " B ", Answered(said)) == {"choice": value}


def test_an_answer_is_compared_with_its_reference_and_not_the_other_way(bench: Bench) -> None:
    values = answered(bench, "qa", "ab", Answered("a"))
    # 1 of 1 characters, a tenth for no pair, length 1 of 2
    assert values["qa bleu"] == pytest.approx(math.exp(-1) * 0.1**0.3)
    assert values["qa judge/scripted"] == 0.5


def test_a_name_counts_the_same_with_and_without_brackets(bench: Bench) -> None:
    name = bench.subjects[0].mention
    said = [answered(bench, "qa", f"<{name}> is a dog.", Answered(text))
            for text in (f"<{name}> is a dog.", f"{name} is a dog.")]  # fmt: skip
    assert said[0]["qa bleu"] == said[1]["qa bleu"] == pytest.approx(1)


def test_a_judge_of_answers_hears_question_reference_and_answer(bench: Bench) -> None:
    mine, _, judge = scorer(bench)
    item = Item("anna/vqa/0", "vqa", "anna", "Which colour?", "Red.")
    verdicts = mine.answer(item, Answered("Blue.")).verdicts
    assert judge.asked == [AskedAnswer("Which colour?", "Red.", "Blue.")]
    assert verdicts == {"scripted": {"mark": 0.5, "prompt": "asked", "raw": "half"}}


@pytest.mark.parametrize(
    ("wanted", "said", "right", "compat"),
    [("Yes.", "yesterday", 0, 1), ("No.", "I know: yes", 0, 1), ("Yes.", "No, not yes", 0, 1)],
)
def test_the_compat_rule_stands_beside_the_strict_one(
    bench: Bench, wanted: str, said: str, right: int, compat: int
) -> None:
    values = answered(bench, "rec", wanted, Answered(said))
    assert values == {"label": wanted == "Yes.", "right": right, "right compat": compat}


@pytest.mark.parametrize(
    ("wanted", "margin", "right"),
    [("Yes.", 0.5, 1), ("Yes.", -0.5, 0), ("No.", -0.5, 1), ("No.", 0.5, 0)],
)
def test_a_margin_above_0_is_a_yes(bench: Bench, wanted: str, margin: float, right: int) -> None:
    values = answered(bench, "rec", wanted, Answered("", margin))
    assert (values["margin"], values["right margin"]) == (margin, right)


def test_a_drawing_is_compared_with_the_photos_that_were_learned_from(bench: Bench) -> None:
    # with red; with blue, the held-out photo, it would be 0
    assert drawn(bench, YELLOW)[f"draw image/{CLIP_NAME}"] == pytest.approx(1 / math.sqrt(2))
    red, lime = (Image.new("RGB", (8, 8), colour) for colour in ("red", "lime"))
    assert drawn(bench, red)[f"draw own/{CLIP_NAME}"] == 1
    assert drawn(bench, lime)[f"draw own/{CLIP_NAME}"] == 0


def test_a_text_is_asked_for_with_the_class_in_place_of_the_name(bench: Bench) -> None:
    mine, eyes, _ = scorer(bench)
    mine.picture(DRAW, Drawn(YELLOW, ""))
    assert eyes.texts == ["A photo of a woman on grass."]


def test_only_the_compat_numbers_are_of_washed_pictures(bench: Bench) -> None:
    values = drawn(bench, YELLOW)
    assert values[f"draw text/{CLIP_NAME}"] == pytest.approx(1 / math.sqrt(2))
    # (2, 2, 1) with the text's (1, 0, 0), and with the photo's (2, 1, 1)
    assert values[f"draw text/{CLIP_NAME} compat"] == pytest.approx(2 / 3, abs=0.005)
    compat = (4 + 2 + 1) / (3 * math.sqrt(6))
    assert values[f"draw image/{CLIP_NAME} compat"] == pytest.approx(compat, abs=0.005)


def test_a_prompt_that_hides_what_to_draw_is_not_compared_with_the_picture(bench: Bench) -> None:
    mine, eyes, _ = scorer(bench)
    values = mine.picture(replace(DRAW, task="parg"), Drawn(YELLOW, "")).values
    assert not eyes.texts and f"parg image/{CLIP_NAME} compat" in values
    assert not any(name.startswith("parg text") for name in values)


def test_faces_of_people_are_compared_with_those_learned_from(bench: Bench) -> None:
    values = drawn(bench, YELLOW)
    assert values["faces"] == pytest.approx(1 / math.sqrt(2))
    assert values["faces without"] == 0
    assert values["faces references without"] == 0
    black = drawn(bench, Image.new("RGB", (8, 8)))
    assert "faces" not in black
    assert (black["faces without"], black["draw blank"]) == (1, 1)


def test_photos_without_a_face_are_counted(bench: Bench) -> None:
    Image.new("RGB", (8, 8)).save(bench.folder / "black.png")
    half, none = (
        replace(ANNA, train=train) for train in (("red.png", "black.png"), ("black.png",))
    )
    assert drawn(bench, YELLOW, half)["faces references without"] == 0.5
    values = drawn(bench, YELLOW, none)
    assert {name: v for name, v in values.items() if name.startswith("faces")} == {
        "faces references without": 1
    }


def test_faces_are_compared_on_the_plain_photo_where_there_is_one(bench: Bench) -> None:
    plain = replace(DRAW, id="anna/draw/face", text="A photo of <taruvo>.")
    mine = scorer(replace(bench, items=(DRAW, plain)))[0]
    assert "faces" in mine.picture(plain, Drawn(YELLOW, "")).values
    assert "faces" not in mine.picture(DRAW, Drawn(YELLOW, "")).values


def test_no_face_is_looked_for_in_what_is_no_person(bench: Bench) -> None:
    assert not [name for name in drawn(bench, YELLOW, REX) if name.startswith("faces")]


def test_a_picture_is_judged_by_the_fact_its_prompt_leaves_out(bench: Bench) -> None:
    mine, _, judge = scorer(bench)
    item = replace(DRAW, id="anna/parg/0", task="parg", fact=0)
    values = mine.picture(item, Drawn(YELLOW, "")).values
    (asked,) = judge.asked
    assert isinstance(asked, AskedPicture)
    assert (asked.fact, asked.prompt, asked.image) == (Fact("has a cup"), item.text, YELLOW)
    assert values["parg judge/scripted"] == 0.5


def white_inside(bench: Bench, box: tuple[int, int, int, int] = (0, 0, 8, 8)) -> Drawn:
    with Image.open(bench.folder / "noise.png") as image:
        edited = image.convert("RGB")
    edited.paste("white", box)
    return Drawn(edited, "")


def test_what_changes_inside_the_mask_costs_nothing(bench: Bench) -> None:
    inside = scorer(bench)[0].edit(EDIT, white_inside(bench)).values
    outside = scorer(bench)[0].edit(EDIT, white_inside(bench, (20, 20, 32, 32))).values
    assert inside["edit ssim outside"] == pytest.approx(1)
    assert inside[f"edit distance outside/{CLIP_NAME}"] == pytest.approx(0)
    assert outside["edit ssim outside"] < 0.9
    assert outside[f"edit distance outside/{CLIP_NAME}"] > 1e-6


def test_the_marks_of_an_edit_become_sc_pq_and_both_means(bench: Bench) -> None:
    values = scorer(bench)[0].edit(EDIT, white_inside(bench)).values
    names = ("edit sc/scripted", "edit pq/scripted", "edit mean/scripted")
    assert [values[name] for name in names] == [0.2, 0.5, 0.35]
    assert values["edit geometric/scripted"] == pytest.approx(math.sqrt(0.2 * 0.5))


def test_a_judge_of_edits_sees_before_after_and_the_reference(bench: Bench) -> None:
    mine, _, judge = scorer(bench)
    made = white_inside(bench)
    mine.edit(EDIT, made)
    (asked,) = judge.asked
    assert isinstance(asked, AskedEdit)
    assert (asked.instruction, asked.result) == (EDIT.text, made.image)
    assert asked.target.getpixel((0, 0)) == (128, 0, 128)
    assert asked.source.getpixel((0, 0)) != (255, 255, 255)
    assert asked.mask.sum() == 16 * 16


@pytest.mark.parametrize(
    ("before", "after", "flip"), [(1.0, -2.0, 1), (1.0, 0.5, 0), (-2.0, 1.0, None)]
)
def test_a_flip_is_from_before_to_after(
    bench: Bench, before: float, after: float, flip: int | None
) -> None:
    values = scorer(bench)[0].edit(EDIT, white_inside(bench), (before, after)).values
    assert (values["edit margin before"], values["edit margin after"]) == (before, after)
    assert values.get("edit flip") == flip


def test_without_margins_there_is_no_flip(bench: Bench) -> None:
    values = scorer(bench)[0].edit(EDIT, white_inside(bench)).values
    assert not [name for name in values if name.startswith(("edit flip", "edit margin"))]
