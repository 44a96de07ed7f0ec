"""The two lines above the images, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from textual.content import Content

from tui.data_browser.model import Browse
from tui.data_browser.page import Page
from tui.text import one_line
from vae_engine.inspection.messages import ModelOpened
from vae_engine.replies import Progressed

_QUIET: Final = "$text-muted"
_ORDER_TEXTS: Final = {"index": "by index", "worst": "worst first", "best": "best first"}


def split_line(name: str, model: ModelOpened | None, browse: Browse, problem: str) -> Content:
    """Which session, which of its weights, which images in which order, and the place in them."""
    parts = [Content.styled(one_line(name), "bold")]
    if model is not None:
        steps = f" and {model.step} steps" if model.step else ""
        parts.append(Content(f"epoch {model.epoch}{steps}"))
    if browse.split is not None:
        parts.append(Content(browse.title()))
        if problem:
            parts.append(Content.styled(problem, "$text-warning"))
        by_distance = browse.split.name == "nearest" and browse.order == "index"
        order = "nearest first" if by_distance else _ORDER_TEXTS[browse.order]
        if browse.order != "index" and browse.split.scores and not browse.split.is_scored:
            order += f" of the first {len(browse.split.scores):,}"
        parts.append(Content(order))
        place, count = browse.position + 1, len(browse.indices)
        parts.append(Content.styled(f"{place:,} of {count:,}" if count else "none", _QUIET))
    if model is not None and len(model.epochs) > 1:
        parts.append(_epochs(model))
    return Content("   ").join(parts)


def image_line(
    selected: tuple[Page, int] | None, browse: Browse, progress: Progressed | None
) -> Content:
    """What is going on, and the metrics of the selected image."""
    parts = []
    if progress is not None:
        parts.append(Content.styled(_progress_text(progress), "$text-accent"))
    if selected is not None:
        page, at = selected
        scores = page.scores()
        parts.append(Content(browse.origin(page.images.indices[at])))
        parts += _distances(browse, page.images.indices[at])
        for name, terms in (
            ("-ELBO", scores.negative_elbo),
            ("rec", scores.reconstruction_loss),
            ("KL", scores.kl_loss),
        ):
            parts.append(Content.styled(f"{name} ", _QUIET) + Content(f"{terms[at]:.2f}"))
    return Content("   ").join(parts)


def _distances(browse: Browse, index: int) -> Iterator[Content]:
    """How near an image is to a sample, and how near reconstructed test images are to theirs."""
    if browse.split is None or (near := browse.split.nearness) is None:
        return
    yield Content.styled("distance ", _QUIET) + Content(f"{near.distances.values[index]:.3f}")
    if near.usual is not None:
        yield Content.styled("test images' median ", _QUIET) + Content(f"{near.usual:.3f}")


def waiting_text(progress: Progressed | None, model: ModelOpened | None) -> Content:
    """What is going on before there are images."""
    now = "Starting ..." if progress is None else _progress_text(progress).capitalize()
    epoch = "" if model is None else f"The model is that of epoch {model.epoch}."
    return Content("\n").join([Content(now), Content.styled(epoch, _QUIET)])


def _epochs(model: ModelOpened) -> Content:
    """List the epochs that have weights, the present one in bold."""
    numbers = [
        Content.styled(f"{epoch}", "bold $text-accent" if epoch == model.epoch else _QUIET)
        for epoch in model.epochs
    ]
    return Content.styled("of epochs ", _QUIET) + Content(" ").join(numbers)


def _progress_text(progress: Progressed) -> str:
    share = f" {progress.done * 100 // progress.total} %" if progress.total else ""
    return f"{progress.what}{share} ..."
