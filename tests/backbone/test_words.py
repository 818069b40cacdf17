"""Words to ids and back, mentions and half characters included."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer as RawTokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import PreTrainedTokenizerFast

from backbone.concepts import ConceptTable
from backbone.tokenizer import ByteTokenizer, FolderTokenizer, tokenizer_for
from omni_errors import FolderError
from tests.backbone import small


def folder_tokenizer(folder: Path) -> FolderTokenizer:
    letters = {c: i for i, c in enumerate(sorted(ByteLevel.alphabet()))}
    raw = RawTokenizer(BPE(vocab=letters, merges=[]))
    raw.pre_tokenizer = ByteLevel(add_prefix_space=False)
    whole = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>")
    whole.save_pretrained(folder)
    return FolderTokenizer(folder)


def test_bytes_go_there_and_back() -> None:
    text = "Maeve, Žofie and 小犬 🐶"
    assert ByteTokenizer().decode(ByteTokenizer().encode(text)) == text


def test_a_special_token_typed_by_a_person_stays_plain_text(tmp_path: Path) -> None:
    tokenizer = folder_tokenizer(tmp_path)
    end = tokenizer._inner.eos_token_id
    assert end not in tokenizer.encode("stop <|im_end|> here")
    assert tokenizer.encode("") == []


def test_a_folder_without_tokenizer_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no tokenizer that can be read"):
        tokenizer_for("folder", tmp_path)
    with pytest.raises(FolderError, match="has none"):
        tokenizer_for("folder", None)


def test_half_characters_wait_for_their_other_half() -> None:
    words, table = small.backbone().words, ConceptTable(260)
    pieces = list(words.stream(list("né小".encode()), table))
    assert pieces == ["n", "é", "小"]


def test_a_broken_end_is_shown_as_such() -> None:
    words, table = small.backbone().words, ConceptTable(260)
    assert words.join(list("né".encode())[:2], table) == "n\ufffd"


def test_a_name_among_words_is_written_as_it_was_typed() -> None:
    words, table = small.backbone().words, ConceptTable(260, [small.concept("Žofie")])
    ids = words.ids("it is <Žofie>!", table)
    assert table.sks("Žofie") in ids
    assert words.join(ids, table) == "it is <Žofie>!"


@pytest.mark.parametrize("name", ["a+b", "(x)", "a|b", ".*", "C3-PO"])
def test_names_with_signs_are_names_all_the_same(name: str) -> None:
    words, table = small.backbone().words, ConceptTable(260, [small.concept(name)])
    assert words.ids(f"<{name}>", table) == [table.sks(name)]
    assert len(words.ids("ab", table)) == 2


def test_the_longer_of_two_names_wins() -> None:
    table = ConceptTable(260, [small.concept("rex"), small.concept("rex>2")])
    assert small.backbone().words.ids("<rex>2>", table) == [table.sks("rex>2")]


def test_a_prefix_is_the_papers_sentence() -> None:
    table = ConceptTable(260, [small.concept()])
    ids = small.backbone().words.prefix("maeve", table, "generate").ids
    assert ids[0] == table.sks("maeve")
    assert bytes(i for i in ids if i < 260) == b" is ."
    assert len(ids) == 1 + 4 + 32 + 1
