"""The memory retriever (Q → A): the fact that answers a question about a concept.

Stored facts are the user's own words, so they come first where both sources are open; the
concept's rows are asked for what was never written down. What is recalled is for one prompt
only: nothing here can store a fact.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from graphs.data import data
from graphs.ports import Known, ReplayPorts, Writer
from graphs.profile import as_it_is_now, before
from graphs.stage import Attempt, Stage, settle
from graphs.wording import (
    about,
    bare,
    content,
    first_line,
    gist,
    is_unknown,
    mark,
    one_sentence,
    related,
    statements,
    stem,
    words,
)

__all__ = ["chosen_facts", "match_fact", "recall"]

# share of the question's words that a fact has to meet
_MATCHES = 0.5
# what a word counts that only means the same
_KIN = 0.8
_ATTRIBUTE = re.compile(r"^<[^<>]+>['’]s (.+?) (?:is|are)\b", re.IGNORECASE)
# what says how many, or no, and of what nothing
_NO_THING = re.compile(r"\d+|one|two|three|four|five|six|seven|eight|nine|ten|doesn|don|isn|t")
_POSSESSIVE = re.compile(r"['’]s\b")
_NOUN = re.compile(r"^what is <[^<>]+>['’]s (.+)\?$", re.IGNORECASE)


def recall(question: str, concept: Known, ports: ReplayPorts) -> list[Stage]:
    """Look in the open sources, one after the other; the last stage holds the answer or ""."""
    stages: list[Stage] = []
    if ports.replay.source in ("profile", "both"):
        told = as_it_is_now(concept.name, ports.facts.list(concept.id))
        facts = _sentences(told, concept, ports)
        stages.append(_from_profile(question, concept, facts, ports))
    if ports.replay.source in ("tokens", "both") and not (stages and stages[-1].result):
        doubt = ports.replay.source == "both"
        stages.append(_from_tokens(question, concept, ports.writer, doubt=doubt))
    return stages


def chosen_facts(text: str, concept: Known, ports: ReplayPorts) -> list[str]:
    """Return a concept's facts in the order they were told; of many, those that a text is about.

    The one that meets most of its words is among them, whatever is nearest.
    """
    told = as_it_is_now(concept.name, ports.facts.list(concept.id))
    if len(told) <= ports.replay.facts:
        return told
    named = {about(concept.name, fact): fact for fact in told}
    met = named.get(match_fact(text, list(named)))
    most, finder = ports.replay.facts, ports.recollection
    near = finder.facts(concept.id, text, most) if finder else told[::-1]
    kept = list(dict.fromkeys([*([met] if met else []), *near]))[:most]
    return [fact for fact in told if fact in kept]


def match_fact(question: str, facts: Sequence[str]) -> str:
    """Return the fact that meets most words of a question, or "" if none meets enough.

    Facts come as they were told: of those that say the same thing, the last is so now.
    """
    asked = bare(question)
    scores = [_overlap(asked, fact) for fact in facts]
    best = max(scores, default=0.0)
    if best < _MATCHES:
        return ""
    equal = [fact for fact, score in zip(facts, scores, strict=True) if score == best]
    first = next(
        (fact for fact in equal if _ATTRIBUTE.match(fact) and _thing(fact) in asked), equal[0]
    )
    return [fact for fact in equal if _thing(fact) == _thing(first)][-1]


def _thing(fact: str) -> str:
    """Name what a fact is of: "toy" for a new toy, not for that of a brother; else what is done."""
    had = _ATTRIBUTE.match(fact)
    own = had is not None and not _POSSESSIVE.search(had[1])
    # a blue hat takes the place of a red one
    kinds = data("words")["predicates"]
    rest = [w for w in gist(fact).split() if not (_NO_THING.fullmatch(w) or w in kinds)]
    said = words(had[1]) if had and own else rest[:1]
    return stem(said[-1]) if said else ""


def _sentences(told: Sequence[str], concept: Known, ports: ReplayPorts) -> list[str]:
    others = [one.name for one in ports.concepts.list() if one.id != concept.id]
    return [one for fact in told for one in statements(concept.name, fact, others)]


def _overlap(asked: set[str], fact: str) -> float:
    """Count what a fact meets of a question, the question's own words for more than kin."""
    told = content(fact)
    met = [1.0 if one in told else _KIN for one in asked if related({one}) & told]
    return sum(met) / max(len(asked), 1)


def _from_profile(question: str, concept: Known, facts: Sequence[str], ports: ReplayPorts) -> Stage:
    """Match by words; where none do, let the model read the nearest and point at one."""
    found = match_fact(question, facts)
    if found or not facts:
        why = "a stored fact answers it" if found else "no facts are stored"
        return Stage("recall", concept.name, found, "profile", (), why)
    if len(facts) > ports.replay.facts:
        facts = _sentences(chosen_facts(question, concept, ports), concept, ports)
    prompt = before(concept.name, facts, question)
    raw = ports.writer.answer(prompt)
    pointed = _pointed_at(raw, question, facts)
    problem = "" if pointed else "is in no stored fact"
    by = "model" if pointed else "fallback"
    return Stage("recall", concept.name, pointed, by, (Attempt(prompt, raw, problem),), "profile")


def _pointed_at(raw: str, question: str, facts: Sequence[str]) -> str:
    """Return the stored fact that an answer comes from: it is replayed, not the answer."""
    said = content(first_line(raw)) - content(question)
    if is_unknown(first_line(raw)) or not said:
        return ""
    shares = [len(said & content(fact)) / len(said) for fact in facts]
    best = max(shares)
    fact = facts[shares.index(best)] if best > _MATCHES else ""
    # a fact that names another attribute is no answer, whatever the model says
    named = _ATTRIBUTE.match(fact)
    return "" if named and not _overlap(bare(question), named[1]) else fact


def _from_tokens(question: str, concept: Known, writer: Writer, *, doubt: bool) -> Stage:
    """Ask the model with the concept's rows in context; in ``doubt`` it has to say it twice.

    Where the stored facts were silent, what the rows say is often made up, and what is made up
    changes with the words of the question.
    """
    prompts = [form.format(q=question) for form in data("replay")["recall"]]
    first = _ask_rows(question, concept, writer, prompts)
    if not doubt or not first.result:
        return first
    if first.by == "retry":
        return replace(first, result="", by="fallback", why="said in one of two wordings only")
    second = _ask_rows(question, concept, writer, prompts[1:])
    new = [content(said) - content(question) for said in (first.result, second.result)]
    agrees = 2 * len(new[0] & new[1]) > len(new[0] | new[1])
    attempts = (*first.attempts, *second.attempts)
    if agrees:
        return replace(first, attempts=attempts, why="said twice")
    why = "said something else when asked again"
    return replace(first, result="", by="fallback", attempts=attempts, why=why)


def _ask_rows(question: str, concept: Known, writer: Writer, prompts: list[str]) -> Stage:
    """Ask in one wording after the other."""

    def read(raw: str) -> str:
        return _said(mark(first_line(raw), concept.name), question, concept.name)

    def check(answer: str) -> str:
        if not answer or is_unknown(answer):
            return "does not know"
        if not one_sentence(answer) or answer.endswith("?"):
            return "is not one statement"
        if answer.count("<") != answer.count(">"):
            return "breaks off"
        if f"<{concept.name}>" not in answer:
            return f"does not name <{concept.name}>"
        return "" if content(answer) - content(question) else "says nothing new"

    return settle(
        "recall", concept.name, prompts, lambda p: writer.answer(p, [concept.id]), read, check, ""
    )


def _said(answer: str, question: str, name: str) -> str:
    """Make a short answer ("A red ball.") a sentence with the question's words."""
    noun = _NOUN.match(question)
    if not answer or noun is None or is_unknown(answer) or f"<{name}>" in answer:
        return answer
    if re.match(r"(?:it|she|he|they|her|his|its|their)\b", answer, re.IGNORECASE):
        return about(name, answer)
    return f"<{name}>'s {noun[1]} is {answer[:1].lower()}{answer[1:].rstrip('.')}."
