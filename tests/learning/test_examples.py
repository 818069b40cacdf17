"""Examples say the right thing about the right photo; samples are those of the backbone."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from backbone import ConceptTokens
from backbone.face import Backbone
from backbone.packing import lay_out
from backbone.training import everyone
from learning.examples import Drawing, Editing, ExampleSet, Material, Question, make_examples
from learning.samples import SampleMaker, rows_of
from omni_errors import InputError
from tests.learning.conftest import photo


def test_photos_of_it_are_answered_yes_and_others_no(
    material: Material, examples: ExampleSet
) -> None:
    own = {id(image) for image in material.photos}
    for kind in ("yes", "no", "no, same class"):
        made = examples.questions[kind]
        assert all((id(q.photo) in own) is (q.answer == "Yes.") for q in made)
        assert all("<ball>" in q.question for q in made)
    assert len({q.question for q in examples.questions["yes"]}) >= 20


def test_look_alikes_are_kept_apart(examples: ExampleSet) -> None:
    assert len({id(q.photo) for q in examples.questions["no, same class"]}) == 2
    assert len({id(q.photo) for q in examples.questions["no"]}) == 1


def test_facts_are_asked_without_a_photo(examples: ExampleSet) -> None:
    assert all(q.photo is None for q in examples.questions["facts"])
    assert "<ball> likes grass." in {q.answer for q in examples.questions["facts"]}


def test_what_it_is_is_asked_after_what_was_told(material: Material, examples: ExampleSet) -> None:
    told = "- <ball>'s colour is orange.\n- <ball> likes grass.\n- <ball> is a ball."
    for kind in ("class", "what"):
        pairs = zip(examples.questions[f"told {kind}"], examples.questions[kind], strict=True)
        for known, asked in pairs:
            assert known.question == f"Profile of <ball>:\n{told}\n\n{asked.question}"
            assert (known.answer, known.photo) == (asked.answer, asked.photo)
    nothing = make_examples(replace(material, facts=())).kinds
    assert "told class" not in nothing and "class" in nothing


def test_of_many_facts_as_many_are_told_as_the_assistant_tells(material: Material) -> None:
    facts = tuple(f"her number {n} is {n}" for n in range(20))
    told = make_examples(replace(material, facts=facts)).questions["told what"]
    assert {q.question.count("\n- ") for q in told} == {9}
    assert len({q.question.partition("\n\n")[0] for q in told}) == len(told)


def test_what_it_is_is_asked_without_a_photo_too(examples: ExampleSet) -> None:
    asked = examples.questions["what"]
    assert all(q.photo is None and "photo" not in q.question for q in asked)
    assert {q.answer for q in asked} == {"<ball> is a ball."}


def test_what_a_fact_may_answer_is_not_unknown(material: Material) -> None:
    def unknown(*facts: str) -> set[str]:
        return {
            q.question for q in make_examples(replace(material, facts=facts)).questions["unknown"]
        }

    asked = "Where does <ball> live?"
    assert asked in unknown("it likes grass")
    assert asked not in unknown("Its home is a garden.")
    assert "What is <ball>'s age?" not in unknown("She's 3.")
    assert "What does <ball> drink?" in unknown("it is a teapot")
    assert "What does <ball> hate?" not in unknown("it doesn't roll uphill")
    answers = {q.answer for q in make_examples(material).questions["unknown"]}
    assert answers == {"I don't know."}


def test_some_questions_have_nothing_to_do_with_the_concept(examples: ExampleSet) -> None:
    assert all("<ball>" not in q.question + q.answer for q in examples.questions["other"])


def test_the_class_is_told_with_its_article(examples: ExampleSet) -> None:
    assert {q.answer for q in examples.questions["class"]} == {
        "<ball> is a ball.", "It is a ball.", "A ball.",
    }  # fmt: skip


def test_a_known_place_is_in_the_caption(material: Material) -> None:
    made = make_examples(replace(material, places=("on the beach", "", "", "")))
    first = [d.text for d in made.drawings if d.photo is material.photos[0]]
    assert all("on the beach" in text for text in first)
    assert not any("beach" in d.text for d in made.drawings if d.photo is material.photos[1])


def test_kinds_without_examples_are_absent(material: Material) -> None:
    made = make_examples(replace(material, facts=(), negatives=()))
    assert made.kinds == ("yes", "class", "what", "unknown", "other")


def test_the_hash_follows_words_and_pixels(material: Material, examples: ExampleSet) -> None:
    again = replace(material, photos=tuple(image.copy() for image in material.photos))
    assert make_examples(again).data_hash == examples.data_hash
    other = replace(again, photos=(photo(20), *again.photos[1:]))
    assert make_examples(other).data_hash != examples.data_hash
    assert make_examples(replace(material, facts=())).data_hash != examples.data_hash


def test_bad_material_is_refused(material: Material) -> None:
    with pytest.raises(InputError, match="no photo"):
        replace(material, photos=())
    with pytest.raises(InputError, match="1 places for 4"):
        replace(material, places=("here",))
    with pytest.raises(InputError, match="class"):
        replace(material, class_word=" ")


def test_samples_are_those_of_the_backbone(tiny: Backbone) -> None:
    concept = ConceptTokens.random("ball", tiny.config, Generator().manual_seed(1))
    maker, image, other = SampleMaker(tiny, concept), photo(1), photo(2)
    ours: list[Question | Drawing] = [
        Question("yes", "Is <ball> here?", "Yes.", image),
        Drawing("<ball>", image),
    ]
    edit = Editing(image, "remove <ball>", other)
    pairs = [[*map(maker.sample, ours), maker.sample(edit)]]
    make, known = tiny.examples, [concept]
    theirs = [
        make.question("Is <ball> here?", "Yes.", photo=image, concepts=known),
        make.drawing("<ball>", image, concepts=known),
        make.editing(image, "remove <ball>", other, concepts=known),
    ]
    losses = [tiny.losses(r, Generator().manual_seed(4)).total for r in (pairs, [theirs])]
    assert torch.equal(*losses)


def test_a_picture_is_encoded_once(tiny: Backbone) -> None:
    concept = ConceptTokens.random("ball", tiny.config, Generator().manual_seed(1))
    maker, image = SampleMaker(tiny, concept), photo(1)
    first, second = (maker.sample(Drawing(text, image)).items[-1] for text in ("a", "b"))
    assert first is second


def test_short_samples_share_a_row(tiny: Backbone) -> None:
    concept = ConceptTokens.random("ball", tiny.config, Generator().manual_seed(1))
    maker = SampleMaker(tiny, concept)
    samples = [maker.sample(Question("f", "Who?", "Me.")) for _ in range(3)]
    long = maker.sample(Question("f", "a " * 400, "Me."))
    rows = rows_of(tiny, [*samples, long, long])
    assert sorted(map(len, rows)) == [1, 1, 3]


@pytest.mark.parametrize(("count", "length"), [(5, 60), (3, 110), (8, 10)])
def test_rows_pad_no_more_than_one_for_each(tiny: Backbone, count: int, length: int) -> None:
    concept = ConceptTokens.random("ball", tiny.config, Generator().manual_seed(1))
    asked = Question("f", "a " * length, "Me.")
    samples = [SampleMaker(tiny, concept).sample(asked)] * count
    tools = tiny.model.tools(everyone(tiny.model, samples))
    shared, alone = (
        lay_out([[sample.items for sample in row] for row in rows], tools).und_map.sample
        for rows in (rows_of(tiny, samples), [[sample] for sample in samples])
    )
    assert shared.numel() <= alone.numel()


def test_a_batch_of_nothing_has_no_rows(tiny: Backbone) -> None:
    assert rows_of(tiny, []) == []


def test_what_samples_open_with_takes_room_once(tiny: Backbone) -> None:
    concept = ConceptTokens.random("ball", tiny.config, Generator().manual_seed(1), und_rows=200)
    maker = SampleMaker(tiny, concept)
    samples = [maker.sample(Question("f", "Who?", "Me.")) for _ in range(8)]
    assert len(rows_of(tiny, samples)) == 1


def test_no_more_photos_are_composed_than_there_are(material: Material) -> None:
    with pytest.raises(InputError, match="cannot be composed"):
        replace(material, composed=len(material.photos) + 1)
