"""The characters that show an image which the terminal keeps, as `tui.rendering.kitty` says."""

from typing import Final

PLACEHOLDER: Final = "\U0010eeee"
CELL_CHARACTERS: Final = 3
"""Characters of one cell: the placeholder, its row and its column."""
