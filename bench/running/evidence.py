"""Evidence of forgetting: what was found of the base model, kept when a run goes on later."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.metrics.forgetting import Fingerprint

__all__ = ["keep_evidence"]


def keep_evidence(
    file: Path, before: Fingerprint, after: Fingerprint, *, done: Sequence[str]
) -> None:
    """Write down what items that were ``done`` left of the model, adding to what is there.

    A change that was found once stays, with the prints that show it: a later process opens the
    model anew, so that it finds none. Where nothing was done nothing is shown.
    """
    if not done:
        return
    told = {
        "changes": before.changes(after),
        "done": list(done),
        "before": asdict(before),
        "after": asdict(after),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    waiting = file.with_suffix(".new")
    waiting.write_text(json.dumps(_joined(_kept(file), told), indent=1), "utf-8")
    waiting.replace(file)


def _kept(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def _joined(kept: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    # what was done again, with other settings, counts once
    done = sorted({*kept.get("done", []), *told["done"]})
    changes = list(dict.fromkeys([*kept.get("changes", []), *told["changes"]]))
    shown = kept if kept.get("changes") else told
    return {**shown, "changes": changes, "done": done}
