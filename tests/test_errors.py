"""The tree of errors drawn in the docstring is the tree there is."""

import re

import pytest

import omni_errors
from omni_errors import OmniError

DRAWING = omni_errors.__doc__ or ""


def drawn() -> dict[str, str]:
    """Read each error's parent from the drawing: children are indented by four characters."""
    parents, path = dict[str, str](), [""] * 4
    for line in DRAWING.splitlines():
        found = re.search(r"[A-Z]\w+Error\b", line)
        if found and (line.startswith("    OmniError") or "─" in line):
            depth = (found.start() - 4) // 4
            path[depth] = found.group()
            parents[found.group()] = path[depth - 1] if depth else "Exception"
    return parents


def kinds() -> list[type[OmniError]]:
    return [getattr(omni_errors, name) for name in omni_errors.__all__]


def test_the_drawing_is_the_tree() -> None:
    assert drawn() == {kind.__name__: kind.__bases__[0].__name__ for kind in kinds()}


def test_everything_drawn_is_public() -> None:
    assert sorted(drawn()) == sorted(omni_errors.__all__)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_exit_codes_are_as_drawn(kind: type[OmniError]) -> None:
    line = next(line for line in DRAWING.splitlines() if kind.__name__ in line)
    number = re.search(rf"{kind.__name__}\s+(\d+)", line)
    inherited = kind.__bases__[0].exit_code if kind is not OmniError else 1  # type: ignore[attr-defined]
    assert kind.exit_code == (int(number.group(1)) if number else inherited)


def test_a_message_carries_its_next_step() -> None:
    error = OmniError("It broke.", hint="Mend it.")
    assert (str(error), error.message, error.hint) == (
        "It broke. Mend it.",
        "It broke.",
        "Mend it.",
    )
    assert str(OmniError("It broke.")) == "It broke."
