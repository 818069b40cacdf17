"""Questions and prompts about one subject, from its class and its facts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from numpy.random import Generator

from bench.data.facts import tells
from bench.data.items import Item, Subject
from bench.data.kinds import EVERYTHING, ask_ways, noun_slots, parg_ways
from bench.data.wording import fill, prompts, templates
from learning.facts import fact_sentence

__all__ = ["described", "drawing_items", "face_items", "parg_items", "recognition_items"]
__all__ += ["shows_face", "text_items", "visual_items"]

_SEEDS = 2**31


def recognition_items(
    subject: Subject, others: Sequence[tuple[str, bool, str]], rng: Generator
) -> Iterator[Item]:
    """Ask about the subject's own photos, and about photos without it.

    ``others`` are paths, whether of the same class, and where each comes from.
    """
    asked = [(path, True, False, "a photo that was held out") for path in subject.test]
    asked += [(path, False, hard, origin) for path, hard, origin in others]
    ways = templates()["rec"]
    for number, (path, here, hard, origin) in enumerate(asked):
        way = ways[int(rng.integers(len(ways)))]
        yield Item(
            f"{subject.name}/rec/{number}",
            "rec",
            subject.name,
            fill(way, subject.mention),
            "Yes." if here else "No.",
            image=path,
            hard=hard,
            provenance=origin,
        )


def visual_items(subject: Subject, colour: str, rng: Generator) -> Iterator[Item]:
    """Ask about held-out photos: the class, the colour where one is clear, and what they show.

    What no photo shows is asked without one, by `text_items`.
    """
    number = 0
    for path in subject.test:
        for way, slots, fact, origin in _visual(subject, colour):
            ask = way["ask"][int(rng.integers(len(way["ask"])))]
            answer = fill(way["answer"], subject.mention, subject.class_word, **slots)
            yield Item(
                f"{subject.name}/vqa/{number}",
                "vqa",
                subject.name,
                fill(ask, subject.mention, subject.class_word, **slots),
                answer,
                image=path,
                fact=fact,
                provenance=origin,
            )
            number += 1


def _visual(
    subject: Subject, colour: str
) -> Iterator[tuple[Mapping[str, Any], dict[str, str], int | None, str]]:
    words = templates()
    yield words["vqa class"], {}, None, "the class of concept.json"
    if colour:
        yield words["vqa colour"], {"v": colour}, None, "measured on the photos learned from"
    for number, fact in enumerate(subject.facts):
        if fact.noun and fact.visible:
            said = fact_sentence(fact.text, subject.mention)
            slots = {**noun_slots(fact, subject.mention), "f": said}
            yield words["vqa fact"], slots, number, f"a fact, {fact.origin}"


def text_items(subject: Subject, rng: Generator) -> Iterator[Item]:
    """Ask without a photo, in words that no lesson uses."""
    words = templates()
    whole = False
    for number, fact in enumerate(subject.facts):
        said = fact_sentence(fact.text, subject.mention)
        ways, slots = ask_ways(fact, subject.mention)
        if said and not ways:
            # asked for everything, one fact of several is no reference
            whole = True
        elif said:
            yield Item(
                f"{subject.name}/qa/{number}",
                "qa",
                subject.name,
                fill(ways[int(rng.integers(len(ways)))], subject.mention, **slots),
                said,
                fact=number,
                provenance=f"a fact, {fact.origin}",
            )
    if whole:
        yield _everything(subject)
    yield Item(
        f"{subject.name}/qa/class",
        "qa",
        subject.name,
        fill(words["qa class"]["ask"][0], subject.mention),
        fill(words["qa class"]["answer"], subject.mention, subject.class_word),
        provenance="the class of concept.json",
    )


def _everything(subject: Subject) -> Item:
    """Ask for all facts at once, where one of them answers no question of its own."""
    said = [fact_sentence(fact.text, subject.mention) for fact in subject.facts]
    return Item(
        f"{subject.name}/qa/{EVERYTHING}",
        "qa",
        subject.name,
        fill(templates()["qa free"]["ask"][0], subject.mention),
        " ".join(text for text in said if text),
        fact=0 if len(said) == 1 else None,
        provenance="all facts, since one answers no question of its own",
    )


def drawing_items(subject: Subject, rng: Generator) -> Iterator[Item]:
    """Ask for the 25 pictures of the subject's kind."""
    ways: Sequence[str] = prompts()["live" if subject.live else "object"]
    for number, way in enumerate(ways):
        yield Item(
            f"{subject.name}/draw/{number}",
            "draw",
            subject.name,
            fill(way, subject.mention),
            seed=int(rng.integers(_SEEDS)),
            provenance="a prompt of google/dreambooth",
        )


def face_items(subject: Subject, rng: Generator) -> Iterator[Item]:
    """Ask for a plain photo of a person, which shows the face if any picture does."""
    if subject.person:
        yield Item(
            f"{subject.name}/draw/face",
            "draw",
            subject.name,
            fill(prompts()["face"], subject.mention),
            seed=int(rng.integers(_SEEDS)),
            provenance="the prompt by which UnifyBench compares faces",
        )


def shows_face(item: Item, subject: Subject) -> bool:
    """Tell whether an item asks for a plain photo of a person."""
    asks = item.task == "draw" and item.text == fill(prompts()["face"], subject.mention)
    return asks and subject.person


def parg_items(subject: Subject, rng: Generator) -> Iterator[Item]:
    """Ask for pictures that need a fact the photos do not show."""
    number = 0
    for place, fact in enumerate(subject.facts):
        ways, slots = ((), {}) if fact.visible else parg_ways(fact, subject.mention)
        asks = [fill(way, subject.mention, **slots) for way in ways]
        for asked in (text for text in asks if not tells(text, fact)):
            yield Item(
                f"{subject.name}/parg/{number}",
                "parg",
                subject.name,
                asked,
                fact_sentence(fact.text, subject.mention),
                kind=fact.kind,
                fact=place,
                seed=int(rng.integers(_SEEDS)),
                provenance=f"a fact that no photo shows, {fact.origin}",
            )
            number += 1


def described(subject: Subject) -> str:
    """Say all that is known of a subject in sentences, as a text prompt does."""
    head = fill(templates()["describe"], subject.mention, subject.class_word)
    facts = [fact_sentence(fact.text, subject.mention) for fact in subject.facts]
    return " ".join([head, *(fact for fact in facts if fact)])
