"""How soon the explorer answers on the example: images, nearest images, map, priors, two models."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure
from benchmarks.terminal import WORKBENCH, Terminal
from vae_engine.datasets.packaged import packaged_test_images
from vae_engine.inference.pictures import save_png
from vae_engine.sessions import layout
from vae_engine.sessions.example import GREY

EXAMPLES = Path(__file__).parents[1] / "sessions"
# Room for 8 x 8 samples of 14x7 cells beside the chosen one.
SIZE = (154, 66)
PAGE_DOWN, ESCAPE = "\x1b[6~", "\x1b"
# Until the images are read, and after a key that starts a process.
_READ_SECONDS = 1.5


def explorer(folder: Path) -> Iterator[Figure]:
    """Answers on the example, with the processor time of the app and its process for each."""
    root = folder / "sessions"
    shutil.copytree(EXAMPLES, root)
    for fitted in root.glob(f"*/{layout.MIXTURE}"):
        fitted.unlink()
    with Terminal((*WORKBENCH, root), folder, size=SIZE) as terminal:
        terminal.read_until(b"example-colour", b"mnist")
        terminal.settle(1.0)
        terminal.answer("j")
        yield from _images(terminal, _own_image(folder))
        yield from _sampler(terminal)
        memory = terminal.resident_megabytes()
    yield Figure("  resident memory of the app after all of it", memory, "MB", goal=130)
    yield from _side_by_side(folder / "two")


def _images(terminal: Terminal, own: Path) -> Iterator[Figure]:
    """The images screen, which is left for the list."""
    yield _answer(terminal, "images screen of the example, opened", "i", b"ELBO")
    yield _answer(terminal, "  its next page", PAGE_DOWN, b"ELBO")
    pressed = terminal.press("o")
    before = len(terminal.output)
    terminal.read_until(b"of the first", after=before)
    shown = terminal.read_until(b"-ELBO", after=terminal.output.find(b"of the first", before))
    yield Figure("  the worst of the first images, by -ELBO", shown - pressed, "s", goal=0.3)
    every = terminal.read_until(b"by class", after=before) - pressed
    yield Figure("    of all 10,000", every, "s")
    terminal.settle(_READ_SECONDS)
    yield _answer(terminal, "  the best of all", "o", b"best first")
    yield _answer(terminal, "  one class", "c", b"of class")
    yield _answer(terminal, "  training images nearest to an image", "N", b"median")
    terminal.answer("I", b"Images of your own")
    for key in str(own):
        terminal.press(key)
    terminal.settle(0.5)
    yield _answer(terminal, "  an image file of one's own, in the sampler", "\r", b"own image")
    terminal.answer(ESCAPE)
    terminal.answer(ESCAPE)


def _sampler(terminal: Terminal) -> Iterator[Figure]:
    """The sampler, its map and a mixture prior."""
    terminal.answer("g", b"seed")
    terminal.answer(">", b"From the mean of")
    terminal.answer("\r", b"to the mean of")
    terminal.answer("\r", b"+0.00")
    yield _answer(terminal, "a step along a direction", ".", b"+0.25")
    yield _answer(terminal, "training images nearest to a sample, opened", "N", b"median")
    terminal.answer(ESCAPE)
    yield _answer(terminal, "map of the example, opened", "m", b"map of")
    terminal.answer("m")
    yield _answer(terminal, "mixture prior, fitted at first use", "p", b"recall", goal=5.0)
    switch = max(terminal.answer("p", b"seed") for _ in range(4))
    yield Figure("  switched afterwards, slowest of 4", switch, "s", goal=0.3)


def _side_by_side(folder: Path) -> Iterator[Figure]:
    """The example beside a copy of itself."""
    root = folder / "sessions"
    first = Path(shutil.copytree(EXAMPLES / GREY.id, root / GREY.id))
    other = f"{GREY.id[:-1]}{(int(GREY.id[-1]) + 1) % 10}"
    second = Path(shutil.copytree(first, root / other))
    manifest = second / layout.MANIFEST
    manifest.write_text(manifest.read_text("utf-8").replace(GREY.id, other), "utf-8")
    with Terminal((*WORKBENCH, root), folder, size=SIZE) as terminal:
        terminal.read_until(b"2 sessions")
        terminal.settle(1.0)
        for key in (" ", "j", " "):
            terminal.press(key)
            terminal.settle()
        terminal.answer("c", b"compared")
        terminal.settle(1.0)
        yield _answer(terminal, "two models side by side, opened", "i", b"1 of 10,000")
        yield _answer(terminal, "  the next rows", PAGE_DOWN, b"of 10,000")


def _answer(
    terminal: Terminal, name: str, keys: str, wanted: bytes, *, goal: float = 0.3
) -> Figure:
    used = _used(terminal)
    seconds = terminal.answer(keys, wanted)
    used = _used(terminal) - used
    terminal.settle(_READ_SECONDS)
    return Figure(name, seconds, "s", goal=goal, processor=used)


def _used(terminal: Terminal) -> float:
    """Processor seconds of the app and the process that works for it."""
    every = [one.cpu_times() for one in (terminal.process, *terminal.process.children())]
    return float(sum(times.user + times.system for times in every))


def _own_image(folder: Path) -> Path:
    """A digit as a file."""
    digits = packaged_test_images()
    assert digits is not None
    path = folder / "digit.png"
    save_png(path, np.asarray(digits.images[0]))
    return path
