"""What the screen asks for: a class, an image's index, the path of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from textual.app import App

from tui.data_browser.model import Split
from tui.dialogs import LineScreen, NumberScreen
from vae_engine.errors import SettingError
from vae_engine.inspection.ranking import read_label


def ask_class(app: App[Any], split: Split, take: Callable[[int | None], None]) -> None:
    """Ask for a class of a split; None stands for all."""

    def read(text: str) -> int | None:
        labels = split.labels.astype(np.int64)
        return read_label(text, labels, split.names) if text.strip() else None

    def answered(text: str | None) -> None:
        if text is not None:
            take(read(text))

    hint = "a name or number; nothing shows all classes"
    app.push_screen(LineScreen("Class to show", "", check=read, hint=hint), answered)


def ask_index(app: App[Any], split: Split, here: int, take: Callable[[int], None]) -> None:
    """Ask for the index of an image of a split; `here` is the one under the cursor."""

    def answered(index: int | None) -> None:
        if index is not None:
            take(index)

    last = len(split.labels) - 1
    app.push_screen(NumberScreen("Index of the image", low=0, high=last, default=here), answered)


def ask_path(app: App[Any], take: Callable[[str], None]) -> None:
    """Ask for the path of images of one's own."""

    def check(text: str) -> None:
        if not text.strip() or not text.isprintable():
            raise SettingError("the path is empty: type that of an image or a folder")

    def answered(path: str | None) -> None:
        if path is not None:
            take(path.strip())

    hint = "an image, an array file or a folder; prepared as the session's images"
    app.push_screen(LineScreen("Images of your own", "", check=check, hint=hint), answered)
