"""``omni image``: the pictures that were made, and copies with nothing but pixels in them.

What is removed goes from the memory, and so do the files it was saved as; the turn that it came
of, and pictures that were made from it, stay.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli_log import find_picture, pictures
from cli_new_file import write_new
from cli_options import Json, Listing, User, Yes, agree, open_assistant, run_default
from cli_output import counted, note, print_json, say_path
from omni_errors import InputError, ResourceError

if TYPE_CHECKING:
    from assistant import Assistant
    from memory.values import Image

__all__ = ["app", "bare", "strip_in_place"]

app = typer.Typer(
    help="See and remove pictures, and take what is written in them out.",
    cls=Listing,
    invoke_without_command=True,
    rich_markup_mode=None,
)


@app.callback()
def group(context: typer.Context) -> None:
    """See and remove pictures, and take what is written in them out; without a command, list."""
    run_default(context, "list")


app.command("list")(pictures)


@app.command()
def strip(
    file: Annotated[Path, typer.Argument(help="A picture or a photo.")],
    out: Annotated[
        Path | None, typer.Option("-o", help="The new PNG; else its name with -stripped.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write an upright copy as PNG, without place, camera, prompt or anything else but pixels."""
    wanted = out or file.with_name(f"{file.stem}-stripped.png")
    if wanted.suffix.lower() != ".png":
        raise InputError(
            f"{wanted} does not end in .png, and what is written is a PNG.",
            hint="Give it such a name with -o.",
        )
    written = write_new(wanted, bare(file), private=False)
    if as_json:
        print_json({"path": str(written)})
    else:
        say_path(written)


@app.command("rm")
def remove(
    picture_ids: Annotated[list[str], typer.Argument(help="Ids, as `omni image list` has them.")],
    yes: Yes = False,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Remove pictures, and photos that were shown, for good; turns stay, see `omni log remove`."""
    assistant = open_assistant(user)
    found = [find_picture(assistant, one) for one in picture_ids]
    # one may be meant twice, by the beginning and the end of its id
    images = list({image.id: image for image in found}.values())
    files = sorted({path for image in images for path in _saved_as(assistant, image, images)})
    if not yes:
        question = f"Remove {_both(images, files)} for good?"
        agree(question, otherwise="Nothing was removed.")
    for path in files:
        _delete(path)
    with assistant.memory.writing():
        for image in images:
            assistant.memory.images.remove(assistant.user, image.id)
    assistant.memory.sweep()
    if as_json:
        removed = {"removed": [image.id for image in images]}
        print_json(removed | {"files": [str(path) for path in files]})
    else:
        note(f"Removed {_both(images, files)}.")


def _both(images: "Sequence[Image]", files: "Sequence[Path]") -> str:
    return f"{counted(len(images), 'picture')} and {counted(len(files), 'file')} of them"


def _saved_as(assistant: "Assistant", image: "Image", gone: "Sequence[Image]") -> list[Path]:
    """Find the files of a picture: where its turn says, and below the folder for pictures.

    A file that shows something else by now is none, nor one of a picture that is not gone.
    """
    from assistant.pictures import picture_home
    from assistant.saved_files import files_of_others, pixels_of_file

    memory, seed = assistant.memory, image.record.get("seed", "*")
    maybe = {assistant.file_of(image.id)}
    if image.record:
        # its turn may be gone; the seed is in the name
        maybe |= set(picture_home(assistant.home).rglob(f"*_s{seed}_*.png"))
    maybe -= files_of_others(memory, {one.id for one in gone})
    vaulted = memory.vault.path(image.sha256)
    shown = pixels_of_file(vaulted)
    return [path for path in maybe - {vaulted} if shown and pixels_of_file(path) == shown]


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ResourceError(
            f"{path} cannot be removed: {error.strerror}.", hint="Remove it, then try again."
        ) from error


def bare(file: Path) -> bytes:
    """Return a picture as PNG with nothing in it but pixels, in full size.

    Raises:
        InputError: if it cannot be read.
        NotFoundError: if there is none.
    """
    from assistant.pictures import strip as stripped
    from learning.photos import PhotoLimits, take_in

    if os.path.isdir(file):
        raise InputError(f"{file} is a folder.", hint="Name one picture.")
    limits = PhotoLimits(min_side=1, max_side=PhotoLimits().max_pixels)
    return stripped(take_in([file], limits).photos[0].image)


def strip_in_place(path: Path) -> None:
    """Take what is written in a picture of ours out of it.

    Raises:
        ResourceError: if its folder cannot be written.
    """
    data = bare(path)
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    except OSError as error:
        raise ResourceError(
            f"{path} cannot be written: {error.strerror}.",
            hint="What is written in it stands there still; see `omni image strip`.",
        ) from error
