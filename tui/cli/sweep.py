"""Commands for sweeps: run, list, show, stop, resume."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tui.catalogue import Catalogue
from tui.cli.interrupts import Shield
from tui.cli.logout import logout_warning
from tui.cli.notify import notify_option
from tui.cli.options import (
    command_for,
    detach_option,
    json_option,
    setting_option,
    store_option,
    sweep_argument,
    with_options,
)
from tui.cli.output import Column, say, table, table_width
from tui.cli.report import to_json
from tui.cli.sweep_follow import follow_sweep, print_sweep_detached
from tui.cli.sweep_options import (
    GPUS,
    csv_option,
    given_lists,
    list_options,
    parallel_option,
    ray_option,
    resume_ray_option,
    sweep_name_option,
    sweep_plain_option,
)
from tui.cli.sweep_report import (
    SweepSummary,
    csv_text,
    sweep_lines,
    sweep_report,
    sweep_summary,
)
from tui.new_session.forecast import expected_sweep_duration
from tui.new_session.plan import SEEDS, UNASKED_TRIALS, cluster_line, default_parallel, plan_line
from tui.new_session.timings import measured_timings
from tui.text import age_text, encodable
from vae_engine.control.sweeps import check_sweep, resume_sweep, start_sweep, stop_sweep
from vae_engine.errors import SettingError
from vae_engine.sessions.atomic import replace_file
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.grid import Grid, count_trials, make_grid
from vae_engine.sweeps.store import DamagedSweep, NewSweep, Sweep, SweepStore
from vae_engine.sweeps.trials import read_trials

_COLUMNS = (
    Column("ID"),
    Column("NAME", least=8),
    Column("STATUS"),
    Column("DONE", "right"),
    Column("FAILED", "right"),
    Column("AGE", "right"),
)


class _InOrder(click.Group):
    """A group that lists its commands in the order of a sweep's life."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, no_args_is_help=False)
def sweep() -> None:
    """Train and compare a grid of settings.

    Each trial is an ordinary session. --sessions-dir goes after the subcommand.
    """


@sweep.command()
@list_options
@setting_option(SEEDS, fallback=None)
@parallel_option
@ray_option
@setting_option(GPUS, fallback=None)
@sweep_name_option
@sweep_plain_option
@detach_option
@notify_option
@click.option("--yes", is_flag=True, help=f"allow more than {UNASKED_TRIALS:,} trials")
@store_option
def run(
    store: SessionStore,
    seeds: int | None,
    parallel: int | None,
    ray: str | None,
    gpus: float | None,
    name: str | None,
    plain: bool,
    detach: bool,
    yes: bool,
    **values: Any,
) -> None:
    """Train every combination of the given settings.

    A comma makes a list: --latent-dim 2,8,16. Any option may be repeated instead, and those whose
    value is itself a list (--filters, --dense-units) must be: --filters 16,32 --filters 8,16.
    """
    lists = given_lists(values)
    count = count_trials(lists, seeds)
    if count > UNASKED_TRIALS and not yes:
        raise SettingError(f"{count:,} trials are many: confirm with --yes")
    if gpus is not None and ray is None:
        raise click.UsageError("--gpus is for a cluster: give --ray too")
    grid, head = check_sweep(
        store,
        make_grid(lists, seeds),
        ray=ray or "",
        announce=lambda line: say(encodable(with_options(line)), err=True),
    )
    at_once = parallel or default_parallel(grid, ray=bool(ray))
    for line in [cluster_line(grid, at_once)] if ray else _plan_lines(grid, at_once, store):
        say(line, err=detach)
    shield = Shield()
    made = start_sweep(
        store,
        NewSweep(grid, at_once, name=name, ray=ray or "", gpus=gpus or 0.0),
        head=head,
        shield=shield,
    )
    _follow(made, plain=plain, detach=detach, left=shield.pressed)


@sweep.command(name="list")
@json_option
@store_option
def list_(store: SessionStore, as_json: bool) -> None:
    """List the sweeps.

    Newest first, damaged ones last. DONE counts finished trials, FAILED failed and diverged
    ones.
    """
    entries = [_entry(one) for one in SweepStore(store).listings()]
    if as_json:
        click.echo(to_json(entries))
    elif not entries:
        say(f"no sweeps in {encodable(str(store.root))}: `vae sweep run` starts one")
    else:
        for line in _entry_lines(entries):
            say(line)


@sweep.command()
@sweep_argument
@json_option
@csv_option
@store_option
def show(reference: str, store: SessionStore, as_json: bool, output: Path | None) -> None:
    """Show the results of a sweep.

    Mean and standard deviation over the seeds, per setting: test negative ELBO, reconstruction_loss
    and kl_loss in nats per image, active units, probe accuracy on z_mean, and training time.
    """
    if as_json and output is not None:
        raise click.UsageError("--json and --csv are both given: choose one")
    found = SweepStore(store).find(reference)
    trials = read_trials(found)
    if output is not None:
        _write(output, csv_text(trials))
        say(f"wrote the table of {found.id} to {encodable(str(output))}")
    elif as_json:
        click.echo(to_json(sweep_report(found, trials)))
    else:
        for line in sweep_lines(found, trials, table_width()):
            say(line)


@sweep.command()
@sweep_argument
@store_option
def stop(reference: str, store: SessionStore) -> None:
    """Stop a sweep; its trials write a checkpoint first.

    `vae sweep resume` can continue it.
    """
    found = SweepStore(store).find(reference)
    stop_sweep(found)
    again = command_for("sweep resume", found.id)
    say(f"sweep {found.id} is stopped: `{again}` continues it")


@sweep.command()
@sweep_argument
@resume_ray_option
@sweep_plain_option
@detach_option
@notify_option
@store_option
def resume(reference: str, store: SessionStore, ray: str | None, plain: bool, detach: bool) -> None:
    """Resume a sweep.

    Continues every unfinished trial from its last checkpoint and retries failed ones. Trials that
    are still training are taken over.
    """
    found = SweepStore(store).find(reference)
    shield = Shield()
    resume_sweep(found, ray=ray, shield=shield)
    _follow(found, plain=plain, detach=detach, left=shield.pressed)


COMMANDS = {"sweep": sweep}


def _plan_lines(grid: Grid, parallel: int, store: SessionStore) -> list[str]:
    """Describe the grid and its expected duration."""
    timings = measured_timings(Catalogue(store.root).scan())
    duration = expected_sweep_duration(grid.trials, parallel, timings)
    return [
        plan_line(grid, parallel),
        f"expected duration: {duration}",
    ]


def _follow(found: Sweep, *, plain: bool, detach: bool, left: bool) -> None:
    if warning := logout_warning():
        say(warning, err=True)
    if detach:
        say(found.id)
    elif left:
        print_sweep_detached(found)
    else:
        follow_sweep(found, plain=plain)


def _entry(one: Sweep | DamagedSweep) -> SweepSummary:
    if isinstance(one, DamagedSweep):
        return sweep_summary(one)
    return sweep_summary(one, read_trials(one, figures=False))


def _entry_lines(entries: Sequence[SweepSummary]) -> list[str]:
    rows = [
        [
            entry.id,
            entry.name or "",
            entry.status,
            f"{entry.finished}/{entry.trials}",
            str(entry.failed or "-"),
            age_text(entry.created or 0.0),
        ]
        for entry in entries
        if entry.problem is None
    ]
    lines = table(_COLUMNS, rows, table_width()) if rows else []
    return lines + [
        f"{entry.id} damaged: {entry.problem}" for entry in entries if entry.problem is not None
    ]


def _write(path: Path, text: str) -> None:
    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    replace_file(path, write)
