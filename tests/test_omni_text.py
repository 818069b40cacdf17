"""What people write is shown as they wrote it; what steers a terminal is not."""

import pytest

from omni_text import legible


@pytest.mark.parametrize(
    "text",
    [
        "Screenshot 9.41.00\u202fAM.png",
        "田中\u3000花子",
        "👩\u200d🚀",
        "Voilà\u00a0!",
        "a\tb\nc",
    ],
)
def test_spaces_and_joined_signs_stay(text: str) -> None:
    assert legible(text) == text


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\u202e", "\u2066", "\x9b", "\ud800"])
def test_what_steers_a_terminal_is_replaced(sign: str) -> None:
    assert legible(f"a{sign}b") == "a\ufffdb"
