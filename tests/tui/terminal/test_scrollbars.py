from __future__ import annotations

import pytest
from textual.scrollbar import ScrollBar, ScrollBarRender

from tui.app import WorkbenchApp
from tui.terminal.app import WholeCells
from tui.terminal.charset import ascii_text
from vae_engine.sessions.store import SessionStore


def drawn(renderer: type[ScrollBarRender], position: float, *, vertical: bool) -> str:
    segments = renderer.render_bar(12, 50, 12, position, vertical=vertical).segments
    return ascii_text("".join(segment.text for segment in segments))


@pytest.mark.parametrize("vertical", [True, False])
def test_ends_of_a_bar_are_no_letters_in_ascii(vertical: bool) -> None:
    positions = [at / 2 for at in range(77)]
    assert any(drawn(ScrollBarRender, at, vertical=vertical).strip() for at in positions)
    assert not any(drawn(WholeCells, at, vertical=vertical).strip() for at in positions)


def test_the_terminal_decides(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    WorkbenchApp(store)
    assert ScrollBar.renderer is WholeCells
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    WorkbenchApp(store)
    assert ScrollBar.renderer is ScrollBarRender
