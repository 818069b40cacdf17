"""Text for knowledge replay: facts, questions on them, requests to parse, prompts to compose.

The entities are invented and neutral; values are partly places and small objects of the world, so
that a composed prompt can be drawn. Attributes, phrasings and prompt formats of the split "test"
never occur in "train". Templates live in ``data/replay.json``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.random import Generator

from backbone.mini.places import PLACES
from backbone.mini.small_objects import SMALL_OBJECTS
from backbone.mini.words import choose, sentence, tidy, with_article

__all__ = ["TEXT_KINDS", "Fact", "Request", "TextExample"]
__all__ += ["any_request", "facts", "text_example"]

_WORDS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "data" / "replay.json").read_text("utf-8")
)
_ATTRIBUTES: dict[str, dict[str, Any]] = _WORDS["attributes"]
_PRONOUNS = (("she", "her"), ("he", "his"), ("it", "its"))


@dataclass(frozen=True)
class Fact:
    """One thing that is true of an entity: ``text`` in some phrasing, ``said`` in the plain one.

    ``value`` is a noun phrase ("a red ball") or, for places, where ("on the beach").
    """

    name: str
    attribute: str
    value: str
    text: str
    said: str


@dataclass(frozen=True)
class TextExample:
    """A prompt with its answer; ``key`` is the bare value, "NONE" or ""."""

    kind: str
    prompt: str
    answer: str
    split: str
    key: str = ""


def _invented(rng: Generator) -> str:
    """Name an entity: a placeholder as in training, or a made-up name."""
    way = rng.random()
    if way < 0.35:
        return "<sks>"
    if way < 0.5:
        return f"<sks{int(rng.integers(1, 7))}>"
    syllables = [choose(_WORDS["syllables"], rng) for _ in range(int(rng.integers(2, 4)))]
    return f"<{''.join(syllables)}>"


def _names(rng: Generator, number: int) -> list[str]:
    names: list[str] = []
    while len(names) < number:
        name = _invented(rng)
        if name not in names:
            names.append(name)
    return names


def _known(split: str, *, drawable: bool = False) -> list[str]:
    """List the attributes of a split; ``drawable`` ones occur in requests."""
    return [
        key
        for key, entry in _ATTRIBUTES.items()
        if entry["split"] == split and (entry["requests"] or not drawable)
    ]


def _value(attribute: str, rng: Generator) -> str:
    source = _ATTRIBUTES[attribute]["values"]
    if source == "place":
        return choose(PLACES[choose(list(PLACES), rng)].phrases, rng)
    if source == "small":
        return with_article(SMALL_OBJECTS[int(rng.integers(len(SMALL_OBJECTS)))].name)
    return choose(source, rng)


def _fact(name: str, attribute: str, rng: Generator) -> Fact:
    value, entry = _value(attribute, rng), _ATTRIBUTES[attribute]
    slots = {"n": name, "v": value, "w": value}
    text = choose(entry["facts"], rng).format_map(slots)
    return Fact(name, attribute, value, text, entry["facts"][0].format_map(slots))


def facts(name: str, number: int, rng: Generator, split: str = "train") -> tuple[Fact, ...]:
    """Make up facts of different attributes about one entity."""
    known = _known(split)
    picked = rng.permutation(len(known))[:number]
    return tuple(_fact(name, known[int(index)], rng) for index in picked)


def _question(name: str, attribute: str) -> str:
    """Ask for an attribute in the plain phrasing that the parser writes."""
    return f"What is {name}'s {_ATTRIBUTES[attribute]['noun']}?"


def _profile(told: list[Fact], asked: str, name: str, rng: Generator, split: str) -> str:
    """Put facts in random order before a question."""
    order = [told[int(index)].text for index in rng.permutation(len(told))]
    form = choose(_WORDS["profiles"][split], rng)
    listed = "\n".join(f"- {text}" for text in order) if ":\n{f}" in form else " ".join(order)
    return form.format(n=name, f=listed, q=asked)


def _taught(rng: Generator, split: str, _: int) -> TextExample:
    """Ask for a fact that stands in the profile, beside others and other entities' facts."""
    name, other = _names(rng, 2)
    told = list(facts(name, int(rng.integers(1, 6)), rng, split))
    fact = told[0]
    if rng.random() < 0.4:
        told += facts(other, int(rng.integers(1, 3)), rng, split)
    asks = _ATTRIBUTES[fact.attribute]["asks"]
    asked = choose(asks, rng).format(n=name)
    short = asked != _question(name, fact.attribute) and rng.random() < 0.5
    answer = f"{sentence(fact.value)}." if short else fact.said
    prompt = _profile(told, asked, name, rng, split)
    return TextExample("taught", prompt, answer, split, fact.value)


def _unknown(rng: Generator, split: str, _: int) -> TextExample:
    """Ask for a fact that was told of nobody, or of another entity only."""
    name, other = _names(rng, 2)
    told = list(facts(name, int(rng.integers(2, 6)), rng, split))
    missing = told.pop(0)
    if rng.random() < 0.5:
        told.append(_fact(other, missing.attribute, rng))
    asked = choose(_ATTRIBUTES[missing.attribute]["asks"], rng).format(n=name)
    prompt = _profile(told, asked, name, rng, split)
    return TextExample("unknown", prompt, choose(_WORDS["unknown"], rng), split)


def _stated(rng: Generator, split: str, _: int) -> TextExample:
    """Ask for a fact with no profile in the prompt; the fact is the answer to learn."""
    fact = facts(_invented(rng), 1, rng, split)[0]
    asked = choose(_ATTRIBUTES[fact.attribute]["asks"], rng).format(n=fact.name)
    return TextExample("stated", f"{fact.text}\n{asked}", fact.said, split, fact.value)


@dataclass(frozen=True)
class Request:
    """A request, the question behind it, the fact that answers it, and the full request.

    ``told`` is the fact in another phrasing.
    """

    text: str
    question: str
    answer: str
    full: str
    value: str
    told: str


def _needing(rng: Generator, split: str) -> Request:
    """Make a request that needs a fact."""
    name, attribute = _invented(rng), choose(_known(split, drawable=True), rng)
    entry, (subject, possessive) = _ATTRIBUTES[attribute], _PRONOUNS[int(rng.integers(3))]
    fact = _fact(name, attribute, rng)
    before, after = entry["requests"][int(rng.integers(len(entry["requests"])))]
    form = choose(_WORDS["requests"][split], rng)
    # A place in the request beside a place in the fact would contradict it.
    extra = "" if entry["values"] == "place" else choose(_WORDS["extras"], rng)
    slots = {"p": possessive, "s": subject, "v": fact.value, "w": fact.value}
    text = tidy(form.format(n=name, x=f"{before.format_map(slots)} {extra}"))
    full = tidy(form.format(n=name, x=f"{after.format_map(slots)} {extra}"))
    return Request(text, _question(name, attribute), fact.said, full, fact.value, fact.text)


def _complete(rng: Generator, split: str) -> Request:
    """Make a request that needs no fact."""
    thing = with_article(SMALL_OBJECTS[int(rng.integers(len(SMALL_OBJECTS)))].name)
    where = choose(PLACES[choose(list(PLACES), rng)].phrases, rng)
    tail = choose(_WORDS["plain"][split], rng).format(v=thing, w=where)
    text = tidy(choose(_WORDS["requests"][split], rng).format(n=_invented(rng), x=tail))
    return Request(text, "NONE", "NONE", text, "NONE", "NONE")


def any_request(rng: Generator, split: str) -> Request:
    """Make a request; one in four needs no fact."""
    return _complete(rng, split) if rng.random() < 0.25 else _needing(rng, split)


def _shots(form: dict[str, str], shown: list[Request], last: Request, slot: str) -> str:
    """Write a head, solved items and one item that ends before its answer."""

    def item(request: Request) -> str:
        words = {"t": request.text, "q": request.question, "a": request.answer, "h": request.full}
        return form["item"].format_map(words)

    solved = [item(request) for request in shown]
    opened = item(last)
    answer = last.question if slot == "q" else last.full
    return "\n\n".join([form["head"], *solved, opened[: len(opened) - len(answer)].rstrip()])


def _parse(rng: Generator, split: str, exemplars: int) -> TextExample:
    """Find the question behind a request, or NONE."""
    # Exemplars are always the trained kind: a product has no others either.
    shown = [any_request(rng, "train") for _ in range(exemplars)]
    last = any_request(rng, split)
    prompt = _shots(_form("parser", rng, split), shown, last, "q")
    return TextExample("parse", prompt, last.question, split, last.question)


def _recalled(request: Request, rng: Generator, split: str) -> Request:
    """Vary what the memory brings: another phrasing, nothing, or a fact that does not help."""
    way = rng.random()
    if request.question == "NONE":
        name = request.text[request.text.index("<") : request.text.index(">") + 1]
        stray = facts(name, 1, rng, split)[0].said
        return replace(request, answer=stray) if way < 0.3 else request
    if way < 0.1:
        unknown = choose(_WORDS["unknown"], rng)
        return replace(request, answer=unknown, full=request.text, value="NONE")
    return replace(request, answer=request.told) if way < 0.35 else request


def _compose(rng: Generator, split: str, exemplars: int) -> TextExample:
    """Put a fact into a request; a fact that does not apply leaves the request as it is."""
    shown = [_recalled(any_request(rng, "train"), rng, "train") for _ in range(exemplars)]
    last = _recalled(any_request(rng, split), rng, split)
    prompt = _shots(_form("composer", rng, split), shown, last, "h")
    return TextExample("compose", prompt, last.full, split, last.value)


def _form(task: str, rng: Generator, split: str) -> dict[str, str]:
    """Draw a prompt format with ``head`` and ``item``."""
    forms: list[dict[str, str]] = _WORDS[task][split]
    return forms[int(rng.integers(len(forms)))]


_MAKERS: dict[str, Callable[[Generator, str, int], TextExample]] = {
    "taught": _taught,
    "unknown": _unknown,
    "stated": _stated,
    "parse": _parse,
    "compose": _compose,
}
TEXT_KINDS = tuple(_MAKERS)
_ODDS = (0.3, 0.1, 0.1, 0.3, 0.2)


def text_example(
    rng: Generator, kind: str = "", *, split: str = "train", exemplars: int | None = None
) -> TextExample:
    """Draw a text example; ``exemplars`` solved items (0…6 when not given) stand before it."""
    kind = kind or TEXT_KINDS[int(rng.choice(len(TEXT_KINDS), p=_ODDS))]
    number = int(rng.integers(7)) if exemplars is None else exemplars
    return _MAKERS[kind](rng, split, number)
