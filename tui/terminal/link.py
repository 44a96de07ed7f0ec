"""Whether the link to the terminal is slow, so that bytes cost more than processor time.

It cannot be measured: ssh buffers output long before it arrives. So every
terminal that is reached through a network counts as slow, unless a setting says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LINK_VARIABLE: Final = "VAE_LINK"
"""The setting, for this process and those that it starts."""

# ssh sets both, and mosh starts its server by ssh, which hands them on.
_NETWORK_VARIABLES: Final = ("SSH_CONNECTION", "SSH_TTY")


def is_slow(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is reached through a network, or `VAE_LINK` asks for few bytes."""
    chosen = environ.get(LINK_VARIABLE, "auto")
    if chosen in ("slow", "fast"):
        return chosen == "slow"
    return any(environ.get(name) for name in _NETWORK_VARIABLES)
