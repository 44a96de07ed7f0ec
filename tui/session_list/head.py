"""Header of the list: number of sessions, and their folder."""

from __future__ import annotations

from pathlib import Path

from textual.content import Content
from textual.widgets import Static

from tui.session_list.columns import loss_bases
from tui.session_list.table import SessionRows, sort_column
from tui.text import encodable, one_line
from tui.workbench import Workbench


class ListHead(Static):
    """One line; redrawn only when its text changes."""

    def show(self, workbench: Workbench, table: SessionRows, admitted: int | None) -> None:
        """Show the number of sessions.

        Args:
            workbench: has them all.
            table: lists those that the filter admits.
            admitted: how many these are; None without a filter.
        """
        entries = workbench.entries or ()
        live = sum(entry.live for entry in entries)
        counts = ["1 session" if len(entries) == 1 else f"{len(entries)} sessions"]
        counts += [] if admitted is None else [f"{admitted} shown"]
        counts += [f"{live} running"] if live else []
        selected = len(table.chosen()) if table.selected else 0
        counts += [f"{selected} selected"] if selected else []
        if sort_column(workbench.preferences) == "loss":
            listed = table.entries.values()
            counts += ["losses compare within a dataset and likelihood"] * (
                len(loss_bases(listed)) > 1
            )
        folder = home_relative(workbench.store.root)
        head = Content.assemble(
            ("vae", "bold"), "  ", ", ".join(counts), "  ", (folder, "$text-muted")
        )
        if self.content != head:
            self.update(head, layout=False)


def home_relative(path: Path) -> str:
    """Format a folder in one line, with `~` for the home folder."""
    shown = f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
    return one_line(encodable(shown))
