"""Concept rows: where they go, what they leave alone, what can be said of them."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from backbone.attention import bias_from
from backbone.concepts import GENERATE, UNDERSTAND, ConceptTable, ConceptTokens, Routing
from backbone.context import Context
from backbone.decoder import Geometry
from backbone.decoding import Decoding, TextOptions, decode
from backbone.packing import LatentItem, TextItem
from backbone.painting import ImageOptions
from backbone.positions import rope_tables
from backbone.training import Sample, everyone, joint_loss, token_losses
from omni_errors import InputError
from tests.backbone import small

QUICK = ImageOptions(seed=1, num_timesteps=4)


def logits(*concepts: ConceptTokens, prompt: str, shape: str = "tiny") -> torch.Tensor:
    reading = small.backbone(shape).read(concepts).add_text(prompt)
    return Decoding(reading.context).step(5)


def test_a_concept_has_one_plus_sixteen_plus_sixteen_rows() -> None:
    concept = small.concept("maeve", "narrow")
    assert (concept.sks.shape, concept.und.shape, concept.gen.shape) == (
        (1, 80),
        (16, 80),
        (16, 48),
    )
    assert concept.size == 33
    assert concept.sks.dtype == torch.float32


def test_concepts_that_are_drawn_together_stand_side_by_side() -> None:
    maeve, rex = small.concept("maeve", "narrow"), small.concept("rex", "narrow")
    alone = ConceptTable(260, [maeve]).grid_place(maeve.first + 17)
    table = ConceptTable(260, [maeve], side_by_side=True).with_concept(rex)
    left, right = (table.grid_place(c.first + 17) for c in (maeve, rex))
    assert alone is not None and left is not None and right is not None
    assert left[0] == right[0] == alone[0]
    # two tokens of 64 parts to the left, and to the right
    assert [place[1][0] - alone[1][0] for place in (left, right)] == [-128, 128]


def test_a_concept_of_a_batch_stays_in_the_middle_of_its_own_picture() -> None:
    maeve, rex = small.concept("maeve", "narrow"), small.concept("rex", "narrow")
    alone = ConceptTable(260, [maeve]).grid_place(maeve.first + 17)
    samples = [Sample((TextItem((1, 2)),), (concept,)) for concept in (maeve, rex)]
    batch = everyone(small.model("narrow"), samples)
    assert batch.grid_place(maeve.first + 17) == alone


def test_with_no_concept_in_play_outputs_are_bit_identical_to_the_plain_model() -> None:
    model, ids = small.model(), [256, *b"who is <maeve>?", 257]
    table = ConceptTable(260)
    und = model.language_model.model.embed_tokens(torch.tensor([ids]))
    place = torch.arange(len(ids))[None]
    causal = torch.ones(1, len(ids), len(ids), dtype=torch.bool).tril()
    geometry = Geometry(rope_tables(place, 20, 1e6), None, bias_from(causal, torch.float32))
    hidden, _, _ = model.run(und, None, geometry)
    ours = Context(model).add(small.text("who is <maeve>?"))
    assert hidden is not None and ours is not None
    assert torch.equal(ours, hidden)
    assert torch.equal(model.logits(ours, table), model.language_model.logits(hidden))


def test_using_a_concept_leaves_no_trace_in_the_model() -> None:
    before = {name: p.clone() for name, p in small.model().named_parameters()}
    picture = small.backbone().generate("a cat", options=QUICK).image.tobytes()
    small.backbone().generate("<maeve>", concepts=[small.concept()], options=QUICK)
    assert small.backbone().generate("a cat", options=QUICK).image.tobytes() == picture
    assert all(torch.equal(p, before[n]) for n, p in small.model().named_parameters())


def prefix_only(name: str, order: list[ConceptTokens]) -> torch.Tensor:
    """Read one concept's prefix and a question, with all of a table's names known."""
    words, table = small.backbone().words, ConceptTable(260, order)
    context = Context(small.model(), table)
    context.add(words.prefix(name, table, UNDERSTAND))
    context.add(words.text(f"who is <{name}>?", table))
    return Decoding(context).step(5)[:260]


def test_another_concept_loaded_first_or_last_changes_nothing_for_one_alone() -> None:
    maeve, kai = small.concept("maeve"), small.concept("kai")
    alone = prefix_only("maeve", [maeve])
    for order in ([maeve, kai], [kai, maeve]):
        assert torch.equal(prefix_only("maeve", order), alone)
    assert not torch.allclose(prefix_only("kai", [maeve, kai]), alone)


def test_two_concepts_of_one_name_cannot_be_in_one_conversation() -> None:
    first, second = small.concept("maeve"), small.concept("maeve")
    with pytest.raises(InputError, match="Two concepts are called 'maeve'"):
        small.backbone().read([first, second])


def test_adding_a_concept_twice_changes_nothing() -> None:
    face, maeve = small.backbone(), small.concept()
    once, twice = face.read([maeve]), face.read([maeve, maeve])
    assert once.length == twice.length
    assert twice.add_concept(maeve).length == once.length


def test_two_concepts_in_one_sentence_each_bring_their_rows() -> None:
    maeve, kai = small.concept("maeve"), small.concept("kai")
    both = logits(maeve, kai, prompt="<maeve> and <kai>")
    assert not torch.allclose(both[:260], logits(maeve, prompt="<maeve> and <kai>")[:260])
    assert len(both) == 262


def test_only_names_can_be_said_never_the_other_rows() -> None:
    table = ConceptTable(260, [small.concept("maeve"), small.concept("kai")])
    assert [table.token(column) for column in (260, 261)] == [table.sks("maeve"), table.sks("kai")]
    for row in table.rows("maeve", GENERATE):
        with pytest.raises(InputError, match="cannot be predicted"):
            table.column(row)


def test_a_model_that_wants_to_say_the_name_says_it() -> None:
    face, maeve = small.backbone(), small.concept()
    reading = face.read([maeve]).add_text("who?")
    assert face.answer(reading, TextOptions(1)) != "<maeve>"
    (hidden,) = reading.context.peek([(TextItem(()),)])
    with torch.no_grad():
        maeve.out.copy_(100 * hidden[:1])
    assert face.answer(reading, TextOptions(1)) == "<maeve>"


@pytest.mark.parametrize(
    ("routing", "purpose", "und", "gen"),
    [
        (Routing(), UNDERSTAND, 16, 16),
        (Routing(), GENERATE, 16, 16),
        (Routing(hide_gen_in_und=True), UNDERSTAND, 16, 0),
        (Routing(hide_gen_in_und=True), GENERATE, 16, 16),
        (Routing(hide_und_in_gen=True), GENERATE, 0, 16),
        (Routing(shared_expert=True), GENERATE, 32, 0),
    ],
)
def test_routing_decides_which_rows_stand_where(
    routing: Routing, purpose: str, und: int, gen: int
) -> None:
    table = ConceptTable(260, [small.concept(routing=routing)])
    rows = table.rows("maeve", purpose)
    assert sum(table.is_gen(row) for row in rows) == gen
    assert sum(not table.is_gen(row) for row in rows) == und


def test_shared_rows_are_as_wide_as_the_understanding_expert() -> None:
    shared = small.concept("maeve", "narrow", Routing(shared_expert=True))
    assert shared.gen.shape == (16, 80)
    shared.check(small.config("narrow"))
    assert logits(shared, prompt="<maeve>", shape="narrow").isfinite().all()


def test_rows_of_another_model_are_refused_with_both_widths() -> None:
    with pytest.raises(InputError, match="80 wide, but tiny reads 48"):
        small.concept().check(small.config("narrow"))


def test_an_unknown_mention_stays_text() -> None:
    table = ConceptTable(260, [small.concept("maeve")])
    ids = small.backbone().words.ids("<kai> & <maeve>", table)
    assert ids == [*b"<kai> & ", table.sks("maeve")]
    with pytest.raises(InputError, match="No concept 'kai'"):
        table.sks("kai")


@pytest.mark.parametrize("shape", ["tiny", "narrow", "partial"])
@pytest.mark.parametrize("kind", ["question", "drawing", "editing"])
def test_each_loss_reaches_the_concept_and_nothing_else(shape: str, kind: str) -> None:
    face, concept = small.backbone(shape), small.concept(shape=shape)
    photo, make = small.photo(), small.backbone(shape).examples
    sample = {
        "question": lambda: make.question("is it <maeve>?", "<maeve>", concepts=[concept]),
        "drawing": lambda: make.drawing("<maeve>", photo, concepts=[concept]),
        "editing": lambda: make.editing(photo, "remove <maeve>", photo, concepts=[concept]),
    }[kind]()
    face.losses([[sample]], Generator().manual_seed(1)).total.backward()
    reached = {n for n, p in concept.named_parameters() if p.grad is not None and p.grad.any()}
    assert reached >= {"sks", "und", "gen"}
    assert ("out" in reached) == (kind == "question")
    assert all(p.grad is None for p in small.model(shape).parameters())


def mixed_batch(shape: str) -> list[Sample]:
    make, photo = small.backbone(shape).examples, small.photo()
    maeve, kai = small.concept("maeve", shape), small.concept("kai", shape)
    # Another object of the same name, as another user or an older version would bring it.
    other = ConceptTokens.random(
        "maeve", small.config(shape), Generator().manual_seed(9), scale=0.5
    )
    return [
        make.question("who?", "<maeve>", concepts=[maeve]),
        make.question("who?", "<kai>", concepts=[kai]),
        make.question("who?", "<maeve> or <kai>", concepts=[kai, other]),
        make.drawing("<kai>", photo, concepts=[kai]),
        make.editing(photo, "remove <maeve>", photo, concepts=[other]),
        make.question("what?", "a cat"),
    ]


def own_text_losses(shape: str, batch: list[Sample], number: int) -> torch.Tensor:
    losses = token_losses(small.model(shape), [[s] for s in batch], Generator().manual_seed(1))
    start = sum(_labels(sample) for sample in batch[:number])
    return losses.text[start : start + _labels(batch[number])]


@pytest.mark.parametrize("shape", ["tiny", "apart"])
@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_a_sample_has_the_same_loss_in_a_batch_as_alone(shape: str, number: int) -> None:
    batch = mixed_batch(shape)
    alone = own_text_losses(shape, [batch[number]], 0)
    assert len(alone) == _labels(batch[number]) > 0
    together = own_text_losses(shape, batch, number)
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=0)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_sample_moves_the_same_rows_in_a_batch_as_alone(number: int) -> None:
    batch, gradients = mixed_batch("tiny"), []
    for given, place in (([batch[number]], 0), (batch, number)):
        for concept in batch[number].concepts:
            concept.zero_grad()
        own_text_losses("tiny", given, place).sum().backward()
        rows = [(c.sks.grad, c.out.grad, c.und.grad) for c in batch[number].concepts]
        gradients.append(torch.cat([g.flatten() for r in rows for g in r if g is not None]))
    assert gradients[0].any()
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-4, rtol=1e-3)


def _labels(sample: Sample) -> int:
    return sum(len(i.ids) + 1 for i in sample.items if isinstance(i, TextItem) and i.loss)


def test_pictures_of_one_batch_train_their_own_concepts() -> None:
    batch = mixed_batch("tiny")
    drawing, editing = batch[3], batch[4]
    kai, other = drawing.concepts[0], editing.concepts[0]
    gradients = []
    for rows in ([[drawing]], [[drawing], [editing]], [[editing], [drawing]]):
        kai.zero_grad()
        other.zero_grad()
        generator = Generator().manual_seed(1)
        fixed = [[_with_noise(sample) for sample in row] for row in rows]
        joint_loss(small.model(), fixed, generator).image.backward()
        assert kai.gen.grad is not None
        assert other.gen.grad is None or not other.gen.grad.any()
        gradients.append(kai.gen.grad.clone())
    for gradient in gradients[1:]:
        torch.testing.assert_close(gradient, gradients[0], atol=1e-5, rtol=1e-3)


def _with_noise(sample: Sample) -> Sample:
    items = tuple(
        replace(i, t=0.5, noise=small.noise(6, 64)) if isinstance(i, LatentItem) and i.noisy else i
        for i in sample.items
    )
    return Sample(items, sample.concepts)


@pytest.mark.parametrize("routing", [Routing(hide_gen_in_und=True), Routing(hide_und_in_gen=True)])
def test_hidden_rows_do_nothing_where_they_are_hidden(routing: Routing) -> None:
    concept = small.concept(routing=routing)
    purpose = UNDERSTAND if routing.hide_gen_in_und else GENERATE
    hidden = concept.gen if routing.hide_gen_in_und else concept.und
    results = []
    for _ in range(2):
        reading = small.backbone().read([concept], purpose).add_text("who is <maeve>?")
        results.append(Decoding(reading.context).step(5))
        with torch.no_grad():
            hidden.add_(1.0)
    assert torch.equal(results[0], results[1])


def test_rows_of_other_widths_are_refused_in_training_too() -> None:
    sample = small.backbone("narrow").examples.question(
        "who?", "<maeve>", concepts=[small.concept("maeve", "tiny")]
    )
    with pytest.raises(InputError, match="80 wide, but tiny reads 48"):
        token_losses(small.model("narrow"), [[sample]], Generator())


def _first_said(*concepts: ConceptTokens) -> int:
    reading = small.backbone().read(concepts).add_text("Who is it?")
    return next(decode(reading.context, TextOptions(max_new_tokens=1)))


def _named_like_a_word(name: str) -> tuple[ConceptTokens, int]:
    """Give a concept's name the output row of the word that would be said first."""
    made = small.concept(name)
    word = _first_said(made)
    row = small.model().language_model.output_rows([word])
    assert row is not None
    made.out.data.copy_(row.float())
    return made, word


def test_a_name_that_reads_as_a_word_is_said_in_its_place() -> None:
    made, word = _named_like_a_word("maeve")
    assert word != made.first
    assert _first_said(made) == made.first


def test_the_word_is_not_said_before_the_name() -> None:
    made, word = _named_like_a_word("maeve")
    reading = small.backbone().read([made]).add_text("Who is it?")
    ids = decode(reading.context, TextOptions(max_new_tokens=40, temperature=5.0, seed=1))
    said = [one in (word, made.first) and one for one in ids]
    assert word not in said[: said.index(made.first)]


def test_a_name_much_like_a_word_is_said_where_an_answer_begins_with_the_word() -> None:
    made, word = _named_like_a_word("maeve")
    made.out.data.mul_(0.9)
    reading = small.backbone().read([made]).add_text("Who is it?")
    first, *_ = decode(reading.context, TextOptions(max_new_tokens=2))
    assert first == made.first
    made.out.data.neg_()
    assert _first_said(made) == word


def test_which_of_two_alike_is_meant_nobody_can_tell() -> None:
    made, _ = _named_like_a_word("maeve")
    other = small.concept("kai")
    other.out.data.copy_(made.out)
    assert _first_said(made, other) < small.config().trunk.vocab_size
