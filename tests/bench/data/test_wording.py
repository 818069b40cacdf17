"""Words of a bench: a class said in place of a name."""

import pytest

from bench.data.wording import fill, of_class, prompts


@pytest.mark.parametrize(
    ("word", "text", "said"),
    [
        ("dog", "<bo> on the beach", "a dog on the beach"),
        ("owl", "A photo of <bo> in its hat.", "A photo of an owl in its hat."),
        ("owl", "a <bo> on the beach", "an owl on the beach"),
        ("dog", "the <bo> and <bo>'s bed", "the dog and a dog's bed"),
    ],
)
def test_a_class_has_an_article_where_a_name_has_none(word: str, text: str, said: str) -> None:
    assert of_class(text, "bo", word) == said


@pytest.mark.parametrize("kind", ["object", "live"])
def test_a_prompt_filled_with_a_name_says_the_class_as_it_was_written(kind: str) -> None:
    for way in prompts()[kind]:
        assert of_class(fill(way, "bo"), "bo", "dog") == way.replace("<x>", "dog")
