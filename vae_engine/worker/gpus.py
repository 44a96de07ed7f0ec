"""NVIDIA GPUs by NVML, where `nvidia-ml-py` is installed and there is a driver."""

from __future__ import annotations

import importlib
import logging
from types import ModuleType
from typing import Any

from vae_engine.sessions.machine_record import MOST_GPUS, GpuUse

_log = logging.getLogger(__name__)


class Gpus:
    """Reads use and memory of all GPUs; of none where that is impossible."""

    def __init__(self) -> None:
        """Load NVML if there is one."""
        self._nvml = _loaded()

    def read(self) -> tuple[GpuUse, ...]:
        """Return the GPUs' state; a driver that fails is not asked again."""
        nvml = self._nvml
        if nvml is None:
            return ()
        try:
            count = min(MOST_GPUS, nvml.nvmlDeviceGetCount())
            return tuple(_use(nvml, nvml.nvmlDeviceGetHandleByIndex(at)) for at in range(count))
        except nvml.NVMLError as error:
            _log.info("GPUs are no longer recorded: %s", error)
            self._nvml = None
            return ()


def _loaded() -> ModuleType | None:
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:  # No driver.
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
        memory=int(memory.used),
        memory_total=int(memory.total),
    )
