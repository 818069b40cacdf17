"""The backbone: one unified model that reads, sees, writes, draws and edits.

Try it: ``python -c "from backbone import load; print(load('tiny').generate('a cat').seed)"``.
It knows no users and no memory. Names are imported when first used, so that light parts
(`backbone.config`, `backbone.catalog`) can be had without torch.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backbone.concepts import ConceptTokens, Routing
    from backbone.config import BackboneConfig, preset, preset_names
    from backbone.decoding import Score, TextOptions
    from backbone.face import Backbone
    from backbone.flow import Guidance
    from backbone.opening import load
    from backbone.painting import ImageOptions, Picture
    from backbone.reading import Reading
    from backbone.training import JointLoss, LossOptions, Sample

# Said before torch is imported: threads that wait for each other sleep. Where they spin, as they do
# otherwise, other work on the same cores makes a picture or a step take several times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HOMES = {
    "Backbone": "face",
    "BackboneConfig": "config",
    "ConceptTokens": "concepts",
    "Guidance": "flow",
    "ImageOptions": "painting",
    "JointLoss": "training",
    "LossOptions": "training",
    "Picture": "painting",
    "Reading": "reading",
    "Routing": "concepts",
    "Sample": "training",
    "Score": "decoding",
    "TextOptions": "decoding",
    "load": "opening",
    "preset": "config",
    "preset_names": "config",
}

__all__ = [
    "Backbone",
    "BackboneConfig",
    "ConceptTokens",
    "Guidance",
    "ImageOptions",
    "JointLoss",
    "LossOptions",
    "Picture",
    "Reading",
    "Routing",
    "Sample",
    "Score",
    "TextOptions",
    "load",
    "preset",
    "preset_names",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'backbone' has no attribute {name!r}")
    return getattr(import_module(f"backbone.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
