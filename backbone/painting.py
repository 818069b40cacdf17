"""Pictures from words, photos and concepts.

A `Painter` turns a prompt into the parts guidance needs, draws the latent and decodes it. It
keeps nothing between pictures.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Generator, Tensor

from backbone.autoencoder import Autoencoder
from backbone.concepts import GENERATE, ConceptTable, ConceptTokens
from backbone.context import Context
from backbone.decoding import TextOptions, decode
from backbone.drawing import (
    FlowOptions,
    Part,
    PromptReader,
    draw_latent,
    guidance_contexts,
)
from backbone.flow import Guidance
from backbone.images import flatten, resize, resized_size, to_image, to_pixels
from backbone.keeping import blend, unchanged
from backbone.limits import ignore_step, never, require, require_seed
from backbone.noise import without_coarse
from backbone.packing import Item
from backbone.reading import think_prompt
from backbone.seams import smooth_seams
from backbone.words import Words
from omni_errors import CancelledError, InputError

__all__ = ["ImageOptions", "Painter", "Picture"]


# added to a photo's pixels, in [-1, 1]: levels are cut off, not rounded, and would be one lower
_LEAST = 1e-4


def _no_seed(seed: int) -> None:
    pass


@dataclass(frozen=True)
class ImageOptions:
    """Choose how a picture is made."""

    # height and width in pixels; None takes the edited image's, or the model's usual size
    size: tuple[int, int] | None = None
    # None draws one; the result tells which
    seed: int | None = None
    # points of the schedule: one evaluation fewer; None takes the model's
    num_timesteps: int | None = None
    timestep_shift: float | None = None
    # None takes the model's values for the task
    guidance: Guidance | None = None
    # let the model plan in words first, of at most that many tokens
    think: bool = False
    max_think_tokens: int = 1024
    # draw source latents from their posterior, as released, instead of taking the mean
    sample_source: bool = False
    # called with the seed before the work starts
    on_seed: Callable[[int], None] = _no_seed
    # called with (done, total) after every step
    on_step: Callable[[int, int], None] = ignore_step
    # asked before every step and every token thought; True stops with CancelledError
    should_stop: Callable[[], bool] = never

    def __post_init__(self) -> None:
        steps, shift = self.num_timesteps, self.timestep_shift
        require(steps is None or steps >= 2, "num_timesteps", steps, "2 or more")
        require(shift is None or shift > 0, "timestep_shift", shift, "above 0")
        require(self.max_think_tokens >= 0, "max_think_tokens", self.max_think_tokens, "0 or more")
        require_seed(self.seed)
        whole = self.size is None or all(isinstance(side, int) for side in self.size)
        require(whole, "size", self.size, "height and width as whole numbers of pixels")


@dataclass(frozen=True)
class Picture:
    """One picture and what it takes to make it again."""

    image: Image.Image
    seed: int
    size: tuple[int, int]
    # what the model wrote before drawing, if it was asked to think
    thought: str = ""


class Painter:
    """Draw and edit with one model."""

    def __init__(self, words: Words) -> None:
        self.words, self.model = words, words.model
        self.config = words.model.config

    @property
    def autoencoder(self) -> Autoencoder:
        """Return the autoencoder.

        Raises:
            InputError: if the model has none.
        """
        if self.model.autoencoder is None:
            raise InputError(f"{self.config.name} has no autoencoder; it makes no pictures.")
        return self.model.autoencoder

    @property
    def drawing_guidance(self) -> Guidance:
        """Return the model's guidance for drawing."""
        usual = self.config.sampling
        return Guidance(usual.text_scale, 1.0, usual.interval, usual.renorm, usual.renorm_min)

    @property
    def editing_guidance(self) -> Guidance:
        """Return the model's guidance for editing."""
        usual = self.config.sampling
        scales = (usual.edit_text_scale, usual.edit_image_scale)
        return Guidance(*scales, usual.edit_interval, usual.edit_renorm, usual.edit_renorm_min)

    def size_of(self, image: Image.Image) -> tuple[int, int]:
        """Tell the height and width an edited image will have."""
        upright = flatten(image)
        width, height = resized_size(upright.width, upright.height, self.config.vae_transform)
        return height, width

    def paint(
        self,
        prompt: Sequence[str | Image.Image],
        concepts: Sequence[ConceptTokens],
        options: ImageOptions,
        guidance: Guidance,
        edited: Image.Image | None = None,
    ) -> Picture:
        """Draw what texts, images and concepts ask for, in the order given.

        Of an ``edited`` photo, what was not changed is kept, if the model's config says so.

        Raises:
            InputError: if the size does not fit the model, or a concept belongs to another.
            CancelledError: if ``should_stop`` says so; its hint tells the seed.
        """
        for concept in concepts:
            concept.check(self.config)
        size = self._checked(options.size or self.config.default_image_size)
        seed = secrets.randbelow(2**31) if options.seed is None else options.seed
        options.on_seed(seed)
        generator = Generator().manual_seed(seed)
        # Noise first: one seed gives one starting point, whatever else is drawn.
        noise = self._noise(size, generator)
        table = ConceptTable(self.config.trunk.vocab_size, concepts, side_by_side=True)
        parts = self._parts(prompt, table, options, generator)
        reader = PromptReader(self.model, table)
        thought = self._think(reader.read(parts), options, seed) if options.think else ""
        if options.think:
            parts.append(Part((self.words.text(thought, table),), "thought"))
        contexts = guidance_contexts(reader, parts)
        flow = self._flow(options, guidance, _stopper(options, seed))
        latent = draw_latent(contexts, size, noise, flow)
        return Picture(self._finished(latent, edited, size), seed, size, thought)

    def _checked(self, size: tuple[int, int]) -> tuple[int, int]:
        unit, most = self.config.latent_downsample, self.config.max_latent_size
        if any(side % unit or not unit <= side <= unit * most for side in size):
            raise InputError(
                f"A picture of {size[0]}×{size[1]} cannot be made; height and width are multiples "
                f"of {unit} up to {unit * most}."
            )
        return size

    def _noise(self, size: tuple[int, int], generator: Generator) -> Tensor:
        # On the CPU in float32, so that a seed means the same on every device (§16).
        h, w = (side // self.config.latent_downsample for side in size)
        noise = torch.randn(h * w, self.config.patch_latent_dim, generator=generator)
        blocks = self.config.sampling.noise_blocks
        return noise if blocks is None else without_coarse(noise, (h, w), blocks)

    def _parts(
        self,
        prompt: Sequence[str | Image.Image],
        table: ConceptTable,
        options: ImageOptions,
        generator: Generator,
    ) -> list[Part]:
        parts = [
            Part((self.words.prefix(c.name, table, GENERATE),), "concept") for c in table.concepts
        ]
        if options.think:
            instruction = think_prompt(GENERATE)
            parts.append(Part((self.words.text(instruction, table),), "system"))
        posterior = generator if options.sample_source else None
        for piece in prompt:
            if isinstance(piece, str):
                parts.append(Part((self.words.text(piece, table),), "text"))
            else:
                parts.append(Part(self.source(piece, posterior), "image"))
        return parts

    def source(self, photo: Image.Image, generator: Generator | None = None) -> tuple[Item, ...]:
        """Make the items of a source image: its latent, then what the encoder sees (§18)."""
        latent = self.words.latent(photo, generator=generator)
        if self.model.vit_model is None or not self.config.look_at_source:
            return (latent,)
        return latent, self.words.look(photo)

    def _think(self, main: Context, options: ImageOptions, seed: int) -> str:
        limits = TextOptions(options.max_think_tokens, should_stop=_stopper(options, seed))
        return self.words.join(list(decode(main, limits)), main.table)

    def _flow(
        self, options: ImageOptions, guidance: Guidance, should_stop: Callable[[], bool]
    ) -> FlowOptions:
        usual = self.config.sampling
        return FlowOptions(
            num_timesteps=options.num_timesteps or usual.num_timesteps,
            timestep_shift=options.timestep_shift or usual.timestep_shift,
            guidance=options.guidance or guidance,
            on_step=options.on_step,
            should_stop=should_stop,
        )

    @torch.no_grad()
    def _finished(
        self, latent: Tensor, edited: Image.Image | None, size: tuple[int, int]
    ) -> Image.Image:
        made, limit = self._decoded(latent), self.config.sampling.edit_limit
        if edited is None or limit is None or self.size_of(edited) != size:
            return to_image(made)
        photo = to_pixels(resize(flatten(edited), self.config.vae_transform)) + _LEAST
        return to_image(blend(photo, made, unchanged(self._again(edited), made, limit)))

    @torch.no_grad()
    def reconstruct(self, image: Image.Image) -> Image.Image:
        """Return what the autoencoder makes of a picture: the best that could be drawn of it.

        Raises:
            InputError: if the model has no autoencoder.
        """
        return to_image(self._again(image))

    def _again(self, image: Image.Image) -> Tensor:
        """Encode a picture and decode it again ``[3, H, W]``."""
        return self._decoded(self.words.latent(image).latent[None])

    def _decoded(self, latent: Tensor) -> Tensor:
        """Turn latents ``[1, z, h, w]`` into pixels ``[3, H, W]`` without seams."""
        first = next(self.autoencoder.parameters())
        made = self.autoencoder.decode(latent.to(first))[0].float().cpu()
        seams = self.config.sampling.seam_limit
        return made if seams is None else smooth_seams(made, self.config.latent_downsample, seams)


def _stopper(options: ImageOptions, seed: int) -> Callable[[], bool]:
    """Turn the wish to stop into an error that tells the seed."""

    def check() -> bool:
        if options.should_stop():
            raise CancelledError(
                "Stopped before the picture was done.", hint=f"Its seed is {seed}."
            )
        return False

    return check
