"""The meter: real CodeCarbon for a window, and a fake tracker for the results that must not be believed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evaluation.energy.meter import components_of, outside_settings, warm_up_meter, window
from evaluation.energy.reading import Reading
from evaluation.exceptions import MeterError

BUSY_LOOP = "import time\nend = time.process_time() + 0.4\nwhile time.process_time() < end: pass"


def tracker(mode: str = "cpu_load", **changes: Any) -> SimpleNamespace:
    """A stopped tracker as CodeCarbon 3.3 leaves it: 2 s at 8 W of CPU and 20 W of RAM, in kWh."""
    data = {
        "cpu_energy": 16 / 3.6e6, "gpu_energy": 0.0, "ram_energy": 39 / 3.6e6, "energy_consumed": 55 / 3.6e6,
        "ram_power": 20.0, "gpu_count": 0,
    }  # fmt: skip
    hardware = [SimpleNamespace(), SimpleNamespace(_mode=mode, _tdp=8)]
    return SimpleNamespace(final_emissions_data=SimpleNamespace(**data | changes), _hardware=hardware)


def test_a_window_has_its_energy_time_and_cpu_seconds() -> None:
    warm_up_meter()
    readings: list[Reading] = []
    with window("inference", readings, round_number=3) as opened:
        end = time.process_time() + 0.6
        while time.process_time() < end:
            pass
        opened.samples = 12
    (reading,) = readings
    assert {part.name for part in reading.components} >= {"cpu", "ram"}
    assert all(part.energy_wh > 0 for part in reading.components)
    assert 0.6 <= reading.cpu_seconds <= reading.duration_s + 0.5
    assert (reading.kind, reading.round, reading.samples) == ("inference", 3, 12)


def test_cpu_seconds_of_children_are_counted() -> None:
    readings: list[Reading] = []
    with window("fit", readings):
        subprocess.run([sys.executable, "-c", BUSY_LOOP], check=True)
    assert readings[0].cpu_seconds >= 0.4


def test_a_window_that_fails_keeps_its_reading() -> None:
    readings: list[Reading] = []

    def failing_fit() -> None:
        with window("fit", readings):
            time.sleep(0.6)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        failing_fit()
    assert readings[0].duration_s >= 0.6


def test_measuring_prints_nothing_and_writes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with window("idle", []):
        time.sleep(0.6)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_memory_is_its_constant_power_over_the_exact_duration() -> None:
    parts = {part.name: part for part in components_of(tracker(), 1.8)}
    assert parts["ram"].energy_wh == pytest.approx(20 * 1.8 / 3600)
    assert parts["cpu"].energy_wh == pytest.approx(16 / 3600)
    assert "gpu" not in parts


@pytest.mark.parametrize(
    ("mode", "method", "measured"),
    [
        ("cpu_load", "model of its load (TDP 8 W)", False),
        ("constant", "constant share of its TDP (TDP 8 W)", False),
        ("intel_rapl", "RAPL counter", True),
        ("something_new", "unknown", False),
    ],
)
def test_a_reading_says_how_the_cpu_is_known(mode: str, method: str, measured: bool) -> None:
    cpu = components_of(tracker(mode), 2.0)[0]
    assert (cpu.method, cpu.measured) == (method, measured)


def test_a_gpu_is_a_component_of_its_own() -> None:
    found = components_of(tracker(gpu_count=1, gpu_energy=90 / 3.6e6, energy_consumed=145 / 3.6e6), 2.0)
    assert found[-1].name == "gpu"
    assert found[-1].energy_wh == pytest.approx(90 / 3600)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"cpu_energy": 0.0, "energy_consumed": 39 / 3.6e6}, "no energy for the cpu over 2.0 s"),
        ({"ram_energy": 0.0, "energy_consumed": 16 / 3.6e6}, "no energy for the ram over 2.0 s"),
        ({"gpu_count": 1}, "no energy for the gpu over 2.0 s"),
        ({"energy_consumed": 60 / 3.6e6}, "components that sum to"),
    ],
)
def test_an_incomplete_result_is_refused(changes: dict[str, Any], found: str) -> None:
    with pytest.raises(MeterError, match=found):
        components_of(tracker(**changes), 2.0)


def test_no_result_at_all_is_refused() -> None:
    with pytest.raises(MeterError, match="no result"):
        components_of(SimpleNamespace(final_emissions_data=None), 2.0)


def test_a_window_too_short_to_measure_may_be_zero() -> None:
    found = components_of(tracker(cpu_energy=0.0, energy_consumed=39 / 3.6e6), 0.01)
    assert found[0].energy_wh == 0


def test_settings_made_outside_are_named_and_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".codecarbon.config").write_text("[codecarbon]\n")
    monkeypatch.setenv("CODECARBON_PUE", "1.4")
    assert outside_settings() == ["CODECARBON_PUE", str(tmp_path / ".codecarbon.config")]
    with pytest.raises(MeterError, match="CODECARBON_PUE"):
        warm_up_meter()
