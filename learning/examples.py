"""Training examples of one concept: words and pictures, before any model has seen them.

Everything is a value; which example a step takes is drawn elsewhere. Kinds of questions:
recognition (yes and no), class (with a photo); without one what it is, facts, what nobody told,
and what has nothing to do with it. Class and what it is are asked after what was told, too.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from learning.facts import ask_facts, fact_sentence
from learning.wording import before, read_wordings, word_slots
from omni_errors import InputError

__all__ = ["Drawing", "Editing", "ExampleSet", "Material", "Negative", "Question", "make_examples"]


# omni-mini was taught to say it like this: another wording would have to be learned first.
_UNKNOWN = "I don't know."
# facts that stand before a question, as many as the assistant chooses
_TOLD = 8


@dataclass(frozen=True)
class Negative:
    """A photo without the concept; ``class_word`` tells look-alikes from the rest."""

    image: Image.Image
    class_word: str = ""


@dataclass(frozen=True)
class Material:
    """What a concept is learned from.

    ``places`` says where each photo was taken ("on the beach"), "" if nobody knows. The last
    ``composed`` photos are scenes that the subject was put into. ``told`` are the facts as they
    were told, where ``facts`` has a name of now in place of a former one.
    """

    name: str
    class_word: str
    photos: tuple[Image.Image, ...]
    facts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    negatives: tuple[Negative, ...] = ()
    edits: tuple["Editing", ...] = ()
    composed: int = 0
    told: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.photos:
            raise InputError(f"There is no photo of {self.name!r}.", hint="Give at least one.")
        if not self.class_word.strip():
            raise InputError("The class is empty.", hint="Say what it is: dog, cup, person.")
        if not 0 <= self.composed <= len(self.photos):
            raise InputError(
                f"{self.composed} of {len(self.photos)} photos cannot be composed scenes.",
                hint="Count those at the end.",
            )
        if self.places and len(self.places) != len(self.photos):
            raise InputError(
                f"There are {len(self.places)} places for {len(self.photos)} photos; "
                "give one each, '' where unknown."
            )


@dataclass(frozen=True)
class Question:
    """A question, its answer, and the photo it is asked about, if any."""

    kind: str
    question: str
    answer: str
    photo: Image.Image | None = None


@dataclass(frozen=True)
class Drawing:
    """A photo and the words it is drawn for."""

    text: str
    photo: Image.Image


@dataclass(frozen=True)
class Editing:
    """A source, the instruction, and the picture it leads to."""

    source: Image.Image
    text: str
    target: Image.Image
    kind: str = "remove"


Example = Question | Drawing | Editing


@dataclass(frozen=True)
class ExampleSet:
    """All examples of a concept; ``questions`` by kind, a kind without examples is absent."""

    name: str
    questions: dict[str, tuple[Question, ...]]
    drawings: tuple[Drawing, ...]
    edits: tuple[Editing, ...] = ()
    data_hash: str = field(default="", compare=False)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Name the kinds of questions there are."""
        return tuple(self.questions)


def make_examples(material: Material) -> ExampleSet:
    """Make every example there is of a concept.

    Negatives of the concept's own class come as often as all others together, because a class
    alone must not be enough to say yes.
    """
    taken = len(material.photos) - material.composed
    questions = {
        "yes": _recognition(material, material.photos[:taken], "yes"),
        "yes, composed": _recognition(material, material.photos[taken:], "yes"),
        "no, same class": _recognition(material, _others(material, same=True), "no"),
        "no": _recognition(material, _others(material, same=False), "no"),
        "class": _class(material),
        "told class": _told(material, _class(material)),
        "what": _what(material),
        "told what": _told(material, _what(material)),
        "facts": tuple(
            Question("facts", pair.question, pair.answer)
            for pair in ask_facts(material.facts, material.name)
        ),
        "unknown": _unknown(material),
        "other": tuple(
            Question("other", asked, said) for asked, (said,) in read_wordings("other").items()
        ),
    }
    found = {kind: made for kind, made in questions.items() if made}
    drawings = _drawings(material)
    return ExampleSet(
        material.name, found, drawings, material.edits, _hash(found, drawings, material.edits)
    )


def _others(material: Material, *, same: bool) -> tuple[Image.Image, ...]:
    own = material.class_word.lower()
    return tuple(n.image for n in material.negatives if (n.class_word.lower() == own) is same)


def _recognition(
    material: Material, photos: Sequence[Image.Image], answer: str
) -> tuple[Question, ...]:
    wordings, slots = read_wordings("recognition"), word_slots(material.name, material.class_word)
    kind = "yes" if answer == "yes" else "no"
    return tuple(
        Question(kind, way.format_map(slots), said, photo)
        for photo in photos
        for way in wordings["ask"]
        for said in wordings[answer]
    )


def _class(material: Material) -> tuple[Question, ...]:
    wordings, slots = read_wordings("class"), word_slots(material.name, material.class_word)
    ways = [(ask, said) for ask in wordings["ask"] for said in wordings["answer"]]
    return tuple(
        Question("class", ask.format_map(slots), said.format_map(slots), photo)
        for photo in material.photos
        for ask, said in ways
    )


def _what(material: Material) -> tuple[Question, ...]:
    """Ask for the class in words alone, answered in a sentence as facts are."""
    wordings, slots = read_wordings("what"), word_slots(material.name, material.class_word)
    return tuple(
        Question("what", ask.format_map(slots), said.format_map(slots))
        for ask in wordings["ask"]
        for said in wordings["answer"]
    )


def _told(material: Material, questions: Sequence[Question]) -> tuple[Question, ...]:
    """Put what was told before questions of what it is, as the assistant does.

    Rows that know facts would else take the nearest of the told facts for the answer.
    """
    said = [fact_sentence(fact, material.name) for fact in material.facts]
    facts = [text for text in said if text]
    (kind,), slots = (
        read_wordings("profile")["kind"],
        word_slots(material.name, material.class_word),
    )
    last = kind.format_map(slots)
    found = []
    for number, q in enumerate(questions if facts else ()):
        # of many each question comes after some others
        turned = facts[number % len(facts) :] + facts[: number % len(facts)]
        chosen = [fact for fact in facts if fact in turned[:_TOLD]]
        asked = before(material.name, [*chosen, last], q.question)
        found.append(Question(f"told {q.kind}", asked, q.answer, q.photo))
    return tuple(found)


def _unknown(material: Material) -> tuple[Question, ...]:
    """Ask what no fact answers: tokens that know some facts must not make up the others.

    A question is left out where a fact has a word, or the beginning of one, that may answer it:
    better to ask too little than to teach that what was told is unknown.
    """
    told, slots = " ".join(material.facts).lower(), word_slots(material.name, material.class_word)
    return tuple(
        Question("unknown", ask.format_map(slots), _UNKNOWN)
        for ask, words in read_wordings("unknown").items()
        if not re.search(rf"\b(?:{'|'.join(words)})", told)
    )


def _drawings(material: Material) -> tuple[Drawing, ...]:
    """Name the place where it is known, so that it is not taken for a part of the concept."""
    wordings, slots = read_wordings("captions"), word_slots(material.name, material.class_word)
    places = material.places or ("",) * len(material.photos)
    return tuple(
        Drawing(way.format_map({**slots, "where": where}), photo)
        for photo, where in zip(material.photos, places, strict=True)
        for way in wordings["placed" if where else "plain"]
    )


def _hash(
    questions: dict[str, tuple[Question, ...]],
    drawings: Sequence[Drawing],
    edits: Sequence[Editing],
) -> str:
    """Hash all words and pixels, so that a checkpoint can say what it was learned from."""
    seen: dict[int, str] = {}
    digest = hashlib.sha256()
    for kind, made in sorted(questions.items()):
        for q in made:
            digest.update(f"{kind}\0{q.question}\0{q.answer}\0{_pixels(q.photo, seen)}\n".encode())
    for d in drawings:
        digest.update(f"{d.text}\0{_pixels(d.photo, seen)}\n".encode())
    for e in edits:
        pair = f"{_pixels(e.source, seen)}\0{_pixels(e.target, seen)}"
        digest.update(f"{e.kind}\0{e.text}\0{pair}\n".encode())
    return digest.hexdigest()


def _pixels(image: Image.Image | None, seen: dict[int, str]) -> str:
    if image is None:
        return ""
    if id(image) not in seen:
        data = np.ascontiguousarray(image)
        seen[id(image)] = hashlib.sha256(repr(data.shape).encode() + data.tobytes()).hexdigest()
    return seen[id(image)]
