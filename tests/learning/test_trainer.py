"""The trainer moves rows and nothing else, and goes on after any stop as if there were none."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from backbone import ConceptTokens
from backbone.face import Backbone
from backbone.training import JointLoss
from learning import trainer
from learning.batches import batch_of, texts_of
from learning.examples import Drawing, Editing, ExampleSet, Material, Question, make_examples
from learning.held_out import set_aside
from learning.presets import PRESETS, Recipe, find_recipe
from learning.run import Run, apply, follow, make_optimizer
from learning.state import rows_of_concept
from learning.trainer import StepLosses, TrainOptions, train
from omni_errors import CancelledError, InputError, NotFoundError

FAST = Recipe(
    "fast", und_rows=4, gen_rows=4, steps=6, questions=2, drawings=1, edits=0, warmup=2,
    lr_und=0.02, lr_gen=0.02, save_every=2, test_every=2,
)  # fmt: skip


# as quick has them
TEXTS = replace(FAST, texts=2, even_text=True, relative=True, average=0.8)


def rows(face: Backbone) -> ConceptTokens:
    return ConceptTokens.random(
        "ball", face.config, Generator().manual_seed(3), und_rows=4, gen_rows=4
    )


def logged(folder: Path) -> list[tuple[float, ...]]:
    """Read the losses of every step, without times."""
    lines = [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]
    return [tuple(line[k] for k in ("step", "total", "text", "image", "edit")) for line in lines]


def stop_after(steps: int) -> Callable[[], bool]:
    left = iter([False] * steps)
    return lambda: next(left, True)


def test_losses_fall_and_the_backbone_stays(tiny: Backbone, examples: ExampleSet) -> None:
    before = {k: v.clone() for k, v in tiny.model.state_dict().items()}
    concept, seen = rows(tiny), list[StepLosses]()
    first = {k: v.clone() for k, v in concept.state_dict().items()}
    options = TrainOptions(on_step=lambda losses, _: seen.append(losses))
    result = train(tiny, concept, examples, replace(FAST, steps=25, questions=4), options)
    assert sum(s.text for s in seen[-5:]) < 0.8 * sum(s.text for s in seen[:5])
    assert all(torch.equal(before[k], v) for k, v in tiny.model.state_dict().items())
    assert all(not torch.equal(first[k], v) for k, v in concept.state_dict().items())
    assert result.ended == "finished" and result.record["steps"] == 25


def test_losses_are_logged_each_for_itself(
    tiny: Backbone, examples: ExampleSet, tmp_path: Path
) -> None:
    train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path))
    log = logged(tmp_path)
    assert [line[0] for line in log] == [1, 2, 3, 4, 5, 6]
    for _, total, text, image, edit in log:
        assert total == pytest.approx(text + image + edit)
        assert text > 0 and image > 0 and edit == 0


@pytest.mark.parametrize("stopped", [1, 3, 4])
@pytest.mark.parametrize("recipe", [FAST, TEXTS], ids=["fast", "texts"])
def test_a_stopped_run_goes_on_as_if_it_had_not(
    tiny: Backbone, examples: ExampleSet, tmp_path: Path, stopped: int, recipe: Recipe
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    wanted = train(tiny, rows(tiny), examples, recipe, TrainOptions(whole)).concept
    cut = TrainOptions(parts, should_stop=stop_after(stopped))
    moved = rows(tiny)
    assert train(tiny, moved, examples, recipe, cut).ended == "stopped"
    # rates that follow from the rows are those of the first ones, whatever rows it goes on with
    result = train(tiny, moved, examples, recipe, TrainOptions(parts))
    assert result.ended == "finished"
    assert logged(parts) == logged(whole)
    pairs = zip(result.concept.parameters(), wanted.parameters(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)


_KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from backbone import load
from learning.examples import make_examples
from learning.trainer import TrainOptions, train
from tests.learning.conftest import photo
from tests.learning.test_trainer import FAST, rows, small
torch.set_num_threads(1)
def kill(losses, steps):
    if losses.step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
face = load("tiny")
train(face, rows(face), make_examples(small()), FAST, TrainOptions(Path(sys.argv[1]), kill))
"""


def small() -> Material:
    from tests.learning.conftest import photo

    return Material("ball", "ball", (photo(1), photo(2)), ("she likes grass",))


def test_a_killed_process_loses_nothing_but_time(tiny: Backbone, tmp_path: Path) -> None:
    whole, parts, made = tmp_path / "whole", tmp_path / "parts", make_examples(small())
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(parts), "5"], check=False)
    assert killed.returncode == -9 and len(logged(parts)) == 5
    train(tiny, rows(tiny), made, FAST, TrainOptions(parts))
    train(tiny, rows(tiny), made, FAST, TrainOptions(whole))
    assert logged(parts) == logged(whole)


def test_ctrl_c_leaves_the_last_whole_step(
    tiny: Backbone, examples: ExampleSet, tmp_path: Path
) -> None:
    def interrupt(losses: StepLosses, steps: int) -> None:
        if losses.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(CancelledError, match="step 3 of 6"):
        train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path, interrupt))
    assert train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path)).record["steps"] == 6
    assert [line[0] for line in logged(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_a_step_that_has_too_little_memory_leaves_those_before_it(
    tiny: Backbone, examples: ExampleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = trainer._Job._step

    def full(job: Any, run: Any) -> Any:
        if run.step == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return step(job, run)

    with monkeypatch.context() as patch, pytest.raises(torch.OutOfMemoryError):
        patch.setattr(trainer._Job, "_step", full)
        train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path))
    train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path))
    assert [line[0] for line in logged(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_layers_of_a_large_model_are_computed_again(tiny: Backbone) -> None:
    def of(layers: int, width: int) -> Any:
        trunk = SimpleNamespace(
            num_hidden_layers=layers, understanding=SimpleNamespace(hidden_size=width)
        )
        return SimpleNamespace(config=SimpleNamespace(trunk=trunk))

    assert trainer._is_large(of(28, 3584)) and not trainer._is_large(of(30, 576))


def test_a_finished_run_is_not_repeated(
    tiny: Backbone, examples: ExampleSet, tmp_path: Path
) -> None:
    first = train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path))
    again = train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path))
    assert again.record["losses"] == first.record["losses"]
    assert len(logged(tmp_path)) == 6
    more = train(tiny, rows(tiny), examples, replace(FAST, steps=8), TrainOptions(tmp_path))
    assert more.record["steps"] == 8


def test_the_state_of_another_run_is_refused(
    tiny: Backbone, examples: ExampleSet, tmp_path: Path
) -> None:
    train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path))
    with pytest.raises(InputError, match="data hash"):
        train(tiny, rows(tiny), make_examples(small()), FAST, TrainOptions(tmp_path))
    with pytest.raises(InputError, match="recipe"):
        train(tiny, rows(tiny), examples, replace(FAST, seed=1), TrainOptions(tmp_path))


def test_a_budget_ends_it(tiny: Backbone, examples: ExampleSet) -> None:
    result = train(tiny, rows(tiny), examples, replace(FAST, steps=500, budget_s=0.2))
    assert result.ended == "budget" and 0 < result.record["steps"] < 500
    assert result.record["wall_time_s"] < 2


def test_what_came_before_and_the_last_grade_are_part_of_the_budget(
    tiny: Backbone, material: Material
) -> None:
    learned, aside = set_aside(material)
    assert aside is not None
    recipe = replace(FAST, steps=500, budget_s=100.0)
    options = TrainOptions(held_out=make_examples(aside), spent_s=100.0)
    record = train(tiny, rows(tiny), make_examples(learned), recipe, options).record
    assert (record["ended"], record["steps"]) == ("budget", 0)
    assert record["held_out"] == record["held_out_first"]


def test_the_record_says_what_time_went_into(
    tiny: Backbone, material: Material, tmp_path: Path
) -> None:
    learned, aside = set_aside(material)
    assert aside is not None
    options = TrainOptions(tmp_path, held_out=make_examples(aside), spent_s=5.0)
    record = train(tiny, rows(tiny), make_examples(learned), FAST, options).record
    spent = record["spent_s"]
    assert list(spent) == ["before", "first grade", "steps", "looks", "last grade"]
    assert spent["before"] >= 5.0 and record["wall_time_s"] == pytest.approx(
        sum(spent.values()), abs=0.01
    )


def test_a_run_that_goes_on_is_compared_with_its_first_rows(
    tiny: Backbone, material: Material, tmp_path: Path
) -> None:
    learned, aside = set_aside(material)
    assert aside is not None
    data, held = make_examples(learned), make_examples(aside)
    whole = train(tiny, rows(tiny), data, FAST, TrainOptions(held_out=held)).record
    options = TrainOptions(tmp_path, held_out=held)
    train(tiny, rows(tiny), data, FAST, replace(options, should_stop=stop_after(3)))
    again = train(tiny, rows(tiny), data, FAST, options).record
    for name in ("held_out_first", "held_out", "held_out_history"):
        assert again[name] == whole[name]


def test_no_improvement_on_held_out_photos_ends_it(tiny: Backbone, material: Material) -> None:
    learned, aside = set_aside(material)
    assert aside is not None
    # rates so low that nothing gets better, and so high that it gets worse
    recipe = replace(FAST, steps=40, lr_und=3.0, lr_gen=3.0, warmup=0, patience=2, keep_best=True)
    options = TrainOptions(held_out=make_examples(aside))
    record = train(tiny, rows(tiny), make_examples(learned), recipe, options).record
    assert record["ended"] == "early" and record["steps"] < 40
    history = {look["step"]: look["total"] for look in record["held_out_history"]}
    assert history[record["best_step"]] == min(history.values())
    assert record["held_out"]["total"] == pytest.approx(min(history.values()))
    assert 0 <= record["held_out"]["recognition"] <= 1


def test_the_record_says_where_rows_come_from(tiny: Backbone, examples: ExampleSet) -> None:
    record = train(tiny, rows(tiny), examples, replace(FAST, steps=1)).record
    assert record["data_hash"] == examples.data_hash and record["recipe"]["name"] == "fast"
    assert record["peak_memory_bytes"] > 10**7 and record["wall_time_s"] > 0
    json.dumps(record)


def test_losses_that_are_no_numbers_are_said(tiny: Backbone, examples: ExampleSet) -> None:
    concept = rows(tiny)
    concept.und.data.fill_(float("nan"))
    with pytest.raises(InputError, match="lower rates"):
        train(tiny, concept, examples, FAST)


def test_two_processes_do_not_learn_in_one_folder(
    tiny: Backbone, examples: ExampleSet, tmp_path: Path
) -> None:
    from filelock import FileLock

    with FileLock(tmp_path / "lock"), pytest.raises(InputError, match="Another process"):
        train(tiny, rows(tiny), examples, FAST, TrainOptions(tmp_path))


def test_the_mean_of_the_rows_is_what_is_looked_at_and_returned(
    tiny: Backbone, material: Material
) -> None:
    learned, aside = set_aside(material)
    assert aside is not None
    options, data = TrainOptions(held_out=make_examples(aside)), make_examples(learned)
    last, mean = (
        train(tiny, rows(tiny), data, replace(FAST, average=share), options) for share in (0.0, 0.9)
    )
    assert far(mean.concept, rows(tiny)) < far(last.concept, rows(tiny))
    assert mean.record["held_out"]["total"] == mean.record["held_out_history"][-1]["total"]


def far(concept: ConceptTokens, other: ConceptTokens) -> float:
    """Return how far rows are from others."""
    return float((concept.und - other.und).detach().square().sum())


def test_the_mean_is_that_of_the_steps(tiny: Backbone) -> None:
    concept = rows(tiny)
    run = Run(concept, make_optimizer(concept, TEXTS), mean=rows_of_concept(concept))
    first, seen = concept.und.detach().clone(), []
    for run.step in range(3):
        concept.und.data.add_(1.0)
        follow(run, 0.25)
        seen.append(float((run.mean["und"] - first).mean()))
    # .2 of the mean is kept at first, then .25
    assert seen == pytest.approx([0.8, 0.25 * 0.8 + 0.75 * 2, 0.25 * 1.7 + 0.75 * 3])


def rates(tiny: Backbone, recipe: Recipe) -> list[float]:
    """Return the rates of the last step of warming up."""
    concept = rows(tiny)
    optimizer = make_optimizer(concept, recipe)
    zero = torch.stack([row.square().sum() for row in rows_of_all(concept)]).sum() * 0.0
    apply(JointLoss(zero, zero, zero, zero), optimizer, recipe, recipe.warmup)
    return [group["lr"] for group in optimizer.param_groups]


def rows_of_all(concept: ConceptTokens) -> tuple[Tensor, ...]:
    return concept.sks, concept.und, concept.out, concept.gen


def test_relative_rates_are_shares_of_the_size_of_rows(tiny: Backbone) -> None:
    found = rates(tiny, replace(FAST, lr_und=0.5, lr_gen=0.25, relative=True))
    concept = rows(tiny)
    und, gen = (float(row.detach().square().mean().sqrt()) for row in (concept.und, concept.gen))
    assert found == pytest.approx([0.5 * und] * 3 + [0.25 * gen])


def test_a_name_without_understanding_rows_moves_by_its_own_size(tiny: Backbone) -> None:
    concept = ConceptTokens.random(
        "ball", tiny.config, Generator().manual_seed(3), und_rows=0, gen_rows=0
    )
    optimizer = make_optimizer(concept, TEXTS)
    size = float(concept.sks.detach().square().mean().sqrt())
    assert optimizer.param_groups[0]["full"] == pytest.approx(TEXTS.lr_und * size)


def test_a_batch_follows_from_seed_and_step(examples: ExampleSet) -> None:
    assert batch_of(examples, FAST, 7) == batch_of(examples, FAST, 7)
    assert batch_of(examples, FAST, 7) != batch_of(examples, FAST, 8)
    assert batch_of(examples, FAST, 7) != batch_of(examples, replace(FAST, seed=1), 7)


def test_the_papers_batch_is_four_two_two(material: Material, examples: ExampleSet) -> None:
    def mix(made: ExampleSet, draws: bool = True) -> list[int]:
        batch = batch_of(made, PRESETS["paper"], 0, draws=draws)
        return [sum(isinstance(e, kind) for e in batch) for kind in (Question, Drawing, Editing)]

    edit = Editing(material.photos[0], "remove <ball>: ball from the photo", material.photos[1])
    assert mix(make_examples(replace(material, edits=(edit,)))) == [4, 2, 2]
    assert mix(examples) == [5, 3, 0]
    assert mix(examples, draws=False) == [8, 0, 0]


def test_steps_between_those_with_pictures_ask_instead(examples: ExampleSet) -> None:
    recipe = replace(PRESETS["paper"], pictures_every=3)
    kinds = [{type(one) for one in batch_of(examples, recipe, step)} for step in range(4)]
    assert kinds[1] == kinds[2] == {Question}
    assert kinds[0] == kinds[3] == {Question, Drawing}
    assert len(batch_of(examples, recipe, 1)) == len(batch_of(examples, recipe, 0))


def test_what_is_learned_without_questions_draws_in_every_step(examples: ExampleSet) -> None:
    recipe = replace(PRESETS["paper"], questions=0, pictures_every=3)
    assert {type(one) for one in batch_of(examples, recipe, 1)} == {Drawing}


def test_steps_of_texts_leave_the_other_questions_to_photos(examples: ExampleSet) -> None:
    recipe = replace(FAST, questions=4, drawings=1, texts=3)
    asked = [q for q in batch_of(examples, recipe, 0) if isinstance(q, Question)]
    assert len(asked) == 4 and all(q.photo is not None for q in asked)
    texts = texts_of(examples, recipe, 0)
    assert len(texts) == 3 and all(q.photo is None for q in texts)
    assert texts_of(examples, FAST, 0) == ()


def test_texts_move_the_rows_by_themselves(tiny: Backbone, examples: ExampleSet) -> None:
    recipe = replace(FAST, questions=0, drawings=1, texts=2, steps=8, warmup=0)
    seen = list[StepLosses]()
    options = TrainOptions(on_step=lambda losses, steps: seen.append(losses))
    train(tiny, rows(tiny), examples, recipe, options)
    assert seen[-1].text < seen[0].text
    assert seen[0].total == pytest.approx(seen[0].text + seen[0].image)


def test_yes_and_no_come_equally_often(examples: ExampleSet) -> None:
    recipe = replace(FAST, questions=8, drawings=0)
    asked = [q for n in range(150) for q in batch_of(examples, recipe, n)]
    counts = [sum(getattr(q, "answer", "") == said for q in asked) for said in ("Yes.", "No.")]
    assert 0.8 < counts[0] / counts[1] < 1.25


def test_photos_are_asked_about_as_often_as_scenes_made_of_them(material: Material) -> None:
    made = make_examples(replace(material, composed=2))
    recipe = replace(FAST, questions=8, drawings=0)
    asked = [q for n in range(150) for q in batch_of(made, recipe, n) if isinstance(q, Question)]
    scenes = {id(photo) for photo in material.photos[-2:]}
    shares = [id(q.photo) in scenes for q in asked if q.answer == "Yes."]
    assert 0.4 < sum(shares) / len(shares) < 0.6


def test_held_out_photos_are_not_learned_from(material: Material) -> None:
    learned, aside = set_aside(material)
    assert aside is not None
    assert len(learned.photos) == 3 and len(aside.photos) == 1
    assert not {id(p) for p in learned.photos} & {id(p) for p in aside.photos}
    assert set_aside(replace(material, photos=material.photos[:3]))[1] is None


def test_presets_are_found_and_wrong_values_refused() -> None:
    paper = find_recipe("paper")
    assert (paper.steps, paper.und_rows, paper.gen_rows) == (2000, 16, 16)
    with pytest.raises(NotFoundError, match="quick"):
        find_recipe("slow")
    with pytest.raises(InputError, match="steps is 0"):
        Recipe(steps=0)
    with pytest.raises(InputError, match="start is 'luck'"):
        Recipe(start="luck")


@pytest.mark.parametrize("place", ["_write_down", "_look", "_step"])
def test_ctrl_c_anywhere_in_a_step_is_made_good(
    tiny: Backbone,
    examples: ExampleSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(tiny, rows(tiny), examples, FAST, TrainOptions(whole))
    right, left = getattr(trainer._Job, place), [3]

    def interrupted(*given: Any) -> Any:
        done = right(*given)
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(trainer._Job, place, interrupted)
    with pytest.raises(CancelledError, match="step 2 of 6"):
        train(tiny, rows(tiny), examples, FAST, TrainOptions(parts))
    train(tiny, rows(tiny), examples, FAST, TrainOptions(parts))
    assert logged(parts) == logged(whole)
