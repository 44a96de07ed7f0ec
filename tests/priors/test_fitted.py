"""`mixture.npz`: written, read again, and refused where it is no mixture."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vae_engine.errors import SessionDamagedError
from vae_engine.priors.fitted import FittedPrior, from_bytes, to_arrays, to_bytes
from vae_engine.priors.latent_metrics import LatentMetrics
from vae_engine.priors.prior import MixturePrior

Arrays = dict[str, NDArray[Any]]


def fitted(dim: int = 2, held_out: int = 20) -> FittedPrior:
    rng = np.random.default_rng(0)
    scales = np.tril(rng.normal(size=(2, dim, dim)))
    metrics = LatentMetrics(0.5, 0.25, 1.0)
    return FittedPrior(
        epoch=7,
        step=3,
        encoder_sha256="0a" * 32,
        prior=MixturePrior(np.array([0.25, 0.75]), rng.normal(size=(2, dim)), scales),
        bic={1: 10.5, 2: 9.0},
        split="train",
        images=50,
        held_out=held_out,
        metrics={"standard": metrics, "gmm": metrics, "posterior": metrics} if held_out else {},
    )


@pytest.mark.parametrize("dim", [1, 2, 32])
@pytest.mark.parametrize("held_out", [0, 20])
def test_what_is_written_is_read_again(dim: int, held_out: int) -> None:
    before = fitted(dim, held_out)
    data = to_bytes(before)
    after = from_bytes(data, dim)
    assert to_bytes(after) == data
    assert (after.metrics, after.bic, after.components) == (before.metrics, before.bic, 2)
    np.testing.assert_array_equal(after.prior.draw(9, seed=1), before.prior.draw(9, seed=1))


def saved(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def put(name: str, value: Any) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, name: np.asarray(value)}


FOREIGN: dict[str, Callable[[Arrays], Arrays]] = {
    "no weights": lambda arrays: {k: v for k, v in arrays.items() if k != "weights"},
    "other dimensions": put("means", np.zeros((2, 3))),
    "other components": put("means", np.zeros((5, 2))),
    "more components than any": put("weights", np.full(100, 0.01)),
    "NaN in the means": put("means", np.full((2, 2), np.nan)),
    "infinite scales": put("scales", np.full((2, 2, 2), np.inf)),
    "absurd scales": put("scales", np.full((2, 2, 2), 1e300)),
    "weights of another sum": put("weights", [0.5, 0.6]),
    "negative weights": put("weights", [-0.5, 1.5]),
    "weights of NaN": put("weights", [np.nan, 1.0]),
    "float32": put("scales", np.zeros((2, 2, 2), np.float32)),
    "no numbers": put("means", np.array([["a", "b"], ["c", "d"]])),
    "metrics above 1": put("metrics", np.full((3, 3), 2.0)),
    "metrics of NaN": put("metrics", np.full((3, 3), np.nan)),
    "an infinite BIC": put("bic", [np.inf, 1.0]),
    "a BIC too few": put("bic", [1.0]),
    "counts below 0": put("images", np.array([-1, 2])),
    "an epoch below 0": put("epoch", np.array([-1, 2])),
    "another split": put("split", np.array("\x1b[2J", "<U5")),
    "a short digest": put("encoder_sha256", np.zeros(3, np.uint8)),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_file_is_refused_with_one_line(what: str) -> None:
    arrays = FOREIGN[what](to_arrays(fitted()))
    with pytest.raises(SessionDamagedError, match=r"mixture\.npz is damaged: ") as caught:
        from_bytes(saved(arrays), 2)
    assert str(caught.value).isprintable()


def test_objects_are_not_unpickled() -> None:
    arrays = {**to_arrays(fitted()), "weights": np.array([print, 1], object)}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=True, **arrays)
    with pytest.raises(SessionDamagedError):
        from_bytes(buffer.getvalue(), 2)


def test_a_bomb_takes_no_memory() -> None:
    buffer = io.BytesIO()
    data = to_bytes(fitted())
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content + bytes(2**26) if name == "means.npy" else content)
    with pytest.raises(SessionDamagedError, match="means"):
        from_bytes(buffer.getvalue(), 2)


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip" * 100, to_bytes(fitted())[:-30]])
def test_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(SessionDamagedError):
        from_bytes(data, 2)
