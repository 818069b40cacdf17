"""Headers of safetensors files are believed only as far as the file bears them out."""

import json
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from backbone.safetensors_header import MAX_HEADER_BYTES, read_header
from omni_errors import FolderError, TruncatedError, WeightsError


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_file({"a": torch.ones(2, 3), "b": torch.ones(4, dtype=torch.bfloat16)}, path)
    return path


def header_of(tensors: object, body: bytes = b"") -> bytes:
    text = json.dumps(tensors).encode()
    return len(text).to_bytes(8, "little") + text + body


def test_names_shapes_and_dtypes_are_read(good: Path) -> None:
    found = read_header(good)
    assert found["a"].shape == (2, 3)
    assert found["b"].dtype == "BF16"


def test_metadata_is_not_a_tensor(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_file({"a": torch.ones(1)}, path, metadata={"format": "pt"})
    assert list(read_header(path)) == ["a"]


@pytest.mark.parametrize("kept", [0, 4, 8, 30, -1])
def test_a_shortened_file_is_told_as_cut_short(good: Path, kept: int) -> None:
    good.write_bytes(good.read_bytes()[:kept])
    with pytest.raises(TruncatedError, match="model.safetensors"):
        read_header(good)


def test_a_lengthened_file_is_refused(good: Path) -> None:
    good.write_bytes(good.read_bytes() + b"more")
    with pytest.raises(FolderError, match="without gaps"):
        read_header(good)


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="No such file"):
        read_header(tmp_path / "none.safetensors")


def test_a_huge_header_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.safetensors"
    path.write_bytes((MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{}")
    with pytest.raises(FolderError, match="header"):
        read_header(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\x04\0\0\0\0\0\0\0nope",
        header_of([1]),
        header_of({"a": 1}),
        header_of({"a": {"dtype": "F32", "shape": [1]}}),
        header_of({"a": {"dtype": "pickle", "shape": [1], "data_offsets": [0, 4]}}, b"0000"),
        header_of({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"0000"),
        header_of({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}}, b"0000"),
        header_of({"a": {"dtype": "F32", "shape": ["x"], "data_offsets": [0, 4]}}, b"0000"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.safetensors"
    path.write_bytes(content)
    with pytest.raises(FolderError, match="odd.safetensors"):
        read_header(path)


def test_overlapping_tensors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "overlap.safetensors"
    one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    path.write_bytes(header_of({"a": one, "b": one}, b"0000"))
    with pytest.raises(FolderError, match="gaps"):
        read_header(path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prefix=st.binary(max_size=40), cut=st.integers(0, 200))
def test_damage_of_any_kind_is_an_error_of_ours(good: Path, prefix: bytes, cut: int) -> None:
    path = good.with_name("damaged.safetensors")
    path.write_bytes(prefix + good.read_bytes()[cut:])
    try:
        read_header(path)
    except WeightsError as error:
        assert "damaged" in str(error)
