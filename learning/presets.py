"""Recipes by name: ``paper`` as published, ``quick`` for a laptop without a GPU."""

from dataclasses import dataclass

from backbone.limits import require, require_seed
from omni_errors import NotFoundError

__all__ = ["PRESETS", "Recipe", "find_recipe"]


@dataclass(frozen=True)
class Recipe:
    """Say how a concept is learned; the defaults are the paper's (§4) where it says something."""

    name: str = "paper"
    und_rows: int = 16
    gen_rows: int = 16
    steps: int = 2000
    # examples of each kind in a batch of 8; without edits one more of the other two
    questions: int = 4
    drawings: int = 2
    edits: int = 2
    # every how many steps pictures are drawn and edited; in the others questions take their places
    pictures_every: int = 1
    # questions that no photo goes with, in a batch of their own after each: what it is, what was
    # told of it, what was not, and what has nothing to do with it
    texts: int = 0
    # let every answer count the same, so that a yes counts beside a sentence
    even_text: bool = False
    # the paper leaves the rates open; all its peers take 1e-3
    lr_und: float = 1e-3
    lr_gen: float = 1e-3
    # rates are shares of the size (root mean square) that the elements of understanding rows and
    # of generation rows have before the first step, which differs from model to model
    relative: bool = False
    # return the mean of the rows over the last steps, in which each step keeps this share of the
    # mean before it; 0 returns the rows as they are
    average: float = 0.0
    weight_decay: float = 0.0
    warmup: int = 50
    clip: float = 1.0
    # the weights of eq. 9
    image_weight: float = 1.0
    edit_weight: float = 1.0
    # photos are learned from with this longest side, in pixels
    side: int = 512
    # exact edit pairs, views of the subject and others in its place, all on drawn scenes; the
    # paper has none of these
    scene_edits: int = 0
    views: int = 0
    strangers: int = 0
    # "random", "features" (k-means), "encoder" (the model's own), or "auto": the best there is
    start: str = "features"
    seed: int = 0
    # seconds of wall clock for the whole of learning: building, steps, looks and the last grade;
    # None for no end but the last step
    budget_s: float | None = None
    save_every: int = 50
    # steps between looks at held-out photos, and looks without improvement before it ends
    test_every: int = 100
    patience: int | None = None
    # return the rows that were best on held-out photos, or the last ones
    keep_best: bool = False
    # drawings made at every look, to keep the generation rows whose drawings look most like the
    # photos; 0 chooses them by the loss
    likeness: int = 0
    # recompute layers in the backward pass to save memory
    recompute: bool = False

    def __post_init__(self) -> None:
        require_seed(self.seed)
        counts = ("und_rows", "gen_rows", "steps", "questions", "drawings", "edits", "warmup")
        for name in (*counts, "texts", "scene_edits", "views", "strangers", "likeness"):
            require(getattr(self, name) >= 0, name, getattr(self, name), "0 or more")
        require(self.side >= 32, "side", self.side, "32 or more")
        require(self.steps > 0, "steps", self.steps, "1 or more")
        batch = self.questions + self.drawings + self.edits
        require(batch > 0, "questions + drawings + edits", batch, "1 or more")
        for name in ("lr_und", "lr_gen", "clip"):
            require(getattr(self, name) > 0, name, getattr(self, name), "more than 0")
        require(0 <= self.average < 1, "average", self.average, "0 or more and less than 1")
        for name in ("save_every", "test_every", "pictures_every"):
            require(getattr(self, name) > 0, name, getattr(self, name), "1 or more")
        ways = ("auto", "random", "features", "encoder")
        require(self.start in ways, "start", self.start, ", ".join(ways))


PRESETS: dict[str, Recipe] = {
    # Recomputing changes no number; without it a batch of 8 needs more than a GPU has.
    "paper": Recipe(recompute=True),
    "quick": Recipe(
        name="quick",
        steps=240,
        questions=4,
        drawings=1,
        edits=1,
        # Pictures hardly move the rows of omni-mini (docs/log.md), questions do.
        pictures_every=4,
        texts=8,
        even_text=True,
        # The elements of omni-mini's rows are .6, the peers' some .02: at the peers' rate of 1e-3
        # they learn no fact, and at this share of their size facts, class and subject
        # (docs/log.md). Generation rows that move faster draw blotches.
        relative=True,
        lr_und=0.032,
        lr_gen=1e-4,
        average=0.9,
        warmup=10,
        scene_edits=20,
        views=8,
        strangers=16,
        start="auto",
        budget_s=170.0,
        save_every=20,
        test_every=40,
        patience=2,
        keep_best=True,
        likeness=3,
    ),
}


def find_recipe(name: str) -> Recipe:
    """Return a preset.

    Raises:
        NotFoundError: naming those there are.
    """
    if name not in PRESETS:
        raise NotFoundError(f"There is no preset {name!r}.", hint=f"Known: {', '.join(PRESETS)}.")
    return PRESETS[name]
