"""One turn of one conversation: the graph runs, asks perhaps, and what it came to is told.

A run that asks waits in the home's file of runs, under the user and the conversation, so that
any process of the user can answer.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.alone import alone
from assistant.journal import Diary, carried_over
from assistant.listening import Listener
from assistant.painting import Made, Studio
from assistant.results import Answer, Drawing, Question
from assistant.writing import ModelWriter, plain
from backbone.limits import require_seed
from graphs import (
    ReplayOptions,
    TurnPorts,
    answer,
    drop,
    go_on,
    open_saver,
    start,
    turn_graph,
    waiting,
)
from graphs.router import ROUTES
from memory.names import check_text
from memory.tables import new_id
from omni_errors import InputError, OmniError

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from graphs import Outcome

__all__ = ["MAX_SAID", "Ask", "Exchange", "Result", "runs_file"]

Result = Answer | Drawing
_PICTURES = ("generate", "edit")
# characters of what is said at once; what a model needs for more grows with its square
MAX_SAID = 8_000


@dataclass(frozen=True)
class Ask:
    """What the user wants of one turn."""

    text: str
    # a reference of the gallery
    attachment: str = ""
    # the route, where a command has said it
    wanted: str = ""
    seed: int | None = None
    # where pictures go; None is the home
    folder: Path | None = None
    replay: bool = True
    # what an earlier turn was given, to ask the same again, and that turn's id
    given: Mapping[str, Any] | None = None
    repeats: str = ""

    def __post_init__(self) -> None:
        check_text(self.text, "text", MAX_SAID)
        if self.wanted not in ("", *ROUTES):
            raise InputError(
                f"{self.wanted!r} is nothing to want.",
                hint=f"Say {', '.join(ROUTES)}, or leave it open.",
            )
        require_seed(self.seed)


def runs_file(home: Path) -> Path:
    """Name the file of runs that wait."""
    return home / "runs.db"


class Exchange:
    """Run turns of one conversation of a user."""

    def __init__(
        self,
        assistant: "Assistant",
        conversation: str,
        listener: Listener | None = None,
        *,
        run: str = "",
    ) -> None:
        self.assistant, self.conversation = assistant, conversation
        self.listener = listener or Listener()
        # ``run`` keeps a run apart from the one that may wait in the conversation
        self.thread = ":".join(filter(None, (assistant.user, conversation, run)))

    def begin(self, ask: Ask) -> Result:
        """Run a turn; a question that waited is dropped. Of a turn that fails nothing stays.

        Raises:
            InputError: if what is wanted is no route.
        """
        memory, user = self.assistant.memory, self.assistant.user
        before = carried_over(memory, user, self.conversation) if ask.given is None else ask.given
        state = {
            "key": new_id(),
            "conversation": self.conversation,
            "text": ask.text,
            "wanted": ask.wanted,
            **before,
            "attachment": ask.attachment,
            "seed": ask.seed,
            "no_replay": not ask.replay,
        }
        with self._given_back(ask, ask.attachment), self._alone(), self._abandoning():
            return self._run(ask, partial(self._begun, state))

    def _begun(self, state: Mapping[str, Any], graph: Any, ports: TurnPorts) -> "Outcome":
        self._give_up(graph)
        return start(graph, state, ports, self.thread)

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        """Answer one turn of a conversation at a time: another one would give this one up."""
        digest = sha256(self.thread.encode()).hexdigest()[:16]
        file = runs_file(self.assistant.home).with_name(f"turn-{digest}.lock")
        busy = "Another turn of this conversation is still being answered."
        return alone(file, busy, "Wait until it is, or begin another conversation.")

    @contextlib.contextmanager
    def _given_back(self, ask: Ask, shown: str) -> Iterator[None]:
        """Keep no photos that were shown with a turn that fails."""
        try:
            yield
        except BaseException:  # it is raised again
            # a turn that is asked again shows the photos of the first one
            photos = self.assistant.gallery.ids(shown) if ask.given is None else ()
            # what fails here as well must not be told in its place
            with contextlib.suppress(OmniError):
                self.assistant.gallery.give_back(photos)
            raise

    @contextlib.contextmanager
    def _abandoning(self) -> Iterator[None]:
        """Leave no words of a turn that fails."""
        try:
            yield
        except BaseException:  # it is raised again
            with contextlib.suppress(OmniError):
                self._abandon()
            raise

    def _abandon(self) -> None:
        """Give up the run that failed, unless all that is left is to do what was agreed to."""
        with self._graph() as graph:
            if not _to_finish(waiting(graph, self.thread)):
                self._give_up(graph)

    def answer(self, said: str | bool, ask: Ask) -> Result:
        """Answer the question that waits. Of a turn that then fails nothing stays.

        Raises:
            NotFoundError: if none waits.
            InputError: if the answer is no text, or too long.
        """
        check_text(str(said), "answer", MAX_SAID)
        with self._given_back(ask, str(said)), self._alone(), self._abandoning():
            return self._run(ask, lambda graph, ports: answer(graph, said, ports, self.thread))

    @contextlib.contextmanager
    def _graph(self) -> Iterator[Any]:
        with open_saver(runs_file(self.assistant.home)) as saver:
            yield turn_graph(saver)

    def waiting(self) -> tuple[Question, Mapping[str, Any]] | None:
        """Return the question that waits, and the state it waits in.

        What was agreed to be remembered, and not done when the turn was killed, is done first.
        Other turns are not gone on with: they draw or answer at length, and may have been stopped.
        """
        if not runs_file(self.assistant.home).exists():
            return None
        with self._graph() as graph:
            found = waiting(graph, self.thread)
            if found is not None and _to_finish(found):
                found = self._finished(graph, found.state)
        if found is None or found.asking is None:
            return None
        return _question(found.asking), found.state

    def _finished(self, graph: Any, state: Mapping[str, Any]) -> "Outcome | None":
        """Go on with a run whose question was answered; what fails now is given up."""
        desk = _Desk(self.assistant, self.listener, Ask(state["text"]))
        try:
            return go_on(graph, desk.ports, self.thread)
        except OmniError:
            drop(graph, self.thread)
            return None

    def drop(self) -> None:
        """Give up the run that waits, with the photos that were shown with it."""
        with self._alone(), self._graph() as graph:
            self._give_up(graph)

    def _give_up(self, graph: Any) -> None:
        found = waiting(graph, self.thread)
        drop(graph, self.thread)
        if found is not None:
            gallery = self.assistant.gallery
            gallery.give_back(gallery.ids(found.state.get("attachment", "")))

    def _run(self, ask: Ask, work: "Callable[[Any, TurnPorts], Outcome]") -> Result:
        desk = _Desk(self.assistant, self.listener, ask)
        with self._graph() as graph:
            done = work(graph, desk.ports)
        self.assistant.recollection.catch_up()
        if done.asking is not None:
            question = _question(done.asking)
            return Answer(question.text, conversation=self.conversation, question=question)
        return desk.result(done.state, self.conversation)


def _to_finish(run: "Outcome | None") -> bool:
    """Tell whether a run waits for nothing, and is to remember what was agreed to."""
    if run is None or run.asking is not None:
        return False
    return run.state.get("route") == "remember" and bool(run.state.get("asked"))


class _Desk:
    """The ports of one run, and what they made."""

    def __init__(self, assistant: "Assistant", listener: Listener, ask: Ask) -> None:
        self.assistant, self.listener, self.ask = assistant, listener, ask

    @cached_property
    def ports(self) -> TurnPorts:
        """Hand the house to the graph."""
        one = self.assistant
        writer = ModelWriter(lambda: one.backbone, one.tokens_of, one.gallery, self.listener)
        return TurnPorts(
            writer,
            one.register,
            one.facts,
            one.eyes,
            one.eyes,
            self.studio,
            self.studio,
            Diary(one.memory, one.user, self._file_of, self.listener, self.ask.repeats),
            replay=ReplayOptions(source="both" if self.ask.replay else "none"),
            kinds=one.eyes,
            recognition=one.recognition,
            recollection=one.recollection,
            on_step=self.listener.enter,
        )

    @cached_property
    def studio(self) -> Studio:
        """Return what draws."""
        one = self.assistant
        return Studio(
            lambda: one.backbone,
            one.tokens_of,
            one.gallery,
            self.listener,
            text=self.ask.text,
            folder=self.ask.folder or one.picture_folder(),
            versions=one.versions,
            sees=one.eyes.sees,
        )

    def _file_of(self, image: str) -> Path | None:
        made = self.studio.made.get(image)
        return made.path if made else None

    def result(self, state: Mapping[str, Any], conversation: str) -> Result:
        """Tell what a run came to."""
        kept = self.assistant.memory.turns.get(self.assistant.user, state["turn"])
        names = tuple(state.get("names", ()))
        scores = {one["name"]: one["strength"] for one in state.get("evidence", ())}
        if state["route"] in _PICTURES and state.get("image"):
            made, seed = self._made(state), int(state["used_seed"])
            prompt = plain(state["prompt"], ()) if state["prompt"] else state["text"]
            return Drawing(
                made.path, seed, made.size, kept.text, prompt, names, kept.trace, kept.id,
                conversation, scores,
            )  # fmt: skip
        return Answer(kept.reply, names, kept.trace, kept.id, conversation, scores=scores)

    def _made(self, state: Mapping[str, Any]) -> Made:
        """Find the picture; one that another process made is looked up."""
        made = self.studio.made.get(state["image"])
        if made is not None:
            return made
        row = self.assistant.memory.images.get(self.assistant.user, state["image"])
        return Made(self.assistant.file_of(row.id), (row.height or 0, row.width or 0))


def _question(asking: Mapping[str, Any]) -> Question:
    kind = "consent" if asking["kind"] == "consent" else "clarify"
    choices: Sequence[str] = asking.get("options", ())
    return Question(kind, str(asking["question"]), tuple(choices))
