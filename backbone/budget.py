"""What a model holds and how much memory it will take, worked out without its weights.

Parameters are counted on a model without memory, both position tables included. Memory is an
estimate, made of three parts:

- weights: the trunk's linear layers in the precision asked, the rest in bfloat16 (float32 when
  that is asked), the autoencoder in float32;
- cache: keys and values of one context at every layer, and of two more that guidance needs;
- activations: the largest of what lives at once in one decoder layer over that context, or in
  the autoencoder at full resolution: four maps of its narrowest width in float32.

The allocator's waste and the torch runtime (0.3-0.5 GB) come on top.
"""

from dataclasses import dataclass

import torch
from torch import nn

from backbone.blank import blank_model
from backbone.config import BackboneConfig, FluxConfig, SiglipConfig
from backbone.model import UnifiedModel
from backbone.quantize import trunk_linears

__all__ = [
    "PRECISIONS",
    "Budget",
    "Memory",
    "count_parts",
    "estimate",
    "make_budget",
    "working_bytes",
]

PRECISIONS = ("float32", "bfloat16", "int8", "nf4")
# bytes of one weight of the trunk's linear layers; NF4 keeps a float32 scale per 64 weights
_LINEAR_BYTES = {"float32": 4.0, "bfloat16": 2.0, "int8": 1.0, "nf4": 0.5 + 4 / 64}
# guidance runs beside the context itself: one without text, one without images (§17)
_CONTEXTS = 3
# prompt and answer
_TEXT_TOKENS = 512


@dataclass(frozen=True)
class Memory:
    """Hold an estimate for one precision, in bytes."""

    precision: str
    weights: int
    cache: int
    activations: int

    @property
    def peak(self) -> int:
        """Return the sum, which is what has to be free."""
        return self.weights + self.cache + self.activations


@dataclass(frozen=True)
class Budget:
    """Hold a model's parameters by part and its memory by precision."""

    # numbers of parameters and table entries, by part
    parts: dict[str, int]
    # tokens of the context that the memory is for
    context: int
    memory: tuple[Memory, ...]

    @property
    def parameters(self) -> int:
        """Count everything but the autoencoder, which is a separate file."""
        return sum(count for part, count in self.parts.items() if part != "autoencoder")


def make_budget(config: BackboneConfig, context: int | None = None) -> Budget:
    """Count a model's parameters and estimate its memory.

    ``context`` is in tokens; by default an edit of one picture of the default size.
    """
    model = blank_model(config)
    tokens = context or _edit_tokens(config)
    memory = tuple(estimate(model, precision, tokens) for precision in PRECISIONS)
    return Budget(count_parts(model), tokens, memory)


def count_parts(model: UnifiedModel) -> dict[str, int]:
    """Count the entries of a model's tensors by part; parts it lacks are absent.

    The trunk's are ``understanding``, ``generation`` and ``shared``: both embedding matrices.
    """
    counts: dict[str, int] = {}
    for name, tensor in model.state_dict().items():
        part = _part_of(name)
        counts[part] = counts.get(part, 0) + tensor.numel()
    return counts


def estimate(model: UnifiedModel, precision: str, context: int) -> Memory:
    """Estimate the memory of one precision for a context of so many tokens."""
    width = 4 if precision == "float32" else 2
    return Memory(
        precision=precision,
        weights=_weight_bytes(model, precision, width),
        cache=_cache_bytes(model.config, context, width),
        activations=max(_layer_bytes(model.config, context, width), _picture_bytes(model.config)),
    )


def working_bytes(model: UnifiedModel) -> int:
    """Estimate what an edit of one picture takes beside the weights: cache and activations."""
    precision = "float32" if model.dtype == torch.float32 else "bfloat16"
    needed = estimate(model, precision, _edit_tokens(model.config))
    return needed.cache + needed.activations


def _part_of(name: str) -> str:
    first, _, rest = name.partition(".")
    if first == "language_model":
        if "embed_tokens" in rest or "lm_head" in rest:
            return "shared"
        return "generation" if "_moe_gen" in rest else "understanding"
    named = {"vit_model": "vision", "connector": "connector", "autoencoder": "autoencoder"}
    return named.get(first, "in, out, time and tables")


def _edit_tokens(config: BackboneConfig) -> int:
    """Count the tokens of one picture, as latents and as seen, and a text."""
    height, width = config.default_image_size
    tokens = _TEXT_TOKENS
    if config.autoencoder is not None:
        tokens += (height // config.latent_downsample) * (width // config.latent_downsample)
    if isinstance(config.vision, SiglipConfig):
        side = min(max(height, width), config.vit_transform.max_image_size)
        tokens += (side // config.vision.patch_size) ** 2
    return tokens


def _weight_bytes(model: UnifiedModel, precision: str, width: int) -> int:
    linears = {f"{name}.weight" for name in trunk_linears(model)}
    total = 0.0
    for name, tensor in model.state_dict().items():
        if name.startswith("autoencoder."):
            size = 4.0
        else:
            size = _LINEAR_BYTES[precision] if name in linears else width
        total += tensor.numel() * size
    if precision == "int8":
        # one float32 scale per row
        total += sum(4 * _rows(model.get_submodule(name)) for name in trunk_linears(model))
    return int(total)


def _rows(linear: nn.Module) -> int:
    return linear.out_features if isinstance(linear, nn.Linear) else 0


def _cache_bytes(config: BackboneConfig, context: int, width: int) -> int:
    trunk = config.trunk
    per_token = 2 * trunk.num_hidden_layers * trunk.num_key_value_heads * trunk.head_dim * width
    contexts = 1 if config.autoencoder is None else _CONTEXTS
    return contexts * context * per_token


def _layer_bytes(config: BackboneConfig, context: int, width: int) -> int:
    """Count the residual, the two gated halves and their product, and one float32 copy."""
    experts = (config.trunk.understanding, config.trunk.generation)
    widest = max((e.hidden_size, e.intermediate_size) for e in experts if e is not None)
    return context * ((2 * widest[0] + 3 * widest[1]) * width + 4 * widest[0])


def _picture_bytes(config: BackboneConfig) -> int:
    if not isinstance(config.autoencoder, FluxConfig):
        return 0
    # The first block of the top level reads the width of the level below: at its peak that input
    # lives with its normed and activated copies, the block's output and the shortcut's.
    height, width = config.default_image_size
    multiples = (*config.autoencoder.ch_mult, config.autoencoder.ch_mult[-1])
    channels = config.autoencoder.ch * (3 * multiples[1] + 2 * multiples[0])
    return 4 * height * width * channels
