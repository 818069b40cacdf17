"""Times, guidance and steps of rectified flow."""

import pytest
import torch
from torch import Generator

from backbone.flow import Guidance, draw_times, euler, guided, interpolate, schedule, shift_time
from omni_errors import CancelledError, InputError
from tests.backbone.small import noise


def test_the_schedule_of_the_specifications_example() -> None:
    assert schedule(5, 3.0).tolist() == pytest.approx([1.0, 0.9, 0.75, 0.5, 0.0])


@pytest.mark.parametrize(("points", "evaluations"), [(50, 49), (2, 1), (1, 0)])
def test_the_last_point_is_no_step(points: int, evaluations: int) -> None:
    steps: list[int] = []
    times = schedule(points, 1.0)
    euler(noise(1, 3, 2), times, lambda x, t: x, lambda done, total: steps.append(done))
    assert len(steps) == evaluations


def test_following_the_true_velocity_ends_at_the_data() -> None:
    data, start = noise(1, 4, 3), noise(1, 4, 3, seed=9)
    out = euler(start, schedule(7, 3.0), lambda x, t: start - data)
    torch.testing.assert_close(out, data, atol=1e-5, rtol=0)


def test_mixing_goes_from_data_to_noise() -> None:
    data, other = noise(1, 2, 3), noise(1, 2, 3, seed=9)
    mixed = interpolate(data, other, torch.tensor([[0.0, 1.0]]))
    assert torch.equal(mixed[0, 0], data[0, 0])
    assert torch.equal(mixed[0, 1], other[0, 1])


def test_training_times_are_seeded_and_shift_towards_noise() -> None:
    plain = draw_times(500, 1.0, Generator().manual_seed(1))
    assert torch.equal(plain, draw_times(500, 1.0, Generator().manual_seed(1)))
    assert plain.mean().item() == pytest.approx(0.5, abs=0.05)
    assert shift_time(plain, 4.0).mean() > 0.65


def test_the_interval_is_open_below_and_closed_above() -> None:
    guidance = Guidance(4.0, 2.0, (0.4, 0.9))
    assert guidance.scales(0.9) == (4.0, 2.0)
    assert guidance.scales(0.4) == guidance.scales(0.91) == (1.0, 1.0)


def test_without_text_guidance_the_image_scale_does_nothing() -> None:
    v, other = noise(1, 4, 3), noise(1, 4, 3, seed=1)
    assert torch.equal(guided(v, other, other, Guidance(1.0, 2.0), 0.9), v)


@pytest.mark.parametrize("renorm", ["global", "channel"])
def test_renorm_never_grows_the_velocity(renorm: str) -> None:
    v, other = noise(1, 4, 3), noise(1, 4, 3, seed=1)
    out = guided(v, other, None, Guidance(9.0, 1.0, renorm=renorm), 0.9)
    axes = (1, 2) if renorm == "global" else (2,)
    assert (out.norm(dim=axes) <= v.norm(dim=axes) + 1e-5).all()


def test_a_renorm_minimum_of_one_turns_it_off() -> None:
    v, other = noise(1, 4, 3), noise(1, 4, 3, seed=1)
    out = guided(v, other, None, Guidance(3.0, renorm_min=1.0), 0.9)
    torch.testing.assert_close(out, other + 3 * (v - other))


def test_equal_image_context_only_raises_the_text_scale() -> None:
    v, other = noise(1, 4, 3), noise(1, 4, 3, seed=1)
    double = guided(v, other, v, Guidance(4.0, 1.5, renorm_min=1.0), 0.9)
    single = guided(v, other, None, Guidance(5.5, renorm_min=1.0), 0.9)
    torch.testing.assert_close(double, single, atol=1e-5, rtol=0)


def test_an_unknown_renorm_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="'local'; there are global, channel, text_channel"):
        Guidance(renorm="local")


def test_a_step_callback_may_stop_the_flow() -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise CancelledError(f"{done} of {total}")

    with pytest.raises(CancelledError, match="2 of 4"):
        euler(noise(1, 2, 2), schedule(5, 1.0), lambda x, t: x, stop)
