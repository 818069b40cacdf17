"""The rules of who may look at whom, case by case."""

import torch

from backbone.concepts import ConceptTable
from backbone.config import SpecialTokens
from backbone.packing import Item, LatentItem, Packed, TextItem, Tools, VitItem, lay_out
from backbone.visibility import TokenMap, allowed, join
from tests.backbone.small import noise

SPECIAL = SpecialTokens(250, 251, 252, 253)
WORD = TextItem((1,))
SEEN = VitItem(torch.zeros(3, 14, 14))
CLEAN = LatentItem(noise(4, 2, 2))
NOISY = LatentItem(noise(4, 2, 2), noisy=True)


def pack(*samples: list[Item]) -> Packed:
    tools = Tools(ConceptTable(300), SPECIAL, 2, lambda pixels: 1)
    return lay_out([samples], tools)


def in_order(packed: Packed) -> TokenMap:
    both = join([packed.und_map, packed.gen_map])
    order = both.place[0].argsort()
    return TokenMap(*(column[:, order] for column in both))


def mask(*samples: list[Item]) -> torch.Tensor:
    tokens = in_order(pack(*samples))
    return allowed(tokens, tokens)[0]


def test_text_looks_back_only() -> None:
    assert torch.equal(mask([WORD, WORD]), torch.ones(6, 6, dtype=torch.bool).tril())


def test_an_image_looks_at_all_of_itself_and_at_what_came_before() -> None:
    seen = mask([WORD, SEEN, WORD])
    assert seen[3:6, :6].all()
    assert not seen[3:6, 6:].any()
    assert seen[8, :9].all()


def test_a_noisy_image_is_invisible_to_everyone_else_markers_included() -> None:
    seen = mask([WORD, NOISY, CLEAN, WORD])
    assert seen[3:6, :6].all()
    assert not seen[6:, 3:6].any()
    assert not seen[:3, 3:6].any()


def test_two_noisy_images_do_not_see_each_other() -> None:
    seen = mask([NOISY, NOISY])
    assert not seen[3:, :3].any()
    assert not seen[:3, 3:].any()


def test_samples_do_not_see_each_other() -> None:
    seen = mask([WORD], [SEEN])
    assert not seen[3:, :3].any()
    assert not seen[:3, 3:].any()


def test_rotary_positions_follow_the_table_of_the_specification() -> None:
    rope = in_order(pack([CLEAN, SEEN, TextItem((1, 2)), NOISY])).rope[0]
    assert rope.tolist() == [0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6]


def test_a_dropped_image_leaves_a_gap_and_dropped_text_none() -> None:
    gone = VitItem(SEEN.pixels, dropped=True)
    assert in_order(pack([gone, WORD])).rope[0].tolist() == [1, 2, 3]
    silent = TextItem((1, 2, 3), dropped=True)
    assert in_order(pack([silent, WORD])).rope[0].tolist() == [0, 1, 2]


def test_a_sample_begins_at_position_zero_wherever_it_is_packed() -> None:
    tokens = in_order(pack([WORD, SEEN], [WORD]))
    assert tokens.rope[0].tolist() == [0, 1, 2, 3, 3, 3, 0, 1, 2]


def test_markers_of_latents_belong_to_the_understanding_stream() -> None:
    packed = pack([CLEAN])
    assert packed.und_ids == [252, 253]
    assert (packed.und_map.tokens, packed.gen_map.tokens) == (2, 1)


def test_rows_are_padded_with_tokens_nobody_sees() -> None:
    tools = Tools(ConceptTable(300), SPECIAL, 2, lambda pixels: 1)
    packed = lay_out([[[WORD]], [[WORD, WORD]]], tools)
    assert packed.und_map.sample.tolist()[0] == [0, 0, 0, -1, -1, -1]
    seen = allowed(packed.und_map, packed.und_map)
    assert not seen[0, :, 3:].any()
    assert packed.order is None


def test_samples_that_open_alike_share_it_and_see_no_more_of_each_other() -> None:
    seen = mask([WORD, SEEN], [WORD, TextItem((2,))])
    assert len(seen) == 9
    assert seen[3:, :3].all()
    assert not seen[6:, 3:6].any()
    assert not seen[:6, 6:].any()


def test_a_sample_goes_on_from_a_shared_opening() -> None:
    tokens = in_order(pack([WORD, WORD, SEEN], [WORD, TextItem((2,))]))
    assert tokens.rope[0].tolist() == [0, 1, 2, 3, 4, 5, 6, 6, 6, 3, 4, 5]


def test_texts_that_are_whole_samples_are_not_shared() -> None:
    assert pack([WORD], [WORD]).und_map.tokens == 6
