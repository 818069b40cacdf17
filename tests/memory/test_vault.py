"""Files land whole, once, and for their user only."""

import os
import stat
from pathlib import Path

import pytest

from memory import Memory
from memory.vault import Vault
from omni_errors import InputError, NotFoundError, ResourceError


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_put_is_read(vault: Vault) -> None:
    name = vault.put(b"pixels")
    assert vault.put(b"pixels") == name
    assert (vault.read(name), list(vault.list())) == (b"pixels", [name])
    assert vault.has(name) and vault.remove(name)
    assert not vault.has(name) and not vault.remove(name)


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX systems")
def test_only_its_user_may_look_inside(store: Memory, ana: str, rex: str) -> None:
    store.photos.add(ana, rex, b"pixels")
    paths = [store.folder, *store.folder.rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths}
    assert modes == {(True, 0o700), (False, 0o600)}


@pytest.mark.parametrize(
    "name", ["..", "../../etc/passwd", "", "a" * 63, "G" * 64, "a" * 64 + "\n"]
)
def test_a_name_that_is_no_hash_reaches_no_file(vault: Vault, name: str) -> None:
    with pytest.raises(InputError, match="names no file"):
        vault.read(name)


def test_a_missing_or_damaged_file_is_told(vault: Vault) -> None:
    with pytest.raises(NotFoundError, match="aaaa"):
        vault.read("a" * 64)
    name = vault.put(b"pixels")
    vault.path(name).write_bytes(b"pixelz")
    with pytest.raises(ResourceError, match="damaged"):
        vault.read(name)


def test_a_write_that_fails_leaves_nothing(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="No space left"):
        vault.put(b"pixels")
    assert files(vault.folder) == []


def test_a_sweep_removes_what_no_row_names(store: Memory, ana: str, rex: str) -> None:
    kept = store.photos.add(ana, rex, b"kept")
    store.photos.remove(ana, store.photos.add(ana, rex, b"gone").id)
    orphan = store.vault.put(b"orphan")
    (store.vault.path(orphan).parent / ".unfinished-x").write_bytes(b"half")
    swept = store.sweep()
    assert (swept.files, swept.size) == (3, len(b"goneorphanhalf"))
    assert list(store.vault.list()) == [kept.sha256]


def test_a_lost_file_is_reported(store: Memory, ana: str, rex: str) -> None:
    photo = store.photos.add(ana, rex, b"pixels")
    assert store.missing() == ()
    store.vault.remove(photo.sha256)
    assert store.missing() == (photo.sha256,)
