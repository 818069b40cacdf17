"""How the three losses are reduced and weighed, and what enters them."""

import pytest
import torch
from torch import Generator

from backbone.blank import random_model
from backbone.packing import LatentItem
from backbone.training import LossOptions, Sample, joint_loss, token_losses
from omni_errors import InputError
from tests.backbone import small
from tests.backbone.small import noise

SAY = Sample((small.text("who?"), small.text("me", loss=True)))


def painted(task: str, height: int = 4) -> Sample:
    latent = LatentItem(noise(16, height, 4), noisy=True, task=task, t=0.5, noise=noise(height, 64))
    return Sample((small.text("draw"), latent))


def test_the_total_is_the_papers_weighted_sum() -> None:
    rows = [[SAY], [painted("image")], [painted("edit", 6)]]
    options = LossOptions(image_weight=0.5, edit_weight=2.0)
    loss = joint_loss(small.model(), rows, Generator(), options)
    wanted = loss.text + 0.5 * loss.image + 2.0 * loss.edit
    torch.testing.assert_close(loss.total, wanted)
    assert min(loss.text, loss.image, loss.edit) > 0


def test_each_loss_is_a_mean_over_its_own_tokens() -> None:
    rows = [[SAY], [painted("image")], [painted("edit", 6)]]
    loss = joint_loss(small.model(), rows, Generator())
    alone = joint_loss(small.model(), [[painted("edit", 6)]], Generator())
    torch.testing.assert_close(loss.edit, alone.edit, atol=1e-5, rtol=0)
    tokens = token_losses(small.model(), rows, Generator())
    assert (tokens.tasks.count("image"), tokens.tasks.count("edit")) == (4, 6)


def test_a_loss_without_tokens_is_zero() -> None:
    loss = joint_loss(small.model(), [[SAY]], Generator())
    assert loss.image == loss.edit == 0
    torch.testing.assert_close(loss.total, loss.text)


def test_only_the_answer_and_its_end_are_predicted() -> None:
    assert len(token_losses(small.model(), [[SAY]], Generator()).text) == len("me") + 1


def test_short_segments_weigh_more_when_asked() -> None:
    long = Sample((small.text("who?"), small.text("me and you", loss=True)))
    losses = token_losses(small.model(), [[SAY], [long]], Generator())
    assert losses.text_weights.tolist()[0] == pytest.approx(3**-0.5)
    assert losses.text_weights.tolist()[-1] == pytest.approx(11**-0.5)


def test_answers_count_the_same_however_long() -> None:
    long = Sample((small.text("who?"), small.text("me and you", loss=True)))
    rows, even = [[SAY], [long]], LossOptions(even_text=True)
    text = token_losses(small.model(), rows, Generator()).text
    wanted = (text[:3].mean() + text[3:].mean()) / 2
    loss = joint_loss(small.model(), rows, Generator(), even)
    torch.testing.assert_close(loss.text, wanted)


def test_noise_and_times_are_seeded() -> None:
    free = Sample((small.text("draw"), LatentItem(noise(16, 4, 4), noisy=True)))
    values = [
        joint_loss(small.model(), [[free]], Generator().manual_seed(s)).image.item()
        for s in (1, 1, 2)
    ]
    assert values[0] == values[1] != values[2]


def test_recomputing_layers_changes_no_number() -> None:
    concept = small.concept()
    make = small.backbone().examples
    rows = [[make.drawing("<maeve>", small.photo(), concepts=[concept])]]
    gradients = []
    for recompute in (False, True):
        concept.zero_grad()
        options = LossOptions(recompute=recompute)
        joint_loss(small.model(), rows, Generator().manual_seed(1), options).total.backward()
        assert concept.gen.grad is not None
        gradients.append(concept.gen.grad.clone())
    torch.testing.assert_close(*gradients)


def test_samples_of_one_concept_learn_the_same_in_one_row_as_in_many() -> None:
    concept, make = small.concept(), small.backbone().examples
    known, photo = [concept], small.photo()
    samples = [
        make.question("<maeve>?", "yes", photo=photo, concepts=known),
        make.question("who?", "<maeve>", concepts=known),
        make.drawing("<maeve>", photo, concepts=known),
        make.drawing("<maeve> asleep", photo, concepts=known),
    ]
    found = []
    for rows in ([samples], [[sample] for sample in samples]):
        concept.zero_grad()
        loss = joint_loss(small.model(), rows, Generator().manual_seed(1)).total
        loss.backward()
        found.append([loss.detach(), *(row.grad for row in concept.parameters())])
    torch.testing.assert_close(*found, atol=1e-5, rtol=1e-4)


def test_frozen_understanding_keeps_gradients_from_understanding_rows() -> None:
    concept = small.concept()
    make = small.backbone().examples
    rows = [[make.drawing("<maeve>", small.photo(), concepts=[concept])]]
    options = LossOptions(freeze_und=True)
    joint_loss(small.model(), rows, Generator().manual_seed(1), options).total.backward()
    assert concept.und.grad is None or not concept.und.grad.any()
    assert concept.gen.grad is not None and concept.gen.grad.any()


def test_a_batch_without_images_or_without_latents_runs() -> None:
    seen = small.backbone().examples.question("what?", "a cat", photo=small.photo())
    assert joint_loss(small.model(), [[seen]], Generator()).text > 0
    assert joint_loss(small.model(), [[painted("image")]], Generator()).image > 0


def test_an_image_larger_than_the_table_is_refused() -> None:
    large = Sample((LatentItem(noise(16, 40, 4), noisy=True),))
    with pytest.raises(InputError, match="20×2 tokens exceeds the table of 8×8"):
        joint_loss(small.model(), [[large]], Generator())


def test_a_model_that_only_understands_has_a_loss_of_text() -> None:
    model = random_model(small.config().understanding_only())
    loss = joint_loss(model, [[SAY]], Generator())
    assert loss.text > 0
    assert (float(loss.image), float(loss.edit)) == (0.0, 0.0)
