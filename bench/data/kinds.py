"""What a fact can be asked by: questions that it alone answers, and pictures that need it."""

from collections.abc import Iterator, Sequence

from bench.data.items import Fact, Item, Subject
from bench.data.wording import templates
from learning import facts

__all__ = ["EVERYTHING", "ask_ways", "kind_of", "noun_slots", "parg_ways", "unasked"]

# the item that asks for all that was told, at the end of its id
EVERYTHING = "all"


def kind_of(text: str, mention: str) -> tuple[str, dict[str, str]]:
    """Tell what a fact is an answer to, as lessons do, and the words to ask with."""
    name = f"<{mention}>"
    # "has a red hat" without its subject is about the only one there is
    said = facts.fact_sentence(text, mention).removesuffix(".").replace(f"{name}: ", f"{name} ", 1)
    return facts.kind_of(said, name)


def ask_ways(fact: Fact, mention: str) -> tuple[Sequence[str], dict[str, str]]:
    """Return questions that a fact alone answers, none where there is no such, and their slots."""
    words = templates()
    if fact.noun:
        return words["qa fact"]["ask"], noun_slots(fact, mention)
    kind, slots = kind_of(fact.text, mention)
    return words["qa kinds"].get(kind, ()), slots


def noun_slots(fact: Fact, mention: str) -> dict[str, str]:
    """Return the words to ask for a fact's noun: "what are its hobbies"."""
    several = kind_of(fact.text, mention)[0] == "attributes"
    return {"n": fact.noun, "is": "are" if several else "is"}


def parg_ways(fact: Fact, mention: str) -> tuple[Sequence[str], dict[str, str]]:
    """Return prompts that need a fact without saying it, none where there is no such."""
    words = templates()
    if fact.noun:
        return _of_noun(fact), {"n": fact.noun}
    kind, slots = kind_of(fact.text, mention)
    ways = words["parg kinds"].get(kind, {})
    # where somebody comes from, or what language they speak, is no picture of them
    drawn = "verbs" not in slots or slots["verbs"] in ways.get("verbs", ())
    return (ways.get("prompts", ()) if drawn else ()), slots


def _of_noun(fact: Fact) -> Sequence[str]:
    words = templates()
    for way in words["facts"].get(fact.kind, ()):
        if way["noun"] == fact.noun:
            found: Sequence[str] = way["prompts"]
            return found
    ways: Sequence[str] = words["parg place" if fact.kind == "place" else "parg object"]
    return ways


def unasked(subject: Subject, items: Sequence[Item]) -> list[str]:
    """Name the facts that no question or, if no photo shows them, no prompt asks for."""
    return [f"{task}: {text}" for task, text in _missing(subject, items)]


def _missing(subject: Subject, items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    asked = {(item.task, item.fact) for item in items}
    whole = any(item.task == "qa" and item.id.endswith(f"/{EVERYTHING}") for item in items)
    for number, fact in enumerate(subject.facts):
        told = whole and facts.fact_sentence(fact.text, subject.mention)
        if ("qa", number) not in asked and not told:
            yield "qa", fact.text
        if not fact.visible and ("parg", number) not in asked:
            yield "parg", fact.text
