"""`python -m vae_engine.datasets.tiff`: compressed TIFF files, unpacked in a process of its own.

libtiff writes about damaged files to the standard error of the process that uses it, which may be
the terminal that the app draws on, and a file may crash it. So it is used where nobody listens.
"""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from vae_engine.datasets.arrays import AnyArray
from vae_engine.datasets.files import quoted
from vae_engine.datasets.pictures import DecodePlan, decode
from vae_engine.errors import DatasetError
from vae_engine.machine import module_command

_SECONDS = 900.0
_AT_ONCE = 64


class _Task(msgspec.Struct):
    """Files to decode in one way."""

    plan: DecodePlan
    names: list[bytes]


class _Unpacked(msgspec.Struct):
    """One file's pixels as bytes, or why there are none."""

    pixels: bytes = b""
    coloured: bool = False
    problem: str = ""


def decode_tiffs(
    files: Sequence[Path], plan: DecodePlan
) -> Iterator[tuple[AnyArray, bool] | DatasetError]:
    """Each file as `decode` gives it, or what is wrong with it."""
    for start in range(0, len(files), _AT_ONCE):
        yield from _decode(files[start : start + _AT_ONCE], plan)


def _decode(
    files: Sequence[Path], plan: DecodePlan
) -> Iterator[tuple[AnyArray, bool] | DatasetError]:
    unpacked = _unpack(files, plan)
    if len(unpacked) != len(files):
        # A decoder that a file crashes ends with its process: find out which one.
        if len(files) == 1:
            yield DatasetError(
                f"{quoted(files[0])} cannot be unpacked: wanted an undamaged TIFF image; "
                "try to save it as PNG"
            )
            return
        for path in files:
            yield from _decode([path], plan)
        return
    for each in unpacked:
        if each.problem:
            yield DatasetError(each.problem)
        else:
            pixels = np.frombuffer(each.pixels, plan.values).reshape(plan.shape)
            yield pixels, each.coloured


def _unpack(files: Sequence[Path], plan: DecodePlan) -> list[_Unpacked]:
    try:
        done = subprocess.run(
            module_command("vae_engine.datasets.tiff"),
            input=msgspec.msgpack.encode(_Task(plan, [os.fsencode(path) for path in files])),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return []
    if done.returncode != 0 or not done.stdout:
        return []
    return msgspec.msgpack.decode(done.stdout, type=list[_Unpacked])


def main() -> int:
    """Unpack the files named on stdin."""
    warnings.simplefilter("ignore")
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=_Task)
    unpacked: list[_Unpacked] = []
    for name in task.names:
        try:
            pixels, coloured = decode(Path(os.fsdecode(name)), task.plan)
            unpacked.append(_Unpacked(np.ascontiguousarray(pixels).tobytes(), coloured))
        except DatasetError as error:
            unpacked.append(_Unpacked(problem=str(error)))
    sys.stdout.buffer.write(msgspec.msgpack.encode(unpacked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
