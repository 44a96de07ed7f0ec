"""Read a text file that another process appends to, by whole lines."""

from __future__ import annotations

import os
from pathlib import Path

from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic

# A line longer than this is damage, not an event: 256 floats take under 8 KiB.
LINE_LIMIT = 64 * 1024
# The limit of one file in an archive; 50 epochs take 100 KB.
FILE_LIMIT = 4 * 2**30
_CHUNK = 4 * 2**20
# The number of bytes read last that each read compares with the file.
_TAIL = 64


class LineReader:
    """Follows a file: each `read` returns the lines completed since the last one.

    Attributes:
        offset: bytes of the file up to the end of the last whole line.
        overlong: number of skipped lines of more than `LINE_LIMIT` bytes.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self.offset = offset
        self.overlong = 0
        self._skipped = 0  # Bytes of an overlong line that were skipped already.
        self._tail = b""  # The bytes before `offset`, as they were read.

    @property
    def position(self) -> int:
        """Offset where the next `read` begins."""
        return self.offset + self._skipped

    def read(self) -> list[bytes]:
        """Return new lines without their ends, from at most 4 MiB of the file.

        Raises:
            SessionDamagedError: the file exists but is not a readable regular file, is too large,
            or is no longer the one whose lines were read.
        """
        data = self._read_bytes()
        end = data.rfind(b"\n") + 1
        if not end:
            self._pass_over(data)
            return []
        lines = data[: end - 1].split(b"\n")
        if self._skipped:
            del lines[0]
        self.offset = self.position + end
        self._skipped = 0
        self._tail = data[max(0, end - _TAIL) : end]
        whole = [line for line in lines if len(line) <= LINE_LIMIT]
        self.overlong += len(lines) - len(whole)
        return whole

    def _pass_over(self, data: bytes) -> None:
        """Skip the beginning of an overlong line; otherwise every poll would read it again."""
        if self._skipped or len(data) > LINE_LIMIT:
            self.overlong += not self._skipped
            self._skipped += len(data)

    def _read_bytes(self) -> bytes:
        try:
            with atomic.open_regular(self._path) as file:
                self._check_tail(file.fileno())
                size = os.fstat(file.fileno()).st_size
                if size > FILE_LIMIT:
                    raise SessionDamagedError(
                        f"{self._path.name} has {size} bytes: at most {FILE_LIMIT} are read"
                    )
                if size < self.position:
                    self._skipped = 0  # The writer has cut off the damaged end.
                return os.pread(file.fileno(), _CHUNK, self.position)
        except FileNotFoundError:
            if self._tail:
                raise SessionDamagedError(f"{self._path.name} was removed") from None
            return b""
        except OSError as error:
            raise SessionDamagedError(
                f"{self._path.name} cannot be read: {error.strerror}"
            ) from None

    def _check_tail(self, descriptor: int) -> None:
        tail = self._tail
        if os.pread(descriptor, len(tail), self.offset - len(tail)) != tail:
            raise SessionDamagedError(
                f"{self._path.name} was cut or overwritten after it was read: bring it back"
            )
