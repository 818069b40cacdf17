"""Classes are alike by their last word, of which there may be several."""

import pytest

from bench.data.classes import same_class


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("ball", "Ball", True),
        ("dogs", "dog", True),
        ("sheepdog", "dog", False),
        ("puppies", "white puppy", True),
        ("boxes", "box", True),
        ("vases", "vase", True),
        ("stuffed animal", "plush animal", True),
        ("dog", "dog toy", False),
        ("glass", "gla", False),
        ("cat", "cap", False),
    ],
)
def test_the_last_word_counts_in_whatever_number(first: str, second: str, same: bool) -> None:
    assert same_class(first, second) is same
    assert same_class(second, first) is same
