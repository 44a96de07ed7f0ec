"""Keys typed faster than screens open, in one piece, or before the first frame."""

from __future__ import annotations

import re
from functools import partial

import pytest

from tests.cli.terminal import Attach, Terminal
from tests.tui.recorder import Recorder


@pytest.fixture
def three(recorder: Recorder) -> Recorder:
    for name in ("one", "two", "three"):
        recorder.session(name, previews=False)
    return recorder


def wait_until_gone(shown: Terminal, words: str) -> None:
    shown.wait_until(lambda: words not in shown.text, f"no {words}")


def statuses(recorder: Recorder) -> list[str | None]:
    return [listing.status for listing in recorder.store.listings()]


def test_what_is_typed_with_a_key_reaches_what_the_key_opens(
    terminal: Attach, three: Recorder
) -> None:
    before = statuses(three)
    shown = terminal(columns=100, rows=30)
    shown.wait_for("3 sessions")
    # On the list, in its dialogs and its forms: the text is typed at what the key has opened.
    for typed, seen in (
        ("e77", "77"),
        ("ej3", "3"),
        ("w/deep/zz.archive", "zz.archive"),
        ("R-renamed!", "three-renamed!"),
        ("#rdq", "rdq"),
        ("Ardq?", "rdq?"),
        ("n33", "--latent-dim 33"),
        ("n\t7", "--epochs 7"),
        ("f\t\tdq", "fork of"),
        ("/dxr", "dxr"),
    ):
        shown.press(typed)
        shown.wait_for(seen)
        # The next key closes it, and the one after that is the list's again.
        shown.press("\x1b\x1ba")
        shown.wait_for("3 selected")
        shown.press("a")
        shown.wait_until(lambda: "selected" not in shown.text, "none selected")
        assert statuses(three) == before
        assert shown.process.poll() is None


def test_nothing_typed_before_the_first_frame_does_anything(
    terminal: Attach, three: Recorder
) -> None:
    before = statuses(three)
    shown = terminal(columns=100)
    shown.press("hello world?q\rrd\ry\re5\r")
    shown.wait_for("3 sessions")
    shown.press(" ")
    shown.wait_for("1 selected")
    assert statuses(three) == before
    shown.press("q")
    assert shown.wait() == 0


NOISES = (
    b"\x1b]11;rgb:1111/1111/1111\x1b\\",
    b"\x1b[8;30;100t",
    b"\x1b[?61;6;7c",
    b"\x1b_Gi=31;ENOENT:rd\x1b\\",
    b"\x9b?61;6;7c",
    b"\x1b[O",
)


def test_answers_of_a_terminal_do_nothing(terminal: Attach, three: Recorder) -> None:
    shown = terminal(columns=100)
    for noise in NOISES:
        shown.press(noise)
    shown.wait_for("3 sessions")
    shown.wait_for("Help")
    before = list_of(shown)
    for noise in NOISES:
        shown.press(noise + noise)
        for byte in noise:
            shown.press(bytes([byte]))
        shown.press("a")
        shown.wait_for("3 selected")
        shown.press("a")
        shown.wait_until(partial(_lists, shown, before), f"{before} after {noise!r}")


def _lists(shown: Terminal, before: list[str]) -> bool:
    return list_of(shown) == before


def list_of(shown: Terminal) -> list[str]:
    """The list and the keys; ages go on, and the preview may still be on its way."""
    *lines, keys = shown.text.splitlines()
    return [*(re.sub(r"\s+\d+[smh]\b.*", "", line) for line in lines[:5]), keys]


def test_what_was_typed_stays_where_it_cannot_be_written(terminal: Attach, three: Recorder) -> None:
    shown = terminal(columns=100, rows=30)
    shown.wait_for("3 sessions")
    for listing in three.store.listings():
        # As a full disk does, it refuses a new label; root may write where permissions forbid it.
        target = listing.folder / "label.json"
        target.unlink(missing_ok=True)
        target.mkdir()
    # Its name, tags and note.
    for typed, seen, save in (
        ("R-kept", "-kept", "\r"),
        ("#, kept", ", kept", "\r"),
        ("Akept note", "kept note", "\x13"),
    ):
        shown.press(typed)
        shown.wait_for(seen)
        wait_until_gone(shown, "directory")
        shown.press(save)
        shown.wait_until(lambda: "directory" in shown.text, "a reason")
        shown.wait_for(seen)
        shown.press("\x1b")
        wait_until_gone(shown, seen)


def test_a_copied_line_is_shown_and_printed_on_leaving(terminal: Attach, three: Recorder) -> None:
    shown = terminal(columns=100, rows=30)
    shown.wait_for("3 sessions")
    shown.press("n9\x19")
    shown.wait_for("OSC 52")
    shown.press("\x1bq")
    assert shown.wait() == 0
    assert "vae train --latent-dim 9" in shown.text.replace("\n", "")


def test_over_a_slow_link_a_dialog_leaves_what_lies_around_it_alone(
    terminal: Attach, three: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "a 1 b 2")
    shown = terminal(columns=160, rows=50)
    shown.wait_for("3 sessions")
    # The chart of the preview comes last, and is larger than a dialog.
    shown.wait_for("best 4")
    shown.press("a")
    shown.wait_for("3 selected")
    whole = len(shown.written)
    for key, seen, share in (("d", "go to the trash", 3), ("?", "Esc back", 1.5)):
        for pressed, there in ((key, True), ("\x1b", False)):
            before = len(shown.written)
            shown.press(pressed)
            if there:
                shown.wait_for(seen)
            else:
                wait_until_gone(shown, seen)
            assert len(shown.written) - before < whole / share
    before = len(shown.written)
    shown.press("\x0c")
    shown.wait_until(lambda: len(shown.written) - before > whole / 2, "all of it anew")
