"""Paths in a line are photos where there is a file; everything else stays text."""

from pathlib import Path

import pytest

from cli_attach import as_path, find_photos, to_path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "my cat.jpg"
    path.write_bytes(b"")
    return path


@pytest.mark.parametrize("form", ["{}", "'{}'", '"{}"', "file://{url}", "{escaped}"])
def test_a_dropped_path_is_a_photo_in_every_spelling(photo: Path, form: str) -> None:
    path = str(photo)
    line = form.format(path, url=path.replace(" ", "%20"), escaped=path.replace(" ", "\\ "))
    assert find_photos(line) == ("", [photo])
    if " " not in line or line[0] in "'\"\\" or "\\" in line:
        assert find_photos(f"Who is this? {line}") == ("Who is this?", [photo])


@pytest.mark.parametrize("form", ["{}", " '{}' ", '"{}"', "file://{url}", "{escaped}"])
def test_an_answer_that_is_a_file_is_its_path(photo: Path, form: str) -> None:
    path = str(photo)
    said = form.format(path, url=path.replace(" ", "%20"), escaped=path.replace(" ", "\\ "))
    assert as_path(said) == path


@pytest.mark.parametrize("said", ["yes", "'Maeve'", "~nobody/cat.jpg", "/", "a\0b", "x" * 300])
def test_any_other_answer_stays_as_it_is(said: str) -> None:
    assert as_path(said) == said


def test_two_photos_and_words_are_told_apart(photo: Path, tmp_path: Path) -> None:
    other = tmp_path / "dog.png"
    other.write_bytes(b"")
    text, found = find_photos(f"Compare '{photo}' with {other} please")
    assert (text, found) == ("Compare with please", [photo, other])


@pytest.mark.parametrize(
    "line",
    ["Who is Maeve?", "nothing.jpg", "/help", "a/b or c", "~nobody/cat.jpg", "it's 'odd"],
)
def test_a_line_without_files_stays_as_it_is(line: str) -> None:
    assert find_photos(line) == (line, [])


def test_a_file_that_is_no_picture_is_a_word_unless_spelled_as_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes").write_text("")
    assert find_photos("read my notes") == ("read my notes", [])
    assert find_photos("./notes")[1] == [Path("notes")]


def test_the_home_folder_may_be_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert to_path("~/cat.jpg") == tmp_path / "cat.jpg"
