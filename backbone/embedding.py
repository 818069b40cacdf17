"""Make tables of embeddings without what torch loads to draw them."""

import torch
from torch import nn

__all__ = ["embedding"]


def embedding(rows: int, width: int) -> nn.Embedding:
    """Draw a table ``[rows, width]`` from a normal distribution, and nothing where it has no data.

    To draw on the meta device, torch would load its compiler: two seconds of every start.
    """
    weight = torch.empty(rows, width)
    if not weight.is_meta:
        nn.init.normal_(weight)
    table: nn.Embedding = nn.Embedding.from_pretrained(weight, freeze=False)
    return table
