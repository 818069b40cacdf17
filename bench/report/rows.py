"""Token rows laid out in a plane (t-SNE), with and without decoupling, as in Fig. 6a.

Letters: ``n`` rows of width ``D``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from bench.metrics.similarity import Vectors
from bench.running.ledger import Result
from omni_errors import ResourceError

__all__ = ["Plane", "lay_out", "rows_of_method"]

_SEED = 0
_FEWEST = 8


@dataclass(frozen=True)
class Plane:
    """Where the rows of each expert lie, and whether both had one width to begin with."""

    und: list[tuple[float, float]]
    gen: list[tuple[float, float]]
    one_width: bool


def rows_of_method(out: Path, results: Sequence[Result], method: str) -> tuple[Vectors, Vectors]:
    """Read a method's understanding and generation rows ``[n, D]`` of all subjects."""
    keys = sorted(
        {
            (result.subject, str(result.provenance["rows"]))
            for result in results
            if result.method == method and result.provenance.get("rows")
        }
    )
    found: dict[str, list[Vectors]] = {"und": [], "gen": []}
    for subject, key in keys:
        file = out / "rows" / subject / f"{key}.safetensors"
        if file.is_file():
            tensors = load_file(file)
            for name, parts in found.items():
                parts.append(np.asarray(tensors[name], np.float64))
    empty = np.zeros((0, 0))
    und, gen = (np.concatenate(parts) if parts else empty for parts in found.values())
    return und, gen


def lay_out(und: Vectors, gen: Vectors) -> Plane | None:
    """Lay rows out in a plane; None of too few.

    Rows of different widths are filled up with zeros: they lie in different spaces, and the
    plane shows just that.

    Raises:
        ResourceError: if scikit-learn is not installed.
    """
    if len(und) + len(gen) < _FEWEST:
        return None
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ResourceError(
            "Rows are laid out with scikit-learn, which is not installed.",
            hint="Install omnipersona[bench].",
        ) from error
    width = max(und.shape[1], gen.shape[1])
    together = np.concatenate([_scaled(rows, width) for rows in (und, gen) if len(rows)])
    near = min(30.0, (len(together) - 1) / 4)
    made = TSNE(2, perplexity=near, init="pca", random_state=_SEED, method="exact")
    points = [(float(x), float(y)) for x, y in made.fit_transform(together)]
    return Plane(points[: len(und)], points[len(und) :], und.shape[1] == gen.shape[1])


def _scaled(rows: Vectors, width: int) -> Vectors:
    """Bring rows to one size on average, and to one width."""
    size = float(np.linalg.norm(rows, axis=1).mean()) or 1.0
    return np.pad(rows / size, ((0, 0), (0, width - rows.shape[1])))
