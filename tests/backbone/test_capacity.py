"""Memory is asked of the machine and told in sizes people read."""

import pytest
import torch

from backbone.capacity import free_bytes, gigabytes, require_memory
from omni_errors import ResourceError

CPU = torch.device("cpu")


def test_this_machine_has_some_memory() -> None:
    assert free_bytes(CPU) > 0


def test_a_gpu_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (7, 9))
    assert free_bytes(torch.device("cuda")) == 7


@pytest.mark.parametrize(("size", "text"), [(29_214_685_336, "29.2 GB"), (2_500_000, "2.5 MB")])
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert gigabytes(size) == text


def test_what_fits_passes_and_what_does_not_says_what_to_do() -> None:
    require_memory(5, 5, CPU)
    with pytest.raises(ResourceError) as caught:
        require_memory(6_000_000, 5_000_000, CPU)
    assert "quantize='nf4'" in caught.value.hint
