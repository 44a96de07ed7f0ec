"""`docs/session-format.md` is a contract: it names all that a session's files hold."""

from pathlib import Path
from typing import Any, get_args

import pytest

from vae_engine.sessions import events as ev
from vae_engine.sessions import layout
from vae_engine.sessions.archive import CONTENTS, ArchivedFile, Contents
from vae_engine.sessions.inbox import Command, CommandName
from vae_engine.sessions.progress import Phase, Summary
from vae_engine.sessions.records import (
    CheckpointEntry,
    CheckpointIndex,
    EvaluationRecord,
    ExportEntry,
    ExportIndex,
    Label,
    Manifest,
    Result,
    Status,
    TensorBoardRecord,
    WorkerRecord,
)
from vae_engine.sweeps.record import RECORD, SweepRecord, TrialRecord

DOCUMENT = (Path(__file__).parents[2] / "docs" / "session-format.md").read_text()
RECORDS = [
    Manifest,
    Label,
    Summary,
    WorkerRecord,
    CheckpointIndex,
    CheckpointEntry,
    ExportIndex,
    ExportEntry,
    Result,
    EvaluationRecord,
    TensorBoardRecord,
    Command,
    Contents,
    ArchivedFile,
    SweepRecord,
    TrialRecord,
]


@pytest.mark.parametrize("kind", [*RECORDS, *get_args(ev.AnyEvent)], ids=lambda kind: kind.__name__)
def test_every_field_is_described(kind: Any) -> None:
    missing = [name for name in kind.__struct_fields__ if name not in DOCUMENT]
    assert missing == []


def test_every_event_status_phase_and_command_is_described() -> None:
    events = [kind.__struct_config__.tag for kind in get_args(ev.AnyEvent)]
    words = [*events, *get_args(Status), *get_args(Phase), *get_args(CommandName)]
    assert [word for word in words if f"`{word}`" not in DOCUMENT] == []


def test_every_file_is_described() -> None:
    names = [*layout.NAMES, layout.ORIGINALS, layout.WEIGHTS, layout.TRASH, CONTENTS]
    names += [layout.SWEEPS, RECORD]
    assert [name for name in names if name not in DOCUMENT] == []


def test_the_schema_is_the_present_one() -> None:
    assert f"`schema` in `session.json` is {layout.SCHEMA}." in DOCUMENT
