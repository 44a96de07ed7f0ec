"""Which folders a crash may leave, following ALICE (Pillai et al., OSDI 2014) and CrashMonkey.

The model is what POSIX allows and file systems do, not what one of them promises:

- an entry (created, renamed, removed) is sure once its folder was synced after it;
- a rename is one step, sure once either folder was synced;
- data is sure once its file was synced after it; until then the file has the old content, or the
  new, or the new length with zeros, or half of it;
- what is not sure may have happened or not, in any order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.crashes.recording import ROOT, Link, Recording, Step, Sync, Told, Tree, Unlink, Write

Change = Link | Unlink
MODES = ("old", "new", "zeros", "half")


@dataclass(frozen=True)
class State:
    """A tree that a crash may leave, and what was told before it."""

    tree: Tree
    told: tuple[str, ...]
    steps: list[Step]
    lost: set[int]
    data: dict[int, str]

    def __str__(self) -> str:
        lost = ", ".join(str(self.steps[at]) for at in sorted(self.lost))
        data = ", ".join(f"{node}: {mode}" for node, mode in self.data.items())
        return f"after {len(self.steps)} steps; entries lost: [{lost}]; data: [{data}]"


def crash_states(
    recording: Recording, *, every_subset_of: int = 3, stride: int = 1
) -> Iterator[State]:
    """Every different state, bounded: see `_subsets` and `_data`.

    Args:
        recording: the operation.
        every_subset_of: up to so many unsure entries, each subset of them is tried.
        stride: how many steps lie between two crashes; a crash after the last step is always tried.
    """
    seen: set[tuple[tuple[str, ...], frozenset[tuple[str, int]]]] = set()
    unsure: list[int] = []
    told: tuple[str, ...] = ()
    for count in range(len(recording.steps) + 1):
        steps = recording.steps[:count]
        if steps:
            unsure = _still_unsure(steps, unsure)
            told += (steps[-1].what,) if isinstance(steps[-1], Told) else ()
        if (len(recording.steps) - count) % stride:
            continue
        entries = [at for at in unsure if isinstance(steps[at], Link | Unlink)]
        writes = {step.node for at in unsure if isinstance(step := steps[at], Write)}
        for kept in _subsets(entries, every_subset_of):
            lost = set(entries) - kept
            for data in _data(sorted(writes), each=not lost):
                tree = _apply(recording.before, steps, lost, data)
                key = told, _key(tree)
                if key not in seen:
                    seen.add(key)
                    yield State(tree, told, steps, lost, data)


def killed_states(recording: Recording) -> Iterator[State]:
    """The states that a kill may leave: all that was done is there, nothing else."""
    for count in range(len(recording.steps) + 1):
        steps = recording.steps[:count]
        told = tuple(step.what for step in steps if isinstance(step, Told))
        yield State(_apply(recording.before, steps, set(), {}), told, steps, set(), {})


def build(tree: Tree, root: Path) -> None:
    """Write a tree into an empty folder."""

    def fill(folder: Path, number: int) -> None:
        for name, node in tree.folders[number].items():
            if node in tree.folders:
                (folder / name).mkdir()
                fill(folder / name, node)
            else:
                (folder / name).write_bytes(tree.files.get(node, b""))

    fill(root, ROOT)


def _still_unsure(steps: list[Step], before: list[int]) -> list[int]:
    """Which steps are not sure to be on the disk, given those before the last step."""
    last = steps[-1]
    if not isinstance(last, Sync):
        return before if isinstance(last, Told) else [*before, len(steps) - 1]
    return [at for at in before if last.node not in _makes_sure(steps[at])]


def _makes_sure(step: Step) -> set[int]:
    """The files and folders of which one must be synced."""
    if isinstance(step, Write):
        return {step.node}
    if isinstance(step, Link):
        return {step.folder} | ({step.source[0]} if step.source else set())
    return {step.folder} if isinstance(step, Unlink) else set()


def _subsets(entries: list[int], limit: int) -> Iterator[set[int]]:
    """In order up to one of them; all but one; one alone; and each subset where they are few."""
    yield from (set(entries[:count]) for count in range(len(entries) + 1))
    yield from (set(entries) - {one} for one in entries)
    yield from ({one} for one in entries)
    if len(entries) <= limit:
        for size in range(2, len(entries)):
            yield from map(set, itertools.combinations(entries, size))


def _data(files: list[int], *, each: bool) -> Iterator[dict[int, str]]:
    """The same fate for all unsure files; with `each`, another for one of them too."""
    for mode in MODES if files else ("new",):
        yield dict.fromkeys(files, mode)
    if each and len(files) > 1:
        for one in files:
            yield {**dict.fromkeys(files, "new"), one: "zeros"}
            yield {**dict.fromkeys(files, "old"), one: "new"}


def _apply(before: Tree, steps: list[Step], lost: set[int], data: dict[int, str]) -> Tree:
    tree = before.copy()
    sure = dict(tree.files)
    for at, step in enumerate(steps):
        if isinstance(step, Write):
            tree.files[step.node] = step.content
        elif isinstance(step, Sync) and step.node in tree.files:
            sure[step.node] = tree.files[step.node]
        elif isinstance(step, Link | Unlink) and at not in lost:
            _enter(tree, step)
    for node, mode in data.items():
        tree.files[node] = _surviving(sure.get(node, b""), tree.files[node], mode)
    return tree


def _enter(tree: Tree, step: Change) -> None:
    names = tree.folders.setdefault(step.folder, {})
    if isinstance(step, Unlink):
        if names.get(step.name) == step.node:
            del names[step.name]
        return
    if step.source is not None:
        folder, name = step.source
        if tree.folders.get(folder, {}).get(name) == step.node:
            del tree.folders[folder][name]
    names[step.name] = step.node
    if step.is_folder:
        tree.folders.setdefault(step.node, {})
    else:
        tree.files.setdefault(step.node, b"")


def _surviving(old: bytes, new: bytes, mode: str) -> bytes:
    if mode == "old":
        return old
    if mode == "new" or len(new) <= len(old):
        return new
    if mode == "zeros":
        return old + bytes(len(new) - len(old))
    return new[: len(old) + (len(new) - len(old)) // 2]


def _key(tree: Tree) -> frozenset[tuple[str, int]]:
    """What tells trees apart; a content's hash is computed once."""
    found = []

    def add(path: str, number: int) -> None:
        for name, node in tree.folders[number].items():
            here = f"{path}/{name}"
            if node in tree.folders:
                found.append((here, 0))
                add(here, node)
            else:
                found.append((here, hash(tree.files.get(node, b""))))

    add("", ROOT)
    return frozenset(found)
