"""The self-check leaves its picture where it was asked to."""

from pathlib import Path

import pytest
from PIL import Image

from backbone.folder import save_folder
from backbone.selfcheck import run
from omni_errors import ResourceError
from tests.backbone import small


def test_it_writes_a_picture_and_a_sentence(tmp_path: Path) -> None:
    check = run("tiny", tmp_path / "out")
    with Image.open(check.picture) as picture:
        assert picture.size == (64, 64)
    assert check.sentence and check.seconds > 0


def test_a_model_named_by_its_path_stays_inside_the_folder(tmp_path: Path) -> None:
    save_folder(small.model(), tmp_path / "mine")
    check = run(str(tmp_path / "mine"), tmp_path / "out")
    assert check.picture.parent == tmp_path / "out"


def test_a_folder_that_cannot_be_made_is_named_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be made a folder"):
        run("no such model", tmp_path / "file")
