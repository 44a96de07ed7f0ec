"""Textual calls a message handler of every class in turn: none may call its base's handler too."""

import ast
from pathlib import Path

import tui


def test_no_handler_runs_that_of_its_base_twice() -> None:
    twice = [
        f"{path.name}:{node.lineno} {function.name}"
        for path in Path(tui.__file__).parent.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and function.name.startswith(("on_", "_on_"))
        and function.name != "on_event"  # What hands events to handlers, and no handler itself.
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == function.name
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "super"
    ]
    assert twice == []
