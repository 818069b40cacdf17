"""A GPU without memory is told in words; any other error stays what it is."""

import pytest
import torch

from backbone.enough import enough_memory
from omni_errors import ResourceError


def test_too_little_memory_is_told_with_what_to_do() -> None:
    with pytest.raises(ResourceError, match="too little memory") as caught, enough_memory():
        raise torch.OutOfMemoryError("CUDA out of memory")
    assert "omni config set quantize nf4" in caught.value.hint


def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="size"), enough_memory():
        raise RuntimeError("size mismatch")
