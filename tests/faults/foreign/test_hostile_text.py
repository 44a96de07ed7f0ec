"""Foreign text on every command and screen: it cannot control a terminal or break a table."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from select import select
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.faults.foreign.commands import ask, check, digest, is_harmless
from tests.sessions.makers import leave_worker
from tests.tui.pilot import screen_text
from tests.tui.recorder import Recorder
from tests.tui.watching import until
from tests.waiting import wait_for
from tui.app import WorkbenchApp
from tui.dashboard.screen import DashboardScreen
from tui.sampler.screen import SamplerScreen
from tui.session_list.compare import CompareScreen
from vae_engine.sessions import layout
from vae_engine.sessions.records import Status
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

MARK = "owned"
"""Stands behind every attack: where it is drawn, the terminal was not steered."""

ATTACKS = {
    "clear and home": f"\x1b[2J\x1b[H{MARK}",
    "title": f"\x1b]0;{MARK}\x07",
    "clipboard": f"\x1b]52;c;b3duZWQ=\x07{MARK}",
    "device query": f"\x1b[c\x1b[6n\x1b]11;?\x1b\\{MARK}",
    "string that never ends": f"\x1bP{MARK}",
    "alternate screen": f"\x1b[?1049l{MARK}",
    "eight-bit": f"\x9b2J\x9d0;{MARK}\x9c",
    "backspaces": f"good\b\b\b\b{MARK}",
    "return": f"good\r{MARK}",
    "lines": f"one\ntwo\x0b\x0c\x85\u2028{MARK}",
    "delete": f"\x7f\x7f{MARK}",
    "bell and shift": f"\x07\x0e\x0f{MARK}",
    "markup": f"[red]{MARK}[/red][/][link=file:///etc/passwd]x[/link][@click=app.quit]quit[/]",
    "direction": f"\u202e{MARK}\u2066\u200f\u061c",
    "invisible": f"\u200b\ufeff\u00ad\U000e0041{MARK}",
    "wide": f"{'漢' * 300}{MARK}",
    "a pile of accents": "a" + "\u0301" * 500 + MARK,
    "tabs": f"\t\t\t{MARK}",
    "long": f"{MARK} " + "x" * 2**17,
}
SHOWN: list[Status] = ["completed", "training"]
STATUSES: list[Status] = ["completed", "failed", "diverged", "interrupted"]
# What Textual and this app send on purpose, apart from colours and moves.
_SEQUENCE = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|P[^\x1b]*\x1b\\|[ -/]*[0-~])"
)


def hostile_session(recorder: Recorder, text: str, status: Status = "completed") -> Session:
    """A session with this text wherever a session holds any."""
    session = recorder.session(status=status)
    folder = session.folder
    _edit(folder / layout.MANIFEST, _in_manifest(text))
    _edit(folder / layout.LABEL, lambda _: {"name": text, "tags": [text] * 3, "note": text})
    _edit(folder / layout.SUMMARY, lambda record: {**record, "stop_reason": text})
    leave_worker(session, alive=False)
    _edit(folder / layout.WORKER, lambda record: {**record, "boot_id": text})
    lines = (folder / layout.EVENTS).read_bytes().splitlines()
    events = [_in_event(msgspec.json.decode(line), text) for line in lines]
    ignored = {"type": "command_ignored", "seq": 9, "time": 1.0, "command": text, "why": text}
    events.insert(-1, ignored)
    log = b"\n".join(msgspec.json.encode(event) for event in events) + b"\n"
    (folder / layout.EVENTS).write_bytes(log)
    (folder / layout.LOG).write_bytes(text.encode() + b"\n2026 ERROR " + text.encode() + b"\n")
    return session


def _edit(path: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path.write_bytes(msgspec.json.encode(change(msgspec.json.decode(path.read_bytes()))))


def _in_manifest(text: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(record: dict[str, Any]) -> dict[str, Any]:
        # What is not printable is refused there, see below.
        dataset = "/data/" + "".join(filter(str.isprintable, text))[:3000]
        settings = {**record["settings"], "dataset": dataset}
        strings = {"command": ["vae", text], "parent": text, "version": text}
        return {**record, **strings, "settings": settings}

    return change


def _in_event(event: dict[str, Any], text: str) -> dict[str, Any]:
    short = text[:20_000]  # A longer line is no event.
    changes: dict[str, Any] = {
        "run_started": {"host": short},
        "prepared": {
            "environment": {"device": short, "cpu": short, "host": short, "keras": short},
            "dataset": {"name": short, "source": short, "sha256": short, "train_images": 5},
        },
        "finishing": {"reason": short},
        "run_ended": {"reason": short},
    }
    return {**event, **changes.get(event["type"], {})}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_command_passes_it_on(store: SessionStore, recorder: Recorder, attack: str) -> None:
    sessions = [hostile_session(recorder, ATTACKS[attack], status) for status in STATUSES]
    before = digest(store.root)
    for session in sessions:
        one = session.id
        for command in (
            ("sessions",),
            ("sessions", "--json"),
            ("show", one),
            ("show", one, "--json"),
            ("attach", one),
            ("sample", one, "-n", 2),
            ("reconstruct", one, "-n", 2),
            ("embed", one, "-o", "x.npz"),
            ("stop", one),
            ("resume", one, "--detach"),
            ("fork", one, "--detach"),
            ("export", one, "-o", "x.zip"),
        ):
            check(ask(*command))
    assert digest(store.root) == before
    lines = check(ask("sessions")).out.splitlines()
    assert len(lines) == 1 + len(sessions)
    assert all(cell_len(line) <= 80 for line in lines)
    check(ask("delete", sessions[0].id))
    check(ask("trash"))
    check(ask("restore", sessions[0].id))


@pytest.mark.parametrize("attack", [one for one in ATTACKS if not ATTACKS[one].isprintable()])
def test_a_dataset_that_is_no_text_is_damage(recorder: Recorder, attack: str) -> None:
    session = recorder.session()
    dataset = {"dataset": ATTACKS[attack][:3000]}
    _edit(
        session.folder / layout.MANIFEST,
        lambda record: {**record, "settings": {**record["settings"], **dataset}},
    )
    assert "its dataset has control characters" in check(ask("show", session.id)).err
    assert "its dataset has control characters" in check(ask("sessions")).out


@pytest.mark.parametrize(
    ("status", "attacks"),
    [
        ("completed", ["clear and home", "markup"]),
        ("training", ["wide"]),
        *(pytest.param(one, list(ATTACKS), marks=pytest.mark.slow) for one in SHOWN),
    ],
)
async def test_no_screen_passes_it_on(
    store: SessionStore,
    recorder: Recorder,
    status: Status,
    attacks: list[str],
) -> None:
    sessions = [hostile_session(recorder, ATTACKS[attack], status) for attack in attacks]
    if status == "training":
        for session in sessions:
            recorder.revive(session)
    app = WorkbenchApp(store)
    async with app.run_test(size=(120, 40), notifications=True, tooltips=True) as pilot:
        await until(pilot, lambda: app.entries is not None and len(app.entries) == len(sessions))
        for key in ("a", "R", "number_sign", "A", "d"):
            await pilot.press(key)
            _assert_harmless(pilot)
            await pilot.press(*(["escape"] if key != "a" else []))
        await app.push_screen(CompareScreen([Session(one.folder) for one in sessions]))
        await pilot.pause()
        _assert_harmless(pilot)
        await pilot.press("escape")
        for session in sessions:
            screen = DashboardScreen(Session(session.folder))
            await app.push_screen(screen)
            await until(pilot, lambda screen=screen: screen.snapshot is not None)  # type: ignore[misc]
            _assert_harmless(pilot)
            await app.push_screen(SamplerScreen(Session(session.folder)))
            await pilot.pause()
            _assert_harmless(pilot)
            await pilot.press("escape", "escape")


def _assert_harmless(pilot: Pilot[Any]) -> None:
    lines = screen_text(pilot.app).split("\n")
    assert [line for line in lines if not is_harmless(line)] == []
    assert {cell_len(line) for line in lines} == {pilot.app.size.width}


def test_what_reaches_the_terminal_is_of_the_app_alone(tmp_path: Path) -> None:
    """The kinds of control sequences are those that a harmless session gives, and no more."""
    every = "".join(ATTACKS.values())[:50_000]
    sent = {}
    for name, text in (("harmless", "harmless"), ("hostile", every)):
        recorder = Recorder(SessionStore(tmp_path / name))
        sent[name] = _sent(hostile_session(recorder, text))
    assert b"owned" in sent["hostile"]
    assert _kinds(sent["hostile"]) <= _kinds(sent["harmless"])


def _sent(session: Session) -> bytes:
    """All that the app writes to its terminal: the list of sessions, then a dashboard."""
    code = (
        "import sys; from pathlib import Path; from tui.cli.screen import run_app; "
        "from vae_engine.sessions.store import SessionStore; "
        "run_app(SessionStore(Path(sys.argv[1])))"
    )
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    command = [sys.executable, "-c", code, str(session.folder.parent)]
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS")
    environment.pop("LINES")
    sent = bytearray()

    def receive() -> bool:
        while select([master], [], [], 0.05)[0]:
            try:
                sent.extend(os.read(master, 65536))
            except OSError:  # The other end is closed.
                break
        return process.poll() is not None

    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as process:
        os.close(slave)
        try:
            for shown, keys in ((b"completed", b"\r"), (b"val_loss", b"q")):
                wait_for(lambda shown=shown: receive() or shown in sent)  # type: ignore[misc]
                os.write(master, keys)
            wait_for(receive)
        finally:
            process.kill()
    os.close(master)
    assert process.returncode == 0, sent[-2000:]
    return bytes(sent)


def _kinds(sent: bytes) -> set[str]:
    """Control characters, and what begins and ends each control sequence."""
    text = sent.decode(errors="replace")
    kinds = {found[0][:3] + found[0][-1] for found in _SEQUENCE.finditer(text)}
    kinds = {re.sub(r"\d", "0", kind) for kind in kinds}
    return kinds | {char for char in _SEQUENCE.sub("", text) if not char.isprintable()}
