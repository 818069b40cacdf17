"""The journal keeps a turn once, and tells the next one what went before."""

from typing import Any

import pytest

from assistant.journal import Diary, carried_over, changed_tokens
from assistant.listening import Listener
from tests.assistant.conftest import Store


def turn(conversation: str, text: str = "Draw a dog", **more: Any) -> dict[str, Any]:
    plain = {"reply": "Here.", "intent": "understand", "concepts": [], "attachment": ""}
    return {"conversation": conversation, "text": text, **plain} | (
        {"image": "", "given": {}, "trace": {"concepts": [], "seed": 7}} | more
    )


@pytest.fixture
def diary(store: Store) -> Diary:
    return Diary(store.memory, store.user, lambda image: None, Listener())


def test_the_same_key_is_kept_once(diary: Diary) -> None:
    first = diary.add("key", turn("a" * 32))
    assert diary.add("key", turn("a" * 32)) == first
    assert diary.add("other", turn("a" * 32)) != first


def test_a_conversation_is_named_by_its_first_words(diary: Diary, store: Store) -> None:
    diary.add("key", turn("a" * 32, "word " * 40))
    diary.add("more", turn("a" * 32, "later"))
    assert len(store.memory.conversations.get(store.user, "a" * 32).title) <= 60


def test_a_picture_without_words_is_told_by_its_seed(diary: Diary, store: Store) -> None:
    image = store.memory.images.add(store.user, b"picture").id
    kept = diary.add("key", turn("a" * 32, reply="", image=image))
    assert store.memory.turns.get(store.user, kept).reply == "[picture, seed 7]"
    assert store.memory.images.get(store.user, image).turn_id == kept


def test_the_last_picture_and_concepts_are_carried_over(diary: Diary, store: Store) -> None:
    image = store.memory.images.add(store.user, b"picture").id
    rex = store.memory.concepts.add(store.user, "Rex").id
    diary.add("one", turn("a" * 32, image=image))
    named = {"concepts": [{"id": rex, "name": "Rex"}], "seed": None}
    diary.add("two", turn("a" * 32, concepts=[rex], trace=named))
    carried = carried_over(store.memory, store.user, "a" * 32)
    assert carried == {"last_image": image, "last_concepts": [rex]}


@pytest.mark.parametrize("newest", ["a drawing of nobody", "a photo of nobody"])
def test_a_picture_of_nobody_is_not_of_whom_was_spoken_before(
    diary: Diary, store: Store, newest: str
) -> None:
    image = store.memory.images.add(store.user, b"picture").id
    rex = store.memory.concepts.add(store.user, "Rex").id
    named = {"concepts": [{"id": rex, "name": "Rex"}], "seed": None}
    diary.add("one", turn("a" * 32, concepts=[rex], trace=named))
    shown = {"image": image, "intent": "generate"} if "drawing" in newest else {"attachment": image}
    diary.add("two", turn("a" * 32, **shown))
    carried = carried_over(store.memory, store.user, "a" * 32)
    assert carried["last_image"] == image and "last_concepts" not in carried


def test_after_thanks_a_picture_is_still_the_one_that_was_just_made(
    diary: Diary, store: Store
) -> None:
    image = store.memory.images.add(store.user, b"picture").id
    drew = {"concepts": [], "seed": 1, "request": "Draw <rex>"}
    diary.add("one", turn("a" * 32, image=image, trace=drew))
    diary.add("two", turn("a" * 32, trace={"concepts": [], "why": "needs no model"}))
    diary.add("three", turn("a" * 32, intent="clarify", trace={"concepts": []}))
    carried = carried_over(store.memory, store.user, "a" * 32)
    assert carried == {"last_image": image, "last_request": "Draw <rex>", "last_made": True}


def test_what_the_last_turn_drew_is_carried_over(diary: Diary, store: Store) -> None:
    drew = {"concepts": [], "seed": 1, "request": "Draw <rex>"}
    diary.add("one", turn("a" * 32, trace=drew))
    assert carried_over(store.memory, store.user, "a" * 32) == {"last_request": "Draw <rex>"}
    diary.add("two", turn("a" * 32))
    assert carried_over(store.memory, store.user, "a" * 32) == {}


def test_a_picture_that_is_gone_is_not_carried_over(diary: Diary, store: Store) -> None:
    image = store.memory.images.add(store.user, b"picture").id
    diary.add("one", turn("a" * 32, image=image))
    store.memory.images.remove(store.user, image)
    assert carried_over(store.memory, store.user, "a" * 32) == {}


def test_nothing_is_carried_over_from_another_user(diary: Diary, store: Store) -> None:
    diary.add("one", turn("a" * 32))
    assert carried_over(store.memory, store.memory.users.ensure("ben").id, "a" * 32) == {}


@pytest.mark.parametrize(
    ("then", "now", "changed"),
    [
        (("Rex", 1), ("Rex", 1), {}),
        (("Rex", 1), ("Max", 1), {}),
        (("Rex", 1), ("Max", 3), {"Max": {"then": 1, "now": 3}}),
        (("Rex", 1), None, {"Rex": {"then": 1, "now": None}}),
    ],
)
def test_tokens_are_compared_by_whose_they_are(
    then: tuple[str, int], now: tuple[str, int] | None, changed: dict[str, Any]
) -> None:
    traces = [
        {"concepts": [{"id": "c", "name": one[0]}], "versions": dict([one])} if one else {}
        for one in (then, now)
    ]
    assert changed_tokens(*traces) == changed
