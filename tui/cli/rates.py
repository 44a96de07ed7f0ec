"""The command `vae rates`: rate against distortion of sessions and sweeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from tui.cli.options import ids_argument, json_option, output_option, store_option
from tui.cli.output import Column, say, table, table_width
from tui.cli.rate_picture import rate_picture
from tui.cli.report import to_json
from tui.cli.saving import is_png, writing
from tui.comparison import Compared, read_compared
from tui.rate_distortion import RatePath, rate_path, rate_paths
from tui.side_by_side.rate_plane import letter_of
from tui.text import one_line
from vae_engine.datasets.source import counted
from vae_engine.errors import SessionError
from vae_engine.inference.pictures import save_png
from vae_engine.sessions.arrays import write_npz
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.sweeps.store import find_sessions


@click.command()
@ids_argument
@output_option(".png", ".npz", several=True, otherwise="", required=False)
@json_option
@store_option
def rates(
    references: Sequence[str], store: SessionStore, outputs: Sequence[Path], as_json: bool
) -> None:
    """Compare what sessions pay in rate for less distortion.

    ID is a session or a sweep, which stands for its sessions. The rate is the KL, the distortion
    the reconstruction loss of the validation split, in nats per image; their sum is the -ELBO. A
    .png has a path over the epochs of each session, with its letter at the best epoch, and lines of
    equal -ELBO; sessions whose losses do not compare with the first one's are left out of it. An
    .npz has epochs, rate and distortion (n,) of all finished epochs, sessions and best (m,), and
    the place of each epoch's session in these (n,).
    """
    compared = [read_compared(session) for session in _sessions(store, references)]
    every = [rate_path(one, place) for place, one in enumerate(compared)]
    paths = [path for path in every if path is not None]
    if not paths:
        raise SessionError("no epoch has finished yet: there is no rate and no distortion")
    if as_json:
        click.echo(to_json({"rate_distortion": [path_json(path) for path in paths]}))
    else:
        for line in _lines(compared, every):
            say(line)
    alike = rate_paths(compared, paths[0].id)
    for output in outputs:
        drawn = alike if is_png(output) else paths
        with writing(output, f"{counted(len(drawn), 'session')}", quiet=as_json):
            if is_png(output):
                save_png(output, rate_picture([(letter_of(path.tone), path) for path in drawn]))
            else:
                write_npz(output, _arrays(paths))


COMMANDS = {"rates": rates}


def path_json(path: RatePath) -> dict[str, Any]:
    """The epochs of a session, with rate and distortion in nats per image."""
    return {
        "session": path.id,
        "measured_on": path.measured_on,
        "best_epoch": int(path.epochs[path.best]),
        "epochs": [
            {"epoch": int(epoch), "rate": rate, "distortion": distortion}
            for epoch, rate, distortion in zip(
                path.epochs.tolist(), path.rate.tolist(), path.distortion.tolist(), strict=True
            )
        ],
    }


def _sessions(store: SessionStore, references: Sequence[str]) -> list[Session]:
    """The sessions that are meant, each once, in the order of the references."""
    found = {
        session.id: session
        for reference in references
        for session in find_sessions(store, reference)
    }
    return list(found.values())


def _lines(compared: Sequence[Compared], paths: Sequence[RatePath | None]) -> Iterator[str]:
    yield "rate (KL) and distortion (reconstruction loss) at the best epoch, nats per image"
    columns = [
        Column(""),
        Column("SESSION", least=8),
        Column("D", "right"),
        Column("EPOCH", "right"),
        Column("RATE", "right"),
        Column("DISTORTION", "right"),
        Column("-ELBO", "right"),
    ]
    rows: list[tuple[str, ...]] = []
    for place, (one, path) in enumerate(zip(compared, paths, strict=True)):
        head = (letter_of(place), one_line(one.name, 40), f"{one.settings.latent_dim}")
        if path is None:
            rows.append((*head, *("-",) * 4))
            continue
        terms = (path.rate, path.distortion, path.negative_elbo)
        figures = (f"{values[path.best]:.2f}" for values in terms)
        rows.append((*head, f"{path.epochs[path.best]:.0f}", *figures))
    yield from table(columns, rows, table_width())
    kinds = {path.measured_on for path in paths if path is not None}
    if len(kinds) > 1:
        yield "losses of other images, sizes or likelihoods do not compare"


def _arrays(paths: Sequence[RatePath]) -> dict[str, Any]:
    lengths = [len(path.epochs) for path in paths]
    return {
        "sessions": np.array([path.id for path in paths], np.str_),
        "best": np.array([int(path.epochs[path.best]) for path in paths]),
        "place": np.repeat(np.arange(len(paths)), lengths),
        "epochs": np.concatenate([path.epochs for path in paths]).astype(np.int64),
        "rate": np.concatenate([path.rate for path in paths]),
        "distortion": np.concatenate([path.distortion for path in paths]),
    }
