"""A whole bench of bare folders of photos: the same every time, and nothing learned is asked."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.data.building import _invented, _negatives, _others
from bench.data.edits import EDIT_KINDS
from bench.data.facts import invent, read_facts, understood
from bench.data.items import Bench, Subject, read_bench
from bench.data.kinds import unasked
from bench.data.leftovers import left_out
from bench.data.opening import open_bench
from bench.data.pictures import Shelf, open_mask, open_picture
from bench.data.questions import described, parg_items, text_items, visual_items
from bench.data.reading import FoundSubject
from bench.data.splits import leave_out
from bench.data.wording import fill, prompts
from learning.examples import Material, make_examples
from learning.facts import fact_sentence
from omni_errors import InputError, NotFoundError
from tests.bench.conftest import photo, write_subjects


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
    with pytest.raises(InputError, match="--seed was 5 and is 7.*--out"):
        open_bench(subjects, bench.folder, seed=7, held_out=1)


def test_no_prompt_gives_its_fact_away() -> None:
    told = understood("its blue umbrella is broken", visible=False)
    ball = understood("its toy is a red ball", visible=False)
    subject = Subject("cup", "taruvo", "cup", False, (), (), (told, ball))
    items = list(parg_items(subject, np.random.default_rng(0)))
    assert items and {item.fact for item in items} == {1}


@pytest.mark.parametrize("name", ["caf\udce9.jpg", "o" * 240 + ".jpg", "a b'c.jpg"])
def test_photos_of_any_name_are_kept(tmp_path: Path, name: str) -> None:
    write_subjects(tmp_path / "in", {"cup": {"class": "cup"}}, photos=2)
    first = next((tmp_path / "in/cup").glob("*.png"))
    first.rename(first.with_name(name))
    made = open_bench(tmp_path / "in", tmp_path / "out", seed=0, held_out=1)
    assert read_bench(made.folder) == made and len(made.subjects[0].hashes) == 2


CUP: dict[str, object] = {"class": "cup", "not_visible": ["its toy is a red ball"]}


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (CUP | {"class": "mug"}, "the class of cup changed"),
        (CUP | {"not_visible": ["its toy is a blue ball"]}, "the facts of cup changed"),
        (CUP | {"visible": ["it is white"]}, "the facts of cup changed"),
    ],
)
def test_a_record_that_changed_is_not_mixed_in(
    tmp_path: Path, record: dict[str, object], what: str
) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": CUP}, photos=2)
    bench = open_bench(folder, tmp_path / "b")
    assert open_bench(folder, tmp_path / "b") == bench
    (folder / "cup" / "concept.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=what):
        open_bench(folder, tmp_path / "b")


def test_photos_and_subjects_that_changed_are_named(tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": CUP}, photos=2)
    open_bench(folder, tmp_path / "b")
    photo(77, "red").save(folder / "cup" / "1.png")
    write_subjects(folder, {"pan": {"class": "pan"}}, photos=1)
    with pytest.raises(InputError, match="pan is new; the photos of cup changed"):
        open_bench(folder, tmp_path / "b")


def test_no_photo_is_learned_from_and_asked_about(bench: Bench) -> None:
    for subject in bench.subjects:
        assert len(subject.train) == 3
        assert not set(subject.train) & {item.image for item in bench.items}


def test_a_photo_of_two_subjects_is_learned_by_both_and_asked_of_nobody(tmp_path: Path) -> None:
    records = dict[str, dict[str, object]](rex={"class": "dog"}, bo={"class": "dog"})
    folder = write_subjects(tmp_path / "s", records, photos=3)
    shutil.copy(folder / "rex" / "1.png", folder / "bo" / "both.png")
    for seed in range(3):
        bench = open_bench(folder, tmp_path / f"b{seed}", seed=seed)
        shown = [{s.hashes[path] for path in s.train} for s in bench.subjects]
        assert len(shown[0] & shown[1]) == 1
        assert [len(s.test) for s in bench.subjects] == [2, 1]
        for item in bench.items:
            assert item.image not in [p for s in bench.subjects for p in s.train]
    assert bench.made["shared"] == {"bo": ["both.png"], "rex": ["1.png"]}
    assert "other subjects have the same photos: of bo both.png." in " ".join(left_out(bench))


def test_a_folder_of_others_photos_alone_has_none_held_out(tmp_path: Path) -> None:
    records = dict[str, dict[str, object]](rex={"class": "dog"})
    folder = write_subjects(tmp_path / "s", records, photos=4)
    shutil.copytree(folder / "rex", folder / "twin")
    bench = open_bench(folder, tmp_path / "b")
    assert [(len(s.train), len(s.test)) for s in bench.subjects] == [(4, 0), (4, 0)]
    assert {i.provenance for i in bench.items if i.task == "rec"} == {"a drawn scene"}


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


def test_only_people_are_asked_for_a_plain_photo_and_nothing_else_changes(tmp_path: Path) -> None:
    asked = []
    for word in ("woman", "dog"):
        folder = write_subjects(tmp_path / word, {"it": {"class": word}}, photos=2)
        asked.append(open_bench(folder, tmp_path / f"{word}-bench").of("it", "draw"))
    person, dog = asked
    assert person[:25] == dog
    assert [item.text for item in person[25:]] == ["A photo of <taruvo>."]


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


@pytest.mark.parametrize(("held_out", "drawn"), [(0, 6), (1, 6), (2, 0)])
def test_many_others_with_few_held_out_photos_leave_drawn_scenes(
    tmp_path: Path, held_out: int, drawn: int
) -> None:
    tests = tuple(f"{n}.png" for n in range(held_out))
    subjects = [Subject(name, name, "cup", False, ("a.png",), tests) for name in "abcd"]
    rows = _negatives(subjects, Shelf(tmp_path), 0)["a"]
    assert len(rows) == 3 * held_out + drawn
    assert [origin for _, _, origin in rows].count("a drawn scene") == drawn


def test_an_edit_says_whether_its_photo_is_learned_from(bench: Bench, tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": {"class": "cup"}}, photos=1)
    alone = open_bench(folder, tmp_path / "b")
    edits = [item.provenance for item in alone.items if item.task == "edit"]
    assert edits
    assert all("a photo that is learned from" in origin for origin in edits)
    assert all("held-out" in item.provenance for item in bench.of("rex", "edit"))


def test_a_single_photo_is_learned_from(tmp_path: Path) -> None:
    folder = write_subjects(tmp_path / "s", {"cup": {"class": "cup"}}, photos=1)
    bench = open_bench(folder, tmp_path / "b")
    assert len(bench.subjects[0].train) == 1
    assert {i.answer for i in bench.of("cup", "rec")} == {"No."}


def kinds_after(given: list[str], visible: list[str]) -> list[str]:
    facts = read_facts({"not_visible": given, "visible": visible}, "x")
    (made,) = _invented([FoundSubject("cup", "cup", (), facts)], 3)
    return [fact.kind for fact in made]


@pytest.mark.parametrize(
    ("given", "visible", "invented"),
    [
        ([], [], ["place", "object"]),
        (["its toy is a red ball"], ["it is white"], ["place"]),
        (["it lives by the sea"], [], ["object"]),
        (["its home is by the sea", "its toy is a red ball"], [], []),
        (["its owner is Anna"], [], ["place", "object"]),
        # what no picture can be asked with serves for nothing
        (["it comes from the beach"], [], ["place", "object"]),
        # what is seen is not gainsaid
        ([], ["it lives by the sea", "its toy is a red ball"], []),
    ],
)
def test_what_given_facts_leave_open_is_invented(
    given: list[str], visible: list[str], invented: list[str]
) -> None:
    assert kinds_after(given, visible) == invented


def told(*hidden: str) -> Subject:
    facts = read_facts({"not_visible": list(hidden)}, "x")
    return Subject("cup", "bo", "cup", False, ("a.png",), ("b.png",), facts)


@pytest.mark.parametrize(
    ("fact", "question", "prompt"),
    [
        ("it lives by the sea", "where", "A photo of <bo> in the place where <bo> lives."),
        ("has a red hat", "what", "A photo of <bo> with what <bo> has."),
        ("it is at the beach", "where", "A photo of <bo> in the place where <bo> is."),
        ("its owner is Anna", "owner", "A photo of <bo> with its owner."),
        ("it is 3 years old", "how old", ""),
        ("it comes from Peru", "where", ""),
    ],
)
def test_each_of_several_facts_is_asked_by_its_kind(fact: str, question: str, prompt: str) -> None:
    subject, rng = told("its name is Bo", fact), np.random.default_rng(0)
    (asked,) = [item for item in text_items(subject, rng) if item.fact == 1]
    assert question in asked.text
    assert asked.answer == fact_sentence(fact, "bo")
    prompts = [item.text for item in parg_items(subject, rng) if item.fact == 1]
    assert prompts == ([prompt] if prompt else [])


def test_what_no_question_asks_alone_is_asked_with_everything() -> None:
    subject = told("it rusts in rain", "its owner is Anna")
    items = list(text_items(subject, np.random.default_rng(0)))
    whole = next(item for item in items if item.id == "cup/qa/all")
    assert whole.answer == "<bo> rusts in rain. <bo>'s owner is Anna."
    assert unasked(subject, items) == ["parg: it rusts in rain", "parg: its owner is Anna"]


def test_a_photo_is_asked_only_for_what_it_shows() -> None:
    record = {"visible": ["its hat is red"], "not_visible": ["its owner is Anna"]}
    subject = Subject("cup", "bo", "cup", False, (), ("b.png",), read_facts(record, "x"))
    items = list(visual_items(subject, "white", np.random.default_rng(0)))
    assert [item.fact for item in items] == [None, None, 0]
    assert "Anna" not in " ".join(item.answer for item in items)
    assert {item.fact for item in text_items(subject, np.random.default_rng(0))} >= {0, 1}


def test_no_question_is_one_that_lessons_ask() -> None:
    facts = ("it lives by the sea", "it has a hat", "it is 3 years old", "it was born in May")
    subject = told(*facts, "it is at home")
    told_facts = tuple(fact.text for fact in subject.facts)
    made = make_examples(Material("bo", "cup", (photo(0, "red"),), told_facts)).questions
    lessons = {q.question for questions in made.values() for q in questions}
    items = list(text_items(subject, np.random.default_rng(0)))
    assert len(items) == 6
    assert not lessons & {item.text for item in items}
    assert not any(text.startswith(("Please say", "Remind me")) for text in lessons)


def test_negatives_of_a_few_are_spread_by_the_seed() -> None:
    names = [f"s{n}" for n in range(9)]
    subjects = [Subject(n, n, "cup", False, (), (f"{n}/0", f"{n}/1")) for n in names]
    rows = [_others(subjects[0], subjects, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert rows[0] == rows[1]
    assert rows[0][:6] != rows[2][:6]
    # one of each before the second of any
    assert all(path.endswith("/0") for path, _, _ in rows[0][:8])


def test_look_alikes_are_hard_however_their_class_is_written() -> None:
    words = {"rex": "dog", "bo": "Dogs", "mi": "golden retriever dog", "cup": "cup"}
    subjects = [Subject(n, n, word, False, (), (f"{n}.png",)) for n, word in words.items()]
    rows = _others(subjects[0], subjects, np.random.default_rng(0))
    assert {path: hard for path, hard, _ in rows} == {
        "bo.png": True,
        "mi.png": True,
        "cup.png": False,
    }
    assert [hard for _, hard, _ in rows] == [True, True, False]


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


def test_what_may_not_be_asked_about_is_learned_from() -> None:
    learned, asked = leave_out(range(4), 2, np.random.default_rng(1), may=lambda n: n > 2)
    assert (learned, asked) == ((0, 1, 2), (3,))


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
