"""Mutations of the files of a session folder, drawn by hypothesis."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st

from vae_engine.sessions import layout

_PLACEHOLDER = "@raw@"
_SPARSE = 256 * 2**20
_MOST_LINES = 64 * 2**20

# JSON as no encoder would write it: beyond floats and integers, deeper than any stack.
RAW = {
    "infinite": b"1e999",
    "not a number": b"NaN",
    "endless integer": b"9" * 5000,
    "endless fraction": b"0." + b"3" * 5000,
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "half a pair": rb'"\ud800"',
    "raw control": b'"\x1b[2J"',
    "no UTF-8": b'"\xff\xfe"',
    "two at once": b'1, "schema": 1',
}
numbers = st.sampled_from(
    [-1, 0, 1, 2, 2**31, 2**53, 2**53 + 1, 2**64 - 1, -(2**63), 1e308, -1e308, 1e-320, 0.5, 1e11]
)
foreign_text = st.sampled_from(
    [
        "",
        "\x1b[2J\x1b]52;c;cHduZWQ=\x07",
        "\u202egnp",
        "[bold]x[/bold]",
        "../../etc",
        "\x00",
        "x" * 2**18,
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | foreign_text | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=6,
)


@dataclass(frozen=True)
class Mutation:
    """One change to a file, or a folder, below a session's folder."""

    kind: str
    name: str
    details: tuple[Any, ...] = ()

    def apply(self, folder: Path) -> None:
        """Do it; what an earlier mutation took away is left alone."""
        path = folder / self.name
        if os.path.lexists(path):
            if self.kind == "swap":
                _swap(path, *(folder / other for other in self.details))
            else:
                _KINDS[self.kind](path, *self.details)


def mutations(folder: Path) -> st.SearchStrategy[Mutation]:
    """One change to any file of this session."""
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    folders = sorted(path.name for path in folder.iterdir() if path.is_dir())
    records = [name for name in names if name.endswith(".json")]
    logs = [name for name in names if name == layout.EVENTS]
    # Small records decide most, so they are drawn as often as all the others together.
    name = st.sampled_from(names) | st.sampled_from([*records, *logs])
    at, junk = st.floats(0, 1), st.binary(min_size=1, max_size=80)
    flips = st.lists(st.tuples(at, st.integers(1, 255)), min_size=1, max_size=8)
    return st.one_of(
        _mutation("flip", name, flips),
        _mutation("cut", name, at),
        _mutation("insert", name, at, junk),
        _mutation("overwrite", name, at, junk),
        _mutation(
            "replace", name, junk | st.sampled_from([b"\0" * 5000, b"[" * 2**19, b" " * 2**21])
        ),
        _mutation("swap", name, name),
        _mutation("special", name | st.sampled_from(folders), st.sampled_from(sorted(_SPECIALS))),
        _mutation("sparse", name),
        _mutation(
            "value", st.sampled_from(records), st.lists(st.integers(0, 30), max_size=4), json_values
        ),
        _mutation(
            "raw",
            st.sampled_from(records),
            st.lists(st.integers(0, 30), max_size=4),
            st.sampled_from(sorted(RAW)),
        ),
        _mutation(
            "field",
            st.sampled_from(records),
            st.sampled_from(["schema", "colour", "settings", "id"]),
            json_values,
        ),
        _mutation(
            "event",
            st.sampled_from(logs),
            at,
            st.lists(st.integers(0, 30), max_size=3),
            json_values,
        ),
        _mutation(
            "raw event",
            st.sampled_from(logs),
            at,
            st.lists(st.integers(0, 30), max_size=3),
            st.sampled_from(sorted(RAW)),
        ),
        _mutation("lines", st.sampled_from(logs), st.sampled_from(sorted(_ORDERS))),
        _mutation(
            "header",
            st.sampled_from([one for one in names if one.endswith(".npz")]),
            st.sampled_from(_SHAPES),
        ),
    )


def _mutation(
    kind: str, name: st.SearchStrategy[str], *details: st.SearchStrategy[Any]
) -> st.SearchStrategy[Mutation]:
    return st.builds(Mutation, st.just(kind), name, st.tuples(*details))


def _flip(path: Path, flips: Sequence[tuple[float, int]]) -> None:
    data = bytearray(_read(path))
    for at, mask in flips if data else ():
        data[int(at * (len(data) - 1))] ^= mask
    _write(path, data)


def _cut(path: Path, at: float) -> None:
    data = _read(path)
    _write(path, data[: int(at * len(data))])


def _insert(path: Path, at: float, junk: bytes) -> None:
    data = _read(path)
    middle = int(at * len(data))
    _write(path, data[:middle] + junk + data[middle:])


def _overwrite(path: Path, at: float, junk: bytes) -> None:
    data = _read(path)
    start = int(at * len(data))
    _write(path, data[:start] + junk + data[start + len(junk) :])


def _swap(path: Path, other: Path) -> None:
    if other != path and os.path.lexists(other):
        aside = path.with_name("aside")
        path.rename(aside)
        other.rename(path)
        aside.rename(other)


def _special(path: Path, what: str) -> None:
    aside = path.parent.parent / "elsewhere"
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)
    else:
        path.unlink()
    _SPECIALS[what](path)


def _sparse(path: Path) -> None:
    if path.is_file():
        os.truncate(path, path.stat().st_size + _SPARSE)


def _value(path: Path, way: Sequence[int], value: Any) -> None:
    _write(path, _encoded(_changed(_decoded(_read(path)), way, value)))


def _raw(path: Path, way: Sequence[int], token: str) -> None:
    data = _encoded(_changed(_decoded(_read(path)), way, _PLACEHOLDER))
    _write(path, data.replace(f'"{_PLACEHOLDER}"'.encode(), RAW[token]))


def _field(path: Path, name: str, value: Any) -> None:
    record = _decoded(_read(path))
    _write(path, _encoded({**(record if isinstance(record, dict) else {}), name: value}))


def _event(path: Path, at: float, way: Sequence[int], value: Any) -> None:
    _change_line(path, at, lambda line: _encoded(_changed(_decoded(line), way, value)))


def _raw_event(path: Path, at: float, way: Sequence[int], token: str) -> None:
    def change(line: bytes) -> bytes:
        data = _encoded(_changed(_decoded(line), way, _PLACEHOLDER))
        return data.replace(f'"{_PLACEHOLDER}"'.encode(), RAW[token])

    _change_line(path, at, change)


def _change_line(path: Path, at: float, change: Callable[[bytes], bytes]) -> None:
    lines = _read(path).splitlines() or [b"{}"]
    number = int(at * (len(lines) - 1))
    lines[number] = change(lines[number])
    _write(path, b"\n".join(lines) + b"\n")


def _lines(path: Path, order: str) -> None:
    _write(path, b"".join(_ORDERS[order](_read(path).splitlines(keepends=True))))


def _header(path: Path, shape: bytes) -> None:
    """Let every array of an archive tell this shape, with checksums that fit."""
    try:
        with zipfile.ZipFile(io.BytesIO(_read(path))) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:
        return
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(
                name, re.sub(rb"'shape': \([^)]*\)", b"'shape': " + shape, data, count=1)
            )
    _write(path, packed.getvalue())


def _changed(value: Any, way: Sequence[int], new: Any) -> Any:
    """The value with the part that `way` leads to replaced."""
    if way and isinstance(value, dict) and value:
        key = sorted(value)[way[0] % len(value)]
        return {**value, key: _changed(value[key], way[1:], new)}
    if way and isinstance(value, list) and value:
        at = way[0] % len(value)
        return [*value[:at], _changed(value[at], way[1:], new), *value[at + 1 :]]
    return new


def _decoded(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def _encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)


def _read(path: Path) -> bytes:
    """A file's content; none of what an earlier mutation made a folder, a FIFO or a link."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _SPARSE:
        return b""
    return path.read_bytes()


def _write(path: Path, data: bytes | bytearray) -> None:
    if path.is_file() and not path.is_symlink():
        path.write_bytes(data)


def _socket(path: Path) -> None:
    # A socket's address has at most 107 bytes: bound where it lies.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with closing(socket.socket(socket.AF_UNIX)) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def _repeats(lines: list[bytes]) -> int:
    """A thousand, fewer of long ones: this process is to stay small, whose memory is measured."""
    return min(1000, 1 + _MOST_LINES // (1 + sum(map(len, lines))))


_SPECIALS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _: None,
    "empty": Path.touch,
    "folder": Path.mkdir,
    "fifo": os.mkfifo,
    "socket": _socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "loop": lambda path: path.symlink_to(path.name),
    "dangling": lambda path: path.symlink_to("nowhere"),
    "outside": lambda path: path.symlink_to("/etc/passwd"),
    "outside folder": lambda path: path.symlink_to("/etc"),
    "itself elsewhere": lambda path: path.symlink_to(path.parent.parent / "elsewhere"),
}
_ORDERS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "backwards": lambda lines: lines[::-1],
    "twice": lambda lines: (lines * 2)[:50_000],
    "a thousand times": lambda lines: (lines * _repeats(lines))[:10_000],
    "every other": lambda lines: lines[::2],
    "only the last": lambda lines: lines[-1:],
    "without the first": lambda lines: lines[1:],
    "one line": lambda lines: [line.strip() for line in lines],
}
_SHAPES = [
    *(b"(%d, 28, 28)" % size for size in (-1, 0, 1, 11, 65, 1025, 2**40, 2**70)),
    *(b"()", b"(10,)", b"(10, 28, 29)", b"(" * 999, b"9" * 5000, b"(2**99999999,)", b"(None,)"),
]
_KINDS: dict[str, Callable[..., None]] = {
    "flip": _flip,
    "cut": _cut,
    "insert": _insert,
    "overwrite": _overwrite,
    "replace": _write,
    "special": _special,
    "sparse": _sparse,
    "value": _value,
    "raw": _raw,
    "field": _field,
    "event": _event,
    "raw event": _raw_event,
    "lines": _lines,
    "header": _header,
}
