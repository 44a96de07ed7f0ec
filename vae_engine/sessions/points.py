"""Named points of a session's latent space: `points.json`, or a file of the reader's own.

The file in the session belongs to whoever may write there. For a session that may only be read,
points are kept in the user's data folder, under the session's id; both are read together.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from vae_engine.errors import SessionDamagedError, SessionError, SettingError
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.labels import is_one_line
from vae_engine.sessions.locks import guarded
from vae_engine.sessions.records import MOST_POINTS, Point, Points
from vae_engine.sessions.session import Session
from vae_engine.text import value_text

NAME_LIMIT = 60
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)

Change = Callable[[Sequence[Point]], list[Point]]


def own_file(session_id: str) -> Path:
    """Where points of a session that may only be read are kept."""
    base = os.environ.get("XDG_DATA_HOME", "")
    # The specification has relative paths ignored.
    folder = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share"
    return folder / "vae-workbench" / "points" / f"{session_id}.json"


def read_points(session: Session) -> tuple[Point, ...]:
    """The named points, those of the session before one's own, the oldest first.

    Raises:
        SessionDamagedError: a file is damaged, or has a z of other dimensions.
    """
    found = [*_read(session, session.folder / layout.POINTS), *_read(session, own_file(session.id))]
    # A name stands for one point, also where both files have it.
    return tuple({point.name: point for point in reversed(found)}.values())[::-1]


def check_name(name: str, points: Sequence[Point]) -> None:
    """Check the name of a new point.

    Raises:
        SettingError: it is too long, no line of text, or taken.
    """
    if not name.strip() or len(name) > NAME_LIMIT or not is_one_line(name):
        raise SettingError(
            f"the name is {value_text(name)}: it must be 1 to {NAME_LIMIT} printable characters"
        )
    if any(point.name == name for point in points):
        raise SettingError(f"a point is called {value_text(name)} already: choose another name")


def find_point(session: Session, name: str) -> Point:
    """The point of this name.

    Raises:
        SettingError: there is none.
        SessionDamagedError: as `read_points`.
    """
    points = read_points(session)
    for point in points:
        if point.name == name:
            return point
    known = ", ".join(value_text(point.name) for point in points[-8:]) or "none is saved yet"
    raise SettingError(f"there is no point {value_text(name)}: {known}")


def keep_point(session: Session, point: Point) -> Path:
    """Save a point; return the file that has it now.

    Raises:
        SettingError: its name is unsuitable or taken.
        SessionError: there are too many, or neither place can be written.
        SessionDamagedError: as `read_points`; the file is left as it is.
    """
    check_name(point.name, read_points(session))

    def with_it(points: Sequence[Point]) -> list[Point]:
        check_name(point.name, points)
        if len(points) >= MOST_POINTS:
            raise SessionError(f"there are {len(points)} points: at most {MOST_POINTS} are kept")
        return [*points, point]

    in_session = session.folder / layout.POINTS
    try:
        return _change(session, in_session, with_it)
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise SessionError(f"{in_session.name} cannot be written: {error.strerror}") from None
    own = own_file(session.id)
    try:
        own.parent.mkdir(parents=True, exist_ok=True)
        return _change(session, own, with_it)
    except OSError as error:
        raise SessionError(f"{own} cannot be written: {error.strerror}") from None


def drop_point(session: Session, name: str) -> None:
    """Delete a point, from whichever file has it.

    Raises:
        SettingError: there is none of this name.
        SessionError: its file cannot be written.
        SessionDamagedError: as `read_points`.
    """
    find_point(session, name)

    def without_it(points: Sequence[Point]) -> list[Point]:
        return [point for point in points if point.name != name]

    for path in (session.folder / layout.POINTS, own_file(session.id)):
        if any(point.name == name for point in _read(session, path)):
            try:
                _change(session, path, without_it)
            except OSError as error:
                raise SessionError(f"{path.name} cannot be written: {error.strerror}") from None


def _change(session: Session, path: Path, change: Change) -> Path:
    """Replace a file by one with other points; two at once wait for each other."""
    with guarded(session.folder.parent):
        points = change(_read(session, path))
        atomic.write_record(path, Points(points=points))
    return path


def _read(session: Session, path: Path) -> list[Point]:
    try:
        points = atomic.read_record(path, Points).points
    except FileNotFoundError:
        return []
    latent_dim = session.settings.latent_dim
    for point in points:
        if len(point.z) != latent_dim:
            raise SessionDamagedError(
                f"{path.name} has a point of {len(point.z)} dimensions: the session has "
                f"{latent_dim}"
            )
    return points


def made_point(
    name: str, z: Sequence[float], *, epoch: int, step: int, origin: str, now: float
) -> Point:
    """A point with z in the fewest digits that tell each float32 from the others.

    Args:
        name: of the point.
        z: (d,), float32.
        epoch: of the decoder that showed it.
        step: of the decoder, within the next epoch.
        origin: where it comes from, one line.
        now: seconds since 1970.
    """
    exact = [float(f"{value:.9g}") for value in z]
    return Point(name=name, z=exact, epoch=epoch, step=step, origin=origin[:200], made=now)
