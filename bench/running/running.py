"""Run methods over all subjects, one or several processes, and go on where it stopped."""

import hashlib
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.data.items import Bench, read_bench
from bench.data.opening import open_bench
from bench.methods.catalog import choose
from bench.methods.method import Method
from bench.running.failing import Failures
from bench.running.suites import Suite, find_suite
from learning.presets import Recipe
from omni_errors import InputError

if TYPE_CHECKING:
    from backbone import Backbone
    from bench.running.work import Kit

__all__ = ["RunOptions", "end_with", "reader_file", "run_bench"]


@dataclass(frozen=True)
class RunOptions:
    """Say what is run: names, a seed, processes, and a judge to be asked over the net, if any."""

    suite: str = "mini"
    methods: tuple[str, ...] = ()
    model: str = "omni-mini"
    seed: int = 0
    held_out: int = 2
    workers: int = 1
    # None takes the suite's
    steps: int | None = None
    judge_url: str = ""
    judge_model: str = ""


def _quiet(text: str) -> None:
    """Say nothing."""


def run_bench(
    subjects: Path,
    out: Path,
    options: RunOptions,
    *,
    on_step: Callable[[str], None] = _quiet,
    kit: "Kit | None" = None,
) -> None:
    """Do every item that is not done, and look whether the model stayed what it was.

    ``kit`` is what is opened already; several processes open their own.

    Raises:
        SubjectsFailedError: at the end, if some subjects failed; what all fail by is raised as
            it is.
    """
    suite, methods = _chosen(options)
    on_step("Building the bench")
    bench = open_bench(subjects, out / "bench", seed=options.seed, held_out=options.held_out)
    from bench.running.checks import check_run

    names = [subject.name for subject in bench.subjects]
    # with several processes too: what is made once is made before they want it
    kit = kit or open_kit(options)
    write_run(out, bench, options, methods, kit.missing)
    if options.workers > 1 and len(names) > 1:
        failures = _in_processes(names, out, options, on_step)
    else:
        failures = _in_turn(names, kit, out, options, on_step)
    failures.raise_common()
    on_step("Checking the judges and the encoders")
    check_run(bench, out, kit)
    failures.raise_subjects()


def _in_turn(
    names: Sequence[str],
    kit: "Kit",
    out: Path,
    options: RunOptions,
    on_step: Callable[[str], None],
) -> Failures:
    """Do one subject after the other; one that fails does not cost the others."""
    failures = Failures()
    for number, name in enumerate(names, 1):
        try:
            do_subject(kit, name, out, options, _after(f"{number}/{len(names)} ", on_step))
            failures.done.append(name)
        except Exception as error:
            failures.add(name, error)
    return failures


def _after(head: str, on_step: Callable[[str], None]) -> Callable[[str], None]:
    return lambda text: on_step(head + text)


def _chosen(options: RunOptions) -> tuple[Suite, list[Method]]:
    suite = find_suite(options.suite)
    return suite, choose(options.methods, suite.methods)


def recipe_of_run(options: RunOptions) -> Recipe:
    """Return the recipe that every plan of a run changes."""
    return find_suite(options.suite).recipe_for(options.steps, options.seed)


def open_kit(options: RunOptions) -> "Kit":
    """Open the model, what looks and what judges."""
    from backbone import load
    from bench.judges.scenes import as_it_is, open_reader
    from bench.metrics.encoders import EfficientNetLite, open_encoders
    from bench.running.work import Kit

    face = load(options.model)
    encoders, missing = open_encoders()
    offline = encoders[0]
    assert isinstance(offline, EfficientNetLite)
    drawn = face.model.autoencoder is not None
    shown = face.painter.reconstruct if drawn else as_it_is
    reader = open_reader(offline, reader_file(face), shown)
    faces, without = _faces()
    return Kit(face, encoders, _judges(face, reader, options), faces, missing | without)


def reader_file(face: "Backbone") -> Path:
    """Name where a model's reader of scenes is kept.

    What other code or another model's pictures made is not read: a reader's means belong to the
    scenes it was made from.
    """
    from backbone.home import find_home
    from bench.running.versions import scenes_version
    from learning.checkpoint import backbone_id

    drawn = face.model.autoencoder is not None
    shown = hashlib.sha256(backbone_id(face).encode()).hexdigest()[:8] if drawn else "composed"
    return find_home().cache / "bench" / f"scenes-{scenes_version()}-{shown}.npz"


def _judges(face: Any, reader: Any, options: RunOptions) -> list[Any]:
    from bench.judges.asking import AskedJudge
    from bench.judges.endpoint import EndpointAsker
    from bench.judges.local import LocalAsker
    from bench.judges.rules import RuleJudge

    if options.judge_model and not options.judge_url:
        raise InputError(
            f"--judge-model {options.judge_model} has no --judge-url to be asked at.",
            hint="Name both, or neither.",
        )
    judges: list[Any] = [RuleJudge(reader), AskedJudge(LocalAsker(face))]
    if options.judge_url:
        judges.append(AskedJudge(EndpointAsker(options.judge_url, options.judge_model)))
    return judges


def _faces() -> tuple[Any, dict[str, str]]:
    """Open what compares faces, and say why it is not there."""
    from bench.metrics.faces import InsightFace
    from omni_errors import ResourceError

    try:
        return InsightFace(), {}
    except ResourceError as error:
        return None, {InsightFace.name: error.message}


def do_subject(
    kit: "Kit", name: str, out: Path, options: RunOptions, on_step: Callable[[str], None]
) -> str:
    """Do one subject, and note whether the model came out of it as it went in.

    Raises:
        MethodsFailedError: at the end, if some methods failed; what all fail by is raised as it
            is.
    """
    from bench.metrics.forgetting import fingerprint
    from bench.running.base_tasks import base_answers
    from bench.running.evidence import keep_evidence
    from bench.running.work import Work

    suite, methods = _chosen(options)
    bench = read_bench(out / "bench")
    before = fingerprint(kit.face.model, base_answers(kit.face))
    work = Work(kit, bench, bench.subject(name), suite, recipe_of_run(options), out, on_step)
    failures = work.run(methods)
    after = fingerprint(kit.face.model, base_answers(kit.face))
    keep_evidence(out / "forgetting" / f"{name}.json", before, after, done=work.done)
    failures.raise_methods()
    return name


# several processes: each opens its kit once

_KIT: "list[Kit]" = []
# seconds between looks whether the first process is still there
_LOOK_S = 2.0


def _open(options: RunOptions, threads: int, parent: int) -> None:
    import torch

    threading.Thread(target=end_with, args=(parent,), daemon=True).start()
    torch.set_num_threads(threads)
    _KIT[:] = [open_kit(options)]


def end_with(parent: int) -> None:
    """End when the process that wants the results is gone, killed perhaps."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def _do(name: str, out: Path, options: RunOptions) -> str:
    return do_subject(_KIT[0], name, out, options, _quiet)


def _in_processes(
    names: Sequence[str], out: Path, options: RunOptions, on_step: Callable[[str], None]
) -> Failures:
    threads = max((os.cpu_count() or 1) // options.workers, 1)
    pool = ProcessPoolExecutor(
        min(options.workers, len(names)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_open,
        initargs=(options, threads, os.getpid()),
    )
    failures = Failures()
    try:
        waiting = {pool.submit(_do, name, out, options): name for name in names}
        for done in as_completed(waiting):
            error = done.exception()
            if error is not None:
                failures.add(waiting[done], error)
                continue
            failures.done.append(waiting[done])
            number = f"{len(failures.done)} of {len(names)}"
            on_step(f"{number} subjects done, the last {waiting[done]}")
        pool.shutdown()
    finally:
        # what was handed out ends by itself and keeps its results; what waits is not begun
        pool.shutdown(wait=False, cancel_futures=True)
    return failures


def write_run(
    out: Path,
    bench: Bench,
    options: RunOptions,
    methods: Sequence[Method],
    missing: Mapping[str, str],
) -> None:
    """Write down what was asked for, with what, and what was not there."""
    import torch

    from bench.running.versions import code_version, package_version

    record: Mapping[str, Any] = {
        "options": asdict(options),
        "methods": [method.name for method in methods],
        "bench": bench.hash,
        "subjects": [subject.name for subject in bench.subjects],
        "missing": dict(missing),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": package_version(),
        "code": code_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }
    (out / "run.json").write_text(json.dumps(record, indent=1), "utf-8")
