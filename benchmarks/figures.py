"""Figures with their goals, as a table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
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
        at_least: whether the goal is a lower bound; else it is an upper one.
    """

    name: str
    measured: float
    unit: str
    goal: float | None = None
    peer: float | None = None
    processor: float | None = None
    at_least: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times the peer's; None without a peer."""
        return None if self.peer is None else self.measured / self.peer

    @property
    def reached(self) -> bool | None:
        """Whether the goal is kept, by the ratio where there is a peer; None without a goal."""
        if self.goal is None:
            return None
        held = self.measured if self.ratio is None else self.ratio
        return held >= self.goal if self.at_least else held <= self.goal


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
    bound = "≥" if figure.at_least else "≤"
    return (
        _columns(
            figure.name,
            _number(figure.measured, unit),
            "" if figure.processor is None else _number(figure.processor, unit),
            "" if figure.peer is None else _number(figure.peer, unit),
            "" if figure.ratio is None else f"{figure.ratio:.3g}",
            ""
            if figure.goal is None
            else f"{bound} {figure.goal:g} {unit if figure.peer is None else ''}",
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
        "processor": _processor_model(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("textual", "tensorflow", "keras", "numpy")},
    }


def _processor_model() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def _number(value: float, unit: str) -> str:
    """Three digits, and all of those before the point; of nats the hundredths matter."""
    digits = f"{value:.2f}" if unit == "nats" else f"{value:.3g}"
    return f"{value:.0f} {unit}" if abs(value) >= 1000 else f"{digits} {unit}"


def _columns(name: str, *others: str) -> str:
    return f"{name:58}" + "".join(f"{text:>11}" for text in others)
