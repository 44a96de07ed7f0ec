"""The peer of the first frame: a Textual app with a header, an empty table and a footer."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Footer, Header


class EmptyApp(App[None]):
    """Shows as little as an app of that kind can."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "Quit")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("status", "name", "loss")


if __name__ == "__main__":
    EmptyApp().run()
