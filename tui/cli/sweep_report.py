"""Reports on sweeps: records for `--json`, CSV, and text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tui.cli.options import command_for
from tui.cli.output import Column, table
from tui.sweeps.wording import best_line, counts_text, metric_text, trial_line
from tui.text import encodable, varied_text
from vae_engine.sessions.comparability import MEASURE_SETTINGS
from vae_engine.settings import SETTINGS
from vae_engine.sweeps.results import (
    METRICS,
    SettingResult,
    best_trial,
    by_setting,
    comparable_groups,
)
from vae_engine.sweeps.store import DamagedSweep, Sweep
from vae_engine.sweeps.trials import Trial, sweep_status, values_text

_HEADS = ("-ELBO", "REC", "KL", "ACTIVE", "KNN%", "LIN%", "TIME")
_MOST_UNFINISHED = 20


class SweepSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One sweep of `vae sweep list --json`; a damaged one has a `problem` and little else."""

    id: str
    name: str | None
    status: str
    problem: str | None
    trials: int | None
    finished: int | None
    failed: int | None
    varied: dict[str, list[Any]]
    created: float | None
    folder: str | None


class SweepReport(msgspec.Struct, frozen=True, kw_only=True):
    """`vae sweep show ID --json`."""

    id: str
    name: str
    status: str
    varied: dict[str, list[Any]]
    parallel: int
    settings: list[SettingResult]
    best: str | None
    trials: list[dict[str, Any]]
    created: float
    command: list[str]
    version: str
    folder: str


def sweep_summary(sweep: Sweep | DamagedSweep, trials: Sequence[Trial] = ()) -> SweepSummary:
    """Make the record of a listed sweep; `trials` are those of an intact one."""
    if isinstance(sweep, DamagedSweep):
        nothing = dict.fromkeys(("name", "trials", "finished", "failed", "created", "folder"))
        return SweepSummary(
            id=sweep.id, status="damaged", problem=sweep.problem, varied={}, **nothing
        )
    record = sweep.record
    return SweepSummary(
        id=sweep.id,
        name=record.name,
        status=sweep_status(trials, alive=sweep.alive()),
        problem=None,
        trials=len(trials),
        finished=sum(trial.finished for trial in trials),
        failed=sum(trial.status in ("failed", "diverged") for trial in trials),
        varied=record.varied,
        created=record.created,
        folder=encodable(str(sweep.folder)),
    )


def sweep_report(sweep: Sweep, trials: Sequence[Trial]) -> SweepReport:
    """Make the record of a sweep."""
    record, best = sweep.record, best_trial(trials)
    return SweepReport(
        id=sweep.id,
        name=record.name,
        status=sweep_status(trials, alive=sweep.alive()),
        varied=record.varied,
        parallel=record.parallel,
        settings=by_setting(trials),
        best=best.session if best else None,
        trials=[msgspec.structs.asdict(trial) for trial in trials],
        created=record.created,
        command=record.command,
        version=record.version,
        folder=encodable(str(sweep.folder)),
    )


def csv_text(trials: Sequence[Trial]) -> str:
    """Return the table per setting as CSV: mean and deviation of each metric, empty for none."""
    rows = by_setting(trials)
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    names = list(rows[0].values)
    heads = [head for name in METRICS for head in (name, f"{name}_deviation")]
    writer.writerow([*names, "trials", "finished", "failed", *heads])
    for row in rows:
        values = [SETTINGS[name].format(row.values[name]) for name in names]
        figures: list[float | None] = []
        for name in METRICS:
            metric = row.figures[name]
            figures += [metric.mean, metric.deviation] if metric else [None, None]
        writer.writerow([*values, row.trials, row.finished, row.failed, *figures])
    return output.getvalue()


def sweep_lines(sweep: Sweep, trials: Sequence[Trial], width: int) -> Iterator[str]:
    """Format a sweep: header, table by setting, best trial, unfinished trials."""
    yield from head_lines(sweep, trials)
    yield ""
    yield from result_lines(trials, width)
    unfinished = [
        trial
        for trial in trials
        if trial.attempt is not None or (not trial.finished and trial.status != "waiting")
    ]
    if unfinished:
        yield ""
    yield from map(trial_line, unfinished[:_MOST_UNFINISHED])
    if len(unfinished) > _MOST_UNFINISHED:
        yield f"and {len(unfinished) - _MOST_UNFINISHED} more: `--json` lists all"


def head_lines(sweep: Sweep, trials: Sequence[Trial]) -> Iterator[str]:
    """Format the sweep's name and progress, and how to resume it if it has ended early."""
    record = sweep.record
    status = sweep_status(trials, alive=sweep.alive())
    yield f"sweep {sweep.id} ({record.name}): {varied_text(record.varied)}"
    yield f"{status}, {counts_text(trials)}"
    if status in ("stopped", "interrupted"):
        yield f"  to resume it: {command_for('sweep resume', sweep.id)}"


def result_lines(trials: Sequence[Trial], width: int) -> Iterator[str]:
    """The table and the best trial; one of each per group where losses do not compare."""
    groups = comparable_groups(trials)
    for number, group in enumerate(groups):
        if len(groups) > 1:
            values = group[0].values
            measured = {str(name): values[name] for name in MEASURE_SETTINGS if name in values}
            figures = next((trial.figures for trial in group if trial.figures), None)
            words = values_text(measured) or (figures.measured_on if figures else "unfinished")
            yield from [""] * (number > 0)
            yield f"{words}: these losses compare with each other only"
        yield from table_lines(group, width)
        if (line := best_line(group)) is not None:
            yield line


def table_lines(trials: Sequence[Trial], width: int) -> list[str]:
    """Format the table by setting: mean and deviation over seeds; losses in nats per image."""
    rows = by_setting(trials)
    names = list(rows[0].values)
    columns = [Column(_column_title(name), "right", least=4) for name in names]
    columns += [Column(title, "right") for title in ("SEEDS", *_HEADS)]
    cells = [
        [
            *(SETTINGS[name].format(row.values[name]) for name in names),
            f"{row.finished}/{row.trials}",
            *(metric_text(name, row.figures[name]) for name in METRICS),
        ]
        for row in rows
    ]
    return table(columns, cells, width)


def _column_title(name: str) -> str:
    return "D" if name == "latent_dim" else name.upper()
