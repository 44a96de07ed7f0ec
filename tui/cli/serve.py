"""`vae serve`: the app in a browser, by textual-serve, on this machine's own address only."""

from __future__ import annotations

import getpass
import os
import secrets
import shlex
import socket
import sys
from typing import TYPE_CHECKING

import click

from tui.cli.options import store_option
from tui.cli.output import say
from vae_engine.errors import SettingError
from vae_engine.sessions.store import SessionStore

if TYPE_CHECKING:
    from aiohttp import web
    from textual_serve.server import Server

_HOST = "localhost"
_DEFAULT_PORT = 8000
_TOKEN_BYTES = 16


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=_DEFAULT_PORT,
    show_default=True,
    metavar="N",
    help="port of this machine",
)
@store_option
def serve(store: SessionStore, port: int) -> None:
    """Show the app in a browser, also through an ssh tunnel.

    Prints a secret address: whoever has it can use the app. Ctrl+C stops the server, not the runs.
    """
    command = [sys.executable, "-P", "-m", "vae_workbench", "--sessions-dir", str(store.root)]
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    server = make_server(shlex.join(command), port, token)
    _check_free(port)
    address = f"http://{_HOST}:{port}/?token={token}"
    say(f"the app is at {address}")
    tunnel = f"ssh -L {port}:{_HOST}:{port} {getpass.getuser()}@{socket.gethostname()}"
    say(f"from another machine, run `{tunnel}` there and open the same address")
    server.serve()


def make_server(command: str, port: int, token: str) -> Server:
    """Make a server that runs a command for each browser that knows the token.

    Without a token, every user of this machine could use the app, and so could every page that is
    open in the browser: a web socket may be opened from any of them.

    Raises:
        SettingError: textual-serve is not installed.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ImportError as error:
        raise SettingError(
            f"{error.name} is missing: install it with `pip install 'vae-workbench[web]'`"
        ) from None

    # Cookies belong to a host, regardless of the port.
    cookie, own_origin = f"vae-{port}", f"http://{_HOST}:{port}"

    class TokenServer(Server):
        """Admits requests with the token, and sets a cookie for the web socket."""

        async def on_startup(self, app: web.Application) -> None:
            """Print nothing, since the address is already printed."""

        async def handle_index(self, request: web.Request) -> web.StreamResponse:
            """Return the page."""
            if not _is_equal(request.query.get("token") or request.cookies.get(cookie), token):
                raise web.HTTPForbidden(text="Open the address that `vae serve` printed.")
            response: web.StreamResponse = await super().handle_index(request)
            response.set_cookie(cookie, token, httponly=True, samesite="Strict")
            return response

        async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
            """Run the app for this page."""
            origin = request.headers.get("Origin", own_origin)
            if origin != own_origin or not _is_equal(request.cookies.get(cookie), token):
                raise web.HTTPForbidden(text="Open the address that `vae serve` printed.")
            return await super().handle_websocket(request)

    return TokenServer(command, host=_HOST, port=port, title="vae")


def _is_equal(given: str | None, token: str) -> bool:
    return given is not None and secrets.compare_digest(given.encode(), token.encode())


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            why = os.strerror(error.errno or 0).lower()
            raise SettingError(f"port is {port}: {why}, choose another with `--port`") from None


COMMANDS = {"serve": serve}
