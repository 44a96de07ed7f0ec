"""What lies under the cursor of the map, and in its box; no widgets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from textual.content import Content

from tui.sampler.latent import Floats, normal_quantile
from tui.sampler.map_axes import MapAxes
from tui.sampler.map_headline import (
    box_figure,
    mean_figures,
    nearest_figures,
    plane_figures,
    projection_figures,
)
from tui.sampler.map_points import Indices, MapPoints
from tui.sampler.plane_canvas import Canvas, Shares


@dataclass(frozen=True, eq=False)
class MapCursor:
    """A place on the map, and the box that ends there.

    Attributes:
        axes: what the map is by.
        points: the test images on it.
        place: where the cursor stands.
        corner: of the box, opposite to the cursor; None without a box.
        canvas: in whose cells it moves.
    """

    axes: MapAxes
    points: MapPoints
    place: Shares
    corner: Shares | None
    canvas: Canvas

    @property
    def coordinates(self) -> tuple[float, float]:
        """Where it stands along both axes, in standard deviations."""
        x, y = normal_quantile(np.array(self.place)).tolist()
        return x, y

    @property
    def nearest(self) -> int | None:
        """The embedding of the nearest test image, of those that are shown."""
        return self.points.nearest(self.place, self.canvas)

    @property
    def z(self) -> Floats | None:
        """The z under it, (d,); by t-SNE the z_mean of the nearest image, if there is one."""
        if self.axes.projection != "tsne":
            z: Floats = self.axes.plane.z(np.array([self.place]))[0]
            return z
        at, embeddings = self.nearest, self.points.embeddings
        return None if at is None or embeddings is None else embeddings.z_mean[at]

    def boxed(self) -> Indices | None:
        """The embeddings in the box; None without one."""
        if self.corner is None:
            return None
        return self.points.within((self.corner, self.place), self.canvas)

    def figures(self, *, of_means: bool) -> list[Content]:
        """What was asked for, then which map this is and what is here: a line may be cut.

        Args:
            of_means: whether the nearest class mean is named, too.
        """
        which = projection_figures(self.axes.projection, self.axes.plane, self.points)
        found: list[Content] = []
        box = self.boxed()
        if box is not None:
            found.append(box_figure(self.points, box))
        if of_means and (z := self.z) is not None:
            found += mean_figures(self.points.means(), z)
        if box is not None:
            return found + which
        if self.axes.projection == "tsne":
            here = nearest_figures(self.points, self.nearest)
        else:
            here = plane_figures(self.axes.plane, self.coordinates)
        return found + which + here
