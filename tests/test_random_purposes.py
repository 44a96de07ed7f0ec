"""Random streams: one register, whose numbers never change."""

from __future__ import annotations

import ast

import pytest

from tests.test_project_rules import ROOT
from vae_engine.random_purposes import Purpose

# The key of the images that t-SNE takes has their number in the second place: over 5,000.
WITHOUT_PURPOSE = {"vae_engine/inspection/tsne.py"}


def test_the_numbers_are_those_that_recorded_results_were_drawn_with() -> None:
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "TRAINING_NOISE": 1,
        "VALIDATION_NOISE": 2,
        "TEST_NOISE": 3,
        "SHUFFLE": 4,
        "PREVIEW": 5,
        "BINARIZATION": 6,
        "AUGMENTATION": 7,
        "EVALUATION_NOISE": 101,
        "AGGREGATE_NOISE": 102,
        "MIXTURE_COMPONENT": 103,
        "FITTED_CODES": 104,
        "HELD_OUT_CODES": 105,
        "COMPARED_DRAWS": 106,
        "POSTERIOR_DRAW": 107,
    }
    assert len(Purpose.__members__) == len(set(Purpose))


KEYS = [
    (path.relative_to(ROOT).as_posix(), ast.unparse(node.args[0]))
    for package in ("vae_engine", "tui")
    for path in sorted((ROOT / package).rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("SeedSequence")
]


@pytest.mark.parametrize(("path", "key"), KEYS)
def test_the_key_of_every_stream_names_a_registered_purpose(path: str, key: str) -> None:
    assert ("Purpose." in key or ", purpose," in key) != (path in WITHOUT_PURPOSE)


def test_the_keys_are_found() -> None:
    assert len(KEYS) >= 8
