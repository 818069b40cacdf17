"""Names in a text: in any script, and not where a common word is meant."""

import pytest

from learning.naming import mark_names


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("Strauß", "Draw Strauß and STRAUSS", "Draw <Strauß> and <Strauß>"),
        ("İpek", "Who is İpek?", "Who is <İpek>?"),
        ("राम", "राम और रामू", "<राम> और रामू"),
        ("小花", "我家的小花在哪里?", "我家的<小花>在哪里?"),
        ("Maeve", "Maeve在哪里", "<Maeve>在哪里"),
        ("マリ", "マリはマリーと", "<マリ>はマリーと"),
        ("มานี", "ที่มานีอยู่", "ที่<มานี>อยู่"),
        ("花", "花园和花", "花园和花"),
        ("❤", "draw ❤\ufe0f", "draw <❤>\ufe0f"),
        ("org", "a@org or @org", "a@org or <org>"),
    ],
)
def test_names_end_where_a_word_ends_in_their_script(name: str, text: str, read: str) -> None:
    assert mark_names(text, [name])[0] == read


def test_the_longest_name_wins_and_names_come_in_order() -> None:
    text, found = mark_names("Draw <BO> and bo peep with bo", ["Bo", "Bo Peep", ""])
    assert (text, found) == ("Draw <Bo> and <Bo Peep> with <Bo>", ("Bo", "Bo Peep"))
    assert mark_names("Draw Bo", []) == ("Draw Bo", ())


@pytest.mark.parametrize(
    "text",
    ["What will Rex eat?", "Will Rex eat?", "Look! Will he eat?", "She WILL", "the will's end"],
)
def test_a_common_word_is_no_name(text: str) -> None:
    assert mark_names(text, ["Will"], opening=False) == (text, ())


@pytest.mark.parametrize(
    "text", ["Where is Will?", "Will's toy", "will", "Will, please!", "draw @will", "draw <will>"]
)
def test_a_common_word_is_a_name_where_it_is_written_as_one(text: str) -> None:
    assert mark_names(text, ["Will"], opening=False)[1] == ("Will",)


@pytest.mark.parametrize("text", ["draw rose on the beach", "Rose on the beach", "rose's bed"])
def test_a_noun_is_a_name_without_an_article(text: str) -> None:
    assert mark_names(text, ["Rose"], opening=False)[1] == ("Rose",)
    assert mark_names("draw a rose and the rose", ["Rose"], opening=False)[1] == ()


def test_a_word_of_every_day_needs_a_capital() -> None:
    assert mark_names("Snow in the snow", ["Snow"], opening=False)[0] == "<Snow> in the snow"
    assert mark_names("i hope Hope sleeps", ["Hope"], opening=False)[0] == "i hope <Hope> sleeps"


def test_a_fact_may_begin_with_a_common_word() -> None:
    assert mark_names("Rose likes a rose.", ["Rose"])[0] == "<Rose> likes a rose."
