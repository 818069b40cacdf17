"""What every test gets: a home of its own, no network, and few threads."""

import os
from collections.abc import Iterator
from pathlib import Path

# The hub client reads this when it is imported, which some test module will do.
os.environ["HF_HUB_OFFLINE"] = "1"
# As the assistant does, before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import huggingface_hub.constants
import pytest
import torch


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "omni-home"
    monkeypatch.setenv("OMNI_HOME", str(home))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    for name in ("OMNI_DEVICE", "OMNI_DTYPE", "OMNI_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    yield home


@pytest.fixture(autouse=True, scope="session")
def few_threads() -> None:
    # workers of pytest-xdist share the cores already
    torch.set_num_threads(1 if "PYTEST_XDIST_WORKER" in os.environ else 2)


@pytest.fixture
def bagel_tiny() -> Path:
    return Path(__file__).parent / "fixtures" / "bagel_tiny"
