"""Reading files that may come from anyone: regular files only, bounded, one kind of error."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import numpy.typing as npt

from vae_engine.errors import DatasetError

MAX_ARRAY_BYTES = 16 * 1024**3
"""No array above this is read: a million images of 64x64 in colour take 12 GiB."""

MAX_PACKED_BYTES = 2 * 1024**3
"""No compressed array above this is read unless its file is large too: it may hold nothing."""

_CHUNK_BYTES = 1024**2
_SHOWN_CHARACTERS = 160


class ByteStream(Protocol):
    """A file, or the decompressed side of one."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


def brief(text: str) -> str:
    """`text` as one printable line of at most 160 characters."""
    line = "".join(character if character.isprintable() else " " for character in text)
    return line if len(line) <= _SHOWN_CHARACTERS else line[: _SHOWN_CHARACTERS - 3] + "..."


def quoted(path: Path | str) -> str:
    """A path for a message, in quotes and with control characters escaped."""
    return repr(str(path))


@contextmanager
def reading(path: Path, wanted: str, remedy: str = "try to copy it again") -> Iterator[None]:
    """Turn whatever goes wrong in reading `path` into one clear line.

    Args:
        path: of the file or folder.
        wanted: what it should have been.
        remedy: what to do about damage; the line ends with it.

    Raises:
        DatasetError: the file is missing, may not be read, or its bytes are damaged.
    """
    try:
        yield
    except DatasetError:
        raise
    except FileNotFoundError as error:
        raise DatasetError(
            f"{quoted(path)} does not exist: wanted {wanted}; try `ls {quoted(path.parent)}`"
        ) from error
    except PermissionError as error:
        raise DatasetError(
            f"no permission to read {quoted(path)}: wanted {wanted} that you may read; "
            f"try `ls -l {quoted(path.parent)}`"
        ) from error
    except MemoryError as error:
        raise DatasetError(
            f"{quoted(path)} does not fit into this machine's memory: wanted {wanted} that does; "
            "try fewer images"
        ) from error
    # zipfile, gzip, zlib, numpy and Pillow raise a dozen unrelated types on damaged bytes.
    except Exception as error:
        found = brief(_reason(error))
        raise DatasetError(
            f"{quoted(path)} cannot be read ({found}): wanted {wanted}; {remedy}"
        ) from error


def open_regular(path: Path) -> IO[bytes]:
    """Open a file for reading, but never a FIFO or a device, which could block for ever.

    Raises:
        DatasetError: `path` is not a regular file.
        OSError: it is missing or may not be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise DatasetError(
            f"{quoted(path)} is a FIFO, a device or a folder: wanted a regular file; "
            f"try `ls -ld {quoted(path)}`"
        )
    return path.open("rb")


def read_exactly(
    stream: ByteStream,
    count: int,
    what: str,
    new_array: Callable[[tuple[int, ...], npt.DTypeLike], npt.NDArray[Any]] = np.empty,
) -> npt.NDArray[np.uint8]:
    """The stream's remaining bytes, which must be `count`; memory is touched only as they come.

    Args:
        stream: to read from.
        count: of bytes.
        what: the data are, for messages.
        new_array: makes the array, in memory or in a file.

    Raises:
        DatasetError: there are fewer bytes, or more.
    """
    data: npt.NDArray[np.uint8] = new_array((count,), np.uint8)
    filled = 0
    while filled < count:
        chunk = stream.read(min(_CHUNK_BYTES, count - filled))
        if not chunk:
            raise DatasetError(
                f"{what} is truncated: it holds {filled} bytes of data: "
                f"wanted the {count} that its header declares; try to copy it again"
            )
        data[filled : filled + len(chunk)] = np.frombuffer(chunk, np.uint8)
        filled += len(chunk)
    # The read past the end also makes zip and gzip compare their checksums.
    if stream.read(1):
        raise DatasetError(
            f"{what} holds too much data: wanted the {count} bytes that its header declares; "
            "try to copy it again"
        )
    return data


def _reason(error: Exception) -> str:
    """What an error says, without the path, which the operating system's errors repeat."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, zipfile.BadZipFile) and "not a zip file" in str(error):
        return "a zip archive that is cut short"
    return str(error) or type(error).__name__
