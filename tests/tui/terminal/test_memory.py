"""What the C library keeps of memory that threads took and freed; in a process of its own."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_info"), reason="the C library is not glibc"
)

LOAD = """
import ctypes, sys, threading
from tui.terminal import memory

if sys.argv[1] == "together":
    memory.share_heap()

THREADS, LARGE = 4, 1 << 20
started = threading.Barrier(THREADS)
held = []

def take():
    started.wait()
    held.extend(bytes(1000) for _ in range(5000))
    bytearray(LARGE)

threads = [threading.Thread(target=take) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
held.append(bytearray(LARGE))
c = ctypes.CDLL(None)
c.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(c.fdopen(1, b"w"))
c.malloc_info(0, stream)
c.fflush(stream)
"""


HOLES = """
import psutil
from tui.terminal import memory

def resident():
    return psutil.Process().memory_info().rss

memory.share_heap()
# What is last in the heap keeps glibc from giving back what was freed below it.
held = [bytes(1000) for _ in range(50_000)]
last = bytes(1000)
held.clear()
before = resident()
memory.give_back()
print(before - resident())
"""


def told(how: str) -> str:
    """glibc's own account of its heaps after threads took and freed memory."""
    return subprocess.run(
        [sys.executable, "-c", LOAD, how], check=True, capture_output=True, text=True
    ).stdout


def test_threads_share_one_heap() -> None:
    assert told("as-it-is").count("<heap nr=") > 1
    assert told("together").count("<heap nr=") == 1


def test_a_large_block_is_the_systems_even_after_one_was_freed() -> None:
    large = 1 << 20
    assert mapped_bytes("as-it-is") < large
    assert mapped_bytes("together") >= large


def test_what_is_free_below_what_is_held_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], check=True, capture_output=True, text=True)
    assert int(done.stdout) > 25_000_000


def mapped_bytes(how: str) -> int:
    """What the blocks take that came from the system one by one."""
    found = re.search(r'<total type="mmap" count="\d+" size="(\d+)"', told(how))
    assert found is not None
    return int(found[1])
