"""A program that is killed at random moments, and looks at what is left.

``python -m tests.assistant.killing FOLDER COUNT SEED VERB…`` kills each verb ``COUNT`` times and
prints a line of JSON per life. Lives are forked, so that torch and the model are loaded once;
each is of a user of its own, and all share one store.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import backbone
from assistant import Assistant
from tests.assistant.conftest import paint
from tests.assistant.surviving import CHECKS
from tests.assistant.work import PREPARATIONS, WORKS, Life, Tell

__all__ = ["Account", "live"]

# the house imports these when they are needed
_IMPORTED_LATE = (
    "assistant.enrolling",
    "assistant.exchange",
    "assistant.forgetting",
    "assistant.schooling",
    "assistant.travelling",
    "chromadb",
    "graphs.running",
    "torch._dynamo",
)
# a moment is drawn from all of an undisturbed life's time, and a little more
_BEYOND = 1.05


@dataclass
class Account:
    """What became of a life: what it told before it ended, and what was wrong afterwards."""

    verb: str
    number: int
    killed: bool
    # seconds from when it was ready
    moment: float
    told: list[list[Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def forked(work: Callable[[Tell], None]) -> tuple[int, int]:
    """Do something in a child; return its id and the end of the pipe that it tells to."""
    heard, told = os.pipe()
    child = os.fork()
    if child:
        os.close(told)
        return child, heard
    code = 1
    try:
        os.close(heard)
        work(lambda *what: void(os.write(told, json.dumps(what).encode() + b"\n")))
        code = 0
    finally:
        os._exit(code)


def void(_: object) -> None:
    """Return nothing."""


def read_all(heard: int) -> list[list[Any]]:
    """Return what a child told until its end."""
    with os.fdopen(heard, "rb") as pipe:
        return [json.loads(line) for line in pipe if line.endswith(b"\n")]


def done(work: Callable[[Tell], None]) -> list[list[Any]]:
    """Do something in a child and wait for it; return what it told."""
    child, heard = forked(work)
    told = read_all(heard)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return told if code == 0 else [*told, ["wrong", f"it ended with {code}"]]


def opened(life: Life, work: Callable[[Assistant], None]) -> None:
    """Do something with the assistant of a life."""
    assistant = Assistant(user=life.user, model="tiny", home=life.home)
    try:
        work(assistant)
    finally:
        assistant.close()


def live(life: Life, moment: float | None) -> Account:
    """Let a life begin and kill it at a moment, unless that is None or it has ended before."""
    wrong = done(lambda tell: opened(life, lambda one: PREPARATIONS[life.verb](one, life)))

    def work(tell: Tell) -> None:
        def told(one: Assistant) -> None:
            _ = one.memory, one.user, one.backbone
            tell("ready")
            WORKS[life.verb](one, life, tell)

        opened(life, told)

    child, heard = forked(work)
    ready = os.read(heard, len(b'["ready"]\n'))
    began = time.monotonic()
    if moment is not None:
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    took = time.monotonic() - began
    account = Account(life.verb, life.number, code == -signal.SIGKILL, moment or took)
    account.told = read_all(heard)
    account.wrong = [str(one[1]) for one in wrong if one[0] == "wrong"]
    if not ready or code not in (0, -signal.SIGKILL):
        account.wrong.append(f"it ended with {code}")
    return account


def survey(account: Account, life: Life, whole: Account | None) -> None:
    """Look at what a life left, in a new process."""
    reference = whole.told if whole else account.told

    def look(tell: Tell) -> None:
        def told(one: Assistant) -> None:
            for what in CHECKS[life.verb](one, life, account.told, reference):
                tell("wrong", what)

        opened(life, told)

    account.wrong += [str(one[1]) for one in done(look)]


def kill_often(folder: Path, count: int, chance: random.Random, verb: str) -> None:
    """Live once undisturbed, then until killed ``count`` times."""
    lives = (Life(verb, number, folder) for number in range(10 * count + 1))
    whole: Account | None = None
    kills = 0
    for life in lives:
        photos_of(life)
        moment = None if whole is None else chance.uniform(0, _BEYOND * whole.moment)
        account = live(life, moment)
        survey(account, life, whole)
        whole, kills = whole or account, kills + account.killed
        print(json.dumps(vars(account)), flush=True)
        if kills == count:
            return


def photos_of(life: Life) -> None:
    """Write the photos that a life learns from."""
    life.photos.mkdir(parents=True)
    for number in range(4):
        paint(life.seed, number).save(life.photos / f"{number}.png")


def prepare() -> None:
    """Import here what every life would import by itself."""
    for name in _IMPORTED_LATE:
        import_module(name)


def main(folder: Path, count: int, seed: int, verbs: list[str]) -> None:
    """Kill every verb, one after another."""
    prepare()
    model = backbone.load("tiny")
    setattr(backbone, "load", lambda name: model)  # noqa: B010
    for verb in verbs:
        kill_often(folder, count, random.Random(f"{seed} {verb}"), verb)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
