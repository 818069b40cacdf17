"""What should be doubted of results as a whole: few subjects, other settings, idle edits."""

from typing import Any

import pytest

from bench.report.doubting import apart, few, no_better
from bench.report.figures import Figures
from bench.running.ledger import Result

TOLD = {
    "suite": "mini",
    "backbone": "omni-mini:1",
    "bench": "b",
    "timesteps": 13,
    "judges": ["v1", "rules"],
    "encoders": ["efficientnet-lite0"],
    "code": "c1",
    "threads": 1,
}


def made(method: str, **told: Any) -> Result:
    provenance = {**TOLD, "recipe": {"steps": 60, "seed": 0}, "plan": {"changes": {}}, **told}
    return Result(method, "a", "a/edit/0", "edit", "", {"edit flip": 1.0}, provenance=provenance)


def test_results_of_one_run_are_not_doubted() -> None:
    still: dict[str, Any] = {"recipe": {"steps": 0, "seed": 0}, "plan": {"changes": {"steps": 0}}}
    results = [made("ours"), made("tp", recipe={}, plan={}), made("untrained", **still)]
    assert apart(results) == []


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("suite", "full"),
        ("backbone", "tiny:2"),
        ("bench", "c"),
        ("timesteps", None),
        ("judges", ["v2", "rules"]),
        ("encoders", []),
        ("faces", "insightface/antelopev2"),
        ("code", "c2"),
        ("threads", 2),
    ],
)
def test_methods_under_other_conditions_do_not_compare(name: str, other: Any) -> None:
    (doubt,) = apart([made("ours"), made("coupled", **{name: other}), made("tp")])
    assert doubt.startswith(f"Results differ in {name}, so they do not compare")
    assert "(ours, tp)" in doubt and "(coupled)" in doubt
    assert "--out" in doubt


@pytest.mark.parametrize("recipe", [{"steps": 240, "seed": 0}, {"steps": 60, "seed": 1}])
def test_methods_that_were_taught_otherwise_do_not_compare(recipe: dict[str, int]) -> None:
    (doubt,) = apart([made("ours"), made("coupled", recipe=recipe)])
    assert "of learning" in doubt


def test_flips_that_others_judged_do_not_compare() -> None:
    (doubt,) = apart([made("coupled", recogniser="coupled"), made("tp", recogniser="tp")])
    assert "who recognises the subject" in doubt and "Run ours as well" in doubt
    assert apart([made("ours", recogniser="ours"), made("tp", recogniser="ours")]) == []


def learned(method: str, by: str) -> Result:
    return made(method, rows="key", **{"rows code": by})


def test_rows_that_different_code_learned_do_not_compare() -> None:
    assert apart([learned("ours", "c1"), learned("coupled", "c1"), made("tp", rows="")]) == []
    differ, older = apart([learned("ours", "c1"), learned("coupled", "c0")])
    assert "differ in the code that learned their rows" in differ
    assert "c0 (coupled); c1 (ours)" in differ
    assert "rows that other code learned: c0 (coupled)" in older and "--out" in older


def test_rows_of_older_results_are_not_doubted_alone() -> None:
    assert apart([made("ours", rows="key"), made("coupled", rows="key")]) == []
    (older,) = apart([learned("ours", "")])
    assert "other code learned: none (ours)" in older


@pytest.mark.parametrize(("number", "told"), [(0, ""), (1, "no intervals"), (4, "4 subj"), (5, "")])
def test_few_subjects_are_doubted(number: int, told: str) -> None:
    doubted = few(Figures({"ours": {"rec": {str(n): 0.5 for n in range(number)}}}))
    assert len(doubted) == bool(told)
    assert told in " ".join(doubted)


def test_edits_no_better_than_none_are_doubted_controls_aside() -> None:
    means = {"ours": 0.6, "tp": 0.5, "ip": 0.4, "black": 0.1, "unchanged": 0.5}
    figures = Figures({name: {"edit mean/rules": {"a": mean}} for name, mean in means.items()})
    first, second = no_better(figures, "rules")
    assert first.startswith("tp edits no better") and second.startswith("ip edits no better")
    assert "0.400, that of unchanged pictures 0.500" in second
