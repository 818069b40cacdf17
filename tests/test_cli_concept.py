"""Concepts and single turns from the command line, on the tiny model."""

import json
from datetime import UTC, datetime
from os.path import commonprefix
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import cli
from assistant.guessing import ClassGuess
from assistant.results import Learned
from cli_concept import _note_trained_before, print_receipt
from memory.values import Concept, Finding, Receipt

Out = pytest.CaptureFixture[str]
TINY = ["--model", "tiny"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(2):
        cells = np.random.default_rng(number).integers(0, 256, (4, 6, 3), np.uint8)
        image = Image.fromarray(cells).resize((96, 64), Image.Resampling.NEAREST)
        image.save(folder / f"{number}.png")
    return folder


def run(capsys: Out, *arguments: str) -> Any:
    assert cli.run([*arguments, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def add(capsys: Out, photos: Path, *more: str) -> Any:
    call = ["concept", "add", str(photos), "--name", "Maeve", "--class", "dog", *TINY]
    return run(capsys, *call, "--preset", "none", *more)


def test_a_concept_is_added_listed_and_shown(capsys: Out, photos: Path) -> None:
    added = add(capsys, photos, "--fact", "Her toy is red.", "--fact", "She is old.")
    assert (added["photos"], added["version"]) == (2, 1)
    assert added["facts"] == ["Her toy is red.", "She is old."]
    assert run(capsys, "concept", "list")["concepts"][0]["facts"] == 2
    assert run(capsys, "concept", "show", "maeve")["class"] == "dog"


def test_those_trained_before_a_newcomer_are_named_with_the_command(capsys: Out) -> None:
    names = ("Rex", "Big Bo", "Mia", "Kim")
    newcomer = Concept("c1", "u1", "Maeve", "dog", datetime.now(UTC))
    _note_trained_before(Learned(newcomer, 3, 0, (), (), 1, 2.0, {}, names))
    said = capsys.readouterr()
    told = " ".join((said.out + said.err).split())
    assert "Rex was trained before Maeve was known" in told
    assert (
        "omni concept train 'Big Bo'" in told and "Kim" not in told and "1 other as well." in told
    )


def test_other_files_of_a_folder_are_counted_and_broken_photos_named(
    capsys: Out, photos: Path
) -> None:
    (photos / "notes.txt").write_text("no photo")
    (photos / "list.csv").write_text("no photo")
    (photos / "broken.png").write_text("no photo")
    added = add(capsys, photos)
    assert (added["photos"], added["not_photos"]) == (2, 2)
    assert [Path(one["path"]).name for one in added["unreadable"]] == ["broken.png"]


def test_a_file_that_is_named_is_told_of_whatever_it_is(capsys: Out, photos: Path) -> None:
    (photos / "notes.txt").write_text("no photo")
    added = add(capsys, photos / "0.png", str(photos / "notes.txt"))
    assert (added["not_photos"], len(added["unreadable"])) == (0, 1)


def test_a_name_with_markup_is_printed_as_text(capsys: Out, photos: Path) -> None:
    odd = "[bold]Rex[/nope] 🐕"
    call = ["concept", "add", str(photos), "--name", odd, "--class", "dog", *TINY]
    assert cli.run([*call, "--preset", "none"]) == 0
    assert odd in capsys.readouterr().out
    for command in (["concept"], ["concept", "show", odd], ["memory", "list"], ["log"]):
        assert cli.run(command) == 0
    assert cli.run(["concept", "rename", odd, "[red]"]) == 0
    assert f"{odd} is called [red] now." in capsys.readouterr().out


def test_a_training_shows_its_course_and_keeps_the_better_tokens(
    capsys: Out, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.concept_book import ConceptBook
    from learning.trainer import StepLosses

    def trained(book: ConceptBook, name: str, preset: str, *, on_step: Any) -> dict[str, Any]:
        on_step(StepLosses(10, 1.5, 0.5, 0.5, 0.5, 0.1), 10)
        return {"version": 2, "active": False, "steps": 10, "wall_time_s": 3.2, "why": "Worse."}

    monkeypatch.setattr(ConceptBook, "train", trained)
    assert cli.run(["concept", "train", "Maeve", "--preset", "quick"]) == 0
    out, err = capsys.readouterr()
    assert out == "Maeve is trained: version 2.\n"
    assert "10/10" in err and "Trained 10 steps, 3 s. Worse." in err and "stay in use" in err


def test_a_turn_tells_whom_it_was_about(capsys: Out, photos: Path, tmp_path: Path) -> None:
    add(capsys, photos)
    assert run(capsys, "ask", "Who is Maeve?", *TINY)["concepts"] == ["Maeve"]
    drawn = run(capsys, "draw", "Maeve at sea", "--seed", "4", "-o", str(tmp_path), *TINY)
    assert (drawn["seed"], drawn["concepts"]) == (4, ["Maeve"])
    edited = run(capsys, "edit", drawn["path"], "Remove Maeve.", "--seed", "5", *TINY)
    assert Path(edited["path"]).is_file()


def test_forgetting_asks_first_and_prints_a_receipt(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    assert cli.run(["concept", "forget", "Maeve"]) == 4
    assert "--yes" in capsys.readouterr().err
    receipt = run(capsys, "concept", "forget", "Maeve", "--yes")
    assert receipt["found"] == [] and receipt["files_searched"] > 0
    assert run(capsys, "concept", "list") == {"concepts": []}


def test_a_concept_is_tested_and_renamed(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    tested = run(capsys, "concept", "test", "Maeve", *TINY)
    assert tested["cases"] == 2 and tested["no"] is None
    assert cli.run(["concept", "rename", "Maeve", "Mae"]) == 0
    assert cli.run(["concept", "show", "Maeve"]) == 3


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (["concept", "show", "nobody"], 3, "nobody"),
        (["ask", " ", *TINY], 2, "no text"),
        (["edit", "missing.png", "Remove it.", *TINY], 3, "missing.png"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    capsys: Out, call: list[str], code: int, said: str
) -> None:
    assert cli.run(call) == code
    assert said in capsys.readouterr().err


def test_users_have_their_own_concepts(capsys: Out, photos: Path) -> None:
    add(capsys, photos, "--user", "ana")
    assert run(capsys, "concept", "list", "--user", "ben") == {"concepts": []}
    assert len(run(capsys, "concept", "list", "--user", "ana")["concepts"]) == 1


def test_ids_mean_concepts_wherever_names_do(capsys: Out, photos: Path, tmp_path: Path) -> None:
    add(capsys, photos)
    (one,) = run(capsys, "concept", "list")["concepts"]
    end = one["id"][-8:]
    assert run(capsys, "concept", "show", end)["id"] == one["id"]
    assert run(capsys, "concept", "versions", end)["versions"][0]["version"] == 1
    assert run(capsys, "concept", "rename", end, "Mae") == {"name": "Mae"}
    run(capsys, "concept", "export", end, str(tmp_path / "mae.zip"))
    assert run(capsys, "concept", "forget", one["id"], "--yes")["name"] == "Mae"


def test_a_name_that_looks_like_an_id_is_a_name(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    end = run(capsys, "concept", "list")["concepts"][0]["id"][-8:]
    from assistant import Assistant

    assistant = Assistant()
    assistant.memory.concepts.add(assistant.user, end, "cat")
    assistant.close()
    assert run(capsys, "concept", "show", end)["class"] == "cat"


def test_an_end_that_several_ids_have_is_refused(capsys: Out) -> None:
    from assistant import Assistant

    assistant = Assistant()
    made = [assistant.memory.concepts.add(assistant.user, name, "dog") for name in ("Bo", "Rex")]
    assistant.close()
    # ids begin with the time
    shared = commonprefix([one.id for one in made])
    assert len(shared) >= 8
    assert cli.run(["concept", "forget", shared, "--yes"]) == 3
    assert "Bo, Rex" in capsys.readouterr().err


def test_versions_are_listed_and_rolled_back(capsys: Out, photos: Path) -> None:
    add(capsys, photos)
    (photos / "more").mkdir()
    Image.effect_noise((64, 64), 90).save(photos / "more" / "2.png")
    add(capsys, photos)
    rows = run(capsys, "concept", "versions", "Maeve")["versions"]
    assert [(row["version"], row["active"], row["model"]) for row in rows] == [
        (1, False, "tiny"),
        (2, True, "tiny"),
    ]
    assert run(capsys, "concept", "rollback", "Maeve") == {"name": "Maeve", "version": 1}
    assert cli.run(["concept", "rollback", "Maeve", "--to", "9"]) == 3
    assert "There are: 1, 2." in capsys.readouterr().err


def test_a_receipt_says_the_same_of_many_files_once(capsys: Out) -> None:
    found = [
        *(Finding("name", "Bo", Path(f"{n}.png"), 1, "a picture was kept") for n in range(3)),
        Finding("fact", "a ball", Path("memory.db"), 1, ""),
    ]
    print_receipt(Receipt("Bo", {}, 4, 100, {"name": 1}, tuple(found), ()))
    told = capsys.readouterr().err
    assert "its name in 0.png and 2 more. a picture was kept." in told
    assert "its fact in memory.db." in told


def test_without_a_name_or_class_and_nobody_to_ask_nothing_is_kept(
    capsys: Out, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert cli.run(["concept", "add", str(photos), *TINY]) != 0
    assert "--name" in capsys.readouterr().err
    assert cli.run(["concept", "add", str(photos), "--name", "Maeve", *TINY]) != 0
    assert "What is Maeve" in capsys.readouterr().err
    assert run(capsys, "concept", "list")["concepts"] == []


def test_name_and_class_are_asked_for_where_somebody_is_there(
    capsys: Out, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []

    def answer(question: str, default: str | None, err: bool) -> str:
        asked.append((question, default))
        return ["Maeve", "a dog"][len(asked) - 1]

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", answer)
    added = run(capsys, "concept", "add", str(photos), *TINY, "--preset", "none")
    assert (added["name"], added["class"]) == ("Maeve", "dog")
    assert [default for _, default in asked] == ["photos", None]


def test_clear_photos_say_what_it_is(
    capsys: Out, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    guess = "assistant.concept_book.ConceptBook.guess_class"
    monkeypatch.setattr(guess, lambda book, paths: ClassGuess("dog", True))
    call = ["concept", "add", str(photos), "--name", "Maeve", *TINY, "--preset", "none"]
    assert run(capsys, *call)["class"] == "dog"
