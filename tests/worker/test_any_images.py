"""Images of any kind with a real worker: killed and resumed, then used in every way."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.worker.conftest import Runner, events_until, kill
from tests.worker.test_resume import figures, has_begun, weights
from vae_engine.api.saved import SavedSession
from vae_engine.datasets import load_dataset
from vae_engine.image_shape import ImageShape
from vae_engine.inference.pictures import picture
from vae_engine.sessions import layout
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.previews import read_originals, read_preview
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings

CLASSES = ("cat", "dog", "eel")
Images = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def discs(shape: ImageShape, count: int) -> Images:
    """A disc of one colour on a ground of another, each image another one."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[: shape.height, : shape.width]
    images = np.zeros((count, *shape), np.uint8)
    for image in images:
        top, left = rng.uniform(0.3, 0.7, 2) * shape[:2]
        inside = (rows - top) ** 2 + (columns - left) ** 2 < rng.uniform(4, 20) ** 2
        colours = rng.integers(0, 256, (2, shape.channels))
        image[...] = np.where(inside[..., None], colours[0], colours[1])
    return images.reshape(count, *shape.array)


def jpegs(folder: Path, images: Images) -> Path:
    """A folder per class, of colour images of many sizes."""
    for index, image in enumerate(images):
        place = folder / CLASSES[index % 3]
        place.mkdir(parents=True, exist_ok=True)
        size = (64 + index % 7 * 16, 64 + index % 5 * 16)
        Image.fromarray(image).resize(size).save(place / f"{index}.jpg")
    return folder


def pngs(folder: Path, images: Images) -> Path:
    """One folder of images of one size."""
    folder.mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index}.png")
    return folder


def channels_first(folder: Path, images: Images) -> Path:
    """An array (n, 3, h, w) with labels."""
    path = folder.with_suffix(".npz")
    np.savez(path, images=images.transpose(0, 3, 1, 2), labels=np.arange(len(images)) % 3)
    return path


def table(folder: Path, images: Images) -> Path:
    """A column per pixel, and one of labels."""
    path = folder.with_suffix(".csv")
    rows = np.column_stack([np.arange(len(images)) % 3, images.reshape(len(images), -1)])
    head = ",".join(["label", *(f"pixel{index}" for index in range(rows.shape[1] - 1))])
    np.savetxt(path, rows, "%d", ",", header=head, comments="")
    return path


KINDS: dict[str, tuple[ImageShape, Callable[[Path, Images], Path]]] = {
    "jpegs in classes": (ImageShape(64, 64, 3), jpegs),
    "48x80 pngs": (ImageShape(48, 80, 1), pngs),
    "channels first": (ImageShape(32, 32, 3), channels_first),
    "a table": (ImageShape(28, 28, 1), table),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_images_of_any_kind_resume_with_the_same_bits_and_work_everywhere(
    runner: Runner, tmp_path: Path, name: str
) -> None:
    shape, write = KINDS[name]
    path = write(tmp_path / "discs", discs(shape, 90))
    settings = make_settings(
        dataset=str(path), latent_dim=3, epochs=4, min_epochs=4, batch_size=4, threads=1,
        filters=(8, 8, 16), dense_units=(32,), free_bits=0.1, likelihood="auto",
        augment="flip_shift", network="residual" if shape.channels == 1 else "plain",
    )  # fmt: skip
    undisturbed = runner.complete(runner.create(settings))
    assert undisturbed.status() == "completed", undisturbed.log.stop_reason
    assert undisturbed.image_shape == shape
    assert undisturbed.likelihood == ("gaussian" if shape.channels == 3 else "bernoulli")
    prepared = undisturbed.log.prepared
    assert prepared is not None
    assert prepared.label_names == (CLASSES if write is jpegs else ())

    killed = runner.create(settings)
    runner.start(killed)
    events_until(killed, lambda: has_begun(killed, 2))
    kill(killed)
    runner.complete(killed)
    assert weights(killed) == weights(undisturbed)
    assert figures(killed) == figures(undisturbed)

    check_files(undisturbed, shape)
    export_session(undisturbed, tmp_path / "slim.zip", slim=True)
    slim = import_session(SessionStore(tmp_path / "other"), tmp_path / "slim.zip")
    check_use(SavedSession(slim), load_dataset(path).test_images, shape)


def check_files(session: Session, shape: ImageShape) -> None:
    """Pictures, previews and models have the images' shape."""
    originals = read_originals(session.folder, shape)
    preview = read_preview(session.folder, 4, shape)
    assert originals is not None
    assert preview is not None
    sheet = np.asarray(Image.open(session.folder / layout.RECONSTRUCTIONS))
    pairs = np.concatenate([originals.images, preview.reconstructions])
    assert sheet.shape == picture(pairs, len(originals.images)).shape
    model = keras.models.load_model(session.folder / layout.KERAS_MODEL)
    outputs = dict(zip(model.output_names, model(np.zeros((2, *shape), np.float32)), strict=True))
    assert outputs["images"].shape == (2, *shape)
    assert ("log_sigma" in outputs) == (shape.channels == 3)
    from ai_edge_litert.interpreter import Interpreter

    decoder = Interpreter(str(session.folder / layout.LITERT_DECODER)).get_signature_runner()
    (images,) = decoder(z=np.zeros((1, 3), np.float32)).values()
    assert images.shape == (1, *shape)
    result = session.result()
    assert result is not None
    assert (result.log_sigma is not None) == (shape.channels == 3)
    assert result.test_bits_per_dimension is not None


def check_use(
    saved: SavedSession,
    images: NDArray[Any],
    shape: ImageShape,
) -> None:
    """What notebooks do."""
    assert saved.sample(5).shape == (5, *shape.array)
    reconstructions = saved.reconstruct(images[:4])
    assert reconstructions.shape == (4, *shape.array)
    assert 0 <= reconstructions.min() <= reconstructions.max() <= 1
    record = saved.evaluate(samples=3)
    assert record.likelihood == saved.session.likelihood
    assert record.nll is not None
    assert record.bits_per_dimension is not None
    # Near the loss of the worker, which drew other z.
    result = saved.result()
    assert result is not None
    assert record.negative_elbo == pytest.approx(result.test_loss, rel=0.2)
