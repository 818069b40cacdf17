"""Learning through the graph: first rows, training, its grade, and going on after a kill."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from assistant import Assistant, workshop
from assistant.workshop import judged
from backbone import Backbone
from learning.examples import Material, make_examples
from learning.lesson import Lesson, prepare
from learning.masks import SubjectMask
from learning.trainer import StepLosses
from omni_errors import CancelledError, InputError, NotFoundError, ResourceError
from tests.assistant.work import SMALL

ROOT = Path(__file__).parent.parent.parent


def learned(assistant: Assistant, photos: Path, **more: Any) -> list[StepLosses]:
    """Learn one concept and return the losses of each step."""
    heard: list[StepLosses] = []
    given = {"on_step": lambda losses, steps: heard.append(losses), **more}
    assistant.concepts.add(
        [photos / "maeve", photos / "new-maeve.png"],
        name="Maeve",
        class_name="dog",
        facts=["Her toy is red."],
        preset=SMALL,
        **given,
    )
    return heard


def test_training_makes_a_second_version_and_says_how_it_went(
    assistant: Assistant, photos: Path
) -> None:
    assert [losses.step for losses in learned(assistant, photos)] == [1, 2, 3, 4, 5, 6]
    concept = assistant.memory.concepts.get(assistant.user, "maeve")
    versions = assistant.memory.checkpoints.list(assistant.user, concept.id)
    assert [(one.version, one.parent) for one in versions] == [(1, None), (2, 1)]
    run = assistant.memory.training_runs.list(assistant.user, concept.id)[0]
    assert (run.state, run.version, run.recipe["seed"]) == ("done", 2, 0)
    assert {"steps", "losses", "wall_time_s", "peak_memory_bytes"} <= run.metrics.keys()
    better = run.metrics["active"]
    assert assistant.concepts.show("Maeve").version == (2 if better else 1)
    assert run.message.startswith(("Loss on", "Held-out"))


def test_training_leaves_no_files_but_the_review(assistant: Assistant, photos: Path) -> None:
    learned(assistant, photos)
    left = {path.name for path in (assistant.home / "training").rglob("*") if path.is_file()}
    assert left == {"edits.png", "edits.json"}


def losses_of(heard: list[StepLosses]) -> list[tuple[int, float]]:
    return [(one.step, one.total) for one in heard]


def test_a_training_that_was_stopped_goes_on(assistant: Assistant, photos: Path) -> None:
    other = Assistant(user="ben", model="tiny")
    whole = losses_of(learned(other, photos))
    other.close()
    heard: list[StepLosses] = []

    def stop(losses: StepLosses, steps: int) -> None:
        heard.append(losses)
        if losses.step == 3:
            raise KeyboardInterrupt

    assistant.concepts.add(
        [photos / "maeve", photos / "new-maeve.png"],
        name="Maeve",
        class_name="dog",
        facts=["Her toy is red."],
    )
    with pytest.raises(CancelledError, match="after step 3"):
        assistant.concepts.train("Maeve", SMALL, on_step=stop)
    assert assistant.concepts.show("Maeve").version == 1
    record = assistant.concepts.train("Maeve", SMALL, on_step=lambda one, n: heard.append(one))
    assert (record["steps"], losses_of(heard)) == (6, whole)


def stopped(assistant: Assistant, photos: Path) -> None:
    """Stop the training of Maeve after its third step."""

    def stop(losses: StepLosses, steps: int) -> None:
        if losses.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(CancelledError, match="after step 3"):
        learned(assistant, photos, on_step=stop)


def test_a_training_begins_anew_when_those_it_learned_from_are_forgotten(
    assistant: Assistant, photos: Path
) -> None:
    assistant.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    stopped(assistant, photos)
    assistant.concepts.forget("Rex")
    heard: list[StepLosses] = []
    record = assistant.concepts.train("Maeve", SMALL, on_step=lambda one, n: heard.append(one))
    assert record["steps"] == 6 and [one.step for one in heard] == [1, 2, 3, 4, 5, 6]


def kept_words(assistant: Assistant) -> str:
    files = (assistant.home / "training").rglob("*.json")
    return "".join(file.read_text() for file in files)


def test_a_fact_that_is_removed_leaves_no_word_in_a_stopped_training(
    assistant: Assistant, photos: Path
) -> None:
    stopped(assistant, photos)
    assert "Her toy is red" in kept_words(assistant)
    assistant.concepts.remove_fact("Maeve", "Her toy is red.")
    assert "Her toy is red" not in kept_words(assistant)


def test_a_training_with_other_facts_leaves_none_of_the_one_before(
    assistant: Assistant, photos: Path
) -> None:
    stopped(assistant, photos)
    assistant.concepts.add_fact("Maeve", "She likes hay.")
    assistant.concepts.train("Maeve", SMALL)
    left = {path.name for path in (assistant.home / "training").rglob("*") if path.is_file()}
    assert left == {"edits.png", "edits.json"}


def test_a_fact_removed_while_it_is_learned_breaks_nothing_and_leaves_nothing(
    assistant: Assistant, photos: Path
) -> None:
    other = Assistant(user=assistant.user_name, model="tiny")

    def remove(losses: StepLosses, steps: int) -> None:
        if losses.step == 2:
            other.concepts.remove_fact("Maeve", "Her toy is red.")

    with pytest.raises(InputError, match="removed meanwhile"):
        learned(assistant, photos, on_step=remove)
    other.close()
    assert "Her toy is red" not in kept_words(assistant)
    assert in_use(assistant) == [True]


def test_a_photo_removed_while_it_is_learned_from_leaves_no_trained_tokens(
    assistant: Assistant, photos: Path
) -> None:
    other = Assistant(user=assistant.user_name, model="tiny")

    def remove(losses: StepLosses, steps: int) -> None:
        if losses.step == 2:
            other.concepts.remove_photo("Maeve", photos / "maeve" / "1.png")

    with pytest.raises(InputError, match="removed meanwhile"):
        learned(assistant, photos, on_step=remove)
    other.close()
    assert in_use(assistant) == [True]
    assert len(assistant.concepts.photos("Maeve")) == 3


def in_use(assistant: Assistant) -> list[bool]:
    """Say of each version of Maeve's tokens whether it is in use."""
    concept = assistant.memory.concepts.get(assistant.user, "Maeve")
    return [one.active for one in assistant.memory.checkpoints.list(assistant.user, concept.id)]


def test_tokens_that_learned_a_removed_fact_are_removed(assistant: Assistant, photos: Path) -> None:
    learned(assistant, photos)
    assistant.concepts.add_fact("Maeve", "She likes hay.")
    assert assistant.concepts.remove_fact("Maeve", "She likes hay.").versions == ()
    assert in_use(assistant) == [False, True]
    lost = assistant.concepts.remove_fact("Maeve", "Her toy is red.")
    assert (lost.versions, lost.was_active, lost.active) == ((2,), True, 1)
    assert assistant.memory.missing() == () and assistant.memory.sweep().files == 0


def test_a_fact_said_anew_takes_the_tokens_of_the_old_one(
    assistant: Assistant, photos: Path
) -> None:
    learned(assistant, photos)
    _, lost = assistant.concepts.change_fact("Maeve", "Her toy is red.", " Her toy is red. ")
    assert lost.versions == ()
    changed, lost = assistant.concepts.change_fact("Maeve", "Her toy is red.", "Her toy is blue.")
    assert (changed.text, lost.versions) == ("Her toy is blue.", (2,))


def test_tokens_trained_after_unlearning_are_other_ones(assistant: Assistant, photos: Path) -> None:
    learned(assistant, photos)
    concept = assistant.memory.concepts.get(assistant.user, "Maeve").id
    before = assistant.tokens_of([concept])[0]
    assistant.concepts.remove_fact("Maeve", "Her toy is red.")
    record = assistant.concepts.train("Maeve", SMALL)
    assert record["version"] == 3
    assert assistant.tokens_of([concept])[0] is not before


def test_facts_are_learned_under_the_name_of_now_and_unlearned_as_told(
    known: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.concepts.add_fact("Maeve", "Maeve's toy is a drum.")
    known.concepts.rename("Maeve", "Quux")
    read = list[tuple[str, ...]]()

    def prepared(face: Backbone, material: Material, *given: Any, **more: Any) -> Lesson:
        read.append(material.facts)
        return prepare(face, material, *given, **more)

    monkeypatch.setattr(workshop, "prepare", prepared)
    version = known.concepts.train("Quux", SMALL)["version"]
    assert "Quux's toy is a drum." in read[0]
    assert known.concepts.remove_fact("Quux", "Maeve's toy is a drum.").versions == (version,)


def test_what_a_process_is_busy_with_is_left_to_it(assistant: Assistant, photos: Path) -> None:
    stopped(assistant, photos)
    room = next((assistant.home / "training").iterdir())
    (folder,) = (path for path in room.iterdir() if path.name != "review")
    with FileLock(folder.with_suffix(".lock")):
        assistant.concepts.remove_fact("Maeve", "Her toy is red.")
        assert (folder / "described.json").is_file()
        with pytest.raises(InputError, match="Another process"):
            assistant.concepts.add_fact("Maeve", "Her toy is red.")
            assistant.concepts.train("Maeve", SMALL)


KILLED = """
import os, sys
from pathlib import Path
from assistant import Assistant
from tests.assistant.work import SMALL

def kill(losses, steps):
    print(losses.step, losses.total, flush=True)
    if losses.step == int(sys.argv[2]):
        os.kill(os.getpid(), 9)

folder = Path(sys.argv[1])
learned = Assistant(user=sys.argv[3], model="tiny").concepts.add(
    [folder / "maeve", folder / "new-maeve.png"],
    name="Maeve", class_name="dog", facts=["Her toy is red."], preset=SMALL, on_step=kill,
)
print(learned.training["losses"], learned.training["version"])
"""


def run(photos: Path, stop: int, user: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(photos), str(stop), user]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)


@pytest.mark.slow
def test_kill_9_while_a_concept_is_added_changes_nothing_of_the_result(photos: Path) -> None:
    whole = run(photos, 99, "ben")
    killed, again = run(photos, 2, "ana"), run(photos, 99, "ana")
    assert (whole.returncode, killed.returncode) == (0, -signal.SIGKILL), whole.stderr
    assert again.stdout.splitlines() == whole.stdout.splitlines()[2:], again.stderr
    assert killed.stdout.splitlines() == whole.stdout.splitlines()[:2]


def test_nothing_is_trained_with_none(known: Assistant) -> None:
    with pytest.raises(InputError, match="Nothing is trained"):
        known.concepts.train("Maeve", "none")


@pytest.mark.parametrize(
    ("scores", "better"),
    [
        ({"first likeness": 0.3, "trained likeness": 0.4}, True),
        ({"active likeness": 0.4, "first likeness": 0.1, "trained likeness": 0.3}, False),
        (
            {"first loss": 1, "trained loss": 2, "first likeness": 0.3, "trained likeness": 0.4},
            True,
        ),
        (
            {"first loss": 2, "trained loss": 1, "first likeness": 0.4, "trained likeness": 0.3},
            False,
        ),
        (
            {"first loss": 2, "trained loss": 1, "first likeness": 0.4, "trained likeness": 0.39},
            True,
        ),
        ({}, True),
        ({"first loss": 2.0, "trained loss": 1.0}, True),
        ({"first loss": 1.0, "trained loss": 2.0}, False),
        ({"first recognition": 0.5, "trained recognition": 0.9} | {"first loss": 1.0}, True),
        ({"first recognition": 0.9, "trained recognition": 0.5} | {"first loss": 1.0}, False),
        ({"first loss": 3.0, "active loss": 1.0, "trained loss": 2.0}, False),
        ({"first loss": 1.0, "active loss": 3.0, "trained loss": 2.0}, True),
    ],
)
def test_trained_rows_are_used_unless_they_are_worse(
    scores: dict[str, float], better: bool
) -> None:
    assert judged(scores)[0] is better


def test_pairs_taken_out_of_the_review_are_not_learned_from(known: Assistant, photos: Path) -> None:
    sheet = known.concepts.review("Maeve")
    file = sheet.with_name("edits.json")
    found = json.loads(file.read_text())
    kept = [row for row in found["pairs"] if not row["reason"]]
    for row in kept[:2]:
        row["keep"] = False
    file.write_text(json.dumps(found))
    known.concepts.review("Maeve")
    again = json.loads(file.read_text())
    total = len(found["pairs"])
    assert again["kept_share"] == pytest.approx((len(kept) - 2) / total, abs=1e-3)


def test_forgetting_reaches_what_training_left(assistant: Assistant, photos: Path) -> None:
    learned(assistant, photos)
    list(assistant.chat().send("remember that Maeve is three"))
    receipt = assistant.concepts.forget("Maeve", images=True, mentions=True)
    assert not receipt.unexplained
    assert receipt.removed["training files"] == 2
    assert receipt.removed["runs that waited"] == 1
    assert b"Maeve is three" not in (assistant.home / "runs.db").read_bytes()


def test_an_earlier_version_is_used_again(assistant: Assistant, photos: Path) -> None:
    learned(assistant, photos)
    assistant.concepts.roll_back("Maeve", 2)
    used = assistant.concepts.roll_back("Maeve")
    assert (used.version, used.active) == (1, True)
    assert assistant.ask("What is Maeve's toy?").trace["versions"] == {"Maeve": 1}
    with pytest.raises(NotFoundError, match="no version before"):
        assistant.concepts.roll_back("Maeve")
    assert [one.version for one in assistant.concepts.versions("Maeve")] == [1, 2]


def test_the_grade_is_what_training_measured(assistant: Assistant, photos: Path) -> None:
    learned(assistant, photos)
    assistant.concepts.roll_back("Maeve", 2)
    record = assistant.concepts.show("Maeve").record
    grade, held, first = (record[key] for key in ("grade", "held_out", "held_out_first"))
    assert (grade["trained loss"], grade["first loss"]) == (held["total"], first["total"])
    assert set(record["spent_s"]) == {"before", "first grade", "steps", "looks", "last grade"}


def test_other_tools_are_another_training_and_are_used(assistant: Assistant, photos: Path) -> None:
    class Whole:
        """Take all of a photo for its subject."""

        def __init__(self) -> None:
            self.asked: list[str] = []

        def segment(self, image: Image.Image, what: str) -> SubjectMask:
            self.asked.append(what)
            return SubjectMask(np.ones((image.height, image.width), np.bool_), "whole")

    learned(assistant, photos)
    tool = Whole()
    other = Assistant(user="ana", model="tiny", segmenter=tool)
    other.concepts.train("Maeve", SMALL)
    other.close()
    assert set(tool.asked) == {"dog"}


def test_a_tool_that_is_not_here_is_told_before_anything_is_kept(photos: Path) -> None:
    one = Assistant(user="ana", model="tiny", inpainter="diffusers")
    with pytest.raises(ResourceError, match="config set inpainter opencv"):
        one.concepts.add([photos / "rex"], name="Rex", class_name="dog", preset=SMALL)
    assert one.concepts.list() == ()
    one.close()


@pytest.mark.parametrize("rate", [5.0, 1e-9])
def test_a_second_training_is_compared_with_the_version_in_use(
    assistant: Assistant, photos: Path, rate: float
) -> None:
    learned(assistant, photos)
    assistant.concepts.roll_back("Maeve", 2)
    second = assistant.concepts.show("Maeve").record
    done = assistant.concepts.train("Maeve", replace(SMALL, lr_und=rate, lr_gen=rate))
    assert done["grade"]["active loss"] == pytest.approx(second["held_out"]["total"])
    better, why = judged(done["grade"])
    assert done["why"] == why and "in use" in why
    in_use = {one.version: one.active for one in assistant.concepts.versions("Maeve")}
    assert in_use == {1: False, 2: not better, 3: better}


def test_captions_name_the_background_of_each_photo(
    assistant: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ("on the grass", "", "on a white background", "")
    monkeypatch.setattr(workshop, "name_places", lambda face, found, *rest: said[: len(found)])
    seen: list[Material] = []

    def prepared(face: Backbone, material: Material, *rest: Any, **more: Any) -> Lesson:
        seen.append(material)
        return prepare(face, material, *rest, **more)

    monkeypatch.setattr(workshop, "prepare", prepared)
    learned(assistant, photos)
    captions = {drawing.text for drawing in make_examples(seen[0]).drawings}
    assert seen[0].places == said
    assert {"a photo of <Maeve> on the grass", "a photo of <Maeve>"} <= captions
