"""When Python looks for garbage: hardly while `vae` starts, and at once when a screen is left."""

from __future__ import annotations

import gc

# Start-up makes many objects and hardly any garbage: looking for it every 700 objects takes a tenth
# of the time to the first frame.
_AT_START = 50_000
# What outlives a first look is looked at again after so many of them, not after ten: a dashboard
# makes thousands of lines an epoch that go by themselves, and looking costs a tenth of its time.
_SHOWN = (700, 100, 5)


def put_off() -> None:
    """Look for garbage rarely from now on."""
    gc.set_threshold(_AT_START)


def look_seldom() -> None:
    """Look for young garbage as often as Python does, but not among what the start has made."""
    gc.freeze()
    gc.set_threshold(*_SHOWN)


def leave() -> None:
    """Look at nothing that is left: Python would go through it three times at the end."""
    gc.freeze()


def collect() -> None:
    """Look for all garbage now: a screen that was left is some, with its lines and decoders."""
    gc.collect()
