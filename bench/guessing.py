"""What subjects are taken for where nobody says it: ``python -m bench.guessing FOLDER``.

Prints each subject's class, as its file says it, beside what its photos say together and one by
one. Whether "teddy bear" is right of a stuffed animal is left to the reader.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from assistant.guessing import guess_class
from backbone import Backbone, load
from bench.data.reading import FoundSubject, find_subjects

__all__ = ["row"]


def row(model: Backbone, subject: FoundSubject) -> str:
    """Write one line of the table."""
    photos = [photo.image for photo in subject.photos]
    together = guess_class(model, photos)
    if together is None:
        return f"| {subject.name} | {subject.class_word} | – | – | – |"
    alone = [one.word for one in (guess_class(model, [photo]) for photo in photos) if one]
    sure = "yes" if together.sure else "no"
    return (
        f"| {subject.name} | {subject.class_word} | {together.word} | {sure} | {_listed(alone)} |"
    )


def _listed(words: Sequence[str]) -> str:
    counts = {word: words.count(word) for word in words}
    return ", ".join(f"{word} {count}" for word, count in counts.items())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Guess the classes of subjects")
    parser.add_argument("folder", type=Path, help="a folder with a folder of photos for each")
    parser.add_argument("--model", default="omni-mini")
    options = parser.parse_args()
    model = load(options.model)
    print("| subject | class | together | sure | photo by photo |\n| --- | --- | --- | --- | --- |")
    for subject in find_subjects(options.folder).subjects:
        print(row(model, subject))


if __name__ == "__main__":
    main()
