"""How the C library takes memory from the system and gives it back, where it is glibc.

glibc gives each thread a heap, and keeps large blocks in it once one was freed. Decoders are loaded
and left by ever other threads: within an hour each heap had holes as large as several decoders.
"""

from __future__ import annotations

import ctypes

# The parameters' numbers in malloc.h.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_LARGE_BYTES = 256 * 1024


def keep_together() -> None:
    """Have all threads share one heap, and large blocks come from the system and go back to it."""
    _call("mallopt", _ARENA_MAX, 1)
    _call("mallopt", _MMAP_THRESHOLD, _LARGE_BYTES)


def give_back() -> None:
    """Give the system what is free; takes about two milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*arguments)
