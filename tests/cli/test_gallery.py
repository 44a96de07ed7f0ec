"""Layout of images in a terminal."""

import numpy as np
import pytest

from tui.cli.gallery import terminal_grid
from vae_engine.inference.pictures import paired_rows


@pytest.mark.parametrize(
    ("count", "layers", "columns", "lines", "size", "across"),
    [
        (1, 1, 80, 24, (28, 14), 2),
        (6, 1, 80, 24, (20, 10), 3),
        (6, 2, 80, 24, (10, 5), 7),
        (64, 1, 200, 60, (14, 7), 13),
        (64, 1, 80, 24, (10, 5), 7),
        (5, 1, 20, 24, (10, 5), 1),
    ],
)
def test_images_are_as_large_as_lets_them_fit(
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    layers: int,
    columns: int,
    lines: int,
    size: tuple[int, int],
    across: int,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", str(lines))
    grid = terminal_grid(count, layers=layers)
    assert ((grid.columns, grid.rows), grid.across) == (size, across)


def test_pairs_stand_above_each_other_and_the_last_row_is_filled() -> None:
    above = np.arange(1, 6, dtype=np.uint8).reshape(5, 1, 1)
    rows = paired_rows(above, above + 10, 3)[:, 0, 0].reshape(-1, 3)
    assert rows.tolist() == [[1, 2, 3], [11, 12, 13], [4, 5, 0], [14, 15, 0]]
