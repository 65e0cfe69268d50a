"""The GPU at a window's borders: waited for before and after, and measured as a whole, whoever uses it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from evaluation.energy import gpu, meter
from evaluation.energy.meter import EnergyLog, Meter
from evaluation.energy.reading import Kind, Reading
from evaluation.exceptions import MeterError
from tests.machines import FAKE_NVML, PROJECT, gpu_environment
from tests.records import make_hardware, make_machine

# A power is held against real seconds, which another test would stretch at one end of the window and not at the other.
pytestmark = pytest.mark.alone

# No process has such a number: the kernel's largest is 2**22.
OTHERS, ANOTHERS = 2**22 + 1, 2**22 + 2

# One window in a process of its own, as CodeCarbon looks for cards while it is imported.
WINDOW = """
import time
import cpuinfo
cpuinfo.get_cpu_info = lambda: {"brand_raw": "a CPU"}  # finding its name takes a second, and it is not looked at
from evaluation.energy.hardware import look_at_hardware
from evaluation.energy.meter import EnergyLog, Meter
from tests.records import make_hardware, make_machine
found = look_at_hardware()
meter = Meter(make_machine(make_hardware(gpus=found.gpus, gpu_sensor=found.gpu_sensor), {"foreign_load_limit_cores": 1000}))
meter.warm_up()
print(meter.measure("inference", EnergyLog(), lambda _: time.sleep(0.7)).model_dump_json())
"""
OURS: dict[str, Any] = {}
MACHINES: dict[str, list[dict[str, Any]]] = {
    "ours alone": [{"name": "NVIDIA L4", "power_w": 72, "compute_processes": [OURS]}],
    "shared": [{"name": "NVIDIA L4", "power_w": 72, "compute_processes": [OURS, {"pid": OTHERS}]}],
    "choosing one of two": [{"power_w": 40}, {"power_w": 60}],
    "without a counter": [{"name": "Tesla M60", "power_w": 50, "energy_counter": False}],
}


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    """What the meter read on each of the machines, all at once: they mostly sleep."""
    started = {}
    for name, cards in MACHINES.items():
        folder = tmp_path_factory.mktemp("gpu")
        environment = gpu_environment(folder, cards) | {"HOME": str(folder)}
        if name == "choosing one of two":
            environment["CUDA_VISIBLE_DEVICES"] = "1"
        command = [sys.executable, "-c", WINDOW]
        started[name] = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    printed = {name: process.communicate(timeout=120) for name, process in started.items()}
    assert {name: process.returncode for name, process in started.items() if process.returncode} == {}, printed
    return {name: Reading.model_validate_json(out) for name, (out, _) in printed.items()}


def test_a_window_has_the_energy_of_the_card_from_its_counter(readings: dict[str, Reading]) -> None:
    reading = readings["ours alone"]
    card = reading.part("gpu")
    assert card is not None
    assert (card.evidence, card.backend) == ("B", "NVML counter")
    # The card that is not there takes a steady 72 W.
    assert card.energy_wh == pytest.approx(72 * reading.duration_s / 3600, rel=0.2)
    assert card.low_wh == pytest.approx(0.9 * card.energy_wh)
    assert card.high_wh == pytest.approx(1.6 * card.energy_wh)


def test_cards_that_this_process_may_not_use_are_measured_too(readings: dict[str, Reading]) -> None:
    reading = readings["choosing one of two"]
    card = reading.part("gpu")
    assert card is not None
    assert card.energy_wh == pytest.approx((40 + 60) * reading.duration_s / 3600, rel=0.2)


def test_power_looked_at_each_second_is_no_counter(readings: dict[str, Reading]) -> None:
    reading = readings["without a counter"]
    card = reading.part("gpu")
    assert card is not None
    assert (card.evidence, card.backend) == ("C", "power by NVML, looked at each second")
    assert card.energy_wh == pytest.approx(50 * reading.duration_s / 3600, rel=0.2)
    assert card.low_wh == pytest.approx(0.5 * card.energy_wh)
    assert card.high_wh == pytest.approx(6 * card.energy_wh)


def test_a_reading_says_whether_others_held_the_card(readings: dict[str, Reading]) -> None:
    assert {name: reading.gpu_shared for name, reading in readings.items()} == {
        "ours alone": False,
        "shared": True,
        "choosing one of two": False,
        "without a counter": False,
    }


# --- Who holds it ---

Cards = Callable[..., None]


@pytest.fixture
def cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cards:
    """`cards({...}, {...})` puts cards into this machine; nothing else of NVIDIA's is there."""

    def put(*gpus: dict[str, Any], init_error: str | None = None) -> None:
        state = tmp_path / "gpus.json"
        state.write_text(json.dumps({"gpus": gpus, "init_error": init_error}), encoding="utf-8")
        monkeypatch.setenv("FAKE_NVML_STATE", str(state))
        specification = importlib.util.spec_from_file_location("pynvml", FAKE_NVML / "pynvml.py")
        assert specification
        assert specification.loader
        # Nobody has begun with this one yet.
        fresh = importlib.util.module_from_spec(specification)
        monkeypatch.setitem(sys.modules, "pynvml", fresh)
        specification.loader.exec_module(fresh)

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    return put


def fake_torch(events: list[str], *, devices: int = 1, available: bool = True, initialized: bool = True) -> Any:
    """What is used of PyTorch."""
    cuda = SimpleNamespace(
        is_available=lambda: available,
        is_initialized=lambda: initialized,
        device_count=lambda: devices,
        synchronize=lambda device: events.append(f"synchronize {device}"),
    )
    torch = ModuleType("torch")
    torch.cuda = cuda  # type: ignore[attr-defined]
    return torch


@pytest.mark.parametrize(
    ("holders", "shared"),
    [([], False), ([OURS], False), ([OURS, {"pid": OTHERS}], True), ([{"pid": OTHERS}], True), ([{"pid": 1}], True)],
)
def test_a_card_is_shared_where_others_compute_on_it(cards: Cards, holders: Sequence[dict[str, Any]], shared: bool) -> None:
    cards({"compute_processes": holders})
    assert gpu.is_shared() is shared


def test_a_card_is_shared_where_others_draw_on_it(cards: Cards) -> None:
    cards({"compute_processes": [OURS], "graphics_processes": [{"pid": OTHERS}]})
    assert gpu.is_shared()


def test_any_card_counts(cards: Cards) -> None:
    cards({"compute_processes": [OURS]}, {"compute_processes": [{"pid": OTHERS}]})
    assert gpu.is_shared()


def test_a_card_that_does_not_tell_hides_nobody_on_another(cards: Cards) -> None:
    cards({"lists_compute_processes": False}, {"compute_processes": [{"pid": OTHERS}]})
    assert gpu.is_shared()
    cards({"lists_compute_processes": False, "graphics_processes": [{"pid": OTHERS}]})
    assert gpu.is_shared()


def test_our_children_are_no_others(cards: Cards) -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as child:
        cards({"compute_processes": [OURS, {"pid": child.pid}]})
        assert not gpu.is_shared()
        child.communicate(b"\n")


def test_nor_are_children_of_our_children(cards: Cards) -> None:
    with subprocess.Popen(
        ["/bin/sh", "-c", "sleep 60 & echo $!; read _; kill $!"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        cards({"compute_processes": [{"pid": int(child.stdout.readline())}]})
        assert not gpu.is_shared()
        child.communicate(b"\n")


def test_in_a_container_the_one_that_nobody_knows_is_this_process(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", fake_torch([]))
    cards({"compute_processes": [{"pid": OTHERS}]})
    assert not gpu.is_shared()
    cards({"compute_processes": [{"pid": OTHERS}, {"pid": ANOTHERS}]})
    assert gpu.is_shared()


def test_a_driver_that_does_not_tell_shows_nobody(cards: Cards) -> None:
    cards({}, init_error="DriverNotLoaded")
    assert not gpu.is_shared()


def test_a_machine_without_a_card_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "is_shared", lambda: pytest.fail("asked"))
    assert not window_with([], gpus=()).gpu_shared


@pytest.mark.parametrize("held", [(True, False), (False, True), (False, True, False)])
def test_who_holds_the_card_at_one_moment_of_a_window_shares_it(monkeypatch: pytest.MonkeyPatch, held: Sequence[bool]) -> None:
    looks = iter(held)
    monkeypatch.setattr(gpu, "is_shared", lambda: next(looks))
    zero = SimpleNamespace(cpu_energy=0.0, gpu_energy=0.0, ram_energy=0.0)
    log = EnergyLog()

    def sampling(_: object, listener: Any) -> FakeTracker:
        tracker = FakeTracker([])
        samples = len(held) - 1
        monkeypatch.setattr(tracker, "start", lambda: [listener.live_out(zero, zero) for _ in range(samples)])
        return tracker

    monkeypatch.setattr(meter, "new_tracker", sampling)
    with Meter(make_machine(make_hardware(gpus=("NVIDIA L4",)))).window("inference", log):
        pass
    assert log.readings[0].gpu_shared


# --- Waiting for it ---


class FakeTracker:
    """Counts nothing, and tells when it starts and stops."""

    final_emissions_data = SimpleNamespace(cpu_energy=0.0, gpu_energy=0.0, ram_energy=0.0, energy_consumed=0.0)

    def __init__(self, events: list[str]) -> None:
        self.events = events

    def start(self) -> None:
        self.events.append("start")

    def stop(self) -> None:
        self.events.append("stop")


def window_with(events: list[str], gpus: Sequence[str] = ("NVIDIA L4",)) -> Reading:
    """A window in which work is done, next to no time long."""
    log = EnergyLog()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meter, "new_tracker", lambda *_: FakeTracker(events))
        with Meter(make_machine(make_hardware(gpus=tuple(gpus)))).window("inference", log):
            events.append("work")
    return log.readings[0]


def test_a_card_in_use_whose_energy_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", fake_torch([]))
    with pytest.raises(MeterError, match="a GPU in use whose energy cannot be read") as refused:
        window_with([], gpus=())
    assert "CUDA_VISIBLE_DEVICES" in refused.value.remedy
    monkeypatch.setitem(sys.modules, "torch", fake_torch([], initialized=False))
    assert window_with([], gpus=()).outcome == "complete"


def test_work_of_before_is_over_when_the_window_opens_and_its_own_when_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    monkeypatch.setitem(sys.modules, "torch", fake_torch(events, devices=2))
    window_with(events)
    both = ["synchronize 0", "synchronize 1"]
    assert events == [*both, "start", "work", *both, "stop"]


def test_the_time_of_waiting_is_in_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = fake_torch([])
    waited = iter([0.0, 0.15])
    torch.cuda.synchronize = lambda _: time.sleep(next(waited))
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert window_with([]).duration_s >= 0.15


@pytest.mark.parametrize("missing", ["available", "initialized"])
def test_a_card_that_torch_does_not_use_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    events: list[str] = []
    monkeypatch.setitem(sys.modules, "torch", fake_torch(events, **{missing: False}))
    window_with(events)
    assert events == ["start", "work", "stop"]


def test_work_that_failed_unheard_ends_the_window_and_costs_neither_its_reading_nor_those_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events: list[str] = []
    torch = fake_torch(events)
    failed = iter([None, RuntimeError("CUDA error: device-side assert triggered")])
    last: list[Exception | None] = [None]

    def synchronize(_: int) -> None:
        last[0] = next(failed, last[0])
        if last[0]:
            raise last[0]

    torch.cuda.synchronize = synchronize
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr(meter, "new_tracker", lambda *_: FakeTracker(events))
    log = EnergyLog()
    on_a_gpu_host = Meter(make_machine(make_hardware(gpus=("NVIDIA L4",))))
    with pytest.raises(RuntimeError, match="device-side assert"), on_a_gpu_host.window("inference", log):
        pass
    # From then on every wait fails in this process; a candidate that computes without the GPU does not suffer from that.
    with on_a_gpu_host.window("inference", log):
        pass
    assert [(reading.outcome, reading.reason) for reading in log.readings] == [
        ("cut short", "the GPU failed: RuntimeError"),
        ("complete", None),
    ]
    assert events == ["start", "stop"] * 2


def test_a_torch_that_is_being_imported_is_not_in_use_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    # CodeCarbon's thread looks at it while another one is importing it.
    half = ModuleType("torch")
    monkeypatch.setitem(sys.modules, "torch", half)
    assert not gpu.in_use()
    half.cuda = SimpleNamespace(is_available=lambda: True)  # type: ignore[attr-defined]
    assert not gpu.in_use()


def test_where_memory_is_looked_at_nobody_is_taken_for_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "is_shared", lambda: True)
    monkeypatch.setattr(meter, "new_tracker", lambda *_: FakeTracker([]))
    log, on_a_gpu_host = EnergyLog(), Meter(make_machine(make_hardware(gpus=("NVIDIA L4",))))
    kinds: tuple[Kind, Kind] = ("memory", "inference")
    for kind in kinds:
        with on_a_gpu_host.window(kind, log):
            pass
    assert [reading.gpu_shared for reading in log.readings] == [False, True]


def test_torch_is_not_loaded_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    gpu.synchronize()
    assert "torch" not in sys.modules
