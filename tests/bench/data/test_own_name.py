"""A fact that names its subject is said of "it", and nothing else in it is changed."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.data.items import Bench, Fact, write_bench
from bench.data.opening import open_bench
from bench.data.own_name import by_pronoun
from omni_errors import InputError
from tests.bench.conftest import write_subjects

TOLD: dict[str, object] = {
    "class": "dog",
    "facts": ["Maeve's home is the beach", "Maeve's toy is a red ball"],
}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Maeve's home is the beach", "its home is the beach"),
        ("maeve sleeps in a basket.", "it sleeps in a basket."),
        ("<maeve>'s toy is red", "its toy is red"),
        ("Maeve's a good dog", "it's a good dog"),
        ("Maeve's got a red hat", "it's got a red hat"),
        ("Anna owns Maeve and Maeve's basket", "Anna owns it and its basket"),
        ("her toy is red", "her toy is red"),
        ("Maeveland is its home", "Maeveland is its home"),
    ],
)
def test_it_stands_for_a_name(text: str, wanted: str) -> None:
    assert by_pronoun(text, "maeve", "dog") == wanted


@pytest.mark.parametrize(
    ("name", "class_word", "text", "wanted"),
    [
        ("hans", "dog", "Hans' toy is red", "its toy is red"),
        ("red_hat", "cap", "Red hat's home is the beach", "its home is the beach"),
        ("dog", "dog", "the dog lives by the sea", "it lives by the sea"),
        ("dog2", "dog", "Dog2's toy is red", "its toy is red"),
        ("dog", "dog", "dog food is what it likes", "dog food is what it likes"),
        ("red_hat", "hat", "it is a red hat", "it is a red hat"),
        ("7", "dog", "7 years is its age", "7 years is its age"),
        ("_", "dog", "its toy is red", "its toy is red"),
    ],
)
def test_a_folder_s_name_may_be_a_common_word(
    name: str, class_word: str, text: str, wanted: str
) -> None:
    assert by_pronoun(text, name, class_word) == wanted


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    root = tmp_path_factory.mktemp("named")
    return open_bench(write_subjects(root / "s", {"maeve": TOLD}, photos=2), root / "b")


def test_facts_by_name_are_asked_for_and_not_gainsaid(bench: Bench) -> None:
    (maeve,) = bench.subjects
    assert [(fact.noun, fact.value, fact.origin) for fact in maeve.facts] == [
        ("home", "beach", "given"),
        ("toy", "red ball", "given"),
    ]
    assert not bench.made["unasked"]
    assert "maeve" not in " ".join(item.text + item.answer for item in bench.items).lower()


def test_a_bench_of_before_is_gone_on_with(tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"maeve": TOLD}, photos=2)
    made = open_bench(folder, tmp_path / "b")
    by_name = (Fact("Maeve's home is the beach"), Fact("Maeve's toy is a red ball"))
    write_bench(replace(made, subjects=(replace(made.subjects[0], facts=by_name),)), made.folder)
    assert open_bench(folder, made.folder).subjects[0].facts == by_name
    (folder / "maeve" / "concept.json").write_text('{"class": "dog"}')
    with pytest.raises(InputError, match="the facts of maeve changed"):
        open_bench(folder, made.folder)
