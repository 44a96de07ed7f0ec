"""Make session folders as a worker leaves them, without training, and read them."""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from vae_engine.datasets.image_record import ImageRecord, SplitRecord
from vae_engine.errors import EngineError
from vae_engine.priors.fitted import FittedPrior, to_bytes
from vae_engine.priors.prior import MixturePrior
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.event_log import EventWriter
from vae_engine.sessions.image_record import write_image_record
from vae_engine.sessions.journal import Journal
from vae_engine.sessions.liveness import beat, this_process
from vae_engine.sessions.machine_record import GpuUse, MachineRecord, MachineSample
from vae_engine.sessions.previews import Originals, Preview, write_originals, write_preview
from vae_engine.sessions.records import (
    CheckpointEntry,
    CheckpointIndex,
    EndStatus,
    EvaluationRecord,
    ExportEntry,
    ExportIndex,
    Point,
    Points,
    Result,
)
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import make_settings
from vae_engine.tensorboard.logdir import keep_logdir

NOISE = np.random.default_rng(7)


def run_started(run: int = 1, epochs: int = 3, time: float = 0.0) -> ev.RunStarted:
    return ev.RunStarted(
        run=run, host="host", pid=1, epochs=epochs, min_epochs=min(epochs, 2), time=time
    )


def prepared(time: float = 0.0) -> ev.Prepared:
    return ev.Prepared(
        epoch=0,
        step=0,
        environment={"device": "CPU", "threads": 2},
        dataset={"name": "mnist", "sha256": "0" * 64},
        parameters=954_981,
        time=time,
    )


def progress(epoch: int = 1, step: int = 1, time: float = 0.0) -> ev.Progress:
    return ev.Progress(
        epoch=epoch,
        step=step,
        steps=10,
        loss=300.0,
        reconstruction_loss=290.0,
        kl_loss=10.0,
        images_per_second=1000.0,
        time=time,
    )


def epoch_ended(epoch: int, val_loss: float | None = None, time: float = 0.0) -> ev.EpochEnded:
    loss = 150.0 + 60.0 / epoch if val_loss is None else val_loss
    return ev.EpochEnded(
        epoch=epoch,
        loss=loss + 1.0,
        reconstruction_loss=loss - 4.0,
        kl_loss=5.0,
        val_loss=loss,
        val_reconstruction_loss=loss - 5.0,
        val_kl_loss=5.0,
        val_elbo=-loss,
        kl_per_dimension=[3.0, 2.0],
        active_units=2,
        learning_rate=2e-3,
        beta=1.0,
        images_per_second=1000.0 + epoch,
        duration=5.0,
        time=time,
    )


def run_ended(status: EndStatus = "completed", time: float = 0.0) -> ev.RunEnded:
    return ev.RunEnded(status=status, reason="epochs", time=time)


def whole_run(epochs: int = 3) -> list[ev.AnyEvent]:
    events: list[ev.AnyEvent] = [run_started(epochs=epochs), prepared()]
    for epoch in range(1, epochs + 1):
        events += [progress(epoch), epoch_ended(epoch)]
    return [*events, ev.Exported(epoch=1), ev.Finishing(reason="epochs"), run_ended()]


def write_log(path: Path, events: Iterable[ev.AnyEvent]) -> None:
    writer = EventWriter(path)
    for event in events:
        writer.append(event)
    writer.close()


def emit(session: Session, events: Iterable[ev.AnyEvent]) -> None:
    journal = Journal(session.folder)
    for event in events:
        journal.emit(event)
    journal.close()


def new_session(root: Path, name: str | None = None, **settings: Any) -> Session:
    values = {"epochs": 3, **settings}
    return SessionStore(root).create(make_settings(values), name=name, command=["vae", "train"])


def finished_session(root: Path, *, epochs: int = 3, name: str | None = None) -> Session:
    """A completed session with every file that a worker leaves; weights are noise."""
    session = new_session(root, name, epochs=epochs)
    emit(session, whole_run(epochs))
    folder = session.folder
    write_pictures(folder, range(1, epochs + 1))
    write_checkpoints(folder, epochs)
    write_exports(folder, [1, epochs])
    write_end(folder, epochs)
    write_evaluation(session)
    keep_logdir(folder, Path("/logs"))
    point = Point(name="smile", z=[0.0] * session.settings.latent_dim, epoch=epochs)
    atomic.write_record(folder / layout.POINTS, Points(points=[point]), durable=False)
    write_mixture(session)
    write_machine(folder)
    (folder / layout.LOG).write_text("2026-01-01 INFO importing TensorFlow\n")
    leave_worker(session, alive=False)
    return session


def live_session(root: Path, events: Sequence[ev.AnyEvent] = ()) -> Session:
    """A session that this process holds, as a worker would."""
    session = new_session(root)
    leave_worker(session, alive=True)
    emit(session, [run_started(), prepared(), *events])
    return session


def leave_worker(session: Session, *, alive: bool) -> None:
    record = this_process(run=1)
    gone = {} if alive else {"process_created": record.process_created - 1000.0}
    atomic.write_record(session.folder / layout.WORKER, {**_fields(record), **gone}, durable=False)
    beat(session.folder)


def write_machine(folder: Path) -> None:
    """A sample of a machine of two cores, which had nothing else to do."""
    sample = MachineSample(
        time=1_795_000_000.0,
        seconds=10.0,
        run=1,
        epoch=1,
        cpu=1.9,
        others=0.05,
        rss=600_000_000,
        memory_free=5_000_000_000,
        disk_free=31_000_000_000,
        gpus=(GpuUse(name="GPU", busy=0.5, memory=1, memory_total=2),),
    )
    record = MachineRecord(cores=2.0, memory=8_000_000_000, latest=sample, samples=(sample,))
    atomic.write_record(folder / layout.MACHINE, record, durable=False)


def write_mixture(session: Session) -> None:
    """A mixture of one Gaussian, N(0, I), for the current export."""
    dim, index = session.settings.latent_dim, session.exports()
    assert index is not None
    fitted = FittedPrior(
        epoch=index.current.epoch,
        step=index.current.step,
        encoder_sha256=index.current.encoder_sha256,
        prior=MixturePrior(np.ones(1), np.zeros((1, dim)), np.eye(dim)[None]),
        bic={1: 0.0},
        split="train",
        images=9,
        held_out=0,
        metrics={},
    )
    (session.folder / layout.MIXTURE).write_bytes(to_bytes(fitted))


def write_pictures(folder: Path, epochs: Iterable[int]) -> None:
    images = NOISE.integers(0, 256, (10, 28, 28), np.uint8)
    write_originals(folder, Originals(images, np.arange(10)))
    for epoch in epochs:
        write_preview(folder, epoch, Preview(images[:, ::-1], np.repeat(images[:8], 8, axis=0)))


def write_checkpoints(folder: Path, epoch: int) -> None:
    entries = []
    for done in (epoch - 1, epoch):
        name = layout.checkpoint_file(done, 0)
        entries.append(CheckpointEntry(file=name, sha256=_write(folder, name), epoch=done, step=0))
    index = CheckpointIndex(latest=entries[1], previous=entries[0], best=entries[1])
    atomic.write_record(folder / layout.CHECKPOINTS / layout.INDEX, index, durable=False)


def write_exports(folder: Path, epochs: Iterable[int]) -> None:
    entries = []
    for epoch in epochs:
        names = {part: layout.export_file(part, epoch) for part in ("encoder", "decoder")}
        digests = {f"{part}_sha256": _write(folder, name) for part, name in names.items()}
        entries.append(ExportEntry(epoch=epoch, **names, **digests))  # type: ignore[arg-type]
    index = ExportIndex(current=entries[-1], kept=entries)
    atomic.write_record(folder / layout.EXPORTS / layout.INDEX, index, durable=False)


def write_end(folder: Path, best_epoch: int) -> None:
    write_npz(folder / layout.EMBEDDINGS, {"z_mean": np.zeros((100, 2), np.float32)})
    images = SplitRecord(np.arange(40, dtype=np.uint64), np.arange(40), np.arange(40) % 3, ())
    write_image_record(folder, ImageRecord({"train": images}))
    named = (layout.WEIGHTS, layout.KERAS_MODEL, layout.RECONSTRUCTIONS, layout.SAMPLES)
    result = Result(
        best_epoch=best_epoch,
        test_loss=151.0,
        test_reconstruction_loss=146.0,
        test_kl_loss=5.0,
        weights_sha256="a" * 64,
        files={name: _write(folder, name) for name in named},
    )
    atomic.write_record(folder / layout.RESULT, result, durable=False)


def write_evaluation(session: Session) -> EvaluationRecord:
    """What an evaluation of the current export leaves; its figures are made up."""
    exports = session.exports()
    assert exports is not None
    current = exports.current
    record = EvaluationRecord(
        epoch=current.epoch,
        step=current.step,
        encoder_sha256=current.encoder_sha256,
        decoder_sha256=current.decoder_sha256,
        dataset_sha256="b" * 64,
        evaluated=2e9,
        duration=60.0,
        samples=100,
        images=10_000,
        negative_elbo=151.2,
        negative_elbo_error=0.5,
        reconstruction_loss=146.2,
        kl_loss=5.0,
        nll=149.4,
        nll_error=0.5,
        kl_per_dimension=[3.0, 2.0],
        active_units=2,
        mutual_information=4.5,
        aggregate_kl=0.5,
        knn_accuracy=0.8,
        linear_accuracy=0.7,
    )
    atomic.write_record(session.folder / layout.EVALUATION, record, durable=False)
    return record


def contents(folder: Path) -> dict[str, bytes]:
    """Every regular file below a folder by its name there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def states(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, size and time of change of everything below a folder."""
    found = {path.relative_to(folder).as_posix(): path.lstat() for path in folder.rglob("*")}
    return {name: (one.st_ino, one.st_size, one.st_mtime_ns) for name, one in found.items()}


def refusal(act: Callable[[], object]) -> str:
    """The one clear line with which an act is refused, "" when it is not."""
    try:
        act()
    except EngineError as error:
        line = str(error)
    else:
        return ""
    assert line.isprintable()
    assert 0 < len(line) < 500
    return line


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The system refuses to let a file grow beyond `size`, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def open_files() -> int:
    """How many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def _write(folder: Path, name: str) -> str:
    data = NOISE.bytes(5000)
    (folder / name).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}
