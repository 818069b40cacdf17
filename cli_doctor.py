"""``omni doctor``: what this machine has, what works, and what would send data out."""

import os
import platform
import shutil
import stat
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from backbone.catalog import CATALOG, names
from backbone.home import find_home
from cli_model import is_here
from cli_output import note, print_json, print_table
from omni_errors import OmniError

__all__ = ["Finding", "doctor", "examine"]

_PACKAGES = (
    "omnipersona",
    "torch",
    "transformers",
    "safetensors",
    "huggingface_hub",
    "accelerate",
    "pillow",
    "bitsandbytes",
)
# switches by which a package reports to somebody, and the values that switch it on
_SENDING = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
_ON = ("1", "true", "yes", "on")
_ENOUGH_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """Hold one thing the doctor looked at."""

    what: str
    result: str
    # "ok", "warning" or "failed"
    state: str = "ok"


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    model: Annotated[
        str | None, typer.Option(help=f"Also try a model: {', '.join(names())}, or a folder.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("-o", "--output", help="Where the try-out writes its picture.")
    ] = Path("selfcheck"),
) -> None:
    """Check this machine; with --model, also draw a picture and write a sentence."""
    findings = examine()
    if model is not None:
        findings += _self_check(model, folder)
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        print_table(("", "what", "result"), [(_mark(f), f.what, f.result) for f in findings])
    if any(finding.state == "failed" for finding in findings):
        note("omni: Something failed; see the lines marked with ✗.")
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """Look at everything that needs no model."""
    findings = [_system(), *_packages(), *_device(), *_folders(), *_models(), *_sending()]
    return findings


def _mark(finding: Finding) -> str:
    return {"ok": "✓", "warning": "!", "failed": "✗"}[finding.state]


def _system() -> Finding:
    return Finding("system", f"Python {platform.python_version()} on {platform.platform()}")


def _packages() -> list[Finding]:
    return [Finding(name, _version(name)) for name in _PACKAGES]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _device() -> list[Finding]:
    from backbone.capacity import free_bytes, gigabytes
    from backbone.device import choose, dtype_name

    try:
        choice = choose()
    except OmniError as error:
        return [Finding("device", str(error), "failed")]
    free = gigabytes(free_bytes(choice.device))
    text = f"{choice.device}, {dtype_name(choice.dtype)} ({choice.reason}); {free} free"
    return [Finding("device", text)]


def _folders() -> list[Finding]:
    return [_folder(what, path) for what, path in find_home().folders().items()]


def _folder(what: str, path: Path) -> Finding:
    nearest = next(p for p in (path, *path.parents) if p.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        return Finding(f"{what} folder", f"{path} cannot be written: {nearest}", "failed")
    free = shutil.disk_usage(nearest).free
    text = f"{path}, {free / 1e9:.0f} GB free"
    if nearest != path:
        state = "ok" if free > _ENOUGH_BYTES else "warning"
        return Finding(f"{what} folder", f"{text}, not created yet", state)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077 and sys.platform != "win32":
        return Finding(f"{what} folder", f"{text}, open to others: mode {mode:o}", "warning")
    return Finding(f"{what} folder", text, "ok" if free > _ENOUGH_BYTES else "warning")


def _models() -> list[Finding]:
    return [
        Finding(
            f"model {entry.name}",
            "here" if is_here(entry) else f"not here: run `omni model pull {entry.name}`",
        )
        for entry in CATALOG
    ]


def _sending() -> list[Finding]:
    """Name the environment switches that let a package send data out."""
    on = [name for name in _SENDING if _is_set(name)]
    quiet = "HF_HUB_DISABLE_TELEMETRY, HF_HUB_OFFLINE or DO_NOT_TRACK"
    told = any(_is_set(name) for name in quiet.replace(" or ", ", ").split(", "))
    return [
        Finding(
            "tracing",
            f"{', '.join(on)} set: turns are sent to LangSmith" if on else "off",
            "warning" if on else "ok",
        ),
        Finding("hub telemetry", "off" if told else f"counts pulls; {quiet} switches it off"),
    ]


def _is_set(name: str) -> bool:
    value = os.environ.get(name, "").lower()
    return value in _ON or (name.endswith("KEY") and bool(value))


def _self_check(model: str, folder: Path) -> list[Finding]:
    """Draw and write with a model; whatever goes wrong is a finding."""
    from backbone.selfcheck import run

    try:
        check = run(model, folder)
    except OmniError as error:
        return [Finding(f"try {model}", str(error), "failed")]
    except Exception as error:
        return [Finding(f"try {model}", f"bug: {type(error).__name__}: {error}", "failed")]
    return [
        Finding("sentence", check.sentence),
        Finding("picture", str(check.picture)),
        Finding("time", f"{check.seconds:.1f} s"),
    ]
