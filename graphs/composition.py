"""The prompt composer (A, T → T̂): a request that contains the fact it needs."""

import re

from graphs.clause import Clause, beside
from graphs.data import data
from graphs.exemplars import composer_prompts
from graphs.needs import Need, find_needs
from graphs.ports import Writer
from graphs.stage import Stage, settle
from graphs.wording import bare, content, first_line, mark, one_sentence, related

__all__ = ["compose"]

# share of the fact's words, and of the user's, that a composed prompt has to hold
_HOLDS = 0.6
_LABEL = re.compile(r"^(?:new request|request|t'|prompt|output)\s*:\s*", re.IGNORECASE)
# what tells of something else in the same sentence: "and her bed is a basket"
_MORE = re.compile(
    r"(?:,? and|,|;|,? but) (?:<[^<>]+>|[A-Z]\w+|her|his|its|their|she|he|they|it)(?:['’]s)? "
    r"(?:[\w'’-]+ )*?(?:is|are|was|has|likes?|loves?|hates?|lives?)\b.*$"
)
_VALUE = re.compile(r"^<[^<>]+>['’]s (.+?) (?:is|are) (.+?)\.?$", re.IGNORECASE)


def compose(
    writer: Writer, part: Clause, question: str, fact: str, name: str, exemplars: int = 6
) -> Stage:
    """Ask the model to put the fact that answers a question into a clause, or do it plainly."""
    if part.shared:
        # several concepts own the phrase, so no single fact can take its place
        return Stage("compose", name, _added(part, fact, name), "rule", (), "the phrase is shared")

    needs = find_needs(part.text, name)
    need = next((one for one in needs if one.about(question)), None)

    def read(raw: str) -> str:
        return mark(_LABEL.sub("", first_line(raw)), name)

    def check(composed: str) -> str:
        return _problem(composed, part, need, fact, name)

    prompts = composer_prompts(part.text, fact, exemplars)
    fallback = _filled(part, need, fact, name)
    return settle("compose", name, prompts, writer.answer, read, check, fallback)


def _problem(composed: str, part: Clause, need: Need | None, fact: str, name: str) -> str:
    if not composed:
        return "is empty"
    if not one_sentence(composed):
        return "is not one sentence"
    if set(re.findall(r"<([^<>]+)>", composed)) != {name}:
        return f"does not name <{name}> alone"
    if not part.fits(composed) or not _begins(composed, part.text, name):
        return "does not begin as the request does"
    if re.search(rf"<{re.escape(name)}> (?:an?|the)\b", composed):
        return "puts the fact beside the name as if it were one"
    held = content(composed)
    filled = content(need.phrase) if need else set()
    kept = content(part.text) - filled
    if not kept <= held:
        return f"lost the user's words: {', '.join(sorted(kept - held))}"
    told = _value_words(fact, filled)
    if len(told & held) < _HOLDS * len(told):
        return f"lost the fact: {', '.join(sorted(told - held))}"
    return ""


def _begins(composed: str, request: str, name: str) -> bool:
    """Tell whether all up to the concept's mention is kept; a bare fact ("<a>'s toy is …") not."""
    upto = request.casefold().find(f"<{name}>".casefold()) + len(f"<{name}>")
    owned = ("'s", "’s")
    same = composed.casefold().startswith(request[:upto].casefold())
    return same and composed[upto:].startswith(owned) == request[upto:].startswith(owned)


def _value_words(fact: str, filled: set[str]) -> set[str]:
    """Return the words of a fact that tell something beyond what the request asked for."""
    words = bare(fact)
    return words - related(filled) or words


def _filled(part: Clause, need: Need | None, fact: str, name: str) -> str:
    """Put the fact's value where the need stands if that reads well; else add the fact."""
    value = _VALUE.match(fact) if one_sentence(fact) else None
    if need and value and content(need.noun) == content(value[1]):
        told = _MORE.sub("", value[2])
        if told.split()[:1] and told.split()[0].casefold() in data("words")["determiners"]:
            said = f"{need.preposition} {told}".strip()
            filled = part.text[: need.start] + said + part.text[need.end :]
            # "Draw <maeve>'s toy" would lose the only mention of her
            return filled if f"<{name}>" in filled else _added(part, fact, name)
    return _added(part, fact, name)


def _added(part: Clause, fact: str, name: str) -> str:
    """Add a fact after a request; one of several sentences behind its concept's name.

    What begins with a name is not read as a part of the request again.
    """
    begins = one_sentence(fact) or fact.startswith("<")
    return beside(part.text, fact if begins else f"<{name}>: {fact}")
