"""What the user says instead of yes or no when asked whether a fact may be kept."""

import re
from collections.abc import Sequence

from graphs.mentions import find_mentions
from graphs.ports import Known
from graphs.profile import as_it_is_now
from graphs.pronouns import PLURAL, PRONOUN, put_for
from graphs.questions import is_no
from graphs.router import route_by_rules
from graphs.wording import content

__all__ = ["corrected"]

# characters; what is longer is no correction, and would be asked about at length
_LONGEST = 300
_GAP = r"[\s,.;:!()–—-]*"
_NO = re.compile(
    r"(?:(?:no+|nope|nah|n|wrong|incorrect|sorry|actually|almost|nearly|wait|correction|i mean"
    r"|not (?:quite|really|exactly|\d+)|(?:remember|note) that"
    r"|that(?:['’]?s| is| was)(?:n['’]?t| not)? (?:wrong|right|true|correct|it)"
    rf"|that isn['’]?t (?:right|true|correct|it))\b{_GAP})+",
    re.IGNORECASE,
)
_YES = re.compile(
    rf"(?:(?:y|yes|yeah|yep|yup|ok|okay|sure|correct|right|exactly)\b{_GAP})+"
    r"(?:(and|but)\s+)?(?:(?:also|remember(?: that)?)\s+)*",
    re.IGNORECASE,
)
# asked at the end, and no question
_TAG = re.compile(r",?\s*(?:ok|okay|right|isn['’]t (?:she|he|it))\s*\?$", re.IGNORECASE)
# "her favourite toy is …", "she lives in …", "she is 7", which may be given another end
_OWNED = re.compile(r"(\S*(?:['’]s?|\b(?:her|his|its|their)) (?:\w+ ){1,3}(?:is|are|was))\b", re.I)
_LIVES = re.compile(r"(.*\blives (?:in|at|on|near))\b", re.IGNORECASE)
_AGED = re.compile(r"(.*\bis )\d+\b(.*)", re.IGNORECASE)
_IT_IS = re.compile(r"(?:(?:it|they)(?: (?:is|are|was)|['’](?:s|re))|its)\s+(?=\S)", re.IGNORECASE)
# what "it is …" says of the question and not of anybody
_VERDICT = re.compile(
    r"(?:not?|never|nothing|none|wrong|right|true|false|fine|ok|okay|good|enough|all|private|secret"
    r"|important|over|done|(?:a|my) (?:joke|lie|secret|mistake|pity|shame|business)|you|she|he|it"
    r"|that|this|no longer|what|who|how|why|kidding|up to)\b",
    re.IGNORECASE,
)
_SHORT_NOT = r"(?:is|are|was|were|does|do|did|has|have|had|wo|would|ca|could|should|ai)n['’]?t"
# "no, she isn't" denies and puts nothing in its place; "she said so" is of another matter
_DENIES = re.compile(
    rf"(?:[\w'’]+ ){{1,3}}(?:not|cannot|never(?: \w+)?)|(?:[\w'’]+ ){{0,2}}{_SHORT_NOT}"
    r"|don['’]?t\b.*|do not\b.*"
    r"|(?:she|he|they|it) (?:(?:never|just|only) )*"
    r"(?:said|says|asked|told|lied|matter|mean|meant)\b.*"
    r"|(?:she|he|they|it)(?:['’]d| would)\b.*|it (?:does|did)(?: not|n['’]?t) matter.*",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"(?:she|he|it|they|her|his|its|their)\b", re.IGNORECASE)


def corrected(fact: str, answer: str, names: Sequence[str], known: Sequence[Known]) -> str:
    """Return what is to be remembered instead, "" where an answer tells nothing new.

    "No, she is 8" puts another fact in its place, and "yes, and she snores" adds one. ``names``
    are those the fact is about.
    """
    said = _TAG.sub("", answer.strip())
    if len(said) > _LONGEST or "?" in said:
        return ""
    yes = _YES.match(said)
    if yes is not None:
        return _added(fact, said[yes.end() :], (yes[1] or "").casefold(), names, known)
    no = _NO.match(said)
    rest = (said[no.end() :] if no else said).strip(" ()")
    other = _other_end(fact, rest, short=no is not None) or _of_another(fact, rest, known)
    if other or _IT_IS.match(rest) and not _gives_what_it_is(fact, rest):
        return other
    return _named(rest, names, known) if _tells(rest, known) else ""


def _added(fact: str, rest: str, join: str, names: Sequence[str], known: Sequence[Known]) -> str:
    """Return a fact with what is said besides yes; "but she is 8" takes the place of "she is 7"."""
    other = _other_end(fact, rest, short=False) if join == "but" else ""
    if other or not _tells(rest, known):
        return other
    told = _named(rest, names, known)
    if as_it_is_now(names[0] if names else "", [fact, told]) == [told]:
        return told
    return f"{fact.rstrip(' .!')}{', but ' if join == 'but' else ' and '}{told}"


def _other_end(fact: str, rest: str, *, short: bool) -> str:
    """Put "it's a ball" in the place of what a fact says at its end; ``short``: or "a ball"."""
    it = _IT_IS.match(rest)
    value = rest[it.end() :] if it else rest
    if not value or _VERDICT.match(value) or _denies(rest):
        return ""
    owned, lives, aged = _OWNED.match(fact), _LIVES.match(fact), _AGED.fullmatch(fact)
    if aged and re.fullmatch(r"\d+(?: years? old)?[.!]*", value) and (it or short):
        return f"{aged[1]}{value.split()[0].rstrip('.!')}{aged[2]}"
    if owned and (it or (short and re.match(r"(?:an?|the) ", value, re.IGNORECASE))):
        return f"{owned[1]} {value}"
    if lives and (it or (short and re.match(r"(?:in|at|on|near) ", value))):
        where = re.sub(r"^(?:in|at|on|near) ", "", value)
        kept = lives[1] if where == value else lives[1].rsplit(" ", 1)[0] + " " + value.split()[0]
        return f"{kept} {where}"
    return ""


def _of_another(fact: str, rest: str, known: Sequence[Known]) -> str:
    """Tell a fact of somebody else: "no, Kai", "no, it's Kai", "no, Kai is"."""
    found = find_mentions(rest, known)
    if len(found.concepts) != 1 or found.how != "named":
        return ""
    name = re.escape(f"<{found.concepts[0].name}>")
    only = rf"(?:it['’]?s |it is |that['’]?s )?{name}(?: (?:is|does|has|instead))?[\s.!]*"
    if re.fullmatch(only, found.text, re.IGNORECASE) is None:
        return ""
    who = f"<{found.concepts[0].name}>"
    names = "|".join(re.escape(one.name) for one in known)
    pronoun = _SUBJECT.match(fact)
    if pronoun is not None and (match := PRONOUN.match(fact)) is not None:
        return put_for(match, who)
    other, count = re.subn(rf"^<?(?:{names})>?(?!\w)", lambda _: who, fact, flags=re.IGNORECASE)
    return other if count else ""


def _gives_what_it_is(fact: str, rest: str) -> bool:
    """Tell whether "it is 8" can be of whom a fact says what it is, and not of what it has."""
    it = _IT_IS.match(rest)
    value = rest[it.end() :] if it else ""
    return re.match(r"\S+ (?:is|are|was)\b|<", fact) is not None and not _VERDICT.match(value)


def _named(text: str, names: Sequence[str], known: Sequence[Known]) -> str:
    """Put names for a pronoun at the front, where others are named as well: it is of the first."""
    front = PRONOUN.match(text)
    if front is None or not names or not find_mentions(text, known).concepts:
        return text
    many = front[1].casefold() in PLURAL
    return put_for(front, " and ".join(f"<{one}>" for one in (names if many else names[:1])))


def _tells(text: str, known: Sequence[Known]) -> bool:
    """Tell a sentence about somebody from a word, a request, and from "she isn't"."""
    marked = find_mentions(text, known).text
    begins = re.match(r"(?:(?:my|our|the) (?:\w+ )?)?<", marked, re.IGNORECASE)
    if not (begins or PRONOUN.match(text)) or _denies(text) or len(text.split()) < 2:
        return False
    found = route_by_rules(marked, image=False)
    return bool(content(text)) and (found is None or found.route == "remember")


def _denies(text: str) -> bool:
    plain = text.strip(" .,!;:")
    it = _IT_IS.match(plain)
    verdict = it is not None and _VERDICT.match(plain[it.end() :]) is not None
    return verdict or _DENIES.fullmatch(plain) is not None or is_no(plain)
