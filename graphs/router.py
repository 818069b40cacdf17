"""What a text wants: understand, recognise, generate, edit or remember.

Rules decide first; the model is asked only where none does, and only its clear words count.
"""

import re
from dataclasses import dataclass
from typing import Any

from graphs.data import data
from graphs.exemplars import few_shot
from graphs.ports import Writer
from graphs.stage import Stage, settle
from graphs.wording import first_line

__all__ = ["ROUTES", "Route", "choose_route", "means_last_image", "means_picture", "route_by_rules"]
__all__ += ["bare_request", "either_apostrophe", "speaks_of_things", "unpolite"]

ROUTES = ("understand", "recognise", "generate", "edit", "remember", "clarify")


@dataclass(frozen=True)
class Route:
    """Where a turn goes, why, and the stage in which the model decided, if it did."""

    route: str
    why: str
    stage: Stage | None = None


def choose_route(
    writer: Writer, text: str, image: bool, names: int = 0, *, last: bool = False
) -> Route:
    """Decide by rules, or else by the model; ``image``: is there one to change or look at.

    ``last``: is there an earlier one, which some texts mean without saying so.
    """
    found = route_by_rules(text, image, names, last=last)
    return found if found else _by_model(writer, text)


def route_by_rules(text: str, image: bool, names: int = 0, *, last: bool = False) -> Route | None:
    """Return the first rule's route that fits a text, or None."""
    # long runs of blanks would be gone through again and again
    whole = " ".join(text.split()).replace("’", "'")
    bare = unpolite(whole)
    if not bare:
        return Route("clarify", "the text is empty")
    for rule in data("routes")["rules"]:
        said = whole if rule.get("whole") else bare
        if _applies(rule, said, image or (last and "last" in rule), names):
            return Route(rule["route"], rule["why"])
    return None


def means_last_image(text: str) -> bool:
    """Tell whether a text speaks of what is already there, be it as "it"."""
    return re.search(data("routes")["last_image"], text, re.IGNORECASE) is not None


def means_picture(text: str) -> bool:
    """Tell whether a text speaks of a picture that is already there, as one."""
    return re.search(data("routes")["picture"], text, re.IGNORECASE) is not None


def speaks_of_things(text: str) -> bool:
    """Tell whether a text is of what stands in no picture: a list, the topic, the kettle."""
    return (
        re.search(rf"\b(?:{'|'.join(data('words')['things'])})\b", text, re.IGNORECASE) is not None
    )


def _applies(rule: dict[str, Any], text: str, image: bool, names: int) -> bool:
    if rule.get("needs") == ("no image" if image else "image"):
        return False
    if rule["route"] == "recognise" and bool(names) is not rule.get("names", False):
        # "who is maeve's friend" asks for a fact, and "is maeve in it" needs a name
        return False
    return re.search(rule["pattern"], text, re.IGNORECASE) is not None


def unpolite(text: str) -> str:
    """Drop "please", "could you" and the like from the front."""
    return _without(data("routes")["polite"], text)


def bare_request(text: str) -> str:
    """Drop what is polite from both ends of a request, as "could you" and "please?".

    "I want Maeve in blue" stays: it says what is wanted.
    """
    whole = " ".join(text.split())
    front = _without(data("routes")["asked"], whole)
    end = front.rstrip("?!. ")
    bare = _without(data("routes")["polite_end"], end)
    # what is not polite at all keeps how it ends
    return bare if bare and (front, bare) != (whole, end) else whole


def either_apostrophe(pattern: str) -> str:
    """Let a pattern's apostrophes be curly, too; none may stand in a class of signs."""
    return pattern.replace("'", "['’]")


def _without(pattern: str, text: str) -> str:
    """Take out what fits a pattern as long as something does."""
    found = re.compile(either_apostrophe(pattern), re.IGNORECASE)
    while (shorter := found.sub("", text)) != text:
        text = shorter
    return text


def _by_model(writer: Writer, text: str) -> Route:
    routes = data("routes")
    meanings: dict[str, str] = routes["meanings"]

    def read(raw: str) -> str:
        found = re.match(r"\w+", first_line(raw).casefold())
        return meanings.get(found[0], "") if found else ""

    def check(route: str) -> str:
        return "" if route else f"is none of {', '.join(meanings)}"

    opened = {"t": text}
    prompts = [few_shot(form, routes["solved"], opened, "r") for form in routes["forms"]]
    # answering changes nothing, so it is what happens in doubt
    stage = settle("route", "", prompts, writer.answer, read, check, "understand")
    return Route(stage.result, f"no rule fits; by {stage.by}", stage)
