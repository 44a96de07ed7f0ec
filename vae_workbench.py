"""The command `vae`: runs the `tui` of this installation, whatever else on the path has that name.

`tui` is a common name of folders and packages. The right one lies beside `vae_engine`.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path


def main() -> None:
    """Run `vae` with the arguments of this process."""
    if problem := _load_tui():
        sys.exit(f"vae: {problem}")
    from tui.__main__ import main as run

    run()


def _load_tui() -> str:
    """Put the package into `sys.modules`; returns why that is not possible, else nothing."""
    engine = find_spec("vae_engine")
    if engine is None or engine.origin is None:
        return "the package vae_engine is missing: install vae-workbench again"
    folder = Path(engine.origin).parents[1] / "tui"
    spec = spec_from_file_location(
        "tui", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["tui"] = module
    try:
        spec.loader.exec_module(module)
    except FileNotFoundError:
        return f"{folder} is incomplete: install vae-workbench again"
    if getattr(module, "DISTRIBUTION", "") != "vae-workbench":
        return (
            f"another package was installed over {folder}: "
            "install vae-workbench into an environment of its own"
        )
    return ""


if __name__ == "__main__":
    main()
