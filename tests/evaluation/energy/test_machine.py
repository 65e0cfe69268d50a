"""`machine.toml`: written once, then its owner's; what it declares is passed on, and what is wrong in it is named."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.energy import tracker
from evaluation.energy.calibration import Calibration, save_calibration
from evaluation.energy.components import evidence_of
from evaluation.energy.hardware import Hardware, Rapl, look_at_hardware
from evaluation.energy.machine import (
    MACHINE_FILE,
    Declarations,
    Machine,
    assumptions,
    machine_id,
    machine_text,
    read_machine,
    undeclared_machine,
)
from evaluation.exceptions import HomeError, MachineError
from evaluation.home import carbon_folder
from tests.machines import cloud_vm, laptop, machine, server
from tests.records import make_hardware, make_machine

A_DAY = dt.date(2026, 11, 24)
ANY_TEXT = st.text(st.characters(codec="utf-8"))


@pytest.fixture
def file(home: Path) -> Path:
    """Where `machine.toml` will be: this home has none yet."""
    path = home / MACHINE_FILE
    path.unlink()
    return path


def written(file: Path) -> str:
    """The file, after its first use."""
    read_machine()
    return file.read_text(encoding="utf-8")


def declare(file: Path, **figures: str) -> None:
    """Replace what the file says of these figures, as an owner does."""
    text = file.read_text(encoding="utf-8") if file.exists() else written(file)
    for name, said in figures.items():
        text, count = re.subn(rf"^{name} = .*$", f"{name} = {said}", text, flags=re.MULTILINE)
        assert count == 1
    file.write_text(text, encoding="utf-8")


def refused(file: Path) -> MachineError:
    """The error that reading this machine ends with."""
    with pytest.raises(MachineError) as caught:
        read_machine()
    assert str(file) in caught.value.where
    assert caught.value.remedy
    return caught.value


def today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def keep_calibration(**changes: Any) -> Calibration:
    """A calibration in its place, made on this machine and today if nothing else is said."""
    usual: dict[str, Any] = {
        "machine_id": machine_id(), "basis": read_machine().basis,
        "made": today(), "factor": 1.4, "offset_w": 0.0, "low": 0.98, "high": 1.02, "residual": 0.004,
        "highest_w": 1e6, "phases": 5, "meter_file": "meter.csv", "meter_sha256": "a" * 64,
    }  # fmt: skip
    found = Calibration(**usual | changes)
    save_calibration(found, carbon_folder())
    return found


# --- The first use ---


def test_first_use_writes_every_figure_with_a_source_and_says_that_it_is_assumed(file: Path, tmp_path: Path) -> None:
    read_machine(look_at_hardware(laptop(tmp_path)))
    declared = tomllib.loads(file.read_text(encoding="utf-8"))["declared"]
    assert set(declared) == set(Declarations.model_fields)
    for figure in declared.values():
        assert set(figure) == {"value", "source"}
        assert figure["source"].startswith("assumed")


def test_first_use_writes_what_was_found(file: Path, tmp_path: Path) -> None:
    read_machine(look_at_hardware(laptop(tmp_path)))
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    assert (found["version"], found["machine_id"], found["written"]) == (1, machine_id(), today())
    assert found["detected"]["cpu"] == "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz"
    assert (found["detected"]["cores"], found["detected"]["ram_gib"]) == (8, 16.0)
    assert (found["detected"]["rapl"], found["detected"]["virtualised"]) == ("readable: package-0", "no")


def test_every_figure_stands_below_a_comment_that_says_what_it_is(file: Path) -> None:
    lines = written(file).splitlines()
    for name in Declarations.model_fields:
        place = next(number for number, line in enumerate(lines) if line.startswith(f"{name} = "))
        assert re.match(r"# \w.* .*\.$", lines[place - 1])


def test_what_is_read_back_is_what_was_assumed(file: Path, tmp_path: Path) -> None:
    hardware = look_at_hardware(server(tmp_path))
    first = read_machine(hardware)
    assert first == undeclared_machine(hardware)
    assert read_machine(hardware) == first


@given(cpu=ANY_TEXT, source=ANY_TEXT, figure=st.floats(0, allow_infinity=False))
def test_whatever_a_cpu_is_called_the_file_can_be_read_back(cpu: str, source: str, figure: float) -> None:
    hardware = make_hardware(cpu=cpu)
    figures: dict[str, tuple[float | str, str]] = {**assumptions(hardware), "idle_w": (figure, source)}
    found = tomllib.loads(machine_text(hardware, figures, A_DAY))
    assert found["detected"]["cpu"] == cpu
    assert found["declared"]["idle_w"] == {"value": figure, "source": source}


def test_a_machine_that_tells_nothing_gets_a_file_that_can_be_read(file: Path, tmp_path: Path) -> None:
    assert read_machine(look_at_hardware(tmp_path / "nothing")).declared.server_memory_gib.assumed


def test_a_home_without_room_is_named_and_no_half_of_a_file_is_left(
    file: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(path: Path, text: str, encoding: str) -> None:
        path.write_bytes(text[:100].encode())
        raise OSError(28, "No space left on device")

    before = sorted(home.iterdir())
    monkeypatch.setattr(Path, "write_text", no_room)
    with pytest.raises(HomeError) as caught:
        read_machine()
    assert (caught.value.found, caught.value.where) == ("No space left on device", str(file))
    assert sorted(home.iterdir()) == before


def test_what_another_process_writes_at_the_same_moment_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = written(file)
    file.unlink()

    def slow(hardware: Hardware) -> dict[str, tuple[float | str, str]]:
        file.write_text(others, encoding="utf-8")
        return assumptions(hardware)

    monkeypatch.setattr("evaluation.energy.machine.assumptions", slow)
    read_machine(make_hardware())
    assert file.read_text(encoding="utf-8") == others


# --- The owner's file ---


def test_the_file_is_never_rewritten(file: Path, tmp_path: Path) -> None:
    read_machine(look_at_hardware(laptop(tmp_path)))
    declare(file, ram_w='{ value = 6, source = "measured, 3 May" }   # by Léa')
    content = file.read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(content)
    read_machine(look_at_hardware(laptop(tmp_path)))
    read_machine(look_at_hardware(server(tmp_path / "another")))
    assert file.read_bytes() == content


def test_a_declared_figure_takes_the_place_of_the_assumed_one(file: Path) -> None:
    declare(file, ram_w='{ value = 6, source = "measured, 3 May" }')
    declared = read_machine().declared
    assert (declared.ram_w.value, declared.ram_w.assumed) == (6.0, False)
    assert declared.idle_w.assumed


def test_the_meter_tells_codecarbon_the_declared_powers(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker, "_tracker_class", lambda: dict)
    hardware = make_hardware()
    declare(
        file,
        host_tdp_w='{ value = 280, source = "data sheet" }',
        host_share='{ value = 0.25, source = "the hoster" }',
        ram_w='{ value = 6.5, source = "measured" }',
    )
    machine = read_machine(hardware)
    settings = tracker.new_tracker(machine)
    assert settings["force_cpu_power"] == 280 * 0.25
    assert settings["force_ram_power"] == 6.5
    assert evidence_of(machine, "cpu") == ("C", "load model with a declared TDP of 70 W")


def test_a_declared_tdp_does_not_switch_the_counter_off(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker, "_tracker_class", lambda: dict)
    declare(file, host_tdp_w='{ value = 280, source = "data sheet" }')
    counting = make_hardware(rapl=Rapl(state="readable", domains=("package-0",)))
    assert tracker.new_tracker(read_machine(counting))["force_cpu_power"] is None


def test_a_file_that_an_editor_marked_as_utf_8_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + written(file).encode())
    assert read_machine().declared.ram_w.assumed


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("host_tdp_w", 65_000.0, "W a thread"),
        ("watts_per_busy_core", 4000.0, "watts_per_busy_core is 4 000"),
        ("ram_w", 20_000.0, "ram_w is 20 000 for"),
    ],
)
def test_a_slip_of_the_unit_is_flagged(file: Path, name: str, value: float, found: str) -> None:
    declare(file, **{name: f'{{ value = {value}, source = "data sheet" }}'})
    (flag,) = read_machine().flags
    assert found in flag
    assert flag.endswith("is its unit right?")


def test_a_calibration_on_a_virtual_machine_holds_and_is_flagged() -> None:
    hardware = make_hardware()
    keep_calibration(basis=read_machine(hardware).basis)
    assert not any("wall meter" in flag for flag in read_machine(hardware).flags)
    guest = read_machine(hardware.model_copy(update={"virtualised": "KVM"}))
    assert guest.calibration is not None
    assert any("wall meter measures its host" in flag for flag in guest.flags)


def test_where_each_detected_figure_comes_from_is_in_the_file(file: Path) -> None:
    text = written(file)
    assert f"cpu = {json.dumps(read_machine().hardware.cpu)}  # /proc/cpuinfo" in text
    closed = make_hardware(rapl=Rapl(state="unreadable", unreadable=("/sys/class/powercap/intel-rapl:0/energy_uj",)))
    assert 'rapl = "not readable by this user: /sys/class/powercap/intel-rapl:0/energy_uj"  # /sys/class/powercap' in machine_text(
        closed, assumptions(closed), today()
    )


def test_an_empty_file_is_said_to_be_empty(file: Path) -> None:
    read_machine()
    file.write_text(" \n", encoding="utf-8")
    assert refused(file).found == "an empty file"


# --- What is refused ---


def test_another_machines_file_is_refused_with_both_ids(file: Path) -> None:
    file.write_text(written(file).replace(machine_id(), "feedfacefeedface"), encoding="utf-8")
    error = refused(file)
    assert "feedfacefeedface" in error.found
    assert machine_id() in error.expected
    assert "PREUVE_HOME" in error.remedy


def test_a_container_without_an_id_is_told_how_it_gets_one(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    read_machine()
    request.addfinalizer(machine_id.cache_clear)
    monkeypatch.setattr("evaluation.energy.machine.MACHINE_ID_FILE", tmp_path / "none")
    monkeypatch.setattr("platform.node", lambda: "3f2a9c0d1e5b")
    machine_id.cache_clear()
    error = refused(file)
    assert "another one" in error.found
    assert "docker run -v" in error.remedy
    assert error.remedy.endswith(":ro")


def test_the_id_of_a_machine_does_not_name_it() -> None:
    assert re.fullmatch("[0-9a-f]{16}", machine_id())
    for name in (Path("/etc/machine-id"), Path("/etc/hostname")):
        assert not name.exists() or machine_id() not in name.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "said", "found"),
    [
        ("host_tdp_w", '{ value = -65, source = "data sheet" }', "-65"),
        ("host_tdp_w", '{ value = 0, source = "data sheet" }', "greater than 0"),
        ("host_tdp_w", '{ value = "sixty", source = "data sheet" }', "'sixty'"),
        ("host_tdp_w", '{ value = "65", source = "data sheet" }', "'65'"),
        ("host_tdp_w", '{ value = true, source = "data sheet" }', "True"),
        ("host_tdp_w", '{ value = inf, source = "data sheet" }', "inf"),
        ("host_share", '{ value = nan, source = "data sheet" }', "nan"),
        ("host_share", '{ value = 1.5, source = "data sheet" }', "less than or equal to 1, and is 1.5"),
        ("pue", '{ value = 0.5, source = "data sheet" }', "greater than or equal to 1, and is 0.5"),
        ("ram_w", '{ value = 5, source = "" }', "say where the figure comes from"),
        ("ram_w", '{ value = 5, source = "  " }', "say where the figure comes from"),
        ("ram_w", "{ value = 5 }", "source is missing"),
        ("ram_w", "5", "is 5, without a source"),
        ("ram_w", '{ value = 5, source = "data sheet", unit = "W" }', "unit is no name that is known here"),
        ("site", '{ value = "", source = "" }', "source is empty"),
    ],
)
def test_a_wrong_figure_is_named_with_what_is_wrong(file: Path, name: str, said: str, found: str) -> None:
    declare(file, **{name: said})
    error = refused(file)
    assert f", declared.{name}" in error.where
    assert found in error.found


def test_a_name_with_a_slip_is_told_as_missing_and_as_not_known(file: Path) -> None:
    file.write_text(written(file).replace("idle_w =", "idel_w ="), encoding="utf-8")
    error = refused(file)
    assert "declared.idle_w is missing" in error.found
    assert "declared.idel_w is no name that is known here" in error.found


def test_a_file_without_anything_is_refused_in_few_words(file: Path) -> None:
    file.write_text("# nothing yet", encoding="utf-8")
    error = refused(file)
    assert error.found == "version is missing; machine_id is missing; written is missing; and 2 more"


def test_a_later_version_of_the_file_is_refused(file: Path) -> None:
    file.write_text(written(file).replace("version = 1", "version = 2"), encoding="utf-8")
    assert ", version" in refused(file).where


def test_malformed_toml_is_refused_with_its_line(file: Path) -> None:
    text = written(file)
    line = text[: text.index("\nram_w =")].count("\n") + 2
    # A French decimal comma.
    declare(file, ram_w='{ value = 8,5, source = "data sheet" }')
    error = refused(file)
    assert f"line {line}" in error.found
    assert "decimal point (8.5)" in error.remedy


def test_another_encoding_is_refused_with_its_line(file: Path) -> None:
    text = written(file)
    line = text[: text.index("\nsite =")].count("\n") + 2
    declare(file, site='{ value = "Orléans", source = "mairie" }')
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp1252"))
    error = refused(file)
    assert error.where == f"{file}, line {line}"
    assert "UTF-8" in error.remedy


def test_a_file_that_cannot_be_read_is_named(file: Path) -> None:
    file.mkdir()
    assert refused(file).found == "Is a directory"


# --- What changed since ---


def test_parts_that_changed_are_flagged_by_name(file: Path) -> None:
    read_machine(make_hardware())
    (flag,) = read_machine(make_hardware(cpu="another CPU", cores=4)).flags
    assert "cpu was a CPU, is another CPU" in flag
    assert "cores was 2, is 4" in flag
    assert "ram_gib" not in flag


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"rapl": Rapl(state="readable", domains=("package-0",))},
            "rapl was absent: the kernel shows none that is counted, is readable: package-0",
        ),
        ({"gpus": ("NVIDIA L4", "NVIDIA L4"), "nvml": "readable"}, "gpus was none, is NVIDIA L4, NVIDIA L4"),
        ({"virtualised": "KVM"}, "virtualised was no, is KVM"),
        ({"container": "docker"}, "container was no, is docker"),
    ],
)
def test_what_decides_how_energy_is_known_is_flagged(file: Path, change: dict[str, Any], words: str) -> None:
    read_machine(make_hardware())
    assert words in read_machine(make_hardware(**change)).flags[0]


def test_an_unchanged_machine_has_no_flag(file: Path) -> None:
    read_machine(make_hardware())
    assert read_machine(make_hardware()).flags == ()


def test_a_battery_that_is_unplugged_is_no_change(file: Path) -> None:
    read_machine(make_hardware(battery="on mains"))
    assert read_machine(make_hardware(battery="discharging")).flags == ()


# --- What is assumed ---


def assumed(hardware_of: Callable[[Path], Path], folder: Path) -> Declarations:
    return undeclared_machine(look_at_hardware(hardware_of(folder))).declared


def test_a_known_cpu_gets_its_listed_tdp_for_each_socket(tmp_path: Path) -> None:
    # 150 W each, says Intel's data sheet of the Xeon Gold 6226R; CodeCarbon's list has the same.
    declared = assumed(server, tmp_path)
    assert declared.cpu_w == 2 * 150
    assert "150 W" in declared.host_tdp_w.source
    assert declared.watts_per_busy_core.value == 2 * 150 / 32


def test_an_unknown_cpu_gets_four_watts_a_thread() -> None:
    declared = make_machine(make_hardware(cpu="a CPU that nobody has listed", cores=6)).declared
    assert declared.cpu_w == 6 * 4
    assert "no list" in declared.host_tdp_w.source


@pytest.mark.parametrize("cpu", ["Intel Xeon Processor (Icelake)", "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz"])
def test_a_virtual_machine_gets_four_watts_a_thread_whatever_cpu_it_shows(tmp_path: Path, cpu: str) -> None:
    root = machine(tmp_path, cpu, cores=4, ram_gib=8, flags="fpu hypervisor")
    declared = undeclared_machine(look_at_hardware(root)).declared
    assert declared.cpu_w == 4 * 4
    assert "host is not known" in declared.host_tdp_w.source


def test_a_laptop_gets_the_embodied_carbon_of_a_laptop_and_a_server_that_of_a_server(tmp_path: Path) -> None:
    # BoaviztAPI 2.5, as MEASUREMENT.md has them.
    assert assumed(laptop, tmp_path / "laptop").embodied_kg_co2e.value == 181
    assert assumed(server, tmp_path / "server").embodied_kg_co2e.value == 900
    assert assumed(cloud_vm, tmp_path / "vm").embodied_kg_co2e.value == 900


# --- The calibration ---


def test_a_calibration_of_this_machine_is_used(file: Path) -> None:
    hardware = make_hardware()
    kept = keep_calibration(basis=read_machine(hardware).basis)
    found = read_machine(hardware)
    assert found.calibration == kept
    assert found.flags == ()
    assert evidence_of(found, "cpu")[0] == "A"


def test_a_calibration_holds_for_a_year_and_is_then_flagged(file: Path) -> None:
    keep_calibration(made=today() - dt.timedelta(days=365))
    assert read_machine().calibration
    made = keep_calibration(made=today() - dt.timedelta(days=366)).made
    found = read_machine()
    assert found.calibration is None
    assert "the calibration is not used" in found.flags[0]
    assert made.isoformat() in found.flags[0]
    assert evidence_of(found, "ram")[0] == "C"


def test_a_calibration_of_another_host_is_not_used_and_flagged(file: Path) -> None:
    keep_calibration(machine_id="feedfacefeedface")
    found = read_machine()
    assert found.calibration is None
    assert "the calibration is not used" in found.flags[0]
    assert "feedfacefeedface" in found.flags[0]


# --- Its hash ---


@pytest.mark.parametrize("name", sorted(Declarations.model_fields))
def test_the_hash_changes_with_any_figure_and_with_any_source(name: str) -> None:
    plain = json.loads(make_machine().model_dump_json())
    changed = json.loads(json.dumps(plain))
    value = changed["declared"][name]["value"]
    changed["declared"][name]["value"] = f"{value}, Lyon" if isinstance(value, str) else value * 0.99 + 0.005
    sourced = json.loads(json.dumps(plain))
    sourced["declared"][name]["source"] = "the hoster, 3 May"
    hashes = {Machine.model_validate_json(json.dumps(each)).sha256 for each in (plain, changed, sourced)}
    assert len(hashes) == 3


def test_a_calibration_does_not_survive_a_change_of_what_it_was_fitted_to(file: Path) -> None:
    keep_calibration()
    declared = file.read_text(encoding="utf-8").replace("ram_w = { value = ", "ram_w = { value = 1")
    file.write_text(declared, encoding="utf-8")
    found = read_machine()
    assert found.calibration is None
    assert "the calibration is not used" in found.flags[0]
    assert "of memory" in found.flags[0]


def test_the_hash_changes_with_the_calibration_and_survives_a_record(file: Path) -> None:
    without = read_machine()
    keep_calibration()
    calibrated = read_machine()
    assert calibrated.sha256 != without.sha256
    assert Machine.model_validate_json(calibrated.model_dump_json()).sha256 == calibrated.sha256
