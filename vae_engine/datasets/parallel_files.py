"""Call a function on many files, in several threads, and report the progress."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias, TypeVar

Report: TypeAlias = Callable[[str, int, int], object]
"""Called with the name of the stage, the work done, and the total work, in equal units."""

_T = TypeVar("_T")
_THREADS = 4
_BLOCK_FILES = 256
_MIN_REPORTED = 1000


def map_files(
    function: Callable[[Path], _T], files: Sequence[Path], report: Report | None, step: str
) -> Iterator[_T]:
    """Call `function` on each file, in order, with several threads if there are enough files."""
    # Warning filters belong to the process, so they are set here for all threads.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if len(files) < _THREADS:
            yield from map(function, files)
            return
        with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
            for start in range(0, len(files), _BLOCK_FILES):
                yield from pool.map(function, files[start : start + _BLOCK_FILES])
                if report is not None and len(files) > _MIN_REPORTED:
                    report(step, min(start + _BLOCK_FILES, len(files)), len(files))
