"""Runs as TensorBoard's own reader sees them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from vae_engine.inference.pictures import picture
from vae_engine.sessions.previews import read_originals, read_preview
from vae_engine.sessions.session import Session
from vae_engine.tensorboard.summaries import EPOCH_TAGS, KL_TAG, reconstruction_sheet

Pixels = NDArray[np.uint8]


class Run:
    """All that TensorBoard finds in a run's folder."""

    def __init__(self, folder: Path) -> None:
        everything = {"scalars": 0, "images": 0, "tensors": 0}
        self.folder = folder
        self._found = EventAccumulator(str(folder), size_guidance=everything)
        self._found.Reload()

    def scalars(self, tag: str) -> list[tuple[int, float, float]]:
        """Step, value and time of every point, in the order of the file."""
        return [(point.step, point.value, point.wall_time) for point in self._found.Scalars(tag)]

    def tags(self) -> set[str]:
        return set(self._found.Tags()["scalars"])

    def images(self, tag: str) -> list[tuple[int, Pixels]]:
        return [
            (found.step, pixels(found.encoded_image_string)) for found in self._found.Images(tag)
        ]

    def settings(self) -> dict[str, Any]:
        """The hyperparameters, numbers as floats."""
        content = self._hparams[metadata.SESSION_START_INFO_TAG]
        start = metadata.parse_session_start_info_plugin_data(content)
        return {
            name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()
        }

    def experiment(self) -> Any:
        return metadata.parse_experiment_plugin_data(self._hparams[metadata.EXPERIMENT_TAG])

    def outcome(self) -> int | None:
        content = self._hparams.get(metadata.SESSION_END_INFO_TAG)
        if content is None:
            return None
        return int(metadata.parse_session_end_info_plugin_data(content).status)

    @property
    def _hparams(self) -> dict[str, bytes]:
        found: dict[str, bytes] = self._found.PluginTagToContent("hparams")
        return found


def pixels(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "L"
        return np.asarray(image)


def assert_tells_the_history(run: Run, session: Session) -> None:
    """Every epoch once, in order, with the figures of the log and the pixels of the previews."""
    session.poll()
    history = session.log.history
    assert history
    for tag, name in EPOCH_TAGS.items():
        told = [(one.epoch, float(np.float32(getattr(one, name))), one.time) for one in history]
        assert run.scalars(tag) == told, tag
    for dimension in range(session.settings.latent_dim):
        kl = [float(np.float32(one.kl_per_dimension[dimension])) for one in history]
        assert [value for _, value, _ in run.scalars(KL_TAG.format(dimension))] == kl
    assert_shows_the_previews(run, session)


def assert_shows_the_previews(run: Run, session: Session) -> None:
    originals = read_originals(session.folder)
    sheets, samples = run.images("images/reconstructions"), run.images("images/samples")
    epochs = [one.epoch for one in session.log.history]
    assert [step for step, _ in sheets] == [step for step, _ in samples] == epochs
    for (epoch, sheet), (_, sample) in zip(sheets, samples, strict=True):
        preview = read_preview(session.folder, epoch)
        assert preview is not None
        np.testing.assert_array_equal(sheet, reconstruction_sheet(preview, originals))
        np.testing.assert_array_equal(sample, picture(preview.samples, 8))
