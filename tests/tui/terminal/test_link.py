from __future__ import annotations

import pytest

from tui.terminal.link import is_slow


@pytest.mark.parametrize(
    ("environ", "slow"),
    [
        ({}, False),
        ({"SSH_CONNECTION": "a 1 b 2"}, True),
        ({"SSH_TTY": "/dev/pts/1"}, True),
        ({"SSH_TTY": ""}, False),
        ({"VAE_LINK": "slow"}, True),
        ({"VAE_LINK": "fast", "SSH_TTY": "/dev/pts/1"}, False),
        ({"VAE_LINK": "auto", "SSH_TTY": "/dev/pts/1"}, True),
        ({"VAE_LINK": "auto"}, False),
        ({"VAE_LINK": "", "SSH_TTY": "/dev/pts/1"}, True),
    ],
)
def test_ssh_and_the_setting_tell_of_the_link(environ: dict[str, str], slow: bool) -> None:
    assert is_slow(environ) is slow
