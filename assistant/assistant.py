"""One user's assistant: what the command line and a script both talk to.

Opening it is cheap: the memory is opened at its first use, the model at the first question that
needs one. It holds nothing else; everything that lasts is in the memory.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, cast

from assistant.concept_book import ConceptBook
from assistant.conversations import Conversations
from assistant.results import Answer, Drawing, Recalled
from memory import Memory, open_memory
from memory.values import Concept

if TYPE_CHECKING:
    from assistant.chat import Chat
    from assistant.exchange import Ask, Result
    from assistant.gallery import Gallery
    from assistant.profile import FactBook, Register
    from assistant.recognising import Eyes
    from assistant.recollecting import Recollection
    from backbone import Backbone
    from backbone.concepts import ConceptTokens
    from backbone.home import Home
    from graphs import RecognitionOptions
    from learning.inpainting import Inpainter
    from learning.masks import Segmenter

__all__ = ["Assistant"]

# Read when torch is loaded. Turns run in threads of their own, and the threads each of them leaves
# behind would otherwise keep the cores busy with waiting: sixty times slower on a machine with
# two of them and other work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


class Assistant:
    """Ask, draw, edit and chat with the concepts of one user."""

    def __init__(
        self,
        user: str = "me",
        model: str | Path = "omni-mini",
        home: Path | str | None = None,
        *,
        segmenter: "str | Segmenter" = "salient",
        inpainter: "str | Inpainter" = "opencv",
        database: str | None = None,
    ) -> None:
        """Choose whose memory it is, what answers, and what finds and removes subjects in photos.

        ``database`` is the URL of one in place of the home's SQLite file; other files stay there.
        ``segmenter`` is "salient", "grabcut", "text" or "text:" and its weights, ``inpainter``
        "opencv", "diffusers" or "diffusers:" and its weights; or an object that does the same.
        """
        self.user_name, self.model_name = user, model
        self._segmenter, self._inpainter = segmenter, inpainter
        self._home = Path(home).expanduser() if home is not None else None
        self._database = database
        self._loading = Lock()
        self._tokens: dict[tuple[str, str, str], ConceptTokens] = {}
        self.concepts = ConceptBook(self)
        self.conversations = Conversations(self)

    # what it stands on

    @property
    def places(self) -> "Home":
        """Tell where things live; nothing of it need be there."""
        from backbone.home import Home, find_home

        return Home.below(self._home) if self._home else find_home()

    @cached_property
    def home(self) -> Path:
        """Return the folder of the memory, made for this user of the machine alone."""
        from backbone.home import private_folder

        return private_folder(self.places.data)

    @property
    def history(self) -> Path:
        """Name the file of the lines that the user typed in chats, whether it is there or not.

        Raises:
            InputError: if no user can be called so.
        """
        from assistant.history import history_file

        return history_file(self.places.state, self.user_name)

    @cached_property
    def memory(self) -> Memory:
        """Return the store.

        Raises:
            ResourceError: if its folder or database cannot be used, or is of a newer version.
            InputError: if the URL of the database is none.
        """
        return open_memory(self.home, self._database)

    @cached_property
    def user(self) -> str:
        """Return the user's id; a new name is a new user."""
        return self.memory.users.ensure(self.user_name).id

    @cached_property
    def backbone(self) -> "Backbone":
        """Return the model.

        Raises:
            WeightsError: if it is not on this machine.
        """
        from backbone import load

        # a chat warms it up beside the first turn, and it must not be there twice
        with self._loading:
            if "backbone" not in self.__dict__:
                self.__dict__["backbone"] = load(self.model_name)
            return cast("Backbone", self.__dict__["backbone"])

    @cached_property
    def segmenter(self) -> "Segmenter":
        """Return what outlines the subjects of photos to learn from.

        Raises:
            InputError: if there is none of the name.
            ResourceError: if its weights are not on this machine.
        """
        from learning.masks import find_segmenter

        given = self._segmenter
        return find_segmenter(given) if isinstance(given, str) else given

    @cached_property
    def inpainter(self) -> "Inpainter":
        """Return what fills the place of a subject that is removed.

        Raises:
            InputError: if there is none of the name.
            ResourceError: if its package or weights are not on this machine.
        """
        from learning.inpainting import find_inpainter

        given = self._inpainter
        return find_inpainter(given) if isinstance(given, str) else given

    @cached_property
    def gallery(self) -> "Gallery":
        """Return the pictures of turns."""
        from assistant.gallery import Gallery

        return Gallery(self.memory, self.user)

    @cached_property
    def register(self) -> "Register":
        """Return the concepts as graphs see them."""
        from assistant.profile import Register

        return Register(self.memory, self.user)

    @cached_property
    def facts(self) -> "FactBook":
        """Return the facts as graphs see them."""
        from assistant.profile import FactBook

        return FactBook(self.memory, self.user)

    @cached_property
    def recollection(self) -> "Recollection":
        """Return what finds facts and turns by their meaning."""
        from assistant.recollecting import Recollection

        return Recollection(
            self.memory,
            self.user,
            self.register,
            lambda: self.backbone,
            lambda: "backbone" in self.__dict__,
        )

    @cached_property
    def eyes(self) -> "Eyes":
        """Return what compares pictures with photos."""
        from assistant.looking import Looker
        from assistant.recognising import Eyes
        from backbone.home import private_folder

        looker = Looker(lambda: self.backbone, private_folder(self.places.cache))
        model, segmenter = lambda: self.backbone, lambda: self.segmenter
        return Eyes(model, self.tokens_of, self.gallery, looker, segmenter)

    @cached_property
    def recognition(self) -> "RecognitionOptions":
        """Return from when on somebody is recognised."""
        from graphs import RecognitionOptions

        return RecognitionOptions()

    def close(self) -> None:
        """Let go of the memory's files."""
        if "memory" in self.__dict__:
            self.memory.close()

    # turns

    def ask(
        self,
        text: str,
        images: Sequence[Path | str] = (),
        *,
        image: Path | str | None = None,
        seed: int | None = None,
    ) -> Answer:
        """Say something in a conversation of its own: a question, a wish, a fact.

        ``image`` is one photo that is shown, ``images`` are several. What has to be asked back
        stands in the answer's ``question``; a chat of the answer's conversation takes the reply.

        Raises:
            InputError: if a photo cannot be read, or the text is too long.
            WeightsError: if the model is not on this machine.
        """
        from assistant.exchange import Ask

        # made before the photos are kept: it refuses what is no text
        ask, shown = Ask(text, seed=seed), [*images] if image is None else [*images, image]
        if shown:
            ask = replace(ask, attachment=self.gallery.keep(shown))
        return _as_answer(self._turn(ask))

    def draw(
        self,
        text: str,
        *,
        seed: int | None = None,
        folder: Path | str | None = None,
        replay: bool = True,
    ) -> Drawing:
        """Draw a picture of a text, with what is known of its concepts unless told not to.

        Raises:
            InputError: if the text leaves open who is meant.
            WeightsError: if the model is not on this machine.
        """
        from assistant.exchange import Ask

        ask = Ask(text, wanted="generate", seed=seed, folder=_path(folder), replay=replay)
        return self._drawing(ask)

    def edit(
        self,
        image: Path | str,
        text: str,
        *,
        seed: int | None = None,
        folder: Path | str | None = None,
        replay: bool = True,
    ) -> Drawing:
        """Change a photo as a text says.

        Raises:
            InputError: if the photo cannot be read, or the text leaves open who is meant.
            WeightsError: if the model is not on this machine.
        """
        from assistant.exchange import Ask

        ask = Ask(text, wanted="edit", seed=seed, folder=_path(folder), replay=replay)
        return self._drawing(replace(ask, attachment=self.gallery.keep([image])))

    def chat(self, conversation: str | None = None) -> "Chat":
        """Begin a conversation, or go on with one by its id.

        Raises:
            NotFoundError: if the user has none such.
        """
        from assistant.chat import Chat

        return Chat(self, conversation)

    def recall(self, text: str, count: int = 5) -> tuple[Recalled, ...]:
        """Find facts and turns of all conversations that mean what a text says, nearest first.

        Raises:
            InputError: if the text is too long, or no number of things is asked for.
            WeightsError: if the model is not on this machine.
        """
        from assistant.exchange import MAX_SAID
        from memory.names import check_text

        return self.recollection.search(check_text(text, "text", MAX_SAID), count)

    def replay_turn(self, turn_id: str, *, seed: int | None = None) -> "Result":
        """Ask a kept turn again: same text, pictures and seed; its answer is kept beside the old.

        Where it asks for consent, that question is the result, and nothing is kept.

        Raises:
            NotFoundError: if the user has no such turn.
        """
        from assistant.repeating import repeat

        return repeat(self, self.memory.turns.get(self.user, turn_id), seed)

    def _turn(self, ask: "Ask") -> "Result":
        from assistant.exchange import Exchange
        from memory.tables import new_id

        return Exchange(self, new_id()).begin(ask)

    def _drawing(self, ask: "Ask") -> Drawing:
        """Make a picture, or refuse where the turn would have to ask."""
        from assistant.exchange import Exchange
        from omni_errors import InputError

        done = self._turn(ask)
        if isinstance(done, Drawing):
            return done
        Exchange(self, done.conversation).drop()
        choices = ", ".join(done.question.choices) if done.question else ""
        raise InputError(done.text, hint=f"Known are {choices}." if choices else "")

    # what a user takes along

    def export(self, path: Path | str) -> Path:
        """Write all concepts with photos, facts and tokens into one new file.

        Raises:
            InputError: if there is a file already, or nothing to write.
        """
        from assistant.travelling import export_all

        return export_all(self.memory, self.user, Path(path))

    def import_(self, path: Path | str) -> tuple[Concept, ...]:
        """Take in the concepts of such a file, all of them or none.

        Raises:
            InputError: if the file is none that was exported, or a name is taken.
        """
        from assistant.travelling import import_all

        return import_all(self.memory, self.user, Path(path))

    def photos_of(self, name: str) -> tuple[Path, ...]:
        """Return the files of a concept's photos, oldest first; loads no model.

        Raises:
            NotFoundError: if there is no such concept.
        """
        concept = self.memory.concepts.get(self.user, name)
        photos = self.memory.photos.list(self.user, concept.id)
        return tuple(self.memory.vault.path(photo.sha256) for photo in photos)

    # what turns need

    def picture_folder(self) -> Path:
        """Return where pictures of this month go, made for this user of the machine alone."""
        from assistant.pictures import picture_home
        from backbone.home import private_folder

        return private_folder(picture_home(self.home) / f"{datetime.now(UTC):%Y/%m}")

    def file_of(self, image: str) -> Path:
        """Return a file of a kept picture: the one it was saved as, or the vault's own.

        Raises:
            NotFoundError: if the user has no such picture.
        """
        row = self.memory.images.get(self.user, image)
        if row.turn_id is not None:
            trace = self.memory.turns.get(self.user, row.turn_id).trace
            saved = Path(str(trace.get("file", "")))
            if trace.get("image") == image and saved.is_file():
                return saved
        return self.memory.vault.path(row.sha256)

    def tokens_of(self, concepts: Iterable[str]) -> "list[ConceptTokens]":
        """Load the active tokens of concepts (ids) that have some.

        Raises:
            CheckpointError: if they belong to another model.
        """
        found = []
        for id in concepts:
            concept = self.memory.concepts.by_id(self.user, id)
            active = self.memory.checkpoints.active(self.user, id)
            if active is None:
                continue
            key = (id, active.tensors_sha256, concept.name)
            if key not in self._tokens:
                self._tokens[key] = self._unpacked(concept, active.version)
            found.append(self._tokens[key])
        return found

    def _unpacked(self, concept: Concept, version: int) -> "ConceptTokens":
        from learning.checkpoint import unpack

        data = self.memory.checkpoints.read(self.user, concept.id, version)
        sidecar = self.memory.checkpoints.sidecar(self.user, concept.id, version)
        return unpack(data, sidecar, self.backbone, concept.name)

    def versions(self, concepts: Sequence[str]) -> dict[str, int]:
        """Return the active versions of concepts (ids) by name."""
        known = {one.id: one for one in self.register.list()}
        found = [known[id] for id in concepts if id in known]
        return {one.name: one.version for one in found if one.version is not None}


def _path(given: Path | str | None) -> Path | None:
    return None if given is None else Path(given)


def _as_answer(done: "Result") -> Answer:
    """Tell of a picture as an answer does."""
    if isinstance(done, Answer):
        return done
    text = f"[picture, seed {done.seed}]"
    return Answer(
        text,
        done.concepts,
        done.trace,
        done.turn,
        done.conversation,
        (done.path,),
        (done.seed,),
        done.scores,
    )
