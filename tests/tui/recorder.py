"""Sessions as a worker would have left them, at any moment of their lives, without training.

`recordings/` holds what a real worker exported and drew: 10 epochs on 5,000 digits, with filters
4 and 8, one Dense layer of 32 units, at latent_dim 2 and 4. The `.tflite` files are as
earlier versions exported them. The `.npz` files hold the same networks in the widths of the default
settings, the other weights 0; the second Dense layers multiply by 8, since SiLU is only then like
ReLU, the third are the identity, and the next layers divide by 8.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import beat, this_process
from vae_engine.sessions.previews import (
    Preview,
    read_originals,
    read_preview,
    write_originals,
    write_preview,
)
from vae_engine.sessions.records import (
    LIVE,
    CheckpointEntry,
    CheckpointIndex,
    ExportEntry,
    ExportIndex,
    Label,
    Result,
    Status,
)
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings

RECORDINGS = Path(__file__).with_name("recordings")
RECORDED: dict[str, Any] = {"filters": (4, 8), "dense_units": (32,), "activation": "relu"}
"""The settings with which the recordings were made."""
STEPS = 40


def epoch_ended(epoch: int, latent_dim: int = 2, **changes: Any) -> ev.EpochEnded:
    """Plausible figures: losses fall, the first dimension carries more than the others."""
    loss = 150.0 + 100.0 / epoch
    kl = [3.0 / (dimension + 1) for dimension in range(latent_dim)]
    figures: dict[str, Any] = {
        "epoch": epoch,
        "loss": loss,
        "reconstruction_loss": loss - sum(kl),
        "kl_loss": sum(kl),
        "val_loss": loss + 1.0,
        "val_reconstruction_loss": loss + 1.0 - sum(kl),
        "val_kl_loss": sum(kl),
        "val_elbo": -(loss + 1.0),
        "kl_per_dimension": kl,
        "active_units": latent_dim,
        "learning_rate": 2e-3,
        "beta": 1.0,
        "images_per_second": 3000.0,
        "duration": 5.0,
    }
    return ev.EpochEnded(**{**figures, **changes})


class Recorder:
    """Records sessions into a store. Live ones are held by this process."""

    def __init__(self, store: SessionStore) -> None:
        self.store = store

    def session(
        self,
        name: str | None = None,
        *,
        status: Status = "completed",
        epochs: int = 4,
        of: int | None = None,
        tags: Sequence[str] = (),
        note: str = "",
        created: float | None = None,
        parent: str | None = None,
        previews: bool = True,
        **settings: Any,
    ) -> Session:
        """A session that has done `epochs` epochs `of` those planned, and is in a status now."""
        planned = of or max(epochs, 1)
        values = {"epochs": planned, "latent_dim": 2, **settings}
        session = self.store.create(
            make_settings(values), name=name, command=["vae", "train"], parent=parent
        )
        if tags or note:
            label = Label(name=session.label.name, tags=list(tags), note=note)
            self.store.relabel(session, label)
        if created is not None:
            manifest = msgspec.structs.replace(session.manifest, created=created)
            atomic.write_record(session.folder / layout.MANIFEST, manifest)
            session = Session(session.folder)
        self.fill(session, status=status, epochs=epochs, previews=previews)
        return session

    def fill(self, session: Session, *, status: Status, epochs: int, previews: bool = True) -> None:
        """Let a session that was just created have done so many epochs, and be in a status now."""
        if status in LIVE:
            self.revive(session)
        journal = Journal(session.folder)
        journal.emit(self.run_started(session))
        if status != "starting":
            self._train(session, journal, epochs, previews=previews)
            self._end(session, journal, status)
        journal.close()

    def end(self, session: Session, status: Status) -> None:
        """Let a session that trains come to its end; its worker is gone."""
        journal = Journal(session.folder)
        self._end(session, journal, status)
        journal.close()
        self.kill(session)

    def revive(self, session: Session) -> None:
        """Give the session a living worker: this process."""
        atomic.write_record(session.folder / layout.WORKER, this_process(run=1))
        beat(session.folder)

    def kill(self, session: Session) -> None:
        """Take the worker away without a last word."""
        (session.folder / layout.WORKER).unlink()

    def emit(self, session: Session, *events: ev.AnyEvent) -> None:
        """Append events to the log, as the worker does."""
        journal = Journal(session.folder)
        for event in events:
            journal.emit(event)
        journal.close()

    def run_started(self, session: Session, run: int = 1) -> ev.RunStarted:
        """The first event of a run."""
        settings = session.settings
        return ev.RunStarted(
            run=run, host="here", pid=1, epochs=settings.epochs, min_epochs=settings.min_epochs
        )

    def finish_epoch(self, session: Session, epoch: int, **figures: Any) -> None:
        """Let one more epoch end, with its preview."""
        self.emit(session, epoch_ended(epoch, session.settings.latent_dim, **figures))
        self.preview(session, epoch)

    def preview(self, session: Session, epoch: int) -> None:
        """Draw the preview of an epoch; no two epochs look the same."""
        recorded = read_preview(_recording(session), min(epoch, 2))
        assert recorded is not None
        reconstructions, samples = recorded.reconstructions.copy(), recorded.samples.copy()
        reconstructions[:, 0, 0] = samples[:, 0, 0] = epoch % 256
        write_preview(session.folder, epoch, Preview(reconstructions, samples))

    def export(self, session: Session, *epochs: int, step: int = 0) -> None:
        """Export encoder and decoder after these epochs; the last is the current one."""
        entries = []
        for epoch in epochs:
            names = {part: layout.export_file(part, epoch) for part in ("encoder", "decoder")}
            for part, name in names.items():
                shutil.copyfile(_recording(session) / f"{part}.npz", session.folder / name)
            digests = {part: _sha256(session.folder / names[part]) for part in names}
            entry = ExportEntry(
                epoch=epoch,
                step=step,
                encoder=names["encoder"],
                encoder_sha256=digests["encoder"],
                decoder=names["decoder"],
                decoder_sha256=digests["decoder"],
            )
            entries.append(entry)
        index = ExportIndex(current=entries[-1], kept=entries)
        atomic.write_record(session.folder / layout.EXPORTS / layout.INDEX, index)

    def checkpoint(self, session: Session) -> None:
        """Leave a checkpoint that is whole, as far as its digest tells."""
        name = f"{layout.CHECKPOINTS}/epoch-000001-step-000000.npz"
        (session.folder / name).write_bytes(b"weights")
        entry = CheckpointEntry(file=name, sha256=_sha256(session.folder / name), epoch=1, step=0)
        index = CheckpointIndex(latest=entry)
        atomic.write_record(session.folder / layout.CHECKPOINTS / layout.INDEX, index)

    def _train(self, session: Session, journal: Journal, epochs: int, *, previews: bool) -> None:
        journal.emit(
            ev.Prepared(
                epoch=0,
                step=0,
                environment={"device": "CPU", "host": "here", "cpu": "a CPU", "threads": 1},
                dataset={"name": "mnist", "source": "packaged", "train_images": 5000},
                parameters=12345,
            )
        )
        originals = read_originals(_recording(session))
        assert originals is not None
        write_originals(session.folder, originals)
        exported = [epoch for epoch in range(1, epochs + 1) if epoch in (1, epochs)]
        for epoch in range(1, epochs + 1):
            journal.emit(epoch_ended(epoch, session.settings.latent_dim))
            if previews:
                self.preview(session, epoch)
            if epoch in exported:
                journal.emit(ev.Exported(epoch=epoch))
        if exported:
            self.export(session, *exported)

    def _end(self, session: Session, journal: Journal, status: Status) -> None:
        epoch = journal.log.epoch
        if status == "paused":
            journal.emit(ev.Paused())
        elif status == "stopping":
            journal.emit(ev.Stopping(now=False))
        elif status in ("completed", "stopped", "diverged", "failed", "interrupted"):
            reasons = {"completed": "epochs", "stopped": "stop", "interrupted": "SIGTERM"}
            reason = reasons.get(status, f"loss is nan at epoch {epoch + 1}, step 3")
            if status in ("completed", "stopped") and epoch:
                journal.emit(ev.Finishing(reason=reason))
                atomic.write_record(session.folder / layout.RESULT, _result(journal))
            journal.emit(ev.RunEnded(status=status, reason=reason))


def progress(epoch: int, step: int, **changes: Any) -> ev.Progress:
    """The figures in the middle of an epoch."""
    figures: dict[str, Any] = {
        "epoch": epoch,
        "step": step,
        "steps": STEPS,
        "loss": 160.0,
        "reconstruction_loss": 156.0,
        "kl_loss": 4.0,
        "images_per_second": 3000.0,
    }
    return ev.Progress(**{**figures, **changes})


def _result(journal: Journal) -> Result:
    best = journal.log.best
    assert best is not None
    return Result(
        best_epoch=best.epoch,
        test_loss=best.val_loss,
        test_reconstruction_loss=best.val_reconstruction_loss,
        test_kl_loss=best.val_kl_loss,
        weights_sha256="0" * 64,
        files={},
    )


def _recording(session: Session) -> Path:
    """What was recorded at the nearest latent_dim: tests that decode use 2 or 4."""
    return RECORDINGS / ("d2" if session.settings.latent_dim < 4 else "d4")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def change_export(session: Session, epoch: int) -> None:
    """Give an epoch a decoder of its own: recorded epochs have copies of one."""
    index = session.exports()
    assert index is not None
    entries = []
    for entry in index.kept:
        if entry.epoch == epoch:
            path = session.folder / entry.decoder
            with np.load(path) as arrays:
                halved = {name: arrays[name] * np.float32(0.5) for name in arrays.files}
            write_npz(path, halved)
            entry = msgspec.structs.replace(entry, decoder_sha256=_sha256(path))
        entries.append(entry)
    changed = ExportIndex(current=index.current, kept=entries)
    atomic.write_record(session.folder / layout.EXPORTS / layout.INDEX, changed)
