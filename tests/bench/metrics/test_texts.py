"""Recognition, BLEU, agreement and intervals on cases worked out by hand."""

import math

import numpy as np
import pytest

from bench.metrics.agreement import kappa
from bench.metrics.bleu import character_bleu
from bench.metrics.bootstrap import bootstrap
from bench.metrics.recognition import area, is_right, said, weighted


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("Yes, <bo> is here.", "yes"),
        ("No.", "no"),
        ("I do not know.", ""),
        ("**No**.", "no"),
        ("_Yes_", "yes"),
        ('"yes" it is', "yes"),
        ("No-one is here.", ""),
        ("There is no dog here", ""),
        ("I see no collar, but yes", ""),
        ("Nobody", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_only_a_whole_leading_word_counts(answer: str, word: str) -> None:
    assert said(answer) == word


@pytest.mark.parametrize("answer", ["I cannot tell", "not sure", "I know it: yes"])
def test_the_compat_rule_hears_no_in_other_words(answer: str) -> None:
    assert is_right(False, answer, "compat")
    assert not is_right(False, answer)


@pytest.mark.parametrize(("label", "answer"), [(True, "yesterday"), (False, "NO"), (True, "YES")])
def test_the_compat_rule_takes_parts_of_words_in_any_case(label: bool, answer: str) -> None:
    assert is_right(label, answer, "compat")
    assert not is_right(not label, answer, "compat")


def test_yes_and_no_weigh_the_same() -> None:
    labels = [True, True, False, False, False, False, False, False, False, False]
    right = [True, False, *[True] * 8]
    score = weighted(labels, right)
    assert score is not None
    assert (score.recall, score.no_recall, score.weighted) == (0.5, 1.0, 0.75)
    assert score.accuracy == 0.9


def test_always_yes_is_worth_half() -> None:
    labels = [True] + [False] * 9
    score = weighted(labels, [is_right(label, "Yes.") for label in labels])
    assert score is not None
    assert score.weighted == 0.5


def test_photos_of_one_kind_measure_nothing() -> None:
    assert weighted([True, True], [True, True]) is None
    assert area([False], [1.0]) is None


def test_the_area_counts_pairs_in_the_right_order_and_ties_by_half() -> None:
    # 2 with it, 2 without: 3 > 1, 3 > -1, 1 = 1, 1 > -1
    assert area([True, True, False, False], [3.0, 1.0, 1.0, -1.0]) == 3.5 / 4


def test_bleu_of_the_same_text_is_1() -> None:
    assert character_bleu("a red ball", "a red ball") == pytest.approx(1)


def test_bleu_counts_characters_and_their_pairs() -> None:
    # "abcd" against "abce": 3 of 4 characters, 2 of 3 pairs, same length
    assert character_bleu("abcd", "abce") == pytest.approx(0.75**0.7 * (2 / 3) ** 0.3)


def test_bleu_smooths_pairs_and_punishes_brevity() -> None:
    # "a" against "ab": 1 of 1 characters, a tenth for no pair, length 1 of 2
    assert character_bleu("ab", "a") == pytest.approx(math.exp(-1) * 0.1**0.3)


def test_bleu_clips_repeated_characters() -> None:
    # only one of four a's is in the reference; of 3 pairs none
    assert character_bleu("abcd", "aaaa") == pytest.approx(0.25**0.7 * (0.1 / 3) ** 0.3)


@pytest.mark.parametrize("prediction", ["", "xyz"])
def test_bleu_of_nothing_in_common_is_0(prediction: str) -> None:
    assert character_bleu("abc", prediction) == 0


def test_bleu_agrees_with_nltk() -> None:
    nltk = pytest.importorskip("nltk.translate.bleu_score")
    smooth = nltk.SmoothingFunction().method1
    for one, other in [("a dog on grass", "the dog is on the grass"), ("<bo> is red", "red")]:
        theirs = nltk.sentence_bleu(
            [list(one)], list(other), weights=(0.7, 0.3), smoothing_function=smooth
        )
        assert character_bleu(one, other) == pytest.approx(theirs)


def test_kappa_takes_chance_away() -> None:
    # agreed on 7 of 10; chance: 0.6 * 0.5 + 0.4 * 0.5 = 0.5
    first = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    second = [1, 1, 1, 1, 0, 0, 1, 0, 0, 0]
    assert kappa(first, second) == pytest.approx((0.7 - 0.5) / 0.5)


def test_kappa_of_one_and_the_same_mark_says_nothing() -> None:
    assert kappa([1, 1], [1, 1]) is None
    assert kappa([], []) is None


def test_an_interval_holds_its_mean_and_repeats() -> None:
    values = [0.2, 0.4, 0.9, 0.5]
    one, again = (bootstrap(values, np.random.default_rng(3)) for _ in range(2))
    assert one is not None and one.low is not None and one.high is not None
    assert one == again
    assert one.mean == pytest.approx(0.5)
    assert 0.2 <= one.low < one.mean < one.high <= 0.9


def test_an_interval_of_equal_values_is_a_point() -> None:
    one = bootstrap([0.3] * 5, np.random.default_rng(0))
    assert one is not None
    assert one.low == one.high == pytest.approx(0.3)
    assert bootstrap([], np.random.default_rng(0)) is None


def test_a_single_value_has_no_interval() -> None:
    one = bootstrap([0.3], np.random.default_rng(0))
    assert one is not None
    assert (one.mean, one.low, one.high, one.cases) == (0.3, None, None, 1)


def test_an_interval_narrows_as_the_normal_one_does() -> None:
    values = list(np.random.default_rng(1).normal(0, 1, 400))
    one = bootstrap(values, np.random.default_rng(2))
    assert one is not None and one.low is not None and one.high is not None
    assert (one.high - one.low) / 2 == pytest.approx(1.96 * np.std(values) / 20, rel=0.1)
