"""Starts `vae`."""

from __future__ import annotations

import gc

# Start-up makes many objects and hardly any garbage: looking for it every 700 objects takes a tenth
# of the time to the first frame.
_OBJECTS_A_COLLECTION = 50_000


def main() -> None:
    """Run `vae` with the arguments of this process."""
    gc.set_threshold(_OBJECTS_A_COLLECTION)
    # Here, behind the threshold: the imports are most of the start.
    from tui.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
