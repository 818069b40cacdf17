"""Sizes and options of a backbone, as values.

One architecture, any size: what differs between presets is data in these dataclasses, never a
branch in the model. The names follow the release's own JSON files where those have a name.
This module imports no torch; try it with ``python -c "from backbone.config import preset;
print(preset('tiny'))"``.
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from importlib.resources import files
from typing import Any, Self, TypeVar, get_args, get_origin

from omni_errors import InputError, NotFoundError

__all__ = [
    "BackboneConfig",
    "EfficientNetConfig",
    "ExpertConfig",
    "FluxConfig",
    "ImageTransform",
    "PixelConfig",
    "SiglipConfig",
    "SpecialTokens",
    "TrunkConfig",
    "build",
    "from_dict",
    "preset",
    "preset_names",
    "to_dict",
]

T = TypeVar("T")


@dataclass(frozen=True)
class ExpertConfig:
    """Size one expert of the trunk: its width may differ from its twin's."""

    hidden_size: int
    intermediate_size: int
    num_attention_heads: int
    qk_norm: bool = True
    qkv_bias: bool = True

    def __post_init__(self) -> None:
        _positive(self)


@dataclass(frozen=True)
class TrunkConfig:
    """Size the decoder: what its experts share, and the experts themselves."""

    vocab_size: int
    num_hidden_layers: int
    num_key_value_heads: int
    head_dim: int
    understanding: ExpertConfig
    # None: an understanding-only model
    generation: ExpertConfig | None
    # layers that carry a generation expert; None: all of them
    generation_layers: tuple[int, ...] | None = None
    rms_norm_eps: float = 1e-6
    rope_theta: float = 1_000_000.0
    tie_word_embeddings: bool = False

    def __post_init__(self) -> None:
        _positive(self, "generation_layers")
        for expert in filter(None, (self.understanding, self.generation)):
            if expert.num_attention_heads % self.num_key_value_heads:
                raise InputError(
                    f"{expert.num_attention_heads} attention heads cannot share "
                    f"{self.num_key_value_heads} key/value heads evenly.",
                    hint="Make the first a multiple of the second.",
                )
        if self.head_dim % 2:
            raise InputError(f"head_dim is {self.head_dim}; rotary positions need an even number.")

    def has_generation(self, layer: int) -> bool:
        """Tell whether a layer carries a generation expert."""
        if self.generation is None:
            return False
        return self.generation_layers is None or layer in self.generation_layers


@dataclass(frozen=True)
class SiglipConfig:
    """Size the SigLIP NaViT encoder; ``num_hidden_layers`` counts the real layers."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    image_size: int
    patch_size: int = 14
    num_channels: int = 3
    layer_norm_eps: float = 1e-6
    kind: str = "siglip"

    def __post_init__(self) -> None:
        _positive(self)
        _divides(self.num_attention_heads, self.hidden_size, "hidden_size of the vision encoder")

    @property
    def positions_per_side(self) -> int:
        """Count the patches of the longest side its own position table covers."""
        return self.image_size // self.patch_size


@dataclass(frozen=True)
class EfficientNetConfig:
    """Name EfficientNet-Lite0 features as the understanding encoder."""

    # width of a token: the channels of the last feature map
    hidden_size: int = 1280
    # pixels per token side
    patch_size: int = 32
    # take the ImageNet weights of the installed package
    pretrained: bool = True
    # average the last feature map to so many tokens per side; None: its own cells
    tokens_per_side: int | None = None
    kind: str = "efficientnet_lite0"


@dataclass(frozen=True)
class FluxConfig:
    """Size the FLUX-layout autoencoder (BAGEL specification §2.3)."""

    ch: int = 128
    ch_mult: tuple[int, ...] = (1, 2, 4, 4)
    num_res_blocks: int = 2
    z_channels: int = 16
    in_channels: int = 3
    out_ch: int = 3
    scale_factor: float = 0.3611
    shift_factor: float = 0.1159
    kind: str = "flux"

    def __post_init__(self) -> None:
        _positive(self, "shift_factor")
        _divides(32, self.ch, "ch of the autoencoder")

    @property
    def downsample(self) -> int:
        """Count the pixels of one latent side."""
        return int(2 ** (len(self.ch_mult) - 1))


@dataclass(frozen=True)
class PixelConfig:
    """Size the small autoencoder that works on blocks of pixels."""

    downsample: int = 8
    z_channels: int = 24
    width: int = 128
    num_blocks: int = 2
    in_channels: int = 3
    scale_factor: float = 1.0
    shift_factor: float = 0.0
    kind: str = "pixel"

    def __post_init__(self) -> None:
        _positive(self, "shift_factor", "num_blocks")


@dataclass(frozen=True)
class ImageTransform:
    """Bound the size of an image before it enters an encoder (BAGEL specification §6)."""

    max_image_size: int
    min_image_size: int
    image_stride: int
    max_pixels: int = 14 * 14 * 9 * 1024

    def __post_init__(self) -> None:
        _positive(self)


@dataclass(frozen=True)
class SpecialTokens:
    """Give the ids that open and close text and image segments."""

    bos_token_id: int
    eos_token_id: int
    start_of_image: int
    end_of_image: int

    def __post_init__(self) -> None:
        _positive(self, *(f.name for f in fields(self) if getattr(self, f.name) == 0))


@dataclass(frozen=True)
class SamplingConfig:
    """Say how pictures are made when nobody asks otherwise; the release's values (§16, §17)."""

    # points of the schedule, and its shift towards noise
    num_timesteps: int = 50
    timestep_shift: float = 3.0
    # guidance of drawing: how far to push, between which times, and how to hold the size
    text_scale: float = 4.0
    interval: tuple[float, float] = (0.4, 1.0)
    renorm: str = "global"
    renorm_min: float = 0.0
    # guidance of editing
    edit_text_scale: float = 4.0
    edit_image_scale: float = 2.0
    edit_interval: tuple[float, float] = (0.0, 1.0)
    edit_renorm: str = "text_channel"
    edit_renorm_min: float = 0.0
    # how much pixels in [-1, 1] differ where an edit is taken to have changed something; None:
    # everywhere
    edit_limit: float | None = None
    # steps between latent tokens, of pixels in [-1, 1], up to which they are seams; None: none are
    seam_limit: float | None = None
    # latent tokens along the side of blocks whose mean is taken off the noise; None: noise as it is
    noise_blocks: int | None = None

    def __post_init__(self) -> None:
        if self.noise_blocks is not None and self.noise_blocks < 2:
            raise InputError(
                f"noise_blocks is {self.noise_blocks}; it is 2 or more, or null for whole noise."
            )
        if self.seam_limit is not None and self.seam_limit <= 0:
            raise InputError(
                f"seam_limit is {self.seam_limit}; it is above 0, or null for no smoothing."
            )


@dataclass(frozen=True)
class BackboneConfig:
    """Describe a whole backbone."""

    name: str
    trunk: TrunkConfig
    vision: SiglipConfig | EfficientNetConfig | None
    autoencoder: FluxConfig | PixelConfig | None
    special_tokens: SpecialTokens
    vae_transform: ImageTransform
    vit_transform: ImageTransform
    latent_patch_size: int = 2
    max_latent_size: int = 64
    vit_max_num_patch_per_side: int = 70
    connector_act: str = "gelu_pytorch_tanh"
    # how seen tokens get the trunk's width: "mlp", or "whitened" (fixed components and map,
    # learned residual)
    connector: str = "mlp"
    # resize a photo for the autoencoder before the encoder looks at it, as released (§6)
    look_twice: bool = True
    # components a whitened connector keeps
    connector_rank: int = 256
    # directions that say of a whole image what tells subjects apart
    connector_glance: int = 90
    # size of the position table added to seen tokens; a trunk of small embeddings drowns in 1
    vit_pos_scale: float = 1.0
    interpolate_pos: bool = False
    # shift of the training times only; sampling has its own
    timestep_shift: float = 1.0
    # q/k-norm and rotation of passes with generation tokens in float32 (§22)
    generation_qk_float32: bool = True
    # do text and photos attend to generation tokens, as in BAGEL? If not, what the model
    # understands is the same with and without them
    und_sees_gen: bool = True
    # are latents enclosed in understanding markers, as in BAGEL? If not, a flow step runs
    # nothing but the generation expert
    latent_markers: bool = True
    # what the head of the generation expert predicts: "velocity", or "data" (the clean latent)
    prediction: str = "velocity"
    # base of 2-D rotary positions of latents and generation rows; None: the context's position
    grid_theta: float | None = None
    # does the model look at the image it edits, besides reading its latent, as in BAGEL?
    look_at_source: bool = True
    # "bytes", or the name of a tokenizer whose files lie in the model's folder
    tokenizer: str = "bytes"
    # height and width of a picture when nobody asks for another
    default_image_size: tuple[int, int] = (1024, 1024)
    sampling: SamplingConfig = SamplingConfig()

    def __post_init__(self) -> None:
        if self.prediction not in ("velocity", "data"):
            raise InputError(
                f"prediction is {self.prediction!r}; allowed are 'velocity' and 'data'."
            )
        if self.connector not in ("mlp", "whitened"):
            raise InputError(f"connector is {self.connector!r}; allowed are 'mlp' and 'whitened'.")
        width = self.trunk.understanding.hidden_size
        if self.connector == "whitened" and self.connector_rank > width:
            raise InputError(f"connector_rank is {self.connector_rank}, wider than {width}.")
        if self.connector == "whitened" and self.connector_glance > self.connector_rank:
            raise InputError(
                f"connector_glance is {self.connector_glance}, more than connector_rank."
            )
        _positive(self)
        self._check_encoders()
        if self.grid_theta is not None and self.trunk.head_dim % 4:
            raise InputError(f"head_dim is {self.trunk.head_dim}; a grid needs a multiple of 4.")

    def _check_encoders(self) -> None:
        if self.autoencoder is not None:
            stride = self.vae_transform.image_stride
            _divides(self.latent_downsample, stride, "image_stride of vae_transform")
        if self.vision is not None:
            stride = self.vit_transform.image_stride
            _divides(self.vision.patch_size, stride, "image_stride of vit_transform")

    @property
    def latent_downsample(self) -> int:
        """Count the pixels of one latent token's side."""
        return self._autoencoder.downsample * self.latent_patch_size

    @property
    def patch_latent_dim(self) -> int:
        """Count the numbers of one latent token."""
        return self.latent_patch_size**2 * self._autoencoder.z_channels

    @property
    def _autoencoder(self) -> FluxConfig | PixelConfig:
        if self.autoencoder is None:
            raise InputError(f"{self.name} has no autoencoder, so it makes no pictures.")
        return self.autoencoder

    @property
    def gen_width(self) -> int:
        """Give the width of generation tokens."""
        if self.trunk.generation is None:
            raise InputError(f"{self.name} has no generation expert.")
        return self.trunk.generation.hidden_size

    def understanding_only(self) -> Self:
        """Return the same model without anything that makes pictures (§23)."""
        return replace(self, trunk=replace(self.trunk, generation=None), autoencoder=None)


_VISION = {"siglip": SiglipConfig, "efficientnet_lite0": EfficientNetConfig}
_AUTOENCODER = {"flux": FluxConfig, "pixel": PixelConfig}


def to_dict(config: BackboneConfig) -> dict[str, Any]:
    """Turn a config into plain JSON values."""
    return asdict(config)


def from_dict(data: dict[str, Any]) -> BackboneConfig:
    """Read a config from plain JSON values.

    Raises:
        InputError: if a key is unknown or a kind has no implementation.
    """
    trunk = dict(data["trunk"])
    for kind in ("understanding", "generation"):
        if trunk.get(kind) is not None:
            trunk[kind] = build(ExpertConfig, trunk[kind])
    parts = {
        "trunk": build(TrunkConfig, trunk),
        "vision": _one_of(_VISION, data.get("vision"), "vision encoder"),
        "autoencoder": _one_of(_AUTOENCODER, data.get("autoencoder"), "autoencoder"),
        "special_tokens": build(SpecialTokens, data["special_tokens"]),
        "vae_transform": build(ImageTransform, data["vae_transform"]),
        "vit_transform": build(ImageTransform, data["vit_transform"]),
        "sampling": build(SamplingConfig, data.get("sampling", {})),
    }
    return build(BackboneConfig, {**data, **parts})


def build(cls: type[T], data: dict[str, Any]) -> T:
    """Make a config dataclass from a mapping, refusing keys it does not know.

    Raises:
        InputError: if a key is unknown, a required one is missing or a value is of another kind.
    """
    known = {f.name: f.type for f in fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise InputError(f"{cls.__name__} has no key {unknown[0]!r}; it knows {sorted(known)}.")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    for name, value in values.items():
        if not _is_a(value, known[name]):
            raise InputError(f"{cls.__name__} has {name} = {value!r}, which is of the wrong kind.")
    try:
        return cls(**values)
    except TypeError as error:
        raise InputError(f"{cls.__name__} cannot be read: {error}.") from error


def _is_a(value: object, kind: Any) -> bool:
    """Check a JSON value against the type of a field; JSON knows only whole and other numbers."""
    options = get_args(kind)
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_is_a(v, options[0]) for v in value)
    if options:
        return any(_is_a(value, option) for option in options)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _positive(config: object, *but: str) -> None:
    """Refuse sizes that are not above zero, save those named."""
    for field in fields(config):  # type: ignore[arg-type]
        value = getattr(config, field.name)
        numbers = value if isinstance(value, tuple) else (value,)
        for number in numbers:
            is_number = isinstance(number, int | float) and not isinstance(number, bool)
            if field.name not in but and is_number and not number > 0:
                raise InputError(
                    f"{type(config).__name__} has {field.name} = {value!r}, not above 0."
                )


def _divides(unit: int, size: int, what: str) -> None:
    if size % unit:
        raise InputError(f"{what} is {size}, which is no multiple of {unit}.")


def _one_of(kinds: dict[str, Any], data: dict[str, Any] | None, what: str) -> Any:
    if data is None:
        return None
    kind = data.get("kind")
    if kind not in kinds:
        raise InputError(f"There is no {what} {kind!r}; there are {sorted(kinds)}.")
    return build(kinds[kind], data)


def preset_names() -> list[str]:
    """List the presets that ship with the package."""
    folder = files("backbone") / "presets"
    return sorted(f.name.removesuffix(".json") for f in folder.iterdir() if f.name.endswith("json"))


def preset(name: str) -> BackboneConfig:
    """Read a preset by name.

    Raises:
        NotFoundError: if there is no preset of that name.
    """
    if name not in preset_names():
        raise NotFoundError(
            f"There is no model {name!r}; there are {', '.join(preset_names())}.",
            hint="Run `omni model list`.",
        )
    text = (files("backbone") / "presets" / f"{name}.json").read_text("utf8")
    return from_dict(json.loads(text))
