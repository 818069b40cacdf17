"""A program that writes to a store: ``python -m tests.memory.writer FOLDER WHO COUNT``."""

import sys

from memory import Memory, open_memory
from tests.memory.conftest import TENSORS


def write(store: Memory, who: str, count: int) -> None:
    """Do all there is to do, ``count`` times, each time telling so."""
    user = store.users.ensure("Ana").id
    concept = (store.concepts.find(user, "Rex") or store.concepts.add(user, "Rex")).id
    talk = store.conversations.list(user)[0].id
    for number in range(count):
        said = f"{who} says {number}"
        with store.writing():
            fact = store.facts.add(user, concept, said)
            store.index.put(user, "fact", fact.id, [1.0, number, len(who)])
        store.photos.add(user, concept, said.encode())
        store.checkpoints.add(user, concept, TENSORS, {"said": said})
        turn = store.turns.add(user, talk, said, concepts=[concept])
        store.images.add(user, b"image " + said.encode(), turn=turn.id)
        if number % 5 == 0:
            near = store.index.nearest("fact", [1.0, number, len(who)], user, 1, concept)
            assert near[0].similarity > 0.999, near
        if number % 7 == 0:
            store.facts.remove(user, fact.id)
        print(number, flush=True)


if __name__ == "__main__":
    with open_memory(sys.argv[1]) as opened:
        write(opened, sys.argv[2], int(sys.argv[3]))
