"""What this machine is and which of its energy counters CodeCarbon can read; what follows from that is for others to say."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict

from evaluation.messages import say, words

KIB_PER_GIB = 1024**2
MACHINE = Path("/")
# Where CodeCarbon looks for counters, in its order: of two with the same name it keeps the first.
POWERCAP = ("sys/class/powercap", "sys/devices/virtual/powercap")

Battery = Literal["none", "on mains", "charging", "discharging"]
RaplState = Literal["readable", "unreadable", "absent"]
# CodeCarbon reads a card's counter, or where there is none its power each second, and takes the mean for the time between.
GpuSensor = Literal["none", "power", "energy counter"]
GPU_SENSORS: tuple[GpuSensor, ...] = get_args(GpuSensor)


class Rapl(BaseModel):
    """The CPU's energy counters, as CodeCarbon 3.3 will use them.

    Attributes:
        state: "readable" where at least one domain is counted; "absent" also where what is there is nothing that CodeCarbon counts.
        domains: names of the counted ones: the packages, or the platform ("psys") where no package can be read.
        unreadable: `energy_uj` files that would be counted, could they be read. Beside a "readable" state they mean that only a
            part of the machine is counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: RaplState
    domains: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class Hardware(BaseModel):
    """The machine under this process.

    Attributes:
        cores: logical ones.
        virtualised: the hypervisor's name where there is one.
        container: what confines this process, where something does: "docker", "podman" and so on.
        battery: "discharging" or "charging" where any battery is.
        gpus: names of the devices that NVIDIA's driver shows.
        gpu_sensor: what they have for their energy; "power" where one of them or more has no counter: cards before Volta.
        nvml: "readable", or why that driver's library cannot be asked, in words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str
    cores: int
    sockets: int
    ram_gib: float
    virtualised: str | None
    container: str | None
    battery: Battery
    rapl: Rapl
    gpus: tuple[str, ...]
    gpu_sensor: GpuSensor = "none"
    nvml: str


def look_at_hardware(root: Path = MACHINE) -> Hardware:
    """Look at the machine; `root` is where its files begin. Nothing is changed, and nothing that is missing is an error."""
    cpu = _cpuinfo(root)
    gpus, gpu_sensor, nvml = _look_at_gpus(root)
    return Hardware(
        cpu=next(iter(cpu.get("model name", []) + cpu.get("Model", [])), "unknown"),
        cores=len(cpu.get("processor", [])) or 1,
        # Virtual and ARM machines often do not tell.
        sockets=len(set(cpu.get("physical id", []))) or 1,
        ram_gib=_ram_gib(root),
        virtualised=_hypervisor(root, " ".join(cpu.get("flags", [])[:1])),
        container=_container(root),
        battery=_battery(root),
        rapl=look_at_rapl(root),
        gpus=gpus,
        gpu_sensor=gpu_sensor,
        nvml=nvml,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _exists(path: Path) -> bool:
    # What may not be looked at is not there for us; pathlib raises.
    try:
        path.stat()
    except OSError:
        return False
    return True


def _cpuinfo(root: Path) -> dict[str, list[str]]:
    """Each field's values, one a core."""
    fields: dict[str, list[str]] = {}
    for line in _text(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), []).append(value.strip())
    return fields


def _ram_gib(root: Path) -> float:
    lines = _text(root / "proc/meminfo").splitlines()
    total = next((line.split()[1] for line in lines if line.startswith("MemTotal:")), "0")
    return round(int(total) / KIB_PER_GIB, 1)


def _hypervisor(root: Path, cpu_flags: str) -> str | None:
    if "hypervisor" not in cpu_flags.split():
        # ARM has no such flag.
        return _detected(root, "--vm")
    return _text(root / "sys/class/dmi/id/sys_vendor") or _detected(root, "--vm") or "unnamed hypervisor"


def _container(root: Path) -> str | None:
    if _exists(root / ".dockerenv"):
        return "docker"
    if _exists(root / "run/.containerenv"):
        return "podman"
    if _exists(root / "run/secrets/kubernetes.io"):
        return "kubernetes"
    return _text(root / "run/systemd/container") or _detected(root, "--container")


def _detected(root: Path, what: str) -> str | None:
    # systemd looks at the machine it runs on, which no other root stands for.
    if root != MACHINE:
        return None
    try:
        done = subprocess.run(["systemd-detect-virt", what], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    name = done.stdout.strip()
    return name if name != "none" else None


def _battery(root: Path) -> Battery:
    supplies = [path.parent for path in root.glob("sys/class/power_supply/*/type") if _text(path) == "Battery"]
    # A mouse has a battery too.
    own = [supply for supply in supplies if _text(supply / "scope") != "Device"]
    if not own:
        return "none"
    states = {_text(supply / "status") for supply in own}
    return "discharging" if "Discharging" in states else "charging" if "Charging" in states else "on mains"


@dataclass(frozen=True)
class _Domain:
    name: str
    folder: Path

    @property
    def is_package(self) -> bool:
        return "package" in self.name.lower()

    @property
    def is_main(self) -> bool:
        # CodeCarbon tries the counters at all only where it can read one that it takes for a main one, by name or by number.
        return self.is_package or self.folder.name.endswith(":0")

    def is_readable(self) -> bool:
        try:
            float((self.folder / "energy_uj").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return True


def look_at_rapl(root: Path = MACHINE) -> Rapl:
    """The CPU's energy counters, by CodeCarbon's own rules: memory, cores and graphics are not counted beside a package."""
    domains = _domains(root)
    readable = [domain for domain in domains if domain.is_readable()]
    counted = _wanted(readable) if any(domain.is_main for domain in readable) else []
    names = tuple(dict.fromkeys(domain.name for domain in counted))
    missing = [domain for domain in _wanted(domains) if domain not in readable and domain.name not in names]
    state: RaplState = "readable" if counted else "unreadable" if missing else "absent"
    return Rapl(state=state, domains=names, unreadable=tuple(_known_path(domain, root) for domain in missing))


def _domains(root: Path) -> list[_Domain]:
    """Every counter of RAPL, once, though the kernel shows it in several places."""
    # Without this folder CodeCarbon fails instead of looking elsewhere.
    if not _exists(root / POWERCAP[0] / "intel-rapl/subsystem"):
        return []
    folders: dict[str, Path] = {}
    for base in POWERCAP:
        for file in sorted((root / base).glob("intel-rapl*/*:*/energy_uj")):
            folders.setdefault(file.parent.name, file.parent)
    return [_Domain(_text(folder / "name") or number, folder) for number, folder in folders.items()]


def _wanted(domains: Sequence[_Domain]) -> list[_Domain]:
    packages = [domain for domain in domains if domain.is_package]
    return packages or [domain for domain in domains if domain.name.lower() == "psys"]


def _known_path(domain: _Domain, root: Path) -> str:
    """The shortest name of its file on the machine itself, the one that people know."""
    flat = root / POWERCAP[0] / domain.folder.name
    folder = flat if _exists(flat) else domain.folder
    return f"/{(folder / 'energy_uj').relative_to(root)}"


def _look_at_gpus(root: Path) -> tuple[tuple[str, ...], GpuSensor, str]:
    try:
        import pynvml
    except ImportError:
        return (), "none", words("the package nvidia-ml-py is not installed")
    try:
        names, sensor = _gpu_names_and_sensor(pynvml)
    except Exception as error:  # noqa: BLE001 - whatever the library raises is a reason to tell, and none to stop
        return (), "none", _why_not(pynvml, error, root)
    if names and sensor == "none":
        return (), "none", str(say("{cards}: neither the energy nor the power of a card can be read", cards=", ".join(names)))
    if shutil.which("nvidia-smi") is None:
        return names, sensor, "readable, but nvidia-smi is not on the PATH, without which CodeCarbon does not look"
    return names, sensor, "readable"


def _gpu_names_and_sensor(nvml: Any) -> tuple[tuple[str, ...], GpuSensor]:
    nvml.nvmlInit()
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        names = [nvml.nvmlDeviceGetName(handle) for handle in handles]
        sensors = {_sensor(nvml, handle) for handle in handles}
    finally:
        with suppress(nvml.NVMLError):
            nvml.nvmlShutdown()
    # The worst of them.
    sensor: GpuSensor = next((each for each in GPU_SENSORS if each in sensors), "none")
    # Bytes before version 12 of the library's package.
    return tuple(name.decode() if isinstance(name, bytes) else name for name in names), sensor


def _sensor(nvml: Any, handle: Any) -> GpuSensor:
    ways: tuple[tuple[GpuSensor, Any], ...] = (
        ("energy counter", nvml.nvmlDeviceGetTotalEnergyConsumption),
        ("power", nvml.nvmlDeviceGetPowerUsage),
    )
    for sensor, read in ways:
        with suppress(nvml.NVMLError_NotSupported):
            read(handle)
            return sensor
    # The part of a card that a virtual machine is lent has neither.
    return "none"


def _why_not(nvml: Any, error: Exception, root: Path) -> str:
    driver = _exists(root / "proc/driver/nvidia/version")
    if not driver and isinstance(error, nvml.NVMLError_LibraryNotFound | nvml.NVMLError_DriverNotLoaded):
        missing = isinstance(error, nvml.NVMLError_LibraryNotFound)
        return words("no NVIDIA driver") if missing else words("NVIDIA driver installed, not loaded")
    return str(say("driver present, NVML fails: {error}", error=str(error)))
