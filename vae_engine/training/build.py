"""`python -m vae_engine.training.build`: print as JSON what the installed TensorFlow can use."""

from __future__ import annotations

import json

import tensorflow as tf


def main() -> None:
    """Print the version, whether it was built for CUDA, and the GPUs that it finds."""
    gpus = [
        str(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name))
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    print(
        json.dumps(
            {"version": tf.version.VERSION, "cuda": tf.test.is_built_with_cuda(), "gpus": gpus}
        )
    )


if __name__ == "__main__":
    main()
