"""Windows of a convolution along one side of an image, transposed or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

UP = 2
"""Outputs per input and side of a transposed convolution: its stride."""


class Interval(NamedTuple):
    """Indices from `start` to before `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


class Run(NamedTuple):
    """Neighbouring windows that take the same taps and give the same outputs.

    Attributes:
        windows: which.
        taps: those of each window whose inputs are inside the image.
        outputs: those of each window that are inside the image.
    """

    windows: Interval
    taps: Interval
    outputs: Interval


@dataclass(frozen=True)
class Side:
    """Windows along one side, with TensorFlow's "same" padding.

    https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2

    Attributes:
        inputs: length of the image that they take.
        outputs: length of the image that they give.
        taps: inputs per window.
        stride: inputs from one window to the next.
        first_input: that of the first window; before the image if negative.
        up: outputs per window.
        first_output: that of the first window; before the image if negative.
    """

    inputs: int
    outputs: int
    taps: int
    stride: int
    first_input: int
    up: int = 1
    first_output: int = 0

    @classmethod
    def of_conv(cls, inputs: int, outputs: int, size: int, stride: int) -> Side:
        """Windows of a convolution with a kernel of this size."""
        padding = max((outputs - 1) * stride + size - inputs, 0)
        return cls(inputs, outputs, size, stride, -(padding // 2))

    @classmethod
    def of_conv_transpose(cls, inputs: int, size: int) -> Side:
        """Windows of a transposed convolution: each gives two outputs.

        Input i gives kernel row k to row `2 i + k` of an output that "same" padding cuts at
        `before`. With `k = 2 m + r`, rows of the parity r are `2 q + r`, from inputs `i = q - m`:
        the window of q has all inputs that both parities take.
        """
        taps = -(-size // UP)
        before = (size - UP) // 2
        first = before // UP
        return cls(inputs, UP * inputs, taps, 1, first - (taps - 1), UP, UP * first - before)

    @property
    def windows(self) -> int:
        """Number of windows."""
        return -(-(self.outputs - self.first_output) // self.up)

    def windows_with(self, tap: int, among: Interval) -> tuple[Interval, slice]:
        """Return the windows whose tap is inside the image, and its inputs."""
        first = self.first_input + tap
        start = min(max(among.start, -(first // self.stride)), among.stop)
        stop = max(start, min(among.stop, (self.inputs - 1 - first) // self.stride + 1))
        inputs = range(first + start * self.stride, first + stop * self.stride, self.stride)
        return Interval(start, stop), slice(inputs.start, inputs.stop, inputs.step)

    def windows_giving(self, output: int, among: Interval) -> Interval:
        """Return the windows that have this one of their outputs inside the image."""
        first = self.first_output + output
        start = min(max(among.start, -(first // self.up)), among.stop)
        return Interval(start, max(start, min(among.stop, -(-(self.outputs - first) // self.up))))

    def outputs_of(self, windows: Interval) -> Interval:
        """Return the outputs of some windows that are inside the image."""
        first, stop = self.output_of(windows.start), self.output_of(windows.stop)
        return Interval(max(0, first), min(self.outputs, stop))

    def runs(self) -> Iterator[Run]:
        """Group the windows by what of them is inside the image: edges and the rest."""
        for (taps, outputs), group in groupby(range(self.windows), self._inside):
            windows = list(group)
            yield Run(Interval(windows[0], windows[-1] + 1), taps, outputs)

    def input_of(self, window: int) -> int:
        """Return the input of a window's first tap."""
        return self.first_input + window * self.stride

    def output_of(self, window: int) -> int:
        """Return the first output of a window."""
        return self.first_output + window * self.up

    def _inside(self, window: int) -> tuple[Interval, Interval]:
        first, gives = self.input_of(window), self.output_of(window)
        return (
            Interval(max(0, -first), min(self.taps, self.inputs - first)),
            Interval(max(0, -gives), min(self.up, self.outputs - gives)),
        )
