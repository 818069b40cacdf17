"""A Llama trunk gives the logits of transformers' own implementation."""

from typing import Any

import pytest
import torch
from torch import Generator, Tensor
from transformers import LlamaConfig, LlamaForCausalLM

from backbone.attention import bias_from
from backbone.config import ExpertConfig
from backbone.decoder import Geometry, LanguageModel
from backbone.llama import load_llama, trunk_from_llama
from backbone.positions import rope_tables
from omni_errors import InputError, TensorError


def llama(**changes: Any) -> LlamaForCausalLM:
    sizes: dict[str, Any] = {
        "vocab_size": 97,
        "hidden_size": 72,
        "intermediate_size": 100,
        "num_hidden_layers": 3,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "rope_theta": 100_000.0,
        "tie_word_embeddings": True,
        "rms_norm_eps": 1e-5,
    }
    model = LlamaForCausalLM(LlamaConfig(**{**sizes, **changes}))
    generator = Generator().manual_seed(5)
    for parameter in model.parameters():
        parameter.data = 0.2 * torch.randn(parameter.shape, generator=generator)
    model.train(False)
    return model


def ours(model: LlamaForCausalLM, generation: ExpertConfig | None = None) -> LanguageModel:
    language_model = LanguageModel(trunk_from_llama(model.config.to_dict(), generation))
    load_llama(language_model, model.state_dict())
    return language_model


@torch.no_grad()
def logits(model: LanguageModel, ids: Tensor, config: Any) -> Tensor:
    count = ids.shape[1]
    rope = rope_tables(torch.arange(count)[None], config.head_dim, 100_000.0)
    causal = torch.ones(1, count, count, dtype=torch.bool).tril()
    bias = bias_from(causal, torch.float32)
    geometry = Geometry(und_rope=rope, gen_rope=None, und_bias=bias, und_only_bias=bias)
    hidden, _, _ = model.model(model.model.embed_tokens(ids), None, geometry)
    return model.logits(hidden)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kv_heads", [1, 3, 9])
def test_logits_equal_those_of_transformers(tied: bool, kv_heads: int) -> None:
    theirs = llama(tie_word_embeddings=tied, num_key_value_heads=kv_heads)
    ids = torch.randint(0, 97, (1, 50), generator=Generator().manual_seed(1))
    with torch.no_grad():
        wanted = theirs(ids).logits
    torch.testing.assert_close(logits(ours(theirs), ids, theirs.config), wanted, atol=1e-4, rtol=0)


def test_a_generation_expert_beside_it_changes_no_logit() -> None:
    theirs = llama()
    ids = torch.arange(20)[None]
    alone = logits(ours(theirs), ids, theirs.config)
    beside = logits(ours(theirs, ExpertConfig(32, 48, 3)), ids, theirs.config)
    assert torch.equal(alone, beside)


def test_smollm2_sizes_are_read_from_its_config() -> None:
    sizes = {
        "model_type": "llama",
        "vocab_size": 49_152,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "rms_norm_eps": 1e-5,
        "rope_theta": 100_000.0,
        "tie_word_embeddings": True,
    }
    trunk = trunk_from_llama(sizes)
    with torch.device("meta"):
        model = LanguageModel(trunk)
    assert (trunk.head_dim, trunk.rope_theta) == (64, 100_000.0)
    assert sum(p.numel() for p in model.parameters()) == 134_515_008


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"model_type": "gpt2"}, "gpt2"),
        ({"rope_scaling": {"rope_type": "yarn"}, "rope_parameters": None}, "yarn"),
        ({"hidden_act": "gelu"}, "gelu"),
    ],
)
def test_what_the_trunk_does_not_do_is_refused(change: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        trunk_from_llama({**llama().config.to_dict(), **change})


def test_a_missing_tensor_is_named() -> None:
    theirs = llama()
    weights = theirs.state_dict()
    del weights["model.norm.weight"]
    model = LanguageModel(trunk_from_llama(theirs.config.to_dict()))
    with pytest.raises(TensorError, match=r"model\.norm\.weight.*missing"):
        load_llama(model, weights)


def test_a_tensor_of_another_shape_is_named() -> None:
    theirs = llama()
    weights = {**theirs.state_dict(), "model.norm.weight": torch.ones(3)}
    model = LanguageModel(trunk_from_llama(theirs.config.to_dict()))
    with pytest.raises(TensorError, match=r"\(3,\), not \(72,\)"):
        load_llama(model, weights)
