"""Forgetting reaches the files that pictures were saved as, or says why they stay."""

from assistant import Assistant


def test_pictures_that_were_kept_are_explained(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    receipt = known.concepts.forget("Maeve")
    found = {finding.path for finding in receipt.found}
    assert drawn.path in found and drawn.path.is_file()
    assert receipt.unexplained == ()


def test_a_picture_that_somebody_else_wrote_is_not_explained(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    copy = drawn.path.with_name("maeve-by-hand.png")
    copy.write_bytes(drawn.path.read_bytes() + b"changed")
    assert {one.path for one in known.concepts.forget("Maeve").unexplained} == {copy}


def test_a_picture_whose_turn_was_removed_goes_with_the_images(known: Assistant) -> None:
    drawn = known.draw("Maeve at sea", seed=1)
    known.memory.turns.remove(known.user, drawn.turn)
    receipt = known.concepts.forget("Maeve", images=True, mentions=True)
    assert not drawn.path.exists() and receipt.removed["saved pictures"] == 1
    assert receipt.unexplained == ()
