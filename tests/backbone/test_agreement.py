"""Packed training and cached inference agree, in every shape, with and without concepts."""

import pytest
import torch
from torch import Generator, Tensor

from backbone.concepts import ConceptTable, ConceptTokens, Routing
from backbone.context import Context, FlowQuery
from backbone.decoding import Decoding, scores
from backbone.flow import interpolate
from backbone.latents import latents_to_tokens
from backbone.packing import Item, LatentItem, TextItem, lay_out
from backbone.training import Sample, token_losses
from backbone.words import Words
from tests.backbone import small

SHAPES = ["tiny", "narrow", "partial", "apart", "tied", "pixel"]


def cached_velocity(shape: str, items: list[Item], table: ConceptTable) -> Tensor:
    context = Context(small.model(shape), table, "generate")
    for item in items[:-1]:
        context.add(item)
    last = items[-1]
    assert isinstance(last, LatentItem) and last.noise is not None and last.t is not None
    tokens = latents_to_tokens(last.latent[None], 2)
    x = interpolate(tokens, last.noise[None], torch.full(tokens.shape[:2], last.t))
    return FlowQuery(context, last.latent.shape[1] // 2, last.latent.shape[2] // 2)(x, last.t)[0]


def packed_velocity(shape: str, items: list[Item], concepts: tuple[ConceptTokens, ...]) -> Tensor:
    last = items[-1]
    assert isinstance(last, LatentItem) and last.noise is not None
    sample = Sample(tuple(items), concepts)
    # Velocity from the squared error: the target is chosen so that the error is the velocity.
    model = small.model(shape)
    table = ConceptTable(model.config.trunk.vocab_size, concepts)
    packed = lay_out([[sample.items]], model.tools(table))
    data, noise = torch.cat(packed.latent_tokens), last.noise
    clean = torch.zeros(len(data) - len(noise))
    t = torch.cat([clean, torch.full((len(noise),), float(last.t or 0))])
    mixed = interpolate(data, torch.cat([torch.zeros(len(clean), data.shape[1]), noise]), t)
    und, gen = model.embed(packed, table, mixed, t)
    _, gen, _ = model.run(und, gen, model.geometry(packed))
    assert gen is not None
    hidden = gen.flatten(0, 1)[packed.noise_slots]
    return model.velocity(hidden, mixed[len(clean) :], t[len(clean) :])


@pytest.mark.parametrize("shape", SHAPES)
def test_velocity_is_the_same_packed_and_cached(shape: str) -> None:
    items = small.items(shape)
    table = ConceptTable(260)
    packed = packed_velocity(shape, items, ())
    torch.testing.assert_close(cached_velocity(shape, items, table), packed, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shared", [False, True])
def test_generation_rows_are_the_same_packed_and_cached(shape: str, shared: bool) -> None:
    concepts = tuple(
        small.concept(name, shape, Routing(shared_expert=shared)) for name in ("maeve", "kai")
    )
    table = ConceptTable(260, concepts)
    words = Words(small.model(shape), small.backbone().words.tokenizer)
    prefixes = [words.prefix(c.name, table, "generate") for c in concepts]
    items = [*prefixes, *small.items(shape)]
    packed = packed_velocity(shape, items, concepts)
    torch.testing.assert_close(cached_velocity(shape, items, table), packed, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answers_score_is_its_training_loss(shape: str) -> None:
    face, concept = small.backbone(shape), small.concept(shape=shape)
    reading = face.read([concept]).add_image(small.photo()).add_text("who is it?")
    sample = face.examples.question(
        "who is it?", "<maeve>!", photo=small.photo(), concepts=[concept]
    )
    # A question's photo comes before its text, a prefix before both: the same order as read.
    loss = token_losses(small.model(shape), [[sample]], Generator()).text.sum()
    answer = face.words.ids("<maeve>!", reading.context.table)
    (found,) = scores(reading.context, [answer])
    assert found.log_probability == pytest.approx(-loss.item(), abs=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_samples_of_one_row_do_not_see_each_other(shape: str) -> None:
    first = Sample((small.text("one"), small.text("two", loss=True)))
    second = Sample(tuple(small.items(shape)))
    together = token_losses(small.model(shape), [[first, second]], Generator())
    apart = token_losses(small.model(shape), [[second], [first]], Generator())
    torch.testing.assert_close(together.text, apart.text, atol=1e-5, rtol=0)
    torch.testing.assert_close(together.flow, apart.flow, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_reading_in_pieces_is_reading_at_once(shape: str) -> None:
    model = small.model(shape)
    table = ConceptTable(260)
    pieces = Context(model)
    hidden = [pieces.add(small.text(words)) for words in ("a cat", "sat", "here")]
    items = tuple(small.text(words) for words in ("a cat", "sat", "here"))
    packed = lay_out([[items]], model.tools(table))
    und, _ = model.embed(packed, table, None, None)
    whole, _, _ = model.run(und, None, model.geometry(packed))
    joined = torch.cat([h for h in hidden if h is not None], dim=1)
    assert whole is not None
    torch.testing.assert_close(joined, whole, atol=1e-4, rtol=0)


def test_later_text_never_changes_what_was_read() -> None:
    model = small.model("partial")
    short, long = Context(model), Context(model)
    short.add(small.text("one"))
    long.add(small.text("one"))
    before = long.cache.at(0)[0].clone()
    long.add(TextItem((5, 6, 7)))
    assert torch.equal(long.cache.at(0)[0][:, :, : before.shape[2]], before)
    assert torch.equal(short.cache.at(0)[0], before)


@pytest.mark.parametrize("shape", SHAPES)
def test_decoding_token_by_token_is_reading_the_answer(shape: str) -> None:
    model, concept = small.model(shape), small.concept(shape=shape)
    reading = small.backbone(shape).read([concept]).add_text("who?")
    reading.context.add(small.items(shape)[1])
    ids = [5, reading.context.table.sks("maeve"), 7]
    steps = Decoding(reading.context)
    ours = torch.stack([steps.step(i) for i in (256, *ids)])
    hidden = reading.context.copy().add(TextItem(tuple(ids)))
    assert hidden is not None
    wanted = model.logits(hidden[0, :-1], reading.context.table)
    torch.testing.assert_close(ours, wanted, atol=1e-4, rtol=0)
