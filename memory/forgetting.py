"""Forget a concept, and prove it by searching the bytes of every file.

The order matters when the machine stops halfway: the index goes first, since it is rebuilt from
SQL; then the rows; then the files that no row names any more, which a sweep would find as well.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from memory.concepts import owned_concept
from memory.database import Database
from memory.index import VectorIndex
from memory.migrating import backups
from memory.references import referenced
from memory.searching import Hit, Needle, search
from memory.tables import (
    CheckpointRow,
    ConceptRow,
    ConversationRow,
    FactRow,
    ImageConceptRow,
    ImageRow,
    PhotoRow,
    TrainingRunRow,
    TurnConceptRow,
    TurnRow,
    UserRow,
    VectorRow,
    to_json,
)
from memory.unlearning import unlearn
from memory.values import Finding, Receipt
from memory.vault import Vault
from memory.wording import Wording, count_of, matching, names_of_others

__all__ = ["MARK", "Wish", "forget"]

# stands where a text was
MARK = "[forgotten]"
# stands for the path of what is no file
_SERVER = Path("the database")
# bytes; shorter ones turn up in any larger file
_CHANCE = 5
_OUTSIDE = (
    "Not searched: what is outside the data folder, such as {}exported files, backups of the "
    "machine, and the terminal's own memory."
)


@dataclass(frozen=True)
class Wish:
    """What else to forget than the concept itself; see `memory.Memory.forget`."""

    images: bool = False
    mentions: bool = False
    # other names, beside those that it is known to have had
    also: tuple[str, ...] = ()
    # folders that are not searched, wherever they lie
    apart: tuple[Path, ...] = ()
    # what of this program lies outside the data folder
    outside: tuple[str, ...] = ("history", "logs", "caches")


@dataclass
class _Gone:
    """What is being removed."""

    # the last is first
    names: tuple[str, ...]
    needles: list[Needle]
    # names of the user's other concepts
    others: tuple[str, ...]
    # matches its names and facts, except in names of others
    said: Wording
    # files of the vault that the rows named
    files: set[str]
    removed: dict[str, int] = field(default_factory=dict)


def forget(
    database: Database,
    vault: Vault,
    index: VectorIndex,
    user: str,
    concept_id: str,
    wish: Wish,
) -> Receipt:
    """Remove a concept, then search for it; see `memory.Memory.forget`."""
    with database.locked():
        had_index = index.folder.exists()
        index.erase()
        with database.writing() as session:
            gone = _remove_rows(session, vault, user, concept_id, wish)
        with database.reading() as session:
            unnamed = gone.files - referenced(session)
        gone.removed["files"] = sum(map(vault.remove, sorted(unnamed)))
        outside = _OUTSIDE.format("".join(f"{what}, " for what in wish.outside))
        notes = [note for note in (database.vacuum(), outside) if note]
        gone.removed["backups"] = _remove_backups(database.folder, [*gone.needles, _id(concept_id)])
        if had_index:
            index.rebuild()
            # its files are read below; the next question opens them again
            index.close()
        return _receipt(database, vault, gone, notes, wish.apart)


def _id(concept_id: str) -> Needle:
    return Needle("id", concept_id)


def _remove_rows(session: Session, vault: Vault, user: str, concept_id: str, wish: Wish) -> _Gone:
    concept = owned_concept(session, user, concept_id)
    gone = _gather(session, concept, wish.also)
    if wish.images:
        gone.removed["images"] = _remove_images(session, user, concept_id, gone.files)
    if wish.mentions:
        turns = _turns_about(session, user, concept_id, gone.said)
        labels = _mark_labels(session, user, concept_id, gone.said, turns)
        gone.removed["turns marked"] = _mark_turns(session, turns)
        gone.removed["titles and prompts marked"] = labels
    _remove_shared(session, vault, concept, gone)
    session.delete(concept)
    session.flush()
    return gone


def _gather(session: Session, concept: ConceptRow, also: Sequence[str]) -> _Gone:
    """Note what the concept has, before it goes."""
    facts = list(session.scalars(select(FactRow).where(FactRow.concept_id == concept.id)))
    photos = list(session.scalars(select(PhotoRow).where(PhotoRow.concept_id == concept.id)))
    checkpoints = list(
        session.scalars(select(CheckpointRow).where(CheckpointRow.concept_id == concept.id))
    )
    runs = session.scalars(select(TrainingRunRow).where(TrainingRunRow.concept_id == concept.id))
    names = tuple(dict.fromkeys([concept.name, *concept.former_names[::-1], *also]))
    needles = [Needle("name", name) for name in names]
    needles += [Needle("fact", fact.text) for fact in facts]
    needles += [Needle("photo", photo.sha256) for photo in photos]
    files = {photo.sha256 for photo in photos}
    for row in checkpoints:
        files |= {row.tensors_sha256, row.sidecar_sha256}
    removed = {"concepts": 1, "facts": len(facts), "photos": len(photos)}
    removed |= {"checkpoints": len(checkpoints), "training runs": len(list(runs))}
    needles = list(dict.fromkeys(needles))
    others = _others(session, concept, names)
    said = matching((one.text for one in needles), others)
    return _Gone(names, needles, others, said, files, removed)


def _others(session: Session, concept: ConceptRow, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the user's other concepts: what is said of those is not its own."""
    rows = session.scalars(
        select(ConceptRow).where(ConceptRow.user_id == concept.user_id, ConceptRow.id != concept.id)
    )
    return names_of_others(names, [(row.name, row.former_names) for row in rows])


def _remove_shared(session: Session, vault: Vault, concept: ConceptRow, gone: _Gone) -> None:
    """Remove what is told in the same words of another concept, and names this one.

    The tokens of the other that learned it go as well.
    """
    named = matching(gone.names, gone.others)
    facts = [needle.text for needle in gone.needles if needle.kind == "fact"]
    query = select(FactRow).where(
        FactRow.user_id == concept.user_id,
        FactRow.concept_id != concept.id,
        FactRow.text.in_([text for text in facts if named.search(text)]),
    )
    shared = list(session.scalars(query))
    others = {row.concept_id for row in shared}
    for row in shared:
        session.delete(row)
    session.flush()
    gone.removed["facts of others that were about it too"] = len(shared)
    for other in sorted(others):
        found, files = unlearn(session, vault, concept.user_id, other)
        gone.files |= files
        if found.versions:
            kind = "tokens of others that had learned it"
            gone.removed[kind] = gone.removed.get(kind, 0) + len(found.versions)


def _remove_images(session: Session, user: str, concept_id: str, files: set[str]) -> int:
    """Remove the images that show a concept, and all that were edited from them."""
    linked = select(ImageConceptRow.image_id).where(ImageConceptRow.concept_id == concept_id)
    ids, newest = set[str](), set(session.scalars(linked))
    while newest:
        ids |= newest
        children = select(ImageRow.id).where(ImageRow.user_id == user)
        pairs = [session.scalars(children.where(ImageRow.parent_id == one)) for one in newest]
        newest = {child for found in pairs for child in found} - ids
    for image in sorted(ids):
        row = session.get(ImageRow, image)
        if row is not None:
            files.add(row.sha256)
            session.execute(delete(ImageRow).where(ImageRow.id == image))
    return len(ids)


def _turns_about(session: Session, user: str, concept_id: str, said: Wording) -> list[TurnRow]:
    """Find the turns that are about a concept, or that name it."""
    linked = set(
        session.scalars(
            select(TurnConceptRow.turn_id).where(TurnConceptRow.concept_id == concept_id)
        )
    )
    rows = session.scalars(select(TurnRow).where(TurnRow.user_id == user))
    return [row for row in rows if row.id in linked or said.search(_said(row))]


def _mark_turns(session: Session, turns: Sequence[TurnRow]) -> int:
    """Replace what turns say."""
    for row in turns:
        row.text, row.reply, row.trace = MARK, MARK, {"forgotten": True}
        session.execute(delete(VectorRow).where(VectorRow.turn_id == row.id))
    return len(turns)


def _mark_labels(
    session: Session, user: str, concept_id: str, said: Wording, turns: Sequence[TurnRow]
) -> int:
    """Replace titles of conversations, and prompts and records of images that stay.

    A title is the beginning of what was said first in ``turns`` that are replaced as well, and
    may break off within a name.
    """
    marked, texts = 0, defaultdict[str, list[str]](list)
    for turn in turns:
        texts[turn.conversation_id].append(turn.text)
    for row in session.scalars(select(ConversationRow).where(ConversationRow.user_id == user)):
        begun = any(text.startswith(row.title) for text in texts[row.id])
        if row.title and (said.search(row.title) or begun):
            row.title, marked = MARK, marked + 1
    linked = set(
        session.scalars(
            select(ImageConceptRow.image_id).where(ImageConceptRow.concept_id == concept_id)
        )
    )
    for image in session.scalars(select(ImageRow).where(ImageRow.user_id == user)):
        if image.id in linked or said.search(image.prompt + to_json(image.record)):
            image.prompt, image.record, marked = MARK, {"forgotten": True}, marked + 1
    return marked


def _remove_backups(folder: Path, needles: Sequence[Needle]) -> int:
    """Remove the copies that migrations left, as far as they hold any of it."""
    held = [path for path in backups(folder) if _holds(path, needles)]
    for path in held:
        path.unlink()
    return len(held)


def _holds(path: Path, needles: Sequence[Needle]) -> bool:
    data = path.read_bytes().lower()
    return any(way in data for needle in needles for way in needle.spellings())


def _receipt(
    database: Database, vault: Vault, gone: _Gone, notes: list[str], apart: Sequence[Path]
) -> Receipt:
    with database.released():
        done = search(database.folder, gone.needles, _elsewhere(database), apart)
    left_out = [path for path in apart if path.is_relative_to(database.folder) and path.exists()]
    notes += [f"Not searched: {path}" for path in (*left_out, *done.unread)]
    with database.reading() as session:
        hits = (*done.hits, *_hits_of_server(session, database, gone.needles))
        found = tuple(_finding(session, database, vault, hit) for hit in hits)
    kinds = [needle.kind for needle in gone.needles]
    looked_for = {kind: kinds.count(kind) for kind in ("name", "fact", "photo")}
    name, *others = gone.names
    return Receipt(
        name, gone.removed, done.files, done.size, looked_for, found, tuple(notes), tuple(others)
    )


def _files(database: Database) -> list[Path]:
    """Name SQLite's files, whether they are there or not; a server has none."""
    file, ends = database.file, ("", "-journal", "-shm", "-wal")
    return [file.with_name(f"{file.name}{end}") for end in ends] if file else []


def _elsewhere(database: Database) -> list[Path]:
    """Return SQLite's files that are there and lie outside the data folder."""
    folder = database.folder.resolve()
    there = [path for path in _files(database) if path.exists()]
    return [path for path in there if not path.resolve().is_relative_to(folder)]


def _hits_of_server(
    session: Session, database: Database, needles: Sequence[Needle]
) -> Iterator[Hit]:
    """Look through the rows where no file can be read: what they say is there."""
    if database.file is not None:
        return
    for needle in needles:
        found = sum(count_of(needle.text, texts) for _, texts in _texts(session))
        if found:
            yield Hit(needle, _SERVER, found)


def _finding(session: Session, database: Database, vault: Vault, hit: Hit) -> Finding:
    """Say why a text may still be there."""
    reason = ""
    if vault.folder in hit.path.parents and hit.path.name in referenced(session):
        reason = "a photo, image or checkpoint that was kept holds it"
    elif hit.path.name in {path.name for path in (_SERVER, *_files(database))}:
        reason = _why_in_database(session, hit.needle)
    if len(hit.needle.text.encode()) < _CHANCE:
        chance = "so short a text may be there by chance"
        reason = f"{reason}; {chance}" if reason else chance
    return Finding(hit.needle.kind, hit.needle.text, hit.path, hit.times, reason)


def _why_in_database(session: Session, needle: Needle) -> str:
    """Say which rows still hold a text."""
    return "; ".join(reason for reason, texts in _texts(session) if count_of(needle.text, texts))


def _texts(session: Session) -> Iterator[tuple[str, Iterator[str]]]:
    """Go through all that is written in the database, by what it would explain."""
    yield "another concept has it in its name", iter(session.scalars(select(ConceptRow.name)))
    yield "another concept is of that class", iter(session.scalars(select(ConceptRow.class_name)))
    yield "a fact about another concept says it", iter(session.scalars(select(FactRow.text)))
    yield "a user has it in the name", iter(session.scalars(select(UserRow.name)))
    yield "turns were kept that say it", map(_said, session.scalars(select(TurnRow)))
    yield "a title was kept", iter(session.scalars(select(ConversationRow.title)))
    prompts = session.execute(select(ImageRow.prompt, ImageRow.record))
    yield "an image was kept with its prompt", (said + to_json(rest) for said, rest in prompts)
    yield "another concept has the same photo", iter(session.scalars(select(PhotoRow.sha256)))
    yield "an image was kept of the same bytes", iter(session.scalars(select(ImageRow.sha256)))
    runs = session.execute(
        select(TrainingRunRow.recipe, TrainingRunRow.metrics, TrainingRunRow.message)
    )
    yield "a training run says it", (to_json(list(run)) for run in runs)
    backbones = session.scalars(select(CheckpointRow.backbone))
    yield "a checkpoint is for a backbone of that name", iter(backbones)
    if session.get_bind().dialect.name == "sqlite":
        schema = session.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
        yield "the names of the tables and columns contain it", iter(schema)


def _said(row: TurnRow) -> str:
    return "\n".join((row.text, row.reply, to_json(row.trace)))
