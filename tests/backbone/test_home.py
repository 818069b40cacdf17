"""Everything lives under one folder when asked, and only its user may look inside."""

import stat
from pathlib import Path

import pytest

from backbone.home import find_home, private_folder
from omni_errors import ResourceError


def test_omni_home_moves_everything(own_home: Path) -> None:
    folders = find_home().folders()
    assert set(folders) == {"config", "data", "state", "cache"}
    assert all(path.parent == own_home for path in folders.values())


def test_finding_creates_nothing(own_home: Path) -> None:
    find_home()
    assert not own_home.exists()


def test_without_it_each_has_its_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMNI_HOME")
    folders = find_home().folders()
    assert len(set(folders.values())) == 4
    assert all("omni" in str(path) for path in folders.values())


def test_a_new_folder_is_private_all_the_way(own_home: Path) -> None:
    made = private_folder(find_home().data / "images")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (made, made.parent, own_home)}
    assert modes == {0o700}


def test_making_it_twice_is_harmless() -> None:
    path = find_home().state
    assert private_folder(path) == private_folder(path)


def test_a_file_in_its_place_is_told(own_home: Path) -> None:
    own_home.write_text("")
    for path in (own_home, own_home / "data"):
        with pytest.raises(ResourceError, match="OMNI_HOME"):
            private_folder(path)


def test_a_name_that_no_folder_can_have_is_told(own_home: Path) -> None:
    with pytest.raises(ResourceError, match="cannot be created"):
        private_folder(own_home / ("a" * 300))
