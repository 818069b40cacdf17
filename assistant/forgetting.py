"""What forgetting a concept has to reach beside the memory: waiting runs and training files."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.exchange import runs_file
from assistant.pictures import picture_home
from assistant.saved_files import files_of_others, pixels_of_file
from assistant.schooling import at_rest, training_folder
from graphs import erase, learning_graph, open_saver, threads, turn_graph, waiting
from memory.names import name_key
from memory.values import Concept, Finding, Receipt

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
    # first what the memory's search will look at
    runs = _drop_runs(assistant, concept, names)
    folder = training_folder(assistant.home, concept.id)
    files = sum(path.is_file() for path in folder.rglob("*")) if folder.exists() else 0
    shutil.rmtree(folder, ignore_errors=True)
    for path in saved:
        path.unlink(missing_ok=True)
    receipt = memory.forget(user, concept.name, images=images, mentions=mentions, also=names[1:])
    removed = {"runs that waited": runs, "training files": files, "saved pictures": len(saved)}
    found = tuple(_explained(assistant, finding) for finding in receipt.found)
    return replace(receipt, removed={**receipt.removed, **removed}, found=found)


def _explained(assistant: "Assistant", finding: Finding) -> Finding:
    """Say so where a finding is a picture that was kept: its name and its record tell of it."""
    path = finding.path
    if finding.reason or picture_home(assistant.home) not in path.parents or not path.is_file():
        return finding
    if not assistant.memory.vault.has(_digest(path)):
        return finding
    return replace(finding, reason="a picture that was kept; forgetting with images removes it")


def _names(assistant: "Assistant", concept: Concept) -> list[str]:
    """Return what a concept is and was called, the present name first.

    Renamings are kept, but by older versions they were not: there its turns tell.
    """
    turns = assistant.memory.turns.about(assistant.user, concept.id)
    told = [one for turn in turns for one in turn.trace.get("concepts", ())]
    then = [str(one["name"]) for one in told if one["id"] == concept.id]
    return list(dict.fromkeys([concept.name, *concept.former_names, *then]))


def _drop_runs(assistant: "Assistant", concept: Concept, names: Sequence[str]) -> int:
    """Erase trainings of a concept, and turns that wait and speak of it."""
    file = runs_file(assistant.home)
    if not file.exists():
        return 0
    learning = f"{assistant.user}:learn:"
    others = [one for one in assistant.memory.concepts.list(assistant.user) if one != concept]
    taken = {name_key(one.name) for one in others}
    # as they are written below
    written = [json.dumps(name)[1:-1] for name in names if name_key(name) not in taken]
    named = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, written))})(?!\w)", re.IGNORECASE)
    with open_saver(file) as saver:
        graphs = {True: learning_graph(saver), False: turn_graph(saver)}
        gone = []
        for thread in threads(saver):
            if not thread.startswith(f"{assistant.user}:"):
                continue
            found = waiting(graphs[thread.startswith(learning)], thread)
            said = json.dumps(dict(found.state)) if found else ""
            if found is None or concept.id in said or named.search(said):
                gone.append(thread)
        erase(saver, gone)
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
