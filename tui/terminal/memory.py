"""GC tuning: rare collections during start-up, a full one when a screen closes; glibc's heaps.

Start-up makes many objects and hardly any garbage; a closed screen is garbage, with its lines and
decoders. glibc has a heap per thread, and keeps large blocks in it once one was freed. Different
threads load and free the decoders: within an hour each heap had holes as large as several decoders.
"""

from __future__ import annotations

import gc

# A collection every 700 objects takes a tenth of the time to the first frame.
_AT_START = 50_000
# Young collections per collection of the middle generation (Python: ten). A dashboard makes
# thousands of short-lived lines per epoch, and collecting would take a tenth of its time.
_SHOWN = (700, 100, 5)

# The parameters' numbers in malloc.h.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
_LARGE_BYTES = 256 * 1024


def put_off_garbage() -> None:
    """Collect garbage rarely during start-up."""
    gc.set_threshold(_AT_START)


def look_seldom() -> None:
    """Collect young objects at Python's usual rate, but skip the objects of start-up."""
    gc.freeze()
    gc.set_threshold(*_SHOWN)


def ignore_garbage() -> None:
    """Skip all remaining objects: at exit Python would search them three times."""
    gc.freeze()


def collect_garbage() -> None:
    """Run a full collection, after a screen has closed."""
    gc.collect()


def share_heap() -> None:
    """Make all threads share one heap, and return large blocks to the system."""
    _call("mallopt", _ARENA_MAX, 1)
    _call("mallopt", _MMAP_THRESHOLD, _LARGE_BYTES)


def give_back() -> None:
    """Return free memory to the system; takes about two milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    import ctypes  # Imported here: this module is the first that `vae` imports.

    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*arguments)
