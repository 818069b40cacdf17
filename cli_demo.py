"""``omni demo``: the whole of it on a folder of photos, and a page that shows how it went.

The demo lives in a home of its own, which is gone afterwards: nothing that you taught is touched.
"""

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_attach import photos_at
from cli_demo_page import Picture, Scene, is_page, write_page, write_sheet
from cli_model import ensure_here
from cli_options import Json, Model, Yes
from cli_output import counted, note, print_json, say_path
from cli_progress import Training
from omni_errors import InputError, OmniError, ResourceError

if TYPE_CHECKING:
    from assistant import Assistant

__all__ = ["About", "Story", "demo", "read_about"]

_SEED = 7
_PAGE, _SHEET = "index.html", "sheet.png"
_ELSEWHERE = "Choose another folder with --out."


@dataclass(frozen=True)
class About:
    """What a folder of demo photos is of, and what is tried with it; its ``about.json``."""

    name: str
    class_name: str
    facts: tuple[str, ...]
    # what no photo shows and a fact says, and a word of the right answer
    question: str
    answer: str
    # a place that only a fact names
    place: str
    # what an edit is to do
    edit: str
    # photos that are learned from, others of the same, and one of something else
    known: tuple[Path, ...]
    unseen: tuple[Path, ...]
    other: tuple[Path, ...]
    # who made the photos, and on what terms they are shared
    credits: str


def demo(
    out: Annotated[Path, typer.Option("--out", help="The folder for what it makes.")] = Path(
        "omni-demo"
    ),
    photos: Annotated[
        Path | None, typer.Option("--photos", help="A folder with an about.json, like ours.")
    ] = None,
    yes: Yes = False,
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Learn somebody from photos, recognise, answer, draw and edit, and write a page of it."""
    about = read_about(photos or Path(str(files("assistant") / "demo")))
    with _home(out) as home:
        ensure_here(model, yes=yes)
        start = time.monotonic()
        from assistant import Assistant

        assistant = Assistant(user="demo", model=model, home=home)
        try:
            scenes = tuple(Story(assistant, about, out).scenes())
        finally:
            assistant.close()
        seconds = time.monotonic() - start
        footer = f"{about.credits}\n\nMade by {model} in {seconds:.0f} s on this machine."
        _write(
            out, f"{about.name}, learned from {counted(len(about.known), 'photo')}", scenes, footer
        )
    _tell(out, scenes, seconds, as_json)


def _home(out: Path) -> "tempfile.TemporaryDirectory[str]":
    """Make the folder and a home in it, over nothing that is there.

    Raises:
        InputError: if it cannot be made, or another's page or sheet is in it.
    """
    there = [out / name for name in (_PAGE, _SHEET) if os.path.lexists(out / name)]
    if there and not is_page(out / _PAGE):
        raise InputError(
            f"{there[0]} was not made by `omni demo`, and is left as it is.", hint=_ELSEWHERE
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=out, prefix=".home-")
    except OSError as error:
        raise InputError(f"{out} cannot be used: {error.strerror}.", hint=_ELSEWHERE) from error


def _write(out: Path, title: str, scenes: tuple[Scene, ...], footer: str) -> None:
    try:
        write_page(out / _PAGE, title, scenes, footer)
        write_sheet(out / _SHEET, scenes)
    except OSError as error:
        raise ResourceError(
            f"{out} cannot be written: {error.strerror or error}.", hint=_ELSEWHERE
        ) from error


def _tell(out: Path, scenes: tuple[Scene, ...], seconds: float, as_json: bool) -> None:
    page, sheet = out / _PAGE, out / _SHEET
    if as_json:
        told = [{"title": scene.title, "said": scene.said} for scene in scenes]
        data: dict[str, Any] = {"page": str(page), "sheet": str(sheet)}
        print_json(data | {"seconds": round(seconds, 1), "scenes": told})
        return
    note(f"Done in {seconds:.0f} s. Open the page in a browser:")
    say_path(page)
    say_path(sheet)


def read_about(folder: Path) -> About:
    """Read what a folder of demo photos is of.

    Raises:
        NotFoundError: if a photo that it names is not there.
        InputError: if there is no such folder, or its ``about.json`` lacks something, or a photo
            cannot be read.
    """
    file = folder / "about.json"
    try:
        data = json.loads(file.read_text("utf8"))
        return About(
            name=str(data["name"]),
            class_name=str(data["class"]),
            facts=tuple(map(str, data["facts"])),
            question=str(data["question"]),
            answer=str(data["answer"]),
            place=str(data["place"]),
            edit=str(data["edit"]),
            known=_photos(folder, data["known"]),
            unseen=_photos(folder, data["unseen"]),
            other=_photos(folder, data["other"]),
            credits=str(data["credits"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} cannot be used: {type(error).__name__}: {error}.",
            hint="It is JSON with name, class, facts, question, answer, place, edit, credits, and "
            "lists of photos: known, unseen and other. `omni demo` alone needs none.",
        ) from error


def _photos(folder: Path, names: list[str]) -> tuple[Path, ...]:
    """Return the files of photos, each of which can be read.

    Raises:
        InputError: if one cannot.
    """
    paths = tuple(folder / Path(name).name for name in names)
    for path in paths:
        # before three minutes went into learning the others
        photos_at(path)
    return paths


def _verdict(correct: bool) -> str:
    return "right" if correct else "wrong"


class Story:
    """Try one thing after another; what fails is told on the page like the rest."""

    def __init__(self, assistant: "Assistant", about: About, out: Path) -> None:
        self.assistant, self.about, self.out = assistant, about, out

    def scenes(self) -> Iterator[Scene]:
        """Try everything in order."""
        yield self._learn()
        yield self._recognise()
        yield self._answer()
        yield self._draw()
        yield self._edit()

    def _learn(self) -> Scene:
        about = self.about
        note(f"Learning {about.name} from {counted(len(about.known), 'photo')}.")
        with Training("quick") as training:
            training.step("Reading the photos.")
            learned = self.assistant.concepts.add(
                about.known,
                name=about.name,
                class_name=about.class_name,
                facts=about.facts,
                preset="quick",
                on_note=training.note,
                on_step=training,
            )
        steps, took = learned.training.get("steps"), learned.training.get("wall_time_s", 0.0)
        said = [f"Usable after {learned.seconds:.1f} s, trained {steps} steps in {took:.0f} s."]
        said += [f"Told: {fact}" for fact in about.facts]
        pictures = [Picture(path, "learned from") for path in about.known]
        return Scene(f"{about.name} is learned", "\n".join(said), tuple(pictures))

    def _recognise(self) -> Scene:
        note("Recognising photos it has not seen, and one of something else.")
        asked = [(path, "yes") for path in self.about.unseen]
        asked += [(path, "no") for path in self.about.other]
        pictures, right = [], 0
        for path, wanted in asked:
            said = self._said("Who is this?", path)
            correct = (self.about.name.casefold() in said.casefold()) is (wanted == "yes")
            right += correct
            pictures.append(Picture(path, f"{said} ({_verdict(correct)})"))
        said = f"Who is this? {right} of {len(asked)} right, in photos it did not learn from."
        return Scene("Who is this?", said, tuple(pictures))

    def _said(self, text: str, *images: Path) -> str:
        try:
            return self.assistant.ask(text, images).text
        except OmniError as error:
            return f"[{error}]"

    def _answer(self) -> Scene:
        note("Answering about what no photo shows.")
        said = self._said(self.about.question)
        correct = self.about.answer.casefold() in said.casefold()
        expected = "" if correct else f", expected: {self.about.answer}"
        told = f"{self.about.question}\n{said} ({_verdict(correct)}{expected})"
        return Scene("What no photo shows", told)

    def _draw(self) -> Scene:
        note("Drawing it where only a fact says, with and without what is known.")
        pictures, said = list[Picture](), [self.about.place]
        for replay, what in ((True, "with replay"), (False, "without replay")):
            try:
                drawing = self.assistant.draw(
                    self.about.place, seed=_SEED, folder=self.out / "pictures", replay=replay
                )
            except OmniError as error:
                said.append(f"{what}: [{error}]")
                continue
            said.append(f"{what}: {re.sub('[<>]', '', drawing.prompt)}")
            pictures.append(Picture(drawing.path, f"{what}, seed {drawing.seed}"))
        return Scene("Drawn in a place that only a fact names", "\n".join(said), tuple(pictures))

    def _edit(self) -> Scene:
        note("Editing a photo.")
        photo = (*self.about.unseen, *self.about.known)[0]
        said, pictures = self.about.edit, [Picture(photo, "before")]
        try:
            drawing = self.assistant.edit(
                photo, self.about.edit, seed=_SEED, folder=self.out / "pictures"
            )
        except OmniError as error:
            said = f"{said}\n[{error}]"
        else:
            pictures.append(Picture(drawing.path, f"after, seed {drawing.seed}"))
        return Scene("Edited", said, tuple(pictures))
