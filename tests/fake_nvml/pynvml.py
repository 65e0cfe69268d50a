"""What CodeCarbon and this project use of nvidia-ml-py, for graphics cards that a file describes; the rest of it is left out.

`FAKE_NVML_STATE` names a JSON file, read at each first `nvmlInit`: `{"gpus": [{...}]}` with the fields of `Gpu`, or
`{"init_error": "DriverNotLoaded"}`. Without it there is one card, all default. Names, units and errors follow NVIDIA's
documentation.
"""

# ruff: noqa: N801, N802, N815, N818 - the names are NVIDIA's

from __future__ import annotations

import ctypes
import json
import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

NVML_TEMPERATURE_GPU = 0
NVML_COMPUTEMODE_DEFAULT = 0
NOT_IN_A_MIG_DEVICE = 0xFFFFFFFF


class NVMLError(Exception):
    """Any of the library's errors, with its code."""

    value = 999
    words = "Unknown Error"

    def __str__(self) -> str:
        return self.words


class NVMLError_Unknown(NVMLError):
    """Code 999."""


class NVMLError_Uninitialized(NVMLError):
    """Nobody called `nvmlInit`, or all took it back."""

    value = 1
    words = "Uninitialized"


class NVMLError_InvalidArgument(NVMLError):
    """No such card, no such sensor."""

    value = 2
    words = "Invalid Argument"


class NVMLError_NotSupported(NVMLError):
    """This card does not offer that."""

    value = 3
    words = "Not Supported"


class NVMLError_DriverNotLoaded(NVMLError):
    """The library is there, the kernel's part is not."""

    value = 9
    words = "Driver Not Loaded"


class NVMLError_LibraryNotFound(NVMLError):
    """No driver is installed."""

    value = 12
    words = "NVML Shared Library Not Found"


class NVMLError_LibRmVersionMismatch(NVMLError):
    """The driver was updated and the machine not started anew."""

    value = 18
    words = "RM has detected an NVML/RM version mismatch."


@dataclass(frozen=True)
class Process:
    """A process with a context on a card; without a pid it is the one that asks."""

    pid: int | None = None
    used_memory: int | None = 512 * 1024**2


@dataclass(frozen=True)
class Gpu:
    """A card under a steady load.

    Attributes:
        power_w: what it takes; its energy counter has grown with it since the machine started.
        energy_counter: cards before Volta have none.
        power_readable: nor do some tell their power.
        memory: in bytes, as is `used_memory`.
        utilisation: in percent.
        lists_compute_processes: some do not tell who computes on them.
    """

    name: str = "NVIDIA A100-SXM4-40GB"
    power_w: float = 120.0
    power_limit_w: float = 400.0
    energy_counter: bool = True
    power_readable: bool = True
    memory: int = 40 * 1024**3
    used_memory: int = 1024**3
    utilisation: int = 50
    temperature: int = 45
    compute_mode: int = NVML_COMPUTEMODE_DEFAULT
    compute_processes: tuple[Process, ...] = ()
    graphics_processes: tuple[Process, ...] = ()
    lists_compute_processes: bool = True


@dataclass
class _Library:
    users: int = 0
    gpus: list[Gpu] = field(default_factory=list)


@dataclass(frozen=True)
class _Handle:
    index: int


_library = _Library()


class c_nvmlMemory_t(ctypes.Structure):
    """In bytes."""

    _fields_: ClassVar = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class c_nvmlUtilization_t(ctypes.Structure):
    """In percent of the time since the last sample."""

    _fields_: ClassVar = [("gpu", ctypes.c_uint), ("memory", ctypes.c_uint)]


@dataclass(frozen=True)
class _ProcessInfo:
    pid: int
    usedGpuMemory: int | None
    gpuInstanceId: int = NOT_IN_A_MIG_DEVICE
    computeInstanceId: int = NOT_IN_A_MIG_DEVICE


def nvmlInit() -> None:
    """Begin; each call wants its `nvmlShutdown`."""
    if _library.users == 0:
        state = _state()
        if state.get("init_error"):
            raise _error(state["init_error"])
        _library.gpus = [_gpu(described) for described in state["gpus"]]
    _library.users += 1


def _state() -> dict[str, Any]:
    named = os.environ.get("FAKE_NVML_STATE")
    found: dict[str, Any] = json.loads(Path(named).read_text(encoding="utf-8")) if named else {"gpus": [{}]}
    return found


def _error(name: str) -> NVMLError:
    return next(each() for each in NVMLError.__subclasses__() if each.__name__ == f"NVMLError_{name}")


def _gpu(described: dict[str, Any]) -> Gpu:
    lists = ("compute_processes", "graphics_processes")
    processes = {name: tuple(Process(**each) for each in described.get(name, ())) for name in lists}
    return Gpu(**described | processes)


def nvmlShutdown() -> None:
    """End, once for each `nvmlInit`."""
    _check_started()
    _library.users -= 1


def _check_started() -> None:
    if _library.users == 0:
        raise NVMLError_Uninitialized


def _of(handle: _Handle) -> Gpu:
    _check_started()
    return _library.gpus[handle.index]


def nvmlSystemGetDriverVersion() -> str:
    """The driver's version."""
    _check_started()
    return "570.86.15"


def nvmlDeviceGetCount() -> int:
    """How many cards there are."""
    _check_started()
    return len(_library.gpus)


def nvmlDeviceGetHandleByIndex(index: int) -> _Handle:
    """The card with that number, from 0, in the order of the bus."""
    if not 0 <= index < nvmlDeviceGetCount():
        raise NVMLError_InvalidArgument
    return _Handle(index)


def nvmlDeviceGetName(handle: _Handle) -> str:
    """The product's name."""
    return _of(handle).name


def nvmlDeviceGetUUID(handle: _Handle) -> str:
    """The same on every call and for nothing else."""
    return f"GPU-{uuid.uuid5(uuid.NAMESPACE_OID, f'{handle.index} {_of(handle).name}')}"


def nvmlDeviceGetTotalEnergyConsumption(handle: _Handle) -> int:
    """Millijoules since the driver was loaded."""
    gpu = _of(handle)
    if not gpu.energy_counter:
        raise NVMLError_NotSupported
    return int(gpu.power_w * 1000 * time.monotonic())


def nvmlDeviceGetPowerUsage(handle: _Handle) -> int:
    """Milliwatts."""
    gpu = _of(handle)
    if not gpu.power_readable:
        raise NVMLError_NotSupported
    return int(gpu.power_w * 1000)


def nvmlDeviceGetEnforcedPowerLimit(handle: _Handle) -> int:
    """Milliwatts."""
    return int(_of(handle).power_limit_w * 1000)


def nvmlDeviceGetMemoryInfo(handle: _Handle) -> c_nvmlMemory_t:
    """The card's own memory."""
    gpu = _of(handle)
    return c_nvmlMemory_t(gpu.memory, gpu.memory - gpu.used_memory, gpu.used_memory)


def nvmlDeviceGetTemperature(handle: _Handle, sensor: int) -> int:
    """Degrees Celsius."""
    if sensor != NVML_TEMPERATURE_GPU:
        raise NVMLError_InvalidArgument
    return _of(handle).temperature


def nvmlDeviceGetUtilizationRates(handle: _Handle) -> c_nvmlUtilization_t:
    """How busy the card and its memory are."""
    gpu = _of(handle)
    return c_nvmlUtilization_t(gpu.utilisation, gpu.utilisation // 2)


def nvmlDeviceGetComputeMode(handle: _Handle) -> int:
    """Who may compute on it; 0 is anybody."""
    return _of(handle).compute_mode


def nvmlDeviceGetComputeRunningProcesses(handle: _Handle) -> list[_ProcessInfo]:
    """Those that compute on it."""
    if not _of(handle).lists_compute_processes:
        raise NVMLError_NotSupported
    return _known_to_the_driver(_of(handle).compute_processes)


def nvmlDeviceGetGraphicsRunningProcesses(handle: _Handle) -> list[_ProcessInfo]:
    """Those that draw with it."""
    return _known_to_the_driver(_of(handle).graphics_processes)


def _known_to_the_driver(processes: tuple[Process, ...]) -> list[_ProcessInfo]:
    return [_ProcessInfo(os.getpid() if each.pid is None else each.pid, each.used_memory) for each in processes]
