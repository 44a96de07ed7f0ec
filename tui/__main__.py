"""Starts `vae`."""

from __future__ import annotations

from tui.terminal import garbage


def main() -> None:
    """Run `vae` with the arguments of this process."""
    garbage.put_off()
    # Here, behind it: the imports are most of the start.
    from tui.cli.main import main as run

    try:
        run()
    finally:
        garbage.leave()


if __name__ == "__main__":
    main()
