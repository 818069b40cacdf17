"""What forgetting a concept has to reach beside the memory: typed lines, runs, other files."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.exchange import runs_file
from assistant.history import forget_lines, history_files
from assistant.pictures import picture_home
from assistant.saved_files import files_of_others, pixels_of_file
from assistant.schooling import School, at_rest, training_folder
from graphs import erase, learning_graph, open_saver, threads, turn_graph, waiting
from memory.values import Concept, Finding, Receipt
from memory.wording import Wording, matching, names_of_others

if TYPE_CHECKING:
    from assistant.assistant import Assistant

__all__ = ["forget"]


def forget(assistant: "Assistant", name: str, *, images: bool, mentions: bool) -> Receipt:
    """Remove a concept and everything known of it, then search for what is left.

    Raises:
        NotFoundError: if there is no such concept.
        InputError: if another process is learning it.
    """
    memory, user = assistant.memory, assistant.user
    concept = memory.concepts.get(user, name)
    # what learns would write its files anew behind our back
    at_rest(assistant.home, concept)
    saved = _saved_files(assistant, concept) if images else set()
    names = _names(assistant, concept)
    naming = matching(names, _names_of_others(assistant, concept, names))
    # first what the memory's search will look at; on some systems the history is among it
    lines = forget_lines(assistant.history, naming)
    runs = _drop_runs(assistant, concept, naming)
    files = _drop_training(assistant, concept)
    given_up = _give_up_others(assistant, concept, naming, matching(_facts(assistant, concept)))
    stuck = _unlinked(saved)
    receipt = memory.forget(
        user,
        concept.name,
        images=images,
        mentions=mentions,
        also=names[1:],
        # weights say nothing of anybody, and would take long
        apart=[assistant.places.cache / "models"],
        outside=_outside(assistant),
    )
    removed = {
        "runs that waited": runs,
        "training files": files,
        "stopped trainings of others that were told of it": given_up,
        "saved pictures": len(saved) - len(stuck),
    }
    return replace(
        receipt,
        removed={**receipt.removed, **removed},
        found=tuple(_explained(assistant, finding, stuck) for finding in receipt.found),
        notes=(
            *receipt.notes,
            *_typed(lines),
            *(f"Could not be removed: {path}" for path in sorted(stuck)),
        ),
    )


def _facts(assistant: "Assistant", concept: Concept) -> list[str]:
    return [fact.text for fact in assistant.memory.facts.list(assistant.user, concept.id)]


def _drop_training(assistant: "Assistant", concept: Concept) -> int:
    """Delete what learning a concept left; return how many files that were."""
    folder = training_folder(assistant.home, concept.id)
    files = sum(path.is_file() for path in folder.rglob("*")) if folder.exists() else 0
    shutil.rmtree(folder, ignore_errors=True)
    return files


def _give_up_others(
    assistant: "Assistant", concept: Concept, naming: Wording, telling: Wording
) -> int:
    """Give up the stopped trainings of other concepts that keep words of one; return how many.

    What those learn is written down where they lie, a fact that both are told included.
    """
    given_up = 0
    for other in assistant.memory.concepts.list(assistant.user):
        if other.id == concept.id:
            continue
        files = list(training_folder(assistant.home, other.id).glob("*/described.json"))
        told = [file.read_text("utf-8", "replace") for file in files]
        if any(naming.search(text) or telling.search(text) for text in told):
            School(assistant).give_up(other)
            # one that a process is busy with is its own to drop
            given_up += sum(not file.exists() for file in files)
    return given_up


def _unlinked(files: Iterable[Path]) -> set[Path]:
    """Delete files, whatever becomes of the others; return those that cannot be deleted."""
    stuck = set[Path]()
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            stuck.add(path)
    return stuck


def _outside(assistant: "Assistant") -> list[str]:
    """Return what is not in the memory's folder here; systems differ."""
    places = assistant.places
    kinds = {"history": places.state, "logs": places.state, "caches": places.cache}
    return [kind for kind, path in kinds.items() if not path.is_relative_to(places.data)]


def _typed(lines: int) -> tuple[str, ...]:
    """Say how many lines of chats are gone."""
    said = "1 line that names it" if lines == 1 else f"{lines} lines that name it"
    return (f"Took {said} out of the history of chat.",) if lines else ()


def _explained(assistant: "Assistant", finding: Finding, stuck: set[Path]) -> Finding:
    """Say why a file beside the memory's own holds a text."""
    could_not = "it could not be removed" if finding.path in stuck else ""
    reason = finding.reason or could_not or _reason(assistant, finding.path)
    return replace(finding, reason=reason)


def _reason(assistant: "Assistant", path: Path) -> str:
    if path in history_files(assistant.places.state):
        return "lines that somebody else typed, or typed of others"
    if picture_home(assistant.home) not in path.parents or not path.is_file():
        return ""
    # its name and its record tell of it
    kept = assistant.memory.vault.has(_digest(path))
    return "a picture that was kept; forgetting with images removes it" if kept else ""


def _names(assistant: "Assistant", concept: Concept) -> list[str]:
    """Return what a concept is and was called, the present name first.

    Renamings are kept, but by older versions they were not: there its turns tell.
    """
    turns = assistant.memory.turns.about(assistant.user, concept.id)
    told = [one for turn in turns for one in turn.trace.get("concepts", ())]
    then = [str(one["name"]) for one in told if one["id"] == concept.id]
    return list(dict.fromkeys([concept.name, *concept.former_names, *then]))


def _names_of_others(assistant: "Assistant", concept: Concept, names: list[str]) -> tuple[str, ...]:
    known = assistant.memory.concepts.list(assistant.user)
    others = [(one.name, one.former_names) for one in known if one.id != concept.id]
    return names_of_others(names, others)


def _drop_runs(assistant: "Assistant", concept: Concept, naming: Wording) -> int:
    """Erase trainings of a concept, and turns that wait and speak of it."""
    file = runs_file(assistant.home)
    if not file.exists():
        return 0
    learning = f"{assistant.user}:learn:"
    with open_saver(file) as saver:
        graphs = {True: learning_graph(saver), False: turn_graph(saver)}
        gone, shown = list[str](), list[str]()
        for thread in threads(saver):
            if not thread.startswith(f"{assistant.user}:"):
                continue
            found = waiting(graphs[thread.startswith(learning)], thread)
            said = json.dumps(dict(found.state), ensure_ascii=False) if found else ""
            if found is None or concept.id in said or naming.search(said):
                gone.append(thread)
                shown += assistant.gallery.ids(found.state.get("attachment", "")) if found else ()
        erase(saver, gone)
    # photos that were shown with them belong to no turn
    assistant.gallery.give_back(shown)
    return len(gone)


def _saved_files(assistant: "Assistant", concept: Concept) -> set[Path]:
    """Find the files that pictures of a concept, and what was edited from them, were saved as.

    Turns say where; a picture whose turn was removed is known by its pixels, whatever else was
    taken out of the file.
    """
    memory, user = assistant.memory, assistant.user
    shown = [
        image
        for image in memory.images.list(user)
        if any(concept.id in one.concepts for one in memory.images.lineage(user, image.id))
    ]
    named = {assistant.file_of(image.id) for image in shown}
    named -= {memory.vault.path(image.sha256) for image in shown}
    looks = {pixels_of_file(memory.vault.path(image.sha256)) for image in shown} - {""}
    files = set(picture_home(assistant.home).rglob("*.png") if looks else ())
    # what stays is not searched, however alike it is
    files -= files_of_others(memory, {image.id for image in shown})
    return named | {path for path in files if pixels_of_file(path) in looks}


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
