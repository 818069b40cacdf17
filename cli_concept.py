"""``omni concept``: teach, list, show, test and forget the people, pets and things you love."""

import os
import re
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_attach import PICTURE_SUFFIXES
from cli_options import (
    Json,
    Listing,
    Model,
    Preset,
    User,
    Yes,
    agree,
    ask,
    concept_name,
    open_assistant,
    run_default,
)
from cli_output import Quiet, counted, note, print_json, print_pairs, print_table, say, say_path
from cli_photos import photos, remove_photo
from cli_progress import Training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant import Assistant
    from assistant.results import Learned
    from memory.values import Receipt

__all__ = ["app", "print_receipt"]

app = typer.Typer(
    help="Teach, list, show, test and forget concepts.",
    cls=Listing,
    invoke_without_command=True,
    rich_markup_mode=None,
)
# others that may be trained again, by name
_MOST_NAMED = 3
Name = Annotated[str, typer.Argument(help="The concept's name, or its id.")]


@app.callback()
def group(context: typer.Context) -> None:
    """Teach, list, show, test and forget concepts; without a command, list them."""
    run_default(context, "list")


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(help="Photos, folders of photos, or globs.")],
    name: Annotated[
        str, typer.Option("--name", help="What you call it; asked for if left out.")
    ] = "",
    class_name: Annotated[
        str,
        typer.Option(
            "--class", help="What it is: dog, mug, person; guessed by its photos if left out."
        ),
    ] = "",
    facts: Annotated[
        list[str] | None, typer.Option("--fact", help="A sentence about it; repeatable.")
    ] = None,
    preset: Preset = "quick",
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Learn a concept from photos and facts."""
    assistant = open_assistant(user, model)
    known = concept_name(assistant, name or _asked_name(paths))
    kind = class_name or _class_of(assistant, paths, known)
    with Training(preset) as training:
        training.step("Reading the photos.")
        learned = assistant.concepts.add(
            paths,
            name=known,
            class_name=kind,
            facts=facts or (),
            preset=preset,
            on_note=training.note,
            on_step=training,
        )
    unreadable, others = _sorted_out(paths, learned.unreadable)
    if as_json:
        print_json(_learned_data(learned, unreadable, others))
        return
    say(f"{learned.concept.name} is known from {counted(learned.photos, 'photo')}.")
    for path, reason in unreadable:
        note(f"Not read: {path}: {reason}")
    if others:
        note(
            f"{others} other {'file was not a photo' if others == 1 else 'files were not photos'}."
        )
    if learned.duplicates:
        note(f"Seen before and left out: {learned.duplicates}.")
    _note_training(learned.training)
    _note_trained_before(learned)


def _asked_name(paths: "Sequence[Path]") -> str:
    """Ask what a concept is called; a folder's own name is as good as any."""
    folder = paths[0].resolve().name if len(paths) == 1 and os.path.isdir(paths[0]) else None
    return ask("What do you call it?", folder, hint="Say it with --name.")


def _class_of(assistant: "Assistant", paths: "Sequence[Path]", name: str) -> str:
    """Let photos say what a new concept is, and somebody who is there have the last word."""
    known = assistant.memory.concepts.find(assistant.user, name)
    if known is not None and known.class_name:
        return ""
    with Quiet() as quiet:
        quiet.step("Looking at the photos")
        guess = assistant.concepts.guess_class(paths)
    if guess is not None and guess.sure and not sys.stdin.isatty():
        note(
            f"Class by its photos: {guess.word}. Another one: `omni concept add` again, with "
            "--class, and --preset none to leave the training as it is."
        )
        return guess.word
    word = guess.word if guess is not None and guess.sure else None
    told = ask(f"What is {name} (dog, mug, person)?", word, hint="Say it with --class.")
    return re.sub(r"^(?:an?|the)\s+", "", told.strip(), flags=re.IGNORECASE)


def _sorted_out(
    given: "Sequence[Path]", unreadable: "Sequence[tuple[Path, str]]"
) -> "tuple[list[tuple[Path, str]], int]":
    """Part broken photos from files that merely lay in a folder, which are only counted."""
    broken = [
        (path, reason)
        for path, reason in unreadable
        if path in given or path.suffix.lower() in PICTURE_SUFFIXES
    ]
    return broken, len(unreadable) - len(broken)


def _note_training(training: "Mapping[str, Any]") -> None:
    if not training:
        return
    steps, seconds = training.get("steps"), training.get("wall_time_s")
    took = f", {seconds:.0f} s" if isinstance(seconds, (int, float)) else ""
    said = str(training.get("why", ""))
    note(f"Trained {steps} steps{took}. {said}".strip())
    if training.get("active") is False:
        note("The tokens that were in use did better and stay in use.")


def _note_trained_before(learned: "Learned") -> None:
    """Name those that were never told of the newcomer: training them again tells both apart."""
    names, newcomer = learned.trained_before, learned.concept.name
    for name in names[:_MOST_NAMED]:
        note(
            f"{name} was trained before {newcomer} was known, and is of the same class. "
            f"To tell them apart better: omni concept train {shlex.quote(name)}"
        )
    if len(names) > _MOST_NAMED:
        note(f"{counted(len(names) - _MOST_NAMED, 'other')} as well.")


@app.command()
def train(
    name: Name,
    preset: Preset = "quick",
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Train a concept, or go on with a training that was stopped."""
    with Training(preset) as training:
        training.step("Preparing the examples.")
        assistant = open_assistant(user, model)
        known = concept_name(assistant, name)
        done = assistant.concepts.train(known, preset, on_step=training)
    if as_json:
        print_json(dict(done))
        return
    say(f"{known} is trained: version {done.get('version')}.")
    _note_training(done)


@app.command()
def review(
    name: Name, user: User = "me", model: Model = "omni-mini", as_json: Json = False
) -> None:
    """Write a sheet of the edit pairs a concept is trained on, to take bad ones out."""
    with Quiet() as quiet:
        quiet.step("Making the edit pairs.")
        assistant = open_assistant(user, model)
        sheet = assistant.concepts.review(concept_name(assistant, name))
    file = sheet.with_suffix(".json")
    if as_json:
        print_json({"sheet": str(sheet), "file": str(file)})
        return
    say_path(sheet)
    note(f'To keep a pair out of training, set its "keep" to false in {file}.')


def _learned_data(
    learned: "Learned", unreadable: "list[tuple[Path, str]]", others: int
) -> dict[str, Any]:
    return {
        "name": learned.concept.name,
        "class": learned.concept.class_name,
        "photos": learned.photos,
        "duplicates": learned.duplicates,
        "unreadable": [{"path": str(p), "reason": r} for p, r in unreadable],
        "not_photos": others,
        "facts": [fact.text for fact in learned.facts],
        "version": learned.version,
        "usable_after_seconds": round(learned.seconds, 3),
        "training": dict(learned.training),
        "trained_before": list(learned.trained_before),
    }


@app.command("list")
def list_concepts(user: User = "me", as_json: Json = False) -> None:
    """List what is known; loads no model."""
    found = open_assistant(user).concepts.list()
    rows = [
        {
            "name": one.concept.name,
            "class": one.concept.class_name,
            "facts": one.facts,
            "photos": one.photos,
            "version": one.version,
        }
        for one in found
    ]
    if as_json:
        ids = (one.concept.id for one in found)
        print_json({"concepts": [row | {"id": next(ids)} for row in rows]})
    elif rows:
        print_table(("name", "class", "facts", "photos", "version"), [_cells(r) for r in rows])
    else:
        note("Nobody is known yet. Run `omni concept add PHOTOS --name NAME --class CLASS`.")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in row.values())


@app.command()
def show(name: Name, user: User = "me", as_json: Json = False) -> None:
    """Show what is remembered of a concept; loads no model."""
    assistant = open_assistant(user)
    shown = assistant.concepts.show(concept_name(assistant, name))
    data: dict[str, Any] = {
        "id": shown.concept.id,
        "name": shown.concept.name,
        "class": shown.concept.class_name,
        "facts": [fact.text for fact in shown.facts],
        "photos": shown.photos,
        "version": shown.version,
        "record": dict(shown.record),
    }
    if as_json:
        print_json(data)
        return
    facts = "\n".join(data.pop("facts")) or "none"
    data.pop("record")
    print_pairs([(key, str(value)) for key, value in data.items()] + [("facts", facts)])


app.command()(photos)
app.command("remove-photo")(remove_photo)


@app.command()
def rename(
    name: Name,
    new: Annotated[str, typer.Argument(help="The new name.")],
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Call a concept something else."""
    assistant = open_assistant(user)
    known = concept_name(assistant, name)
    renamed = assistant.concepts.rename(known, new)
    if as_json:
        print_json({"name": renamed.name})
        return
    say(f"{known} is called {renamed.name} now.")


@app.command()
def test(name: Name, user: User = "me", model: Model = "omni-mini", as_json: Json = False) -> None:
    """Ask whether it is in each of its photos, by the others, and in those of other concepts."""
    with Quiet() as quiet:
        quiet.step("Looking at every photo.")
        assistant = open_assistant(user, model)
        known = concept_name(assistant, name)
        tested = assistant.concepts.test(known)
    if as_json:
        print_json(asdict(tested) | {"weighted": tested.weighted})
        return
    say(f"{known}: {_share(tested.yes, 'its own')}, {_share(tested.no, 'foreign')}.")


def _share(value: float | None, what: str) -> str:
    return f"{what} photos: none there" if value is None else f"{what} photos: {value:.0%} right"


@app.command()
def versions(name: Name, user: User = "me", as_json: Json = False) -> None:
    """List the versions of its tokens, oldest first."""
    assistant = open_assistant(user)
    known = concept_name(assistant, name)
    rows: list[dict[str, Any]] = [
        {
            "version": one.version,
            "active": one.active,
            "parent": one.parent,
            "model": one.backbone.partition(":")[0],
            "when": one.created_at.isoformat(),
        }
        for one in assistant.concepts.versions(known)
    ]
    if as_json:
        print_json({"versions": rows})
    elif rows:
        header = ("version", "in use", "from", "model", "when")
        print_table(
            header, [_cells(row | {"active": "yes" if row["active"] else ""}) for row in rows]
        )
    else:
        note(f"{known} has no tokens yet. Run `omni concept train {shlex.quote(known)}`.")


@app.command()
def rollback(
    name: Name,
    to: Annotated[
        int | None, typer.Option("--to", help="A version; the one it came from without it.")
    ] = None,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Use an earlier version of its tokens; none is removed."""
    assistant = open_assistant(user)
    known = concept_name(assistant, name)
    used = assistant.concepts.roll_back(known, to)
    if as_json:
        print_json({"name": known, "version": used.version})
        return
    say(f"{known} uses version {used.version} now.")


@app.command()
def forget(
    name: Name,
    images: Annotated[bool, typer.Option("--images", help="Also pictures that show it.")] = False,
    mentions: Annotated[bool, typer.Option("--mentions", help="Also turns that name it.")] = False,
    yes: Yes = False,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Remove a concept and everything known of it, then search the files for what is left."""
    assistant = open_assistant(user)
    shown = assistant.concepts.show(concept_name(assistant, name))
    if not yes:
        asked = f"Forget {shown.concept.name} and its {counted(shown.photos, 'photo')} for good?"
        agree(asked, otherwise="Nothing was forgotten.")
    receipt = assistant.concepts.forget(shown.concept.name, images=images, mentions=mentions)
    if as_json:
        print_json(_receipt_data(receipt))
    else:
        print_receipt(receipt)


def _receipt_data(receipt: "Receipt") -> dict[str, Any]:
    found = [
        {"kind": f.kind, "path": str(f.path), "times": f.times, "reason": f.reason}
        for f in receipt.found
    ]
    return {
        "name": receipt.concept,
        "other_names": list(receipt.other_names),
        "removed": dict(receipt.removed),
        "files_searched": receipt.files_searched,
        "bytes_searched": receipt.bytes_searched,
        "looked_for": dict(receipt.looked_for),
        "found": found,
        "notes": list(receipt.notes),
    }


def print_receipt(receipt: "Receipt") -> None:
    """Print what was forgotten and what was found afterwards."""
    say(f"{receipt.concept} is forgotten.")
    print_pairs((kind, str(count)) for kind, count in receipt.removed.items() if count)
    looked = sum(receipt.looked_for.values())
    say(
        f"Searched {counted(receipt.files_searched, 'file')}, "
        f"{receipt.bytes_searched / 1e6:.1f} MB, for {looked} texts."
    )
    for line in _still_there(receipt):
        note(line)
    if not receipt.found:
        say("Nothing of it is left.")
    for line in receipt.notes:
        note(line)


def _still_there(receipt: "Receipt") -> list[str]:
    """Say what was found and why, once for all files of which the same is to be said."""
    alike: dict[tuple[str, str], list[Path]] = {}
    for found in receipt.found:
        alike.setdefault((found.kind, found.reason), []).append(found.path)
    lines = []
    for (kind, reason), paths in alike.items():
        files = list(dict.fromkeys(paths))
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        lines.append(f"Still there: its {kind} in {files[0]}{more}. {reason}".rstrip(". ") + ".")
    return lines


@app.command()
def export(
    name: Name,
    path: Annotated[Path, typer.Argument(help="The zip file to write.")],
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Write a concept with photos, facts and tokens into one file."""
    assistant = open_assistant(user)
    written = assistant.concepts.export(concept_name(assistant, name), path)
    if as_json:
        print_json({"path": str(written)})
    else:
        say_path(written)


@app.command("import")
def import_concept(
    path: Annotated[Path, typer.Argument(help="A file that `omni concept export` wrote.")],
    name: Annotated[str | None, typer.Option("--name", help="Call it something else.")] = None,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Take in a concept from a file, all of it or nothing."""
    taken = open_assistant(user).concepts.import_(path, name=name)
    if as_json:
        print_json({"name": taken.name})
    else:
        say(taken.name)
