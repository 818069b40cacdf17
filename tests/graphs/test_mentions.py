"""Concepts in a text: by name, by pronoun, or not clear."""

import pytest

from graphs import Known
from graphs.mentions import find_mentions, stranger_of
from tests.graphs.fakes import KAI, MAEVE

KNOWN = [MAEVE, KAI, Known("c3", "maeve junior")]


@pytest.mark.parametrize(
    ("text", "read", "ids"),
    [
        ("Draw Maeve", "Draw <maeve>", ["c1"]),
        ("MAEVE's toy and @kai", "<maeve>'s toy and <kai>", ["c1", "c2"]),
        ("<Kai> with maeve and kai", "<kai> with <maeve> and <kai>", ["c2", "c1"]),
        ("Maeve Junior sleeps", "<maeve junior> sleeps", ["c3"]),
        ("kaiser roll", "kaiser roll", []),
        ("draw a dog", "draw a dog", []),
    ],
)
def test_names_are_found(text: str, read: str, ids: list[str]) -> None:
    found = find_mentions(text, KNOWN)
    assert (found.text, [concept.id for concept in found.concepts]) == (read, ids)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("draw her on the beach", "draw <maeve> on the beach"),
        ("draw her toy", "draw <maeve>'s toy"),
        ("what does she like?", "what does <maeve> like?"),
        ("show me its bed", "show me <maeve>'s bed"),
        ("draw her sleeping", "draw <maeve> sleeping"),
    ],
)
def test_a_pronoun_means_the_last_turn_s_concept(text: str, read: str) -> None:
    found = find_mentions(text, KNOWN, [MAEVE])
    assert (found.text, found.concepts, found.how) == (read, (MAEVE,), "pronoun")


def test_a_name_wins_over_a_pronoun() -> None:
    assert find_mentions("draw kai with her", KNOWN, [MAEVE]).concepts == (KAI,)


def test_them_means_all_of_the_last_turn() -> None:
    found = find_mentions("draw them at night", KNOWN, [MAEVE, KAI])
    assert found.text == "draw <maeve> and <kai> at night"


def test_one_pronoun_for_two_is_not_clear() -> None:
    assert find_mentions("draw her", KNOWN, [MAEVE, KAI]).unclear == (MAEVE, KAI)


def test_a_name_in_brackets_that_nobody_has_is_told() -> None:
    assert find_mentions("draw <rex> and @bo with kai", KNOWN).unknown == ("rex", "bo")


def test_a_name_typed_in_two_parts_is_the_same() -> None:
    assert find_mentions("draw Rene\u0301", [Known("c4", "ren\u00e9")]).text == "draw <ren\u00e9>"


def test_letters_that_only_look_alike_are_left() -> None:
    assert find_mentions("kaİ", [KAI]).concepts == ()


def test_a_mail_address_is_no_mention() -> None:
    assert find_mentions("write to a@b.org", KNOWN).unknown == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is Biscuit's toy?", "Biscuit"),
        ("what was Élise’s favourite food", "Élise"),
        ("What is Newton's second law?", ""),
        ("Where is London's best food?", ""),
        ("What's favourite here? It's a toy.", ""),
        ("What is my Dog's toy?", ""),
        ("Which is the Queen's favourite hat?", ""),
    ],
)
def test_a_stranger_is_known_by_what_only_friends_could_tell(text: str, name: str) -> None:
    assert stranger_of(text) == name
