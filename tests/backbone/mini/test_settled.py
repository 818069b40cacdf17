"""Lessons that are worked out once teach what they teach when they are read anew."""

import pytest
import torch

from backbone.mini.chat import Exchange, teach
from backbone.mini.lora import LoraLinear
from backbone.mini.reader import Reader
from backbone.mini.settled import Course, course_losses, prepare, receive
from backbone.mini.understanding import lesson_losses
from tests.backbone.mini.small_reader import naming, reader, recognition

TALK = [Exchange("hello", (7, 8, 9), True), Exchange("well", (5, 6), False)]
CAPTIONS = ("<sks> at sea", "<sks> with a cup")


@pytest.fixture(scope="module")
def settled() -> Reader:
    made = reader()
    made.trainable()
    made.settle()
    return made


@pytest.fixture(scope="module")
def course(settled: Reader) -> Course:
    return receive(settled, prepare(settled, [recognition(), naming()], TALK, CAPTIONS))


@torch.no_grad()
def test_a_course_costs_what_its_lessons_cost(settled: Reader, course: Course) -> None:
    found = course_losses(settled, course, teach(settled, TALK))
    wanted = lesson_losses(settled, [recognition(), naming()])
    assert course.kinds == ("name", "recognise")
    for kind in course.kinds:
        assert found[kind] == pytest.approx(float(wanted[kind]), rel=1e-4)


@torch.no_grad()
def test_small_talk_is_measured_against_the_untouched_model(
    settled: Reader, course: Course
) -> None:
    teacher = teach(settled, TALK)
    assert len(course.talk) == len(teacher)
    assert float(course_losses(settled, course, teacher)["chat"]) > 0


@torch.no_grad()
def test_captions_have_to_be_read_as_they_were(settled: Reader, course: Course) -> None:
    teacher = teach(settled, TALK)
    assert float(course_losses(settled, course, teacher)["moved"]) == pytest.approx(0, abs=1e-9)
    update = next(m for m in settled.model.modules() if isinstance(m, LoraLinear))
    update.up.normal_(generator=torch.Generator().manual_seed(2))
    assert float(course_losses(settled, course, teacher)["moved"]) > 0
    update.up.zero_()


def test_gradients_reach_updates_and_nothing_that_is_settled(
    settled: Reader, course: Course
) -> None:
    course_losses(settled, course, teach(settled, TALK))["total"].backward()
    trained = settled.trainable()
    assert trained["lora.0.v_proj.up"].grad is not None
    assert all(trained[name].grad is None for name in trained if name.startswith("encoder."))
