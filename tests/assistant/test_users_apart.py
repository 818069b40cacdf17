"""Users can neither see nor load each other's things, whatever they are called."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant, Drawing
from omni_errors import InputError, NotFoundError, OmniError

NAMES = st.sampled_from(["Maeve", "maeve", "MAEVE ", "Ana", "me", "..", "%", "_", "* OR 1=1"])


@pytest.fixture
def hers(known: Assistant) -> dict[str, Any]:
    """Let one user have one of everything, and return the ids."""
    drawn = known.draw("Maeve at sea", seed=1)
    concept = known.memory.concepts.get(known.user, "Maeve")
    waiting = known.ask("remember that Maeve is three")
    return {
        "turn": drawn.turn,
        "conversation": drawn.conversation,
        "waiting": waiting.conversation,
        "image": drawn.trace["image"],
        "concept": concept.id,
    }


Attempt = Callable[[Assistant, dict[str, Any], str], Any]
ATTEMPTS: dict[str, Attempt] = {
    "show": lambda one, ids, name: one.concepts.show(name),
    "facts": lambda one, ids, name: one.concepts.facts(name),
    "add fact": lambda one, ids, name: one.concepts.add_fact(name, "He is mine."),
    "rename": lambda one, ids, name: one.concepts.rename(name, "Mine"),
    "test": lambda one, ids, name: one.concepts.test(name),
    "train": lambda one, ids, name: one.concepts.train(name),
    "review": lambda one, ids, name: one.concepts.review(name),
    "forget": lambda one, ids, name: one.concepts.forget(name),
    "photos": lambda one, ids, name: one.photos_of(name),
    "export": lambda one, ids, name: one.export(one.home / "mine.zip"),
    "export one": lambda one, ids, name: one.concepts.export(name, one.home / "mine.zip"),
    "tokens": lambda one, ids, name: one.tokens_of([ids["concept"]]),
    "picture": lambda one, ids, name: one.file_of(ids["image"]),
    "open": lambda one, ids, name: one.gallery.open(ids["image"]),
    "turn": lambda one, ids, name: one.replay_turn(ids["turn"]),
    "chat": lambda one, ids, name: one.chat(ids["conversation"]),
    "waiting": lambda one, ids, name: one.chat(ids["waiting"]),
    "read": lambda one, ids, name: one.conversations.show(ids["conversation"]),
    "remove": lambda one, ids, name: one.conversations.remove(ids["conversation"]),
    "title": lambda one, ids, name: one.conversations.rename(ids["conversation"], "Mine"),
}


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(attempts=st.lists(st.tuples(st.sampled_from(sorted(ATTEMPTS)), NAMES), max_size=6))
def test_nobody_reaches_anothers_things(
    known: Assistant, ben: Assistant, hers: dict[str, Any], attempts: list[tuple[str, str]]
) -> None:
    before = (known.concepts.list(), known.concepts.facts("Maeve"), known.conversations.list())
    for attempt, name in attempts:
        with pytest.raises((NotFoundError, InputError)):
            ATTEMPTS[attempt](ben, hers, name)
    assert ben.concepts.list() == () and ben.conversations.list() == ()
    after = (known.concepts.list(), known.concepts.facts("Maeve"), known.conversations.list())
    assert after == before


def test_a_photo_of_anothers_concept_shows_nobody(
    known: Assistant, ben: Assistant, photos: Path
) -> None:
    photo = photos / "maeve" / "0.png"
    assert known.ask("Who is this?", [photo]).text == "This is Maeve."
    answer = ben.ask("Who is this?", [photo])
    assert (answer.text, answer.trace["evidence"]) == ("Nobody I know.", [])


def test_the_same_name_means_each_ones_own(known: Assistant, ben: Assistant, photos: Path) -> None:
    ben.concepts.add([photos / "rex"], name="Maeve", class_name="cat", facts=["His hat is blue."])
    drawn = ben.draw("Maeve with his hat", seed=1)
    assert isinstance(drawn, Drawing) and "blue" in drawn.prompt and "red" not in drawn.prompt
    ben.concepts.forget("Maeve", images=True)
    assert [fact.text for fact in known.concepts.facts("Maeve")] == ["Her toy is red."]
    with pytest.raises(OmniError):
        ben.photos_of("Maeve")
