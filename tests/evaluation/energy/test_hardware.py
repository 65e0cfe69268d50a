"""The look at the hardware: on fake machines, with a fake NVIDIA library, and on the machine that runs the tests."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from evaluation.energy.hardware import Rapl, look_at_hardware, look_at_rapl
from tests.fake_nvml import pynvml
from tests.machines import (
    BY_ROOT_ALONE,
    FAKE_NVML,
    add_domain,
    add_supply,
    as_nobody,
    cloud_vm,
    gpu_host,
    laptop,
    machine,
    rootless_server,
    server,
    write,
)

PACKAGE_0 = "/sys/class/powercap/intel-rapl:0/energy_uj"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A machine without counters."""
    return machine(tmp_path, "AMD EPYC 7543 32-Core Processor", cores=2, ram_gib=4)


def test_a_laptop_is_described(tmp_path: Path) -> None:
    found = look_at_hardware(laptop(tmp_path))
    assert found.cpu == "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz"
    assert (found.cores, found.sockets, found.ram_gib) == (8, 1, 16.0)
    assert (found.virtualised, found.container, found.battery) == (None, None, "on mains")


def test_a_server_has_its_sockets_counted(tmp_path: Path) -> None:
    found = look_at_hardware(server(tmp_path))
    assert (found.cores, found.sockets, found.ram_gib, found.battery) == (32, 2, 192.0, "none")


def test_a_virtual_machine_names_its_hypervisor_and_has_no_counter(tmp_path: Path) -> None:
    found = look_at_hardware(cloud_vm(tmp_path))
    assert (found.virtualised, found.rapl) == ("QEMU", Rapl(state="absent"))


def test_a_hypervisor_without_a_name_is_seen(tmp_path: Path) -> None:
    root = cloud_vm(tmp_path)
    (root / "sys/class/dmi/id/sys_vendor").unlink()
    assert look_at_hardware(root).virtualised == "unnamed hypervisor"


def test_a_vendor_of_real_machines_is_no_hypervisor(bare: Path) -> None:
    write(bare / "sys/class/dmi/id/sys_vendor", "Dell Inc.")
    assert look_at_hardware(bare).virtualised is None


def test_an_empty_folder_is_a_machine_about_which_nothing_is_known(tmp_path: Path) -> None:
    found = look_at_hardware(tmp_path)
    assert (found.cpu, found.cores, found.sockets, found.ram_gib) == ("unknown", 1, 1, 0.0)
    assert (found.battery, found.rapl.state) == ("none", "absent")


@pytest.mark.parametrize(
    ("file", "text", "name"),
    [
        (".dockerenv", "", "docker"),
        ("run/.containerenv", 'engine="podman-5.4.0"', "podman"),
        ("run/secrets/kubernetes.io/serviceaccount/namespace", "default", "kubernetes"),
        ("run/systemd/container", "lxc", "lxc"),
    ],
)
def test_a_container_is_seen_by_what_it_leaves(bare: Path, file: str, text: str, name: str) -> None:
    assert look_at_hardware(bare).container is None
    write(bare / file, text)
    assert look_at_hardware(bare).container == name


def test_any_battery_that_discharges_is_told(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    add_supply(root, "BAT1", type="Battery", status="Discharging")
    assert look_at_hardware(root).battery == "discharging"


def test_a_battery_that_is_charged_is_told_unless_another_discharges(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    add_supply(root, "BAT1", type="Battery", status="Charging")
    assert look_at_hardware(root).battery == "charging"
    add_supply(root, "BAT2", type="Battery", status="Discharging")
    assert look_at_hardware(root).battery == "discharging"


def test_the_battery_of_a_mouse_is_not_the_machines(bare: Path) -> None:
    add_supply(bare, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    assert look_at_hardware(bare).battery == "none"


def test_a_laptop_counts_its_package_and_neither_its_parts_nor_the_platform(tmp_path: Path) -> None:
    assert look_at_rapl(laptop(tmp_path)) == Rapl(state="readable", domains=("package-0",))


def test_a_server_counts_both_packages_and_no_memory(tmp_path: Path) -> None:
    assert look_at_rapl(server(tmp_path)) == Rapl(state="readable", domains=("package-0", "package-1"))


def test_counters_for_root_alone_are_named_as_on_the_machine(tmp_path: Path) -> None:
    root = rootless_server(tmp_path)
    with as_nobody(root):
        found = look_at_hardware(root).rapl
    assert found == Rapl(state="unreadable", unreadable=(PACKAGE_0, "/sys/class/powercap/intel-rapl:1/energy_uj"))


def test_one_package_that_cannot_be_read_is_told_beside_one_that_can(bare: Path) -> None:
    add_domain(bare, "intel-rapl:0", "package-0", mode=BY_ROOT_ALONE)
    add_domain(bare, "intel-rapl:1", "package-1")
    with as_nobody(bare):
        found = look_at_rapl(bare)
    assert found == Rapl(state="readable", domains=("package-1",), unreadable=(PACKAGE_0,))


def test_parts_that_are_not_counted_need_not_be_readable(bare: Path) -> None:
    add_domain(bare, "intel-rapl:0", "package-0")
    add_domain(bare, "intel-rapl:0:0", "core", mode=BY_ROOT_ALONE)
    add_domain(bare, "intel-rapl:1", "psys", mode=BY_ROOT_ALONE)
    with as_nobody(bare):
        assert look_at_rapl(bare) == Rapl(state="readable", domains=("package-0",))


@pytest.mark.parametrize("content", ["", "energy"])
def test_a_counter_without_a_number_cannot_be_read(bare: Path, content: str) -> None:
    add_domain(bare, "intel-rapl:0", "package-0")
    write(bare / "sys/class/powercap/intel-rapl:0/energy_uj", content)
    assert look_at_rapl(bare) == Rapl(state="unreadable", unreadable=(PACKAGE_0,))


def test_the_platform_is_counted_where_no_package_is(bare: Path) -> None:
    add_domain(bare, "intel-rapl:0", "psys")
    assert look_at_rapl(bare) == Rapl(state="readable", domains=("psys",))


def test_the_platform_is_not_counted_under_a_number_that_codecarbon_does_not_try(bare: Path) -> None:
    add_domain(bare, "intel-rapl:1", "psys")
    assert look_at_rapl(bare) == Rapl(state="absent")


def test_cores_alone_are_nothing_that_counts(bare: Path) -> None:
    add_domain(bare, "intel-rapl:0:0", "core")
    assert look_at_rapl(bare).domains == ()


def test_a_package_with_two_interfaces_is_counted_once(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    add_domain(root, "intel-rapl-mmio:0", "package-0")
    assert look_at_rapl(root).domains == ("package-0",)


def test_a_package_is_readable_through_either_interface(bare: Path) -> None:
    add_domain(bare, "intel-rapl:0", "package-0", mode=BY_ROOT_ALONE)
    add_domain(bare, "intel-rapl-mmio:0", "package-0")
    with as_nobody(bare):
        assert look_at_rapl(bare) == Rapl(state="readable", domains=("package-0",))


def test_the_second_interface_alone_is_nothing_that_codecarbon_can_use(bare: Path) -> None:
    add_domain(bare, "intel-rapl-mmio:0", "package-0")
    assert look_at_rapl(bare) == Rapl(state="absent")


def test_links_that_a_container_cut_are_no_counter(tmp_path: Path) -> None:
    root = server(tmp_path)
    shutil.rmtree(root / "sys/devices/virtual/powercap")
    assert look_at_rapl(root) == Rapl(state="absent")


@pytest.fixture
def nvml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says what the fake NVIDIA library shows; at first one card."""
    state = tmp_path / "gpus.json"
    state.write_text(json.dumps({"gpus": [{"name": "NVIDIA L4"}]}), encoding="utf-8")
    monkeypatch.setitem(sys.modules, "pynvml", pynvml)
    monkeypatch.setenv("FAKE_NVML_STATE", str(state))
    monkeypatch.setenv("PATH", f"{FAKE_NVML}{os.pathsep}{os.environ['PATH']}")
    return state


def test_graphics_cards_are_named_in_the_drivers_order(tmp_path: Path, nvml: Path) -> None:
    nvml.write_text(json.dumps({"gpus": [{"name": "NVIDIA L4"}, {"name": "NVIDIA A2"}]}), encoding="utf-8")
    found = look_at_hardware(gpu_host(tmp_path))
    assert (found.gpus, found.nvml) == (("NVIDIA L4", "NVIDIA A2"), "readable")


@pytest.mark.parametrize(
    ("counters", "sensor"), [([], "none"), ([True], "energy counter"), ([True, False], "power"), ([False, False], "power")]
)
def test_a_card_without_an_energy_counter_is_told(tmp_path: Path, nvml: Path, counters: list[bool], sensor: str) -> None:
    nvml.write_text(json.dumps({"gpus": [{"energy_counter": counter} for counter in counters]}), encoding="utf-8")
    assert look_at_hardware(gpu_host(tmp_path)).gpu_sensor == sensor


def test_a_card_of_which_nothing_can_be_read_is_none_that_can_be_measured(tmp_path: Path, nvml: Path) -> None:
    # As the part of a card that a virtual machine is lent.
    lent = {"name": "GRID A100-10C", "energy_counter": False, "power_readable": False}
    for cards in ([lent], [{"name": "NVIDIA L4"}, lent]):
        nvml.write_text(json.dumps({"gpus": cards}), encoding="utf-8")
        found = look_at_hardware(gpu_host(tmp_path / str(len(cards))))
        assert (found.gpus, found.gpu_sensor) == ((), "none")
        assert found.nvml.endswith("GRID A100-10C: neither the energy nor the power of a card can be read")


def test_a_look_leaves_the_library_as_it_was(bare: Path, nvml: Path) -> None:
    look_at_hardware(bare)
    with pytest.raises(pynvml.NVMLError_Uninitialized):
        pynvml.nvmlDeviceGetCount()


def test_cards_that_codecarbon_will_not_look_for_are_told(bare: Path, nvml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    found = look_at_hardware(bare)
    assert found.gpus == ("NVIDIA L4",)
    assert found.nvml.startswith("readable, but nvidia-smi is not on the PATH")


@pytest.mark.parametrize(
    ("error", "driver", "words"),
    [
        ("LibraryNotFound", False, "no NVIDIA driver"),
        ("DriverNotLoaded", False, "NVIDIA driver installed, not loaded"),
        ("LibraryNotFound", True, "driver present, NVML fails: NVML Shared Library Not Found"),
        ("LibRmVersionMismatch", True, "driver present, NVML fails: RM has detected an NVML/RM version mismatch."),
    ],
)
def test_a_library_that_fails_is_told_in_words(tmp_path: Path, nvml: Path, error: str, driver: bool, words: str) -> None:
    nvml.write_text(json.dumps({"init_error": error}), encoding="utf-8")
    found = look_at_hardware(gpu_host(tmp_path) if driver else cloud_vm(tmp_path))
    assert (found.gpus, found.nvml) == ((), words)


def test_a_card_that_fails_later_is_told_in_words(bare: Path, nvml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: object) -> str:
        raise pynvml.NVMLError_Unknown

    monkeypatch.setattr(pynvml, "nvmlDeviceGetName", lost)
    found = look_at_hardware(bare)
    assert (found.gpus, found.nvml) == ((), "driver present, NVML fails: Unknown Error")


def test_a_missing_package_is_told_in_words(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert look_at_hardware(bare).nvml == "the package nvidia-ml-py is not installed"


def test_the_fake_library_offers_nothing_that_the_real_one_does_not() -> None:
    real = importlib.import_module("pynvml")
    names = [name for name in vars(pynvml) if name.startswith(("nvml", "NVML", "c_nvml"))]
    assert [name for name in names if not hasattr(real, name)] == []
    errors = [name for name in names if name.startswith("NVMLError_")]
    told = {name: (str(getattr(real, name)()), getattr(real, name)().value) for name in errors}
    assert {name: (str(getattr(pynvml, name)()), getattr(pynvml, name)().value) for name in errors} == told


def test_this_machine_is_described_sanely() -> None:
    found = look_at_hardware()
    assert found.cores == os.cpu_count()
    assert 1 <= found.sockets <= found.cores
    assert found.ram_gib == pytest.approx(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, abs=0.1)
    assert (found.rapl.state == "readable") == bool(found.rapl.domains)
    assert all(Path(file).exists() for file in found.rapl.unreadable)
    assert bool(found.gpus) <= found.nvml.startswith("readable")
