"""``omni ask``, ``omni draw`` and ``omni edit``: one turn each."""

import re
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backbone.limits import require_seed
from cli_attach import fitting
from cli_image import strip_in_place
from cli_options import Json, Model, Out, Seed, User, open_assistant
from cli_output import Quiet, detail, note, print_json, say, say_path
from cli_picture import show
from cli_settings import in_force
from cli_stdin import is_stdin, on_disk
from cli_why import summary
from omni_errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.results import Answer, Drawing

__all__ = ["answer_data", "ask", "draw", "drawing_data", "edit"]

Text = Annotated[str | None, typer.Argument(help="What you want; read from stdin without it.")]
Metadata = Annotated[
    bool,
    typer.Option("--metadata/--no-metadata", help="Whether the file says what it is made from."),
]
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
    images: Annotated[
        list[Path] | None,
        typer.Option("-a", help="A photo or a pattern, - for one on stdin; repeatable."),
    ] = None,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Ask about your concepts, or about a photo; or tell, draw or change something."""
    if any(map(is_stdin, images or ())) and text is None:
        raise UsageError(
            "Text and photo cannot both come from stdin.", hint="Say what you want, then -a -."
        )
    said, given = _text(text), [one for path in images or () for one in fitting(path)]
    with Quiet() as quiet, ExitStack() as kept:
        quiet.step("Thinking.")
        shown = [kept.enter_context(on_disk(path)) for path in given]
        answer = open_assistant(user, model).ask(said, images=shown)
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
    count: Annotated[
        int | None,
        typer.Option("-n", min=1, max=100, help="How many; seeds count up from the first."),
    ] = None,
    out: Out = None,
    replay: Replay = True,
    metadata: Metadata = True,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Draw a picture, or several, with your concepts in it."""
    said, made = _text(text), list[dict[str, Any]]()
    many = count or 1
    if seed is not None:
        require_seed(seed + many - 1)
    assistant = open_assistant(user, model)
    for number in range(many):
        with Quiet() as quiet:
            quiet.step(f"Drawing {number + 1} of {many}." if many > 1 else "Drawing.")
            drawn = assistant.draw(said, seed=seed, folder=out, replay=replay)
        seed = drawn.seed + 1
        made.append(_finished(drawn, metadata, as_json))
    if as_json:
        print_json(made[0] if count is None else {"pictures": made})


def edit(
    image: Annotated[Path, typer.Argument(help="The photo to change.")],
    text: Text = None,
    seed: Seed = None,
    out: Out = None,
    replay: Replay = True,
    metadata: Metadata = True,
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
    data = _finished(drawn, metadata, as_json)
    if as_json:
        print_json(data)


def _finished(drawing: "Drawing", metadata: bool, as_json: bool) -> dict[str, Any]:
    """Show a picture, unless JSON is to tell of it; return what that says."""
    if not metadata:
        strip_in_place(drawing.path)
    _detail(drawing.trace)
    if not as_json:
        show(drawing.path, in_force()["show"].value)
        note(f"Seed {drawing.seed}. Drawn: {re.sub('[<>]', '', drawing.prompt)}")
        say_path(drawing.path)
    return drawing_data(drawing)


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
