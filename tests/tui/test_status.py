"""Every status has one glyph and one colour, wherever it is shown."""

from typing import get_args

from textual.content import Content

from tui.catalogue import EntryStatus
from tui.dashboard.header import SessionHeader
from tui.status import STATUS_STYLES, TONE_COLOURS, status_rank, tone_classes, tone_rules
from tui.sweeps.toned_lines import TonedLines
from tui.widgets.session_table import SessionTable
from vae_engine.sessions.records import LIVE, Status
from vae_engine.sweeps.trials import SweepStatus, TrialStatus


def test_every_status_there_is_has_a_look() -> None:
    wanted: set[str] = set()
    for kind in (Status, TrialStatus, SweepStatus, EntryStatus):
        for one in get_args(kind):
            wanted |= set(get_args(one)) or {one}
    assert wanted == set(STATUS_STYLES)
    assert max(map(status_rank, LIVE)) < status_rank("completed") < status_rank("failed")


def test_each_tone_is_a_style_of_markup_and_a_rule_of_each_widget() -> None:
    for style in TONE_COLOURS.values():
        assert Content.styled("x", style).plain == "x"
    for widget, prefix in (
        (SessionTable, "table"),
        (TonedLines, "toned"),
        (SessionHeader, "session-header"),
    ):
        assert tone_classes(prefix) <= widget.COMPONENT_CLASSES
        assert tone_rules(widget.__name__, prefix) in widget.DEFAULT_CSS
