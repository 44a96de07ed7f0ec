"""The benchmark as it is run, on few digits."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.time_to_quality import undisturbed
from benchmarks.training import main

ROOT = Path(__file__).parents[2]


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "speed"])
    assert "quality" in capsys.readouterr().err


def test_what_disturbs_the_machine_is_not_held_against_the_peer() -> None:
    assert undisturbed([20.0, 40.0, 15.0]) == [20.0, 35.0, 50.0]
    assert undisturbed([20.0]) == [20.0]


@pytest.mark.slow
def test_quick_trains_both_and_writes_what_it_prints(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.training", "--quick", "--limit", "2560"]
    done = subprocess.run(
        [*command, "--json", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    figures = {figure["name"]: figure for figure in json.loads(target.read_text())["figures"]}
    [last] = [figure for name, figure in figures.items() if name.startswith("test negative ELBO")]
    assert 100 < last["measured"] < 784
    assert 100 < last["peer"] < 784
    assert figures["peer: seconds of an epoch"]["measured"] > 0
    assert all(name[:50] in done.stdout for name in figures)
