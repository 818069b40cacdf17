"""What an answer rested on: in a handful of lines, or all that a turn's trace says."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["flat", "rested_on", "summary"]

# what a trace holds to run the turn again, and ids
_INNER = ("key", "given", "attachment", "image")
_IDS = re.compile(r"[0-9a-f]{32}(?:[,\n][0-9a-f]{32})*")
# of each kind of evidence, the most that a summary tells
_MOST = 3
_WANTED = {
    "understand": "an answer",
    "recognise": "who is in the picture",
    "generate": "a picture",
    "edit": "a changed picture",
    "remember": "a fact to be remembered",
    "clarify": "nothing that was understood",
}
_NONE = "NONE"


def summary(trace: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Tell what an answer rested on, in the order in which it came about."""
    found = {
        "interrupted": "by you: this is how far it got" if trace.get("interrupted") else "",
        "wanted": _wanted(trace),
        "about": _about(trace),
        "other tokens than then": _lines(_changed(trace)),
        "asked back": _lines(f"{one['question']} {one['answer']}" for one in _list(trace, "asked")),
        "facts": _facts(trace),
        "photos": _lines(map(_photo, _list(trace, "evidence")[:_MOST])),
        "looked up": _lines(_looked_up(trace)),
        "drawn from": _drawn(trace),
        "done without the model": _lines(_fallbacks(trace)),
    }
    return [(name, re.sub("[<>]", "", told)) for name, told in found.items() if told]


def _list(trace: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = trace.get(key)
    return value if isinstance(value, list) else []


def _lines(texts: Iterator[str]) -> str:
    return "\n".join(texts)


def _wanted(trace: Mapping[str, Any]) -> str:
    route = str(trace.get("route", ""))
    why = f" ({trace['why']})" if trace.get("why") else ""
    return f"{_WANTED.get(route, route)}{why}" if route else ""


def _about(trace: Mapping[str, Any]) -> str:
    versions = trace.get("versions") or {}
    names = [str(one["name"]) for one in _list(trace, "concepts")]
    told = (f"{name}, tokens {versions[name]}" if name in versions else name for name in names)
    return "; ".join(told)


def _changed(trace: Mapping[str, Any]) -> Iterator[str]:
    """Compare the tokens with those of the turn that was run again."""
    for name, one in (trace.get("tokens_changed") or {}).items():
        then, now = (one.get(when) or "none" for when in ("then", "now"))
        yield f"{name}: {now} now, {then} then"


def _facts(trace: Mapping[str, Any]) -> str:
    """Name the stored facts that stood before the question."""
    facts = trace.get("facts") or {}
    if not isinstance(facts, Mapping):
        return _lines(map(str, facts))
    told = [f"{name}: {fact}" for name, each in facts.items() for fact in each]
    more = len(told) - _MOST
    return _lines(iter(told[:_MOST] + ([f"and {more} more"] if more > 0 else [])))


def _photo(one: Mapping[str, Any]) -> str:
    said = "seen" if one.get("sure") else "not seen"
    margin = one.get("margin")
    model = "" if margin is None else f"; the model's own word counts {margin:+.1f}"
    return f"{one['name']}: {said}, alike by {one['similarity']:.2f}{model}"


def _looked_up(trace: Mapping[str, Any]) -> Iterator[str]:
    """Pair what replay asked with what it found."""
    for question, answer in zip(_list(trace, "questions"), _list(trace, "answers"), strict=False):
        yield f"{question} {answer or 'nothing known'}"


def _drawn(trace: Mapping[str, Any]) -> str:
    """Give the words a picture was made from; the prompt of an answer is long and told above."""
    if trace.get("route") not in ("generate", "edit") or not trace.get("prompt"):
        return ""
    seed = trace.get("seed")
    return f"{trace['prompt']}" + (f" (seed {seed})" if seed is not None else "")


def _fallbacks(trace: Mapping[str, Any]) -> Iterator[str]:
    """Name the steps in which what the model wrote was of no use, and why."""
    for stage in _list(trace, "stages"):
        if stage.get("by") == "fallback" and stage.get("result") not in ("", _NONE):
            why = f": what it wrote {stage['why']}" if stage.get("why") else ""
            yield f"{stage['stage']}{why}"


def rested_on(trace: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Lay out what a turn rested on, without what only a program can read."""
    told = {key: value for key, value in trace.items() if key not in _INNER}
    return [pair for pair in flat(told) if not _IDS.fullmatch(pair[1])]


def flat(data: Any, name: str = "") -> list[tuple[str, str]]:
    """Lay nested data out as lines of names and values, leaving out what is empty."""
    if isinstance(data, dict):
        named = [(f"{name} {key}".strip().replace("_", " "), value) for key, value in data.items()]
        return [pair for key, value in named for pair in flat(value, key)]
    if isinstance(data, (list, tuple)):
        if all(isinstance(one, (str, int, float)) for one in data):
            return [(name, "\n".join(map(str, data)))] if data else []
        numbered = [(f"{name} {number}", one) for number, one in enumerate(data, 1)]
        return [pair for key, one in numbered for pair in flat(one, key)]
    if data is None or data == "":
        return []
    return [(name, f"{data:.3f}" if isinstance(data, float) else str(data))]
