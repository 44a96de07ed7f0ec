"""`vae evaluate`: the metrics, where they are saved, and errors."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cli.conftest import Spawn, Vae, finish
from tests.cli.terminal import Attach
from tests.conftest import EXAMPLE
from tests.tui.recorder import Recorder
from tests.waiting import wait_for
from vae_engine.datasets import load_dataset
from vae_engine.datasets.binarization import as_evaluated
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.records import ExportEntry, ExportIndex
from vae_engine.sessions.session import Session

DOCUMENT = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()


@pytest.fixture
def session(recorder: Recorder, digits: Path) -> Session:
    """A small model with 500 test images."""
    return recorder.session("small", dataset=str(digits))


def evaluated(vae: Vae, *arguments: object) -> dict[str, Any]:
    done = vae("evaluate", *arguments, "--json")
    assert done.code == 0, done
    figures: dict[str, Any] = json.loads(done.out)
    return figures


def files(session: Session) -> set[str]:
    return {path.name for path in session.folder.iterdir()}


@pytest.mark.slow
def test_the_example_is_as_good_as_its_worker_recorded(vae: Vae, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "sessions" / EXAMPLE.name)
    figures = evaluated(vae, "example", "--samples", 2)
    result = Session(EXAMPLE).result()
    assert result is not None
    assert figures["images"] == 10_000
    assert figures["kl_loss"] == pytest.approx(result.test_kl_loss, rel=1e-4)
    assert figures["negative_elbo"] == pytest.approx(result.test_loss, abs=0.1)
    assert 0.4 < figures["negative_elbo_error"] < 0.6
    assert figures["nll"] < figures["negative_elbo"] - 0.5
    parts = figures["mutual_information"] + figures["aggregate_kl"]
    assert parts == pytest.approx(figures["kl_loss"]) == sum(figures["kl_per_dimension"])
    assert 5.0 < figures["mutual_information"] < np.log(10_000)
    assert figures["active_units"] == 2
    assert 0.8 < figures["knn_accuracy"] < 0.95
    assert 0.6 < figures["linear_accuracy"] < figures["knn_accuracy"]


def test_figures_are_kept_with_the_session_and_shown(vae: Vae, session: Session) -> None:
    figures = evaluated(vae, session.id, "--samples", 3)
    assert set(figures) == {*session_fields(session), "current"}
    assert all(f"`{name}`" in DOCUMENT for name in figures)
    assert figures["current"] is True
    assert json.loads(vae("show", session.id, "--json").out)["evaluation"] == figures
    card = " ".join(vae("show", session.id).out.split())
    assert f"epoch 4: negative ELBO {figures['negative_elbo']:.2f}" in card
    assert "no longer" not in card


def session_fields(session: Session) -> tuple[str, ...]:
    record = session.evaluation()
    assert record is not None
    return record.__struct_fields__


def test_equal_samples_give_equal_figures_and_more_a_tighter_bound(
    vae: Vae, session: Session
) -> None:
    few, again, many = (evaluated(vae, session.id, "--samples", k) for k in (2, 2, 25))
    changing = {"evaluated": None, "duration": None}
    assert {**few, **changing} == {**again, **changing}
    assert many["nll"] < few["nll"]
    assert many["negative_elbo"] == pytest.approx(few["negative_elbo"], abs=2.0)


def test_one_sample_gives_no_importance_weighted_bound(vae: Vae, session: Session) -> None:
    figures = evaluated(vae, session.id, "--samples", 1)
    assert (figures["nll"], figures["nll_error"]) == (None, None)
    said = vae("show", session.id).out
    assert "negative ELBO" in said
    assert "NLL" not in said


def test_an_evaluation_of_earlier_weights_is_not_shown_as_current(
    vae: Vae, session: Session, recorder: Recorder
) -> None:
    evaluated(vae, session.id, "--samples", 1)
    recorder.export(session, 4, 5)
    assert json.loads(vae("show", session.id, "--json").out)["evaluation"]["current"] is False
    assert "epoch 4, no longer the exported weights" in " ".join(
        vae("show", session.id).out.split()
    )


def test_people_read_a_dozen_lines_and_progress_apart(vae: Vae, session: Session) -> None:
    done = vae("evaluate", session.id, "--samples", 1)
    assert done.code == 0
    assert len(done.lines) < 12
    assert all(line.isprintable() and len(line) <= 100 for line in done.lines)
    assert done.lines[0].endswith("weights of epoch 4")
    for part in ("negative ELBO", "NLL", "I(x; z)", "active units", "nearest neighbours"):
        assert part in done.out
    assert "decoding: 100%\n" in done.err
    assert "\x1b" not in done.err


def test_a_session_in_training_is_measured_as_it_was_exported_last(
    vae: Vae, recorder: Recorder, digits: Path
) -> None:
    live = recorder.session("live", dataset=str(digits), status="training", epochs=2, of=9)
    done = vae("evaluate", live.id, "--samples", 1)
    assert done.lines[0].endswith("weights of epoch 2, training continues")


def test_a_binarized_session_is_measured_on_the_images_of_its_test_loss(
    vae: Vae, recorder: Recorder, digits: Path
) -> None:
    dynamic = recorder.session("dynamic", dataset=str(digits), binarize="dynamic", seed=3)
    black = evaluated(vae, dynamic.id, "--samples", 1)
    # A session of the binarized images themselves measures the same.
    dataset = as_evaluated(load_dataset(str(digits)), dynamic.settings)
    assert set(np.unique(dataset.test_images)) == {0, 255}
    path = digits.with_name("binarized.npz")
    np.savez(
        path,
        x_train=np.concatenate([dataset.train_images, dataset.val_images]),
        x_test=dataset.test_images,
    )
    plain = recorder.session("plain", dataset=str(path), seed=3)
    again = evaluated(vae, plain.id, "--samples", 1)
    assert again["nll"] == black["nll"]
    assert again["knn_accuracy"] is again["linear_accuracy"] is None
    assert "none: the dataset has no labels" in vae("evaluate", plain.id, "--samples", 1).out


@pytest.mark.parametrize("samples", ["0", "10001", "many", "1.5"])
def test_samples_out_of_range_are_bad_usage(vae: Vae, session: Session, samples: str) -> None:
    line = vae("evaluate", session.id, "--samples", samples).error(2)
    assert "samples is" in line
    assert "must be a whole number from 1 to 10000" in line


def test_without_an_export_it_says_when_there_will_be_one(vae: Vae, recorder: Recorder) -> None:
    young = recorder.session("young", status="training", epochs=0, of=5)
    assert "the first comes after epoch 1" in vae("evaluate", young.id).error(1)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_a_file_of_another_digest_is_not_run(vae: Vae, session: Session, part: str) -> None:
    path = session.folder / layout.export_file(part, 4)
    path.write_bytes(path.read_bytes() + b"!")
    done = vae("evaluate", session.id)
    assert done.code == 1
    assert "is not the file that was exported: refused" in done.err
    path.unlink()
    assert "is missing" in vae("evaluate", session.id).err
    assert layout.EVALUATION not in files(session)


def test_an_export_that_does_not_fit_the_settings_is_refused(vae: Vae, session: Session) -> None:
    """As in a stranger's archive, whose digests are right."""
    exports = session.exports()
    assert exports is not None
    now = exports.current
    swapped = ExportEntry(
        epoch=4,
        encoder=now.decoder,
        encoder_sha256=now.decoder_sha256,
        decoder=now.encoder,
        decoder_sha256=now.encoder_sha256,
    )
    index = session.folder / layout.EXPORTS / layout.INDEX
    atomic.write_record(index, ExportIndex(current=swapped, kept=[swapped]))
    assert "it has no array conv_1.kernel" in vae("evaluate", session.id).err
    mixed = ExportEntry(
        epoch=4,
        encoder=now.encoder,
        encoder_sha256=now.encoder_sha256,
        decoder=now.encoder,
        decoder_sha256=now.encoder_sha256,
    )
    atomic.write_record(index, ExportIndex(current=mixed, kept=[mixed]))
    done = vae("evaluate", session.id)
    assert done.code == 1
    assert "array dense_1.kernel is <f4 (1568, 256)" in done.err


def test_where_it_cannot_be_kept_the_figures_are_printed(vae: Vae, session: Session) -> None:
    (session.folder / layout.EVALUATION).mkdir()
    done = vae("evaluate", session.id, "--samples", 1)
    assert done.code == 1
    assert "negative ELBO" in done.out
    assert "cannot be kept" in done.err.splitlines()[-1]
    assert not [name for name in files(session) if name.startswith(".tmp-")]


def test_ctrl_c_leaves_nothing_behind(spawn: Spawn, session: Session) -> None:
    process = spawn("evaluate", session.id, "--samples", 1000)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("decoding: "):
            break
    os.killpg(process.pid, signal.SIGINT)
    done = finish(process)
    assert (done.code, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "vae: interrupted"
    assert "Traceback" not in done.err
    assert layout.EVALUATION not in files(session)
    wait_for(lambda: not group_lives(process.pid))


def test_no_process_outlives_a_killed_one(spawn: Spawn, session: Session) -> None:
    process = spawn("evaluate", session.id, "--samples", 1000)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("decoding: "):
            break
    process.kill()
    wait_for(lambda: process.poll() is not None and not group_lives(process.pid))


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_terminal_shows_a_bar_and_then_the_figures(terminal: Attach, session: Session) -> None:
    shown = terminal("evaluate", session.id, "--samples", "60")
    assert shown.wait() == 0
    assert b"##" in shown.written
    assert "negative ELBO" in shown.text
    assert "#" not in shown.text
    assert "decoding" not in shown.text
