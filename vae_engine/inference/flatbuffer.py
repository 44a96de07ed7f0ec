"""Read FlatBuffers from foreign files: no access leaves the file.

https://flatbuffers.dev/internals: little endian; a table begins with the distance back to its
vtable, which holds the places of its fields; vectors, texts and tables are reached by distances
forward. Whatever does not fit in there raises a ValueError.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

_DISTANCE = 4
_MOST_TEXT = 4096
_FORMATS = {"i1": "<b", "u1": "<B", "u2": "<H", "i4": "<i", "u4": "<I", "u8": "<Q", "f4": "<f"}


class FlatTable:
    """One table of a FlatBuffer; fields are identified by their schema numbers, from 0."""

    def __init__(self, data: bytes, place: int) -> None:
        """Read the table's vtable.

        Args:
            data: the whole file.
            place: offset of the table.

        Raises:
            ValueError: it is outside of the file.
        """
        self._data = data
        self._place = place
        vtable = place - int(_number(data, place, "i4"))
        size = int(_number(data, vtable, "u2"))
        if size < 4 or size % 2:
            raise ValueError(f"a table has a vtable of {size} bytes")
        self._size = int(_number(data, vtable + 2, "u2"))
        content = _stretch(data, vtable + 4, size - 4)
        _stretch(data, place, self._size)
        self._fields = np.frombuffer(content, "<u2").tolist()

    @classmethod
    def root(cls, data: bytes) -> FlatTable:
        """Return a file's root table."""
        return cls(data, int(_number(data, 0, "u4")))

    def number(self, field: int, kind: str, default: float = 0) -> float:
        """Read a number in one of the `_FORMATS`."""
        offset = self._offset(field, int(kind[1]))
        return _number(self._data, self._place + offset, kind) if offset else default

    def integer(self, field: int, kind: str, default: int = 0) -> int:
        """Read an integer."""
        return int(self.number(field, kind, default))

    def numbers(self, field: int, kind: str, most: int) -> NDArray[np.generic] | None:
        """Read a vector of numbers of limited length; None if missing."""
        start = self._target(field)
        if start is None:
            return None
        count = self._count(start, most)
        content = _stretch(self._data, start + _DISTANCE, count * int(kind[1]))
        return np.frombuffer(content, f"<{kind}")

    def integers(self, field: int, most: int) -> list[int]:
        """Read a vector of 32-bit integers, empty if missing."""
        found = self.numbers(field, "i4", most)
        return [] if found is None else [int(value) for value in found]

    def text(self, field: int) -> str:
        """Read a text, empty if missing."""
        found = self.numbers(field, "u1", _MOST_TEXT)
        return "" if found is None else found.tobytes().decode("utf-8")

    def entries(self, field: int) -> int:
        """Return where the entries of a vector or text begin in the file.

        Raises:
            ValueError: there is none.
        """
        start = self._target(field)
        if start is None:
            raise ValueError(f"there is no field {field}")
        return start + _DISTANCE

    def table(self, field: int) -> FlatTable | None:
        """Read a nested table, None if missing."""
        place = self._target(field)
        return None if place is None else FlatTable(self._data, place)

    def tables(self, field: int, most: int) -> list[FlatTable]:
        """Read a vector of tables of limited length; empty if missing."""
        start = self._target(field)
        if start is None:
            return []
        places = [start + _DISTANCE * index for index in range(1, self._count(start, most) + 1)]
        return [
            FlatTable(self._data, place + int(_number(self._data, place, "u4"))) for place in places
        ]

    def _target(self, field: int) -> int | None:
        offset = self._offset(field, _DISTANCE)
        if not offset:
            return None
        place = self._place + offset
        return place + int(_number(self._data, place, "u4"))

    def _offset(self, field: int, size: int) -> int:
        offset: int = self._fields[field] if field < len(self._fields) else 0
        if offset and not 4 <= offset <= self._size - size:
            raise ValueError("a field lies outside its table")
        return offset

    def _count(self, start: int, most: int) -> int:
        count = int(_number(self._data, start, "u4"))
        if count > most:
            raise ValueError(f"a list has {count} entries where an export has {most} at most")
        return count


def _number(data: bytes, place: int, kind: str) -> float:
    (value,) = struct.unpack(_FORMATS[kind], _stretch(data, place, int(kind[1])))
    number: float = value
    return number


def _stretch(data: bytes, place: int, size: int) -> memoryview:
    if not 0 <= place <= len(data) - size:
        raise ValueError("it points outside the file")
    return memoryview(data)[place : place + size]
