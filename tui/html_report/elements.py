"""Make elements of a page, including images and tables."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element, tostring

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tui.text import one_line

_LONGEST_TEXT = 4000


def element(tag: str, *content: Element | str, **attributes: str) -> Element:
    """Make an element.

    Args:
        tag: its name.
        content: text, made one line without control characters, and elements, in order.
        attributes: by name; `_` stands for `-`, and a `_` at the end is dropped (`class_`).
    """
    made = Element(tag, {_attribute(name): one_line(v) for name, v in attributes.items()})
    last: Element | None = None
    for part in content:
        if isinstance(part, Element):
            made.append(part)
            last = part
        elif last is None:
            made.text = (made.text or "") + one_line(part, _LONGEST_TEXT)
        else:
            last.tail = (last.tail or "") + one_line(part, _LONGEST_TEXT)
    return made


def table(heads: Sequence[str], rows: Iterable[Sequence[str | Element]]) -> Element:
    """Make a table; columns after the first are right-aligned."""
    head = element("tr", *(element("th", title) for title in heads))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    return element("table", element("thead", head), element("tbody", *body))


def facts(values: Mapping[str, str]) -> Element:
    """Make a two-column table of names and values."""
    parts: list[Element] = []
    for name, value in values.items():
        parts += [element("dt", name), element("dd", value)]
    return element("dl", *parts)


def picture(pixels: NDArray[np.uint8], caption: str, *, scale: int = 2) -> Element:
    """Make an image with a caption, embedded as PNG.

    Args:
        pixels: (h, w) or (h, w, 3).
        caption: below the image.
        scale: pixels of the page per pixel of the image.
    """
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    image = element("img", alt=caption, width=str(pixels.shape[1] * scale))
    # Not by `one_line`, which shortens text.
    image.set("src", f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}")
    return element("figure", image, element("figcaption", caption))


def to_html(root: Element) -> str:
    """Return a page as text."""
    return "<!doctype html>\n" + tostring(root, encoding="unicode", method="html")


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-") if name != "viewBox" else name
