"""How often the intent parser finds what a request needs, on requests no training has seen.

Run ``python -m bench.parsing``. Requests are of attributes and phrasings kept apart from
training. Given are the first reply's share of right questions, what came of the whole step with
its check, second prompt and fallback, and how many steps ended which way.
"""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from numpy.random import default_rng

from backbone import Backbone, TextOptions, load
from backbone.mini.replay_text import Request, any_request
from graphs.intent import NONE, parse_intent
from graphs.wording import first_line

__all__ = ["PlainWriter", "Parsed", "is_right", "main", "parse_all"]

_SEED, _TOKENS = 31, 48


@dataclass(frozen=True)
class PlainWriter:
    """Write with a model alone; concepts and pictures have no part in parsing."""

    model: Backbone

    def answer(self, prompt: str, concepts: Sequence[str] = (), image: str = "") -> str:
        """Answer a prompt."""
        reading = self.model.read([]).add_text(prompt)
        return self.model.answer(reading, TextOptions(_TOKENS))


@dataclass(frozen=True)
class Parsed:
    """What came of one request: is the first reply right, is the result, and how it ended."""

    first: bool
    settled: bool
    by: str


def is_right(said: str, wanted: str) -> bool:
    """Tell whether a question names the right concept and asks for the right attribute."""
    line = first_line(said).strip()
    if wanted == NONE:
        return line.rstrip(".").upper() == NONE
    noun = wanted.split("'s ", 1)[1].rstrip("?")
    names = re.findall(r"<[^<>]+>", wanted)
    asked = re.search(rf"\b{re.escape(noun)}\b", line, re.IGNORECASE)
    return re.findall(r"<[^<>]+>", line) == names and asked is not None


def parse_all(model: Backbone, requests: Sequence[Request], exemplars: int) -> list[Parsed]:
    """Parse every request."""
    found = []
    for request in requests:
        name = re.findall(r"<([^<>]+)>", request.text)[0]
        stage = parse_intent(PlainWriter(model), request.text, name, exemplars)
        first = is_right(stage.attempts[0].raw, request.question) if stage.attempts else False
        found.append(Parsed(first, is_right(stage.result, request.question), stage.by))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the intent parser")
    parser.add_argument("--model", default="omni-mini", help="a name or a folder")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--exemplars", type=int, nargs="*", default=[6])
    options = parser.parse_args()
    model = load(options.model)
    requests = [any_request(default_rng([_SEED, n]), "test") for n in range(options.count)]
    for exemplars in options.exemplars:
        found = parse_all(model, requests, exemplars)
        first, settled = (sum(kind) / len(found) for kind in _columns(found))
        ways = dict(Counter(one.by for one in found))
        print(f"{exemplars} exemplars: first {first:.3f}, settled {settled:.3f}, {ways}")


def _columns(found: Sequence[Parsed]) -> tuple[list[bool], list[bool]]:
    return [one.first for one in found], [one.settled for one in found]


if __name__ == "__main__":
    main()
