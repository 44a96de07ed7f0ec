"""Brings the arrays of a source to the size and channels that the settings give."""

from __future__ import annotations

from collections import Counter

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import brief
from vae_engine.datasets.grids import as_grey, as_rgb, is_coloured, on_grid
from vae_engine.datasets.preparation import Color, Preparation, target_size
from vae_engine.datasets.source import SPLIT_NAMES, Source, Split
from vae_engine.errors import ArrayError


def prepared(
    name: str, source: Source, preparation: Preparation
) -> tuple[dict[Split, AnyArray], list[str]]:
    """The images of each split, all (n, h, w) or all (n, h, w, 3), and notes.

    Args:
        name: of the dataset, for messages.
        source: its arrays, of any shape that images may have.
        preparation: what they are brought to.

    Raises:
        ArrayError: flat images of an unknown size.
    """
    notes: list[str] = []
    grids: dict[Split, AnyArray] = {}
    for split, array in source.images.items():
        what = f"the {SPLIT_NAMES[split]} split of {brief(repr(name))}"
        grids[split], grid_notes = on_grid(what, array, preparation.size)
        notes += [note for note in grid_notes if note not in notes]
    grids, channel_notes = _in_channels(grids, preparation.color)
    notes += channel_notes
    sizes: Counter[tuple[int, int]] = Counter()
    for grid in grids.values():
        sizes[grid.shape[1], grid.shape[2]] += len(grid)
    if min(min(size) for size in sizes) < 1:
        raise ArrayError(
            f"{name!r} holds images without pixels: wanted at least one pixel; try another source"
        )
    size, size_notes = target_size(sizes, preparation)
    notes += size_notes
    if all(found == size for found in sizes):
        return grids, notes
    from vae_engine.datasets.resizing import resized  # Pillow: most arrays do not need it.

    return {split: resized(grid, size, preparation.fit) for split, grid in grids.items()}, notes


def _in_channels(
    grids: dict[Split, AnyArray], color: Color
) -> tuple[dict[Split, AnyArray], list[str]]:
    """All splits as grey, (n, h, w), or all as (n, h, w, 3)."""
    if color == "rgb":
        return {split: as_rgb(grid) for split, grid in grids.items()}, []
    wide = [grid for grid in grids.values() if grid.ndim == 4]
    if not any(is_coloured(grid) for grid in wide):
        return {
            split: grid[..., 0] if grid.ndim == 4 else grid for split, grid in grids.items()
        }, []
    if color == "grey":
        greys = {split: as_grey(grid) if grid.ndim == 4 else grid for split, grid in grids.items()}
        return greys, ["colour is converted to grey (`color=grey`)"]
    notes = [
        f"the {SPLIT_NAMES[split]} images are grey and are read as colour"
        for split, grid in grids.items()
        if grid.ndim == 3
    ]
    return {split: as_rgb(grid) for split, grid in grids.items()}, notes
