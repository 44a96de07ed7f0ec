"""Names of priors in options and files."""

from __future__ import annotations

from typing import Final, Literal, get_args

PriorName = Literal["standard", "gmm"]
PRIOR_NAMES: Final[tuple[PriorName, ...]] = get_args(PriorName)
