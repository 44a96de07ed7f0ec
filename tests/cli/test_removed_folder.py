"""Commands in a removed working directory, and in one with foreign Python files."""

import subprocess
from pathlib import Path

import pytest

from tests.cli.terminal import VAE
from vae_engine.machine import module_command


@pytest.mark.parametrize(
    "arguments",
    [
        ["sessions"],
        ["show", "latest"],
        ["train", "--detach"],
        ["delete", "one", "--yes"],
        ["import", "archive.zip"],
        ["sweep", "list"],
        ["trash"],
        [],
    ],
    ids=" ".join,
)
def test_a_removed_working_directory_is_named_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.delenv("VAE_SESSIONS")
    script = f"cd {gone}; rmdir {gone}; exec {VAE} {' '.join(arguments)}"
    done = subprocess.run(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"vae: the working directory {gone} was removed: cd to another, or")


def test_modules_do_not_come_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("print('a stranger speaks')")
    done = subprocess.run(
        module_command("vae_engine.datasets.download", "no_dataset"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "stranger" not in done.stdout + done.stderr
