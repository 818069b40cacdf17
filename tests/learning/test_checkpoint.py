"""Tokens come back bit by bit, and only into the model they were learned with."""

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Generator

from backbone import ConceptTokens, Routing, load
from backbone.face import Backbone
from backbone.loading import LoadOptions
from learning.checkpoint import CheckpointError, backbone_id, pack, unpack
from omni_errors import InputError, WeightsError


def tokens(face: Backbone, routing: Routing | None = None) -> ConceptTokens:
    generator = Generator().manual_seed(1)
    return ConceptTokens.random("maeve", face.config, generator, routing=routing)


def packed(face: Backbone) -> tuple[bytes, dict[str, Any]]:
    return pack(tokens(face), face, {"class": "dog", "seed": 7, "parent": 2})


def test_tokens_come_back_bit_by_bit(tiny: Backbone) -> None:
    data, sidecar = packed(tiny)
    back, first = unpack(data, json.loads(json.dumps(sidecar)), tiny), tokens(tiny)
    assert back.name == "maeve"
    for ours, theirs in zip(back.parameters(), first.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_sidecar_speaks_without_torch(tiny: Backbone) -> None:
    _, sidecar = packed(tiny)
    known = json.loads(json.dumps(sidecar))
    assert known["class"] == "dog" and known["parent"] == 2 and known["seed"] == 7
    assert known["shapes"]["und"] == [16, 80] and known["format"] == 1
    assert known["backbone"].startswith("tiny:")


def test_a_new_name_and_the_routing_are_kept(tiny: Backbone) -> None:
    data, sidecar = pack(tokens(tiny, Routing(hide_gen_in_und=True)), tiny, {})
    back = unpack(data, sidecar, tiny, "mo")
    assert back.name == "mo" and back.routing.hide_gen_in_und


def test_other_weights_are_refused(tiny: Backbone) -> None:
    data, sidecar = packed(tiny)
    other = load("tiny", LoadOptions(seed=1))
    with pytest.raises(WeightsError, match="belong to 'tiny:") as caught:
        unpack(data, sidecar, other)
    assert "Learn the concept again" in str(caught.value)


def test_fewer_bits_and_no_pictures_are_the_same_weights(tiny: Backbone) -> None:
    data, sidecar = packed(tiny)
    assert backbone_id(load("tiny", LoadOptions(dtype="bfloat16"))) == backbone_id(tiny)
    unpack(data, sidecar, load("tiny", LoadOptions(understanding_only=True)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 9}, "format 9"),
        ({"format": None}, "format None"),
        ({"shapes": {"und": [1, 2]}}, "shapes"),
        ({"backbone": "bagel:1-2"}, "bagel"),
        ({"routing": {"upside_down": True}}, "do not fit"),
        ({"sha256": "0"}, "not those"),
    ],
)
def test_a_record_that_does_not_fit_is_refused(
    tiny: Backbone, change: dict[str, Any], words: str
) -> None:
    data, sidecar = packed(tiny)
    with pytest.raises(CheckpointError, match=words):
        unpack(data, {**sidecar, **change}, tiny)


def test_damaged_bytes_are_refused(tiny: Backbone) -> None:
    data, sidecar = packed(tiny)
    for bad in (b"", data[:100], data[:-8], b"x" * len(data)):
        with pytest.raises(CheckpointError):
            unpack(bad, sidecar, tiny)
        with pytest.raises(CheckpointError):
            unpack(bad, {k: v for k, v in sidecar.items() if k != "sha256"}, tiny)


def test_values_that_are_no_numbers_are_refused(tiny: Backbone) -> None:
    bad = tokens(tiny)
    bad.und.data[0, 0] = float("nan")
    data, sidecar = pack(bad, tiny, {})
    with pytest.raises(CheckpointError, match="no numbers"):
        unpack(data, sidecar, tiny)


def test_rows_of_another_width_are_not_packed(tiny: Backbone) -> None:
    trunk = tiny.config.trunk
    wide = replace(trunk, understanding=replace(trunk.understanding, hidden_size=160))
    other = ConceptTokens.random("m", replace(tiny.config, trunk=wide), Generator().manual_seed(1))
    with pytest.raises(InputError, match="wide"):
        pack(other, tiny, {})
