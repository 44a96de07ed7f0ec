"""NVIDIA GPUs by NVML, where `nvidia-ml-py` is installed and there is a driver."""

from __future__ import annotations

import importlib
import logging
from types import ModuleType
from typing import Any

from vae_engine.sessions.machine_record import MOST_GPUS, GpuUse

_log = logging.getLogger(__name__)


# Beside NVML's own errors: a library that cannot be loaded, or is another than expected.
_OTHER_FAILURES = (OSError, AttributeError, TypeError, ValueError)


class Gpus:
    """Reads use and memory of all GPUs; leaves out those for which that is impossible."""

    def __init__(self) -> None:
        """Load NVML if there is one."""
        self._nvml = _loaded()
        self._lost: set[int] = set()

    def read(self) -> tuple[GpuUse, ...]:
        """Return the GPUs' state; a driver or a GPU that fails is not asked again."""
        nvml = self._nvml
        if nvml is None:
            return ()
        try:
            count = min(MOST_GPUS, nvml.nvmlDeviceGetCount())
        except _failures(nvml) as error:
            _log.info("GPUs are no longer recorded: %s", error)
            self._nvml = None
            return ()
        found = (self._read_one(nvml, at) for at in range(count) if at not in self._lost)
        return tuple(use for use in found if use is not None)

    def _read_one(self, nvml: ModuleType, at: int) -> GpuUse | None:
        try:
            return _use(nvml, nvml.nvmlDeviceGetHandleByIndex(at))
        except _failures(nvml) as error:  # It fell off the bus, or does not tell.
            _log.info("GPU %d is no longer recorded: %s", at, error)
            self._lost.add(at)
            return None


def _failures(nvml: ModuleType) -> tuple[type[Exception], ...]:
    own = getattr(nvml, "NVMLError", None)
    if isinstance(own, type) and issubclass(own, Exception):
        return (own, *_OTHER_FAILURES)
    return _OTHER_FAILURES


def _loaded() -> ModuleType | None:
    try:
        nvml = importlib.import_module("pynvml")
    except (ImportError, *_OTHER_FAILURES) as error:
        if not isinstance(error, ModuleNotFoundError):
            _log.info("GPUs are not recorded: %s", error)
        return None
    try:
        nvml.nvmlInit()
    except _failures(nvml) as error:  # No driver, or no permission.
        _log.info("GPUs are not recorded: %s", error)
        return None
    return nvml


def _use(nvml: ModuleType, handle: Any) -> GpuUse:
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    name = nvml.nvmlDeviceGetName(handle)
    # Older versions return bytes.
    text = name.decode(errors="replace") if isinstance(name, bytes) else str(name)
    busy = nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
    return GpuUse(
        name=text[:100],
        busy=min(1.0, max(0.0, busy)),
        # Unsigned, but for some virtual GPUs: the record would not be readable.
        memory=max(0, int(memory.used)),
        memory_total=max(0, int(memory.total)),
    )
