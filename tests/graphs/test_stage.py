"""A model is trusted as far as its output passes: once, once more, and then the fallback."""

import pytest

from graphs.stage import settle


def settled(*answers: str) -> tuple[str, str, int, str]:
    """Let a model give answers, of which only those with "good" pass."""
    left = list(answers)
    stage = settle(
        "parse",
        "Rex",
        ["first wording", "second wording"],
        lambda prompt: left.pop(0),
        lambda raw: raw.strip(),
        lambda said: "" if "good" in said else f"is {said!r}",
        "the fallback",
    )
    return stage.result, stage.by, len(stage.attempts), stage.why


@pytest.mark.parametrize(
    ("answers", "result", "by", "tries"),
    [
        ((" good ", "never asked"), "good", "model", 1),
        (("bad", "good too"), "good too", "retry", 2),
        (("bad", "worse"), "the fallback", "fallback", 2),
    ],
)
def test_what_passes_is_taken(answers: tuple[str, ...], result: str, by: str, tries: int) -> None:
    assert settled(*answers)[:3] == (result, by, tries)


def test_a_fallback_says_what_was_wrong_last() -> None:
    assert settled("bad", "worse")[3] == "is 'worse'"


def test_every_try_is_kept_as_it_was_written() -> None:
    stage = settle("s", "", ["a", "b"], lambda p: f" {p} ", str.strip, lambda said: "no", "")
    assert [(one.prompt, one.raw, one.problem) for one in stage.attempts] == [
        ("a", " a ", "no"),
        ("b", " b ", "no"),
    ]
    assert stage.plain()["attempts"][1] == {"prompt": "b", "raw": " b ", "problem": "no"}
