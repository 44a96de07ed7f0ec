"""What the line above the map says: which map, where the cursor is, what the box holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.content import Content

from tui.sampler.latent import Floats, Plane
from tui.sampler.map_legend import shown_classes
from tui.sampler.map_points import Indices, MapPoints, Mean, Projection, closest
from tui.sampler.views import figure
from tui.text import one_line, shortened
from vae_engine.inspection.ranking import label_text

_KINDS: Final = {"dimensions": "dimensions", "principal": "principal components"}
_LONGEST_NAME: Final = 20


def projection_figures(projection: Projection, plane: Plane, points: MapPoints) -> list[Content]:
    """Which map this is, and which classes are on it, if not all are."""
    if projection == "tsne":
        parts = [figure("map by", "t-SNE")]
    else:
        axes = " and ".join(name for name in plane.names if name)
        parts = [figure(f"map of {_KINDS[projection]}", axes)]
    some = shown_classes(points.classes())
    return [*parts, Content.styled(one_line(some), "$text-warning")] if some else parts


def plane_figures(plane: Plane, coordinates: tuple[float, float]) -> list[Content]:
    """Where the cursor stands on a plane, in standard deviations."""
    axes = [name for name in plane.names if name]
    places = zip(axes, coordinates, strict=False)
    return [figure(name, f"{value:+.2f}") for name, value in places]


def nearest_figures(points: MapPoints, nearest: int | None) -> list[Content]:
    """Which test image the cursor stands at."""
    if nearest is None or points.embeddings is None:
        return [Content("no test images are shown")]
    embeddings = points.embeddings
    label = int(embeddings.labels[nearest])
    text = f"test image {embeddings.indices[nearest]}"
    if label >= 0:
        text += f", class {_name(label_text(label, embeddings.label_names))}"
    return [figure("nearest", text)]


def box_figure(points: MapPoints, box: Indices) -> Content:
    """How many images are in the box, and of which classes."""
    counts = ", ".join(f"{_name(name)}: {count:,}" for name, count in points.counts(box))
    images = "1 image" if len(box) == 1 else f"{len(box):,} images"
    return figure("box", f"{images}  {counts}".rstrip())


def mean_figures(means: Sequence[Mean], z: Floats) -> list[Content]:
    """Which class mean is nearest to a z, which mean is nearest to that, and how far they are."""
    if not means:
        return []
    distances = [float(np.linalg.norm(mean.z - z)) for mean in means]
    at = int(np.argmin(distances))
    name = _name(means[at].name)
    parts = [figure("nearest mean", f"{name} at {distances[at]:.2f}")]
    if (other := closest(means[at], means)) is not None:
        parts.append(figure(f"{name} to {_name(other[0].name)}", f"{other[1]:.2f}"))
    return parts


def _name(name: str) -> str:
    return shortened(one_line(name), _LONGEST_NAME)
