"""What cannot be used is said in one sentence, and changes nothing."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assistant import Assistant
from learning.checkpoint import CheckpointError
from omni_errors import InputError, NotFoundError, OmniError
from tests.assistant.conftest import paint


def contents(assistant: Assistant) -> dict[str, Any]:
    memory, user = assistant.memory, assistant.user
    return {
        "concepts": assistant.concepts.list(),
        "images": memory.images.list(user),
        "conversations": assistant.conversations.list(),
        "files": sorted(p.name for p in memory.vault.folder.rglob("*") if p.is_file()),
    }


def refuses(assistant: Assistant, error: type[OmniError], call: Any) -> str:
    """Return the sentence with which a call is refused, having changed nothing."""
    before = contents(assistant)
    with pytest.raises(error) as raised:
        call()
    assert contents(assistant) == before
    assert "\n" not in raised.value.message and raised.value.message.endswith((".", "?"))
    return raised.value.message


@pytest.fixture
def broken(tmp_path: Path) -> dict[str, Path]:
    """Write files that no photo is in."""
    whole = tmp_path / "whole.jpg"
    paint(1).resize((300, 200)).save(whole)
    (tmp_path / "cut.jpg").write_bytes(whole.read_bytes()[:900])
    (tmp_path / "text.png").write_text("no picture")
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    (tmp_path / "folder").mkdir()
    names = ("cut.jpg", "text.png", "dot.png", "folder", "absent.png")
    return {name: tmp_path / name for name in names}


@pytest.mark.parametrize("name", ["cut.jpg", "text.png", "dot.png", "folder", "absent.png"])
def test_a_file_without_a_photo(known: Assistant, broken: dict[str, Path], name: str) -> None:
    path = broken[name]
    refuses(known, OmniError, lambda: known.ask("Who is this?", [path]))
    refuses(known, OmniError, lambda: known.edit(path, "make it darker"))
    refuses(known, OmniError, lambda: list(known.chat().send("Who is this?", [path])))
    add = known.concepts.add
    refuses(known, OmniError, lambda: add([path], name="Rex", class_name="dog"))


@pytest.mark.parametrize("name", ["a<b>", "a\x1b[31mb", "a\nb", "", "x" * 65, "a\u202eb"])
def test_what_is_no_name(known: Assistant, photos: Path, name: str) -> None:
    add, folder = known.concepts.add, photos / "rex"
    said = refuses(known, InputError, lambda: add([folder], name=name, class_name="dog"))
    assert "\x1b" not in said and "\u202e" not in said
    refuses(known, InputError, lambda: known.concepts.rename("Maeve", name))


@pytest.mark.parametrize("name", ["..", "[bold]x[/bold]", "'; DROP TABLE concepts; --", "../../x"])
def test_odd_names_are_names_like_others(known: Assistant, photos: Path, name: str) -> None:
    known.concepts.add([photos / "rex"], name=name, class_name="cat")
    drawn = known.draw(f"a photo of <{name}>", seed=1)
    assert drawn.concepts == (name,)
    assert drawn.path.parent == known.picture_folder()
    assert not known.concepts.forget(name, images=True, mentions=True).unexplained
    assert [one.concept.name for one in known.concepts.list()] == ["Maeve"]


def test_tokens_of_another_model(known: Assistant) -> None:
    concept = known.memory.concepts.get(known.user, "Maeve")
    data = known.memory.checkpoints.read(known.user, concept.id, 1)
    sidecar = known.memory.checkpoints.sidecar(known.user, concept.id, 1)
    other = {**sidecar, "backbone": "other:1-2"}
    known.memory.checkpoints.add(known.user, concept.id, data, other)
    said = refuses(known, CheckpointError, lambda: known.ask("What is Maeve's toy?"))
    assert "'other:1-2'" in said


def test_learning_again_mends_tokens_of_another_model(known: Assistant, photos: Path) -> None:
    test_tokens_of_another_model(known)
    known.concepts.add_photos("Maeve", [photos / "maeve"])
    assert known.ask("What is Maeve's toy?").trace["versions"] == {"Maeve": 3}


@pytest.mark.parametrize("text", ["a\x00b", "\udcff", "x" * 8_001])
def test_what_is_no_text_to_say(known: Assistant, photos: Path, text: str) -> None:
    photo = photos / "new-maeve.png"
    refuses(known, InputError, lambda: known.ask(text, [photo]))
    refuses(known, InputError, lambda: known.draw(text))
    refuses(known, InputError, lambda: known.edit(photo, text))
    refuses(known, InputError, lambda: list(known.chat().send(text, [photo])))


def test_what_is_no_text_to_answer_leaves_the_question(known: Assistant) -> None:
    chat = known.chat()
    list(chat.send("remember that Maeve is three"))
    refuses(known, InputError, lambda: list(chat.answer("\udcff")))
    assert chat.waiting is not None


def test_an_empty_text_is_asked_about(known: Assistant) -> None:
    answer = known.ask("  ")
    assert answer.question is not None and answer.question.kind == "clarify"
    refuses(known, InputError, lambda: known.draw(" "))


@pytest.mark.parametrize("id", ["0" * 32, "x", "../../etc", ""])
def test_ids_that_are_none(known: Assistant, id: str) -> None:
    refuses(known, NotFoundError, lambda: known.conversations.show(id))
    refuses(known, NotFoundError, lambda: known.replay_turn(id))
    if id:
        refuses(known, NotFoundError, lambda: known.chat(id))


def test_a_file_that_was_not_exported(known: Assistant, broken: dict[str, Path]) -> None:
    refuses(known, InputError, lambda: known.import_(broken["text.png"]))
    refuses(known, NotFoundError, lambda: known.import_(broken["absent.png"]))


def test_of_a_file_with_one_bad_concept_none_is_taken_in(
    known: Assistant, ben: Assistant, photos: Path, tmp_path: Path
) -> None:
    known.export(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip", "a") as whole:
        whole.writestr("99999.zip", b"no archive")
    known.concepts.forget("Maeve")
    refuses(ben, InputError, lambda: ben.import_(tmp_path / "all.zip"))
    assert list(ben.memory.vault.list()) == []
