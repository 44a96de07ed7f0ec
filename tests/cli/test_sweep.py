"""`vae sweep`: errors, messages, and real sweeps from start to end."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Vae
from tests.sessions.makers import write_evaluation
from tests.tui.recorder import Recorder
from tui.cli.sweep_follow import live_lines, news
from tui.cli.sweep_report import SweepReport, SweepSummary
from vae_engine.sessions import layout
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore
from vae_engine.settings import SETTINGS
from vae_engine.sweeps.grid import make_grid
from vae_engine.sweeps.record import RECORD
from vae_engine.sweeps.results import METRICS
from vae_engine.sweeps.store import NewSweep, Sweep, SweepStore
from vae_engine.sweeps.trials import read_trials

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
SMALL = ("--limit", 256, "--filters", "4,8", "--dense-units", 32)


@pytest.fixture
def sweep(store: SessionStore, recorder: Recorder) -> Sweep:
    """Six trials: of d = 2 all done, of d = 4 one failed, one trains, one waits."""
    grid = make_grid({"latent_dim": (2, 4), "epochs": (4,)}, 3)
    made = SweepStore(store).create(
        NewSweep(grid, parallel=2, name="mine", command=["vae", "sweep"])
    )
    for number, status in {1: "completed", 2: "failed", 3: "completed", 4: "training"}.items():
        fill(recorder, made, number, status)
    fill(recorder, made, 5, "completed")
    return made


def fill(recorder: Recorder, sweep: Sweep, number: int, status: Any) -> Session:
    trial = read_trials(sweep)[number - 1]
    session = sweep.sessions.create(trial.settings, session_id=trial.session, tags=[sweep.id])
    epochs = 2 if status == "training" else 4
    recorder.fill(session, status=status, epochs=epochs, previews=False)
    if status == "completed":
        write_evaluation(session)
    return session


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--latent-dim", ""], "latent_dim is ''"),
        (["--latent-dim", "2,,8"], "latent_dim is ''"),
        (["--latent-dim", "2,300"], "latent_dim is 300"),
        (["--latent-dim", "2,2"], "latent_dim has the value 2 twice"),
        (["--beta", "1", "--beta", "1.0"], "beta has the value 1 twice"),
        (["--filters", "16,0"], "filters is (16, 0)"),
        (["--seed", "1,2", "--seeds", "3"], "the seeds 1,2 and 3 as their number"),
        (["--seeds", "0"], "seeds is 0: it must be a whole number from 1"),
        (["--parallel", "0"], "parallel is 0"),
        (["--epochs", "5,30", "--min-epochs", "20"], "min_epochs is 20"),
        (["--latent-dim", "2,8,16", "--seeds", "334"], "1,002 trials are many: confirm with --yes"),
        (["--latent-dim", "2,8", "--seeds", "5001", "--yes"], "at most 10,000"),
        (["--limit", "100,60000"], "limit is 60000"),
        (["--name", "\x1b[31m"], "name"),
    ],
)
def test_lists_that_cannot_be_are_one_line_and_make_nothing(
    vae: Vae, store: SessionStore, arguments: list[str], said: str
) -> None:
    assert said in vae("sweep", "run", *arguments).error(2)
    assert not store.root.exists()


def test_a_dataset_that_is_not_there_makes_nothing(vae: Vae, store: SessionStore) -> None:
    line = vae("sweep", "run", "--dataset", "mnist,no-such.npz").error(1)
    assert str(Path.cwd() / "no-such.npz") in line
    assert not store.root.exists()


def test_a_coordinator_that_does_not_start_leaves_no_sweep(
    vae: Vae, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    done = vae("sweep", "run", "--seeds", 2)
    assert done.code == 1
    assert "coordinator" in done.err
    assert "2 trials" in done.out
    assert SweepStore(store).listings() == []
    assert store.listings() == []


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_help_shows_every_setting(vae: Vae, setting: Any) -> None:
    text = " ".join(vae("sweep", "run", "-h").out.split())
    assert f"{setting.option} " in text
    assert setting.help in text


def test_show_prints_the_table_the_best_and_what_is_unfinished(vae: Vae, sweep: Sweep) -> None:
    done = vae("sweep", "show", "mine")
    assert (done.code, done.err) == (0, "")
    assert done.lines[0] == f"sweep {sweep.id} (mine): latent_dim 2, 4 x seed 0, 1, 2"
    assert done.lines[1] == "interrupted, 3 of 6 trials finished, 1 training, 1 waiting, 1 failed"
    assert f"vae sweep resume {sweep.id}" in done.lines[2]
    assert done.lines[4].split() == [
        "D",
        "SEEDS",
        "-ELBO",
        "REC",
        "KL",
        "ACTIVE",
        "KNN%",
        "LIN%",
        "TIME",
    ]
    two, four = (line.split() for line in done.lines[5:7])
    assert two[:3] == ["2", "3/3", "176.00±0.00"]
    assert two[5:8] == ["2", "80.0±0.0", "70.0±0.0"]
    assert four == ["4", "0/3", *["-"] * 7]
    assert "best by validation ELBO: trial 1 (latent_dim 2, seed 0), test -ELBO 176.00" in done.out
    stem = sweep.id.removeprefix("sweep-")
    assert done.lines[-2].startswith("trial 2 (latent_dim 4, seed 0) failed after epoch 4/4: loss")
    assert done.lines[-1] == (
        f"trial 4 (latent_dim 4, seed 1) training in epoch 3/4; session {stem}-4"
    )
    assert all(len(line) <= 80 for line in done.lines[4:7])


def test_one_seed_shows_no_deviation(vae: Vae, store: SessionStore, recorder: Recorder) -> None:
    grid = make_grid({"latent_dim": (2, 4), "epochs": (4,)})
    made = SweepStore(store).create(NewSweep(grid, parallel=1))
    fill(recorder, made, 1, "completed")
    shown = vae("sweep", "show", made.id).out
    assert "176.00" in shown
    assert "±" not in shown


def test_json_has_the_fields_that_are_documented(vae: Vae, sweep: Sweep) -> None:
    report = json.loads(vae("sweep", "show", sweep.id, "--json").out)
    assert list(report) == list(SweepReport.__struct_fields__)
    assert [row["finished"] for row in report["settings"]] == [3, 0]
    assert report["best"] == report["trials"][0]["session"]
    assert [trial["status"] for trial in report["trials"]].count("completed") == 3
    (entry,) = json.loads(vae("sweep", "list", "--json").out)
    assert list(entry) == list(SweepSummary.__struct_fields__)
    assert (entry["trials"], entry["finished"], entry["failed"]) == (6, 3, 1)
    rows, trials = report["settings"][0], report["trials"][0]
    names = {*report, *entry, *rows, *trials, *trials["figures"], *METRICS}
    assert [name for name in sorted(names) if f"`{name}`" not in DOCUMENT] == []


def test_csv_has_a_row_for_each_setting(vae: Vae, sweep: Sweep, tmp_path: Path) -> None:
    done = vae("sweep", "show", sweep.id, "--csv", "table.csv")
    assert done.code == 0
    with (tmp_path / "table.csv").open(newline="") as file:
        two, four = csv.DictReader(file)
    assert (two["latent_dim"], two["trials"], two["finished"]) == ("2", "3", "3")
    assert float(two["negative_elbo"]) == 176.0
    assert float(two["negative_elbo_deviation"]) == 0.0
    assert (four["failed"], four["negative_elbo"]) == ("1", "")
    assert "choose one" in vae("sweep", "show", sweep.id, "--csv", "a.csv", "--json").error(2)
    assert "ending in .csv" in vae("sweep", "show", sweep.id, "--csv", "a.txt").error(2)


def test_the_list_shows_every_sweep_and_of_none(vae: Vae, sweep: Sweep) -> None:
    damaged = sweep.folder.with_name("sweep-x")
    damaged.mkdir()
    (damaged / RECORD).write_text('{"schema": 1, "settings": {"\x1b[31m": 1}}')
    _, line, problem = vae("sweep", "list").lines
    assert line.split()[:5] == [sweep.id, "mine", "interrupted", "3/6", "1"]
    assert problem.startswith("sweep-x damaged: sweep.json")
    assert problem.isprintable()
    assert "sweep-x" in vae("sweep", "show", "sweep-x").error(1)
    assert vae("sweep", "list", "--sessions-dir", "none").out.startswith("no sweeps in ")
    assert json.loads(vae("sweep", "list", "--json").out)[1]["status"] == "damaged"


def test_sweeps_and_sessions_are_distinguished(vae: Vae, sweep: Sweep) -> None:
    session = sweep.record.trials[0].session
    assert f"`vae sweep show {sweep.id}`" in vae("show", sweep.id).error(1)
    assert f"`vae show {session}`" in vae("sweep", "show", session).error(1)
    assert "no sweep 'nobody'" in vae("sweep", "resume", "nobody").error(1)
    assert "damaged" not in vae("sessions").out
    assert vae("trash").out == "the trash is empty\n"


def test_a_sweep_in_the_wrong_state_is_refused(
    vae: Vae, store: SessionStore, recorder: Recorder
) -> None:
    made = SweepStore(store).create(NewSweep(make_grid({"epochs": (4,)}), parallel=1, name="whole"))
    assert "nothing to stop" in vae("sweep", "stop", "whole").error(1)
    fill(recorder, made, 1, "completed")
    assert "no trial left" in vae("sweep", "resume", "whole").error(1)
    recorder.revive(Session(store.root / made.record.trials[0].session))
    for name in (layout.WORKER, layout.HEARTBEAT):
        content = (store.root / made.record.trials[0].session / name).read_bytes()
        (made.folder / name).write_bytes(content)
    assert "is already running" in vae("sweep", "resume", "whole").error(1)


def test_news_are_trials_that_began_or_ended(sweep: Sweep, recorder: Recorder) -> None:
    before = read_trials(sweep)
    assert [line.split()[1] for line in news([], before)] == ["4"]
    fill(recorder, sweep, 6, "training")
    recorder.end(Session(sweep.sessions.root / before[3].session), "completed")
    lines = news(before, read_trials(sweep))
    assert [line.split()[1] for line in lines] == ["4", "6"]
    assert "completed after 2 epochs" in lines[0]
    assert news(before, before) == []


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (40, 8), (20, 3)])
def test_the_live_table_fits_the_terminal(sweep: Sweep, width: int, height: int) -> None:
    lines = live_lines(sweep, read_trials(sweep), width, height)
    assert len(lines) < height
    assert all(len(line) < width for line in lines)
    assert lines[0].startswith("sweep mine")
    if height >= 24:
        text = "\n".join(lines)
        assert "trial 4  latent_dim 4, seed 1  training  epoch 3/4" in text
        counts = "3 of 6 trials finished, 1 training, 1 waiting, 1 failed, about "
        assert re.fullmatch(f"{re.escape(counts)}[0-9hms]+ left", lines[1])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--ray", "ray://head:10001"], 2, "ray://head:10001 is not the address of a head node"),
        (["--ray", "head:99999"], 2, "'head:99999' has no port from 1 to 65535"),
        (["--gpus", "1"], 2, "--gpus is for a cluster: give --ray too"),
        (["--ray", "127.0.0.1:1"], 1, "Ray does not respond at 127.0.0.1:1: Connection refused"),
    ],
)
def test_an_unreachable_cluster_is_reported_before_anything_is_made(
    vae: Vae,
    store: SessionStore,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    assert said in vae("sweep", "run", *SMALL, *arguments).error(code)
    assert not store.root.exists()


def test_without_ray_the_extra_is_named(vae: Vae, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    said = vae("sweep", "run", *SMALL, "--ray", "auto").error(1)
    assert said == "vae: Ray is not installed: it comes with the extra [ray] of vae-workbench"


def test_a_sweep_continues_where_it_was_run_or_where_requested(
    vae: Vae, store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    made = SweepStore(store).create(NewSweep(make_grid({}), parallel=1, ray="127.0.0.1:1"))
    said = vae("sweep", "resume", made.id).error(1)
    assert "Ray does not respond at 127.0.0.1:1" in said
    said = vae("sweep", "resume", made.id, "--ray", "127.0.0.1:2").error(1)
    assert "Ray does not respond at 127.0.0.1:2" in said
    started: list[str] = []
    monkeypatch.setattr(
        "vae_engine.control.sweeps.start_coordinator", lambda _, *, ray: started.append(ray)
    )
    assert vae("sweep", "resume", made.id, "--ray", "none", "--detach").code == 0
    assert started == [""]
