"""Machine, devices and versions of a run: everything that bit-exact results depend on."""

from __future__ import annotations

import logging
import os
import platform
from importlib.metadata import version
from pathlib import Path

import msgspec
import tensorflow as tf

from vae_engine.distributed.distribution import Distribution
from vae_engine.sessions.liveness import host_name
from vae_engine.settings import Settings

_PACKAGES = ("tensorflow", "keras", "numpy", "vae-workbench")


def configure_tensorflow(settings: Settings) -> None:
    """Enable determinism and set the thread count; call once, before any operation runs."""
    tf.config.experimental.enable_op_determinism()
    # LiteRT conversions would log their temporary folders.
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Parts of a batch run side by side, so each operation has their share of the threads.
    per_operation = max(1, settings.threads // max(1, settings.batch_parts))
    tf.config.threading.set_intra_op_parallelism_threads(per_operation)
    tf.config.threading.set_inter_op_parallelism_threads(settings.threads)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def suited_to_devices(settings: Settings, distribution: Distribution) -> Settings:
    """Return the settings with whole batches where replicas or a GPU compute them."""
    if distribution.total_replicas > 1 or tf.config.list_physical_devices("GPU"):
        return msgspec.structs.replace(settings, batch_parts=0)
    return settings


def describe_environment(settings: Settings, distribution: Distribution) -> dict[str, str | int]:
    """Collect versions, platform, processor, threads, devices and workers for the event log."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "host": host_name(),
        "cpu": _cpu_model(),
        "cpu_count": os.cpu_count() or 0,
        "threads": settings.threads,
        "device": _device(),
        "workers": max(1, len(distribution.workers)),
        "replicas": distribution.total_replicas,
    }


def _device() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "CPU"
    details = tf.config.experimental.get_device_details(gpus[0])
    return str(details.get("device_name", "GPU"))


def _cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
