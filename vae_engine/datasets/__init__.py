"""Images to train on: MNIST, Fashion-MNIST and files of the user's own, checked and split.

Nothing here imports TensorFlow or Keras but `load_dataset_with_keras`, when it is called.
"""

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
