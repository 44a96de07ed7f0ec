"""Commands that move sessions to other machines and tools: export, import."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from tui.cli import completion
from tui.cli.options import (
    csv_option,
    ids_argument,
    moved_option,
    output_option,
    store_option,
    tensorboard_option,
)
from tui.cli.output import say
from tui.cli.remedies import error_text
from tui.text import encodable
from vae_engine.datasets import Dataset
from vae_engine.errors import DatasetError, SessionError, SettingError
from vae_engine.inference.dataset import session_dataset
from vae_engine.inference.sampling import find_export
from vae_engine.sessions.archive import export_session, import_session
from vae_engine.sessions.history_csv import write_history_csv
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import differing_settings
from vae_engine.sweeps.store import find_sessions


@click.command(name="export")
@ids_argument
@click.option("--slim", is_flag=True, help="omit files needed only to resume the session")
@output_option(".zip", otherwise="")
@tensorboard_option("write one TensorBoard run per session below DIR")
@csv_option
@moved_option
@store_option
def export(
    references: tuple[str, ...],
    store: SessionStore,
    slim: bool,
    output: Path | None,
    tensorboard: Path | None,
    csv: Path | None,
    place: str | None,
) -> None:
    """Export sessions as zip, CSV or TensorBoard runs.

    A zip holds one session. --tensorboard writes one folder per session below DIR; --csv writes the
    epochs of all sessions to one table. The id of a sweep stands for all its sessions.
    """
    if output is None and tensorboard is None and csv is None:
        raise SettingError("nothing to write: give -o FILE.zip, --tensorboard DIR or --csv FILE")
    if slim and output is None:
        raise SettingError("--slim is for zip files: add -o FILE.zip")
    if place is not None and tensorboard is None:
        raise SettingError("--dataset is for the projector: add --tensorboard DIR")
    meant = [session for each in references for session in find_sessions(store, each)]
    sessions = list({session.id: session for session in meant}.values())
    if output is not None and len(sessions) > 1:
        raise SettingError(
            f"a zip file holds one session, not {len(sessions)}: export one at a time"
        )
    if output is not None:
        _export_archive(sessions[0], output, slim=slim)
    if tensorboard is not None:
        _export_runs(sessions, tensorboard, place)
    if csv is not None:
        _export_history(sessions, csv)


@click.command(name="import")
@click.argument("archive", metavar="FILE.zip", type=Path, shell_complete=completion.files)
@store_option
def import_(archive: Path, store: SessionStore) -> None:
    """Import a session from a zip file.

    Prints the session's id.
    """
    say(import_session(store, archive).id)


COMMANDS = {"export": export, "import": import_}


def _export_archive(session: Session, output: Path, *, slim: bool) -> None:
    export_session(session, output, slim=slim)
    say(f"wrote {session.id} to {encodable(str(output))} ({output.stat().st_size / 1e6:.1f} MB)")


def _export_runs(sessions: Sequence[Session], logdir: Path, place: str | None) -> None:
    from vae_engine.tensorboard.logdir import check_tensorboard

    check_tensorboard()
    from vae_engine.tensorboard.session_run import export_session_run

    varied = differing_settings([session.settings for session in sessions])
    for session in sessions:
        dataset, missing = _projected(session, place)
        folder = export_session_run(session, logdir, dataset, prominent=varied)
        without = f", without embeddings: {missing}" if missing else ""
        say(f"wrote {session.id} to {encodable(str(folder))}{without}")


def _projected(session: Session, place: str | None) -> tuple[Dataset | None, str]:
    """Return the images for TensorBoard's projector, or the reason why there are none."""
    try:
        find_export(session)
        return session_dataset(session, place), ""
    except (DatasetError, SessionError) as error:
        if place is not None and isinstance(error, DatasetError):
            raise
        return None, error_text(error)


def _export_history(sessions: Sequence[Session], path: Path) -> None:
    epochs = write_history_csv(path, sessions)
    say(f"wrote {epochs} epochs to {encodable(str(path))}")
