"""A whole bench of bare folders of photos: the same every time, and nothing learned is asked."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.data.edits import EDIT_KINDS
from bench.data.facts import invent, read_facts, understood
from bench.data.items import Bench, read_bench
from bench.data.opening import open_bench
from bench.data.pictures import open_mask, open_picture
from bench.data.questions import described
from bench.data.splits import leave_out
from bench.data.wording import fill, prompts
from omni_errors import InputError, NotFoundError
from tests.bench.conftest import write_subjects


def test_every_task_has_items(bench: Bench) -> None:
    counts = bench.counts()
    assert counts["draw"] == 25 * 3
    assert all(counts[task] for task in ("rec", "vqa", "qa", "parg", "edit"))


def test_the_same_seed_builds_the_same_bench(bench: Bench, subjects: Path, tmp_path: Path) -> None:
    again = open_bench(subjects, tmp_path / "again", seed=5, held_out=1)
    assert again == bench
    assert again.hash == bench.hash
    assert open_bench(subjects, tmp_path / "other", seed=6, held_out=1).hash != bench.hash


def test_a_saved_bench_reads_back_whole(bench: Bench) -> None:
    assert read_bench(bench.folder) == bench


def test_a_bench_changed_by_hand_is_refused(bench: Bench, tmp_path: Path) -> None:
    data = json.loads((bench.folder / "bench.json").read_text())
    data["items"][0]["answer"] = "Perhaps."
    (tmp_path / "bench.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="changed"):
        read_bench(tmp_path)


def test_a_folder_keeps_one_bench(bench: Bench, subjects: Path) -> None:
    assert open_bench(subjects, bench.folder, seed=5, held_out=1) == bench
    with pytest.raises(InputError, match="other subjects or settings"):
        open_bench(subjects, bench.folder, seed=7, held_out=1)


def test_no_photo_is_learned_from_and_asked_about(bench: Bench) -> None:
    for subject in bench.subjects:
        assert len(subject.train) == 3
        assert not set(subject.train) & {item.image for item in bench.items}


def test_every_picture_an_item_names_is_there(bench: Bench) -> None:
    for item in bench.items:
        for path in filter(None, (item.image, item.target, item.mask)):
            assert (bench.folder / path).is_file()
        assert item.provenance


def test_photos_of_the_same_class_are_hard_negatives(bench: Bench) -> None:
    asked = bench.of("ball", "rec")
    origins = {item.provenance: item.hard for item in asked}
    assert origins["a held-out photo of ball2"]
    assert not origins["a held-out photo of rex"]
    assert [item.hard for item in asked if item.answer == "No."][0]


def test_a_folder_s_name_stands_in_no_item(bench: Bench) -> None:
    for item in bench.items:
        assert "rex" not in item.text + item.answer


def test_parg_asks_for_what_no_photo_shows_without_saying_it(bench: Bench) -> None:
    for item in (i for i in bench.items if i.task == "parg"):
        fact = bench.subject(item.subject).facts[item.fact or 0]
        assert not fact.visible
        assert fact.noun in item.text
        assert fact.value not in item.text
        assert item.kind in ("place", "object")


def test_edits_change_their_mask_only(bench: Bench) -> None:
    kinds = set()
    for item in (i for i in bench.items if i.task == "edit"):
        source, target = (open_picture(bench.folder, p) for p in (item.image, item.target))
        mask = open_mask(bench.folder, item.mask, source.size)
        changed = (np.asarray(source) != np.asarray(target)).any(-1)
        assert changed.any()
        assert not (changed & ~mask).any()
        kinds.add(item.kind)
    assert kinds >= set(EDIT_KINDS)


def test_removal_is_asked_for_as_in_the_paper(bench: Bench) -> None:
    item = next(i for i in bench.items if i.kind == "remove")
    subject = bench.subject(item.subject)
    assert item.text == f"remove <{subject.mention}>: {subject.class_word} from the photo"


def test_one_subject_alone_is_told_apart_from_drawn_scenes(tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": {"class": "cup"}}, photos=2)
    bench = open_bench(folder, tmp_path / "b")
    negatives = [i for i in bench.of("cup", "rec") if i.answer == "No."]
    assert {i.provenance for i in negatives} == {"a drawn scene"}


def test_a_single_photo_is_learned_from(tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": {"class": "cup"}}, photos=1)
    bench = open_bench(folder, tmp_path / "b")
    assert len(bench.subjects[0].train) == 1
    assert {i.answer for i in bench.of("cup", "rec")} == {"No."}


def test_given_facts_are_kept_and_none_are_invented(tmp_path: Path) -> None:
    record: dict[str, object] = {
        "class": "cup",
        "visible": ["it is white"],
        "not_visible": ["its toy is a red ball"],
    }
    folder = write_subjects(tmp_path / "s", {"cup": record}, photos=2)
    facts = open_bench(folder, tmp_path / "b").subjects[0].facts
    assert [fact.origin for fact in facts] == ["given", "given"]
    assert [fact.visible for fact in facts] == [True, False]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("her home is by the sea", "place", "beach"),
        ("its toy is a red ball.", "object", "red ball"),
        ("its owner is Anna", "", "Anna"),
        ("she likes hay", "", ""),
    ],
)
def test_a_fact_says_what_a_judge_can_look_for(text: str, kind: str, value: str) -> None:
    fact = understood(text, visible=False)
    assert (fact.kind, fact.value) == (kind, value)


def test_facts_of_every_form_are_read() -> None:
    record = {"facts": {"visible": ["it is red"], "not visible": [{"text": "its owner is Ana"}]}}
    assert [fact.visible for fact in read_facts(record, "x")] == [True, False]
    assert read_facts({"facts": [{"text": "it is red", "visible": True}]}, "x")[0].visible


@pytest.mark.parametrize("facts", ["its toy is red", [3], [{"text": 4}], [""]])
def test_what_is_no_fact_is_named(facts: object) -> None:
    with pytest.raises(InputError, match="fact|list"):
        read_facts({"facts": facts}, "concept.json")


def test_invented_facts_differ_while_they_can() -> None:
    made = invent(12, ["ball"], np.random.default_rng(0))
    assert len({place.value for place, _ in made}) == 12
    assert len({thing.value for _, thing in made}) == 12
    assert not any("ball" in thing.value.split() for _, thing in made)


@pytest.mark.parametrize(("photos", "held"), [(1, 0), (2, 1), (3, 1), (4, 2), (9, 2)])
def test_at_least_half_of_few_photos_are_learned_from(photos: int, held: int) -> None:
    learned, asked = leave_out(range(photos), 2, np.random.default_rng(1))
    assert len(asked) == held
    assert sorted(learned + asked) == list(range(photos))


def test_there_are_25_prompts_of_each_kind() -> None:
    assert all(len(set(prompts()[kind])) == 25 for kind in ("object", "live"))


def test_a_name_goes_without_an_article() -> None:
    assert fill("a <x> on the beach", "bo") == "<bo> on the beach"
    assert fill("<x> is {a}.", "bo", "apple") == "<bo> is an apple."


def test_a_text_prompt_says_all_that_is_known(bench: Bench) -> None:
    text = described(bench.subject("rex"))
    assert "is a dog." in text
    assert all(f"'s {noun} is" in text for noun in ("home", "toy"))


def test_a_missing_folder_and_a_missing_class_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no folder"):
        open_bench(tmp_path / "none", tmp_path / "b")
    folder = write_subjects(tmp_path / "s", {"cup": {"kind": "cup"}})
    with pytest.raises(InputError, match="names no class"):
        open_bench(folder, tmp_path / "b")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="has no subjects"):
        open_bench(tmp_path / "empty", tmp_path / "b")
