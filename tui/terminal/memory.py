"""When Python looks for garbage, and how the C library, where it is glibc, takes and gives memory.

Start-up makes many objects and hardly any garbage; a screen that is left is garbage, with its lines
and its decoders. glibc gives each thread a heap, and keeps large blocks in it once one was freed.
Decoders are loaded and left by ever other threads: within an hour each heap had holes as large as
several decoders.
"""

from __future__ import annotations

import gc

# Looking for garbage every 700 objects takes a tenth of the time to the first frame.
_AT_START = 50_000
# What outlives a first look is looked at again after so many of them, not after ten: a dashboard
# makes thousands of lines an epoch that go by themselves, and looking costs a tenth of its time.
_SHOWN = (700, 100, 5)

# The parameters' numbers in malloc.h.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_LARGE_BYTES = 256 * 1024


def put_off_garbage() -> None:
    """Look for garbage rarely from now on: the program starts."""
    gc.set_threshold(_AT_START)


def look_seldom() -> None:
    """Look for young garbage as often as Python does, but not among what the start has made."""
    gc.freeze()
    gc.set_threshold(*_SHOWN)


def ignore_garbage() -> None:
    """Look at nothing that is left: Python would go through it three times at the end."""
    gc.freeze()


def collect_garbage() -> None:
    """Look for all garbage now: a screen was left."""
    gc.collect()


def share_heap() -> None:
    """Have all threads share one heap, and large blocks come from the system and go back to it."""
    _call("mallopt", _ARENA_MAX, 1)
    _call("mallopt", _MMAP_THRESHOLD, _LARGE_BYTES)


def give_back() -> None:
    """Give the system what is free; takes about two milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    import ctypes  # Here: this module is the first that `vae` imports.

    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*arguments)
