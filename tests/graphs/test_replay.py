"""Knowledge replay: from a request to a prompt that holds what the concept's facts say."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import Known, ReplayOptions, replay_graph, start
from tests.graphs.fakes import FakeHouse, FakeRecollection, FakeWriter

TOY = {"c1": ["her toy is a black excavator"]}


def replay(house: FakeHouse, request: str, *names: str) -> dict[str, Any]:
    ids = {"maeve": "c1", "kai": "c2"}
    state = {"request": request, "names": list(names), "concepts": [ids[n] for n in names]}
    return dict(start(replay_graph(), state, house.ports).state)


def how(state: dict[str, Any]) -> list[tuple[str, str]]:
    return [(stage["stage"], stage["by"]) for stage in state["stages"]]


def test_a_good_model_is_taken_at_its_word(house: FakeHouse) -> None:
    house.facts.facts = TOY
    said = "What is <maeve>'s toy?", "A picture of <maeve> with a black excavator."
    house.writer = FakeWriter(*said)
    state = replay(house, "A picture of <maeve> with her toy.", "maeve")
    assert state["prompt"] == "A picture of <maeve> with a black excavator."
    assert how(state) == [("parse", "model"), ("recall", "profile"), ("compose", "model")]
    assert state["answers"] == ["<maeve>'s toy is a black excavator."]


def test_garbage_ends_in_safe_texts_with_the_fact(house: FakeHouse) -> None:
    house.facts.facts = TOY
    house.writer.script = lambda prompt: "lorem ipsum"
    state = replay(house, "Draw <maeve> with her toy on the beach.", "maeve")
    assert state["prompt"] == "Draw <maeve> with a black excavator on the beach."
    assert how(state) == [("parse", "fallback"), ("recall", "profile"), ("compose", "fallback")]
    raw = [attempt["raw"] for attempt in state["stages"][0]["attempts"]]
    assert raw == ["lorem ipsum", "lorem ipsum"]


def test_a_fact_that_does_not_fit_the_words_stands_beside_them(house: FakeHouse) -> None:
    house.facts.facts = {"c2": ["He lives in a house by the sea"]}
    state = replay(house, "<kai> in his home", "kai")
    assert state["prompt"] == "<kai> in his home. <kai> lives in a house by the sea."


def test_the_model_reads_only_the_facts_that_are_near(house: FakeHouse) -> None:
    house.facts.facts = {"c2": [f"He owns {n} ships" for n in range(9)] + ["He comes from Cork"]}
    house.recollection = FakeRecollection(["He comes from Cork"])
    house.writer = FakeWriter("What is <kai>'s town?", "Cork.")
    state = replay(house, "<kai> in his town", "kai")
    assert state["answers"] == ["<kai> comes from Cork."]
    assert "ships" not in house.writer.prompts[1]


def test_what_another_has_is_not_put_into_a_request(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["Kai is Maeve's brother. His toy is a ball."]}
    state = replay(house, "Draw <maeve> with her toy", "maeve")
    told = "<maeve>: Kai is <maeve>'s brother. His toy is a ball."
    assert state["prompt"] == f"Draw <maeve> with her toy. {told}"


def test_of_several_sentences_none_is_taken_for_a_value(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["Her toy is a ball. It is red."]}
    state = replay(house, "Draw <maeve> with her toy", "maeve")
    assert state["prompt"] == "Draw <maeve> with her toy. <maeve>'s toy is a ball. It is red."


def test_the_second_try_is_marked(house: FakeHouse) -> None:
    house.facts.facts = TOY
    house.writer = FakeWriter(
        "What?", "What is maeve's toy?", "no", "Draw <maeve> and an excavator"
    )
    state = replay(house, "Draw <maeve> with her toy", "maeve")
    assert how(state)[0] == ("parse", "retry")
    assert state["question"] == "What is <maeve>'s toy?"
    assert state["stages"][2]["attempts"][1]["problem"] == "lost the fact: black"


@pytest.mark.parametrize("said", ["NONE", "none.", "What is <maeve>'s home?", "xyz", ""])
def test_nothing_is_recalled_where_no_fact_applies(house: FakeHouse, said: str) -> None:
    house.facts.facts = TOY | {"c1": ["She lives in a barn"]}
    house.writer.script = lambda prompt: said
    state = replay(house, "Draw <maeve> on the beach.", "maeve")
    assert state["prompt"] == "Draw <maeve> on the beach."
    assert (state["questions"], state["question"]) == ([], "NONE")


def test_none_is_not_believed_where_the_words_need_a_fact(house: FakeHouse) -> None:
    house.facts.facts = TOY
    house.writer.script = lambda prompt: "NONE"
    state = replay(house, "Draw <maeve> with her toy", "maeve")
    assert state["question"] == "What is <maeve>'s toy?"
    assert "her toy" in state["stages"][0]["why"]


def test_each_of_two_concepts_gets_its_own_fact(house: FakeHouse) -> None:
    house.facts.facts = TOY | {"c2": ["Kai's car is a red tractor."]}
    request = "Draw <maeve> with her toy and <kai> driving his car."
    state = replay(house, request, "maeve", "kai")
    wanted = "Draw <maeve> with a black excavator and <kai> driving a red tractor."
    assert state["prompt"] == wanted
    assert state["questions"] == ["What is <maeve>'s toy?", "What is <kai>'s car?"]


def test_a_phrase_of_two_gets_both_facts(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a ball"], "c2": ["his toy is a kite"]}
    state = replay(house, "Draw <maeve> and <kai> with their toys.", "maeve", "kai")
    assert "<maeve>'s toy is a ball." in state["prompt"]
    assert "<kai>'s toy is a kite." in state["prompt"]
    assert state["prompt"].startswith("Draw <maeve> and <kai> with their toys.")


def test_two_needs_of_one_concept_are_both_met(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a black ball", "her bed is a basket"]}
    state = replay(house, "Draw <maeve> with her toy in her bed.", "maeve")
    assert state["prompt"] == "Draw <maeve> with a black ball in a basket."


def test_a_need_without_a_fact_does_not_hide_the_next(house: FakeHouse) -> None:
    house.facts.facts, house.replay = TOY, ReplayOptions(source="profile")
    state = replay(house, "Draw <maeve> in her garden with her toy.", "maeve")
    assert state["prompt"] == "Draw <maeve> in her garden with a black excavator."
    assert state["answers"] == ["", "<maeve>'s toy is a black excavator."]


def test_the_model_may_begin_with_the_second_need(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a ball", "her garden is a jungle"]}
    house.writer = FakeWriter("What is <maeve>'s toy?")
    state = replay(house, "Draw <maeve> in her garden with her toy.", "maeve")
    assert state["prompt"] == "Draw <maeve> in a jungle with a ball."
    assert state["stages"][0]["by"] == "model"


def test_names_may_hold_spaces(house: FakeHouse) -> None:
    house.concepts.known = [Known("c1", "Miss Moo")]
    house.facts.facts = {"c1": ["Miss Moo's toy is a bell."]}
    state = {"request": "Draw <Miss Moo> with her toy.", "names": ["Miss Moo"], "concepts": ["c1"]}
    house.writer = FakeWriter("What is Miss Moo's toy?", "Draw <Miss Moo> with a bell.")
    done = start(replay_graph(), state, house.ports).state
    assert done["prompt"] == "Draw <Miss Moo> with a bell."
    assert how(dict(done)) == [("parse", "model"), ("recall", "profile"), ("compose", "model")]


def test_what_the_request_says_is_not_said_again(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her hat is blue"]}
    assert replay(house, "<maeve> in her blue hat", "maeve")["prompt"] == "<maeve> in her blue hat"


def test_the_only_mention_is_not_lost(house: FakeHouse) -> None:
    house.facts.facts = TOY
    state = replay(house, "Draw <maeve>'s toy.", "maeve")
    assert state["prompt"] == "Draw <maeve>'s toy. <maeve>'s toy is a black excavator."


def test_only_the_sentence_that_answers_is_replayed(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["Maeve is three. Her toy is a ball. She hates rain"]}
    assert replay(house, "Draw <maeve> with her toy.", "maeve")["answers"] == [
        "<maeve>'s toy is a ball."
    ]


def test_a_word_for_the_same_thing_finds_a_fact_unless_there_is_a_better(
    house: FakeHouse,
) -> None:
    house.facts.facts = {"c2": ["he lives in a tent", "his home is a boat"]}
    assert replay(house, "<kai> in his home", "kai")["answers"] == ["<kai>'s home is a boat."]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8), st.integers(0, 6))
def test_whatever_the_model_writes_the_prompt_is_safe(said: list[str], exemplars: int) -> None:
    house = FakeHouse(FakeWriter(*said), replay=ReplayOptions(exemplars=exemplars))
    house.facts.facts = TOY
    state = replay(house, "Draw <maeve> with her toy and <kai> on the beach.", "maeve", "kai")
    wanted = "Draw <maeve> with a black excavator and <kai> on the beach."
    assert state["prompt"] == wanted
    assert json.loads(json.dumps(state)) == state


def test_the_rows_are_asked_when_no_fact_is_stored(house: FakeHouse) -> None:
    twice = "A black excavator.", "It is a black excavator."
    house.writer = FakeWriter("What is <maeve>'s toy?", *twice, "bad", "bad")
    state = replay(house, "Draw <maeve> with her toy.", "maeve")
    assert state["answers"] == ["<maeve>'s toy is a black excavator."]
    assert house.writer.contexts[1:3] == [(("c1",), "")] * 2
    assert state["prompt"] == "Draw <maeve> with a black excavator."


@pytest.mark.parametrize("again", ["A large red ribbon.", "I don't know.", ""])
def test_what_the_rows_say_only_once_is_not_believed(house: FakeHouse, again: str) -> None:
    house.writer = FakeWriter("What is <maeve>'s toy?", "A black excavator.", again)
    state = replay(house, "Draw <maeve> with her toy.", "maeve")
    assert (state["answers"], state["prompt"]) == ([""], "Draw <maeve> with her toy.")
    assert "again" in state["stages"][2]["why"]


def test_the_rows_alone_are_believed_at_once(house: FakeHouse) -> None:
    house.replay = ReplayOptions(source="tokens")
    house.writer = FakeWriter("What is <maeve>'s toy?", "A black excavator.")
    assert replay(house, "Draw <maeve> with her toy.", "maeve")["answers"] == [
        "<maeve>'s toy is a black excavator."
    ]


@pytest.mark.parametrize(
    ("request_text", "question"),
    [
        ("Generate <maeve> wearing a blue hat", "What is <maeve>'s hat?"),
        ("Draw <maeve> with the red ball", "What is <maeve>'s ball?"),
        ("Draw <maeve> on the beach.", "What is <maeve>'s name?"),
        ("Draw <maeve> shaking her head", "What is <maeve>'s toy?"),
    ],
)
def test_what_the_request_says_already_is_not_asked(
    house: FakeHouse, request_text: str, question: str
) -> None:
    house.writer.script = lambda prompt: question
    assert replay(house, request_text, "maeve")["questions"] == []


@pytest.mark.parametrize(
    ("request_text", "noun"),
    [
        ("Draw <maeve> with her best friend", "best friend"),
        ("Draw <maeve> eating her favourite food in the park", "favourite food"),
        ("<maeve> at home with a cat", "home"),
        ("<maeve>'s bed at night", "bed"),
        ("Draw <maeve> in the place where she lives", "home"),
    ],
)
def test_without_a_model_the_words_give_the_question(
    house: FakeHouse, request_text: str, noun: str
) -> None:
    house.writer.script = lambda prompt: "What is <maeve>'s cat?"
    assert replay(house, request_text, "maeve")["questions"] == [f"What is <maeve>'s {noun}?"]


def test_the_fact_itself_is_no_prompt(house: FakeHouse) -> None:
    house.facts.facts = {"c2": ["he lives by the sea"]}
    fact = "<kai>'s home is by the sea."
    house.writer = FakeWriter("What is <kai>'s home?", fact, "<kai> by the sea")
    state = replay(house, "<kai> in his home", "kai")
    assert state["prompt"] == "<kai> by the sea"
    assert state["stages"][2]["attempts"][0]["problem"] == "does not begin as the request does"


def test_a_fact_on_something_else_is_no_answer(house: FakeHouse) -> None:
    house.facts.facts = {"c2": ["his best friend is a grey robot"]}
    house.replay = ReplayOptions(source="profile")
    house.writer = FakeWriter("What is <kai>'s cat?", "A grey robot.")
    assert replay(house, "<kai> with his cat", "kai")["answers"] == [""]


def test_rows_alone_never_see_the_profile(house: FakeHouse) -> None:
    house.facts.facts, house.replay = TOY, ReplayOptions(source="tokens")
    house.writer.script = lambda prompt: "I don't know."
    state = replay(house, "Draw <maeve> with her toy.", "maeve")
    assert "excavator" not in str(house.writer.prompts)
    assert state["prompt"] == "Draw <maeve> with her toy."


def test_the_profile_alone_never_asks_the_rows(house: FakeHouse) -> None:
    house.replay = ReplayOptions(source="profile")
    state = replay(house, "Draw <maeve> with her toy.", "maeve")
    assert all(context == ((), "") for context in house.writer.contexts)
    assert (state["answers"], state["prompt"]) == ([""], "Draw <maeve> with her toy.")


def test_a_fact_in_other_words_is_found_by_reading(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["She adores a black excavator", "She is three"]}
    house.writer = FakeWriter("What is <maeve>'s toy?", "A black excavator.")
    state = replay(house, "Draw <maeve> with her toy.", "maeve")
    assert state["answers"] == ["<maeve> adores a black excavator."]
    assert how(state)[1] == ("recall", "model")


@pytest.mark.parametrize(("exemplars", "shown"), [(0, 1), (2, 3), (6, 7)])
def test_as_many_exemplars_are_shown_as_chosen(
    house: FakeHouse, exemplars: int, shown: int
) -> None:
    house.replay = ReplayOptions(exemplars=exemplars)
    replay(house, "Draw <maeve>.", "maeve")
    assert house.writer.prompts[0].count("Request: ") == shown
    assert house.writer.prompts[0].endswith("Request: Draw <maeve>.\nQuestion:")
