"""How close block images come to the original, how fast they are made and what they cost to send.

Run with ``python -m benchmarks.images``.
"""

import time
import zlib
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from rich.style import Style

from tui.rendering.ansi import to_ansi
from tui.rendering.blocks import Cells, fit_cells
from tui.rendering.glyphs import GLYPH_NAMES, SPACE, Glyphs, glyph_set
from tui.rendering.images import Display, render_lines
from tui.rendering.palettes import ColorDepth, palette
from tui.rendering.resample import area_resize
from tui.rendering.runs import Line

DIGITS = 2_000
TIMED = 512
ROUNDS = 5
COLORED = [depth for depth in ColorDepth if depth.has_color]


def main() -> None:
    with np.load(str(files("vae_engine.datasets") / "mnist.npz"), allow_pickle=False) as archive:
        images: NDArray[np.uint8] = archive["x_test"][:DIGITS]
    print(f"{DIGITS} test digits of MNIST\n")
    report_likeness(images)
    report_speed(images)
    report_bytes(images)


def report_likeness(images: NDArray[np.uint8]) -> None:
    print("PSNR, mean over the digits (design: 20.9 quadrants, 24.3 sextants, 25.9 octants)")
    for glyphs in GLYPH_NAMES:
        painted = paint(fit_cells(images, 14, 7, glyphs), glyphs, 4, 2)
        print(f"  14x7   {glyphs:9} {psnr(painted, images):6.2f} dB")
    full = fit_cells(images, 28, 14)
    for depth in COLORED:
        chosen = palette(depth)
        tones = np.array([color.triplet.red if color.triplet else 0 for color in chosen.colors])
        shown = tones[chosen.levels].astype(np.uint8)
        cells = Cells(full.codepoints, shown[full.foreground], shown[full.background])
        print(f"  28x14  {depth.value:9} {psnr(paint(cells, 'half', 2, 1), images):6.2f} dB")


def report_speed(images: NDArray[np.uint8]) -> None:
    print("\nimages per second of processor time, from arrays to segments (target: 2,000 at 28x14)")
    for size in ((28, 14), (14, 7), (20, 10)):
        for glyphs in GLYPH_NAMES:
            display = Display(ColorDepth.TRUECOLOR, glyphs)
            rates = [images_per_second(images[:TIMED], size, display, batch) for batch in (64, 1)]
            columns, rows = size
            print(
                f"  {columns}x{rows:<3} {glyphs:9} by 64 {rates[0]:7,.0f}   singly {rates[1]:7,.0f}"
            )


def report_bytes(images: NDArray[np.uint8]) -> None:
    print("\nbytes: a cell at a time, merged into runs by Textual, by `to_ansi`, and that zipped")
    contact_sheet = images[:12].reshape(3, 4, 28, 28).transpose(0, 2, 1, 3).reshape(84, 112)
    for name, image, columns, rows in (
        ("one digit 28x14", images[0], 28, 14),
        ("screen 100x30", contact_sheet, 100, 30),
    ):
        for depth in COLORED:
            lines = render_lines(image, columns, rows, Display(depth))
            cells = [
                [segment._replace(text=c) for segment in line for c in segment.text]
                for line in lines
            ]
            ours = to_ansi(lines, depth).encode()
            sizes = (by_textual(cells), by_textual(lines), len(ours), len(zlib.compress(ours)))
            print(f"  {name:15}  {depth.value:9}", *(f"{size:8,}" for size in sizes))


def paint(cells: Cells, glyphs: Glyphs, height: int, width: int) -> NDArray[np.float64]:
    """Paint cells ``(..., rows, columns)`` with ``height`` x ``width`` pixels for each."""
    chosen = glyph_set(glyphs)
    coverage = area_resize(chosen.masks, height, width)
    inked = dict(zip(chosen.inverses.tolist(), 1 - coverage, strict=True))
    inked |= dict(zip(chosen.codepoints.tolist(), coverage, strict=True))
    inked[SPACE] = np.zeros((height, width))
    codepoints, index = np.unique(cells.codepoints, return_inverse=True)
    share = np.array([inked[codepoint] for codepoint in codepoints.tolist()])
    ink, paper = (
        grey[..., np.newaxis, np.newaxis].astype(np.float64)
        for grey in (cells.foreground, cells.background)
    )
    painted = paper + share[index.reshape(cells.codepoints.shape)] * (ink - paper)
    *batch, rows, columns = cells.codepoints.shape
    return np.moveaxis(painted, -2, -3).reshape(*batch, rows * height, columns * width)


def psnr(painted: NDArray[np.float64], images: NDArray[np.uint8]) -> float:
    """Return the mean PSNR in dB; of images that are shown exactly, infinity."""
    error = ((painted - images) ** 2).mean(axis=(-2, -1))
    with np.errstate(divide="ignore"):
        return float((10 * np.log10(255**2 / error)).mean())


def images_per_second(
    images: NDArray[np.uint8], size: tuple[int, int], display: Display, batch: int
) -> float:
    """Return the best rate of several rounds, by processor time: the machine may be busy."""
    best = 0.0
    for _ in range(ROUNDS):
        begin = time.process_time()
        for start in range(0, len(images), batch):
            render_lines(images[start : start + batch], *size, display)
        best = max(best, len(images) / (time.process_time() - begin))
    return best


def by_textual(lines: list[Line]) -> int:
    """Return the bytes that Textual writes for the lines: each run with its codes and a reset."""
    return sum(
        len((style or Style.null()).render(text).encode())
        for line in lines
        for text, style, _ in line
    )


if __name__ == "__main__":
    main()
