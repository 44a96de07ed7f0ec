"""The nearest training images, against a search by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from tests.tui.recorder import Recorder
from tests.tui.shaped import SETTINGS, give_shape
from vae_engine.image_shape import ImageShape
from vae_engine.inference.exported import load_model
from vae_engine.inspection import neighbours
from vae_engine.inspection.neighbours import nearest_images


@pytest.mark.parametrize("shape", [ImageShape(12, 16, 3), ImageShape(8, 8, 1)])
@pytest.mark.parametrize("values", [1, 2000, 2**20])
def test_they_are_those_of_a_search_by_brute_force(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch, shape: ImageShape, values: int
) -> None:
    monkeypatch.setattr(neighbours, "_VALUES_AT_ONCE", values)
    session = recorder.session("shaped", epochs=2, **SETTINGS)
    give_shape(session, shape, 1, 2)
    model = load_model(session)
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (40, *shape.array), dtype=np.uint8)
    z = random.standard_normal((5, 2)).astype(np.float32)
    by_pixels, by_z = nearest_images(model, images, z, 4)

    floats = images.astype(np.float32) / np.float32(255)
    decoded = model.decoder.decode(z)
    difference = (floats[None] - decoded[:, None]).reshape(5, 40, -1)
    pixels = np.sqrt(np.square(difference).mean(axis=2))
    z_mean, _ = model.encoder.encode(floats.reshape(40, *shape))
    latent = np.linalg.norm(z[:, None] - z_mean[None], axis=2)
    for found, distances in ((by_pixels, pixels), (by_z, latent)):
        assert found.indices.shape == found.distances.shape == (5, 4)
        wanted = np.sort(distances, axis=1)[:, :4]
        np.testing.assert_allclose(found.distances, wanted, atol=1e-3)
        taken = np.take_along_axis(distances, found.indices, axis=1)
        np.testing.assert_allclose(taken, wanted, atol=1e-3)


def test_fewer_images_than_are_asked_for_are_all_of_them(recorder: Recorder) -> None:
    session = recorder.session("shaped", epochs=2, **SETTINGS)
    give_shape(session, ImageShape(8, 8, 1), 2)
    model = load_model(session)
    # What the model draws is itself among the images: distance 0.
    image = model.decoder.decode(np.zeros((1, 2), np.float32))
    images = np.concatenate([1 - image, image])
    by_pixels, by_z = nearest_images(model, images, np.zeros((1, 2), np.float32), 9)
    assert by_pixels.indices.tolist() == [[1, 0]]
    assert by_pixels.distances[0, 0] == pytest.approx(0, abs=1e-3)
    assert sorted(by_z.indices[0].tolist()) == [0, 1]
