"""Rows come from views through the connector, and gradients go back the same way."""

import torch

from backbone.mini.concept_encoder import ConceptEncoder, Rows, WrittenConcept
from tests.backbone.small import noise


def encoder() -> ConceptEncoder:
    made = ConceptEncoder(8)
    made.start(noise(8))
    return made


def test_an_encoder_starts_as_the_mean_of_the_views() -> None:
    views = noise(1, 3, 4, 8)
    rows = encoder()(views, torch.ones(1, 3, dtype=torch.bool))
    torch.testing.assert_close(rows.und, views.mean(1))
    assert torch.equal(rows.sks[0, 0], noise(8)) and torch.equal(rows.out[0, 0], noise(8))


def test_views_that_are_not_there_count_for_nothing() -> None:
    made, views = encoder(), noise(2, 3, 4, 8)
    torch.nn.init.normal_(made.score.weight, generator=torch.Generator().manual_seed(1))
    seen = torch.tensor([[True, True, False], [True, True, True]])
    alone = made(views[:1, :2], seen[:1, :2])
    torch.testing.assert_close(made(views, seen).und[:1], alone.und)


def test_a_score_chooses_among_views_cell_by_cell() -> None:
    made, views = encoder(), noise(1, 2, 4, 8)
    torch.nn.init.constant_(made.score.weight, 0.0)
    made.score.weight.data[0, 0] = 1e4
    rows = made(views, torch.ones(1, 2, dtype=torch.bool)).und[0]
    normed = torch.nn.functional.layer_norm(views, (8,))[0, :, :, 0]
    for cell in range(4):
        torch.testing.assert_close(rows[cell], views[0, normed[:, cell].argmax(), cell])


def test_written_rows_carry_gradients_and_can_be_frozen() -> None:
    views = noise(2, 4, 8).requires_grad_()
    written = encoder().write("maeve", views, torch.zeros(4, 6))
    written.und.sum().backward()
    assert views.grad is not None and views.grad.all()
    kept = written.frozen()
    assert isinstance(kept.und, torch.nn.Parameter) and torch.equal(kept.und, written.und)
    assert not list(written.parameters())


def test_every_written_concept_has_ids_of_its_own() -> None:
    rows = Rows(noise(1, 8), noise(4, 8), noise(1, 8))
    one, two = (WrittenConcept("sks", rows, torch.zeros(0, 0)) for _ in range(2))
    assert one.first != two.first
    assert one.size == 1 + 4
