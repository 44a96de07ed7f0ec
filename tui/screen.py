"""Base of all screens: closes only once, reports a terminal that is too small, has keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

from textual import events
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widgets import Static
from textual.worker import Worker, WorkType

from tui.remedies import error_text
from tui.terminal import memory
from tui.terminal.textual_internals import release, release_lines
from tui.workbench import Workbench
from vae_engine.errors import EngineError
from vae_engine.sessions.session import Session

LEAST_COLUMNS, LEAST_ROWS = 60, 20


def too_small(columns: int, rows: int) -> str:
    """Return the notice for a terminal that is too small; empty if large enough."""
    if columns >= LEAST_COLUMNS and rows >= LEAST_ROWS:
        return ""
    return (
        f"This terminal has {columns} columns and {rows} rows. "
        f"The workbench needs {LEAST_COLUMNS} and {LEAST_ROWS}: please enlarge it."
    )


class SizeNotice(Static):
    """Covers a screen that has no room, so that no broken picture is shown."""

    DEFAULT_CSS = """
    SizeNotice {
        overlay: screen;
        position: absolute;
        width: 100vw;
        height: 100vh;
        background: $background;
        color: $text;
        content-align: center middle;
        text-align: center;
        padding: 0 2;
    }
    """


class LeavableScreen(Screen[ScreenResultType]):
    """A screen over another one: `dismiss` leaves it once, however fast the keys come."""

    @property
    def workbench(self) -> Workbench:
        """The app's interface for screens."""
        return cast("Workbench", self.app)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave the screen, if it is still on top.

        A key that was pressed before the last one had worked still reaches a screen that was left:
        Textual would take the screen below away as well, or end the app where there is none.
        A screen that has not got its widgets yet is left once it has them: Textual would mount no
        more of them, and `on_mount` would look for those in vain.
        """
        if not self.is_active:
            return AwaitComplete()
        if not self.is_mounted:
            self.call_later(self._leave, result)
            return AwaitComplete()
        return super().dismiss(result)

    def _leave(self, result: ScreenResultType | None) -> None:
        # Not awaited: a screen cannot wait for its own end.
        self.dismiss(result)

    def on_unmount(self) -> None:
        """Have the app let go of this screen and its widgets."""
        release(self.app, leaving=self)
        release_lines()
        self.app.call_later(memory.collect_garbage)
        self.app.call_later(memory.give_back)


class Dialog(LeavableScreen[ScreenResultType], ModalScreen[ScreenResultType]):
    """A question over a screen, which shines through."""


class WorkbenchScreen(LeavableScreen[None]):
    """A screen of its own, which says so where it has no room.

    Attributes:
        TERMS: the words on it, by their ids in `tui.help.glossary`, the most important first.
    """

    TERMS: ClassVar[tuple[str, ...]] = ()

    def terms(self) -> Mapping[str, str]:
        """`TERMS`, each with its present value, or an empty text."""
        return dict.fromkeys(self.TERMS, "")

    def complain(self, error: Exception) -> None:
        """Report an error, with the key that resolves it."""
        self.notify(error_text(error), severity="error", markup=False)

    def opened_session(self, folder: Path) -> Session | None:
        """Open a session; if it is damaged or gone, report why and return None."""
        try:
            return Session(folder)
        except EngineError as error:
            self.complain(error)
            return None

    def on_resize(self, event: events.Resize) -> None:
        """Put the notice above everything else, or take it away."""
        sentence = too_small(event.size.width, event.size.height)
        notices = self.query_children(SizeNotice)
        if sentence and not notices:
            self.mount(SizeNotice(sentence))
        for notice in notices:
            notice.update(sentence)
            notice.display = bool(sentence)


@dataclass(frozen=True)
class Keys:
    """Makes the bindings of one screen, each with its name, its help and an id of its own.

    Attributes:
        screen: its name, with which the ids begin.
    """

    screen: str

    def __call__(
        self,
        keys: str,
        action: str,
        name: str,
        tooltip: str,
        *,
        show: bool = False,
        display: str | None = None,
        priority: bool = False,
        group: Binding.Group | None = None,
        same_as: str = "",
    ) -> Binding:
        """A binding.

        Args:
            keys: that are bound, separated by commas.
            action: of the screen, or with a prefix of the app.
            name: in the footer and the palette; its id is made of it, so each has one of its own.
            tooltip: what it does, for the help.
            show: whether the footer has it.
            display: what the footer shows instead of the first key.
            priority: whether it comes before the keys of what has the focus.
            group: of keys that stand together.
            same_as: name of another binding of the same keys, of which one applies at a time: both
                have its id. Textual takes a key away from all when the user gives one another.
        """
        return Binding(
            keys,
            action,
            name,
            id=f"{self.screen}.{(same_as or name).lower().replace(' ', '_')}",
            tooltip=tooltip,
            show=show,
            key_display=display,
            priority=priority,
            group=group,
        )


def has_widgets(node: DOMNode) -> bool:
    """Return whether a node has its widgets: not while it is left, when they go first.

    A hidden node has its widgets.
    """
    return node.is_attached and not any(map(_is_left, node.ancestors_with_self))


def _is_left(node: DOMNode) -> bool:
    # What is left is no longer displayed, though no style hides it.
    return not node.display and node.styles.display != "none"


def run_async(
    node: DOMNode,
    work: Callable[[], Coroutine[Any, Any, None]],
    *,
    group: str = "default",
    exclusive: bool = False,
) -> Worker[None]:
    """Run a coroutine function as a worker of a node.

    A coroutine that was made before would end with a warning where the node is left before its
    worker begins: nobody has awaited it. Where the node is left while its worker runs, its widgets
    go first: the work is for nobody then, and ends.
    """

    async def unless_left() -> None:
        try:
            await work()
        except NoMatches:
            if has_widgets(node):
                raise

    return node.run_worker(cast("WorkType[None]", unless_left), group=group, exclusive=exclusive)


def run_in_thread(node: DOMNode, task: Callable[[], None], *, group: str) -> Worker[None]:
    """Run a task in a thread that keeps nothing of it, as a worker of a node.

    Each thread that has run one of Textual's own thread workers holds that worker until its next
    one, and so the screen that it was for, with all that this had loaded.
    """
    return node.run_worker(partial(asyncio.to_thread, task), group=group)
