"""The runs that a quality benchmark has finished, so that an interrupted one can continue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from vae_engine.settings import Settings


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one finished session came to; losses in nats per image.

    Attributes:
        settings: all of them: another default makes it another run.
        session: its id.
        epochs: how many it trained.
        reason: why it ended, `converged` or `epochs`.
        val_loss: of its best epoch; what choices are made by.
        test_loss: test negative ELBO, z sampled, at beta = 1.
        test_reconstruction_loss: its first part.
        test_kl_loss: its second part.
        weights_sha256: digest of the weights.
        seconds: it took, start and end included.
    """

    settings: Settings
    session: str
    epochs: int
    reason: str
    val_loss: float
    test_loss: float
    test_reconstruction_loss: float
    test_kl_loss: float
    weights_sha256: str
    seconds: float


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How many sessions train at a time, measured once.

    Attributes:
        workers: sessions at a time.
        threads: of each; the bits of the weights depend on it.
        rates: images per second of all together, by what was tried.
    """

    workers: int
    threads: int
    rates: dict[str, float]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the file: a run, or the pace."""

    run: Run | None = None
    pace: Pace | None = None


class Record:
    """A file of JSON lines, appended to; a line torn by a crash is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def pace(self) -> Pace | None:
        """The latest pace, None before one was measured."""
        paces = [line.pace for line in self._lines() if line.pace is not None]
        return paces[-1] if paces else None

    def run(self, settings: Settings) -> Run | None:
        """The finished run of exactly these settings, None where there is none."""
        runs = (line.run for line in self._lines())
        return next((run for run in runs if run is not None and run.settings == settings), None)

    def add(self, entry: Run | Pace) -> None:
        """Append a line."""
        line = Line(run=entry) if isinstance(entry, Run) else Line(pace=entry)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        torn = self._path.exists() and not self._path.read_bytes().endswith((b"\n",))
        with self._path.open("ab") as file:
            file.write(b"\n" * torn + msgspec.json.encode(line) + b"\n")

    def _lines(self) -> Iterator[Line]:
        if not self._path.exists():
            return
        for text in self._path.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(text, type=Line)
            except msgspec.MsgspecError:
                continue
