"""What has to hold after a life was killed: each check yields a sentence per fault."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assistant import Assistant
from memory import Memory
from memory.checking import check
from memory.searching import Needle, search
from omni_errors import NotFoundError, OmniError
from tests.assistant.work import Life, add

__all__ = ["CHECKS", "whole_store"]

Told = list[list[Any]]


def whole_store(memory: Memory) -> Iterator[str]:
    """Compare rows, files and index."""
    memory.index.sync()
    health = check(memory)
    yield from health.database
    yield from (f"file {one} is missing" for one in health.missing)
    yield from (f"file {one} is damaged" for one in health.damaged)
    if health.index or health.differing:
        yield f"the index differs: {health.index or health.differing}"
    memory.sweep()
    if check(memory).left_over:
        yield "files are left over after a sweep"


def whole_concept(assistant: Assistant, name: str, life: Life) -> Iterator[str]:
    """Look whether a concept that is there is all there."""
    memory, user = assistant.memory, assistant.user
    concept = memory.concepts.find(user, name)
    if concept is None:
        yield f"{name} is not there"
        return
    photos = memory.photos.list(user, concept.id)
    if len(photos) != len(list(life.photos.iterdir())):
        yield f"{name} has {len(photos)} photos"
    if not all(memory.photos.read(user, photo.id) for photo in photos):
        yield f"{name} has an empty photo"
    if life.fact not in [fact.text for fact in memory.facts.list(user, concept.id)]:
        yield f"{name} lacks its fact"
    if len(assistant.tokens_of([concept.id])) != 1:
        yield f"{name} has no tokens"


def survives_add(assistant: Assistant, life: Life, told: Told, whole: Told) -> Iterator[str]:
    """See that it is usable once that was said, and that training ends as if undisturbed."""
    known = [one.concept.name for one in assistant.concepts.list()]
    if known or ["usable"] in told:
        yield from whole_concept(assistant, life.name, life)
    yield from whole_store(assistant.memory)
    again: Told = []
    add(assistant, life, lambda *what: again.append(list(what)))
    wanted = {one[1]: one[2] for one in whole if one[0] == "step"}
    for one in (*told, *again):
        if one[0] == "step" and one[2] != wanted[one[1]]:
            yield f"the loss of step {one[1]} is {one[2]}, not {wanted[one[1]]}"
    result = next(one for one in whole if one[0] == "done")
    if again[-1] != result:
        yield f"training came to {again[-1]}, not {result}"


def survives_chat(assistant: Assistant, life: Life, told: Told, whole: Told) -> Iterator[str]:
    """See that what was told of is kept, and a question waits or is done as was agreed."""
    memory, user = assistant.memory, assistant.user
    yield from whole_store(memory)
    facts = {fact.text for fact in assistant.concepts.facts(life.name)}
    for kind, *what in told:
        if kind == "turn" and not memory.turns.get(user, what[0]).reply:
            yield f"the turn {what[0]} says nothing"
        if kind == "fact" and what[0] not in facts:
            yield f"{what[0]!r} is not remembered"
        if kind == "picture" and not Path(what[0]).stat().st_size:
            yield f"{what[0]} is empty"
    if told and told[-1][0] == "asked":
        fact = f"Maeve has {sum(one[0] == 'asked' for one in told) - 1} balls"
        waits = assistant.chat(told[-1][1]).waiting is not None
        # looked for afterwards: whoever said yes just before the kill finds it done on opening
        if not waits and fact not in {one.text for one in assistant.concepts.facts(life.name)}:
            yield "the question does not wait, and what was agreed to is not done"
    if not assistant.ask("What is Maeve's toy?").turn:
        yield "nothing can be asked any more"


def survives_forget(assistant: Assistant, life: Life, told: Told, whole: Told) -> Iterator[str]:
    """See that it is there or gone, and that nothing is left when forgetting is done."""
    for kind, *what in told:
        if kind == "gone":
            yield from (f"found {one}" for one in what[0])
    if assistant.memory.concepts.find(assistant.user, life.name) is not None:
        if told:
            yield "it is still there"
        yield from whole_concept(assistant, life.name, life)
        again = assistant.concepts.forget(life.name, images=True, mentions=True)
        yield from (f"found {one.kind} in {one.path}" for one in again.unexplained)
    yield from whole_store(assistant.memory)
    try:
        assistant.concepts.show(life.name)
        yield "it can be shown"
    except NotFoundError:
        pass
    assistant.close()
    needles = [Needle("name", life.name), Needle("fact", life.fact.removeprefix("Her toy is "))]
    for hit in search(life.home, needles).hits:
        yield f"its {hit.needle.kind} is in {hit.path}"


def survives_import(assistant: Assistant, life: Life, told: Told, whole: Told) -> Iterator[str]:
    """See that what was taken in is there, and whatever is there is whole."""
    known = {one.concept.name for one in assistant.concepts.list()}
    yield from (f"{one[1]} is not there" for one in told if one[1] not in known)
    for name in known:
        yield from whole_concept(assistant, name, life)
    yield from whole_store(assistant.memory)
    try:
        assistant.concepts.import_(life.archive, name="Once more")
    except OmniError as error:
        yield f"nothing can be imported any more: {error}"


CHECKS: dict[str, Callable[[Assistant, Life, Told, Told], Iterator[str]]] = {
    "add": survives_add,
    "chat": survives_chat,
    "forget": survives_forget,
    "import": survives_import,
}
