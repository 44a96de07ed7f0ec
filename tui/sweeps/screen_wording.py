"""What the screen of a sweep says in its head, and of the trial under the cursor."""

from __future__ import annotations

from textual.content import Content

from tui.eta import remaining_sweep_seconds
from tui.status import LOOKS, TONE_COLOURS
from tui.sweeps.feed import SweepSnapshot
from tui.sweeps.wording import counts_text, trial_line
from tui.text import duration_text, one_line, varied_text
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Trial


def head_words(sweep: Sweep, snapshot: SweepSnapshot) -> Content:
    """Name, status and what is varied; below, how far the trials are."""
    record = sweep.record
    name = one_line(record.name, 60)
    varied = one_line(varied_text(record.varied))
    head = Content.assemble(
        (name, "bold"), "  ", (snapshot.status, TONE_COLOURS[LOOKS[snapshot.status].tone])
    )
    if varied != name:
        head += Content.assemble("  ", (varied, "$text-muted"))
    if snapshot.problem:
        return head + Content("\n") + Content.styled(snapshot.problem, "$text-error")
    return head + Content("\n" + _progress(sweep, snapshot))


def _progress(sweep: Sweep, snapshot: SweepSnapshot) -> str:
    said = counts_text(snapshot.trials)
    if snapshot.status == "running":
        said += f", {sweep.record.parallel} at once"
        left = remaining_sweep_seconds(snapshot.trials, sweep.record.parallel)
        said += "" if left is None else f", about {duration_text(left)} left"
    elif snapshot.status in ("stopped", "interrupted"):
        said += "; r goes on with it"
    return said


def detail_words(trial: Trial | None) -> Content:
    """What the trial under the cursor does, or how it ended."""
    return Content(one_line(trial_line(trial)) if trial is not None else "")
