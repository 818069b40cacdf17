"""A method as a value: which rows are learned, what stands in the prompt, what is replayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from backbone.concepts import Routing
from bench.data.items import TASKS
from graphs.options import Source

__all__ = ["ALL", "DRAWS", "UNDERSTANDS", "Context", "Method", "RowsPlan"]

Context = Literal["", "text", "images", "retrieval"]
UNDERSTANDS = frozenset({"rec", "vqa", "qa", "choice"})
DRAWS = frozenset({"draw", "parg"})
ALL = frozenset(TASKS)


@dataclass(frozen=True)
class RowsPlan:
    """What is learned of a subject: rows, or low-rank updates of the generation expert.

    ``changes`` are fields of the suite's recipe that are other here; None scales one of them to
    nothing. ``gen_features`` begins generation rows as centroids of the photos' features, whatever
    the others begin as; ``class_name`` begins the name's own rows as the class word's. Methods
    with equal plans share what was learned.
    """

    kind: Literal["rows", "lora"] = "rows"
    changes: Mapping[str, Any] = field(default_factory=dict)
    routing: Routing = field(default_factory=Routing)
    gen_features: bool = False
    class_name: bool = False


@dataclass(frozen=True)
class Method:
    """One row of the table."""

    name: str
    about: str
    rows: RowsPlan | None = None
    context: Context = ""
    # the stored facts as text beside the rows
    facts: bool = False
    # where replay takes facts from, and how many exemplars it is shown
    replay: Source = "none"
    exemplars: int = 6
    tasks: frozenset[str] = ALL
    # "real", "black", "unchanged" or "yes": done without the model
    control: str = ""
    # which row of the paper's Table 2 it stands for, if any
    paper_row: str = ""
