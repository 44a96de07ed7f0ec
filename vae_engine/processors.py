"""The number of usable processors, and the meaning of `threads` 0."""

from __future__ import annotations

import os

import msgspec

from vae_engine.settings import SETTINGS, Settings


def usable_processors() -> int:
    """Count the processors that this process may use, up to the maximum of `threads`."""
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return min(usable, int(SETTINGS["threads"].high))


def with_threads(settings: Settings) -> Settings:
    """Replace `threads` 0 by a number: equal bits need equal numbers of threads."""
    if settings.threads:
        return settings
    return msgspec.structs.replace(settings, threads=usable_processors())
