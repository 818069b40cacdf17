"""Single photos of a concept are listed and removed."""

from pathlib import Path

import pytest

from assistant import Assistant
from omni_errors import InputError, NotFoundError


def test_a_removed_photo_leaves_nothing_and_first_tokens_are_of_the_others(
    known: Assistant, photos: Path
) -> None:
    first, *others = known.concepts.photos("Maeve")
    lost = known.concepts.remove_photo("Maeve", photos / "maeve" / "0.png")
    assert (lost.versions, lost.active) == ((1,), 2)
    assert known.concepts.photos("Maeve") == tuple(others)
    assert known.concepts.show("Maeve").record["photos"] == [one.sha256 for one in others]
    assert not known.memory.vault.has(first.sha256)
    assert known.memory.missing() == () and known.memory.sweep().files == 0


def test_the_only_photo_stays(known: Assistant, photos: Path) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    (photo,) = known.concepts.photos("Rex")
    with pytest.raises(InputError, match="only photo of Rex"):
        known.concepts.remove_photo("Rex", photo.id)
    assert known.concepts.photos("Rex") == (photo,)


def test_a_photo_of_somebody_else_is_none_of_hers(known: Assistant, photos: Path) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    with pytest.raises(NotFoundError, match="has no photo"):
        known.concepts.remove_photo("Maeve", photos / "rex" / "0.png")


def test_a_removed_photo_is_compared_with_no_more(known: Assistant, photos: Path) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    removed = known.concepts.photos("Maeve")[0]
    known.concepts.remove_photo("Maeve", removed.id)
    shown = known.gallery.open(str(photos / "maeve" / "0.png"))[0]
    assert removed.id not in {near.photo for near in known.eyes.compare(known.eyes.look(shown))}
