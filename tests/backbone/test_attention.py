"""Folded attention is the library's attention, faster."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from backbone import attention
from backbone.attention import attend, bias_from
from tests.backbone.small import noise


def shapes(heads: int, groups: int) -> tuple[Tensor, Tensor, Tensor]:
    return noise(2, heads, 5, 8), noise(2, groups, 7, 8, seed=1), noise(2, groups, 7, 8, seed=2)


@pytest.mark.parametrize(("heads", "groups"), [(4, 4), (4, 2), (9, 3), (3, 3), (6, 1)])
@pytest.mark.parametrize("masked", [False, True])
def test_folding_gives_the_librarys_numbers(heads: int, groups: int, masked: bool) -> None:
    q, k, v = shapes(heads, groups)
    allowed = noise(2, 5, 7, seed=4) > -0.5 if masked else None
    mask = None if allowed is None else allowed[:, None]
    wanted = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=True)
    bias = None if allowed is None else bias_from(allowed, torch.float32)
    ours = attend(q, k, v, bias).view(2, 5, heads, 8).transpose(1, 2)
    torch.testing.assert_close(ours, wanted, atol=1e-5, rtol=0)


def test_large_passes_are_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v = shapes(4, 2)
    bias = bias_from(noise(2, 5, 7) > 0, torch.float32)
    folded = attend(q, k, v, bias)
    monkeypatch.setattr(attention, "_FOLD_LIMIT", 0)
    torch.testing.assert_close(attend(q, k, v, bias), folded, atol=1e-5, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_query_that_may_see_nothing_stays_finite(dtype: torch.dtype) -> None:
    q, k, v = (x.to(dtype) for x in shapes(4, 2))
    bias = bias_from(torch.zeros(2, 5, 7, dtype=torch.bool), dtype)
    assert attend(q, k, v, bias).isfinite().all()


def test_a_key_that_is_hidden_gets_no_gradient() -> None:
    q, k, v = shapes(4, 2)
    k.requires_grad_()
    allowed = torch.ones(2, 5, 7, dtype=torch.bool)
    allowed[:, :, 3] = False
    attend(q, k, v, bias_from(allowed, torch.float32)).sum().backward()
    assert k.grad is not None
    assert not k.grad[:, :, 3].any()
    assert k.grad[:, :, 2].any()
