"""Bad input from the command line: one sentence on stderr, a code, and nothing changed."""

import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import cli
from assistant import Assistant
from tests.assistant.conftest import paint

Out = pytest.CaptureFixture[str]


def chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(path: Path) -> None:
    """Claim 60000 × 60000 pixels in a hundred bytes."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def cut(path: Path) -> None:
    paint(1).resize((300, 200)).save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:900])


BAD: dict[str, Callable[[Path], object]] = {
    "bomb.png": bomb,
    "cut.jpg": cut,
    "text.png": lambda path: path.write_text("no picture"),
    "empty.png": lambda path: path.touch(),
    "dot.png": lambda path: Image.new("RGB", (1, 1)).save(path),
    "loop.png": lambda path: path.symlink_to(path),
    "dangling.png": lambda path: path.symlink_to(path.with_name("nowhere.png")),
    "pipe.png": os.mkfifo,
    "page.pdf": lambda path: path.write_bytes(b"%PDF-1.7\n"),
    "phone.heic": lambda path: path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
}


def refused(capsys: Out, *call: str, codes: tuple[int, ...] = (2, 3)) -> str:
    """Run a command that must fail in one sentence and leave no trace; return the sentence."""
    code = cli.run(list(call))
    out, err = capsys.readouterr()
    assert code in codes, (code, err)
    assert out == "" and err.startswith("omni: ") and err.count("\n") == 1, err
    assert "bug" not in err and "\x1b" not in err
    assistant = Assistant()
    assert assistant.concepts.list() == () and assistant.conversations.list() == ()
    assert assistant.memory.images.list(assistant.user) == ()
    assert list(assistant.memory.vault.list()) == []
    assistant.close()
    return err


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_photo(tmp_path: Path, capsys: Out, name: str) -> None:
    path = tmp_path / name
    BAD[name](path)
    known = ["--name", "Rex", "--class", "dog", "--preset", "none", "--model", "tiny"]
    assert name in refused(capsys, "concept", "add", str(path), *known)
    refused(capsys, "edit", str(path), "make it night", "--model", "tiny")
    refused(capsys, "ask", "Who is this?", "-a", str(path), "--model", "tiny")


@pytest.mark.parametrize("name", ["", "a\x1b[31mb", "a\x00b", "<sks>", "\udcff", "x" * 65])
def test_what_is_no_name(tmp_path: Path, capsys: Out, name: str) -> None:
    paint(1).save(tmp_path / "a.png")
    call = ["concept", "add", str(tmp_path), "--class", "dog", "--model", "tiny"]
    refused(capsys, *call, "--name", name)
    refused(capsys, "concept", "list", "--user", name or "\n")


@pytest.mark.parametrize(
    "call",
    [
        ("ask", "a\x00b", "--model", "tiny"),
        ("ask", "x" * 8_001, "--model", "tiny"),
        ("draw", "a dog", "--seed", "-1", "--model", "tiny"),
        ("draw", "a dog", "--seed", str(2**70), "--model", "tiny"),
        ("log", "list", "-q", "\udcff"),
        ("log", "show", "\udcff"),
        ("replay", "../../etc"),
        ("concept", "show", "'; DROP TABLE concept; --"),
        ("concept", "train", "..", "--preset", "fast"),
        ("concept", "add", "nowhere/*.png", "--name", "Rex", "--class", "dog"),
    ],
    ids=lambda call: " ".join(call)[:30],
)
def test_what_is_no_text_seed_or_id(capsys: Out, call: tuple[str, ...]) -> None:
    refused(capsys, *call)


LONG = "What is on the table in this photo? " * 200


@pytest.mark.parametrize(
    "call",
    [
        ("edit", LONG, "photo.jpg", "--model", "tiny"),
        ("ask", "Who is this?", "-a", LONG, "--model", "tiny"),
        ("concept", "add", LONG, "--class", "dog", "--preset", "none"),
        ("concept", "add", LONG, "--name", "Rex", "--class", "dog", "--preset", "none"),
        ("image", "strip", LONG, "-o", "bare.png"),
        ("export", LONG),
        ("import", LONG),
        ("concept", "import", LONG),
    ],
    ids=lambda call: " ".join(call)[:20],
)
def test_a_text_where_a_file_belongs(capsys: Out, call: tuple[str, ...]) -> None:
    refused(capsys, *call)


@pytest.mark.parametrize("entry", ["../../evil", "/etc/evil", "files/../evil", "evil.txt"])
def test_an_archive_that_reaches_out(tmp_path: Path, capsys: Out, entry: str) -> None:
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, "evil")
    refused(capsys, "concept", "import", str(path))
    refused(capsys, "import", str(path))
    assert [one for one in tmp_path.rglob("*evil*")] == []
