"""``omni image``: the pictures that were made, and copies with nothing but pixels in them."""

import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli_log import pictures
from cli_new_file import write_new
from cli_options import Json, Listing, run_default
from cli_output import print_json, say_path
from omni_errors import InputError, ResourceError

__all__ = ["app", "bare", "strip_in_place"]

app = typer.Typer(
    help="See pictures, and take what is written in them out.",
    cls=Listing,
    invoke_without_command=True,
    rich_markup_mode=None,
)


@app.callback()
def group(context: typer.Context) -> None:
    """See pictures, and take what is written in them out; without a command, list them."""
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
        raise InputError(f"{wanted} would hold a PNG.", hint="Let its name end in .png.")
    written = write_new(wanted, bare(file), private=False)
    if as_json:
        print_json({"path": str(written)})
    else:
        say_path(written)


def bare(file: Path) -> bytes:
    """Return a picture as PNG with nothing in it but pixels, in full size.

    Raises:
        InputError: if it cannot be read.
        NotFoundError: if there is none.
    """
    from assistant.pictures import strip as stripped
    from learning.photos import PhotoLimits, take_in

    if file.is_dir():
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
