"""Detect whether logout ends a user's processes: systemd's KillUserProcesses."""

from __future__ import annotations

import getpass
import re
import shutil
import subprocess
from pathlib import Path

_SESSION_SCOPE = re.compile(r"/session-[^/]+\.scope")
_SECONDS = 2.0
_ADVICE = (
    "systemd ends this run when you log out (KillUserProcesses=yes): "
    "start it as `systemd-run --user --scope vae train ...`, after `loginctl enable-linger`"
)


def logout_warning(cgroup: Path = Path("/proc/self/cgroup")) -> str:
    """Return a warning if a logout would end processes started here, else "".

    Args:
        cgroup: Linux's file with the control groups of this process.
    """
    try:
        inside = _SESSION_SCOPE.search(cgroup.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""  # Not Linux, so no systemd.
    if inside is None or _login_property("KillUserProcesses") != "b true":
        return ""
    only, excluded = _login_property("KillOnlyUsers"), _login_property("KillExcludeUsers")
    user = f'"{_user()}"'
    is_spared = user in excluded or ('"' in only and user not in only)
    return "" if is_spared else _ADVICE


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A user id without a name.
        return ""


def _login_property(name: str) -> str:
    """Return a property of systemd's login manager from `busctl`; empty if missing."""
    busctl = shutil.which("busctl")
    if busctl is None:
        return ""
    place = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
    try:
        done = subprocess.run(
            [busctl, "get-property", *place, name],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
