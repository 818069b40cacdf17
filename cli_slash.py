"""The commands of a chat that begin with a slash: one registry for running, help and completion."""

import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from cli_attach import find_photos, to_path
from cli_new_file import write_new
from cli_output import counted, note, print_pairs, print_table, say, say_path
from cli_picture import show, show_image
from cli_room import Room
from cli_settings import in_force
from cli_why import rested_on, summary
from omni_errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from assistant import Told

__all__ = ["COMMANDS", "Slash", "complete", "find", "perform"]

# what else can be forgotten with a concept; in a pipe the next line is no answer to it
_ALSO = (
    "Also the pictures that show it, and what was edited from them?",
    "Also what conversations and prompts say of it?",
)
# pictures that are shown again
_SHOWN = 3
# 0 and up to these, without them: seeds there are, and those drawn by chance, which are shorter
_SEEDS, _SHORT_SEEDS = 2**63, 2**31
# numbers of so many digits are none here
_DIGITS = 20


@dataclass(frozen=True)
class Slash:
    """One command: what follows it, what it does, and the function that does it."""

    name: str
    takes: str
    about: str
    run: Callable[[Room, str], None]


def perform(room: Room, line: str) -> None:
    """Run the command of a line that begins with a slash.

    Raises:
        UsageError: if there is no such command.
    """
    word, _, rest = line.lstrip()[1:].partition(" ")
    find(word).run(room, rest.strip())


def find(word: str) -> Slash:
    """Return a command by its name, or by a beginning that only it has.

    Raises:
        UsageError: if there is none; it names the nearest.
    """
    fits = [one for one in COMMANDS if one.name.startswith(word.lower())]
    exact = [one for one in fits if one.name == word.lower()]
    if exact or len(fits) == 1:
        return (exact or fits)[0]
    if word and fits:
        names = ", ".join(f"/{one.name}" for one in fits)
        raise UsageError(f"/{word} may be {names}.", hint="Write one more letter.")
    near = get_close_matches(word.lower(), [one.name for one in COMMANDS], 1, cutoff=0.4)
    meant = f" Did you mean /{near[0]}?" if near else ""
    raise UsageError(f"There is no command /{word}.{meant}", hint="/help lists them all.")


def complete(room: Room, before: str) -> Iterable[str]:
    """Return what may stand in place of the last word before the cursor."""
    word = before.rpartition(" ")[2]
    if before.startswith("/") and " " not in before:
        return [f"/{one.name}" for one in COMMANDS if one.name.startswith(word[1:])]
    if word.startswith("@"):
        names = [one.concept.name for one in room.assistant.concepts.list()]
        return [f"@{name}" for name in names if name.casefold().startswith(word[1:].casefold())]
    if word.startswith(("/", "./", "~")) or before.startswith(("/attach ", "/show ")):
        return _paths(word)
    return []


def _paths(word: str) -> list[str]:
    start = Path(os.path.expanduser(word))
    folder, begun = (start, "") if word.endswith("/") else (start.parent, start.name)
    try:
        found = sorted(path for path in folder.iterdir() if path.name.startswith(begun))
    except OSError:
        return []
    kept = word[: len(word) - len(begun)]
    return [f"{kept}{path.name}{'/' if path.is_dir() else ''}" for path in found[:50]]


def _help(room: Room, rest: str) -> None:
    print_table(
        ("command", "what it does"),
        [(f"/{one.name} {one.takes}".strip(), one.about) for one in COMMANDS],
    )
    say("Anything else is said to the assistant. Drop a photo into the line to attach it.")


def _why(room: Room, rest: str) -> None:
    if rest not in ("", "full"):
        raise UsageError(f"/why cannot tell {rest!r}.", hint="Use /why or /why full.")
    why = room.chat.why()
    if not why:
        note("Nothing was answered yet.")
    elif rest:
        print_pairs(rested_on(why))
    else:
        print_pairs(summary(why))
        note("/why full shows every step.")


def _attach(room: Room, rest: str) -> None:
    if not rest:
        names = ", ".join(path.name for path in room.attached)
        note(f"Attached: {names}." if names else "Nothing is attached. Write /attach PATH.")
        return
    room.attach(to_path(rest))


def _paste(room: Room, rest: str) -> None:
    room.paste()


def _draw(room: Room, rest: str) -> None:
    room.say(_needed(rest, "/draw a dog at sea"), wanted="generate")


def _edit(room: Room, rest: str) -> None:
    text, photos = find_photos(rest)
    _needed(text, "/edit remove the dog")
    for photo in photos:
        room.attach(photo)
    if not room.attached and room.chat.last_image is None:
        raise UsageError("There is no picture to edit.", hint="Attach one with /attach PATH.")
    # without a photo the conversation itself knows which picture was last, and whence it came
    room.say(text, wanted="edit")


def _concepts(room: Room, rest: str) -> None:
    rows = [
        (one.concept.name, one.concept.class_name, str(one.photos), str(one.facts))
        for one in room.assistant.concepts.list()
    ]
    if rows:
        print_table(("name", "class", "photos", "facts"), rows)
    else:
        note("Nobody is known yet. Leave, and run `omni concept add PHOTOS`.")


def _facts(room: Room, rest: str) -> None:
    names = [rest] if rest else [one.concept.name for one in room.assistant.concepts.list()]
    pairs = [
        (name, "\n".join(fact.text for fact in room.assistant.concepts.facts(name)) or "no facts")
        for name in names
    ]
    print_pairs(pairs)


def _remember(room: Room, rest: str) -> None:
    room.say(f"Remember that {_needed(rest, '/remember Maeve likes cheese')}")


def _recall(room: Room, rest: str) -> None:
    from cli_memory import print_recalled

    print_recalled(room.assistant.recall(_needed(rest, "/recall where she sleeps")))


def _forget(room: Room, rest: str) -> None:
    from cli_concept import print_receipt

    shown = room.assistant.concepts.show(_needed(rest, "/forget Maeve"))
    name = shown.concept.name
    agreed = [room.agrees(f"Forget {name} and its {counted(shown.photos, 'photo')} for good?")]
    if agreed[0] and room.lines.asks:
        agreed += [room.agrees(question) for question in _ALSO]
    # a question that is broken off takes the first answer back
    if not agreed[0] or None in agreed:
        note("Nothing was forgotten.")
        return
    images, mentions = agreed[1:] or (False, False)
    receipt = room.assistant.concepts.forget(name, images=bool(images), mentions=bool(mentions))
    print_receipt(receipt)


def _image(room: Room, rest: str) -> None:
    path, (verb, _, target) = room.chat.last_image, rest.partition(" ")
    if path is None:
        raise NotFoundError("There is no picture yet.", hint="Ask for one, or use /draw.")
    if not verb:
        show(path, room.pictures)
        say_path(path)
    elif verb == "save":
        _save(path, to_path(_needed(target, "/image save dog.png")))
    elif verb == "open":
        import typer

        typer.launch(str(path))
    else:
        raise UsageError(f"/image cannot {verb}.", hint="Use /image, /image save PATH or open.")


def _save(source: Path, target: Path) -> None:
    """Copy a picture without the record in it, beside nothing that is there."""
    from PIL import Image

    from assistant.pictures import strip

    with Image.open(source) as image:
        data = strip(image)
    say_path(write_new(target / source.name if os.path.isdir(target) else target, data))


def _seed(room: Room, rest: str) -> None:
    if rest.isdecimal() and len(rest) < _DIGITS and int(rest) < _SEEDS:
        room.seed = int(rest)
        note(f"The next pictures are drawn with seed {room.seed}.")
    elif rest == "random":
        room.seed = None
        note("Each picture is drawn with another seed.")
    elif not rest:
        last = f" The last one was {room.last_seed}." if room.last_seed is not None else ""
        note(f"Seed {'random' if room.seed is None else room.seed}.{last}")
    else:
        raise UsageError(f"{rest!r} is no seed.", hint=f"Use 0 to {_SEEDS - 1}, or random.")


def _redo(room: Room, rest: str) -> None:
    room.say_again(room.last_seed)


def _again(room: Room, rest: str) -> None:
    room.say_again(secrets.randbelow(_SHORT_SEEDS))


def _undo(room: Room, rest: str) -> None:
    said = room.chat.undo()
    room.last_turn = ""
    if not said:
        raise NotFoundError("Nothing was said yet.", hint="Say something first.")
    note(f"Taken back: {said}")
    note("What it remembered and drew stays; see /facts and `omni log pictures`.")


def _show(room: Room, rest: str) -> None:
    if rest and not (rest.isdecimal() and len(rest) < _DIGITS and int(rest)):
        _show_file(room, to_path(rest))
        return
    made = room.chat.pictures[-int(rest or _SHOWN) :]
    if not made:
        raise NotFoundError("Nothing was drawn here yet.", hint="Ask for a picture, or use /draw.")
    for path in made:
        show(path, room.pictures)
        say_path(path)


def _show_file(room: Room, path: Path) -> None:
    from learning.photos import PhotoLimits, take_in

    try:
        photo = take_in([path], PhotoLimits(min_side=1)).photos[0]
    except NotFoundError as error:
        raise UsageError(
            f"{str(path)!r} is no number of pictures and no file.", hint="Use 1 or more, or a path."
        ) from error
    show_image(photo.image, room.pictures)
    say_path(photo.path)


def _write(room: Room, rest: str) -> None:
    target = to_path(_needed(rest, "/save talk.md"))
    told = room.assistant.conversations.show(room.chat.conversation)
    say_path(write_new(target, _as_markdown(told).encode("utf8", "replace")))


def _as_markdown(told: "Told") -> str:
    """Lay a conversation out to be read."""
    parts = [
        f"# {told.conversation.title}",
        f"{told.conversation.created_at.astimezone():%d %B %Y}",
    ]
    for turn in told.turns:
        parts += [f"**You:** {turn.text}", turn.reply]
        parts += ["*(interrupted)*"] if turn.trace.get("interrupted") else []
    return "\n\n".join(parts) + "\n"


def _config(room: Room, rest: str) -> None:
    one = room.assistant
    here = {"user": one.user_name, "model": str(one.model_name), "show": room.pictures}
    rows = []
    for name, value in in_force().items():
        used = here.get(name, value.value)
        origin = value.origin if used == value.value else "this chat"
        rows.append((name, used or "worked out", origin))
    print_table(("setting", "value", "from"), rows)
    note("`omni config set` changes them from the next chat on.")


def _new(room: Room, rest: str) -> None:
    room.enter(None)
    note("A new conversation.")


def _resume(room: Room, rest: str) -> None:
    if not rest:
        _history(room, "")
        note("Write /resume and an id.")
        return
    room.take_up(rest)


def _history(room: Room, rest: str) -> None:
    from cli_log import print_conversations

    print_conversations(room.assistant.conversations.list()[:20])


def _model(room: Room, rest: str) -> None:
    if rest:
        room.change_model(rest)
    note(f"The model is {room.assistant.model_name}.")


def _quit(room: Room, rest: str) -> None:
    room.left = True


def _needed(text: str, example: str) -> str:
    if not text:
        raise UsageError("There is no text.", hint=f"Write it, as in {example}.")
    return text


COMMANDS = (
    Slash("help", "", "list these commands", _help),
    Slash("why", "[full]", "tell what the last answer rests on, or show every step", _why),
    Slash("attach", "PATH", "add a photo, or all of a pattern, to what you say next", _attach),
    Slash("paste", "", "add the picture in the clipboard to what you say next", _paste),
    Slash("draw", "TEXT", "draw a picture", _draw),
    Slash("edit", "TEXT", "change the attached photo, or the last picture", _edit),
    Slash("redo", "", "say the last thing again, with the same seed", _redo),
    Slash("again", "", "say the last thing again, with another seed", _again),
    Slash("undo", "", "take the last thing that was said back, with its answer", _undo),
    Slash("seed", "[N | random]", "choose the seed of the next pictures", _seed),
    Slash("image", "[save PATH | open]", "show, save or open the last picture", _image),
    Slash("show", "[N | PATH]", "show the last pictures of this conversation, or a file", _show),
    Slash("concepts", "", "list what is known", _concepts),
    Slash("facts", "[NAME]", "list what is known of each, or of one", _facts),
    Slash("remember", "TEXT", "remember a fact, after you agree", _remember),
    Slash("recall", "TEXT", "find facts and turns of all conversations by meaning", _recall),
    Slash("forget", "NAME", "forget a concept for good, after you agree", _forget),
    Slash("new", "", "begin a new conversation", _new),
    Slash("resume", "[ID]", "go on with another conversation", _resume),
    Slash("history", "", "list conversations", _history),
    Slash("save", "FILE", "write this conversation into a new file, as Markdown", _write),
    Slash("model", "[NAME]", "tell which model answers, or take another", _model),
    Slash("config", "", "show the settings in force", _config),
    Slash("quit", "", "leave; so does Ctrl-D", _quit),
)
