"""A concept is learned, asked about, drawn, edited and forgotten, on a model that knows nothing."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from PIL import Image

from assistant import Assistant, Drawing
from assistant.pictures import strip
from memory.vault import Vault
from omni_errors import InputError, NotFoundError, ResourceError


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


def test_of_photos_that_cannot_all_be_kept_none_is_left(
    assistant: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, count = Vault.put, iter(range(9))

    def full(vault: Vault, data: bytes) -> str:
        if next(count) == 2:
            raise ResourceError("The disk is full.")
        return put(vault, data)

    monkeypatch.setattr(Vault, "put", full)
    with pytest.raises(ResourceError, match="full"):
        assistant.concepts.add([photos / "maeve"], name="Maeve", class_name="dog")
    assert list(assistant.memory.vault.list()) == []


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


def test_a_picture_tells_all_that_made_it(known: Assistant, photos: Path) -> None:
    drawn = known.edit(photos / "rex" / "0.png", "Remove Maeve.", seed=1)
    with Image.open(drawn.path) as image:
        record, shown = json.loads(image.info["omni"]), image.info["parameters"]
    maeve = known.memory.concepts.get(known.user, "Maeve").id
    active = known.memory.checkpoints.active(known.user, maeve)
    assert active is not None and record["concepts"] == [
        {"id": maeve, "version": 1, "sha256": active.tensors_sha256}
    ]
    assert f"{record['model']}:{record['revision']}" == active.backbone
    assert (record["turn"], record["parent"]) == (drawn.turn, drawn.trace["attachment"])
    assert (record["device"], record["dtype"]) == ("cpu", "float32")
    assert {"torch", "steps", "guidance", "image_guidance"} < record.keys()
    assert f"Steps: {record['steps']}, CFG scale: {record['guidance']}, Seed: 1" in shown


def test_a_stripped_picture_tells_none_of_it(known: Assistant) -> None:
    with Image.open(known.draw("Maeve at sea", seed=1).path) as image:
        assert {"omni", "parameters"} <= image.info.keys()
        bare = strip(image)
    with Image.open(io.BytesIO(bare)) as image:
        assert image.info == {}


def test_an_edit_knows_the_photo_it_came_from(known: Assistant, photos: Path) -> None:
    drawing = known.edit(photos / "rex" / "0.png", "Remove maeve.", seed=1)
    images = known.memory.images.list(known.user)
    made = next(image for image in images if image.turn_id == drawing.turn)
    assert {i.id for i in known.memory.images.lineage(known.user, made.id)} >= {made.parent_id}
    assert made.parent_id is not None
    assert drawing.path.is_relative_to(known.home)


def test_who_is_this_goes_by_evidence(known: Assistant, photos: Path) -> None:
    answer = known.ask("Who is this?", image=photos / "maeve" / "0.png")
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


def test_a_file_tells_the_users_words_and_no_fact(known: Assistant) -> None:
    drawn = known.draw("Maeve with her toy", seed=1)
    assert drawn.prompt != drawn.text and "red" in drawn.prompt
    with Image.open(drawn.path) as image:
        assert "red" not in json.dumps(image.info["omni"])


def test_replay_can_be_left_out(known: Assistant) -> None:
    drawn = known.draw("Maeve with her toy", seed=1, replay=False)
    assert (drawn.prompt, drawn.trace["stages"]) == ("<Maeve> with her toy", [])


def test_a_turn_is_asked_again_beside_the_old_one(known: Assistant, photos: Path) -> None:
    first = known.edit(photos / "rex" / "0.png", "Remove Maeve.")
    again, other = known.replay_turn(first.turn), known.replay_turn(first.turn, seed=5)
    with Image.open(first.images[0]) as one, Image.open(again.images[0]) as two:
        assert one.tobytes() == two.tobytes()
    assert (again.seeds, other.seeds) == (first.seeds, (5,))
    turns = known.conversations.show(first.conversation).turns
    assert [turn.trace.get("repeats") for turn in turns] == [None, first.turn, first.turn]


def test_a_turn_without_replay_is_asked_again_without_it(known: Assistant) -> None:
    first = known.draw("Maeve with her toy", seed=1, replay=False)
    again = known.replay_turn(first.turn)
    assert isinstance(again, Drawing) and again.prompt == first.prompt
    assert again.trace["given"] == {"seed": 1, "no_replay": True}
    with_it = known.replay_turn(known.draw("Maeve with her toy", seed=1).turn)
    assert isinstance(with_it, Drawing) and "red" in with_it.prompt


def test_a_turn_asked_again_with_other_tokens_says_so(known: Assistant, photos: Path) -> None:
    first = known.draw("Maeve at sea", seed=1)
    assert "tokens_changed" not in known.replay_turn(first.turn).trace
    known.concepts.add_photos("Maeve", [photos / "rex"])
    again = known.replay_turn(first.turn)
    assert again.trace["tokens_changed"] == {"Maeve": {"then": 1, "now": 2}}


def test_ask_draws_where_the_text_wants_it(known: Assistant) -> None:
    answer = known.ask("draw Maeve", seed=4)
    assert answer.seeds == (4,) and answer.images[0].is_file()


def test_what_would_have_to_be_asked_back_is_said(known: Assistant) -> None:
    asked = known.ask("remember that Maeve is three")
    assert asked.question is not None and asked.question.kind == "consent"
    list(known.chat(asked.conversation).answer(True))
    assert len(known.concepts.facts("Maeve")) == 2
    with pytest.raises(InputError, match="nobody called bella"):
        known.draw("@bella")


def test_an_edit_that_is_refused_leaves_no_photo(known: Assistant, photos: Path) -> None:
    before = set(known.memory.vault.list())
    with pytest.raises(InputError, match="nobody called bella"):
        known.edit(photos / "new-rex.png", "remove @bella")
    assert set(known.memory.vault.list()) == before
    assert known.memory.images.list(known.user) == ()


def test_facts_come_and_go(known: Assistant) -> None:
    known.concepts.add_fact("Maeve", "She is three.")
    known.concepts.remove_fact("Maeve", "Her toy is red.")
    assert [fact.text for fact in known.concepts.facts("maeve")] == ["She is three."]
    with pytest.raises(NotFoundError, match="no fact 'x'"):
        known.concepts.remove_fact("Maeve", "x")


def test_a_concept_is_meant_by_its_id_as_well(known: Assistant) -> None:
    id = known.concepts.show("Maeve").concept.id
    assert known.concepts.show(id).concept.name == "Maeve"
    assert known.concepts.test(id).name == "Maeve"
    assert known.concepts.add_fact(id, "She is three.").concept_id == id
    assert len(known.photos_of(id)) == 3
    assert known.concepts.rename(id, "Rex").name == "Rex"
    with pytest.raises(NotFoundError, match="Rex has no fact"):
        known.concepts.remove_fact(id, "x")
    assert known.concepts.forget(id).concept == "Rex"


def test_paths_may_be_texts(known: Assistant, ben: Assistant, tmp_path: Path) -> None:
    drawn = known.draw("Maeve at sea", folder=str(tmp_path / "pics"))
    edited = known.edit(str(drawn.path), "Remove Maeve.", folder=str(tmp_path / "pics"))
    assert {drawn.path.parent, edited.path.parent} == {tmp_path / "pics"}
    written = known.concepts.export("Maeve", str(tmp_path / "m.zip"))
    assert ben.concepts.import_(str(written)).name == "Maeve"


def test_another_database_holds_what_is_known(photos: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'omni.db'}"
    first = Assistant(user="ana", model="tiny", database=url)
    first.concepts.add([photos / "maeve"], name="Maeve", class_name="dog")
    first.close()
    again = Assistant(user="ana", model="tiny", database=url)
    assert [one.concept.name for one in again.concepts.list()] == ["Maeve"]
    assert not (again.home / "memory.db").exists()
    again.close()


def test_everything_travels_in_one_file(known: Assistant, ben: Assistant, photos: Path) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="cat")
    path = known.export(photos / "all.zip")
    assert [concept.name for concept in ben.import_(path)] == ["Maeve", "Rex"]
    assert len(ben.photos_of("Maeve")) == 3
    photo = photos / "maeve" / "0.png"
    assert ben.ask("Who is this?", [photo]).text == "This is Maeve."


def test_a_file_with_a_taken_name_brings_nothing(known: Assistant, photos: Path) -> None:
    known.concepts.add([photos / "rex"], name="Alf", class_name="cat")
    path = known.export(photos / "all.zip")
    known.concepts.forget("Alf")
    with pytest.raises(InputError, match="'Maeve' already"):
        known.import_(path)
    assert [one.concept.name for one in known.concepts.list()] == ["Maeve"]


def test_more_photos_make_new_first_rows(known: Assistant, photos: Path) -> None:
    learned = known.concepts.add_photos("maeve", [photos / "new-maeve.png"])
    assert (learned.photos, learned.version) == (4, 2)
    again = known.concepts.add_photos("maeve", [photos / "new-maeve.png"])
    assert (again.duplicates, again.version) == (1, 2)


def test_a_model_that_two_threads_want_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, both = list[object](), Barrier(2)

    def load(name: str) -> object:
        time.sleep(0.05)
        loaded.append(object())
        return loaded[-1]

    def want(number: int) -> object:
        both.wait()
        return assistant.backbone

    monkeypatch.setattr("backbone.load", load)
    assistant = Assistant(model="slow")
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(want, range(2)))
    assert len(loaded) == 1 and got[0] is got[1]
