"""Answers that are right and answers that are wrong by construction, of one bench."""

from dataclasses import replace

from bench.data.items import Bench, Fact, Item
from bench.data.kinds import kind_of
from bench.data.questions import described
from bench.judges.judge import AskedAnswer
from graphs.wording import content

__all__ = ["known_answers"]

_ANSWERS = 8
# wrong wherever something is known, if no other subject differs
_NO_OTHER = "I do not know."


def known_answers(bench: Bench) -> list[tuple[AskedAnswer, bool]]:
    """Give right answers to some questions, and what is so of others in the same respect."""
    asked = [item for item in bench.items if item.task == "qa"]
    found = []
    for item in asked[:_ANSWERS]:
        right = AskedAnswer(item.text, item.answer, item.answer)
        others = (_as_of(bench, other, item) for other in asked if _gainsays(bench, item, other))
        found.append((right, True))
        found.append((replace(right, prediction=next(others, _NO_OTHER)), False))
    return found


def _gainsays(bench: Bench, item: Item, other: Item) -> bool:
    """Tell whether another subject's answer is about the same, and nothing of it is so here."""
    if item.subject == other.subject or _respect(bench, item) != _respect(bench, other):
        return False
    subject = bench.subject(item.subject)
    # all that is so of it: it may have two toys, and the other one of them
    known = [described(subject), item.answer, *(fact.value for fact in subject.facts)]
    theirs = content(_value(bench, other))
    return bool(theirs) and not theirs & content(" ".join(known))


def _respect(bench: Bench, item: Item) -> str:
    """Name what is asked for, whoever it is asked of: a noun, a kind of fact, or the question."""
    mention = bench.subject(item.subject).mention
    fact = _fact(bench, item)
    if fact is None:
        return item.text.replace(f"<{mention}>", "<x>")
    kind, slots = kind_of(fact.text, mention)
    return fact.noun or " ".join((kind, *slots.values()))


def _value(bench: Bench, item: Item) -> str:
    fact = _fact(bench, item)
    return fact.value if fact is not None and fact.value else item.answer


def _fact(bench: Bench, item: Item) -> Fact | None:
    return None if item.fact is None else bench.subject(item.subject).facts[item.fact]


def _as_of(bench: Bench, other: Item, item: Item) -> str:
    """Say what is so of another subject with the name of this one."""
    theirs, ours = (bench.subject(one.subject).mention for one in (other, item))
    return other.answer.replace(f"<{theirs}>", f"<{ours}>")
