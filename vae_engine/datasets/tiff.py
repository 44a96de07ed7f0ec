"""`python -m vae_engine.datasets.tiff`: compressed TIFF files, unpacked in a process of its own.

libtiff writes about damaged files to the standard error of the process that uses it, which may be
the terminal that the app draws on. So it is used where nobody listens.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from vae_engine.datasets.arrays import IMAGE_SIDE, AnyArray
from vae_engine.datasets.files import quoted
from vae_engine.errors import DatasetError
from vae_engine.modules import module_command

_SECONDS = 900.0


class _Unpacked(msgspec.Struct):
    """One file's greys as bytes, or why there are none."""

    greys: bytes = b""
    problem: str = ""


def read_tiffs(files: Sequence[Path]) -> AnyArray:
    """The images (n, 28, 28) uint8 of TIFF files.

    Raises:
        DatasetError: one is damaged, or no grey image of 28x28.
    """
    done = subprocess.run(
        module_command("vae_engine.datasets.tiff"),
        input=b"\0".join(os.fsencode(path) for path in files),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
    )
    unpacked = msgspec.msgpack.decode(done.stdout, type=list[_Unpacked]) if done.stdout else []
    for each in unpacked:
        if each.problem:
            raise DatasetError(each.problem)
    if done.returncode != 0 or len(unpacked) != len(files):
        # A decoder that a file crashes ends with its process.
        raise DatasetError(
            f"a TIFF image like {quoted(files[0])} cannot be unpacked: "
            "wanted undamaged TIFF images; try to save them as PNG"
        )
    greys = np.frombuffer(b"".join(each.greys for each in unpacked), np.uint8)
    return greys.reshape(len(files), IMAGE_SIDE, IMAGE_SIDE)


def main() -> int:
    """Unpack the files named on stdin, up to the first that cannot be."""
    from vae_engine.datasets.pictures import read_picture

    unpacked: list[_Unpacked] = []
    for name in sys.stdin.buffer.read().split(b"\0"):
        try:
            unpacked.append(_Unpacked(greys=read_picture(Path(os.fsdecode(name))).tobytes()))
        except DatasetError as error:
            unpacked.append(_Unpacked(problem=str(error)))
            break
    sys.stdout.buffer.write(msgspec.msgpack.encode(unpacked))
    return 0


if __name__ == "__main__":
    sys.exit(main())
