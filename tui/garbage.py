"""How often Python looks for garbage: hardly while `vae` starts, as usual once the app is shown."""

from __future__ import annotations

import gc

_USUAL = gc.get_threshold()
# Start-up makes many objects and hardly any garbage: looking for it every 700 objects takes a tenth
# of the time to the first frame.
_AT_START = 50_000


def put_off() -> None:
    """Look for garbage rarely from now on."""
    gc.set_threshold(_AT_START)


def look_as_usual() -> None:
    """Look as often as Python does by itself, but not among what the start has made.

    Screens that were left are garbage with their lines and decoders. Put off as at the start, it
    would be found after 5 million objects: some hundred megabytes.
    """
    gc.freeze()
    gc.set_threshold(*_USUAL)
