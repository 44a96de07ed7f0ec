"""Modules in the working directory are never imported: it may be a foreign dataset."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import VAE, terminals
from tests.packaging.strangers import Stranger
from tests.waiting import DEADLINE
from vae_engine.sessions.session import Session

ROOT = Path(__file__).parents[2]
# Processes that `multiprocessing` starts run `python -c`, whose path begins with "".
_DECODE = """
import sys
import numpy as np
from pathlib import Path
from tests.inference.networks import earlier_network, open_network
from vae_engine.evaluation.decoding import Posterior, decoded_parts

if __name__ == "__main__":
    images = np.zeros((3, 28, 28), np.uint8)
    zeros = np.zeros((3, 2), np.float32)
    decoder = open_network("decoder", earlier_network("decoder"), Path(sys.argv[1]))
    parts = decoded_parts(decoder, Posterior(images, zeros, zeros), samples=129, seed=0)
    print(len(list(parts)))
"""


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stranger:
    monkeypatch.setenv("VAE_SESSIONS", str(tmp_path / "sessions"))
    return Stranger(tmp_path)


def test_the_folder_would_be_heard(stranger: Stranger) -> None:
    subprocess.run([sys.executable, "-c", "import json"], cwd=stranger.folder, check=False)
    assert stranger.imported() != []


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["sessions"], ["show", "example"], ["train", "--help"], ["sweep", "--help"]],
    ids=" ".join,
)
def test_commands_import_nothing(stranger: Stranger, arguments: list[str]) -> None:
    subprocess.run([VAE, *arguments], cwd=stranger.folder, capture_output=True, check=False)
    assert stranger.imported() == []


def test_the_app_imports_nothing(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stranger.folder)
    with terminals() as start:
        terminal = start()
        terminal.wait_for("example")
    assert stranger.imported() == []


def test_processes_of_an_evaluation_import_nothing(stranger: Stranger, tmp_path: Path) -> None:
    script = tmp_path / "decode.py"
    script.write_text(_DECODE)
    done = subprocess.run(
        [sys.executable, script, tmp_path / "decoder.tflite"],
        cwd=stranger.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert stranger.imported() == []
    assert done.stdout == "2\n", done.stderr


def test_a_worker_imports_nothing(trained_session: Session) -> None:
    """It was trained in such a folder."""
    assert Stranger(trained_session.folder.parents[1]).imported() == []
