"""Structured mutations of exported networks: of LiteRT's flatbuffer, and of an `.npz`."""

from __future__ import annotations

import io
import pickle
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

EDGES = [0, 1, -1, 2, 3, 7, 28, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, -(2**31)]
EDGES += [2**32 - 1, 2**63 - 1, 2**64 - 1, 2**64 - 16, 2**64 - 50_176]
_CANNOT_PACK = (TypeError, ValueError, OverflowError, struct.error, AttributeError)
Arrays = dict[str, NDArray[Any]]


def mutated_flatbuffer(content: bytes, chosen: random.Random) -> bytes:
    """Another file: fields of its tables changed, or numbers of its graph as they lie there."""
    if chosen.random() < 0.3:
        return _overwritten(content, chosen)
    model = pickle.loads(_unpacked(content))
    for _ in range(chosen.choice([1, 1, 1, 2, 4])):
        container, key, value = chosen.choice(list(_places(model)))
        changed = _changed(value, chosen)
        if isinstance(container, list):
            container[key] = changed
        else:
            setattr(container, key, changed)
    if chosen.random() < 0.15:
        buffer = chosen.choice(model.buffers or [schema.BufferT()])
        if buffer is not None:
            buffer.data = None
            buffer.size, buffer.offset = chosen.choice(EDGES), chosen.choice(EDGES)
    try:
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
    except _CANNOT_PACK:
        return _overwritten(content, chosen)
    return bytes(builder.Output())


@cache
def _unpacked(content: bytes) -> bytes:
    """The file's tables as objects; copying them takes a tenth of reading them."""
    return pickle.dumps(schema.ModelT.InitFromPackedBuf(content, 0))


def _places(table: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every field and every entry of a list of tables, with where it is."""
    for name, value in vars(table).items():
        yield table, name, value
        for index, one in enumerate(value if isinstance(value, list) else []):
            if hasattr(one, "__dict__"):
                yield value, index, one
                yield from _places(one)
        if hasattr(value, "__dict__"):
            yield from _places(value)


def _changed(value: Any, chosen: random.Random) -> Any:
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, int | np.integer):
        return chosen.choice([*EDGES, int(value) + 1, int(value) - 1, int(value) * 2])
    if isinstance(value, float):
        return chosen.choice([0.0, -1.0, float("nan"), float("inf"), 1e38])
    if isinstance(value, bytes | str):
        return chosen.choice([b"", b"x" * 5000, b"\xff\xfe\x1b[2J", None])
    if isinstance(value, np.ndarray) and value.size:
        return _changed_numbers(value, chosen)
    if isinstance(value, list):
        return _changed_list(value, chosen)
    return None


def _changed_numbers(value: NDArray[Any], chosen: random.Random) -> NDArray[Any] | None:
    changed = value.copy()
    match chosen.randrange(6):
        case 0:
            return None
        case 1:
            return changed[: len(changed) // 2]
        case 2:
            return np.concatenate([changed, changed])
        case 3:
            return changed[::-1].copy()
        case 4 if value.dtype == np.uint8 and len(changed) >= 4:
            at = 4 * chosen.randrange(len(changed) // 4)
            number = chosen.choice([float("nan"), float("inf"), -1e38, 0.0])
            changed[at : at + 4] = np.frombuffer(struct.pack("<f", number), np.uint8)
            return changed
    limits = np.iinfo(changed.dtype)
    changed[chosen.randrange(len(changed))] = min(max(chosen.choice(EDGES), limits.min), limits.max)
    return changed


def _changed_list(value: list[Any], chosen: random.Random) -> list[Any] | None:
    if not value:
        return None
    at = chosen.randrange(len(value))
    return chosen.choice(
        [None, [], value[:at], value[:at] + value[at + 1 :], [*value, value[at]], value[::-1]]
    )


def _overwritten(content: bytes, chosen: random.Random) -> bytes:
    """Numbers of the tables, which lie at both ends of the file, at the edges of their kinds."""
    changed = bytearray(content)
    for _ in range(chosen.choice([1, 1, 2, 5, 30])):
        size = chosen.choice([1, 2, 4, 8])
        place = chosen.choice([chosen.randrange(4000), len(content) - 8 - chosen.randrange(6000)])
        number = chosen.choice([*EDGES, chosen.getrandbits(64)]) % 2 ** (8 * size)
        changed[place : place + size] = number.to_bytes(size, "little")
    if chosen.random() < 0.1:
        del changed[chosen.randrange(len(changed)) :]
    return bytes(changed)


def mutated_npz(arrays: Arrays, chosen: random.Random) -> bytes:
    """An `.npz` of these arrays with something wrong in its arrays, headers, members or bytes."""
    kind = chosen.choice([_wrong_values, _wrong_header, _wrong_members, _wrong_bytes])
    return kind(arrays, chosen)


def packed_npz(members: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    """A zip with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def members_of(arrays: Arrays) -> dict[str, bytes]:
    """The `.npy` files of these arrays by their names in the zip."""
    files = {}
    for name, values in arrays.items():
        file = io.BytesIO()
        np.lib.format.write_array(file, np.asanyarray(values), allow_pickle=True)
        files[f"{name}.npy"] = file.getvalue()
    return files


def _wrong_values(arrays: Arrays, chosen: random.Random) -> bytes:
    name = chosen.choice(list(arrays))
    values = arrays[name].copy()
    changes: list[Callable[[], NDArray[Any]]] = [
        lambda: np.full_like(values, chosen.choice([np.nan, np.inf, -np.inf, 3e38])),
        lambda: values.astype(chosen.choice(["<f8", ">f4", "<f2", "<i4", "|u1", "<c8"])),
        lambda: values.astype(object),
        lambda: np.asfortranarray(values),
        lambda: values[:-1],
        lambda: np.stack([values, values]),
        lambda: values.T,
        lambda: np.array(1.0, np.float32),
        lambda: np.array(["x" * 100]),
        lambda: np.zeros((0, *values.shape[1:]), np.float32),
    ]
    return packed_npz(members_of({**arrays, name: chosen.choice(changes)()}))


def _wrong_header(arrays: Arrays, chosen: random.Random) -> bytes:
    members = members_of(arrays)
    name = chosen.choice(list(members))
    content = members[name]
    (length,) = struct.unpack("<H", content[8:10])
    header, data = content[10 : 10 + length].decode(), content[10 + length :]
    header = chosen.choice(
        [
            header.replace("<f4", chosen.choice(["|O", "<f8", "|V4", "x" * 30, "<f4', 'x': '"])),
            header.replace("False", chosen.choice(["True", "1", "None", "False or exit()"])),
            header.replace("(", f"({chosen.choice(EDGES)}, "),
            header.replace("(", "(" * 5000),
            header.replace(", }", f", 'more': '{'9' * 10_000}', }}"),
            header.strip().ljust(60_000) + "\n",
            "9" * 5000 + "\n",
            "\x1b[2J\n",
        ]
    )
    version = chosen.choice([b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x09\x09"])
    size = len(header) if chosen.random() < 0.8 else chosen.randrange(2**16)
    packed = b"\x93NUMPY" + version + struct.pack("<H", min(size, 2**16 - 1)) + header.encode()
    return packed_npz({**members, name: packed + data}, zipfile.ZIP_DEFLATED)


def _wrong_members(arrays: Arrays, chosen: random.Random) -> bytes:
    members = members_of(arrays)
    name = chosen.choice(list(members))
    match chosen.randrange(6):
        case 0:
            del members[name]
        case 1:
            members[name] = members[name][: chosen.randrange(len(members[name]))]
        case 2:
            members[name] += bytes(2**22)
            return packed_npz(members, zipfile.ZIP_DEFLATED)
        case 3:
            members = {f"../{key}": value for key, value in members.items()}
        case 4:
            more = {f"{index}.npy": b"" for index in range(chosen.choice([1, 100, 1500]))}
            return packed_npz({**more, **members})
        case 5:
            return packed_npz(members, chosen.choice([zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    return packed_npz(members)


def _wrong_bytes(arrays: Arrays, chosen: random.Random) -> bytes:
    """Fields of the zip's own records: sizes, offsets, flags, methods, checksums."""
    content = bytearray(packed_npz(members_of(arrays), chosen.choice([0, zipfile.ZIP_DEFLATED])))
    records = [
        at
        for signature in (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")
        for at in _all_places(bytes(content), signature)
    ]
    for _ in range(chosen.choice([1, 2, 5])):
        place = chosen.choice(records) + chosen.randrange(46)
        size = chosen.choice([1, 2, 4])
        number = chosen.choice([*EDGES, chosen.getrandbits(32)]) % 2 ** (8 * size)
        content[place : place + size] = number.to_bytes(size, "little")
    if chosen.random() < 0.2:
        del content[chosen.randrange(len(content)) :]
    return bytes(content)


def _all_places(content: bytes, signature: bytes) -> Iterator[int]:
    at = content.find(signature)
    while at >= 0:
        yield at
        at = content.find(signature, at + 1)
