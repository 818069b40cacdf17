"""The model as the graphs write with it: concepts by id, pictures by reference."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from assistant.gallery import Gallery
from assistant.listening import Listener
from assistant.possessive import Possessive
from graphs.wording import may_be_unknown
from omni_text import legible

if TYPE_CHECKING:
    from backbone import Backbone
    from backbone.concepts import ConceptTokens

__all__ = ["ModelWriter", "plain"]

Tokens = Callable[[Sequence[str]], "list[ConceptTokens]"]
# tokens of a reply, after which it ends with its sentence; at the most; and of a step in between
_REPLY, _MOST, _STEP = 80, 200, 48
_SENTENCE_ENDS = re.compile(r"(?<!\d)[.!?][\"'”’)]*\s*$")
_NOTHING = "…"
_MENTION = re.compile(r"<([^<>\n]+)>")


class ModelWriter:
    """Write text, and pass a reply on piece by piece."""

    def __init__(
        self, model: Callable[[], "Backbone"], tokens: Tokens, gallery: Gallery, listener: Listener
    ) -> None:
        self.model, self.tokens = model, tokens
        self.gallery, self.listener = gallery, listener

    def answer(self, prompt: str, concepts: Sequence[str] = (), image: str = "") -> str:
        """Answer a prompt with the rows of concepts (ids) and perhaps pictures in context."""
        from backbone import TextOptions

        model, replies = self.model(), self.listener.step == "understand"
        loaded = self.tokens(concepts)
        reading = model.read(loaded)
        for picture in self.gallery.open(image) if image else ():
            reading.add_image(picture)
        reading.add_text(prompt)
        if not replies:
            step = TextOptions(_STEP, should_stop=self.listener.stopped)
            return plain(model.answer(reading, step), ())
        pieces: list[str] = []
        options = TextOptions(
            _MOST, should_stop=lambda: _enough(pieces) or self.listener.break_off()
        )
        # those without tokens are in the prompt as well, and come back with its brackets
        names = list(dict.fromkeys([c.name for c in loaded] + re.findall(_MENTION, prompt)))
        heard = _heard(model.stream(reading, options), names, Possessive(prompt))
        for piece in _unless_unknown(heard, pieces):
            self.listener.say(piece)
        said = plain("".join(pieces), names).strip()
        # stopped before the first word, it said nothing: not that it does not know
        return said or (_NOTHING if self.listener.interrupted else "")


def _enough(pieces: Sequence[str]) -> bool:
    """Tell whether a reply is long, and at the end of a sentence."""
    return len(pieces) >= _REPLY and bool(_SENTENCE_ENDS.search("".join(pieces[-3:])))


def _unless_unknown(heard: Iterator[str], pieces: list[str]) -> Iterator[str]:
    """Collect pieces, and pass them on but for "I don't know": what else is known may be told."""
    held, settled = "", False
    for piece in heard:
        pieces.append(piece)
        held += piece
        settled = settled or not may_be_unknown("".join(pieces))
        if settled:
            yield held
            held = ""


def _heard(raw: Iterator[str], names: Sequence[str], its: Possessive) -> Iterator[str]:
    """Write pieces of a reply as they are heard: they begin where the reply that is kept does."""
    begun = False
    for part in chain(raw, [None]):
        piece = its.rest() if part is None else its.hear(plain(part, names))
        told = piece if begun else piece.lstrip()
        begun = begun or bool(told)
        if told:
            yield told


def plain(text: str, names: Sequence[str]) -> str:
    """Write a model's text for people: names without brackets, nothing that is not text."""
    for name in names:
        # a name may hold what a pattern or a replacement reads as its own
        plainly = name.replace("\\", r"\\")
        text = re.sub(re.escape(f"<{name}>"), plainly, text, flags=re.IGNORECASE)
    return legible(text)
