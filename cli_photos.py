"""``omni concept photos`` and ``remove-photo``: what a concept was learned from, one by one."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_new_file import write_new
from cli_options import Json, Model, User, Yes, agree, concept_name, open_assistant
from cli_output import Quiet, counted, note, print_json, print_table, say, say_path
from omni_errors import InputError, NotFoundError, ResourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant import Assistant
    from memory.values import Photo, Unlearned

__all__ = ["photos", "remove_photo"]

Name = Annotated[str, typer.Argument(help="The concept's name, or its id.")]


def photos(
    name: Name,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write them into this folder, by number.")
    ] = None,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """List the photos of a concept, by number; loads no model."""
    assistant = open_assistant(user)
    held = assistant.concepts.photos(concept_name(assistant, name))
    paths = _saved(assistant, held, save) if save is not None else []
    if as_json:
        print_json({"photos": [_data(*pair) for pair in enumerate(held, 1)]})
        return
    rows = [_data(number, photo) for number, photo in enumerate(held, 1)]
    header = ("number", "size", "added", "id")
    print_table(header, [tuple(str(row[key]) for key in header) for row in rows])
    for path in paths:
        say_path(path)


def _data(number: int, photo: "Photo") -> dict[str, Any]:
    size = f"{photo.width}×{photo.height}" if photo.width and photo.height else ""
    added = f"{photo.created_at:%Y-%m-%d %H:%M}"
    return {"number": number, "size": size, "added": added, "id": photo.id}


def _saved(assistant: "Assistant", held: "Sequence[Photo]", folder: Path) -> list[Path]:
    """Write photos into a folder, all or none of them."""
    paths = [folder / f"{number}.png" for number in range(1, len(held) + 1)]
    for path in paths:
        if os.path.exists(path):
            raise InputError(f"{path} is there already.", hint="Name another folder.")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(
            f"{folder} cannot be made: {error.strerror}.", hint="Name another folder."
        ) from error
    read = assistant.memory.photos.read
    for path, photo in zip(paths, held, strict=True):
        write_new(path, read(assistant.user, photo.id))
    return paths


def remove_photo(
    name: Name,
    photo: Annotated[
        str, typer.Argument(help="Its number or id, as `photos` lists them, or the file it was.")
    ],
    yes: Yes = False,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Remove a photo with the tokens that saw it; new ones are written from the others."""
    assistant = open_assistant(user, model)
    known = concept_name(assistant, name)
    held = assistant.concepts.photos(known)
    numbers = {str(number): one.id for number, one in enumerate(held, 1)}
    if photo.isdecimal() and photo not in numbers:
        raise NotFoundError(
            f"{known} has no photo {photo}.",
            hint=f"It has photos 1 to {len(held)}: `omni concept photos {shlex.quote(known)}`.",
        )
    if not yes:
        asked = f"Remove the photo {photo} of {known} for good?"
        agree(asked, otherwise="Nothing was removed.")
    with Quiet() as quiet:
        quiet.step("Looking at the other photos.")
        found = assistant.concepts.remove_photo(known, numbers.get(photo, photo))
    if as_json:
        print_json(
            {"name": known, "photos": len(held) - 1, "versions_removed": list(found.versions)}
        )
        return
    say(f"{known} is known from {counted(len(held) - 1, 'photo')} now.")
    _note_versions(known, found)


def _note_versions(known: str, found: "Unlearned") -> None:
    if found.versions:
        note(f"Its tokens that saw it are gone: version {', '.join(map(str, found.versions))}.")
    note(f"`omni concept train {shlex.quote(known)}` trains new ones.")
