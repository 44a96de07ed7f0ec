"""Glossary: terms of the field in plain sentences, with typical values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tui.text import loss_text

if TYPE_CHECKING:
    from vae_engine.sessions.events import EpochEnded


@dataclass(frozen=True)
class Term:
    """One term of the glossary.

    Attributes:
        id: used by screens. name: as shown. meaning: its explanation. usual: good or usual values;
        may be empty.
    """

    id: str
    name: str
    meaning: str
    usual: str = ""


GLOSSARY: Final[dict[str, tuple[Term, ...]]] = {
    "The model": (
        Term(
            "vae",
            "VAE",
            "Variational autoencoder: an encoder turns an image into a few numbers, z, and a "
            "decoder turns z back into an image. Trained well, any z drawn from the prior "
            "becomes a new image.",
        ),
        Term(
            "z",
            "z",
            "The numbers that represent an image. The encoder gives each image a mean (z_mean) "
            "and a log-variance (z_log_var), and z is sampled from them.",
            "most values lie between -2 and 2",
        ),
        Term(
            "latent_dim",
            "latent dimension, d",
            "The number of values in z. More values keep more of an image; with 2, all of latent "
            "space can be drawn as a map.",
            "2 to look at, 8 to 16 for sharp MNIST digits",
        ),
        Term(
            "prior",
            "prior",
            "The distribution of z before any image is seen: a standard normal, N(0, I). A "
            "sample is a decoded z drawn from it.",
        ),
        Term(
            "posterior",
            "posterior",
            "The encoder's distribution of z for one image: a normal with mean z_mean and "
            "variance exp(z_log_var). A narrow one means that the encoder is certain.",
        ),
        Term(
            "temperature",
            "temperature",
            "Scales the z of a sample before it is decoded. Below 1 the samples are more typical "
            "and more alike, above 1 they differ more and fail more.",
            "1 is the prior itself; 0.7 to 0.9 looks cleanest",
        ),
    ),
    "Metrics": (
        Term(
            "nats",
            "nats",
            "The unit of all losses: bits with the natural logarithm, 1 nat = 1.44 bits. Always "
            "per image.",
        ),
        Term(
            "loss",
            "loss",
            "What training minimizes: reconstruction loss + beta * KL. At beta = 1 it is the "
            "negative ELBO. val loss is the loss of images that were not trained on.",
            "MNIST after 20 epochs: 137 at d = 2, 99 at d = 8, 95 at d = 16. Only sessions with "
            "the same dataset and beta can be compared",
        ),
        Term(
            "elbo",
            "ELBO",
            "Evidence lower bound: a lower bound on the log-probability of the images under the "
            "model. -ELBO = reconstruction loss + KL.",
            "the smaller -ELBO, the better the model",
        ),
        Term(
            "reconstruction_loss",
            "reconstruction loss",
            "The difference of decoded images from the originals, summed over pixels. It falls as "
            "reconstructions get sharper.",
            "MNIST: 130 at d = 2, 82 at d = 8, 74 at d = 16; never 0, since pixels are grey",
        ),
        Term(
            "kl",
            "KL",
            "Kullback-Leibler divergence of the posterior from the prior: the information in z "
            "about an image. Training balances it against the reconstruction loss.",
            "MNIST: 7 at d = 2, 17 at d = 8, 22 at d = 16; near 0 the decoder ignores z",
        ),
        Term(
            "active_units",
            "active units",
            "Dimensions of z that differ from image to image: the variance of z_mean is above "
            "0.01. The others carry no information.",
            "all of them up to about d = 13 on MNIST, some stay unused beyond",
        ),
        Term(
            "collapse",
            "collapse",
            "A dimension, or all of z, equals the prior for every image and carries no "
            "information. All samples then look alike.",
            "a smaller beta or a longer beta warm-up helps",
        ),
        Term(
            "nll",
            "NLL",
            "Negative log-likelihood, estimated with many z per image (importance weighted). "
            "Tighter than -ELBO, and never above it.",
            "a few nats below -ELBO",
        ),
        Term(
            "probe",
            "kNN%, lin%",
            "Probes: accuracy of predicting the label of a test image from its z_mean, by its "
            "neighbours or by a linear classifier. Training never uses labels.",
            "MNIST: 81 % at d = 2, 96 % and more from d = 8",
        ),
    ),
    "Training": (
        Term(
            "epoch",
            "epoch",
            "One pass over all training images, in steps of one batch each. After each epoch "
            "there is a checkpoint and a preview.",
            "20 to 50 until the loss has converged",
        ),
        Term(
            "beta",
            "beta",
            "Weight of KL in the loss. Above 1 the dimensions of z are more independent and "
            "images blurrier; below 1 the reverse.",
            "1 gives the ELBO; it increases from 0 over the first epochs (warm-up)",
        ),
        Term(
            "learning_rate",
            "learning rate",
            "Step size of Adam, the optimizer. Too large: the loss jumps or becomes nan "
            "(diverged). Too small: training takes for ever.",
            "3e-3; it decays to 0 over the last epochs",
        ),
        Term(
            "converged",
            "converged",
            "The val loss has not improved by min_delta for patience epochs: training ends "
            "before the last planned epoch.",
        ),
        Term(
            "seed",
            "seed",
            "Fixes the random weights, shuffling and noise: the same settings and seed give the "
            "same model. Several seeds show the effect of chance.",
        ),
        Term(
            "session",
            "session, run, sweep",
            "A session is a model with its history, in a folder. A run is one worker's life in "
            "it: a resumed session has several. A sweep is a grid of sessions, its trials.",
        ),
        Term(
            "checkpoint",
            "checkpoint",
            "Everything needed to continue training exactly, saved after every epoch.",
        ),
    ),
}
"""All terms, by topic."""

TERMS: Final[dict[str, Term]] = {term.id: term for terms in GLOSSARY.values() for term in terms}


def arranged(shown: Iterable[str]) -> dict[str, tuple[Term, ...]]:
    """Group the terms by heading: first those on the screen, then the others.

    Args:
        shown: ids of the terms on the screen, the most important first.
    """
    first = tuple(TERMS[term] for term in dict.fromkeys(shown))
    rest = {
        heading: left
        for heading, terms in GLOSSARY.items()
        if (left := tuple(term for term in terms if term not in first))
    }
    return {"On this screen": first, **rest} if first else rest


def epoch_values(ended: EpochEnded) -> dict[str, str]:
    """Return the values of an epoch's terms, on the validation split."""
    return {
        "loss": f"{loss_text(ended.val_loss)} nats (val loss)",
        "reconstruction_loss": f"{loss_text(ended.val_reconstruction_loss)} nats",
        "kl": f"{loss_text(ended.val_kl_loss)} nats",
        "active_units": f"{ended.active_units} of {len(ended.kl_per_dimension)}",
        "elbo": f"{loss_text(ended.val_elbo)} nats",
        "beta": f"{ended.beta:.3g}",
        "learning_rate": f"{ended.learning_rate:.2g}",
    }
