"""Turns as they are kept: what was said, what it rested on, and which pictures belong to it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assistant.gallery import Gallery
from assistant.listening import Listener
from graphs.small_talk import NO_MODEL
from memory import Memory
from memory.values import Turn
from omni_errors import NotFoundError

__all__ = ["Diary", "carried_over", "changed_tokens"]

# characters of a first text that name a conversation
_TITLE = 60
# turns that are looked through for what "her" and "it" mean
_BACK = 12


class Diary:
    """Keep turns of one user, each under its key once."""

    def __init__(
        self,
        memory: Memory,
        user: str,
        file_of: Callable[[str], Path | None],
        listener: Listener,
        repeats: str = "",
    ) -> None:
        self.memory, self.user = memory, user
        self.file_of, self.listener, self.repeats = file_of, listener, repeats

    def add(self, key: str, turn: Mapping[str, Any]) -> str:
        """Keep a turn and return its id; the same key a second time changes nothing."""
        with self.memory.writing():
            conversation = self._conversation(turn["conversation"], turn["text"])
            for kept in self.memory.turns.list(self.user, conversation):
                if kept.trace.get("key") == key:
                    return kept.id
            row = self._write(conversation, key, turn)
            pictures = (*Gallery.ids(turn["attachment"]), *Gallery.ids(turn["image"]))
            for image in pictures:
                # what a photo shows is known only where somebody was named or recognised
                self.memory.images.assign(self.user, image, row.id, turn["concepts"])
            return row.id

    def _write(self, conversation: str, key: str, turn: Mapping[str, Any]) -> Turn:
        reply, file = turn["reply"], self.file_of(turn["image"])
        if turn["image"] and not reply:
            reply = f"[picture, seed {turn['trace']['seed']}]"
        trace = {
            **turn["trace"],
            "key": key,
            "given": dict(turn["given"]),
            "attachment": turn["attachment"],
            "image": turn["image"],
        }
        if file is not None:
            # looked for later from other folders
            trace["file"] = str(file.absolute())
        if self.listener.interrupted:
            trace["interrupted"] = True
        if self.repeats:
            trace |= {"repeats": self.repeats, **self._since(trace)}
        return self.memory.turns.add(
            self.user,
            conversation,
            turn["text"],
            reply,
            intent=turn["intent"],
            trace=trace,
            concepts=turn["concepts"],
            id=self._promised(turn["image"]),
        )

    def _promised(self, image: str) -> str | None:
        """Return the id that a picture names as that of its turn."""
        record = self.memory.images.get(self.user, image).record if Gallery.ids(image) else {}
        return record.get("turn")

    def _since(self, trace: Mapping[str, Any]) -> dict[str, Any]:
        """Say which tokens are others than in the turn that is asked again."""
        before = self.memory.turns.get(self.user, self.repeats).trace
        changed = changed_tokens(before, trace)
        return {"tokens_changed": changed} if changed else {}

    def _conversation(self, id: str, text: str) -> str:
        try:
            return self.memory.conversations.get(self.user, id).id
        except NotFoundError:
            return self.memory.conversations.add(self.user, text[:_TITLE], id=id).id


def changed_tokens(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, dict[str, int | None]]:
    """Compare the versions of tokens in two traces, and return those that differ by name.

    A concept is the same under another name; None is no tokens, or no part in the turn.
    """
    then, used = _versions(before), _versions(now)
    named = (*before.get("concepts", ()), *now.get("concepts", ()))
    names = {one["id"]: one["name"] for one in named}
    return {
        names[id]: {"then": then.get(id), "now": used.get(id)}
        for id in dict.fromkeys([*then, *used])
        if then.get(id) != used.get(id)
    }


def _versions(trace: Mapping[str, Any]) -> dict[str, int]:
    """Return versions by the ids of concepts."""
    known, named = trace.get("versions", {}), trace.get("concepts", ())
    return {one["id"]: known[one["name"]] for one in named if one["name"] in known}


def carried_over(memory: Memory, user: str, conversation: str) -> dict[str, Any]:
    """Return what the next turn has to know of those before: picture, concepts, what was drawn."""
    try:
        turns = memory.turns.last(user, conversation, _BACK)[::-1]
    except NotFoundError:
        return {}
    found: dict[str, Any] = {}
    of_nobody = False
    for turn in turns:
        shown = str(turn.trace.get("image") or turn.trace.get("attachment") or "")
        if shown and "last_image" not in found and _is_there(memory, user, shown):
            found["last_image"] = shown
        # a picture of nobody known is not of whom was spoken before
        of_nobody = of_nobody or _shows_nobody(turn)
        if turn.concepts and not of_nobody:
            found.setdefault("last_concepts", list(_in_order(turn)))
    # thanks between two requests change nothing, nor what came to nothing
    said = next((turn for turn in turns if _counts(turn)), None)
    if said is not None and said.trace.get("request"):
        found["last_request"] = str(said.trace["request"])
    if said is not None and found.get("last_image", "") == (said.trace.get("image") or None):
        found["last_made"] = True
    return found


def _counts(turn: Turn) -> bool:
    return turn.trace.get("why") != NO_MODEL and turn.intent != "clarify"


def _shows_nobody(turn: Turn) -> bool:
    """Tell whether a turn showed or drew something, and named nobody."""
    pictured = bool(turn.trace.get("attachment")) or turn.intent == "generate"
    return pictured and not turn.concepts


def _is_there(memory: Memory, user: str, reference: str) -> bool:
    try:
        return bool([memory.images.get(user, one) for one in Gallery.ids(reference)])
    except NotFoundError:
        return False


def _in_order(turn: Turn) -> tuple[str, ...]:
    """Return a turn's concepts in the order they were named, those that still exist."""
    named = [one["id"] for one in turn.trace.get("concepts", ()) if one["id"] in turn.concepts]
    return tuple(named) or turn.concepts
