"""The Mixture-of-Transformers decoder: two experts per layer, one shared attention.

Tokens travel as two streams, ``und [B, Tu, Du]`` and ``gen [B, Tg, Dg]``, because the experts may
differ in width and in number of query heads. Only keys and values meet. Nothing here asks
``module.training``: what a pass does follows from its arguments. It knows no images, no text
and no concepts.

Letters: ``B`` rows, ``Tu Tg`` tokens per stream, ``Du Dg`` widths, ``K`` key/value heads, ``d``
head size, ``S`` keys in all: cached ones, then this pass's und, then its gen tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from backbone.attention import attend
from backbone.config import ExpertConfig, TrunkConfig
from backbone.embedding import embedding
from backbone.positions import apply_rope

__all__ = ["Cache", "Geometry", "KeyValue", "LanguageModel", "RMSNorm"]

KeyValue = tuple[Tensor, Tensor]
UND, GEN = "", "_moe_gen"


class Geometry(NamedTuple):
    """Say where the tokens of one pass sit and what they may see.

    Biases are additive, ``None`` meaning "everything". ``und_only_bias`` serves layers without a
    generation expert, whose keys are understanding tokens only. ``order [Tu + Tg]`` puts this
    pass's keys into sequence order for the cache.
    """

    und_rope: tuple[Tensor, Tensor] | None
    gen_rope: tuple[Tensor, Tensor] | None
    und_bias: Tensor | None = None
    gen_bias: Tensor | None = None
    und_only_bias: Tensor | None = None
    order: Tensor | None = None


@dataclass(frozen=True)
class Cache:
    """Hold keys (normed, rotated) and values ``[B, K, S, d]`` per layer, in sequence order.

    A value: appending makes a new cache, so a copy of a context costs nothing. ``length`` counts
    the tokens at layers with both experts, ``und_length`` those at the other layers.
    """

    layers: tuple[KeyValue | None, ...] = ()
    length: int = 0
    und_length: int = 0
    # which cached tokens are generation tokens [length]
    is_gen: tuple[bool, ...] = ()

    def at(self, layer: int) -> KeyValue:
        """Return a layer's keys and values.

        Raises:
            IndexError: if the layer has read nothing.
        """
        kept = self.layers[layer] if self.layers else None
        if kept is None:
            raise IndexError(f"layer {layer} has read nothing")
        return kept


class RMSNorm(nn.Module):
    """Scale by the root mean square, in float32 (§10.1)."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last axis; keep the dtype."""
        wide = x.float()
        normed = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return normed.to(x.dtype) * self.weight


class MLP(nn.Module):
    """Apply the gated feed-forward of one expert."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``down(silu(gate(x)) * up(x))``."""
        out: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return out


class Attention(nn.Module):
    """Hold both experts' projections under the release's names; attend over shared keys."""

    def __init__(self, config: TrunkConfig, generation: ExpertConfig | None) -> None:
        super().__init__()
        self.kv_heads, self.head_dim = config.num_key_value_heads, config.head_dim
        self.normed: set[str] = set()
        self._add_expert(config.understanding, UND, config.rms_norm_eps)
        if generation is not None:
            self._add_expert(generation, GEN, config.rms_norm_eps)

    def _add_expert(self, expert: ExpertConfig, suffix: str, eps: float) -> None:
        width, bias = expert.hidden_size, expert.qkv_bias
        sizes = {"q": expert.num_attention_heads, "k": self.kv_heads, "v": self.kv_heads}
        for name, heads in sizes.items():
            linear = nn.Linear(width, heads * self.head_dim, bias=bias)
            self.add_module(f"{name}_proj{suffix}", linear)
        out = nn.Linear(expert.num_attention_heads * self.head_dim, width, bias=False)
        self.add_module(f"o_proj{suffix}", out)
        if expert.qk_norm:
            self.normed.add(suffix)
            self.add_module(f"q_norm{suffix}", RMSNorm(self.head_dim, eps))
            self.add_module(f"k_norm{suffix}", RMSNorm(self.head_dim, eps))

    def _heads(self, name: str, suffix: str, x: Tensor) -> Tensor:
        out: Tensor = getattr(self, f"{name}_proj{suffix}")(x)
        return out.view(x.shape[0], x.shape[1], -1, self.head_dim).transpose(1, 2)

    def project(
        self, x: Tensor, suffix: str, rope: tuple[Tensor, Tensor], *, wide: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Compute rotated ``q [B, Q, T, d]`` and ``k``, and ``v [B, K, T, d]`` of one expert.

        ``wide`` norms and rotates in float32, as the release does in generation passes (§22).
        """
        q, k, v = (self._heads(name, suffix, x) for name in "qkv")
        dtype = v.dtype
        if wide:
            q, k = q.float(), k.float()
        if suffix in self.normed:
            q, k = getattr(self, f"q_norm{suffix}")(q), getattr(self, f"k_norm{suffix}")(k)
        return apply_rope(q, *rope).to(dtype), apply_rope(k, *rope).to(dtype), v

    def out(self, x: Tensor, suffix: str) -> Tensor:
        """Project attention outputs ``[B, T, Q * d]`` back to an expert's width."""
        result: Tensor = getattr(self, f"o_proj{suffix}")(x)
        return result


class DecoderLayer(nn.Module):
    """Run one layer over both streams."""

    def __init__(self, config: TrunkConfig, index: int) -> None:
        super().__init__()
        eps, und = config.rms_norm_eps, config.understanding
        gen = config.generation if config.has_generation(index) else None
        self.has_generation = gen is not None
        self.self_attn = Attention(config, gen)
        self.input_layernorm = RMSNorm(und.hidden_size, eps)
        self.post_attention_layernorm = RMSNorm(und.hidden_size, eps)
        self.mlp = MLP(und.hidden_size, und.intermediate_size)
        if gen is not None:
            self.input_layernorm_moe_gen = RMSNorm(gen.hidden_size, eps)
            self.post_attention_layernorm_moe_gen = RMSNorm(gen.hidden_size, eps)
            self.mlp_moe_gen = MLP(gen.hidden_size, gen.intermediate_size)

    def forward(
        self,
        und: Tensor | None,
        gen: Tensor | None,
        geometry: Geometry,
        past: KeyValue | None,
        wide: bool = False,
        freeze_und: bool = False,
        keep: bool = False,
    ) -> tuple[Tensor | None, Tensor | None, KeyValue | None]:
        """Return both streams after the layer and, to ``keep``, the keys and values so far."""
        runs_gen = gen if self.has_generation else None
        queries: list[Tensor | None] = []
        keys: list[Tensor] = []
        values: list[Tensor] = []
        for x, suffix, rope in ((und, UND, geometry.und_rope), (runs_gen, GEN, geometry.gen_rope)):
            if x is None or rope is None:
                queries.append(None)
                continue
            normed = getattr(self, f"input_layernorm{suffix}")(x)
            q, k, v = self.self_attn.project(normed, suffix, rope, wide=wide)
            if freeze_und and suffix == UND:
                k, v = k.detach(), v.detach()
            queries.append(q)
            keys.append(k)
            values.append(v)
        if not keys:
            # Only generation tokens, at a layer they pass by.
            return und, gen, past if keep else None
        fresh = (_join(keys), _join(values))
        seen = _after(past, fresh)
        und_bias = geometry.und_bias if self.has_generation else geometry.und_only_bias
        if und is not None and queries[0] is not None:
            und = self._finish(und, attend(queries[0], *seen, und_bias), UND)
            und = und.detach() if freeze_und else und
        if runs_gen is not None and queries[1] is not None:
            gen = self._finish(runs_gen, attend(queries[1], *seen, geometry.gen_bias), GEN)
        return und, gen, self._kept(past, fresh, seen, geometry.order) if keep else None

    def _kept(
        self, past: KeyValue | None, fresh: KeyValue, seen: KeyValue, order: Tensor | None
    ) -> KeyValue:
        """Return the cache after the layer; a mixed pass enters it in sequence order."""
        if order is None or not self.has_generation:
            return seen
        order = order.to(fresh[0].device)
        sorted_pair = (fresh[0].index_select(2, order), fresh[1].index_select(2, order))
        return _after(past, sorted_pair)

    def _finish(self, x: Tensor, attended: Tensor, suffix: str) -> Tensor:
        x = x + self.self_attn.out(attended, suffix)
        normed = getattr(self, f"post_attention_layernorm{suffix}")(x)
        update: Tensor = getattr(self, f"mlp{suffix}")(normed)
        return x + update


def _after(past: KeyValue | None, fresh: KeyValue) -> KeyValue:
    if past is None:
        return fresh
    return _join([past[0], fresh[0]]), _join([past[1], fresh[1]])


def _join(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)


class Decoder(nn.Module):
    """Stack the layers between embedding table and final norms."""

    def __init__(self, config: TrunkConfig) -> None:
        super().__init__()
        und, gen = config.understanding, config.generation
        self.embed_tokens = embedding(config.vocab_size, und.hidden_size)
        self.layers = nn.ModuleList(
            DecoderLayer(config, i) for i in range(config.num_hidden_layers)
        )
        self.norm = RMSNorm(und.hidden_size, config.rms_norm_eps)
        if gen is not None:
            self.norm_moe_gen = RMSNorm(gen.hidden_size, config.rms_norm_eps)

    def forward(
        self,
        und: Tensor | None,
        gen: Tensor | None,
        geometry: Geometry,
        cache: Cache | None = None,
        *,
        keep: bool = False,
        wide: bool = False,
        freeze_und: bool = False,
        recompute: bool = False,
    ) -> tuple[Tensor | None, Tensor | None, Cache]:
        """Run all layers over one pass.

        ``keep`` appends the pass to the cache that is returned (prefill, decode); without it the
        given cache comes back (flow query, training). ``recompute`` trades time for memory in
        training. ``freeze_und`` detaches every understanding activation (§19).
        """
        cache = cache or Cache()
        if freeze_und and und is not None:
            und = und.detach()
        kept: list[KeyValue | None] = []
        for index, layer in enumerate(self.layers):
            past = cache.layers[index] if cache.layers else None
            args = (und, gen, geometry, past, wide, freeze_und, keep)
            if recompute:
                und, gen, seen = checkpoint(layer, *args, use_reentrant=False)
            else:
                und, gen, seen = layer(*args)
            if keep:
                kept.append(seen)
        return *self._final(und, gen, freeze_und), _grown(cache, kept, und, gen, geometry.order)

    def _final(
        self, und: Tensor | None, gen: Tensor | None, freeze_und: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        und = None if und is None else self.norm(und)
        if freeze_und and und is not None:
            und = und.detach()
        return und, None if gen is None else self.norm_moe_gen(gen)


def _grown(
    cache: Cache,
    kept: list[KeyValue | None],
    und: Tensor | None,
    gen: Tensor | None,
    order: Tensor | None,
) -> Cache:
    if not kept:
        return cache
    new_und = 0 if und is None else und.shape[1]
    new_gen = 0 if gen is None else gen.shape[1]
    kinds = [False] * new_und + [True] * new_gen
    if order is not None:
        kinds = [kinds[place] for place in order.tolist()]
    return Cache(
        layers=tuple(kept),
        length=cache.length + new_und + new_gen,
        und_length=cache.und_length + new_und,
        is_gen=cache.is_gen + tuple(kinds),
    )


class LanguageModel(nn.Module):
    """Add the vocabulary head; with tied embeddings there is none of its own."""

    def __init__(self, config: TrunkConfig) -> None:
        super().__init__()
        self.model = Decoder(config)
        if not config.tie_word_embeddings:
            width = config.understanding.hidden_size
            self.lm_head = nn.Linear(width, config.vocab_size, bias=False)
        self.tied = config.tie_word_embeddings

    def logits(self, hidden: Tensor) -> Tensor:
        """Project normed understanding states ``[..., Du]`` onto the vocabulary."""
        if self.tied:
            return F.linear(hidden, self.model.embed_tokens.weight)
        out: Tensor = self.lm_head(hidden)
        return out

    def words_like(self, row: Tensor) -> list[int]:
        """List the vocabulary ids whose head row is exactly ``row [Du]``; none if quantised."""
        weight = self.model.embed_tokens.weight if self.tied else self.lm_head.weight
        if not weight.is_floating_point() or weight.dim() != 2:
            return []
        row = row.detach().to(weight)
        # one number leaves few, and no copy of the vocabulary is made
        near = (weight[:, 0] == row[0]).nonzero()[:, 0]
        found: list[int] = near[(weight[near] == row).all(-1)].tolist()
        return found

    def output_rows(self, ids: Sequence[int]) -> Tensor | None:
        """Return the head's rows ``[n, Du]`` of vocabulary ids; None if they are quantised."""
        weight = self.model.embed_tokens.weight if self.tied else self.lm_head.weight
        return weight[list(ids)] if weight.is_floating_point() and weight.dim() == 2 else None
