"""The front: light to start, and every error one line and one exit code."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
import typer

import cli
import cli_model
from omni_errors import (
    CancelledError,
    InputError,
    NotFoundError,
    OmniError,
    RefusedError,
    ResourceError,
    TruncatedError,
)

HEAVY = ("torch", "transformers", "chromadb", "langgraph", "accelerate", "numpy")
OFF = (None, "", "0", "false", "No", " off ")
Breaker = Callable[[BaseException], None]


@pytest.fixture
def break_list(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    """Let `omni model list` fail."""

    def break_with(error: BaseException) -> None:
        def fail(entry: object) -> bool:
            raise error

        monkeypatch.setattr(cli_model, "is_here", fail)

    return break_with


@pytest.mark.parametrize(
    "args", [["--help"], ["model", "list"], ["chat", "--help"], ["demo", "--help"], ["config"]]
)
def test_light_commands_import_nothing_heavy(args: list[str]) -> None:
    code = (
        f"import sys, cli; cli.run({args!r}); "
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == "omni 0.1.0\n"


@pytest.mark.parametrize("args", [[], ["nope"], ["model", "info"], ["model", "list", "--nope"]])
def test_wrong_usage_is_2(args: list[str]) -> None:
    assert cli.run(args) == 2


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OmniError("x"), 1),
        (ResourceError("x"), 1),
        (InputError("x"), 2),
        (NotFoundError("x"), 3),
        (RefusedError("x"), 4),
        (TruncatedError("x"), 5),
        (CancelledError("x"), 130),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("x"), 1),
    ],
)
def test_each_error_has_its_exit_code(break_list: Breaker, error: BaseException, code: int) -> None:
    break_list(error)
    assert cli.run(["model", "list"]) == code


def test_an_error_is_one_line_on_stderr(
    break_list: Breaker, capsys: pytest.CaptureFixture[str]
) -> None:
    break_list(NotFoundError("There is no [bold]dog[/nope].", hint="Add one."))
    cli.run(["model", "list"])
    out, err = capsys.readouterr()
    assert (out, err) == ("", "omni: There is no [bold]dog[/nope]. Add one.\n")


def test_with_json_an_error_is_an_object(
    break_list: Breaker, capsys: pytest.CaptureFixture[str]
) -> None:
    break_list(NotFoundError("None.", hint="Add one."))
    assert cli.run(["model", "list", "--json"]) == 3
    error = json.loads(capsys.readouterr().out)["error"]
    assert error == {"kind": "NotFoundError", "message": "None.", "hint": "Add one."}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nope", "--json"], "nope"),
        (["model", "info", "--json"], "name"),
        (["--json", "model", "list"], "--json"),
        (["draw", "a dog", "--seed", "one", "--json"], "--seed"),
    ],
)
def test_with_json_wrong_usage_is_an_object_too(
    capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    assert cli.run(args) == 2
    out, err = capsys.readouterr()
    error = json.loads(out)["error"]
    assert error["kind"] == "UsageError" and said in error["message"] and err == ""
    assert "--help" in error["hint"]


def test_after_two_dashes_nothing_asks_for_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ask", "--nope", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "args",
    [
        ["bench", "report", "--json", "summary.json", "--nope"],
        ["--user", "ana", "-q", "bench", "--model", "tiny", "run", "--json", "summary.json"],
    ],
)
def test_where_json_names_a_file_errors_stay_text(
    capsys: pytest.CaptureFixture[str], args: list[str]
) -> None:
    assert cli.run(args) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("Usage: omni bench ")
    assert cli.run(["bench", "nope", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "UsageError"


@pytest.mark.parametrize("args", [["nope", "--json"], ["nope"], ["model", "list"]])
@pytest.mark.parametrize("at_once", ["", "1"])
def test_whoever_stops_reading_is_told_nothing(args: list[str], at_once: str) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "cli", *args]
    streams = {"stdout": write, "stderr": write if args == ["nope"] else subprocess.PIPE}
    env = {**os.environ, "PYTHONUNBUFFERED": at_once}
    done = subprocess.run(command, **streams, env=env)  # type: ignore[call-overload]
    os.close(write)
    assert done.returncode == 1 and not done.stderr


@pytest.mark.parametrize("call", [["ask"], ["draw"], ["chat"]])
def test_what_comes_on_stdin_and_is_no_text_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], call: list[str]
) -> None:
    text = io.TextIOWrapper(io.BytesIO(b"caf\xe9\n/help\n"), "utf8", "strict")
    monkeypatch.setattr("sys.stdin", text)
    monkeypatch.setattr("sys.argv", ["omni", *call, "--model", "tiny"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    out, err = capsys.readouterr()
    assert left.value.code == 2 and "which is no text" in err
    # a chat goes on with its next line
    assert ("/help" in out) is (call == ["chat"])


def in_shell(call: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a shell, which may close streams."""
    line = f"exec {sys.executable} -m cli {call}"
    return subprocess.run(["sh", "-c", line], env=os.environ | env, capture_output=True)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii"])
def test_what_the_output_cannot_spell_is_replaced(encoding: str) -> None:
    assert in_shell("config set user 'Zoë 小白'", PYTHONIOENCODING=encoding).returncode == 0
    plain = in_shell("config get user", PYTHONIOENCODING=encoding)
    assert plain.returncode == 0 and plain.stdout.decode(encoding).endswith(" ??\n")
    data = in_shell("config get user --json", PYTHONIOENCODING=encoding)
    assert "Zoë 小白" in json.loads(data.stdout.decode(encoding)).values()
    told = in_shell("concept show 小白", PYTHONIOENCODING=encoding)
    assert told.returncode == 3 and b"bug" not in told.stderr


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        ("chat --model tiny <&-", 0, ""),
        ("ask --model tiny <&-", 2, "There is no text."),
        ("ask Who? -a - <&-", 2, "Nothing came on stdin"),
        ("concept add a.png <&-", 2, "Nobody is there to answer"),
        ("model pull omni-mini <&-", 4, "Nobody is there to answer"),
        ("config show >&-", 0, ""),
        ("concept show Rex <&- >&- 2>&-", 3, ""),
    ],
)
def test_a_stream_that_is_closed_is_an_empty_one(call: str, code: int, said: str) -> None:
    done = in_shell(call)
    assert done.returncode == code, done.stderr
    assert said in done.stderr.decode() and b"bug" not in done.stdout + done.stderr


def test_a_question_that_is_broken_off_is_130(break_list: Breaker) -> None:
    break_list(typer.Abort())
    assert cli.run(["model", "list"]) == 130


@pytest.mark.parametrize("flag", ["-q", "--quiet"])
def test_quiet_leaves_out_remarks_but_not_errors(
    capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    assert cli.run([flag, "concept", "list"]) == 0
    assert capsys.readouterr() == ("", "")
    assert cli.run([flag, "concept", "show", "Rex"]) == 3
    assert "'Rex'" in capsys.readouterr().err
    assert cli.run(["concept", "list"]) == 0
    assert "Nobody" in capsys.readouterr().err


def test_verbose_says_each_step_and_what_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["-v", "--model", "tiny", "ask", "What is blue?"]) == 0
    err = capsys.readouterr().err
    assert "Thinking.\n" in err and "wanted: " in err and "Took " in err


@pytest.mark.parametrize("error", [NotFoundError("x"), ZeroDivisionError("x")])
@pytest.mark.parametrize(
    ("set_to", "debug"), [("1", True), ("yes", True), *((off, False) for off in OFF)]
)
def test_tracebacks_are_for_debugging(
    break_list: Breaker,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    set_to: str | None,
    debug: bool,
) -> None:
    if set_to is not None:
        monkeypatch.setenv("OMNI_DEBUG", set_to)
    break_list(error)
    cli.run(["model", "list"])
    assert ("Traceback" in capsys.readouterr().err) is debug
    cli.run(["--debug", "model", "list"])
    assert "Traceback" in capsys.readouterr().err


def test_the_installed_command_runs() -> None:
    command = os.path.join(os.path.dirname(sys.executable), "omni")
    done = subprocess.run([command, "model", "path", "tiny"], capture_output=True, text=True)
    assert done.returncode == 3
    assert "follow from a seed" in done.stderr


@pytest.mark.parametrize(("chosen", "wanted"), [(None, "1000"), ("ACTIVE", None)])
def test_waiting_threads_soon_leave_the_cores_to_others(
    monkeypatch: pytest.MonkeyPatch, chosen: str | None, wanted: str | None
) -> None:
    monkeypatch.setattr(cli, "run", lambda args: 0)
    for name, value in {"OMP_WAIT_POLICY": chosen, "GOMP_SPINCOUNT": None}.items():
        monkeypatch.setenv(name, value or "")
        if value is None:
            monkeypatch.delenv(name)
    with pytest.raises(SystemExit):
        cli.main()
    assert os.environ.get("GOMP_SPINCOUNT") == wanted
