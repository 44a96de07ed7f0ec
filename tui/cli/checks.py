"""Checks of `vae doctor`: terminal, machine and installation."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from tui.cli.logout import logout_warning
from tui.cli.screen import app_obstacle
from tui.key_list import keymap_problems
from tui.preferences import preferences_file, read_preferences
from tui.terminal.charset import is_unicode, locale_name
from tui.terminal.detection import stream_depth
from tui.terminal.link import LINK_VARIABLE, is_slow
from tui.text import size_text
from vae_engine.dataset_names import NAMED_DATASETS
from vae_engine.datasets import cache
from vae_engine.datasets.keras_cache import is_available
from vae_engine.machine import compared_versions, memory_room, module_command, usable_processors

_TENSORFLOW_SECONDS = 120
_LEAST_MEMORY, _LEAST_DISK = 2 * 10**9, 10**9
_VERSIONS = ("textual", "rich", "plotext", "click", "pillow", "h5py")


class CheckResult(msgspec.Struct, frozen=True):
    """The result of one check.

    Attributes:
        section: `terminal`, `machine`, `data` or `installation`.
        name: of the check.
        value: its result.
        advice: what to do; empty if nothing.
        prevents: what does not work until then, such as `training`; empty if everything works.
    """

    section: str
    name: str
    value: str
    advice: str = ""
    prevents: str = ""


def check_installation(sessions: Path) -> Iterator[CheckResult]:
    """Yield the results one by one; importing TensorFlow takes some seconds.

    Args:
        sessions: the folder of sessions, which need not exist.
    """
    yield from _terminal(os.environ)
    yield from _machine()
    yield from _data(sessions)
    yield from _installation()


def _terminal(environ: Mapping[str, str]) -> Iterator[CheckResult]:
    obstacle = app_obstacle()
    yield CheckResult(
        "terminal", "app", "opens" if not obstacle else "does not open here", obstacle
    )
    term = " ".join(f"{name}={environ[name]}" for name in ("TERM", "COLORTERM") if name in environ)
    depth = stream_depth(sys.stdout, environ)
    advice = ""
    if depth in ("16", "256"):
        advice = "if the terminal has 24-bit colours: `export COLORTERM=truecolor`; ssh drops it"
    yield CheckResult("terminal", "type", term or "TERM is not set")
    yield CheckResult("terminal", "colours", str(depth), advice)
    size = shutil.get_terminal_size()
    yield CheckResult("terminal", "size", f"{size.columns}x{size.lines}", _size_advice(*size))
    encoding = sys.stdout.encoding
    unicode = is_unicode(environ, encoding)
    yield CheckResult(
        "terminal",
        "characters",
        f"{encoding}, locale {locale_name(environ) or 'none'}",
        "" if unicode else "for block images: `export LC_ALL=C.UTF-8`",
    )
    preferences, damage = read_preferences(preferences_file())
    yield CheckResult("terminal", "glyphs", preferences.glyphs)
    yield CheckResult("terminal", "inside", *_multiplexer(environ))
    chosen = {**environ, LINK_VARIABLE: environ.get(LINK_VARIABLE) or preferences.link}
    yield CheckResult(
        "terminal", "link", "slow: few bytes" if is_slow(chosen) else "fast: all colours"
    )
    for problem in filter(None, [damage, *keymap_problems(preferences.keys)]):
        yield CheckResult("terminal", "preferences", problem, f"correct {preferences_file()}")


def _size_advice(columns: int, rows: int) -> str:
    from tui.screen import too_small

    return too_small(columns, rows)


def _multiplexer(environ: Mapping[str, str]) -> tuple[str, str]:
    """Report a multiplexer, and what to set in it."""
    if environ.get("TMUX"):
        return "tmux", "in ~/.tmux.conf: `set -sg escape-time 10`, `set -g set-clipboard on`"
    if environ.get("STY"):
        return "GNU screen", "in ~/.screenrc: `altscreen on`, `term screen-256color`"
    return "no tmux or screen", ""


def _machine() -> Iterator[CheckResult]:
    yield CheckResult(
        "machine", "system", f"{platform.platform()}, Python {platform.python_version()}"
    )
    usable, load = usable_processors(), os.getloadavg()[0]
    yield CheckResult(
        "machine",
        "processors",
        f"{usable} of {os.cpu_count()} usable, load {load:.1f}",
        "other programs use them: training is slower" if load > usable else "",
    )
    available, total = memory_room()
    yield CheckResult(
        "machine",
        "memory",
        f"{size_text(available)} available of {size_text(total)}",
        "a worker needs about 1G besides its images" if available < _LEAST_MEMORY else "",
    )
    warning = logout_warning()
    yield CheckResult("machine", "logout", "ends runs" if warning else "runs continue", warning)


def _installation() -> Iterator[CheckResult]:
    from importlib.metadata import PackageNotFoundError, version

    found = compared_versions()
    for name in _VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    shown = ", ".join(f"{name} {number}" for name, number in found.items() if name != "python")
    yield CheckResult("installation", "packages", shown)
    yield CheckResult("installation", "program", sys.executable)
    yield tensorflow_result(module_command("vae_engine.training.build"))


def tensorflow_result(command: list[str]) -> CheckResult:
    """Import TensorFlow in a separate process, and report its devices.

    Args:
        command: prints what `vae_engine.training.build` does.
    """
    advice, prevents = "install vae-workbench again, into an environment of its own", "training"
    environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=environ,
            timeout=_TENSORFLOW_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        why = f"was not imported within {_TENSORFLOW_SECONDS} s"
        return CheckResult("installation", "tensorflow", why, advice, prevents)
    if done.returncode != 0:
        text = done.stderr.strip().splitlines()
        why = text[-1] if text else f"its import ended with code {done.returncode}"
        return CheckResult("installation", "tensorflow", why, advice, prevents)
    build = json.loads(done.stdout.splitlines()[-1])
    gpus = ", ".join(build["gpus"]) or "no GPU"
    hint = ""
    if not build["gpus"] and shutil.which("nvidia-smi"):
        hint = "there is an NVIDIA driver, but TensorFlow sees no GPU: see tensorflow.org/install"
    return CheckResult("installation", "tensorflow", f"{build['version']}, {gpus}", hint)


def _data(sessions: Path) -> Iterator[CheckResult]:
    here = [name for name in NAMED_DATASETS if is_available(name)]
    missing = [name for name in NAMED_DATASETS if name not in here]
    text = f"{', '.join(here)} here"
    if missing:
        text += f"; downloaded when first used: {', '.join(missing)}"
    yield CheckResult("data", "datasets", text)
    entries = cache.entries()
    size = sum(entry.bytes for entry in entries)
    yield CheckResult("data", "image cache", f"{size_text(size)} in {cache.cache_folder()}")
    yield _folder_finding(sessions.absolute())


def _folder_finding(folder: Path) -> CheckResult:
    """Report whether sessions can be written, and the free space."""
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return CheckResult(
            "data",
            "sessions",
            f"{folder}: {error.strerror}",
            "choose another folder: `--sessions-dir P` or `export VAE_SESSIONS=P`",
            "training",
        )
    few = "a session takes 10 to 100M: free some space" if free < _LEAST_DISK else ""
    return CheckResult("data", "sessions", f"{folder}, {size_text(free)} free", few)
