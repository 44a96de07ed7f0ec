"""A peer for the steps alone: our network in PyTorch, for who has it (the extra `bench`).

Run by `benchmarks.training` as ``python -m benchmarks.torch_network``; tells JSON lines.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.processes import tell
from vae_engine.datasets import load_dataset, to_float
from vae_engine.inference.architecture import level_filters
from vae_engine.settings import Settings, make_settings

WARM_STEPS = 20
ROUNDS = 3
TIMED_STEPS = 50
FORMATS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}


class TorchNetwork(nn.Module):  # type: ignore[misc]
    """Encoder and decoder as `vae_engine.model.network` builds them of the settings."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        kernel, side, channels = settings.kernel_size, 28, 1
        padding, extra = (kernel - 1) // 2, kernel % 2
        encoder: list[nn.Module] = []
        for filters in level_filters(settings):
            encoder += [nn.Conv2d(channels, filters, kernel, 2, padding), nn.ReLU()]
            side, channels = side // 2, filters
        encoder += [nn.Flatten(), *_dense(side**2 * channels, settings.dense_units)]
        self.encoder = nn.Sequential(*encoder)
        self.heads = nn.Linear(settings.dense_units[-1], 2 * settings.latent_dim)
        widths = (*reversed(settings.dense_units), side**2 * channels)
        decoder: list[nn.Module] = [*_dense(settings.latent_dim, widths)]
        decoder.append(nn.Unflatten(1, (channels, side, side)))
        for filters in (*reversed(level_filters(settings)[:-1]), 1):
            decoder += [
                nn.ConvTranspose2d(channels, filters, kernel, 2, padding, extra),
                nn.ReLU(),
            ]
            channels = filters
        self.decoder = nn.Sequential(*decoder[:-1])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The negative ELBO, nats per image, of images (n, 1, 28, 28)."""
        z_mean, z_log_var = self.heads(self.encoder(images)).chunk(2, dim=1)
        logits = self.decoder(z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean))
        entropy = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        kl = 0.5 * (z_mean.square() + z_log_var.exp() - z_log_var - 1.0).sum()
        return (entropy + kl) / len(images)


def _dense(width: int, widths: tuple[int, ...]) -> Iterator[nn.Module]:
    for units in widths:
        yield nn.Linear(width, units)
        yield nn.ReLU()
        width = units


def images_per_second(
    settings: Settings, images: torch.Tensor, memory: torch.memory_format
) -> float:
    """The best of several rounds of training steps, batches formed as in training."""
    torch.manual_seed(settings.seed)
    network = TorchNetwork(settings).to(memory_format=memory)
    optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate, fused=True)
    order = torch.randperm(len(images)).repeat(2)
    size = settings.batch_size
    seconds = []
    for steps in (WARM_STEPS, *[TIMED_STEPS] * ROUNDS):
        began = time.perf_counter()
        for step in range(steps):
            first = (step * size) % len(images)
            batch = images[order[first : first + size]].contiguous(memory_format=memory)
            optimizer.zero_grad(set_to_none=True)
            network(batch).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - began)
    return TIMED_STEPS * size / min(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--limit", type=int, default=0, help="train on the first N images")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = make_settings()
    digits = to_float(load_dataset("mnist").limited(options.limit).train_images)
    images = torch.from_numpy(np.ascontiguousarray(digits.transpose(0, 3, 1, 2)))
    for name, memory in FORMATS.items():
        tell(form=name, images_per_second=images_per_second(settings, images, memory))


if __name__ == "__main__":
    main()
