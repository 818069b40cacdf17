"""A subject as it was shown, in another place: where and as large as it is in its frame.

What a generation expert learns first is copying, and copying is geometry. Here the frame rows
were written from becomes the whole picture, so each of the 4 × 4 rows belongs to the same 2 × 2
of the picture's 8 × 8 tokens; other sizes and sides are asked for in words.
"""

from dataclasses import replace
from typing import Any

from numpy.random import Generator

from backbone.mini import arrangement
from backbone.mini.scene import Placed, Scene, render
from backbone.mini.views import View, frame
from backbone.mini.words import choose
from backbone.mini.world import World

__all__ = ["as_shown", "portrait", "unnamed"]

# where a picture shows its subject when no place is named
_NOWHERE = "white studio"

# share of portraits that have something small beside the subject for sure
_COMPANY = 0.45


def as_shown(placed: Placed, view: View) -> Placed:
    """Let a subject face the way it faced in a view."""
    return replace(placed, mirrored=view.scene.objects[0].mirrored)


def portrait(
    world: World, view: View, rng: Generator, place: str | None, *, plain: bool = False
) -> Scene:
    """Compose a scene with the subject of a view just where the view's frame has it.

    A ``plain`` one has clear daylight, and nothing beside the subject.
    """
    seen = view.scene.objects[0]
    sky: dict[str, Any] = {"time": "day", "weather": "clear", "small": ""} if plain else {}
    if not plain and rng.random() < _COMPANY:
        sky["small"] = choose(list(world.small), rng)
    scene = world.scene(rng, subject=seen.subject, place=place, others=None, size="", **sky)
    first = scene.objects[0]
    main = replace(_filling(seen, view), mention=first.mention, role=first.role)
    main = replace(main, grounded=first.grounded)
    company = [_moved(item, main, rng) for item in scene.objects[1:] if item.role == "small"]
    return render(replace(scene.layout, objects=(main, *company)))


def unnamed(world: World, view: View, rng: Generator) -> Scene:
    """Compose a portrait nothing is said about the place of: there is little to see of one."""
    scene = portrait(world, view, rng, _NOWHERE)
    layout = scene.layout
    return replace(scene, layout=replace(layout, backdrop=replace(layout.backdrop, place="")))


def _filling(seen: Placed, view: View) -> Placed:
    """Stretch the frame of a view to the whole picture."""
    size = view.scene.layout.size
    top, left, edge = frame(view.mask)
    return replace(
        seen,
        x=(seen.x * size - left) / edge,
        foot=(seen.foot * size - top) / edge,
        reach=seen.reach * size / edge,
    )


def _moved(small: Placed, main: Placed, rng: Generator) -> Placed:
    """Bring a small object to where the subject is now."""
    if small.worn:
        return arrangement.on_top(small.subject, main, rng)
    return arrangement.beside(small.subject, main, rng)
