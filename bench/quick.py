"""How soon real subjects can be used and are trained, and what training gives, one by one.

Run ``python -m bench.quick FOLDER --out OUT``, with folders of photos as for ``bench.subjects``.
Every subject is added as ``omni concept add`` does it, with two invented facts, the model opened
anew, and then trained with ``quick`` beside those that were added before. Before and after, its two
held-out photos and those of all the others are asked about by its tokens alone, the facts and its
class without a photo and without the profile, and it is drawn in twelve places.
With ``--together`` everybody is added before anybody is trained, so that each knows all others;
before training nothing is asked then. With ``--workers 2`` two are learned at once on the same
cores, so that each is slower than it would be alone. Done subjects are kept in OUT, so that a run
goes on, with the same model and in the same mode alone: ``settings.json`` holds these.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image

from assistant import Assistant
from backbone import ImageOptions, TextOptions
from backbone.images import flatten
from backbone.mini.places import PLACES
from bench.data.facts import invent
from bench.data.items import Fact
from bench.data.kinds import ask_ways
from bench.data.wording import fill, templates
from bench.drawings import mean_look, nearest_look
from bench.judges.judge import AskedAnswer
from bench.judges.rules import RuleJudge
from bench.judges.scenes import SceneReader
from bench.running.versions import code_version
from bench.subjects import Subject, hold_out, open_subjects, photo_files
from learning.facts import fact_sentence
from omni_errors import InputError

__all__ = ["Options", "Row", "Seen", "learn", "line", "main", "questions", "read", "settle"]
__all__ += ["table", "tells"]

_PRESET, _SEED = "quick", 0
_TOKENS = 48
_SHARES = ("yes", "no", "itself", "told")


@dataclass(frozen=True)
class Seen:
    """Shares: own photos taken for it, others' not, and drawings that are nearest to its photos.

    ``told`` is the share of questions about facts and class that the tokens alone answer, as the
    judge of rules sees it.
    """

    yes: float
    no: float
    itself: float
    # what was measured before this was asked has none
    told: float = math.nan


@dataclass(frozen=True)
class Row:
    """What came of one subject; ``active`` says whether the trained tokens are in use."""

    subject: str
    class_word: str
    photos: int
    usable_s: float
    trained_s: float
    steps: int
    active: bool
    instant: Seen
    trained: Seen


# of what was not asked
_UNSEEN = Seen(*(math.nan,) * len(_SHARES))


@cache
def _subjects(folder: Path) -> list[Subject]:
    # `main` has told who is left out
    return open_subjects(folder, on_skip=lambda text: None)


def learn(folder: Path, name: str, home: Path, options: "Options") -> Row:
    """Add a subject if need be, train it, and ask about it before and after."""
    subject = next(one for one in _subjects(folder) if one.name == name)
    assistant = Assistant(home=home, model=options.model)
    try:
        concept, usable = _added(assistant, folder, subject)
        instant = _UNSEEN if options.together else _seen(assistant, concept, folder, name)
        began = time.monotonic()
        training = assistant.concepts.train(name, _PRESET)
        took = time.monotonic() - began
        trained = _seen(assistant, concept, folder, name)
        photos = len(assistant.memory.photos.list(assistant.user, concept))
    finally:
        assistant.close()
    return Row(
        name,
        subject.class_word,
        photos,
        round(usable, 1),
        round(took, 1),
        int(training["steps"]),
        bool(training["active"]),
        instant,
        trained,
    )


def _added(assistant: Assistant, folder: Path, subject: Subject) -> tuple[str, float]:
    """Return the concept of a subject, and after how long it could be used; nan if it is known."""
    known = assistant.memory.concepts.find(assistant.user, subject.name)
    if known is not None:
        return known.id, math.nan
    files, _ = hold_out(photo_files(folder / subject.name))
    facts = [fact.text for fact in _facts(folder)[subject.name]]
    began = time.monotonic()
    made = assistant.concepts.add(
        files, name=subject.name, class_name=subject.class_word, facts=facts
    )
    return made.concept.id, time.monotonic() - began


def _seen(assistant: Assistant, concept: str, folder: Path, name: str) -> Seen:
    """Ask about everybody's held-out photos, tokens alone, and draw."""
    own, others = [], []
    for subject in _subjects(folder):
        for file in hold_out(photo_files(folder / subject.name))[1]:
            with Image.open(file) as opened:
                margin = assistant.eyes.margin_of(concept, flatten(opened))
            if subject.name == name:
                own.append(margin > 0)
            else:
                others.append(margin <= 0)
    itself, told = _drawn(assistant, concept, folder, name), _told(assistant, concept, folder, name)
    return Seen(float(np.mean(own)), float(np.mean(others)), itself, told)


@cache
def _facts(folder: Path) -> dict[str, tuple[Fact, ...]]:
    """Invent a home and a toy for everybody."""
    subjects = _subjects(folder)
    classes = [one.class_word for one in subjects]
    invented = invent(len(subjects), classes, np.random.default_rng(_SEED))
    return {one.name: facts for one, facts in zip(subjects, invented, strict=True)}


def questions(facts: Sequence[Fact], name: str, class_word: str) -> list[tuple[str, str]]:
    """Ask for every fact and the class in words that no lesson uses; with the right answers."""
    asked = []
    for fact in facts:
        ways, slots = ask_ways(fact, name)
        said = fact_sentence(fact.text, name)
        asked += [(fill(way, name, **slots), said) for way in ways]
    words = templates()["qa class"]
    return [*asked, (fill(words["ask"][0], name), fill(words["answer"], name, class_word))]


def tells(said: str, question: str, answer: str) -> bool:
    """Tell whether what was said is all of the right answer and nothing against it."""
    # answers are judged without the reader of scenes, which takes a minute to make
    judge = RuleJudge(cast(SceneReader, None))
    return judge.answer(AskedAnswer(question, answer, said)).mark == 1


def _told(assistant: Assistant, concept: str, folder: Path, name: str) -> float:
    """Ask without a photo and without the profile."""
    model, tokens = assistant.backbone, assistant.eyes.tokens([concept])
    class_word = next(one.class_word for one in _subjects(folder) if one.name == name)
    right = []
    for asked, answer in questions(_facts(folder)[name], tokens[0].name, class_word):
        said = model.answer(model.read(tokens).add_text(asked), TextOptions(_TOKENS))
        right.append(tells(said, asked, answer))
    return float(np.mean(right))


def _drawn(assistant: Assistant, concept: str, folder: Path, name: str) -> float:
    model, subjects = assistant.backbone, _subjects(folder)
    means = mean_look(model, subjects)
    tokens = assistant.eyes.tokens([concept])
    right = []
    for place in templates()["places"]:
        prompt = f"a photo of <{tokens[0].name}> {PLACES[place].phrases[0]}"
        made = model.generate(prompt, concepts=tokens, options=ImageOptions(seed=_SEED)).image
        right.append(subjects[nearest_look(model, made, means)].name == name)
    return float(np.mean(right))


# all of them


@dataclass(frozen=True)
class Options:
    """Say with what model, and how many are learned at once."""

    model: str = "omni-mini"
    workers: int = 1
    # everybody is added first
    together: bool = False


def _share(folder: Path, names: Sequence[str], out: Path, number: int, options: Options) -> int:
    """Learn some subjects in one memory, each kept when it is done."""
    torch.set_num_threads(max((os.cpu_count() or 1) // options.workers, 1))
    done, home = {row.subject for row in read(out)}, out / f"home-{number}"
    if options.together:
        with closing(Assistant(home=home, model=options.model)) as assistant:
            for subject in _subjects(folder):
                _added(assistant, folder, subject)
    for name in (one for one in names if one not in done):
        row = learn(folder, name, home, options)
        with (out / f"rows-{number}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(row)) + "\n")
        print(line(row), flush=True)
    return number


def settle(out: Path, options: Options) -> None:
    """Keep by what is learned in a folder, and say where other code learned before.

    Raises:
        InputError: if what is there was learned with another model or in the other mode.
    """
    now, file = {"model": options.model, "together": options.together}, out / "settings.json"
    kept = json.loads(file.read_text("utf-8")) if file.is_file() else _guessed(read(out))
    if kept is not None and any(kept[key] != value for key, value in now.items()):
        was, wanted = (_spelled(one) for one in (kept, now))
        raise InputError(
            f"{out} holds what was learned {was}; this run learns {wanted}.",
            hint="Name another folder with --out, or run it as before.",
        )
    code = dict.fromkeys([*(kept or {}).get("code", []), code_version()])
    if len(code) > 1:
        print(f"Not all subjects in {out} are learned by the same code.", file=sys.stderr)
    out.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({**now, "code": list(code)}, indent=1), "utf-8")


def _guessed(rows: Sequence[Row]) -> dict[str, Any] | None:
    """Take rows of before there were settings for the usual model's; the mode is seen in them."""
    together = any(math.isnan(row.instant.yes) for row in rows)
    return {"model": Options.model, "together": together, "code": ["unknown"]} if rows else None


def _spelled(settings: Mapping[str, Any]) -> str:
    mode = "all together" if settings["together"] else "one by one"
    return f"by {settings['model']}, {mode}"


def read(out: Path) -> list[Row]:
    """Read what is done, by name."""
    lines = [
        text for file in sorted(out.glob("rows-*.jsonl")) for text in file.read_text().splitlines()
    ]
    return sorted((_row(json.loads(text)) for text in lines), key=lambda row: row.subject)


def _row(record: Mapping[str, Any]) -> Row:
    seen = {key: Seen(**record[key]) for key in ("instant", "trained")}
    return Row(**{**record, **seen})


def line(row: Row) -> str:
    """Write a row of the table."""
    cells = [row.subject, row.class_word, row.photos, f"{row.usable_s:.1f}"]
    cells += [f"{row.trained_s:.0f}", row.steps if row.active else f"{row.steps} (not used)"]
    for seen in (row.instant, row.trained):
        cells += [f"{getattr(seen, of):.2f}" for of in _SHARES]
    return f"| {' | '.join(map(str, cells))} |"


def table(rows: Sequence[Row]) -> str:
    """Write a table of all rows and their means."""
    heads = ["subject", "class", "photos", "usable, s", "trained, s", "steps"]
    names = ("yes", "no", "own", "told")
    heads += [f"{what}, {when}" for when in ("instant", "trained") for what in names]
    photos, steps = (np.mean([getattr(row, of) for row in rows]) for of in ("photos", "steps"))
    usable, trained = (max(getattr(row, of) for row in rows) for of in ("usable_s", "trained_s"))
    last = [f"all {len(rows)}", "", f"{photos:.1f}", f"≤ {usable:.1f}", f"≤ {trained:.0f}"]
    last.append(f"{steps:.0f}")
    for seen in ([row.instant for row in rows], [row.trained for row in rows]):
        last += [f"{np.mean([getattr(s, of) for s in seen]):.3f}" for of in _SHARES]
    found = [f"| {' | '.join(heads)} |", "| --- " * 2 + "| ---: " * (len(heads) - 2) + "|"]
    return "\n".join([*found, *map(line, rows), f"| {' | '.join(last)} |"])


def main() -> None:
    """Learn everybody and print the table."""
    parser = argparse.ArgumentParser(description="Measure learning with the preset quick")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", default="omni-mini", help="a name or a folder")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--together", action="store_true", help="train when everybody is known")
    given = parser.parse_args()
    options = Options(given.model, given.workers, given.together)
    settle(given.out, options)
    names = [one.name for one in open_subjects(given.folder)]
    shares = [names[number :: options.workers] for number in range(options.workers)]
    with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
        waiting = [
            pool.submit(_share, given.folder, share, given.out, number, options)
            for number, share in enumerate(shares)
        ]
        for one in as_completed(waiting):
            one.result()
    print(table(read(given.out)))


if __name__ == "__main__":
    main()
