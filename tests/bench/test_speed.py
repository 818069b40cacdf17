"""What is measured against gives the same numbers, so that the ratios mean something."""

import pytest
import torch

from bench.speed import Timing, measure, table


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_ours_and_the_plain_version_agree(dtype: torch.dtype) -> None:
    timings = measure("tiny", dtype, repeats=1)
    assert [t.what for t in timings] == ["flow step", "prefill", "decode", "training step"]
    # Logits and velocities are of size 1 to 5: in bfloat16 a few roundings are a few hundredths.
    assert max(t.difference for t in timings) < (1e-4 if dtype == torch.float32 else 0.15)


def test_a_ratio_says_how_many_times_faster_ours_is() -> None:
    timing = Timing("tiny", "float32", "decode", ours_ms=2.0, plain_ms=5.0, difference=0.0)
    assert timing.ratio == 2.5
    assert "| tiny | float32 | decode | 2.00 | 5.00 | 2.5 | 0.0e+00 |" in table([timing])
