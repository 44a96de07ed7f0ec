"""What commands tell of the machine that a session had."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Vae
from tests.conftest import EXAMPLE
from vae_engine.sessions import atomic, layout
from vae_engine.sessions.machine_record import GpuUse, MachineRecord, MachineSample
from vae_engine.sessions.session import Session


def sample(**changes: float) -> MachineSample:
    found = {"time": 1e9, "seconds": 60.0, "cpu": 1.9, "others": 0.0, **changes}
    gpu = GpuUse(name="\x1b[31mGPU", busy=0.5, memory=2_000_000_000, memory_total=8_000_000_000)
    return MachineSample(
        rss=612_000_000,
        memory_free=5_000_000_000,
        disk_free=31_000_000_000,
        gpus=(gpu,),
        **found,  # type: ignore[arg-type]
    )


@pytest.fixture
def example(tmp_path: Path) -> Session:
    folder = tmp_path / "sessions" / EXAMPLE.name
    shutil.copytree(EXAMPLE, folder)
    return Session(folder)


@pytest.fixture
def measured(example: Session) -> Session:
    samples = (sample(), sample(cpu=0.9, others=1.1))
    record = MachineRecord(cores=2.0, memory=8_000_000_000, latest=samples[-1], samples=samples)
    atomic.write_record(example.folder / layout.MACHINE, record)
    return example


def test_show_says_how_the_machine_did(vae: Vae, measured: Session) -> None:
    told = vae("show", measured.id).out
    assert "CPU 70% of 2 cores" in told
    assert "others 28%" in told
    assert "memory 612M" in told
    assert "other processes for 1m00s of 2m00s" in told
    assert "\x1b" not in told


def test_show_has_the_machine_as_json(vae: Vae, measured: Session) -> None:
    machine = json.loads(vae("show", measured.id, "--json").out)["machine"]
    assert (machine["cores"], machine["mean"]["cpu"]) == (2.0, 1.4)
    assert machine["latest"]["others"] == 1.1
    assert [one["kind"] for one in machine["bottlenecks"]] == ["processor"]
    assert machine["slowed_seconds"] == {"processor": 60.0}


def test_a_session_without_a_record_is_shown_as_before(vae: Vae, example: Session) -> None:
    assert json.loads(vae("show", example.id, "--json").out)["machine"] is None
    assert "slowed by" not in vae("show", example.id).out


@pytest.mark.parametrize(
    "content", [b"", b"[" * 100_000, b'{"cores": 1e999}', b"\x00" * 2_000_000, b"\xff"]
)
def test_a_damaged_record_is_reported_and_nothing_else_is_lost(
    vae: Vae, example: Session, tmp_path: Path, content: bytes
) -> None:
    (example.folder / layout.MACHINE).write_bytes(content)
    assert "machine.json" in vae("show", example.id).out
    report = json.loads(vae("show", example.id, "--json").out)
    assert "machine.json" in report["machine"]["problem"]
    assert report["epoch"] == 48
    page = tmp_path / "page.html"
    vae("report", example.id, "-o", str(page))
    assert "machine.json" in page.read_text(encoding="utf-8")


def test_a_report_and_an_export_have_it_too(vae: Vae, measured: Session, tmp_path: Path) -> None:
    page, archive = tmp_path / "page.html", tmp_path / "out.zip"
    vae("report", measured.id, "-o", str(page))
    assert "CPU 70% of 2 cores" in page.read_text(encoding="utf-8")
    vae("export", measured.id, "-o", str(archive))
    shutil.rmtree(measured.folder)
    vae("import", str(archive))
    assert Session(measured.folder).machine() is not None
