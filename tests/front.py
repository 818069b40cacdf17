"""An assistant for tests of the front: it knows no model, and does what it is told to."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.conversations import Told
from assistant.events import Drawn, Ended, Event, Question, Step, Words
from assistant.results import Answer, Recalled, Shown
from memory.tables import new_id
from memory.values import Concept, ConceptSummary, Conversation, Receipt, Turn, User

__all__ = ["FakeAssistant", "FakeChat", "Script"]


class Script(list[str]):
    """Lines that somebody types, one after another; "^C" breaks off."""

    asks = True

    def read(self, prompt: str = "> ") -> str:
        if not self:
            raise EOFError
        line = self.pop(0)
        if line == "^C":
            raise KeyboardInterrupt
        return line


class FakeChat:
    """Answer what is said by a rule, and remember how it was said."""

    def __init__(self, assistant: "FakeAssistant", conversation: str | None) -> None:
        self.assistant, self.conversation = assistant, conversation or new_id()
        self.sent: list[tuple[Any, ...]] = []
        self.answered: list[str | bool] = []
        self.waiting: Question | None = None
        self.last_image: Path | None = None
        self.pictures: tuple[Path, ...] = ()
        self.stopped = False

    def send(
        self,
        text: str,
        images: Sequence[Path | str] = (),
        *,
        wanted: str = "",
        seed: int | None = None,
    ) -> Iterator[Event]:
        self.sent.append((text, tuple(images), wanted, seed))
        yield Step("route", "Deciding what is wanted.")
        if text == "Talk on":
            yield from self._endless()
        elif text == "Paint on":
            yield Step("draw", "Drawing. Its seed is 31.", 31)
            raise KeyboardInterrupt
        elif text.startswith("Remember"):
            self.waiting = Question("consent", f"Shall I keep: {text}?", ("yes", "no"))
            yield self.waiting
        elif wanted or text.startswith("Draw"):
            self.last_image = self.assistant.picture
            yield Drawn(self.assistant.picture, seed or 12)
            yield Ended(Answer("[picture]"))
        else:
            yield Words(f"You said {text}")
            yield Ended(Answer(f"You said {text}"))

    def _endless(self) -> Iterator[Event]:
        try:
            yield Words("and on")
            raise KeyboardInterrupt
        finally:
            self.stopped = True

    def answer(self, said: str | bool) -> Iterator[Event]:
        self.answered.append(said)
        self.waiting = None
        yield Words("Kept.")
        yield Ended(Answer("Kept."))

    def undo(self) -> str:
        return str(self.sent.pop()[0]) if self.sent else ""

    def why(self) -> dict[str, Any]:
        return {
            "route": "understand",
            "facts": {"Maeve": ["[bold]She is old[/nope]"]},
            "seed": None,
        }


class FakeConcepts:
    def __init__(self, names: Iterable[str]) -> None:
        self.names = names
        self.forgotten: list[tuple[str, bool, bool]] = []

    def list(self) -> tuple[ConceptSummary, ...]:
        made = [Concept(new_id(), "u", name, "dog", _now()) for name in self.names]
        return tuple(ConceptSummary(one, 0, 0, None) for one in made)

    def show(self, name: str) -> Shown:
        return Shown(Concept(new_id(), "u", name, "dog", _now()), (), 4, None, {})

    def forget(self, name: str, *, images: bool, mentions: bool) -> Receipt:
        self.forgotten.append((name, images, mentions))
        return Receipt(name, {}, 1, 1, {"name": 1}, (), ())


def _now() -> datetime:
    return datetime.now(UTC)


class FakeConversations:
    def __init__(self) -> None:
        self.turns: tuple[Turn, ...] = ()

    def list(self) -> tuple[Conversation, ...]:
        return ()

    def find(self, part: str) -> Conversation | None:
        return None

    def show(self, id: str) -> Told:
        return Told(Conversation(id, "u", "Hello", _now()), self.turns)


class FakeAssistant:
    """Stand where the assistant stands."""

    user_name, model_name = "me", "none"

    def __init__(self, picture: Path, names: Iterable[str] = ("Maeve",)) -> None:
        self.picture = picture
        self.concepts = FakeConcepts(names)
        self.conversations = FakeConversations()
        self.user = User("u", "me", _now())
        self.closed = False
        self.history = picture.with_name("history")

    def chat(self, conversation: str | None = None) -> FakeChat:
        return FakeChat(self, conversation)

    def recall(self, text: str) -> tuple[Recalled, ...]:
        return (Recalled("fact", f"about {text}", ("Maeve",), "f", 0.75, _now()),)

    def close(self) -> None:
        self.closed = True
