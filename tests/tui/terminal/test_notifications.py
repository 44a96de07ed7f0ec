from __future__ import annotations

import pytest

from tests.tui.recorder import Recorder
from tests.tui.textual_internals import notifications
from tui.app import WorkbenchApp
from tui.terminal.notifications import alert, notification_codes


def test_an_unknown_terminal_gets_both_notifications() -> None:
    codes = notification_codes("mnist-d2 completed", "val_loss 140", {"TERM": "xterm-256color"})
    assert codes == (
        "\x1b]9;mnist-d2 completed: val_loss 140\x07"
        "\x1b]777;notify;mnist-d2 completed;val_loss 140\x07"
    )


@pytest.mark.parametrize(("term", "number"), [("xterm-kitty", 9), ("rxvt-unicode-256color", 777)])
def test_a_known_terminal_gets_the_one_it_understands(term: str, number: int) -> None:
    codes = notification_codes("title", "message", {"TERM": term})
    assert codes.startswith(f"\x1b]{number};")
    assert codes.count("\x1b]") == 1


def test_tmux_gets_them_in_its_envelope() -> None:
    codes = notification_codes("title", "message", {"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"})
    assert codes == "\x1bPtmux;\x1b\x1b]9;title: message\x07\x1b\\"


def test_foreign_text_can_neither_end_its_field_nor_steer_the_terminal() -> None:
    codes = notification_codes("a;b\x1b]0;evil\x07", "c\nd\x9c", {"TERM": "xterm"})
    assert codes.count("\x1b]") == 2
    assert codes.count("\x07") == 2
    assert "\x9c" not in codes
    assert "\n" not in codes
    assert codes.split("\x07")[1].count(";") == 3


async def test_the_toast_shows_markup_as_text(app: WorkbenchApp, recorder: Recorder) -> None:
    async with app.run_test() as pilot:
        alert(app, "[red]run[/red]", "[b]failed[/b]", good=False)
        await pilot.pause()
        (toast,) = notifications(app)
        assert (toast.title, toast.message) == ("[red]run[/red]", "[b]failed[/b]")
        assert toast.severity == "error"
        assert not toast.markup
