"""A score tells answers apart that a model in bfloat16 rounds to the same number."""

import torch

from backbone.concepts import ConceptTable
from backbone.model import UnifiedModel
from tests.backbone import small


def exact(model: UnifiedModel, hidden: torch.Tensor, tokens: list[int]) -> torch.Tensor:
    return model.exact_logits(hidden, tokens, ConceptTable(model.config.trunk.vocab_size))


def test_in_float32_exact_logits_are_the_logits() -> None:
    model = small.model("apart")
    hidden = small.noise(3, model.config.trunk.understanding.hidden_size)
    table = ConceptTable(model.config.trunk.vocab_size)
    with torch.no_grad():
        found, wanted = exact(model, hidden, [5, 9, 2]), model.logits(hidden, table)
    torch.testing.assert_close(found, wanted[range(3), [5, 9, 2]])


def test_in_bfloat16_they_are_finer() -> None:
    model = UnifiedModel(small.config("apart")).to(torch.bfloat16)
    hidden = 40 * small.noise(64, model.config.trunk.understanding.hidden_size)
    rounded = hidden.bfloat16()
    with torch.no_grad():
        found = exact(model, rounded, [7] * 64)
        coarse = model.logits(rounded, ConceptTable(model.config.trunk.vocab_size))[:, 7].float()
    assert found.dtype == torch.float32
    assert len(found.unique()) > len(coarse.unique()) or not torch.equal(found, coarse)


def test_a_name_is_scored_by_its_own_row() -> None:
    model, concept = small.model("apart"), small.concept("maeve")
    table = ConceptTable(model.config.trunk.vocab_size, [concept])
    hidden = small.noise(1, model.config.trunk.understanding.hidden_size)
    with torch.no_grad():
        found = model.exact_logits(hidden, [table.sks("maeve")], table)
    torch.testing.assert_close(found, (hidden @ concept.out.T)[0])
