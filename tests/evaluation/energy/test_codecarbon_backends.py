"""What is relied on in CodeCarbon 3.3, shown with CodeCarbon itself: how it reads the counters of CPUs and graphics cards."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evaluation.energy.hardware import look_at_rapl
from tests.machines import (
    BY_ROOT_ALONE,
    PROJECT,
    RANGE_UJ,
    Counter,
    add_domain,
    as_nobody,
    cloud_vm,
    codecarbon_reads,
    gpu_environment,
    laptop,
    machine,
    new_tracker,
    rapl_folder,
    rootless_server,
    server,
)

# A power is held against real seconds, which another test would stretch at one end of the window and not at the other.
pytestmark = pytest.mark.alone

JOULES_PER_KWH = 3.6e6
# CodeCarbon leaves out what came less than 50 ms after its last sample.
LONGER_THAN_ITS_LAST_GAP_S = 0.1


@contextmanager
def tracked() -> Iterator[Any]:
    """A tracker around what happens inside the `with`; afterwards it has its `final_emissions_data`."""
    tracker = new_tracker()
    tracker.start()
    yield tracker
    time.sleep(LONGER_THAN_ITS_LAST_GAP_S)
    tracker.stop()


def cpu_joules(tracker: Any) -> float:
    """What it counted for the CPU."""
    return float(tracker.final_emissions_data.cpu_energy) * JOULES_PER_KWH


def cpu_mode(tracker: Any) -> str:
    """CodeCarbon's name for how it knows the CPU's energy."""
    return str(next(part._mode for part in tracker._hardware if hasattr(part, "_mode")))


def test_the_energies_of_two_packages_add(tmp_path: Path) -> None:
    root = server(tmp_path)
    with codecarbon_reads(root), tracked() as tracker:
        Counter(root, "intel-rapl:0").add(joules=30)
        Counter(root, "intel-rapl:1").add(joules=12)
    assert cpu_mode(tracker) == "intel_rapl"
    assert cpu_joules(tracker) == pytest.approx(42, rel=1e-4)


def test_a_power_over_time_is_the_energy_of_the_window(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    with codecarbon_reads(root), Counter(root).running(power_w=28), tracked() as tracker:
        began_s = time.perf_counter()
        time.sleep(1.2)
    # The window ends before the tracker does.
    seconds = time.perf_counter() - began_s
    assert cpu_joules(tracker) == pytest.approx(28 * seconds, rel=0.2)


def test_a_counter_that_begins_again_between_two_samples_is_counted_right(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    counter = Counter(root)
    counter.energy_uj = RANGE_UJ - 5_000_000
    with codecarbon_reads(root), tracked() as tracker:
        counter.add(joules=12)
    assert counter.energy_uj == 7_000_000
    assert cpu_joules(tracker) == pytest.approx(12, rel=1e-4)


def test_neither_the_platform_nor_the_parts_are_added_to_the_package(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    with codecarbon_reads(root), tracked() as tracker:
        for number, joules in (("intel-rapl:0", 20), ("intel-rapl:0:0", 11), ("intel-rapl:0:1", 3), ("intel-rapl:1", 35)):
            Counter(root, number).add(joules)
    assert cpu_joules(tracker) == pytest.approx(20, rel=1e-4)


def test_the_memorys_counters_are_not_added(tmp_path: Path) -> None:
    root = server(tmp_path)
    with codecarbon_reads(root), tracked() as tracker:
        Counter(root, "intel-rapl:0").add(joules=20)
        Counter(root, "intel-rapl:0:0").add(joules=9)
    assert cpu_joules(tracker) == pytest.approx(20, rel=1e-4)


def test_a_package_with_two_interfaces_is_counted_once(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    add_domain(root, "intel-rapl-mmio:0", "package-0")
    with codecarbon_reads(root), tracked() as tracker:
        Counter(root, "intel-rapl:0").add(joules=20)
        Counter(root, "intel-rapl-mmio:0").add(joules=21)
    assert cpu_joules(tracker) == pytest.approx(21, rel=1e-4)


def test_counters_for_root_alone_leave_the_model_of_the_load(tmp_path: Path) -> None:
    root = rootless_server(tmp_path)
    with codecarbon_reads(root), as_nobody(root), tracked() as tracker:
        pass
    assert cpu_mode(tracker) == "cpu_load"
    assert cpu_joules(tracker) > 0


def test_no_counters_leave_the_model_of_the_load(tmp_path: Path) -> None:
    with codecarbon_reads(cloud_vm(tmp_path)), tracked() as tracker:
        pass
    assert cpu_mode(tracker) == "cpu_load"


def test_a_package_that_cannot_be_read_is_left_out_without_a_word(tmp_path: Path) -> None:
    root = half_readable(tmp_path)
    with codecarbon_reads(root), tracked_as_nobody(root) as tracker:
        Counter(root, "intel-rapl:0").add(joules=30)
        Counter(root, "intel-rapl:1").add(joules=12)
    assert cpu_joules(tracker) == pytest.approx(30, rel=1e-4)


def test_cores_alone_are_taken_for_a_counter_and_count_nothing(tmp_path: Path) -> None:
    root = cores_alone(tmp_path)
    with codecarbon_reads(root), tracked() as tracker:
        Counter(root, "intel-rapl:0:0").add(joules=30)
    assert (cpu_mode(tracker), cpu_joules(tracker)) == ("intel_rapl", 0)


def test_two_packages_that_begin_alike_are_taken_for_one(tmp_path: Path) -> None:
    root = bare(tmp_path)
    for socket in (0, 1):
        add_domain(root, f"intel-rapl:{socket}", f"package-{socket}", energy_uj=7_000_000_000 + socket)
    with codecarbon_reads(root), tracked() as tracker:
        Counter(root, "intel-rapl:0").add(joules=30)
        Counter(root, "intel-rapl:1").add(joules=30.5)
    assert cpu_joules(tracker) == pytest.approx(30, rel=1e-4)


@contextmanager
def tracked_as_nobody(root: Path) -> Iterator[Any]:
    """A tracker that starts without root's rights; what it could not read then it does not read later."""
    with as_nobody(root):
        tracker = new_tracker()
        tracker.start()
    yield tracker
    time.sleep(LONGER_THAN_ITS_LAST_GAP_S)
    tracker.stop()


def bare(folder: Path) -> Path:
    """A machine without counters."""
    return machine(folder, "Intel(R) Xeon(R) CPU", cores=2, ram_gib=4)


def half_readable(folder: Path) -> Path:
    """Two packages, one of them for root alone: what is left where only the first was opened to all."""
    root = bare(folder)
    add_domain(root, "intel-rapl:0", "package-0", energy_uj=4_000_000_000)
    add_domain(root, "intel-rapl:1", "package-1", energy_uj=9_000_000_000, mode=BY_ROOT_ALONE)
    return root


def cores_alone(folder: Path) -> Path:
    """Cores that everybody may read, without their package."""
    return with_domains(folder, {"intel-rapl:0:0": "core"})


def with_domains(folder: Path, domains: dict[str, str]) -> Path:
    """A machine with these readable counters, each with an energy of its own."""
    root = bare(folder)
    for place, (number, name) in enumerate(domains.items(), start=1):
        add_domain(root, number, name, energy_uj=place * 1_000_000_000)
    return root


MACHINES: dict[str, Callable[[Path], Path]] = {
    "laptop": laptop,
    "server": server,
    "rootless server": rootless_server,
    "cloud machine": cloud_vm,
    "one package of two": half_readable,
    "cores alone": cores_alone,
    "platform first": lambda folder: with_domains(folder, {"intel-rapl:0": "psys"}),
    "platform second": lambda folder: with_domains(folder, {"intel-rapl:1": "psys"}),
    "memory alone": lambda folder: with_domains(folder, {"intel-rapl:0": "dram"}),
    "four dies": lambda folder: with_domains(folder, {f"intel-rapl:{n}": f"package-{n // 2}-die-{n % 2}" for n in range(4)}),
    "two interfaces": lambda folder: with_domains(folder, {"intel-rapl:0": "package-0", "intel-rapl-mmio:0": "package-0"}),
    "platforms alike": lambda folder: with_domains(folder, {"intel-rapl:0": "psys", "intel-rapl:1": "psys"}),
}


@pytest.mark.parametrize("name", MACHINES)
def test_the_look_at_the_hardware_names_what_codecarbon_counts(tmp_path: Path, name: str) -> None:
    root = MACHINES[name](tmp_path)
    with codecarbon_reads(root), as_nobody(root):
        assert list(look_at_rapl(root).domains) == counted_by_codecarbon(root)


def counted_by_codecarbon(root: Path) -> list[str]:
    """Names of the domains whose energy CodeCarbon adds up."""
    from codecarbon.core.cpu import IntelRAPL, is_rapl_available

    if not is_rapl_available():
        return []
    files = [file for file in IntelRAPL()._rapl_files if file.name.startswith("Processor Energy Delta_")]
    assert all(file.path.startswith(str(Path(rapl_folder(root)).parent.parent)) for file in files)
    return [Path(file.path).with_name("name").read_text().strip() for file in files]


# One window in a process of its own, as CodeCarbon looks for cards while it is imported.
GPU_WINDOW = """
import json, time
import cpuinfo
cpuinfo.get_cpu_info = lambda: {"brand_raw": "a CPU"}  # finding its name takes a second, and it is not looked at
from tests.machines import new_tracker
new_tracker().start()  # finds the hardware, once for all
tracker = new_tracker()
tracker.start()
began = time.perf_counter()
time.sleep(1.2)
seconds = time.perf_counter() - began
tracker.stop()
from codecarbon.core.gpu import AllGPUDevices, PYNVML_AVAILABLE
data = tracker.final_emissions_data
details = AllGPUDevices().get_gpu_details() if PYNVML_AVAILABLE else []
found = {"joules": data.gpu_energy * 3.6e6, "count": data.gpu_count, "model": data.gpu_model}
print(json.dumps(found | {"seconds": seconds, "details": details}))
"""

OTHERS_PROCESS = {"pid": 4242, "used_memory": 3 * 1024**3}
GPU_MACHINES: dict[str, dict[str, Any]] = {
    "one": {"gpus": [{"name": "NVIDIA L4", "power_w": 72, "compute_processes": [OTHERS_PROCESS]}]},
    "two": {"gpus": [{"name": "NVIDIA A2", "power_w": 40}, {"name": "NVIDIA A2", "power_w": 60}]},
    "without counter": {"gpus": [{"name": "Tesla P100", "power_w": 150, "energy_counter": False}]},
    "failing": {"init_error": "DriverNotLoaded"},
    "without nvidia-smi": {"nvidia_smi": False},
    "choosing one": {"gpus": [{"power_w": 40}, {"power_w": 60}]},
}


@pytest.fixture(scope="module")
def gpu_windows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What CodeCarbon found on each of the machines, all measured at once: they mostly sleep."""
    started = {}
    for name, described in GPU_MACHINES.items():
        environment = gpu_environment(tmp_path_factory.mktemp("gpu"), **described)
        if name == "choosing one":
            environment["CUDA_VISIBLE_DEVICES"] = "1"
        command = [sys.executable, "-c", GPU_WINDOW]
        started[name] = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    printed = {name: process.communicate(timeout=60) for name, process in started.items()}
    assert {name: process.returncode for name, process in started.items() if process.returncode} == {}, printed
    return {name: json.loads(out) for name, (out, _) in printed.items()}


def test_a_cards_counter_is_its_power_over_the_window(gpu_windows: dict[str, dict[str, Any]]) -> None:
    found = gpu_windows["one"]
    assert found["joules"] == pytest.approx(72 * found["seconds"], rel=0.2)
    assert (found["count"], found["model"]) == (1, "1 x NVIDIA L4")


def test_the_energies_of_two_cards_add(gpu_windows: dict[str, dict[str, Any]]) -> None:
    found = gpu_windows["two"]
    assert found["joules"] == pytest.approx((40 + 60) * found["seconds"], rel=0.2)
    assert (found["count"], found["model"]) == (2, "2 x NVIDIA A2")


def test_the_power_of_a_card_without_a_counter_is_integrated(gpu_windows: dict[str, dict[str, Any]]) -> None:
    found = gpu_windows["without counter"]
    assert found["details"][0]["total_energy_consumption"] is None
    assert found["joules"] == pytest.approx(150 * found["seconds"], rel=0.2)


@pytest.mark.parametrize("name", ["failing", "without nvidia-smi"])
def test_a_card_that_codecarbon_cannot_ask_counts_nothing_without_a_word(gpu_windows: dict[str, dict[str, Any]], name: str) -> None:
    found = gpu_windows[name]
    assert (found["count"], found["joules"]) == (0, 0)


def test_a_variable_of_cuda_leaves_cards_out(gpu_windows: dict[str, dict[str, Any]]) -> None:
    found = gpu_windows["choosing one"]
    assert found["joules"] == pytest.approx(60 * found["seconds"], rel=0.2)


def test_a_card_shows_the_processes_of_others(gpu_windows: dict[str, dict[str, Any]]) -> None:
    (card,) = gpu_windows["one"]["details"]
    assert card["compute_processes"] == [OTHERS_PROCESS]
    assert (card["power_usage"], card["power_limit"]) == (72, 400)
    assert card["free_memory"] + card["used_memory"] == card["total_memory"]
