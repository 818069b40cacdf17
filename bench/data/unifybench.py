"""UnifyBench's own layout (arctanxarc/UniCTokens), read as it was published.

Both forms of ``t2i_conditions.json`` are read: a list whose first entry is for faces and whose
others ask for knowledge, and a record of lists by kind, where each list that asks for knowledge
has a twin that says it. Its data is for non-commercial use.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from bench.data.contents import hash_files, hash_folders
from bench.data.edits import edit_items, outline
from bench.data.items import Bench, Fact, Item, Subject, escaped, write_bench
from bench.data.living import is_person
from bench.data.pictures import Shelf
from bench.data.questions import drawing_items
from bench.data.reading import FoundPhoto, read_photos
from omni_errors import FolderError, InputError

__all__ = ["Prompt", "contents", "is_unifybench", "prompts_of", "read_unifybench"]

_LIST, _FOLDERS = "concepts_list.json", ("concept", "test_data", "random_images")

_TASKS = {"rec": "rec", "vqa": "vqa", "text_only": "qa"}
_SEEDS = 2**31
# prompts that need knowledge, the first kind with some that are learned from before its test's
_DRIVEN, _DENSE = "personalized_driven_generation", "personalized_dense_prompt_generation"
_PLAIN, _EXPLICIT = "dense_prompt_generation", "explicit_"


@dataclass(frozen=True)
class Prompt:
    """A prompt of UnifyBench's own; ``explicit`` is the same with the fact it needs said."""

    text: str
    explicit: str = ""


def is_unifybench(folder: Path) -> bool:
    """Tell whether a folder has UnifyBench's layout."""
    return (folder / _LIST).is_file() and (folder / "concept" / "train").is_dir()


def contents(root: Path) -> dict[str, str]:
    """Hash what is read of UnifyBench, folder by folder."""
    return {_LIST: hash_files(root, [root / _LIST]), **hash_folders(root, _FOLDERS)}


def read_unifybench(root: Path, folder: Path, *, seed: int) -> Bench:
    """Read UnifyBench, and add our edit items to its own.

    Raises:
        FolderError: if its questions were not made yet.
        InputError: if a file is not what it should be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shelf, names = Shelf(folder), _json(root / _LIST)
    subjects: list[Subject] = []
    items: list[Item] = []
    left_out: dict[str, list[str]] = {}
    for number, name in enumerate(names):
        rng = np.random.default_rng([seed, number])
        found, without = _photos(root, name)
        subject = _subject(root, name, found, shelf)
        subjects.append(subject)
        items += [*_own(root, subject, shelf), *_pictures(root, subject, rng)]
        outlined = outline([photo.image for photo in found["test"]], subject.class_word)
        items += edit_items(subject, outlined, shelf, rng)
        if without:
            left_out[name] = without
    made = {
        "licence": "CC BY-NC 4.0 says its README",
        "content": contents(root),
        **({"left_out": left_out} if left_out else {}),
    }
    bench = Bench(seed, tuple(subjects), tuple(items), "unifybench", escaped(made), folder=folder)
    write_bench(bench, folder)
    return bench


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file} cannot be read: {error}.") from error


def _photos(root: Path, name: str) -> tuple[dict[str, tuple[FoundPhoto, ...]], list[str]]:
    """Read the photos to learn from and those of the test, and say which were left out and why."""
    listed = root / "concept" / "train" / "train_images.json"
    files = _json(listed).get(name) if listed.is_file() else None
    photos: dict[str, tuple[FoundPhoto, ...]] = {}
    left_out: list[str] = []
    for use, wanted in (("train", files), ("test", None)):
        place = root / "concept" / use / name
        photos[use], reasons = read_photos(_located(place, wanted), place)
        # the names of files are the same in both
        left_out += [f"{use}/{reason}" for reason in reasons]
    return photos, left_out


def _subject(
    root: Path, name: str, found: Mapping[str, Sequence[FoundPhoto]], shelf: Shelf
) -> Subject:
    info = _json(root / "concept" / "train" / name / "info.json")
    paths = {
        use: tuple(shelf.put(p.image, "photos", name, f"{use}-{Path(p.file).stem}") for p in kept)
        for use, kept in found.items()
    }
    facts = [Fact(_named(text, name), True) for text in _texts(info.get("info"))]
    facts += [_hidden(_named(text, name)) for text in _texts(info.get("extra_info"))]
    live = info.get("generation_type") == "live_subject"
    word = str(info.get("class", "thing"))
    kind = info.get("conversation_type")
    human = kind == "human"
    # a pet called an actor is none
    denied = kind is not None and not human and is_person(word)
    photos = (paths["train"], paths["test"])
    return Subject(name, name, word, live, *photos, tuple(facts), human=human, not_human=denied)


def _located(place: Path, files: Sequence[str] | None) -> list[Path]:
    """Find listed files by their names, whatever folders the list was written with."""
    if not place.is_dir():
        raise InputError(
            f"{place} is missing: photos of {place.name} are expected there"
            f"{'' if files else ', and t2i_conditions.json'}.",
            hint=f"Put the whole of UnifyBench there, or take {place.name} out of {_LIST}.",
        )
    there = sorted(p for p in place.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if files is None:
        return there
    wanted = {Path(file).name for file in files}
    return [path for path in there if path.name in wanted]


def _texts(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else [str(one) for one in given or []]


def _named(text: str, name: str) -> str:
    return text.replace("<sks>", f"<{name}>")


def _hidden(text: str) -> Fact:
    from bench.data.facts import understood

    return understood(text, visible=False)


def _own(root: Path, subject: Subject, shelf: Shelf) -> Iterator[Item]:
    """Read the questions of ``test_data/<name>.json``, which the dataset's own script makes."""
    whole = root / "test_data" / f"{subject.name}.json"
    if not whole.is_file():
        raise FolderError(
            f"{whole} is missing: UnifyBench's questions (rec, vqa and text_only) stand there.",
            hint="Make it with the dataset's gen_test_data.py.",
        )
    for number, row in enumerate(_json(whole)):
        kind = str(row["type"])
        task = "choice" if "choice" in kind else _TASKS.get(kind)
        if task is None:
            raise InputError(
                f"{whole} has an item of type {kind!r}.",
                hint=f"Known: {', '.join(_TASKS)} and names with choice.",
            )
        said = {turn["from"]: str(turn["value"]) for turn in row["conversations"]}
        text, answer = (_named(said[who], subject.name) for who in ("human", "gpt"))
        image = "" if task == "qa" else _image(root, str(row.get("image", "")), shelf)
        yield Item(
            f"{subject.name}/{task}/{number}",
            task,
            subject.name,
            text.replace("<image>", "").strip(),
            answer,
            image=image,
            provenance="UnifyBench",
        )


def _image(root: Path, path: str, shelf: Shelf) -> str:
    """Copy a picture that an item names, wherever below the root it lies."""
    parts = Path(path).parts
    for start in range(len(parts)):
        inner = Path(*parts[start:])
        # no item reaches outside its benchmark, but links in it may: so do those of a hub's copy
        if inner.anchor or ".." in inner.parts:
            continue
        file = root / inner
        if file.is_file():
            photos, _ = read_photos([file], file.parent)
            return shelf.put(photos[0].image, "photos", "_asked", *parts[start:-1], file.stem)
    raise InputError(f"The picture {path} of an item is not below {root}.")


def _pictures(root: Path, subject: Subject, rng: Generator) -> Iterator[Item]:
    """Ask for the 25 pictures, for a plain photo (faces), and for those that need knowledge."""
    yield from drawing_items(subject, rng)
    info = _json(root / "concept" / "train" / subject.name / "info.json")
    file = root / "concept" / "test" / subject.name / "t2i_conditions.json"
    plain, knowing = prompts_of(_json(file), info.get("num_testing_info"))
    for task, found in (("draw", plain), ("parg", knowing)):
        for number, prompt in enumerate(found):
            yield _own_prompt(f"{subject.name}/{task}/own-{number}", task, subject, prompt, rng)


def _own_prompt(name: str, task: str, subject: Subject, prompt: Prompt, rng: Generator) -> Item:
    # what is said of one prompt is better than all that is known of the subject
    told = task == "parg" and not prompt.explicit
    return Item(
        name,
        task,
        subject.name,
        _named(prompt.text, subject.name),
        _told(subject) if told else _named(prompt.explicit, subject.name),
        kind=_kind(subject) if told else "",
        fact=_fact(subject) if told else None,
        seed=int(rng.integers(_SEEDS)),
        provenance="UnifyBench",
    )


def prompts_of(conditions: Any, tested: int | None = None) -> tuple[list[Prompt], list[Prompt]]:
    """Split t2i conditions of either form into plain prompts and those that need knowledge.

    ``tested`` is how many of the driven prompts, the last ones, are for the test; None takes all.

    Raises:
        InputError: if prompts and what they mean are not as many.
    """
    if not isinstance(conditions, Mapping):
        found = [Prompt(text) for text in _texts(conditions)]
        return found[:1], found[1:]
    driven = _paired(conditions, _DRIVEN)
    # not [-tested:], which takes all for 0
    first = 0 if tested is None else max(len(driven) - int(tested), 0)
    plain = [Prompt(text) for text in _texts(conditions.get(_PLAIN))]
    return plain, driven[first:] + _paired(conditions, _DENSE)


def _paired(conditions: Mapping[str, Any], kind: str) -> list[Prompt]:
    texts, said = (_texts(conditions.get(key)) for key in (kind, _EXPLICIT + kind))
    if len(texts) != len(said):
        raise InputError(
            f"t2i_conditions.json has {len(texts)} texts in {kind!r}, but {len(said)} in "
            f"{_EXPLICIT + kind!r}.",
            hint="They belong together one by one.",
        )
    return [Prompt(*pair) for pair in zip(texts, said, strict=True)]


def _fact(subject: Subject) -> int | None:
    """Find the one hidden fact; with several a judge is told all, the item's answer."""
    hidden = [n for n, fact in enumerate(subject.facts) if not fact.visible]
    return hidden[0] if len(hidden) == 1 else None


def _kind(subject: Subject) -> str:
    number = _fact(subject)
    return "" if number is None else subject.facts[number].kind


def _told(subject: Subject) -> str:
    hidden = [fact.text for fact in subject.facts if not fact.visible]
    return ". ".join(text.rstrip(". ") for text in hidden)
