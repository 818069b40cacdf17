"""Every number of the reference model, within the tolerance its fixtures state."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Generator, Tensor
from torch.testing import assert_close

from backbone.config import ImageTransform
from backbone.context import Context, FlowQuery
from backbone.decoding import Decoding, TextOptions, decode
from backbone.drawing import Contexts, Part, draw_latent
from backbone.flow import guided, schedule, shift_time
from backbone.images import flatten, resize, resized_size, to_image
from backbone.latents import sinusoid, tokens_to_latents
from backbone.packing import VitItem, lay_out
from backbone.positions import flattened_ids, interpolated_ids, sincos_table
from backbone.training import LossOptions, token_losses
from backbone.visibility import TokenMap, allowed, join
from backbone.vision import patchify
from tests.backbone import reference
from tests.backbone.reference import cases, names, tensors, tolerance


def close(ours: Tensor, theirs: Tensor, atol: float) -> None:
    assert_close(ours.float(), theirs.float(), atol=atol, rtol=0)


def levels(image: Any) -> Tensor:
    return torch.tensor(list(image.tobytes()), dtype=torch.int16)


# a: understanding encoder


def patch_size() -> int:
    vision = reference.model().config.vision
    assert vision is not None
    return vision.patch_size


@pytest.mark.parametrize("image", [0, 1])
def test_parity_vit_alone(image: int) -> None:
    case, encoder = tensors("a_vit"), reference.model().vit_model
    assert encoder is not None
    pixels = reference.pixels(case[f"image{image}_u8"])[None]
    close(patchify(pixels, patch_size())[0], case[f"image{image}_patches"], 1e-6)
    close(encoder(pixels)[0], case[f"image{image}_vit_out"], tolerance("a_vit"))


def test_parity_vit_packed_images_do_not_see_each_other() -> None:
    case, model = tensors("a_vit"), reference.model()
    images = [reference.pixels(case[f"image{i}_u8"]) for i in (0, 1)]
    assert model.vit_model is not None
    alone = torch.cat([model.vit_model(image[None])[0] for image in images])
    close(alone, case["packed_vit_out"], tolerance("a_vit"))
    close(model.connector(alone), case["packed_connector_out"], tolerance("a_vit"))
    close(torch.cat(model.encode_images(images)), case["packed_llm_embed"], tolerance("a_vit"))


# b, c, d: text


def test_parity_text_prefill() -> None:
    case, context = tensors("b_text"), Context(reference.model())
    hidden = context.add(reference.text(case["prompt_ids"]))
    assert hidden is not None
    check_prefill("b_text", context, hidden)
    assert (context.length, context.rope) == (
        cases()["b_text"]["kv_len"],
        cases()["b_text"]["rope"],
    )


def check_prefill(name: str, context: Context, hidden: Tensor) -> None:
    case = tensors(name)
    close(hidden[0], case["hidden"], tolerance(name))
    close(context.model.logits(hidden[0], context.table), case["logits"], tolerance(name))
    for ours, theirs in zip(reference.cached(context), ("cache_k", "cache_v"), strict=True):
        close(ours, case[theirs], tolerance(name))


def vqa_context() -> tuple[Context, Tensor]:
    case, config = tensors("c_vqa"), reference.model().config
    resized = resize(reference.photo(case["image_u8"]), config.vae_transform)
    seen = resize(resized, config.vit_transform)
    assert torch.equal(levels(resized), case["resized_u8"].flatten().short())
    assert torch.equal(levels(seen), case["vit_resized_u8"].flatten().short())
    context = Context(reference.model())
    context.add(VitItem(reference.pixels(case["vit_resized_u8"])))
    hidden = context.add(reference.text(case["question_ids"]))
    assert hidden is not None
    return context, hidden


def test_parity_question_about_an_image() -> None:
    context, hidden = vqa_context()
    check_prefill("c_vqa", context, hidden)
    assert (context.length, context.rope) == (cases()["c_vqa"]["kv_len"], cases()["c_vqa"]["rope"])


def decoding_context(kind: str) -> Context:
    if kind == "vqa":
        return vqa_context()[0]
    context = Context(reference.model())
    context.add(reference.text(tensors("b_text")["prompt_ids"]))
    return context


@pytest.mark.parametrize("kind", ["text", "vqa"])
def test_parity_greedy_decoding(kind: str) -> None:
    context, sequence = decoding_context(kind), tensors("d_decode")[f"{kind}_sequence"].tolist()
    ids = list(decode(context, TextOptions(max_new_tokens=len(sequence) - 1)))
    assert ids == sequence[1:]
    run = Decoding(context)
    logits = torch.stack([run.step(token) for token in sequence])
    close(logits, tensors("d_decode")[f"{kind}_logits"], tolerance("d_decode_logits"))


@pytest.mark.parametrize("kind", ["text", "vqa"])
def test_parity_decoding_stops_at_the_end_token(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case, context = cases()["d_decode"][kind], decoding_context(kind)
    special = context.model.config.special_tokens
    stopping = type(special)(special.bos_token_id, case["stop_id"], 0, 0)
    config = replace(context.model.config, special_tokens=stopping)
    monkeypatch.setattr(context.model, "config", config)
    assert list(decode(context)) == case["stopped_sequence"][1:]


# e: time and velocity


def test_parity_time_embedding() -> None:
    case, model = tensors("e_time"), reference.model()
    close(sinusoid(case["t"]), case["sinusoid"], tolerance("e_time"))
    close(model.time_embedder(case["t"]), case["embedding"], tolerance("e_time"))


def edit_contexts() -> Contexts:
    case = tensors("e_velocity")
    image = reference.source_part(case["image_u8"])
    return reference.contexts(image, reference.text_part(case["prompt_ids"]))


def text_contexts() -> Contexts:
    return reference.contexts(reference.text_part(tensors("e_velocity")["prompt_ids"]))


def grid(size: list[int]) -> tuple[int, int]:
    unit = reference.model().config.latent_downsample
    return size[0] // unit, size[1] // unit


def test_parity_image_context() -> None:
    case, facts = tensors("e_velocity"), cases()["e_velocity"]
    context = edit_contexts().without_text
    for ours, theirs in zip(reference.cached(context), ("k", "v"), strict=True):
        close(ours, case[f"image_cache_{theirs}"], tolerance("e_velocity"))
    assert context.length == facts["image_context"]["kv_len"]
    assert edit_contexts().main.rope == facts["edit_ctx"]["rope"]


@pytest.mark.parametrize("step", range(len(cases()["e_velocity"]["timesteps"])))
def test_parity_velocity(step: int) -> None:
    case, facts = tensors("e_velocity"), cases()["e_velocity"]
    t, small, large = facts["timesteps"][step], facts["t2i_image_hw"], facts["edit_image_hw"]
    wanted = {
        "v_text": (text_contexts().main, small, case["x_t"]),
        "v_uncond": (text_contexts().without_text, small, case["x_t"]),
        "v_edit": (edit_contexts().main, large, case["x_t_edit"]),
    }
    for name, (context, size, x) in wanted.items():
        ours = FlowQuery(context, *grid(size))(x[None], t)[0]
        close(ours, case[f"{name}_{step}"], tolerance("e_velocity"))


def test_parity_source_latent_and_positions() -> None:
    case, facts = tensors("e_velocity"), cases()["e_velocity"]
    image = reference.source_part(case["image_u8"]).items[0]
    close(image.latent[None], case["vae_latent"], tolerance("e_velocity_vae_latent"))  # type: ignore[union-attr]
    ids = reference.model().latent_ids(*grid(facts["t2i_image_hw"]))
    assert torch.equal(ids, case["latent_position_ids"])


# f, g: pictures


@pytest.mark.parametrize("name", names("f_t2i"))
def test_parity_text_to_image(name: str) -> None:
    case, options = cases()[name], reference.flow_options(cases()[name])
    contexts = text_contexts()
    latent = draw_latent(contexts, tuple(case["image_hw"]), tensors("f_t2i")["init_noise"], options)
    close(reference.tokens_of(latent), tensors(name)["final_latent"], tolerance("f"))
    check_contexts(contexts, case)
    times = schedule(options.num_timesteps, options.timestep_shift)[:-1].tolist()
    assert times == pytest.approx(case["timesteps"])
    assert [list(options.guidance.scales(t)) for t in times] == case["scales_used"]


def check_contexts(contexts: Contexts, case: dict[str, Any]) -> None:
    ours = {
        "main": contexts.main,
        "cfg_text": contexts.without_text,
        "cfg_img": contexts.without_image,
    }
    assert {name: context.rope for name, context in ours.items()} == case["ropes"]
    assert {name: context.length for name, context in ours.items()} == case["kv_lens"]


def check_picture(tokens: Tensor, size: list[int], stored: Tensor) -> None:
    model = reference.model()
    assert model.autoencoder is not None
    latent = tokens_to_latents(tokens[None], *grid(size), model.config.latent_patch_size)
    picture = levels(to_image(model.autoencoder.decode(latent)[0]))
    assert (picture - stored.flatten().short()).abs().max() <= tolerance("images_u8")


def test_parity_every_step_of_text_to_image() -> None:
    case, stored = cases()["f_t2i"], tensors("f_t2i")
    query = FlowQuery(text_contexts().main, *grid(case["image_hw"]))
    empty = FlowQuery(text_contexts().without_text, *grid(case["image_hw"]))
    for step, t in enumerate(case["timesteps"]):
        x = stored["x_steps"][step][None]
        v = guided(query(x, t), empty(x, t), None, reference.flow_options(case).guidance, t)
        close(v[0], stored["v_steps"][step], tolerance("f"))


def test_parity_pictures_decode_to_the_same_levels() -> None:
    check_picture(
        tensors("f_t2i")["final_latent"], cases()["f_t2i"]["image_hw"], tensors("f_t2i")["image_u8"]
    )
    check_picture(
        tensors("g_edit")["final_latent"],
        cases()["g_edit"]["image_hw"],
        tensors("g_edit")["output_u8"],
    )


def test_parity_think_mode() -> None:
    case, stored = cases()["f_think"], tensors("f_think")
    system = reference.text_part(stored["system_ids"], "system")
    prompt = reference.text_part(stored["prompt_ids"])
    thought = reference.text_part(stored["think_ids"], "thought")
    before = reference.contexts(system, prompt).main
    count = len(stored["think_ids"])
    assert list(decode(before, TextOptions(count))) == stored["think_ids"].tolist()
    contexts = reference.contexts(system, prompt, thought)
    check_contexts(contexts, case)
    check_drawing("f_think", contexts, stored["init_noise"], tolerance("f"))


def check_drawing(name: str, contexts: Contexts, noise: Tensor, atol: float) -> None:
    size = tuple(cases()[name]["image_hw"])
    latent = draw_latent(contexts, size, noise, reference.flow_options(cases()[name]))
    close(reference.tokens_of(latent), tensors(name)["final_latent"], atol)


@pytest.mark.parametrize("name", [n for n in names("g_edit") if n != "g_edit_two"])
def test_parity_editing(name: str) -> None:
    contexts = edit_contexts()
    check_contexts(contexts, cases()[name])
    check_drawing(name, contexts, tensors("g_edit")["init_noise"], tolerance("g"))


def test_parity_two_reference_images_with_sampled_latents() -> None:
    case, first = tensors("g_edit_two"), tensors("e_velocity")
    parts: list[Part] = [
        reference.source_part(first["image_u8"], case["posterior_noise0"]),
        reference.source_part(case["image1_u8"], case["posterior_noise1"]),
        reference.text_part(first["prompt_ids"]),
    ]
    contexts = reference.contexts(*parts)
    check_contexts(contexts, cases()["g_edit_two"])
    check_drawing("g_edit_two", contexts, case["init_noise"], tolerance("g"))


# h: training


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
    ours = {n: 0.0 if p.grad is None else p.grad.norm().item() for n, p in model.named_parameters()}
    key = "grad_norms_freeze_und" if freeze_und else "grad_norms"
    for parameter, norm in cases()[name][key].items():
        if parameter in ours:
            wanted = pytest.approx(norm or 0.0, rel=tolerance("h_grad_norms", "rtol"), abs=1e-5)
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


# i, j, k: autoencoder, preprocessing, positions


def test_parity_autoencoder() -> None:
    case, autoencoder = tensors("i_ae"), reference.model().autoencoder
    assert autoencoder is not None
    pixels, atol = reference.pixels(case["image_u8"])[None], tolerance("i_ae")
    close(autoencoder.moments(pixels), case["moments"], atol)
    close(autoencoder.encode(pixels), case["latent_mean"], atol)
    close(autoencoder.encode(pixels, noise=case["posterior_noise"]), case["latent_sampled"], atol)
    close(autoencoder.decode(case["latent_mean"]), case["decoded_from_mean"], atol)
    close(autoencoder.decode(case["random_latent"]), case["decoded_from_random"], atol)
    close(reference.tokens_of(case["latent_mean"]), case["latent_tokens"], atol)
    check_picture(case["latent_tokens"], cases()["i_ae"]["image_hw"], case["image_from_tokens_u8"])


@pytest.mark.parametrize("image", list(cases()["j_preprocess"]["images"]))
def test_parity_resized_levels(image: str) -> None:
    case, config = tensors("j_preprocess"), reference.model().config
    original = reference.photo(case[f"{image}_u8"])
    for_vae = resize(original, config.vae_transform)
    wanted = {
        "vae_resized": for_vae,
        "vit_resized_via_vae_resize": resize(for_vae, config.vit_transform),
        "vit_resized_direct": resize(original, config.vit_transform),
    }
    for name, ours in wanted.items():
        assert torch.equal(levels(ours), case[f"{image}_{name}_u8"].flatten().short()), name


def test_parity_transparency_on_white() -> None:
    case = tensors("j_preprocess")
    ours = flatten(reference.photo(case["rgba_u8"]))
    assert torch.equal(levels(ours), case["rgba_flattened_u8"].flatten().short())


def transforms() -> dict[str, ImageTransform]:
    config = reference.model().config
    return {
        "vae_1024_512_16": ImageTransform(1024, 512, 16),
        "vit_980_224_14": ImageTransform(980, 224, 14),
        "vit_518_224_14": ImageTransform(518, 224, 14),
        "vlm_980_378_14_2007040": ImageTransform(980, 378, 14, 2_007_040),
        "tiny_vae": config.vae_transform,
        "tiny_vit": config.vit_transform,
    }


@pytest.mark.parametrize(("key", "images"), [("out_hw", 1), ("out_hw_imgnum4", 4)])
def test_parity_resize_rule(key: str, images: int) -> None:
    rules = transforms()
    for row in cases()["j_preprocess"]["resize_table"]:
        for name, (height, width) in row[key].items():
            ours = resized_size(row["w"], row["h"], rules[name], images)
            assert ours == (width, height), (row["w"], row["h"], name)


@pytest.mark.parametrize(
    ("kind", "number"), [("extrapolate", flattened_ids), ("interpolate", interpolated_ids)]
)
def test_parity_flattened_ids(kind: str, number: Any) -> None:
    for row in cases()["k_positions"][kind]:
        ids = number(row["h"] // row["patch"], row["w"] // row["patch"], row["max"])
        assert ids.tolist() == row["ids"]


def test_parity_position_tables() -> None:
    case, atol = tensors("k_positions"), tolerance("k_positions")
    close(sincos_table(5, 24), case["table_5x5_dim24"], atol)
    rows = sincos_table(64, 3584)[[0, 1, 64, 130, 4095]]
    close(rows, case["table_64_dim3584_rows"], atol)
