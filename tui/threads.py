"""Work in threads that keep nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from textual.dom import DOMNode
from textual.worker import Worker


def run_in_thread(node: DOMNode, task: Callable[[], None], *, group: str) -> Worker[None]:
    """Run a task in a thread, as a worker of a node.

    Each thread that has run one of Textual's own thread workers holds that worker until its next
    one, and so the screen that it was for, with all that this had loaded.
    """
    return node.run_worker(partial(asyncio.to_thread, task), group=group)
