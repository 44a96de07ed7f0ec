"""`docs/session-format.md` is a contract: it names everything in a session's files."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from vae_engine.sessions import events as ev
from vae_engine.sessions import layout, records
from vae_engine.sessions.archive import CONTENTS, ArchiveContents, ArchivedFile
from vae_engine.sessions.inbox import Command, CommandName
from vae_engine.sessions.records import (
    CheckpointEntry,
    CheckpointIndex,
    DatasetRecord,
    EvaluationRecord,
    ExportEntry,
    ExportIndex,
    Label,
    Manifest,
    Point,
    Points,
    Result,
    Status,
    TensorBoardRecord,
    WorkerRecord,
)
from vae_engine.sessions.summary import Attempt, Phase, Standing, Summary
from vae_engine.sweeps.record import RECORD, SweepRecord, TrialRecord

DOCUMENT = (Path(__file__).parents[2] / "docs" / "session-format.md").read_text()

CHECKPOINT_INDEX = f"{layout.CHECKPOINTS}/{layout.INDEX}"
EXPORT_INDEX = f"{layout.EXPORTS}/{layout.INDEX}"

# Where each record is described: after its file's name in bold, or in the section of this heading.
RECORDS: dict[Any, str] = {
    Manifest: layout.MANIFEST,
    Label: layout.LABEL,
    Point: layout.POINTS,
    Points: layout.POINTS,
    Summary: layout.SUMMARY,
    Attempt: layout.SUMMARY,
    Standing: layout.SUMMARY,
    WorkerRecord: layout.WORKER,
    CheckpointIndex: CHECKPOINT_INDEX,
    CheckpointEntry: CHECKPOINT_INDEX,
    ExportIndex: EXPORT_INDEX,
    ExportEntry: EXPORT_INDEX,
    Result: layout.RESULT,
    EvaluationRecord: layout.EVALUATION,
    TensorBoardRecord: layout.TENSORBOARD,
    DatasetRecord: layout.DATASET,
    Command: "Commands",
    ArchiveContents: "Archives",
    ArchivedFile: "Archives",
    SweepRecord: RECORD,
    TrialRecord: RECORD,
    **dict.fromkeys(get_args(ev.AnyEvent), "Events"),
}


def test_no_record_is_left_out() -> None:
    found = {
        each
        for each in vars(records).values()
        if isinstance(each, type) and each.__module__ == records.__name__
    }
    assert found - RECORDS.keys() == set()
    assert len(found) > 5


def words_of(place: str) -> set[str]:
    """The whole words that stand as code in the passage on a file, or in a section."""
    if place.endswith(".json"):
        start, end = re.escape(f"**`{place}`**"), r"\n(?:\*\*`|##? )"
    else:
        start, end = f"## {place}\n", r"\n##? "
    found = re.search(rf"^{start}(.*?)(?:{end}|\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert found, f"the document has no passage on {place}"
    return {
        word for code in re.findall(r"`([^`]+)`", found[1]) for word in re.findall(r"\w+", code)
    }


@pytest.mark.parametrize(
    ("kind", "place"), RECORDS.items(), ids=lambda each: getattr(each, "__name__", "")
)
def test_every_field_is_described_where_its_record_is(kind: Any, place: str) -> None:
    fields = kind.__struct_fields__
    assert fields
    words = words_of(place)
    assert [name for name in fields if name not in words] == []


def test_every_event_status_phase_and_command_is_described() -> None:
    events = [kind.__struct_config__.tag for kind in get_args(ev.AnyEvent)]
    words = [*events, *get_args(Status), *get_args(Phase), *get_args(CommandName)]
    assert [word for word in words if f"`{word}`" not in DOCUMENT] == []


def test_every_file_is_described() -> None:
    names = [*layout.NAMES, layout.ORIGINALS, layout.WEIGHTS, layout.TRASH, CONTENTS]
    names += [layout.SWEEPS, RECORD]
    tree = "\n".join(re.findall(r"^    .*$", DOCUMENT, re.MULTILINE))
    described = set(re.findall(r"[\w.*-]+", "\n".join([tree, *re.findall(r"`([^`]+)`", DOCUMENT)])))
    assert [name for name in names if not described.issuperset(name.split("/"))] == []


def test_the_schema_is_the_present_one() -> None:
    assert f"`schema` in `session.json` is {layout.SCHEMA}." in DOCUMENT
