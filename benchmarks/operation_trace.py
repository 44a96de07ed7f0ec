"""What TensorFlow's profiler saw of a training step, by the part of the step it belongs to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

IDLE = "between operations"

# An operation is traced as `scope/name:Type`; containers of others are not counted.
_OPERATION = re.compile(r"^(?P<name>[\w/.\-]+):(?P<kind>\w+)$")
_CONTAINERS = {"While", "StatelessWhile", "If", "PartitionedCall", "StatefulPartitionedCall"}
_OTHERS = (
    ("optimizer", re.compile(r"adam", re.IGNORECASE)),
    ("noise", re.compile(r"stateless|fold_in|random")),
    ("loss", re.compile(r"logistic_loss|while/(Sum|Mean|AddN|Square|Exp)|gradient_tape")),
    ("batch forming", re.compile(r"while/(GatherV2|Cast|truediv|strided_slice)[:_]")),
)


@dataclass(frozen=True)
class Operation:
    """One run of an operation.

    Attributes:
        name: with its scopes, and `:Type` at its end.
        begin: seconds, on the clock of all operations.
        end: likewise.
    """

    name: str
    begin: float
    end: float


def read_operations(folder: Path) -> Iterator[Operation]:
    """The operations in what `tf.profiler.experimental` wrote below `folder`."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    for path in folder.rglob("*.xplane.pb"):
        space = xplane_pb2.XSpace()
        space.ParseFromString(path.read_bytes())
        for plane in space.planes:
            for thread in plane.lines:
                for event in thread.events:
                    name = plane.event_metadata[event.metadata_id].name
                    found = _OPERATION.match(name)
                    if found is None or found["kind"] in _CONTAINERS:
                        continue
                    begin = thread.timestamp_ns * 1e-9 + event.offset_ps * 1e-12
                    yield Operation(name, begin, begin + event.duration_ps * 1e-12)


def part_of(name: str, layers: Iterable[str]) -> str:
    """The part of a step that an operation belongs to.

    Args:
        name: the operation's, such as `gradient_tape/while/encoder_1/conv_2_1/ReluGrad:ReluGrad`.
        layers: names as `encoder/conv_2`. Keras numbers scopes that are entered again.
    """
    for layer in layers:
        model, _, own = layer.partition("/")
        if re.search(rf"\b{model}(_logits)?(_\d+)?/{own}(_\d+)?[/:]", name):
            return layer
    return next((part for part, pattern in _OTHERS if pattern.search(name)), "other operations")


def seconds_by_part(operations: Iterable[Operation], layers: Iterable[str]) -> dict[str, float]:
    """Wall-clock seconds of each part: where several operations run at once they share the time."""
    known = list(layers)
    parts: dict[str, str] = {}
    changes = []
    for operation in operations:
        part = parts.setdefault(operation.name, part_of(operation.name, known))
        changes += [(operation.begin, 1, part), (operation.end, -1, part)]
    changes.sort(key=lambda change: change[0])
    seconds: defaultdict[str, float] = defaultdict(float)
    running: defaultdict[str, int] = defaultdict(int)
    before = 0.0
    for now, change, part in changes:
        active = sum(running.values())
        for one, count in running.items():
            if count:
                seconds[one] += (now - before) * count / active
        running[part] += change
        before = now
    return dict(seconds)
