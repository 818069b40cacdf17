"""``omni log`` and ``omni replay``: what was said, why, and the pictures that came of it.

Ids are long; their beginning or their end is enough where only one has it.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from backbone.home import find_home
from cli_new_file import write_new
from cli_options import Json, Listing, Model, Seed, User, Yes, agree, open_assistant, run_default
from cli_output import counted, note, print_json, print_pairs, print_table, say, say_path
from cli_why import rested_on
from omni_errors import InputError, NotFoundError, RefusedError

if TYPE_CHECKING:
    from assistant import Assistant
    from memory.values import Conversation, Image, Turn

__all__ = [
    "app",
    "compared",
    "find_conversation",
    "find_picture",
    "print_conversations",
    "print_turns",
    "replay",
]

app = typer.Typer(
    help="See what was said, why, and what was drawn.",
    cls=Listing,
    invoke_without_command=True,
    rich_markup_mode=None,
)
TurnId = Annotated[str, typer.Argument(help="A turn's id, its beginning or end, or `last`.")]
_Row = TypeVar("_Row", "Conversation", "Image", "Turn")
# digits of an id that are shown; ids end in chance
_SHOWN = 8
_WIDTH = 60
_BEGIN = "Say something with `omni ask` or `omni chat`."


@app.callback()
def group(context: typer.Context) -> None:
    """See what was said, why, and what was drawn; without a command, list turns."""
    run_default(context, "list")


@app.command("list")
def list_turns(
    count: Annotated[int, typer.Option("-n", min=1, help="How many, the newest.")] = 10,
    query: Annotated[str, typer.Option("-q", help="Only turns that say this.")] = "",
    conversation: Annotated[str | None, typer.Option("--id", help="Only of this one.")] = None,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """List the last turns, the newest at the end."""
    assistant = open_assistant(user)
    if conversation:
        turns = _within(assistant, find_conversation(assistant, conversation), query)[:count]
    else:
        turns = assistant.memory.turns.recent(assistant.user, count, containing=query)
    none = "Nothing was said yet." if not query else f"No turn says {query!r}."
    _print_list(assistant, turns[::-1], none, as_json)


def _within(assistant: "Assistant", one: "Conversation", query: str) -> "tuple[Turn, ...]":
    """Return the turns of a conversation that say something, the newest first."""
    turns, user = assistant.memory.turns, assistant.user
    if not query:
        return turns.list(user, one.id)[::-1]
    # what says it is for the memory to tell, which looks through all conversations
    found = turns.recent(user, sys.maxsize, containing=query)
    return tuple(turn for turn in found if turn.conversation_id == one.id)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="What was said or answered, in whatever case.")],
    count: Annotated[int, typer.Option("-n", min=1, help="How many, the newest.")] = 10,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Find turns that say this, the newest at the end; by meaning: `omni memory search --like`."""
    if not text.strip():
        raise InputError("There are no words to look for.", hint="Give one or more.")
    assistant = open_assistant(user)
    turns = assistant.memory.turns.recent(assistant.user, count, containing=text.strip())
    _print_list(assistant, turns[::-1], f"No turn says {text!r}.", as_json)


def _print_list(assistant: "Assistant", turns: "Sequence[Turn]", none: str, as_json: bool) -> None:
    if as_json:
        print_json({"turns": [_turn_data(assistant, turn) for turn in turns]})
    elif turns:
        header = ("id", "when", "intent", "said", "answered")
        print_table(header, [_turn_cells(turn) for turn in turns])
    else:
        note(none)


def _turn_cells(turn: "Turn") -> tuple[str, ...]:
    when = f"{turn.created_at.astimezone():%Y-%m-%d %H:%M}"
    return (turn.id[-_SHOWN:], when, turn.intent, _short(turn.text), _short(turn.reply))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _turn_data(assistant: "Assistant", turn: "Turn") -> dict[str, Any]:
    return {
        "id": turn.id,
        "conversation": turn.conversation_id,
        "number": turn.number,
        "when": turn.created_at.isoformat(),
        "intent": turn.intent,
        "text": turn.text,
        "reply": turn.reply,
        "concepts": _names(assistant, turn.concepts),
        "trace": dict(turn.trace),
    }


def _names(assistant: "Assistant", ids: Sequence[str]) -> list[str]:
    return [assistant.memory.concepts.by_id(assistant.user, one).name for one in ids]


@app.command()
def show(turn_id: TurnId, user: User = "me", as_json: Json = False) -> None:
    """Show one turn, what it rested on, and its pictures."""
    assistant = open_assistant(user)
    turn = find_turn(assistant, turn_id)
    pictures = assistant.memory.images.list(assistant.user, turn=turn.id)
    data = _turn_data(assistant, turn)
    if as_json:
        print_json(data | {"pictures": [_image_data(assistant, one) for one in pictures]})
        return
    trace = data.pop("trace")
    print_pairs([(key, _cell(value)) for key, value in data.items() if value != ""])
    say("\nWhat it rested on:" if trace else "\nNothing is noted of what it rested on.")
    print_pairs(rested_on(trace))
    for picture in pictures:
        say(f"picture {picture.id[-_SHOWN:]}, seed {picture.record.get('seed', 'unknown')}")


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


@app.command()
def pictures(
    picture: Annotated[str | None, typer.Argument(help="Show what this one was made from.")] = None,
    count: Annotated[int, typer.Option("-n", min=1, help="How many, the newest.")] = 20,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """List pictures, the newest at the end; or follow one back to what it was made from."""
    assistant = open_assistant(user)
    if picture:
        found = find_picture(assistant, picture)
        shown = assistant.memory.images.lineage(assistant.user, found.id)
    else:
        shown = assistant.memory.images.list(assistant.user)[:count][::-1]
    if as_json:
        print_json({"pictures": [_image_data(assistant, one) for one in shown]})
    elif shown:
        header = ("id", "when", "seed", "size", "made from", "drawn")
        print_table(header, [_image_cells(one) for one in shown])
    else:
        note("Nothing was drawn yet.")


def _image_cells(image: "Image") -> tuple[str, ...]:
    when = f"{image.created_at.astimezone():%Y-%m-%d %H:%M}"
    size = f"{image.width}x{image.height}" if image.width else ""
    parent = image.parent_id[-_SHOWN:] if image.parent_id else ""
    seed = str(image.record.get("seed", ""))
    return (image.id[-_SHOWN:], when, seed, size, parent, _short(image.prompt) or "a photo given")


def _image_data(assistant: "Assistant", image: "Image") -> dict[str, Any]:
    return {
        "id": image.id,
        "when": image.created_at.isoformat(),
        "turn": image.turn_id,
        "parent": image.parent_id,
        "prompt": image.prompt,
        "seed": image.record.get("seed"),
        "size": [image.height, image.width],
        "concepts": _names(assistant, image.concepts),
        "file": str(assistant.memory.vault.path(image.sha256)),
    }


@app.command()
def remove(
    turn_ids: Annotated[list[str], typer.Argument(help="Ids of turns.")],
    yes: Yes = False,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Remove turns, and conversations that are empty then; pictures stay, see `omni image rm`."""
    assistant = open_assistant(user)
    found = [find_turn(assistant, one) for one in turn_ids]
    # one may be meant twice, as the last and by its id
    turns = list({turn.id: turn for turn in found}.values())
    if not yes:
        agree(f"Remove {counted(len(turns), 'turn')} for good?", otherwise="Nothing was removed.")
    empty = _remove(assistant, turns)
    if as_json:
        print_json({"removed": [turn.id for turn in turns], "conversations_removed": empty})
        return
    also = f" Conversations that went with them: {len(empty)}." if empty else ""
    note(f"Removed {counted(len(turns), 'turn')}.{also}")


def _remove(assistant: "Assistant", turns: "Sequence[Turn]") -> list[str]:
    """Remove turns, with conversations that have no other; return the ids of those."""
    memory, user, empty = assistant.memory, assistant.user, list[str]()
    with memory.writing():
        for turn in turns:
            memory.turns.remove(user, turn.id)
        for id in dict.fromkeys(turn.conversation_id for turn in turns):
            left, title = memory.turns.list(user, id), memory.conversations.get(user, id).title
            if not left:
                memory.conversations.remove(user, id)
                empty.append(id)
            # a title is the beginning of what was said first
            elif title and any(turn.text.startswith(title) for turn in turns):
                memory.conversations.rename(user, id, left[0].text[:_WIDTH])
    return empty


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(help="The new file to write; stdout without it.")
    ] = None,
    conversation: Annotated[str | None, typer.Option("--id", help="Only this one.")] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Also what each answer rested on.")
    ] = False,
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Write all conversations as JSON, oldest first; pictures stay here."""
    assistant = open_assistant(user)
    one = [find_conversation(assistant, conversation)] if conversation else None
    # ids sort by time
    begun = sorted(assistant.conversations.list(), key=lambda each: each.id)
    told = [_told(assistant, each, trace) for each in one or begun]
    data = {"user": user, "conversations": told}
    if file is None:
        print_json(data)
        return
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    write_new(file, text.encode("utf8", "replace"))
    if as_json:
        print_json({"path": str(file), "conversations": len(told)})
    else:
        note(f"Wrote {counted(len(told), 'conversation')}.")
        say_path(file)


def _told(assistant: "Assistant", one: "Conversation", trace: bool) -> dict[str, Any]:
    """Lay a conversation out with its turns."""
    turns = [_turn_data(assistant, turn) for turn in assistant.conversations.show(one.id).turns]
    if not trace:
        turns = [{key: turn[key] for key in turn if key != "trace"} for turn in turns]
    return {
        "id": one.id,
        "title": one.title,
        "when": one.created_at.isoformat(),
        "turns": turns,
    }


@app.command()
def path(as_json: Json = False) -> None:
    """Print the file that turns are kept in, with all else that is text; made at the first use."""
    file = find_home().data / "memory.db"
    if as_json:
        print_json({"path": str(file)})
    else:
        say(str(file))


@app.command()
def conversations(user: User = "me", as_json: Json = False) -> None:
    """List conversations, the one last talked in first."""
    found = open_assistant(user).conversations.list()
    if as_json:
        rows = [{"id": c.id, "title": c.title, "when": c.created_at.isoformat()} for c in found]
        print_json({"conversations": rows})
    else:
        print_conversations(found)


def print_conversations(found: "Sequence[Conversation]") -> None:
    """Print conversations with their ids and titles."""
    if not found:
        note("There is no conversation yet.")
        return
    rows = [
        (one.id[-_SHOWN:], f"{one.created_at.astimezone():%Y-%m-%d %H:%M}", _short(one.title))
        for one in found
    ]
    print_table(("id", "begun", "title"), rows)


def print_turns(turns: "Sequence[Turn]") -> None:
    """Print turns as they went."""
    for turn in turns:
        say(f"> {turn.text}\n{turn.reply}")


def find_turn(assistant: "Assistant", part: str) -> "Turn":
    """Return the turn of an id, of an end of one, or the last.

    Raises:
        NotFoundError: if there is none, or more than one.
    """
    if part == "last":
        for turn in assistant.memory.turns.recent(assistant.user, 1):
            return turn
        raise NotFoundError("There is no last turn: nothing was said yet.", hint=_BEGIN)
    turns = assistant.memory.turns.recent(assistant.user, 2, id_part=part)
    return _only(turns, part, "turn", "omni log list")


def find_conversation(assistant: "Assistant", part: str) -> "Conversation":
    """Return the conversation of an id, or of the beginning or end of one.

    Raises:
        NotFoundError: if there is none, or more than one.
    """
    found = assistant.memory.conversations.list(assistant.user)
    return _only(found, part, "conversation", "omni log conversations")


def find_picture(assistant: "Assistant", part: str) -> "Image":
    """Return the picture of an id, or of the beginning or end of one.

    Raises:
        NotFoundError: if there is none, or more than one.
    """
    images = assistant.memory.images.list(assistant.user)
    return _only(images, part, "picture", "omni image list")


def _only(rows: "Sequence[_Row]", part: str, what: str, command: str) -> _Row:
    fits = [row for row in rows if row.id.startswith(part) or row.id.endswith(part)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        ends = ", ".join(row.id[-12:] for row in fits[:5])
        raise NotFoundError(
            f"{len(fits)} {what}s have {part!r} in their ids.",
            hint=f"Write more; they end in {ends}.",
        )
    raise NotFoundError(f"There is no {what} {part!r}.", hint=f"See `{command}`.")


def replay(
    turn_id: TurnId,
    seed: Seed = None,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Run a turn again with what it used then, and compare the results."""
    from assistant import Answer

    assistant = open_assistant(user, model)
    turn = find_turn(assistant, turn_id)
    before = _results(assistant, turn)
    again = assistant.replay_turn(turn.id, seed=seed)
    if isinstance(again, Answer) and again.question is not None:
        raise RefusedError(
            f"Run again, the turn asks first: {again.text}",
            hint="What was agreed to then is not agreed to again; say it anew in `omni chat`.",
        )
    kept = assistant.memory.turns.get(assistant.user, again.turn) if again.turn else None
    same = compared(before, _results(assistant, kept)) if kept else "different"
    if as_json:
        now = _turn_data(assistant, kept) if kept else None
        print_json({"result": same, "before": _turn_data(assistant, turn), "now": now})
        return
    say(f"before: {turn.reply}\nnow: {kept.reply if kept else again.text}")
    for path in again.images:
        say_path(path)
    for name, versions in again.trace.get("tokens_changed", {}).items():
        then, now_used = versions["then"], versions["now"]
        note(f"{name} had tokens {then} then, and has tokens {now_used} now.")
    note(f"The results are {same}." + (" The seed was another." if seed is not None else ""))


def _results(assistant: "Assistant", turn: "Turn") -> "tuple[str, tuple[str, ...]]":
    """Return what a turn came to: its words, and the pixels of its pictures."""
    from assistant.saved_files import pixels_of

    made = str(turn.trace.get("image", ""))
    images = assistant.memory.images.list(assistant.user, turn=turn.id)
    data = [assistant.memory.images.read(assistant.user, i.id) for i in images if i.id in made]
    return turn.reply, tuple(pixels_of(one) for one in data)


def compared(before: "tuple[str, tuple[str, ...]]", now: "tuple[str, tuple[str, ...]]") -> str:
    """Say how two results compare: by their words, and by the pixels of their pictures."""
    if before == now:
        return "equal"
    return "equal in words, not in the picture" if before[0] == now[0] else "different"
