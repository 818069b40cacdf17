"""``omni ask``, ``omni draw`` and ``omni edit``: one turn each."""

import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_options import Json, Model, Out, Seed, User, open_assistant
from cli_output import Quiet, detail, note, print_json, say, say_path
from cli_picture import show
from cli_settings import in_force
from cli_why import summary
from omni_errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.results import Answer, Drawing

__all__ = ["answer_data", "ask", "draw", "drawing_data", "edit"]

Text = Annotated[str | None, typer.Argument(help="What you want; read from stdin without it.")]
Replay = Annotated[
    bool, typer.Option("--replay/--no-replay", help="Whether to use what is known of them.")
]


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
    """Ask about your concepts, or about a photo; or tell, draw or change something."""
    said = _text(text)
    with Quiet() as quiet:
        quiet.step("Thinking.")
        answer = open_assistant(user, model).ask(said, images=images or ())
    _detail(answer.trace)
    if as_json:
        print_json(answer_data(answer))
        return
    say("\n".join(map(str, answer.images)) or answer.text)
    if answer.question is not None:
        note(f"Answer with `omni chat --id {answer.conversation}`.")


def _detail(trace: "Mapping[str, Any]") -> None:
    """Say what a turn rested on to those who asked for more."""
    for name, told in summary(trace):
        detail(f"{name}: {told}")


def answer_data(answer: "Answer") -> dict[str, Any]:
    """Return an answer as JSON tells it."""
    return {
        "text": answer.text,
        "concepts": list(answer.concepts),
        "scores": dict(answer.scores),
        "images": [str(path) for path in answer.images],
        "seeds": list(answer.seeds),
        "question": asdict(answer.question) if answer.question else None,
        "trace": dict(answer.trace),
        "turn": answer.turn,
        "conversation": answer.conversation,
    }


def draw(
    text: Text = None,
    seed: Seed = None,
    out: Out = None,
    replay: Replay = True,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Draw a picture, with your concepts in it."""
    said = _text(text)
    with Quiet() as quiet:
        quiet.step("Drawing.")
        drawn = open_assistant(user, model).draw(said, seed=seed, folder=out, replay=replay)
    _show(drawn, as_json)


def edit(
    image: Annotated[Path, typer.Argument(help="The photo to change.")],
    text: Text = None,
    seed: Seed = None,
    out: Out = None,
    replay: Replay = True,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Change a photo as a text says."""
    said = _text(text)
    with Quiet() as quiet:
        quiet.step("Changing the picture.")
        assistant = open_assistant(user, model)
        drawn = assistant.edit(image, said, seed=seed, folder=out, replay=replay)
    _show(drawn, as_json)


def _show(drawing: "Drawing", as_json: bool) -> None:
    _detail(drawing.trace)
    if as_json:
        print_json(drawing_data(drawing))
        return
    show(drawing.path, in_force()["show"].value)
    note(f"Seed {drawing.seed}. Drawn: {re.sub('[<>]', '', drawing.prompt)}")
    say_path(drawing.path)


def drawing_data(drawing: "Drawing") -> dict[str, Any]:
    """Return a picture as JSON tells it."""
    return {
        "path": str(drawing.path),
        "seed": drawing.seed,
        "size": list(drawing.size),
        "prompt": drawing.prompt,
        "concepts": list(drawing.concepts),
        "trace": dict(drawing.trace),
        "turn": drawing.turn,
        "conversation": drawing.conversation,
    }
