"""The intent parser (T → Q): which question about a concept stands behind a request."""

import re
from collections.abc import Sequence

from graphs.exemplars import parser_prompts
from graphs.needs import Need, open_needs, without_acted_on
from graphs.ports import Writer
from graphs.stage import Stage, settle
from graphs.wording import bare, content, first_line, mark, one_sentence, related

__all__ = ["NONE", "parse_intent"]

# the answer where no fact applies
NONE = "NONE"
# an article and the words up to the next preposition or sign
_DEFINITE = re.compile(
    r"\b(?:an?|the|some|two|three)\s+((?:(?!(?:in|on|at|by|with|of|and|to|near|under)\b)[\w-]+\s*)+)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:question|q|needs|output)\s*:\s*", re.IGNORECASE)


def parse_intent(
    writer: Writer, request: str, name: str, exemplars: int = 6, asked: Sequence[str] = ()
) -> Stage:
    """Ask the model for the question; without a good one build it from the request's words.

    What was ``asked`` before is dealt with and not to be asked again.
    """
    needs = open_needs(request, name, asked)
    need = needs[0] if needs else None
    fallback = f"What is <{name}>'s {need.noun}?" if need else NONE

    def read(raw: str) -> str:
        line = _LABEL.sub("", first_line(raw))
        return NONE if line.rstrip(".").upper() == NONE else mark(line, name)

    def check(question: str) -> str:
        if question == NONE:
            return f"finds nothing to ask, but {need.phrase!r} does" if need else ""
        if question in asked:
            return "was asked before"
        return _problem(question, request, name, needs)

    # Without the concept's rows: which fact is needed depends on the request alone.
    prompts = parser_prompts(request, exemplars)
    return settle("parse", name, prompts, writer.answer, read, check, fallback)


def _problem(question: str, request: str, name: str, needs: Sequence[Need]) -> str:
    if not question:
        return "is empty"
    if not question.endswith("?") or not one_sentence(question):
        return "is not one question"
    if set(re.findall(r"<([^<>]+)>", question)) != {name}:
        return f"does not name <{name}> alone"
    right = (
        any(need.about(question) for need in needs)
        if needs
        else _open(question, without_acted_on(request, name))
    )
    return "" if right else "asks for what the request does not leave open"


def _open(question: str, request: str) -> bool:
    """Tell whether a request without needs speaks of what is asked, and does not say it itself.

    "wearing a blue hat" says already which hat.
    """
    said = [content(phrase) for phrase in _DEFINITE.findall(request)]
    left, asked = content(request).difference(*said), bare(question)
    return bool(related(asked) & left or asked & related(left))
