"""Text for messages: foreign text without control characters, and shortened values."""

from __future__ import annotations

_LONGEST_VALUE = 60
_LONGEST_FOREIGN = 200


def printable(text: str) -> str:
    """Return a text with `?` in place of control characters."""
    return "".join(character if character.isprintable() else "?" for character in text)


def printable_start(text: str) -> str:
    """Return the first 200 characters of a text, with `?` in place of control characters."""
    return printable(text[:_LONGEST_FOREIGN])


def error_line(error: Exception) -> str:
    """Return an error's text, which may quote a foreign file, as at most 200 characters."""
    return printable_start(" ".join(str(error).split()))


def cut(text: str, longest: int) -> str:
    """Cut a text to at most `longest` characters, with an ellipsis if some are missing."""
    return text if len(text) <= longest else text[: longest - 3] + "..."


def short_line(text: str) -> str:
    """Return a text as one line of at most 60 characters."""
    return cut(" ".join(text.split()), _LONGEST_VALUE)


def value_text(value: object) -> str:
    """Return the repr of a value as one line of at most 60 characters."""
    try:
        return short_line(repr(value))
    except ValueError:  # Python refuses to format integers of more than 4,300 digits.
        return "a number of thousands of digits"
