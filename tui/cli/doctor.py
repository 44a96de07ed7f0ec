"""`vae doctor`: check terminal, machine and installation, for users and for fault reports."""

from __future__ import annotations

import os
import sys
import textwrap
from itertools import groupby

import click
import msgspec

from tui.cli.checks import CheckResult, check_installation
from tui.cli.options import json_option, store_option
from tui.cli.output import Column, is_terminal, say, table, table_width
from tui.text import one_line
from vae_engine.sessions.store import SessionStore

_FOUND_PROBLEM = 1
_NAME_WIDTH = 14


@click.command()
@click.option("--keys", is_flag=True, help="list the actions of the app with their ids and keys")
@json_option
@store_option
@click.pass_context
def doctor(context: click.Context, store: SessionStore, keys: bool, as_json: bool) -> None:
    """Check terminal, machine and installation, and say what to do.

    Exits with 1 if something prevents training. Attach the output to a bug report.
    """
    if keys:
        _list_keys(as_json=as_json)
        return
    found = []
    for section, results in groupby(
        check_installation(store.root), key=lambda result: result.section
    ):
        if not as_json:
            say(section)
        for result in results:
            found.append(result)
            if not as_json:
                _tell(result)
        if section == "terminal" and not as_json and is_terminal():
            _draw_card()
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    if any(result.prevents for result in found):
        context.exit(_FOUND_PROBLEM)


def _tell(result: CheckResult) -> None:
    indent = " " * (_NAME_WIDTH + 2)
    width = max(2 * len(indent), table_width())
    for line in textwrap.wrap(
        one_line(result.value),
        width,
        initial_indent=f"  {result.name:{_NAME_WIDTH}}",
        subsequent_indent=indent,
    ):
        say(line)
    for line in textwrap.wrap(
        one_line(result.advice),
        width,
        initial_indent=f"{indent}-> ",
        subsequent_indent=f"{indent}   ",
    ):
        say(line)


def _draw_card() -> None:
    from tui.cli.terminal_card import card
    from tui.rendering.ansi import to_ansi
    from tui.terminal.detection import stream_depth

    depth = stream_depth(sys.stdout, os.environ)
    sys.stdout.write(to_ansi(card(depth), depth))
    say("  Boxes or question marks in a row: choose coarser glyphs in the app (Ctrl+P, Glyphs).")


def _list_keys(*, as_json: bool) -> None:
    from tui.key_list import actions

    found = actions()
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    columns = (Column("ID"), Column("KEYS"), Column("ACTION", least=8))
    rows = [(action.id, action.keys, action.name) for action in found]
    for line in table(columns, rows, table_width()):
        say(line)


COMMANDS = {"doctor": doctor}
