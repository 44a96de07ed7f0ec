"""Histories as CSV: every metric comes back exactly, and text of strangers is only text."""

import csv
from pathlib import Path

import msgspec
import pytest

from tests.sessions.makers import new_session
from tests.tui.recorder import Recorder
from vae_engine.errors import SessionError
from vae_engine.sessions import layout
from vae_engine.sessions.history_csv import METRICS, write_history_csv
from vae_engine.sessions.session import Session
from vae_engine.sessions.store import SessionStore


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(SessionStore(tmp_path / "sessions"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_figure_comes_back_exactly(recorder: Recorder, tmp_path: Path) -> None:
    session = recorder.session(epochs=3, previews=False)
    recorder.emit(session)
    assert write_history_csv(tmp_path / "history.csv", [session]) == 3
    found = rows(tmp_path / "history.csv")
    assert list(found[0]) == ["session", "epoch", *METRICS, "time", "kl_z0", "kl_z1"]
    for row, epoch in zip(found, session.log.history, strict=True):
        assert (row["session"], int(row["epoch"])) == (session.id, epoch.epoch)
        assert [float(row[name]) for name in METRICS] == [getattr(epoch, name) for name in METRICS]
        assert float(row["time"]) == epoch.time
        assert [float(row["kl_z0"]), float(row["kl_z1"])] == epoch.kl_per_dimension


def test_several_sessions_are_distinguished_by_what_differs(
    recorder: Recorder, tmp_path: Path
) -> None:
    sessions = [
        recorder.session(epochs=2, previews=False, latent_dim=d, filters=filters)
        for d, filters in ((2, (16, 32)), (4, (4, 8)))
    ]
    assert write_history_csv(tmp_path / "both.csv", sessions) == 4
    found = rows(tmp_path / "both.csv")
    assert [row["session"] for row in found] == [one.id for one in sessions for _ in range(2)]
    assert list(found[0])[:4] == ["session", "setting_latent_dim", "setting_filters", "epoch"]
    assert [row["setting_latent_dim"] for row in found] == ["2", "2", "4", "4"]
    assert [row["setting_filters"] for row in found] == ["16,32", "16,32", "4,8", "4,8"]
    assert [row["kl_z3"] == "" for row in found] == [True, True, False, False]


def test_a_session_without_epochs_has_a_head_alone(tmp_path: Path) -> None:
    session = new_session(tmp_path / "sessions")
    assert write_history_csv(tmp_path / "none.csv", [session]) == 0
    assert (tmp_path / "none.csv").read_text().startswith("session,epoch,loss,")
    assert rows(tmp_path / "none.csv") == []


def test_foreign_text_is_no_formula_and_no_control_character(
    recorder: Recorder, tmp_path: Path
) -> None:
    honest, other = (recorder.session(epochs=1, previews=False) for _ in range(2))
    manifest = honest.folder / layout.MANIFEST
    record = msgspec.json.decode(manifest.read_bytes())
    record["settings"]["dataset"] = '=HYPERLINK("http://x","y")'
    manifest.write_bytes(msgspec.json.encode(record))
    renamed = honest.folder.rename(honest.folder.with_name("=1\x1b[2J"))
    write_history_csv(tmp_path / "h.csv", [Session(renamed), other])
    row = rows(tmp_path / "h.csv")[0]
    assert row["session"] == "'=1?[2J"
    assert row["setting_dataset"] == '\'=HYPERLINK("http://x","y")'


def test_what_cannot_be_written_is_one_error(recorder: Recorder, tmp_path: Path) -> None:
    session = recorder.session(epochs=1, previews=False)
    with pytest.raises(SessionError, match=r"no/h\.csv cannot be written: No such file"):
        write_history_csv(tmp_path / "no" / "h.csv", [session])
