"""CLIP and DINO, tiny and of random weights: the vectors are those of the model itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoModel,
    CLIPConfig,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    ViTConfig,
    ViTModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from bench.metrics import encoders
from bench.metrics.encoders import Clip, Dino
from bench.metrics.similarity import Vectors, units
from omni_errors import ResourceError
from tests.bench.conftest import photo

LAYERS: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
SEEN: dict[str, Any] = {**LAYERS, "image_size": 32, "patch_size": 16}
WORDS = [
    "<|startoftext|>",
    "<|endoftext|>",
    *ascii_lowercase,
    *(f"{a}</w>" for a in ascii_lowercase),
]
PHOTOS = [photo(1, "red"), photo(2, "navy", 48)]


@pytest.fixture(autouse=True)
def by_lot() -> Iterator[None]:
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        yield


def write_clip(folder: Path) -> CLIPModel:
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    text = {**LAYERS, **ends, "vocab_size": len(WORDS), "max_position_embeddings": 16}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=SEEN, projection_dim=8))
    model.eval().save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({word: n for n, word in enumerate(WORDS)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    square = {"height": 32, "width": 32}
    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=square)
    CLIPProcessor(images, CLIPTokenizer.from_pretrained(folder)).save_pretrained(folder)
    return model


def write_dino(folder: Path) -> ViTModel:
    model = ViTModel(ViTConfig(**SEEN))
    model.eval().save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return model


def shown(encoder: Clip | Dino, images: list[Image.Image]) -> torch.Tensor:
    pixels = encoder._processor(images=images, return_tensors="pt")["pixel_values"]
    assert isinstance(pixels, torch.Tensor)
    return pixels


def vectors(found: torch.Tensor) -> Vectors:
    return units(np.asarray(found.numpy(), np.float64))


def test_clip_gives_projected_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write_clip(tmp_path)
    monkeypatch.setattr(encoders, "CLIP_NAME", str(tmp_path))
    clip = Clip()
    pooled = model.vision_model(shown(clip, PHOTOS)).pooler_output
    found = clip.embed(PHOTOS)
    assert found.shape == (2, 8)
    assert found == pytest.approx(vectors(model.visual_projection(pooled)), abs=1e-6)
    assert np.abs(found[0] - found[1]).max() > 1e-3


def test_clip_reads_texts_into_the_same_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_clip(tmp_path)
    monkeypatch.setattr(encoders, "CLIP_NAME", str(tmp_path))
    found = Clip().embed_texts(["a b", "c"])
    letters = {word: n for n, word in enumerate(WORDS)}
    ids = torch.tensor([[0, letters["a</w>"], letters["b</w>"], 1]])
    wanted = model.text_projection(model.text_model(ids).pooler_output)
    assert found[:1] == pytest.approx(vectors(wanted), abs=1e-6)
    assert found.shape == (2, 8)


def test_dino_gives_the_first_place_of_the_last_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_dino(tmp_path)
    monkeypatch.setattr(encoders, "DINO_NAME", str(tmp_path))
    dino = Dino()
    places = model(shown(dino, PHOTOS)).last_hidden_state
    assert places.shape == (2, 1 + 2 * 2, 16)
    assert dino.embed(PHOTOS) == pytest.approx(vectors(places[:, 0]), abs=1e-6)


def test_weights_in_the_older_form_are_refused_and_said_how_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_dino(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    monkeypatch.setattr(encoders, "DINO_NAME", str(tmp_path))
    with pytest.raises(ResourceError, match="only safetensors are read.*save_pretrained") as caught:
        Dino()
    exec(caught.value.hint.split('"')[1])
    assert Dino().embed(PHOTOS).shape == (2, 16)


def test_weights_that_are_nowhere_are_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "CLIP_NAME", str(tmp_path))
    with pytest.raises(ResourceError, match="not on this machine"):
        Clip()


def test_a_cached_model_is_opened_by_its_folder_so_that_nobody_is_asked_for_adapters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dino(tmp_path)
    monkeypatch.setattr(
        "transformers.utils.hub.cached_file", lambda name, file, local_files_only: tmp_path / file
    )
    asked: list[object] = []
    opened = AutoModel.from_pretrained

    def noted(at: Path, **how: Any) -> Any:
        asked.append(at)
        return opened(at, **how)

    monkeypatch.setattr(AutoModel, "from_pretrained", noted)
    assert Dino().embed(PHOTOS).shape == (2, 16)
    assert asked == [tmp_path]
