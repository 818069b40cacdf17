"""A concept is learned, asked about, drawn, edited and forgotten, on a model that knows nothing."""

import json
from pathlib import Path

import pytest
from PIL import Image

from assistant import Assistant
from omni_errors import InputError, NotFoundError


@pytest.fixture
def known(assistant: Assistant, photos: Path) -> Assistant:
    assistant.concepts.add(
        [photos / "maeve"], name="Maeve", class_name="dog", facts=["Her toy is red."]
    )
    return assistant


def test_a_concept_is_usable_once_its_photos_are_read(assistant: Assistant, photos: Path) -> None:
    learned = assistant.concepts.add([photos / "maeve"], name="Maeve", class_name="dog")
    assert (learned.photos, learned.version, learned.unreadable) == (3, 1, ())
    assert assistant.concepts.show("maeve").record["recipe"] == "instant"


def test_learning_again_adds_what_is_new(known: Assistant, photos: Path) -> None:
    facts = ["Her toy is red.", "She lives by the sea."]
    paths = [photos / "maeve", photos / "rex"]
    learned = known.concepts.add(paths, name="maeve", class_name="dog", facts=facts)
    assert (learned.photos, learned.duplicates, learned.version) == (4, 3, 2)
    assert [fact.text for fact in learned.facts] == facts


def test_a_question_takes_what_is_known_along(known: Assistant) -> None:
    answer = known.ask("What is maeve's toy?")
    assert answer.concepts == ("Maeve",)
    assert answer.trace["facts"] == {"Maeve": ["Her toy is red."]}
    assert answer.trace["versions"] == {"Maeve": 1}
    turn = known.memory.turns.get(known.user, answer.turn)
    assert (turn.text, turn.intent) == ("What is maeve's toy?", "understand")


def test_a_picture_repeats_by_its_seed_and_says_how(known: Assistant, tmp_path: Path) -> None:
    first, again = (known.draw("maeve at sea", seed=3, folder=tmp_path / "out") for _ in range(2))
    assert first.path != again.path
    with Image.open(first.path) as one, Image.open(again.path) as two:
        assert one.tobytes() == two.tobytes()
        record = json.loads(one.info["omni"])
    assert (record["prompt"], record["seed"]) == ("maeve at sea", 3)
    assert "ana" not in json.dumps(record)


def test_an_edit_knows_the_photo_it_came_from(known: Assistant, photos: Path) -> None:
    drawing = known.edit(photos / "rex" / "0.png", "Remove maeve.", seed=1)
    images = known.memory.images.list(known.user)
    made = next(image for image in images if image.turn_id == drawing.turn)
    assert {i.id for i in known.memory.images.lineage(known.user, made.id)} >= {made.parent_id}
    assert made.parent_id is not None
    assert drawing.path.is_relative_to(known.home)


def test_who_is_this_goes_by_evidence(known: Assistant, photos: Path) -> None:
    answer = known.ask("Who is this?", images=[photos / "maeve" / "0.png"])
    evidence = answer.trace["evidence"][0]
    assert evidence["name"] == "Maeve"
    assert evidence["similarity"] == pytest.approx(1, abs=1e-3)


def test_a_test_asks_about_own_and_other_photos(known: Assistant, photos: Path) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    tested = known.concepts.test("Maeve")
    assert tested.cases == 4
    assert tested.weighted is not None and 0 <= tested.weighted <= 1


def test_what_is_forgotten_is_gone(known: Assistant) -> None:
    receipt = known.concepts.forget("Maeve")
    assert not receipt.unexplained
    assert known.concepts.list() == ()
    with pytest.raises(NotFoundError):
        known.concepts.show("Maeve")


def test_a_concept_travels_in_a_file(known: Assistant, tmp_path: Path) -> None:
    path = known.concepts.export("Maeve", tmp_path / "maeve.zip")
    other = Assistant(user="ben", model="tiny")
    assert other.concepts.import_(path).name == "Maeve"
    assert other.ask("Who is maeve?").trace["versions"] == {"Maeve": 1}
    other.close()


def test_users_do_not_see_each_other(known: Assistant) -> None:
    other = Assistant(user="ben", model="tiny")
    assert other.concepts.list() == ()
    assert other.ask("Where is maeve?").concepts == ()
    other.close()


def test_an_unknown_preset_changes_nothing(assistant: Assistant, photos: Path) -> None:
    with pytest.raises(InputError, match="no preset 'slow'"):
        assistant.concepts.add([photos], name="Maeve", class_name="dog", preset="slow")
    assert assistant.concepts.list() == ()
