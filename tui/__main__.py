"""Starts `vae`."""

from __future__ import annotations

import gc

from tui import garbage


def main() -> None:
    """Run `vae` with the arguments of this process."""
    garbage.put_off()
    # Here, behind it: the imports are most of the start.
    from tui.cli.main import main as run

    try:
        run()
    finally:
        # Nothing that is left is worth a look: Python would go through it three times at the end.
        gc.freeze()


if __name__ == "__main__":
    main()
