"""The model as the graphs draw and edit with it; what is made is saved and kept at once."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from assistant.events import Drawn as DrawnEvent
from assistant.gallery import Gallery
from assistant.listening import Listener
from assistant.pictures import encode, save
from assistant.record import made_by, made_from, record_of
from graphs.ports import Drawn

if TYPE_CHECKING:
    from backbone import Backbone, ImageOptions, Picture
    from backbone.concepts import ConceptTokens
    from memory.values import Image as ImageKept

__all__ = ["Made", "Studio"]

Tokens = Callable[[Sequence[str]], "list[ConceptTokens]"]


@dataclass(frozen=True)
class Made:
    """A picture that was saved."""

    path: Path
    # height and width in pixels
    size: tuple[int, int]


class Studio:
    """Draw and edit. ``text`` is what the user asked for, which is all a picture tells.

    ``sees`` tells whether a concept, by its id, is in a picture.
    """

    def __init__(
        self,
        model: Callable[[], "Backbone"],
        tokens: Tokens,
        gallery: Gallery,
        listener: Listener,
        *,
        text: str,
        folder: Path,
        versions: Callable[[Sequence[str]], Mapping[str, int]],
        sees: Callable[[str, Image.Image], bool],
    ) -> None:
        self.model, self.tokens = model, tokens
        self.gallery, self.listener = gallery, listener
        self.text, self.folder, self.versions, self.sees = text, folder, versions, sees
        # what was made here, by the id of the image
        self.made: dict[str, Made] = {}

    def draw(self, prompt: str, concepts: Sequence[str], seed: int | None) -> Drawn:
        """Draw a prompt, keep the picture and say where it is."""
        options = self._options(seed)
        loaded = self.tokens(concepts)
        made = self.model().generate(prompt, concepts=loaded, options=options)
        return self._keep("generate", prompt, concepts, made, "")

    def edit(
        self,
        image: str,
        prompt: str,
        concepts: Sequence[str],
        seed: int | None,
        *,
        removed: str = "",
        added: str = "",
        beside: str = "",
    ) -> Drawn:
        """Change a picture, keep the result and say where it is; more pictures are references.

        A concept that is to be ``removed`` is removed again while the model still sees it; what a
        model that keeps the photo's pixels has ``added`` is laid into them as it draws it
        ``beside`` a concept.
        """
        from backbone.adding import add_drawn
        from backbone.removal import remove_again

        first, *more = self.gallery.open(image)
        options = self._options(seed)
        loaded, model = self.tokens(concepts), self.model()

        def edit(source: Image.Image) -> "Picture":
            return model.edit(source, prompt, concepts=loaded, references=more, options=options)

        made = edit(first)
        if removed:
            made = remove_again(made, edit, partial(self.sees, removed))
        if added and beside and model.config.sampling.edit_limit is not None:
            made = add_drawn(model, first, made, added, self.tokens([beside])[0], options)
        return self._keep("edit", prompt, concepts, made, image)

    def _options(self, seed: int | None) -> "ImageOptions":
        from backbone import ImageOptions

        chosen = secrets.randbelow(2**31) if seed is None else seed
        # told first, so that a picture that is stopped can be begun again
        self.listener.begin_picture(chosen)
        return ImageOptions(seed=chosen, should_stop=self.listener.stopped)

    def _keep(
        self, intent: str, prompt: str, concepts: Sequence[str], made: "Picture", source: str
    ) -> Drawn:
        # Facts that were recalled stand in the prompt; the file may be given away, so it has
        # the user's own words only.
        parent = self.gallery.first(source)
        record = self._record(intent, made, concepts, parent)
        data, when = encode(made.image, record), datetime.now(UTC)
        path = save(data, self.folder, self.text, made.seed, when)
        height, width = made.size
        told = {"prompt": prompt, "record": record, "parent": parent or None, "concepts": concepts}
        try:
            row = self._add(data, width=width, height=height, **told)
        except BaseException:
            # a file that no row names would never be forgotten
            path.unlink(missing_ok=True)
            raise
        self.made[row.id] = Made(path, made.size)
        self.listener.tell(DrawnEvent(path, made.seed))
        return Drawn(row.id, made.seed)

    def _add(self, data: bytes, **told: Any) -> "ImageKept":
        memory = self.gallery.memory
        with memory.or_nothing():
            return memory.images.add(self.gallery.user, data, **told)

    def _record(
        self, intent: str, made: "Picture", concepts: Sequence[str], parent: str
    ) -> dict[str, Any]:
        return {
            **record_of(intent, self.text, made, parent),
            **made_by(self.model(), intent),
            **made_from(self.gallery.memory, self.gallery.user, concepts),
            "checkpoints": dict(self.versions(concepts)),
        }
