"""The intent parser (T → Q): which question about a concept stands behind a request."""

import re

from graphs.exemplars import parser_prompts
from graphs.needs import find_need
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


def parse_intent(writer: Writer, request: str, name: str, exemplars: int = 6) -> Stage:
    """Ask the model for the question; without a good one build it from the request's words."""
    need = find_need(request, name)
    fallback = f"What is <{name}>'s {need.noun}?" if need else NONE

    def read(raw: str) -> str:
        line = _LABEL.sub("", first_line(raw))
        return NONE if line.rstrip(".").upper() == NONE else mark(line, name)

    def check(question: str) -> str:
        if question == NONE:
            return f"finds nothing to ask, but {need.phrase!r} does" if need else ""
        return _problem(question, request, name)

    # Without the concept's rows: which fact is needed depends on the request alone.
    prompts = parser_prompts(request, exemplars)
    return settle("parse", name, prompts, writer.answer, read, check, fallback)


def _problem(question: str, request: str, name: str) -> str:
    if not question:
        return "is empty"
    if not question.endswith("?") or not one_sentence(question):
        return "is not one question"
    if set(re.findall(r"<([^<>]+)>", question)) != {name}:
        return f"does not name <{name}> alone"
    asked, wanted = bare(question), _wanted(request, name)
    if not related(asked) & wanted and not asked & related(wanted):
        return "asks for what the request does not leave open"
    return ""


def _wanted(request: str, name: str) -> set[str]:
    """Return what a question may be about: the need, or else what no article makes definite.

    "wearing a blue hat" says already which hat.
    """
    need = find_need(request, name)
    if need:
        return bare(need.noun)
    said = _DEFINITE.findall(request)
    return content(request) - set().union(*(content(phrase) for phrase in said))
