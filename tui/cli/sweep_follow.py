"""Follow a sweep until it ends: a live table on a terminal, otherwise one line per event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui.cli.follow import rest
from tui.cli.options import command_for
from tui.cli.output import say, table_width
from tui.cli.screen import can_show_app
from tui.cli.sweep_report import head_lines, result_lines, table_lines
from tui.eta import remaining_sweep_seconds
from tui.sweeps.wording import counts_text, epoch_under_way, trial_line
from tui.text import duration_text, fitted
from vae_engine.errors import SessionError
from vae_engine.sweeps.results import are_comparable
from vae_engine.sweeps.store import Sweep
from vae_engine.sweeps.trials import Trial, read_trials, sweep_status, values_text

_LOOK_SECONDS = 1.0
# Lines for header, count, blank lines and the last line.
_LINES_BESIDE_TABLE = 5


def follow_sweep(sweep: Sweep, *, plain: bool) -> None:
    """Show a sweep until its coordinator ends and print the results; Ctrl+C detaches.

    Args:
        sweep: a running sweep.
        plain: print lines even in a capable terminal.

    Raises:
        SessionError: trials failed, or the sweep did not complete.
    """
    try:
        trials = _follow_in_lines(sweep) if plain or not can_show_app() else _follow_live(sweep)
    except KeyboardInterrupt:
        print_sweep_detached(sweep)
        return
    report_sweep_outcome(sweep, trials)


def print_sweep_detached(sweep: Sweep) -> None:
    """Print how to follow a sweep again after detaching."""
    say(f"detached; sweep {sweep.id} continues")
    say(f"  to see it:  {command_for('sweep show', sweep.id)}")
    say(f"  to stop it: {command_for('sweep stop', sweep.id)}")


def report_sweep_outcome(sweep: Sweep, trials: Sequence[Trial]) -> None:
    """Report how a sweep ended, with its table.

    Raises:
        SessionError: it did not complete, or trials failed.
    """
    for line in head_lines(sweep, trials):
        say(line)
    for line in result_lines(trials, table_width()):
        say(line)
    if sweep_status(trials, alive=False) == "interrupted":
        again = command_for("sweep resume", sweep.id)
        raise SessionError(f"sweep {sweep.id} was interrupted: `{again}` continues it")
    failed = sum(trial.status in ("failed", "diverged", "damaged") for trial in trials)
    if failed:
        shown = command_for("sweep show", sweep.id)
        raise SessionError(f"{failed} of {len(trials)} trials failed: `{shown}` shows why")


def _polls(sweep: Sweep) -> Iterator[list[Trial]]:
    """Yield the trials' present state repeatedly until the coordinator has ended."""
    trials: list[Trial] = []
    while True:
        # Checked before the trials are read, so that the last state is final.
        alive = sweep.alive()
        trials = read_trials(sweep, trials)
        yield trials
        if not alive:
            return


def _follow_in_lines(sweep: Sweep) -> list[Trial]:
    before: list[Trial] = []
    trials: list[Trial] = []
    for trials in _polls(sweep):
        if not before:
            for line in head_lines(sweep, trials):
                say(line)
        for line in news(before, trials):
            say(line)
        before = trials
        rest(_LOOK_SECONDS)
    return trials


def news(before: Sequence[Trial], after: Sequence[Trial]) -> list[str]:
    """Return a line per trial that began, ended or was evaluated between two polls."""
    if not before:
        return [trial_line(trial) for trial in after if trial.live]
    lines = []
    for old, new in zip(before, after, strict=True):
        began = new.live and not old.live
        ended = old.status != new.status and not new.live and new.status != "interrupted"
        if began or ended:
            lines.append(trial_line(new))
    return lines


def _follow_live(sweep: Sweep) -> list[Trial]:
    # Imported here: plain lines and other commands do not need it.
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from tui.terminal.guard import guarded

    console = Console(highlight=False)
    trials: list[Trial] = []
    with (
        guarded(console.file.fileno()),
        Live(console=console, auto_refresh=False, screen=True) as live,
    ):
        for trials in _polls(sweep):
            lines = live_lines(sweep, trials, console.width, console.height)
            live.update(Text("\n".join(lines), no_wrap=True), refresh=True)
            rest(_LOOK_SECONDS)
    return trials


def live_lines(sweep: Sweep, trials: Sequence[Trial], width: int, height: int) -> list[str]:
    """Format the live table, in at most `width` by `height` - 1 cells.

    Args:
        sweep: the sweep.
        trials: their current state.
        width: columns of the terminal.
        height: its lines.
    """
    running = [trial for trial in trials if trial.live or trial.task == "evaluate"]
    most_running = max(1, height // 3)
    shown = [_running_line(trial) for trial in running[:most_running]]
    if len(running) > most_running:
        shown.append(f"and {len(running) - most_running} more")
    rows = table_lines(trials, width)
    if not are_comparable(trials):
        rows = list(result_lines(trials, width))
    room = max(2, height - 1 - _LINES_BESIDE_TABLE - len(shown))
    if len(rows) > room:
        hidden = len(rows) - room + 1
        rows = [*rows[: room - 1], f"and {hidden} more settings"]
    lines = [
        f"sweep {sweep.record.name}  {sweep.id}",
        f"{counts_text(trials)}{_left_text(trials, sweep.record.parallel)}",
        "",
        *rows,
        "",
        *shown,
        "Ctrl+C detaches; the sweep continues",
    ]
    return [fitted(line, width - 1).rstrip() for line in lines[: max(1, height - 1)]]


def _left_text(trials: Sequence[Trial], parallel: int) -> str:
    seconds = remaining_sweep_seconds(trials, parallel)
    return "" if seconds is None else f", about {duration_text(seconds)} left"


def _running_line(trial: Trial) -> str:
    text = f"trial {trial.number}  {values_text(trial.values)}  "
    if trial.finished:
        return f"{text}trained, not evaluated yet"
    text += trial.status
    if trial.status == "starting":
        return text
    text += f"  epoch {epoch_under_way(trial)}"
    if trial.best_val_loss is not None:
        text += f"  val_loss {trial.best_val_loss:.2f}"
    if trial.images_per_second is not None:
        text += f"  {trial.images_per_second:,.0f}/s"
    return text
