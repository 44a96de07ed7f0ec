"""Which two dimensions or components the map shows, or that t-SNE places the images; no widgets."""

from __future__ import annotations

from tui.sampler.embeddings import Embeddings
from tui.sampler.latent import Plane, dimension_plane, principal_plane
from tui.sampler.map_points import Projection


class MapAxes:
    """The axes of the map.

    Attributes:
        projection: what the map is by.
        plane: the plane of z that is shown; under t-SNE the one that was shown before it.
    """

    def __init__(self, latent_dim: int) -> None:
        """Begin with the first two dimensions of z."""
        self._latent_dim = latent_dim
        self._pair = [0, min(1, latent_dim - 1)]
        self._wanted: Projection | None = None
        self.projection: Projection = "dimensions"
        self.plane: Plane = dimension_plane(latent_dim, *self._pair)

    @property
    def are_many(self) -> bool:
        """Whether z has more dimensions than a plane."""
        return self._latent_dim > 2

    def begin(self, embeddings: Embeddings | None) -> None:
        """Take the plane that was chosen, or the best there is for these embeddings."""
        complete = embeddings is not None and embeddings.complete
        # Principal components by default: where the digits spread most.
        best = self._wanted or "principal"
        self._take(best if self.are_many and complete else "dimensions", embeddings)

    def turn(self, axis: int, by: int) -> None:
        """Take the next dimension for an axis that the other axis has not."""
        if self.projection == "dimensions":
            self._pair[axis] = (self._pair[axis] + by) % self._latent_dim
            if self._pair[0] == self._pair[1]:
                self._pair[axis] = (self._pair[axis] + by) % self._latent_dim
        self._choose("dimensions", None)

    def turn_principal(self, embeddings: Embeddings) -> None:
        """Change between the principal components of these embeddings and dimensions."""
        other: Projection = "dimensions" if self.projection == "principal" else "principal"
        self._choose(other, embeddings)

    def begin_tsne(self) -> None:
        """The images now lie where t-SNE has put them."""
        self.projection = "tsne"

    def end_tsne(self, embeddings: Embeddings | None) -> None:
        """Go back to the plane that was shown before."""
        self._choose(self._wanted or "principal", embeddings)

    def _choose(self, projection: Projection, embeddings: Embeddings | None) -> None:
        self._wanted = projection
        self._take(projection, embeddings)

    def _take(self, projection: Projection, embeddings: Embeddings | None) -> None:
        self.projection = projection
        if projection == "principal" and embeddings is not None:
            self.plane = principal_plane(embeddings.z_mean)
        else:
            self.plane = dimension_plane(self._latent_dim, *self._pair)
