"""Records of sessions for `--json`, with documented fields."""

from __future__ import annotations

from typing import Any

import msgspec

from tui.machine import machine_line, slowed_text
from tui.text import encodable, one_line
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions.bottleneck import bottlenecks, overall, slowed_seconds
from vae_engine.sessions.records import EvaluationRecord, ExportIndex, Result
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import Listing


class SessionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One session of `vae sessions --json` and `vae trash --json`.

    Times are in seconds since 1970, durations in seconds, losses in nats per image. A damaged
    session has a `problem`, and null in everything that could not be read.
    """

    id: str
    name: str | None
    status: str
    problem: str | None
    dataset: str | None
    latent_dim: int | None
    epoch: int | None
    epochs: int | None
    best_epoch: int | None
    best_val_loss: float | None
    stop_reason: str | None
    images_per_second: float | None
    created: float | None
    updated: float | None
    duration: float | None
    tags: list[str]
    parent: str | None
    folder: str


class SessionReport(msgspec.Struct, frozen=True, kw_only=True):
    """`vae show ID --json`; units as in `SessionEntry`.

    What does not exist yet is null, or empty.
    """

    id: str
    name: str
    status: str
    stop_reason: str | None
    last_words: str | None
    attempt: dict[str, Any] | None
    silent_since: float | None
    settings: dict[str, Any]
    dataset: dict[str, Any]
    environment: dict[str, Any]
    machine: dict[str, Any] | None
    parameters: int | None
    history: list[dict[str, Any]]
    epoch: int
    epochs: int
    best_epoch: int | None
    test_loss: float | None
    test_reconstruction_loss: float | None
    test_kl_loss: float | None
    test_bits_per_dimension: float | None
    likelihood: str
    image_shape: tuple[int, int, int]
    label_names: list[str]
    weights_sha256: str | None
    progress: dict[str, Any] | None
    evaluation: dict[str, Any] | None
    exports: list[int]
    runs: int
    tags: list[str]
    note: str
    created: float
    updated: float | None
    duration: float
    command: list[str]
    parent: str | None
    version: str
    damaged_lines: int
    folder: str


def session_entry(listing: Listing) -> SessionEntry:
    """Make the record of a listed session."""
    manifest, label, summary = listing.manifest, listing.label, listing.summary
    settings = manifest.settings if manifest else None
    return SessionEntry(
        id=listing.id,
        name=label.name if label else None,
        status=listing.status or "damaged",
        problem=listing.problem or None,
        dataset=settings.dataset if settings else None,
        latent_dim=settings.latent_dim if settings else None,
        epoch=summary.epoch if summary else None,
        epochs=(summary.epochs if summary else 0) or (settings.epochs if settings else None),
        best_epoch=(summary.best_epoch or None) if summary else None,
        best_val_loss=summary.best_val_loss if summary else None,
        stop_reason=(summary.stop_reason or None) if summary else None,
        images_per_second=summary.images_per_second if summary else None,
        created=manifest.created if manifest else None,
        updated=(summary.updated or None) if summary else None,
        duration=summary.duration if summary else None,
        tags=label.tags if label else [],
        parent=manifest.parent if manifest else None,
        folder=encodable(str(listing.folder)),
    )


def session_report(session: Session) -> SessionReport:
    """Make the record of a session, from the events polled so far.

    Raises:
        SessionDamagedError: its result, its evaluation or its index of exports cannot be read.
    """
    manifest, label, log = session.manifest, session.label, session.log
    result, exports, evaluation = session.result(), session.exports(), session.evaluation()
    prepared, status = log.prepared, session.status()
    attempt = log.attempt
    # Whether the latest worker, or else the one that trained last, exited without a reason.
    silent = attempt.status is None if attempt else status == "interrupted" and not log.stop_reason
    return SessionReport(
        id=session.id,
        name=label.name,
        status=status,
        stop_reason=log.stop_reason or None,
        last_words=session.crash_message() if silent else None,
        attempt=msgspec.structs.asdict(attempt) if attempt else None,
        silent_since=session.silent_since(),
        settings=msgspec.to_builtins(manifest.settings),
        dataset={
            "name": manifest.settings.dataset,
            "source": None,
            "sha256": None,
            **(prepared.dataset if prepared else {}),
        },
        environment=dict(prepared.environment) if prepared else {},
        machine=_machine_fields(session),
        parameters=prepared.parameters if prepared else None,
        history=[_figures(epoch) for epoch in log.history],
        epoch=log.epoch,
        epochs=log.epochs or manifest.settings.epochs,
        best_epoch=log.best.epoch if log.best else None,
        **_result_fields(result),
        likelihood=session.likelihood,
        image_shape=session.image_shape,
        label_names=list(prepared.label_names) if prepared else [],
        progress=_figures(log.latest_progress) if log.latest_progress else None,
        evaluation=evaluation_fields(evaluation, exports) if evaluation else None,
        exports=[entry.epoch for entry in exports.kept] if exports else [],
        runs=log.run,
        tags=label.tags,
        note=label.note,
        created=manifest.created,
        updated=log.updated or None,
        duration=log.duration,
        command=manifest.command,
        parent=manifest.parent,
        version=manifest.version,
        damaged_lines=session.damaged_lines,
        folder=encodable(str(session.folder)),
    )


def evaluation_fields(record: EvaluationRecord, exports: ExportIndex | None) -> dict[str, Any]:
    """Return an evaluation's fields; `current` tells whether it is of the current export."""
    current = exports is not None and record.is_of(exports.current)
    return {**msgspec.structs.asdict(record), "current": current}


def _machine_fields(session: Session) -> dict[str, Any] | None:
    """Return the means over all runs, the newest sample, and what slowed the runs down."""
    try:
        record = session.machine()
    except SessionDamagedError as error:
        return {"problem": one_line(str(error))}
    if record is None:
        return None
    mean = overall(record)
    return {
        "cores": record.cores,
        "memory": record.memory,
        "mean": msgspec.structs.asdict(mean),
        "latest": msgspec.structs.asdict(record.latest),
        "bottlenecks": [
            {"kind": one.kind, "text": one.sentence} for one in bottlenecks(record, record.latest)
        ],
        "slowed_seconds": slowed_seconds(record),
        "text": machine_line(record, mean),
        "slowed": slowed_text(record),
    }


def to_json(value: object) -> str:
    """Encode structs, lists and dictionaries as indented ASCII JSON; NaN and inf become null."""
    import json  # Imported here: only `--json` needs it.

    plain = msgspec.json.decode(msgspec.json.encode(value))
    return json.dumps(plain, indent=2)


def _result_fields(result: Result | None) -> dict[str, Any]:
    names = (
        "test_loss",
        "test_reconstruction_loss",
        "test_kl_loss",
        "test_bits_per_dimension",
        "weights_sha256",
    )
    return {name: getattr(result, name) if result else None for name in names}


def _figures(event: msgspec.Struct) -> dict[str, Any]:
    """Return an event's metrics, without the log's own fields."""
    fields: dict[str, Any] = msgspec.structs.asdict(event)
    return {name: value for name, value in fields.items() if name != "seq"}
