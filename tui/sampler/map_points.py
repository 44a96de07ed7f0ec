"""The test images on the map: where they lie, and which classes are shown; without widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tui.rendering.scatter import point_cells
from tui.sampler.embeddings import Embeddings
from tui.sampler.latent import Doubles, Floats, Plane
from tui.sampler.plane_canvas import Canvas, Shares
from vae_engine.inference.directions import class_names, mean_of

Indices = NDArray[np.intp]
Projection = Literal["dimensions", "principal", "tsne"]

UNLABELLED: Final = -1
_MARGIN: Final = 0.03
# A cell is about twice as high as wide.
_CELL_HEIGHT: Final = 2.0


@dataclass(frozen=True, eq=False)
class TsnePlaces:
    """Where t-SNE has put test images.

    Attributes:
        members: (m,), which embeddings it has placed.
        places: (m, 2), shares of the map from the left and from below.
    """

    members: Indices
    places: Doubles

    @classmethod
    def of(cls, members: Indices, places: Floats) -> TsnePlaces:
        """Fit what t-SNE returned, (m, 2) without a unit, into the map."""
        low, high = places.min(axis=0), places.max(axis=0)
        shares = (places - low) / np.maximum(high - low, np.finfo(np.float32).tiny)
        return cls(members, _MARGIN + (1 - 2 * _MARGIN) * shares.astype(np.float64))


class MapClass(NamedTuple):
    """A class of the test images.

    Attributes:
        label: -1 for images that have none. name: for the legend.
        images: on the map. shown: whether they are.
    """

    label: int
    name: str
    images: int
    shown: bool


class Mean(NamedTuple):
    """The mean of a class: its z (d,), and where it is marked."""

    label: int
    name: str
    z: Floats
    place: Shares


class MapPoints:
    """The embedded test images on the present map.

    Attributes:
        embeddings: None before they were read.
        members: (m,), the embeddings that the map has.
        hidden: the labels of the classes that are not shown.
    """

    def __init__(self) -> None:
        self.embeddings: Embeddings | None = None
        self.members: Indices = np.zeros(0, np.intp)
        self.hidden: frozenset[int] = frozenset()
        self._places: Doubles = np.zeros((0, 2))

    def take(self, embeddings: Embeddings | None) -> None:
        """Show other embeddings; classes that are hidden stay so, if any other is left."""
        self.embeddings = embeddings
        self.members, self._places = np.zeros(0, np.intp), np.zeros((0, 2))
        if embeddings is None or not set(np.unique(embeddings.labels).tolist()) - self.hidden:
            self.hidden = frozenset()

    def project(self, plane: Plane) -> None:
        """Place all images on a plane."""
        if self.embeddings is not None:
            self.members = np.arange(len(self.embeddings.labels))
            self._places = plane.shares(self.embeddings.z_mean)

    def place(self, tsne: TsnePlaces) -> None:
        """Place images as t-SNE has."""
        self.members, self._places = tsne.members, tsne.places

    @property
    def shown(self) -> Indices:
        """The embeddings that are shown."""
        return self.members[self._mask()]

    @property
    def places(self) -> Doubles:
        """Where those that are shown lie, (n, 2)."""
        return self._places[self._mask()]

    @property
    def labels(self) -> NDArray[np.int64]:
        """The labels of those that are shown, (n,)."""
        if self.embeddings is None:
            return np.zeros(0, np.int64)
        labels: NDArray[np.int64] = self.embeddings.labels[self.shown]
        return labels

    def classes(self) -> list[MapClass]:
        """The classes on the map; none where no image has a label."""
        if self.embeddings is None:
            return []
        labels = self.embeddings.labels[self.members]
        names = class_names(labels, self.embeddings.label_names)
        if not names:
            return []
        if (labels == UNLABELLED).any():
            names[UNLABELLED] = "no label"
        return [
            MapClass(label, name, int((labels == label).sum()), label not in self.hidden)
            for label, name in names.items()
        ]

    def toggle(self, label: int) -> None:
        """Show or hide a class."""
        self.hidden = self.hidden ^ {label}

    def only(self, label: int) -> None:
        """Show this class only; if it is the only one already, all."""
        others = frozenset(one.label for one in self.classes()) - {label}
        self.hidden = frozenset() if self.hidden == others else others

    def turn(self, by: int) -> None:
        """Show the next class only; between the last and the first stand all."""
        labels = [one.label for one in self.classes()]
        shown = [label for label in labels if label not in self.hidden]
        every = [None, *labels]
        at = every.index(shown[0]) if len(shown) == 1 else 0
        label = every[(at + by) % len(every)]
        self.hidden = frozenset() if label is None else frozenset(labels) - {label}

    def means(self) -> list[Mean]:
        """The means of the classes that are shown."""
        if self.embeddings is None:
            return []
        shown, places, labels = self.shown, self.places, self.labels
        found = []
        for one in self.classes():
            mine = labels == one.label
            if one.label != UNLABELLED and mine.any():
                z = mean_of(self.embeddings.z_mean[shown[mine]])
                x, y = places[mine].mean(axis=0).tolist()
                found.append(Mean(one.label, one.name, z, (x, y)))
        return found

    def nearest(self, place: Shares, canvas: Canvas) -> int | None:
        """The embedding shown nearest to a place on a canvas; None if none is."""
        if not len(self.places):
            return None
        return int(self.shown[_distances(self.places, place, canvas).argmin()])

    def within(self, corners: tuple[Shares, Shares], canvas: Canvas) -> Indices:
        """The embeddings shown in the cells of a box, whose opposite corners these are."""
        left, top, right, bottom = box_cells(corners, canvas)
        across, down = point_cells(self.places, canvas.width, canvas.height)
        inside = (left <= across) & (across <= right) & (top <= down) & (down <= bottom)
        return self.shown[inside]

    def on_tiles(self, canvas: Canvas) -> tuple[NDArray[np.intp], Indices]:
        """The tiles that have images, and of each the embedding nearest to its middle."""
        across, down = point_cells(self.places, canvas.across, canvas.down)
        tiles = down * canvas.across + across
        middles = np.stack([(across + 0.5) / canvas.across, 1 - (down + 0.5) / canvas.down], axis=1)
        order = np.lexsort((_distances(self.places, middles, canvas), tiles))
        found, first = np.unique(tiles[order], return_index=True)
        return found, self.shown[order][first]

    def z_on_tiles(self, canvas: Canvas) -> tuple[NDArray[np.intp], Floats]:
        """The tiles that have images, (m,), and the z_mean of the middle one of each, (m, d)."""
        tiles, members = self.on_tiles(canvas)
        assert self.embeddings is not None
        return tiles, self.embeddings.z_mean[members]

    def counts(self, indices: Indices) -> list[tuple[str, int]]:
        """How many images each class has among these, the most frequent first."""
        if self.embeddings is None:
            return []
        labels = self.embeddings.labels[indices]
        found = [(one.name, int((labels == one.label).sum())) for one in self.classes()]
        return sorted((one for one in found if one[1]), key=lambda one: -one[1])

    def _mask(self) -> NDArray[np.bool_]:
        if self.embeddings is None:
            return np.zeros(0, np.bool_)
        labels = self.embeddings.labels[self.members]
        return ~np.isin(labels, list(self.hidden))


def box_cells(corners: tuple[Shares, Shares], canvas: Canvas) -> tuple[int, int, int, int]:
    """The first column and row, and the last ones, of a box with these opposite corners."""
    (x0, y0), (x1, y1) = (canvas.cell(corner) for corner in corners)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def closest(mean: Mean, means: Sequence[Mean]) -> tuple[Mean, float] | None:
    """The class mean nearest to one, and their distance in latent space."""
    others = [other for other in means if other.label != mean.label]
    if not others:
        return None
    distances = [float(np.linalg.norm(other.z - mean.z)) for other in others]
    at = int(np.argmin(distances))
    return others[at], distances[at]


def _distances(places: Doubles, place: Shares | Doubles, canvas: Canvas) -> Doubles:
    """As they are seen, in columns of the canvas."""
    scale = np.array([max(1, canvas.width), _CELL_HEIGHT * max(1, canvas.height)])
    distances: Doubles = np.linalg.norm((places - np.asarray(place)) * scale, axis=1)
    return distances
