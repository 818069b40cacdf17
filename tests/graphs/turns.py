"""Beginning a turn on fakes, and answering what it asks."""

from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver

from graphs import Outcome, answer, start, turn_graph
from tests.graphs.fakes import FakeHouse


def turn(house: FakeHouse, text: str, **given: Any) -> dict[str, Any]:
    done = start(turn_graph(), {"key": "k", "text": text, **given}, house.ports)
    assert done.asking is None
    return dict(done.state)


def paused(house: FakeHouse, saver: SqliteSaver, text: str, **given: Any) -> Outcome:
    return start(turn_graph(saver), {"key": "k", "text": text, **given}, house.ports, "t1")


def resumed(house: FakeHouse, saver: SqliteSaver, said: Any) -> Outcome:
    return answer(turn_graph(saver), said, house.ports, "t1")
