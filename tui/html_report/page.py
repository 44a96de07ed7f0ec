"""Make the page: head, style and sections in one file that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from tui.html_report.elements import element, to_html
from tui.html_report.sections import comparison_section, session_section
from tui.rendering.tones import HUES
from tui.themes import own_themes
from vae_engine.sessions.session import Session

# Makes the browser run no script and load nothing.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --text: #1d232b; --muted: #5b6675; --page: #fff;
  --rule: #d5dbe3; }
@media (prefers-color-scheme: dark) { :root { --text: #dde1e8; --muted: #98a2b1; --page: #12151a;
  --rule: #3d4755; } }
body { margin: 0 auto; max-width: 52rem; padding: 1rem; color: var(--text); background: var(--page);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 3rem; border-top: 1px solid var(--rule);
  padding-top: 1rem; } small, figcaption, dt, th { color: var(--muted); font-weight: normal; }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .25rem 1rem; } dd { margin: 0; }
figure { margin: 1rem 0; } figcaption span { margin-left: 1em; white-space: nowrap; }
figcaption svg { width: 24px; height: 8px; vertical-align: middle; }
img { image-rendering: pixelated; max-width: 100%; height: auto; }
table { border-collapse: collapse; } th, td { padding: .2rem .6rem; text-align: right;
  border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums; white-space: nowrap; }
th:first-child, td:first-child, .settings th, .settings td { text-align: left; }
.settings td:last-child { white-space: normal; } .wide { overflow-x: auto; }
svg line { stroke: var(--rule); } svg text { fill: var(--muted); font-size: 12px; }
svg .value { text-anchor: end; dominant-baseline: middle; } svg .epoch { text-anchor: middle; }
svg .mark { stroke-dasharray: 2 3; stroke: var(--muted); } svg .word { font-size: 11px; }
svg .left { text-anchor: end; } a { color: var(--curve-0); }
@media (max-width: 40rem) { svg text, svg .word { font-size: 18px; } }
polyline { fill: none; stroke-width: 1.8; }
"""
_DASHES = ("", "9 5", "4 4", "1.5 4")


def _curve_style() -> str:
    """Return the colours and dashes of curves, the same as in the app."""
    dark, light = (theme.variables for theme in own_themes(None))
    rules = [
        f"polyline.tone-{hue} {{ stroke: var(--curve-{hue}); }} "
        f"circle.tone-{hue} {{ fill: var(--curve-{hue}); }}"
        for hue in range(HUES)
    ]
    rules += [
        f"polyline.dash-{at} {{ stroke-dasharray: {dash}; }}"
        for at, dash in enumerate(_DASHES)
        if dash
    ]
    colors = [
        "".join(f" --curve-{hue}: {theme[f'curve-{hue}']};" for hue in range(HUES))
        for theme in (light, dark)
    ]
    scheme = "@media (prefers-color-scheme: dark)"
    rules += [f":root {{{colors[0]} }}", f"{scheme} {{ :root {{{colors[1]} }} }}"]
    return "\n".join(rules)


def make_page(title: str, sessions: Sequence[Session]) -> str:
    """Return the page of one session, or of several with a comparison.

    Raises:
        SessionDamagedError: one cannot be read.
    """
    sections = [comparison_section(sessions)] if len(sessions) > 1 else []
    for session in sessions:
        section = session_section(session)
        section.set("id", session.id)
        sections.append(section)
    style = Element("style")
    style.text = _STYLE + _curve_style()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        style,
    )
    about = "Variational autoencoders, trained with vae-workbench. Losses in nats per image."
    body = element("body", element("h1", title), element("p", about), *sections)
    return to_html(element("html", head, body, lang="en"))
