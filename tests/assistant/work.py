"""What lives do until they are killed, telling of each thing that is done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant import Assistant, Drawn, Ended, Question
from learning.presets import Recipe

__all__ = ["PREPARATIONS", "SMALL", "WORKS", "Life", "Tell", "add"]

Tell = Callable[..., None]

SMALL = Recipe(
    name="small",
    steps=6,
    questions=1,
    drawings=1,
    edits=1,
    warmup=1,
    und_rows=2,
    gen_rows=2,
    side=64,
    start="random",
    save_every=1,
    test_every=3,
)
# long enough that many moments fall between its steps, and steps between its saved states
LONGER = replace(
    SMALL,
    steps=16,
    save_every=3,
    test_every=5,
    start="auto",
    keep_best=True,
    likeness=1,
    patience=3,
)
# rounds and archives of a life that nobody kills
_ROUNDS, _TAKEN = 2, 12


@dataclass(frozen=True)
class Life:
    """One run of a verb; those that forget have words and photos that nobody else has."""

    verb: str
    number: int
    folder: Path

    @property
    def home(self) -> Path:
        """Return the home that all lives share."""
        return self.folder / "home"

    @property
    def photos(self) -> Path:
        """Return the folder of its photos."""
        return self.folder / "photos" / self.user

    @property
    def user(self) -> str:
        """Return whose life it is."""
        return f"{self.verb}{self.number}"

    @property
    def seed(self) -> int:
        """Return what its photos are of."""
        return 1000 + self.number if self.verb == "forget" else 1

    @property
    def name(self) -> str:
        """Return the concept's name."""
        return f"Zuzanna{self.number:03d}" if self.verb == "forget" else "Maeve"

    @property
    def fact(self) -> str:
        """Return what is told of it."""
        toy = f"a zeppelin of {self.number:03d} ribs" if self.verb == "forget" else "red"
        return f"Her toy is {toy}."

    @property
    def archive(self) -> Path:
        """Return the file that it imports."""
        return self.folder / f"{self.user}.zip"


def add(assistant: Assistant, life: Life, tell: Tell, preset: Recipe | str = LONGER) -> Any:
    """Learn a concept and train it."""
    learned = assistant.concepts.add(
        [life.photos],
        name=life.name,
        class_name="dog",
        facts=[life.fact],
        preset=preset,
        on_note=lambda text: tell("usable"),
        on_step=lambda losses, steps: tell("step", losses.step, losses.total),
    )
    result = {key: learned.training.get(key) for key in ("version", "losses", "held_out", "grade")}
    tell("done", result)


def talk(assistant: Assistant, life: Life, tell: Tell) -> None:
    """Ask, draw, and have facts remembered."""
    chat = assistant.chat()
    for number in range(_ROUNDS):
        fact = f"Maeve has {number} balls"
        for said in ("What is Maeve's toy?", "draw Maeve at sea", f"remember that {fact}"):
            hear(chat.send(said), chat.conversation, tell)
        hear(chat.answer("yes"), chat.conversation, tell)
        tell("fact", fact)


def hear(events: Any, conversation: str, tell: Tell) -> None:
    """Tell of what is heard once it is promised."""
    for event in events:
        if isinstance(event, Drawn):
            tell("picture", str(event.path))
        elif isinstance(event, Question):
            tell("asked", conversation)
        elif isinstance(event, Ended):
            tell("turn", event.answer.turn)


def forget(assistant: Assistant, life: Life, tell: Tell) -> None:
    """Forget the concept with all that shows or names it."""
    receipt = assistant.concepts.forget(life.name, images=True, mentions=True)
    tell("gone", [f"{one.kind} in {one.path}" for one in receipt.unexplained])


def take(assistant: Assistant, life: Life, tell: Tell) -> None:
    """Import the same concept under one name after another."""
    for number in range(_TAKEN):
        assistant.concepts.import_(life.archive, name=f"Taken {number}")
        tell("taken", f"Taken {number}")


def nothing(assistant: Assistant, life: Life) -> None:
    """Prepare nothing."""


def learn(assistant: Assistant, life: Life) -> None:
    """Know the concept, without training."""
    add(assistant, life, lambda *what: None, "none")


def remember(assistant: Assistant, life: Life) -> None:
    """Have something to forget of every kind."""
    learn(assistant, life)
    assistant.draw(f"{life.name} with her toy", seed=1)
    assistant.ask(f"What is {life.name}'s toy?")
    assistant.ask(f"remember that {life.name} is old")


def pack(assistant: Assistant, life: Life) -> None:
    """Have something to import."""
    learn(assistant, life)
    assistant.concepts.export(life.name, life.archive)


WORKS: dict[str, Callable[[Assistant, Life, Tell], Any]] = {
    "add": add,
    "chat": talk,
    "forget": forget,
    "import": take,
}
PREPARATIONS: dict[str, Callable[[Assistant, Life], None]] = {
    "add": nothing,
    "chat": learn,
    "forget": remember,
    "import": pack,
}
