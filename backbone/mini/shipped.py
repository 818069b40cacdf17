"""The one file of trained weights that comes with the package, and a whole model made of it.

The file holds everything the recipe trained, in bf16: the autoencoder, the generation expert with
its ways in and out, low-rank updates of the language model, the connector and both concept
encoders. What it stands on comes with other packages: SmolLM2 and EfficientNet-Lite0.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor, nn

from backbone.blank import to_dtype
from backbone.concepts import ConceptTable
from backbone.folder import save_folder
from backbone.mini.assembly import open_model
from backbone.mini.concept_encoder import ConceptEncoder
from backbone.mini.lora import add_lora, merge
from backbone.mini.row_encoder import RowEncoder
from backbone.model import UnifiedModel
from backbone.tokenizer import FolderTokenizer, Tokenizer
from omni_errors import TensorError

__all__ = [
    "ENCODERS",
    "Encoders",
    "assemble",
    "build",
    "drawing_parameters",
    "encoder_state",
    "read_encoders",
    "write",
]

ENCODERS = "encoders.safetensors"
# whitening blows rounded means up
_PRECISE = ("connector.mean", "connector.components", "connector.telling")
_PARTS = ("autoencoder.", "connector.", "encoder.", "lora.", "model.", "rows.")


@dataclass(frozen=True)
class Encoders:
    """What writes a concept's first rows: those that are read, and those that are drawn from."""

    und: ConceptEncoder
    gen: RowEncoder


def write(tensors: Mapping[str, Tensor], path: Path, notes: Mapping[str, str]) -> None:
    """Write trained tensors as bf16 (the fixed map of features as float32), and notes on them.

    Raises:
        TensorError: if a name belongs to no part.
    """
    strange = [name for name in tensors if not name.startswith(_PARTS)]
    if strange:
        raise TensorError(f"{strange[0]} belongs to no part; parts are {', '.join(_PARTS)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded = {
        name: t.detach().to(torch.float32 if name in _PRECISE else torch.bfloat16).contiguous()
        for name, t in tensors.items()
    }
    save_file(rounded, path, metadata={"format": "pt", **notes})


def build(trunk: Path, shipped: Path, out: Path) -> None:
    """Write a whole model folder, with its concept encoders beside it; completely, or not at all.

    Raises:
        TensorError: if the shipped file does not fit.
    """
    tensors = load_file(shipped)
    model = open_model(trunk)
    encoders = assemble(model, FolderTokenizer(trunk), tensors)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        save_folder(model, partial / "model", tokenizer=trunk)
        save_file(encoder_state(encoders), partial / "model" / ENCODERS)
        (partial / "model").replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@torch.no_grad()
def assemble(model: UnifiedModel, tokenizer: Tokenizer, tensors: Mapping[str, Tensor]) -> Encoders:
    """Put trained tensors into a fresh model, low-rank updates merged, and into its encoders.

    Raises:
        TensorError: if a tensor is missing or unknown.
    """
    lora = add_lora(model, Generator())
    config = model.config
    channels = config.patch_latent_dim // config.latent_patch_size**2
    encoders = _blank_encoders(model, channels, config.gen_width)
    plain = ConceptTable(model.config.trunk.vocab_size)
    encoders.und.start(model.embed_ids(tokenizer.encode(" it")[:1], plain)[0].float())
    if model.connector is None or model.autoencoder is None:
        raise TensorError(f"{model.config.name} lacks a connector or an autoencoder.")
    places: dict[str, Tensor] = {f"lora.{name}": p for name, p in lora.items()}
    places |= _named("connector.", model.connector.state_dict())
    places |= _named("autoencoder.", model.autoencoder.state_dict())
    places |= _named("encoder.", encoders.und.state_dict())
    places |= _named("rows.", encoders.gen.state_dict())
    places |= _named("model.", drawing_parameters(model))
    _fill(places, tensors)
    merge(model)
    to_dtype(model, torch.bfloat16)
    return encoders


def drawing_parameters(model: UnifiedModel) -> dict[str, Tensor]:
    """Name the parameters of the generation expert and of its ways in and out."""
    starts = ("vae2llm", "llm2vae", "time_embedder")
    named = model.named_parameters()
    return {name: p for name, p in named if "_moe_gen" in name or name.startswith(starts)}


def _named(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


def _fill(places: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    for name in sorted(places.keys() ^ tensors.keys()):
        known = "is missing" if name in places else "is unknown"
        raise TensorError(f"In the shipped weights {name} {known}.", hint="Install again.")
    for name, place in places.items():
        place.copy_(tensors[name])


def _blank_encoders(model: UnifiedModel, channels: int, gen_width: int) -> Encoders:
    """Build concept encoders, their weights still to come."""
    with torch.random.fork_rng(devices=[]):
        und = ConceptEncoder(model.config.trunk.understanding.hidden_size)
        gen = RowEncoder(channels, gen_width)
    return Encoders(und, gen)


def encoder_state(encoders: Encoders) -> dict[str, Tensor]:
    """Return the weights of both encoders by the names they are kept under."""
    parts: Iterable[tuple[str, nn.Module]] = (("und.", encoders.und), ("gen.", encoders.gen))
    return {
        prefix + name: tensor.detach().contiguous()
        for prefix, module in parts
        for name, tensor in module.state_dict().items()
    }


def read_encoders(folder: Path, model: UnifiedModel) -> Encoders | None:
    """Read the concept encoders beside a model, or None if it has none."""
    path = folder / ENCODERS
    if not path.is_file():
        return None
    tensors = load_file(path)
    # by the file, since a model that only understands has neither latents nor another width
    sizes = len(tensors["gen.mean"]), len(tensors["gen.steady"])
    encoders = _blank_encoders(model, *sizes)
    for prefix, module in (("und.", encoders.und), ("gen.", encoders.gen)):
        own = {k.removeprefix(prefix): t for k, t in tensors.items() if k.startswith(prefix)}
        module.load_state_dict(own)
        module.requires_grad_(False).eval()
    return encoders
