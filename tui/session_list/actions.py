"""What can be done to the sessions of the list, by keys."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import work
from textual.binding import BindingType
from textual.screen import Screen

from tui.catalogue import Entry
from tui.command_line import train_command
from tui.remedies import error_text
from tui.screen import Keys, WorkbenchScreen
from tui.session_list import changes
from vae_engine.control.removal import delete_sessions, restore_sessions
from vae_engine.control.training import resume_session
from vae_engine.errors import EngineError
from vae_engine.sessions.labels import check_label
from vae_engine.sessions.listing import Listing
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session

Answer = TypeVar("Answer")

_MOST_EPOCHS = 100_000
_DEMO = "Train the two-minute demo: d = 2 on MNIST"
_EXAMPLE = "Open the example, trained on all of MNIST"


key = Keys("sessions")


class SessionActions(WorkbenchScreen):
    """A screen with sessions on it, some of them chosen, and one of them current."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "Open", "Open the session's dashboard", show=True),
        key("n", "new", "New", "Train a new session", show=True),
        key("g", "generate", "Sample", "Draw from the session's prior", show=True),
        key("D", "demo", "Demo", _DEMO),
        key("E", "example", "Example", _EXAMPLE),
        # On an empty list, where these two have nothing else to do.
        key("d", "first('demo')", "First demo", _DEMO),
        key("e", "first('example')", "First example", _EXAMPLE),
        key("s", "sweeps", "Sweeps", "Open the list of sweeps", show=True),
        key("c", "compare", "Compare", "Compare the selected sessions", show=True),
        key("r", "resume", "Resume", "Resume a session that has ended"),
        key("e", "extend", "Extend", "Train more epochs"),
        key("f", "fork", "Fork", "New session with these settings, some changed"),
        key("R,f2", "rename", "Rename", "Rename the session"),
        key("t", "tag", "Tag", "Set the tags of the selected sessions"),
        key("m", "note", "Note", "Write a note on the session"),
        key("x", "export", "Export", "Write the session into a zip file"),
        key("d,delete", "delete", "Delete", "Move the selected sessions to the trash"),
        key("u", "undo", "Undo", "Restore what was deleted last"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._deleted: list[list[str]] = []

    def current(self) -> Entry | None:
        """The session under the cursor."""
        raise NotImplementedError

    def chosen(self) -> list[Entry]:
        """The selected sessions; without a selection the current one."""
        raise NotImplementedError

    def action_open(self) -> None:
        """Open the dashboard."""
        if session := self.opened_session():
            self.workbench.open_dashboard(session)

    def action_generate(self) -> None:
        """Open the sampler."""
        if session := self.opened_session():
            self.workbench.open_sampler(session)

    def action_new(self) -> None:
        """Open the form with the defaults."""
        self.workbench.open_new_session()

    def action_demo(self) -> None:
        """Train the two-minute demo, and open its dashboard."""
        from tui.presets import DEMO, PRESETS
        from vae_engine.control.training import start_session
        from vae_engine.settings import make_settings

        store, settings = self.workbench.store, make_settings(PRESETS[DEMO])
        self.notify("Starting a worker for the two-minute demo ...", timeout=3)
        command = shlex.split(train_command(settings, store.root, name="demo"))
        self._carry_out(
            lambda: start_session(store, settings, command=command, name="demo"),
            self.workbench.open_dashboard,
        )

    def action_first(self, name: str) -> None:
        """Take the first step that an empty list offers."""
        self.action_demo() if name == "demo" else self.action_example()

    def action_example(self) -> None:
        """Put the example beside the other sessions, and open its dashboard."""
        from tui.session_list.example import add_example

        store = self.workbench.store
        self._carry_out(lambda: add_example(store), self.workbench.open_dashboard)

    def action_fork(self) -> None:
        """Open the form with the settings of the current session."""
        if session := self.opened_session():
            self.workbench.open_new_session(session)

    def action_sweeps(self) -> None:
        """Open the list of sweeps."""
        self.workbench.open_sweeps()

    def action_compare(self) -> None:
        """Open the curves of the chosen sessions."""
        from tui.session_list.compare import CompareScreen

        sound = [entry for entry in self.chosen() if not entry.problem]
        if len(sound) < 2:
            self.notify("Select at least two sessions with Space, then compare them.")
            return
        try:
            sessions = [Session(entry.folder) for entry in sound]
        except EngineError as error:
            self._complain(error)
            return
        self.app.push_screen(CompareScreen(sessions))

    def action_resume(self) -> None:
        """Go on to the planned end, and open the dashboard."""
        if (entry := self.current()) is not None:
            self.notify(f"Starting a worker for {entry.name} ...", markup=False, timeout=3)
            self._carry_out(lambda: _resumed(entry.folder), self.workbench.open_dashboard)

    @work
    async def action_extend(self) -> None:
        """Ask for how many epochs, go on, and open the dashboard."""
        from tui.dialogs import NumberScreen

        if (entry := self.current()) is None:
            return
        question = f"Train {entry.name} for how many epochs more than its {entry.epoch}?"
        screen = NumberScreen(question, low=1, high=_MOST_EPOCHS - entry.epoch, default=10)
        if (more := await self.app.push_screen_wait(screen)) is not None:
            self.notify(f"Starting a worker for {entry.name} ...", markup=False, timeout=3)
            self._carry_out(
                lambda: _resumed(entry.folder, more=more), self.workbench.open_dashboard
            )

    @work
    async def action_rename(self) -> None:
        """Ask for another name."""
        from tui.dialogs import LineScreen

        if (entry := self.current()) is None:
            return

        def ask(text: str) -> LineScreen:
            return LineScreen(
                f"Name of {entry.id}", text, check=lambda name: check_label(Label(name=name))
            )

        await self._relabel([entry], ask, entry.name, changes.renamed)

    @work
    async def action_tag(self) -> None:
        """Ask for tags."""
        from tui.dialogs import LineScreen

        if not (entries := self.chosen()):
            return
        one = len(entries) == 1

        def ask(text: str) -> LineScreen:
            return LineScreen(
                f"Tags of {entries[0].name}" if one else f"Tags of {len(entries)} sessions",
                text,
                check=lambda words: check_label(changes.tagged(words)(Label(name="any"))),
                hint="words; +word adds to the tags there are, -word takes it away",
            )

        tags = ", ".join(entries[0].tags) if one else "+"
        await self._relabel(entries, ask, tags, changes.tagged)

    @work
    async def action_note(self) -> None:
        """Ask for a note."""
        from tui.dialogs import NoteScreen

        if (entry := self.current()) is None:
            return

        def ask(text: str) -> NoteScreen:
            return NoteScreen(f"Note on {entry.name}", text)

        await self._relabel([entry], ask, entry.note, changes.noted)

    @work
    async def action_export(self) -> None:
        """Ask for a file, and write the archive."""
        from tui.dialogs import ArchiveScreen

        if (entry := self.current()) is None:
            return
        path, question = Path.cwd() / f"{entry.id}.zip", f"Export {entry.name} into"
        while (
            answer := await self.app.push_screen_wait(ArchiveScreen(question, path))
        ) is not None:
            path, slim = answer
            try:
                written = await asyncio.to_thread(
                    changes.export_archive, entry.folder, path, slim=slim
                )
            except (EngineError, OSError) as error:
                self._complain(error)
            else:
                self.notify(f"Written: {written}", markup=False)
                return

    @work
    async def action_delete(self) -> None:
        """Ask, then move the chosen sessions to the trash."""
        from tui.dialogs import ConfirmScreen

        if not (entries := self.chosen()):
            return
        what = entries[0].name if len(entries) == 1 else f"{len(entries)} sessions"
        question = ConfirmScreen(f"Delete {what}?", "They go to the trash; u brings them back.")
        if await self.app.push_screen_wait(question):
            store, ids = self.workbench.store, [entry.id for entry in entries]
            self._carry_out(lambda: delete_sessions(store, ids), self._note_deleted)

    def action_undo(self) -> None:
        """Bring the sessions back that were deleted last."""
        if not self._deleted:
            self.notify("Nothing was deleted here since the app was started.")
            return
        store, ids = self.workbench.store, self._deleted.pop()
        self._carry_out(
            lambda: restore_sessions(store, ids),
            lambda back: self.notify(f"{_sessions(len(back))} back from the trash."),
        )

    def _note_deleted(self, deleted: list[Listing]) -> None:
        self._deleted.append([listing.id for listing in deleted])
        self.notify(f"{_sessions(len(deleted))} in the trash: u brings back.")

    async def _relabel(
        self,
        entries: list[Entry],
        ask: Callable[[str], Screen[str | None]],
        text: str,
        change: Callable[[str], Callable[[Label], Label]],
    ) -> None:
        """Ask for text and keep it; ask again, with what was typed, where it cannot be written."""
        store = self.workbench.store

        def relabel_all(words: str) -> None:
            for entry in entries:
                changes.relabel(store, entry.folder, change(words))

        while (typed := await self.app.push_screen_wait(ask(text))) is not None:
            text = typed
            try:
                await asyncio.to_thread(relabel_all, text)
            except (EngineError, OSError) as error:
                self._complain(error)
            else:
                break
        self.workbench.look_again()

    @work
    async def _carry_out(self, job: Callable[[], Answer], done: Callable[[Answer], object]) -> None:
        """Do something slow in a thread, then go on; say what went wrong.

        What is typed meanwhile waits: it is meant for what opens, or for the list as it is then.
        """
        try:
            with self.workbench.hold_keys():
                answer = await asyncio.to_thread(job)
        except (EngineError, OSError) as error:
            self._complain(error)
        else:
            done(answer)
        self.workbench.look_again()

    def opened_session(self) -> Session | None:
        """The current session, opened; None where there is none, or it is damaged."""
        if (entry := self.current()) is None:
            return None
        try:
            return Session(entry.folder)
        except EngineError as error:
            self._complain(error)
            return None

    def _complain(self, error: Exception) -> None:
        self.notify(error_text(error), severity="error", markup=False)


def _resumed(folder: Path, more: int | None = None) -> Session:
    session = Session(folder)
    resume_session(session, more=more)
    return session


def _sessions(count: int) -> str:
    return "One session is" if count == 1 else f"{count} sessions are"
