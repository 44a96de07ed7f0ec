"""Text output of `vae show`: the main facts, and the last epochs as a table."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from tui.cli.output import Column, table
from tui.cli.report import SessionReport
from tui.text import REASONS, attempt_text, duration_text, images_text, one_line
from vae_engine.defaults import few_steps_note
from vae_engine.image_shape import ImageShape
from vae_engine.sessions.summary import Attempt
from vae_engine.settings import SETTINGS, Settings, changed_settings

_LABEL_WIDTH = 11
_LONGEST_FACT = 400
_LAST_EPOCHS = 6
_DIGEST = 16
_CLASSES_TOLD = 12

_EPOCH_COLUMNS = tuple(
    Column(title, "right")
    for title in ("epoch", "loss", "rec", "kl", "val_loss", "val_elbo", "active", "rate", "time")
)


def card_lines(report: SessionReport, settings: Settings, width: int) -> list[str]:
    """Format a session in about two dozen lines of `width` columns; losses in nats per image."""
    lines = [f"{report.name}  {report.id}"]
    for label, fact in _facts(report, settings):
        lines += textwrap.wrap(
            one_line(fact, _LONGEST_FACT),
            max(40, width),
            initial_indent=f"  {label:{_LABEL_WIDTH}}",
            subsequent_indent=" " * (_LABEL_WIDTH + 2),
            # Paths and digests are not truncated, so that they can be copied.
            break_long_words=False,
            break_on_hyphens=False,
        )
    if report.history:
        rows = [_epoch_cells(epoch) for epoch in report.history[-_LAST_EPOCHS:]]
        lines += ["", *(f"  {line}" for line in table(_EPOCH_COLUMNS, rows, width - 2))]
    return lines


def _facts(report: SessionReport, settings: Settings) -> Iterator[tuple[str, str]]:
    yield "status", _status(report)
    if report.attempt is not None:
        attempt = msgspec.convert(report.attempt, Attempt)
        yield "latest run", attempt_text(attempt, report.last_words or "")
    if report.progress is not None:
        yield "now", _progress(report.progress)
    if report.test_loss is not None:
        yield (
            "test",
            (
                f"loss {report.test_loss:.2f} (rec {report.test_reconstruction_loss:.2f} "
                f"kl {report.test_kl_loss:.2f})"
                f"{bits_text(report.test_bits_per_dimension)}"
            ),
        )
    if report.evaluation is not None:
        yield "evaluation", _evaluation(report.evaluation)
    yield "dataset", _dataset(report.dataset)
    yield "images", _images(report)
    images = report.dataset.get("train_images")
    if few := few_steps_note(settings, images, report.epochs):
        yield "few steps", few
    yield "model", _model(report, settings)
    yield "settings", _settings(settings)
    if report.environment:
        yield "machine", _machine(report.environment)
    if report.machine is not None:
        yield "load", report.machine.get("problem") or report.machine["text"]
        if slowed := report.machine.get("slowed"):
            yield "slowed by", slowed
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(report.created))
    runs = "1 run" if report.runs == 1 else f"{report.runs} runs"
    yield "created", f"{began}, trained {duration_text(report.duration)} in {runs}"
    if report.parent:
        yield "forked from", report.parent
    if report.tags:
        yield "tags", ", ".join(report.tags)
    if report.note:
        yield "note", report.note
    if report.exports:
        yield "exports", f"epochs {', '.join(str(epoch) for epoch in report.exports)}"
    if report.weights_sha256:
        yield "weights", f"sha256 {report.weights_sha256[:_DIGEST]}"
    if report.damaged_lines:
        yield "damage", f"{report.damaged_lines} lines of the event log cannot be read"
    yield "folder", report.folder


def bits_text(bits: float | None) -> str:
    """Format bits per dimension, to follow a loss; empty if not recorded."""
    return "" if bits is None else f", {bits:.3f} bits per dimension"


def _status(report: SessionReport) -> str:
    best = f", best {report.best_epoch}" if report.best_epoch else ""
    reason = report.stop_reason or ""
    why = f" ({REASONS.get(reason, reason)})" if reason else ""
    if report.last_words and report.attempt is None:
        why = f" (its worker exited unexpectedly: {report.last_words})"
    if report.silent_since is not None:
        silent = duration_text(time.time() - report.silent_since)
        why = f" (its worker has not responded for {silent})"
    return f"{report.status}{why}, epoch {report.epoch} of {report.epochs}{best}"


def _progress(progress: dict[str, Any]) -> str:
    return (
        f"epoch {progress['epoch']}, step {progress['step']} of {progress['steps']}: "
        f"loss {progress['loss']:.2f}, {progress['images_per_second']:,.0f} images/s"
    )


def _evaluation(evaluation: dict[str, Any]) -> str:
    """Summarise the evaluation; says so if it is of weights other than the current ones."""
    earlier = "" if evaluation["current"] else ", no longer the exported weights"
    text = (
        f"epoch {evaluation['epoch']}{earlier}: "
        f"negative ELBO {evaluation['negative_elbo']:.2f} ± {evaluation['negative_elbo_error']:.2f}"
        f"{_nll(evaluation)}, I(x; z) {evaluation['mutual_information']:.2f}"
        f", KL(q(z) || p(z)) {evaluation['aggregate_kl']:.2f}"
        f", {evaluation['active_units']} of {len(evaluation['kl_per_dimension'])} units active"
    )
    if evaluation["knn_accuracy"] is not None:
        text += f", kNN {evaluation['knn_accuracy']:.1%}"
    if evaluation["linear_accuracy"] is not None:
        text += f", linear {evaluation['linear_accuracy']:.1%}"
    return text


def _nll(evaluation: dict[str, Any]) -> str:
    """Format the NLL; None if the evaluation skipped it."""
    if evaluation["nll"] is None:
        return ""
    return f", NLL {evaluation['nll']:.2f} ({evaluation['samples']} samples)"


def _dataset(dataset: dict[str, Any]) -> str:
    text = str(dataset["name"])
    if dataset["source"]:
        text += f" ({dataset['source']})"
    counts = [
        f"{dataset[name]:,} {split}"
        for name, split in (
            ("train_images", "train"),
            ("val_images", "val"),
            ("test_images", "test"),
        )
        if isinstance(dataset.get(name), int)
    ]
    if counts:
        text += f", {' + '.join(counts)} images"
    return f"{text}, sha256 {str(dataset['sha256'])[:_DIGEST]}" if dataset["sha256"] else text


def _images(report: SessionReport) -> str:
    names = report.label_names
    text = images_text(ImageShape(*report.image_shape), report.likelihood, names)
    if not names:
        return text
    more = ", ..." if len(names) > _CLASSES_TOLD else ""
    return f"{text}: {', '.join(one_line(name, 40) for name in names[:_CLASSES_TOLD])}{more}"


def _model(report: SessionReport, settings: Settings) -> str:
    text = f"latent_dim {settings.latent_dim}"
    return text if report.parameters is None else f"{text}, {report.parameters:,} parameters"


def _settings(settings: Settings) -> str:
    changed = {**changed_settings(settings), "seed": settings.seed}
    return ", ".join(
        f"{name} {SETTINGS[name].format(value)}"
        for name, value in changed.items()
        if name not in ("dataset", "latent_dim")
    )


def _machine(environment: dict[str, Any]) -> str:
    shown = ("host", "cpu", "device")
    versions = ("python", "tensorflow", "keras")
    parts = [str(environment[name]) for name in shown if environment.get(name)]
    parts.append(f"{environment.get('threads', '?')} threads")
    parts += [
        f"{environment[name]} {name}"
        for name in ("workers", "replicas")
        if environment.get(name, 1) != 1
    ]
    parts += [f"{name} {environment[name]}" for name in versions if environment.get(name)]
    return ", ".join(parts)


def _epoch_cells(epoch: dict[str, Any]) -> list[str]:
    return [
        str(epoch["epoch"]),
        f"{epoch['loss']:.2f}",
        f"{epoch['reconstruction_loss']:.2f}",
        f"{epoch['kl_loss']:.2f}",
        f"{epoch['val_loss']:.2f}",
        f"{epoch['val_elbo']:.2f}",
        str(epoch["active_units"]),
        f"{epoch['learning_rate']:.3g}",
        duration_text(epoch["duration"]),
    ]
