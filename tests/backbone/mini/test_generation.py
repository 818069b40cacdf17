"""The generation stage computes what the public training forward computes, only cheaper."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from backbone.concepts import GENERATE, ConceptTable, ConceptTokens
from backbone.flow import draw_times
from backbone.mini.assembly import Parts, mini_config
from backbone.mini.batches import Shown, make_ready, shown
from backbone.mini.generation import (
    Aim,
    Example,
    detail_weights,
    examples,
    flow_losses,
    grow,
    lay_out_group,
    losses_of,
)
from backbone.mini.portraits import portrait
from backbone.mini.row_encoder import CROP, RowEncoder
from backbone.mini.text_memory import TextMemory
from backbone.mini.views import subject_views
from backbone.mini.world import World
from backbone.packing import EDIT, IMAGE, Item, LatentItem
from backbone.tokenizer import ByteTokenizer
from backbone.training import Sample, token_losses
from backbone.words import Words
from tests.backbone import small


@pytest.fixture(scope="module")
def parts() -> Parts:
    model = small.model("apart")
    torch.manual_seed(1)
    return Parts(model, ByteTokenizer(), Words(model, ByteTokenizer()), RowEncoder(16, 48))


def example(text: str, seed: int, *, edit: bool = False, dropped: bool = False) -> Example:
    rng = np.random.default_rng(seed)
    target, source = rng.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    crop = rng.integers(0, 256, (CROP, CROP, 3), dtype=np.uint8)
    mask = np.full((CROP, CROP), 255, np.uint8)
    return Example(text, target, crop, mask, source if edit else None, dropped)


def as_sample(parts: Parts, given: Example, noise: Tensor, t: float) -> Sample:
    base = parts.placeholder()
    rows = parts.write_rows(parts.encode([given.crop]), [given.mask])
    concept = replace_rows(base, rows[0].detach())
    table = ConceptTable(260, [concept])
    prefix = parts.words.prefix("sks", table, GENERATE)
    items: list[Item] = [prefix]
    if given.source is not None:
        items.append(LatentItem(parts.encode([given.source])[0]))
    target = parts.encode([given.target])[0]
    task = IMAGE if given.source is None else EDIT
    noisy = LatentItem(target, noisy=True, task=task, t=t, noise=noise)
    return Sample((*items, parts.words.text(given.text, table), noisy), (concept,))


def draws(batch: list[Example], *, edit: bool) -> tuple[Tensor, list[float]]:
    """Draw as the stage does: noise for sources too, of which none is used."""
    generator, each = Generator().manual_seed(3), 1 + edit
    noise = torch.randn(len(batch) * each * 16, 64, generator=generator)
    times = draw_times(len(batch), 1.0, generator)
    return noise.view(len(batch), each, 16, 64)[:, -1], times.tolist()


def replace_rows(concept: ConceptTokens, rows: Tensor) -> ConceptTokens:
    concept.gen = torch.nn.Parameter(rows)
    return concept


@pytest.mark.parametrize("edit", [False, True])
def test_kept_keys_and_values_give_the_loss_of_a_whole_pass(parts: Parts, edit: bool) -> None:
    batch = [example("<sks> by the sea", 1, edit=edit), example("<sks>, at night", 2, edit=edit)]
    with torch.no_grad():
        ours = flow_losses(parts, TextMemory(parts), batch, Generator().manual_seed(3))["total"]
        noise, times = draws(batch, edit=edit)
        rows = [[as_sample(parts, given, noise[n], times[n])] for n, given in enumerate(batch)]
        flow = torch.cat([token_losses(parts.model, [row], Generator()).flow for row in rows])
    assert ours.item() == pytest.approx(flow.mean().item(), rel=0.03)


def test_states_of_another_size_and_weights_cost_what_they_say(parts: Parts) -> None:
    batch = [example("<sks> by the sea", 1)]

    def loss(aim: Aim) -> float:
        with torch.no_grad():
            given = Generator().manual_seed(3)
            return flow_losses(parts, TextMemory(parts), batch, given, aim)["total"].item()

    usual = loss(Aim())
    assert loss(Aim(weights=torch.full((64,), 2.0))) == pytest.approx(2 * usual, rel=1e-3)
    assert loss(Aim(size=1e-2)) > usual + 1


def test_what_hardly_varies_weighs_more_and_all_weigh_the_same_on_the_whole(parts: Parts) -> None:
    world = World(size=64, pool=4)
    weights = detail_weights(parts, world)
    spread = parts.encode([e.target for e in examples(world, 10**6 + 2, 30)]).std((0, 2, 3))
    assert len(weights) == parts.model.config.patch_latent_dim
    order = weights[: len(spread)][spread.argsort()]
    assert order[0] > order[-1]


def test_a_text_is_read_once(parts: Parts) -> None:
    memory, batch = TextMemory(parts), [example("<sks> by the sea", 1)]
    with torch.no_grad():
        first = flow_losses(parts, memory, batch, Generator().manual_seed(3))
        kept = dict(memory.kept)
        again = flow_losses(parts, memory, batch, Generator().manual_seed(3))
    assert first["total"] == again["total"]
    assert all(memory.kept[key] is pair for key, pair in kept.items())


def test_a_dropped_condition_leaves_nothing_of_subject_and_text(parts: Parts) -> None:
    losses = []
    for text, seed in (("<sks> by the sea", 1), ("something else", 1)):
        batch = [example(text, seed, dropped=True)]
        with torch.no_grad():
            losses.append(flow_losses(parts, TextMemory(parts), batch, Generator().manual_seed(3)))
    assert losses[0]["total"] == losses[1]["total"]


def test_gradients_reach_the_expert_and_the_row_encoder(parts: Parts) -> None:
    trained = parts.trainable()
    flow_losses(parts, TextMemory(parts), [example("<sks>", 1)], Generator())["total"].backward()
    for name in ("rows.read.weight", "vae2llm.weight"):
        gradient = trained[name].grad
        assert gradient is not None and gradient.any()
    for parameter in trained.values():
        parameter.grad = None
        parameter.requires_grad_(False)


def test_a_step_of_the_world_is_the_same_whenever_it_is_made() -> None:
    world = World(size=64, pool=4)
    first, again = examples(world, 7, 4), examples(world, 7, 4)
    assert [e.text for e in first] == [e.text for e in again]
    assert all(np.array_equal(a.target, b.target) for a, b in zip(first, again, strict=True))
    assert [e.source is not None for e in first] == [True, True, False, False]


def test_a_token_that_shows_a_small_thing_weighs_more() -> None:
    blank, small = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.bool_)
    small[:16, 16:24] = True
    weights = Example("", blank, blank, blank[..., 0], small=small).focus
    assert weights[1] == 3 and weights.sum() == 15 + 3
    assert (Example("", blank, blank, blank[..., 0]).focus == 1).all()


def test_omni_mini_is_a_config_of_the_one_backbone() -> None:
    config = mini_config()
    assert config.trunk.generation is not None
    assert config.latent_downsample == 16
    assert replace(config, name="x").trunk.understanding.hidden_size == 576


def test_a_portrait_shows_a_subject_as_it_was_shown(world: World) -> None:
    rng = np.random.default_rng(4)
    view = subject_views(world, world.subject(rng), 1, rng)[0]
    seen, main = view.scene.objects[0], portrait(world, view, rng, "beach").objects[0]
    assert (main.angle, main.mirrored, main.shear) == (seen.angle, seen.mirrored, seen.shear)
    assert max(main.width, main.height) > 0.5


@pytest.mark.parametrize("edit", [False, True])
@pytest.mark.parametrize("dropped", [False, True])
def test_a_batch_made_elsewhere_costs_what_it_costs_here(
    parts: Parts, edit: bool, dropped: bool
) -> None:
    memory, generator = TextMemory(parts), Generator()
    first = example("<sks> by the sea", 1, edit=edit, dropped=dropped)
    batch = [first, example("<sks>, at night", 2, edit=edit, dropped=True)]
    made = make_ready(parts, memory.table, batch_elsewhere(parts, batch))
    with torch.no_grad():
        there = losses_of(parts, [made], generator.manual_seed(3))["total"]
        here = flow_losses(parts, memory, batch, generator.manual_seed(3))["total"]
    assert there.item() == pytest.approx(here.item(), rel=1e-3)


def batch_elsewhere(parts: Parts, batch: list[Example]) -> Shown:
    """Lay a batch out with a table of its own, as another process does."""
    table = ConceptTable(260, [parts.placeholder()])
    blank = torch.zeros(1, 16, 8, 8).expand(len(batch), -1, -1, -1)
    latents = [blank] if batch[0].source is None else [blank, blank]
    return shown(batch, lay_out_group(parts, table, batch, latents)[0], table)


def test_a_layer_another_run_lacked_begins_by_doing_nothing(parts: Parts) -> None:
    trained = parts.trainable()
    lacked = next(name for name in trained if name.endswith("mlp_moe_gen.down_proj.weight"))
    kept = {name: parameter.detach().clone() for name, parameter in trained.items()}
    with torch.no_grad():
        grow(parts, {f"average/{name}": kept[name] for name in kept if name != lacked})
        assert not trained[lacked].any()
        assert all(torch.equal(trained[name], kept[name]) for name in kept if name != lacked)
        trained[lacked].copy_(kept[lacked])
