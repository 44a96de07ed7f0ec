"""What a terminal makes of image sequences, worked out apart from the encoders."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

_COMMAND = re.compile(r"\x1b_G([^;\x1b]*)(?:;([^\x1b]*))?\x1b\\")
_SIXEL_TOKEN = re.compile(r'"([0-9;]+)|#([0-9;]+)|!([0-9]+)(.)|([?-~])|([$-])')


@dataclass
class KittyTerminal:
    """The images that kitty would keep, by number."""

    images: dict[int, Pixels] = field(default_factory=dict)
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    transmissions: int = 0
    _keys: dict[str, str] | None = None
    _data: str = ""

    def feed(self, data: str) -> None:
        for command, payload in _COMMAND.findall(data):
            keys = dict(part.split("=") for part in command.split(","))
            assert len(payload) <= 4096
            if keys.get("a") == "d":
                self._delete(keys)
            elif keys.get("a") in ("T", None):
                self._chunk(keys, payload)

    def _chunk(self, keys: dict[str, str], payload: str) -> None:
        if self._keys is None:
            self._keys, self._data = keys, ""
        self._data += payload
        if keys["m"] == "1":
            return
        keys, self._keys = self._keys, None
        assert (keys["f"], keys["q"]) == ("100", "2")
        number = int(keys.get("i", 0))
        with Image.open(io.BytesIO(base64.b64decode(self._data, validate=True))) as image:
            self.images[number] = np.asarray(image)
        self.sizes[number] = int(keys["c"]), int(keys["r"])
        self.transmissions += 1

    def _delete(self, keys: dict[str, str]) -> None:
        gone = range(int(keys["x"]), int(keys["y"]) + 1) if keys["d"] == "R" else [int(keys["i"])]
        for number in gone:
            self.images.pop(number, None)


def sixels(data: str) -> tuple[Pixels, NDArray[np.bool_]]:
    """The pixels (h, w, 3) of a sixel string, and which of them were drawn."""
    body = data.removeprefix("\x1bP0;1;0q").removesuffix("\x1b\\")
    colors: dict[int, tuple[int, ...]] = {}
    picture, drawn = np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0), np.bool_)
    color, x, y, at = 0, 0, 0, 0
    while at < len(body):
        token = _SIXEL_TOKEN.match(body, at)
        assert token is not None, body[at : at + 20]
        at = token.end()
        raster, chosen, count, repeated, single, control = token.groups()
        if raster:
            *_, width, height = map(int, raster.split(";"))
            picture = np.zeros((height, width, 3), np.uint8)
            drawn = np.zeros((height, width), np.bool_)
        elif chosen:
            color, *told = map(int, chosen.split(";"))
            if told:
                colors[color] = tuple(round(level * 255 / 100) for level in told[1:])
        elif control:
            x, y = 0, y + 6 * (control == "-")
        else:
            times = int(count or 1)
            for row in range(6):
                if ord(repeated or single) - 0x3F >> row & 1:
                    picture[y + row, x : x + times] = colors[color]
                    drawn[y + row, x : x + times] = True
            x += times
    return picture, drawn
