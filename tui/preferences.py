"""User preferences, in a small file in the configuration folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tui.terminal.graphics import Graphics
from vae_engine.errors import SessionDamagedError
from vae_engine.sessions import atomic

# Repeated here, since `tui.rendering.glyphs` imports NumPy, which would delay the first frame.
GlyphSet = Literal["half", "quadrant", "sextant", "octant"]
Colors = Literal["auto", "16", "256", "24bit"]
Link = Literal["auto", "slow", "fast"]
DEFAULT_THEME = "textual-dark"


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """The user's preferences; replaced as a whole by `WorkbenchApp.remember`.

    Attributes:
        theme: name of a theme; `tui.themes` has the two usual ones.
        sort: the column by which sessions are sorted.
        sort_reversed: the other way round than is usual for that column.
        chart_log: curves on a log scale.
        chart_smoothing: weight of the past in the moving average of curves; 0 shows them as is.
        chart_recent: only the recent epochs.
        chart_whole: all values, though early and far ones flatten the rest.
        glyphs: the finest glyphs that the font has.
        bell: ring and notify the terminal when a training ends.
        mouse: react to the mouse; otherwise it is the terminal's, to select text.
        colors: how many the terminal has; auto tells it from TERM and COLORTERM.
        keys: those of an action, by its id; see docs/keys.md.
        notify: a command that runs when a run has ended; empty for none.
        link: whether few bytes count more than processor time; auto does where ssh is used.
        graphics: draw images in blocks, in pixels where that is safe, or in pixels anyway.
    """

    theme: Annotated[str, Meta(max_length=80)] = DEFAULT_THEME
    sort: Annotated[str, Meta(max_length=80)] = "age"
    sort_reversed: bool = False
    chart_log: bool = False
    chart_smoothing: Annotated[float, Meta(ge=0.0, lt=1.0)] = 0.0
    chart_recent: bool = False
    chart_whole: bool = False
    glyphs: GlyphSet = "quadrant"
    bell: bool = True
    mouse: bool = True
    colors: Colors = "auto"
    link: Link = "auto"
    graphics: Graphics = "blocks"
    keys: Annotated[
        dict[
            Annotated[str, Meta(max_length=80)], Annotated[str, Meta(min_length=1, max_length=80)]
        ],
        Meta(max_length=500),
    ] = {}
    notify: Annotated[str, Meta(max_length=4000)] = ""


def preferences_file() -> Path:
    """Return the file of the preferences: below `$XDG_CONFIG_HOME`, or `~/.config`."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    # The specification says to ignore relative paths.
    folder = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    return folder / "vae-workbench" / "preferences.json"


def read_preferences(path: Path) -> tuple[Preferences, str]:
    """Read the preferences in `path`.

    Returns:
        (preferences, ""), or the defaults and one line of text if the file is damaged.
    """
    try:
        return atomic.read_record(path, Preferences), ""
    except FileNotFoundError:
        return Preferences(), ""
    except SessionDamagedError as error:
        return Preferences(), f"{error}: defaults are used"


def write_preferences(path: Path, preferences: Preferences) -> None:
    """Write the preferences.

    Raises:
        OSError: the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_record(path, preferences, durable=False)
