"""The reference model's packed training: losses, gradients, masks and every index."""

import pytest
import torch
from torch import Generator
from torch.testing import assert_close

from backbone.flow import shift_time
from backbone.inventory import TABLES
from backbone.packing import VitItem, lay_out
from backbone.positions import flattened_ids
from backbone.training import LossOptions, token_losses
from backbone.visibility import SplitMode, TokenMap, allowed, join
from tests.backbone import reference
from tests.backbone.reference import cases, close, names, tensors, tolerance


@pytest.mark.parametrize("one_row", [True, False])
@pytest.mark.parametrize("name", names("h_train"))
def test_parity_training_losses(name: str, one_row: bool) -> None:
    samples, case = reference.training_samples(name), tensors(name)
    rows = [samples] if one_row else [[sample] for sample in samples]
    losses = token_losses(reference.model(), rows, Generator())
    close(losses.text, case["ce_per_token"], tolerance("h_ce_per_token"))
    close(losses.flow, case["mse_per_element"], tolerance("h_mse_per_element"))
    close(losses.text_weights, case["ce_loss_weights"], 1e-6)
    reweighted = (losses.text * losses.text_weights).sum() / losses.text_weights.sum()
    scalars = {"ce": losses.text.mean(), "mse": losses.flow.mean(), "ce_reweighted": reweighted}
    for key, value in scalars.items():
        assert value.item() == pytest.approx(cases()[name][key], abs=tolerance("h_scalar_losses"))


@pytest.mark.parametrize("freeze_und", [False, True])
@pytest.mark.parametrize("name", names("h_train"))
def test_parity_gradient_norms(name: str, freeze_und: bool) -> None:
    model = reference.trainable()
    options = LossOptions(freeze_und=freeze_und)
    losses = token_losses(model, [reference.training_samples(name)], Generator(), options)
    (losses.text.mean() + losses.flow.mean()).backward()
    scalars = ("ce_freeze_und", "mse_freeze_und") if freeze_und else ("ce", "mse")
    for key, values in zip(scalars, (losses.text, losses.flow), strict=True):
        wanted = pytest.approx(cases()[name][key], abs=tolerance("h_scalar_losses"))
        assert values.mean().item() == wanted
    ours = {n: 0.0 if p.grad is None else p.grad.norm().item() for n, p in model.named_parameters()}
    norms = cases()[name]["grad_norms_freeze_und" if freeze_und else "grad_norms"]
    # The two tables are fixed, here as buffers, there as parameters without gradient.
    assert {n for n in norms if n not in ours} <= set(TABLES)
    assert set(ours) - {n for n in ours if n.startswith("autoencoder.")} <= set(norms)
    assert all(norms.get(table) is None for table in TABLES)
    for parameter in set(norms) - set(TABLES):
        wanted = pytest.approx(
            norms[parameter] or 0.0, rel=tolerance("h_grad_norms", "rtol"), abs=1e-5
        )
        assert ours[parameter] == wanted, parameter


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("name", names("h_train"))
def test_parity_full_gradients(name: str, recompute: bool) -> None:
    model = reference.trainable()
    options = LossOptions(recompute=recompute)
    losses = token_losses(model, [reference.training_samples(name)], Generator(), options)
    (losses.text.mean() + losses.flow.mean()).backward()
    parameters = dict(model.named_parameters())
    for key, wanted in tensors(name).items():
        if key.startswith("grad."):
            ours = parameters[key.removeprefix("grad.")].grad
            assert_close(ours, wanted, rtol=tolerance("h_gradients", "rtol"), atol=1e-6)


@pytest.mark.parametrize("name", names("h_train"))
def test_parity_training_layout(name: str) -> None:
    case, samples = tensors(name), reference.training_samples(name)
    packed = lay_out([[s.items for s in samples]], reference.model().tools(reference.table()))
    assert packed.order is not None
    everything = join([packed.und_map, packed.gen_map])
    ordered = TokenMap(*(column[:, packed.order] for column in everything))
    assert torch.equal(ordered.rope[0], case["packed_position_ids"])
    assert packed.labels == case["packed_label_ids"].tolist()
    mask = allowed(ordered, ordered)[0]
    for number in range(len(samples)):
        own = (ordered.sample[0] == number).nonzero()[:, 0]
        assert torch.equal(mask[own][:, own], case[f"mask_{number}"])
    assert int(mask.sum()) == sum(int(case[f"mask_{n}"].sum()) for n in range(len(samples)))


@pytest.mark.parametrize("name", names("h_train"))
def test_parity_training_indexes(name: str) -> None:
    case, facts, samples = tensors(name), cases()[name], reference.training_samples(name)
    model = reference.model()
    packed = lay_out([[s.items for s in samples]], model.tools(reference.table()))
    und, gen = packed.und_map.place[0], packed.gen_map.place[0]
    is_text = packed.und_source[0] < len(packed.und_ids)
    ours = {
        "packed_text_indexes": und[is_text],
        "packed_vit_token_indexes": und[~is_text],
        "packed_vae_token_indexes": gen,
        "ce_loss_indexes": und[packed.label_slots],
        "mse_loss_indexes": gen[packed.noise_slots],
        "packed_text_ids": torch.tensor(packed.und_ids),
        "packed_latent_position_ids": torch.cat(
            [model.latent_ids(h, w) for h, w in packed.latent_grids]
        ),
    }
    for key, values in ours.items():
        assert torch.equal(values, case[key]), key
    assert len(und) + len(gen) == facts["sequence_length"]
    counts = join([packed.und_map, packed.gen_map]).sample[0].bincount()
    assert counts.tolist() == facts["sample_lens"]


@pytest.mark.parametrize("name", names("h_train"))
def test_parity_splits(name: str) -> None:
    facts, samples = cases()[name], reference.training_samples(name)
    packed = lay_out([[s.items for s in samples]], reference.model().tools(reference.table()))
    assert packed.order is not None
    both = join([packed.und_map, packed.gen_map])
    splits, lengths = both.split[0, packed.order].unique_consecutive(return_counts=True)
    assert lengths.tolist() == facts["split_lens"]
    assert len(splits) == len(facts["attn_modes"])
    modes = both.mode[0, packed.order][lengths.cumsum(0) - 1].tolist()
    assert [SplitMode(mode).name.lower() for mode in modes] == facts["attn_modes"]


@pytest.mark.parametrize("name", names("h_train"))
def test_parity_position_ids_of_seen_images(name: str) -> None:
    model, ids = reference.model(), []
    for sample in reference.training_samples(name):
        for item in sample.items:
            if isinstance(item, VitItem) and model.vit_model is not None:
                grid = model.vit_model.grid(*item.pixels.shape[1:])
                ids.append(flattened_ids(*grid, model.vit_pos_embed.side))
    if not model.config.interpolate_pos:
        assert torch.equal(torch.cat(ids), tensors(name)["packed_vit_position_ids"])


@pytest.mark.parametrize("name", names("h_train"))
def test_parity_training_times(name: str) -> None:
    case, shift = tensors(name), cases()[name]["timestep_shift"]
    ours = shift_time(case["packed_timesteps"].sigmoid(), shift)
    close(ours, case["t"], 1e-6)
    assert shift == reference.model().config.timestep_shift


@pytest.mark.parametrize("name", names("h_train"))
def test_parity_images_encoded_together_with_padding(name: str) -> None:
    case, autoencoder = tensors(name), reference.model().autoencoder
    assert autoencoder is not None
    close(autoencoder.encode(case["padded_images"]), case["padded_latent"], tolerance("i_ae"))
