"""Trained weights go into the shipped file and come back as a model that does the same."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import normalize

from backbone.face import Backbone
from backbone.mini import shipped
from backbone.mini.installed import fingerprint
from backbone.mini.lora import merge
from backbone.mini.matching import find_directions
from backbone.mini.row_encoder import RowEncoder
from backbone.mini.views import masked_crop
from backbone.mini.writer import RowWriter
from backbone.whitening import WhitenedConnector
from omni_errors import InputError, TensorError
from tests.backbone.mini import small_reader


def trained() -> dict[str, Tensor]:
    """Give the tensors of a small reader whose updates do something."""
    reader = small_reader.reader()
    model = reader.model
    assert model.autoencoder is not None
    for name, parameter in reader.lora.items():
        if name.endswith("up"):
            parameter.data.fill_(0.01)
    rows = RowEncoder(model.config.patch_latent_dim // 4, model.config.gen_width)
    tensors: dict[str, Tensor] = {f"lora.{n}": p for n, p in reader.lora.items()}
    for prefix, module in (
        ("connector.", reader.connector),
        ("encoder.", reader.encoder),
        ("autoencoder.", model.autoencoder),
        ("rows.", rows),
    ):
        tensors |= {prefix + name: t for name, t in module.state_dict().items()}
    drawing = shipped.drawing_parameters(model)
    return tensors | {f"model.{name}": p for name, p in drawing.items()}


@pytest.fixture
def shipped_file(tmp_path: Path) -> Path:
    shipped.write(trained(), tmp_path / "mini.safetensors", {"steps": "3"})
    return tmp_path / "mini.safetensors"


def blank() -> Backbone:
    reader = small_reader.reader()
    merge(reader.model)
    return Backbone(reader.model, reader.words.tokenizer)


def test_the_file_is_bf16_and_says_how_it_came_about(shipped_file: Path) -> None:
    tensors = load_file(shipped_file)
    precise = {name for name, t in tensors.items() if t.dtype != torch.bfloat16}
    assert precise == {"connector.mean", "connector.components", "connector.telling"}
    assert len(fingerprint(shipped_file)) == 12


def test_a_model_gets_its_updates_merged(shipped_file: Path) -> None:
    face = blank()
    name = "language_model.model.layers.0.self_attn.q_proj.weight"
    before = face.model.get_parameter(name).clone()
    shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    assert (face.model.get_parameter(name).float() - before).abs().max() > 0.001
    assert not [name for name, _ in face.model.named_modules() if name.endswith("base")]


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_a_file_that_does_not_fit_is_refused(shipped_file: Path, change: str) -> None:
    tensors, face = load_file(shipped_file), blank()
    tensors["rows.more"] = torch.zeros(1)
    if change == "missing":
        tensors = {k: t for k, t in tensors.items() if k != "rows.more" and k != "rows.steady"}
    with pytest.raises(TensorError, match=change):
        shipped.assemble(face.model, face.words.tokenizer, tensors)


def test_a_name_of_no_part_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TensorError, match="belongs to no part"):
        shipped.write({"other.weight": torch.zeros(1)}, tmp_path / "x.safetensors", {})


def test_encoders_beside_a_model_write_rows(shipped_file: Path, tmp_path: Path) -> None:
    face = blank()
    made = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    save_file(shipped.encoder_state(made), tmp_path / shipped.ENCODERS)
    read = shipped.read_encoders(tmp_path, face.model)
    assert read is not None
    photos = [Image.fromarray(small_reader.picture(seed)) for seed in (1, 2)]
    first, again = (RowWriter(face.words, e).write("maeve", photos) for e in (made, read))
    assert torch.equal(first.und, again.und) and torch.equal(first.gen, again.gen)
    assert first.gen.shape == (16, face.config.gen_width)


def test_a_mask_tells_what_the_rows_are_about(shipped_file: Path) -> None:
    face = blank()
    encoders = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    face.writer = RowWriter(face.words, encoders)
    photo, left = Image.fromarray(small_reader.picture(1)), np.zeros((64, 64), np.bool_)
    left[:, :32] = True
    part, whole = face.write_concept("a", [photo], [left]), face.write_concept("a", [photo])
    assert not torch.equal(part.gen, whole.gen)
    assert not torch.equal(part.und, whole.und)


def copied(writer: RowWriter, photo: Image.Image, mask: NDArray[np.bool_]) -> Tensor:
    """Return what a name copies of one photo."""
    known = find_directions(cast(WhitenedConnector, writer.words.model.connector))
    assert known is not None
    name = writer.write("a", [photo], [mask]).sks.detach()[0]
    return normalize(name @ known.copy.T.to(name), dim=-1)


def glimpsed(face: Backbone, photo: Image.Image) -> Tensor:
    """Return what the connector tells of a whole picture."""
    connector, seen = face.model.connector, face.words.look(photo).pixels
    assert face.model.vit_model is not None and isinstance(connector, WhitenedConnector)
    white = connector.whiten(face.model.vit_model(seen[None].to(face.model.dtype)))
    return normalize(connector.glimpse(white)[0, 0].detach(), dim=-1)


def test_a_name_copies_photos_and_crops_alike(shipped_file: Path) -> None:
    face = blank()
    encoders = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    writer = RowWriter(face.words, encoders)
    photo, left = Image.fromarray(small_reader.picture(1)), np.zeros((64, 64), np.bool_)
    left[:, :32] = True
    crop = Image.fromarray(masked_crop(np.asarray(photo), left, 224)[0])
    both = normalize(glimpsed(face, photo) + glimpsed(face, crop), dim=-1)
    assert float(copied(writer, photo, left) @ both) == pytest.approx(1, abs=0.02)


def test_a_doubtful_name_is_the_name_and_more_of_it(shipped_file: Path) -> None:
    face = blank()
    encoders = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    writer = RowWriter(face.words, encoders)
    rows = writer.write("a", [Image.fromarray(small_reader.picture(1))])
    known = find_directions(cast(WhitenedConnector, face.model.connector))
    assert known is not None
    before = rows.sks.detach().clone()
    writer.doubt(rows, 0.5)
    assert torch.allclose(rows.sks.detach() - before, 0.5 * known.named, atol=1e-5)


def test_what_cannot_be_written_is_said(shipped_file: Path) -> None:
    face = blank()
    with pytest.raises(InputError, match="no concept encoders"):
        face.write_concept("a", [])
    encoders = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    with pytest.raises(InputError, match="no photo"):
        RowWriter(face.words, encoders).write("a", [])
