"""Read the sizes of an official BAGEL folder (BAGEL specification §2, §4).

The release keeps only two JSON files; the rest are arguments of its code. A folder may carry
``ae_config.json`` and ``bagel_config.json`` to say otherwise. Plain JSON, no torch.
"""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from backbone.config import (
    BackboneConfig,
    ExpertConfig,
    FluxConfig,
    ImageTransform,
    SiglipConfig,
    SpecialTokens,
    TrunkConfig,
    build,
)
from omni_errors import FolderError, InputError

__all__ = ["read_json", "read_release"]

_TOKENS = {
    "bos_token_id": "<|im_start|>",
    "eos_token_id": "<|im_end|>",
    "start_of_image": "<|vision_start|>",
    "end_of_image": "<|vision_end|>",
}
_QWEN_IDS = SpecialTokens(151644, 151645, 151652, 151653)
_VAE_TRANSFORM = {"max_image_size": 1024, "min_image_size": 512, "image_stride": 16}
_VIT_TRANSFORM = {"max_image_size": 980, "min_image_size": 224, "image_stride": 14}
_OPTIONS = (
    "latent_patch_size",
    "max_latent_size",
    "vit_max_num_patch_per_side",
    "connector_act",
    "interpolate_pos",
    "timestep_shift",
)
_FLOATS = ("rms_norm_eps", "rope_theta")
# what this implementation does; a file that asks for anything else is refused
_ONLY = {
    "hidden_act": "silu",
    "layer_module": "Qwen2MoTDecoderLayer",
    "rope_scaling": None,
    "use_sliding_window": False,
}
_ONLY_VISION = {"hidden_act": "gelu_pytorch_tanh", "rope": False}


def read_release(folder: Path) -> BackboneConfig:
    """Read the config of an official folder, named after the folder.

    Raises:
        FolderError: if a file is missing, unreadable or asks for what there is not.
    """
    options = read_json(folder / "bagel_config.json") if _has(folder, "bagel_config.json") else {}
    try:
        parts = {
            "name": folder.name,
            "trunk": _trunk(folder / "llm_config.json"),
            "vision": _vision(folder / "vit_config.json"),
            "autoencoder": _autoencoder(folder / "ae_config.json"),
            "special_tokens": _special_tokens(folder, options),
            "vae_transform": build(ImageTransform, options.get("vae_transform", _VAE_TRANSFORM)),
            "vit_transform": build(ImageTransform, options.get("vit_transform", _VIT_TRANSFORM)),
            "tokenizer": "folder",
        }
        stated = {key: options[key] for key in _OPTIONS if key in options}
        config = build(BackboneConfig, parts | stated)
        return _switched(_sized(config), options)
    except InputError as error:
        raise FolderError(f"The JSON files in {folder} do not fit: {error.message}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises:
        FolderError: if the file is missing or holds something else.
    """
    try:
        data = json.loads(path.read_text("utf8"))
    except OSError as error:
        raise FolderError(
            f"The model folder {path.parent} has no {path.name}.",
            hint="Copy the whole folder, or run `omni model pull`.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise FolderError(f"{path} is not JSON.", hint="Copy the file again.") from error
    if not isinstance(data, dict):
        raise FolderError(f"{path} holds no JSON object.", hint="Copy the file again.")
    return data


def _has(folder: Path, name: str) -> bool:
    return (folder / name).is_file()


def _number(data: dict[str, Any], key: str, path: Path) -> int:
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise FolderError(
            f"{path} gives {value!r} for {key!r}; it must be a whole number above 0.",
            hint="Copy the file again.",
        )
    return value


def _trunk(path: Path) -> TrunkConfig:
    data = read_json(path)
    for key, value in _ONLY.items():
        if data.get(key, value) != value:
            raise FolderError(f"{path} sets {key} to {data[key]!r}; only {value!r} is built.")
    width, heads = (_number(data, k, path) for k in ("hidden_size", "num_attention_heads"))
    # q/k-norm is always on and embeddings are never tied: the release's loader overrides both.
    expert = ExpertConfig(width, _number(data, "intermediate_size", path), heads)
    sizes = {
        "vocab_size": _number(data, "vocab_size", path),
        "num_hidden_layers": _number(data, "num_hidden_layers", path),
        "num_key_value_heads": _number(data, "num_key_value_heads", path),
        "head_dim": width // heads,
        "understanding": expert,
        "generation": expert,
    }
    return build(TrunkConfig, sizes | {k: data[k] for k in _FLOATS if k in data})


def _vision(path: Path) -> SiglipConfig:
    data = read_json(path)
    for key, value in _ONLY_VISION.items():
        if data.get(key, value) != value:
            raise FolderError(f"{path} sets {key} to {data[key]!r}; only {value!r} is built.")
    known = {f.name for f in fields(SiglipConfig)} - {"kind"}
    config = build(SiglipConfig, {k: v for k, v in data.items() if k in known})
    # The count in the file is nominal: the weights hold one layer less (§2.2).
    return replace(config, num_hidden_layers=config.num_hidden_layers - 1)


def _autoencoder(path: Path) -> FluxConfig:
    if not path.is_file():
        return FluxConfig()
    data = read_json(path)
    stated = data.pop("downsample", None)
    data.pop("resolution", None)
    config = build(FluxConfig, data)
    if stated not in (None, config.downsample):
        raise FolderError(f"{path} states downsample {stated}; its ch_mult gives otherwise.")
    return config


def _special_tokens(folder: Path, options: dict[str, Any]) -> SpecialTokens:
    """Look the four ids up by name, else take the stated ones, else Qwen2.5's."""
    known = _added_tokens(folder)
    if known is not None:
        lacking = [token for token in _TOKENS.values() if token not in known]
        if lacking:
            raise FolderError(f"The tokenizer in {folder} has no token {lacking[0]}.")
        return build(SpecialTokens, {role: known[token] for role, token in _TOKENS.items()})
    if "special_tokens" in options:
        return build(SpecialTokens, options["special_tokens"])
    return _QWEN_IDS


def _added_tokens(folder: Path) -> dict[str, int] | None:
    if _has(folder, "tokenizer_config.json"):
        decoder = read_json(folder / "tokenizer_config.json").get("added_tokens_decoder")
        if decoder:
            return _by_content(folder / "tokenizer_config.json", decoder)
    if _has(folder, "tokenizer.json"):
        added = read_json(folder / "tokenizer.json").get("added_tokens") or []
        return _by_content(folder / "tokenizer.json", added)
    return None


def _by_content(path: Path, entries: Any) -> dict[str, int]:
    """Read added tokens, from id to entry or as a list of entries."""
    try:
        if isinstance(entries, dict):
            return {str(entry["content"]): int(number) for number, entry in entries.items()}
        return {str(entry["content"]): int(entry["id"]) for entry in entries}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FolderError(
            f"{path} lists its added tokens in no known way.", hint="Copy the file again."
        ) from error


def _sized(config: BackboneConfig) -> BackboneConfig:
    """Check the ids against the vocabulary, and take the largest picture as the default one."""
    tokens = config.special_tokens
    highest = max(getattr(tokens, f.name) for f in fields(tokens))
    if highest >= config.trunk.vocab_size:
        raise InputError(
            f"special token {highest} lies outside the vocabulary of {config.trunk.vocab_size}."
        )
    side = config.max_latent_size * config.latent_downsample
    return replace(config, default_image_size=(side, side))


def _switched(config: BackboneConfig, options: dict[str, Any]) -> BackboneConfig:
    if not options.get("visual_und", True):
        config = replace(config, vision=None)
    return config if options.get("visual_gen", True) else config.understanding_only()
