"""`vae data`: describe a dataset before training, and manage the cache of images."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import click
import msgspec

from tui.catalogue import Catalogue
from tui.cli import completion
from tui.cli.options import setting_option, store_option, with_options
from tui.cli.output import Column, is_terminal, say, table, table_width
from tui.cli.pixels import graphics_option
from tui.cli.progress import reading_progress
from tui.new_session.costs import Sizes
from tui.new_session.forecast import expected_duration
from tui.new_session.timings import measured_timings
from tui.text import one_line, size_text
from vae_engine.dataset_names import NAMED_DATASETS, absolute_dataset
from vae_engine.datasets import cache
from vae_engine.datasets.dataset import Dataset
from vae_engine.datasets.loader import load_dataset
from vae_engine.datasets.preflight import check_dataset
from vae_engine.datasets.preparation import Preparation
from vae_engine.datasets.source import SPLIT_NAMES, counted
from vae_engine.datasets.survey import Survey, contact_sheet, survey
from vae_engine.defaults import few_steps_note, suited_changes, suited_settings
from vae_engine.image_shape import ImageShape
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS, Settings, make_settings

_SHEET = 24
_SHOWN, _SHOWN_BAD = 8, 20


@click.command()
@click.argument("path", required=False, shell_complete=completion.of_setting(SETTINGS["dataset"]))
@setting_option(SETTINGS["image_size"], fallback=None)
@setting_option(SETTINGS["fit"], fallback=None)
@setting_option(SETTINGS["color"], fallback=None)
@setting_option(SETTINGS["range"], fallback=None)
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@click.option("--cache", "cached", is_flag=True, help="list the cache of decoded images")
@click.option("--clear", is_flag=True, help="with --cache: delete the cache")
@graphics_option
@store_option
def data(
    store: SessionStore,
    path: str | None,
    as_json: bool,
    cached: bool,
    clear: bool,
    **values: Any,
) -> None:
    """Describe a dataset before training, with sample images.

    PATH is what --dataset takes. Nothing is trained and no session is created.
    """
    if cached or clear:
        if path is not None or not cached:
            raise click.UsageError("--cache takes no PATH, and --clear goes with --cache")
        _show_cache(as_json=as_json, clear=clear)
        return
    if path is None:
        raise click.UsageError("PATH is missing: give what --dataset takes, or --cache")
    given = {name: value for name, value in values.items() if value is not None}
    settings = make_settings({**given, "dataset": absolute_dataset(path)})
    with reading_progress() as report:
        preparation = Preparation.of(settings)
        if settings.dataset in NAMED_DATASETS:
            # Downloads a named dataset that is not there yet.
            check_dataset(settings.dataset, preparation=preparation)
        dataset = load_dataset(settings.dataset, preparation=preparation, report=report)
    found = survey(dataset)
    shape = ImageShape(*found.image_shape)
    suited = suited_settings(settings, given, found.splits["train"], shape)
    duration = _duration(store, suited, found)
    if as_json:
        plan = {"changed": suited_changes(settings, suited), "duration": duration}
        click.echo(msgspec.json.encode({**msgspec.to_builtins(found), "training": plan}).decode())
        return
    for line in _lines(found):
        say(line)
    for line in _plan_lines(settings, suited, found, duration):
        say(line)
    if is_terminal():
        draw_sheet(dataset)


def draw_sheet(dataset: Dataset) -> None:
    """Draw some of the training images."""
    from tui.cli.gallery import draw, terminal_grid
    from tui.rendering.sampling import image_size

    images = contact_sheet(dataset, _SHEET)
    draw(images, terminal_grid(len(images), size=image_size(images)))


def _duration(store: SessionStore, suited: Settings, found: Survey) -> str:
    timings = measured_timings(Catalogue(store.root).scan())
    shape = ImageShape(*found.image_shape)
    sizes = Sizes(found.splits["train"], found.splits["val"], found.splits["test"], shape)
    return expected_duration(suited, timings, sizes=sizes)


def _lines(found: Survey) -> Iterator[str]:
    yield with_options(found.description)
    yield _row("source", f"{found.images:,} images from {found.taken or found.name}")
    yield _row("sizes", _counts(found.sizes))
    yield _row("modes", _counts(found.modes))
    yield _row("values", f"{found.low:g} to {found.high:g}")
    yield _row("labels", _counts(found.labels) if found.labels else "none")
    splits = ", ".join(f"{SPLIT_NAMES[name]} {found.splits[name]:,}" for name in SPLIT_NAMES)
    yield _row("splits", splits)
    copies = f"{found.copies:,}" if found.copies else "none"
    across = f", {found.copies_across:,} across splits" if found.copies_across else ""
    yield _row("duplicates", copies + across)
    if found.bad:
        yield _row("unusable", counted(len(found.bad), "file"))
        for path, problem in found.bad[:_SHOWN_BAD]:
            why = problem.partition(": wanted")[0].removeprefix(f"{path!r} ")
            yield f"  {one_line(path)}: {one_line(why)}"
        if len(found.bad) > _SHOWN_BAD:
            yield f"  and {len(found.bad) - _SHOWN_BAD:,} more"


def _plan_lines(
    settings: Settings, suited: Settings, found: Survey, duration: str
) -> Iterator[str]:
    height, width, channels = found.image_shape
    color = "grey" if channels == 1 else "RGB"
    yield _row("trains on", f"{height}x{width} {color} as {found.type}")
    yield _row(
        "memory", f"{size_text(found.image_bytes)} images, {size_text(found.memory_bytes)} worker"
    )
    if changed := suited_changes(settings, suited):
        yield _row("settings", ", ".join(f"{name} {value}" for name, value in changed.items()))
    yield _row("duration", duration)
    if note := few_steps_note(suited, found.splits["train"]):
        yield _row("few steps", note)


def _counts(counts: Mapping[str, int]) -> str:
    common = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(
        f"{one_line(name) or repr(name)} {count:,}" for name, count in common[:_SHOWN]
    )
    more = len(common) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _row(name: str, text: str) -> str:
    return f"{name:<11} {text}"


def _show_cache(*, as_json: bool, clear: bool) -> None:
    if clear:
        freed = cache.clear()
        say(f"cache cleared: {size_text(freed)} in {cache.cache_folder()}")
        return
    found = cache.entries()
    if as_json:
        click.echo(msgspec.json.encode(found, enc_hook=str).decode())
        return
    if not found:
        say(f"the cache is empty ({cache.cache_folder()})")
        return
    columns = [
        Column("DATASET", least=10),
        Column("IMAGES", "right"),
        Column("SHAPE"),
        Column("SIZE", "right"),
        Column("LAST USED"),
    ]
    rows = [
        (
            entry.name,
            f"{entry.images:,}",
            "x".join(map(str, entry.shape)),
            size_text(entry.bytes),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used)),
        )
        for entry in found
    ]
    for line in table(columns, rows, table_width()):
        say(line)


COMMANDS = {"data": data}
