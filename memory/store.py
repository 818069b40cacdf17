"""The front of memory: one object that holds all stores of a data folder.

Try it: ``python -c "from memory import open_memory; print(open_memory('/tmp/m').users.list())"``.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from memory import archive, forgetting
from memory.checkpoints import Checkpoints
from memory.concepts import Concepts
from memory.conversations import Conversations
from memory.database import Database
from memory.facts import Facts
from memory.images import Images
from memory.index import VectorIndex
from memory.migrating import migrate
from memory.names import check_name
from memory.photos import Photos
from memory.references import referenced
from memory.training_runs import TrainingRuns
from memory.turns import Turns
from memory.unlearning import unlearn
from memory.users import Users
from memory.values import Concept, Fact, Receipt, Swept, Unlearned
from memory.vault import Vault
from omni_errors import OmniError

__all__ = ["Memory", "open_memory"]


class Memory:
    """Keep what users teach and say. Every call names the user whose things it is about."""

    def __init__(self, database: Database, vault: Vault, index: VectorIndex) -> None:
        self._database = database
        self.folder = database.folder
        self.vault = vault
        self.index = index
        self.users = Users(database)
        self.concepts = Concepts(database)
        self.facts = Facts(database)
        self.photos = Photos(database, vault)
        self.checkpoints = Checkpoints(database, vault)
        self.conversations = Conversations(database)
        self.turns = Turns(database)
        self.images = Images(database, vault)
        self.training_runs = TrainingRuns(database)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Do several things as one: all of them are kept, or none. Run no model inside."""
        with self._database.writing():
            yield

    @contextmanager
    def or_nothing(self) -> Iterator[None]:
        """Leave no file in the vault of what is written in here and fails; the outermost one."""
        try:
            yield
        except BaseException:  # it is raised again
            # what fails here as well must not be told in its place
            with suppress(OmniError, OSError):
                self.sweep()
            raise

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing meanwhile."""
        with self._database.locked():
            yield

    def change_fact(self, user: str, fact_id: str, text: str) -> tuple[Fact, Unlearned]:
        """Say a fact anew; trained tokens that learned the old one are removed.

        Raises:
            NotFoundError: if the user has no such fact.
            InputError: if the text is empty or too long.
        """
        with self._database.locked():
            with self._database.writing() as session:
                fact = self.facts.change(user, fact_id, text)
                found, files = unlearn(session, self.vault, user, fact.concept_id)
            self._drop(files)
        return fact, found

    def remove_fact(self, user: str, fact_id: str) -> Unlearned:
        """Remove a fact, with the trained tokens that learned it.

        Raises:
            NotFoundError: if the user has no such fact.
        """
        with self._database.locked():
            with self._database.writing() as session:
                concept = self.facts.get(user, fact_id).concept_id
                self.facts.remove(user, fact_id)
                session.flush()
                found, files = unlearn(session, self.vault, user, concept)
            self._drop(files)
        return found

    def remove_photo(self, user: str, photo_id: str) -> Unlearned:
        """Remove a photo, with the tokens that were written or trained from it.

        Raises:
            NotFoundError: if the user has no such photo.
        """
        with self._database.locked():
            with self._database.writing() as session:
                photo = self.photos.get(user, photo_id)
                self.photos.remove(user, photo_id)
                session.flush()
                found, files = unlearn(
                    session, self.vault, user, photo.concept_id, photo=photo.sha256
                )
            self._drop({*files, photo.sha256})
        return found

    def _drop(self, files: set[str]) -> None:
        """Remove files that no row names any more."""
        with self._database.reading() as session:
            unnamed = files - referenced(session)
        for sha256 in sorted(unnamed):
            self.vault.remove(sha256)

    def forget(
        self,
        user: str,
        name: str,
        *,
        images: bool = False,
        mentions: bool = False,
        also: Iterable[str] = (),
        apart: Iterable[Path] = (),
        outside: Iterable[str] = ("history", "logs", "caches"),
    ) -> Receipt:
        """Remove a concept with its facts, photos, checkpoints and vectors, then search for it.

        Args:
            user: the id of the user.
            name: of the concept.
            images: also remove the images that show it, and what was edited from them.
            mentions: also replace turns, titles and prompts that are about it or name it.
            also: other names it goes by, to look for and mark as well. Those that it was renamed
                from are known; one that another concept has now is looked for and marks nothing,
                nor does one that stands in a longer name of another.
            apart: folders of the data folder that are not searched; the receipt names them.
            outside: what of this program lies outside the data folder, as the receipt says.

        Raises:
            NotFoundError: if there is no such concept.
            InputError: if one of the names is none.
        """
        concept = self.concepts.get(user, name)
        return forgetting.forget(
            self._database,
            self.vault,
            self.index,
            user,
            concept.id,
            forgetting.Wish(
                images, mentions, tuple(map(check_name, also)), tuple(apart), tuple(outside)
            ),
        )

    def export(self, user: str, name: str, path: Path) -> Path:
        """Write a concept into a new zip archive; see `memory.archive`."""
        return archive.export_concept(self, user, name, path)

    def import_(self, user: str, path: Path, *, name: str | None = None) -> Concept:
        """Add the concept of an archive, all of it or nothing; see `memory.archive`."""
        return archive.import_concept(self, user, path, name=name)

    def sweep(self) -> Swept:
        """Remove files of the vault that no row names: what a crash or a removal left."""
        with self._database.locked(), self._database.reading() as session:
            return self.vault.sweep(referenced(session))

    def missing(self) -> tuple[str, ...]:
        """Return the SHA-256 of files that rows name and the vault lacks."""
        with self._database.reading() as session:
            return tuple(sorted(s for s in referenced(session) if not self.vault.has(s)))

    def close(self) -> None:
        """Let go of all files."""
        self.index.close()
        self._database.close()

    def __enter__(self) -> "Memory":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_memory(folder: Path | str, url: str | None = None) -> Memory:
    """Open the store of a data folder, made or migrated if need be.

    Args:
        folder: for the vault and the index, and for the SQLite file.
        url: of another database.

    Raises:
        ResourceError: if the folder or the database cannot be used, or is of a newer version.
        InputError: if the URL is none.
    """
    place = Path(folder).expanduser().absolute()
    database = Database(place, url)
    try:
        migrate(database)
        return Memory(database, Vault(place / "vault"), VectorIndex(database, place / "index"))
    except BaseException:
        database.close()
        raise
