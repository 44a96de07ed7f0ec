import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.rendering.resample import area_resize

sizes = st.integers(1, 30)


@settings(deadline=None)
@given(sizes, sizes, sizes, sizes, st.integers(0, 2**32 - 1))
def test_the_mean_of_the_image_is_kept(
    height: int, width: int, new_height: int, new_width: int, seed: int
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    resized = area_resize(image, new_height, new_width)
    assert resized.shape == (new_height, new_width)
    np.testing.assert_allclose(resized.mean(), image.mean(), rtol=1e-9)


@settings(deadline=None)
@given(sizes, sizes, st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_enlarging_by_whole_factors_repeats_the_pixels_exactly(
    height: int, width: int, down: int, across: int, seed: int
) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    resized = area_resize(image, height * down, width * across)
    np.testing.assert_array_equal(resized, np.kron(image, np.ones((down, across))))


def test_a_pixel_counts_by_the_area_that_is_covered() -> None:
    image = np.array([[0, 90, 240]], dtype=np.uint8)
    np.testing.assert_allclose(area_resize(image, 1, 2), [[30, 190]])
