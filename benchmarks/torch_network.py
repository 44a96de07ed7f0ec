"""Our network in PyTorch, to compare the training steps; needs PyTorch.

Run by `benchmarks.training` as ``python -m benchmarks.torch_network``; prints JSON lines.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.processes import tell
from benchmarks.workloads import COLOUR, MNIST, WORKLOADS, workload_settings
from vae_engine.datasets import load_dataset, to_float
from vae_engine.image_shape import ImageShape
from vae_engine.inference.architecture import dense_units, hidden_activation, level_filters
from vae_engine.likelihoods import pixel_likelihood
from vae_engine.settings import Settings

_SIZES = {MNIST: (20, 50), COLOUR: (5, 15)}
"""Steps that warm up, and timed ones, by workload."""
ROUNDS = 3
_COLOUR_IMAGES = 2560
FORMS: dict[str, tuple[torch.memory_format, bool]] = {
    "contiguous": (torch.contiguous_format, False),
    "channels last": (torch.channels_last, False),
    "channels last, compiled": (torch.channels_last, True),
}
"""Memory format, and whether `torch.compile` compiles the loss."""
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "silu": nn.SiLU,
}


class TorchNetwork(nn.Module):  # type: ignore[misc]
    """Encoder and decoder as `vae_engine.model.network` builds them of the settings.

    The images are square, and their sides a multiple of 2 to the power of the number of levels.
    """

    def __init__(self, settings: Settings, shape: ImageShape) -> None:
        super().__init__()
        kernel, side, channels = settings.kernel_size, shape.height, shape.channels
        padding, extra = (kernel - 1) // 2, kernel % 2
        activation = ACTIVATIONS[hidden_activation(settings, shape)]
        encoder: list[nn.Module] = []
        every, units = level_filters(settings, shape), dense_units(settings, shape)
        for filters in every:
            encoder += [nn.Conv2d(channels, filters, kernel, 2, padding), activation()]
            side, channels = side // 2, filters
        encoder += [nn.Flatten(), *_dense(side**2 * channels, units, activation)]
        self.encoder = nn.Sequential(*encoder)
        self.heads = nn.Linear(units[-1], 2 * settings.latent_dim)
        widths = (*reversed(units), side**2 * channels)
        decoder: list[nn.Module] = [*_dense(settings.latent_dim, widths, activation)]
        decoder.append(nn.Unflatten(1, (channels, side, side)))
        for filters in (*reversed(every[:-1]), shape.channels):
            decoder += [
                nn.ConvTranspose2d(channels, filters, kernel, 2, padding, extra),
                activation(),
            ]
            channels = filters
        self.decoder = nn.Sequential(*decoder[:-1])
        is_gaussian = pixel_likelihood(settings, shape) == "gaussian"
        self.log_sigma = nn.Parameter(torch.tensor(math.log(0.25))) if is_gaussian else None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """The negative ELBO, nats per image, of images (n, channels, height, width)."""
        z_mean, z_log_var = self.heads(self.encoder(images)).chunk(2, dim=1)
        logits = self.decoder(z_mean + torch.exp(0.5 * z_log_var) * torch.randn_like(z_mean))
        if self.log_sigma is None:
            loss = functional.binary_cross_entropy_with_logits(logits, images, reduction="sum")
        else:
            scaled = (images - torch.sigmoid(logits)) * torch.exp(-self.log_sigma)
            constant = self.log_sigma + 0.5 * math.log(2.0 * math.pi)
            loss = 0.5 * scaled.square().sum() + constant * images.numel()
        kl = 0.5 * (z_mean.square() + z_log_var.exp() - z_log_var - 1.0).sum()
        return (loss + kl) / len(images)


def _dense(
    width: int, widths: tuple[int, ...], activation: Callable[[], nn.Module]
) -> Iterator[nn.Module]:
    for units in widths:
        yield nn.Linear(width, units)
        yield activation()
        width = units


def images_per_second(workload: str, images: torch.Tensor, form: str) -> float:
    """The best of several rounds of training steps, batches formed as in training.

    Raises:
        Exception: this form does not work here; `torch.compile` raises many types.
    """
    settings = workload_settings(workload)
    memory, is_compiled = FORMS[form]
    torch.manual_seed(settings.seed)
    network = TorchNetwork(settings, WORKLOADS[workload]).to(memory_format=memory)
    loss = torch.compile(network) if is_compiled else network
    warm, timed = _SIZES[workload]
    optimizer = torch.optim.AdamW(
        network.parameters(),
        settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )
    order = torch.randperm(len(images)).repeat(2)
    size = settings.batch_size
    seconds = []
    for steps in (warm, *[timed] * ROUNDS):
        began = time.perf_counter()
        for step in range(steps):
            first = (step * size) % len(images)
            batch = images[order[first : first + size]].contiguous(memory_format=memory)
            optimizer.zero_grad(set_to_none=True)
            loss(batch).backward()
            optimizer.step()
        seconds.append(time.perf_counter() - began)
    return timed * size / min(seconds[1:])


def _images(workload: str, limit: int) -> torch.Tensor:
    """The images of a workload, (n, channels, height, width), floats from 0 to 1."""
    if workload == MNIST:
        pixels = to_float(load_dataset("mnist").limited(limit).train_images)
    else:
        rng = np.random.default_rng(0)
        pixels = rng.random((_COLOUR_IMAGES, *WORKLOADS[workload]), np.float32)
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--limit", type=int, default=0, help="train on the first N images")
    parser.add_argument("--workload", choices=WORKLOADS, default=MNIST)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images = _images(options.workload, options.limit)
    for form, (_, is_compiled) in FORMS.items():
        try:
            rate = images_per_second(options.workload, images, form)
        # Without a compiler, for example; the other forms count all the same.
        except Exception as error:
            if not is_compiled:
                raise
            tell(form=form, images_per_second=0.0, error=str(error).splitlines()[0])
        else:
            tell(form=form, images_per_second=rate)


if __name__ == "__main__":
    main()
