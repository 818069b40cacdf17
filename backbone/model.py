"""The unified multimodal model: every weight under the release's key names, and its passes.

`UnifiedModel` works on ids, pixels and latents. It knows no tokenizer, no users and no files;
text in words is `backbone.face`'s business.

Letters: ``B`` rows, ``Tu Tg`` slots of the two streams, ``Du Dg`` widths, ``P`` numbers of a
latent token, ``h w`` grid of latent tokens.
"""

from collections.abc import Sequence
from math import isqrt

import torch
from torch import Tensor, nn

from backbone.attention import bias_from
from backbone.autoencoder import Autoencoder, FluxAutoencoder, PixelAutoencoder
from backbone.concepts import ConceptTable
from backbone.config import BackboneConfig, EfficientNetConfig, FluxConfig, SiglipConfig
from backbone.decoder import Cache, Geometry, LanguageModel
from backbone.latents import TimestepEmbedder
from backbone.packing import Item, LatentItem, Packed, TextItem, Tools
from backbone.positions import (
    flattened_ids,
    grid_tables,
    interpolated_ids,
    rope_tables,
    sincos_table,
)
from backbone.visibility import TokenMap, allowed, join
from backbone.vision import Connector, SiglipEncoder, VisionEncoder
from backbone.whitening import WhitenedConnector
from omni_errors import InputError

__all__ = ["UnifiedModel"]

# Below this time a predicted picture is final: dividing by less would only amplify errors.
_SMALLEST_TIME = 0.05


class _PositionTable(nn.Module):
    """Hold a fixed table under the release's name ``pos_embed``."""

    pos_embed: Tensor

    def __init__(self, side: int, width: int) -> None:
        super().__init__()
        self.side, self.width = side, width
        self.register_buffer("pos_embed", torch.empty(side * side, width))
        self.fill()

    def fill(self) -> None:
        """Compute the table where the module lies, or nothing on the meta device."""
        if not self.pos_embed.is_meta:
            self.pos_embed.copy_(sincos_table(self.side, self.width))


def _vision(config: BackboneConfig) -> VisionEncoder | None:
    if isinstance(config.vision, SiglipConfig):
        side = config.vit_max_num_patch_per_side
        return SiglipEncoder(config.vision, side=side, interpolate=config.interpolate_pos)
    if isinstance(config.vision, EfficientNetConfig):
        from backbone.efficientnet import EfficientNetEncoder

        return EfficientNetEncoder(config.vision)
    return None


def _connector(config: BackboneConfig, inputs: int) -> Connector | WhitenedConnector:
    width = config.trunk.understanding.hidden_size
    if config.connector == "whitened":
        return WhitenedConnector(inputs, width, config.connector_rank, config.connector_glance)
    return Connector(inputs, width, config.connector_act)


def _autoencoder(config: BackboneConfig) -> Autoencoder | None:
    if config.autoencoder is None:
        return None
    if isinstance(config.autoencoder, FluxConfig):
        return FluxAutoencoder(config.autoencoder)
    return PixelAutoencoder(config.autoencoder)


class UnifiedModel(nn.Module):
    """Hold the trunk, the encoders and the ways in and out of it."""

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.config = config
        self.language_model = LanguageModel(config.trunk)
        self._build_understanding(config)
        self._build_generation(config)

    def _build_understanding(self, config: BackboneConfig) -> None:
        self.vit_model = _vision(config)
        if self.vit_model is None:
            return
        width = config.trunk.understanding.hidden_size
        self.connector = _connector(config, self.vit_model.width)
        self.vit_pos_embed = _PositionTable(config.vit_max_num_patch_per_side, width)

    def _build_generation(self, config: BackboneConfig) -> None:
        self.autoencoder = _autoencoder(config)
        if config.trunk.generation is None:
            return
        width = config.gen_width
        self.time_embedder = TimestepEmbedder(width)
        self.vae2llm = nn.Linear(config.patch_latent_dim, width)
        self.llm2vae = nn.Linear(width, config.patch_latent_dim)
        self.latent_pos_embed = _PositionTable(config.max_latent_size, width)

    @property
    def device(self) -> torch.device:
        """Tell where embeddings lie; everything enters there."""
        return self.language_model.model.embed_tokens.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Tell the dtype activations have."""
        return self.language_model.model.embed_tokens.weight.dtype

    def tools(self, table: ConceptTable) -> Tools:
        """Return what laying out a pass has to know of this model."""
        config = self.config
        return Tools(
            table=table,
            special=config.special_tokens,
            latent_patch=config.latent_patch_size,
            count_tokens=self.count_tokens,
            latent_markers=config.latent_markers,
        )

    def count_tokens(self, pixels: Tensor) -> int:
        """Count the understanding tokens of an image ``[3, H, W]``, or of its features."""
        if self.vit_model is None:
            raise InputError(f"{self.config.name} has no vision encoder, so it sees no images.")
        if pixels.dim() == 2:
            return len(pixels)
        h, w = self.vit_model.grid(*pixels.shape[1:])
        if not h * w or any(side % self.vit_model.patch for side in pixels.shape[1:]):
            raise InputError(
                f"An image of {tuple(pixels.shape[1:])} pixels cannot be seen; its sides must be "
                f"multiples of {self.vit_model.patch}."
            )
        return h * w

    def item_tokens(self, item: Item) -> int:
        """Count the tokens of an item, its two markers included."""
        if isinstance(item, TextItem):
            return len(item.ids) + 2
        if isinstance(item, LatentItem):
            height, width = item.latent.shape[1:]
            return int(height * width) // self.config.latent_patch_size**2 + 2
        return self.count_tokens(item.pixels) + 2

    # ways in

    def encode_images(self, images: Sequence[Tensor]) -> list[Tensor]:
        """Encode images ``[3, H, W]`` or their features ``[n, Dv]`` to ``[n, Du]`` (§7).

        Images of one size run as a batch; none sees another.
        """
        by_size: dict[tuple[int, ...], list[int]] = {}
        for place, image in enumerate(images):
            by_size.setdefault(tuple(image.shape), []).append(place)
        tokens: dict[int, Tensor] = {}
        for places in by_size.values():
            batch = torch.stack([images[i] for i in places]).to(self.device, self.dtype)
            tokens.update(zip(places, self._encode_batch(batch), strict=True))
        return [tokens[i] for i in range(len(images))]

    def _encode_batch(self, batch: Tensor) -> Tensor:
        if self.vit_model is None:
            raise InputError(f"{self.config.name} has no vision encoder, so it sees no images.")
        known = batch.dim() == 3
        grid = (isqrt(batch.shape[1]),) * 2 if known else self.vit_model.grid(*batch.shape[2:])
        features = batch if known else self.vit_model(batch)
        ids = self._table_ids(*grid, self.vit_pos_embed.side)
        places = self.vit_pos_embed.pos_embed[ids]
        out: Tensor = self.connector(features) + self.config.vit_pos_scale * places
        return out

    def _table_ids(self, h: int, w: int, side: int) -> Tensor:
        number = interpolated_ids if self.config.interpolate_pos else flattened_ids
        if max(h, w) > side:
            raise InputError(f"An image of {h}×{w} tokens exceeds the table of {side}×{side}.")
        return number(h, w, side).to(self.device)

    def embed_latents(self, tokens: Tensor, t: Tensor, ids: Tensor) -> Tensor:
        """Embed latent tokens ``[..., T, P]`` at times ``[..., T]`` (§9) as ``[..., T, Dg]``."""
        places = self.latent_pos_embed.pos_embed[ids]
        out: Tensor = self.vae2llm(tokens.to(self.dtype)) + self.time_embedder(t) + places
        return out

    def latent_ids(self, h: int, w: int) -> Tensor:
        """Number a grid of latent tokens in their position table."""
        return self._table_ids(h, w, self.latent_pos_embed.side)

    def embed_ids(self, ids: Sequence[int], table: ConceptTable) -> Tensor:
        """Embed understanding ids ``[n, Du]``: vocabulary and concept rows mixed."""
        if not any(i >= table.vocab_size for i in ids):
            return self._embed_words(ids)
        rows = [i for i in ids if i >= table.vocab_size]
        words = self._embed_words([min(i, table.vocab_size - 1) for i in ids])
        at = torch.tensor([n for n, i in enumerate(ids) if i >= table.vocab_size])
        vectors = table.vectors(rows).to(words)
        return words.index_copy(0, at.to(self.device), vectors)

    def _embed_words(self, ids: Sequence[int]) -> Tensor:
        tokens = torch.tensor(ids, dtype=torch.long, device=self.device)
        out: Tensor = self.language_model.model.embed_tokens(tokens)
        return out

    def embed(
        self, packed: Packed, table: ConceptTable, latents: Tensor | None, t: Tensor | None
    ) -> tuple[Tensor | None, Tensor | None]:
        """Assemble both streams of a laid-out pass.

        ``latents [N, P]`` are its latent tokens, already mixed with noise, ``t [N]`` their times.
        """
        und_parts = [self.embed_ids(packed.und_ids, table)] if packed.und_ids else []
        und_parts += self.encode_images(packed.images) if packed.images else []
        gen_parts = [table.vectors(packed.gen_ids)] if packed.gen_ids else []
        if latents is not None and t is not None:
            ids = torch.cat([self.latent_ids(h, w) for h, w in packed.latent_grids])
            gen_parts.append(self.embed_latents(latents.to(self.device), t.to(self.device), ids))
        return (
            self._gather(und_parts, packed.und_source),
            self._gather(gen_parts, packed.gen_source),
        )

    def _gather(self, parts: list[Tensor], source: Tensor) -> Tensor | None:
        if not parts:
            return None
        flat = torch.cat([part.to(self.device, self.dtype) for part in parts])
        return flat[source.to(self.device)]

    # passes

    def geometry(self, packed: Packed, cache: Cache | None = None) -> Geometry:
        """Turn token maps into rotations and biases for a pass after a cache."""
        cache = cache or Cache()
        und, gen = packed.und_map.to(self.device), packed.gen_map.to(self.device)
        both = join([und, gen])
        trunk = self.config.trunk
        some_without = not all(trunk.has_generation(i) for i in range(trunk.num_hidden_layers))
        return Geometry(
            und_rope=self._rope(und),
            gen_rope=self._rope(gen),
            und_bias=self._und_bias(und, gen, cache),
            gen_bias=self._bias(allowed(gen, both), [True] * cache.length),
            und_only_bias=self._bias(allowed(und, und), [True] * cache.und_length)
            if some_without
            else None,
            order=packed.order,
        )

    def step_geometry(self, rope: int, cache: Cache) -> Geometry:
        """Place one more understanding token at a rotary position, after everything cached."""
        trunk = self.config.trunk
        place = torch.tensor([[rope]], device=self.device)
        bias = None
        if not self.config.und_sees_gen:
            itself = torch.ones(1, 1, 1, dtype=torch.bool)
            bias = self._bias(itself, [not is_gen for is_gen in cache.is_gen])
        tables = rope_tables(place, trunk.head_dim, trunk.rope_theta)
        return Geometry(und_rope=tables, gen_rope=None, und_bias=bias)

    def _rope(self, tokens: TokenMap) -> tuple[Tensor, Tensor] | None:
        if tokens.tokens == 0:
            return None
        trunk, theta = self.config.trunk, self.config.grid_theta
        cos, sin = rope_tables(tokens.rope, trunk.head_dim, trunk.rope_theta)
        if theta is None:
            return cos, sin
        on_grid = (tokens.row >= 0)[..., None]
        grid_cos, grid_sin = grid_tables(tokens.row, tokens.column, trunk.head_dim, theta)
        return torch.where(on_grid, grid_cos, cos), torch.where(on_grid, grid_sin, sin)

    def _und_bias(self, und: TokenMap, gen: TokenMap, cache: Cache) -> Tensor | None:
        mask = allowed(und, join([und, gen]))
        if self.config.und_sees_gen:
            return self._bias(mask, [True] * cache.length)
        mask[:, :, und.tokens :] = False
        return self._bias(mask, [not is_gen for is_gen in cache.is_gen])

    def _bias(self, mask: Tensor, cached: list[bool]) -> Tensor | None:
        """Put what may be seen of the cache before the mask of this pass ``[B, T, S]``."""
        if bool(mask.all()) and all(cached):
            return None
        seen = torch.tensor(cached, dtype=torch.bool, device=self.device)
        seen = seen.expand(*mask.shape[:2], len(cached))
        return bias_from(torch.cat([seen, mask.to(self.device)], dim=2), self.dtype)

    def run(
        self,
        und: Tensor | None,
        gen: Tensor | None,
        geometry: Geometry,
        cache: Cache | None = None,
        *,
        keep: bool = False,
        freeze_und: bool = False,
        recompute: bool = False,
    ) -> tuple[Tensor | None, Tensor | None, Cache]:
        """Run the trunk over one pass; see `Decoder.forward`."""
        if gen is not None and self.config.trunk.generation is None:
            raise InputError(
                f"{self.config.name} was loaded without its generation expert, so generation "
                "tokens cannot run.",
                hint="Load the whole model, or hide the generation rows in understanding.",
            )
        wide = gen is not None and self.config.generation_qk_float32
        out: tuple[Tensor | None, Tensor | None, Cache] = self.language_model.model(
            und,
            gen,
            geometry,
            cache,
            keep=keep,
            wide=wide,
            freeze_und=freeze_und,
            recompute=recompute,
        )
        return out

    # ways out

    def velocity(self, hidden: Tensor, x: Tensor, t: Tensor) -> Tensor:
        """Read velocities ``[..., P]`` off normed generation states ``[..., Dg]``, in float32.

        ``x [..., P]`` are the noisy tokens, ``t [...]`` their times. A head that predicts the
        data gives ``(x - data) / t``, since ``x = (1 - t) data + t noise``.
        """
        out: Tensor = self.llm2vae(hidden).float()
        if self.config.prediction == "velocity":
            return out
        return (x.to(out) - out) / t.to(out)[..., None].clamp_min(_SMALLEST_TIME)

    def logits(self, hidden: Tensor, table: ConceptTable) -> Tensor:
        """Score the vocabulary, then the name of each concept in play: ``[..., V + C]``."""
        words = self.language_model.logits(hidden)
        if not table.concepts:
            return words
        names = hidden @ table.out_rows().to(hidden).T
        return torch.cat([words, names], dim=-1)

    def exact_logits(self, hidden: Tensor, tokens: Sequence[int], table: ConceptTable) -> Tensor:
        """Score one token after each state ``[n, Du]`` in float32: ``[n]``.

        Beside 16 or 32, bfloat16 rounds to quarters: two answers would often score the same.
        """
        plain = [token if token < table.vocab_size else 0 for token in tokens]
        rows = self.language_model.output_rows(plain)
        if rows is None:
            columns = [table.column(token) for token in tokens]
            return self.logits(hidden, table).float()[range(len(columns)), columns]
        rows = rows.float()
        for place, token in enumerate(tokens):
            if token >= table.vocab_size:
                name = table.column(token) - table.vocab_size
                rows[place] = table.out_rows()[name].to(rows)
        return (hidden.float() * rows).sum(-1)

    def fill_tables(self) -> None:
        """Recompute the fixed position tables, after loading weights without them."""
        for module in self.modules():
            if isinstance(module, _PositionTable):
                module.fill()
