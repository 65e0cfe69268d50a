"""`preuve doctor` on machines of several kinds: how each component is known there, and what to type to know it better."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from evaluation.doctor import CALIBRATE, Finding, class_meanings, examine, self_test_findings
from evaluation.energy.calibration import CALIBRATION_FILE, load_calibration, save_calibration
from evaluation.energy.hardware import Hardware, Rapl, look_at_hardware
from evaluation.energy.machine import MACHINE_FILE, assumptions, machine_id, machine_text, read_machine
from evaluation.energy.meter import EnergyLog, Meter
from evaluation.energy.self_test import PHASES, SelfTest, mean_power_w, save_self_test
from evaluation.exceptions import BusyError
from evaluation.home import carbon_folder
from evaluation.records.ledger import Ledger, ledger_path
from tests.conftest import Outcome, Preuve
from tests.machines import as_nobody, cloud_vm, gpu_environment, gpu_host, laptop, machine, rootless_server, server, write
from tests.records import make_calibration, make_hardware, make_machine, make_reading

CHMOD = "cd /sys/class/powercap && sudo chmod a+r intel-rapl:0/energy_uj intel-rapl:1/energy_uj"
COMPONENTS = ("CPU energy", "GPU energy", "Memory energy")
TRUE_FACTOR = 1.4

Findings = dict[str, dict[str, Any]]
Doctor = Callable[..., Findings]


@pytest.fixture
def doctor(preuve: Preuve, home: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """`doctor(hardware)` is what a first `preuve doctor` finds on such a machine, by subject."""
    (home / MACHINE_FILE).unlink()

    def run(hardware: Hardware) -> Findings:
        monkeypatch.setattr("evaluation.energy.machine.look_at_hardware", lambda: hardware)
        return by_subject(preuve("doctor", "--no-self-test", "--json"))

    return run


def by_subject(outcome: Outcome) -> Findings:
    assert outcome.status == 0, outcome.err
    return {finding["subject"]: finding for finding in json.loads(outcome.out)["findings"]}


def nano(home: Path) -> str:
    return f"nano {home / MACHINE_FILE}"


def classes(found: Findings) -> tuple[str | None, ...]:
    return tuple(found[name]["evidence"] for name in COMPONENTS)


def today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def keep_calibration(hardware: Hardware, **changes: Any) -> None:
    usual = {"machine_id": machine_id(), "basis": read_machine(hardware).basis, "made": today()}
    save_calibration(make_calibration(**usual | changes), carbon_folder())


# --- On four machines ---


def test_on_a_laptop_the_counter_is_read_and_a_wall_meter_would_be_better(doctor: Doctor, tmp_path: Path, home: Path) -> None:
    found = doctor(look_at_hardware(laptop(tmp_path)))
    assert classes(found) == ("B", None, "C")
    assert found["CPU energy"]["found"] == "RAPL counter of package-0"
    assert "preuve doctor --calibrate meter.csv" in found["CPU energy"]["advice"]
    # 16 GiB: CodeCarbon takes two modules of 5 W.
    assert "an assumed constant of 10 W" in found["Memory energy"]["found"]
    assert nano(home) in found["Memory energy"]["advice"]
    assert found["Battery"] == {"subject": "Battery", "found": "on mains", "advice": None, "evidence": None}
    assert found["Virtual machine"]["found"] == "no"
    for command in ("preuve doctor --seconds 300", "preuve doctor --calibrate meter.csv"):
        assert command in found["Calibration"]["advice"]


def test_on_a_server_without_root_every_counter_that_is_closed_is_named(doctor: Doctor, tmp_path: Path) -> None:
    root = rootless_server(tmp_path)
    with as_nobody(root):
        hardware = look_at_hardware(root)
    found = doctor(hardware)
    assert classes(found) == ("C", None, "C")
    # Two sockets of 150 W, by Intel's data sheet.
    assert "load model with an assumed TDP of 300 W" in found["CPU energy"]["found"]
    assert "2 counters of its energy that this user may not read" in found["CPU energy"]["found"]
    assert found["CPU energy"]["advice"].startswith("for class B")
    assert found["CPU energy"]["advice"].endswith(CHMOD)
    assert "2 sockets, 32 threads, 192 GiB" in found["Machine"]["found"]


def test_in_a_cloud_the_hoster_is_to_be_asked_and_no_meter_is_to_be_plugged(doctor: Doctor, tmp_path: Path, home: Path) -> None:
    found = doctor(look_at_hardware(cloud_vm(tmp_path)))
    assert classes(found) == ("C", None, "C")
    assert "load model with an assumed TDP of 16 W" in found["CPU energy"]["found"]
    advice = found["CPU energy"]["advice"]
    assert "ask the hoster" in advice
    assert "host_tdp_w and host_share" in advice
    assert advice.endswith(nano(home))
    assert found["Virtual machine"]["found"] == "yes, on QEMU"
    assert [finding for finding in found.values() if "--calibrate" in (finding["advice"] or "")] == []


def gpu_doctor(folder: Path, home: Path, **environment: Any) -> Findings:
    """What it finds on a host with graphics cards, which a process of its own sees."""
    (home / MACHINE_FILE).unlink()
    program = (
        "import sys\nfrom pathlib import Path\nfrom evaluation.energy import hardware, machine\n"
        f"machine.look_at_hardware = lambda: hardware.look_at_hardware(Path({str(gpu_host(folder))!r}))\n"
        "sys.argv = ['preuve', 'doctor', '--no-self-test', '--json']\n"
        "from evaluation.cli import main\nmain()\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=gpu_environment(folder, **environment), capture_output=True, text=True, check=False)
    return by_subject(Outcome(done.returncode, done.stdout, done.stderr))


def test_on_a_gpu_host_every_card_is_counted(tmp_path: Path, home: Path) -> None:
    found = gpu_doctor(tmp_path, home, gpus=[{"name": "NVIDIA L4"}, {"name": "NVIDIA H100 PCIe"}])
    assert classes(found) == ("B", "B", "C")
    assert found["CPU energy"]["found"] == "RAPL counter of package-0, package-1"
    assert found["GPU energy"]["found"] == "NVIDIA L4, NVIDIA H100 PCIe: NVML counter"
    # The self-test loads no GPU, so a wall meter beside it tells nothing of one.
    assert found["GPU energy"]["advice"] == "nothing here knows it better: --calibrate compares CPU and memory alone"


def test_a_card_without_a_counter_is_class_c(tmp_path: Path, home: Path) -> None:
    found = gpu_doctor(tmp_path, home, gpus=[{"name": "NVIDIA L4"}, {"name": "Tesla M60", "energy_counter": False}])
    assert classes(found) == ("B", "C", "C")
    assert "a card here has no counter of its energy" in found["GPU energy"]["found"]


def test_a_gpu_that_codecarbon_will_not_look_for_has_no_class(tmp_path: Path, home: Path) -> None:
    found = gpu_doctor(tmp_path, home, gpus=[{"name": "NVIDIA L4"}], nvidia_smi=False)
    assert found["GPU energy"]["evidence"] is None
    assert "nvidia-smi is not on the PATH" in found["GPU energy"]["found"]
    assert "Campaigns are refused" in found["GPU energy"]["found"]
    assert "export PATH=$PATH:" in found["GPU energy"]["advice"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("LibRmVersionMismatch", "start the machine anew"),
        ("LibraryNotFound", "see what nvidia-smi says"),
    ],
)
def test_a_driver_that_fails_is_told(tmp_path: Path, home: Path, error: str, words: str) -> None:
    found = gpu_doctor(tmp_path, home, init_error=error)
    assert "driver present, NVML fails" in found["GPU energy"]["found"]
    assert words in found["GPU energy"]["advice"]


# --- On others ---


@pytest.mark.parametrize(
    ("nvml", "found", "advice"),
    [
        ("no NVIDIA driver", "no NVIDIA driver", None),
        ("NVIDIA driver installed, not loaded", "not loaded", "sudo modprobe nvidia"),
        ("the package nvidia-ml-py is not installed", "nvidia-ml-py", "pip install nvidia-ml-py"),
        ("readable", "NVIDIA's driver shows no GPU", None),
    ],
)
def test_without_a_gpu_it_is_said_why(doctor: Doctor, nvml: str, found: str, advice: str | None) -> None:
    gpu = doctor(make_hardware(nvml=nvml))["GPU energy"]
    assert gpu["evidence"] is None
    assert found in gpu["found"]
    assert gpu["advice"] is None if advice is None else advice in gpu["advice"]


def test_a_machine_whose_counters_are_not_loaded_is_told_how_to_load_them(doctor: Doctor, home: Path) -> None:
    cpu = doctor(make_hardware())["CPU energy"]
    assert "there is no counter" in cpu["found"]
    assert "sudo modprobe intel_rapl_msr" in cpu["advice"]
    assert cpu["advice"].endswith(nano(home))


def test_one_closed_counter_of_two_is_enough_for_the_load_model(doctor: Doctor) -> None:
    path = "/sys/class/powercap/intel-rapl:1/energy_uj"
    cpu = doctor(make_hardware(rapl=Rapl(state="readable", domains=("package-0",), unreadable=(path,))))["CPU energy"]
    assert cpu["evidence"] == "C"
    assert "1 counter of its energy that this user may not read" in cpu["found"]
    assert cpu["advice"].endswith("cd /sys/class/powercap && sudo chmod a+r intel-rapl:1/energy_uj")


def test_closed_counters_in_several_places_are_opened_by_one_command(doctor: Doctor, tmp_path: Path) -> None:
    # The command does what it says on the files themselves.
    files = [tmp_path / "a place" / "intel-rapl:0" / "energy_uj", tmp_path / "another" / "intel-rapl:1" / "energy_uj"]
    for file in files:
        write(file, "1", 0o400)
    closed = Rapl(state="unreadable", unreadable=tuple(str(file) for file in files))
    command = doctor(make_hardware(rapl=closed))["CPU energy"]["advice"].partition(": ")[2].replace("sudo ", "")
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - it is meant for a shell
    assert [file.stat().st_mode & 0o777 for file in files] == [0o444, 0o444]


def test_in_a_container_without_counters_the_host_is_the_place(doctor: Doctor, tmp_path: Path) -> None:
    root = machine(tmp_path, "AMD EPYC 7543 32-Core Processor", cores=2, ram_gib=4)
    write(root / ".dockerenv", "")
    found = doctor(look_at_hardware(root))
    assert found["CPU energy"]["evidence"] == "C"
    assert "on the host itself" in found["CPU energy"]["advice"]
    assert "sudo" not in found["CPU energy"]["advice"]
    assert found["Virtual machine"]["found"] == "no; in a container (docker)"


def test_closed_counters_seen_from_a_container_are_opened_on_the_host(doctor: Doctor) -> None:
    closed = Rapl(state="unreadable", unreadable=("/sys/class/powercap/intel-rapl:0/energy_uj",))
    assert "on the host" in doctor(make_hardware(container="podman", rapl=closed))["CPU energy"]["advice"]


def test_a_discharging_battery_is_to_be_plugged_in(doctor: Doctor) -> None:
    assert "mains" in doctor(make_hardware(battery="discharging"))["Battery"]["advice"]


def test_a_battery_that_is_charged_would_spoil_a_calibration(doctor: Doctor) -> None:
    assert "wait until it is full" in doctor(make_hardware(battery="charging"))["Battery"]["advice"]


def test_what_the_owner_declared_is_not_asked_for_again(doctor: Doctor, home: Path) -> None:
    hardware = make_hardware(virtualised="QEMU")
    figures = assumptions(hardware)
    for name, value in (("host_tdp_w", 280.0), ("host_share", 0.25), ("ram_w", 6.0)):
        figures[name] = (value, "the hoster, 3 May")
    doctor(hardware)
    (home / MACHINE_FILE).write_text(machine_text(hardware, figures, today()), encoding="utf-8")
    found = doctor(hardware)
    assert "load model with a declared TDP of 70 W" in found["CPU energy"]["found"]
    assert found["CPU energy"]["advice"] is None
    assert found["Memory energy"]["advice"] is None
    assert found["Declared"]["found"] == "host_tdp_w 280, host_share 0.25, ram_w 6"
    assert "idle_w" in found["Only assumed"]["found"]
    assert "host_tdp_w" not in found["Only assumed"]["found"]


def test_a_declared_tdp_without_the_share_of_the_host_is_still_asked_for(doctor: Doctor, home: Path) -> None:
    hardware = make_hardware(virtualised="QEMU")
    figures = assumptions(hardware) | {"host_tdp_w": (280.0, "data sheet")}
    (home / MACHINE_FILE).write_text(machine_text(hardware, figures, today()), encoding="utf-8")
    assert "host_share" in doctor(hardware)["CPU energy"]["advice"]


def test_a_changed_machine_is_to_be_looked_at(doctor: Doctor, home: Path) -> None:
    doctor(make_hardware())
    flag = doctor(make_hardware(cores=64))["To look at"]
    assert "cores was 2, is 64" in flag["found"]
    assert "[detected]" in flag["advice"]
    assert flag["advice"].endswith(nano(home))


# --- Calibrated ---


def test_a_calibrated_machine_is_of_class_a_with_its_interval(doctor: Doctor, tmp_path: Path) -> None:
    hardware = look_at_hardware(server(tmp_path))
    keep_calibration(hardware, offset_w=3.0)
    found = doctor(hardware)
    assert classes(found) == ("A", None, "A")
    for name in ("CPU energy", "Memory energy"):
        assert f"calibrated on {today()}" in found[name]["found"]
        assert found[name]["advice"] is None
    calibration = found["Calibration"]
    for words in (
        str(today()),
        "meter.csv",
        "factor 1.40, 3 W more",
        "between 0.970 and 1.03 times",
        "0.4 % from that",
        f"until {today() + dt.timedelta(days=365)}",
    ):
        assert words in calibration["found"]
    assert calibration["advice"] is None


def test_a_calibration_that_is_too_old_is_told_with_what_to_do(doctor: Doctor, tmp_path: Path) -> None:
    hardware = look_at_hardware(laptop(tmp_path))
    keep_calibration(hardware, made=today() - dt.timedelta(days=400))
    found = doctor(hardware)
    assert classes(found) == ("B", None, "C")
    assert "400 days ago" in found["To look at"]["found"]
    assert "calibrate again" in found["To look at"]["advice"]
    assert found["Calibration"]["found"].startswith("none that holds")
    assert found["Calibration"]["advice"] == CALIBRATE


# --- What is broken is a finding ---


def break_machine_file(home: Path) -> None:
    path = home / MACHINE_FILE
    path.write_text(path.read_text(encoding="utf-8").replace("pue = { value = 1.5", "pue = { value = 0.5"), encoding="utf-8")


def test_a_broken_machine_file_is_a_finding_and_the_rest_is_shown(
    preuve: Preuve, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    break_machine_file(home)
    hardware = look_at_hardware(laptop(tmp_path))
    monkeypatch.setattr("evaluation.energy.machine.look_at_hardware", lambda: hardware)
    found = by_subject(preuve("doctor", "--no-self-test", "--json"))
    assert "declared.pue.value should be greater than or equal to 1, and is 0.5" in found[MACHINE_FILE]["found"]
    assert str(home / MACHINE_FILE) in found[MACHINE_FILE]["found"]
    assert "Mend that line" in found[MACHINE_FILE]["advice"]
    assert classes(found) == ("B", None, "C")
    assert set(found) >= {"Machine", "CodeCarbon settings", "Energy lock", "PREUVE_HOME", "Python", "Code"}
    # Nothing that is only assumed may look like what the owner declared.
    assert not set(found) & {"Declared", "Only assumed"}


def test_a_broken_machine_file_stops_the_self_test_and_not_the_doctor(preuve: Preuve, home: Path) -> None:
    break_machine_file(home)
    outcome = preuve("doctor", "--seconds", "5")
    assert outcome.status == 0, outcome.err
    assert "Traceback" not in outcome.err
    assert "declared.pue" in outcome.out
    assert "not taken" in outcome.out
    assert "This machine" in outcome.out
    assert "the same work again" not in outcome.out


def test_a_broken_machine_file_leaves_one_document_for_programs(preuve: Preuve, home: Path) -> None:
    break_machine_file(home)
    outcome = preuve("doctor", "--seconds", "5", "--json")
    assert MACHINE_FILE in by_subject(outcome)
    assert json.loads(outcome.out)["self_test"] is None


def test_a_broken_calibration_is_a_finding_and_the_rest_is_shown(doctor: Doctor) -> None:
    keep_calibration(make_hardware())
    (carbon_folder() / CALIBRATION_FILE).write_text("{", encoding="utf-8")
    found = doctor(make_hardware())
    assert classes(found) == ("C", None, "C")
    assert str(carbon_folder() / CALIBRATION_FILE) in found["Calibration"]["found"]
    assert f"rm {carbon_folder() / CALIBRATION_FILE}" in found["Calibration"]["advice"]


def test_settings_of_codecarbon_made_outside_are_named_with_how_to_undo_them(
    preuve: Preuve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".codecarbon.config"
    file.write_text("[codecarbon]\n", encoding="utf-8")
    monkeypatch.setenv("CODECARBON_PUE", "2")
    monkeypatch.setenv("CODECARBON_FORCE_CPU_POWER", "300")
    settings = by_subject(preuve("doctor", "--no-self-test", "--json"))["CodeCarbon settings"]
    assert "CODECARBON_PUE" in settings["found"]
    assert str(file) in settings["found"]
    assert settings["advice"] == f"unset CODECARBON_FORCE_CPU_POWER CODECARBON_PUE; mv {file} {file}.off"


@contextmanager
def held_by_another_process(what: str) -> Iterator[int]:
    """The energy lock, held by the process of this number."""
    program = (
        "import time\nfrom evaluation.energy.lock import energy_lock\n"
        f"with energy_lock({what!r}):\n    print(flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


def test_where_a_campaign_holds_the_machine_it_is_named_and_no_self_test_taken(preuve: Preuve) -> None:
    with held_by_another_process("campaign 20261123-190559-3f2a of request-classification") as pid:
        outcome = preuve("doctor", "--seconds", "5", "--json")
    holder = f"campaign 20261123-190559-3f2a of request-classification is running (process {pid}, since "
    lock = by_subject(outcome)["Energy lock"]
    assert lock["found"].startswith(holder)
    assert "--wait" in lock["advice"]
    assert json.loads(outcome.out)["self_test"] is None
    assert by_subject(outcome)["Self-test"]["found"].startswith(f"not taken: {holder}")


def test_a_lock_that_cannot_be_opened_is_a_finding(preuve: Preuve, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed() -> None:
        raise BusyError(expected="a lock", found="Permission denied", where="/run/lock/preuve-energy.lock", remedy="delete it")

    monkeypatch.setattr("evaluation.doctor.lock_holder", closed)
    lock = by_subject(preuve("doctor", "--no-self-test", "--json"))["Energy lock"]
    assert (lock["found"], lock["advice"]) == ("/run/lock/preuve-energy.lock: Permission denied", "delete it")


def test_it_needs_no_root_and_no_home_of_its_own(
    preuve: Preuve, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware = look_at_hardware(laptop(tmp_path))
    monkeypatch.setattr("evaluation.energy.machine.look_at_hardware", lambda: hardware)
    # Under another name Python's own folder may be out of reach, so all of it is loaded before.
    preuve("doctor", "--no-self-test", "--json")
    with as_nobody(home):
        reached = os.access(sys.prefix, os.R_OK | os.X_OK, effective_ids=True)
    if not reached:
        pytest.skip("nobody else may enter the folder that this is installed in, and so has nothing to run")
    home.chmod(0o555)
    with as_nobody(home):
        assert os.geteuid() != 0
        found = by_subject(preuve("doctor", "--no-self-test", "--json"))
    home.chmod(0o755)
    assert classes(found) == ("B", None, "C")
    assert "Permission denied" in found["PREUVE_HOME"]["found"]
    assert "export PREUVE_HOME=" in found["PREUVE_HOME"]["advice"]
    assert "out of reach" in found["Declared"]["found"]


# --- For programs, and for people ---


def test_the_schema_for_programs_is_stable(preuve: Preuve) -> None:
    outcome = preuve("doctor", "--no-self-test", "--json")
    found = json.loads(outcome.out)
    assert set(found) == {"findings", "self_test"}
    assert found["self_test"] is None
    for finding in found["findings"]:
        assert set(finding) == {"subject", "found", "advice", "evidence"}
        assert isinstance(finding["subject"], str)
        assert isinstance(finding["found"], str)
        assert finding["advice"] is None or finding["advice"]
        assert (finding["evidence"] is not None) <= finding["subject"].endswith("energy")
    assert [finding["subject"] for finding in found["findings"]] == [
        "CPU energy", "GPU energy", "Memory energy", "Machine", "Virtual machine", "Declared", "Only assumed",
            "Operator", "Calibration",
            "CodeCarbon settings", "Energy lock", "PREUVE_HOME", "Carbon ledger", "Python", "Code",
    ]  # fmt: skip


def test_nothing_is_changed_but_the_file_of_the_first_use(preuve: Preuve, home: Path) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    preuve("doctor", "--no-self-test")
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_classes_that_occur_are_explained_with_their_bounds() -> None:
    lines = class_meanings([Finding("CPU energy", "", None, "B"), Finding("Memory energy", "", None, "C"), Finding("Battery", "")])
    assert [line[:2] for line in lines] == ["B:", "C:"]
    # The bounds are MEASUREMENT.md's.
    assert "between 0.9 and 3 times the figure, for a GPU 0.9 and 1.6" in lines[0]
    assert "between 0.5 and 6 times the figure" in lines[1]


def made_self_test(watts: tuple[float, ...] = (20, 28, 44, 28, 28), duration_s: float = 30.0, **changes: Any) -> SelfTest:
    """One of these powers, whose phases follow each other without a pause."""
    began = dt.datetime(2026, 11, 24, 13, 3, 5, tzinfo=dt.UTC)
    readings = tuple(
        make_reading(
            "self-test",
            cpu_wh=(power_w - 10) * duration_s / 3600,
            ram_wh=10 * duration_s / 3600,
            duration_s=duration_s,
            started=began + dt.timedelta(seconds=number * duration_s),
            foreign_cpu_seconds=0.03 * duration_s,
        )
        for number, power_w in enumerate(watts)
    )
    return SelfTest(machine_id=machine_id(), basis=read_machine().basis, taken=began, readings=readings, **changes)


def verdicts(self_test: SelfTest, **declared: float) -> dict[str, Finding]:
    return {each.subject: each for each in self_test_findings(self_test, make_machine(declared=declared))}


def test_a_good_self_test_has_no_advice() -> None:
    found = verdicts(made_self_test())
    assert [each.advice for each in found.values()] == [None, None, None]
    assert "1.000 times" in found["The same work twice"].found
    assert "0.03 cores" in found["Other load"].found
    assert found["Idle to all cores"].found == "20.0 W to 44.0 W"


def test_the_same_work_at_another_price_calls_for_more_rounds() -> None:
    assert "more rounds" in (verdicts(made_self_test((20, 28, 44, 28, 30)))["The same work twice"].advice or "")


def test_load_of_others_beyond_the_declared_limit_is_told() -> None:
    found = verdicts(made_self_test(), foreign_load_limit_cores=0.02)["Other load"]
    assert "0.02 is the limit" in found.found
    assert "stop what else runs" in (found.advice or "")


def test_power_that_does_not_follow_the_load_calls_for_a_declaration(home: Path) -> None:
    advice = verdicts(made_self_test((20, 20, 20.5, 20, 20)))["Idle to all cores"].advice or ""
    assert "host_tdp_w" in advice
    assert nano(home) in advice


# --- From the self-test to class A ---


def meter_csv(path: Path, self_test: SelfTest, every_s: float, *, late: dt.timedelta = dt.timedelta(0)) -> Path:
    """What a wall meter records of it: so many times our power, a little more and less in turn."""
    rows = []
    for reading in self_test.readings:
        for step in range(int(reading.duration_s / every_s)):
            time_of = reading.started + late + dt.timedelta(seconds=step * every_s)
            watts = TRUE_FACTOR * mean_power_w(reading) / reading.calibrated_by * (1 + 0.003 * (-1) ** step)
            rows.append(f"{time_of.isoformat()},{watts:.3f}")
    path.write_text("\n".join(["timestamp,watts", *rows]) + "\n", encoding="utf-8")
    return path


# Two levels of power differ only where others leave cores to it.
@pytest.mark.alone
def test_a_wall_meter_makes_the_next_readings_class_a(preuve: Preuve, tmp_path: Path) -> None:
    shown = preuve("doctor", "--seconds", "5", "--json")
    assert shown.status == 0, shown.err
    found = json.loads(shown.out)
    taken = SelfTest.model_validate(found["self_test"])
    assert [line.removeprefix("self-test: ") for line in shown.err.splitlines()] == list(PHASES)
    assert {"The same work twice", "Other load", "Idle to all cores"} <= set(by_subject(shown))
    powers_w = [mean_power_w(reading) for reading in taken.readings]
    if max(powers_w) < 1.1 * min(powers_w):
        pytest.skip("others keep this machine too busy for two levels of power")
    calibrated = preuve("doctor", "--calibrate", meter_csv(tmp_path / "meter.csv", taken, 0.05))
    assert calibrated.status == 0, calibrated.err
    assert "factor 1.4" in calibrated.err
    assert "self-test:" not in calibrated.err
    log = EnergyLog()
    with Meter(read_machine()).window("idle", log):
        time.sleep(0.6)
    (reading,) = log.readings
    assert {part.evidence for part in reading.components} == {"A"}
    assert reading.evidence == "A"
    assert reading.calibrated_by == pytest.approx(TRUE_FACTOR, rel=0.01)
    for part in reading.components:
        assert 0.9 < part.low_wh / part.energy_wh < 1 < part.high_wh / part.energy_wh < 1.1
        assert "calibrated on" in part.backend


@pytest.fixture
def _in_france() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_in_france")
def test_a_french_recording_is_understood(preuve: Preuve, tmp_path: Path) -> None:
    taken = made_self_test()
    save_self_test(taken, carbon_folder())
    path = tmp_path / "relevé du compteur.csv"
    rows = ["Horodatage;Puissance (W);Tension (V)"]
    for reading in taken.readings:
        for second in range(int(reading.duration_s)):
            # 13 h 03 UTC is 14 h 03 in Paris.
            clock = (reading.started + dt.timedelta(hours=1, seconds=second)).strftime("%d/%m/%Y %H:%M:%S")
            rows.append(f"{clock};{TRUE_FACTOR * mean_power_w(reading):.1f};230,4".replace(".", ","))
    path.write_text("\r\n".join(rows), encoding="utf-8-sig")
    outcome = preuve("doctor", "--calibrate", path)
    assert outcome.status == 0, outcome.err
    found = load_calibration(carbon_folder())
    assert found
    assert found.factor == pytest.approx(TRUE_FACTOR, rel=1e-3)
    assert found.meter_file == path.name


def test_a_recording_of_another_day_is_refused_and_both_days_are_named(preuve: Preuve, tmp_path: Path, home: Path) -> None:
    taken = made_self_test()
    save_self_test(taken, carbon_folder())
    path = meter_csv(tmp_path / "meter.csv", taken, 1.0, late=dt.timedelta(days=-2))
    outcome = preuve("doctor", "--calibrate", path)
    assert outcome.status == 2
    assert "Traceback" not in outcome.err
    clock = r"\d\d:\d\d:\d\d"
    assert re.search(rf"expected: .* self-test, 2026-11-24 {clock}\S* to 2026-11-24 {clock}", outcome.err)
    assert re.search(rf"Error: a recording from 2026-11-22 {clock}\S* to 2026-11-22 {clock}", outcome.err)
    assert str(path) in outcome.err
    assert load_calibration(carbon_folder()) is None


def test_a_recording_before_any_self_test_is_told_to_take_one(preuve: Preuve, tmp_path: Path) -> None:
    path = meter_csv(tmp_path / "meter.csv", made_self_test(), 1.0)
    outcome = preuve("doctor", "--calibrate", path)
    assert outcome.status == 2
    assert "preuve doctor --seconds 300" in outcome.err


def test_a_calibration_that_is_repeated_does_not_count_twice(preuve: Preuve, tmp_path: Path) -> None:
    taken = made_self_test()
    scaled = [
        make_reading(
            "self-test",
            cpu_wh=(reading.energy_wh - 0.01) * TRUE_FACTOR,
            ram_wh=0.01 * TRUE_FACTOR,
            duration_s=reading.duration_s,
            started=reading.started,
            calibrated_by=TRUE_FACTOR,
        )
        for reading in taken.readings
    ]
    again = taken.model_copy(update={"readings": tuple(scaled)})
    save_self_test(again, carbon_folder())
    outcome = preuve("doctor", "--calibrate", meter_csv(tmp_path / "meter.csv", again, 1.0))
    assert outcome.status == 0, outcome.err
    found = load_calibration(carbon_folder())
    assert found
    assert found.factor == pytest.approx(TRUE_FACTOR, rel=1e-3)


def test_everything_examined_has_words_for_people() -> None:
    for finding in examine():
        assert finding.found
        assert "None" not in finding.found


def test_the_operators_role_and_the_ledger_are_shown(home: Path, preuve: Preuve) -> None:
    def found() -> dict[str, dict[str, Any]]:
        findings = json.loads(preuve("doctor", "--no-self-test", "--json").out)["findings"]
        return {finding["subject"]: finding for finding in findings}

    before = found()
    assert (before["Operator"]["found"], before["Carbon ledger"]["found"]) == ("undeclared", "none yet")
    assert "operator_role" in before["Operator"]["advice"]
    file = home / MACHINE_FILE
    file.write_text(file.read_text().replace('operator_role = "undeclared"', 'operator_role = "innovation team"'))
    assert preuve("audit", "note", "a first record").status == 0
    after = found()
    assert (after["Operator"]["found"], after["Operator"]["advice"]) == ("innovation team", None)
    assert f"1 record, head {Ledger().head}" in after["Carbon ledger"]["found"]
    ledger_path().write_bytes(b"no record\n")
    assert "no record" in found()["Carbon ledger"]["found"]
