"""Read text files of zeros and ones: an image per line, its pixels separated by spaces.

Larochelle's fixed binarization of MNIST has this form (Larochelle & Murray, "The Neural
Autoregressive Distribution Estimator", 2011): `binarized_mnist_train.amat` with 50,000 lines of
784 numbers, `_valid.amat` and `_test.amat` with 10,000 each. NumPy and pandas parse numbers of any
form, which takes many times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import open_regular, quoted
from vae_engine.datasets.npy import Header, HeaderCheck
from vae_engine.datasets.parts import NewArray
from vae_engine.errors import DatasetError

SUFFIX = ".amat"
"""The suffix of Larochelle's files."""

_BLOCK_BYTES = 4 * 1024**2
_LONGEST_LINE = 4 * 1024**2
_OTHER, _DIGIT, _SPACE, _END = 0, 1, 2, 3
_KINDS = np.full(256, _OTHER, np.uint8)
_KINDS[list(b"01")] = _DIGIT
_KINDS[list(b" \t\r")] = _SPACE
_KINDS[ord("\n")] = _END
_REMEDY = "try to download it again"


class NotBinaryError(DatasetError):
    """The text holds something other than zeros and ones."""


@dataclass(frozen=True)
class BinaryText:
    """A text file of zeros and ones, read on demand.

    Attributes:
        path: of the file.
    """

    path: Path

    @cached_property
    def header(self) -> Header:
        """Shape of its numbers, (lines, numbers of the first line), without parsing the others.

        Raises:
            NotBinaryError: the first line has other numbers.
            DatasetError: it has no lines, or a line longer than 4 MiB.
        """
        with open_regular(self.path) as file:
            columns = lines = number = 0
            for block in _blocks(self.path, file):
                kinds = _KINDS[block]
                shown = (kinds == _DIGIT) | (kinds == _OTHER)
                if not columns and shown.any():
                    end = int(np.argmax(shown)) + int(np.argmax(kinds[np.argmax(shown) :] == _END))
                    columns = self._parsed(block[: end + 1], 0, number).shape[1]
                starts = np.concatenate([[0], np.flatnonzero(kinds == _END)[:-1] + 1])
                lines += int(np.count_nonzero(np.logical_or.reduceat(shown, starts)))
                number += int(np.count_nonzero(kinds == _END))
        if not columns:
            raise DatasetError(
                f"{quoted(self.path)} holds no numbers: wanted lines of 0 and 1; {_REMEDY}"
            )
        return Header(np.dtype(np.uint8), (lines, columns), False, 0)

    def read(self, check: HeaderCheck, new_array: NewArray = np.empty) -> AnyArray:
        """Check the shape, then parse the numbers: (lines, columns) uint8 of 0 and 1.

        Raises:
            NotBinaryError: it has other numbers, or other text.
            DatasetError: `check` refuses the shape, or a line has more or fewer numbers.
        """
        header = self.header
        check(quoted(self.path), header.dtype, header.shape)
        lines, columns = header.shape
        numbers: npt.NDArray[np.uint8] = new_array(header.shape, np.uint8)
        filled = number = 0
        with open_regular(self.path) as file:
            for block in _blocks(self.path, file):
                rows = self._parsed(block, columns, number)
                if filled + len(rows) > lines:
                    break
                numbers[filled : filled + len(rows)] = rows
                filled += len(rows)
                number += int(np.count_nonzero(block == ord("\n")))
        if filled != lines:
            raise DatasetError(
                f"{quoted(self.path)} changed while it was read: wanted a finished file; try again"
            )
        return numbers

    def _parsed(
        self, block: npt.NDArray[np.uint8], columns: int, before: int
    ) -> npt.NDArray[np.uint8]:
        """Parse whole lines.

        Args:
            block: their bytes, the last of which ends a line.
            columns: wanted numbers per line; 0 takes any number of one line.
            before: lines before these, for messages.
        """
        kinds = _KINDS[block]
        is_digit = kinds == _DIGIT
        ends = np.flatnonzero(kinds == _END)
        # Two digits in a row are another number.
        wrong = kinds == _OTHER
        wrong[1:] |= is_digit[1:] & is_digit[:-1]
        if wrong.any():
            at = int(np.argmax(wrong))
            line = int(np.searchsorted(ends, at))
            start = int(ends[line - 1]) + 1 if line else 0
            raise NotBinaryError(
                f"{quoted(self.path)} has {_word(block, start, at)} in line {before + line + 1}: "
                "wanted nothing but 0 and 1, separated by spaces; "
                f"try {quoted(self.path)} in place of its folder"
            )
        starts = np.concatenate([[0], ends[:-1] + 1])
        counts = np.add.reduceat(is_digit, starts, dtype=np.int64)
        columns = columns or int(counts.max())
        if (uneven := np.flatnonzero((counts != columns) & (counts != 0))).size:
            line = int(uneven[0])
            raise DatasetError(
                f"{quoted(self.path)} has {counts[line]:,} numbers in line {before + line + 1}: "
                f"wanted {columns:,} as in the first; {_REMEDY}"
            )
        numbers: npt.NDArray[np.uint8] = block[is_digit] & 1
        return numbers.reshape(-1, columns)


def _blocks(path: Path, file: IO[bytes]) -> Iterator[npt.NDArray[np.uint8]]:
    """The bytes of a file in blocks of whole lines; the last line gets an end if it has none.

    Raises:
        DatasetError: a line is longer than 4 MiB.
    """
    rest = b""
    while data := file.read(_BLOCK_BYTES):
        whole, end, after = data.rpartition(b"\n")
        if not end:
            rest += data
            if len(rest) > _LONGEST_LINE:
                raise DatasetError(
                    f"{quoted(path)} has a line of more than {_LONGEST_LINE / 1024**2:g} MiB: "
                    f"wanted an image per line; {_REMEDY}"
                )
            continue
        yield np.frombuffer(rest + whole + end, np.uint8)
        rest = after
    if rest:
        yield np.frombuffer(rest + b"\n", np.uint8)


def _word(block: npt.NDArray[np.uint8], start: int, at: int) -> str:
    """The text between spaces at a place of a line, for messages."""
    line = block[start : at + 40].tobytes()
    at -= start
    word = line[:at].split(b" ")[-1] + line[at:].split()[0]
    return repr(word.decode("ascii", "replace")[:20])
