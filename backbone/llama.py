"""Llama-family language models as the understanding expert.

A Llama trunk is this trunk without q/k-norm and without biases, so loading one is a matter of
names. Nothing here reads files.
"""

from typing import Any

import torch
from torch import Tensor

from backbone.config import ExpertConfig, TrunkConfig
from backbone.decoder import LanguageModel
from omni_errors import InputError, TensorError

__all__ = ["load_llama", "trunk_from_llama"]


def trunk_from_llama(config: dict[str, Any], generation: ExpertConfig | None = None) -> TrunkConfig:
    """Read a Llama ``config.json`` as a trunk, with a generation expert of any size beside it.

    Raises:
        InputError: if the config asks for what the trunk does not do.
    """
    _refuse_unknown(config)
    heads, width = config["num_attention_heads"], config["hidden_size"]
    rope = config.get("rope_parameters") or {}
    return TrunkConfig(
        vocab_size=config["vocab_size"],
        num_hidden_layers=config["num_hidden_layers"],
        num_key_value_heads=config.get("num_key_value_heads") or heads,
        head_dim=config.get("head_dim") or width // heads,
        understanding=ExpertConfig(
            hidden_size=width,
            intermediate_size=config["intermediate_size"],
            num_attention_heads=heads,
            qk_norm=False,
            qkv_bias=bool(config.get("attention_bias", False)),
        ),
        generation=generation,
        rms_norm_eps=config["rms_norm_eps"],
        rope_theta=float(config.get("rope_theta") or rope.get("rope_theta") or 10_000.0),
        tie_word_embeddings=bool(config.get("tie_word_embeddings", False)),
    )


def _refuse_unknown(config: dict[str, Any]) -> None:
    if config.get("model_type") != "llama":
        raise InputError(f"A {config.get('model_type')!r} model is no Llama-family trunk.")
    scaling = config.get("rope_scaling") or {}
    kind = (config.get("rope_parameters") or scaling).get("rope_type", "default")
    if kind != "default":
        raise InputError(f"Rotary scaling {kind!r} is not built; only plain rotation is.")
    if config.get("hidden_act", "silu") != "silu":
        raise InputError(f"Activation {config['hidden_act']!r} is not built; only silu is.")


@torch.no_grad()
def load_llama(language_model: LanguageModel, weights: dict[str, Tensor]) -> None:
    """Copy Llama weights, by their own key names, into the understanding expert.

    Raises:
        TensorError: naming the first tensor that is missing, left over or of another shape.
    """
    wanted = {n: p for n, p in language_model.named_parameters() if "_moe_gen" not in n}
    given = {n: w for n, w in weights.items() if not n.endswith("rotary_emb.inv_freq")}
    if language_model.tied:
        given.pop("lm_head.weight", None)
    odd = sorted(set(wanted) ^ set(given))
    if odd:
        state = "is missing" if odd[0] in wanted else "has no place"
        raise TensorError(f"The tensor {odd[0]!r} {state} in this trunk.")
    for name, parameter in wanted.items():
        if parameter.shape != given[name].shape:
            raise TensorError(
                f"The tensor {name!r} has shape {tuple(given[name].shape)}, not "
                f"{tuple(parameter.shape)}."
            )
        parameter.copy_(given[name])
