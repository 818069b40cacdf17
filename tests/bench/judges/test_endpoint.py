"""A judge over the net: what is tried again, and what is told of an error."""

import io
from collections.abc import Mapping
from email.message import Message
from http.client import IncompleteRead, RemoteDisconnected
from urllib.error import HTTPError, URLError

import pytest

from bench.judges.endpoint import EndpointAsker
from omni_errors import ResourceError

REPLY = b'{"choices": [{"message": {"content": "0.5"}}]}'


def http(code: int, body: bytes = b"") -> HTTPError:
    return HTTPError("http://host", code, "", Message(), io.BytesIO(body))


class Line:
    """Fail in turn, then reply; sleep in no time."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls = list(errors), 0
        self.slept: list[float] = []

    def send(self, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return REPLY

    def ask(self) -> str:
        return EndpointAsker("http://host", "judge-1", self.send, self.slept.append).ask(
            "?", (), ()
        )


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
