"""The lines above and beside the images, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from textual.content import Content

from tui.comparison import Compared
from tui.side_by_side.figures import (
    QUIET,
    difference_lines,
    epoch_lines,
    term_lines,
)
from tui.side_by_side.model import ImageRows, SideBySide
from tui.text import one_line
from vae_engine.inspection.letters import letters_of
from vae_engine.replies import Progressed

_NAME_LENGTHS: Final = (24, 16, 12, 8, 5)


def models_line(state: SideBySide, names: Sequence[str], room: int) -> Content:
    """Which letter stands for which session, and the epoch of its weights.

    Args:
        state: of the screen.
        names: of the sessions, which are shortened alike where there is no room.
        room: cells.
    """
    line = Content()
    for longest in _NAME_LENGTHS:
        parts = []
        for at, (letter, name) in enumerate(zip(letters_of(len(names)), names, strict=True)):
            part = Content.assemble((f"{letter} ", "bold"), one_line(name, longest))
            if state.opened is not None and state.page != "epochs":
                part += Content.styled(f" epoch {state.opened.models[at].epoch}", QUIET)
            parts.append(part)
        line = Content("   " if longest == _NAME_LENGTHS[0] else "  ").join(parts)
        if line.cell_length <= room:
            break
    return line


def state_line(state: SideBySide, progress: Progressed | None) -> Content:
    """What is shown, the place of the cursor, and what is going on."""
    parts = []
    if state.page == "images" and state.split:
        orders = {"index": "by index", "difference": "largest difference first"}
        parts += [Content(state.split_text()), Content(orders[state.order])]
    elif state.page == "samples":
        parts.append(Content(f"the same z, seed {state.seed}"))
    elif state.page == "epochs":
        parts.append(Content(f"{state.kind} of epoch {state.shown_epoch} of {state.newest}"))
    if state.total:
        parts.append(Content.styled(f"{state.position + 1:,} of {state.total:,}", QUIET))
    if progress is not None:
        share = f" {progress.done * 100 // progress.total} %" if progress.total else ""
        parts.append(Content.styled(f"{progress.what}{share} ...", "$text-accent"))
    return Content("   ").join(parts)


def figure_lines(
    state: SideBySide, sheet: ImageRows, compared: Sequence[Compared], row: int
) -> Iterator[Content]:
    """The figures of the row under the cursor, and of all rows."""
    if sheet.terms is not None:
        index = int(state.indices()[state.position])
        yield Content.styled(state.image_text(index), "bold")
        yield from term_lines(sheet.terms.row(row), state.measure)
        scores = state.split_scores
        yield Content()
        if scores is None:
            lack = f"no means of all images: {state.score_problem}"
            waits = "the means of all images are computed"
            yield Content.styled(lack if state.score_problem else waits, QUIET)
            return
        yield Content.styled(f"mean of {scores.kl_loss.shape[1]:,} {state.split_text()}", "bold")
        yield from term_lines(scores, state.measure)
        if state.measure == "squared_error":
            yield Content.styled("likelihoods differ: compare squared errors", QUIET)
    elif sheet.differences is not None:
        yield Content.styled(f"sample {state.position + 1} of seed {state.seed}", "bold")
        yield Content.styled("squared difference to A's image", QUIET)
        yield from difference_lines(sheet.differences, row)
        yield Content()
        yield Content.styled("Each training orders z differently.", QUIET)
    elif sheet.epochs:
        yield Content.styled(f"validation losses, epoch {state.shown_epoch}", "bold")
        yield from _epoch_figures(sheet, compared)


def _epoch_figures(sheet: ImageRows, compared: Sequence[Compared]) -> Iterator[Content]:
    if not compared:
        return  # They are being read for the first time.
    found = [
        one.history.nearest(epoch) if epoch is not None else None
        for one, epoch in zip(compared, sheet.epochs, strict=True)
    ]
    terms = [
        None if one is None else (one.val_reconstruction_loss, one.val_kl_loss) for one in found
    ]
    same = [one.measured_on == compared[0].measured_on for one in compared]
    yield from epoch_lines(sheet.epochs, terms, same)
    if not all(same):
        yield Content.styled("losses of other images do not compare", QUIET)
