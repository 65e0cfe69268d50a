"""The machine: what was found of it, and what its owner declares in `machine.toml`, each figure with its source.

The file is written on first use, with assumptions that say they are some; from then on it is the owner's, and never rewritten.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import os
import platform
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evaluation.energy.calibration import Calibration, load_calibration, why_not_valid
from evaluation.energy.codecarbon_lists import estimated_ram_w, listed_tdp_w
from evaluation.energy.hardware import Hardware, look_at_hardware
from evaluation.exceptions import HomeError, MachineError
from evaluation.home import carbon_folder, home_path, open_home
from evaluation.messages import Setting, joined, say, words

MACHINE_FILE = "machine.toml"
MACHINE_ID_FILE = Path("/etc/machine-id")
ASSUMED = "assumed"
# Of a mean year, leap days included.
SECONDS_PER_YEAR = 365.25 * 24 * 3600
UNDECLARED = "undeclared"
# What CodeCarbon takes for a CPU that is not in its list, and what a virtual machine's part of a server's CPU comes to:
# 280 W over 128 threads to 210 W over 48.
WATTS_PER_THREAD = 4.0
# CodeCarbon's load model gives an idle CPU a tenth of its TDP, and nine tenths more to its load's third power.
IDLE_SHARE_OF_TDP = 0.1
LOAD_EXPONENT = 3
UNUSED = words("the calibration is not used: {problem}")
UNUSED_CALIBRATION = UNUSED.partition(":")[0]
VIRTUAL_CALIBRATION = words(
    "the calibration was made on a virtual machine: a wall meter measures its host, so it holds only while nothing else runs there"
)
IMPLAUSIBLE = words("is its unit right?")
# An error names so many faults of a file: a name with a slip is both missing and not known.
MOST_FAULTS = 3
DETECTED_BY = {
    "cpu": "/proc/cpuinfo",
    "cores": "/proc/cpuinfo; logical ones",
    "sockets": "/proc/cpuinfo",
    "ram_gib": "/proc/meminfo",
    "gpus": "NVML, the library of NVIDIA's driver",
    "virtualised": "/proc/cpuinfo, /sys/class/dmi, systemd-detect-virt",
    "container": "marks that engines leave, systemd-detect-virt",
    "rapl": "/sys/class/powercap",
    "nvml": "the library itself",
}
# More watts than any part takes: a slip of the unit.
MOST_W_PER_THREAD, MOST_RAM_W, MOST_RAM_W_PER_GIB = 100.0, 20.0, 5.0
# A number in quotes, or `true`, is a slip and no number; a source of blanks is none.
NOT_BLANK = r"\S"


class Record(BaseModel):
    """Frozen, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Declared(Record):
    """A figure that somebody declares, and who or what says so."""

    value: float = Field(ge=0, allow_inf_nan=False, strict=True)
    source: str = Field(pattern=NOT_BLANK)

    @property
    def assumed(self) -> bool:
        """Whether nobody has declared it: the program had to assume something."""
        return self.source.startswith(ASSUMED)


class Positive(Declared):
    """One that cannot be zero."""

    value: float = Field(gt=0, allow_inf_nan=False, strict=True)


class Share(Declared):
    """A part of a whole."""

    value: float = Field(gt=0, le=1, strict=True)


class AtLeastOne(Declared):
    """A factor on something that it cannot make smaller."""

    value: float = Field(ge=1, allow_inf_nan=False, strict=True)


class DeclaredText(Record):
    """Words that somebody declares."""

    value: str
    source: str = Field(pattern=NOT_BLANK)


class Declarations(Record):
    """What cannot be read from a machine. Their descriptions stand in `machine.toml` as comments."""

    host_tdp_w: Positive = Field(description="Thermal design power of all CPUs of the host, in watts; its data sheet has it.")
    host_share: Share = Field(
        description="This machine's share of that host: 1, or for a virtual machine its threads over the host's."
    )
    watts_per_busy_core: Positive = Field(description="What one busy core adds, in watts: the second estimate of the CPU's energy.")
    ram_w: Positive = Field(description="Power of the memory, in watts; no counter is read for it.")
    idle_w: Positive = Field(description="Power of the whole machine when nothing is asked of it, in watts.")
    # From here to its site, what a report says of this machine. Where candidates would serve is another: goals.toml, [deployment].
    pue: AtLeastOne = Field(description="Energy of the building over that of its computers (PUE). No recorded energy holds it.")
    server_memory_gib: Positive = Field(description="Memory of this machine; a POC's goals.toml has that of its server.")
    embodied_kg_co2e: Declared = Field(description="Carbon of making this machine, in kg CO2e.")
    lifetime_years: Positive = Field(description="Over how many years that is spread.")
    age_years: Declared = Field(description="How old it is.")
    site: DeclaredText = Field(description="Where it stands.")
    foreign_load_limit_cores: Positive = Field(
        description="A window is repeated when others keep more than so many cores busy, on average."
    )

    @property
    def cpu_w(self) -> float:
        """Thermal design power of this machine's share of the host."""
        return self.host_tdp_w.value * self.host_share.value

    def embodied_g(self, duration_s: float) -> float:
        """Of making the machine, in grams of CO2 equivalent, the part for so long a time of its life."""
        return self.embodied_kg_co2e.value * 1000 * duration_s / (self.lifetime_years.value * SECONDS_PER_YEAR)


class MachineFile(Record):
    """`machine.toml` as it is written.

    Attributes:
        operator_role: who measures here, by their role: no name belongs into a record.
    """

    version: Literal[1]
    machine_id: str
    operator_role: str = Field(default=UNDECLARED, pattern=NOT_BLANK)
    written: dt.date
    detected: dict[str, str | int | float]
    declared: Declarations


class Machine(Record):
    """What this host can measure, and what its owner declares about it: what a campaign records of it.

    Attributes:
        machine_id: a hash; it tells machines apart without naming them.
        calibration: against a wall meter, where one holds here and today.
        flags: what its owner should know: a calibration that does not hold, parts that changed.
    """

    machine_id: str
    hardware: Hardware
    declared: Declarations
    calibration: Calibration | None = None
    flags: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Of what it is and what is declared about it, so that records can say whether that changed."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def text(self) -> str:
        """What it is and what is declared about it, always written in the same way."""
        content = self.model_dump(mode="json", exclude={"flags": True, "hardware": {"battery": True}})
        return json.dumps(content, sort_keys=True, ensure_ascii=False)

    @property
    def counts_cpu_energy(self) -> bool:
        """Whether all of the CPU's counters can be read."""
        return self.hardware.rapl.state == "readable" and not self.hardware.rapl.unreadable

    @property
    def basis(self) -> str:
        """What its readings rest on, before any calibration, in words: a calibration holds for that alone."""
        hardware, declared = self.hardware, self.declared
        counters = f"RAPL counters ({', '.join(hardware.rapl.domains)})"
        cpu = counters if self.counts_cpu_energy else f"a load model of {declared.cpu_w:g} W"
        return f"{cpu}, {declared.ram_w.value:g} W of memory, GPU: {', '.join(hardware.gpus) or 'none'}"

    def expected_w(self, busy_threads: int) -> float:
        """Power that will be read of CPU and memory with so many threads busy, before any calibration, in watts.

        Without counters it follows from CodeCarbon's load model; what a counter will show, the declared figures say about.
        """
        declared = self.declared
        busy = min(busy_threads, self.hardware.cores)
        idle_w, load = IDLE_SHARE_OF_TDP * declared.cpu_w, busy / self.hardware.cores
        modelled_w = (1 - IDLE_SHARE_OF_TDP) * declared.cpu_w * load**LOAD_EXPONENT
        busy_w = busy * declared.watts_per_busy_core.value if self.counts_cpu_energy else modelled_w
        return idle_w + busy_w + declared.ram_w.value

    @property
    def models_cpu_energy(self) -> bool:
        """Whether only a model stands behind the CPU's energy: no counter, no wall meter."""
        return not self.counts_cpu_energy and self.calibration is None


@cache
def machine_id() -> str:
    """Sixteen hexadecimal digits that stay the same on one machine and do not name it.

    Without /etc/machine-id they come from the host's name, which a container is given anew each time it is made.
    """
    return hashlib.sha256(f"preuve {_systemd_id() or platform.node()}".encode()).hexdigest()[:16]


def _systemd_id() -> str:
    try:
        found = MACHINE_ID_FILE.read_text(encoding="ascii").strip()
    except OSError:
        return ""
    # Images carry that word until their first start.
    return "" if found == "uninitialized" else found


def read_machine(hardware: Hardware | None = None) -> Machine:
    """This machine; the first time, `machine.toml` is written with what is assumed about it.

    Args:
        hardware: what was found of it, where somebody has looked already.

    Raises:
        HomeError: PREUVE_HOME cannot be written to.
        MachineError: the file is not well formed, or another machine's.
        MeterError: the calibration cannot be read.
    """
    found = hardware or look_at_hardware()
    path = open_home() / MACHINE_FILE
    if not path.exists():
        _write_first(path, machine_text(found, assumptions(found), dt.datetime.now().astimezone().date()))
    file = _read(path)
    machine = Machine(machine_id=machine_id(), hardware=found, declared=file.declared)
    calibration = load_calibration(carbon_folder())
    today = dt.datetime.now().astimezone().date()
    problem = why_not_valid(calibration, machine.machine_id, machine.basis, today) if calibration else None
    on_a_guest = VIRTUAL_CALIBRATION if calibration and not problem and found.virtualised else None
    unused = str(say(UNUSED, problem=problem)) if problem else None
    flags = (unused, on_a_guest, _changes(file, found), *_implausible(machine))
    return machine.model_copy(
        update={"calibration": None if problem else calibration, "flags": tuple(flag for flag in flags if flag)}
    )


def read_operator_role() -> str:
    """Who measures here, by their role, as `machine.toml` says.

    Raises:
        MachineError: the file is not well formed, or another machine's.
    """
    path = home_path() / MACHINE_FILE
    return _read(path).operator_role if path.exists() else UNDECLARED


def undeclared_machine(hardware: Hardware | None = None) -> Machine:
    """This machine with nothing but assumptions about it, for where `machine.toml` cannot be used. No file is read or written."""
    found = hardware or look_at_hardware()
    figures = {name: {"value": value, "source": source} for name, (value, source) in assumptions(found).items()}
    return Machine(machine_id=machine_id(), hardware=found, declared=Declarations.model_validate(figures))


def _write_first(path: Path, text: str) -> None:
    """Write the file whole or not at all; what another process has written meanwhile stays."""
    half_done = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        half_done.write_text(text, encoding="utf-8")
        if not path.exists():
            half_done.replace(path)
    except OSError as error:
        raise HomeError(
            expected=f"room for {MACHINE_FILE}",
            found=error.strerror or str(error),
            where=str(path),
            remedy="free some space, or name another folder: export PREUVE_HOME=~/preuve",
        ) from error
    finally:
        half_done.unlink(missing_ok=True)


def _read(path: Path) -> MachineFile:
    try:
        # Some editors begin a file with a mark of its encoding.
        text = path.read_text(encoding="utf-8-sig")
        file = MachineFile.model_validate(tomllib.loads(text)) if text.strip() else None
    except OSError as error:
        raise MachineError(
            expected="what is declared about this machine, in a file that this user can read",
            found=error.strerror or str(error),
            where=str(path),
            remedy="give this user the right to read it, or name a folder of their own: export PREUVE_HOME=~/preuve",
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise MachineError(
            expected="text in UTF-8",
            found=f"byte 0x{error.object[error.start]:02x}",
            where=f"{path}, line {line}",
            remedy="save the file as UTF-8",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise MachineError(
            expected="what is declared about this machine, in TOML",
            found=str(error),
            where=str(path),
            remedy="mend that line; numbers have a decimal point (8.5), words stand in quotes",
        ) from error
    except ValidationError as error:
        faults = error.errors()
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise MachineError(
            expected='the names that preuve wrote, and every figure as { value = 65.0, source = "data sheet" }',
            found="; ".join(_fault(dict(each)) for each in faults[:MOST_FAULTS]) + more,
            where=f"{path}, {_place(dict(faults[0]))}",
            remedy="mend that line; deleting the file has it written anew, with assumptions",
        ) from error
    if file is None:
        raise MachineError(
            expected="what is declared about this machine",
            found="an empty file",
            where=str(path),
            remedy=f"delete it to have it written anew, with assumptions: rm {shlex.quote(str(path))}",
        )
    if file.machine_id != machine_id():
        raise MachineError(
            expected=f"what is declared about this machine ({machine_id()})",
            found=f"declarations about another one ({file.machine_id}), written on {file.written}",
            where=str(path),
            remedy=f"name another PREUVE_HOME, or delete this file to have one written anew: rm {shlex.quote(str(path))}"
            + (
                ""
                if _systemd_id()
                else f"; a container needs its host's id to be known again: docker run -v {MACHINE_ID_FILE}:{MACHINE_ID_FILE}:ro"
            ),
        )
    return file


def _place(fault: dict[str, Any]) -> str:
    return ".".join(str(part) for part in fault["loc"])


def _fault(fault: dict[str, Any]) -> str:
    """What pydantic found wrong, as one says it."""
    known = {
        "missing": "is missing",
        "extra_forbidden": "is no name that is known here",
        "model_type": f"is {fault['input']!r}, without a source",
        "float_type": f"is {fault['input']!r}: a number stands without quotes",
        "string_pattern_mismatch": "is empty: say where the figure comes from",
    }
    usual = f"{fault['msg'].removeprefix('Input ')}, and is {fault['input']!r}"
    return f"{_place(fault)} {known.get(fault['type'], usual)}"


def _changes(file: MachineFile, found: Hardware) -> str | None:
    """What differs from the day on which the file was written, in words."""
    before, now = file.detected, detected(found)
    names = [name for name in now if name in before and _differ(before[name], now[name])]
    changes = joined(
        *(say("{name} was {before}, is {now}", name=name, before=str(before[name]), now=str(now[name])) for name in names)
    )
    if changes is None:
        return None
    return str(say("since {file} was written, {changes}: are its figures still right?", file=MACHINE_FILE, changes=changes))


def _differ(before: float | str, now: float | str) -> bool:
    if isinstance(before, float) and isinstance(now, float):
        # A kernel's update changes by a little how much memory it shows.
        return not math.isclose(before, now, rel_tol=0.05)
    return before != now


def _implausible(machine: Machine) -> Iterator[str]:
    question = say(IMPLAUSIBLE)
    declared, hardware = machine.declared, machine.hardware
    thread_w = declared.cpu_w / hardware.cores
    if thread_w > MOST_W_PER_THREAD:
        yield str(say("host_tdp_w times host_share makes {watts} W a thread: {problem}", watts=round(thread_w), problem=question))
    core_w, ram_w = declared.watts_per_busy_core.value, declared.ram_w.value
    if core_w > MOST_W_PER_THREAD:
        yield str(say("watts_per_busy_core is {watts}: {problem}", watts=round(core_w), problem=question))
    if ram_w > MOST_RAM_W + MOST_RAM_W_PER_GIB * hardware.ram_gib:
        memory = Setting(hardware.ram_gib)
        yield str(say("ram_w is {watts} for {memory} GiB: {problem}", watts=round(ram_w), memory=memory, problem=question))


def detected(hardware: Hardware) -> dict[str, str | int | float]:
    """What the file remembers of the machine as it was found."""
    return {
        "cpu": hardware.cpu,
        "cores": hardware.cores,
        "sockets": hardware.sockets,
        "ram_gib": hardware.ram_gib,
        "gpus": ", ".join(hardware.gpus) or "none",
        "virtualised": hardware.virtualised or "no",
        "container": hardware.container or "no",
        "rapl": _rapl_in_words(hardware),
        "nvml": hardware.nvml,
    }


def _rapl_in_words(hardware: Hardware) -> str:
    """What can be read of the CPU's counters, or why not."""
    rapl = hardware.rapl
    readable = f"readable: {', '.join(rapl.domains)}" if rapl.domains else None
    closed = f"not readable by this user: {', '.join(rapl.unreadable)}" if rapl.unreadable else None
    absent = "absent: a virtual machine is shown none" if hardware.virtualised else "absent: the kernel shows none that is counted"
    return "; ".join(filter(None, [readable, closed])) or absent


def assumptions(hardware: Hardware) -> dict[str, tuple[float | str, str]]:
    """What is assumed about a machine of which only this is known: value and source by name."""
    tdp_w, tdp_source = _assumed_tdp_w(hardware)
    ram_w = estimated_ram_w(hardware.ram_gib)
    core_w = tdp_w / hardware.cores
    laptop = hardware.battery != "none"
    embodied_kg = 181.0 if laptop else 900.0
    embodied_source = (
        words("assumed: professional laptop (BoaviztAPI 2.5)")
        if laptop
        else words("assumed: medium server; 460 to 2 087 (BoaviztAPI 2.5)")
    )
    of_memory = say("assumed: CodeCarbon's estimate for {memory} GiB", memory=Setting(hardware.ram_gib))
    return {
        "host_tdp_w": (tdp_w, tdp_source),
        "host_share": (1.0, words("assumed: the figure above is already this machine's")),
        "watts_per_busy_core": (core_w, words("assumed: the TDP over the cores")),
        "ram_w": (ram_w, str(of_memory)),
        "idle_w": (tdp_w * IDLE_SHARE_OF_TDP + ram_w, words("assumed: a tenth of the TDP, and the memory")),
        "pue": (1.5, words("assumed: an ordinary server room; 1.2 to 2.0")),
        "server_memory_gib": (hardware.ram_gib, words("assumed: what was found"))
        if hardware.ram_gib
        else (1.0, words("assumed: the memory could not be read")),
        "embodied_kg_co2e": (embodied_kg, embodied_source),
        "lifetime_years": (4.0, words("assumed: what BoaviztAPI 2.5 spreads the making of a server over")),
        "age_years": (0.0, words("assumed: new, nobody has said otherwise")),
        "site": ("unknown", words("assumed: nobody has said where")),
        "foreign_load_limit_cores": (0.1, words("assumed: a tenth of a core")),
    }


def _assumed_tdp_w(hardware: Hardware) -> tuple[float, str]:
    if hardware.virtualised is None:
        listed_w = listed_tdp_w(hardware.cpu)
        if listed_w:
            of_list = say("assumed: CodeCarbon's list has {watts} W for this CPU", watts=Setting(listed_w))
            return listed_w * hardware.sockets, str(of_list)
        template = words("assumed: {watts} W a thread, this CPU is in no list")
    else:
        template = words("assumed: {watts} W a thread, the host is not known")
    return WATTS_PER_THREAD * hardware.cores, str(say(template, watts=Setting(WATTS_PER_THREAD)))


def machine_text(hardware: Hardware, figures: dict[str, tuple[float | str, str]], today: dt.date) -> str:
    """`machine.toml`, with its comments."""
    lines = [
        "# What this machine is, and what its owner declares about it. preuve wrote this on first use and will not change it.",
        '# Replace what is assumed: put the figure in, and in `source` where you have it from ("data sheet", "the hoster, 3 May").',
        "# preuve doctor shows which figures are still assumed. Delete the file to have it written anew.",
        "",
        "version = 1",
        f"machine_id = {_toml(machine_id())}",
        f"written = {today.isoformat()}",
        '# Who measures here, as the carbon ledger records it: a role ("innovation team"), nobody\'s name.',
        f"operator_role = {_toml(UNDECLARED)}",
        "",
        "[detected]",
        *(f"{name} = {_toml(value)}  # {DETECTED_BY[name]}" for name, value in detected(hardware).items()),
        "",
        "[declared]",
    ]
    for name, field in Declarations.model_fields.items():
        value, source = figures[name]
        lines += [f"# {field.description}", f"{name} = {{ value = {_toml(value)}, source = {_toml(source)} }}"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A TOML string or number: the escapes of a basic string are JSON's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
