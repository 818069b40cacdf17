"""Every method by its name: ours, its ablations, what others do, and controls."""

from collections.abc import Sequence

from backbone.concepts import Routing
from bench.methods.method import DRAWS, UNDERSTANDS, Method, RowsPlan
from omni_errors import NotFoundError

__all__ = ["CONTROLS", "MAIN", "METHODS", "choose"]

_FULL = RowsPlan()
# where a stored fact can tell: other prompts are drawn, and all edits made, as by ours
_TOLD = UNDERSTANDS | {"parg"}
_SIZES = (0, 4, 8, 16)
_EXEMPLARS = (0, 2, 4, 6)


def _ours() -> list[Method]:
    return [
        Method(
            "ours",
            "rows; facts replayed from the rows alone, as in the paper; the task says which "
            "prompts need a fact, so replay never has to find that out",
            _FULL,
            replay="tokens",
            paper_row="Ours (Full)",
        ),
        Method(
            "ours-profile",
            "rows; facts from the stored profile, put before questions as the assistant does it: "
            "with what it is where that is asked for, and not before yes or no",
            _FULL,
            facts=True,
            replay="profile",
            tasks=_TOLD,
        ),
        Method(
            "ours-both",
            "ours-profile, and what the profile lacks is asked of the rows for prompts",
            _FULL,
            facts=True,
            replay="both",
            tasks=_TOLD,
        ),
    ]


def _ablations() -> list[Method]:
    without_edits = RowsPlan(changes={"edits": 0, "scene_edits": 0})
    return [
        Method(
            "coupled",
            "gen-features with all rows through the understanding expert: its generation rows "
            "begin as centroids of that expert's view of the photos; differs from ours in this "
            "start too, from gen-features in the expert alone",
            RowsPlan(routing=Routing(shared_expert=True), gen_features=True),
            replay="tokens",
            paper_row="W/o Disentangled Tokens",
        ),
        Method(
            "gen-features",
            "ours with generation rows that begin as coupled's do, as centroids of the view that "
            "the expert which reads them has of the photos; differs from ours in this start "
            "alone, from coupled in the expert alone",
            RowsPlan(gen_features=True),
            replay="tokens",
        ),
        Method(
            "no-replay",
            "ours without knowledge replay",
            _FULL,
            tasks=frozenset({"parg"}),
            paper_row="W/o Knowledge Replay",
        ),
        Method(
            "no-edits",
            "ours learned without edit pairs",
            without_edits,
            replay="tokens",
            paper_row="W/o Edit Data",
        ),
        Method(
            "random-start",
            "ours from random first rows",
            RowsPlan(changes={"start": "random"}),
            replay="tokens",
        ),
        Method(
            "features-start",
            "ours from first rows by k-means of the photos' features",
            RowsPlan(changes={"start": "features"}),
            replay="tokens",
        ),
        Method(
            "untrained",
            "ours with first rows as they are",
            RowsPlan(changes={"steps": 0}),
            replay="tokens",
        ),
    ]


def _exemplars() -> list[Method]:
    return [
        Method(
            f"exemplars-{count}",
            f"ours with {count} exemplars in replay",
            _FULL,
            replay="tokens",
            exemplars=count,
            tasks=frozenset({"parg"}),
        )
        for count in _EXEMPLARS
    ]


def _sweep() -> list[Method]:
    """Vary the numbers of rows, from features: the model's encoders write a fixed number."""
    fewer = [n for n in _SIZES if n < 16]
    pairs = [(n, 16) for n in fewer] + [(16, n) for n in fewer if n]
    return [
        Method(
            f"rows-{und}-{gen}",
            f"{und} understanding and {gen} generation rows, from features",
            RowsPlan(changes={"start": "features", "und_rows": und, "gen_rows": gen}),
            replay="tokens",
        )
        for und, gen in pairs
    ]


def _others() -> list[Method]:
    return [
        Method("tp", "text prompt: class and facts as text, nothing learned", context="text"),
        Method(
            "ip",
            "image prompt: the first three photos in the context, nothing learned",
            context="images",
        ),
        Method(
            "retrieval",
            "the two nearest photos and their records, to draw one photo (RAP)",
            context="retrieval",
        ),
        Method(
            "und-only",
            "understanding rows alone (Yo'LLaVA)",
            RowsPlan(changes={"gen_rows": 0, "drawings": 0, "edits": 0, "scene_edits": 0}),
            tasks=UNDERSTANDS,
        ),
        Method(
            "textual-inversion",
            "generation rows alone: they begin as the model's own encoder writes them from the "
            "photos, or as centroids of these where it has none; the name itself reads as the "
            "class word and stays so",
            RowsPlan(
                changes={"und_rows": 0, "questions": 0, "texts": 0, "edits": 0, "scene_edits": 0},
                class_name=True,
            ),
            tasks=DRAWS,
        ),
        Method(
            "dreambooth",
            "low-rank updates of the generation expert, no rows; learned from the subject's photos "
            "alone, without photos of others of its class (no prior preservation)",
            RowsPlan("lora"),
            tasks=DRAWS,
        ),
        Method("base", "the model as it is: knows the name's letters alone"),
    ]


def _controls() -> list[Method]:
    return [
        Method(
            "real",
            "held-out photos in place of drawn ones: an upper bound; of a subject of which none "
            "was held out there is no result",
            control="real",
            tasks=DRAWS,
        ),
        Method("black", "control: every picture is black", control="black", tasks=DRAWS | {"edit"}),
        Method(
            "unchanged",
            "control: every edit gives the picture back as it was",
            control="unchanged",
            tasks=frozenset({"edit"}),
        ),
        Method("yes", "control: every answer is yes", control="yes", tasks=UNDERSTANDS),
    ]


METHODS: dict[str, Method] = {
    one.name: one
    for made in (_ours(), _ablations(), _others(), _exemplars(), _sweep(), _controls())
    for one in made
}
CONTROLS = ("real", "black", "unchanged", "yes")
MAIN: tuple[str, ...] = (
    *("ours", "ours-profile", "ours-both", "coupled", "gen-features", "untrained"),
    # without rows of their own, so they cost no training
    *("no-replay", *(f"exemplars-{count}" for count in _EXEMPLARS)),
    *("no-edits", "und-only", "tp", "ip", "retrieval", "base", *CONTROLS),
)


def choose(names: Sequence[str], usual: Sequence[str]) -> list[Method]:
    """Return methods by name, in the catalog's order; controls always come along.

    Raises:
        NotFoundError: naming those there are.
    """
    wanted = list(METHODS) if list(names) == ["all"] else list(names or usual)
    for name in wanted:
        if name not in METHODS:
            known = ", ".join(METHODS)
            raise NotFoundError(f"There is no method {name!r}.", hint=f"Known: {known}, all.")
    chosen = {*wanted, *CONTROLS}
    return [method for name, method in METHODS.items() if name in chosen]
