"""Text for one line of a screen or a pipe: sanitized foreign text, formatted times and widths.

Names, notes, log lines and errors may be foreign text. After `one_line`, they can neither control
the terminal nor break a table.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from vae_engine.image_shape import GREY_28, ImageShape
from vae_engine.settings import SETTINGS

if TYPE_CHECKING:
    from vae_engine.sessions.session import Session
    from vae_engine.sessions.summary import Attempt

_LONGEST = 1000
_LOSS_WIDTH = 7
_UNPRINTABLE = "?"
# Terminals do not agree on how wide sequences of several code points are: of a family, a flag, a
# skin tone or a keycap they draw one glyph or all its parts. The parts alone have one width:
# joiners, selectors, skin tones, keycaps and tags go, a flag becomes its two letters.
_SEQUENCE_PARTS: dict[int, str | None] = {
    **dict.fromkeys((0x200C, 0x200D, 0x20E3)),
    **dict.fromkeys(range(0xFE00, 0xFE10)),
    **dict.fromkeys(range(0x1F3FB, 0x1F400)),
    **dict.fromkeys(range(0xE0020, 0xE0080)),
    **dict.fromkeys(range(0xE0100, 0xE01F0)),
    **{0x1F1E6 + at: chr(ord("A") + at) for at in range(26)},
}

REASONS = {
    "converged": "val_loss converged",
    "epochs": "all epochs done",
    "stop": "stop requested",
    "stop_now": "immediate stop requested",
}
"""Text of the reasons for which a run ends normally."""


_ENDED = {
    "failed": "failed",
    "interrupted": "was interrupted",
    "stopped": "was stopped",
    "diverged": "diverged",
    "completed": "ended",
}


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Make `text` one printable line: no control characters or direction marks, at most `longest`.

    White space becomes spaces, unprintable characters become question marks; sequences on whose
    width terminals do not agree become their parts.
    """
    if not text.isascii():
        text = text.translate(_SEQUENCE_PARTS)
    shown = "".join(_printable(char) for char in text[: longest + 1]).rstrip()
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


def encodable(text: str) -> str:
    """Replace each undecodable byte of a path or argument by a question mark."""
    return text.encode("utf-8", "replace").decode()


def cells(text: str) -> int:
    """Return the width of `text` in cells."""
    if text.isascii() and text.isprintable():
        return len(text)
    from rich.cells import (
        cell_len,
    )  # Imported here: only non-ASCII text needs it, and it is slow to import.

    return cell_len(text)


def fitted(text: str, width: int, align: Literal["left", "right"] = "left") -> str:
    """Fit `text` into exactly `width` cells: truncated with a tilde, or padded with spaces."""
    length = cells(text)
    if length > width:
        from rich.cells import set_cell_size

        return set_cell_size(text, width - 1) + "~" if width else ""
    filling = " " * (width - length)
    return filling + text if align == "right" else text + filling


def shortened(text: str, width: int) -> str:
    """Truncate `text` to at most `width` cells, with a tilde if it is longer."""
    return text if cells(text) <= width else fitted(text, width)


def size_text(size: float | None) -> str:
    """Format bytes in at most four characters: `87K`, `3.2M`, `120M`; empty for None."""
    if size is None:
        return ""
    for unit in "BKMG":
        if size < 999.5 or unit == "G":
            break
        size /= 1000
    return f"{size:.1f}{unit}" if size < 9.95 and unit != "B" else f"{size:.0f}{unit}"


def duration_text(seconds: float) -> str:
    """Format seconds in at most six characters: `42s`, `9m40s`, `1h05m`, `3d02h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600:02}h"


def age_text(then: float) -> str:
    """Format the age of a time in seconds since 1970, in one unit: `5m`, `3h`, `12d`."""
    seconds = max(0, int(time.time() - then))
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def loss_text(loss: float | None) -> str:
    """Format a loss, in nats per image, in at most seven characters."""
    if loss is None:
        return ""
    for digits in (2, 1):
        if abs(loss) < 1e4 and len(text := f"{loss:.{digits}f}") <= _LOSS_WIDTH:
            return text
    return f"{loss:.1e}" if loss > 0 or not math.isfinite(loss) else f"{loss:.0e}"


def images_text(shape: ImageShape, likelihood: str, label_names: Sequence[str]) -> str:
    """Describe a session's images: `32x32 colour, gaussian, 9 classes`."""
    classes = f"{len(label_names)} classes" if label_names else ""
    return ", ".join(filter(None, (shape.text, likelihood, classes)))


def told_images(session: Session) -> str:
    """Return what a polled session's images are, where they are not as those of MNIST."""
    prepared = session.log.prepared
    usual = (session.image_shape, session.likelihood) == (GREY_28, "bernoulli")
    if prepared is None or (usual and not prepared.label_names):
        return ""
    return images_text(session.image_shape, session.likelihood, prepared.label_names)


def varied_text(varied: Mapping[str, Sequence[object]]) -> str:
    """Describe the varied settings: `latent_dim 2, 8 x seed 0, 1`; lists are `16,32 | 8`."""
    parts = []
    for name, values in varied.items():
        setting = SETTINGS[name]
        separator = " | " if setting.kind == "ints" else ", "
        parts.append(f"{name} {separator.join(map(setting.format, values))}")
    return " x ".join(parts) or "one trial"


def attempt_text(attempt: Attempt, crash_message: str = "") -> str:
    """Describe an attempt: `attempt at 14:03 failed: the disk is full`.

    Args:
        attempt: the attempt.
        crash_message: the last log lines of one without a final event.
    """
    now, then = time.localtime(), time.localtime(attempt.time)
    today = now[:3] == then[:3]
    when = time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", then)
    if attempt.status is None:
        text = f"attempt at {when} failed: its worker exited unexpectedly"
        return one_line(f"{text} ({crash_message})" if crash_message else text)
    why = REASONS.get(attempt.reason, attempt.reason)
    return one_line(f"attempt at {when} {_ENDED[attempt.status]}: {why}")


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else _UNPRINTABLE
