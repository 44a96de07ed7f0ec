"""Import TensorFlow without what costs time and is not used."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

KERAS_EXTRAS = ("pandas", "sklearn")
"""Optional for Keras and not used by a worker: a third of the time of importing TensorFlow."""


@contextmanager
def lean_import() -> Iterator[None]:
    """Import without Keras's extras and without garbage collection.

    An import makes hardly any garbage, and searching for it takes a sixth of TensorFlow's. Later
    collections skip the imported objects.
    """
    gc.disable()
    try:
        with without(*KERAS_EXTRAS):
            yield
    finally:
        gc.enable()
        gc.freeze()


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Make packages that are not imported yet look as if they were not installed.

    Keras checks for them once, while it is imported. Afterwards they can be imported as usual.
    """
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: "not found".
    try:
        yield
    finally:
        for name in hidden:
            if sys.modules[name] is None:
                del sys.modules[name]
