"""`docs/questions.md`: each question has keys that exist and commands that can be typed."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

import click
import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from tui.app import WorkbenchApp
from tui.cli.main import cli
from tui.dashboard.screen import DashboardScreen
from tui.data_browser.pair_grid import PairGrid
from tui.data_browser.screen import DataBrowserScreen
from tui.sampler.latent_map import LatentMap
from tui.sampler.latent_vector import LatentVector
from tui.sampler.map_legend import Legend
from tui.sampler.sample_grid import SampleGrid
from tui.sampler.screen import SamplerScreen
from tui.sampler.traversal import TraversalGrid
from tui.sampler.views import PathView
from tui.session_list.compare import CompareScreen
from tui.session_list.screen import SessionsScreen
from tui.session_list.table import SessionRows
from tui.side_by_side.rates import RatesScreen
from tui.side_by_side.row_grid import RowGrid
from tui.side_by_side.screen import SideBySideScreen
from tui.sweeps.screen import SweepScreen
from tui.widgets.chart import LossChart

PAGE = Path(__file__).parents[1] / "docs" / "questions.md"
TEXT = PAGE.read_text(encoding="utf-8")
SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
QUESTIONS: dict[str, str] = dict(SECTION.findall(TEXT))

# Where keys are pressed: the widgets and the screen that have them.
PLACES: dict[str, tuple[type[DOMNode], ...]] = {
    "list": (SessionsScreen, SessionRows),
    "dashboard": (DashboardScreen,),
    "chart": (LossChart,),
    "comparison": (CompareScreen,),
    "sweep": (SweepScreen,),
    "images": (DataBrowserScreen, PairGrid),
    "sampler": (SamplerScreen, SampleGrid),
    "traversal": (TraversalGrid, SamplerScreen),
    "path": (PathView, SamplerScreen),
    "side by side": (SideBySideScreen, RowGrid),
    "rates": (RatesScreen,),
    "map": (LatentMap, SamplerScreen),
    "legend": (Legend,),
    "z": (LatentVector, SamplerScreen),
}
KEYS = {
    "←": "left",
    "→": "right",
    "↑": "up",
    "↓": "down",
    "Esc": "escape",
    "PgDn": "pagedown",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    ",": "comma",
    ".": "full_stop",
    "+": "plus",
    "-": "minus",
    "/": "slash",
    ">": "greater_than_sign",
    "*": "asterisk",
}


def keys_of(*kinds: type[DOMNode]) -> set[str]:
    """All keys of some classes and those they derive from, and of the app."""
    found = set()
    every: tuple[type[DOMNode], ...] = (*kinds, WorkbenchApp)
    for kind in every:
        for base in inspect.getmro(kind):
            for binding in base.__dict__.get("BINDINGS", ()):
                keys = binding.key if isinstance(binding, Binding) else binding[0]
                found |= {key.strip() for key in keys.split(",")}
    return found


def commands(body: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", body, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_keys_that_exist(question: str) -> None:
    assert question.endswith("?")
    told = re.search(r"^\*\*Keys:\*\* (.*?)\n\n", QUESTIONS[question], re.DOTALL | re.MULTILINE)
    assert told, "a line with **Keys:**"
    for part in " ".join(told[1].split()).split("; "):
        place, *keys = re.findall(r"^\w[\w ]*?(?= `)|`[^`]+`", part)
        assert keys, part
        for key in keys:
            name = key.strip("`")
            spelt = KEYS.get(name, name.lower() if len(name) > 1 else name)
            assert spelt in keys_of(*PLACES[place]), f"{place} has no key {name}"


@pytest.mark.parametrize("command", commands(TEXT))
def test_a_command_can_be_typed(command: str) -> None:
    words = shlex.split(command.partition("  #")[0])
    assert words.pop(0) == "vae"
    # A command keeps the help option that its first context has.
    context = click.Context(cli, **cli.context_settings)
    found: click.Command | None = cli
    while isinstance(found, click.Group):
        found = found.get_command(context, words.pop(0))
    assert found is not None
    found.make_context(found.name, words, parent=context)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_a_command_and_its_pictures_exist(question: str) -> None:
    body = QUESTIONS[question]
    assert commands(body)
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", body)
    assert pictures
    for picture in pictures:
        assert (PAGE.parent / picture).is_file(), picture
