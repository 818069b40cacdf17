"""Judges and encoders are shown what is known to be wrong; two of them must fail."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from bench.data.items import Bench
from bench.judges.judge import AlwaysOne, AskedAnswer, AskedEdit, AskedPicture, EditVerdict, Verdict
from bench.judges.known import RIGHT, known_edits, tricky_answers
from bench.judges.rules import RuleJudge
from bench.judges.trust import TriedTask, try_encoder, try_judge
from bench.metrics.encoders import ConstantEncoder, EfficientNetLite
from bench.metrics.similarity import Vectors
from bench.running.checks import known_answers, known_pictures
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


class Medium:
    """See nothing but whether a picture is a drawing, which here is white."""

    name = "medium"

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        white = [np.asarray(image).min() > 250 for image in images]
        return np.array([(0.0, 1.0) if drawn else (1.0, 0.0) for drawn in white])


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
    assert (task.trusted, task.missed) == (False, ("nothing done",))


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


def test_an_encoder_that_returns_constants_is_noticed() -> None:
    photos = {"a": [photo(n, "red") for n in range(3)], "b": [photo(9, "navy")]}
    tried = try_encoder(ConstantEncoder(), photos, [photo(5, "white")])
    assert tried.right == pytest.approx(tried.wrong)
    assert not tried.trusted


def test_an_encoder_that_only_knows_drawings_from_photos_is_noticed() -> None:
    photos = {name: [photo(n, name), photo(n + 1, name)] for n, name in ((1, "red"), (5, "navy"))}
    drawn = [Image.new("RGB", (64, 64), "white")]
    assert not try_encoder(Medium(), photos, drawn).trusted
    assert try_encoder(Medium(), {"red": photos["red"]}, drawn).trusted


def test_the_offline_encoder_finds_photos_of_one_thing_closer() -> None:
    photos = {"a": [photo(1, "red"), photo(1, "red", 96)], "b": [photo(9, "navy")]}
    assert try_encoder(EfficientNetLite(), photos, [photo(5, "white")]).trusted


def test_one_photo_of_each_proves_nothing() -> None:
    tried = try_encoder(EfficientNetLite(), {"a": [photo(1, "red")]}, [photo(2, "navy")])
    assert (tried.trusted, tried.cases) == (False, 0)


def test_known_answers_are_right_and_wrong_in_equal_parts(bench: Bench) -> None:
    known = known_answers(bench)
    assert sum(right for _, right in known) * 2 == len(known)


def test_pictures_are_wrong_in_place_in_thing_or_altogether() -> None:
    kinds = Counter(wrong for _, wrong in known_pictures())
    assert kinds == {RIGHT: 8, "another place": 4, "another thing": 4, "a black picture": 1}


def test_who_sees_places_alone_is_not_believed_of_pictures(bench: Bench) -> None:
    (task,) = try_judge(PlacesOnly(reader()), [], SHOWN, []).tasks
    assert (task.trusted, task.missed) == (False, ("another thing",))
