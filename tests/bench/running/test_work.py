"""Who plays for a method: what it learned, what replay is shown, and what stands in the prompt."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image

from bench.data.items import Bench, Item, Subject
from bench.methods.catalog import METHODS
from bench.methods.players import Control
from bench.methods.teaching import Taught
from bench.running import work
from bench.running.ledger import read_results
from bench.running.suites import SUITES
from bench.running.work import Kit, Work
from graphs.options import ReplayOptions

ANNA = Subject("anna", "taruvo", "woman", True, ("red.png",), ("blue.png",))
ITEMS = (
    Item("anna/parg/0", "parg", "anna", "<taruvo> at home."),
    Item("anna/draw/0", "draw", "anna", "<taruvo> on grass."),
)
FACE = SimpleNamespace(config=SimpleNamespace(default_image_size=(8, 8)))
KIT = SimpleNamespace(face=FACE, backbone="tiny", encoders=(), judges=(), faces=None)
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
    assert [doing.run(methods), doing.run(methods)] == [1 + 2, 0]
    done = [(r.method, r.task) for r in read_results(doing.ledger.file)]
    assert done == [("exemplars-2", "parg"), ("ours", "draw"), ("ours", "parg")]


def test_real_photos_are_those_that_were_held_out(doing: Work) -> None:
    doing.run([METHODS["real"]])
    (kept, _) = [doing.out / r.output for r in read_results(doing.ledger.file)]
    with Image.open(kept) as image:
        assert image.getpixel((0, 0)) == (0, 0, 255)
