"""Text in ASCII: complete, and of equal width."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.terminal.charset import ascii_text, is_unicode


@given(st.text())
def test_nothing_but_ascii_is_left(text: str) -> None:
    assert ascii_text(text).isascii()


def test_every_character_keeps_its_width() -> None:
    for code in (*range(0xA0, 0x3100), *range(0x3100, sys.maxunicode, 97)):
        char = chr(code)
        if char.isprintable() and code not in range(0xD800, 0xE000):
            assert len(ascii_text(char)) == cell_len(char), hex(code)


def test_lines_arrows_and_marks_look_alike() -> None:
    assert ascii_text("╭─┤ é ├─╮ │ ▁▀█ ⏎ ↑↓←→ ✓ ● ›") == '+-+ e +-+ | _"# < ^v<> + * >'


@pytest.mark.parametrize(
    ("environment", "encoding", "unicode"),
    [
        ({"LC_ALL": "C"}, "utf-8", False),
        ({"LANG": "POSIX"}, "utf-8", False),
        ({"LC_ALL": "C.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso-8859-1", False),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, "utf-8", True),
        ({"LC_ALL": "", "LANG": "C"}, "utf-8", False),
        ({"LC_CTYPE": "POSIX", "LANG": "en_US.UTF-8"}, "utf-8", False),
        # Not installed: Python writes UTF-8, but a terminal in that locale does not read it.
        ({"LANG": "en_US.ISO-8859-1"}, "utf-8", False),
        ({"LC_ALL": "ja_JP.eucJP"}, "utf-8", False),
        ({"LC_ALL": "de_DE.ISO-8859-15@euro"}, "utf-8", False),
        ({"LANG": "C.no-such"}, "utf-8", False),
        ({"LANG": "ca_ES.UTF-8@valencia"}, "utf-8", True),
        ({"LANG": "en_GB.utf8"}, "utf-8", True),
        ({"LC_CTYPE": "UTF-8"}, "utf-8", True),
        ({}, "utf-8", True),
        ({}, None, False),
    ],
)
def test_the_locale_and_the_stream_decide(
    environment: dict[str, str], encoding: str | None, unicode: bool
) -> None:
    assert is_unicode(environment, encoding) is unicode
