"""Figures with their goals, as a table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        measured: its value.
        unit: of the value and the goal.
        goal: the bound that it should keep; None where the figure only explains another.
        peer: the same figure of the peer, where there is one, in the unit of `measured`.
        processor: processor time behind a measured time, in its unit: what a free machine needs.
    """

    name: str
    measured: float
    unit: str
    goal: float | None = None
    peer: float | None = None
    processor: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the peer's; None without a peer."""
        return None if self.peer is None else self.measured / self.peer

    @property
    def reached(self) -> bool | None:
        """Whether the goal is kept, by the ratio where there is a peer; None without a goal."""
        if self.goal is None:
            return None
        return (self.measured if self.ratio is None else self.ratio) <= self.goal


def median_and_tail(values: Sequence[float]) -> tuple[float, float]:
    """The median, and the value that 95 % do not exceed."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def heading() -> str:
    """What stands in the columns of a `line`."""
    return _columns("figure", "measured", "processor", "peer", "ratio", "goal")


def line(figure: Figure) -> str:
    """A figure as a line of the table."""
    unit = figure.unit
    return (
        _columns(
            figure.name,
            f"{figure.measured:.3g} {unit}",
            "" if figure.processor is None else f"{figure.processor:.3g} {unit}",
            "" if figure.peer is None else f"{figure.peer:.3g} {unit}",
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            ""
            if figure.goal is None
            else f"≤ {figure.goal:g} {unit if figure.peer is None else ''}",
        )
        + {None: "", True: "  reached", False: "  missed"}[figure.reached]
    )


def as_json(figures: Sequence[Figure], load: Sequence[float]) -> dict[str, Any]:
    """Everything that was found, and on which machine."""
    found = [{**asdict(one), "ratio": one.ratio, "reached": one.reached} for one in figures]
    return {"machine": machine(), "load_before_and_after": list(load), "figures": found}


def machine() -> dict[str, str | int | None]:
    """Where this runs."""
    return {
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "textual": version("textual"),
    }


def _columns(name: str, *others: str) -> str:
    return f"{name:58}" + "".join(f"{text:>11}" for text in others)
