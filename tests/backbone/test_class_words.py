"""Words for classes, and what photos seem to show."""

import torch

from backbone.class_words import CLASSES, class_words, guesses


def test_classes_that_are_one_word_to_most_share_it() -> None:
    words = class_words()
    assert len(words) == CLASSES
    assert set(words[151:269]) == {"dog"}
    assert (words[849], words[207], words[281], words[285]) == ("teapot", "dog", "cat", "cat")


def test_places_have_no_word() -> None:
    beach, valley = class_words()[978], class_words()[979]
    assert (beach, valley) == ("", "")


def test_the_breeds_of_a_word_are_added_up() -> None:
    told = torch.zeros(CLASSES)
    told[151:155], told[849], told[978] = 0.1, 0.25, 0.35
    first, second, third = guesses(told)[:3]
    assert (first.word, round(first.probability, 2)) == ("dog", 0.4)
    assert (second.word, third.probability) == ("teapot", 0.0)
