"""Commands that walk through latent space: traverse, path, direction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click
import msgspec
import numpy as np

from tui.cli import completion
from tui.cli.groups import read_group
from tui.cli.options import (
    Command,
    id_argument,
    json_option,
    number_setting,
    output_option,
    setting_option,
    store_option,
)
from tui.cli.output import Column, say, table, table_width
from tui.cli.pixels import graphics_option
from tui.cli.report import to_json
from tui.cli.starts import FORMS, MEAN, Start, read_start
from tui.cli.walks import SUFFIXES, Walk, present
from vae_engine.errors import SettingError
from vae_engine.inference.paths import linear_path, spherical_path
from vae_engine.inference.sampling import find_export
from vae_engine.inference.traversal import (
    REACH,
    kl_of_export,
    order_by_kl,
    traversal_values,
)
from vae_engine.inference.traversal import (
    traverse as traversed,
)
from vae_engine.sessions.points import drop_point, read_points
from vae_engine.sessions.store import SessionStore

_MOST_STEPS = 200
_VALUES_SHOWN = 6

STEPS = number_setting("steps", "int", 7, 1, _MOST_STEPS, "images per row")
PATH_STEPS = number_setting("steps", "int", 10, 2, _MOST_STEPS, "images, both ends included")
REACHED = number_setting(
    "reach", "float", REACH, 0.0, 100.0, "standard deviations of the prior to each side"
)
DIMENSIONS = number_setting("dims", "int", 16, 1, 256, "rows: dimensions with the largest KL")
STRENGTH = number_setting(
    "strength", "float", 1.5, 0.0, 100.0, "largest strength; 1 is from mean to mean"
)


def _from_option(default: str | None, caption: str) -> Callable[[Command], Command]:
    return click.option(
        "--from",
        "start",
        metavar="START",
        default=default,
        shell_complete=completion.files,
        help=f"{FORMS}  [default: {caption}]",
    )


@click.command()
@id_argument
@_from_option(MEAN, MEAN)
@setting_option(STEPS, fallback=STEPS.default)
@setting_option(REACHED, fallback=REACHED.default)
@setting_option(DIMENSIONS, fallback=DIMENSIONS.default)
@output_option(*SUFFIXES)
@json_option
@graphics_option
@store_option
def traverse(
    reference: str,
    store: SessionStore,
    start: str,
    steps: int,
    reach: float,
    dims: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show what each latent dimension does.

    One row per dimension, the one with the largest KL first. In a row this dimension goes from
    -reach to reach, in standard deviations of the prior; the others stay where START has them. An
    .npz has images, z (n, latent_dim), dimensions, kl (-1 where unknown), values, start, session
    and epoch; a .gif or .apng moves all rows at once.
    """
    session = store.find(reference)
    session.poll(progress=False)
    entry, latent_dim = find_export(session), session.settings.latent_dim
    begin = read_start("from", start, session)
    kl = kl_of_export(session, entry)
    dimensions = order_by_kl(kl, latent_dim)[:dims]
    values = traversal_values(steps, reach)
    known = [kl[dimension] if kl else None for dimension in dimensions]
    titles = [
        f"z{dimension}" + ("" if nats is None else f"  KL {nats:.2f} nats")
        for dimension, nats in zip(dimensions, known, strict=True)
    ]
    rows = zip(dimensions, known, strict=True)
    facts: dict[str, Any] = {
        "from": begin.origin,
        "start": begin.z.tolist(),
        "values": values.tolist(),
        "dimensions": [{"dimension": number, "kl": nats} for number, nats in rows],
    }
    arrays = {
        "start": begin.z,
        "values": values,
        "dimensions": np.array(dimensions),
        "kl": np.array([-1.0 if nats is None else nats for nats in known]),
    }
    walk = Walk(
        f"{len(dimensions)} traversals from {begin.origin}",
        traversed(begin.z, dimensions, values),
        [f"{value:+.1f}" if value else "0" for value in values.tolist()],
        titles,
    )
    present(session, walk, output, facts=facts, arrays=arrays, as_json=as_json)


@click.command()
@id_argument
@click.argument("start", metavar="FROM", shell_complete=completion.files)
@click.argument("end", metavar="TO", shell_complete=completion.files)
@click.option(
    "--kind",
    type=click.Choice(["linear", "spherical"]),
    default="linear",
    help="straight line or great arc  [default: linear]",
)
@setting_option(PATH_STEPS, fallback=PATH_STEPS.default)
@output_option(*SUFFIXES)
@json_option
@graphics_option
@store_option
def path(
    reference: str,
    store: SessionStore,
    start: str,
    end: str,
    kind: Literal["linear", "spherical"],
    steps: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show images on a path between two points of latent space.

    FROM and TO are `mean` (the prior's), SEED, SEED:N (the Nth sample of a seed), gmm:SEED:N (that
    of the fitted mixture), numbers such as `[-0.5,1]`, or image files. An .npz has images, z
    (steps, latent_dim), shares, session and epoch.
    """
    session = store.find(reference)
    first, last = (read_start(name, at, session) for name, at in (("FROM", start), ("TO", end)))
    way = linear_path if kind == "linear" else spherical_path
    z, shares = way(first.z, last.z, steps), np.linspace(0.0, 1.0, steps)
    facts = {
        "from": first.origin,
        "to": last.origin,
        "kind": kind,
        "shares": shares.tolist(),
        "z": z.tolist(),
    }
    what = f"a {kind} path from {first.origin} to {last.origin}"
    walk = Walk(what, z, [f"{share:.2f}" for share in shares.tolist()], [what])
    present(session, walk, output, facts=facts, arrays={"shares": shares}, as_json=as_json)


@click.command()
@id_argument
@click.argument("start_group", metavar="GROUP_A", shell_complete=completion.files)
@click.argument("end_group", metavar="GROUP_B", shell_complete=completion.files)
@_from_option(None, "the mean of GROUP_A")
@setting_option(STEPS, fallback=STEPS.default)
@setting_option(STRENGTH, fallback=STRENGTH.default)
@output_option(*SUFFIXES)
@json_option
@graphics_option
@store_option
def direction(
    reference: str,
    store: SessionStore,
    start_group: str,
    end_group: str,
    start: str | None,
    steps: int,
    strength: float,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show the direction from one group of images to another.

    Adds the direction from the mean of GROUP_A to that of GROUP_B to START, with strengths from
    -strength to strength. A group is a class (of the embedded test images), images of a split by
    index such as `test:3,17,40-49`, or files or folders of images, with commas between. An .npz has
    images, z (n, latent_dim), direction, strengths, session and epoch.
    """
    session = store.find(reference)
    first, last = (
        read_group(name, text, session)
        for name, text in (("GROUP_A", start_group), ("GROUP_B", end_group))
    )
    if np.array_equal(first.mean, last.mean):
        raise SettingError(
            f"GROUP_A {first.name[:60]!r} and GROUP_B {last.name[:60]!r} have the same mean: "
            "choose two classes or groups that differ"
        )
    vector, names = last.mean - first.mean, (first.name, last.name)
    if start is None:
        begin = Start(first.mean, f"the mean of {names[0]}")
    else:
        begin = read_start("from", start, session)
    strengths = traversal_values(steps, strength)
    z = begin.z + strengths[:, np.newaxis] * vector
    facts = {
        "from": begin.origin,
        "groups": list(names),
        "direction": vector.tolist(),
        "strengths": strengths.tolist(),
        "z": z.tolist(),
    }
    what = f"the direction {names[0]} to {names[1]} from {begin.origin}"
    captions = [f"{value:+.2f}" if value else "0" for value in strengths.tolist()]
    arrays = {"direction": vector, "strengths": strengths}
    walk = Walk(what, z, captions, [what])
    present(session, walk, output, facts=facts, arrays=arrays, as_json=as_json)


@click.command()
@id_argument
@click.option("--delete", metavar="NAME", help="delete this point")
@json_option
@store_option
def points(reference: str, store: SessionStore, delete: str | None, as_json: bool) -> None:
    """List the named points of latent space.

    Other commands take one as point:NAME.
    """
    session = store.find(reference)
    if delete is not None:
        drop_point(session, delete)
    found = read_points(session)
    if as_json:
        click.echo(to_json([msgspec.to_builtins(point) for point in found]))
        return
    columns = [Column("name"), Column("epoch", "right"), Column("from", least=10), Column("z")]
    lines = [
        (
            point.name,
            f"{point.epoch}",
            point.origin,
            " ".join(f"{value:+.2f}" for value in point.z[:_VALUES_SHOWN])
            + (" ..." if point.z[_VALUES_SHOWN:] else ""),
        )
        for point in found
    ]
    for line in table(columns, lines, table_width()) if found else []:
        say(line)


COMMANDS = {"points": points, "traverse": traverse, "path": path, "direction": direction}
