"""`python -m vae_engine.datasets.download fashion_mnist`: fetch a dataset into the Keras cache."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from vae_engine.dataset_names import DOWNLOADED_DATASETS
from vae_engine.datasets.keras_loader import load_dataset_with_keras
from vae_engine.datasets.preflight import EXIT_UNAVAILABLE
from vae_engine.errors import DatasetError


def main(arguments: Sequence[str]) -> int:
    """Download the dataset named in `arguments`, check it, and return an exit code."""
    parser = argparse.ArgumentParser(prog="python -m vae_engine.datasets.download")
    parser.add_argument("name", choices=DOWNLOADED_DATASETS)
    name = parser.parse_args(arguments).name
    try:
        dataset = load_dataset_with_keras(name)
    except DatasetError as error:
        print(error, file=sys.stderr)
        return EXIT_UNAVAILABLE
    print(f"{name}: {len(dataset.train_images)} training images, sha256 {dataset.sha256}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
