"""Figures beside the images, in lines: a line per model, with the difference to the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from textual.content import Content

from vae_engine.inspection.letters import letters_of

Values = NDArray[np.floating]
Measure = Literal["negative_elbo", "squared_error"]

QUIET: Final = "$text-muted"


@dataclass(frozen=True, eq=False)
class Terms:
    """Figures of m models on n images, each (m, n)."""

    reconstruction_loss: Values
    kl_loss: Values
    squared_error: Values | None = None
    _orders: dict[Measure, NDArray[np.intp]] = field(default_factory=dict, repr=False)

    @property
    def negative_elbo(self) -> Values:
        """Sum of the first two."""
        return self.reconstruction_loss + self.kl_loss

    def of(self, measure: Measure) -> Values:
        """The values by which the models are compared."""
        if measure == "squared_error" and self.squared_error is not None:
            return self.squared_error
        return self.negative_elbo

    def row(self, at: int) -> Terms:
        """The figures of one image."""
        rows = slice(at, at + 1)
        error = None if self.squared_error is None else self.squared_error[:, rows]
        return Terms(self.reconstruction_loss[:, rows], self.kl_loss[:, rows], error)

    def spread(self, measure: Measure) -> Values:
        """How far the models are apart on each image, (n,)."""
        apart: Values = np.ptp(self.of(measure), axis=0)
        return apart

    def by_difference(self, measure: Measure) -> NDArray[np.intp]:
        """The images, (n,), those first on which the models are farthest apart; sorted once."""
        if measure not in self._orders:
            self._orders[measure] = np.argsort(-self.spread(measure), kind="stable")
        return self._orders[measure]


def term_lines(terms: Terms, measure: Measure) -> Iterator[Content]:
    """The means of the figures, a line per model; of many images with the standard error."""
    compares = measure == "negative_elbo"
    yield Content.styled(
        f"  {'-ELBO':>9}{'REC':>9}{'KL':>8}{'VS A' if compares else '':>10}", QUIET
    )
    for at, letter in _letters(terms):
        elbo, rec, kl = (
            float(values[at].mean())
            for values in (terms.negative_elbo, terms.reconstruction_loss, terms.kl_loss)
        )
        versus = number(_difference(terms.negative_elbo, at), 10, "+") if at and compares else ""
        line = f" {number(elbo, 9)}{number(rec, 9)}{number(kl, 8)}"
        yield Content.assemble((letter, "bold"), line, versus)
        if at and compares and terms.kl_loss.shape[1] > 1:
            yield Content.styled(
                f"{'±' + number(_error(terms.negative_elbo, at), 9).strip():>38}", QUIET
            )
    if terms.squared_error is None:
        return
    yield Content.styled(f"  {'SQ. ERROR':>9}{'VS A':>10}", QUIET)
    for at, letter in _letters(terms):
        versus = f"{_difference(terms.squared_error, at):+10.5f}" if at else ""
        if at and not compares and terms.kl_loss.shape[1] > 1:
            versus += f" ±{_error(terms.squared_error, at):.5f}"
        value = float(terms.squared_error[at].mean())
        yield Content.assemble((letter, "bold"), f" {value:9.5f}", versus)


def difference_lines(differences: Values, row: int) -> Iterator[Content]:
    """Squared differences of the models' images to the first one's: of a row, and their mean.

    Args:
        differences: (models, rows).
        row: which.
    """
    yield Content.styled(f"  {'THIS Z':>9}{'MEAN':>9}", QUIET)
    for at, letter in enumerate(letters_of(len(differences))):
        if at:
            line = f" {float(differences[at, row]):9.5f}{float(differences[at].mean()):9.5f}"
            yield Content.assemble((letter, "bold"), line)


def epoch_lines(
    epochs: Sequence[int | None], terms: Sequence[tuple[float, float] | None], same: Sequence[bool]
) -> Iterator[Content]:
    """Validation losses of each session at its epoch.

    Args:
        epochs: of each session, None where it has none.
        terms: reconstruction loss and KL of each, None where unknown.
        same: whether the loss of each compares with the first one's.
    """
    yield Content.styled(f"{'EPOCH':>6}{'-ELBO':>9}{'REC':>9}{'KL':>7}{'VS A':>8}", QUIET)
    first = terms[0] if terms else None
    for at, (letter, epoch, found) in enumerate(
        zip(letters_of(len(epochs)), epochs, terms, strict=True)
    ):
        line = f"{'-' if epoch is None else epoch:>5}"
        if found is not None:
            line += number(sum(found), 9) + number(found[0], 9) + number(found[1], 7)
            if at and first is not None and same[at]:
                line += number(sum(found) - sum(first), 8, "+")
        yield Content.assemble((letter, "bold"), line)


def number(value: float, width: int, sign: str = "") -> str:
    """Format a figure in exactly `width` cells, with as many of two decimals as leave a blank."""
    for form in (".2f", ".1f", ".0f", ".1e", ".0e"):
        text = f"{value:{sign}{form}}"
        if len(text) < width:
            break
    return f"{text:>{width}}"


def _letters(terms: Terms) -> Iterator[tuple[int, str]]:
    yield from enumerate(letters_of(len(terms.kl_loss)))


def _difference(values: Values, at: int) -> float:
    return float((values[at].astype(np.float64) - values[0]).mean())


def _error(values: Values, at: int) -> float:
    """Standard error of the mean of the paired differences."""
    differences = values[at].astype(np.float64) - values[0]
    return float(differences.std(ddof=1) / np.sqrt(len(differences)))
