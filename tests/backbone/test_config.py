"""Configs are data: they survive JSON and say what is wrong with them."""

import json
import subprocess
import sys

import pytest

from backbone.config import BackboneConfig, ExpertConfig, from_dict, preset, preset_names, to_dict
from omni_errors import InputError, NotFoundError
from tests.backbone import small


@pytest.mark.parametrize("shape", ["tiny", "narrow", "partial", "apart", "tied", "pixel"])
def test_a_config_survives_json(shape: str) -> None:
    config = small.config(shape)
    assert from_dict(json.loads(json.dumps(to_dict(config)))) == config


def test_the_presets_are_three_sizes_of_one_thing() -> None:
    assert {"tiny", "medium", "bagel"} <= set(preset_names())
    layers = [preset(name).trunk.num_hidden_layers for name in ("tiny", "medium", "bagel")]
    assert layers == sorted(layers)
    assert all(isinstance(preset(name), BackboneConfig) for name in preset_names())


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="'huge'; there are bagel, medium, omni-mini, tiny"):
        preset("huge")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["trunk", "colour"], 1, "TrunkConfig has no key 'colour'"),
        (["vision", "kind"], "clip", "no vision encoder 'clip'"),
        (["autoencoder", "kind"], "vqgan", "no autoencoder 'vqgan'"),
        (["trunk", "head_dim"], 5, "even number"),
        (["trunk", "num_key_value_heads"], 3, "4 attention heads cannot share 3"),
    ],
)
def test_what_is_wrong_is_named(path: list[str], value: object, words: str) -> None:
    data = json.loads(json.dumps(to_dict(preset("tiny"))))
    data[path[0]][path[1]] = value
    with pytest.raises(InputError, match=words):
        from_dict(data)


def test_a_missing_key_is_named() -> None:
    data = json.loads(json.dumps(to_dict(preset("tiny"))))
    del data["trunk"]["vocab_size"]
    with pytest.raises(InputError, match="vocab_size"):
        from_dict(data)


def test_derived_sizes_follow_the_specification() -> None:
    bagel = preset("bagel")
    assert (bagel.latent_downsample, bagel.patch_latent_dim, bagel.gen_width) == (16, 64, 3584)
    assert bagel.understanding_only().trunk.generation is None
    with pytest.raises(InputError, match="no generation expert"):
        _ = bagel.understanding_only().gen_width


def test_layers_without_a_generation_expert_are_known() -> None:
    trunk = small.config("partial").trunk
    assert [trunk.has_generation(i) for i in range(4)] == [False, True, False, True]
    assert ExpertConfig(8, 8, 1).qk_norm


def test_reading_a_config_imports_no_torch() -> None:
    code = "import sys; from backbone.config import preset; preset('bagel')"
    code += "; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["trunk", "vocab_size"], 260.0, "vocab_size = 260.0, which is of the wrong kind"),
        (["trunk", "vocab_size"], True, "vocab_size = True"),
        (["trunk", "rope_theta"], None, "rope_theta = None"),
        (["trunk", "num_key_value_heads"], 0, "not above 0"),
        (["trunk", "understanding", "hidden_size"], -8, "hidden_size = -8"),
        (["vision", "patch_size"], 0, "not above 0"),
        (["vision", "num_attention_heads"], 5, "no multiple of 5"),
        (["autoencoder", "ch"], 30, "no multiple of 32"),
        (["special_tokens", "eos_token_id"], -1, "eos_token_id = -1"),
        (["vae_transform", "image_stride"], 10, "no multiple of 16"),
        (["max_latent_size"], -1, "max_latent_size = -1"),
        (["prediction"], "noise", "'velocity' and 'data'"),
    ],
)
def test_values_that_cannot_work_are_refused(path: list[str], value: object, words: str) -> None:
    data = json.loads(json.dumps(to_dict(preset("tiny"))))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError, match=words):
        from_dict(data)
