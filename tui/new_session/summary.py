"""Expected duration and equivalent command line of a draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tui.command_line import sweep_command, train_command
from tui.new_session.costs import Sizes, Timing
from tui.new_session.draft import Draft
from tui.new_session.forecast import expected_duration, expected_sweep_duration
from tui.new_session.plan import plan_line
from tui.presets import DEMO, PRESETS
from tui.text import one_line
from vae_engine.sessions.session import Session
from vae_engine.settings import Settings, make_settings


def duration_lines(
    draft: Draft,
    timings: Sequence[Timing] | None,
    sizes_of: Callable[[Settings], Sizes | None],
) -> str:
    """Return the expected duration, with the plan of a sweep or a warning about too few steps.

    Args:
        draft: the draft read from the form.
        timings: of earlier runs, None while they are being read.
        sizes_of: tells what was read of the dataset of settings.
    """
    if draft.problems or timings is None:
        return "Expected duration: ..."
    if draft.sweep is None:
        assert draft.suited is not None
        demo = draft.settings == make_settings(PRESETS[DEMO])
        duration = expected_duration(draft.suited, timings, demo=demo, sizes=sizes_of(draft.suited))
        expected = f"Expected duration: {duration}"
        return f"{expected}\nFew steps: {draft.few_steps}" if draft.few_steps else expected
    trials, parallel = draft.sweep.grid.trials, draft.sweep.parallel
    plan = one_line(plan_line(draft.sweep.grid, parallel))
    expected = expected_sweep_duration(trials, parallel, timings, sizes_of)
    return f"{plan}\nExpected duration: {expected}"


def equivalent_command(draft: Draft, root: Path, base: Session | None) -> str:
    """The equivalent command line; empty while something is wrong.

    Args:
        draft: the draft read from the form.
        root: the folder of sessions.
        base: the session that is forked.
    """
    if draft.sweep is not None:
        parallel = draft.sweep.parallel if draft.sweep.chosen else None
        return sweep_command(
            draft.sweep.lists, root, seeds=draft.sweep.seeds, parallel=parallel, name=draft.name
        )
    if draft.settings is None:
        return ""
    parent = (base.id, base.settings) if base else None
    return train_command(draft.settings, root, name=draft.name, parent=parent)
