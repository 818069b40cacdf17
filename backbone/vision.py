"""Understanding encoders: images in, tokens out, and the connector to the trunk's width.

An encoder is a module that takes same-sized images ``[n, 3, H, W]`` in [-1, 1] to tokens
``[n, h * w, Dv]`` and tells the grid ``(h, w)`` of a size. Which one a model has is named in its
config. Nothing here knows the trunk.
"""

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from backbone.config import SiglipConfig
from backbone.embedding import embedding
from backbone.positions import flattened_ids, interpolated_ids
from omni_errors import InputError

__all__ = ["Connector", "SiglipEncoder", "VisionEncoder", "patchify"]

_GELU = {"gelu_pytorch_tanh": "tanh", "gelu": "none"}


def patchify(images: Tensor, patch: int) -> Tensor:
    """Cut ``[n, C, H, W]`` into tokens ``[n, h * w, p * p * C]``, order (dy, dx, channel) (§6)."""
    n, channels, height, width = images.shape
    h, w = height // patch, width // patch
    blocks = images.view(n, channels, h, patch, w, patch).permute(0, 2, 4, 3, 5, 1)
    return blocks.reshape(n, h * w, patch * patch * channels)


class VisionEncoder(nn.Module):
    """Say what every understanding encoder offers."""

    # width of its tokens, pixels of a token's side
    width: int
    patch: int

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Count the tokens down and across an image of ``height × width`` pixels."""
        raise TypeError(f"{type(self).__name__} tells no grid")

    def classify(self, images: Tensor) -> Tensor | None:
        """Return probabilities ``[n, 1000]`` of ImageNet's classes, None if it knows none."""
        return None

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """Encode ``[n, 3, H, W]`` to ``[n, h * w, width]``."""
        out: Tensor = super().__call__(*args, **kwargs)
        return out


class _SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        projections = (self.q_proj, self.k_proj, self.v_proj)
        q, k, v = (p(x).view(n, tokens, self.heads, -1).transpose(1, 2) for p in projections)
        out = F.scaled_dot_product_attention(q, k, v)
        result: Tensor = self.out_proj(out.transpose(1, 2).reshape(n, tokens, width))
        return result


class _FeedForward(nn.Module):
    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(F.gelu(self.fc1(x), approximate="tanh"))
        return out


class _EncoderLayer(nn.Module):
    def __init__(self, config: SiglipConfig) -> None:
        super().__init__()
        width, eps = config.hidden_size, config.layer_norm_eps
        self.layer_norm1 = nn.LayerNorm(width, eps)
        self.self_attn = _SelfAttention(width, config.num_attention_heads)
        self.layer_norm2 = nn.LayerNorm(width, eps)
        self.mlp = _FeedForward(width, config.intermediate_size)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        out: Tensor = x + self.mlp(self.layer_norm2(x))
        return out


class _Embeddings(nn.Module):
    def __init__(self, config: SiglipConfig) -> None:
        super().__init__()
        inputs = config.patch_size**2 * config.num_channels
        self.patch_embedding = nn.Linear(inputs, config.hidden_size)
        self.position_embedding = embedding(config.positions_per_side**2, config.hidden_size)


class _Layers(nn.Module):
    def __init__(self, config: SiglipConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_EncoderLayer(config) for _ in range(config.num_hidden_layers))


class _VisionTransformer(nn.Module):
    def __init__(self, config: SiglipConfig) -> None:
        super().__init__()
        self.embeddings = _Embeddings(config)
        self.encoder = _Layers(config)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def forward(self, patches: Tensor, ids: Tensor) -> Tensor:
        x = self.embeddings.patch_embedding(patches) + self.embeddings.position_embedding(ids)
        for layer in self.encoder.layers:
            x = layer(x)
        out: Tensor = self.post_layernorm(x)
        return out


class SiglipEncoder(VisionEncoder):
    """Encode images of any size with SigLIP NaViT (§7)."""

    def __init__(
        self, config: SiglipConfig, *, side: int | None = None, interpolate: bool = False
    ) -> None:
        """``side`` numbers its positions; the model's other table is numbered alike (§5)."""
        super().__init__()
        self.patch, self.side = config.patch_size, side or config.positions_per_side
        self.width = config.hidden_size
        self.number: Callable[[int, int, int], Tensor] = (
            interpolated_ids if interpolate else flattened_ids
        )
        self.vision_model = _VisionTransformer(config)

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Count the patches down and across."""
        return height // self.patch, width // self.patch

    def forward(self, images: Tensor) -> Tensor:
        """Encode images that all have one size: attention stays inside each."""
        h, w = self.grid(*images.shape[2:])
        ids = self.number(h, w, self.side).to(images.device)
        known = self.vision_model.embeddings.position_embedding.num_embeddings
        if (h - 1) * self.side + w > known:
            raise InputError(
                f"An image of {h}×{w} patches exceeds the encoder's {known} positions."
            )
        out: Tensor = self.vision_model(patchify(images, self.patch), ids)
        return out


class Connector(nn.Module):
    """Map encoder tokens to the trunk's width with two layers."""

    def __init__(self, inputs: int, width: int, activation: str) -> None:
        super().__init__()
        self.fc1 = nn.Linear(inputs, width)
        self.fc2 = nn.Linear(width, width)
        if activation not in _GELU:
            raise InputError(f"connector_act is {activation!r}; allowed are {' and '.join(_GELU)}.")
        self.approximate = _GELU[activation]

    def forward(self, x: Tensor) -> Tensor:
        """Return ``fc2(gelu(fc1(x)))``."""
        out: Tensor = self.fc2(F.gelu(self.fc1(x), approximate=self.approximate))
        return out
