"""Text for messages: foreign text without control characters, and values of any type, cut short."""

from __future__ import annotations

_LONGEST_VALUE = 60


def printable(text: str) -> str:
    """A text with `?` in place of control characters."""
    return "".join(character if character.isprintable() else "?" for character in text)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters of a text, with an ellipsis where some are missing."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def short_line(text: str) -> str:
    """A text on one line of at most 60 characters."""
    return cut(" ".join(text.split()), _LONGEST_VALUE)


def value_text(value: object) -> str:
    """A value as Python writes it, on one line of at most 60 characters."""
    try:
        return short_line(repr(value))
    except ValueError:  # Python writes no number of more than 4,300 digits.
        return "a number of thousands of digits"
