"""Private parts of libraries: used in one module each, and the app works without them."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.test_project_rules import light_modules
from tui.terminal import textual_internals

ROOT = Path(__file__).parents[1]
OWN = ("tui", "vae_engine")
INTERNALS = {"textual": "tui/terminal/textual_internals.py"}
"""The one module for each library."""

# What libraries do not document, whatever its name: also in one module only.
UNDOCUMENTED = ("tensorflow.python", "tensorflow.core", "keras.src", "keras._tf_keras", "ray.dag")
# A leading underscore, but documented.
DOCUMENTED = {"os._exit"}
# Of named tuples.
DOCUMENTED_OF_ALL = {"_asdict", "_fields", "_make", "_replace"}
# Attributes of libraries that are documented as theirs to set.
SETTABLE = {"sys.__stderr__", "tempfile.tempdir", "ScrollBar.renderer"}


def modules() -> list[Path]:
    kept = {ROOT / path for path in INTERNALS.values()}
    return [
        path
        for package in OWN
        for path in sorted((ROOT / package).rglob("*.py"))
        if path not in kept
    ]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def self_attributes(tree: ast.AST) -> set[str]:
    """What a class defines itself: methods, class variables, attributes of self."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.id if isinstance(node, ast.Name) else node.attr)
    return names


Classes = dict[str, tuple[set[str], list[str]]]
"""The names that each class defines, and the names of its bases."""


def classes_of(tree: ast.Module) -> Classes:
    return {
        node.name: (
            self_attributes(node),
            [ast.unparse(base).partition("[")[0] for base in node.bases],
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }


@cache
def own_classes() -> Classes:
    found: Classes = {}
    for path in modules():
        found |= classes_of(ast.parse(path.read_text()))
    return found


def known_to(name: str, classes: Classes) -> set[str]:
    """What a class of ours and those of ours that it is made of define."""
    names, bases = classes.get(name, (set(), []))
    return names.union(*(known_to(base, classes) for base in bases if base != name))


def foreign_names(tree: ast.Module) -> set[str]:
    """Names that a module imports from libraries."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith(OWN):
            names |= {one.asname or one.name for one in node.names}
    return names


def uses(source: str) -> Iterator[str]:
    """The private parts of libraries that a module uses."""
    tree = ast.parse(source)
    foreign, classes = foreign_names(tree), own_classes() | classes_of(tree)
    inside: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            inside |= dict.fromkeys(ast.walk(node), node.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node)
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node, inside.get(node), foreign, classes)
        elif isinstance(node, ast.Call):
            yield from _by_name(node)


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    module = node.module if isinstance(node, ast.ImportFrom) else None
    for one in node.names:
        name = f"{module}.{one.name}" if module else one.name
        if name.startswith(("__future__", *OWN)):
            continue
        if any(map(is_private, name.split("."))) or name.startswith(UNDOCUMENTED):
            yield name


def _attribute(
    node: ast.Attribute, inside: str | None, foreign: set[str], classes: Classes
) -> Iterator[str]:
    name = ast.unparse(node)
    owner = ast.unparse(node.value)
    if isinstance(node.ctx, ast.Store) and owner in foreign:
        # Another value for an attribute of a library.
        if name not in SETTABLE:
            yield name
    elif not is_private(node.attr) or name in DOCUMENTED or node.attr in DOCUMENTED_OF_ALL:
        return
    elif owner not in ("self", "cls"):
        # Of a class of ours, within the class itself.
        if inside is None or owner != inside:
            yield name
    elif inside is not None and node.attr not in known_to(inside, classes):
        yield f"{inside}.{name}"


def _by_name(node: ast.Call) -> Iterator[str]:
    called = ast.unparse(node.func)
    if called in ("getattr", "setattr", "hasattr", "delattr", "object.__setattr__"):
        name = node.args[1]
        if isinstance(name, ast.Constant) and str(name.value).startswith("_"):
            yield ast.unparse(node)
    elif called.endswith("import_module") and isinstance(node.args[0], ast.Constant):
        yield from filter(is_private, str(node.args[0].value).split("."))


@pytest.mark.parametrize(
    "source",
    [
        "from textual._xterm_parser import XTermParser",
        "from asyncio import _get_running_loop",
        "import ray._private.state",
        "from keras.src.layers import Dense",
        "from importlib import import_module\nimport_module('textual._compositor')",
        "def f(app):\n    return app._driver",
        "import asyncio\nasyncio._get_running_loop()",
        "getattr(screen, '_compositor', None)",
        "setattr(screen, '__watchers', {})",
        "from textual.app import App\nclass A(App):\n    def f(self):\n        return self._exit",
        "from textual.app import App\nApp.exit = None",
        "import plotext\nplotext.build = None",
        "import plotext\nplotext._core.figure",
        "class A(App):\n    def f(self):\n        return super()._handle_exception(None)",
    ],
)
def test_the_search_finds_a_private_part(source: str) -> None:
    assert list(uses(source))


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def f(self):\n        self._x = 1\n        return self._x",
        "import os\nos._exit(1)",
        "class A:\n    _made = 0\n    def f(self):\n        A._made += 1",
        "type(self).__name__",
        "from vae_engine.x import _y",
    ],
)
def test_the_search_leaves_our_own_alone(source: str) -> None:
    assert not list(uses(source))


def test_nothing_else_uses_private_parts_of_libraries() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {use}" for path in modules() for use in uses(path.read_text())
    ]
    assert not found, "\n".join(found)


def test_the_tests_use_private_parts_of_textual_in_one_module() -> None:
    """But for the cache of style sheets in `conftest.py`."""
    one = ROOT / "tests" / "tui" / "textual_internals.py"
    private = {use.rpartition(".")[2] for use in uses(one.read_text())}
    assert private > {"_compositor", "_notifications", "FooterKey"}
    found = [
        f"{path.relative_to(ROOT)}: {use}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path != one
        for use in uses(path.read_text())
        if use.startswith("textual.") or use.rpartition(".")[2] in private
    ]
    assert not found, "\n".join(found)


def test_no_class_of_ours_takes_a_private_name_of_its_library() -> None:
    """What both name alike overrides a part of the library, on purpose or not."""
    clashes = set()
    for name in light_modules():
        if name.endswith("__main__") or name == "tui.terminal.textual_internals":
            continue
        ours_and_theirs: list[Any] = list(vars(importlib.import_module(name)).values())
        for one in ours_and_theirs:
            if isinstance(one, type) and one.__module__ == name:
                ours = {attribute for attribute in _written(one) if is_private(attribute)}
                for base in one.__mro__[1:]:
                    if base.__module__.partition(".")[0] not in (*OWN, *sys.stdlib_module_names):
                        clashes |= {
                            f"{name}.{one.__name__}.{attribute} is {base.__qualname__}'s"
                            for attribute in ours & _written(base)
                        }
    assert not clashes, "\n".join(sorted(clashes))


@cache
def _written(one: Any) -> set[str]:
    """The names of methods, and those that are assigned to self, in a class's source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(one))).body[0]
    except (OSError, TypeError):
        return set(vars(one))
    assert isinstance(tree, ast.ClassDef)
    names = {getattr(node, "name", "") for node in tree.body}
    return names | {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and ast.unparse(node.value) == "self"
    }


@pytest.mark.parametrize("part", textual_internals.PARTS, ids=lambda part: part.name)
def test_this_textual_has_the_part(part: textual_internals.PrivatePart) -> None:
    assert not part.is_missing, (
        f"Textual no longer has {part.name}, which {part.purpose}. Without it {part.without}: "
        "find its new place in tui/terminal/textual_internals.py"
    )
