"""`vae sessions` and `vae show`, as text and as JSON."""

import json
from pathlib import Path

import msgspec
import pytest
from rich.cells import cell_len

from tests.cli.conftest import Vae
from tests.cli.test_text import NASTY
from tests.tui.recorder import Recorder, progress
from tui.cli.report import SessionEntry, SessionReport
from vae_engine.sessions import atomic, layout
from vae_engine.sessions import events as ev
from vae_engine.sessions.records import Label, Status
from vae_engine.sessions.session import Session
from vae_engine.settings import SETTINGS

DOCUMENT = Path(__file__).parents[2] / "docs" / "command-line.md"
STATUSES: tuple[Status, ...] = (
    "starting",
    "training",
    "paused",
    "stopping",
    "completed",
    "stopped",
    "interrupted",
    "diverged",
    "failed",
)


def relabel_unchecked(session: Session, label: Label) -> None:
    """Give a session a label that this version would refuse, as a stranger's archive may."""
    atomic.write_record(session.folder / layout.LABEL, label)


def assert_harmless(text: str, width: int | None = None) -> None:
    for line in text.splitlines():
        assert line.isprintable(), line
        assert width is None or cell_len(line) <= width, line


def test_without_sessions_it_says_what_to_type(vae: Vae) -> None:
    done = vae("sessions")
    assert done.code == 0
    assert "`vae train`" in done.out
    assert json.loads(vae("sessions", "--json").out) == []


def test_sessions_are_listed_newest_first(vae: Vae, recorder: Recorder) -> None:
    middle = recorder.session("middle", created=2e9, previews=False)
    newest = recorder.session("newest", created=3e9, previews=False)
    oldest = recorder.session("oldest", created=1e9, previews=False)
    listed = [line.split()[0] for line in vae("sessions").lines[1:]]
    assert listed == [newest.id, middle.id, oldest.id]
    entries = json.loads(vae("sessions", "--json").out)
    assert [entry["id"] for entry in entries] == listed


def test_a_line_has_what_one_wants_to_know(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session("mine", epochs=4, of=50, latent_dim=16, previews=False)
    head, line = vae("sessions").lines
    assert head.split() == ["ID", "NAME", "STATUS", "DATASET", "D", "EPOCH", "VAL", "AGE", "TIME"]
    assert line.split()[:7] == [session.id, "mine", "completed", "mnist", "16", "4/50", "176.00"]


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_table_fits_the_terminal(
    vae: Vae, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for status in STATUSES:
        recorder.session(
            f"{status} with a name that goes on and on 日本語", status=status, previews=False
        )
    recorder.session("x" * 200, of=100_000, latent_dim=256, dataset="/data/" + "y" * 300)
    done = vae("sessions")
    assert len(done.lines) == len(STATUSES) + 2
    assert_harmless(done.out, columns)
    if columns >= 80:
        assert all(status in done.out for status in STATUSES)


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())
def test_a_foreign_name_or_note_can_do_nothing(vae: Vae, recorder: Recorder, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    session = recorder.session(previews=False)
    relabel_unchecked(session, Label(name=text, tags=[text], note=text * 1000))
    recorder.emit(session, ev.RunEnded(status="failed", reason=text))
    for command in (["sessions"], ["show", "latest"], ["sessions", "--json"], ["trash"]):
        assert_harmless(vae(*command).out)
    assert_harmless(vae("attach", "latest").error(1))
    assert json.loads(vae("show", "latest", "--json").out)["name"] == text
    assert len(vae("sessions").lines) == 2


def test_a_damaged_session_is_listed_with_its_problem(vae: Vae, recorder: Recorder) -> None:
    whole = recorder.session("whole", previews=False)
    damaged = recorder.session("damaged", previews=False)
    (damaged.folder / layout.MANIFEST).write_text("{")
    done = vae("sessions")
    assert done.code == 0
    assert whole.id in done.lines[1]
    assert done.lines[2].startswith(f"{damaged.id} damaged: session.json")
    entry = json.loads(vae("sessions", "--json").out)[1]
    assert (entry["id"], entry["status"], entry["name"]) == (damaged.id, "damaged", None)
    assert "session.json" in entry["problem"]
    assert "session.json" in vae("show", damaged.id).error(1)


def test_listings_as_json_have_the_documented_fields(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session("named", tags=["a"], epochs=4, of=10, previews=False)
    (entry,) = json.loads(vae("sessions", "--json").out)
    assert set(entry) == set(SessionEntry.__struct_fields__)
    assert entry["id"] == session.id
    assert entry["status"] == "completed"
    assert (entry["epoch"], entry["epochs"], entry["best_epoch"]) == (4, 10, 4)
    assert entry["tags"] == ["a"]
    assert entry["folder"] == str(session.folder)


def test_a_session_as_json_has_the_documented_fields(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session("named", note="a note", epochs=4, parent="20250101-000000-aaaa")
    report = json.loads(vae("show", session.id, "--json").out)
    assert set(report) == set(SessionReport.__struct_fields__)
    assert (report["id"], report["name"], report["status"]) == (session.id, "named", "completed")
    assert report["stop_reason"] == "epochs"
    assert set(report["settings"]) == set(SETTINGS)
    assert {"name", "source", "sha256"} <= set(report["dataset"])
    assert report["parameters"] == 12345
    assert [epoch["epoch"] for epoch in report["history"]] == [1, 2, 3, 4]
    fields = {field.name for field in msgspec.structs.fields(ev.EpochEnded)} - {"seq"}
    assert set(report["history"][0]) == fields
    assert report["best_epoch"] == 4
    assert report["test_loss"] == pytest.approx(176.0)
    assert report["weights_sha256"] == "0" * 64
    assert report["exports"] == [1, 4]
    assert report["parent"] == "20250101-000000-aaaa"
    assert report["note"] == "a note"
    assert report["progress"] is None


def test_a_session_that_has_not_begun_has_nulls(vae: Vae, recorder: Recorder) -> None:
    recorder.session(status="starting")
    report = json.loads(vae("show", "latest", "--json").out)
    assert report["status"] == "starting"
    assert report["history"] == []
    for field in ("stop_reason", "best_epoch", "test_loss", "weights_sha256", "parameters"):
        assert report[field] is None
    assert report["dataset"] == {"name": "mnist", "source": None, "sha256": None}


def test_a_live_session_says_where_it_is(vae: Vae, recorder: Recorder) -> None:
    session = recorder.session(status="training", epochs=2, of=10)
    recorder.emit(session, progress(3, 20))
    report = json.loads(vae("show", "latest", "--json").out)
    assert (report["progress"]["epoch"], report["progress"]["step"]) == (3, 20)
    assert "epoch 3, step 20 of 40" in vae("show", "latest").out


@pytest.mark.parametrize("record", [SessionEntry, SessionReport, ev.EpochEnded, ev.Progress])
def test_every_field_of_the_json_is_documented(record: type[msgspec.Struct]) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    undocumented = [name for name in record.__struct_fields__ if f"`{name}`" not in text]
    assert [name for name in undocumented if name != "seq"] == []


@pytest.mark.parametrize("status", STATUSES)
def test_a_session_is_shown_in_two_dozen_lines(
    vae: Vae, recorder: Recorder, status: Status
) -> None:
    session = recorder.session(
        "mine", status=status, epochs=30, of=40, tags=["first"], note="a note", previews=False
    )
    done = vae("show", session.id)
    assert done.code == 0
    assert_harmless(done.out)
    assert len(done.lines) <= 28
    assert done.lines[0] == f"mine  {session.id}"
    assert f"  status     {status}" in done.lines[1]
    if status != "starting":
        assert done.lines[-1].split()[0] == "30"
    for fact in ("latent_dim 2", "first", "a note", str(session.folder)):
        assert fact in done.out
    results = [line for line in done.lines if line.startswith("  test ")]
    assert len(results) == (status in ("completed", "stopped"))


@pytest.mark.parametrize("reference", ["id", "prefix", "last group", "name", "latest"])
def test_a_session_goes_by_several_names(vae: Vae, recorder: Recorder, reference: str) -> None:
    recorder.session("other", created=1e9, previews=False)
    session = recorder.session("a name", previews=False)
    typed = {
        "id": session.id,
        "prefix": session.id[:-1],
        "last group": session.id.rpartition("-")[2],
        "name": "a name",
        "latest": "latest",
    }[reference]
    assert vae("show", typed).lines[0] == f"a name  {session.id}"


def test_a_name_that_means_several_is_refused(vae: Vae, recorder: Recorder) -> None:
    ids = [recorder.session("twin", previews=False).id for _ in range(2)]
    line = vae("show", "twin").error(1)
    assert all(session_id in line for session_id in ids)
