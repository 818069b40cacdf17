"""Judges and encoders are shown what is known to be wrong; two of them must fail."""

import pytest

from bench.data.items import Bench
from bench.judges.judge import AlwaysOne
from bench.judges.rules import RuleJudge
from bench.judges.trust import try_encoder, try_judge
from bench.metrics.encoders import ConstantEncoder, EfficientNetLite
from bench.running.checks import known_answers, known_pictures
from tests.bench.conftest import photo
from tests.bench.fakes import reader


def test_a_judge_that_always_says_1_is_noticed(bench: Bench) -> None:
    tried = try_judge(AlwaysOne(), known_answers(bench), known_pictures())
    assert (tried.right, tried.wrong, tried.trusted) == (1, 1, False)


def test_rules_tell_right_answers_from_wrong_ones(bench: Bench) -> None:
    tried = try_judge(RuleJudge(reader()), known_answers(bench), [])
    assert tried.trusted
    assert tried.right == 1


def test_an_encoder_that_returns_constants_is_noticed() -> None:
    photos = {"a": [photo(n, "red") for n in range(3)], "b": [photo(9, "navy")]}
    tried = try_encoder(ConstantEncoder(), photos, [photo(5, "white")])
    assert tried.right == pytest.approx(tried.wrong)
    assert not tried.trusted


def test_the_offline_encoder_finds_photos_of_one_thing_closer() -> None:
    photos = {"a": [photo(1, "red"), photo(1, "red", 96)], "b": [photo(9, "navy")]}
    assert try_encoder(EfficientNetLite(), photos, [photo(5, "white")]).trusted


def test_one_photo_of_each_proves_nothing() -> None:
    tried = try_encoder(EfficientNetLite(), {"a": [photo(1, "red")]}, [photo(2, "navy")])
    assert (tried.trusted, tried.cases) == (False, 0)


def test_known_things_are_right_and_wrong_in_equal_parts(bench: Bench) -> None:
    for known in (known_answers(bench), known_pictures()):
        assert sum(right for _, right in known) * 2 == len(known)
