"""Settings: flag over environment over file over default, and only what is allowed."""

import json
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cli
from cli_options import open_assistant
from cli_settings import KEYS, file_path, in_force, read_file, write_file
from omni_errors import InputError, ResourceError

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in KEYS:
        monkeypatch.delenv(key.variable, raising=False)


def run(capsys: Out, *arguments: str) -> Any:
    assert cli.run([*arguments, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def user_of(capsys: Out, *arguments: str) -> str:
    """Tell which user a command used, by the one it made."""
    from assistant import Assistant

    assert cli.run(["concept", *arguments]) == 0
    assistant = Assistant()
    names = [user.name for user in assistant.memory.users.list()]
    assistant.close()
    return names[-1]


def test_a_flag_beats_the_environment_the_file_and_the_default(
    capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert user_of(capsys) == "me"
    write_file({"user": "from the file"})
    assert user_of(capsys, "list") == "from the file"
    monkeypatch.setenv("OMNI_USER", "from the environment")
    assert user_of(capsys, "list") == "from the environment"
    assert user_of(capsys, "list", "--user", "from the flag") == "from the flag"


def test_a_group_without_a_command_obeys_the_settings(capsys: Out) -> None:
    write_file({"user": "ana"})
    assert user_of(capsys) == "ana"


def test_a_setting_is_kept_shown_and_taken_back(capsys: Out) -> None:
    assert run(capsys, "config", "set", "preset", "none")["origin"] == "file"
    shown = run(capsys, "config", "show")["settings"]
    assert {"preset": "none"}.items() <= {one["name"]: one["value"] for one in shown}.items()
    assert run(capsys, "config", "unset", "preset")["value"] == "quick"
    assert run(capsys, "config", "get", "preset")["origin"] == "default"


def test_where_values_come_from_may_be_asked_for(capsys: Out) -> None:
    assert cli.run(["config", "show", "--origin"]) == 0
    asked = capsys.readouterr().out
    assert cli.run(["config", "show"]) == 0
    assert capsys.readouterr().out == asked and "default" in asked


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (["set", "preset", "fast"], 2, "none, quick, paper"),
        (["set", "usr", "ana"], 3, "Did you mean user?"),
        (["get", "nothing"], 3, "user, model"),
        (["unset", "user"], 3, "does not set"),
        (["set", "user", "two\nlines"], 2, "one line"),
    ],
)
def test_what_cannot_be_set_is_said_with_what_can(
    capsys: Out, call: list[str], code: int, said: str
) -> None:
    assert cli.run(["config", *call]) == code
    assert said in capsys.readouterr().err
    assert read_file() == {}


@pytest.mark.parametrize("text", ["user = ", "preset = 'fast'", "nobody = 1", "user = 3"])
def test_a_broken_file_stops_commands_but_not_those_that_mend_it(capsys: Out, text: str) -> None:
    write_file({})
    file_path().write_text(text)
    assert cli.run(["concept", "list"]) == 2
    assert str(file_path()) in capsys.readouterr().err
    assert cli.run(["config", "path"]) == 0


WRONG = """preset = "fast"
"my key" = [1, 1.5, true, 1979-05-27T07:32:00Z, "a\\u007f"]
[show]
as = {a = "block"}
"""


@pytest.fixture
def wrong_file() -> Path:
    write_file({})
    file_path().write_text(WRONG, "utf8")
    return file_path()


@pytest.mark.parametrize(
    ("call", "left"),
    [
        (["set", "preset", "quick"], {"preset": "quick"}),
        (["unset", "preset"], {"preset": None}),
        (["unset", "my key"], {"my key": None}),
        (["set", "user", "ana"], {"user": "ana"}),
    ],
)
def test_a_setting_is_mended_and_the_rest_stays_as_it_is(
    wrong_file: Path, capsys: Out, call: list[str], left: dict[str, str | None]
) -> None:
    before = tomllib.loads(wrong_file.read_text("utf8"))
    assert run(capsys, "config", *call)["name"] in left
    now = tomllib.loads(wrong_file.read_text("utf8"))
    assert now == {name: one for name, one in (before | left).items() if one is not None}


def test_what_is_wrong_in_the_file_is_told_beside_it(wrong_file: Path, capsys: Out) -> None:
    assert cli.run(["config", "show", "--json"]) == 2
    rows = {one["name"]: one for one in json.loads(capsys.readouterr().out)["settings"]}
    wrong = {name: row["wrong"] for name, row in rows.items() if row["wrong"]}
    assert list(wrong) == ["preset", "show", "my key"] and rows["preset"]["value"] == "fast"
    assert "none, quick, paper" in wrong["preset"] and "unset 'my key'" in wrong["my key"]
    assert cli.run(["config", "show"]) == 2
    out, err = capsys.readouterr()
    assert "which is not allowed" in out and f"{wrong_file} is wrong in preset, show, my key" in err


def test_a_file_that_was_mended_stops_nothing(wrong_file: Path, capsys: Out) -> None:
    for name in ("preset", "show", "my key"):
        assert cli.run(["config", "unset", name]) == 0
    assert cli.run(["concept", "list"]) == 0
    assert cli.run(["config", "unset", "nobody"]) == 3
    assert cli.run(["config", "show"]) == 0 and read_file() == {}


@pytest.mark.parametrize("value", ['"quoted"', "ünï 🐕", "a\\b", "[markup]"])
def test_any_text_comes_back_as_it_was(value: str) -> None:
    write_file({"user": value})
    assert read_file() == {"user": value}


def test_the_file_is_the_user_s_alone() -> None:
    path = write_file({"user": "ana"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_file_reaches_the_model_s_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from cli_settings import for_the_model

    write_file({"device": "cpu"})
    with for_the_model(in_force()):
        assert os.environ["OMNI_DEVICE"] == "cpu"
    assert "OMNI_DEVICE" not in os.environ


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNI_SHOW", "hologram")
    with pytest.raises(InputError, match="OMNI_SHOW sets show to 'hologram'"):
        in_force()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("grabcut", 0),
        ("text", 0),
        ("text:/some/where", 0),
        ("text:", 2),
        ("grabcut:x", 2),
        ("sam", 2),
    ],
)
def test_a_choice_may_name_a_folder_where_it_takes_one(capsys: Out, value: str, code: int) -> None:
    assert cli.run(["config", "set", "segmenter", value]) == code
    said = capsys.readouterr().err
    assert "grabcut, text, text:FOLDER" in said if code else value in said


def test_the_tools_that_are_set_are_those_of_the_assistant(
    capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file({"inpainter": "diffusers:/nowhere"})
    monkeypatch.setenv("OMNI_SEGMENTER", "text:/nowhere")
    one = open_assistant("me", "tiny")
    for tool in ("segmenter", "inpainter"):
        with pytest.raises(ResourceError, match=f"omni config set {tool}"):
            getattr(one, tool)
