"""Settings: what can be set, where each value comes from, and the file they are kept in.

A value is taken from the flag, else the environment, else ``config.toml``, else its default. Only
known keys with allowed values get into the file, and it is written whole or not at all. What
somebody else wrote into it wrongly stays until it is mended, and stops commands till then.
"""

import json
import os
import re
import shlex
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from backbone.home import find_home, private_folder
from omni_errors import InputError, NotFoundError, ResourceError

__all__ = [
    "KEYS",
    "Key",
    "Value",
    "everything",
    "file_path",
    "find_key",
    "for_the_model",
    "in_force",
    "read_any",
    "read_file",
    "value_of",
    "write_file",
]


@dataclass(frozen=True)
class Key:
    """One thing that can be set; its environment variable is OMNI_ and the name."""

    name: str
    # as text; empty when it is worked out at run time
    default: str
    about: str
    # allowed values; empty for any text on one line. One that ends in a colon allows itself
    # without it, and any text after it
    allowed: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Return the name of its environment variable."""
        return f"OMNI_{self.name.upper()}"

    @property
    def choices(self) -> tuple[str, ...]:
        """Return what is allowed, as people are told it."""
        pairs = [(one[:-1], f"{one}FOLDER") if one[-1] == ":" else (one,) for one in self.allowed]
        return tuple(choice for pair in pairs for choice in pair)

    def _allows(self, text: str) -> bool:
        ways = [one for one in self.allowed if one[-1] == ":"]
        named = any(text == way[:-1] or text.startswith(way) and text != way for way in ways)
        return named or text in self.allowed and text not in ways

    def check(self, value: object, origin: str) -> str:
        """Return a value as text.

        Raises:
            InputError: if the key does not allow it.
        """
        text = str(value).lower() if isinstance(value, bool) else value
        if isinstance(text, str) and text.strip() and text.isprintable():
            if not self.allowed or self._allows(text):
                return text
        wanted = ", ".join(self.choices) or "a text on one line"
        raise InputError(
            f"{origin} sets {self.name} to {value!r}, which is not allowed.",
            hint=f"Allowed: {wanted}.",
        )


KEYS = (
    Key("user", "me", "whose memory is used"),
    Key("model", "omni-mini", "a model's name, or its folder"),
    Key("preset", "quick", "how long a concept is trained", ("none", "quick", "paper")),
    Key("show", "auto", "how pictures are shown in a terminal", ("auto", "block", "none")),
    Key("history", "true", "whether chat keeps the lines you type", ("true", "false")),
    Key(
        "segmenter",
        "salient",
        "what outlines subjects to learn from",
        ("salient", "grabcut", "text:"),
    ),
    Key("inpainter", "opencv", "what fills the place of one removed", ("opencv", "diffusers:")),
    Key("device", "", "where models run: cpu, cuda, cuda:1, … or mps"),
    Key("dtype", "", "their precision", ("float32", "bfloat16")),
    Key("quantize", "none", "large models in fewer bits", ("none", "int8", "nf4")),
)


@dataclass(frozen=True)
class Value:
    """A setting as it is in force, without flags."""

    key: Key
    value: str
    # "environment", "file" or "default"
    origin: str
    # what is wrong with what the file says of it; empty when nothing is
    wrong: str = ""


def file_path() -> Path:
    """Return where the settings are kept; the file need not exist."""
    return find_home().config / "config.toml"


def find_key(name: str) -> Key:
    """Return a key.

    Raises:
        NotFoundError: naming those there are.
    """
    for key in KEYS:
        if key.name == name:
            return key
    near = get_close_matches(name, [key.name for key in KEYS], 1)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise NotFoundError(
        f"There is no setting {name!r}.{meant}",
        hint=f"There are {', '.join(key.name for key in KEYS)}.",
    )


def read_any() -> dict[str, object]:
    """Read what the file says, whether it may be set or not; nothing if there is none.

    Raises:
        InputError: if it is no TOML.
        ResourceError: if it cannot be read.
    """
    path = file_path()
    try:
        return tomllib.loads(path.read_text("utf8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be understood: {error}.",
            hint="Edit it by hand, or delete it: then all is at its default.",
        ) from error
    except OSError as error:
        raise ResourceError(
            f"{path} cannot be read: {error.strerror}.",
            hint="`omni doctor` says what is wrong with the folder.",
        ) from error


def read_file() -> dict[str, str]:
    """Read what the file sets; nothing if there is none.

    Raises:
        InputError: if it is no TOML, or sets something unknown or not allowed.
        ResourceError: if it cannot be read.
    """
    kept, wrong = _parted(read_any(), str(file_path()))
    for error in wrong.values():
        raise error
    return kept


def _parted(
    given: Mapping[str, object], origin: str
) -> tuple[dict[str, str], dict[str, InputError]]:
    """Part what a file sets from what it may not set, with what is wrong there."""
    kept, wrong = dict[str, str](), dict[str, InputError]()
    for name, value in given.items():
        out = f"`omni config unset {shlex.quote(name)}` takes it out."
        try:
            kept[name] = find_key(name).check(value, origin)
        except InputError as error:
            wrong[name] = InputError(error.message, hint=f"{error.hint} {out}")
        except NotFoundError as error:
            wrong[name] = InputError(f"{origin}: {error.message}", hint=f"{error.hint} {out}")
    return kept, wrong


def write_file(values: Mapping[str, object]) -> Path:
    """Write the file anew and return its path.

    Raises:
        ResourceError: if it cannot be written.
    """
    path = file_path()
    private_folder(path.parent)
    lines = [f"{_name(name)} = {_toml(value)}\n" for name, value in sorted(values.items())]
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf8") as file:
            file.writelines(lines)
        os.replace(unfinished, path)
    except OSError as error:
        raise ResourceError(
            f"{path} cannot be written: {error.strerror}.", hint="Set OMNI_HOME elsewhere."
        ) from error
    return path


def _toml(value: object) -> str:
    """Write a value as TOML; what is no text was in the file before."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_name(name)} = {_toml(one)}' for name, one in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        # a JSON string is a TOML string as well, but for one control character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else _toml(name)


def in_force(read: Callable[[], Mapping[str, str]] = read_file) -> dict[str, Value]:
    """Return every setting by name, with where it comes from.

    Raises:
        InputError: if the environment or the file sets one to what is not allowed.
    """
    kept = read()
    return {key.name: value_of(key, kept) for key in KEYS}


def everything() -> list[Value]:
    """Return every setting, and what else the file says, with what is wrong with it.

    Raises:
        InputError: if the file is no TOML, or the environment sets what is not allowed.
        ResourceError: if the file cannot be read.
    """
    given = read_any()
    kept, wrong = _parted(given, "The file")
    values = in_force(lambda: kept)
    for name, error in wrong.items():
        said = Value(Key(name, "", "no setting"), str(given[name]), "file")
        known = values.get(name, said)
        # the file's own words, unless the environment stands above them
        shown = known if known.origin == "environment" else replace(said, key=known.key)
        values[name] = replace(shown, wrong=str(error))
    return list(values.values())


def value_of(key: Key, kept: Mapping[str, str]) -> Value:
    """Return one setting, where ``kept`` is what the file sets.

    Raises:
        InputError: if the environment sets it to what is not allowed.
    """
    given = os.environ.get(key.variable)
    if given:
        return Value(key, key.check(given, key.variable), "environment")
    if key.name in kept:
        return Value(key, kept[key.name], "file")
    return Value(key, key.default, "default")


@contextmanager
def for_the_model(values: Mapping[str, Value]) -> Iterator[None]:
    """Let the model see what the file says of device and precision, while a command runs."""
    names = ("device", "dtype", "quantize")
    added = [v for v in values.values() if v.key.name in names and v.origin == "file"]
    for value in added:
        os.environ[value.key.variable] = value.value
    try:
        yield
    finally:
        for value in added:
            os.environ.pop(value.key.variable, None)
