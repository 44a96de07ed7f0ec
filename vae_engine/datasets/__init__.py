"""Images to train on: MNIST, Fashion-MNIST and files of the user's own, checked and split.

Nothing here imports TensorFlow or Keras but `load_dataset_with_keras`, when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vae_engine.datasets.arrays import Images, Labels, to_images
    from vae_engine.datasets.dataset import Dataset, to_float
    from vae_engine.datasets.keras_loader import load_dataset_with_keras
    from vae_engine.datasets.loader import load_dataset
    from vae_engine.datasets.preflight import check_dataset

__all__ = [
    "Dataset",
    "Images",
    "Labels",
    "check_dataset",
    "load_dataset",
    "load_dataset_with_keras",
    "to_float",
    "to_images",
]

# Loaded on first use: the readers of all kinds of files take as long to import as NumPy.
_LAZY = {
    **dict.fromkeys(("Images", "Labels", "to_images"), "vae_engine.datasets.arrays"),
    **dict.fromkeys(("Dataset", "to_float"), "vae_engine.datasets.dataset"),
    "check_dataset": "vae_engine.datasets.preflight",
    "load_dataset": "vae_engine.datasets.loader",
    "load_dataset_with_keras": "vae_engine.datasets.keras_loader",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
