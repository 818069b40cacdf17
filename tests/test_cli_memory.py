"""Facts from the command line; only a search by meaning loads a model."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import cli
from assistant import Assistant
from memory.facts import fact_digest
from memory.tables import ConceptRow, FactRow
from tests.memory.conftest import TENSORS

Out = pytest.CaptureFixture[str]


@pytest.fixture
def assistant() -> Iterator[Assistant]:
    made = Assistant(model="none")
    concept = made.memory.concepts.add(made.user, "Maeve [bold]", "dog")
    for text in ("Her toy is red.", "Her bed is [/nope] green."):
        made.memory.facts.add(made.user, concept.id, text)
    made.memory.concepts.add(made.user, "Rex", "dog")
    yield made
    made.close()


def run(capsys: Out, *arguments: str) -> Any:
    assert cli.run([*arguments, "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def texts(found: Any) -> list[str]:
    return [one["text"] for one in found["facts"]]


@pytest.mark.usefixtures("assistant")
def test_facts_are_listed_as_they_were_written(capsys: Out) -> None:
    assert cli.run(["memory"]) == 0
    out = capsys.readouterr().out
    assert "Maeve [bold]" in out and "Her bed is [/nope] green." in out
    assert texts(run(capsys, "memory", "list")) == ["Her toy is red.", "Her bed is [/nope] green."]
    assert texts(run(capsys, "memory", "show", "rex")) == []


@pytest.mark.usefixtures("assistant")
def test_a_fact_is_added_found_and_removed(capsys: Out) -> None:
    run(capsys, "memory", "add", "Rex", "He eats cheese.")
    assert texts(run(capsys, "memory", "search", "CHEESE rex")) == ["He eats cheese."]
    assert run(capsys, "memory", "remove", "Rex", "1")["removed"]["text"] == "He eats cheese."
    assert texts(run(capsys, "memory", "search", "cheese")) == []


def test_tokens_that_had_learned_a_fact_go_with_it(assistant: Assistant, capsys: Out) -> None:
    memory, user = assistant.memory, assistant.user
    concept = memory.concepts.get(user, "Maeve [bold]").id
    learned = {"recipe": {}, "facts": [fact_digest("Her toy is red.")]}
    for record in ({"recipe": "instant"}, learned):
        memory.checkpoints.add(user, concept, TENSORS, record)
    assert cli.run(["memory", "remove", "Maeve [bold]", "toy"]) == 0
    said = capsys.readouterr().err
    assert "had learned it and were removed: version 2" in said
    assert "Version 1 is in use" in said and "omni concept train" in said


def test_tokens_that_had_learned_it_otherwise_go_with_the_old_words(
    assistant: Assistant, capsys: Out
) -> None:
    memory, user = assistant.memory, assistant.user
    concept = memory.concepts.get(user, "Maeve [bold]").id
    learned = {"recipe": {}, "facts": [fact_digest("Her toy is red.")]}
    memory.checkpoints.add(user, concept, TENSORS, learned)
    said = run(capsys, "memory", "edit", "Maeve [bold]", "toy", "Her toy is blue.")
    assert (said["text"], said["versions_removed"]) == ("Her toy is blue.", [1])
    assert memory.checkpoints.list(user, concept) == ()


@pytest.mark.usefixtures("assistant")
def test_a_fact_is_said_anew(capsys: Out) -> None:
    told = run(capsys, "memory", "edit", "maeve [bold]", "toy", "Her toy is [blue].")
    assert (told["text"], told["before"]) == ("Her toy is [blue].", "Her toy is red.")
    shown = texts(run(capsys, "memory", "show", "Maeve [bold]"))
    assert shown == ["Her toy is [blue].", "Her bed is [/nope] green."]
    assert cli.run(["memory", "edit", "Maeve [bold]", "toy", " "]) == 2
    assert texts(run(capsys, "memory", "show", "Maeve [bold]")) == shown


@pytest.mark.usefixtures("assistant")
def test_a_fact_of_others_that_is_said_anew_stays_theirs(capsys: Out) -> None:
    run(capsys, "memory", "add", "Rex", "Her toy is red.")
    assert cli.run(["memory", "edit", "Maeve [bold]", "1", "Her toy is blue."]) == 0
    assert "Rex: still Her toy is red." in capsys.readouterr().err


@pytest.mark.usefixtures("assistant")
def test_forgetting_a_fact_is_removing_it(capsys: Out) -> None:
    fact = run(capsys, "memory", "show", "Maeve [bold]")["facts"][0]["id"]
    assert run(capsys, "memory", "forget", "Maeve [bold]", fact[-8:])["removed"]["id"] == fact
    assert len(texts(run(capsys, "memory", "list"))) == 1


def test_a_concept_is_meant_by_its_id_or_an_end_of_it(assistant: Assistant, capsys: Out) -> None:
    rex = assistant.memory.concepts.get(assistant.user, "Rex").id
    for part in (rex, rex[-8:], rex[:20] + rex[20:28]):
        run(capsys, "memory", "add", part, f"He is {part}.")
    assert len(texts(run(capsys, "memory", "show", "Rex"))) == 3
    assert cli.run(["memory", "show", rex[-7:]]) == 3


@pytest.mark.usefixtures("assistant")
def test_a_search_by_meaning_ranks_facts_and_turns(capsys: Out) -> None:
    run(capsys, "ask", "Where is the green bed?", "--model", "tiny")
    found = run(capsys, "memory", "search", "a green bed", "--like", "--model", "tiny")["found"]
    assert {one["kind"] for one in found} == {"fact", "turn"}
    assert [one["text"] for one in found if one["kind"] == "fact"][0] == "Her bed is [/nope] green."
    assert found == sorted(found, key=lambda one: -one["similarity"])


@pytest.mark.parametrize(
    ("which", "code"),
    [("her", 2), ("3", 3), ("nothing", 3), (" ", 2), ("9" * 5_000, 3), ("toy", 0), (" 1 ", 0)],
)
@pytest.mark.usefixtures("assistant")
def test_a_fact_is_removed_only_when_it_is_clear_which(capsys: Out, which: str, code: int) -> None:
    assert cli.run(["memory", "remove", "Maeve [bold]", which]) == code
    left = texts(run(capsys, "memory", "show", "Maeve [bold]"))
    assert len(left) == (1 if code == 0 else 2)


@pytest.mark.usefixtures("assistant")
def test_a_number_is_never_a_word_of_a_fact(capsys: Out) -> None:
    for text in ("He was born in 2019.", "He has 3 balls."):
        run(capsys, "memory", "add", "Rex", text)
    for number in ("0", "3", "19", "2019"):
        assert cli.run(["memory", "remove", "Rex", number]) == 3
    assert len(texts(run(capsys, "memory", "show", "Rex"))) == 2
    removed = run(capsys, "memory", "remove", "Rex", "born in 2019")["removed"]
    assert removed["text"] == "He was born in 2019."


def test_an_end_of_an_id_may_be_all_digits(assistant: Assistant, capsys: Out) -> None:
    rex = assistant.memory.concepts.get(assistant.user, "Rex").id
    with assistant.memory._database.writing() as session:
        row = FactRow(id="a" * 24 + "12345678", user_id=assistant.user, concept_id=rex)
        row.text, row.source = "He is old.", "user"
        session.add(row)
    removed = run(capsys, "memory", "remove", "Rex", "12345678")["removed"]
    assert removed["text"] == "He is old."


def test_what_nothing_refers_to_is_swept(assistant: Assistant, capsys: Out) -> None:
    assistant.memory.vault.put(b"nobody's")
    assert run(capsys, "memory", "sweep") == {"files": 1, "bytes": 8}
    assert run(capsys, "memory", "path")["path"] == str(assistant.home)
    assert run(capsys, "memory", "size")["bytes"]["all"] > 0


def test_the_size_is_that_of_the_whole_folder(assistant: Assistant, capsys: Out) -> None:
    home = assistant.home
    for name, size in {"runs.db": 10, "training/a/b.pt": 200, "vault/x": 3_000, "left": 4}.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"x" * size)
    sizes = run(capsys, "memory", "size")["bytes"]
    parts = ("runs that wait", "training files", "photos and tokens", "other")
    assert [sizes[part] for part in parts] == [10, 200, 3_000, 4]
    assert sizes.pop("all") == sum(sizes.values())


def test_ten_thousand_concepts_are_listed_without_a_model(assistant: Assistant) -> None:
    names = [f"concept {number}" for number in range(10_000)]
    with assistant.memory._database.writing() as session:
        rows = [ConceptRow(user_id=assistant.user, name=n, name_key=n) for n in names]
        session.add_all(rows)
    code = (
        "import sys, cli; code = cli.run(['concept', 'list']); "
        "heavy = {'torch', 'transformers', 'chromadb', 'langgraph'} & set(sys.modules); "
        "print('HEAVY', code, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY 0 set()" in done.stdout
    assert done.stdout.count("concept ") == 10_000
