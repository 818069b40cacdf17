"""The catalogue names what can be loaded, and pins what is fetched."""

import re

import pytest

from backbone.catalog import CATALOG, Entry, find_entry, names
from backbone.config import preset_names
from omni_errors import NotFoundError


def test_every_name_is_a_preset_and_unique() -> None:
    assert len(set(names())) == len(names())
    assert set(names()) <= set(preset_names())


@pytest.mark.parametrize("entry", CATALOG, ids=names())
def test_hub_models_are_pinned_to_a_commit_and_sized(entry: Entry) -> None:
    if entry.hub is None:
        assert entry.origin != "hub"
        return
    assert re.fullmatch("[0-9a-f]{40}", entry.hub.revision)
    assert entry.size > 0
    assert not [name for name in entry.hub.files if name.endswith((".bin", ".pt", ".pkl"))]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(NotFoundError, match="tiny") as caught:
        find_entry("huge")
    assert caught.value.exit_code == 3
    assert caught.value.hint == "Run `omni model list`."
