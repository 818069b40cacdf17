"""The latent autoencoder in FLUX layout (BAGEL specification §8).

Pixels in [-1, 1] to scaled latents and back. The posterior is never sampled by accident: the
caller hands in the noise, a generator, or neither for the mean.

Letters: ``n`` images, ``z`` latent channels, ``H W`` pixels, ``h w`` latent sides.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from backbone.config import FluxConfig, PixelConfig

__all__ = ["Autoencoder", "FluxAutoencoder", "PixelAutoencoder", "sample_posterior"]


def sample_posterior(
    moments: Tensor, *, noise: Tensor | None = None, generator: Generator | None = None
) -> Tensor:
    """Pick a latent from ``moments [n, 2z, h, w]``: with noise, drawn, or the mean (§8)."""
    mean, log_variance = moments.chunk(2, dim=1)
    if noise is None and generator is None:
        return mean
    if noise is None:
        noise = torch.randn(mean.shape, generator=generator).to(mean)
    return mean + (0.5 * log_variance).exp() * noise


class Autoencoder(nn.Module):
    """Say what every autoencoder offers: scaled latents ``[n, z, h, w]`` of pixels and back."""

    def __init__(self, scale_factor: float, shift_factor: float) -> None:
        super().__init__()
        self.scale_factor, self.shift_factor = scale_factor, shift_factor

    def moments(self, pixels: Tensor) -> Tensor:
        """Return mean and log-variance ``[n, 2z, h, w]``, unscaled."""
        raise TypeError(f"{type(self).__name__} computes no moments")

    def pixels(self, latent: Tensor) -> Tensor:
        """Return pixels ``[n, 3, H, W]`` of an unscaled latent."""
        raise TypeError(f"{type(self).__name__} decodes nothing")

    def encode(
        self, pixels: Tensor, *, noise: Tensor | None = None, generator: Generator | None = None
    ) -> Tensor:
        """Return the scaled latent: the mean, or sampled if noise or a generator is given."""
        latent = sample_posterior(self.moments(pixels), noise=noise, generator=generator)
        return self.scale_factor * (latent - self.shift_factor)

    def decode(self, latent: Tensor) -> Tensor:
        """Return pixels, not clamped, of a scaled latent."""
        return self.pixels(latent / self.scale_factor + self.shift_factor)


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(32, channels, eps=1e-6)


class _ResnetBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = _norm(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = _norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.changes = inputs != outputs
        if self.changes:
            self.nin_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        out: Tensor = h + (self.nin_shortcut(x) if self.changes else x)
        return out


class _AttnBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = _norm(channels)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        normed = self.norm(x)
        parts = (p(normed).flatten(2).transpose(1, 2)[:, None] for p in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(*parts)[:, 0].transpose(1, 2).reshape(x.shape)
        out: Tensor = x + self.proj_out(mixed)
        return out


class _Downsample(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        # Padded right and bottom only: symmetric padding shifts the picture.
        out: Tensor = self.conv(F.pad(x, (0, 1, 0, 1)))
        return out


class _Upsample(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


class _Level(nn.Module):
    """One resolution of either half: blocks, then perhaps a change of size."""

    def __init__(self, widths: list[int], resize: tuple[str, nn.Module] | None) -> None:
        super().__init__()
        pairs = zip(widths, widths[1:], strict=False)
        self.block = nn.ModuleList(_ResnetBlock(a, b) for a, b in pairs)
        self.resize = resize[0] if resize else ""
        if resize:
            self.add_module(*resize)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.block:
            x = block(x)
        return getattr(self, self.resize)(x) if self.resize else x


class _Middle(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block_1 = _ResnetBlock(channels, channels)
        self.attn_1 = _AttnBlock(channels)
        self.block_2 = _ResnetBlock(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block_2(self.attn_1(self.block_1(x)))
        return out


class _Encoder(nn.Module):
    def __init__(self, config: FluxConfig) -> None:
        super().__init__()
        widths = [config.ch * m for m in config.ch_mult]
        self.conv_in = nn.Conv2d(config.in_channels, config.ch, 3, padding=1)
        self.down = nn.ModuleList()
        before = config.ch
        for level, width in enumerate(widths):
            last = level == len(widths) - 1
            resize = None if last else ("downsample", _Downsample(width))
            self.down.append(_Level([before] + [width] * config.num_res_blocks, resize))
            before = width
        self.mid = _Middle(before)
        self.norm_out = _norm(before)
        self.conv_out = nn.Conv2d(before, 2 * config.z_channels, 3, padding=1)

    def forward(self, pixels: Tensor) -> Tensor:
        x = self.conv_in(pixels)
        for level in self.down:
            x = level(x)
        out: Tensor = self.conv_out(F.silu(self.norm_out(self.mid(x))))
        return out


class _Decoder(nn.Module):
    def __init__(self, config: FluxConfig) -> None:
        super().__init__()
        widths = [config.ch * m for m in config.ch_mult]
        self.conv_in = nn.Conv2d(config.z_channels, widths[-1], 3, padding=1)
        self.mid = _Middle(widths[-1])
        levels, before = [], widths[-1]
        for level in reversed(range(len(widths))):
            width = widths[level]
            resize = ("upsample", _Upsample(width)) if level else None
            levels.append(_Level([before] + [width] * (config.num_res_blocks + 1), resize))
            before = width
        # The release numbers levels by resolution, highest first; they run in reverse.
        self.up = nn.ModuleList(reversed(levels))
        self.norm_out = _norm(before)
        self.conv_out = nn.Conv2d(before, config.out_ch, 3, padding=1)

    def forward(self, latent: Tensor) -> Tensor:
        x = self.mid(self.conv_in(latent))
        for index in reversed(range(len(self.up))):
            x = self.up[index](x)
        out: Tensor = self.conv_out(F.silu(self.norm_out(x)))
        return out


class FluxAutoencoder(Autoencoder):
    """Encode by convolutions in FLUX layout, with its key names."""

    def __init__(self, config: FluxConfig) -> None:
        super().__init__(config.scale_factor, config.shift_factor)
        self.encoder = _Encoder(config)
        self.decoder = _Decoder(config)

    def moments(self, pixels: Tensor) -> Tensor:
        """Return mean and log-variance, unscaled."""
        out: Tensor = self.encoder(pixels)
        return out

    def pixels(self, latent: Tensor) -> Tensor:
        """Return pixels of an unscaled latent."""
        out: Tensor = self.decoder(latent)
        return out


class _ConvBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.conv2(F.silu(self.conv1(F.silu(x))))
        return out


class _Residual(nn.Module):
    """A linear map of each place plus a convolutional correction that starts at zero."""

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int) -> None:
        super().__init__()
        self.linear = nn.Conv2d(inputs, outputs, 1)
        self.conv_in = nn.Conv2d(inputs, width, 3, padding=1)
        self.blocks = nn.ModuleList(_ConvBlock(width) for _ in range(blocks))
        self.conv_out = nn.Conv2d(width, outputs, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias if self.conv_out.bias is not None else torch.empty(0))

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_in(x)
        for block in self.blocks:
            h = block(h)
        out: Tensor = self.linear(x) + self.conv_out(F.silu(h))
        return out


class PixelAutoencoder(Autoencoder):
    """Encode blocks of pixels without ever convolving at full resolution; no variance.

    The linear part can hold a principal-component basis, the convolutions learn the rest.
    """

    def __init__(self, config: PixelConfig) -> None:
        super().__init__(config.scale_factor, config.shift_factor)
        self.block = config.downsample
        inputs = config.in_channels * config.downsample**2
        self.encoder = _Residual(inputs, config.z_channels, config.width, config.num_blocks)
        self.decoder = _Residual(config.z_channels, inputs, config.width, config.num_blocks)

    def moments(self, pixels: Tensor) -> Tensor:
        """Return the code as mean, with a log-variance that means "certain"."""
        code = self.encoder(F.pixel_unshuffle(pixels, self.block))
        return torch.cat([code, torch.full_like(code, -60.0)], dim=1)

    def pixels(self, latent: Tensor) -> Tensor:
        """Return pixels of an unscaled latent."""
        return F.pixel_shuffle(self.decoder(latent), self.block)
