"""One concept as a zip archive: its rows as JSON, and its files by SHA-256.

An archive may come from anyone. It is checked whole before anything is kept: its paths, sizes,
hashes and form; and all of it is kept, or nothing.
"""

import errno
import hashlib
import io
import json
import os
import re
import stat
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image

from memory.names import name_key
from memory.values import Concept
from memory.wording import matching
from omni_errors import InputError, NotFoundError, OmniError, ResourceError

if TYPE_CHECKING:
    from memory.store import Memory

__all__ = [
    "DAMAGES",
    "FORMAT",
    "MANIFEST",
    "MAX_BYTES",
    "ONE_OF_ALL",
    "WAYS",
    "export_concept",
    "import_concept",
    "of_machine",
    "opened",
    "whole",
]

_T = TypeVar("_T")

FORMAT = "omni-concept"
VERSION = 1
# bounds on what an archive may hold, once unpacked
MAX_FILES = 10_000
MAX_BYTES = 2 * 2**30
MAX_MANIFEST = 64 * 2**20
MAX_NAMES = 100
# as many as a photo may have that is taken in
_MAX_PIXELS = 89_478_485
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# others fail in ways of their own where they are damaged
WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# what zipfile raises where a file is damaged: wrong offsets and names as well
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
# what the machine refuses, whatever is in a file
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
MANIFEST = "manifest.json"
# what an archive is called in a file of all concepts
ONE_OF_ALL = re.compile(r"\d+\.zip")
_FILE = re.compile(r"files/([0-9a-f]{64})")
_HINT = "Export the concept again with this version of OmniPersona."
_CHUNK = 2**20


def export_concept(memory: "Memory", user: str, name: str, path: Path) -> Path:
    """Write a concept with all that belongs to it into a new file.

    Conversations, images and training runs stay behind.

    Raises:
        NotFoundError: if there is no such concept.
        InputError: if there is a file already.
        InputError: if there is more than an import would take.
        ResourceError: if it cannot be written.
    """
    if os.path.exists(path):
        raise InputError(f"{path} exists.", hint="Name another file, or remove it first.")
    with memory.locked(), whole(path) as unfinished:
        concept = memory.concepts.get(user, name)
        manifest, files = _describe(memory, concept)
        _require_room(memory, files, name)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, _written(manifest))
            for sha256 in sorted(files):
                archive.writestr(f"files/{sha256}", memory.vault.read(sha256))
    return path


def import_concept(memory: "Memory", user: str, path: Path, *, name: str | None = None) -> Concept:
    """Add the concept of an archive to a user, under another name if told.

    Raises:
        InputError: if the archive is damaged, unsafe or too large, or the name is taken.
        NotFoundError: if there is no such user or file.
        ResourceError: if it may not be read.
    """
    with opened(path, _bad) as archive:
        manifest = _check(archive, path)
        with memory.locked():
            new = [sha for sha in _hashes(archive) if not memory.vault.has(sha)]
            try:
                with memory.writing():
                    return _add(memory, user, manifest, archive, name)
            except BaseException as error:
                for sha256 in new:
                    memory.vault.remove(sha256)
                if isinstance(error, (KeyError, TypeError, ValueError, AttributeError)):
                    raise _bad(path, f"lacks or misuses {error}") from error
                raise


def _require_room(memory: "Memory", files: Collection[str], name: str) -> None:
    """Refuse to write what an import would refuse to read."""
    # one that is lost is told of when it is read
    kept = [memory.vault.path(sha256) for sha256 in files if memory.vault.has(sha256)]
    size = sum(path.stat().st_size for path in kept)
    if len(files) >= MAX_FILES or size > MAX_BYTES - MAX_MANIFEST:
        raise InputError(
            f"{name} has {len(files)} files of {size} bytes; an archive holds at most "
            f"{MAX_FILES - 1} of {MAX_BYTES - MAX_MANIFEST}.",
            hint="Copy the whole home instead; `omni doctor` says where it is.",
        )


def _written(manifest: Mapping[str, Any]) -> bytes:
    """Write a manifest; without vectors where these make it too large, as models make them anew."""
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) <= MAX_MANIFEST:
        return text
    photos = [{**photo, "vectors": {}} for photo in manifest["photos"]]
    return _written({**manifest, "photos": photos}) if photos != manifest["photos"] else text


def _describe(memory: "Memory", concept: Concept) -> tuple[dict[str, Any], set[str]]:
    """Return the rows of a concept as JSON, and the files they name."""
    user, id = concept.user_id, concept.id
    photos, checkpoints = memory.photos.list(user, id), memory.checkpoints.list(user, id)
    facts = memory.facts.list(user, id)
    files = {photo.sha256 for photo in photos}
    files |= {sha for one in checkpoints for sha in (one.tensors_sha256, one.sidecar_sha256)}
    photo_keys = ("sha256", "media_type", "width", "height", "purpose")
    checkpoint_keys = ("version", "parent", "active", "tensors_sha256", "sidecar_sha256")
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "concept": {
            "name": concept.name,
            "class_name": concept.class_name,
            "former_names": _needed(
                concept.former_names,
                [fact.text for fact in facts],
                {name_key(one.name) for one in memory.concepts.list(user)},
            ),
        },
        "facts": [
            {"text": fact.text, "source": fact.source} | _vectors(memory, user, fact.id)
            for fact in facts
        ],
        "photos": [_pick(photo, photo_keys) | _vectors(memory, user, photo.id) for photo in photos],
        "checkpoints": [_pick(one, checkpoint_keys) for one in checkpoints],
    }
    return manifest, files


def _needed(former: Iterable[str], facts: list[str], taken: set[str]) -> list[str]:
    """Return the former names that facts say, no other; one that is ``taken`` is of others."""
    names = [name for name in former if name_key(name) not in taken]
    return [name for name in names if any(map(matching([name]).search, facts))]


def _pick(value: object, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: getattr(value, key) for key in keys}


def _vectors(memory: "Memory", user: str, item: str) -> dict[str, Any]:
    """Return the vectors of an item, so that it can be found again without a model."""
    return {"vectors": {name: list(v) for name, v in memory.index.all_of(user, item).items()}}


def _add(
    memory: "Memory",
    user: str,
    manifest: Mapping[str, Any],
    archive: zipfile.ZipFile,
    name: str | None,
) -> Concept:
    about = manifest["concept"]
    # its facts say the name that they were told with
    told = [entry["text"] for entry in manifest["facts"]]
    before = _needed(_names(about.get("former_names", [])), told, set())
    former = [*before, about["name"]]
    concept = memory.concepts.add(user, name or about["name"], about["class_name"], former)
    for entry in manifest["facts"]:
        fact = memory.facts.add(user, concept.id, entry["text"], source=entry["source"])
        for embedder, vector in entry["vectors"].items():
            memory.index.put(user, "fact", fact.id, vector, embedder=embedder)
    for entry in manifest["photos"]:
        _add_photo(memory, concept, entry, archive)
    # in order, so that they get their numbers again and find their parents
    renumbered = dict[int, int]()
    for entry in sorted(manifest["checkpoints"], key=lambda one: int(one["version"])):
        kept = memory.checkpoints.add(
            user,
            concept.id,
            archive.read(f"files/{entry['tensors_sha256']}"),
            json.loads(archive.read(f"files/{entry['sidecar_sha256']}")),
            # at the end: an active one would become the parent of those without
            activate=False,
            parent=renumbered.get(entry["parent"]),
        )
        renumbered[entry["version"]] = kept.version
    for entry in manifest["checkpoints"]:
        if entry["active"] is True:
            memory.checkpoints.activate(user, concept.id, renumbered[entry["version"]])
    return concept


def _names(value: Any) -> list[str]:
    if (
        not isinstance(value, list)
        or len(value) > MAX_NAMES
        or not all(isinstance(name, str) for name in value)
    ):
        raise ValueError(f"the former names {str(value)[:80]}")
    return value


def _add_photo(
    memory: "Memory", concept: Concept, entry: Mapping[str, Any], archive: zipfile.ZipFile
) -> None:
    data = archive.read(f"files/{entry['sha256']}")
    _look(data)
    photo = memory.photos.add(
        concept.user_id,
        concept.id,
        data,
        media_type=entry["media_type"],
        width=_size(entry["width"]),
        height=_size(entry["height"]),
        purpose=entry["purpose"],
    )
    for embedder, vector in entry["vectors"].items():
        memory.index.put(concept.user_id, "photo", photo.id, vector, embedder=embedder)


def _look(data: bytes) -> None:
    """Refuse what is no picture, or one that unpacks to far more than photos have."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if image.width * image.height > _MAX_PIXELS:
                raise ValueError(f"a photo of {image.width} × {image.height} pixels")
            image.load()
    except (OSError, SyntaxError, *_BOMBS) as error:
        raise ValueError("a photo that is none") from error


def _size(value: Any) -> int | None:
    if value is not None and not (type(value) is int and 0 < value < 2**31):
        raise ValueError(f"the size {value!r}")
    return value


def _check(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """Check everything in an archive, and return what its manifest says."""
    entries = archive.infolist()
    if entries and all(ONE_OF_ALL.fullmatch(entry.filename) for entry in entries):
        raise InputError(
            f"{path} holds all concepts of an export, not one.", hint="Run `omni import` on it."
        )
    if len(entries) > MAX_FILES:
        raise _bad(path, f"holds {len(entries)} files; at most {MAX_FILES} are allowed")
    if len({entry.filename for entry in entries}) < len(entries):
        raise _bad(path, "holds two files of one name")
    for entry in entries:
        _check_entry(entry, path)
    claimed = sum(entry.file_size for entry in entries)
    if claimed > MAX_BYTES:
        raise _bad(path, f"unpacks to {claimed} bytes; at most {MAX_BYTES} are allowed")
    manifest = _read_manifest(archive, path)
    for entry in entries:
        found = _FILE.fullmatch(entry.filename)
        if found and _hash(archive, entry, path) != found[1]:
            raise _bad(path, f"holds {entry.filename!r}, which is damaged")
    return manifest


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    # names are compared with the only ones there can be: no path gets through
    if entry.filename != MANIFEST and not _FILE.fullmatch(entry.filename):
        raise _bad(path, f"holds {entry.orig_filename!r}, which has no place in it")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise _bad(path, f"holds {entry.filename!r}, which is a link or no plain file")
    if entry.flag_bits & 0x1:
        raise _bad(path, "is encrypted")
    if entry.compress_type not in WAYS:
        raise _bad(path, "is packed in a way that is not read")
    if entry.filename == MANIFEST and entry.file_size > MAX_MANIFEST:
        raise _bad(path, f"has a manifest of {entry.file_size} bytes; {MAX_MANIFEST} are allowed")


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_reading(lambda: archive.read(MANIFEST), path))
    except (ValueError, KeyError, RecursionError) as error:
        raise _bad(path, "has no manifest that can be read") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _bad(path, "is no exported concept")
    if manifest.get("version") != VERSION:
        raise _bad(path, f"is of version {manifest.get('version')!r}; {VERSION} can be read")
    return manifest


def _hash(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> str:
    """Hash a file piece by piece; zipfile stops at the size that was claimed."""

    def work() -> str:
        sum = hashlib.sha256()
        with archive.open(entry) as file:
            while chunk := file.read(_CHUNK):
                sum.update(chunk)
        return sum.hexdigest()

    return _reading(work, path)


def _reading(work: Callable[[], _T], path: Path) -> _T:
    try:
        return work()
    except DAMAGES as error:
        raise of_machine(path, error) or _bad(path, f"cannot be unpacked: {error}") from error


def _hashes(archive: zipfile.ZipFile) -> Iterator[str]:
    for entry in archive.infolist():
        found = _FILE.fullmatch(entry.filename)
        if found:
            yield found[1]


@contextmanager
def opened(path: Path, bad: Callable[[Path, str], OmniError]) -> Iterator[zipfile.ZipFile]:
    """Open a file that was exported; ``bad`` says what is wrong with it.

    Raises:
        NotFoundError: if there is none.
        ResourceError: if it may not be read.
    """
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise NotFoundError(f"There is no file {path}.", hint="Check the path.") from error
    except DAMAGES as error:
        raise of_machine(path, error) or bad(path, f"cannot be opened: {error}") from error
    with archive:
        yield archive


def of_machine(path: Path, error: Exception) -> ResourceError | None:
    """Return what the machine refused while a file was taken in; None if the file is at fault."""
    number = error.errno if isinstance(error, OSError) else None
    if number not in (*_NO_ROOM, *_NOT_ALLOWED):
        return None
    room = "Make room, or set TMPDIR to a folder that has some."
    return ResourceError(
        f"{path} cannot be taken in: {os.strerror(number)}.",
        hint=room if number in _NO_ROOM else "See who may read it, and write to TMPDIR.",
    )


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a private file beside the wanted one, which takes its place when all went well.

    Raises:
        ResourceError: if it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
        os.close(handle)
        try:
            yield Path(name)
            os.replace(name, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)
    except OSError as error:
        raise ResourceError(
            f"{path} cannot be written: {error.strerror}.", hint="Name another file."
        ) from error


def _bad(path: Path, what: str) -> OmniError:
    return InputError(f"The archive {path} {what}.", hint=_HINT)
