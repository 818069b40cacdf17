"""Concept rows: where they go, what they leave alone, what can be said of them."""

import pytest
import torch
from torch import Generator

from backbone.concepts import GENERATE, UNDERSTAND, ConceptTable, ConceptTokens, Routing
from backbone.context import Context
from backbone.decoding import Decoding, TextOptions
from backbone.packing import TextItem
from backbone.painting import ImageOptions
from backbone.training import joint_loss
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


def test_with_no_concept_in_play_outputs_are_bit_identical_to_the_plain_model() -> None:
    before = logits(prompt="who is <maeve>?")
    picture = small.backbone().generate("a cat", options=QUICK).image.tobytes()
    small.backbone().generate("<maeve>", concepts=[small.concept()], options=QUICK)
    assert torch.equal(logits(prompt="who is <maeve>?"), before)
    assert small.backbone().generate("a cat", options=QUICK).image.tobytes() == picture
    assert len(before) == 260


def test_loading_another_concept_first_or_last_changes_nothing_for_the_first() -> None:
    face, maeve, kai = small.backbone(), small.concept("maeve"), small.concept("kai")
    alone = logits(maeve, prompt="who is <maeve>?")
    results = []
    for order in ([maeve, kai], [kai, maeve]):
        others = face.read(order)
        assert {c.name for c in others.context.table.concepts} == {"maeve", "kai"}
        results.append(logits(maeve, prompt="who is <maeve>?"))
    assert all(torch.equal(result, alone) for result in results)


def test_the_order_of_a_table_moves_ids_but_not_embeddings() -> None:
    maeve, kai = small.concept("maeve"), small.concept("kai")
    rows = []
    for order in ([maeve, kai], [kai, maeve]):
        table = ConceptTable(260, order)
        ids = [table.sks("maeve"), *table.rows("maeve", UNDERSTAND)]
        rows.append(table.vectors([i for i in ids if not table.is_gen(i)]))
    assert torch.equal(*rows)


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
    state = Context(small.model(), reading.context.table)
    state.cache, state.rope = reading.context.cache, reading.context.rope
    hidden = state.add(TextItem(()))
    assert hidden is not None
    with torch.no_grad():
        maeve.out.copy_(100 * hidden[0, :1])
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


def test_a_name_unknown_to_a_sample_does_not_enter_its_loss() -> None:
    make, maeve, kai = small.backbone().examples, small.concept("maeve"), small.concept("kai")
    plain = make.question("what?", "a cat")
    other = make.question("who?", "<maeve>", concepts=[maeve])
    model, generator = small.model(), Generator()
    alone = joint_loss(model, [[plain]], generator).text
    beside = joint_loss(model, [[plain], [other]], generator).text
    only_other = joint_loss(model, [[other]], generator).text
    labels = len("a cat") + 1
    assert beside.item() == pytest.approx(
        (labels * alone.item() + 2 * only_other.item()) / (labels + 2), abs=1e-5
    )
    assert kai.name not in {c.name for c in other.concepts}
