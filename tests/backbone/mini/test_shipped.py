"""Trained weights go into the shipped file and come back as a model that does the same."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import normalize

from backbone.face import Backbone
from backbone.mini import shipped
from backbone.mini.installed import fingerprint
from backbone.mini.lora import merge
from backbone.mini.matching import find_directions, written_by
from backbone.mini.row_encoder import RowEncoder
from backbone.mini.views import masked_crop
from backbone.mini.writer import RowWriter
from backbone.model import UnifiedModel
from backbone.whitening import WhitenedConnector
from backbone.words import Words
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


@pytest.mark.parametrize("writer", ["plain", "comparing"])
def test_photos_that_lie_and_photos_that_stand_are_written_together(
    shipped_file: Path, writer: str
) -> None:
    shapes = ((64, 48), (48, 64), (64, 64))
    photos = [Image.fromarray(small_reader.picture(1)).resize(shape) for shape in shapes]
    rows = {"plain": opened, "comparing": comparing}[writer](shipped_file).write("a", photos)
    assert len(rows.gen) == 16 and bool(rows.sks.isfinite().all())


def test_a_model_that_only_understands_writes_rows_that_are_read(
    shipped_file: Path, tmp_path: Path
) -> None:
    whole = opened(shipped_file)
    save_file(shipped.encoder_state(whole.encoders), tmp_path / shipped.ENCODERS)
    model = UnifiedModel(whole.words.model.config.understanding_only())
    encoders = shipped.read_encoders(tmp_path, model)
    assert encoders is not None
    photo = Image.fromarray(small_reader.picture(1))
    rows = RowWriter(Words(model, whole.words.tokenizer), encoders).write("a", [photo])
    assert len(rows.und) and bool(rows.und.isfinite().all()) and len(rows.gen) == 0


def opened(shipped_file: Path) -> RowWriter:
    """Open a writer of shipped encoders."""
    face = blank()
    encoders = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    return RowWriter(face.words, encoders)


def comparing(shipped_file: Path) -> RowWriter:
    """Open a writer whose names copy into directions of their own."""
    face = blank()
    encoders = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    connector = face.model.connector
    assert isinstance(connector, WhitenedConnector)
    found = find_directions(connector)
    assert found is not None
    with torch.no_grad():
        seen = normalize(connector.glance.float(), dim=0)
        encoders.und.read.weight.copy_(0.2 * found.copy.T @ seen.T)
        encoders.und.read.bias.copy_(4 * found.named)
    return RowWriter(face.words, encoders)


def glimpsed(face: UnifiedModel, writer: RowWriter, photo: Image.Image) -> Tensor:
    """Return what the connector tells of a whole picture."""
    connector, seen = face.connector, writer.words.look(photo).pixels
    assert face.vit_model is not None and isinstance(connector, WhitenedConnector)
    white = connector.whiten(face.vit_model(seen[None].to(face.dtype)))
    return normalize(connector.glimpse(white)[0, 0].detach(), dim=-1)


def test_an_encoder_knows_where_it_copies_to(shipped_file: Path) -> None:
    writer = comparing(shipped_file)
    connector = cast(WhitenedConnector, writer.words.model.connector)
    found, written = find_directions(connector), written_by(writer.encoders.und, connector)
    assert found is not None and written is not None
    assert torch.allclose(written.copy, found.copy, atol=1e-3)
    assert torch.allclose(written.named, found.named, atol=1e-3)
    writer.encoders.und.read.weight.data.zero_()
    assert written_by(writer.encoders.und, connector) is None


def test_a_name_copies_photos_and_crops_alike(shipped_file: Path) -> None:
    writer = comparing(shipped_file)
    photo, left = Image.fromarray(small_reader.picture(1)), np.zeros((64, 64), np.bool_)
    left[:, :32] = True
    crop = Image.fromarray(masked_crop(np.asarray(photo), left, 224)[0])
    model = writer.words.model
    both = normalize(glimpsed(model, writer, photo) + glimpsed(model, writer, crop), dim=-1)
    known = written_by(writer.encoders.und, cast(WhitenedConnector, model.connector))
    assert known is not None
    copied = writer.write("a", [photo], [left]).sks.detach()[0] @ known.copy.T
    assert float(normalize(copied, dim=-1) @ both) == pytest.approx(1, abs=0.01)
    assert float(copied.norm()) > 0.1


def test_a_doubtful_name_is_the_name_and_more_of_it(shipped_file: Path) -> None:
    writer = comparing(shipped_file)
    rows = writer.write("a", [Image.fromarray(small_reader.picture(1))])
    before, named = rows.sks.detach().clone(), writer.encoders.und.read.bias.detach() / 4
    writer.doubt(rows, 0.5)
    assert torch.allclose(rows.sks.detach() - before, 0.5 * named, atol=1e-4)


def test_what_cannot_be_written_is_said(shipped_file: Path) -> None:
    face = blank()
    with pytest.raises(InputError, match="no concept encoders"):
        face.write_concept("a", [])
    encoders = shipped.assemble(face.model, face.words.tokenizer, load_file(shipped_file))
    with pytest.raises(InputError, match="no photo"):
        RowWriter(face.words, encoders).write("a", [])
