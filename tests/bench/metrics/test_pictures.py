"""Similarities, faces, edits and forgetting on cases worked out by hand."""

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from bench.metrics import faces
from bench.metrics.editing import distance_outside, edit_score, flipped, ssim_map, ssim_outside
from bench.metrics.encoders import (
    CLIP_NAME,
    DINO_NAME,
    ConstantEncoder,
    EfficientNetLite,
    open_encoders,
    washed,
)
from bench.metrics.faces import InsightFace, compare_faces, face_sized
from bench.metrics.forgetting import fingerprint
from bench.metrics.pictures import detail, is_blank
from bench.metrics.similarity import Vectors, image_similarity, nearest, text_similarity, units
from omni_errors import ResourceError


def noise(seed: int, side: int = 32) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)
    return Image.fromarray(levels)


class Grey:
    """Sees every pixel as it is."""

    name = "grey"

    def embed(self, images: Sequence[Image.Image]) -> Vectors:
        return units(np.stack([np.asarray(i.convert("L"), np.float64).ravel() for i in images]))


def test_image_similarity_is_the_mean_over_references_then_pictures() -> None:
    made = np.array([[2.0, 0.0], [0.0, 3.0]])
    references = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 5.0]])
    half = 1 / math.sqrt(2)
    wanted = ((1 + half + 0) / 3 + (0 + half + 1) / 3) / 2
    assert image_similarity(made, references) == pytest.approx(wanted)


def test_text_similarity_compares_each_text_with_its_own_picture() -> None:
    texts, made = np.array([[1.0, 0], [0, 2.0]]), np.array([[3.0, 0], [1.0, 1.0]])
    assert text_similarity(texts, made) == pytest.approx((1 + 1 / math.sqrt(2)) / 2)


def test_nearest_ignores_what_all_subjects_share() -> None:
    subjects = np.array([[10.0, 1.0], [10.0, -1.0]])
    assert nearest(np.array([[9.0, 0.1], [50.0, -0.2]]), subjects) == [0, 1]


def test_faces_that_are_missing_are_counted() -> None:
    one, other = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    found = compare_faces([one, None], [one, other, None, None])
    assert found is not None
    assert (found.similarity, found.made_without, found.references_without) == (0.5, 0.5, 0.5)


def test_without_any_face_there_is_no_similarity() -> None:
    found = compare_faces([np.array([1.0, 0.0])], [None])
    assert found is not None
    assert (found.similarity, found.made_without) == (None, 1.0)
    assert compare_faces([None], [np.array([1.0, 0.0])]) is None


def insightface(monkeypatch: pytest.MonkeyPatch, opened: Callable[..., object]) -> None:
    package, app = ModuleType("insightface"), ModuleType("insightface.app")
    app.FaceAnalysis = opened  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "insightface", package)
    monkeypatch.setitem(sys.modules, "insightface.app", app)


def test_without_weights_insightface_is_not_even_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    insightface(monkeypatch, lambda **options: opened.append(options))
    monkeypatch.setattr(faces, "_WEIGHTS", tmp_path)
    with pytest.raises(ResourceError, match="glintr100"):
        InsightFace()
    assert opened == []


def test_weights_that_cannot_be_read_end_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(**options: object) -> None:
        raise AssertionError("no detection model")

    insightface(monkeypatch, opened)
    monkeypatch.setattr(faces, "_WEIGHTS", tmp_path)
    for name in ("scrfd_10g_bnkps.onnx", "glintr100.onnx"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ResourceError, match="no detection model"):
        InsightFace()


class Analysis:
    """Finds a small face, a large one and one far to the right, and keeps the pixels it saw."""

    def __init__(self, **options: object) -> None:
        self.seen: list[list[int]] = []

    def prepare(self, **options: object) -> None:
        pass

    def get(self, pixels: NDArray[np.uint8]) -> list[SimpleNamespace]:
        self.seen.append(pixels[0, 0].tolist())
        boxes = {(0, 0, 9, 9): (1, 0), (10, 0, 30, 30): (0, 1), (90, 90, 95, 95): (1, 1)}
        return [SimpleNamespace(bbox=box, normed_embedding=row) for box, row in boxes.items()]


def test_the_largest_face_is_looked_for_in_bgr(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Analysis()
    insightface(monkeypatch, lambda **options: app)
    monkeypatch.setattr(faces, "_need_weights", lambda folder: None)
    vector = InsightFace().find(Image.new("RGB", (64, 64), (10, 20, 30)))
    assert vector is not None
    assert vector.tolist() == [0, 1]
    assert app.seen == [[30, 20, 10]]


def test_faces_are_looked_for_at_unifybench_s_size() -> None:
    assert face_sized(Image.new("RGB", (100, 50))).size == (1280, 640)
    assert face_sized(Image.new("RGB", (300, 200))).size == (1280, 832)


def test_the_worse_mark_of_each_pair_counts() -> None:
    score = edit_score(8, 2, 9, 5)
    assert (score.sc, score.pq, score.mean) == (0.2, 0.5, 0.35)
    assert score.geometric == pytest.approx(math.sqrt(0.1))


def test_one_mark_of_0_makes_the_geometric_mean_0() -> None:
    assert edit_score(0, 10, 10, 10).geometric == 0
    assert edit_score(0, 10, 10, 10).mean == 0.5


def test_ssim_of_two_flat_pictures_is_of_their_light_alone() -> None:
    one, other = np.full((20, 20), 100.0), np.full((20, 20), 50.0)
    wanted = (2 * 100 * 50 + 6.5025) / (100**2 + 50**2 + 6.5025)
    assert ssim_map(one, other) == pytest.approx(np.full((20, 20), wanted))


def test_ssim_agrees_with_scikit_image() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    one, other = (np.asarray(noise(n).convert("L"), np.float64) for n in (1, 2))
    other = 0.5 * one + 0.5 * other
    _, theirs = metrics.structural_similarity(
        one,
        other,
        full=True,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim_map(one, other) == pytest.approx(theirs, abs=1e-3)


def test_a_change_inside_the_mask_costs_nothing_outside() -> None:
    source = noise(1)
    edited, mask = source.copy(), np.zeros((32, 32), bool)
    edited.paste("white", (0, 0, 8, 8))
    mask[:16, :16] = True
    assert ssim_outside(source, edited, mask) == pytest.approx(1)
    assert (ssim_outside(source, edited, ~mask) or 0) < 0.9
    assert ssim_outside(source, edited, np.ones((32, 32), bool)) is None


def test_a_change_up_to_the_mask_s_edge_costs_nothing_outside() -> None:
    source, mask = noise(1), np.zeros((32, 32), bool)
    edited = source.copy()
    edited.paste("white", (0, 0, 16, 16))
    mask[:16, :16] = True
    # windows of 11 pixels at the edge would see the white
    assert ssim_outside(source, edited, mask) == pytest.approx(1)


def test_a_distance_is_1_less_the_cosine() -> None:
    before, after = (
        Image.fromarray(np.array([[[a] * 3, [b] * 3]], np.uint8)) for a, b in ((30, 40), (40, 30))
    )
    nothing, first = np.zeros((1, 2), bool), np.array([[True, False]])
    # (3, 4) and (4, 3) have the cosine 24 / 25
    assert distance_outside(Grey(), before, after, nothing) == pytest.approx(1 / 25)
    # (3, 4) and (3, 3): 21 / (5 * 3 sqrt 2)
    wanted = 1 - 7 / (5 * math.sqrt(2))
    assert distance_outside(Grey(), before, after, first) == pytest.approx(wanted)


def test_features_differ_only_by_what_lies_outside_the_mask() -> None:
    source, mask = noise(1), np.zeros((32, 32), bool)
    edited = source.copy()
    edited.paste("white", (0, 0, 8, 8))
    mask[:16, :16] = True
    assert distance_outside(Grey(), source, edited, mask) == pytest.approx(0)
    assert (distance_outside(Grey(), source, edited, ~mask) or 0) > 0.001
    assert distance_outside(Grey(), source, edited, np.ones((32, 32), bool)) is None


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [
        *((1.0, -1.0, True), (1.0, 0.5, False), (-1.0, -2.0, None)),
        # the threshold is 0, which itself is no yes
        *((0.1, -0.1, True), (0.2, 0.1, False), (0.1, 0.0, True), (0.0, -1.0, None)),
    ],
)
def test_only_what_was_recognised_can_flip(before: float, after: float, result: object) -> None:
    assert flipped(before, after) is result


def test_washed_levels_lie_in_the_upper_half() -> None:
    image = Image.fromarray(np.array([[[0, 127, 255]]], np.uint8))
    assert np.asarray(washed(image)).tolist() == [[[128, 191, 255]]]


def test_the_offline_encoder_tells_pictures_apart_and_is_not_called_clip() -> None:
    encoder = EfficientNetLite()
    vectors = encoder.embed([noise(1), noise(1), Image.new("RGB", (50, 30), "red")])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3))
    assert vectors[0] @ vectors[1] == pytest.approx(1)
    assert vectors[0] @ vectors[2] < 0.9
    assert "clip" not in encoder.name


def test_encoders_that_are_not_here_are_named_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(name: str, model: str, processor: str) -> None:
        raise ResourceError(f"No {name}.", hint="Fetch it.")

    monkeypatch.setattr("bench.metrics.encoders._cached", refuse)
    found, missing = open_encoders()
    assert [encoder.name for encoder in found] == ["efficientnet-lite0"]
    assert missing == {name: f"No {name}. Fetch it." for name in (CLIP_NAME, DINO_NAME)}


def test_the_constant_encoder_tells_nothing_apart() -> None:
    one, other = ConstantEncoder().embed([noise(1), noise(2)])
    assert one @ other == pytest.approx(1)


def test_a_black_picture_is_blank_and_noise_is_not() -> None:
    assert is_blank(Image.new("RGB", (16, 16)))
    assert not is_blank(noise(1))
    assert detail(Image.new("RGB", (16, 16), "red")) == 0


@pytest.mark.parametrize("turned", [False, True])
def test_detail_counts_differences_across_and_down(turned: bool) -> None:
    stripes = np.zeros((4, 4), np.uint8)
    stripes[::2] = 100
    # along the stripes nothing differs, across them every pair by 100
    assert detail(Image.fromarray(stripes.T.copy() if turned else stripes)) == 50


def test_a_buffer_belongs_to_the_fingerprint() -> None:
    layer = torch.nn.BatchNorm1d(2)
    before, mean = fingerprint(layer), layer.running_mean
    assert mean is not None
    mean[1] = 0.5
    assert before.changes(fingerprint(layer)) == ["weights differ"]


def test_a_single_bit_changes_the_fingerprint() -> None:
    layer = torch.nn.Linear(3, 2)
    before = fingerprint(layer, ("Paris",))
    assert before.changes(fingerprint(layer, ("Paris",))) == []
    with torch.no_grad():
        layer.weight[0, 0] += 1e-6
    assert before.changes(fingerprint(layer, ("Rome",))) == ["weights differ", "answer 1 differs"]
