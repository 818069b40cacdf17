"""What the README shows runs."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text("utf8"), flags=re.DOTALL)


@pytest.mark.parametrize("block", [b for b in BLOCKS if "bagel" not in b], ids=lambda b: b[:40])
def test_python_in_the_readme_runs(
    block: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_the_command_that_tests_is_the_one_ci_runs() -> None:
    ci = (README.parent / ".ci" / "run").read_text("utf8")
    text = README.read_text("utf8")
    for step in ('pip install "torch==2.13.0"', 'pip install -e ".[dev]"', "pytest -q"):
        assert step in text
        assert step.replace("pip install", "pip install --quiet") in ci or step in ci
