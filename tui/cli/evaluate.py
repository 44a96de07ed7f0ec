"""Command that evaluates a session's exported model, and its text output."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator

import click

from tui.cli.card import bits_text
from tui.cli.options import (
    id_argument,
    json_option,
    moved_option,
    number_setting,
    setting_option,
    store_option,
)
from tui.cli.output import say, terminal_width
from tui.cli.report import evaluation_fields, to_json
from tui.cli.screen import PLAIN_TERMS
from tui.text import duration_text, fitted
from vae_engine.datasets.parallel_files import Report
from vae_engine.evaluation.aggregate import most_information
from vae_engine.evaluation.evaluate import evaluate_session, keep_evaluation
from vae_engine.evaluation.probes import NEIGHBOURS
from vae_engine.inference.dataset import session_dataset
from vae_engine.sessions.records import LIVE, EvaluationRecord
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

SAMPLES = number_setting(
    "samples", "int", 100, 1, 10_000, "importance samples per image; 1 skips the NLL"
)

_LABEL_WIDTH = 18
_BAR_CELLS = 24
_REDRAW_SECONDS = 0.2
_ETA_SECONDS = 1.0
_KL_SHOWN = 32


@click.command()
@id_argument
@setting_option(SAMPLES, fallback=SAMPLES.default)
@moved_option
@json_option
@store_option
def evaluate(
    reference: str, store: SessionStore, samples: int, place: str | None, as_json: bool
) -> None:
    """Evaluate a session's model on the test split.

    Reports negative ELBO, importance-weighted NLL, KL, active units, mutual information, and label
    probes on z_mean. Uses the latest exported weights, also during a run. The result is saved in
    the session; `vae show` prints it.
    """
    session = store.find(reference)
    with _progress() as report:
        images = session_dataset(session, place)
        record = evaluate_session(session, images, samples=samples, report=report)
    if as_json:
        click.echo(to_json(evaluation_fields(record, session.exports())))
    else:
        for line in evaluation_lines(session, record):
            say(line)
    keep_evaluation(session, record)


COMMANDS = {"evaluate": evaluate}


def evaluation_lines(session: Session, record: EvaluationRecord) -> Iterator[str]:
    """Format an evaluation in about a dozen lines; nats per image."""
    live = session.status() in LIVE
    partly = f" and {record.step} steps" if record.step else ""
    yield (
        f"session {session.id} ({session.label.name}): weights of epoch {record.epoch}{partly}"
        f"{', training continues' if live else ''}"
    )
    facts = {
        "negative ELBO": f"{record.negative_elbo:.2f} ± {record.negative_elbo_error:.2f}"
        f"  (rec {record.reconstruction_loss:.2f} kl {record.kl_loss:.2f})",
        "NLL": nll_text(record),
        "likelihood": record.likelihood + bits_text(record.bits_per_dimension),
        "KL": f"{record.kl_loss:.2f} = {information_text(record)}",
        "KL by dimension": kl_text(record.kl_per_dimension),
        "active units": f"{record.active_units} of {len(record.kl_per_dimension)}",
        "probes on z_mean": probes_text(record),
        "measured": f"on {count_text(record.images, 'test image')}, "
        f"in {duration_text(record.duration)}",
    }
    for label, fact in facts.items():
        yield f"  {label:{_LABEL_WIDTH}}{fact}"


def nll_text(record: EvaluationRecord) -> str:
    """Format the importance-weighted bound, or the reason why there is none."""
    if record.nll is None or record.nll_error is None:
        return "not measured: needs 2 samples or more"
    return (
        f"{record.nll:.2f} ± {record.nll_error:.2f}"
        f"  (importance-weighted, {count_text(record.samples, 'sample')})"
    )


def information_text(record: EvaluationRecord) -> str:
    """Format the two parts of the KL, and the upper bound of the first."""
    return (
        f"I(x; z) {record.mutual_information:.2f} + KL(q(z) || p(z)) {record.aggregate_kl:.2f}"
        f"  (I is at most log n = {most_information(record.images):.2f})"
    )


def kl_text(kl_per_dimension: list[float]) -> str:
    """Format the KL of each dimension; if there are many, the largest first."""
    if len(kl_per_dimension) <= _KL_SHOWN:
        return " ".join(f"{kl:.2f}" for kl in kl_per_dimension)
    largest = sorted(kl_per_dimension, reverse=True)[:_KL_SHOWN]
    return f"largest {_KL_SHOWN}: " + " ".join(f"{kl:.2f}" for kl in largest)


def probes_text(record: EvaluationRecord) -> str:
    """Format the accuracies of the probes, or the reason why there are none."""
    if record.knn_accuracy is None or record.linear_accuracy is None:
        return "none: the dataset has no labels"
    return (
        f"{NEIGHBOURS} nearest neighbours {record.knn_accuracy:.1%}, "
        f"linear {record.linear_accuracy:.1%}"
    )


def count_text(count: int, noun: str) -> str:
    """Format a count: `1 sample`, `1,000 samples`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


@contextlib.contextmanager
def _progress() -> Iterator[Report]:
    """Report progress on stderr: a bar on a terminal, otherwise lines."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    bar = _Bar() if on_terminal and os.environ.get("TERM", "") not in PLAIN_TERMS else None
    try:
        yield bar.show if bar else _Lines().show
    finally:
        if bar:
            bar.clear()


class _Lines:
    """Prints a line when a stage begins, and one per tenth of a long stage."""

    def __init__(self) -> None:
        self._printed: tuple[str, int] = ("", 0)

    def show(self, stage: str, done: int, total: int) -> None:
        tenth = done * 10 // total
        if (stage, tenth) == self._printed or (done and stage != "decoding"):
            return
        self._printed = (stage, tenth)
        say(f"{stage}: {done / total:.0%}" if done else stage, err=True)


class _Bar:
    """Redraws one line with the remaining time of the stage."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._drawn = 0.0

    def show(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._drawn = stage, now, 0.0
        if now - self._drawn < _REDRAW_SECONDS:
            return
        self._drawn = now
        line = stage
        if total > 1:
            filled = done * _BAR_CELLS // total
            line += f"  {'#' * filled}{'.' * (_BAR_CELLS - filled)}  {done / total:4.0%}"
            spent = now - self._began
            if done and spent > _ETA_SECONDS:
                line += f"  {duration_text(spent / done * (total - done))} left"
        self._write(fitted(line, terminal_width() - 1).rstrip())

    def clear(self) -> None:
        self._write("")

    @staticmethod
    def _write(line: str) -> None:
        # Return to the start of the line, write the text, clear the rest.
        click.echo(f"\r{line}\x1b[K", nl=False, err=True)
