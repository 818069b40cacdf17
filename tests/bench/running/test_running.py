"""A whole run on the tiny model: it ends, goes on where it stopped, and notices the controls."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from backbone import load
from bench.data.contents import hash_files
from bench.data.items import Bench, Item, Subject
from bench.judges.judge import AlwaysOne
from bench.judges.rules import RuleJudge
from bench.judges.scenes import SceneReader, Show, as_it_is
from bench.methods.catalog import CONTROLS, METHODS
from bench.methods.method import RowsPlan
from bench.methods.teaching import Taught, Teacher
from bench.metrics.encoders import EfficientNetLite
from bench.metrics.forgetting import Fingerprint
from bench.report.blocks import Chart, Pictures, Text, as_markdown
from bench.report.controls import forgotten
from bench.report.trust import covered, trust_section
from bench.report.writing import write_report
from bench.running.evidence import keep_evidence
from bench.running.ledger import Ledger, Result, read_results
from bench.running.running import RunOptions, _judges, open_kit, run_bench
from bench.running.suites import SUITES, find_suite, items_of
from bench.running.versions import (
    code_version,
    judging_version,
    package_version,
    scenes_version,
)
from bench.running.work import Kit, Work
from learning.presets import Recipe
from omni_errors import InputError, NotFoundError
from tests.bench.fakes import reader

# what a result was made with
THEN = {"settings": "as then"}
OPTIONS = RunOptions("smoke", ("ours", "und-only", "no-replay", "exemplars-0"), "tiny", 0, 1)


@pytest.fixture(scope="module")
def kit() -> Iterator[Kit]:
    before = torch.get_num_threads()
    # as in each test: results hold the number
    torch.set_num_threads(1)
    yield Kit(load("tiny"), [EfficientNetLite()], [RuleJudge(reader()), AlwaysOne()])
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def out(subjects: Path, kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    run_bench(subjects, folder, OPTIONS, kit=kit)
    return folder


def results(out: Path) -> list[Result]:
    return [r for file in sorted((out / "results").glob("*.jsonl")) for r in read_results(file)]


def test_every_item_has_a_result_with_its_origin(out: Path) -> None:
    made = results(out)
    assert {r.method for r in made} == {*OPTIONS.methods, *CONTROLS}
    assert {r.task for r in made if r.method == "ours"} >= {"rec", "vqa", "qa", "draw", "parg"}
    for result in made:
        known = result.provenance
        assert known["backbone"].startswith("tiny:")
        assert known["bench"]
        assert known["encoders"] == ["efficientnet-lite0"]
    ours = next(r for r in made if r.method == "ours")
    assert ours.provenance["rows sha256"]
    assert ours.provenance["recipe"]["steps"] == 2


def test_provenance_tells_what_was_really_taught_by(out: Path) -> None:
    by = {r.method: r.provenance for r in results(out)}
    assert by["ours"]["recipe"]["gen_rows"] == 16
    assert (by["und-only"]["recipe"]["gen_rows"], by["und-only"]["recipe"]["edits"]) == (0, 0)
    assert by["und-only"]["plan"]["changes"]["gen_rows"] == 0
    assert by["yes"]["recipe"] == {}
    assert (by["ours"]["rows code"], by["yes"]["rows code"]) == (code_version(), "")


def test_removals_of_controls_are_recognised_by_the_rows_of_ours(out: Path) -> None:
    removed = [r for r in results(out) if r.kind == "remove"]
    assert {r.method for r in removed} == {"ours", "black", "unchanged"}
    assert {r.provenance["recogniser"] for r in removed} == {"ours"}
    before: dict[str, set[float]] = {}
    for result in removed:
        before.setdefault(result.item, set()).add(result.values["edit margin before"])
    assert all(len(found) == 1 for found in before.values())


def test_a_run_says_which_code_it_ran(out: Path) -> None:
    run = json.loads((out / "run.json").read_text())
    assert run["code"] == code_version()
    assert run["version"] == package_version()
    assert {(r.provenance["code"], r.provenance["threads"]) for r in results(out)} == {
        (run["code"], 1)
    }


def test_the_reader_of_scenes_is_kept_under_its_code_and_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[Path] = []

    def spy(encoder: EfficientNetLite, file: Path, show: Show) -> SceneReader:
        assert show is not as_it_is
        opened.append(file)
        return reader()

    monkeypatch.setattr("bench.judges.scenes.open_reader", spy)
    open_kit(OPTIONS)
    assert [file.name[:-13] for file in opened] == [f"scenes-{scenes_version()}"]


@pytest.mark.parametrize(
    "name", ["judges/prompts/judge.json", "metrics/a.py", "data/templates.json"]
)
def test_other_words_are_another_judge(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in ("judges/prompts/judge.json", "metrics/a.py", "data/templates.json"):
        (tmp_path / "bench" / one).parent.mkdir(parents=True)
        (tmp_path / "bench" / one).write_text("{}")
    monkeypatch.setattr("bench.running.versions._ROOT", tmp_path)
    first = judging_version.__wrapped__()
    (tmp_path / "bench" / name).write_text("[]")
    assert judging_version.__wrapped__() != first


def test_a_judge_without_an_address_is_refused() -> None:
    with pytest.raises(InputError, match="--judge-model gpt.*--judge-url"):
        _judges(None, reader(), replace(OPTIONS, judge_model="gpt"))


def test_what_compares_faces_is_named_and_another_is_run_anew(
    kit: Kit, bench: Bench, tmp_path: Path
) -> None:
    suite, (first, named) = SUITES["smoke"], (Mock(), Mock())
    first.name, named.name = "one", "other"
    done = []
    for faces in (None, None, first, first, named):
        seen, rex = replace(kit, faces=faces), bench.subject("rex")
        work = Work(seen, bench, rex, suite, suite.recipe_for(1, 0), tmp_path)
        work.run([METHODS["black"]])
        done.append(len(work.done))
    assert [count > 0 for count in done] == [True, False, True, False, True]
    last = list(read_results(tmp_path / "results" / "rex.jsonl"))[-1]
    assert last.provenance["faces"] == "other"


def test_other_content_or_another_name_is_other_code(tmp_path: Path) -> None:
    one, other = tmp_path / "a.py", tmp_path / "b.py"
    one.write_text("x = 1")
    other.write_text("x = 1")
    first = hash_files(tmp_path, [one])
    assert hash_files(tmp_path, [other]) != first
    one.write_text("x = 2")
    assert hash_files(tmp_path, [one]) != first


def test_pictures_and_raw_replies_are_kept(out: Path) -> None:
    drawn = [r for r in results(out) if r.task == "parg"]
    assert all((out / r.output).is_file() for r in drawn)
    assert all(r.verdicts["rules"]["raw"] for r in drawn)
    assert all(r.trace["prompt"] for r in drawn)
    assert any(r.trace["stages"] for r in drawn if r.method == "ours")
    assert not any(r.trace["stages"] for r in drawn if r.method == "no-replay")


def test_the_prompt_of_an_answer_is_kept_beside_what_was_asked(out: Path) -> None:
    asked = [r for r in results(out) if r.task in ("rec", "vqa", "qa") and r.method == "ours"]
    assert {r.task for r in asked} == {"rec", "vqa", "qa"}
    # ours puts no profile before a question
    assert all(r.trace["prompt"] == r.trace["asked"] for r in asked)


def test_a_second_run_does_nothing_twice(subjects: Path, kit: Kit, out: Path) -> None:
    before = results(out)
    told: list[str] = []
    run_bench(subjects, out, OPTIONS, kit=kit, on_step=told.append)
    assert results(out) == before
    assert not any("learning" in text for text in told)


def test_a_run_that_was_cut_short_goes_on(subjects: Path, kit: Kit, out: Path) -> None:
    file = out / "results" / "ball.jsonl"
    whole = list(read_results(file))
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:-2]) + lines[-2][:40], "utf-8")
    run_bench(subjects, out, OPTIONS, kit=kit)
    again = list(read_results(file))
    assert [(r.method, r.item) for r in again] == [(r.method, r.item) for r in whole]
    assert [replace(r, seconds=0) for r in again] == [replace(r, seconds=0) for r in whole]


def learned(teacher: Teacher, killed_at: int = 0) -> tuple[Taught, list[int]]:
    steps: list[int] = []

    def told(step: int, _: int) -> None:
        steps.append(step)
        if step == killed_at:
            raise RuntimeError

    return teacher.teach(RowsPlan(), told), steps


def test_learning_that_was_killed_goes_on_and_leaves_rows_only(
    kit: Kit, bench: Bench, tmp_path: Path
) -> None:
    recipe = Recipe("test", steps=4, warmup=0, side=64, scene_edits=1, test_every=2, save_every=2)
    rex = bench.subject("rex")
    cut, whole = (Teacher(kit.face, bench, rex, recipe, tmp_path / name) for name in "ab")
    with pytest.raises(RuntimeError):
        learned(cut, killed_at=3)
    (again, steps), (unbroken, _) = learned(cut), learned(whole)
    assert steps == [3, 4]
    assert again.record["sha256"] == unbroken.record["sha256"]
    assert not list(tmp_path.rglob("*.learning"))


def test_the_base_model_is_bit_identical_afterwards(out: Path) -> None:
    for file in (out / "forgetting").glob("*.json"):
        told = json.loads(file.read_text())
        assert told["changes"] == []
        assert len(told["after"]["answers"]) == 6


def test_a_change_of_the_model_stays_on_record(tmp_path: Path) -> None:
    file, clean, other = tmp_path / "f.json", Fingerprint("a", ("x",)), Fingerprint("b", ("x",))
    keep_evidence(file, clean, other, done=["ours a", "ours b"])
    keep_evidence(file, clean, clean, done=["ours b", "tp b"])
    told = json.loads(file.read_text())
    assert told["changes"] == ["weights differ"]
    assert told["done"] == ["ours a", "ours b", "tp b"]
    assert told["after"]["weights"] == "b"


def test_where_nothing_was_done_nothing_is_shown(tmp_path: Path) -> None:
    same = Fingerprint("a", ())
    keep_evidence(tmp_path / "f.json", same, same, done=[])
    assert not (tmp_path / "f.json").exists()


@pytest.mark.parametrize(("made", "told"), [("anew", "covers 2 of 3 items"), ("as then", "")])
def test_evidence_that_misses_items_says_so(tmp_path: Path, made: str, told: str) -> None:
    same, settings = Fingerprint("a", ()), ("as then", "as then", made)
    items = [
        Result("ours", name, f"{name}/qa/0", "qa", "", provenance={"settings": with_what})
        for name, with_what in zip("abc", settings, strict=True)
    ]
    for item in items:
        file = tmp_path / "forgetting" / f"{item.subject}.json"
        keep_evidence(file, same, same, done=[replace(item, provenance=THEN).name])
    seen = covered(tmp_path, items)
    last = trust_section([], [], [], {}, [], forgotten(tmp_path), seen)[-1]
    assert isinstance(last, Text)
    assert last.text.endswith(f"This {told}." if told else "base answers unchanged.")


def test_the_report_notices_every_control(out: Path) -> None:
    summary = write_report(out, out / "deep" / "summary.json")
    noticed = {c["control"]: c["noticed"] for c in summary["controls"]}
    assert len(noticed) == 5
    assert all(noticed.values()), summary["controls"]
    assert json.loads((out / "deep" / "summary.json").read_text()) == json.loads(
        json.dumps(summary)
    )


def test_the_report_has_its_parts(out: Path) -> None:
    write_report(out)
    page, text = (out / "report.html").read_text(), (out / "report.md").read_text()
    for title in ("Methods", "Controls", "Ablations", "Exemplars", "Pictures", "Every metric"):
        assert f"<h2>{title}</h2>" in page
        assert f"## {title}" in text
    assert "other work, other model" in page
    assert "<svg" in page
    assert "data:image/jpeg" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_paths_with_spaces_are_links_in_markdown(tmp_path: Path) -> None:
    shown = Pictures(("", "ours"), [("my cup", ("pictures/my cup (1).png",))])
    text = as_markdown("t", [shown, Chart("a b", "<svg/>")], tmp_path)
    assert "![](pictures/my%20cup%20%281%29.png)" in text
    assert "](a%20b.svg)" in text
    assert (tmp_path / "a b.svg").is_file()


def test_a_folder_without_results_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="omni bench run"):
        write_report(tmp_path)


def test_a_ledger_drops_a_line_that_was_cut_short(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.jsonl")
    one = Result("ours", "rex", "rex/qa/0", "qa", "A cup.", provenance={"settings": "s"})
    ledger.add(one)
    with ledger.file.open("a") as file:
        file.write('{"method": "ou')
    again = Ledger(ledger.file)
    assert again.results == [one]
    assert again.has("ours", "rex/qa/0", "s")
    assert not again.has("ours", "rex/qa/0", "other")
    again.add(replace(one, item="rex/qa/1"))
    assert len(list(read_results(ledger.file))) == 2


def test_an_item_done_otherwise_since_is_done_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.jsonl")
    one = Result("ours", "rex", "rex/draw/0", "draw", "a.png", provenance={"settings": "A"})
    ledger.add(one)
    ledger.add(replace(one, provenance={"settings": "B"}))
    for known in (ledger, Ledger(ledger.file)):
        assert not known.has("ours", "rex/draw/0", "A")
        assert known.has("ours", "rex/draw/0", "B")


@pytest.mark.parametrize("output", ["a\u2028b", "a\u0085b", "a\x0bb\x0cc\x1dd", "a\r\nb\rc"])
def test_every_letter_of_an_answer_is_read_back(tmp_path: Path, output: str) -> None:
    ledger = Ledger(tmp_path / "a.jsonl")
    one = Result("ours", "rex", "rex/qa/0", "qa", output)
    ledger.add(one)
    assert list(read_results(ledger.file)) == [one]


def test_a_cut_inside_a_letter_loses_its_own_line_only(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.jsonl")
    one = Result("ours", "rex", "rex/qa/0", "qa", "A cup.")
    ledger.add(one)
    ledger.file.write_bytes(ledger.file.read_bytes() + '{"method": "ä'.encode()[:-1])
    assert Ledger(ledger.file).results == [one]


def test_suites_choose_the_same_items_every_time(bench: Bench) -> None:
    mini = SUITES["mini"]
    drawn = items_of(bench, "rex", "draw", mini)
    assert drawn == items_of(bench, "rex", "draw", mini)
    assert len(drawn) == 3
    assert len(items_of(bench, "rex", "draw", SUITES["full"])) == 25
    asked = items_of(bench, "ball", "rec", SUITES["smoke"])
    assert [(i.answer, i.hard) for i in asked] == [("Yes.", False), ("No.", True)]


def test_the_plain_photo_of_a_person_comes_along_in_every_suite() -> None:
    anna = Subject("anna", "bo", "woman", True, (), ())
    texts = (*(f"<bo> {n}" for n in range(25)), "A photo of <bo>.")
    items = [Item(f"anna/draw/{n}", "draw", "anna", text) for n, text in enumerate(texts)]
    chosen = {}
    for word in ("woman", "dog"):
        bench = Bench(0, (replace(anna, class_word=word),), tuple(items))
        chosen[word] = [items_of(bench, "anna", "draw", one)[-1].text for one in SUITES.values()]
    assert chosen["woman"] == ["A photo of <bo>."] * 3
    assert chosen["dog"][:2] == ["<bo> 0", "<bo> 17"]


def test_both_hidden_facts_are_asked_for_in_every_suite(bench: Bench) -> None:
    for suite in SUITES.values():
        kinds = {item.kind for item in items_of(bench, "rex", "parg", suite)}
        assert kinds == {"place", "object"}


def test_mini_edits_in_every_way_however_many_removals_there_are() -> None:
    kinds = (*["remove"] * 6, "add", "background", "recolour", "move")
    items = [Item(f"a/edit/{n}", "edit", "a", "", kind=kind) for n, kind in enumerate(kinds)]
    bench = Bench(0, (), tuple(items))
    chosen = items_of(bench, "a", "edit", SUITES["mini"])
    assert [item.id for item in chosen] == [f"a/edit/{n}" for n in (0, 6, 7, 8, 9)]
    assert items_of(bench, "a", "edit", SUITES["smoke"]) == items[:1]
    assert items_of(replace(bench, items=tuple(items[:6])), "a", "edit", SUITES["mini"])[4:]


def test_a_suite_learns_by_steps_and_not_by_the_clock() -> None:
    recipe = SUITES["mini"].recipe_for(None, 3)
    assert (recipe.steps, recipe.seed, recipe.budget_s, recipe.patience) == (40, 3, None, None)
    assert SUITES["mini"].recipe_for(7, 3).steps == 7
    with pytest.raises(NotFoundError, match="smoke"):
        find_suite("huge")
