"""How fast the backbone is, as a ratio against its plainest correct version in the same run.

Run ``python -m bench.speed [--json FILE]``. Times are the best of several, in milliseconds, on
two threads. A flow step is one velocity after a prompt of 100 tokens; prefill reads that prompt;
decode is one token after it; a training step is forward and backward of eight samples to the
rows of one concept.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Generator, Tensor

from backbone.concepts import ConceptTable, ConceptTokens
from backbone.config import preset
from backbone.context import Context, FlowQuery
from backbone.decoding import Decoding
from backbone.loading import random_model
from backbone.model import UnifiedModel
from backbone.packing import LatentItem, TextItem
from backbone.training import Sample, joint_loss
from bench.plain import plain_logits, plain_training, plain_velocity

__all__ = ["Timing", "main", "measure"]

_PROMPT = TextItem(tuple(range(98)))
_GRID = 8


@dataclass(frozen=True)
class Timing:
    """One comparison: milliseconds of ours and of the plain version, and how far they differ."""

    model: str
    dtype: str
    what: str
    ours_ms: float
    plain_ms: float
    difference: float

    @property
    def ratio(self) -> float:
        """Tell how many times faster ours is."""
        return self.plain_ms / self.ours_ms


def best_ms(work: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several runs in milliseconds, after one to warm up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def measure(name: str, dtype: torch.dtype, repeats: int = 5) -> list[Timing]:
    """Measure the four passes of a preset in one dtype."""
    model = random_model(preset(name), seed=0).to(dtype).requires_grad_(False)
    cases = {
        "flow step": _flow(model),
        "prefill": _prefill(model),
        "decode": _decode(model),
        "training step": _training(model),
    }
    timings = []
    for what, (ours, plain) in cases.items():
        difference = float((ours().float() - plain().float()).abs().max())
        ours_ms, plain_ms = best_ms(ours, repeats), best_ms(plain, repeats)
        label = str(dtype).removeprefix("torch.")
        timings.append(Timing(name, label, what, ours_ms, plain_ms, difference))
    return timings


Pair = tuple[Callable[[], Tensor], Callable[[], Tensor]]


def _latent(model: UnifiedModel, noisy: bool) -> LatentItem:
    side = _GRID * model.config.latent_patch_size
    channels = model.config.patch_latent_dim // model.config.latent_patch_size**2
    latent = torch.randn(channels, side, side, generator=Generator().manual_seed(1))
    return LatentItem(latent, noisy=noisy)


def _flow(model: UnifiedModel) -> Pair:
    context = Context(model)
    context.add(_PROMPT)
    query, noisy = FlowQuery(context, _GRID, _GRID), _latent(model, True)
    tokens = _tokens(noisy, model)
    return (
        lambda: query(tokens, 0.5)[0],
        lambda: plain_velocity(model, [_PROMPT], noisy, 0.5),
    )


def _tokens(item: LatentItem, model: UnifiedModel) -> Tensor:
    from backbone.latents import latents_to_tokens

    return latents_to_tokens(item.latent[None], model.config.latent_patch_size)


def _prefill(model: UnifiedModel) -> Pair:
    table = ConceptTable(model.config.trunk.vocab_size)

    def ours() -> Tensor:
        hidden = Context(model).add(_PROMPT)
        if hidden is None:
            raise ValueError("the prompt has tokens")
        return model.logits(hidden[0, -1:], table)

    return ours, lambda: plain_logits(model, [_PROMPT])[-1:]


def _decode(model: UnifiedModel) -> Pair:
    context = Context(model)
    context.add(_PROMPT)
    bos = model.config.special_tokens.bos_token_id

    def ours() -> Tensor:
        return Decoding(context).step(bos)

    # The plain version runs prompt, bos and a closing eos again; the bos comes last but one.
    return ours, lambda: plain_logits(model, [_PROMPT, TextItem(())])[-2]


def _training(model: UnifiedModel) -> Pair:
    draw = Generator().manual_seed(2)
    concept = ConceptTokens.random("sks", model.config, draw)
    table = ConceptTable(model.config.trunk.vocab_size, [concept])
    rows = [table.sks("sks"), *table.rows("sks", "generate")]
    items = (
        TextItem(tuple(rows)),
        TextItem(tuple(range(30))),
        TextItem(tuple(range(12)), loss=True),
    )
    samples = [[Sample((*items, _latent(model, True)), (concept,))] for _ in range(8)]

    def step(loss: Callable[[], Tensor]) -> Tensor:
        total = loss()
        total.backward()
        return total.detach()

    def ours() -> Tensor:
        return joint_loss(model, samples, Generator().manual_seed(3)).total

    plain = partial(plain_training, model, samples)
    return partial(step, ours), lambda: step(lambda: plain(Generator().manual_seed(3)))


def table(timings: list[Timing]) -> str:
    """Lay the timings out as a Markdown table."""
    lines = [
        "| model | dtype | pass | ours, ms | plain, ms | ratio | largest difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for t in timings:
        numbers = f"{t.ours_ms:.2f} | {t.plain_ms:.2f} | {t.ratio:.1f} | {t.difference:.1e}"
        lines.append(f"| {t.model} | {t.dtype} | {t.what} | {numbers} |")
    return "\n".join(lines)


def main() -> None:
    """Measure both presets in both dtypes and print the table."""
    parser = argparse.ArgumentParser(description="Speed of the backbone against plain versions")
    parser.add_argument("--json", type=Path, help="also write the timings there")
    parser.add_argument("--models", nargs="+", default=["tiny", "medium"])
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    timings = [
        timing
        for name in arguments.models
        for dtype in (torch.float32, torch.bfloat16)
        for timing in measure(name, dtype, arguments.repeats)
    ]
    print(table(timings))
    if arguments.json:
        rows = [{**asdict(t), "ratio": t.ratio} for t in timings]
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
