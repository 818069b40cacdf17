"""A subject as it was shown, in another place: in the middle, upright as seen, and large.

What a generation expert learns first is copying, and copying is geometry. Where the picture that
is wanted shows the subject in one pose, at one size and not mirrored, a part of the rows always
belongs at the same part of the picture; other sizes and sides are asked for in words.
"""

from dataclasses import replace

from numpy.random import Generator

from backbone.mini import arrangement
from backbone.mini.scene import Placed, Scene, render
from backbone.mini.views import View
from backbone.mini.world import World

__all__ = ["as_shown", "portrait"]

# shares of the picture's side: how long the subject is, and its lowest row
_REACH, _FOOT = 0.68, 0.9


def as_shown(placed: Placed, view: View) -> Placed:
    """Let a subject face the way it faced in a view."""
    return replace(placed, mirrored=view.scene.objects[0].mirrored)


def portrait(world: World, view: View, rng: Generator, place: str | None) -> Scene:
    """Compose a scene with the subject of a view just as the view showed it."""
    seen = view.scene.objects[0]
    scene = world.scene(rng, subject=seen.subject, place=place, others=None, size="")
    first = scene.objects[0]
    main = replace(seen, x=0.5, reach=_REACH, mention=first.mention, role=first.role)
    # what is wider than high stands higher, so that its middle stays in the picture's
    foot = _FOOT if first.grounded else 0.5 + main.height / 2
    main = replace(main, foot=max(foot, main.height + 0.02), grounded=first.grounded)
    company = [_moved(item, main, rng) for item in scene.objects[1:] if item.role == "small"]
    return render(replace(scene.layout, objects=(main, *company)))


def _moved(small: Placed, main: Placed, rng: Generator) -> Placed:
    """Bring a small object to where the subject is now."""
    if small.worn:
        return arrangement.on_top(small.subject, main, rng)
    return arrangement.beside(small.subject, main, rng)
