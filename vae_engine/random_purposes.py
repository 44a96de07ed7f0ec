"""The register of random streams: what each is for.

Each stream's key has one of these numbers, beside a seed, an epoch or an image, so that no two
purposes share a stream. The numbers decide what is drawn: none ever changes.
"""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Purpose(IntEnum):
    """Purpose of a random stream; each has a stream of its own."""

    TRAINING_NOISE = 1
    VALIDATION_NOISE = 2
    TEST_NOISE = 3
    SHUFFLE = 4
    PREVIEW = 5
    BINARIZATION = 6
    AUGMENTATION = 7
    # Those of training are above, those of a trained model below.
    EVALUATION_NOISE = 101
    AGGREGATE_NOISE = 102
    MIXTURE_COMPONENT = 103
    FITTED_CODES = 104
    HELD_OUT_CODES = 105
    COMPARED_DRAWS = 106
    POSTERIOR_DRAW = 107
