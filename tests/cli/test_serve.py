"""`vae serve` shows the app to the browser that has the token, and to nobody else."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.cli.conftest import Vae
from tests.cli.terminal import VAE

_SECONDS = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Served:
    """A server and the address that it printed."""

    port: int
    token: str

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    environment = {**os.environ, "HOME": str(folder), "VAE_SESSIONS": str(folder / "sessions")}
    for _ in range(5):
        port = free_port()
        with subprocess.Popen(
            [VAE, "serve", "--port", str(port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            cwd=folder,
        ) as process:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            token = address.partition("token=")[2]
            if address and is_admitted(process, address):
                assert f"http://localhost:{port}/?token=" in address
                assert f"ssh -L {port}:localhost:{port} " in process.stdout.readline()
                yield Served(port, token)
                process.terminate()
                process.communicate(timeout=_SECONDS)
                return
            process.kill()
    pytest.fail("every port was taken by others")


def is_admitted(process: subprocess.Popen[str], address: str) -> bool:
    """Whether the server answers at the address that it printed: others may take its port first."""
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address.rpartition(" ")[2]) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False  # Of another server.
        except OSError:
            time.sleep(0.05)
    return False


async def answering(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientResponse:
    """The answer, as soon as the server listens."""
    async with asyncio.timeout(_SECONDS):
        while True:
            try:
                return await session.get(url)
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


async def test_the_token_opens_the_app_and_its_keys(served: Served) -> None:
    async with aiohttp.ClientSession() as browser:
        page = await answering(browser, f"{served.origin}/?token={served.token}")
        assert page.status == 200
        found = re.search(r"ws://[^\"']+", await page.text())
        assert found is not None
        # Reloading needs no token.
        assert (await browser.get(served.origin)).status == 200
        async with (
            asyncio.timeout(_SECONDS),
            browser.ws_connect(f"{found[0]}?width=100&height=30", origin=served.origin) as app,
        ):
            shown = b""
            async for message in app:
                if message.type is aiohttp.WSMsgType.BINARY:
                    shown += message.data
                if b"No sessions yet" in shown or b"Train a first model" in shown:
                    break
            await app.send_json(["stdin", "q"])
            async for _ in app:
                pass
            assert app.closed


@pytest.mark.parametrize("token", ["", "?token=", "?token=wrong", "?token=%E2%82%AC"])
async def test_without_the_token_there_is_nothing(served: Served, token: str) -> None:
    async with aiohttp.ClientSession() as browser:
        page = await answering(browser, f"{served.origin}/{token}")
        assert page.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await browser.ws_connect(f"{served.origin}/ws")


async def test_another_page_of_the_same_browser_gets_nothing(served: Served) -> None:
    async with aiohttp.ClientSession() as browser:
        await answering(browser, f"{served.origin}/?token={served.token}")
        for origin in ("http://evil.example", "http://localhost:1", "null"):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await browser.ws_connect(f"{served.origin}/ws", origin=origin)


def test_a_port_that_is_taken_is_one_line(vae: Vae) -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = vae("serve", "--port", port).error(2)
    assert f"port is {port}: address already in use" in line
    assert "--port" in line


def test_without_textual_serve_it_says_how_to_get_it(
    vae: Vae, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert "[web]" in vae("serve").error(2)
    assert not list(Path().iterdir())
