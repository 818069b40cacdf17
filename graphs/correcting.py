"""What the user says instead of yes or no when asked whether a fact may be kept."""

import re
from collections.abc import Sequence

from graphs.mentions import find_mentions
from graphs.ports import Known
from graphs.pronouns import PRONOUN
from graphs.questions import is_no
from graphs.router import route_by_rules
from graphs.wording import content

__all__ = ["corrected"]

# characters; what is longer is no correction, and would be asked about at length
_LONGEST = 300
_NO = re.compile(
    r"(?:(?:no|nope|nah|wrong|sorry|actually|almost|nearly|not (?:quite|really|exactly)"
    r"|that(?:['’]s| is) (?:wrong|not (?:right|true|correct)))\b[\s,.;:!]*)+",
    re.IGNORECASE,
)
_YES = re.compile(r"(?:yes|yeah|yep|ok|okay|sure)\b[\s,.;:!]*(and|but)\s+", re.IGNORECASE)
# "her favourite toy is …", which "it is a ball" gives another end
_OWNED = re.compile(r"(.*(?:['’]s?|\b(?:her|his|its|their)) (?:\w+ ){1,3}(?:is|are))\b", re.I)
_IT_IS = re.compile(r"(?:(?:it|that|they)(?: (?:is|are)|['’](?:s|re))|is|are) ", re.IGNORECASE)
# "no, she isn't" denies and puts nothing in its place
_DENIES = re.compile(
    r"(?:\w+ ){1,3}not|(?:\w+ ){1,2}\w+n['’]t|do(?:n['’]t| not)\b.*", re.IGNORECASE
)


def corrected(fact: str, answer: str, known: Sequence[Known]) -> str:
    """Return what is to be remembered instead, "" where an answer tells nothing new.

    "No, she is 8" puts another fact in its place, and "yes, and she snores" adds one.
    """
    said = answer.strip()
    if len(said) > _LONGEST or "?" in said:
        return ""
    more = _YES.match(said)
    if more is not None:
        rest = said[more.end() :]
        join = " and " if more[1].casefold() == "and" else ", but "
        return f"{fact.rstrip(' .!')}{join}{rest}" if _tells(rest, known) else ""
    no = _NO.match(said)
    rest = said[no.end() :] if no else said
    owned, value = _OWNED.match(fact), _IT_IS.match(rest)
    if owned and value and no and not _denies(rest):
        return f"{owned[1]} {rest[value.end() :]}"
    return rest if _tells(rest, known) else ""


def _tells(text: str, known: Sequence[Known]) -> bool:
    """Tell a sentence about somebody from a word, a request, and from "she isn't"."""
    names = "|".join(re.escape(one.name) for one in known) or r"(?!)"
    begins = re.match(rf"(?:my |our |the )?[<@]?(?:{names})\b", text, re.IGNORECASE)
    if not (begins or PRONOUN.match(text)) or _denies(text) or len(text.split()) < 2:
        return False
    found = route_by_rules(find_mentions(text, known).text, image=False)
    return bool(content(text)) and (found is None or found.route == "remember")


def _denies(text: str) -> bool:
    plain = text.strip(" .,!;:")
    return _DENIES.fullmatch(plain) is not None or is_no(plain)
