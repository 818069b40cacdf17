"""Who is named: in whole words of every script, and by nobody else's longer name."""

import unicodedata

import pytest

from memory.wording import count_of, matching, names_of_others


@pytest.mark.parametrize(
    ("name", "text"),
    [("Bo", "about it"), ("Ana", "Anaïs"), ("Ана", "Анаис"), ("Ari", "Ari\u0325"), ("نور", "نورا"),
     ("Zoe", "Zoe\u0308"), ("राम", "रामा"), ("Bob", "Bob2"), ("ας", "Θωμας")],
)  # fmt: skip
def test_a_name_within_a_longer_word_is_none(name: str, text: str) -> None:
    assert not matching([name]).search(f"See {text} today")
    assert matching([name]).search(f"See {text} and {name}.")


@pytest.mark.parametrize(
    ("name", "text"),
    [("小白", "我的小白很大"), ("マヤ", "マヤは犬です"), ("마야", "마야는 개"),
     ("มายา", "หมามายาวิ่ง"), ("Maeve", "我的Maeve很大"), ("Bob", "bob's"), ("Bob", "@BOB"),
     ("☀", "a ☀\ufe0f"), ("Bob", '{"said": "Who?\\nBob"}'), ('a"b', '{"said": "a\\"b"}')],
)  # fmt: skip
def test_a_name_is_found_wherever_it_stands_alone(name: str, text: str) -> None:
    assert matching([name]).search(text)


def test_how_an_accent_is_typed_does_not_matter() -> None:
    typed = unicodedata.normalize("NFD", "Who is José?")
    assert matching(["José"]).search(typed) and count_of("José", [typed]) == 1


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Uncle Bob is old", False), ("UNCLE BOB and Bob", True), ("Bob Uncle Bobby", True),
     ("Uncle Bob likes fish", False), ("Uncle Bob has a nephew", True)],
)  # fmt: skip
def test_a_longer_name_of_somebody_else_is_spared(text: str, meant: bool) -> None:
    wording = matching(["Bob", "Bob likes fish", "Uncle Bob has a nephew"], ["Uncle Bob", "Rex"])
    assert wording.search(text) is meant


def test_a_name_that_somebody_else_has_now_is_not_looked_for() -> None:
    wording = matching(["Max", "Rex"], ["rex"])
    assert wording.search("Where is Max?") and not wording.search("Where is Rex?")


def test_others_are_known_by_what_they_were_called_too() -> None:
    others = [("Robert", ["Uncle Bob", "bob"]), ("Max", [])]
    assert names_of_others(["Bob", "Max"], others) == ("Robert", "Max", "Uncle Bob")
