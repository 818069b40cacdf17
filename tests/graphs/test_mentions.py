"""Concepts in a text: by name, by pronoun, or not clear."""

import pytest

from graphs import Known
from graphs.mentions import Mentions, find_mentions, stranger_of
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
        ("make her blue, please", "make <maeve> blue, please"),
        ("paint her blue ball", "paint <maeve>'s blue ball"),
        ("describe her smile", "describe <maeve>'s smile"),
        ("draw her orange", "draw <maeve>'s orange"),
        ("make her smile!", "make <maeve> smile!"),
        ("take her out of this", "take <maeve> out of this"),
        ("what does she like?", "what does <maeve> like?"),
        ("show me its bed", "show me <maeve>'s bed"),
        ("draw her sleeping", "draw <maeve> sleeping"),
    ],
)
def test_a_pronoun_means_the_last_turn_s_concept(text: str, read: str) -> None:
    found = find_mentions(text, KNOWN, [MAEVE])
    assert (found.text, found.concepts, found.how) == (read, (MAEVE,), "pronoun")


@pytest.mark.parametrize(
    "text",
    [
        "Draw a boy with his ball on the beach",
        "a girl in her garden",
        "a dog chasing its tail",
        "a photo of two small dogs and their bed",
        "Draw a king and a queen in their castle",
        "What do cats eat when they are hungry?",
        "What does a dog do when it rains?",
    ],
)
def test_a_pronoun_of_somebody_in_the_sentence_is_left(text: str) -> None:
    assert find_mentions(text, KNOWN, [MAEVE]) == Mentions(text)


@pytest.mark.parametrize(
    "text",
    [
        "Draw a hat on her",
        "put a bird on her shoulder",
        "Draw a photo of her with a ball",
        "Draw a girl next to her",
        "Which dogs do they know?",
        "Are there dogs where they live?",
        "What kind of dog is it?",
        "Draw stars around them",
        "What do dogs do when she is away?",
        "Why do cats purr? Does she?",
    ],
)
def test_a_pronoun_of_nobody_in_the_sentence_is_the_last_turn_s(text: str) -> None:
    assert find_mentions(text, KNOWN, [MAEVE]).concepts == (MAEVE,)


def test_beside_a_photo_it_is_what_that_shows() -> None:
    assert find_mentions("What is its name?", KNOWN, [MAEVE], photo=True).concepts == ()
    assert find_mentions("Is she in it?", KNOWN, [MAEVE], photo=True).text == "Is <maeve> in it?"
    assert find_mentions("Is it where she is?", KNOWN, [MAEVE], photo=True).concepts == (MAEVE,)


def test_a_request_does_not_begin_with_a_common_word_as_a_name() -> None:
    found = find_mentions("May I see Kai, and May?", [*KNOWN, Known("c4", "May")])
    assert found.text == "May I see <kai>, and <May>?"


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


@pytest.mark.parametrize(
    ("name", "text"), [("Strauß", "draw Strauß"), ("İpek", "draw İpek"), ("小花", "小花在哪里?")]
)
def test_a_name_is_found_in_any_script(name: str, text: str) -> None:
    assert find_mentions(text, [Known("c4", name)]).concepts == (Known("c4", name),)


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
