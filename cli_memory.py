"""``omni memory``: facts, one by one, and the files they are kept in.

Only ``search --like`` loads a model.
"""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli_options import (
    Json,
    Listing,
    Model,
    User,
    concept_name,
    has_end,
    open_assistant,
    run_default,
)
from cli_output import Quiet, counted, note, print_json, print_pairs, print_table, say
from omni_errors import InputError, NotFoundError

if TYPE_CHECKING:
    from assistant import Assistant, Recalled
    from memory.values import Concept, Fact, Unlearned

__all__ = ["app", "print_recalled"]

app = typer.Typer(
    help="See, add, find, change and remove facts.",
    cls=Listing,
    invoke_without_command=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(help="The concept's name, or its id.")]
Which = Annotated[str, typer.Argument(help="The fact's number, its words, or its id.")]
_PARTS = {"facts and turns": "memory.db*", "photos and tokens": "vault", "index": "index"}
_PARTS |= {"pictures": "images", "backups": "backups"}
_PARTS |= {"runs that wait": "runs.db*", "training files": "training"}
# numbers of more digits are none of a fact, but may be of an id
_DIGITS = 7


@app.callback()
def group(context: typer.Context) -> None:
    """See, add, find, change and remove facts; without a command, list them."""
    run_default(context, "list")


@app.command("list")
def list_facts(user: User = "me", as_json: Json = False) -> None:
    """List every fact, by concept."""
    assistant = open_assistant(user)
    rows = _all(assistant)
    _print_facts(rows, as_json, "Nothing is remembered yet. Run `omni memory add NAME TEXT`.")


def _concept(assistant: "Assistant", name: str) -> "Concept":
    return assistant.memory.concepts.get(assistant.user, concept_name(assistant, name))


def _of(assistant: "Assistant", concept: "Concept") -> "tuple[Fact, ...]":
    return assistant.memory.facts.list(assistant.user, concept.id)


def _all(assistant: "Assistant") -> "list[tuple[Concept, Fact]]":
    """Pair every fact with its concept, by the concept's name."""
    memory, user = assistant.memory, assistant.user
    facts: dict[str, list[Fact]] = {}
    for fact in memory.facts.of_user(user):
        facts.setdefault(fact.concept_id, []).append(fact)
    return [(c, fact) for c in memory.concepts.list(user) for fact in facts.get(c.id, ())]


def _print_facts(rows: "list[tuple[Concept, Fact]]", as_json: bool, none: str) -> None:
    if as_json:
        print_json({"facts": [_fact_data(concept, fact) for concept, fact in rows]})
    elif rows:
        print_table(("concept", "fact"), [(c.name, f.text) for c, f in rows])
    else:
        note(none)


def _fact_data(concept: "Concept", fact: "Fact") -> dict[str, Any]:
    return {
        "id": fact.id,
        "concept": concept.name,
        "text": fact.text,
        "source": fact.source,
        "when": fact.created_at.isoformat(),
    }


@app.command()
def show(name: Name, user: User = "me", as_json: Json = False) -> None:
    """Show the facts of a concept, with who said each."""
    assistant = open_assistant(user)
    concept = _concept(assistant, name)
    facts = _of(assistant, concept)
    if as_json or not facts:
        rows = [(concept, fact) for fact in facts]
        _print_facts(rows, as_json, f"Nothing is remembered of {concept.name}.")
        return
    cells = [
        (str(number), fact.text, fact.source, f"{fact.created_at.astimezone():%Y-%m-%d}")
        for number, fact in enumerate(facts, 1)
    ]
    print_table(("number", "fact", "said by", "since"), cells)


@app.command()
def add(
    name: Name,
    text: Annotated[str, typer.Argument(help="A sentence about it.")],
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Remember a fact about a concept."""
    assistant = open_assistant(user)
    fact = assistant.concepts.add_fact(concept_name(assistant, name), text)
    if as_json:
        print_json({"id": fact.id, "text": fact.text})
    else:
        note(f"Remembered: {fact.text}")


@app.command()
def edit(
    name: Name,
    which: Which,
    text: Annotated[str, typer.Argument(help="What it is to say.")],
    user: User = "me",
    as_json: Json = False,
) -> None:
    """Say a fact anew."""
    assistant = open_assistant(user)
    concept = _concept(assistant, name)
    fact = _chosen(_of(assistant, concept), which, concept.name)
    changed, lost = assistant.concepts.change_fact(concept.name, fact.id, text)
    if as_json:
        before = {"before": fact.text, "versions_removed": list(lost.versions)}
        print_json({"id": changed.id, "text": changed.text, **before})
        return
    note(f"Remembered: {changed.text}")
    _note_unlearned(concept.name, lost)
    others = [one.name for one, same in _all(assistant) if same.text == fact.text]
    if others and changed.text != fact.text:
        note(f"{', '.join(others)}: still {fact.text}")


@app.command("forget", help="Remove a fact; the same as remove.")
@app.command()
def remove(name: Name, which: Which, user: User = "me", as_json: Json = False) -> None:
    """Remove a fact."""
    assistant = open_assistant(user)
    concept = _concept(assistant, name)
    fact = _chosen(_of(assistant, concept), which, concept.name)
    lost = assistant.concepts.remove_fact(concept.name, fact.id)
    if as_json:
        removed = {"id": fact.id, "text": fact.text}
        print_json({"removed": removed, "versions_removed": list(lost.versions)})
    else:
        note(f"Removed: {fact.text}")
        _note_unlearned(concept.name, lost)


def _note_unlearned(name: str, lost: "Unlearned") -> None:
    if not lost.versions:
        return
    which = ", ".join(map(str, lost.versions))
    note(f"Trained tokens of {name} had learned it and were removed: version {which}.")
    if lost.was_active:
        now = f"Version {lost.active} is in use" if lost.active else f"{name} has no tokens"
        note(f"{now}. Train again: omni concept train {shlex.quote(name)}")


def _chosen(facts: "tuple[Fact, ...]", which: str, name: str) -> "Fact":
    """Return the fact of a number, an id, or of words that only it has.

    Raises:
        InputError: if there are no words, or several facts have them.
        NotFoundError: if there is no such fact; a number means no fact that merely says it.
    """
    given, hint = which.strip(), f"See `omni memory show {shlex.quote(name)}` for their numbers."
    if not given:
        raise InputError(f"A blank text {which!r} means no fact.", hint=hint)
    number = given.isdecimal()
    if number and len(given) <= _DIGITS and 1 <= int(given) <= len(facts):
        return facts[int(given) - 1]
    words = given.casefold()
    fits = [
        one
        for one in facts
        if has_end(one.id, given) or not number and words in one.text.casefold()
    ]
    exact = [fact for fact in fits if fact.text.casefold() == words]
    if len(exact or fits) == 1:
        return (exact or fits)[0]
    if fits:
        raise InputError(f"{len(fits)} facts about {name} say {which!r}.", hint=hint)
    raise NotFoundError(f"There is no fact {which!r} about {name}.", hint=hint)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="Words to look for, in whatever case.")],
    like: Annotated[
        bool, typer.Option("--like", help="By meaning, in facts and in all conversations.")
    ] = False,
    count: Annotated[int, typer.Option("-n", min=1, max=1000, help="With --like: how many.")] = 5,
    user: User = "me",
    model: Model = "omni-mini",
    as_json: Json = False,
) -> None:
    """Find facts with all the words, there or in their concept's name; or what is like them."""
    assistant, words = open_assistant(user, model), text.casefold().split()
    if not words:
        raise InputError("There are no words to look for.", hint="Give one or more.")
    if like:
        with Quiet() as quiet:
            quiet.step("Comparing.")
            found = assistant.recall(text, count)
        print_recalled(found, as_json)
        return
    rows = [
        (concept, fact)
        for concept, fact in _all(assistant)
        if all(word in f"{concept.name} {fact.text}".casefold() for word in words)
    ]
    none = f"No fact has {text!r}. Try --like; turns are searched by `omni log list -q`."
    _print_facts(rows, as_json, none)


def print_recalled(found: "tuple[Recalled, ...]", as_json: bool = False) -> None:
    """Print facts and turns that were found by their meaning, the nearest first."""
    if as_json:
        print_json({"found": [_recalled_data(one) for one in found]})
    elif found:
        header = ("alike", "what", "when", "about", "said", "answered")
        print_table(header, [_recalled_cells(one) for one in found])
    else:
        note("Nothing like that is remembered.")


def _recalled_data(one: "Recalled") -> dict[str, Any]:
    data = asdict(one) | {"similarity": round(one.similarity, 4), "when": one.when.isoformat()}
    return {key: value for key, value in data.items() if value != ""}


def _recalled_cells(one: "Recalled") -> tuple[str, ...]:
    when, about = f"{one.when.astimezone():%Y-%m-%d}", ", ".join(one.about)
    return (f"{one.similarity:.2f}", one.kind, when, about, one.text, one.reply)


@app.command()
def sweep(user: User = "me", as_json: Json = False) -> None:
    """Delete files that nothing refers to any more."""
    swept = open_assistant(user).memory.sweep()
    if as_json:
        print_json({"files": swept.files, "bytes": swept.size})
    else:
        note(f"Deleted {counted(swept.files, 'file')}, {swept.size / 1e6:.1f} MB.")


@app.command()
def path(user: User = "me", as_json: Json = False) -> None:
    """Print the folder that everything is kept in."""
    folder = str(open_assistant(user).home)
    if as_json:
        print_json({"path": folder})
    else:
        say(folder)


@app.command()
def size(user: User = "me", as_json: Json = False) -> None:
    """Tell how large what is kept is, of all users together."""
    home = open_assistant(user).home
    sizes = {what: _bytes(home, pattern) for what, pattern in _PARTS.items()}
    # the whole folder counts, whatever else is in it
    whole = _bytes(home, "*")
    sizes |= {"other": whole - sum(sizes.values()), "all": whole}
    if as_json:
        print_json({"bytes": sizes})
    else:
        print_pairs((what, f"{count / 1e6:.1f} MB") for what, count in sizes.items())


def _bytes(home: Path, pattern: str) -> int:
    tops = [top for top in home.glob(pattern)]
    files = [path for top in tops for path in (top.rglob("*") if top.is_dir() else (top,))]
    return sum(path.stat().st_size for path in files if path.is_file())
