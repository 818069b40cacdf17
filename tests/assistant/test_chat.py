"""Conversations: turns that follow each other, asked questions, and other processes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import pytest

from assistant import Answer, Assistant, Chat, Drawing, Drawn, Ended, Event, Question, Step, Words
from assistant.exchange import Ask, Exchange
from assistant.journal import Diary
from assistant.listening import Listener
from assistant.painting import Studio
from assistant.writing import ModelWriter
from omni_errors import CancelledError, InputError, NotFoundError, WeightsError

Heard = Sequence[Event]


def ended(heard: Heard) -> Answer | Drawing:
    last = heard[-1]
    assert isinstance(last, Ended), last
    return last.answer


def say(chat: Chat, text: str, *images: Path) -> Answer | Drawing:
    return ended(list(chat.send(text, images)))


@contextmanager
def killed_in(monkeypatch: pytest.MonkeyPatch, owner: type, method: str) -> Iterator[None]:
    """Die where a method is called, and have it whole again."""
    with monkeypatch.context() as dying:
        dying.setattr(owner, method, Mock(side_effect=SystemExit))
        with pytest.raises(SystemExit):
            yield


def test_a_conversation_of_twelve_turns(known: Assistant, ben: Assistant, photos: Path) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="cat")
    chat = known.chat()
    # 1 understand, 2 a question about a photo
    assert isinstance(say(chat, "What is Maeve's toy?"), Answer)
    assert chat.why()["facts"] == {"Maeve": ["Her toy is red."]}
    say(chat, "What is Maeve doing in this photo?", photos / "new-maeve.png")
    assert chat.why()["route"] == "understand" and chat.why()["evidence"]
    # 3 generate, 4 edit what was drawn, 5 two concepts
    drawn = say(chat, "draw her with her toy")
    assert isinstance(drawn, Drawing) and drawn.concepts == ("Maeve",)
    assert chat.why()["answers"] == ["<Maeve>'s toy is red."]
    changed = say(chat, "now make it night")
    assert isinstance(changed, Drawing)
    assert chat.why()["given"]["last_image"] == drawn.trace["image"]
    both = say(chat, "draw Maeve and Rex on the beach")
    assert both.concepts == ("Maeve", "Rex")
    # 6 remember, and consent
    asked = list(chat.send("remember that Rex lives in a barn"))[-1]
    assert isinstance(asked, Question) and (asked.kind, asked.choices) == ("consent", ("yes", "no"))
    assert known.concepts.facts("Rex") == ()
    assert isinstance(ended(list(chat.answer(True))), Answer)
    assert [fact.text for fact in known.concepts.facts("Rex")] == ["Rex lives in a barn"]
    # 7 why
    assert (chat.why()["route"], chat.why()["versions"]) == ("remember", {"Rex": 1})
    # 8 go on in a new process, as far as it can tell
    known.close()
    again = Assistant(user="ana", model="tiny")
    later = again.chat(chat.conversation)
    assert later.last_image == both.images[0]
    # 9 unnamed recognition, 10 of nobody, 11 whether somebody is in it
    photo = photos / "maeve" / "0.png"
    assert say(later, "Who is this?", photo).text == "This is Maeve."
    assert say(later, "Is Maeve in this photo?", photo).text == "Yes, Maeve is in it."
    told = again.conversations.show(chat.conversation)
    assert [turn.intent for turn in told.turns] == [
        *("understand", "understand", "generate", "edit", "generate", "remember"),
        *("recognise", "recognise"),
    ]
    # 12 forget
    receipt = again.concepts.forget("Maeve", images=True, mentions=True)
    assert not receipt.unexplained and not drawn.images[0].exists()
    assert say(later, "Who is this?", photo).text in ("This is Rex.", "Nobody I know.")
    again.close()


def test_a_turn_is_heard_as_it_goes(known: Assistant) -> None:
    heard = list(known.chat().send("What is Maeve's toy?"))
    steps = [event.name for event in heard if isinstance(event, Step)]
    assert steps == ["resolve", "route", "understand", "persist"]
    words = "".join(event.text for event in heard if isinstance(event, Words))
    assert words.strip() == ended(heard).text or ended(heard).text == "I don't know."


def test_a_picture_is_heard_of_before_the_turn_ends(known: Assistant) -> None:
    heard = list(known.chat().send("draw Maeve"))
    drawn = next(event for event in heard if isinstance(event, Drawn))
    assert drawn.path.is_file() and ended(heard).images == (drawn.path,)


def test_a_conversation_is_kept_from_its_first_turn_on(known: Assistant) -> None:
    chat = known.chat()
    assert known.conversations.list() == () and chat.why() == {} and chat.last_image is None
    say(chat, "hello")
    assert [one.id for one in known.conversations.list()] == [chat.conversation]


def test_the_last_turn_is_taken_back(known: Assistant) -> None:
    chat = known.chat()
    assert chat.undo() == ""
    drawn = say(chat, "draw Maeve at sea")
    list(chat.send("remember that Maeve is three"))
    assert chat.pictures == drawn.images
    assert [chat.undo(), chat.undo()] == ["remember that Maeve is three", "draw Maeve at sea"]
    assert chat.waiting is None and known.conversations.list() == () and chat.pictures == ()
    assert isinstance(drawn, Drawing) and drawn.path.is_file()


def test_what_comes_before_the_last_turn_stays(known: Assistant) -> None:
    chat = known.chat()
    say(chat, "hello")
    say(chat, "What is Maeve's toy?")
    assert chat.undo() == "What is Maeve's toy?"
    assert [turn.text for turn in known.conversations.show(chat.conversation).turns] == ["hello"]


def test_a_conversation_is_found_by_an_end_of_its_id(known: Assistant) -> None:
    ids = [f"{first}{'0' * 24}{last}" for first, last in (("abcd", "1111"), ("abce", "2222"))]
    for id in ids:
        known.memory.conversations.add(known.user, f"Talk {id[-4:]}", id=id)
    found = [known.conversations.find(part) for part in ("abcd", "2222", ids[0], "ffff")]
    assert [one and one.id for one in found] == [ids[0], ids[1], ids[0], None]
    with pytest.raises(NotFoundError, match=r"2 .*00002222 \(Talk 2222\), 00001111 \(Talk 1111\)"):
        known.conversations.find("abc")


def test_another_process_may_answer(known: Assistant) -> None:
    chat = known.chat()
    list(chat.send("remember that Maeve is three"))
    known.close()
    again = Assistant(user="ana", model="tiny")
    later = again.chat(chat.conversation)
    assert later.waiting is not None and "Maeve is three" in later.waiting.text
    assert "not" in ended(list(later.answer("no"))).text
    assert len(again.concepts.facts("Maeve")) == 1 and later.waiting is None
    again.close()


def test_nobody_else_may_answer(known: Assistant, ben: Assistant) -> None:
    chat = known.chat()
    list(chat.send("remember that Maeve is three"))
    with pytest.raises(NotFoundError):
        ben.chat(chat.conversation)


def test_a_question_that_nobody_asked_has_no_answer(known: Assistant) -> None:
    with pytest.raises(InputError, match="No question waits"):
        list(known.chat().answer("yes"))


def test_a_name_nobody_has_is_asked_for(known: Assistant) -> None:
    chat = known.chat()
    asked = list(chat.send("draw @bella"))[-1]
    assert isinstance(asked, Question) and asked.choices == ("Maeve",)
    done = ended(list(chat.answer("Maeve")))
    assert isinstance(done, Drawing) and done.concepts == ("Maeve",)


def test_a_photo_that_is_asked_for_comes_by_its_path(known: Assistant, photos: Path) -> None:
    chat = known.chat()
    asked = list(chat.send("who is in this picture?"))[-1]
    assert isinstance(asked, Question) and asked.kind == "clarify"
    done = ended(list(chat.answer(str(photos / "maeve" / "1.png"))))
    assert done.text == "This is Maeve."


def test_a_reply_that_is_stopped_is_kept_as_far_as_it_got(known: Assistant) -> None:
    chat = known.chat()
    heard = chat.send("What is Maeve's toy?")
    next(event for event in heard if isinstance(event, Words))
    heard.close()  # type: ignore[attr-defined]
    turn = known.conversations.show(chat.conversation).turns[0]
    assert (turn.text, turn.intent) == ("What is Maeve's toy?", "understand")


def test_a_reply_that_is_broken_off_says_so(known: Assistant) -> None:
    listener = Listener(lambda event: listener.stop() if isinstance(event, Words) else None)
    exchange = Exchange(known, known.chat().conversation, listener)
    assert exchange.begin(Ask("What is Maeve's toy?")).trace["interrupted"] is True
    # whoever has heard it all changes nothing by leaving
    chat = known.chat()
    say(chat, "What is Maeve's toy?")
    assert "interrupted" not in chat.why()


def test_a_reply_that_is_stopped_before_its_first_word_says_nothing(known: Assistant) -> None:
    listener = Listener()
    listener.stop()
    exchange = Exchange(known, known.chat().conversation, listener)
    result = exchange.begin(Ask("What is Maeve's toy?"))
    assert result.text == "…" and result.trace["interrupted"] is True


def test_what_was_agreed_to_is_done_after_a_kill(
    known: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = known.chat()
    list(chat.send("Remember that Maeve likes hay."))
    with killed_in(monkeypatch, type(known.facts), "add"):
        list(chat.answer("yes"))
    again = known.chat(chat.conversation)
    assert again.waiting is None
    assert "Maeve likes hay." in {fact.text for fact in known.concepts.facts("Maeve")}
    turns = known.conversations.show(chat.conversation).turns
    assert [turn.reply for turn in turns] == ["I will remember that."]


def test_a_drawing_that_was_stopped_is_not_drawn_later(
    known: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = known.chat()
    list(chat.send("draw <Kim> at sea"))
    with killed_in(monkeypatch, Studio, "draw"):
        list(chat.answer("Maeve"))
    drawing = Mock()
    monkeypatch.setattr(Studio, "draw", drawing)
    assert chat.waiting is None and not drawing.called


def test_the_seed_is_told_before_a_picture_is_drawn(known: Assistant) -> None:
    heard = list(known.chat().send("draw Maeve at sea"))
    begun = [event.seed for event in heard if isinstance(event, Step) and event.seed is not None]
    assert begun == list(ended(heard).seeds)
    before = heard[: next(n for n, event in enumerate(heard) if isinstance(event, Drawn))]
    assert any(isinstance(event, Step) and event.seed == begun[0] for event in before)


def test_a_question_beside_a_photo_is_about_who_is_in_it(known: Assistant, photos: Path) -> None:
    chat = known.chat()
    done = say(chat, "What is she doing?", photos / "maeve" / "1.png")
    assert done.concepts == ("Maeve",) and done.scores["Maeve"] > 0.9
    assert "Likeness to known photos: <Maeve> 100 %.\nWhat is she doing?" in chat.why()["prompt"]
    # and so is what follows
    assert say(chat, "How old is she?").concepts == ("Maeve",)


def test_what_was_recalled_is_not_stored_as_new(known: Assistant) -> None:
    chat = known.chat()
    say(chat, "draw Maeve with her toy")
    say(chat, "What is Maeve's toy?")
    assert [fact.text for fact in known.concepts.facts("Maeve")] == ["Her toy is red."]
    list(chat.send("remember that her toy is red"))
    list(chat.answer("yes"))
    assert [fact.text for fact in known.concepts.facts("Maeve")] == ["Her toy is red."]


def test_run_again_a_turn_that_asked_leaves_no_question(known: Assistant) -> None:
    chat = known.chat()
    list(chat.send("remember that Maeve is three"))
    turn = ended(list(chat.answer("no"))).turn
    again = known.replay_turn(turn)
    assert isinstance(again, Answer) and again.question is not None
    assert chat.waiting is None and len(known.concepts.facts("Maeve")) == 1


def test_running_a_turn_again_leaves_the_question_that_waits(known: Assistant) -> None:
    chat = known.chat()
    first = say(chat, "What is Maeve's toy?")
    list(chat.send("remember that Maeve is three"))
    known.replay_turn(first.turn)
    assert chat.waiting is not None and "three" in chat.waiting.text


def test_run_again_a_turn_is_answered_as_it_was_then(known: Assistant, photos: Path) -> None:
    chat = known.chat()
    list(chat.send("who is in this picture?"))
    first = ended(list(chat.answer(str(photos / "maeve" / "1.png"))))
    again = known.replay_turn(first.turn)
    assert isinstance(again, Answer) and again.text == "This is Maeve."


def test_a_fact_about_two_is_known_of_both_and_goes_with_either(
    known: Assistant, photos: Path
) -> None:
    known.concepts.add([photos / "rex"], name="Rex", class_name="dog")
    chat = known.chat()
    list(chat.send("remember that Maeve and Rex are siblings"))
    list(chat.answer(True))
    told = [[fact.text for fact in known.concepts.facts(name)][-1] for name in ("Maeve", "Rex")]
    assert told == ["Maeve and Rex are siblings"] * 2
    known.concepts.forget("Rex")
    assert [fact.text for fact in known.concepts.facts("Maeve")] == ["Her toy is red."]


def test_of_a_turn_that_fails_nothing_is_left(
    known: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, files = known.memory.images.list(known.user), set(known.memory.vault.list())
    monkeypatch.setattr(Diary, "add", Mock(side_effect=WeightsError("no weights")))
    for say_it in (known.ask, lambda *said: list(known.chat().send(*said))):
        with pytest.raises(WeightsError):
            say_it("what is in zanzibar?", [photos / "new-rex.png"])
    assert known.memory.images.list(known.user) == before
    assert set(known.memory.vault.list()) == files
    assert b"zanzibar" not in (known.home / "runs.db").read_bytes()


def left_of(assistant: Assistant, word: bytes) -> tuple[set[str], int, bool]:
    """Return the files of the vault, how many pictures there are, and whether a run says a word."""
    runs = b"".join(path.read_bytes() for path in assistant.home.glob("runs.db*"))
    pictures = assistant.memory.images.list(assistant.user)
    return set(assistant.memory.vault.list()), len(pictures), word in runs


@pytest.mark.parametrize("error", [WeightsError("no weights"), CancelledError("stopped")])
def test_of_a_turn_that_fails_after_an_answer_nothing_is_left(
    known: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    chat, before = known.chat(), left_of(known, b"zanzibar")
    list(chat.send("make it look like zanzibar", wanted="edit"))
    monkeypatch.setattr(Studio, "edit", Mock(side_effect=error))
    with pytest.raises(type(error)):
        list(chat.answer(str(photos / "new-rex.png")))
    assert left_of(known, b"zanzibar") == before and chat.waiting is None


def test_a_photo_shown_first_goes_with_a_turn_that_fails_after_an_answer(
    known: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, before = known.chat(), left_of(known, b"bella")
    list(chat.send("remove @bella", [photos / "new-rex.png"], wanted="edit"))
    monkeypatch.setattr(Studio, "edit", Mock(side_effect=WeightsError("no weights")))
    with pytest.raises(WeightsError):
        list(chat.answer("Maeve"))
    assert left_of(known, b"bella") == before


def test_an_answer_that_is_no_photo_leaves_the_question(known: Assistant, photos: Path) -> None:
    chat = known.chat()
    list(chat.send("make it blue", wanted="edit"))
    with pytest.raises(NotFoundError, match="nothing.png"):
        list(chat.answer("nothing.png"))
    assert chat.waiting is not None
    assert isinstance(ended(list(chat.answer(str(photos / "new-rex.png")))), Drawing)


@pytest.mark.parametrize("giving_up", ["a new turn", "undo"])
def test_a_question_that_is_given_up_leaves_no_photo(
    known: Assistant, photos: Path, giving_up: str
) -> None:
    chat, before = known.chat(), left_of(known, b"bella")
    list(chat.send("remove @bella", [photos / "new-rex.png"], wanted="edit"))
    assert left_of(known, b"bella")[1:] == (1, True)
    if giving_up == "undo":
        chat.undo()
    else:
        say(chat, "hello")
    assert left_of(known, b"bella") == before


def test_a_turn_that_is_being_answered_is_not_given_up_by_another(
    known: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = known.chat()
    list(chat.send("hello"))

    def meanwhile(*_: object, **__: object) -> str:
        with pytest.raises(InputError, match="still being answered"):
            list(known.chat(chat.conversation).send("thanks", [photos / "new-rex.png"]))
        return "A dog."

    monkeypatch.setattr(ModelWriter, "answer", meanwhile)
    list(chat.send("Describe this.", [photos / "new-maeve.png"]))
    (shown,) = known.memory.images.list(known.user)
    assert shown.turn_id is not None


def test_a_picture_shown_before_survives_a_turn_that_fails(
    known: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = known.ask("Who is this?", [photos / "new-maeve.png"]).turn
    shown = {image.id for image in known.memory.images.list(known.user)}
    monkeypatch.setattr(Diary, "add", Mock(side_effect=WeightsError("no weights")))
    with pytest.raises(WeightsError):
        known.replay_turn(turn)
    assert {image.id for image in known.memory.images.list(known.user)} == shown


def test_what_is_wanted_has_to_be_a_route(known: Assistant) -> None:
    with pytest.raises(InputError, match="'draw'.*generate"):
        list(known.chat().send("Maeve at sea", wanted="draw"))


def test_a_polite_wish_to_remember_is_no_part_of_the_fact(known: Assistant) -> None:
    chat = known.chat()
    list(chat.send("Could you please remember that Maeve likes cheese"))
    list(chat.answer("Yes, please."))
    assert "Maeve likes cheese" in {fact.text for fact in known.concepts.facts("Maeve")}


def test_the_photo_of_a_turn_that_was_kept_stays_whatever_fails_after_it(
    known: Assistant, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Mock(side_effect=WeightsError("no weights"))
    monkeypatch.setattr(type(known.recollection), "catch_up", failing)
    with pytest.raises(WeightsError):
        known.ask("Who is this?", [photos / "new-maeve.png"])
    (image,) = known.memory.images.list(known.user)
    assert image.turn_id is not None and known.memory.images.read(known.user, image.id)
