"""The steps of a turn: state in, update out. None of them knows LangGraph.

What asks the user stands in steps of its own that do nothing else: a resumed run repeats them.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, get_args

from backbone.mini.words import with_article
from graphs.correcting import corrected
from graphs.data import data
from graphs.followup import FollowUp, follow_change, follow_up
from graphs.meaning import about_those, left_alone, meant_by, shown_of, somebody, unclear
from graphs.mentions import find_mentions, stranger_of
from graphs.ports import Known, TurnPorts
from graphs.profile import as_it_is_now, asks, before, lines_of, relevant
from graphs.questions import Question, is_left, is_yes, question, take_answer
from graphs.recall import chosen_facts
from graphs.recognition import Evidence, evidence, who
from graphs.router import (
    Route,
    bare_request,
    choose_route,
    means_last_image,
    means_picture,
    route_by_rules,
    speaks_of_things,
    unpolite,
)
from graphs.small_talk import NO_MODEL, all_of, pleasantry
from graphs.spelling import with_apostrophes
from graphs.state import TurnState
from graphs.telling import also_asked, told_fact, told_of
from graphs.wishes import as_addition, as_background, as_drawing, as_removal

__all__ = [
    "ask",
    "consent",
    "correct",
    "draw",
    "edit",
    "give_up",
    "hear",
    "keep",
    "persist",
    "propose",
    "recognise",
    "resolve",
    "route",
    "understand",
]

# questions, of all kinds, before a fact is left unkept
_MOST_CORRECTIONS = 6
_SEVERAL = re.compile(r"\b(?:these|those|they|everyone|everybody|who are|them)\b", re.IGNORECASE)
# what it takes to ask the same again
_Given = Literal[
    "attachment",
    "last_image",
    "last_made",
    "last_concepts",
    "last_request",
    "chosen",
    "seed",
    "no_replay",
]
_GIVEN: tuple[_Given, ...] = get_args(_Given)
Ask = Callable[[Any], Any]


def resolve(state: TurnState, ports: TurnPorts) -> TurnState:
    """Find the concepts the text is about."""
    known = {concept.id: concept for concept in ports.concepts.list()}
    photo = bool(state.get("attachment"))
    last = [known[one] for one in _last_concepts(state) if one in known]
    last = shown_of(last, state, ports) if photo and last else last
    follows = _follows(state, known)
    text = follows.text if follows else state["text"]
    found = find_mentions(text, list(known.values()), last, photo=photo)
    chosen = [known[one] for one in state.get("chosen", []) if one in known]
    concepts = found.concepts or tuple(chosen)
    slip = "" if state.get("as_written") else found.slip
    return {
        "request": found.text,
        **about_those(concepts),
        "how": found.how or ("asked" if chosen else ""),
        "follows": follows.route if follows else "",
        "asking": unclear(found.unknown, found.unclear, list(known.values()), slip=slip),
    }


def _follows(state: TurnState, known: dict[str, Known]) -> FollowUp | None:
    """Return what goes on from the last turn's picture, None if the text does not."""
    if state.get("attachment"):
        return None
    names, request = [one.name for one in known.values()], state.get("last_request", "")
    last = [known[one].name for one in state.get("last_concepts", []) if one in known]
    if state.get("last_made") and not request and len(last) == 1:
        found = follow_change(state["text"], last[0])
    else:
        found = follow_up(state["text"], request, names, picture=bool(state.get("last_image")))
    return found if found and state.get("wanted", "") in ("", found.route) else None


def _last_concepts(state: TurnState) -> list[str]:
    """Return whom a pronoun can mean: beside a photo, "who is she?" means the photo."""
    found = route_by_rules(state["text"], bool(state.get("attachment")))
    photo = found is not None and found.route == "recognise" and bool(state.get("attachment"))
    return [] if photo else state.get("last_concepts", [])


def route(state: TurnState, ports: TurnPorts) -> TurnState:
    """Decide what the text wants, and ask for what that lacks."""
    text = state["request"]
    image = bool(state.get("attachment")) or (
        bool(state.get("last_image")) and means_last_image(text)
    )
    found = (
        _told_route(state)
        or _small_talk(state, ports)
        or _changed_again(state)
        or choose_route(
            ports.writer, text, image, len(state["names"]), last=_is_of_last_image(state)
        )
    )
    stages = [found.stage.plain()] if found.stage else []
    meant = meant_by(state, found.route, ports)
    if found.route == "generate":
        # those who shall not be drawn are known once all who are meant have their names
        meant |= left_alone({**state, **meant}, ports.concepts.list())
    text = meant.get("request", text)
    return {
        **meant,
        "request": as_drawing(text) if found.route == "generate" else text,
        "route": found.route,
        "why": found.why,
        "stages": stages,
        "asking": meant.get("asking") or _lacking(found.route, state),
    }


def _told_route(state: TurnState) -> Route | None:
    """Return the route that a command or the turn before says, None if the text decides."""
    if state.get("follows"):
        return Route(state["follows"], "goes on from a drawing")
    wanted = state.get("wanted", "")
    return Route(wanted, "was told") if wanted and state["request"].strip() else None


def _small_talk(state: TurnState, ports: TurnPorts) -> Route | None:
    """Return the route of what no model has to answer, None for anything else."""
    return Route("understand", NO_MODEL) if _pleasantry(state, ports) else None


def _pleasantry(state: TurnState, ports: TurnPorts) -> str:
    photo, picture = bool(state.get("attachment")), bool(state.get("last_image"))
    return pleasantry(state["request"], ports.concepts.list(), photo=photo, picture=picture)


def _changed_again(state: TurnState) -> Route | None:
    """Return the route of a change of the picture that was just made, None for anything else."""
    named, last = set(state["concepts"]), set(state.get("last_concepts", []))
    if not state.get("last_made") or state.get("attachment") or (named and not named & last):
        return None
    found = route_by_rules(state["request"], True, len(state["names"]))
    if found is None or found.route != "edit" or speaks_of_things(state["request"]):
        return None
    return found


def _is_of_last_image(state: TurnState) -> bool:
    """Tell whether the text is about those that the last turns were about, with a picture."""
    last = set(state.get("last_concepts", []))
    return bool(state.get("last_image") and state["concepts"]) and set(state["concepts"]) <= last


def _lacking(chosen: str, state: TurnState) -> Question:
    if chosen == "clarify":
        return question("text", "empty")
    if chosen in ("edit", "recognise") and not _image(state):
        return question("image", "no_image" if chosen == "edit" else "no_photo")
    return {}


def _image(state: TurnState) -> str:
    return state.get("attachment") or state.get("last_image") or ""


def ask(state: TurnState, asking: Ask) -> TurnState:
    """Ask what is missing; ``asking`` pauses the run until there is an answer."""
    answer = asking(state["asking"])
    return {"asked": [*state.get("asked", []), {**state["asking"], "answer": answer}]}


def hear(state: TurnState, ports: TurnPorts) -> TurnState:
    """Take the answer in, and start again with it."""
    return {"asking": {}, **take_answer(state, ports)}


def give_up(state: TurnState, ports: TurnPorts) -> TurnState:
    """Say that it was not understood, or that it is left as the user wants."""
    if is_left(state):
        return {"route": "clarify", "why": "the user leaves it", "reply": _say("left")}
    return {"route": "clarify", "why": "the answers did not help", "reply": _say("lost")}


def understand(state: TurnState, ports: TurnPorts) -> TurnState:
    """Answer with the concepts, their facts and perhaps a picture in context.

    Where nobody is named it is about those who are in the picture.
    """
    image = state.get("attachment") or (
        state.get("last_image", "") if means_picture(state["request"]) else ""
    )
    pleasant = _pleasantry(state, ports)
    if pleasant:
        return {"reply": pleasant, "facts": {}, "evidence": []}
    stranger = "" if image or state["concepts"] else stranger_of(state["request"])
    if stranger:
        # whatever the model said of them would be made up
        return {"reply": _say("stranger").format(name=stranger), "facts": {}, "evidence": []}
    found = _weighed(state, ports, image) if image else []
    state = state if state["concepts"] else {**state, **_seen(found, ports)}
    recounts = not image and asks("open", unpolite(bare_request(state["request"])))
    facts = _profile(state, ports, every=recounts)
    told = _recounted(state, facts, ports) if recounts else ""
    if told:
        return {"reply": told, "facts": facts, "evidence": []}
    prompt = _with_profile(state, facts, found, ports)
    if image and not state["concepts"]:
        prompt = _with_kind(state, image, ports)
    said = ports.writer.answer(prompt, state["concepts"], image).strip()
    return {
        "concepts": state["concepts"],
        "names": state["names"],
        "versions": state["versions"],
        "how": state["how"],
        "prompt": prompt,
        "reply": said or _say("no_answer"),
        "facts": facts,
        "evidence": [one.plain() for one in found],
    }


def _weighed(state: TurnState, ports: TurnPorts, image: str) -> list[Evidence]:
    """Weigh who is in a picture, above all those the text is about."""
    known = ports.concepts.list()
    eyes, options = ports.recogniser, ports.recognition
    if state["route"] == "understand" and not state["concepts"]:
        # nobody asked who it is: photos say enough, and the model's opinion takes time
        options = replace(options, margin_weight=0.0)
    return evidence(image, known, ports.photos, eyes, options, state["concepts"]) if known else []


def _seen(found: list[Evidence], ports: TurnPorts) -> TurnState:
    """Take those that are surely in a picture for those the text is about."""
    known = {concept.id: concept for concept in ports.concepts.list()}
    sure = tuple(known[one.concept] for one in who(found, several=True))
    return {**about_those(sure), "how": "seen" if sure else ""}


def _profile(state: TurnState, ports: TurnPorts, *, every: bool) -> dict[str, list[str]]:
    """Return the stored facts of each concept that has some, by name; all, or the nearest.

    Few lines are for a model to read; what is only said again may be many.
    """
    if ports.replay.source in ("tokens", "none"):
        return {}
    told: dict[str, list[str]] = {}
    for concept, name in zip(state["concepts"], state["names"], strict=True):
        near = () if every else chosen_facts(state["request"], Known(concept, name), ports)
        told[name] = as_it_is_now(name, ports.facts.list(concept)) if every else list(near)
    return {name: facts for name, facts in told.items() if facts}


def _with_profile(
    state: TurnState, facts: dict[str, list[str]], found: list[Evidence], ports: TurnPorts
) -> str:
    """Put what is known before a question, in a form the small model has learned."""
    told = [(one.name, one.similarity) for one in found if one.concept in state["concepts"]]
    seen = {one.concept for one in found if one.sure}
    # as in training, only those whose rows are in context, and right before the question
    line = f"{ports.recogniser.likeness(told)}\n" if told else ""
    text, kinds = f"{line}{state['request']}", _kinds(state, ports)
    for concept, name in reversed(list(zip(state["concepts"], state["names"], strict=True))):
        lines = lines_of(name, relevant(name, facts.get(name, []), state["request"]))
        lines += [_say("in_photo").format(name=name)] if concept in seen else []
        lines += lines_of(name, (), kinds.get(concept, ""))
        text = before(name, lines, text)
    return text


def _kinds(state: TurnState, ports: TurnPorts) -> dict[str, str]:
    """Return "a dog" or "white" for each concept, by id, where a question is of what it is."""
    if asks("of_colour", state["request"]) and ports.kinds is not None:
        colours = {concept: ports.kinds.colour(concept) for concept in state["concepts"]}
        return {concept: colour for concept, colour in colours.items() if colour}
    if not asks("of_kind", state["request"]):
        return {}
    return {c.id: with_article(c.class_name) for c in ports.concepts.list() if c.class_name}


def _recounted(state: TurnState, facts: dict[str, list[str]], ports: TurnPorts) -> str:
    """Return all that was told of concepts, which answers an open question.

    A small model answers what it is asked for by name; what it says to "tell me about" is little,
    or made up of what its tokens learned.
    """
    kinds = {c.id: with_article(c.class_name) for c in ports.concepts.list() if c.class_name}
    told: list[str] = []
    for concept, name in zip(state["concepts"], state["names"], strict=True):
        if concept in kinds:
            told.append(_say("is_kind").format(name=name, kind=kinds[concept]))
        told += lines_of(name, facts.get(name, []))
    return re.sub(r"<([^<>]+)>", r"\1", " ".join(told))


def _with_kind(state: TurnState, image: str, ports: TurnPorts) -> str:
    """Put what a picture of nobody known shows before a question of what it shows."""
    asked = state["request"]
    coloured = asks("of_colour", asked)
    if ports.kinds is None or not (coloured or asks("of_kind", asked)):
        return asked
    kind = ports.kinds.kind(image, coloured=coloured)
    return f"{_say('shows').format(kind=kind)} {asked}" if kind else asked


def recognise(state: TurnState, ports: TurnPorts) -> TurnState:
    """Say who is in the picture, or that it is nobody known."""
    found = _weighed(state, ports, _image(state))
    plain = [one.plain() for one in found]
    if state["names"]:
        return {"evidence": plain, "reply": _whether(state, found)}
    known = {concept.id: concept for concept in ports.concepts.list()}
    seen = who(found, several=_SEVERAL.search(state["text"]) is not None)
    names = " and ".join(one.name for one in seen)
    return {
        **about_those(tuple(known[one.concept] for one in seen)),
        "evidence": plain,
        "reply": _say("this_is").format(names=names) if seen else _say("nobody"),
    }


def _whether(state: TurnState, found: list[Evidence]) -> str:
    """Say of each concept that was asked about whether it is in the picture."""
    sure = {one.concept for one in found if one.sure}
    pairs = zip(state["concepts"], state["names"], strict=True)
    said = [_say("is_there" if c in sure else "not_there").format(name=name) for c, name in pairs]
    return " ".join(said)


def draw(state: TurnState, ports: TurnPorts) -> TurnState:
    """Draw the composed prompt."""
    made = ports.painter.draw(state["prompt"], state["concepts"], state.get("seed"))
    return {"image": made.image, "used_seed": made.seed, "reply": ""}


def edit(state: TurnState, ports: TurnPorts) -> TurnState:
    """Change the shown picture, or else the last one, as the composed prompt says."""
    prompt, removed = as_removal(bare_request(state["prompt"]), ports.concepts.list())
    prompt = as_background(prompt)
    made = ports.editor.edit(
        _image(state),
        prompt,
        state["concepts"],
        state.get("seed"),
        removed=removed,
        added=as_addition(prompt),
        beside=somebody(state, ports.concepts.list()),
    )
    return {"prompt": prompt, "image": made.image, "used_seed": made.seed, "reply": ""}


def propose(state: TurnState, ports: TurnPorts) -> TurnState:
    """Take the fact out of the user's own words; recalled text never comes here."""
    known = ports.concepts.list()
    text = with_apostrophes(state["text"], known)
    fact = told_fact(text, state["request"], state["names"])
    if not state["names"]:
        return {"fact": fact, "asking": question("whose", "whose", [one.name for one in known])}
    of = about_those(told_of(fact, text, state["concepts"], known))
    return {**of, "fact": fact, "asking": {} if fact else question("fact", "what")}


def consent(state: TurnState, asking: Ask) -> TurnState:
    """Ask whether the fact may be kept; ``asking`` pauses the run until there is an answer."""
    asked = question(
        "consent", "consent", ["yes", "no"], name=all_of(state["names"]), fact=state["fact"]
    )
    answer = asking(asked)
    return {
        "consent": is_yes(answer),
        "asked": [*state.get("asked", []), {**asked, "answer": answer}],
    }


def correct(state: TurnState, ports: TurnPorts) -> TurnState:
    """Take what is told in place of yes or no: "no, she is 8"."""
    asked = state["asked"]
    if state["consent"] or len(asked) >= _MOST_CORRECTIONS:
        return {"correction": ""}
    answer = str(asked[-1]["answer"])
    told = corrected(state["fact"], answer, state["names"], ports.concepts.list())
    return {"correction": told}


def keep(state: TurnState, ports: TurnPorts) -> TurnState:
    """Keep the fact if the user agreed, with each of those it is about."""
    if not state["consent"]:
        return {"reply": _say("not_kept"), "fact_id": ""}
    ids = [ports.facts.add(concept, state["fact"]) for concept in state["concepts"]]
    asked = also_asked(state["text"])
    more = " " + _say("also").format(asked=asked) if asked else ""
    return {"fact_id": ",".join(ids), "reply": _say("kept") + more}


def persist(state: TurnState, ports: TurnPorts) -> TurnState:
    """Write the turn into the journal, with the trace of why."""
    trace = _trace(state)
    turn = {
        "conversation": state.get("conversation", ""),
        "text": state["text"],
        "reply": state.get("reply", ""),
        "intent": state["route"],
        "concepts": state.get("concepts", []),
        "attachment": state.get("attachment", ""),
        "image": state.get("image", ""),
        "given": {key: state[key] for key in _GIVEN if state.get(key)},
        "trace": trace,
    }
    return {"trace": trace, "turn": ports.journal.add(state["key"], turn)}


def _trace(state: TurnState) -> dict[str, Any]:
    """Collect what ``/why`` shows."""
    names, ids = state.get("names", []), state.get("concepts", [])
    how = state.get("how", "")
    pairs = zip(ids, names, strict=True)
    return {
        "concepts": [{"id": one, "name": name, "how": how} for one, name in pairs],
        "route": state["route"],
        "why": state["why"],
        "asked": state.get("asked", []),
        "questions": state.get("questions", []),
        "answers": state.get("answers", []),
        "prompt": state.get("prompt", ""),
        "stages": state.get("stages", []),
        "evidence": state.get("evidence", []),
        "facts": state.get("facts", {}),
        "seed": state.get("used_seed"),
        "versions": state.get("versions", {}),
        "fact": state.get("fact_id", ""),
        "request": state["request"] if state["route"] == "generate" else "",
    }


def _say(name: str) -> str:
    return str(data("sayings")[name])
