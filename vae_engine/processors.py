"""How many processors there are to compute on, and what `threads` 0 comes to."""

from __future__ import annotations

import os

import msgspec

from vae_engine.settings import SETTINGS, Settings


def usable_processors() -> int:
    """The processors that this process may use, at most as many as a session has threads."""
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    return min(usable, int(SETTINGS["threads"].high))


def with_threads(settings: Settings) -> Settings:
    """Count the threads that `threads` 0 stands for: equal bits need equally many."""
    if settings.threads:
        return settings
    return msgspec.structs.replace(settings, threads=usable_processors())
