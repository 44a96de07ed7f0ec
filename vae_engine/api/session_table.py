"""Sessions as a table, for notebooks and scripts: as text, HTML and rows."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, overload

from vae_engine.api.saved import SavedSession
from vae_engine.sessions.labels import is_one_line
from vae_engine.sessions.listing import Listing
from vae_engine.sessions.session import Session
from vae_engine.text import cut

_COLUMNS = ("id", "name", "status", "dataset", "latent_dim", "epoch", "best_val_loss", "created")
_LONGEST_CELL = 40


class SessionTable(Sequence[SavedSession]):
    """Sessions in listing order, in their state at that time.

    An item is a `SavedSession`, a slice is another table. For a data frame:
    `pandas.DataFrame(table.rows())`.
    """

    def __init__(self, listings: Iterable[Listing]) -> None:
        """Make a table of readable sessions."""
        self._listings = list(listings)

    def __len__(self) -> int:
        return len(self._listings)

    @overload
    def __getitem__(self, index: int) -> SavedSession: ...
    @overload
    def __getitem__(self, index: slice) -> SessionTable: ...
    def __getitem__(self, index: int | slice) -> SavedSession | SessionTable:
        if isinstance(index, slice):
            return SessionTable(self._listings[index])
        return SavedSession(Session(self._listings[index].folder))

    def rows(self) -> list[dict[str, Any]]:
        """One dict per session: id, name, status, tags, progress, best val_loss, all settings.

        Losses are in nats per image, `duration` in seconds; `created` is in UTC.
        """
        return [_row(listing) for listing in self._listings]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        )

    def _repr_html_(self) -> str:
        head, *body = [[html.escape(cell) for cell in row] for row in self._cells()]
        lines = ["<table>", _html_row(head, "th"), *(_html_row(row, "td") for row in body)]
        return "\n".join([*lines, "</table>"])

    def _cells(self) -> list[list[str]]:
        return [list(_COLUMNS)] + [[_cell(row[name]) for name in _COLUMNS] for row in self.rows()]


def _row(listing: Listing) -> dict[str, Any]:
    manifest, label, summary = listing.manifest, listing.label, listing.summary
    assert manifest is not None
    assert label is not None
    assert summary is not None
    return {
        "id": listing.id,
        "name": label.name,
        "status": listing.status,
        "created": datetime.fromtimestamp(manifest.created, UTC),
        "tags": list(label.tags),
        "epoch": summary.epoch,
        "best_epoch": summary.best_epoch,
        "best_val_loss": summary.best_val_loss,
        "duration": summary.duration,
        **manifest.settings,
    }


def _cell(value: object) -> str:
    """Format a value as a short cell; names may come from foreign sessions."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    text = "".join(char if is_one_line(char) else "?" for char in str(value))
    return cut(text, _LONGEST_CELL)


def _html_row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"
