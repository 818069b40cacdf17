"""omni-mini's understanding side while it is trained: model, updates and concept encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Generator, Tensor, nn

from backbone.concepts import UNDERSTAND, ConceptTable
from backbone.mini.assembly import open_model
from backbone.mini.concept_encoder import ConceptEncoder, Rows, WrittenConcept
from backbone.mini.evidence import evidence
from backbone.mini.fixed_map import FixedMap
from backbone.mini.lessons import Lesson, Turn
from backbone.mini.lora import LoraOptions, add_lora
from backbone.mini.matching import start_matching
from backbone.mini.pixels import Bytes
from backbone.mini.pool import PictureMemory
from backbone.mini.seen import likeness
from backbone.model import UnifiedModel
from backbone.packing import Item, VitItem
from backbone.tokenizer import FolderTokenizer, Tokenizer
from backbone.training import Sample
from backbone.whitening import WhitenedConnector
from backbone.words import Words
from omni_errors import FolderError, InputError

__all__ = ["Reader", "load_run", "make_reader", "open_reader", "pictures_of", "warm_start"]

_GEN_ROWS = 16
# pictures whose features are kept
_REMEMBERED = 60000
# what compares: training on the world takes it apart, slowly (docs/log.md)
_COMPARES = ("encoder.", "connector.", "lora.0.q_proj", "lora.0.k_proj")


@dataclass(frozen=True)
class Reader:
    """The model with its updates, its words, and what writes rows for it.

    ``shift [Dv]`` takes features of composed pictures to where those of photographs lie.
    """

    model: UnifiedModel
    words: Words
    encoder: ConceptEncoder
    lora: dict[str, nn.Parameter]
    shift: Tensor

    @cached_property
    def seen(self) -> PictureMemory:
        """Return what remembers features."""
        return PictureMemory(self._encode, _REMEMBERED)

    @property
    def connector(self) -> WhitenedConnector:
        """Return the connector, which pictures and rows share."""
        if not isinstance(self.model.connector, WhitenedConnector):
            raise InputError(f"{self.model.config.name} has no whitened connector.")
        return self.model.connector

    def trainable(self) -> dict[str, nn.Parameter]:
        """Return what the understanding stage trains, by name."""
        chosen = {f"lora.{name}": parameter for name, parameter in self.lora.items()}
        for prefix, module in (("connector", self.connector), ("encoder", self.encoder)):
            chosen |= {f"{prefix}.{name}": p for name, p in module.named_parameters()}
        for parameter in chosen.values():
            parameter.requires_grad_()
        return chosen

    def settle(self) -> None:
        """Leave out of training what compares a picture with a concept."""
        for name, parameter in self.trainable().items():
            parameter.requires_grad_(not name.startswith(_COMPARES))

    def autocast(self) -> torch.autocast:
        """Return the context in which parts in float32 work beside a trunk in bf16."""
        model = self.model
        wanted = model.dtype == torch.bfloat16
        return torch.autocast(model.device.type, torch.bfloat16, enabled=wanted)

    def features(self, pictures: Sequence[Bytes]) -> Tensor:
        """Return the frozen encoder's tokens ``[n, T, Dv]`` of pictures that end up one size."""
        return self.seen.codes(pictures).to(self.model.device, self.model.dtype)

    @torch.no_grad()
    def _encode(self, pictures: Sequence[Bytes]) -> Tensor:
        model = self.model
        if model.vit_model is None:
            raise InputError(f"{model.config.name} has no vision encoder, so it sees no images.")
        pixels = [self.words.look(Image.fromarray(picture)).pixels for picture in pictures]
        looked: Tensor = model.vit_model(torch.stack(pixels).to(model.device, model.dtype))
        return looked

    def write(
        self,
        names: Sequence[str],
        views: Sequence[Sequence[Bytes]],
        natural: Sequence[bool] | None = None,
    ) -> tuple[WrittenConcept, ...]:
        """Write the rows of concepts from their views; gradients reach connector and encoder."""
        if not names:
            return ()
        counts = [len(shown) for shown in views]
        features = self.features([picture for shown in views for picture in shown])
        if natural is not None:
            moved = [n for n, count in zip(natural, counts, strict=True) for _ in range(count)]
            there = torch.tensor(moved, device=features.device)[:, None, None]
            features = features + there * self.shift.to(features)
        tokens = self.connector(features)
        padded = nn.utils.rnn.pad_sequence(list(tokens.split(counts)), batch_first=True)
        seen = torch.arange(padded.shape[1])[None] < torch.tensor(counts)[:, None]
        rows = self.encoder(padded, seen.to(padded.device))
        gen = self._no_gen_rows()
        return tuple(
            WrittenConcept(name, Rows(*(part[n] for part in rows)), gen)
            for n, name in enumerate(names)
        )

    def _no_gen_rows(self) -> Tensor:
        """Return rows that are there, so that positions are those of use, and say nothing."""
        if self.model.config.trunk.generation is None:
            return torch.zeros(0, 0)
        return torch.zeros(_GEN_ROWS, self.model.config.gen_width)

    def samples(self, lessons: Sequence[Lesson]) -> list[Sample]:
        """Turn lessons into samples, whose rows are written in one pass."""
        names = [name for given in lessons for name in given.names]
        natural = [given.natural for given in lessons for _ in given.names]
        shown = [views for given in lessons for views in given.views]
        # all that is new in one pass of the encoder
        if pictures := [picture for given in lessons for picture in pictures_of(given)]:
            self.features(pictures)
        written = self.write(names, shown, natural)
        samples, taken = [], 0
        for given in lessons:
            samples.append(self._sample(given, written[taken : taken + len(given.names)]))
            taken += len(given.names)
        return samples

    def _sample(self, given: Lesson, concepts: tuple[WrittenConcept, ...]) -> Sample:
        table = ConceptTable(self.model.config.trunk.vocab_size, concepts)
        items: list[Item] = [self.words.prefix(c.name, table, UNDERSTAND) for c in concepts]
        looks = [(given.image, given.turns), *((look.image, look.turns) for look in given.more)]
        for image, turns in looks:
            asked = turns
            if image is not None:
                features = self.features([image])[0]
                items.append(VitItem(features + given.natural * self.shift.to(features)))
                asked = self._told(given, features, turns)
            for question, answer in asked:
                items.append(self.words.text(question, table))
                items.append(self.words.text(answer, table, loss=True))
        return Sample(tuple(items), concepts)

    def _told(self, given: Lesson, features: Tensor, turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
        """Put the likeness to each concept's views before the first question, if it is told."""
        if not given.told:
            return turns
        moved = [x + given.natural * self.shift.to(x) for x in map(self.features, given.views)]
        asked = features + given.natural * self.shift.to(features)
        found = [likeness(self.connector, asked, shown) for shown in moved]
        line = evidence(list(zip(given.names, found, strict=True)))
        (question, answer), *rest = turns
        return ((f"{line}\n{question}", answer), *rest)


def pictures_of(given: Lesson) -> list[Bytes]:
    """List the pictures of a lesson: views first, then those that are asked about."""
    shown = [picture for views in given.views for picture in views]
    asked = [given.image, *(look.image for look in given.more)]
    return shown + [picture for picture in asked if picture is not None]


def make_reader(
    model: UnifiedModel,
    tokenizer: Tokenizer,
    fixed: FixedMap,
    *,
    options: LoraOptions | None = None,
    seed: int = 6,
) -> Reader:
    """Fit the connector, wrap the trunk and start an encoder; all chance follows the seed."""
    generator = Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        encoder = ConceptEncoder(model.config.trunk.understanding.hidden_size)
    plain = ConceptTable(model.config.trunk.vocab_size)
    encoder.start(model.embed_ids(tokenizer.encode(" it")[:1], plain)[0].float())
    lora = add_lora(model, generator, options)
    reader = Reader(model, Words(model, tokenizer), encoder, lora, fixed.shift)
    fixed.put_into(reader.connector)
    start_matching(model, encoder)
    return reader


def open_reader(trunk: Path, fixed: FixedMap) -> Reader:
    """Build the model around the converted trunk."""
    return make_reader(open_model(trunk), FolderTokenizer(trunk), fixed)


@torch.no_grad()
def load_run(reader: Reader, folder: Path, *, averaged: bool = True) -> int:
    """Load a run's weights, averaged or the last; return how many steps it has.

    Raises:
        FolderError: if the run has saved nothing yet.
    """
    path = folder / "state.safetensors"
    if not path.is_file():
        raise FolderError(f"{folder} has no state.safetensors.", hint="Let the run save first.")
    tensors = load_file(path)
    for name, parameter in reader.trainable().items():
        parameter.copy_(tensors[f"{'average' if averaged else 'weight'}/{name}"])
    with safe_open(path, "pt") as file:
        return int(file.metadata()["step"])


@torch.no_grad()
def warm_start(reader: Reader, folder: Path, *, anew: bool = False) -> None:
    """Begin with the averaged weights of another run, whose updates may have fewer ranks.

    ``anew`` keeps only what has no part in comparing: updates, but not the first layer's queries
    and keys.
    """
    tensors = load_file(folder / "state.safetensors")
    for name, parameter in reader.trainable().items():
        if anew and name.startswith(_COMPARES):
            continue
        found = tensors[f"average/{name}"]
        parameter[tuple(slice(size) for size in found.shape)] = found
