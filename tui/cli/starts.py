"""Where in latent space a command begins: the prior's mean, a sample, numbers, or an image."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tui.cli.options import with_options
from tui.cli.output import say
from tui.cli.prior_option import read_prior
from tui.text import one_line
from vae_engine.datasets import to_float
from vae_engine.errors import SettingError
from vae_engine.inference.sampling import load_encoder
from vae_engine.inference.z_text import read_z, values_in
from vae_engine.priors.names import PriorName
from vae_engine.sessions.points import find_point
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS

MEAN = "mean"
POINT = "point:"
FORMS = f"{MEAN} (of the prior), SEED, SEED:N, gmm:SEED:N, {POINT}NAME, numbers or an image file"
_MOST_DRAWN = 10_000
# Python reads no number of thousands of digits.
_SAMPLE = re.compile(r"(gmm:)?([0-9]{1,100})(?::([0-9]{1,100}))?")


@dataclass(frozen=True, eq=False)
class Start:
    """A point of latent space.

    Attributes:
        z: (d,).
        origin: what it is, in words.
    """

    z: NDArray[np.float32]
    origin: str


def read_start(option: str, text: str, session: Session) -> Start:
    """The point that a text names.

    `mean` is z = 0; `7` the first sample of seed 7, `7:3` its third, `gmm:7:3` that of the fitted
    mixture; `point:NAME` one that was named in the sampler; numbers with commas or spaces between
    are z itself; anything else is an image file, of which the first image is encoded.

    Raises:
        SettingError: it is none of these, or has another number of values.
        DatasetError: the image cannot be read.
        SessionError: nothing was exported yet.
        SessionDamagedError: the named points cannot be read.
    """
    latent_dim = session.settings.latent_dim
    if text == MEAN:
        return Start(np.zeros(latent_dim, np.float32), "the prior's mean")
    if text.startswith(POINT):
        name = text.removeprefix(POINT)
        return Start(np.array(find_point(session, name).z, np.float32), f"point {one_line(name)}")
    if found := _SAMPLE.fullmatch(text):
        prior: PriorName = "gmm" if found[1] else "standard"
        return _sample(option, session, prior, int(found[2]), int(found[3] or 1))
    if _are_numbers(text):
        return Start(read_z(text, latent_dim), "z as typed")
    if not text or not _is_file_name(text):
        raise SettingError(f"{option} is {text[:60]!r}: it must be {FORMS}")
    return _image(text, session)


def _sample(option: str, session: Session, prior: PriorName, seed: int, number: int) -> Start:
    SETTINGS["seed"].check(seed)
    if not 1 <= number <= _MOST_DRAWN:
        raise SettingError(f"{option} has sample {number}: it must be from 1 to {_MOST_DRAWN}")
    z = read_prior(session, prior).draw(number, seed=seed)[-1]
    of_mixture = " of the mixture" if prior == "gmm" else ""
    return Start(z, f"sample {number} of seed {seed}{of_mixture}")


def _is_file_name(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # Too long, a zero byte, no such user.
        return False


def _are_numbers(text: str) -> bool:
    try:
        return bool([float(word) for word in values_in(text)])
    except ValueError:
        return False


def _image(text: str, session: Session) -> Start:
    # Imported here: it brings what reads image files.
    from vae_engine.inspection.images import own_images

    encoder = load_encoder(session)
    own = own_images(text, encoder.shape, session.settings)
    for note in own.notes:
        say(with_options(note), err=True)
    z_mean, _ = encoder.encode(to_float(own.images[:1]))
    return Start(z_mean[0], f"z_mean of {one_line(Path(text).name)}")
