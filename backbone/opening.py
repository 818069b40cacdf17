"""Open a model by name or folder, with its tokenizer, ready to be used."""

from pathlib import Path

from backbone.face import Backbone
from backbone.loading import LoadOptions, load_model, model_folder
from backbone.tokenizer import tokenizer_for

__all__ = ["load"]


def load(source: str | Path, options: LoadOptions | None = None) -> Backbone:
    """Open a model: a name of `omni model list`, or a folder.

    Raises:
        NotFoundError: if the source is neither a name nor a folder.
        WeightsError: if its files cannot be used.
        ResourceError: if memory, the device or a package is missing.
    """
    folder = model_folder(source)
    model = load_model(source, options=options)
    face = Backbone(model, tokenizer_for(model.config.tokenizer, folder))
    if folder is not None and (folder / "encoders.safetensors").is_file():
        from backbone.mini.writer import open_writer

        face.writer = open_writer(folder, face.words)
    return face
