"""Sections of a page: one session, and the comparison of several."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from tui.comparison import comparable, curves, read_compared
from tui.history import History, Metric
from tui.html_report.chart import line_chart
from tui.html_report.elements import element, facts, picture, table
from tui.machine import machine_line, slowed_text
from tui.text import REASONS, duration_text, images_text, loss_text
from vae_engine.datasets.source import counted
from vae_engine.errors import EngineError
from vae_engine.inference.pictures import picture as sheet
from vae_engine.inference.pictures import square_columns
from vae_engine.sessions.bottleneck import overall
from vae_engine.sessions.previews import preview_epochs, read_originals, read_preview
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS, changed_settings, differing_settings

_METRICS: dict[Metric, str] = {
    "loss": "loss",
    "reconstruction_loss": "reconstruction loss",
    "kl_loss": "KL divergence",
}
_UNIT = "nats per image"
_LAST_EPOCHS = 10
_PICTURE_PIXELS = 620


def session_section(session: Session) -> Element:
    """Describe a session: results, curves, images, settings, and how to repeat it.

    Raises:
        SessionDamagedError: it cannot be read.
    """
    session.poll(progress=False)
    log = session.log
    history = History(log.history)
    marks = history.schedule_marks
    charts = [
        line_chart(title, _UNIT, history.curves(name), marks) for name, title in _METRICS.items()
    ]
    return element(
        "section",
        element("h2", session.label.name, element("small", f" {session.id}")),
        *([element("p", session.label.note, class_="note")] if session.label.note else []),
        facts(dict(_results(session))),
        element("h3", "Curves"),
        *charts,
        element("h3", "Images"),
        *_images(session),
        element("h3", "Last epochs"),
        _epochs(session),
        element("h3", "Settings"),
        _settings(session),
        element("h3", "How to repeat it"),
        facts(dict(_origin(session))),
    )


def comparison_section(sessions: Sequence[Session]) -> Element:
    """Compare sessions: a table of results and differing settings, and their curves.

    The chart leaves out losses on other images or likelihoods, which do not compare.
    """
    compared = [read_compared(session) for session in sessions]
    names = differing_settings([one.settings for one in compared])
    heads = ["session", "status", "best val loss", "epoch", "time", *names]
    rows: list[list[str | Element]] = [
        [
            element("a", one.name, href=f"#{one.id}"),
            one.status,
            loss_text(one.best),
            str(one.history.newest),
            duration_text(one.duration),
            *(SETTINGS[name].format(getattr(one.settings, name)) for name in names),
        ]
        for one in compared
    ]
    left_out = len(compared) - len(comparable(compared, "val_loss"))
    remark = f"Left out: {counted(left_out, 'curve')} with a loss that does not compare."
    return element(
        "section",
        element("h2", "Comparison"),
        element("div", table(heads, rows), class_="wide"),
        line_chart("validation loss", _UNIT, curves(compared, "val_loss")),
        *([element("p", remark)] if left_out else []),
    )


def _results(session: Session) -> Iterator[tuple[str, str]]:
    log, result = session.log, session.result()
    reason = REASONS.get(log.stop_reason, log.stop_reason)
    yield "status", f"{session.status()}{f' ({reason})' if reason else ''}"
    if log.best:
        best = f"epoch {log.best.epoch}: validation loss {loss_text(log.best.val_loss)} {_UNIT}"
        yield "best", best
    if result is not None:
        bits = result.test_bits_per_dimension
        yield (
            "test",
            f"loss {loss_text(result.test_loss)} {_UNIT}, reconstruction "
            f"{loss_text(result.test_reconstruction_loss)} and KL {loss_text(result.test_kl_loss)}"
            + (f"; {bits:.3f} bits per dimension" if bits is not None else ""),
        )
    if (found := session.evaluation()) is not None:
        text = f"negative ELBO {found.negative_elbo:.2f} ± {found.negative_elbo_error:.2f}"
        if found.nll is not None:
            text += f", NLL {found.nll:.2f} ({found.samples} samples)"
        text += f"; {found.active_units} of {len(found.kl_per_dimension)} dimensions active"
        for accuracy, name in ((found.knn_accuracy, "kNN"), (found.linear_accuracy, "linear")):
            if accuracy is not None:
                text += f", {name} probe {accuracy:.1%}"
        yield "evaluation", f"epoch {found.epoch}, test split: {text}"
    names = log.prepared.label_names if log.prepared else []
    yield "images", images_text(session.image_shape, session.likelihood, names)


def _images(session: Session) -> Iterator[Element]:
    try:
        epochs = preview_epochs(session.folder)
        originals = read_originals(session.folder)
        preview = read_preview(session.folder, epochs[-1]) if epochs else None
    except (EngineError, OSError) as error:
        yield element("p", f"The images cannot be read: {error}")
        return
    if preview is None:
        yield element("p", "No images yet.")
        return
    if originals is not None:
        pairs = np.concatenate([originals.images, preview.reconstructions])
        text = f"Test images above their reconstructions, epoch {epochs[-1]}"
        yield _sheet(pairs, len(originals.images), text)
    text = f"Samples of the prior, epoch {epochs[-1]}"
    yield _sheet(preview.samples, square_columns(preview.samples), text)


def _sheet(images: NDArray[np.uint8], columns: int, caption: str) -> Element:
    pixels = sheet(images, columns)
    return picture(pixels, caption, scale=max(1, _PICTURE_PIXELS // pixels.shape[1]))


def _epochs(session: Session) -> Element:
    heads = ["epoch", "loss", "val loss", "val rec", "val KL", "active", "rate", "images/s"]
    rows = [
        [
            str(epoch.epoch),
            f"{epoch.loss:.2f}",
            f"{epoch.val_loss:.2f}",
            f"{epoch.val_reconstruction_loss:.2f}",
            f"{epoch.val_kl_loss:.2f}",
            str(epoch.active_units),
            f"{epoch.learning_rate:.3g}",
            f"{epoch.images_per_second:,.0f}",
        ]
        for epoch in session.log.history[-_LAST_EPOCHS:]
    ]
    return element("div", table(heads, rows), class_="wide")


def _settings(session: Session) -> Element:
    changed = changed_settings(session.settings)
    rows: list[list[str | Element]] = []
    for name, setting in SETTINGS.items():
        value = setting.format(getattr(session.settings, name))
        rows.append([name, element("b", value) if name in changed else value, setting.help])
    listing = element("div", table(["setting", "value", "meaning"], rows), class_="wide settings")
    return element("details", element("summary", "All; bold: not the default"), listing)


def _load(session: Session) -> Iterator[tuple[str, str]]:
    try:
        machine = session.machine()
    except EngineError as error:
        yield "load", str(error)
        return
    if machine is not None:
        yield "load", f"on average: {machine_line(machine, overall(machine))}"
        if slowed := slowed_text(machine):
            yield "slowed by", slowed


def _origin(session: Session) -> Iterator[tuple[str, str]]:
    manifest, prepared, result = session.manifest, session.log.prepared, session.result()
    yield "command", shlex.join(manifest.command)
    created = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(manifest.created))
    yield "created", f"{created} by vae-workbench {manifest.version}"
    yield "trained", f"{duration_text(session.log.duration)} in {counted(session.log.run, 'run')}"
    yield from _load(session)
    yield "seed", str(session.settings.seed)
    if prepared is not None:
        yield "dataset", ", ".join(f"{name} {value}" for name, value in prepared.dataset.items())
        machine = ", ".join(f"{name} {value}" for name, value in prepared.environment.items())
        yield "machine", machine
    if result is not None:
        yield "weights", f"sha256 {result.weights_sha256}"
