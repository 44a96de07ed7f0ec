"""Validation of names, tags and notes, so that every listing can show them."""

from __future__ import annotations

from vae_engine.errors import SettingError
from vae_engine.sessions.records import Label
from vae_engine.text import value_text

NAME_LIMIT = 200
TAG_LIMIT = 50
TAGS_LIMIT = 50
NOTE_LIMIT = 20_000
# Persian, Indic scripts and emoji of several code points need these, which Python classifies as
# control characters.
_JOINERS = dict.fromkeys((0x200C, 0x200D, *range(0xE0020, 0xE0080)))


def check_label(label: Label) -> Label:
    """Return `label` if it is valid.

    Name and tags are one line of printable characters; the note may have several lines.

    Raises:
        SettingError: a part is too long, or has characters that are not text.
    """
    _check_line("name", label.name, NAME_LIMIT)
    if len(label.tags) > TAGS_LIMIT:
        raise SettingError(f"{len(label.tags)} tags are too many: at most {TAGS_LIMIT} are allowed")
    for tag in label.tags:
        _check_line("tag", tag, TAG_LIMIT)
    _check_length("note", label.note, NOTE_LIMIT)
    if not all(is_one_line(character) or character in "\n\t" for character in label.note):
        raise SettingError("the note has control characters: it must be text")
    return label


def _check_line(part: str, text: str, limit: int) -> None:
    _check_length(part, text, limit)
    if not text.translate(_JOINERS).strip() or not is_one_line(text):
        raise SettingError(
            f"the {part} is {value_text(text)}: it must be one line of printable characters"
        )


def is_one_line(text: str) -> bool:
    """Return whether a terminal shows all of `text` on one line, unchanged."""
    return text.translate(_JOINERS).isprintable()


def _check_length(part: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise SettingError(f"the {part} has {len(text)} characters: it must have at most {limit}")
