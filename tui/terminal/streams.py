"""What is still buffered for a terminal or a disk when a program ends."""

from __future__ import annotations

import os
from typing import TextIO


def flush_or_discard(stream: TextIO | None) -> None:
    """Write what is buffered, or send it nowhere where it cannot be written.

    Python flushes when it ends, and would end with exit code 120 and complaints of its own.
    """
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
