"""A judge over the net: what is tried again, and what is told of an error."""

import io
import json
from collections.abc import Mapping
from email.message import Message
from http.client import IncompleteRead, RemoteDisconnected
from urllib.error import HTTPError, URLError

import numpy as np
import pytest

from bench.judges.asking import AskedJudge
from bench.judges.endpoint import EndpointAsker
from bench.judges.judge import AskedAnswer, AskedEdit
from omni_errors import ResourceError
from tests.bench.conftest import photo

REPLY = b'{"choices": [{"message": {"content": "0.5"}}]}'


def http(code: int, body: bytes = b"") -> HTTPError:
    return HTTPError("http://host", code, "", Message(), io.BytesIO(body))


class Line:
    """Fail in turn, then reply; sleep in no time."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0
        self.slept: list[float] = []
        self.bodies: list[dict[str, object]] = []

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        self.calls += 1
        self.bodies.append(json.loads(body))
        if self.errors:
            raise self.errors.pop(0)
        return REPLY

    def asker(self) -> EndpointAsker:
        return EndpointAsker("http://host", "judge-1", self.send, self.slept.append)

    def ask(self) -> str:
        return self.asker().ask("?", (), ())

    def options(self) -> list[list[str]]:
        """Name what each call asked for beside the model and the message."""
        return [sorted(body.keys() - {"model", "messages"}) for body in self.bodies]


@pytest.mark.parametrize(
    "error",
    [
        http(429),
        http(503),
        URLError("refused"),
        ConnectionResetError("reset"),
        RemoteDisconnected("gone"),
        IncompleteRead(b""),
        TimeoutError("late"),
    ],
)
def test_what_may_pass_is_tried_again_after_a_while(error: Exception) -> None:
    line = Line(error, error)
    assert line.ask() == "0.5"
    assert line.calls == 3
    first, second = line.slept
    assert 0 < first < second


def test_the_third_failure_is_told_in_plain_text() -> None:
    line = Line(*(http(500, b"Out\n of\x00 memory") for _ in range(4)))
    with pytest.raises(ResourceError, match="HTTP 500: Out of memory"):
        line.ask()
    assert (line.calls, len(line.slept)) == (3, 2)


def test_a_dropped_connection_that_stays_dropped_is_an_error_of_ours() -> None:
    line = Line(*(RemoteDisconnected("closed") for _ in range(3)))
    with pytest.raises(ResourceError, match="cannot be reached: closed"):
        line.ask()


@pytest.mark.parametrize("code", [400, 401, 404])
def test_a_call_that_is_wrong_fails_at_once(code: int) -> None:
    line = Line(http(code, b"no such model " * 100))
    with pytest.raises(ResourceError, match=f"HTTP {code}: no such model") as caught:
        line.ask()
    assert (line.calls, line.slept) == (1, [])
    assert len(caught.value.message) < 300


def test_a_key_that_a_server_repeats_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNI_JUDGE_KEY", "sk-secret")
    with pytest.raises(ResourceError, match="Wrong key: …") as caught:
        Line(http(401, b"Wrong key: sk-secret")).ask()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (400, b'{"error": {"code": "content_filter", "severity": 0}}'),
        (400, b"Your request was rejected: content_policy_violation, 1"),
        (400, b"The prompt triggered Azure OpenAI's content management policy: 0.5"),
        (422, b"Output blocked by Content Filtering policy"),
        (400, b"Your request was rejected by our safety system"),
    ],
)
def test_what_a_filter_of_content_refuses_has_no_mark(code: int, body: bytes) -> None:
    line = Line(http(code, body))
    verdict = AskedJudge(line.asker()).answer(AskedAnswer("?", "A.", "B."))
    assert verdict.mark is None
    assert body.decode() in verdict.raw
    assert (line.calls, line.slept) == (1, [])


def test_an_edit_that_a_filter_refuses_has_no_marks() -> None:
    face, mask = photo(1, "red"), np.zeros((64, 64), bool)
    line = Line(*(http(400, b"content filter: 8 of 10, 9 of 10") for _ in range(2)))
    verdict = AskedJudge(line.asker()).edit(AskedEdit(face, face, "paint it", face, mask))
    assert (verdict.marks, verdict.score) == (None, None)
    assert verdict.raw.count("content filter") == 2


def test_a_filter_that_repeats_the_key_does_not_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNI_JUDGE_KEY", "sk-secret")
    assert "secret" not in Line(http(400, b"content filter for sk-secret")).ask()


TOKENS = b"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
HEAT = b"'temperature' does not support 0 with this model."


def test_options_that_a_model_refuses_are_done_without_from_then_on() -> None:
    line = Line(http(400, TOKENS), http(400, HEAT))
    asker = line.asker()
    assert [asker.ask("?", (), ()) for _ in range(2)] == ["0.5", "0.5"]
    first, second, *later = line.options()
    assert first == ["max_tokens", "temperature"]
    assert second == ["max_completion_tokens", "temperature"]
    assert later == [["max_completion_tokens"]] * 2


@pytest.mark.parametrize("body", [TOKENS, HEAT])
def test_an_option_is_done_without_once(body: bytes) -> None:
    line = Line(*(http(400, body) for _ in range(3)))
    with pytest.raises(ResourceError, match="HTTP 400"):
        line.ask()
    assert (line.calls, line.slept) == (2, [])


@pytest.mark.parametrize("body", [b"max_tokens is too large: 512", b"Unsupported picture"])
def test_other_refusals_are_not_asked_again(body: bytes) -> None:
    line = Line(http(400, body))
    with pytest.raises(ResourceError, match=body.decode()):
        line.ask()
    assert line.calls == 1
