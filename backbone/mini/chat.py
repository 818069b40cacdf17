"""Plain small talk, kept as it was: the untouched language model teaches the updated one.

The teacher reads a prompt in the chat template it was trained with, the pupil in the house's
plain segments; the pupil learns the teacher's distribution of every token of the answer.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from numpy.random import Generator, default_rng
from torch import Tensor

from backbone.concepts import ConceptTable
from backbone.context import Context
from backbone.decoding import Decoding
from backbone.mini.lora import without_lora
from backbone.mini.reader import Reader
from backbone.mini.words import choose
from backbone.packing import Item, TextItem, lay_out

__all__ = ["Exchange", "chat_loss", "exchanges", "in_segments", "open_exchanges", "prompts"]
__all__ += ["teach"]

_WORDS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "chat.json").read_text("utf-8")
)
_SEED = 8
_ANSWER_TOKENS = 40


@dataclass(frozen=True)
class Exchange:
    """A prompt, and the ids of the teacher's answer; ``ended`` if it came to its end."""

    prompt: str
    answer: tuple[int, ...]
    ended: bool


def prompts(number: int, rng: Generator) -> list[str]:
    """Draw different prompts."""
    drawn: dict[str, None] = {}
    slots = {key: words for key, words in _WORDS.items() if key != "prompts"}
    while len(drawn) < number:
        filled = {key: choose(words, rng) for key, words in slots.items()}
        drawn[choose(_WORDS["prompts"], rng).format_map(filled)] = None
    return list(drawn)


def open_exchanges(reader: Reader, path: Path, number: int) -> list[Exchange]:
    """Read the teacher's answers from a file, or let it answer and write them."""
    if path.is_file():
        return [Exchange(p, tuple(a), e) for p, a, e in json.loads(path.read_text("utf8"))]
    made = exchanges(reader, prompts(number, default_rng(_SEED)))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps([[e.prompt, list(e.answer), e.ended] for e in made]), "utf8")
    os.replace(part, path)
    return made


def exchanges(reader: Reader, asked: Sequence[str]) -> list[Exchange]:
    """Let the untouched model answer, always the likeliest token."""
    with without_lora(reader.model):
        return [_answer(reader, prompt) for prompt in asked]


def _answer(reader: Reader, prompt: str) -> Exchange:
    special, encode = reader.model.config.special_tokens, reader.words.tokenizer.encode
    context = Context(reader.model)
    context.add(TextItem(tuple(encode(f"user\n{prompt}"))))
    run = Decoding(context)
    for token in (*encode("\n"), special.bos_token_id, *encode("assistant\n")):
        logits = run.step(token)
    answer: list[int] = []
    while len(answer) < _ANSWER_TOKENS:
        token = int(logits.argmax())
        if token == special.eos_token_id:
            return Exchange(prompt, tuple(answer), True)
        answer.append(token)
        logits = run.step(token)
    return Exchange(prompt, tuple(answer), False)


def chat_loss(reader: Reader, batch: Sequence[Exchange]) -> Tensor:
    """Return the mean divergence of the pupil's next tokens from the teacher's, in nats."""
    given = _answers(reader, [in_segments(reader, e) for e in batch], batch)
    return F.kl_div(given, teach(reader, batch), log_target=True, reduction="batchmean")


@torch.no_grad()
def teach(reader: Reader, batch: Sequence[Exchange]) -> Tensor:
    """Return the untouched model's log-probabilities ``[n, V]`` of the answers' tokens."""
    with without_lora(reader.model):
        return _answers(reader, [_in_template(reader, e) for e in batch], batch)


def _in_template(reader: Reader, given: Exchange) -> list[Item]:
    """Write one segment in the template, whose inner markers are ordinary ids of it."""
    special, encode = reader.model.config.special_tokens, reader.words.tokenizer.encode
    between = (special.eos_token_id, *encode("\n"), special.bos_token_id)
    asked, said = encode(f"user\n{given.prompt}"), encode("assistant\n")
    return [TextItem((*asked, *between, *said, *given.answer), loss=True)]


def in_segments(reader: Reader, given: Exchange) -> list[Item]:
    """Write an exchange as the house has it: a text, and the text that answers it."""
    asked = TextItem(tuple(reader.words.tokenizer.encode(given.prompt)))
    return [asked, TextItem(given.answer, loss=True)]


def _answers(reader: Reader, rows: Sequence[list[Item]], batch: Sequence[Exchange]) -> Tensor:
    """Return log-probabilities ``[n, V]`` where answers' tokens, or their ends, are predicted."""
    model = reader.model
    table = ConceptTable(model.config.trunk.vocab_size)
    packed = lay_out([[items] for items in rows], model.tools(table))
    und, _ = model.embed(packed, table, None, None)
    hidden, _, _ = model.run(und, None, model.geometry(packed))
    if hidden is None:
        raise ValueError("a text has tokens")
    owners = torch.tensor(packed.label_samples)
    slots = []
    for number, given in enumerate(batch):
        own = packed.label_slots[owners == number][-len(given.answer) - 1 :]
        # An answer that was cut short says nothing about its end.
        slots.append(own if given.ended else own[:-1])
    picked = hidden.flatten(0, 1)[torch.cat(slots).to(model.device)]
    return model.logits(picked, table).float().log_softmax(-1)
