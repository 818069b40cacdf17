"""A turn, from what the user says to what the journal keeps."""

import json
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

from graphs import ReplayOptions, answer, drop, start, turn_graph
from graphs.ports import Known
from omni_errors import NotFoundError
from tests.graphs.fakes import FakeHouse, FakeRecollection, FakeWriter
from tests.graphs.turns import paused, resumed, turn


def test_a_question_is_answered_with_rows_facts_and_photo(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a ball"]}
    house.writer = FakeWriter("A ball.")
    state = turn(house, "What does Maeve play with?", attachment="p.jpg")
    assert state["reply"] == "A ball."
    assert house.writer.contexts == [(("c1",), "p.jpg")]
    assert "- <maeve>'s toy is a ball.\n\nWhat does <maeve> play with?" in house.writer.prompts[0]


def test_of_somebody_nobody_knows_nothing_is_made_up(house: FakeHouse) -> None:
    house.writer = FakeWriter("A red ball.")
    state = turn(house, "What is Biscuit's toy?")
    assert state["reply"] == "I know nobody called Biscuit." and house.writer.prompts == []
    with_photo = turn(house, "What is Biscuit's toy doing?", attachment="p.jpg")
    assert with_photo["reply"] == "A red ball."


def test_what_photos_say_of_who_is_named_stands_before_the_question(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a ball"]}
    house.eyes.seen = {"c1": (0.9, 0.0), "c2": (0.1, 0.0)}
    turn(house, "What is Maeve doing?", attachment="p.jpg")
    facts, question = house.writer.prompts[-1].split("\n\n")
    assert facts.endswith("- <maeve>'s toy is a ball.\n- <maeve> is in the photo.")
    assert question == "Alike: <maeve> 0.9\nWhat is <maeve> doing?"


def test_where_nobody_is_named_a_question_is_about_who_is_in_the_photo(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a ball"], "c2": ["he is old"]}
    house.eyes.seen = {"c1": (0.9, 0.0), "c2": (0.3, 0.0)}
    state = turn(house, "What is she doing?", attachment="p.jpg")
    assert house.writer.contexts[-1] == (("c1",), "p.jpg")
    facts, question = house.writer.prompts[-1].split("\n\n")
    assert "<maeve>'s toy is a ball." in facts and "old" not in facts
    assert question == "Alike: <maeve> 0.9\nWhat is she doing?"
    assert state["trace"]["concepts"] == [{"id": "c1", "name": "maeve", "how": "seen"}]
    assert [one["margin"] for one in state["trace"]["evidence"]] == [None, None]


def test_a_photo_of_nobody_known_adds_nothing_to_a_question(house: FakeHouse) -> None:
    house.eyes.seen = {"c1": (0.2, 0.0)}
    state = turn(house, "What is she doing?", attachment="p.jpg")
    assert (house.writer.prompts[-1], state["concepts"]) == ("What is she doing?", [])
    assert state["trace"]["evidence"][0]["similarity"] == 0.2


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("What is this?", "The photo shows a dog. What is this?"),
        ("Where is this?", "Where is this?"),
        ("Hello!", "Hello!"),
        ("What colour is the sky?", "What colour is the sky?"),
        ("Is there a dog in the photo?", "The photo shows a dog. Is there a dog in the photo?"),
        ("What colour is it?", "The photo shows a white dog. What colour is it?"),
    ],
)
def test_what_a_photo_of_nobody_known_shows_stands_before_the_question(
    house: FakeHouse, asked: str, told: str
) -> None:
    house.eyes.seen, house.eyes.thing = {"c1": (0.2, 0.0)}, "a dog"
    turn(house, asked, attachment="p.jpg")
    assert house.writer.prompts[-1] == told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("What is this?", True),
        ("What kind of animal is Maeve?", True),
        ("Describe Maeve.", True),
        ("What is Maeve's favourite toy?", False),
        ("Where does Maeve sleep?", False),
    ],
)
def test_what_a_concept_is_is_told_where_it_is_asked(
    house: FakeHouse, asked: str, told: bool
) -> None:
    house.concepts.known = [Known("c1", "maeve", "dog", 1)]
    house.eyes.seen = {"c1": (0.9, 0.0)}
    turn(house, asked, attachment="p.jpg")
    assert ("<maeve> is a dog." in house.writer.prompts[-1]) is told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("Which colour does Maeve have?", True),
        ("What colour is Maeve?", True),
        ("What is the colour of Maeve?", True),
        ("What colour is Maeve's collar?", False),
        ("Which colour does Maeve like?", False),
    ],
)
def test_of_what_colour_a_concept_is_its_photos_tell(
    house: FakeHouse, asked: str, told: bool
) -> None:
    turn(house, asked)
    assert ("- <maeve> is white." in house.writer.prompts[-1]) is told


@pytest.mark.parametrize(
    ("asked", "said", "reply"),
    [
        ("Tell me about Maeve.", "I don't know that.", "maeve is a dog. maeve's toy is red."),
        ("Could you please describe Maeve?", "", "maeve is a dog. maeve's toy is red."),
        ("Who is Maeve?", "", "maeve is a dog. maeve's toy is red."),
        ("Who is Maeve?", "She is a birthday.", "maeve is a dog. maeve's toy is red."),
        ("What is Maeve?", "She is a birthday.", "maeve is a dog. maeve's toy is red."),
        ("What is Maeve's age?", "I don't know.", "I don't know."),
    ],
)
def test_what_was_told_answers_a_question_of_all_of_it(
    house: FakeHouse, asked: str, said: str, reply: str
) -> None:
    house.concepts.known = [Known("c1", "maeve", "dog", 1)]
    house.facts.facts = {"c1": ["her toy is red"]}
    house.writer = FakeWriter(said)
    assert turn(house, asked)["reply"] == reply


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        ("What can you do?", "I learn people"),
        ("help", "I learn people"),
        ("Thank you so much!", "You are welcome."),
        ("Good night", "See you."),
        ("Hi, what can you do?", "I learn people"),
        ("Who do you know?", "I know maeve (dog) and kai (boy)."),
        ("list my concepts", "I know maeve (dog) and kai (boy)."),
        ("again", "In a chat, /again"),
        ("forget Maeve", "Nothing is forgotten by talking."),
        ("Delete Maeve", "Nothing is forgotten by talking."),
        ("delete Kai's facts", "Nothing is forgotten by talking."),
        ("rename Maeve to Mia", "`omni concept rename"),
        ("add this photo to Maeve", "Photos are not learned by talking."),
        ("Remember to feed Maeve", "I keep facts, and cannot remind"),
        ("delete the last picture", "In a chat, /undo"),
        ("Please forget that Maeve loves cheese", "Nothing is forgotten by talking."),
    ],
)
def test_pleasantries_need_no_model(house: FakeHouse, said: str, begins: str) -> None:
    assert turn(house, said)["reply"].startswith(begins)
    assert house.writer.prompts == []


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("Maeve loves cheese, remember that.", "Maeve loves cheese"),
        ("by the way, Maeve loves cheese", "Maeve loves cheese"),
        ("Maeve is a border collie", "Maeve is a border collie"),
        ("Kai is my brother", "Kai is my brother"),
        ("maeve and Kai live in Cork, Ireland", "maeve and Kai live in Cork, Ireland"),
        ("Maeve weighs 12.5 kg", "Maeve weighs 12.5 kg"),
        ("Actually, Maeve's toy is a ball", "Maeve's toy is a ball"),
        ("Maeve loves cheese", "Maeve loves cheese"),
    ],
)
def test_what_is_told_by_the_way_is_proposed(
    house: FakeHouse, saver: SqliteSaver, said: str, fact: str
) -> None:
    asking = paused(house, saver, said).asking
    assert asking is not None and asking["question"].endswith(fact)


@pytest.mark.parametrize(
    "said",
    [
        "Maeve's legs are missing",
        "Maeve's dinner is ready",
        "Maeve loves this",
        "Maeve is in the garden",
        "Maeve is a bit tired",
        "Maeve's photo is blurry",
    ],
)
def test_what_is_so_for_now_is_no_fact(house: FakeHouse, said: str) -> None:
    assert turn(house, said)["route"] == "understand"


def test_of_who_is_known_no_kind_is_told(house: FakeHouse) -> None:
    house.eyes.seen, house.eyes.thing = {"c1": (0.9, 0.0)}, "a dog"
    turn(house, "What is this?", attachment="p.jpg")
    assert "The photo shows" not in house.writer.prompts[-1]


def test_without_a_photo_nobody_is_looked_at(house: FakeHouse) -> None:
    turn(house, "What does Maeve play with?", last_image="old.png")
    assert house.eyes.shown == []


def test_of_many_facts_the_nearest_are_read_in_the_order_they_were_told(house: FakeHouse) -> None:
    house.facts.facts = {"c1": [f"she has {n} legs" for n in range(5)] + ["her toy is a ball"]}
    house.replay, house.recollection = ReplayOptions(facts=2), FakeRecollection(["she has 3 legs"])
    state = turn(house, "What is the toy of Maeve?")
    assert state["facts"] == {"maeve": ["she has 3 legs", "her toy is a ball"]}
    assert house.recollection.asked == ["What is the toy of <maeve>?"]


def test_to_an_open_question_all_facts_are_told(house: FakeHouse) -> None:
    facts = [f"she has {n} legs" for n in range(12)]
    house.facts.facts = {"c1": facts}
    state = turn(house, "Tell me everything about Maeve")
    assert state["facts"] == {"maeve": facts} and house.writer.prompts == []
    assert "maeve has 0 legs." in state["reply"] and "maeve has 11 legs." in state["reply"]


def test_few_facts_are_all_read_and_nothing_is_looked_up(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a ball", "she is old"]}
    house.recollection = FakeRecollection([])
    assert turn(house, "What is new of Maeve?")["facts"]["maeve"] == house.facts.facts["c1"]
    assert house.recollection.asked == []


def test_a_command_that_says_the_route_is_obeyed(house: FakeHouse) -> None:
    state = turn(house, "what Maeve dreams of", wanted="generate")
    assert house.studio.drawn == [("what <maeve> dreams of", ("c1",))]
    assert state["trace"]["why"] == "was told"


def test_the_trace_tells_why(house: FakeHouse) -> None:
    house.facts.facts = {"c1": ["her toy is a ball"]}
    turn(house, "Draw Maeve with her toy.")
    trace = house.journal.turns["k"]["trace"]
    assert trace["concepts"] == [{"id": "c1", "name": "maeve", "how": "named"}]
    assert (trace["route"], trace["why"]) == ("generate", "asks to draw")
    assert trace["questions"] == ["What is <maeve>'s toy?"]
    assert trace["answers"] == ["<maeve>'s toy is a ball."]
    assert (trace["prompt"], trace["versions"]) == ("Draw <maeve> with a ball.", {"maeve": 2})
    assert [stage["by"] for stage in trace["stages"]] == ["fallback", "profile", "fallback"]


@pytest.mark.parametrize(
    ("margin", "similarity", "reply"),
    [
        (None, 0.9, "This is maeve."),
        (None, 0.2, "Nobody I know."),
        (3.0, 0.30, "This is maeve."),
        (-3.0, 0.33, "Nobody I know."),
    ],
)
def test_photos_decide_and_in_doubt_the_model_does(
    house: FakeHouse, margin: float | None, similarity: float, reply: str
) -> None:
    house.eyes.seen = {"c1": (similarity, margin or 0.0), "c2": (0.1, -3.0)}
    state = turn(house, "who is this?", attachment="p.jpg")
    assert state["reply"] == reply
    assert state["trace"]["evidence"][0]["margin"] == margin


def test_a_stranger_is_nobody_even_with_no_concepts(house: FakeHouse) -> None:
    house.concepts.known = []
    assert turn(house, "who is this?", attachment="p.jpg")["reply"] == "Nobody I know."


def test_beside_a_photo_she_is_who_is_in_it(house: FakeHouse) -> None:
    house.eyes.seen = {"c2": (0.9, 3.0)}
    state = turn(house, "who is she?", attachment="p.jpg", last_concepts=["c1"])
    assert (state["reply"], state["concepts"]) == ("This is kai.", ["c2"])


def test_beside_a_photo_it_is_not_who_was_spoken_of(house: FakeHouse) -> None:
    house.eyes.seen, house.eyes.thing = {"c1": (0.2, 0.0)}, "a cat"
    state = turn(house, "What colour is it?", attachment="p.jpg", last_concepts=["c1"])
    assert (state["concepts"], state["how"]) == ([], "")
    assert house.writer.prompts[-1] == "The photo shows a white cat. What colour is it?"
    state = turn(house, "Is she in this photo?", attachment="p.jpg", last_concepts=["c1"])
    assert (state["route"], state["concepts"]) == ("recognise", ["c1"])


def test_a_fact_is_kept_only_by_consent(house: FakeHouse, saver: SqliteSaver) -> None:
    asked = paused(house, saver, "Remember that Maeve hates rain").asking
    assert asked is not None and (asked["kind"], asked["fact"]) == ("consent", "Maeve hates rain")
    assert (house.facts.added, house.journal.turns) == ([], {})
    done = resumed(house, saver, "Yes!")
    assert house.facts.added == [("c1", "Maeve hates rain")]
    assert done.state["trace"]["fact"] == "f1"


def test_what_was_asked_for_in_the_same_breath_is_not_passed_over(
    house: FakeHouse, saver: SqliteSaver
) -> None:
    paused(house, saver, "Remember that Maeve hates rain. Draw her in the sun.")
    reply = resumed(house, saver, "yes").state["reply"]
    assert house.facts.added == [("c1", "Maeve hates rain.")]
    assert 'say "Draw her in the sun." again' in reply


@pytest.mark.parametrize("said", ["no", "maybe", "", False, "yesterday"])
def test_all_but_a_yes_keeps_nothing(house: FakeHouse, saver: SqliteSaver, said: Any) -> None:
    paused(house, saver, "Remember that Maeve hates rain")
    done = resumed(house, saver, said)
    assert (house.facts.added, done.state["consent"]) == ([], False)


def test_whose_fact_it_is_is_asked_first(house: FakeHouse, saver: SqliteSaver) -> None:
    asked = paused(house, saver, "remember: afraid of thunder").asking
    assert asked is not None and asked["options"] == ["maeve", "kai"]
    asked = resumed(house, saver, "Kai").asking
    assert asked is not None and asked["kind"] == "consent"
    resumed(house, saver, "yes")
    assert house.facts.added == [("c2", "afraid of thunder")]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("that Maeve and Kai are siblings", "Maeve and Kai are siblings"),
        ("that they are friends.", "maeve and kai are friends."),
        ("their vet is called Byrne", "maeve and kai's vet is called Byrne"),
    ],
)
def test_a_fact_about_two_is_kept_with_both(
    house: FakeHouse, saver: SqliteSaver, said: str, kept: str
) -> None:
    asked = paused(house, saver, f"remember {said}", last_concepts=["c1", "c2"]).asking
    assert asked is not None and asked["question"].endswith(f"about maeve and kai: {kept}")
    done = resumed(house, saver, "yes")
    assert house.facts.added == [("c1", kept), ("c2", kept)]
    assert done.state["trace"]["fact"] == "f1,f2"


def test_what_was_recalled_cannot_be_remembered(house: FakeHouse, saver: SqliteSaver) -> None:
    asked = paused(house, saver, "remember that", last_concepts=["c1"]).asking
    assert asked is not None and asked["kind"] in ("whose", "fact")
    assert house.facts.added == []


def test_an_unclear_pronoun_is_asked_about(house: FakeHouse, saver: SqliteSaver) -> None:
    asked = paused(house, saver, "draw him", last_concepts=["c1", "c2"]).asking
    assert asked is not None and asked["question"] == "Whom do you mean: maeve or kai?"
    done = resumed(house, saver, "kai")
    assert done.state["prompt"] == "draw <kai>"
    assert done.state["trace"]["asked"][0]["answer"] == "kai"


def test_an_unknown_name_is_asked_about(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "draw @rex at night")
    assert resumed(house, saver, "Maeve").state["prompt"] == "draw <maeve> at night"


def test_the_picture_to_edit_is_asked_for(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "remove the hat from the photo")
    resumed(house, saver, "here.jpg")
    assert house.studio.edited == [("here.jpg", "remove the hat from the photo")]


def test_answers_that_do_not_help_end_the_turn(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "draw @rex")
    assert resumed(house, saver, "dunno").asking is not None
    done = resumed(house, saver, "dunno")
    assert done.asking is None
    assert done.state["reply"] == "I did not understand that."


def test_a_finished_run_leaves_no_text_behind(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "Remember that Maeve hates rain")
    resumed(house, saver, "no")
    assert list(saver.list(None)) == []


def test_a_dropped_run_leaves_none_either(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "Remember that Maeve hates rain")
    drop(turn_graph(saver), "t1")
    assert list(saver.list(None)) == []
    with pytest.raises(NotFoundError):
        resumed(house, saver, "yes")


def test_whose_and_what_are_asked_one_after_the_other(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "remember that")
    resumed(house, saver, "maeve")
    asked = resumed(house, saver, "she hates rain").asking
    assert asked is not None and (asked["kind"], asked["fact"]) == ("consent", "she hates rain")


def test_a_run_begun_anew_remembers_nothing_of_the_old(
    house: FakeHouse, saver: SqliteSaver
) -> None:
    paused(house, saver, "draw @rex")
    resumed(house, saver, "dunno")
    done = start(turn_graph(saver), {"key": "k", "text": "draw a cat"}, house.ports, "t1")
    assert (done.state["trace"]["asked"], house.studio.drawn) == ([], [("draw a cat", ())])


@settings(max_examples=80, deadline=None)
@drawn(
    st.text(max_size=40)
    | st.sampled_from(["draw <>", "<maeve", "@", "remember", "who is this", "it"]),
    st.lists(st.text(max_size=40), max_size=6),
    st.lists(st.text(max_size=20), min_size=4, max_size=4),
    st.sampled_from(["", "p.jpg"]),
)
def test_every_turn_ends(text: str, said: list[str], answers: list[str], photo: str) -> None:
    house, graph = FakeHouse(FakeWriter(*said)), turn_graph(InMemorySaver())
    given = {"key": "k", "text": text, "attachment": photo, "last_concepts": ["c1", "c2"]}
    done = start(graph, given, house.ports, "t")
    for reply in answers:
        done = answer(graph, reply, house.ports, "t") if done.asking else done
    assert done.asking is None
    assert list(house.journal.turns) == ["k"]
    assert json.loads(json.dumps(house.journal.turns)) == house.journal.turns


def test_a_conversation_of_twelve_turns(house: FakeHouse, saver: SqliteSaver) -> None:
    house.facts.facts = {"c2": ["he lives in a blue tent"]}
    house.eyes.seen = {"c1": (0.9, 2.0)}
    house.writer.script = lambda prompt: "draw" if prompt.endswith(("Wants:", "=>")) else "Hm."
    talk = [
        ("hello", "", "understand", []),
        ("who is this?", "walk.jpg", "recognise", ["c1"]),
        ("what does she like?", "", "understand", ["c1"]),
        ("remember that her toy is a red ball", "", "remember", ["c1"]),
        ("draw her with her toy", "", "generate", ["c1"]),
        ("make it darker", "", "edit", ["c1"]),
        ("add a hat", "other.jpg", "edit", []),
        ("Kai in his home", "", "generate", ["c2"]),
        ("draw Maeve and Kai at night", "", "generate", ["c1", "c2"]),
        ("what do they eat?", "", "understand", ["c1", "c2"]),
        ("draw them with a kite", "", "generate", ["c1", "c2"]),
        ("thanks", "", "understand", []),
    ]
    graph = turn_graph(saver)
    before: dict[str, Any] = {}
    for number, (text, photo, route, concepts) in enumerate(talk):
        given = {"key": str(number), "text": text, "attachment": photo, **before}
        done = start(graph, given, house.ports, f"turn{number}")
        if done.asking:
            done = answer(graph, "yes", house.ports, f"turn{number}")
        assert (done.state["route"], done.state["concepts"]) == (route, concepts), text
        shown = [done.state.get(key) for key in ("image", "attachment", "last_image")]
        about = done.state["concepts"] or before.get("last_concepts", [])
        before = {"last_image": next(filter(None, shown), ""), "last_concepts": about}
    assert house.facts.added == [("c1", "her toy is a red ball")]
    assert [prompt for prompt, _ in house.studio.drawn] == [
        "draw <maeve> with a red ball",
        "<kai> in his home. <kai> lives in a blue tent.",
        "draw <maeve> and <kai> at night",
        "draw <maeve> and <kai> with a kite",
    ]
    assert house.studio.edited[0] == ("drawn1.png", "make it darker")
    assert len(house.journal.turns) == 12


@pytest.mark.parametrize(
    ("said", "drawn"),
    [("Maeve", "draw <maeve> at sea"), ("no", "draw Maive at sea"), ("a dog", "draw Maive at sea")],
)
def test_a_word_that_is_nearly_a_name_is_asked_about(
    house: FakeHouse, saver: SqliteSaver, said: str, drawn: str
) -> None:
    asked = paused(house, saver, "draw Maive at sea").asking
    assert asked is not None and asked["question"].startswith("I know nobody called Maive.")
    resumed(house, saver, said)
    assert [prompt for prompt, _ in house.studio.drawn] == [drawn]


@pytest.mark.parametrize("said", ["never mind", "cancel", "stop"])
def test_at_a_word_that_is_nearly_a_name_a_turn_can_be_left(
    house: FakeHouse, saver: SqliteSaver, said: str
) -> None:
    paused(house, saver, "draw Maive at sea")
    assert resumed(house, saver, said).asking is None
    assert house.studio.drawn == []


@pytest.mark.parametrize(
    "said",
    ["Remove the pictures", "Add a picture of Kai to the wall", "Don't forget to add a hat"],
)
def test_beside_a_photo_a_change_is_no_command(house: FakeHouse, said: str) -> None:
    assert "`omni" not in turn(house, said, attachment="p.jpg")["reply"]


def test_a_question_is_left_where_the_user_wants(house: FakeHouse, saver: SqliteSaver) -> None:
    paused(house, saver, "remove the hat from the photo")
    done = resumed(house, saver, "never mind")
    assert done.asking is None and done.state["reply"] == "All right, I leave it."
    assert house.studio.edited == []
