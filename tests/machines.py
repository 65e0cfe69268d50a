"""Machines that are not there, as folders with the files by which Linux and NVIDIA's driver would show them."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

FAKE_NVML = Path(__file__).parent / "fake_nvml"
PROJECT = Path(__file__).parent.parent

# Of the counters of Intel's CPUs, after which they begin again at zero.
RANGE_UJ = 262_143_328_850
READABLE, BY_ROOT_ALONE = 0o444, 0o400
NOBODY = 65534


def laptop(folder: Path) -> Path:
    """An Intel laptop on mains: one package with cores and graphics, and the platform; everybody may read."""
    root = machine(folder, "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", cores=8, ram_gib=16)
    add_domain(root, "intel-rapl:0", "package-0", energy_uj=81_340_772_105)
    add_domain(root, "intel-rapl:0:0", "core", energy_uj=30_118_400_921)
    add_domain(root, "intel-rapl:0:1", "uncore", energy_uj=2_907_115_330)
    add_domain(root, "intel-rapl:1", "psys", energy_uj=197_002_861_544)
    add_supply(root, "AC", type="Mains", online="1")
    add_supply(root, "BAT0", type="Battery", status="Not charging", capacity="92")
    return root


def server(folder: Path, mode: int = READABLE) -> Path:
    """Two sockets of Intel Xeon, with their memory's counters."""
    root = machine(folder, "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz", cores=32, sockets=2, ram_gib=192)
    for socket, energy_uj in enumerate((12_400_118_207, 230_771_904_018)):
        add_domain(root, f"intel-rapl:{socket}", f"package-{socket}", energy_uj=energy_uj, mode=mode)
        add_domain(root, f"intel-rapl:{socket}:0", "dram", energy_uj=energy_uj // 3, mode=mode)
    return root


def rootless_server(folder: Path) -> Path:
    """The server as kernels since 5.10 leave it: root alone reads its counters. Look at it `as_nobody`."""
    return server(folder, BY_ROOT_ALONE)


def gpu_host(folder: Path) -> Path:
    """The server, readable, with NVIDIA's driver; its cards are those of `gpu_environment`."""
    root = server(folder)
    write(root / "proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15")
    return root


def cloud_vm(folder: Path) -> Path:
    """A virtual machine, which is shown no counter."""
    root = machine(folder, "Intel Xeon Processor (Icelake)", cores=4, ram_gib=8, flags="fpu sse2 hypervisor")
    write(root / "sys/class/dmi/id/sys_vendor", "QEMU")
    return root


def machine(folder: Path, cpu: str, *, cores: int, ram_gib: int, sockets: int = 1, flags: str = "fpu sse2 avx2") -> Path:
    """A machine without counters, to which the functions below add."""
    root = folder / "machine"
    for core in range(cores):
        fields = {"processor": core, "model name": cpu, "physical id": core * sockets // cores, "flags": flags}
        lines = "\n".join(f"{name}\t: {value}" for name, value in fields.items())
        with _new(root / "proc/cpuinfo").open("a", encoding="utf-8") as file:
            file.write(f"{lines}\n\n")
    write(root / "proc/meminfo", f"MemTotal:       {ram_gib * 1024**2} kB\nMemFree:        {ram_gib * 2**19} kB")
    return root


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """A file as the kernel ends it."""
    _new(path).write_text(f"{text}\n", encoding="utf-8")
    path.chmod(mode)


def _new(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def add_supply(root: Path, supply: str, **files: str) -> None:
    """A battery or a plug, with its files."""
    for name, text in files.items():
        write(root / "sys/class/power_supply" / supply / name, text)


def add_domain(root: Path, number: str, name: str, *, energy_uj: int = 5_000_000_000, mode: int = READABLE) -> None:
    """A counter of RAPL: `intel-rapl:0` under its interface, `intel-rapl:0:1` under `intel-rapl:0`, and links to both."""
    devices, links = root / "sys/devices/virtual/powercap", root / "sys/class/powercap"
    interface, *parts = number.split(":")
    folder = devices.joinpath(interface, *(":".join([interface, *parts[:depth]]) for depth in range(1, len(parts) + 1)))
    write(folder / "name", name)
    write(folder / "energy_uj", str(energy_uj), mode)
    write(folder / "max_energy_range_uj", str(RANGE_UJ), READABLE)
    write(folder / "enabled", "1")
    links.mkdir(parents=True, exist_ok=True)
    _link(devices / interface / "subsystem", "../../../../class/powercap")
    _link(links / interface, f"../../devices/virtual/powercap/{interface}")
    _link(links / number, f"../../{folder.relative_to(root / 'sys')}")


def _link(path: Path, target: str) -> None:
    if not path.is_symlink():
        path.symlink_to(target)


class Counter:
    """A counter of a fake machine; what it is given it counts, and at its end it begins again, as the real ones do."""

    def __init__(self, root: Path, number: str = "intel-rapl:0") -> None:
        self.file = (root / "sys/class/powercap" / number / "energy_uj").resolve()
        self.range_uj = int((self.file.parent / "max_energy_range_uj").read_text(encoding="utf-8"))

    @property
    def energy_uj(self) -> int:
        """What it shows."""
        return int(self.file.read_text(encoding="utf-8"))

    @energy_uj.setter
    def energy_uj(self, shown: int) -> None:
        # Whoever reads at this moment finds the old number or the new, never half of one.
        other = self.file.with_name("energy_uj.new")
        other.write_text(f"{shown}\n", encoding="utf-8")
        other.chmod(self.file.stat().st_mode)
        other.replace(self.file)

    def add(self, joules: float) -> None:
        """Count that energy."""
        self.energy_uj = (self.energy_uj + round(joules * 1e6)) % self.range_uj

    @contextmanager
    def running(self, power_w: float, step_s: float = 0.01) -> Iterator[None]:
        """Count that power while the `with` lasts."""
        ended = threading.Event()

        def run() -> None:
            counted_s = time.perf_counter()
            while not ended.wait(step_s):
                now_s = time.perf_counter()
                self.add(power_w * (now_s - counted_s))
                counted_s = now_s

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@contextmanager
def as_nobody(root: Path) -> Iterator[None]:
    """Go on without root's right to read everything, for a machine whose counters only root may read.

    Who is not root owns these files, and loses the right by their mode. What was not imported before may be out of reach in here.
    """
    if os.getuid() != 0:
        with _modes({file: 0 for file in root.glob("sys/devices/virtual/powercap/**/energy_uj") if _is_private(file)}):
            yield
        return
    # pytest's folders are root's own; whoever gives up that name is still of root's group.
    closed = [parent for parent in root.parents if parent.stat().st_mode & 0o011 != 0o011]
    with _modes({parent: stat.S_IMODE(parent.stat().st_mode) | 0o011 for parent in closed}):
        os.setresuid(NOBODY, NOBODY, 0)
        try:
            yield
        finally:
            os.setresuid(0, 0, 0)


def _is_private(file: Path) -> bool:
    return file.stat().st_mode & 0o777 == BY_ROOT_ALONE


@contextmanager
def _modes(wanted: dict[Path, int]) -> Iterator[None]:
    before = {path: stat.S_IMODE(path.stat().st_mode) for path in wanted}
    for path, mode in wanted.items():
        path.chmod(mode)
    try:
        yield
    finally:
        for path, mode in before.items():
            path.chmod(mode)


@contextmanager
def codecarbon_reads(root: Path) -> Iterator[None]:
    """Let CodeCarbon in this process find the counters of that machine, and forget what it found before and in here."""
    logging.getLogger("codecarbon").disabled = True
    import pytest
    from codecarbon.core.cpu import IntelRAPL, is_rapl_available
    from codecarbon.core.hardware_cache import DEFAULT_RAPL_DIR, clear_cache
    from codecarbon.external.hardware import CPU

    folder = rapl_folder(root)
    _load_codecarbon()
    clear_cache()
    with pytest.MonkeyPatch.context() as patch:
        for function in (CPU.__init__, IntelRAPL.__init__):
            defaults = [folder if default == DEFAULT_RAPL_DIR else default for default in function.__defaults__]
            patch.setattr(function, "__defaults__", tuple(defaults))
        patch.setattr(is_rapl_available, "__defaults__", (folder,))
        yield
    clear_cache()


@cache
def _load_codecarbon() -> None:
    # It imports late, and `as_nobody` Python's own folder may be out of reach.
    tracker = new_tracker()
    tracker.start()
    tracker.stop()


def rapl_folder(root: Path) -> str:
    """Where CodeCarbon begins to look for counters."""
    return str(root / "sys/class/powercap/intel-rapl/subsystem")


def new_tracker(sampling_interval_s: float = 1.0) -> Any:
    """A tracker of the whole machine that neither asks nor tells anybody anything."""
    logging.getLogger("codecarbon").disabled = True
    from codecarbon import OfflineEmissionsTracker

    return OfflineEmissionsTracker(
        country_iso_code="FRA",
        measure_power_secs=sampling_interval_s,
        output_methods=[],
        output_handlers=[],
        tracking_mode="machine",
        log_level="critical",
        gpu_ids=None,
        force_cpu_power=None,
        force_ram_power=None,
        force_mode_cpu_load=False,
        rapl_include_dram=False,
        rapl_prefer_psys=False,
        pue=1.0,
        wue=0.0,
        allow_multiple_runs=True,
    )


def gpu_environment(
    folder: Path, gpus: Sequence[dict[str, Any]] = ({},), *, init_error: str | None = None, nvidia_smi: bool = True
) -> dict[str, str]:
    """The environment of a Python subprocess that sees these cards, each with fields of `fake_nvml.pynvml.Gpu`.

    Args:
        folder: where their description is kept.
        gpus: the cards; by default one that takes 120 W.
        init_error: the end of an error's name, `DriverNotLoaded` say: NVIDIA's library then fails from the start.
        nvidia_smi: whether the driver's program is found; without it nothing else is on the PATH either.
    """
    state = folder / "gpus.json"
    state.write_text(json.dumps({"gpus": list(gpus), "init_error": init_error}), encoding="utf-8")
    hidden = {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"}
    return {name: value for name, value in os.environ.items() if name not in hidden} | {
        "FAKE_NVML_STATE": str(state),
        "PYTHONPATH": f"{FAKE_NVML}{os.pathsep}{PROJECT}",
        "PATH": f"{FAKE_NVML}{os.pathsep}{os.environ['PATH']}" if nvidia_smi else str(folder),
    }


@contextmanager
def busy_stranger() -> Iterator[int]:
    """A process that keeps a core busy and is none of ours: whoever started it has ended. Gives its number."""
    # It ends by itself should nobody be left to end it.
    work = "import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"
    start = '"$0" -S -c "$1" > /dev/null 2>&1 & echo $!'
    started = subprocess.run(["/bin/sh", "-c", start, sys.executable, work], capture_output=True, text=True, check=True)
    pid = int(started.stdout)
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until_used(pid: int, cpu_seconds: float, longest_s: float = 30.0) -> None:
    """Sleep until a process has used so many CPU seconds."""
    import psutil

    process, began_s = psutil.Process(pid), time.perf_counter()
    while sum(process.cpu_times()[:2]) < cpu_seconds:
        assert time.perf_counter() - began_s < longest_s, "the machine is too busy for this test"
        time.sleep(0.02)
