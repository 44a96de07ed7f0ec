"""Rate against distortion as a picture: a path per session, its letter at the best epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tui.rate_distortion import RatePath
from tui.rendering.axes import mark_texts, widened
from tui.rendering.scatter import label_color
from tui.rendering.series import points_in_sight, ticks
from tui.text import shortened

if TYPE_CHECKING:
    from PIL import ImageDraw

_WIDTH, _HEIGHT = 900, 640
_LEFT, _TOP, _RIGHT, _BOTTOM = 80, 40, 20, 60
_MARGIN: Final = 0.06
_MOST_TICKS: Final = 8
_DASH: Final = 7
_MOST_NAMED: Final = 4
_LONGEST_NAME: Final = 14
_TEXT, _QUIET, _RULE = "#1d232b", "#5b6675", "#b7c0cc"


class _Axes:
    """Maps rate and distortion to pixels."""

    def __init__(self, paths: Sequence[RatePath]) -> None:
        kept = [np.append(points_in_sight(one.rate, one.distortion), one.best) for one in paths]
        x = np.concatenate([one.rate[rows] for one, rows in zip(paths, kept, strict=True)])
        y = np.concatenate([one.distortion[rows] for one, rows in zip(paths, kept, strict=True)])
        self.left, self.right = _edges(x)
        self.low, self.high = _edges(y)

    def spot(self, rate: float, distortion: float) -> tuple[float, float]:
        """The pixel of a point."""
        across = (rate - self.left) / (self.right - self.left)
        up = (distortion - self.low) / (self.high - self.low)
        return (
            _LEFT + across * (_WIDTH - _LEFT - _RIGHT),
            _TOP + (1 - up) * (_HEIGHT - _TOP - _BOTTOM),
        )


def rate_picture(lettered: Sequence[tuple[str, RatePath]]) -> NDArray[np.uint8]:
    """Draw the paths of sessions, each with its letter, at least one.

    Returns:
        (height, width, 3).
    """
    from PIL import Image, ImageDraw

    axes = _Axes([path for _, path in lettered])
    inside = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    pen = ImageDraw.Draw(inside)
    _draw_sums(pen, axes)
    for _, path in lettered:
        spots = [
            axes.spot(*point)
            for point in zip(path.rate.tolist(), path.distortion.tolist(), strict=True)
        ]
        color = label_color(path.tone)
        pen.line(spots, fill=color, width=2)
        for x, y in spots:
            pen.ellipse((x - 2, y - 2, x + 2, y + 2), fill=color)
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    frame = (_LEFT, _TOP, _WIDTH - _RIGHT, _HEIGHT - _BOTTOM)
    picture.paste(inside.crop(frame), frame[:2])
    pen = ImageDraw.Draw(picture)
    pen.rectangle(frame, outline=_RULE)
    _draw_axes(pen, axes, lettered)
    for letter, path in lettered:
        x, y = axes.spot(float(path.rate[path.best]), float(path.distortion[path.best]))
        pen.ellipse((x - 10, y - 10, x + 10, y + 10), fill=label_color(path.tone), outline="white")
        pen.text((x, y), letter, fill="black", anchor="mm", font_size=15)
    return np.asarray(picture)


def _edges(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = widened(float(values.min()), float(values.max()), log=False)
    room = _MARGIN * (high - low)
    return low - room, high + room


def _draw_sums(pen: ImageDraw.ImageDraw, axes: _Axes) -> None:
    """Draw dashed lines on which rate and distortion add up to a round number."""
    sums = ticks(axes.left + axes.low, axes.right + axes.high, _MOST_TICKS)
    for total, text in zip(sums, mark_texts(sums), strict=True):
        start = np.array(axes.spot(axes.left, total - axes.left))
        end = np.array(axes.spot(axes.right, total - axes.right))
        pieces = max(1, int(np.linalg.norm(end - start) / _DASH))
        points = start + np.linspace(0, 1, pieces + 1)[:, np.newaxis] * (end - start)
        for at in range(0, pieces, 2):
            pen.line([tuple(points[at]), tuple(points[at + 1])], fill=_RULE)
        x, y = points[-1].tolist()
        pen.text((x - 4, y - 3), f"-ELBO {text}", fill=_QUIET, anchor="rs", font_size=12)


def _name(path: RatePath) -> str:
    # The font that Pillow brings may have no other characters.
    return shortened(path.name, _LONGEST_NAME).encode("ascii", "replace").decode()


def _draw_axes(
    pen: ImageDraw.ImageDraw, axes: _Axes, lettered: Sequence[tuple[str, RatePath]]
) -> None:
    across, up = (
        ticks(low, high, _MOST_TICKS)
        for low, high in ((axes.left, axes.right), (axes.low, axes.high))
    )
    for value, text in zip(across, mark_texts(across), strict=True):
        x, y = axes.spot(value, axes.low)
        pen.line((x, y, x, y + 5), fill=_QUIET)
        pen.text((x, y + 8), text, fill=_TEXT, anchor="ma", font_size=14)
    for value, text in zip(up, mark_texts(up), strict=True):
        x, y = axes.spot(axes.left, value)
        pen.line((x - 5, y, x, y), fill=_QUIET)
        pen.text((x - 8, y), text, fill=_TEXT, anchor="rm", font_size=14)
    pen.text(
        (_LEFT, _TOP - 10),
        "distortion (reconstruction loss), nats per image",
        fill=_TEXT,
        anchor="ls",
        font_size=15,
    )
    if len(lettered) <= _MOST_NAMED:
        names = "   ".join(f"{letter} {_name(path)}" for letter, path in lettered)
        place = _WIDTH - _RIGHT, _TOP - 10
        pen.text(place, names, fill=_TEXT, anchor="rs", font_size=15)
    pen.text(
        (_WIDTH - _RIGHT, _HEIGHT - 12),
        "rate (KL), nats per image; a letter marks the best epoch",
        fill=_TEXT,
        anchor="rs",
        font_size=15,
    )
