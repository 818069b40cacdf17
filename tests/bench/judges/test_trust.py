"""Judges and encoders are shown what is known to be wrong; two of them must fail."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bench.data.facts import read_facts
from bench.data.items import Bench, Subject
from bench.data.questions import text_items
from bench.judges.judge import AlwaysOne, AskedAnswer, AskedEdit, AskedPicture, EditVerdict, Verdict
from bench.judges.known import RIGHT, known_edits, tricky_answers
from bench.judges.rules import RuleJudge
from bench.judges.trust import TriedTask, try_encoder, try_judge
from bench.metrics.encoders import ConstantEncoder, EfficientNetLite, ImageEncoder
from bench.metrics.similarity import Vectors, units
from bench.running.checks import known_pictures
from bench.running.contrasts import known_answers
from tests.bench.conftest import photo
from tests.bench.fakes import reader

SHOWN = known_pictures()


class Blind(RuleJudge):
    """Read answers well, and like every picture."""

    def picture(self, asked: AskedPicture) -> Verdict:
        return Verdict(1.0, "", "1")


class Idle(RuleJudge):
    """Like whatever is not black."""

    def edit(self, asked: AskedEdit) -> EditVerdict:
        mark = 10.0 * bool(np.asarray(asked.result).any())
        return EditVerdict((mark, mark, mark, mark), "", "")


class Narrow(RuleJudge):
    """See nothing of an edit but what may change."""

    def edit(self, asked: AskedEdit) -> EditVerdict:
        inside = Image.fromarray(asked.mask)
        return super().edit(
            replace(asked, result=Image.composite(asked.result, asked.target, inside))
        )


class Medium:
    """See nothing but whether a picture is a drawing, which here is white."""

    name = "medium"

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        white = [np.asarray(image).min() > 250 for image in images]
        return np.array([(0.0, 1.0) if drawn else (1.0, 0.0) for drawn in white])


class Colour:
    """See the colour in the middle, mixed with a share of one and the same vector."""

    name = "colour"

    def __init__(self, share: float) -> None:
        self.share = share

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        seen = [np.asarray(i, np.float64)[i.height // 2, i.width // 2] for i in images]
        mixed = np.sqrt(1 - self.share) * units(np.array(seen))
        return np.hstack([mixed, np.full((len(images), 1), np.sqrt(self.share))])


class Lots:
    """Draw a vector by lot for each picture."""

    name = "lots"

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        seeds = [zlib.crc32(image.tobytes()) for image in images]
        return units(np.stack([np.random.default_rng(seed).normal(size=64) for seed in seeds]))


class PlacesOnly(RuleJudge):
    """Know every place, and say that every thing is there."""

    def picture(self, asked: AskedPicture) -> Verdict:
        right = {(id(p.image), p.fact.value) for p, wrong in SHOWN if wrong == RIGHT}
        known = asked.fact.kind == "object" or (id(asked.image), asked.fact.value) in right
        return Verdict(float(known), "", "")


def by_task(tasks: Sequence[TriedTask]) -> dict[str, bool]:
    return {task.task: task.trusted for task in tasks}


def test_a_judge_that_always_says_1_is_noticed_in_each_task(bench: Bench) -> None:
    tried = try_judge(AlwaysOne(), known_answers(bench), known_pictures())
    assert (tried.right, tried.wrong, tried.trusted) == (1, 1, False)
    assert by_task(tried.tasks) == {"answers": False, "pictures": False, "edits": False}


def test_rules_tell_right_answers_and_edits_from_wrong_ones(bench: Bench) -> None:
    tried = try_judge(RuleJudge(reader()), known_answers(bench), [])
    assert by_task(tried.tasks) == {"answers": True, "edits": True}
    assert tried.trusted
    assert tried.tasks[0].right == 1
    assert tried.tasks[0].wrong == 0


def test_who_reads_well_may_be_blind(bench: Bench) -> None:
    tried = try_judge(Blind(reader()), known_answers(bench), known_pictures())
    assert by_task(tried.tasks) == {"answers": True, "pictures": False, "edits": True}
    assert not tried.trusted


def test_an_edit_that_does_nothing_has_to_be_seen_as_well_as_a_black_one() -> None:
    (task,) = try_judge(Idle(reader()), [], []).tasks
    assert task.right - task.wrong >= 0.2
    assert not task.trusted
    assert set(task.missed) == {"nothing done", "another picture around it", "drowned in noise"}


def test_rules_are_believed_of_edits_and_who_sees_only_what_may_change_is_not() -> None:
    (whole,) = try_judge(RuleJudge(reader()), [], []).tasks
    assert (whole.trusted, whole.missed, whole.cases) == (True, (), 25)
    (part,) = try_judge(Narrow(reader()), [], []).tasks
    assert (part.trusted, part.missed) == (False, ("another picture around it",))


def test_a_judge_that_was_shown_nothing_is_not_trusted() -> None:
    assert not try_judge(RuleJudge(reader()), [], [], []).trusted


def test_right_answers_are_denied_and_drowned_among_others() -> None:
    asked = AskedAnswer("What is <bo>'s home?", "<bo>'s home is a forest.", "A forest.")
    made = {one.prediction: wrong for one, wrong in tricky_answers([(asked, True)])}
    assert made["<bo>'s home is not a forest."] == "the fact denied"
    assert made["The forest, not the living room."] == RIGHT
    assert "every value named" in made.values()
    assert tricky_answers([(asked, False)]) == []


def test_known_edits_are_right_undone_and_black() -> None:
    right, undone, black = (asked for asked, _ in known_edits()[:3])
    assert right.result == right.target
    assert undone.result == undone.source != undone.target
    assert black.result.getbbox() is None


def test_what_a_careless_judge_takes_for_right_is_known_as_well() -> None:
    kinds = Counter(wrong for _, wrong in known_edits())
    assert set(kinds.values()) == {5}
    around, noisy = (asked for asked, _ in known_edits()[3:5])
    same = (np.asarray(around.result) == np.asarray(around.target)).all(-1)
    assert same[around.mask].all() and not same[~around.mask].all()
    apart = np.asarray(noisy.result, np.float64) - np.asarray(noisy.target)
    # in the mean it is what it should be
    assert abs(apart.mean()) < 10 < apart.std()


def test_an_encoder_that_returns_constants_is_noticed() -> None:
    photos = {"a": [photo(n, "red") for n in range(3)], "b": [photo(9, "navy")]}
    tried = try_encoder(ConstantEncoder(), photos, [photo(5, "white")])
    assert tried.right == pytest.approx(tried.wrong)
    assert not tried.trusted


@pytest.mark.parametrize(
    ("encoder", "trusted"),
    [(Colour(0.0), True), (Colour(0.99), False), (Colour(1.0), False), (Lots(), False)],
)
def test_an_encoder_tells_subjects_apart_by_what_it_sees(
    encoder: ImageEncoder, trusted: bool
) -> None:
    photos = {
        colour: [Image.new("RGB", (8 + n, 8), colour) for n in range(4)]
        for colour in ("red", "lime", "blue")
    }
    tried = try_encoder(encoder, photos, [])
    assert tried.trusted is trusted
    # 3 times 4 * 3 pairs of one colour, 3 times 2 * 4 * 4 of two
    assert tried.cases == 36 + 96


def test_few_pairs_that_are_much_closer_do_not_make_up_for_most_that_are_not() -> None:
    shown = [Image.new("RGB", (8, 8), name) for name in ("red", "red", "lime", "blue", "black")]
    tried = try_encoder(Colour(0.0), {"a": shown[:4], "b": shown[4:]}, [])
    # of 6 pairs of one subject 1 is closer than those of two, and 5 tie: 1/6 + 5/12 = 0.58
    assert tried.right - tried.wrong == pytest.approx(1 / 6)
    assert not tried.trusted


def test_an_encoder_that_only_knows_drawings_from_photos_is_noticed() -> None:
    photos = {name: [photo(n, name), photo(n + 1, name)] for n, name in ((1, "red"), (5, "navy"))}
    drawn = [Image.new("RGB", (64, 64), "white")]
    assert not try_encoder(Medium(), photos, drawn).trusted
    assert try_encoder(Medium(), {"red": photos["red"]}, drawn).trusted


def test_the_offline_encoder_finds_photos_of_one_thing_closer() -> None:
    photos = {
        "a": [photo(n, "darkorange") for n in range(4)],
        "b": [photo(n, "navy") for n in range(10, 14)],
    }
    assert try_encoder(EfficientNetLite(), photos, [photo(5, "white")]).trusted


def test_one_photo_of_each_proves_nothing() -> None:
    tried = try_encoder(EfficientNetLite(), {"a": [photo(1, "red")]}, [photo(2, "navy")])
    assert (tried.trusted, tried.cases) == (False, 0)


def test_known_answers_are_right_and_wrong_in_equal_parts(bench: Bench) -> None:
    known = known_answers(bench)
    assert sum(right for _, right in known) * 2 == len(known)


def wrong_answers(*hidden: Sequence[str]) -> list[str]:
    """Return what is called wrong of the first of some cups, of which these facts are hidden."""
    cups = [
        Subject(str(n), name, "cup", False, (), (), read_facts({"not_visible": list(facts)}, "x"))
        for n, (name, facts) in enumerate(zip(("bo", "mi", "lu"), hidden, strict=False))
    ]
    items = [item for one in cups for item in text_items(one, np.random.default_rng(0))]
    known = known_answers(Bench(0, tuple(cups), tuple(items)))
    return [asked.prediction for asked, right in known if not right][: len(hidden[0])]


@pytest.mark.parametrize(
    ("others", "wrong"),
    [
        (
            ("its home is on the beach", "its home is in the forest"),
            "<bo>'s home is in the forest.",
        ),
        (("its toy is a red ball", "its home is in the forest"), "<bo>'s home is in the forest."),
        (("its toy is a red ball", "its home is on the beach"), "I do not know."),
    ],
)
def test_a_wrong_answer_is_about_the_same_and_of_another_value(
    others: Sequence[str], wrong: str
) -> None:
    told = wrong_answers(["its home is by the sea"], *([one] for one in others))
    assert told == [wrong]


def test_what_is_so_of_it_as_well_is_not_called_wrong() -> None:
    mine = ["its toy is a red ball", "its toy is a blue car"]
    assert wrong_answers(mine, ["its toy is a blue car"]) == ["I do not know."] * 2


def test_pictures_are_wrong_in_place_in_thing_or_altogether() -> None:
    kinds = Counter(wrong for _, wrong in known_pictures())
    assert kinds == {RIGHT: 8, "another place": 4, "another thing": 4, "a black picture": 1}


def test_who_sees_places_alone_is_not_believed_of_pictures(bench: Bench) -> None:
    (task,) = try_judge(PlacesOnly(reader()), [], SHOWN, []).tasks
    assert (task.trusted, task.missed) == (False, ("another thing",))
