"""What every command takes, wherever it stands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import cli
from cli_options import EVERYWHERE
from cli_settings import write_file

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EVERYWHERE:
        monkeypatch.delenv(f"OMNI_{name.upper()}", raising=False)


def walk(command: Any, path: str = "omni") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from walk(one, f"{path} {name}")


TREE = dict(walk(cli.command()))


@pytest.mark.parametrize("path", TREE)
def test_every_command_takes_a_user_and_a_model(path: str) -> None:
    options = {opt: one for one in TREE[path].params for opt in one.opts}
    assert {"--user", "--model"} <= options.keys()
    assert options["--user"].help and options["--model"].help
    # a flag would swallow what follows it
    assert not options["--user"].is_flag and not options["--model"].is_flag


def test_what_is_not_used_says_so() -> None:
    told = {path: {str(one.name): one.help for one in TREE[path].params} for path in TREE}
    assert told["omni concept list"]["user"] == "Whose memory it is."
    assert told["omni concept list"]["model"] == "Not used by this command."
    assert told["omni config path"]["user"] == "Not used by this command."


def users() -> list[str]:
    from assistant import Assistant

    assistant = Assistant()
    names = [user.name for user in assistant.memory.users.list()]
    assistant.close()
    return names


@pytest.mark.parametrize(
    ("args", "used"),
    [
        (["concept", "list"], "from the file"),
        (["--user", "ana", "concept", "list"], "ana"),
        (["--user", "ana", "concept"], "ana"),
        (["concept", "--user", "ben"], "ben"),
        (["--user", "ana", "concept", "--user", "ben", "list"], "ben"),
        (["--user", "ana", "concept", "--user", "ben", "list", "--user", "cleo"], "cleo"),
    ],
)
def test_the_nearest_user_is_taken(args: list[str], used: str) -> None:
    write_file({"user": "from the file"})
    assert cli.run(args) == 0
    assert users() == [used]


def test_what_stands_before_is_above_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNI_USER", "from the environment")
    assert cli.run(["--user", "ana", "memory", "list"]) == 0
    assert users() == ["ana"]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["--model", "tiny", "ask", "What is blue?"], 0),
        (["--model", "nope", "ask", "What is blue?"], 3),
        (["--model", "nope", "ask", "What is blue?", "--model", "tiny"], 0),
        (["--model", "nope", "concept", "list"], 0),
        (["--model", "nope", "model", "list", "--user", "ana"], 0),
    ],
)
def test_the_nearest_model_is_taken(capsys: Out, args: list[str], code: int) -> None:
    assert cli.run([*args, "--json"]) == code
    assert ("error" in json.loads(capsys.readouterr().out)) is (code != 0)


def test_the_settings_are_mended_whatever_stands_before() -> None:
    from cli_settings import file_path

    write_file({})
    file_path().write_text("user = ")
    assert cli.run(["--user", "ana", "config", "path"]) == 0
    assert cli.run(["--user", "ana", "concept", "list"]) == 2


@pytest.mark.parametrize("value", ["abc", "1.5", ""])
def test_a_number_that_is_none_is_named(value: str, capsys: Out) -> None:
    assert cli.run(["draw", "hi", "--seed", value, "--json"]) == 2
    told = json.loads(capsys.readouterr().out)["error"]
    assert repr(value) in told["message"] and "--seed" in told["message"]


GROUPS = {"concept": "concepts", "memory": "facts", "log": "turns", "image": "pictures"}
GROUPS |= {"model": "models", "config": "settings", "bench": "suites"}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_lists_as_json(group: str, capsys: Out) -> None:
    assert cli.run([group, "--user", "bob", "--json"]) == 0
    assert GROUPS[group] in json.loads(capsys.readouterr().out)


def test_json_before_a_command_of_a_group_is_refused(capsys: Out) -> None:
    assert cli.run(["concept", "--json", "list"]) == 2
    assert "--json" in capsys.readouterr().out
