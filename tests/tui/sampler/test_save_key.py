"""Saving what the sampler shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tui.sampler.sampling import (
    draw,
    notices,
    panes,
    path,
    plane,
    sampler,
    samples,
)
from tests.tui.watching import until
from vae_engine.inference.sampling import to_uint8
from vae_engine.sessions.session import Session


async def test_what_is_shown_can_be_saved(
    recorded_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("n", "+", "w")
        stem = f"{recorded_session.id}-epoch4-samples-seed1"
        await until(pilot, lambda: f"{stem}.png and .npz in {tmp_path}" in notices(pilot))
        with np.load(tmp_path / f"{stem}.npz", allow_pickle=False) as arrays:
            assert np.array_equal(to_uint8(arrays["images"]), samples(screen).images)
            assert np.array_equal(arrays["z"], draw(screen).z(len(arrays["z"]), 2))
            assert (arrays["seed"], arrays["temperature"]) == (1, 1.1)
            assert (arrays["session"], arrays["epoch"]) == (recorded_session.id, 4)


async def test_path_and_map_can_be_saved(
    recorded_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with sampler(recorded_session) as (screen, pilot):
        await pilot.press("space", "right", "space", "S")
        await until(pilot, lambda: path(screen).shown())
        await pilot.press("w")
        saved = tmp_path / f"{recorded_session.id}-epoch4-linear-path.npz"
        await until(pilot, saved.with_suffix(".gif").exists)
        with np.load(saved, allow_pickle=False) as arrays:
            assert (arrays["path"], arrays["seed"].tolist()) == ("linear", [0, 0])
            assert len(arrays["z"]) == len(path(screen).images)
        await pilot.press("m")
        await until(pilot, lambda: plane(screen).shown())
        await pilot.press("w")
        saved = tmp_path / f"{recorded_session.id}-epoch4-map.npz"
        await until(pilot, saved.exists)
        with np.load(saved, allow_pickle=False) as arrays:
            canvas = panes(screen).decoded.canvas
            assert len(arrays["images"]) == len(arrays["z"]) == canvas.across * canvas.down


async def test_a_folder_that_cannot_be_written_is_said(
    recorded_session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.setattr(Path, "cwd", lambda: folder)
    folder.rmdir()
    async with sampler(recorded_session) as (_, pilot):
        await pilot.press("w")
        await until(pilot, lambda: "Nothing was saved" in notices(pilot))
