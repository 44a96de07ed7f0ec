"""Sessions of images of any shape, as a worker would have left them, with random weights."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vae_engine.image_shape import ImageShape
from vae_engine.inference import architecture
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.previews import Originals, Preview, write_originals, write_preview
from vae_engine.sessions.records import ExportEntry, ExportIndex
from vae_engine.sessions.session import Session

SETTINGS: dict[str, Any] = {"filters": (4, 8), "dense_units": (16,), "likelihood": "gaussian"}
"""What sessions that are given a shape have to be recorded with."""


def give_shape(session: Session, shape: ImageShape, *epochs: int) -> None:
    """Replace a recorded session's previews and exports by those of images of this shape."""
    random = np.random.default_rng(5)

    def images(count: int) -> NDArray[np.uint8]:
        return random.integers(0, 256, (count, *shape.array), dtype=np.uint8)

    write_originals(session.folder, Originals(images(10), np.arange(10)))
    for epoch in epochs:
        write_preview(session.folder, epoch, Preview(images(10), images(64)))
    settings, epoch = session.settings, epochs[-1]
    layers = {
        "encoder": architecture.encoder_layers(settings, shape),
        "decoder": architecture.decoder_layers(settings, shape),
    }
    names, digests = {}, {}
    for part, its_layers in layers.items():
        arrays = {
            name: random.normal(0, 0.2, wanted).astype(np.float32)
            for layer in its_layers
            for name, wanted in layer.arrays.items()
        }
        if part == "decoder":
            further = architecture.likelihood_arrays(settings, shape)
            arrays |= {name: np.full(wanted, -1, np.float32) for name, wanted in further.items()}
        names[part] = layout.export_file(part, epoch)
        write_npz(session.folder / names[part], arrays)
        digests[part] = hashlib.sha256((session.folder / names[part]).read_bytes()).hexdigest()
    entry = ExportEntry(
        epoch=epoch,
        step=0,
        encoder=names["encoder"],
        encoder_sha256=digests["encoder"],
        decoder=names["decoder"],
        decoder_sha256=digests["decoder"],
        image_shape=(shape.height, shape.width, shape.channels),
    )
    atomic.write_record(
        session.folder / layout.EXPORTS / layout.INDEX, ExportIndex(current=entry, kept=[entry])
    )
