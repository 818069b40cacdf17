"""Whom a turn is about where its text leaves that open, as a turn's state holds it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from graphs.data import data
from graphs.pointing import named_object, pointed_at, points
from graphs.ports import Known, TurnPorts
from graphs.pronouns import PRONOUN
from graphs.questions import question
from graphs.recognition import Evidence, evidence, who
from graphs.state import TurnState
from graphs.wishes import left_out

__all__ = ["about_those", "left_alone", "meant_by", "shown_of", "somebody", "surely", "unclear"]


def about_those(concepts: Sequence[Known]) -> TurnState:
    """Say in a state that a turn is about these concepts."""
    return {
        "concepts": [concept.id for concept in concepts],
        "names": [concept.name for concept in concepts],
        "versions": {c.name: c.version for c in concepts if c.version is not None},
    }


def unclear(
    unknown: Sequence[str], among: Sequence[Known], known: Sequence[Known], *, slip: str = ""
) -> dict[str, Any]:
    """Ask whom a name that nobody has means, or whom of several a pronoun; nothing if neither."""
    if slip:
        options = [concept.name for concept in known]
        return question("slip", "unknown_name", options, name=slip)
    if unknown:
        options = [concept.name for concept in known]
        return question("unknown", "unknown_name", options, name=unknown[0])
    if among:
        names = [concept.name for concept in among]
        return question("concept", "which", names, names=" or ".join(names))
    return {}


def meant_by(state: TurnState, chosen: str, ports: TurnPorts) -> TurnState:
    """Name whom a picture is asked of where the text does not: the last one, or who is shown."""
    text, known = state["request"], ports.concepts.list()
    if chosen not in ("generate", "edit"):
        return {}
    if state["names"]:
        return _last_named(state, [one for one in known if one.id in state["concepts"]])
    image = state.get("attachment", "")
    if not image or not points(text, known):
        return {}
    found, seen = surely(image, known, ports)
    read, meant = pointed_at(text, seen)
    if not meant:
        return {}
    weighed = [one.plain() for one in found]
    return {"request": read, **about_those(meant), "how": "seen", "evidence": weighed}


def _last_named(state: TurnState, last: list[Known]) -> TurnState:
    """Write the name of whom "it" means; ask where that may be several."""
    text = state["request"]
    changed = bool(state.get("last_made")) and not state.get("last_request")
    named = state["how"] == "pronoun"
    read = named_object(text, last[0], changed=changed) if named else text
    if len(last) == 1:
        return {"request": read}
    return {} if read == text else {"asking": unclear((), tuple(last), last)}


def shown_of(last: list[Known], state: TurnState, ports: TurnPorts) -> list[Known]:
    """Return whom "her" means beside a photo: who is in it, whoever was spoken of before."""
    pronoun = PRONOUN.search(state["text"])
    answered = state.get("asked") or state.get("chosen")
    shown = re.match(data("routes")["of_shown"], state["text"], re.IGNORECASE)
    # "put her in this photo" means another than who is in it
    if pronoun is None or pronoun[1].casefold() in ("it", "its") or answered or not shown:
        return last
    _, seen = surely(state["attachment"], ports.concepts.list(), ports)
    return [one for one in last if one in seen] or seen or last


def left_alone(state: TurnState, known: Sequence[Known]) -> TurnState:
    """Take those who shall not be in a drawing for nobody it is about."""
    rest, names = left_out(state["request"])
    if not names:
        return {}
    about = [one for one in known if one.id in state["concepts"]]
    about.sort(key=lambda one: state["concepts"].index(one.id))
    kept = [one for one in about if one.name not in names or f"<{one.name}>" in rest]
    return {"request": rest, **about_those(kept)}


def somebody(state: TurnState, known: Sequence[Known]) -> str:
    """Return the id of one beside whom a thing can be drawn: best one the turn is about."""
    drawn = [one.id for one in known if one.version is not None]
    about = (*state["concepts"], *state.get("last_concepts", []), *drawn)
    return next((one for one in about if one in drawn), "")


def surely(
    image: str, known: Sequence[Known], ports: TurnPorts
) -> tuple[list[Evidence], list[Known]]:
    """Return who is surely in a picture, as photos say: the model's opinion takes time."""
    options, by_id = replace(ports.recognition, margin_weight=0.0), {one.id: one for one in known}
    found = evidence(image, known, ports.photos, ports.recogniser, options)
    return found, [by_id[one.concept] for one in who(found, several=True)]
