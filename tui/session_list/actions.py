"""Actions on sessions of the list: open, compare, resume, label, export, delete, restore.

What starts workers and moves folders is imported when it is asked for: the first frame waits for
none of it.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from textual.screen import Screen

from tui.catalogue import Entry
from tui.command_line import train_command
from tui.screen import WorkbenchScreen, run_async
from tui.session_list import changes
from tui.workbench import Workbench
from vae_engine.errors import EngineError
from vae_engine.sessions.labels import check_label
from vae_engine.sessions.listing import Listing
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session

Answer = TypeVar("Answer")

_MOST_EPOCHS = 100_000


class SessionActions:
    """Actions of the list's screen."""

    def __init__(self, screen: WorkbenchScreen) -> None:
        """Make the actions of a screen, on which dialogs open."""
        self._screen = screen
        self._deleted: list[list[str]] = []

    def demo(self) -> None:
        """Train the two-minute demo, and open its dashboard."""
        from tui.presets import DEMO, PRESETS
        from vae_engine.control.training import start_session
        from vae_engine.settings import make_settings

        store, settings = self._workbench.store, make_settings(PRESETS[DEMO])
        self._screen.notify("Starting a worker for the two-minute demo ...", timeout=3)
        command = shlex.split(train_command(settings, store.root, name="demo"))
        self._carry_out(
            lambda: start_session(store, settings, command=command, name="demo"),
            self._workbench.open_dashboard,
        )

    def example(self) -> None:
        """Copy the examples into the sessions folder, and open the grey one's dashboard."""
        from vae_engine.sessions.example import add_examples

        store = self._workbench.store
        self._carry_out(lambda: add_examples(store), self._workbench.open_dashboard)

    def resume(self, entry: Entry, more: int | None = None) -> None:
        """Resume to the planned end, or for additional epochs, and open the dashboard."""
        self._screen.notify(f"Starting a worker for {entry.name} ...", markup=False, timeout=3)
        self._carry_out(lambda: _resumed(entry.folder, more), self._workbench.open_dashboard)

    def extend(self, entry: Entry) -> None:
        """Ask for the number of additional epochs, resume, and open the dashboard."""
        self._run(partial(self._extend, entry))

    def rename(self, entry: Entry) -> None:
        """Ask for a new name."""
        from tui.dialogs import LineScreen

        def ask(text: str) -> LineScreen:
            return LineScreen(
                f"Name of {entry.id}", text, check=lambda name: check_label(Label(name=name))
            )

        self._run(partial(self._relabel, [entry], ask, entry.name, changes.renamed))

    def tag(self, entries: Sequence[Entry]) -> None:
        """Ask for tags of at least one session."""
        from tui.dialogs import LineScreen

        one = len(entries) == 1

        def ask(text: str) -> LineScreen:
            return LineScreen(
                f"Tags of {entries[0].name}" if one else f"Tags of {len(entries)} sessions",
                text,
                check=lambda words: check_label(changes.tagged(words)(Label(name="any"))),
                hint="words; +word adds a tag, -word removes it",
            )

        tags = ", ".join(entries[0].tags) if one else "+"
        self._run(partial(self._relabel, entries, ask, tags, changes.tagged))

    def note(self, entry: Entry) -> None:
        """Ask for a note."""
        from tui.dialogs import NoteScreen

        def ask(text: str) -> NoteScreen:
            return NoteScreen(f"Note on {entry.name}", text)

        self._run(partial(self._relabel, [entry], ask, entry.note, changes.noted))

    def export(self, entry: Entry) -> None:
        """Ask for a file, and write the archive."""
        self._run(partial(self._export, entry))

    def delete(self, entries: Sequence[Entry]) -> None:
        """Move sessions, at least one, to the trash after a confirmation."""
        self._run(partial(self._delete, entries))

    @property
    def can_undo(self) -> bool:
        """Whether sessions were deleted since the app started."""
        return bool(self._deleted)

    def undo(self) -> None:
        """Restore the sessions that were deleted last."""
        from vae_engine.control.removal import restore_sessions

        if not self._deleted:
            self._screen.notify("Nothing was deleted since the app started.")
            return
        store, ids = self._workbench.store, self._deleted.pop()
        self._carry_out(
            lambda: restore_sessions(store, ids),
            lambda back: self._screen.notify(f"{_sessions(len(back))} restored."),
        )

    def open_sweep(self, sweep_id: str) -> None:
        """Open the screen of a sweep."""
        from vae_engine.sweeps.store import SweepStore

        try:
            sweep = SweepStore(self._workbench.store).find(sweep_id)
        except EngineError as error:
            self._screen.complain(error)
        else:
            self._workbench.open_sweep(sweep)

    def fork(self, entry: Entry) -> None:
        """Open the form with the settings of a session."""
        if session := self._screen.opened_session(entry.folder):
            self._workbench.open_new_session(session)

    def compare(self, entries: Sequence[Entry]) -> None:
        """Compare at least two sessions that are not damaged."""
        from tui.session_list.compare import CompareScreen

        sound = [entry for entry in entries if not entry.problem]
        if len(sound) < 2:
            self._screen.notify("Select at least two sessions with Space, then compare them.")
            return
        sessions = [self._screen.opened_session(entry.folder) for entry in sound]
        if None not in sessions:
            self._screen.app.push_screen(
                CompareScreen([one for one in sessions if one is not None])
            )

    @property
    def _workbench(self) -> Workbench:
        return self._screen.workbench

    def _run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        run_async(self._screen, work)

    async def _extend(self, entry: Entry) -> None:
        from tui.dialogs import NumberScreen

        question = f"Train {entry.name} for how many epochs more than its present {entry.epoch}?"
        screen = NumberScreen(question, low=1, high=_MOST_EPOCHS - entry.epoch, default=10)
        if (more := await self._screen.app.push_screen_wait(screen)) is not None:
            self.resume(entry, more)

    async def _export(self, entry: Entry) -> None:
        from tui.dialogs import ArchiveScreen

        path, question = Path.cwd() / f"{entry.id}.zip", f"Export {entry.name} into"
        while (
            answer := await self._screen.app.push_screen_wait(ArchiveScreen(question, path))
        ) is not None:
            path, slim = answer
            try:
                written = await asyncio.to_thread(
                    changes.export_archive, entry.folder, path, slim=slim
                )
            except (EngineError, OSError) as error:
                self._screen.complain(error)
            else:
                self._screen.notify(f"Written: {written}", markup=False)
                return

    async def _delete(self, entries: Sequence[Entry]) -> None:
        from tui.dialogs import ConfirmScreen
        from vae_engine.control.removal import delete_sessions

        what = entries[0].name if len(entries) == 1 else f"{len(entries)} sessions"
        question = ConfirmScreen(f"Delete {what}?", "They go to the trash; u restores them.")
        if await self._screen.app.push_screen_wait(question):
            store, ids = self._workbench.store, [entry.id for entry in entries]
            self._carry_out(lambda: delete_sessions(store, ids), self._note_deleted)

    def _note_deleted(self, deleted: list[Listing]) -> None:
        self._deleted.append([listing.id for listing in deleted])
        self._screen.notify(f"{_sessions(len(deleted))} in the trash: u restores.")

    async def _relabel(
        self,
        entries: Sequence[Entry],
        ask: Callable[[str], Screen[str | None]],
        text: str,
        change: Callable[[str], Callable[[Label], Label]],
    ) -> None:
        """Ask for a text and save it; if that fails, ask again with the text that was typed."""
        store = self._workbench.store

        def relabel_all(words: str) -> None:
            for entry in entries:
                changes.relabel(store, entry.folder, change(words))

        while (typed := await self._screen.app.push_screen_wait(ask(text))) is not None:
            text = typed
            try:
                await asyncio.to_thread(relabel_all, text)
            except (EngineError, OSError) as error:
                self._screen.complain(error)
            else:
                break
        self._workbench.refresh_sessions()

    def _carry_out(self, job: Callable[[], Answer], done: Callable[[Answer], object]) -> None:
        """Run a slow task in a thread, then continue; report errors."""
        self._run(partial(self._in_thread, job, done))

    async def _in_thread(self, job: Callable[[], Answer], done: Callable[[Answer], object]) -> None:
        # Keys typed meanwhile wait: they are meant for the next screen, or for the updated list.
        try:
            with self._workbench.hold_keys():
                answer = await asyncio.to_thread(job)
        except (EngineError, OSError) as error:
            self._screen.complain(error)
        else:
            done(answer)
        self._workbench.refresh_sessions()


def _resumed(folder: Path, more: int | None = None) -> Session:
    from vae_engine.control.training import resume_session

    session = Session(folder)
    resume_session(session, more=more)
    return session


def _sessions(count: int) -> str:
    return "One session is" if count == 1 else f"{count} sessions are"
