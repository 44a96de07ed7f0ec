"""On an ASCII terminal everything is ASCII: text, charts, borders and Textual's own marks."""

from __future__ import annotations

import pytest

from tests.cli.terminal import Attach
from tests.tui.recorder import Recorder


@pytest.mark.parametrize(
    "locale", ["LC_ALL=C", pytest.param("LC_ALL=POSIX", marks=pytest.mark.slow)]
)
def test_in_the_c_locale_every_byte_is_ascii(
    terminal: Attach, recorder: Recorder, locale: str
) -> None:
    recorder.session("café 字 \U0001f44d\U0001f3fd")
    prefix = ("setsid", "--ctty", "--wait", "env", locale)
    shown = terminal(columns=100, rows=30, prefix=prefix)
    shown.wait_for("1 session")
    shown.wait_for("cafe ?? ??")
    for keys, seen in (
        ("?", "Esc back"),
        ("\x1be", "epochs more"),
        ("\x1b:", "Search"),
        ("\x1b\x1bn", "latent_dim"),
        ("\x1b\r", "val_loss"),
        ("g", "seed"),
    ):
        shown.press(keys)
        shown.wait_for(seen)
    assert bytes(shown.written).isascii()
    listed = terminal("sessions", columns=100, prefix=prefix)
    listed.wait_for("cafe")
    assert listed.wait() == 0
    assert bytes(listed.written).isascii()


@pytest.mark.parametrize(
    ("locale", "ascii_only"),
    [
        # Python replaces the first two by C.UTF-8, and writes UTF-8 in those not installed.
        (("LANG=C",), True),
        (("LC_CTYPE=C", "LANG=C.UTF-8"), True),
        (("LANG=ja_JP.eucJP",), True),
        (("LC_ALL=de_DE@euro",), True),
        (("LC_ALL=xx_YY.UTF-8",), False),
        ((), False),
    ],
    ids=lambda value: " ".join(value) or "none" if isinstance(value, tuple) else "",
)
def test_the_locale_counts_not_what_python_makes_of_it(
    terminal: Attach, recorder: Recorder, locale: tuple[str, ...], ascii_only: bool
) -> None:
    recorder.session("caf\u00e9", previews=False)
    unset = ("-u", "LANG", "-u", "LC_CTYPE", "-u", "LC_ALL")
    prefix = ("setsid", "--ctty", "--wait", "env", *unset, *locale)
    shown = terminal("sessions", columns=100, prefix=prefix)
    shown.wait_for("caf")
    assert shown.wait() == 0
    assert bytes(shown.written).isascii() is ascii_only
