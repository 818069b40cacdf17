"""Pulling asks before it fetches, pins what it fetches, and says plainly what went wrong."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from huggingface_hub import errors

from backbone.catalog import Entry, find_entry
from backbone.hub import PullPlan, plan_pull, pull, pulled_folder, require_space
from omni_errors import DownloadError, FolderError, ResourceError, UsageError

BAGEL = find_entry("bagel")
COMMIT = "5019f57d168e5816e8f3f701b17cc816bb7cf24b"


class FakeHub:
    """Stand in for `snapshot_download`: remember the request, answer or fail."""

    def __init__(self, folder: Path | None = None, error: Exception | None = None) -> None:
        self.folder, self.error, self.request = folder, error, dict[str, Any]()

    def __call__(self, **request: Any) -> Any:
        self.request = request
        if self.error:
            raise self.error
        if not request.get("dry_run"):
            return str(self.folder)
        return [
            SimpleNamespace(file_size=30, will_download=True),
            SimpleNamespace(file_size=12, will_download=False),
            SimpleNamespace(file_size=None, will_download=True),
        ]


def answered(kind: type[errors.HfHubHTTPError], status: int = 404) -> errors.HfHubHTTPError:
    request = httpx2.Request("GET", "https://huggingface.co")
    return kind("no\nmore text", response=httpx2.Response(status, request=request))


def wrapped(cause: Exception) -> errors.DryRunError:
    error = errors.DryRunError("Dry run cannot be performed")
    error.__cause__ = cause
    return error


def test_the_tested_commit_and_only_the_needed_files_are_asked_for(tmp_path: Path) -> None:
    hub = FakeHub(tmp_path)
    assert pull(BAGEL, download=hub) == tmp_path
    assert hub.request["revision"] == COMMIT
    assert "ema.safetensors" in hub.request["allow_patterns"]
    assert not any("*" in pattern for pattern in hub.request["allow_patterns"])


def test_another_revision_can_be_asked_for(tmp_path: Path) -> None:
    hub = FakeHub(tmp_path)
    pull(BAGEL, "abc", download=hub)
    assert hub.request["revision"] == "abc"


def test_a_plan_tells_sizes_and_fetches_nothing() -> None:
    hub = FakeHub()
    plan = plan_pull(BAGEL, download=hub)
    assert (plan.total, plan.missing, plan.revision) == (42, 30, COMMIT)
    assert hub.request["dry_run"]


@pytest.mark.parametrize("free", [10**12, 2_000_000_000, None])
def test_what_fits_on_the_disk_may_be_fetched(free: int | None) -> None:
    require_space(PullPlan("a/b", "abc", 4, 2_000_000_000 if free else 1), free)


def test_a_full_disk_is_told_before_the_download() -> None:
    with pytest.raises(ResourceError, match=r"needs 2\.0 GB more in .*hub, but 1\.0 GB") as caught:
        require_space(PullPlan("a/b", "abc", 3_000_000_000, 2_000_000_000), 1_000_000_000)
    assert "HF_HOME" in caught.value.hint


def test_a_model_without_weights_is_not_pulled() -> None:
    with pytest.raises(UsageError, match="needs no download"):
        pull(find_entry("tiny"), download=FakeHub())


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (errors.OfflineModeIsEnabled("off"), "HF_HUB_OFFLINE"),
        (wrapped(errors.OfflineModeIsEnabled("off")), "HF_HUB_OFFLINE"),
        (errors.LocalEntryNotFoundError("none"), "cannot be reached"),
        (wrapped(httpx2.ConnectError("no name")), "cannot be reached"),
        (httpx2.ReadTimeout("slow"), "cannot be reached"),
        (answered(errors.GatedRepoError, 403), "licence"),
        (answered(errors.RepositoryNotFoundError), "has no ByteDance"),
        (answered(errors.RevisionNotFoundError), "no revision"),
        (answered(errors.HfHubHTTPError, 500), "answered with an error: no"),
        (ConnectionResetError("reset by peer"), "broke off: reset by peer"),
        (OSError(), "broke off: OSError"),
    ],
)
def test_what_went_wrong_is_one_sentence(error: Exception, word: str) -> None:
    with pytest.raises(DownloadError, match=word) as caught:
        pull(BAGEL, download=FakeHub(error=error))
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 5
    assert caught.value.hint


def test_a_bug_is_not_taken_for_a_download_error() -> None:
    with pytest.raises(ZeroDivisionError):
        pull(BAGEL, download=FakeHub(error=ZeroDivisionError()))


def test_a_pulled_folder_is_found_without_the_network(tmp_path: Path) -> None:
    assert BAGEL.hub
    for name in BAGEL.hub.files:
        (tmp_path / name).touch()
    hub = FakeHub(tmp_path)
    assert pulled_folder(BAGEL, download=hub) == tmp_path
    assert hub.request["local_files_only"]


def test_an_incomplete_folder_names_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="llm_config.json") as caught:
        pulled_folder(BAGEL, download=FakeHub(tmp_path))
    assert "omni model pull bagel" in caught.value.hint


def test_nothing_pulled_is_told() -> None:
    with pytest.raises(FolderError, match="not on this machine"):
        pulled_folder(BAGEL)


def test_without_network_the_real_client_is_told_too() -> None:
    entry: Entry = BAGEL
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE"):
        plan_pull(entry)
