"""docs/architecture.md: a key in the sampler becomes a picture by the calls on the page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import numpy as np

from tests.test_architecture import steps, walks
from tests.test_project_rules import ROOT
from tests.tui.sampler.sampling import sampler, samples
from tests.tui.watching import until
from vae_engine.sessions.session import Session

Call = tuple[str, str]
"""Path of a module, and qualified name of a function in it."""


def calls_on_the_page() -> list[Call]:
    """The functions and methods of the walk's steps, in order; the first step is Textual's."""
    [walk] = [walk for name, walk in walks().items() if name.startswith("a key")]
    found = []
    for path, text in steps():
        if path in walk:
            named = re.findall(r"`([A-Z]\w+\.\w+|(?!action_)\w+_\w+)`", text)
            found += [(path, name) for name in named]
    return found


@contextmanager
def recorded_calls(wanted: set[Call]) -> Iterator[list[Call]]:
    """Record the wanted functions of this thread in the order in which they are first called."""
    seen: list[Call] = []
    names = {name for _, name in wanted}

    def profile(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_qualname in names:
            call = code.co_filename.removeprefix(f"{ROOT}/"), code.co_qualname
            if call in wanted and call not in seen:
                seen.append(call)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield seen
    finally:
        sys.setprofile(before)


async def test_a_key_takes_the_way_that_the_page_describes(recorded_session: Session) -> None:
    page = calls_on_the_page()
    assert len(page) == 12
    async with sampler(recorded_session) as (screen, pilot):
        before = samples(screen).images
        with recorded_calls(set(page)) as seen:
            await pilot.press("n")
            await until(pilot, lambda: len(seen) == len(page))
        assert not np.array_equal(samples(screen).images, before)
    assert seen == page
