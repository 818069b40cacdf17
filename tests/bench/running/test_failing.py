"""One subject that fails does not cost the others; what all fail by is raised as it is."""

import copy
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import Mock

import pytest

from bench.data.items import Bench, Subject
from bench.running import running
from bench.running.failing import Failures, MethodsFailedError, SubjectsFailedError
from bench.running.running import RunOptions, run_bench
from omni_errors import CancelledError, InputError, OmniError

BAD = InputError("The photo is too small.", hint="Give another.")


def begun(monkeypatch: pytest.MonkeyPatch, failing: Mapping[str, BaseException]) -> list[str]:
    """Let some of a, b, c and d fail, and keep what is done, the checks included."""
    seen = list[str]()

    def do(kit: object, name: str, *given: object) -> None:
        seen.append(name)
        if name in failing:
            raise failing[name]

    subjects = tuple(Subject(name, name, "cup", False, (), ()) for name in "abcd")
    monkeypatch.setattr(running, "open_bench", lambda *_, **__: Bench(0, subjects, ()))
    monkeypatch.setattr(running, "do_subject", do)
    monkeypatch.setattr("bench.running.checks.check_run", lambda *_: seen.append("checks"))
    return seen


def run(out: Path) -> None:
    run_bench(out, out, RunOptions(), kit=Mock(missing={}))


@pytest.mark.parametrize(
    ("error", "code", "reason", "hint"),
    [
        (BAD, 2, "The photo is too small.", "Give another. Run again"),
        (ValueError("x"), 1, "ValueError: x", "Run again"),
    ],
)
def test_the_others_are_done_and_failures_are_told_at_the_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: int,
    reason: str,
    hint: str,
) -> None:
    seen = begun(monkeypatch, {"a": error, "c": KeyError("y")})
    with pytest.raises(SubjectsFailedError) as found:
        run(tmp_path)
    told = found.value
    assert seen == [*"abcd", "checks"]
    assert told.message.startswith(f"2 of 4 subjects failed, the others are done: a ({reason}); c")
    assert told.exit_code == code
    assert told.hint.startswith(hint)


@pytest.mark.parametrize(
    ("failing", "done"),
    [
        (dict.fromkeys("abcd", BAD), "ab"),
        # each by something of its own
        ({"a": BAD, **{name: ValueError(name) for name in "bcd"}}, "abcd"),
    ],
)
def test_what_all_fail_by_is_raised_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: Mapping[str, Exception], done: str
) -> None:
    seen = begun(monkeypatch, failing)
    with pytest.raises(OmniError) as found:
        run(tmp_path)
    assert found.value is BAD
    assert seen == list(done)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), CancelledError("Stopped after step 3.")])
def test_who_stops_the_work_stops_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    seen = begun(monkeypatch, {"b": stop})
    with pytest.raises(type(stop)):
        run(tmp_path)
    assert seen == ["a", "b"]


def test_a_subject_of_which_a_method_failed_counts_as_done_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = MethodsFailedError("1 of 3 methods failed.", hint="Give another.")
    seen = begun(monkeypatch, dict.fromkeys("abcd", lacking))
    with pytest.raises(SubjectsFailedError, match="^4 of 4 subjects failed, wholly or in part"):
        run(tmp_path)
    assert seen == [*"abcd", "checks"]


def test_a_failure_keeps_what_it_says_when_it_is_copied() -> None:
    failures = Failures(alike=False)
    failures.done.append("base")
    failures.add("tp", BAD)
    with pytest.raises(MethodsFailedError) as found:
        failures.raise_methods()
    # as between processes
    told = copy.copy(found.value)
    assert (told.message, told.hint, told.exit_code) == (found.value.message, BAD.hint, 2)


def failed(*errors: Exception) -> Failures:
    failures = Failures(alike=False)
    for number, error in enumerate(errors):
        failures.add(str(number), error)
    return failures


def test_methods_that_all_fail_alike_are_told_once() -> None:
    with pytest.raises(InputError) as found:
        failed(BAD, BAD, BAD).raise_methods()
    assert found.value is BAD


def test_methods_that_all_fail_each_by_its_own_are_all_told() -> None:
    with pytest.raises(MethodsFailedError, match=r"too small.*ValueError: x") as found:
        failed(BAD, ValueError("x")).raise_methods()
    assert not found.value.partly
