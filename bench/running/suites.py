"""How much is done: suites by name, each with its items, its steps and its methods."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.data.items import Bench, Item
from bench.data.questions import shows_face
from bench.methods.catalog import MAIN, METHODS
from learning.presets import Recipe, find_recipe
from omni_errors import NotFoundError

__all__ = ["SUITES", "Suite", "find_suite", "items_of"]


@dataclass(frozen=True)
class Suite:
    """Say how many items of each task a subject has, and how long it is learned.

    ``negatives`` are recognition items without the subject; None is all there are.
    ``self_judged`` items of each task are put before the model as a judge; None is all.
    """

    name: str
    about: str
    methods: tuple[str, ...]
    limits: Mapping[str, int | None] = field(default_factory=dict)
    negatives: int | None = None
    self_judged: int | None = None
    steps: int | None = None
    # points of the schedule of a picture; None takes the model's
    timesteps: int | None = None
    recipe: str = "quick"
    # fields of the recipe that are other here
    changes: Mapping[str, Any] = field(default_factory=dict)

    def recipe_for(self, steps: int | None, seed: int) -> Recipe:
        """Return what is learned by: a number of steps, not of seconds, so that it repeats."""
        usual = find_recipe(self.recipe)
        number = steps or self.steps or usual.steps
        fields: dict[str, Any] = {
            "steps": number,
            "seed": seed,
            "budget_s": None,
            "patience": None,
            "test_every": max(number // 3, 1),
            "warmup": min(usual.warmup, number // 4),
        }
        return replace(usual, **{**fields, **self.changes})


_SMOKE = {"rec": 1, "vqa": 1, "qa": 1, "choice": 1, "draw": 1, "parg": 2, "edit": 1}
_MINI = {"rec": 2, "vqa": 3, "qa": 3, "choice": 4, "draw": 3, "parg": 2, "edit": 5}

SUITES: dict[str, Suite] = {
    one.name: one
    for one in (
        Suite(
            "smoke",
            "does everything run: a few items, two steps; its numbers mean nothing",
            ("ours", "ours-both", "coupled", "no-replay", "tp", "base"),
            _SMOKE,
            negatives=1,
            steps=2,
            timesteps=6,
            changes={"scene_edits": 4, "views": 2, "strangers": 4, "likeness": 1, "test_every": 2},
        ),
        Suite(
            "mini",
            "the main methods on a laptop: for twenty subjects two to three hours on two cores",
            MAIN,
            _MINI,
            negatives=6,
            self_judged=1,
            steps=40,
            # drawings are looked at before the first step and after the last
            changes={"test_every": 40},
        ),
        Suite("full", "every method and every item", tuple(METHODS), {}),
    )
}


def find_suite(name: str) -> Suite:
    """Return a suite.

    Raises:
        NotFoundError: naming those there are.
    """
    if name not in SUITES:
        raise NotFoundError(f"There is no suite {name!r}.", hint=f"Known: {', '.join(SUITES)}.")
    return SUITES[name]


def items_of(bench: Bench, subject: str, task: str, suite: Suite) -> list[Item]:
    """Choose a suite's items: spread evenly over those of a task, the same every time.

    Edits are chosen kind by kind, since most of them are removals. The drawing by which faces
    are compared comes along with any others.
    """
    items, limit = list(bench.of(subject, task)), suite.limits.get(task)
    if task == "rec":
        yes = [item for item in items if item.here]
        no = [item for item in items if not item.here]
        # look-alikes come first
        return yes[:limit] + no[: suite.negatives]
    if limit is None or limit >= len(items):
        return items
    if task == "edit":
        return _by_kind(items, limit)
    if task == "draw":
        faces = [item for item in items if shows_face(item, bench.subject(subject))]
        return _spread([item for item in items if item not in faces], limit) + faces
    return _spread(items, limit)


def _spread(items: Sequence[Item], limit: int) -> list[Item]:
    return [items[n * len(items) // limit] for n in range(limit)]


def _by_kind(items: Sequence[Item], limit: int) -> list[Item]:
    """Take the first of each kind before the second of any, in their own order."""
    turns: Counter[str] = Counter()
    turned: list[tuple[int, int]] = []
    for number, item in enumerate(items):
        turned.append((turns[item.kind], number))
        turns[item.kind] += 1
    return [items[number] for number in sorted(n for _, n in sorted(turned)[:limit])]
