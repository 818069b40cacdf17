"""Ask a generation expert whether it heeds what it is given: its subject, and its text.

Run ``python -m backbone.mini.probe --run runs/generation`` before believing a falling loss. Each
line is the loss of the same drawings under the same noise, with something wrong in the context;
an expert that listens pays for it.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from torch import Generator

from backbone.mini.assembly import Parts, open_parts
from backbone.mini.generation import Example, examples, flow_losses
from backbone.mini.sheet import use_averages
from backbone.mini.text_memory import TextMemory
from backbone.mini.world import World
from backbone.packing import IMAGE

__all__ = ["main", "mismatched", "probe"]

# examples of a step no training reaches
_STEP = 10**7


def mismatched(batch: list[Example], *, subject: bool, text: bool) -> list[Example]:
    """Give every example the subject, or the text, of the one after it."""
    after = [*batch[1:], batch[0]]
    changed = batch
    if subject:
        changed = [
            replace(e, crop=o.crop, mask=o.mask) for e, o in zip(changed, after, strict=True)
        ]
    if text:
        changed = [replace(e, text=o.text) for e, o in zip(changed, after, strict=True)]
    return changed


@torch.no_grad()
def probe(parts: Parts, world: World, count: int) -> dict[str, float]:
    """Return the loss of drawings by what was wrong with their context."""
    made = [e for e in examples(world, _STEP, 2 * count) if e.source is None][:count]
    batch = [replace(e, dropped=False) for e in made]
    memory, found = TextMemory(parts), {}
    for name, subject, text in (
        ("all is right", False, False),
        ("another subject", True, False),
        ("another text", False, True),
        ("both", True, True),
    ):
        wrong = mismatched(batch, subject=subject, text=text)
        losses = flow_losses(parts, memory, wrong, Generator().manual_seed(0))
        found[name] = losses[IMAGE].item()
    return found


def main() -> None:
    """Print the four losses."""
    parser = argparse.ArgumentParser(description="Does the generation expert listen?")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--autoencoder", type=Path, default=Path("runs/autoencoder"))
    parser.add_argument("--understanding", type=Path, help="read the language model of this run")
    parser.add_argument("--run", type=Path, default=Path("runs/generation"))
    parser.add_argument("--count", type=int, default=96)
    arguments = parser.parse_args()
    parts = open_parts(arguments.trunk, arguments.autoencoder, arguments.understanding)
    use_averages(parts, arguments.run)
    for name, loss in probe(parts, parts.world(arguments.assets), arguments.count).items():
        print(f"{name:16} {loss:.4f}")


if __name__ == "__main__":
    main()
