"""One user's assistant: what the command line and a script both talk to.

Opening it is cheap: the memory is opened at its first use, the model at the first question that
needs one. It holds nothing else; everything that lasts is in the memory.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.concept_book import ConceptBook
from assistant.mentions import Mentions, find_mentions
from assistant.results import Answer, Drawing, Recognition
from memory import Memory, open_memory
from memory.values import Concept

if TYPE_CHECKING:
    from PIL import Image

    from backbone import Backbone, ConceptTokens, Picture, TextOptions

__all__ = ["Assistant"]

# how many concepts are asked about when a photo names nobody
_MOST_ASKED = 12
# tokens
_LONGEST_ANSWER = 96


class Assistant:
    """Ask, draw and edit with the concepts of one user."""

    def __init__(
        self, user: str = "me", model: str | Path = "omni-mini", home: Path | None = None
    ) -> None:
        self.user_name, self.model_name, self._home = user, model, home
        self.concepts = ConceptBook(self)

    @cached_property
    def home(self) -> Path:
        """Return the folder of the memory, made for this user of the machine alone."""
        from backbone.home import find_home, private_folder

        return private_folder(self._home / "data" if self._home else find_home().data)

    @cached_property
    def memory(self) -> Memory:
        """Return the store."""
        return open_memory(self.home)

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

        return load(self.model_name)

    def close(self) -> None:
        """Let go of the memory's files."""
        if "memory" in self.__dict__:
            self.memory.close()

    def ask(self, text: str, images: Sequence[Path | str] = ()) -> Answer:
        """Answer a question, about concepts that it names or photos that it shows.

        Raises:
            InputError: if a photo cannot be read.
            WeightsError: if the model is not on this machine.
        """
        photos = [_open(Path(path)) for path in images]
        found = self._mentions(text)
        if photos and not found.concepts and _asks_who(text):
            return self._who(text, photos[0])
        tokens = self.tokens(found.concepts)
        reading = self.backbone.read(tokens)
        for photo in photos:
            reading.add_image(photo)
        facts = {c.name: self._facts(c) for c in found.concepts}
        reading.add_text(_with_profile(found.text, facts))
        said = _printable(self.backbone.answer(reading, _short()))
        for concept in found.concepts:
            said = said.replace(f"<{concept.name}>", concept.name)
        trace = {"asked": found.text, "facts": facts, "checkpoints": self._versions(found.concepts)}
        return self._kept("understand", text, said, found.concepts, trace)

    def draw(self, text: str, *, seed: int | None = None, folder: Path | None = None) -> Drawing:
        """Draw a picture of a text.

        Raises:
            WeightsError: if the model is not on this machine.
        """
        from backbone import ImageOptions

        found, seed = self._mentions(text), secrets.randbelow(2**31) if seed is None else seed
        made = self.backbone.generate(
            found.text, concepts=self.tokens(found.concepts), options=ImageOptions(seed=seed)
        )
        return self._saved("generate", text, found, made, folder, parent=None)

    def edit(
        self, image: Path | str, text: str, *, seed: int | None = None, folder: Path | None = None
    ) -> Drawing:
        """Change a photo as a text says.

        Raises:
            InputError: if the photo cannot be read.
            WeightsError: if the model is not on this machine.
        """
        from backbone import ImageOptions

        photo = _open(Path(image))
        found, seed = self._mentions(text), secrets.randbelow(2**31) if seed is None else seed
        made = self.backbone.edit(
            photo, found.text, concepts=self.tokens(found.concepts), options=ImageOptions(seed=seed)
        )
        parent = self.memory.images.add(self.user, _png(photo), prompt="").id
        return self._saved("edit", text, found, made, folder, parent=parent)

    def recognise(self, photo: "Image.Image", concepts: Iterable[Concept]) -> list[Recognition]:
        """Tell how sure it is of each concept in a photo, the surest first."""
        vector = [float(value) for value in self.backbone.embed_image(photo)]
        found = []
        for concept in concepts:
            near = self.memory.index.nearest(
                "photo", vector, self.user, 1, concept.id, embedder=self.embedder
            )
            reading = self.backbone.read(self.tokens([concept])).add_image(photo)
            reading.add_text(f"Is <{concept.name}> in this photo?")
            yes, no = (
                self.backbone.score(reading, word, closed=False).log_probability
                for word in ("Yes", "No")
            )
            found.append(Recognition(concept.name, yes - no, near[0].similarity if near else None))
        return sorted(found, key=lambda one: -one.margin)

    @property
    def embedder(self) -> str:
        """Name what the vectors of photos were made by."""
        return self.backbone.config.name

    def tokens(self, concepts: Iterable[Concept]) -> "list[ConceptTokens]":
        """Load the active tokens of concepts that have some."""
        from learning.checkpoint import unpack

        loaded = []
        for concept in concepts:
            active = self.memory.checkpoints.active(self.user, concept.id)
            if active is None:
                continue
            data = self.memory.checkpoints.read(self.user, concept.id, active.version)
            sidecar = self.memory.checkpoints.sidecar(self.user, concept.id, active.version)
            loaded.append(unpack(data, sidecar, self.backbone, concept.name))
        return loaded

    def _who(self, text: str, photo: "Image.Image") -> Answer:
        known = self.memory.concepts.list(self.user)
        vector = [float(value) for value in self.backbone.embed_image(photo)]
        by_id = {concept.id: concept for concept in known}
        nearest = self._nearest_concepts(vector, by_id)
        found = self.recognise(photo, nearest)
        sure = [one for one in found if one.margin > 0]
        said = f"This is {sure[0].name}." if sure else "Nobody I know."
        trace = {"evidence": [_plain(one) for one in found]}
        about = [c for c in nearest if sure and c.name == sure[0].name]
        return self._kept("understand", text, said, about, trace)

    def _nearest_concepts(self, vector: list[float], known: dict[str, Concept]) -> list[Concept]:
        """Order concepts by their photo nearest to a vector, the likeliest few."""
        scored = []
        for concept in known.values():
            near = self.memory.index.nearest(
                "photo", vector, self.user, 1, concept.id, embedder=self.embedder
            )
            scored.append((near[0].similarity if near else -1.0, concept))
        scored.sort(key=lambda pair: -pair[0])
        return [concept for _, concept in scored[:_MOST_ASKED]]

    def _mentions(self, text: str) -> Mentions:
        return find_mentions(text, self.memory.concepts.list(self.user))

    def _facts(self, concept: Concept) -> list[str]:
        return [fact.text for fact in self.memory.facts.list(self.user, concept.id)]

    def _versions(self, concepts: Iterable[Concept]) -> dict[str, int]:
        active = {c.name: self.memory.checkpoints.active(self.user, c.id) for c in concepts}
        return {name: found.version for name, found in active.items() if found}

    def _kept(
        self, intent: str, text: str, reply: str, concepts: Sequence[Concept], trace: dict[str, Any]
    ) -> Answer:
        conversation = self.memory.conversations.add(self.user, text[:60])
        turn = self.memory.turns.add(
            self.user,
            conversation.id,
            text,
            reply,
            intent=intent,
            trace=trace,
            concepts=[c.id for c in concepts],
        )
        return Answer(reply, tuple(c.name for c in concepts), trace, turn.id)

    def _saved(
        self,
        intent: str,
        text: str,
        found: Mentions,
        made: "Picture",
        folder: Path | None,
        *,
        parent: str | None,
    ) -> Drawing:
        from assistant.pictures import encode, save

        names = [c.name for c in found.concepts]
        record = self._record(intent, found, made)
        data, when = encode(made.image, record), datetime.now(UTC)
        place = folder or self.home / "images" / f"{when:%Y}" / f"{when:%m}"
        path = save(data, place, text, made.seed, when)
        trace = {"prompt": found.text, "seed": made.seed, "checkpoints": record["checkpoints"]}
        kept = self._kept(intent, text, f"[picture, seed {made.seed}]", found.concepts, trace)
        self.memory.images.add(
            self.user,
            data,
            width=made.size[1],
            height=made.size[0],
            prompt=found.text,
            record=record,
            parent=parent,
            turn=kept.turn,
            concepts=[c.id for c in found.concepts],
        )
        return Drawing(path, made.seed, made.size, text, found.text, tuple(names), trace, kept.turn)

    def _record(self, intent: str, found: Mentions, made: "Picture") -> dict[str, Any]:
        return {
            "version": 1,
            "intent": intent,
            "prompt": found.text,
            "seed": made.seed,
            "size": f"{made.size[1]}x{made.size[0]}",
            "model": self.backbone.config.name,
            "checkpoints": self._versions(found.concepts),
        }


def _open(path: Path) -> "Image.Image":
    """Read one photo.

    Raises:
        InputError: if it cannot be read.
    """
    from learning.photos import take_in

    return take_in([path]).photos[0].image


def _png(photo: "Image.Image") -> bytes:
    from assistant.pictures import encode

    return encode(photo, {})


def _short() -> "TextOptions":
    from backbone import TextOptions

    return TextOptions(max_new_tokens=_LONGEST_ANSWER)


def _printable(text: str) -> str:
    """Replace what a model may write but no text holds."""
    kept = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    return kept.strip()


def _asks_who(text: str) -> bool:
    return text.lower().lstrip().startswith(("who ", "who's ", "who is", "whom "))


def _with_profile(question: str, facts: dict[str, list[str]]) -> str:
    """Put what is known before a question, as the model has learned to read it."""
    blocks = [
        f"What I know about <{name}>:\n" + " ".join(lines) for name, lines in facts.items() if lines
    ]
    return "\n\n".join([*blocks, question])


def _plain(one: Recognition) -> dict[str, Any]:
    return {"name": one.name, "margin": one.margin, "similarity": one.similarity}
