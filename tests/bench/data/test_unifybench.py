"""UnifyBench's layout, in both forms of its t2i file."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from PIL import Image

from bench.data.items import Bench
from bench.data.leftovers import left_out
from bench.data.opening import open_bench
from bench.data.unifybench import prompts_of
from bench.judges.rules import RuleJudge
from bench.methods.players import Answered, Drawn
from bench.running.scoring import Scorer
from omni_errors import FolderError, InputError
from tests.bench.conftest import photo
from tests.bench.fakes import reader


def write(file: Path, data: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "unify"
    train, test = root / "concept" / "train", root / "concept" / "test" / "bo"
    (train / "bo").mkdir(parents=True)
    test.mkdir(parents=True)
    for number in range(3):
        photo(number, "tan").save(train / "bo" / f"{number}.png")
        photo(9 + number, "tan").save(test / f"{number}.png")
    write(root / "concepts_list.json", ["bo"])
    write(train / "train_images.json", {"bo": ["/old/place/bo/0.png", "/old/place/bo/1.png"]})
    info = {"class": "dog", "info": "<sks> is a Shiba Inu.", "extra_info": ["<bo> has a red hat"]}
    write(train / "bo" / "info.json", info | {"generation_type": "live_subject"})
    write(test / "t2i_conditions.json", ["A photo of <bo>.", "A photo of <bo> wearing its hat."])
    items = [
        ("rec", "Is <bo> in this photo?", "No.", "concept/test/bo/1.png"),
        ("text_only", "What does <sks> wear?", "A red hat.", "black.png"),
        ("vqa", "What colour is <sks>?", "<bo> is tan.", "concept/test/bo/2.png"),
        ("rec", "Is <sks> here?", "It is.", "concept/test/bo/0.png"),
        ("vqa_choice", "<image>\nA or B?", "A", "/data/concept/test/bo/0.png"),
    ]
    rows = [
        {
            "image": image,
            "type": kind,
            "conversations": [
                {"from": "human", "value": asked},
                {"from": "gpt", "value": said},
            ],
        }
        for kind, asked, said, image in items
    ]
    write(root / "test_data" / "bo.json", rows)
    return root


@pytest.fixture
def unify(root: Path, tmp_path: Path) -> Bench:
    return open_bench(root, tmp_path / "bench")


def test_photos_and_facts_are_read(unify: Bench) -> None:
    (subject,) = unify.subjects
    assert (len(subject.train), len(subject.test), subject.live) == (2, 3, True)
    assert [(f.text, f.visible) for f in subject.facts] == [
        ("<bo> is a Shiba Inu.", True),
        ("<bo> has a red hat", False),
    ]


def test_items_keep_their_words_and_lose_their_markers(unify: Bench) -> None:
    (choice,) = unify.of("bo", "choice")
    assert (choice.text, choice.answer) == ("A or B?", "A")
    (qa,) = unify.of("bo", "qa")
    assert (qa.text, qa.image) == ("What does <bo> wear?", "")
    (seen,) = unify.of("bo", "vqa")
    assert (seen.answer, seen.image) == ("<bo> is tan.", "photos/_asked/concept/test/bo/2.png")


def test_every_label_but_no_is_yes(unify: Bench) -> None:
    labels = {item.answer: item.here for item in unify.of("bo", "rec")}
    assert labels == {"No.": False, "It is.": True}
    scorer = Scorer(unify, unify.subjects[0], [], [])
    (said,) = (item for item in unify.of("bo", "rec") if item.here)
    assert scorer.answer(said, Answered("Yes.")).values["label"] == 1
    assert scorer.answer(said, Answered("No.")).values["right"] == 0


def test_where_it_lies_does_not_change_a_bench(root: Path, unify: Bench, tmp_path: Path) -> None:
    elsewhere = root.rename(tmp_path / "elsewhere")
    moved = open_bench(elsewhere, tmp_path / "other")
    assert moved.hash == unify.hash
    assert str(tmp_path) not in (moved.folder / "bench.json").read_text()


def test_a_list_of_prompts_is_a_plain_one_and_those_that_need_knowledge(unify: Bench) -> None:
    assert unify.counts()["draw"] == 26
    (parg,) = unify.of("bo", "parg")
    assert parg.text == "A photo of <bo> wearing its hat."
    assert (parg.answer, parg.fact, parg.kind) == ("<bo> has a red hat", 1, "object")


def test_of_several_hidden_facts_a_judge_is_told_all(root: Path, tmp_path: Path) -> None:
    file = root / "concept" / "train" / "bo" / "info.json"
    info = json.loads(file.read_text())
    write(file, info | {"extra_info": ["<bo> has a red hat.", "<bo>'s home is by the sea"]})
    bench = open_bench(root, tmp_path / "bench")
    (item,) = bench.of("bo", "parg")
    shown = RuleJudge(reader()).picture
    judge = SimpleNamespace(name="spy", picture=Mock(side_effect=shown))
    scorer = Scorer(bench, bench.subjects[0], [], [judge])
    scorer.picture(item, Drawn(photo(1, "red"), ""))
    told = judge.picture.call_args.args[0].fact
    assert told.text == "<bo> has a red hat. <bo>'s home is by the sea"
    assert told.kind == ""


def test_without_its_questions_it_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "test_data" / "bo.json").unlink()
    with pytest.raises(FolderError, match="bo.json is missing.*gen_test_data.py"):
        open_bench(root, tmp_path / "bench")


@pytest.mark.parametrize("use", ["train", "test"])
def test_a_missing_folder_of_photos_is_named(root: Path, tmp_path: Path, use: str) -> None:
    (root / "concept" / use / "bo").rename(tmp_path / "away")
    with pytest.raises(InputError, match=f"concept/{use}/bo"):
        open_bench(root, tmp_path / "bench")


def test_what_changed_of_it_is_named(root: Path, unify: Bench) -> None:
    assert open_bench(root, unify.folder) == unify
    (root / "concept" / "test" / "bo" / ".DS_Store").write_text("x")
    assert open_bench(root, unify.folder) == unify
    photo(50, "red").save(root / "concept" / "test" / "bo" / "0.png")
    with pytest.raises(InputError, match="concept/test/bo changed"):
        open_bench(root, unify.folder)


RECORD = {
    "personalized_driven_generation": ["<sks> in its hat.", "<sks> at its home."],
    "explicit_personalized_driven_generation": ["<sks> in a red hat.", "<sks> by the sea."],
    "dense_prompt_generation": ["<sks>, asleep, on grass."],
    "personalized_dense_prompt_generation": ["<sks>, asleep, at its home."],
    "explicit_personalized_dense_prompt_generation": ["<sks>, asleep, by the sea."],
}


def test_a_record_of_prompts_is_split_by_its_kinds() -> None:
    plain, knowing = prompts_of(RECORD, 1)
    assert [(p.text, p.explicit) for p in plain] == [("<sks>, asleep, on grass.", "")]
    assert [(p.text, p.explicit) for p in knowing] == [
        ("<sks> at its home.", "<sks> by the sea."),
        ("<sks>, asleep, at its home.", "<sks>, asleep, by the sea."),
    ]
    assert [len(prompts_of(RECORD, tested)[1]) for tested in (None, 0, 9)] == [3, 1, 3]


def test_prompts_without_what_they_mean_are_refused() -> None:
    with pytest.raises(InputError, match="2 texts.*but 0.*explicit_personalized_driven"):
        prompts_of({"personalized_driven_generation": ["a", "b"]})


def test_a_record_becomes_items_whose_answer_says_the_fact(root: Path, tmp_path: Path) -> None:
    write(root / "concept" / "test" / "bo" / "t2i_conditions.json", RECORD)
    file = root / "concept" / "train" / "bo" / "info.json"
    write(file, json.loads(file.read_text()) | {"num_testing_info": 1})
    bench = open_bench(root, tmp_path / "bench")
    first, second = bench.of("bo", "parg")
    assert (first.text, first.answer) == ("<bo> at its home.", "<bo> by the sea.")
    assert (second.answer, second.fact) == ("<bo>, asleep, by the sea.", None)
    assert [i.text for i in bench.of("bo", "draw")][25:] == ["<bo>, asleep, on grass."]


def test_rules_mark_what_a_prompt_of_its_own_needs(root: Path, tmp_path: Path) -> None:
    write(root / "concept" / "test" / "bo" / "t2i_conditions.json", RECORD)
    bench = open_bench(root, tmp_path / "bench")
    item = bench.of("bo", "parg")[1]
    scorer = Scorer(bench, bench.subjects[0], [], [RuleJudge(reader())])
    black = scorer.picture(item, Drawn(Image.new("RGB", (64, 64)), ""))
    assert black.values["parg judge/rules"] == 0
    verdict = scorer.picture(item, Drawn(photo(1, "red"), "")).verdicts["rules"]
    assert (verdict["prompt"], verdict["mark"] in (0, 0.5, 1)) == ("place: beach", True)


def test_our_edits_are_added(unify: Bench) -> None:
    assert unify.counts()["edit"] >= 4


@pytest.mark.parametrize("path", ["../secret.png", "concept/../../secret.png", "{}/secret.png"])
def test_no_item_reaches_outside(root: Path, tmp_path: Path, path: str) -> None:
    rows = json.loads((root / "test_data" / "bo.json").read_text())
    photo(1, "red").save(tmp_path / "secret.png")
    rows[0]["image"] = path.format(tmp_path)
    write(root / "test_data" / "bo.json", rows)
    with pytest.raises(InputError, match="not below"):
        open_bench(root, tmp_path / "bench")


def test_links_of_a_hub_snapshot_are_followed(root: Path, unify: Bench, tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    for number, file in enumerate(sorted(root.rglob("*.png"))):
        blob = file.rename(tmp_path / "blobs" / str(number))
        file.symlink_to(os.path.relpath(blob, file.parent))
    assert open_bench(root, tmp_path / "linked").hash == unify.hash


def test_photos_that_are_left_out_are_named(root: Path, tmp_path: Path) -> None:
    photo(0, "tan").save(root / "concept" / "train" / "bo" / "1.png")
    (root / "concept" / "test" / "bo" / "3.png").write_bytes(b"no photo")
    bench = open_bench(root, tmp_path / "bench")
    (told,) = left_out(bench)
    assert "photos of bo: train/1.png shows what 0.png shows; test/3.png: " in told
    assert [len(photos) for photos in (bench.subjects[0].train, bench.subjects[0].test)] == [1, 3]


def test_an_unknown_type_is_named(root: Path, tmp_path: Path) -> None:
    rows = json.loads((root / "test_data" / "bo.json").read_text())
    rows[0]["type"] = "song"
    write(root / "test_data" / "bo.json", rows)
    with pytest.raises(InputError, match="song"):
        open_bench(root, tmp_path / "bench")


@pytest.mark.parametrize(("kind", "person"), [("human", True), ("pet", False)])
def test_who_is_a_person_is_taken_from_the_data(
    root: Path, tmp_path: Path, kind: str, person: bool
) -> None:
    file = root / "concept" / "train" / "bo" / "info.json"
    write(file, json.loads(file.read_text()) | {"class": "actor", "conversation_type": kind})
    made = open_bench(root, tmp_path / "bench")
    assert made.subjects[0].person is person
    assert open_bench(root, tmp_path / "bench").subjects[0].person is person
