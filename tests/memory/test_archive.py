"""An exported concept comes back whole; a bad archive changes nothing."""

import hashlib
import io
import json
import stat
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from memory import Memory, archive
from omni_errors import InputError
from tests.memory.conftest import TENSORS


def _photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(out, "PNG")
    return out.getvalue()


PHOTO = _photo()
Edit = Callable[[dict[str, bytes]], Any]


@pytest.fixture
def zipped(store: Memory, ana: str, rex: str, tmp_path: Path) -> Path:
    fact = store.facts.add(ana, rex, "Rex is old", source="guess")
    photo = store.photos.add(ana, rex, PHOTO, width=4, height=3, purpose="held-out")
    for loss in (2, 1):
        store.checkpoints.add(ana, rex, TENSORS, {"loss": loss})
    store.checkpoints.activate(ana, rex, 1)
    store.index.put(ana, "fact", fact.id, [1, 2])
    store.index.put(ana, "photo", photo.id, [2, 1, 0], embedder="eyes")
    return store.export(ana, "rex", tmp_path / "rex.zip")


def edited(path: Path, edit: Edit) -> Path:
    """Write the archive again, after a change to what it holds."""
    with zipfile.ZipFile(path) as old:
        held = {name: old.read(name) for name in old.namelist()}
    edit(held)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in held.items():
            new.writestr(name, data)
    return path


def manifest(**changes: Any) -> Edit:
    def edit(held: dict[str, bytes]) -> None:
        held["manifest.json"] = json.dumps(json.loads(held["manifest.json"]) | changes).encode()

    return edit


def swapped(held: dict[str, bytes], data: bytes) -> None:
    """Put other bytes in the photo's place, under their own hash."""
    told, sha256 = json.loads(held["manifest.json"]), hashlib.sha256(data).hexdigest()
    del held[f"files/{told['photos'][0]['sha256']}"]
    told["photos"][0]["sha256"] = sha256
    held |= {"manifest.json": json.dumps(told).encode(), f"files/{sha256}": data}


def bomb() -> bytes:
    """Give a picture whose head claims 40 000 × 40 000 pixels."""
    side = (40_000).to_bytes(4, "big")
    head = b"IHDR" + side + side + bytes([8, 2, 0, 0, 0])
    return PHOTO[:12] + head + zlib.crc32(head).to_bytes(4, "big") + PHOTO[33:]


def state(store: Memory, folder: Path) -> object:
    users = [(user, store.concepts.summaries(user.id)) for user in store.users.list()]
    return users, sorted(store.vault.list())


def test_a_concept_comes_back_whole(store: Memory, bo: str, zipped: Path) -> None:
    rex = store.import_(bo, zipped)
    (fact,), (photo,) = store.facts.list(bo, rex.id), store.photos.list(bo, rex.id)
    assert (rex.name, rex.class_name, fact.text, fact.source) == (
        "Rex",
        "dog",
        "Rex is old",
        "guess",
    )
    assert (photo.width, photo.purpose, store.photos.read(bo, photo.id)) == (
        4,
        "held-out",
        PHOTO,
    )
    versions = [(one.version, one.parent, one.active) for one in store.checkpoints.list(bo, rex.id)]
    assert versions == [(1, None, True), (2, 1, False)]
    assert store.checkpoints.sidecar(bo, rex.id, 2) == {"loss": 1}


def test_it_is_found_again_without_a_model(store: Memory, bo: str, zipped: Path) -> None:
    rex = store.import_(bo, zipped)
    (photo,) = store.photos.list(bo, rex.id)
    found = store.index.nearest("photo", [2, 1, 0], bo, 3, rex.id, embedder="eyes")
    assert [one.id for one in found] == [photo.id]


def test_a_taken_name_needs_another(store: Memory, ana: str, zipped: Path) -> None:
    with pytest.raises(InputError, match="'Rex' already"):
        store.import_(ana, zipped)
    assert store.import_(ana, zipped, name="Rex II").name == "Rex II"


def test_under_another_name_it_is_known_what_its_facts_call_it(
    store: Memory, ana: str, bo: str, zipped: Path
) -> None:
    assert store.import_(ana, zipped, name="Max").former_names == ("Rex",)
    assert store.import_(bo, zipped).former_names == ()


def test_former_names_that_facts_say_come_along(
    store: Memory, ana: str, bo: str, rex: str, tmp_path: Path
) -> None:
    store.facts.add(ana, rex, "Rex is old")
    for name in ("Secret", "Max"):
        store.concepts.rename(ana, store.concepts.by_id(ana, rex).name, name)
    path = store.export(ana, "Max", tmp_path / "max.zip")
    assert store.import_(bo, path).former_names == ("Rex",)


def test_a_former_name_that_is_of_somebody_else_stays(
    store: Memory, ana: str, bo: str, rex: str, tmp_path: Path
) -> None:
    store.facts.add(ana, rex, "Max chases Rex")
    store.concepts.rename(ana, "Rex", "Max")
    store.concepts.add(ana, "Rex")
    path = store.export(ana, "Max", tmp_path / "max.zip")
    assert store.import_(bo, path).former_names == ()


def test_former_names_that_no_fact_says_are_not_taken_over(
    store: Memory, bo: str, zipped: Path
) -> None:
    about = {"name": "Max", "class_name": "dog", "former_names": ["Rex", "the"]}
    assert store.import_(bo, edited(zipped, manifest(concept=about))).former_names == ("Rex",)


@pytest.mark.parametrize("names", ["Rex", [1], {"Rex": 1}, ["Rex"] * 101])
def test_former_names_of_no_form_are_refused(
    store: Memory, bo: str, zipped: Path, names: object
) -> None:
    about = {"name": "Rex", "class_name": "dog", "former_names": names}
    with pytest.raises(InputError, match="former names"):
        store.import_(bo, edited(zipped, manifest(concept=about)))


def test_an_export_never_overwrites(store: Memory, ana: str, zipped: Path) -> None:
    with pytest.raises(InputError, match="exists"):
        store.export(ana, "Rex", zipped)
    assert [path.name for path in zipped.parent.glob("*rex*")] == ["rex.zip"]


BAD: dict[str, Edit] = {
    "an absolute path": lambda held: held.update({"/etc/cron": b""}),
    "a path upwards": lambda held: held.update({"../../evil": b""}),
    "a hidden path upwards": lambda held: held.update({f"files/../{'a' * 64}": b""}),
    "a backslash": lambda held: held.update({f"files\\{'a' * 64}": b""}),
    "a stray file": lambda held: held.update({"notes.txt": b""}),
    "another hash": lambda held: held.update({f"files/{'a' * 64}": b"not it"}),
    "no manifest": lambda held: held.pop("manifest.json"),
    "no json": lambda held: held.update({"manifest.json": b"{"}),
    "a list": lambda held: held.update({"manifest.json": b"[]"}),
    "another format": manifest(format="zip"),
    "a later version": manifest(version=2),
    "no concept": manifest(concept=None),
    "a name with a token": manifest(concept={"name": "<sks>", "class_name": ""}),
    "facts of another form": manifest(facts=[{"text": 7, "source": "user", "vectors": {}}]),
    "a vector of another form": manifest(
        facts=[{"text": "a", "source": "user", "vectors": {"default": ["x"]}}]
    ),
    "a missing photo": manifest(photos=[{"sha256": "b" * 64, "media_type": "image/png"}]),
    "a photo from elsewhere": manifest(
        photos=[{"sha256": "../../manifest.json", "media_type": "image/png"}]
    ),
    "a photo that is none": lambda held: swapped(held, b"no picture"),
    "a photo that unpacks to gigabytes": lambda held: swapped(held, bomb()),
    "a checkpoint of no tensors": lambda held: manifest(
        checkpoints=[
            {
                "version": 1,
                "parent": None,
                "active": True,
                "tensors_sha256": hashlib.sha256(PHOTO).hexdigest(),
                "sidecar_sha256": hashlib.sha256(PHOTO).hexdigest(),
            }
        ]
    )(held),
}


def test_what_an_import_would_refuse_is_not_exported(
    store: Memory, ana: str, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    with pytest.raises(InputError, match="holds at most 2"):
        store.export(ana, "rex", zipped.with_name("again.zip"))
    assert not zipped.with_name("again.zip").exists()


def test_vectors_stay_behind_where_there_are_too_many(
    store: Memory, ana: str, bo: str, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        archive, "MAX_MANIFEST", len(zipfile.ZipFile(zipped).read("manifest.json")) - 1
    )
    rex = store.import_(bo, store.export(ana, "rex", zipped.with_name("again.zip")))
    (photo,) = store.photos.list(bo, rex.id)
    assert store.index.all_of(bo, photo.id) == {}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_archive_changes_nothing(
    store: Memory, ana: str, bo: str, zipped: Path, bad: str
) -> None:
    edited(zipped, BAD[bad])
    store.forget(ana, "Rex")
    before = state(store, zipped.parent)
    with pytest.raises(InputError):
        store.import_(bo, zipped)
    assert state(store, zipped.parent) == before
    assert not [path for path in zipped.parent.rglob("*evil*")]


def test_a_link_is_refused(store: Memory, bo: str, zipped: Path) -> None:
    target = b"/etc/passwd"
    link = zipfile.ZipInfo(f"files/{hashlib.sha256(target).hexdigest()}")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(zipped, "a") as file:
        file.writestr(link, target)
    with pytest.raises(InputError, match="is a link or no plain file"):
        store.import_(bo, zipped)


@pytest.mark.parametrize(
    ("bound", "value"), [("MAX_BYTES", 9), ("MAX_FILES", 2), ("MAX_MANIFEST", 9)]
)
def test_a_bomb_is_refused_by_its_size(
    store: Memory, bo: str, zipped: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(archive, bound, value)
    with pytest.raises(InputError, match="allowed"):
        store.import_(bo, zipped)
    assert store.concepts.list(bo) == ()


def test_a_size_that_is_not_what_it_claims_is_refused(store: Memory, bo: str, zipped: Path) -> None:
    data = bytearray(zipped.read_bytes())
    middle = data.find(b"files/") + 70
    data[middle : middle + 8] = b"\x00" * 8
    zipped.write_bytes(data)
    with pytest.raises(InputError, match="rex.zip"):
        store.import_(bo, zipped)


def test_another_way_of_packing_is_refused(store: Memory, bo: str, zipped: Path) -> None:
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("manifest.json", "{}")
    with pytest.raises(InputError, match="packed in a way"):
        store.import_(bo, zipped)


def test_whatever_byte_is_damaged_it_is_told(store: Memory, bo: str, zipped: Path) -> None:
    whole = zipped.read_bytes()
    # the directory lies at the end: its names, ways and offsets
    for place in range(len(whole) - 70, len(whole)):
        zipped.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
        with suppress(InputError):
            store.forget(bo, store.import_(bo, zipped).name)
    assert store.concepts.list(bo) == ()


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04"])
def test_what_is_no_archive_is_told(store: Memory, bo: str, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.zip"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"bad\.zip cannot be opened"):
        store.import_(bo, path)
