"""What a window used by component: the energy that was counted, with its class and bounds, calibrated or not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.energy.components import WindowLabel, components_of, evidence_of, make_reading, without_calibration
from evaluation.energy.hardware import Rapl
from evaluation.energy.load import CpuUse
from evaluation.energy.machine import Machine
from evaluation.energy.reading import Reading
from evaluation.energy.tracker import RawEnergy
from tests.records import STARTED, make_calibration, make_hardware, make_machine

CALIBRATION = make_calibration(offset_w=12.0, high=1.04)
COUNTERS = make_hardware(rapl=Rapl(state="readable", domains=("package-0", "package-1")))
# Without counters.
MODELLED = make_machine(declared={"ram_w": 20.0, "watts_per_busy_core": 9.0})


def reading_of(machine: Machine, raw: RawEnergy, duration_s: float = 10.0, elapsed_s: Sequence[float] = (0.0, 10.0)) -> Reading:
    return make_reading(
        machine,
        WindowLabel("inference", 1, 1, STARTED),
        components_of(machine, raw, duration_s),
        duration_s,
        CpuUse(2.0, 5.0, 0.5),
        outcome="complete",
        reason=None,
        samples=100,
        elapsed_s=elapsed_s,
    )


@pytest.mark.parametrize(
    ("elapsed_s", "longest_s"),
    [
        ((0.0, 1.0, 2.0, 10.0), 8.0),
        ((0.0, 1.0, 4.0, 5.0, 6.5, 8.0), 3.0),
        ((0.0, 2.0, 4.0), 6.0),
        ((3.5, 5.0, 8.0, 10.0), 3.5),
        ((), 10.0),
    ],
)
def test_the_longest_gap_may_lie_at_either_end(elapsed_s: tuple[float, ...], longest_s: float) -> None:
    assert reading_of(MODELLED, RawEnergy(1.0, None), elapsed_s=elapsed_s).longest_gap_s == longest_s


def test_a_gpu_has_its_own_component_class_and_bounds() -> None:
    machine = make_machine(make_hardware(gpus=("NVIDIA L4",)))
    reading = reading_of(machine, RawEnergy(1.0, 40.0))
    card = reading.part("gpu")
    assert card is not None
    assert (card.energy_wh, card.evidence, card.backend, card.low_wh, card.high_wh) == (40.0, "B", "NVML counter", 36.0, 64.0)


def test_beside_a_counter_too_the_second_estimate_is_kept() -> None:
    machine = make_machine(COUNTERS, {"watts_per_busy_core": 9.0})
    assert reading_of(machine, RawEnergy(1.0, None)).cpu_estimate_wh == pytest.approx(2.0 * 9 / 3600)


@pytest.mark.parametrize(
    ("machine", "cpu", "ram"),
    [
        (
            make_machine(make_hardware(ram_gib=8.0), {"host_tdp_w": 280.0, "host_share": 0.25}),
            ("C", "load model with a declared TDP of 70 W"),
            ("C", "an assumed constant of "),
        ),
        (
            make_machine(COUNTERS, {"ram_w": 3.5}),
            ("B", "RAPL counter of package-0, package-1"),
            ("C", "a declared constant of 3.5 W"),
        ),
    ],
)
def test_how_a_component_is_known_is_said_in_words(machine: Machine, cpu: tuple[str, str], ram: tuple[str, str]) -> None:
    assert evidence_of(machine, "cpu") == cpu
    evidence, backend = evidence_of(machine, "ram")
    assert evidence == ram[0]
    assert backend.startswith(ram[1])


def test_a_calibrated_host_reads_what_its_wall_meter_would() -> None:
    machine = make_machine(COUNTERS, {"ram_w": 36.0}, calibration=CALIBRATION)
    reading = reading_of(machine, RawEnergy(0.9, None), duration_s=10.0)
    # 0.9 Wh of CPU and 36 W for 10 s, which is 0.1 Wh; 1.4 times that, and 12 W for 10 s.
    assert reading.energy_wh == pytest.approx(1.4 * 1.0 + 12 * 10 / 3600)
    assert reading.calibrated_by == pytest.approx(reading.energy_wh / 1.0)
    assert reading.mix == pytest.approx({"cpu": 0.9, "ram": 0.1})
    assert reading.evidence == "A"
    for part in reading.components:
        assert part.evidence == "A"
        assert part.backend.endswith(", calibrated on 2026-11-24")
        assert (part.low_wh, part.high_wh) == pytest.approx((0.97 * part.energy_wh, 1.04 * part.energy_wh))


WH = st.floats(1e-6, 1e4)


@settings(deadline=None, max_examples=50)
@given(WH, st.none() | WH, st.floats(0.5, 1e4), st.floats(0.3, 4), st.floats(0, 100))
def test_a_calibration_scales_cpu_and_memory_alike_and_no_gpu(
    cpu_wh: float, gpu_wh: float | None, duration_s: float, factor: float, offset_w: float
) -> None:
    plain = make_machine(declared={"ram_w": 20.0})
    fitted = {"factor": factor, "offset_w": offset_w, "highest_w": 1e12}
    calibrated = plain.model_copy(update={"calibration": CALIBRATION.model_copy(update=fitted)})
    before, one = components_of(plain, RawEnergy(cpu_wh, gpu_wh), duration_s)
    after, scale = components_of(calibrated, RawEnergy(cpu_wh, gpu_wh), duration_s)
    assert one == 1.0
    assert [part.name for part in after] == ["cpu", "ram"] + (["gpu"] if gpu_wh is not None else [])
    for then, now in zip(before, after, strict=True):
        assert now.energy_wh == pytest.approx((1.0 if now.name == "gpu" else scale) * then.energy_wh)
    total_wh, calibrated_wh = (sum(part.energy_wh for part in parts if part.name != "gpu") for parts in (before, after))
    assert calibrated_wh == pytest.approx(factor * total_wh + offset_w * duration_s / 3600)


def test_a_reading_of_which_a_calibration_leaves_less_than_nothing_keeps_its_own_class() -> None:
    # 10 W of CPU and the memory's 20 W, of which twice as much less 60 W leaves nothing.
    calibration = CALIBRATION.model_copy(update={"factor": 2.0, "offset_w": -60.0})
    machine = MODELLED.model_copy(update={"calibration": calibration})
    found, factor = components_of(machine, RawEnergy(10.0, None), 3600.0)
    assert factor == 1.0
    assert [(part.energy_wh, part.evidence) for part in found] == [(10.0, "C"), (20.0, "C")]
    assert components_of(machine, RawEnergy(11.0, None), 3600.0).components[0].evidence == "A"


def test_without_its_calibration_a_reading_is_what_an_uncalibrated_machine_reads() -> None:
    for hardware in (make_hardware(), COUNTERS, make_hardware(gpus=("NVIDIA L4",), gpu_sensor="energy counter")):
        plain = make_machine(hardware, {"ram_w": 36.0})
        raw = RawEnergy(0.9, 0.7 if hardware.gpus else None)
        calibrated = reading_of(plain.model_copy(update={"calibration": CALIBRATION}), raw)
        found, expected = (
            without_calibration(calibrated, plain.model_copy(update={"calibration": CALIBRATION})),
            reading_of(plain, raw),
        )
        assert calibrated.evidence != found.evidence or hardware.gpus
        for part, other in zip(found.components, expected.components, strict=True):
            assert (part.energy_wh, part.low_wh) == pytest.approx((other.energy_wh, other.low_wh))
            assert (part.evidence, part.backend) == (other.evidence, other.backend)
        assert found.model_copy(update={"components": ()}) == expected.model_copy(update={"components": ()})
        assert without_calibration(expected, plain) is expected


def test_a_reading_beyond_what_was_calibrated_keeps_its_own_class() -> None:
    machine = MODELLED.model_copy(update={"calibration": CALIBRATION.model_copy(update={"highest_w": 100.0})})
    # Over an hour: 85 W and the memory's 20 W are hardly more than 100 W, 95 W and 20 W are.
    within, factor = components_of(machine, RawEnergy(85.0, None), 3600.0)
    beyond, none = components_of(machine, RawEnergy(95.0, None), 3600.0)
    assert ({part.evidence for part in within}, {part.evidence for part in beyond}) == ({"A"}, {"C"})
    assert factor == pytest.approx((1.4 * 105.0 + 12.0) / 105.0)
    assert none == 1.0
    assert sum(part.energy_wh for part in beyond) == pytest.approx(115.0)


def test_no_calibration_of_cpu_and_memory_speaks_of_a_gpu() -> None:
    hardware = make_hardware(gpus=("NVIDIA L4",), gpu_sensor="energy counter")
    machine = make_machine(hardware, {"ram_w": 20.0}).model_copy(update={"calibration": CALIBRATION})
    found = {part.name: part for part in components_of(machine, RawEnergy(30.0, 700.0), 3600.0).components}
    assert {name: part.evidence for name, part in found.items()} == {"cpu": "A", "ram": "A", "gpu": "B"}
    assert found["gpu"].energy_wh == 700.0
    assert found["cpu"].energy_wh + found["ram"].energy_wh == pytest.approx(1.4 * 50.0 + 12.0)
