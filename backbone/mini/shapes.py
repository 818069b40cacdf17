"""Cut-outs the code draws itself, so that nothing has to be downloaded.

``data/shapes.json`` lists for each name its colours and parts on a 100×100 square; a part is an
ellipse, half disc, ring, polygon or line in the main colour, its dark or light tone, or a named
colour. Blobs are random smooth outlines filled with a texture: identity is texture and outline.
"""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.random import Generator

from backbone.mini.colours import COLOURS
from backbone.mini.pixels import Bytes, Floats, resize, to_bytes
from backbone.mini.textures import Texture, patch_of

__all__ = ["SHAPES", "blob", "crop_to_alpha", "draw_shape", "filled", "shading"]

SHAPES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "shapes.json").read_text("utf-8")
)
SIDE = 144
_CANVAS = 288


def shading(mask: Bytes) -> Floats:
    """Light a mask [h, w] as if it bulged: about 1 inside, brighter at the upper left."""
    inside = (mask > 127).astype(np.float32)
    width = max(mask.shape) / 10
    relief = np.asarray(cv2.GaussianBlur(inside, (0, 0), width), np.float32)
    across = np.asarray(cv2.Sobel(relief, cv2.CV_32F, 1, 0), np.float32)
    down = np.asarray(cv2.Sobel(relief, cv2.CV_32F, 0, 1), np.float32)
    near = np.asarray(cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3))
    edge = np.clip(near / max(width * 0.5, 1), 0, 1)
    light = 0.84 + 0.16 * edge + (across + 1.4 * down) * width * 0.2
    return np.asarray(np.clip(light, 0.58, 1.3), np.float32)


def filled(cutout: Bytes, texture: Texture, rng: Generator) -> Bytes:
    """Cover an RGBA cut-out with a texture, keeping its outline and its light and dark."""
    height, width = cutout.shape[:2]
    surface = patch_of(texture, rng, height, width).astype(np.float32)
    grey = np.asarray(cv2.cvtColor(cutout[..., :3], cv2.COLOR_RGB2GRAY), np.float32)
    opaque = cutout[..., 3] > 127
    level = float(grey[opaque].mean()) if opaque.any() else 128.0
    relief = np.clip(0.75 * grey / max(level, 30) + 0.25, 0.4, 1.6)[..., None]
    return np.dstack([to_bytes(surface * relief), cutout[..., 3]])


def crop_to_alpha(image: Bytes, side: int = SIDE) -> Bytes:
    """Cut to the visible part with one empty pixel around it, longest side ``side``."""
    rows, columns = np.nonzero(image[..., 3].max(1) > 8)[0], np.nonzero(image[..., 3].max(0) > 8)[0]
    part = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = (side - 2) / max(part.shape[:2])
    width, height = (max(round(part.shape[axis] * scale), 1) for axis in (1, 0))
    return np.pad(resize(np.ascontiguousarray(part), width, height), ((1, 1), (1, 1), (0, 0)))


def _tone(word: str, paint: Floats) -> tuple[int, int, int, int]:
    """Turn a tone word into RGBA."""
    if word in COLOURS:
        colour = np.asarray(COLOURS[word], np.float32)
    elif word == "light":
        colour = paint + (255 - paint) * 0.45
    else:
        colour = paint * (0.68 if word == "dark" else 1.0)
    red, green, blue = (int(value) for value in to_bytes(colour))
    return red, green, blue, 255


def _draw_part(canvas: Bytes, part: list[Any], paint: Floats) -> None:
    """Draw one part of a shape on an RGBA canvas."""
    kind, unit = part[0], _CANVAS / 110
    tone = _tone(part[-1], paint)
    if kind in ("poly", "line"):
        points = np.rint((np.asarray(part[1], np.float64) + 5) * unit).astype(np.int32)
        if kind == "poly":
            cv2.fillPoly(canvas, [points], tone, cv2.LINE_AA)
        else:
            cv2.polylines(canvas, [points], False, tone, int(part[2] * unit), cv2.LINE_AA)
        return
    centre = (int((part[1] + 5) * unit), int((part[2] + 5) * unit))
    axes = (int(part[3] * unit), int(part[4] * unit))
    start, end = (180, 360) if kind == "half" else (0, 360)
    thickness = int(part[5] * unit) if kind == "ring" else -1
    cv2.ellipse(canvas, centre, axes, 0, start, end, tone, thickness, cv2.LINE_AA)


def draw_shape(name: str, colour: str, rng: Generator) -> Bytes:
    """Draw a named shape in a named colour as a shaded RGBA cut-out."""
    canvas = np.zeros((_CANVAS, _CANVAS, 4), np.uint8)
    paint = np.asarray(COLOURS[colour], np.float32) + rng.uniform(-8, 8, 3).astype(np.float32)
    for part in SHAPES[name]["parts"]:
        _draw_part(canvas, part, paint)
    cutout = crop_to_alpha(canvas)
    light = shading(cutout[..., 3])[..., None]
    return np.dstack([to_bytes(cutout[..., :3] * light), cutout[..., 3]])


def _outline(rng: Generator, centre: tuple[float, float], radius: float) -> Floats:
    """Draw a smooth closed curve [N, 2] around a centre."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    reach = np.ones_like(angle)
    for wave in range(2, 7):
        reach += rng.normal(0, 0.32 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    stretch = rng.uniform(0.7, 1.3)
    x = centre[0] + radius * np.clip(reach, 0.35, 1.8) * np.cos(angle) * stretch
    y = centre[1] + radius * np.clip(reach, 0.35, 1.8) * np.sin(angle) / stretch
    return np.stack([x, y], 1).astype(np.float32)


def _body(rng: Generator) -> list[tuple[tuple[float, float], float]]:
    """Choose centres and radii of the lumps that make one blob."""
    if rng.random() < 0.45:
        return [((0.5, 0.5), 0.3)]
    lumps = [((0.5, 0.62), 0.22), ((0.5 + float(rng.uniform(-0.2, 0.2)), 0.33), 0.16)]
    if rng.random() < 0.5:
        lumps += [((0.34, 0.74), 0.12), ((0.66, 0.74), 0.12)]
    return lumps


def blob(textures: tuple[Texture, ...], rng: Generator) -> Bytes:
    """Cut a random outline out of textures, shaded so that it looks like a thing."""
    canvas = np.zeros((_CANVAS, _CANVAS, 4), np.uint8)
    shared = textures[int(rng.integers(len(textures)))]
    for place, radius in _body(rng):
        texture = shared if rng.random() < 0.6 else textures[int(rng.integers(len(textures)))]
        mask = np.zeros((_CANVAS, _CANVAS), np.uint8)
        points = np.rint(_outline(rng, place, radius) * _CANVAS).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA)
        surface = patch_of(texture, rng, _CANVAS, _CANVAS) * shading(mask)[..., None]
        share = mask[..., None].astype(np.float32) / 255
        canvas[..., :3] = to_bytes(canvas[..., :3] * (1 - share) + surface * share)
        canvas[..., 3] = np.maximum(canvas[..., 3], mask)
    return crop_to_alpha(canvas)
