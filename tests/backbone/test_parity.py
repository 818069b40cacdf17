"""Every number of the reference model, within the tolerance its fixtures state."""

from dataclasses import replace
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
import torch
from torch import Tensor

from backbone.config import ImageTransform
from backbone.context import Context, FlowQuery
from backbone.decoding import Decoding, TextOptions, decode
from backbone.drawing import Contexts, FlowOptions, Part, draw_latent
from backbone.flow import euler
from backbone.images import flatten, resize, resized_size, to_image
from backbone.latents import sinusoid, tokens_to_latents
from backbone.packing import LatentItem, Start, VitItem, lay_out
from backbone.positions import flattened_ids, interpolated_ids, sincos_table
from backbone.visibility import join
from backbone.vision import patchify
from tests.backbone import reference
from tests.backbone.reference import cases, close, names, tensors, tolerance


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
    grid = encoder.grid(*pixels.shape[2:])
    assert grid[0] * grid[1] == cases()["a_vit"]["seqlens"][image]
    ids = flattened_ids(*grid, reference.model().vit_pos_embed.side)
    assert torch.equal(ids, case[f"image{image}_position_ids"])


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


@pytest.mark.parametrize(
    ("name", "ids", "rope"), [("b_text", "prompt_ids", 0), ("c_vqa", "question_ids", 1)]
)
def test_parity_text_segments(name: str, ids: str, rope: int) -> None:
    case = tensors(name)
    tools = reference.model().tools(reference.table())
    packed = lay_out([[[reference.text(case[ids])]]], tools, Start(0, rope))
    assert packed.und_ids == case["packed_text_ids"].tolist()
    assert torch.equal(packed.und_map.rope[0], case["position_ids"])


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
    facts = cases()["c_vqa"]
    assert (context.length, context.rope) == (
        facts["kv_len_after_image"],
        facts["rope_after_image"],
    )
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
    stored = tensors("d_decode")[f"{kind}_sequence_stopped"].tolist()
    assert stored == case["stopped_sequence"]


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
    wanted = {
        "image_context": context,
        "edit_ctx": edit_contexts().main,
        "text_ctx": text_contexts().main,
    }
    for name, met in wanted.items():
        assert (met.length, met.rope) == (facts[name]["kv_len"], facts[name]["rope"]), name


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
    size, model = grid(facts["t2i_image_hw"]), reference.model()
    assert torch.equal(model.latent_ids(*size), case["latent_position_ids"])
    blank = LatentItem(torch.zeros(1, *(n * model.config.latent_patch_size for n in size)), True)
    start = Start(facts["text_ctx"]["kv_len"], facts["text_ctx"]["rope"])
    packed = lay_out([[[blank]]], model.tools(reference.table()), start)
    both = join([packed.und_map, packed.gen_map])
    assert packed.order is not None
    assert torch.equal(both.rope[0, packed.order], case["rope_position_ids"])
    resized = resize(reference.photo(case["image_u8"]), model.config.vae_transform)
    seen = resize(resized, model.config.vit_transform)
    assert torch.equal(levels(resized), case["resized_u8"].flatten().short())
    assert torch.equal(levels(seen), case["vit_resized_u8"].flatten().short())


# f, g: pictures


@pytest.mark.parametrize("name", names("f_t2i"))
def test_parity_text_to_image(name: str) -> None:
    contexts = text_contexts()
    check_contexts(contexts, cases()[name])
    check_drawing(name, contexts, tensors("f_t2i")["init_noise"], tolerance("f"))


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
    """Compare every velocity and latent the case stores, and the times and scales it met."""
    case, stored, options = cases()[name], tensors(name), reference.flow_options(cases()[name])
    latent, steps = recorded(contexts, tuple(case["image_hw"]), noise, options)
    close(reference.tokens_of(latent), stored["final_latent"], atol)
    close(steps[0].v, stored["v_first"], atol)
    close(steps[-1].v, stored["v_last"], atol)
    for ours, theirs in (("x", "x_steps"), ("v", "v_steps")):
        if theirs in stored:
            close(torch.stack([getattr(step, ours) for step in steps]), stored[theirs], atol)
    assert len(steps) == case.get("n_model_evals", case["num_timesteps"] - 1)
    assert [step.t for step in steps] == pytest.approx(case["timesteps"])
    assert [list(options.guidance.scales(step.t)) for step in steps] == case["scales_used"]


class Step(NamedTuple):
    """One step met on the way: noisy tokens, time, guided velocity."""

    x: Tensor
    t: float
    v: Tensor


def recorded(
    contexts: Contexts, size: tuple[int, int], noise: Tensor, options: FlowOptions
) -> tuple[Tensor, list[Step]]:
    steps: list[Step] = []

    def listening(start: Tensor, times: Tensor, velocity: Any, on_step: Any) -> Tensor:
        def heard(x: Tensor, t: float) -> Tensor:
            v: Tensor = velocity(x, t)
            steps.append(Step(x[0], t, v[0]))
            return v

        return euler(start, times, heard, on_step)

    with patch("backbone.drawing.euler", listening):
        return draw_latent(contexts, size, noise, options), steps


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
