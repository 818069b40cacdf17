"""Official folders are read by the rules of the release's own loader."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from backbone.config import FluxConfig, SiglipConfig, SpecialTokens, preset
from backbone.release import read_release
from omni_errors import FolderError

LLM = {
    "hidden_size": 3584,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "intermediate_size": 18944,
    "vocab_size": 152064,
    "tie_word_embeddings": True,
    "qk_norm": False,
}
VIT = {
    "hidden_size": 1152,
    "image_size": 980,
    "intermediate_size": 4304,
    "num_attention_heads": 16,
    "num_hidden_layers": 27,
    "patch_size": 14,
    "model_type": "siglip_vision_model",
}
TOKENS = ["<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]


def write(folder: Path, name: str, data: Any) -> None:
    (folder / name).write_text(json.dumps(data))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "bagel"
    folder.mkdir()
    write(folder, "llm_config.json", LLM)
    write(folder, "vit_config.json", VIT)
    return folder


def test_the_two_files_of_the_release_give_the_preset(release: Path) -> None:
    assert read_release(release) == preset("bagel")


def test_the_nominal_layer_count_of_the_encoder_is_one_too_high(bagel_tiny: Path) -> None:
    vision = read_release(bagel_tiny).vision
    assert isinstance(vision, SiglipConfig)
    assert vision.num_hidden_layers == 2


def test_norms_are_on_and_embeddings_apart_whatever_the_file_says(release: Path) -> None:
    trunk = read_release(release).trunk
    assert trunk.understanding.qk_norm
    assert not trunk.tie_word_embeddings


def test_extra_files_say_what_the_release_has_in_code(bagel_tiny: Path) -> None:
    config = read_release(bagel_tiny)
    assert isinstance(config.autoencoder, FluxConfig)
    assert config.autoencoder.ch_mult == (2, 1, 1, 1)
    assert config.max_latent_size == 8
    assert config.special_tokens.bos_token_id == 190
    assert config.default_image_size == (128, 128)


@pytest.mark.parametrize("name", ["tokenizer_config.json", "tokenizer.json"])
def test_special_tokens_are_looked_up_by_name(release: Path, name: str) -> None:
    by_id = {str(7 + i): {"content": token} for i, token in enumerate(TOKENS)}
    listed = [{"id": 7 + i, "content": token} for i, token in enumerate(TOKENS)]
    write(release, name, {"added_tokens_decoder": by_id, "added_tokens": listed})
    assert read_release(release).special_tokens == SpecialTokens(7, 8, 9, 10)


def test_a_tokenizer_without_the_tokens_is_refused(release: Path) -> None:
    write(release, "tokenizer.json", {"added_tokens": [{"id": 1, "content": "<|im_start|>"}]})
    with pytest.raises(FolderError, match="im_end"):
        read_release(release)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_act", "gelu"),
        ("layer_module", "Qwen2DecoderLayer"),
        ("use_sliding_window", True),
        ("vocab_size", 100),
        ("hidden_size", "wide"),
        ("num_key_value_heads", 5),
    ],
)
def test_what_is_not_built_is_refused(release: Path, key: str, value: object) -> None:
    write(release, "llm_config.json", LLM | {key: value})
    with pytest.raises(FolderError):
        read_release(release)


def test_a_wrong_downsample_is_refused(release: Path) -> None:
    write(release, "ae_config.json", {"ch_mult": [1, 2], "downsample": 8})
    with pytest.raises(FolderError, match="downsample"):
        read_release(release)


@pytest.mark.parametrize("name", ["llm_config.json", "vit_config.json"])
def test_a_missing_file_is_named(bagel_tiny: Path, tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(bagel_tiny, tmp_path / "m", ignore=shutil.ignore_patterns("cases*"))
    (folder / name).unlink()
    with pytest.raises(FolderError, match=name):
        read_release(folder)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_broken_file_is_named(release: Path, text: str) -> None:
    (release / "vit_config.json").write_text(text)
    with pytest.raises(FolderError, match="vit_config.json"):
        read_release(release)


def test_switches_leave_parts_out(release: Path) -> None:
    write(release, "bagel_config.json", {"visual_gen": False, "visual_und": False})
    config = read_release(release)
    assert config.vision is None
    assert config.trunk.generation is None


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("llm_config.json", "[" * 100_000, "is not JSON"),
        ("tokenizer.json", '{"added_tokens": [1]}', "added tokens in no known way"),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"x": 1}}', "in no known way"),
    ],
)
def test_rubbish_in_a_file_is_one_clear_error(
    bagel_tiny: Path, tmp_path: Path, file: str, content: str, words: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bagel_tiny, folder)
    (folder / file).write_text(content)
    with pytest.raises(FolderError, match=words):
        read_release(folder)


@pytest.mark.parametrize(
    ("file", "key", "value", "words"),
    [
        ("llm_config.json", "hidden_size", 80.0, "whole number above 0"),
        ("llm_config.json", "num_attention_heads", 0, "whole number above 0"),
        ("llm_config.json", "rope_theta", None, "rope_theta"),
        ("llm_config.json", "rms_norm_eps", "1e-6", "rms_norm_eps"),
        ("vit_config.json", "hidden_act", "gelu", "only 'gelu_pytorch_tanh' is built"),
        ("vit_config.json", "hidden_size", "48", "of the wrong kind"),
        ("bagel_config.json", "max_latent_size", -1, "above 0"),
    ],
)
def test_a_value_that_cannot_work_is_named(
    bagel_tiny: Path, tmp_path: Path, file: str, key: str, value: object, words: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bagel_tiny, folder)
    data = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(data | {key: value}))
    with pytest.raises(FolderError, match=words):
        read_release(folder)
