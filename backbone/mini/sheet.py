"""A page of pictures from the weights of a run: what to look at before believing a loss.

Run ``python -m backbone.mini.sheet --out sheet.png`` for subjects the training never saw, or
with ``--photos FILE…`` for one photo of each subject. Nothing is picked: the seed is 0.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import default_rng
from PIL import Image
from safetensors.torch import load_file

from backbone.concepts import ConceptTokens
from backbone.device import choose
from backbone.face import Backbone
from backbone.images import flatten
from backbone.mini.assembly import Parts, open_parts
from backbone.mini.pixels import Bytes
from backbone.mini.row_encoder import CROP
from backbone.mini.scene import Mask
from backbone.mini.stage import check_layout
from backbone.mini.views import frame, masked_crop, subject_views
from backbone.painting import ImageOptions

__all__ = ["concept_from", "cut_out", "main", "use_averages"]

_PROMPTS = (
    "a photo of <sks> on the beach",
    "<sks> in the snow",
    "a photo of <sks> in the forest, at night",
    "a picture of <sks> in a pink studio, on the left",
)
_EDITS = ("remove <sks> from the photo", "Change the background so that <sks> is on the beach.")


@torch.no_grad()
def use_averages(parts: Parts, run: Path) -> None:
    """Put the averaged weights of a run into the model and the row encoder."""
    tensors = load_file(run / "state.safetensors")
    trained = parts.trainable()
    check_layout(run, (f"average/{name}" for name in trained), tensors)
    for name, parameter in trained.items():
        parameter.copy_(tensors[f"average/{name}"])
        parameter.requires_grad_(False)


@torch.no_grad()
def concept_from(parts: Parts, crop: Bytes, mask: Bytes) -> ConceptTokens:
    """Write a concept's rows from one masked frame ``[s, s, 3]``, ``[s, s]`` of 0 and 255."""
    base = parts.placeholder()
    rows = parts.write_rows(parts.encode([crop]), [mask])[0]
    return ConceptTokens("sks", sks=base.sks.data, und=base.und.data, gen=rows, out=base.out.data)


def photo_crop(path: Path) -> tuple[Bytes, Bytes, Image.Image]:
    """Cut the subject out of a photo; return crop, mask of 0 and 255, and the photo's square."""
    with Image.open(path) as image:
        square = _centre(flatten(image))
    pixels = np.asarray(square.resize((256, 256), Image.Resampling.LANCZOS))
    crop, inside = masked_crop(pixels, cut_out(pixels), CROP, frame)
    return crop, (inside * np.uint8(255)).astype(np.uint8), square


def cut_out(pixels: Bytes) -> Mask:
    """Find the subject of a square of 256 pixels by GrabCut, begun from a centred box."""
    mask = np.zeros((256, 256), np.uint8)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    box = (16, 16, 224, 224)
    cv2.setRNGSeed(0)
    cv2.grabCut(
        pixels[..., ::-1].copy(), mask, box, background, foreground, 5, cv2.GC_INIT_WITH_RECT
    )
    subject: Mask = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    if subject.mean() < 0.03:
        subject[32:224, 32:224] = True
    return subject


def _centre(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side)).resize(
        (128, 128) if side < 256 else (256, 256)
    )


def unseen(parts: Parts, assets: Path, count: int) -> list[tuple[Bytes, Bytes, Image.Image]]:
    """Show subjects that were held out of training once each."""
    world, rng = parts.world(assets), default_rng(0)
    shown = []
    for _ in range(count):
        subject = world.subject(rng, split="held_out")
        view = subject_views(world, subject, 1, rng, crop_side=CROP, square_of=frame)[0]
        mask = (view.crop_mask * np.uint8(255)).astype(np.uint8)
        shown.append((view.crop, mask, Image.fromarray(view.image)))
    return shown


def row_of(
    face: Backbone, parts: Parts, shown: tuple[Bytes, Bytes, Image.Image], options: ImageOptions
) -> list[Image.Image]:
    """Draw one row: the picture shown, the crop, then every prompt and every edit."""
    crop, mask, picture = shown
    concept = concept_from(parts, crop, mask)
    row = [picture.resize((128, 128)), Image.fromarray(crop).resize((128, 128))]
    row += [face.generate(p, concepts=[concept], options=options).image for p in _PROMPTS]
    source = picture.resize((128, 128))
    row += [face.edit(source, p, concepts=[concept], options=options).image for p in _EDITS]
    return row


def page(rows: list[list[Image.Image]]) -> Image.Image:
    """Lay pictures of 128 pixels out as a page."""
    sheet = Image.new("RGB", (130 * len(rows[0]), 130 * len(rows)), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet.paste(picture, (130 * x, 130 * y))
    return sheet


def main() -> None:
    """Draw the page."""
    parser = argparse.ArgumentParser(description="A page of unpicked pictures")
    parser.add_argument("--assets", type=Path, default=Path("runs/assets"))
    parser.add_argument("--trunk", type=Path, default=Path("runs/trunk"))
    parser.add_argument("--autoencoder", type=Path, default=Path("runs/autoencoder"))
    parser.add_argument("--understanding", type=Path, help="read the language model of this run")
    parser.add_argument("--run", type=Path, default=Path("runs/generation"))
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("runs/sheet.png"))
    arguments = parser.parse_args()
    parts = open_parts(arguments.trunk, arguments.autoencoder, arguments.understanding)
    use_averages(parts, arguments.run)
    face = Backbone(parts.model.to(choose(stored=torch.bfloat16).dtype), parts.tokenizer)
    parts.model.autoencoder.float()  # type: ignore[union-attr]
    shown = [photo_crop(p) for p in arguments.photos] or unseen(
        parts, arguments.assets, arguments.count
    )
    options = ImageOptions(seed=0)
    page([row_of(face, parts, item, options) for item in shown]).save(arguments.out)
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
