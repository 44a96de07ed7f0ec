"""Saves a page of images with their reconstructions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tui.data_browser.page import Page
from vae_engine.errors import EngineError
from vae_engine.sessions.arrays import write_npz


def save_page(page: Page, session: str, epoch: int, folder: Path) -> tuple[Path, Path]:
    """Write a `.png` of the pairs, and an `.npz` of the images and their figures.

    Args:
        page: what to save.
        session: its id.
        epoch: of the weights.
        folder: where to.

    Returns:
        The two new files; none that exists is replaced.

    Raises:
        EngineError: the folder cannot be written.
    """
    # Pillow: few pages are saved, and the screen should open quickly.
    from vae_engine.inference.pictures import free_names, picture, save_png

    images = page.images
    png, npz = free_names(f"{session}-epoch{epoch}-{images.split}", folder, (".png", ".npz"))
    columns = max(1, round(len(images.indices) ** 0.5 / 1.4))
    scores = page.scores()
    try:
        save_png(png, picture(page.pairs, columns))
        write_npz(
            npz,
            {
                "originals": images.originals.values,
                "reconstructions": images.reconstructions.values,
                "indices": np.array(images.indices),
                "negative_elbo": scores.negative_elbo,
                "reconstruction_loss": scores.reconstruction_loss,
                "kl_loss": scores.kl_loss,
                "z_mean": images.z_mean.values,
                "z_log_var": images.z_log_var.values,
                "split": np.asarray(images.split),
                "session": np.asarray(session),
                "epoch": np.asarray(epoch),
            },
        )
    except OSError as error:
        raise EngineError(f"{folder} cannot be written: {error.strerror}") from None
    return png, npz
