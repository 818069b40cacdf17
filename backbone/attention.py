"""Attention over shared keys, folded for few key/value heads.

Letters: ``B`` batch, ``Q`` query heads, ``K`` key/value heads, ``T`` queries, ``S`` keys,
``d`` head size. Query head ``j`` reads key/value head ``j // (Q / K)``.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["attend", "bias_from"]

# Above this many scores two plain matmuls would need too much memory: let the library tile.
_FOLD_LIMIT = 1 << 26


def bias_from(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    """Turn a boolean mask ``[B, T, S]`` into an additive one.

    A row that may see nothing (padding) gets the same finite value everywhere, so that softmax
    stays finite there.
    """
    bias = torch.zeros(allowed.shape, dtype=dtype, device=allowed.device)
    return bias.masked_fill_(~allowed, torch.finfo(dtype).min)


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """Attend ``q [B, Q, T, d]`` to ``k, v [B, K, S, d]``; return ``[B, T, Q * d]``.

    ``bias [B, T, S]`` is added to the scores; ``None`` lets every query see every key.
    """
    batch, heads, queries, size = q.shape
    scores = batch * heads * queries * k.shape[2]
    if q.device.type == "cpu" and scores <= _FOLD_LIMIT:
        out = _folded(q, k, v, bias)
    else:
        out = _tiled(q, k, v, bias)
    return out.transpose(1, 2).reshape(batch, queries, heads * size)


def _tiled(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    if bias is None:
        return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    # No fused kernel has both grouped heads and a mask; repeated keys cost less than all scores.
    fold = q.shape[1] // k.shape[1]
    k, v = (x.repeat_interleave(fold, dim=1) for x in (k, v))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias[:, None])


def _folded(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    # The query heads of one group become extra queries of their key/value head: two batched
    # matmuls, no repeated keys. On CPU that beats the fused kernel several times over.
    batch, heads, queries, size = q.shape
    groups, keys = k.shape[1], k.shape[2]
    fold = heads // groups
    q = (q * (1 / math.sqrt(size))).reshape(batch * groups, fold * queries, size)
    scores = torch.bmm(q, k.reshape(batch * groups, keys, size).transpose(1, 2))
    if bias is not None:
        scores = scores.view(batch, groups * fold, queries, keys) + bias[:, None]
        scores = scores.view(batch * groups, fold * queries, keys)
    weights = scores.softmax(dim=-1)
    out = torch.bmm(weights, v.reshape(batch * groups, keys, size))
    return out.view(batch, heads, queries, size)
