"""The dry run counts what the release counts, to the last parameter."""

import json
import math

import pytest

from backbone.blank import blank_model
from backbone.budget import PRECISIONS, make_budget
from backbone.config import preset

H, INNER, D, V, HV, IV = 3584, 18944, 128, 152064, 1152, 4304
Shapes = dict[str, tuple[int, ...]]


def linear(name: str, out: int, inputs: int, *, bias: bool = True) -> Shapes:
    shapes: Shapes = {f"{name}.weight": (out, inputs)}
    return shapes | ({f"{name}.bias": (out,)} if bias else {})


def norm(name: str, size: int) -> Shapes:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def decoder_layer(index: int) -> Shapes:
    at, shapes = f"language_model.model.layers.{index}", Shapes()
    for expert in ("", "_moe_gen"):
        for name in ("input_layernorm", "post_attention_layernorm"):
            shapes[f"{at}.{name}{expert}.weight"] = (H,)
        for name, heads in {"q": 28, "k": 4, "v": 4}.items():
            shapes |= linear(f"{at}.self_attn.{name}_proj{expert}", heads * D, H)
        shapes |= linear(f"{at}.self_attn.o_proj{expert}", H, 28 * D, bias=False)
        for name in ("q_norm", "k_norm"):
            shapes[f"{at}.self_attn.{name}{expert}.weight"] = (D,)
        for name in ("gate_proj", "up_proj"):
            shapes |= linear(f"{at}.mlp{expert}.{name}", INNER, H, bias=False)
        shapes |= linear(f"{at}.mlp{expert}.down_proj", H, INNER, bias=False)
    return shapes


def vision_layer(index: int) -> Shapes:
    at, shapes = f"vit_model.vision_model.encoder.layers.{index}", Shapes()
    for name in "q_proj", "k_proj", "v_proj", "out_proj":
        shapes |= linear(f"{at}.self_attn.{name}", HV, HV)
    shapes |= norm(f"{at}.layer_norm1", HV) | norm(f"{at}.layer_norm2", HV)
    return shapes | linear(f"{at}.mlp.fc1", IV, HV) | linear(f"{at}.mlp.fc2", HV, IV)


def released() -> Shapes:
    """Write down the whole table of the specification (§3)."""
    lm, vit = "language_model", "vit_model.vision_model"
    shapes: Shapes = {
        f"{lm}.model.embed_tokens.weight": (V, H),
        f"{lm}.lm_head.weight": (V, H),
        f"{lm}.model.norm.weight": (H,),
        f"{lm}.model.norm_moe_gen.weight": (H,),
        f"{vit}.embeddings.position_embedding.weight": (4900, HV),
        "vit_pos_embed.pos_embed": (4900, H),
        "latent_pos_embed.pos_embed": (4096, H),
    }
    for index in range(28):
        shapes |= decoder_layer(index)
    for index in range(26):
        shapes |= vision_layer(index)
    shapes |= linear(f"{vit}.embeddings.patch_embedding", HV, 588)
    shapes |= norm(f"{vit}.post_layernorm", HV)
    shapes |= linear("connector.fc1", H, HV) | linear("connector.fc2", H, H)
    shapes |= linear("time_embedder.mlp.0", H, 256) | linear("time_embedder.mlp.2", H, H)
    return shapes | linear("vae2llm", H, 64) | linear("llm2vae", 64, H)


def built() -> Shapes:
    state = blank_model(preset("bagel")).state_dict()
    return {k: tuple(t.shape) for k, t in state.items() if not k.startswith("autoencoder.")}


def test_every_name_and_shape_of_the_release_is_there_and_no_other() -> None:
    assert built() == released()


def test_the_tensors_and_their_header_fill_the_published_file() -> None:
    entries, at = {}, 0
    for key, shape in sorted(built().items()):
        size = 2 * math.prod(shape)
        entries[key] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    header = len(json.dumps(entries, separators=(",", ":")))
    assert at == 29_214_520_256
    assert 8 + header + at == 29_214_685_336


def test_the_parts_add_up_as_published() -> None:
    budget = make_budget(preset("bagel"))
    parts = budget.parts
    trunk = parts["understanding"] + parts["generation"] + parts["shared"]
    assert trunk == 14_141_252_608
    assert parts["understanding"] == parts["generation"]
    assert parts["vision"] == 402_552_736
    assert parts["connector"] == 16_980_992
    assert parts["in, out, time and tables"] == 46_473_792
    assert budget.parameters == 14_607_260_128


def test_fewer_bits_take_less_memory() -> None:
    sizes = [memory.weights for memory in make_budget(preset("bagel")).memory]
    assert sizes == sorted(sizes, reverse=True)
    assert [memory.precision for memory in make_budget(preset("tiny")).memory] == list(PRECISIONS)


def test_bfloat16_weights_are_two_bytes_each_and_the_autoencoder_four() -> None:
    budget = make_budget(preset("bagel"))
    weights = {memory.precision: memory.weights for memory in budget.memory}
    assert weights["bfloat16"] == 2 * budget.parameters + 4 * budget.parts["autoencoder"]


def test_the_cache_grows_with_the_context() -> None:
    one, two = (make_budget(preset("bagel"), context).memory[1] for context in (1000, 2000))
    assert two.cache == 2 * one.cache
    # 28 layers, keys and values of 4 heads of 128, two bytes, three contexts
    assert one.cache == 3 * 1000 * 28 * 2 * 4 * 128 * 2


@pytest.mark.parametrize("name", ["tiny", "medium", "bagel"])
def test_understanding_only_holds_no_generation(name: str) -> None:
    parts = make_budget(preset(name).understanding_only()).parts
    assert "generation" not in parts
    assert "autoencoder" not in parts
