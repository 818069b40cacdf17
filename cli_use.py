"""``omni ask``, ``omni draw`` and ``omni edit``: one turn each."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_options import Json, Model, Out, Seed, User, open_assistant
from cli_output import note, print_json, say
from omni_errors import UsageError

if TYPE_CHECKING:
    from assistant.results import Drawing

__all__ = ["ask", "draw", "edit"]

Text = Annotated[str | None, typer.Argument(help="What you want; read from stdin without it.")]


def _text(given: str | None) -> str:
    text = given if given is not None or sys.stdin.isatty() else sys.stdin.read()
    if text is None or not text.strip():
        raise UsageError("There is no text.", hint='Say what you want, as in `omni ask "Hello"`.')
    return text.strip()


def ask(
    text: Text = None,
    images: Annotated[list[Path] | None, typer.Option("-a", help="A photo; repeatable.")] = None,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Ask about your concepts, or about a photo."""
    answer = open_assistant(user, model).ask(_text(text), images=images or ())
    if as_json:
        print_json(
            {
                "text": answer.text,
                "concepts": list(answer.concepts),
                "trace": dict(answer.trace),
                "turn": answer.turn,
            }
        )
    else:
        say(answer.text)


def draw(
    text: Text = None,
    seed: Seed = None,
    out: Out = None,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Draw a picture, with your concepts in it."""
    assistant = open_assistant(user, model)
    _show(assistant.draw(_text(text), seed=seed, folder=out), as_json)


def edit(
    image: Annotated[Path, typer.Argument(help="The photo to change.")],
    text: Text = None,
    seed: Seed = None,
    out: Out = None,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Change a photo as a text says."""
    assistant = open_assistant(user, model)
    _show(assistant.edit(image, _text(text), seed=seed, folder=out), as_json)


def _show(drawing: "Drawing", as_json: bool) -> None:
    if as_json:
        data: dict[str, Any] = {
            "path": str(drawing.path),
            "seed": drawing.seed,
            "size": list(drawing.size),
            "prompt": drawing.prompt,
            "concepts": list(drawing.concepts),
            "trace": dict(drawing.trace),
            "turn": drawing.turn,
        }
        print_json(data)
        return
    note(f"Seed {drawing.seed}. Drawn: {drawing.prompt}")
    say(str(drawing.path))
