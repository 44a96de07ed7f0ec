"""Letters that name compared models."""

from __future__ import annotations

from string import ascii_uppercase
from typing import Final

LETTERS: Final = ascii_uppercase
"""Names of the compared models, in their order; no more are compared at once."""


def letters_of(count: int) -> str:
    """Return the letters of so many models; `ValueError` if there are not so many letters."""
    if count > len(LETTERS):
        raise ValueError(f"{count} models, but {len(LETTERS)} letters")
    return LETTERS[:count]
