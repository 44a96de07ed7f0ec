"""Text of the preview, in the available lines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from tui.catalogue import Entry
from tui.session_list.columns import dataset_text, dimension_text
from tui.session_list.rows import best_trial
from tui.status import status_rank
from tui.text import duration_text, loss_text, one_line, size_text
from vae_engine.settings import SETTINGS, changed_settings

_ALWAYS_PRINTED = ("latent_dim", "dataset")
_NOTE_LINES = 40
# Only used to count wrapped lines.
_CONSOLE = Console(force_terminal=False, color_system=None, width=80)

Fact = tuple[str, str]
"""A name and its value."""


def preview_text(
    entry: Entry, evaluation: str = "", width: int = 0, height: int = 0, images: str = ""
) -> Text:
    """Name, tags, note and facts: one fact per line, side by side where lines are few.

    Foreign text is shown as it is. What has no room at all is left out from the end, and the last
    line says where it is.

    Args:
        entry: a session or a sweep.
        evaluation: what the latest evaluation measured, in words.
        width: cells of a line, 0 for any number.
        height: lines, 0 for any number.
        images: what its images are, in words.
    """
    note = [one_line(line) for line in entry.note.splitlines()[:_NOTE_LINES]]
    facts = list(_sweep_facts(entry) if entry.trials else _facts(entry, evaluation, images))
    if not width or not height:
        return _text(entry, note, facts, between="\n")
    for between in ("\n", "  "):
        text = _text(entry, note, facts, between=between)
        if line_count(text, width) <= height:
            return text
    while facts and (len(note) > 1 or len(facts) > 1):
        # A long note is truncated first: it has its own dialog.
        note, facts = (note[:-1], facts) if len(note) > 1 else (note, facts[:-1])
        text = _text(entry, note, facts, between="  ").append("\nEnter shows all", "dim")
        if line_count(text, width) <= height:
            break
    return text


def _text(entry: Entry, note: Sequence[str], facts: Sequence[Fact], *, between: str) -> Text:
    text = Text().append(entry.name + "\n", "bold")
    text.append("".join(f"#{tag} " for tag in entry.tags) + "\n" if entry.tags else "", "bold")
    # Not in italics: GNU screen and tmux with TERM=screen draw those in reverse.
    text.append("".join(line + "\n" for line in note))
    for at, (name, value) in enumerate(facts):
        text.append(between if at else "")
        text.append(f"{name} ", "dim")
        text.append(value)
    return text


def line_count(text: Text, width: int) -> int:
    """Count the lines of `width` cells that a text takes; 0 without width."""
    return 0 if not width else len(text.wrap(_CONSOLE, width))


def _facts(entry: Entry, evaluation: str, images: str) -> Iterator[Fact]:
    """Return the facts, the most important first."""
    if entry.settings is None:
        yield "damaged:", entry.problem
        return
    yield entry.status, f"{entry.epoch} of {entry.epochs} epochs"
    if entry.status in ("failed", "diverged") and entry.stop_reason:
        yield "because", entry.stop_reason
    if entry.attempt:
        yield "latest", entry.attempt
    if entry.loss is not None:
        yield "best val_loss", f"{loss_text(entry.loss)} ({entry.best_epoch})"
    if evaluation:
        yield "test", evaluation
    if images:
        yield "images", images
    changed = changed_settings(entry.settings)
    names = [
        *_ALWAYS_PRINTED,
        *(name for name in changed if name not in (*_ALWAYS_PRINTED, "threads")),
    ]
    for name in names:
        yield name, one_line(SETTINGS[name].format(getattr(entry.settings, name)))
    if "seed" not in names:
        yield "seed", str(entry.settings.seed)
    yield "trained", duration_text(entry.trained_seconds(time.time()))
    yield "created", time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.created))
    yield "id", entry.id
    if entry.parent:
        yield "forked from", one_line(entry.parent)
    if entry.speed:
        yield "images/s", f"{entry.speed:,.0f}"
    if entry.size is not None:
        yield "size", size_text(entry.size)


def _sweep_facts(entry: Entry) -> Iterator[Fact]:
    if entry.sweep is None:
        return
    counts = Counter(one.status for one in entry.trials)
    waiting = entry.sweep.trials - len(entry.trials)
    parts = [f"{counts[status]} {status}" for status in sorted(counts, key=status_rank)]
    yield (
        f"{entry.sweep.trials} trials:",
        ", ".join([*parts, *([f"{waiting} waiting"] * bool(waiting))]),
    )
    if entry.loss is not None:
        best = best_trial(entry)
        yield "best val_loss", loss_text(entry.loss)
        yield "of", one_line(best.name)
    yield "latent_dim", dimension_text(entry)
    yield "dataset", dataset_text(entry)
    yield "trained", duration_text(sum(one.trained_seconds(time.time()) for one in entry.trials))
    yield "id", entry.sweep.id
