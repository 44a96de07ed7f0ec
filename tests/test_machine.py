"""What a machine decides for a session, threads and kernels, is recorded and used by every run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vae_engine import machine
from vae_engine.errors import SettingError
from vae_engine.machine import use_kernels, with_machine_settings
from vae_engine.settings import Settings, changed_settings
from vae_engine.sweeps.grid import make_grid

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


@pytest.fixture(autouse=True)
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which Linux describes the processors."""
    monkeypatch.delenv(VARIABLE, raising=False)
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(machine, "_CPU_INFO", path)
    return path


@pytest.mark.parametrize(
    ("flags", "kernels"),
    [
        ("flags\t\t: fpu sse4_2 avx avx2 bmi2\n", "onednn"),
        ("flags\t\t: fpu avx2 avx512f avx512_vnni\n", "onednn"),
        ("flags\t\t: fpu sse4_2 avx\n", "auto"),
        ("Features\t: fp asimd sve\n", "auto"),
        (None, "auto"),
    ],
)
def test_auto_takes_the_faster_kernels(processor: Path, flags: str | None, kernels: str) -> None:
    if flags is not None:
        processor.write_text(flags)
    settings = with_machine_settings(Settings())
    assert settings.kernels == kernels
    assert settings.threads > 0
    # What everyone has is not worth a word.
    assert "kernels" not in changed_settings(settings)


@pytest.mark.parametrize(("threads", "parts"), [(1, 1), (2, 2), (3, 3), (4, 4), (16, 4)])
def test_a_batch_has_a_part_per_thread_up_to_four(threads: int, parts: int) -> None:
    settings = with_machine_settings(Settings(threads=threads))
    assert settings.batch_parts == parts
    assert "batch_parts" not in changed_settings(settings)
    asked = with_machine_settings(Settings(threads=threads, batch_parts=5))
    assert changed_settings(asked)["batch_parts"] == 5
    with pytest.raises(SettingError, match="batch_parts 0 equals"):
        make_grid({"threads": (threads,), "batch_parts": (0, parts)})


@pytest.mark.parametrize("kernels", ["onednn", "eigen"])
def test_what_is_asked_for_stays(processor: Path, kernels: machine.Kernels) -> None:
    processor.write_text("flags : avx avx2 bmi2\n")
    settings = with_machine_settings(Settings(kernels=kernels, threads=3))
    assert (settings.kernels, settings.threads) == (kernels, 3)
    assert with_machine_settings(settings) == settings


@pytest.mark.parametrize(("value", "kernels"), [("0", "eigen"), ("1", "onednn"), ("", "auto")])
def test_who_has_set_tensorflows_variable_has_chosen(
    monkeypatch: pytest.MonkeyPatch, value: str, kernels: str
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert with_machine_settings(Settings()).kernels == kernels


@pytest.mark.parametrize(
    ("kernels", "inherited", "used"),
    [
        ("onednn", "0", "1"),
        ("eigen", "1", "0"),
        ("auto", "0", "0"),
        ("auto", None, None),
    ],
)
def test_a_run_uses_the_recorded_kernels_whatever_it_inherits(
    monkeypatch: pytest.MonkeyPatch,
    kernels: machine.Kernels,
    inherited: str | None,
    used: str | None,
) -> None:
    if inherited is not None:
        monkeypatch.setenv(VARIABLE, inherited)
    else:
        # Undone at the end, though the code under test sets it.
        monkeypatch.setenv(VARIABLE, "")
        monkeypatch.delenv(VARIABLE)
    use_kernels(kernels)
    assert os.environ.get(VARIABLE) == used


def test_a_sweep_refuses_two_values_that_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    with pytest.raises(SettingError, match="kernels auto equals eigen"):
        make_grid({"kernels": ("auto", "eigen")})


@pytest.mark.slow
def test_the_kernels_decide_the_bits() -> None:
    program = (
        "import sys; from vae_engine.machine import use_kernels; use_kernels(sys.argv[1])\n"
        "import tensorflow as tf\n"
        "tf.random.set_seed(1); x = tf.random.normal((64, 28, 28, 8))\n"
        "w = tf.random.normal((3, 3, 8, 16))\n"
        "with tf.GradientTape() as tape:\n"
        "    tape.watch(w); y = tf.reduce_sum(tf.nn.conv2d(x, w, 2, 'SAME') ** 2)\n"
        "print(hash(tape.gradient(y, w).numpy().tobytes()))\n"
    )

    def bits(kernels: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program, kernels],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert bits("onednn") == bits("onednn")
    assert bits("onednn") != bits("eigen")
