"""How well the product recognises real subjects by the photos it remembers, nothing trained.

Run ``python -m bench.remembering FOLDER``, with folders of photos as for ``bench.subjects``. Two
photos of each subject are held out, at most half; the others are added to a memory that lives as
long as the run. First stands what the model itself says when it is told how alike the nearest
photo is, or with ``--untold`` when it has its tokens alone. Constants are searched for on every
other subject and judged, like those in use, on the rest, which are the strangers of the first
half.
"""

import argparse
import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assistant import Assistant
from backbone.images import flatten
from bench.subjects import askable, hold_out, photo_files
from graphs.options import RecognitionOptions
from graphs.recognition import decide, strength

__all__ = ["Table", "find_options", "judged", "main", "measure_table", "own_word"]

Numbers = NDArray[np.float64]
_STRENGTHS = tuple(round(0.14 + 0.02 * n, 2) for n in range(16))
_WEIGHTS, _MOST = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05), (4.0, 8.0)


@dataclass(frozen=True)
class Table:
    """Similarities and margins of held-out photos (rows) with subjects, and whose they are."""

    similar: Numbers
    margins: Numbers
    owners: NDArray[np.intp]

    def of(self, photos: Sequence[int], subjects: Sequence[int]) -> "Table":
        """Keep the photos of some subjects, and others as those that are known."""
        rows = np.isin(self.owners, list(photos))
        columns = list(subjects)
        return Table(
            self.similar[rows][:, columns],
            self.margins[rows][:, columns],
            np.array([columns.index(n) if n in columns else -1 for n in self.owners[rows]]),
        )


def measure_table(folder: Path, model: str, *, evidence: bool = True) -> Table:
    """Add everybody, then look at every held-out photo."""
    places = askable(folder)
    files = [hold_out(photo_files(place)) for place in places]
    with tempfile.TemporaryDirectory() as home:
        assistant = Assistant(home=Path(home), model=model)
        for number, (place, (learned, _)) in enumerate(zip(places, files, strict=True)):
            word = json.loads((place / "concept.json").read_text("utf-8-sig"))["class"]
            assistant.concepts.add(learned, name=f"s{number}", class_name=word)
        table = _table(assistant, [asked for _, asked in files], evidence)
        assistant.close()
    return table


def _table(assistant: Assistant, asked: Sequence[Sequence[Path]], evidence: bool) -> Table:
    names = [f"s{number}" for number in range(len(asked))]
    ids = {assistant.memory.concepts.get(assistant.user, n).id: i for i, n in enumerate(names)}
    similar, margins, owners = [], [], []
    for owner, files in enumerate(asked):
        for file in files:
            with Image.open(file) as opened:
                picture = flatten(opened)
            near = assistant.eyes.compare(assistant.eyes.look(picture))
            row = {ids[one.concept]: one.similarity for one in near}
            similar.append([row.get(n, -1.0) for n in range(len(names))])
            told = near if evidence else None
            margins.append([assistant.eyes.margin_of(one, picture, told) for one in ids])
            owners.append(owner)
    return Table(np.array(similar), np.array(margins), np.array(owners))


def judged(table: Table, options: RecognitionOptions) -> dict[str, float]:
    """Return shares of right answers; photos without an owner are of strangers."""
    right = {"yes": [], "no": [], "who": [], "nobody": []}  # type: dict[str, list[bool]]
    for similar, margins, owner in zip(table.similar, table.margins, table.owners, strict=True):
        strengths = {
            str(n): strength(float(s), float(m), options)
            for n, (s, m) in enumerate(zip(similar, margins, strict=True))
        }
        sure = decide(strengths, options)
        if owner < 0:
            right["nobody"].append(not any(sure.values()))
            continue
        right["yes"].append(sure[str(owner)])
        right["no"] += [not said for name, said in sure.items() if name != str(owner)]
        best = max(strengths, key=lambda name: strengths[name])
        right["who"].append(best == str(owner) and sure[best])
    shares = {name: float(np.mean(found)) for name, found in right.items() if found}
    if "yes" in shares:
        shares["weighted"] = (shares["yes"] + shares["no"]) / 2
    return shares


def own_word(table: Table) -> dict[str, float]:
    """Return shares of right answers of the model asked about each photo and subject.

    ``area``: does one's own photo beat everybody else's, whatever the threshold?
    """
    own = table.owners[:, None] == np.arange(table.margins.shape[1])
    yes, no = table.margins[own], table.margins[~own]
    right = float((yes > 0).mean()), float((no <= 0).mean())
    area = float(np.mean(yes[:, None] > no[None]))
    return {"yes": right[0], "no": right[1], "weighted": sum(right) / 2, "area": area}


def _value(
    table: Table, known: Sequence[int], strange: Sequence[int], o: RecognitionOptions
) -> float:
    """Weigh naming the right one, and nobody, alike."""
    own, other = judged(table.of(known, known), o), judged(table.of(strange, known), o)
    return own["weighted"] + own["who"] + 2 * other["nobody"]


def find_options(table: Table, known: Sequence[int], strange: Sequence[int]) -> RecognitionOptions:
    """Search for the constants that name most of the known and fewest strangers."""
    tried = [
        replace(RecognitionOptions(), strength=s, margin_weight=w, most_margin=m)
        for s, w, m in itertools.product(_STRENGTHS, _WEIGHTS, _MOST)
    ]
    values = [_value(table, known, strange, options) for options in tried]
    best = [o for o, value in zip(tried, values, strict=True) if value >= max(values) - 1e-9]
    return best[len(best) // 2]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure recognition by remembered photos")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="omni-mini", help="a name or a folder")
    parser.add_argument("--save", type=Path, help="where the table goes, or comes from")
    parser.add_argument("--untold", action="store_true", help="ask without evidence")
    options = parser.parse_args()
    if options.save and options.save.is_file():
        with np.load(options.save) as kept:
            table = Table(kept["similar"], kept["margins"], kept["owners"])
    else:
        table = measure_table(options.folder, options.model, evidence=not options.untold)
        if options.save:
            np.savez(options.save, **table.__dict__)
    said = {name: round(value, 3) for name, value in own_word(table).items()}
    print("the model's own word, photos", "untold:" if options.untold else "told:", said)
    count = int(table.owners.max()) + 1
    first, second = range(0, count, 2), range(1, count, 2)
    found = find_options(table, first, second)
    print("found on every other subject:", found)
    for name, chosen in (("in use", RecognitionOptions()), ("found", found)):
        own = judged(table.of(second, second), chosen)
        strange = judged(table.of(first, second), chosen)
        print(name, {k: round(v, 3) for k, v in {**own, **strange}.items()})


if __name__ == "__main__":
    main()
