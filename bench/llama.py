"""Compare a real Llama-family checkpoint's logits with transformers' own implementation.

Run ``python -m bench.llama FOLDER_OR_GGUF``; a GGUF needs the package ``gguf``. Prints the
largest difference over a few texts, in float32.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from backbone.attention import bias_from
from backbone.decoder import Geometry, LanguageModel
from backbone.llama import load_llama, trunk_from_llama
from backbone.positions import rope_tables

__all__ = ["largest_difference", "main"]

_TEXTS = (
    "The capital of France is Paris, and the capital of Italy is",
    "Maeve is a small dog. Her toy is a black excavator. What is her toy?",
    "1, 2, 3, 4, 5, " * 40,
)


@torch.no_grad()
def logits(model: LanguageModel, ids: Tensor, config: dict[str, Any]) -> Tensor:
    """Return logits ``[1, T, V]`` of ids ``[1, T]``."""
    trunk = trunk_from_llama(config)
    count = ids.shape[1]
    rope = rope_tables(torch.arange(count)[None], trunk.head_dim, trunk.rope_theta)
    causal = bias_from(torch.ones(1, count, count, dtype=torch.bool).tril(), torch.float32)
    hidden, _, _ = model.model(
        model.model.embed_tokens(ids), None, Geometry(rope, None, und_only_bias=causal)
    )
    return model.logits(hidden)


def largest_difference(path: Path) -> float:
    """Load a checkpoint twice and compare."""
    where: dict[str, Any] = {"pretrained_model_name_or_path": str(path), "local_files_only": True}
    if path.suffix == ".gguf":
        where = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    theirs = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(**where)
    config = theirs.config.to_dict()
    ours = LanguageModel(trunk_from_llama(config))
    load_llama(ours, theirs.state_dict())
    worst = 0.0
    for text in _TEXTS:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            wanted = theirs(ids).logits
        worst = max(worst, float((logits(ours, ids, config) - wanted).abs().max()))
    return worst


def main() -> None:
    """Print the largest difference."""
    parser = argparse.ArgumentParser(description="Logits against transformers")
    parser.add_argument("path", type=Path)
    print(
        f"largest difference of logits, float32: {largest_difference(parser.parse_args().path):.1e}"
    )


if __name__ == "__main__":
    main()
