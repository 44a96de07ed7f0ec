import pytest

from tui.rendering.palettes import ColorDepth
from tui.terminal.detection import capped_depth, detect_depth


@pytest.mark.parametrize(
    ("environ", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ColorDepth.TRUECOLOR),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, ColorDepth.TRUECOLOR),
        ({"TERM": "xterm-kitty"}, ColorDepth.TRUECOLOR),
        ({"TERM": "xterm-direct"}, ColorDepth.TRUECOLOR),
        ({"TERM": "xterm-256color"}, ColorDepth.ANSI_256),
        ({"TERM": "tmux-256color"}, ColorDepth.ANSI_256),
        ({"TERM": "screen.xterm-256color"}, ColorDepth.ANSI_256),
        ({"TERM": "screen.xterm-kitty", "STY": "1"}, ColorDepth.ANSI_16),
        ({"TERM": "screen.xterm-direct", "STY": "1"}, ColorDepth.ANSI_16),
        ({"TERM": "screen.alacritty", "COLORTERM": "truecolor"}, ColorDepth.ANSI_16),
        # Started from within GNU screen, but a terminal of its own.
        ({"TERM": "xterm-kitty", "STY": "1"}, ColorDepth.TRUECOLOR),
        ({"TERM": "xiterm"}, ColorDepth.ANSI_16),
        ({"TERM": "foot-extra"}, ColorDepth.TRUECOLOR),
        ({"TERM": "xterm-ghostty"}, ColorDepth.TRUECOLOR),
        ({"TERM": "iterm2"}, ColorDepth.TRUECOLOR),
        ({"TERM": "xterm"}, ColorDepth.ANSI_16),
        ({"TERM": "linux"}, ColorDepth.ANSI_16),
        ({"TERM": "screen"}, ColorDepth.ANSI_16),
        ({"TERM": "dumb"}, ColorDepth.MONO),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, ColorDepth.MONO),
        ({"TERM": "vt100"}, ColorDepth.MONO),
        ({}, ColorDepth.MONO),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, ColorDepth.MONO),
        ({"TERM": "xterm", "NO_COLOR": ""}, ColorDepth.ANSI_16),
        ({"TERM": "xterm-256color", "LC_ALL": "C"}, ColorDepth.ASCII),
        ({"TERM": "xterm-256color", "LANG": "POSIX"}, ColorDepth.ASCII),
        ({"TERM": "xterm-256color", "LANG": "C", "LC_CTYPE": "C.UTF-8"}, ColorDepth.ANSI_256),
        ({"TERM": "xterm-256color", "LANG": "de_DE.UTF-8"}, ColorDepth.ANSI_256),
    ],
)
def test_the_environment_tells_the_depth(environ: dict[str, str], depth: ColorDepth) -> None:
    assert detect_depth(environ, encoding="utf-8", is_terminal=True) is depth


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "ANSI_X3.4-1968", "no such", None])
def test_another_encoding_than_unicode_means_ascii(encoding: str | None) -> None:
    environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    assert detect_depth(environ, encoding=encoding, is_terminal=True) is ColorDepth.ASCII


def test_what_is_no_terminal_gets_no_colours() -> None:
    environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    assert detect_depth(environ, encoding="UTF-8", is_terminal=False) is ColorDepth.MONO


@pytest.mark.parametrize(
    ("depth", "color_system", "capped"),
    [
        (ColorDepth.TRUECOLOR, "truecolor", ColorDepth.TRUECOLOR),
        (ColorDepth.TRUECOLOR, "256", ColorDepth.ANSI_256),
        (ColorDepth.TRUECOLOR, "standard", ColorDepth.ANSI_16),
        (ColorDepth.ANSI_256, "truecolor", ColorDepth.ANSI_256),
        (ColorDepth.ANSI_256, None, ColorDepth.MONO),
        (ColorDepth.ASCII, "truecolor", ColorDepth.ASCII),
    ],
)
def test_rich_may_let_less_through(
    depth: ColorDepth, color_system: str | None, capped: ColorDepth
) -> None:
    assert capped_depth(depth, color_system) is capped
