"""The order in which the keys visit the form."""

from __future__ import annotations

from tui.new_session.fields import NAME, PROMINENT
from tui.new_session.setting_form import grouped_fields


def fields_and_headings() -> list[str]:
    """Fields and groups, from the top."""
    below = [one for group, names in grouped_fields().items() for one in (group, *names)]
    return [*PROMINENT, NAME, *below]
