"""The public face: text, pictures, scores and vectors, with all their switches."""

import json
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pytest
import torch
from PIL import Image

import backbone
from backbone.decoding import TextOptions, decode, scores
from backbone.face import Backbone
from backbone.flow import Guidance
from backbone.loading import LoadOptions
from backbone.model import UnifiedModel
from backbone.opening import load
from backbone.painting import ImageOptions
from backbone.reading import think_prompt
from omni_errors import CancelledError, InputError
from tests.backbone import small

QUICK = ImageOptions(seed=1, num_timesteps=4)


def quick(**changes: object) -> ImageOptions:
    return replace(QUICK, **changes)  # type: ignore[arg-type]


def test_what_is_exported_is_what_there_is() -> None:
    assert sorted(backbone.__all__) == sorted(backbone._HOMES)
    for name in backbone.__all__:
        assert getattr(backbone, name).__name__ == name
    with pytest.raises(AttributeError, match="nothing"):
        _ = backbone.nothing


@pytest.mark.parametrize(
    ("purpose", "length", "digest"),
    [
        ("understand", 227, "5eff00888fdf6b912c3f9a80711933dd35cdd164d167cba6b2a5889c04d7b565"),
        ("generate", 209, "837914a3f5f8ec1be30d2fdb68f4e494a3d4767056100a113c4109af5367d390"),
    ],
)
def test_the_think_prompts_are_the_releases_to_the_letter(
    purpose: str, length: int, digest: str
) -> None:
    prompt = think_prompt(purpose)
    assert (len(prompt), sha256(prompt.encode()).hexdigest()) == (length, digest)
    stored = json.loads((files("backbone") / "prompts" / "think.json").read_text("utf8"))
    assert set(stored) == {"understand", "generate"}


def test_streamed_pieces_join_to_the_answer() -> None:
    face = small.backbone()
    reading = face.read().add_image(small.photo()).add_text("what is it?")
    pieces = list(face.stream(reading, TextOptions(30)))
    assert "".join(pieces) == face.answer(reading, TextOptions(30))


def test_an_answer_leaves_the_reading_as_it_was() -> None:
    face = small.backbone()
    reading = face.read().add_text("hello")
    before = reading.length
    face.answer(reading, TextOptions(5))
    assert reading.length == before == len("hello") + 2


def test_a_copy_of_a_reading_goes_its_own_way() -> None:
    reading = small.backbone().read().add_text("hello")
    other = reading.copy().add_text("world")
    assert other.length > reading.length


def test_a_stop_flag_ends_an_answer_where_it_is() -> None:
    face, asked = small.backbone(), []
    reading = face.read().add_text("hello")

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 3

    ids = list(backbone_ids(reading, TextOptions(50, should_stop=stop)))
    assert len(ids) <= 3


def backbone_ids(reading: backbone.Reading, options: TextOptions) -> list[int]:
    return list(decode(reading.context, options))


def test_drawn_text_repeats_with_its_seed() -> None:
    face = small.backbone()
    reading = face.read().add_text("hello")
    options = [TextOptions(20, temperature=1.5, seed=seed) for seed in (1, 1, 2)]
    first, again, other = (backbone_ids(reading, o) for o in options)
    assert first == again != other


def test_a_tiny_top_p_is_greedy() -> None:
    reading = small.backbone().read().add_text("hello")
    drawn = backbone_ids(reading, TextOptions(10, temperature=1.0, top_p=1e-6, seed=1))
    assert drawn == backbone_ids(reading, TextOptions(10))


def test_thinking_reads_the_instruction_first() -> None:
    plain, thinking = small.backbone().read(), small.backbone().read(think=True)
    assert thinking.length == plain.length + 227 + 2


def test_the_score_of_an_answer_adds_up_over_its_tokens() -> None:
    face = small.backbone()
    reading = face.read().add_text("is it?")
    whole, open_end = face.score(reading, "yes"), face.score(reading, "yes", closed=False)
    assert (whole.tokens, open_end.tokens) == (4, 3)
    assert whole.log_probability < open_end.log_probability < 0
    assert whole.mean == pytest.approx(whole.log_probability / 4)


@pytest.mark.parametrize("shape", ["tiny", "apart"])
def test_answers_scored_together_score_as_alone(shape: str) -> None:
    face, maeve = small.backbone(shape), small.concept("maeve", shape)
    reading = face.read([maeve]).add_image(small.photo()).add_text("who is it?")
    before, said = reading.length, ["it is <maeve>", "no", "", "nobody I know"]
    together = [one.log_probability for one in face.scores(reading, said)]
    assert together == pytest.approx([face.score(reading, one).log_probability for one in said])
    assert reading.length == before


def test_what_could_not_be_read_is_not_forgotten() -> None:
    half = small.config().understanding_only()
    face = Backbone(UnifiedModel(half).eval(), small.backbone().words.tokenizer)
    reading = face.read([small.concept()])
    for _ in range(2):
        with pytest.raises(InputError, match="without its generation expert"):
            face.answer(reading)


@pytest.mark.parametrize("together", [0, 8])
def test_long_items_are_read_by_themselves(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    face, passes = small.backbone(), [0]
    run = UnifiedModel.run

    def counted(*given: Any, **options: Any) -> Any:
        passes[0] += 1
        return run(*given, **options)

    monkeypatch.setattr("backbone.context.TOGETHER", together)
    monkeypatch.setattr(UnifiedModel, "run", counted)
    reading = face.read().add_text("a").add_text("bc").add_text("d" * 9)
    assert reading.length == 3 + 4 + 11
    assert passes[0] == {0: 3, 8: 2}[together]


def test_a_margin_asks_for_no_gradient() -> None:
    face = Backbone(UnifiedModel(small.config()).eval(), small.backbone().words.tokenizer)
    with torch.enable_grad():
        assert isinstance(face.margin(face.read([small.concept()]).add_text("is it?")), float)


def test_a_margin_is_that_of_how_answers_begin() -> None:
    face = small.backbone()
    reading = face.read([small.concept()]).add_text("is it <maeve>?")
    yes, no = face.scores(reading, ("Y", "N"), closed=False)
    wanted = yes.log_probability - no.log_probability
    assert face.margin(reading) == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("shape", ["tiny", "apart"])
@pytest.mark.parametrize("together", [1, 24, 1024])
def test_photos_asked_together_answer_as_alone(
    monkeypatch: pytest.MonkeyPatch, shape: str, together: int
) -> None:
    monkeypatch.setattr("backbone.face.TOGETHER", together)
    face, maeve = small.backbone(shape), small.concept("maeve", shape)
    asked = [(small.photo(seed=seed), "is it?" + "!" * seed) for seed in range(3)]
    known = face.read([maeve])
    alone = [face.margin(known.copy().add_image(p).add_text(text)) for p, text in asked]
    assert face.margins(known, asked) == pytest.approx(alone, abs=1e-4)
    assert len(set(alone)) == 3


@pytest.mark.parametrize("shape", ["tiny", "apart"])
def test_what_is_read_later_comes_to_the_same(shape: str) -> None:
    face, maeve = small.backbone(shape), small.concept("maeve", shape)
    at_once = face.read([maeve]).add_image(small.photo()).add_text("who?")
    one_by_one = face.read([maeve])
    assert one_by_one.length < one_by_one.add_image(small.photo()).length
    one_by_one.add_text("who?")
    scores = [face.score(reading, "maeve").log_probability for reading in (at_once, one_by_one)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    assert at_once.length == one_by_one.length


def test_the_greedy_answer_is_the_likeliest_first_token() -> None:
    face = small.backbone()
    reading = face.read().add_text("is it?")
    best = next(iter(backbone_ids(reading, TextOptions(1))))
    (first,) = scores(reading.context, [[best]], closed=False)
    rivals = [
        one.log_probability
        for one in scores(reading.context, [[i] for i in range(250)], closed=False)
    ]
    assert first.log_probability == pytest.approx(max(rivals), abs=1e-4)


def test_a_seed_repeats_a_picture_and_another_changes_it() -> None:
    face = small.backbone()
    pictures = [face.generate("a cat", options=quick(seed=s)).image.tobytes() for s in (1, 1, 2)]
    assert pictures[0] == pictures[1] != pictures[2]


def test_a_picture_tells_the_seed_it_drew_before_it_starts() -> None:
    told: list[int] = []
    picture = small.backbone().generate("a cat", options=quick(seed=None, on_seed=told.append))
    assert told == [picture.seed]


def test_a_picture_has_the_size_asked_for() -> None:
    picture = small.backbone().generate("a cat", options=quick(size=(32, 64)))
    assert picture.image.size == (64, 32)


@pytest.mark.parametrize("size", [(30, 64), (0, 64), (64, 144)])
def test_a_size_that_does_not_fit_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="multiples of 16 up to 128"):
        small.backbone().generate("a cat", options=quick(size=size))


def test_steps_are_counted_to_the_end() -> None:
    steps: list[tuple[int, int]] = []
    small.backbone().generate("a cat", options=quick(on_step=lambda *s: steps.append(s)))
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_stopped_picture_tells_its_seed() -> None:
    steps: list[int] = []
    with pytest.raises(CancelledError, match="Its seed is 1"):
        small.backbone().generate(
            "a cat",
            options=quick(
                on_step=lambda done, _: steps.append(done), should_stop=lambda: len(steps) > 1
            ),
        )
    assert steps == [1, 2]


@pytest.mark.parametrize("think", [False, True])
def test_a_wish_to_stop_is_heard_before_the_first_step(think: bool) -> None:
    steps: list[int] = []
    options = quick(
        think=think, on_step=lambda done, _: steps.append(done), should_stop=lambda: True
    )
    with pytest.raises(CancelledError):
        small.backbone().generate("a cat", options=options)
    assert steps == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"num_timesteps": 1}, "num_timesteps is 1; allowed is 2 or more"),
        ({"seed": 2**70}, "seed is .* a whole number"),
        ({"seed": -1}, "seed is -1"),
        ({"size": (64.0, 64)}, "whole numbers of pixels"),
        ({"timestep_shift": 0.0}, "timestep_shift is 0.0"),
        ({"max_think_tokens": -1}, "max_think_tokens is -1"),
    ],
)
def test_options_outside_their_limits_are_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        quick(**change)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"top_p": 0.0}, "top_p is 0.0; allowed is above 0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"max_new_tokens": -1}, "max_new_tokens is -1"),
    ],
)
def test_text_options_outside_their_limits_are_named(options: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        TextOptions(**options)  # type: ignore[arg-type]


def test_an_empty_answer_has_a_mean() -> None:
    reading = small.backbone().read().add_text("is it?")
    assert small.backbone().score(reading, "", closed=False).mean == 0


def test_an_edit_keeps_the_size_of_the_resized_image() -> None:
    picture = small.backbone().edit(small.photo(150, 90), "make it blue", options=QUICK)
    assert picture.image.size == (128, 80)


def test_an_edit_depends_on_its_image() -> None:
    face = small.backbone()
    results = [
        face.edit(small.photo(seed=s), "blue", options=QUICK).image.tobytes() for s in (1, 2)
    ]
    assert results[0] != results[1]


def test_where_an_edit_changes_nothing_the_photo_stays() -> None:
    face, photo = small.backbone(), small.photo(128, 80)
    face.painter.config = replace(
        face.painter.config, sampling=replace(face.painter.config.sampling, edit_limit=100.0)
    )
    assert face.edit(photo, "blue", options=QUICK).image.tobytes() == photo.tobytes()


def test_a_picture_comes_back_from_the_autoencoder_in_the_model_s_size() -> None:
    painter, photo = small.backbone().painter, small.photo(150, 90)
    again = painter.reconstruct(photo)
    assert again.size == painter.size_of(photo)[::-1]
    assert again.tobytes() == painter.reconstruct(photo).tobytes()


def test_references_change_an_edit() -> None:
    face, photo = small.backbone(), small.photo()
    alone = face.edit(photo, "blue", options=QUICK).image.tobytes()
    with_other = face.edit(photo, "blue", references=[small.photo(seed=9)], options=QUICK)
    assert with_other.image.tobytes() != alone


def test_a_sampled_source_differs_from_its_mean() -> None:
    face, photo = small.backbone(), small.photo()
    mean = face.edit(photo, "blue", options=QUICK).image.tobytes()
    assert face.edit(photo, "blue", options=quick(sample_source=True)).image.tobytes() != mean


def test_thinking_before_drawing_keeps_the_thought() -> None:
    picture = small.backbone().generate("a cat", options=quick(think=True, max_think_tokens=6))
    plain = small.backbone().generate("a cat", options=QUICK)
    assert plain.thought == ""
    assert picture.image.tobytes() != plain.image.tobytes()


def test_guidance_changes_a_picture() -> None:
    face = small.backbone()
    strong = face.generate("a cat", options=quick(guidance=Guidance(8.0, renorm_min=1.0)))
    none = face.generate("a cat", options=quick(guidance=Guidance(1.0)))
    assert strong.image.tobytes() != none.image.tobytes()


def test_vectors_have_unit_length_and_tell_things_apart() -> None:
    face = small.backbone()
    texts = [face.embed_text(t) for t in ("a red ball", "a red ball", "the sea")]
    assert texts[0].norm().item() == pytest.approx(1.0, abs=1e-5)
    assert torch.equal(texts[0], texts[1])
    assert texts[0] @ texts[2] < 0.9999
    assert face.embed_image(small.photo()).shape == (48,)


def test_an_understanding_only_model_answers_and_refuses_to_draw() -> None:
    face = load("tiny", LoadOptions(understanding_only=True))
    assert isinstance(face.answer(face.read().add_text("hello"), TextOptions(3)), str)
    with pytest.raises(InputError, match="no autoencoder|no generation"):
        face.generate("a cat", options=QUICK)


def test_understanding_only_gives_the_whole_models_answers() -> None:
    answers = []
    for alone in (False, True):
        face = load("tiny", LoadOptions(understanding_only=alone))
        reading = face.read().add_image(Image.new("RGB", (40, 60), "red")).add_text("what?")
        answers.append(backbone_ids(reading, TextOptions(8)))
    assert answers[0] == answers[1]
