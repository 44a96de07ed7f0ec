"""The command that maps the latent space: where the classes lie, and what lies in a region."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from tui.cli.options import id_argument, json_option, output_option, store_option
from tui.cli.output import Column, say, table, table_width
from tui.cli.report import to_json
from tui.cli.saving import is_png, label_names, save_npz, writing
from tui.rendering.scatter import label_color
from tui.sampler.embeddings import Embeddings, embeddings_of
from tui.sampler.latent import Doubles, dimension_plane, normal_cdf, principal_plane
from tui.sampler.map_points import Indices, TsnePlaces
from tui.text import shortened
from vae_engine.datasets.source import counted
from vae_engine.errors import SessionError, SettingError
from vae_engine.inference.class_overlap import ClassPlace, class_places
from vae_engine.inference.pictures import save_png
from vae_engine.inference.sampling import find_export
from vae_engine.inspection.tsne import chosen_points
from vae_engine.inspection.tsne_process import TsneProcess
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore

_PIXELS = 800
_LONGEST_NAME = 24
_DOT = 2


@click.command("map")
@id_argument
@click.option("--tsne", is_flag=True, help="place at most 2,000 images by t-SNE")
@click.option(
    "--box",
    nargs=4,
    type=float,
    metavar="X0 Y0 X1 Y1",
    help="only the images in a region, in standard deviations",
)
@output_option(".png", ".npz", several=True, otherwise="")
@json_option
@store_option
def map_command(
    reference: str,
    store: SessionStore,
    tsne: bool,
    box: tuple[float, float, float, float] | None,
    outputs: Sequence[Path],
    as_json: bool,
) -> None:
    """Show where the classes lie in latent space.

    Maps the embedded test images by z0 and z1, with more than two dimensions by the first two
    principal components. Per class: the nearest mean of another class, their distance, and the
    share of its images that are nearer to another class's mean than to their own. An .npz has
    places (n, 2), in shares of the map from the left and from below, z_mean (n, latent_dim), labels
    and indices (n,), session and epoch.
    """
    session = store.find(reference)
    _check(session, box, tsne=tsne)
    entry = find_export(session)
    embedded = embeddings_of(session, entry)
    if embedded is None:
        raise SessionError(f"session {session.id} saved no test images: there is nothing to map")
    axes, members, places = _mapped(embedded, box, tsne=tsne)
    labels = embedded.labels[members]
    classes = class_places(embedded.z_mean[members], labels, embedded.label_names)
    if as_json:
        facts = {"session": session.id, "epoch": embedded.epoch, "axes": axes, "box": box}
        indices = embedded.indices[members].tolist()
        rest = {"classes": _fields(classes), "indices": indices, "left_out": embedded.left_out}
        click.echo(to_json({**facts, **rest}))
    else:
        for line in _lines(session, embedded, axes, len(members), classes):
            say(line)
    for output in outputs:
        with writing(output, f"{len(members)} places", quiet=as_json):
            if is_png(output):
                _save_png(output, places, labels, classes)
            else:
                arrays = {
                    "places": places,
                    "z_mean": embedded.z_mean[members],
                    "labels": labels,
                    "indices": embedded.indices[members],
                    **label_names(embedded.label_names),
                }
                save_npz(output, session, arrays, epoch=embedded.epoch)


COMMANDS = {"map": map_command}


def _check(session: Session, box: tuple[float, float, float, float] | None, *, tsne: bool) -> None:
    latent_dim = session.settings.latent_dim
    if tsne and latent_dim <= 2:
        raise SettingError(f"--tsne needs more than two dimensions: latent_dim is {latent_dim}")
    if tsne and box is not None:
        raise SettingError("--box is a region of a plane: omit it or --tsne")
    if box is not None and not np.isfinite(box).all():
        raise SettingError("--box needs four finite numbers: X0 Y0 X1 Y1")


def _mapped(
    embedded: Embeddings, box: tuple[float, float, float, float] | None, *, tsne: bool
) -> tuple[list[str], Indices, Doubles]:
    """The names of the axes, which images are mapped, and their places (n, 2)."""
    if tsne:
        members = chosen_points(len(embedded.z_mean))
        found = TsneProcess().run(embedded.z_mean[members], lambda *_: None)
        assert found is not None, "nobody cancels it"
        return ["t-SNE"], members, TsnePlaces.of(members, found).places
    latent_dim = embedded.z_mean.shape[1]
    if latent_dim > 2 and embedded.complete:
        plane = principal_plane(embedded.z_mean)
    else:
        plane = dimension_plane(latent_dim, 0, min(1, latent_dim - 1))
    places = plane.shares(embedded.z_mean)
    inside = np.ones(len(places), np.bool_)
    if box is not None:
        corners = normal_cdf(np.array(box).reshape(2, 2))
        inside = ((corners.min(axis=0) <= places) & (places <= corners.max(axis=0))).all(axis=1)
    return [name for name in plane.names if name], np.flatnonzero(inside), places[inside]


def _lines(
    session: Session,
    embedded: Embeddings,
    axes: Sequence[str],
    count: int,
    classes: Sequence[ClassPlace],
) -> Iterator[str]:
    yield (
        f"session {session.id} ({session.label.name}): epoch {embedded.epoch}, {count:,} of "
        f"{len(embedded.labels):,} test images by {' and '.join(axes)}"
    )
    if embedded.left_out:
        images = counted(embedded.left_out, "test image")
        yield f"{images} left out: z_mean is not finite, or too large"
    columns = [
        Column("CLASS", least=5),
        Column("IMAGES", "right"),
        Column("NEAREST", least=5),
        Column("DISTANCE", "right"),
        Column("OVERLAP", "right"),
    ]
    rows = [
        [
            shortened(one.name, _LONGEST_NAME),
            f"{one.images:,}",
            shortened(one.nearest, _LONGEST_NAME) if one.nearest else "-",
            "-" if one.distance is None else f"{one.distance:.2f}",
            f"{one.overlap:.1%}",
        ]
        for one in classes
    ]
    if rows:
        yield from table(columns, rows, table_width())


def _fields(classes: Sequence[ClassPlace]) -> list[dict[str, Any]]:
    return [
        {
            "class": one.name,
            "images": one.images,
            "mean": one.mean.tolist(),
            "nearest": one.nearest,
            "distance": one.distance,
            "overlap": one.overlap,
        }
        for one in classes
    ]


def _save_png(
    path: Path, places: Doubles, labels: NDArray[np.int64], classes: Sequence[ClassPlace]
) -> None:
    """Draw a point per image in the colour of its class, and the name of each class at its mean."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (_PIXELS, _PIXELS), "white")
    pen = ImageDraw.Draw(picture)
    spots = np.stack([places[:, 0], 1 - places[:, 1]], axis=1) * _PIXELS
    for (x, y), label in zip(spots.tolist(), labels.tolist(), strict=True):
        pen.ellipse((x - _DOT, y - _DOT, x + _DOT, y + _DOT), fill=label_color(label))
    for one in classes:
        x, y = spots[labels == one.label].mean(axis=0).tolist()
        # The font that Pillow brings may have no other characters.
        name = one.name.encode("ascii", "replace").decode()
        left, top, right, bottom = pen.textbbox((x, y), name, anchor="mm", font_size=18)
        pen.rectangle((left - 3, top - 3, right + 3, bottom + 3), fill=label_color(one.label))
        pen.text((x, y), name, fill="black", anchor="mm", font_size=18)
    save_png(path, np.asarray(picture))
