"""The other encoders a config may name."""

from dataclasses import replace

import pytest
import torch
from torch import Generator

from backbone.autoencoder import PixelAutoencoder, sample_posterior
from backbone.config import EfficientNetConfig, ImageTransform, PixelConfig, SiglipConfig
from backbone.efficientnet import EfficientNetEncoder
from backbone.model import UnifiedModel
from backbone.vision import SiglipEncoder
from omni_errors import InputError
from tests.backbone import small
from tests.backbone.small import noise


def test_the_posterior_is_the_mean_unless_noise_or_chance_is_handed_in() -> None:
    moments = noise(1, 8, 3, 3)
    mean, log_variance = moments.chunk(2, dim=1)
    assert torch.equal(sample_posterior(moments), mean)
    given = noise(1, 4, 3, 3, seed=8)
    wanted = mean + (log_variance / 2).exp() * given
    torch.testing.assert_close(sample_posterior(moments, noise=given), wanted)
    drawn = [sample_posterior(moments, generator=Generator().manual_seed(s)) for s in (1, 1, 2)]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_the_pixel_autoencoder_starts_as_its_linear_part() -> None:
    autoencoder = PixelAutoencoder(PixelConfig(4, 48, 8, 1))
    with torch.no_grad():
        for half in (autoencoder.encoder, autoencoder.decoder):
            torch.nn.init.eye_(half.linear.weight[:, :, 0, 0])
            torch.nn.init.zeros_(half.linear.bias)  # type: ignore[arg-type]
        pixels = noise(2, 3, 16, 24)
        torch.testing.assert_close(autoencoder.decode(autoencoder.encode(pixels)), pixels)


def test_the_pixel_autoencoder_is_certain_of_its_code() -> None:
    autoencoder = PixelAutoencoder(PixelConfig(4, 6, 8, 1))
    drawn = autoencoder.encode(noise(1, 3, 8, 8), generator=Generator().manual_seed(1))
    torch.testing.assert_close(drawn, autoencoder.encode(noise(1, 3, 8, 8)), atol=1e-5, rtol=0)


def test_scale_and_shift_are_undone_by_decoding() -> None:
    autoencoder = PixelAutoencoder(PixelConfig(4, 6, 8, 1, scale_factor=2.0, shift_factor=0.5))
    pixels = noise(1, 3, 8, 8)
    scaled = autoencoder.encode(pixels)
    torch.testing.assert_close(scaled, 2 * (autoencoder.moments(pixels)[:, :6] - 0.5))
    torch.testing.assert_close(autoencoder.decode(scaled), autoencoder.pixels(scaled / 2 + 0.5))


@pytest.fixture(scope="module")
def efficientnet() -> EfficientNetEncoder:
    return EfficientNetEncoder(EfficientNetConfig())


def test_efficientnet_gives_49_tokens_for_224_pixels(efficientnet: EfficientNetEncoder) -> None:
    tokens = efficientnet(noise(2, 3, 224, 224).clamp(-1, 1))
    assert tokens.shape == (2, 49, 1280)
    assert efficientnet.grid(224, 224) == (7, 7)


def test_efficientnet_stays_in_inference_mode(efficientnet: EfficientNetEncoder) -> None:
    efficientnet.train()
    images = noise(2, 3, 64, 64)
    assert torch.equal(efficientnet(images), efficientnet(images))
    assert not any(p.requires_grad for p in efficientnet.parameters())


def test_efficientnet_knows_what_it_learned(efficientnet: EfficientNetEncoder) -> None:
    flat, bright = torch.zeros(1, 3, 64, 64), noise(1, 3, 64, 64).clamp(-1, 1)
    grey, colourful = (efficientnet(image).mean(1) for image in (flat, bright))
    assert torch.cosine_similarity(grey, colourful).item() < 0.9


def test_a_config_may_name_another_encoder() -> None:
    config = replace(
        small.config(),
        vision=EfficientNetConfig(pretrained=False),
        vit_transform=ImageTransform(224, 64, 32),
    )
    model = UnifiedModel(config).eval()
    tokens = model.encode_images([noise(3, 64, 96)])
    assert tokens[0].shape == (2 * 3, 80)


def test_both_position_tables_are_numbered_by_one_side() -> None:
    vision = small.config().vision
    assert isinstance(vision, SiglipConfig)
    encoder = SiglipEncoder(vision, side=12)
    assert encoder.number(2, 3, encoder.side).tolist() == [0, 1, 2, 12, 13, 14]
    with pytest.raises(InputError, match="exceeds the encoder's 100 positions"):
        encoder(noise(1, 3, 10 * 14, 10 * 14))


def test_classes_are_known_only_with_the_weights_that_tell_them_apart() -> None:
    config = EfficientNetConfig(tokens_per_side=None)
    images = noise(1, 3, 64, 64).clamp(-1, 1)
    told = EfficientNetEncoder(config).classify(images)
    assert told is not None and told.shape == (1, 1000)
    torch.testing.assert_close(told.sum(), torch.tensor(1.0))
    assert EfficientNetEncoder(replace(config, pretrained=False)).classify(images) is None


def test_a_model_without_classes_guesses_none() -> None:
    assert small.backbone().guess_class([small.photo()]) == ()
