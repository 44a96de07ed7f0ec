"""Entry point of `vae`."""

from __future__ import annotations

from tui.terminal import memory


def main() -> None:
    """Run `vae` with the arguments of this process."""
    memory.put_off_garbage()
    # Imported here: the imports take most of the start-up time.
    from tui.cli.main import main as run

    try:
        run()
    finally:
        memory.ignore_garbage()


if __name__ == "__main__":
    main()
