"""`vae report`: one file that loads nothing, whatever strangers wrote into their sessions."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image
from textual.color import Color

from tests.cli.conftest import Vae
from tests.conftest import EXAMPLE
from tests.tui.recorded_sweeps import record_sweep
from tests.tui.recorder import Recorder
from tui.themes import own_themes
from vae_engine.sessions.atomic import write_record
from vae_engine.sessions.records import Label
from vae_engine.sessions.session import Session

EVIL = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\x1b]0;x\x07\u202e"
_VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """What a browser would make of a page: its elements, ids, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [value for name, value in self.attributes if name == attribute]


@pytest.fixture
def example(tmp_path: Path) -> Session:
    folder = tmp_path / "sessions" / EXAMPLE.name
    shutil.copytree(EXAMPLE, folder)
    return Session(folder)


def page_of(path: Path) -> Page:
    page = Page(path.read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(value.startswith("data:image/png;base64,") for value in page.values("src"))
    assert all(value.startswith("#") for value in page.values("href"))
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    assert {link[1:] for link in page.values("href")} <= set(ids)
    return page


def test_a_session_is_reported_completely(vae: Vae, example: Session) -> None:
    done = vae("report", example.id, "-o", "a.html")
    assert (done.code, done.err) == (0, "")
    page = page_of(Path("a.html"))
    example.poll()
    result = example.result()
    assert result is not None
    wanted = (example.id, f"{result.test_loss:.2f}", result.weights_sha256, "latent_dim", "seed")
    for part in wanted:
        assert part in page.text
    # Training and validation in each of three charts, and in its legend.
    assert page.tags.count("polyline") == 12
    for change in ("beta warm-up ends", "lr decay"):
        assert page.text.count(f"{change}: epoch") == 3
    assert page.tags.count("img") == 2
    assert "Comparison" not in page.text


def test_several_are_compared_where_they_compare(
    vae: Vae, example: Session, tmp_path: Path
) -> None:
    other = tmp_path / "sessions" / "20261129-000000-0000"
    shutil.copytree(EXAMPLE, other)
    manifest = msgspec.json.decode((other / "session.json").read_bytes())
    manifest["id"] = other.name
    manifest["settings"]["binarize"] = "dynamic"
    (other / "session.json").write_bytes(msgspec.json.encode(manifest))
    assert vae("report", example.id, other.name, example.id, "-o", "b.html").code == 0
    page = page_of(Path("b.html"))
    assert "Left out: 1 curve with a loss that does not compare." in page.text
    assert page.tags.count("polyline") == 26
    assert sorted(page.values("id")) == sorted([example.id, other.name])


def test_a_sweep_stands_for_its_sessions(vae: Vae, recorder: Recorder) -> None:
    sweep = record_sweep(recorder, {1: "completed", 2: "completed", 3: "training"})
    assert vae("report", sweep.id, "-o", "c.html", "--sessions-dir", recorder.store.root).code == 0
    page = page_of(Path("c.html"))
    started = [trial.session for trial in sweep.record.trials if trial.session in page.text]
    assert set(started) == set(page.values("id"))
    assert len(started) == 3
    assert "<h1>mine</h1>" in Path("c.html").read_text()


@pytest.mark.parametrize("place", ["name", "note", "command", "dataset", "environment"])
def test_text_of_strangers_is_text(vae: Vae, example: Session, place: str) -> None:
    if place in ("name", "note"):
        write_record(
            example.folder / "label.json",
            Label(name=EVIL) if place == "name" else Label(name="n", note=EVIL),
        )
    elif place == "command":
        path = example.folder / "session.json"
        manifest = msgspec.json.decode(path.read_bytes())
        manifest["command"] = ["vae", EVIL]
        path.write_bytes(msgspec.json.encode(manifest))
    else:
        path = example.folder / "events.jsonl"
        lines = path.read_text().splitlines()
        at = next(i for i, line in enumerate(lines) if '"prepared"' in line)
        event = msgspec.json.decode(lines[at])
        event[place]["source" if place == "dataset" else "host"] = EVIL
        lines[at] = msgspec.json.encode(event).decode()
        path.write_text("\n".join(lines) + "\n")
    assert vae("report", example.id, "-o", "evil.html").code == 0
    page = page_of(Path("evil.html"))
    assert not re.search(r"[\x00-\x08\x0e-\x1f\u202e]", page.text)
    if place != "name":  # A name like that is not taken.
        assert "<script>" in page.text


def test_a_session_that_has_not_trained_is_reported(vae: Vae, tmp_path: Path) -> None:
    from vae_engine.sessions.store import SessionStore
    from vae_engine.settings import make_settings

    new = SessionStore(tmp_path / "sessions").create(make_settings({}), command=["t"])
    assert vae("report", new.id, "-o", "new.html").code == 0
    assert "no epoch has ended yet" in page_of(Path("new.html")).text


def test_what_cannot_be_written_is_one_line(vae: Vae, example: Session) -> None:
    line = vae("report", example.id, "-o", "missing/a.html").error(1)
    assert "missing/a.html" in line
    assert "must be a file ending in .html" in vae("report", example.id, "-o", "a.pdf").err


BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)


@pytest.mark.slow
@pytest.mark.skipif(not BROWSER, reason="no browser")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desktop", "phone"])
def test_a_browser_shows_the_curves(
    vae: Vae, example: Session, tmp_path: Path, width: int, dark: bool
) -> None:
    assert vae("report", example.id, "-o", "a.html").code == 0
    picture = tmp_path / "page.png"
    command = [
        *(BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
        *(f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},1600"),
        *(f"--screenshot={picture}", *(["--force-dark-mode"] if dark else [])),
        Path("a.html").absolute().as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pixels = np.asarray(Image.open(picture).convert("RGB")).astype(int)
    assert pixels.shape[1] == width
    assert (pixels[0, 0].mean() < 128) == dark
    theme = own_themes(None)[0 if dark else 1]
    for curve in ("curve-0", "curve-1"):
        off = np.abs(pixels - np.array(Color.parse(theme.variables[curve]).rgb)).max(axis=2)
        rows, columns = np.nonzero(off < 40)
        # Below each other three charts, each over most of the page, on a phone too.
        assert np.ptp(columns) > 0.4 * width
        assert np.ptp(rows) > 250
