"""What this machine can measure, how well, and how to make it better. It never needs root, and changes only its own files."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from evaluation.energy.calibration import CALIBRATION_FILE, VALID_DAYS
from evaluation.energy.components import evidence_of
from evaluation.energy.evidence import MEANING, EvidenceClass, bounds
from evaluation.energy.lock import lock_holder
from evaluation.energy.machine import (
    ASSUMED,
    IMPLAUSIBLE,
    MACHINE_FILE,
    UNDECLARED,
    UNUSED_CALIBRATION,
    VIRTUAL_CALIBRATION,
    Declarations,
    Machine,
    read_machine,
    read_operator_role,
    undeclared_machine,
)
from evaluation.energy.reading import Reading
from evaluation.energy.self_test import AGAIN, ALL_CORES, IDLE, ONCE, SelfTest, mean_power_w
from evaluation.energy.tracker import how_to_undo, outside_settings
from evaluation.environment import describe_environment
from evaluation.exceptions import HomeError, MeterError, PreuveError
from evaluation.home import carbon_folder, home_path, open_home
from evaluation.numbers import counted, significant
from evaluation.records.ledger import Ledger

PACKAGES = ("codecarbon", "mlflow", "scikit-learn", "torch", "transformers")
LITTLE_SPACE_GIB = 2.0
GIB = 1024**3
# The same work twice must come out within these bounds, or comparisons need more and longer rounds.
SAME_WORK_RATIO = (0.95, 1.05)
# A machine on which everything is busy must show more than this times its idle power.
LEAST_RISE = 1.05
CALIBRATE = (
    "plug this machine into a wall meter, let it record every second, and run: preuve doctor --seconds 300. "
    "Then export the recording as meter.csv, and run: preuve doctor --calibrate meter.csv"
)
BATTERY_ADVICE = {
    "discharging": "measure on mains: a battery changes how fast the CPU runs",
    "charging": "to calibrate, wait until it is full: a wall meter measures its charging too",
}
CLASS_A = "for class A: preuve doctor --calibrate meter.csv (see Calibration)"


@dataclass(frozen=True)
class Finding:
    """One thing that `preuve doctor` looked at.

    Attributes:
        evidence: class of the energy of this component; none for what is no component.
        advice: where something can be better: what, and with which command.
    """

    subject: str
    found: str
    advice: str | None = None
    evidence: EvidenceClass | None = None


def examine() -> list[Finding]:
    """One finding a subject: what can be measured, the machine, then what a campaign needs."""
    try:
        machine = read_machine()
    except PreuveError as error:
        # What was found of the machine holds all the same.
        machine = undeclared_machine()
        return [*components(machine), *_found(machine), _unusable(error), *surroundings()]
    return [*components(machine), *about(machine), *surroundings()]


def _unusable(error: PreuveError) -> Finding:
    """Why nothing of what the owner declares is shown."""
    if isinstance(error, HomeError):
        return Finding("Declared", f"{MACHINE_FILE} is out of reach with the folder below, so figures are assumed", None)
    subject = "Calibration" if isinstance(error, MeterError) else MACHINE_FILE
    return Finding(
        subject,
        f"cannot be used: {error.found} ({error.where}). No campaign starts, and what is shown here is assumed",
        f"expected: {error.expected}. {error.remedy[:1].upper()}{error.remedy[1:]}",
    )


def components(machine: Machine) -> list[Finding]:
    """How each component's energy is known, and what would make it known better."""
    return [_cpu(machine), _gpu(machine), _ram(machine)]


def _towards_class_a(machine: Machine) -> str | None:
    # A virtual machine has no plug.
    return None if machine.calibration or machine.hardware.virtualised else CLASS_A


def _cpu(machine: Machine) -> Finding:
    evidence, backend = evidence_of(machine, "cpu")
    return Finding("CPU energy", f"{backend}{_why_no_counter(machine)}", _cpu_advice(machine), evidence)


def _why_no_counter(machine: Machine) -> str:
    rapl = machine.hardware.rapl
    if machine.counts_cpu_energy or machine.calibration:
        return ""
    closed = len(rapl.unreadable)
    if closed:
        return f"; there {'are' if closed > 1 else 'is'} {counted(closed, 'counter')} of its energy that this user may not read"
    return "; there is no counter of its energy here"


def _cpu_advice(machine: Machine) -> str | None:
    hardware, declared = machine.hardware, machine.declared
    if machine.calibration:
        return None
    if machine.counts_cpu_energy:
        return _towards_class_a(machine)
    if hardware.rapl.unreadable:
        where = "on the host, " if hardware.container else ""
        return f"for class B, {where}after each start of the machine: {_open_counters(hardware.rapl.unreadable)}"
    if hardware.virtualised:
        known = not (declared.host_tdp_w.assumed or declared.host_share.assumed)
        ask = f"ask the hoster for the host's CPU and its threads, and put host_tdp_w and host_share into: {_edit()}"
        return None if known else ask
    if hardware.container:
        return "for class B, run preuve on the host itself: a container is not shown its counters"
    declare = f". If that shows no counter, put the data sheet's TDP into: {_edit()}" if declared.host_tdp_w.assumed else ""
    return f"for class B, with a CPU of Intel's or AMD's: sudo modprobe intel_rapl_msr{declare}"


def _open_counters(files: tuple[str, ...]) -> str:
    # Short names, which a narrow table need not break.
    folder = Path(os.path.commonpath([Path(file).parent.parent for file in files]))
    names = " ".join(shlex.quote(str(Path(file).relative_to(folder))) for file in files)
    return f"cd {shlex.quote(str(folder))} && sudo chmod a+r {names}"


def _gpu(machine: Machine) -> Finding:
    hardware = machine.hardware
    names = ", ".join(hardware.gpus)
    if not names:
        found = "NVIDIA's driver shows no GPU" if hardware.nvml.startswith("readable") else hardware.nvml
        return Finding("GPU energy", f"no GPU that can be measured: {found}", _driver_advice(hardware.nvml))
    if hardware.nvml != "readable":
        return Finding(
            "GPU energy",
            f"{names}: {hardware.nvml}. Campaigns are refused until it can be measured",
            "for class B, find the folder of nvidia-smi (find / -name nvidia-smi 2>/dev/null), and put it on the PATH: "
            "export PATH=$PATH:FOLDER",
        )
    evidence, backend = evidence_of(machine, "gpu")
    # A wall meter sees the GPU too, but the self-test leaves it idle.
    best = "nothing here knows it better: --calibrate compares CPU and memory alone"
    why = "; a card here has no counter of its energy" if hardware.gpu_sensor == "power" and not machine.calibration else ""
    return Finding("GPU energy", f"{names}: {backend}{why}", best, evidence)


def _driver_advice(nvml: str) -> str | None:
    if "not loaded" in nvml:
        return "if there is a GPU: sudo modprobe nvidia"
    if "not installed" in nvml:
        return "if there is a GPU: .venv/bin/python -m pip install nvidia-ml-py"
    if "NVML fails" in nvml:
        return "see what nvidia-smi says; after an update of the driver, start the machine anew"
    return None


def _ram(machine: Machine) -> Finding:
    evidence, backend = evidence_of(machine, "ram")
    if machine.calibration:
        return Finding("Memory energy", backend, None, evidence)
    data_sheet = f"put the data sheet's watts as ram_w into: {_edit()}"
    advice = data_sheet if machine.declared.ram_w.assumed else _towards_class_a(machine)
    return Finding("Memory energy", f"{backend}; no counter is read for it", advice, evidence)


def _edit() -> str:
    return f"nano {shlex.quote(str(home_path() / MACHINE_FILE))}"


def about(machine: Machine) -> Iterator[Finding]:
    """What was found of the machine, and what is declared or only assumed about it."""
    yield from _found(machine)
    assumed = [name for name in Declarations.model_fields if getattr(machine.declared, name).source.startswith(ASSUMED)]
    declared = [name for name in Declarations.model_fields if name not in assumed]
    yield Finding("Declared", ", ".join(_figure(machine, name) for name in declared) or "nothing yet")
    yield Finding(
        "Only assumed",
        ", ".join(_figure(machine, name) for name in assumed) or "nothing",
        f"put in what you know better, each figure with its source: {_edit()}" if assumed else None,
    )
    yield _operator()
    yield _calibration(machine)
    for flag in machine.flags:
        yield Finding("To look at", flag, _flag_advice(machine, flag))


def _operator() -> Finding:
    role = read_operator_role()
    advice = f"the ledger records who measured by their role: put it in as operator_role: {_edit()}" if role == UNDECLARED else None
    return Finding("Operator", role, advice)


def _ledger() -> Finding:
    ledger = Ledger()
    try:
        head = ledger.head
    except PreuveError as error:
        return Finding("Carbon ledger", f"{error.where}: {error.found}", error.remedy)
    return Finding("Carbon ledger", f"{ledger.path}: {counted(head.number, 'record')}, head {head}" if head else "none yet")


def _found(machine: Machine) -> Iterator[Finding]:
    hardware = machine.hardware
    parts = (counted(hardware.sockets, "socket"), counted(hardware.cores, "thread"), f"{hardware.ram_gib:g} GiB")
    yield Finding("Machine", ", ".join([hardware.cpu, *parts]))
    yield Finding("Virtual machine", _virtual(machine))
    if hardware.battery != "none":
        yield Finding("Battery", hardware.battery, BATTERY_ADVICE.get(hardware.battery))


def _flag_advice(machine: Machine, flag: str) -> str | None:
    if flag == VIRTUAL_CALIBRATION:
        return f"if anything else runs on the host, take it off: rm {shlex.quote(str(carbon_folder() / CALIBRATION_FILE))}"
    if flag.endswith(IMPLAUSIBLE):
        return f"put the right figure into: {_edit()}"
    if not flag.startswith(UNUSED_CALIBRATION):
        return f"check the figures, and write what is there now under [detected]: {_edit()}"
    return None if machine.hardware.virtualised else "calibrate again (see Calibration)"


def _virtual(machine: Machine) -> str:
    hardware = machine.hardware
    words = [f"yes, on {hardware.virtualised}" if hardware.virtualised else "no"]
    return "; ".join([*words, *([f"in a container ({hardware.container})"] if hardware.container else [])])


def _figure(machine: Machine, name: str) -> str:
    value = getattr(machine.declared, name).value
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def _calibration(machine: Machine) -> Finding:
    found = machine.calibration
    if found is None:
        kept = any(flag.startswith(UNUSED_CALIBRATION) for flag in machine.flags)
        words = "none that holds (see To look at)" if kept else "none"
        if machine.hardware.virtualised:
            return Finding("Calibration", f"{words}: a virtual machine has no plug for a wall meter")
        return Finding("Calibration", f"{words}: figures may be as far off as their class says", CALIBRATE)
    offset = f", {abs(found.offset_w):.3g} W {'more' if found.offset_w > 0 else 'less'}" if found.offset_w else ""
    return Finding(
        "Calibration",
        f"of {found.made}, against {found.meter_file}: the meter's figure is ours times the factor {significant(found.factor)}"
        f"{offset}. The true value lies between {significant(found.low)} and {significant(found.high)} times the calibrated one; "
        f"the phases of the self-test lie {found.residual * 100:.1f} % from that. "
        f"It holds until {found.made + dt.timedelta(days=VALID_DAYS)}",
    )


def surroundings() -> Iterator[Finding]:
    """What else a campaign needs."""
    environment = describe_environment()
    yield _settings()
    yield _lock()
    yield _home()
    yield _ledger()
    yield Finding("Python", f"{environment.python}; " + ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    yield Finding("Code", _code(environment.code_commit, dirty=environment.code_dirty))


def self_test_findings(self_test: SelfTest, machine: Machine) -> Iterator[Finding]:
    """What the self-test says about measuring here."""
    readings = self_test.by_phase
    low, high = SAME_WORK_RATIO
    ratio = self_test.same_work_ratio
    foreign = max(reading.foreign_cores for reading in self_test.readings)
    limit = machine.declared.foreign_load_limit_cores.value
    yield Finding(
        "The same work twice",
        f"a unit of it took {ratio:.3f} times as much energy the second time; {low:g} to {high:g} is good",
        None if low <= ratio <= high else _uneven_advice(readings, machine, busy=foreign > limit),
    )
    yield Finding(
        "Other load",
        f"others kept up to {foreign:.2f} cores busy; {limit:g} is the limit",
        "stop what else runs here: above the limit, campaigns measure a window again" if foreign > limit else None,
    )
    idle_w, busy_w = mean_power_w(readings[IDLE]), mean_power_w(readings[ALL_CORES])
    yield Finding(
        "Idle to all cores", f"{idle_w:.1f} W to {busy_w:.1f} W", _flat_advice(machine) if busy_w / idle_w < LEAST_RISE else None
    )


def _uneven_advice(readings: Mapping[str, Reading], machine: Machine, *, busy: bool) -> str:
    if busy:
        return "stop what else runs here; take more rounds and longer windows"
    once, again = (readings[phase].samples / readings[phase].duration_s for phase in (ONCE, AGAIN))
    change = f"{abs(again / once - 1):.0%} {'more' if again > once else 'less'}".replace("%", " %")
    why = "what runs beside it on its host" if machine.hardware.virtualised else "its temperature"
    return (
        f"it did {change} work a second, though nothing else ran here: its clock or {why} changes. "
        "Take more rounds and longer windows"
    )


def _flat_advice(machine: Machine) -> str:
    if machine.counts_cpu_energy:
        return "the figures hardly follow the load: see whether the machine was idle when the self-test began"
    return f"the figures hardly follow the load: put the right host_tdp_w into: {_edit()}"


def _settings() -> Finding:
    found = outside_settings()
    if not found:
        return Finding("CodeCarbon settings", "none from outside")
    return Finding(
        "CodeCarbon settings",
        f"made outside: {', '.join(found)}. They could change what is measured, so campaigns are refused",
        how_to_undo(found),
    )


def _lock() -> Finding:
    try:
        holder = lock_holder()
    except PreuveError as error:
        return Finding("Energy lock", f"{error.where}: {error.found}", error.remedy)
    if holder is None:
        return Finding("Energy lock", "free: no campaign holds this machine")
    return Finding("Energy lock", holder, "wait until it ends; preuve run --wait begins then by itself")


def _home() -> Finding:
    try:
        home = open_home()
    except HomeError as error:
        return Finding("PREUVE_HOME", f"{home_path()}: {error.found}", error.remedy)
    free_gib = shutil.disk_usage(home).free / GIB
    advice = "free some space: models and records need it" if free_gib < LITTLE_SPACE_GIB else None
    return Finding("PREUVE_HOME", f"{home}, {free_gib:.0f} GiB free", advice)


def _code(commit: str | None, *, dirty: bool | None) -> str:
    if commit is None:
        return "no git commit can be read: runs cannot say which code they ran"
    return f"commit {commit[:12]}{', with uncommitted changes' if dirty else ''}"


def _bounds(evidence: EvidenceClass) -> str:
    if evidence == "A":
        return ""
    (cpu_low, cpu_high), (gpu_low, gpu_high) = (bounds(evidence, name) for name in ("cpu", "gpu"))
    gpu = f", for a GPU {gpu_low:g} and {gpu_high:g}" if (gpu_low, gpu_high) != (cpu_low, cpu_high) else ""
    return f"; the true value is expected between {cpu_low:g} and {cpu_high:g} times the figure{gpu}"


def class_meanings(findings: list[Finding]) -> list[str]:
    """What the classes that occur mean."""
    return [
        f"{evidence}: {MEANING[evidence]}{_bounds(evidence)}"
        for evidence in sorted({each.evidence for each in findings if each.evidence})
    ]
