"""Who plays for a method: what it learned, what replay is shown, and what stands in the prompt."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image

from bench.data.items import Bench, Item, Subject
from bench.judges.judge import AlwaysOne
from bench.methods.catalog import METHODS
from bench.methods.method import Method
from bench.methods.players import Answered, Control
from bench.methods.prompting import Library
from bench.methods.teaching import Taught
from bench.running import work
from bench.running.failing import MethodsFailedError
from bench.running.ledger import read_results
from bench.running.looks import Looks
from bench.running.suites import SUITES
from bench.running.work import Kit, Seen, Work
from graphs.options import ReplayOptions

ANNA = Subject("anna", "taruvo", "woman", True, ("red.png",), ("blue.png",))
ITEMS = (
    Item("anna/parg/0", "parg", "anna", "<taruvo> at home."),
    Item("anna/draw/0", "draw", "anna", "<taruvo> on grass."),
)
FACE = SimpleNamespace(config=SimpleNamespace(name="tiny", default_image_size=(8, 8)))
KIT = SimpleNamespace(
    face=FACE,
    backbone="tiny",
    where="cpu, float32",
    encoders=(),
    judges=(),
    faces=None,
    seen=lambda bench: Seen(Looks(bench), Library(cast(Any, FACE), bench)),
)
LEARNED = Taught("key", cast(Any, object()), {}, {})


@pytest.fixture
def doing(tmp_path: Path) -> Work:
    for colour in ("red", "blue"):
        Image.new("RGB", (8, 8), colour).save(tmp_path / f"{colour}.png")
    recipe = SUITES["smoke"].recipe_for(1, 0)
    bench = Bench(0, (ANNA,), ITEMS, folder=tmp_path)
    return Work(cast(Kit, KIT), bench, ANNA, SUITES["smoke"], recipe, tmp_path)


@pytest.fixture
def players(doing: Work, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Keep what each player is made of, and let it draw black."""
    made: list[tuple[object, ...]] = []

    def play(face: object, subject: Subject, *given: object) -> Control:
        made.append(given[:-1])
        return Control("black", list, 8)

    for name in ("RowsPlayer", "PromptPlayer"):
        monkeypatch.setattr(work, name, play)
    monkeypatch.setattr(doing.teacher, "teach", lambda plan, on_step: LEARNED)
    return made


@pytest.mark.parametrize(
    ("method", "facts", "exemplars", "source"),
    [
        ("exemplars-0", False, 0, "tokens"),
        ("exemplars-2", False, 2, "tokens"),
        ("exemplars-4", False, 4, "tokens"),
        ("ours", False, 6, "tokens"),
        ("ours-profile", True, 6, "profile"),
        ("ours-both", True, 6, "both"),
        ("no-replay", False, 6, "none"),
    ],
)
def test_replay_is_as_the_method_says(
    doing: Work, players: list[object], method: str, facts: bool, exemplars: int, source: Any
) -> None:
    doing.run([METHODS[method]])
    assert players == [(LEARNED.concept, facts, ReplayOptions(exemplars, source))]


@pytest.mark.parametrize(
    ("method", "told", "photos"), [("tp", True, 0), ("ip", False, 1), ("base", False, 0)]
)
def test_a_prompt_holds_the_facts_or_the_photos_that_are_learned_from(
    doing: Work, players: list[tuple[Any, ...]], method: str, told: bool, photos: int
) -> None:
    doing.run([METHODS[method]])
    ((text, shown),) = players
    assert text is told
    assert [image.getpixel((0, 0)) for image in shown] == [(255, 0, 0)] * photos


def test_only_the_tasks_of_a_method_are_done_and_each_once(
    doing: Work, players: list[object]
) -> None:
    methods = [METHODS["exemplars-2"], METHODS["ours"]]
    counts = []
    for _ in range(2):
        doing.run(methods)
        counts.append(len(doing.done))
    assert counts == [1 + 2] * 2
    done = [(r.method, r.task) for r in read_results(doing.ledger.file)]
    assert done == [("exemplars-2", "parg"), ("ours", "draw"), ("ours", "parg")]


def test_a_method_that_fails_does_not_cost_the_others(
    doing: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def play(method: Method, taught: object) -> Control:
        if method.name != "black":
            raise ValueError(method.name)
        return Control("black", list, 8)

    monkeypatch.setattr(doing, "_player", play)
    failures = doing.run([METHODS[name] for name in ("tp", "base", "black")])
    assert {one.split()[0] for one in doing.done} == {"black"}
    with pytest.raises(MethodsFailedError, match=r"^2 of 3 methods failed.*tp \(ValueError: tp"):
        failures.raise_methods()


def test_real_photos_are_those_that_were_held_out(doing: Work) -> None:
    doing.run([METHODS["real"]])
    (kept, _) = [doing.out / r.output for r in read_results(doing.ledger.file)]
    with Image.open(kept) as image:
        assert image.getpixel((0, 0)) == (0, 0, 255)


def test_a_photo_that_was_learned_from_is_not_compared_with_itself(doing: Work) -> None:
    alone = replace(ANNA, test=())
    mine = Work(doing.kit, doing.bench, alone, doing.suite, doing.teacher.recipe, doing.out)
    mine.run([METHODS[name] for name in ("real", "black")])
    assert [one.split()[0] for one in mine.done] == ["black", "black"]


class Seeing:
    """Recognise whatever is red, and keep count."""

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, text: str, image: Image.Image, *, asks_yes: bool) -> Answered:
        self.asked += 1
        return Answered("", 1.0 if image.getpixel((0, 0)) == (255, 0, 0) else -1.0)


REMOVAL = Item("anna/edit/0", "edit", "anna", "Remove it.", image="red.png", kind="remove")
RED, BLACK = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8))


@pytest.mark.parametrize("method", ["ours", "coupled", "tp", "black", "unchanged"])
def test_one_recogniser_judges_the_removals_of_all_methods(
    doing: Work, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    judge, own = Seeing(), Seeing()
    monkeypatch.setattr(doing.teacher, "taught", lambda plan: LEARNED)
    monkeypatch.setattr(doing, "_player", lambda method, taught: judge)
    found = doing._margins(METHODS[method], cast(Any, own), REMOVAL, RED, BLACK)
    assert (found, judge.asked, own.asked) == ((1.0, -1.0), 2, 0)
    provenance = doing._provenance(METHODS[method], None, REMOVAL, "s")
    assert provenance["recogniser"] == "ours"


def test_without_ours_a_method_judges_for_itself_and_controls_do_not(doing: Work) -> None:
    own = Seeing()
    found = doing._margins(METHODS["tp"], cast(Any, own), REMOVAL, RED, BLACK)
    assert (found, own.asked) == ((1.0, -1.0), 2)
    assert doing._provenance(METHODS["tp"], None, REMOVAL, "s")["recogniser"] == "tp"
    assert doing._margins(METHODS["black"], Control("black", list), REMOVAL, RED, BLACK) is None


def test_another_recogniser_is_another_setting(
    doing: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("ours", "tp", "und-only")
    before = [doing._settings(METHODS[name]) for name in names]
    monkeypatch.setattr(doing.teacher, "taught", lambda plan: LEARNED)
    monkeypatch.setattr(doing, "_player", lambda method, taught: Seeing())
    after = [doing._settings(METHODS[name]) for name in names]
    # ours brings its own, and und-only edits nothing
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_the_model_itself_judges_the_first_item_of_a_task_alone(doing: Work) -> None:
    itself, rules = AlwaysOne(), AlwaysOne()
    itself.name, rules.name = "local/tiny", "rules"
    asked = tuple(Item(f"anna/qa/{n}", "qa", "anna", "Where?", "At home.") for n in range(2))
    bench = Bench(0, (ANNA,), asked, folder=doing.bench.folder)
    kit = cast(Kit, SimpleNamespace(**{**vars(KIT), "judges": (itself, rules)}))
    suite = replace(doing.suite, limits={}, self_judged=1)
    work = Work(kit, bench, ANNA, suite, doing.teacher.recipe, doing.out)
    work.run([METHODS["yes"]])
    told = [list(result.verdicts) for result in read_results(work.ledger.file)]
    assert told == [["local/tiny", "rules"], ["rules"]]
