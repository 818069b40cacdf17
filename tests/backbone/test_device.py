"""Device and precision are chosen once, with a reason."""

import pytest
import torch

from backbone.device import choose, dtype_name, mixed
from omni_errors import InputError, ResourceError


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    return monkeypatch


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


@pytest.fixture
def old_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})


@pytest.fixture
def new_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)


@pytest.mark.usefixtures("no_gpu", "new_cpu")
@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16])
def test_a_cpu_that_multiplies_bfloat16_keeps_the_stored_precision(stored: torch.dtype) -> None:
    choice = choose(stored=stored)
    assert (choice.device.type, choice.dtype) == ("cpu", stored)
    assert dtype_name(stored) in choice.reason


@pytest.mark.usefixtures("no_gpu", "old_cpu")
def test_other_cpus_widen_what_fits() -> None:
    wide, narrow = (choose(stored=torch.bfloat16, fits=fits) for fits in (True, False))
    assert (wide.dtype, narrow.dtype) == (torch.float32, torch.bfloat16)
    assert "does not multiply bfloat16" in wide.reason
    assert "would not fit in memory" in narrow.reason


@pytest.mark.usefixtures("no_gpu", "new_cpu")
def test_bfloat16_that_torch_cannot_hand_to_the_cpu_is_widened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert choose(stored=torch.bfloat16).dtype == torch.float32


@pytest.mark.usefixtures("no_gpu", "old_cpu")
def test_bfloat16_is_kept_on_any_cpu_if_it_is_asked_for() -> None:
    assert choose(dtype="bfloat16", stored=torch.bfloat16).dtype == torch.bfloat16


@pytest.mark.usefixtures("old_cpu")
def test_training_mixes_precisions_only_where_that_is_faster() -> None:
    with mixed():
        assert not torch.is_autocast_enabled("cpu")


@pytest.mark.usefixtures("new_cpu")
def test_training_mixes_precisions_on_cpus_that_multiply_bfloat16() -> None:
    with mixed():
        assert torch.is_autocast_enabled("cpu")


@pytest.mark.usefixtures("gpu")
def test_a_gpu_is_taken_in_bfloat16() -> None:
    choice = choose()
    assert (str(choice.device), choice.dtype) == ("cuda:0", torch.bfloat16)


def test_an_old_gpu_computes_in_float32(gpu: pytest.MonkeyPatch) -> None:
    gpu.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    choice = choose(stored=torch.bfloat16)
    assert choice.dtype == torch.float32
    assert "no bfloat16" in choice.reason


def test_the_environment_decides_and_arguments_overrule_it(
    monkeypatch: pytest.MonkeyPatch, gpu: object
) -> None:
    monkeypatch.setenv("OMNI_DEVICE", "cpu")
    monkeypatch.setenv("OMNI_DTYPE", "bfloat16")
    assert "OMNI_DEVICE is cpu; OMNI_DTYPE is bfloat16" in choose().reason
    choice = choose("cuda:1", "float32")
    assert (str(choice.device), choice.dtype) == ("cuda:1", torch.float32)


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "cpu:x", " "])
def test_unknown_devices_list_the_allowed_ones(name: str) -> None:
    with pytest.raises(InputError, match="allowed are cpu, cuda"):
        choose(name)


def test_unknown_precisions_list_the_allowed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNI_DTYPE", "float8")
    with pytest.raises(InputError, match="OMNI_DTYPE is 'float8'; allowed are float32 and"):
        choose("cpu")


@pytest.mark.usefixtures("no_gpu")
def test_an_absent_gpu_is_told() -> None:
    with pytest.raises(ResourceError, match="sees 0 CUDA GPUs"):
        choose("cuda")


def test_absent_metal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ResourceError, match="mps"):
        choose("mps")
