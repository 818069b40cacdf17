"""Nearest neighbours: Chroma as an index over the vectors in SQL, which can always be rebuilt.

Vectors are handed in; nothing here runs a model or downloads one. Writing touches SQL only. The
index is brought up to date when it is asked, under the lock of the store, and opened again when
another process wrote to it since: its library keeps a copy in memory and would answer from that.
Deleted vectors stay in its files, so forgetting starts a new folder.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy.orm import Session

from memory import vectors
from memory.database import Database
from memory.names import check_text
from memory.tables import new_id
from memory.unused import blank_unused
from memory.values import Near
from memory.vault import private_folder
from memory.vectors import Kind, check_kind, check_vector
from omni_errors import InputError, ResourceError

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

__all__ = ["VectorIndex"]

_T = TypeVar("_T")
_BATCH = 1_000
_MAX_NEAR = 10_000
# asked for at least, so that it shows when the index lost some
_WIDE = 100


@dataclass
class _State:
    """Say where the index is and how far it got; kept in a file beside it."""

    # the folder in use
    folder: str
    # changes with every write, so that other processes notice
    stamp: str = ""
    # the last revision of vectors in each collection
    revisions: dict[str, int] = field(default_factory=dict)


class VectorIndex:
    """Keep vectors of photos, facts and turns, and find the nearest ones of a user."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self.folder = folder
        self._client: Client | None = None
        self._opened: _State | None = None

    def put(
        self,
        user: str,
        kind: Kind,
        item_id: str,
        vector: Sequence[float],
        *,
        embedder: str = "default",
    ) -> None:
        """Keep the vector of a photo, fact or turn, in place of an earlier one.

        Raises:
            NotFoundError: if the user has no such item.
            InputError: if the vector has no direction, or another length than the others.
        """
        kept, name = check_vector(vector), _check_embedder(embedder)
        with self._database.writing() as session:
            vectors.write_vector(session, user, check_kind(kind), item_id, kept, name)

    def get(
        self, user: str, item_id: str, *, embedder: str = "default"
    ) -> tuple[float, ...] | None:
        """Return the vector of a user's item; None if it has none."""
        return self.all_of(user, item_id).get(embedder)

    def all_of(self, user: str, item_id: str) -> dict[str, tuple[float, ...]]:
        """Return the vectors of a user's item by embedder."""
        with self._database.reading() as session:
            found = vectors.read_vectors(session, user, item_id)
            return {embedder: tuple(vector) for embedder, vector in found.items()}

    def missing(
        self, user: str, kind: Kind = "photo", *, embedder: str = "default"
    ) -> tuple[str, ...]:
        """Return the ids of a user's photos, facts or turns that have no vector of an embedder."""
        with self._database.reading() as session:
            return vectors.without(session, user, check_kind(kind), _check_embedder(embedder))

    def photos(
        self, user: str, *, embedder: str = "default", limit: int = 1_000
    ) -> tuple[tuple[str, str, tuple[float, ...]], ...]:
        """Return photo, concept and vector of a user's newest photos, the newest first."""
        with self._database.reading() as session:
            name = _check_embedder(embedder)
            return tuple(vectors.photo_vectors(session, user, name, limit))

    def nearest(
        self,
        kind: Kind,
        vector: Sequence[float],
        user: str,
        k: int,
        concept: str | None = None,
        *,
        embedder: str = "default",
    ) -> tuple[Near, ...]:
        """Return the ids of a user's ``k`` nearest items, the nearest first.

        ``concept`` is an id, and keeps to what is about it.

        Raises:
            InputError: if the vector has no direction or another length, or k is none.
            ResourceError: if the index cannot be built.
        """
        asked, kind, name = check_vector(vector), check_kind(kind), _check_embedder(embedder)
        if not 1 <= k <= _MAX_NEAR:
            raise InputError(f"{k} neighbours cannot be found.", hint=f"Ask for 1 to {_MAX_NEAR}.")
        with self._database.locked(), self._database.reading() as session:
            if not vectors.count(session, kind, name):
                return ()
            vectors.check_width(session, kind, name, len(asked))
            # the truth has the last word on whose they are
            own = vectors.ids(session, kind, name, user=user, concept=concept)
            wide = max(k, _WIDE)
            found = self._retried(
                lambda: _ask(self._ready(session, kind, name), asked, user, wide, concept)
            )
            found = [near for near in found if near.id in own]
            # a filter makes the graph of the index lose some, most of all among equal vectors
            if len(found) < min(wide, len(own)):
                compared = vectors.compare(session, kind, name, asked, user, concept)
                found = [Near(id, similarity) for id, similarity in compared]
            return tuple(found[:k])

    def sync(self) -> int:
        """Bring every collection up to date; return how many vectors it holds."""
        with self._database.locked(), self._database.reading() as session:
            return sum(
                self._retried(partial(self._count, session, kind, name))
                for kind, name in vectors.collections(session)
            )

    def differences(self) -> int | None:
        """Count vectors that only SQL or only the index holds; None before it is first built.

        Nothing is changed. What was written since the last question counts, and is no damage.

        Raises:
            ResourceError: if the index cannot be read.
        """
        from chromadb.errors import ChromaError, NotFoundError

        if _load(self.folder / "state.json") is None:
            return None
        with self._database.locked(), self._database.reading() as session:
            try:
                client, _ = self._open()
                differing = 0
                for kind, embedder in vectors.collections(session):
                    try:
                        held = client.get_collection(
                            _collection_name(kind, embedder), embedding_function=None
                        ).get(include=[])["ids"]
                    except NotFoundError:
                        held = []
                    differing += len(set(held) ^ vectors.ids(session, kind, embedder))
                blank_unused(self.folder)
                return differing
            except (ChromaError, ValueError, RuntimeError, OSError, KeyError) as error:
                raise ResourceError(
                    f"The index in {self.folder} cannot be read: {error}.",
                    hint="Run 'omni doctor --fix'.",
                ) from error

    def rebuild(self) -> int:
        """Build the index anew from SQL in a new folder; return how many vectors it holds."""
        with self._database.locked():
            self.erase()
            return self.sync()

    def erase(self) -> None:
        """Delete every file of the index; the next question builds it again."""
        with self._database.locked():
            self.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            if self.folder.exists():
                raise ResourceError(
                    f"The index in {self.folder} cannot be deleted.",
                    hint="Close other programs that use it, then delete the folder yourself.",
                )

    def close(self) -> None:
        """Let go of the index's files."""
        client, self._client, self._opened = self._client, None, None
        if client is not None:
            client.close()

    def _retried(self, work: Callable[[], _T]) -> _T:
        """Do it; when the index is broken, once more with a new one."""
        try:
            return self._tried(work)
        finally:
            # a question alone makes the library write
            blank_unused(self.folder)

    def _tried(self, work: Callable[[], _T]) -> _T:
        from chromadb.errors import ChromaError

        # Chroma's own errors, and what its parts let through on damaged files
        broken = (ChromaError, ValueError, RuntimeError, OSError, KeyError)
        try:
            return work()
        except broken:
            self.erase()
        try:
            return work()
        except broken as error:
            raise ResourceError(
                f"The index in {self.folder} cannot be built: {error}.", hint="Run 'omni doctor'."
            ) from error

    def _ready(self, session: Session, kind: Kind, embedder: str) -> "Collection":
        """Return the collection, holding exactly what SQL holds."""
        client, state = self._open()
        name = _collection_name(kind, embedder)
        collection = client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        last, done = vectors.revision(session), state.revisions.get(name, 0)
        held = vectors.count(session, kind, embedder)
        if done == last and collection.count() == held:
            return collection
        # first of all no longer in step: a crash from here on is noticed
        state.stamp, state.revisions[name] = new_id(), -1
        self._save(state)
        _add(collection, vectors.changed_since(session, kind, embedder, done))
        if collection.count() != held:
            _add_and_remove(collection, session, kind, embedder)
        state.revisions[name] = last
        self._save(state)
        return collection

    def _count(self, session: Session, kind: Kind, embedder: str) -> int:
        return self._ready(session, kind, embedder).count()

    def _open(self) -> "tuple[Client, _State]":
        state = _load(self.folder / "state.json")
        if self._client is not None and self._opened is not None and state == self._opened:
            return self._client, self._opened
        self.close()
        new = state is None or not (self.folder / state.folder).is_dir()
        if state is None or new:
            shutil.rmtree(self.folder, ignore_errors=True)
            state = _State(new_id())
        self._client, self._opened = _client(private_folder(self.folder / state.folder)), state
        if new:
            self._save(state)
        return self._client, state

    def _save(self, state: _State) -> None:
        handle, unfinished = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "w") as file:
            json.dump(vars(state), file)
        os.replace(unfinished, self.folder / "state.json")


def _client(path: Path) -> "Client":
    import chromadb
    from chromadb.config import Settings

    # without _env_file it would read a .env of the folder it happens to run in
    settings = Settings(_env_file=None, anonymized_telemetry=False)  # type: ignore[call-arg]
    client = chromadb.PersistentClient(str(path), settings=settings)
    # the declared type lacks close()
    return cast("Client", client)


def _load(path: Path) -> _State | None:
    """Read the state; None if there is none that makes sense."""
    with suppress(OSError, ValueError, TypeError):
        state = _State(**json.loads(path.read_text()))
        # a plain name, in case someone edited the file
        if state.folder.isalnum() and isinstance(state.revisions, dict):
            return state
    return None


def _collection_name(kind: Kind, embedder: str) -> str:
    # an embedder's name may hold what Chroma does not take
    return f"{kind}-{sha256(embedder.encode()).hexdigest()[:16]}"


def _ask(
    collection: "Collection", vector: Sequence[float], user: str, k: int, concept: str | None
) -> list[Near]:
    where: dict[str, Any] = {"user": user}
    if concept is not None:
        where = {"$and": [where, {"concepts": {"$contains": concept}}]}
    asked: list[Sequence[float] | Sequence[int]] = [list(vector)]
    answer = collection.query(
        query_embeddings=asked, n_results=k, where=where, include=["distances"]
    )
    distances = (answer["distances"] or [[]])[0]
    return [
        Near(id, 1.0 - float(distance))
        for id, distance in zip(answer["ids"][0], distances, strict=True)
    ]


def _add(collection: "Collection", stored: Iterator[vectors.Stored]) -> None:
    while batch := list(islice(stored, _BATCH)):
        metadatas: list[Any] = [
            {"user": one.user_id} | ({"concepts": list(one.concepts)} if one.concepts else {})
            for one in batch
        ]
        embeddings: list[Sequence[float] | Sequence[int]] = [list(one.vector) for one in batch]
        collection.upsert(ids=[one.id for one in batch], embeddings=embeddings, metadatas=metadatas)


def _add_and_remove(collection: "Collection", session: Session, kind: Kind, embedder: str) -> None:
    """Compare ids one by one: some were removed from SQL, or some never arrived."""
    held = set(collection.get(include=[])["ids"])
    wanted = vectors.ids(session, kind, embedder)
    extra = sorted(held - wanted)
    for start in range(0, len(extra), _BATCH):
        collection.delete(ids=extra[start : start + _BATCH])
    if wanted - held:
        _add(collection, vectors.changed_since(session, kind, embedder, 0))


def _check_embedder(name: str) -> str:
    return check_text(name, "embedder", 128, empty=False)
