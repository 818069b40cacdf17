"""Pictures of turns: all of them are taken in or none, and they are found by id or path."""

from pathlib import Path

import pytest

from assistant.gallery import Gallery
from omni_errors import InputError, NotFoundError
from tests.assistant.conftest import Store, paint


@pytest.fixture
def gallery(store: Store) -> Gallery:
    return Gallery(store.memory, store.user)


def test_several_pictures_are_one_reference(gallery: Gallery, photos: Path) -> None:
    kept = gallery.keep([photos / "new-maeve.png", photos / "new-rex.png"])
    assert len(gallery.ids(kept)) == 2 and gallery.first(kept) == gallery.ids(kept)[0]
    sizes = [picture.size for picture in gallery.open(kept)]
    assert sizes == [(96, 64), (96, 64)]


def test_one_that_cannot_be_read_keeps_all_out(
    gallery: Gallery, store: Store, photos: Path
) -> None:
    (photos / "broken.png").write_text("no picture")
    with pytest.raises(InputError, match=r"broken\.png"):
        gallery.keep([photos / "new-maeve.png", photos / "broken.png"])
    assert store.memory.images.list(store.user) == ()


def test_a_folder_is_no_photo(gallery: Gallery, photos: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        gallery.keep([photos])


def test_a_pattern_is_a_photo_where_it_fits_one(gallery: Gallery, photos: Path) -> None:
    assert len(gallery.ids(gallery.keep([photos / "new-r*.png"]))) == 1
    with pytest.raises(InputError, match=r"new-\*\.png fits 2 photos"):
        gallery.keep([photos / "new-*.png"])


@pytest.mark.parametrize("name", ["x" * 5_000, "What is on the table? " * 300, "a\0b"])
def test_a_text_in_place_of_a_photo_is_told(gallery: Gallery, name: str) -> None:
    with pytest.raises(NotFoundError):
        gallery.keep([name])


def test_a_path_is_opened_without_being_kept(gallery: Gallery, store: Store, photos: Path) -> None:
    assert gallery.open(str(photos / "new-rex.png"))[0].tobytes() == paint(9, 99).tobytes()
    assert gallery.ids(str(photos / "new-rex.png")) == () and gallery.first("") == ""
    assert store.memory.images.list(store.user) == ()


def test_a_picture_that_is_gone_is_told(gallery: Gallery, store: Store, photos: Path) -> None:
    kept = gallery.keep([photos / "new-rex.png"])
    store.memory.images.remove(store.user, kept)
    with pytest.raises(NotFoundError):
        gallery.open(kept)
