"""The app's themes, dark and light, in the colours of each kind of terminal.

Every colour of 256 is one of xterm's 240 fixed entries, and of 16 one of xterm's sixteen, so that
it passes `tui.terminal.colors.TerminalColors` unchanged. docs/terminals.md says how they were
chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from textual.app import App
from textual.theme import Theme

DARK: Final = "textual-dark"
LIGHT: Final = "textual-light"
"""Names of Textual's default themes, which the preferences hold; the app's replace them."""

# Fallbacks for themes of Textual that lack a colour of the app.
_FALLBACKS: Final = {
    "rule": "border-blurred",
    "field": "surface",
    "field-text": "foreground",
    "field-focus": "primary-muted",
    "field-focus-text": "foreground",
    "heat-0": "surface",
    "heat-1": "surface",
    "heat-2": "panel",
    "heat-3": "primary-muted",
    "heat-4": "primary-muted",
    "curve-0": "text-primary",
    "curve-1": "text-warning",
    "curve-2": "text-success",
    "curve-3": "text-error",
    "curve-4": "text-accent",
    "curve-5": "text-secondary",
}

_COLORS: Final[Mapping[tuple[str, bool], Mapping[str, str]]] = {
    ("truecolor", True): {
        "background": "#12151a",
        "surface": "#1b2027",
        "panel": "#1f2630",
        "foreground": "#dde1e8",
        "muted": "#98a2b1",
        "rule": "#3d4755",
        "primary": "#6cb2f0",
        "secondary": "#b7a5f2",
        "accent": "#eeb45f",
        "success": "#83d19b",
        "warning": "#f0b95f",
        "error": "#f48c8c",
        "cursor-row": "#2b3b4f",
        "cursor-row-text": "#f2f5f9",
        "field": "#262e39",
        "field-text": "#dde1e8",
        "field-focus": "#2f4a68",
        "field-focus-text": "#ffffff",
        "curves": "#6cb2f0 #f0a24e #74e0c2 #d2608a #f0e36a #ffffff",
        "heats": "#181f28 #1e2a38 #23384d #284866 #2d5a82",
    },
    ("truecolor", False): {
        "background": "#fbfbfc",
        "surface": "#f0f2f5",
        "panel": "#e7eaef",
        "foreground": "#1d2430",
        "muted": "#56606f",
        "rule": "#bcc4cf",
        "primary": "#1b66a8",
        "secondary": "#6547b0",
        "accent": "#8a5600",
        "success": "#1a6e3c",
        "warning": "#8a5600",
        "error": "#ad2323",
        "cursor-row": "#d0e3f6",
        "cursor-row-text": "#0c1520",
        "field": "#e3e7ec",
        "field-text": "#1d2430",
        "field-focus": "#c3dcf4",
        "field-focus-text": "#0c1520",
        "curves": "#1b66a8 #a65300 #007f5e #861050 #14181f #6259f0",
        "heats": "#f3f7fb #e2edf8 #cbdff4 #b0d0f0 #90bdea",
    },
    ("256", True): {
        "background": "#121212",
        "surface": "#1c1c1c",
        "panel": "#262626",
        "foreground": "#dadada",
        "muted": "#a8a8a8",
        "rule": "#4e4e4e",
        "primary": "#5fafff",
        "secondary": "#afafff",
        "accent": "#d7af5f",
        "success": "#87d7af",
        "warning": "#d7af5f",
        "error": "#ff8787",
        "cursor-row": "#3a3a3a",
        "cursor-row-text": "#ffffff",
        "field": "#303030",
        "field-text": "#dadada",
        "field-focus": "#005f87",
        "field-focus-text": "#ffffff",
        "curves": "#5fafff #ffaf5f #5fd7af #d75f87 #ffff5f #ffffff",
        "heats": "#1c1c1c #262626 #3a3a3a #005f5f #005f87",
    },
    ("256", False): {
        "background": "#ffffff",
        "surface": "#eeeeee",
        "panel": "#e4e4e4",
        "foreground": "#1c1c1c",
        "muted": "#585858",
        "rule": "#bcbcbc",
        "primary": "#005faf",
        "secondary": "#5f5faf",
        "accent": "#875f00",
        "success": "#005f00",
        "warning": "#875f00",
        "error": "#af0000",
        "cursor-row": "#d7d7ff",
        "cursor-row-text": "#000000",
        "field": "#dadada",
        "field-text": "#1c1c1c",
        "field-focus": "#afd7ff",
        "field-focus-text": "#000000",
        "curves": "#005faf #af5f00 #00875f #87005f #000000 #5f5fff",
        "heats": "#eeeeee #e4e4e4 #d7ffff #afd7ff #87d7ff",
    },
    # On some terminals grey is bright black, which is illegible.
    ("standard", True): {
        "background": "#000000",
        "surface": "#000000",
        "panel": "#000000",
        "foreground": "#ffffff",
        "muted": "#e5e5e5",
        "rule": "#7f7f7f",
        "primary": "#00cdcd",
        "secondary": "#ff00ff",
        "accent": "#ffff00",
        "success": "#00cd00",
        "warning": "#ffff00",
        "error": "#ff0000",
        "cursor-row": "#0000ee",
        "cursor-row-text": "#ffffff",
        "field": "#0000ee",
        "field-text": "#ffffff",
        "field-focus": "#00cdcd",
        "field-focus-text": "#000000",
        "curves": "#00cdcd #ffff00 #ff00ff #00cd00 #ffffff #ff0000",
        "heats": "#000000 #000000 #000000 #000000 #0000ee",
    },
    ("standard", False): {
        "background": "#ffffff",
        "surface": "#ffffff",
        "panel": "#ffffff",
        "foreground": "#000000",
        "muted": "#000000",
        "rule": "#7f7f7f",
        "primary": "#0000ee",
        "secondary": "#cd00cd",
        "accent": "#0000ee",
        "success": "#0000ee",
        "warning": "#cd00cd",
        "error": "#cd0000",
        "cursor-row": "#0000ee",
        "cursor-row-text": "#ffffff",
        "field": "#0000ee",
        "field-text": "#ffffff",
        "field-focus": "#00cdcd",
        "field-focus-text": "#000000",
        "curves": "#0000ee #cd0000 #000000 #cd00cd #7f7f7f #00cd00",
        "heats": "#ffffff #ffffff #ffffff #ffffff #0000ee",
    },
}


def choose_theme(app: App[Any], preferred: str) -> None:
    """Register the app's themes, and select the preferred one.

    On a terminal of sixteen colours all of Textual's themes look like the app's own, but those of
    the terminal's own colours: they are mixed of colours that it does not have.

    Args:
        app: of which nothing is shown yet.
        preferred: name of a theme; the dark one is used if there is none of this name.
    """
    color_system = app.console.color_system
    dark, light = own_themes(color_system)
    for name, theme in app.available_themes.items():
        if name in (DARK, LIGHT) or (color_system == "standard" and not theme.ansi):
            app.register_theme(replace(dark if theme.dark else light, name=name))
    app.set_reactive(App.theme, preferred if preferred in app.available_themes else DARK)
    is_dark = app.current_theme.dark
    app.set_class(is_dark, "-dark-mode", update=False)
    app.set_class(not is_dark, "-light-mode", update=False)
    # Before anything is styled, so that the first frame is not styled twice.
    app.stylesheet.set_variables(app.get_css_variables())


def own_themes(color_system: str | None) -> list[Theme]:
    """Return the dark and the light theme for a terminal.

    Args:
        color_system: `rich.console.Console.color_system`; None, for no colours, is as 24 bits.
    """
    depth = color_system if color_system in ("256", "standard") else "truecolor"
    return [_theme(name, depth, dark=name == DARK) for name in (DARK, LIGHT)]


def completed(colors: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a theme, with those of the app, and with muted scrollbars."""
    every = {**{name: colors[stand_in] for name, stand_in in _FALLBACKS.items()}, **colors}
    if every["panel"] == "transparent":
        # The terminal's sixteen colours cannot be blended.
        return every
    states = ("", "-hover", "-active")
    return {
        **every,
        **{f"scrollbar-background{state}": every["background"] for state in states},
        "scrollbar-corner-color": every["background"],
        "scrollbar": every["rule"],
        "scrollbar-hover": every["primary"],
    }


def _theme(name: str, depth: str, *, dark: bool) -> Theme:
    colors = _COLORS[depth, dark]
    named = ("primary", "secondary", "accent", "success", "warning", "error")
    surfaces = ("background", "surface", "panel", "foreground")
    return Theme(
        name=name,
        dark=dark,
        variables=_variables(colors, flat=depth == "standard"),
        **{part: colors[part] for part in (*named, *surfaces)},  # type: ignore[arg-type]
    )


def _variables(colors: Mapping[str, str], *, flat: bool) -> dict[str, str]:
    """All variables of Textual and of the app that the theme's colours are not mixed into.

    Args:
        colors: by name.
        flat: on all surfaces the same, since the terminal has no colours between.
    """
    muted, row, row_text = colors["muted"], colors["cursor-row"], colors["cursor-row-text"]
    variables = {name: colors[name] for name in _FALLBACKS if name in colors}
    variables |= {f"curve-{at}": one for at, one in enumerate(colors["curves"].split())}
    variables |= {f"heat-{at}": one for at, one in enumerate(colors["heats"].split())}
    for tone in ("primary", "secondary", "accent", "success", "warning", "error"):
        variables[f"text-{tone}"] = colors[tone]
        variables[f"{tone}-muted"] = row if tone == "primary" or flat else colors["panel"]
    variables |= {
        "text": colors["foreground"],
        "text-muted": muted,
        "text-disabled": muted,
        "foreground-muted": muted,
        "foreground-disabled": muted,
        "block-cursor-foreground": row_text,
        "block-cursor-background": row,
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-foreground": colors["foreground"],
        "block-cursor-blurred-background": colors["panel"],
        "block-hover-background": colors["panel"],
        "border": colors["primary"],
        "border-blurred": colors["rule"],
        "surface-active": colors["panel"],
        "scrollbar": colors["rule"],
        "scrollbar-hover": colors["primary"],
        "scrollbar-active": colors["primary"],
        "link-color": colors["primary"],
        "link-background-hover": row,
        "link-color-hover": row_text,
        "footer-key-foreground": colors["accent"],
        "footer-description-foreground": colors["foreground"],
        "input-cursor-background": colors["foreground"],
        "input-cursor-foreground": colors["background"],
        "input-selection-background": row,
        "input-selection-foreground": row_text,
        "button-foreground": colors["foreground"],
        "button-color-foreground": row_text,
        "button-focus-text-style": "bold reverse",
        "screen-selection-background": row,
        "screen-selection-foreground": row_text,
        "scrollbar-background": colors["background"],
        "scrollbar-background-hover": colors["background"],
        "scrollbar-background-active": colors["background"],
        "scrollbar-corner-color": colors["background"],
    }
    if flat:
        for surface in ("surface", "panel", "background", "boost"):
            for step in (1, 2, 3):
                variables[f"{surface}-lighten-{step}"] = colors["background"]
                variables[f"{surface}-darken-{step}"] = colors["background"]
    return variables
