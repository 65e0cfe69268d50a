"""Energy measured elsewhere: what CodeCarbon writes comes in, rows that do not add up stay out, and the ledger holds."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import io
import logging
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.audit.imports import Imported, Refusal, read_emissions, typed_in
from evaluation.audit.verify import Checker, Evidence
from evaluation.audit.words import read_words
from evaluation.energy.factors import find_factor
from evaluation.exceptions import DataError, PreuveError
from evaluation.records.ledger import Entry, Ledger

FACTOR = find_factor("ademe-2025")
# As CodeCarbon 3.3 writes them.
ROW = {
    "timestamp": "2024-11-24T14:03:05",
    "project_name": "summaries",
    "run_id": "9f0f1fb6-6a0b-4f7e-8f6e-0d7a3c9f5a11",
    "experiment_id": "5b0fa12a-3dd7-45bb-9766-cc326314d9f1",
    "duration": "3600.25",
    "emissions": "0.01232858",
    "emissions_rate": "3.424e-06",
    "cpu_power": "50.0",
    "gpu_power": "150.0",
    "ram_power": "20.0",
    "cpu_energy": "0.05",
    "gpu_energy": "0.15",
    "ram_energy": "0.02",
    "energy_consumed": "0.22",
    "water_consumed": "0.0",
    "country_name": "France",
    "country_iso_code": "FRA",
    "region": "île-de-france",
    "cloud_provider": "",
    "cloud_region": "",
    "os": "Linux-6.1.0-x86_64-with-glibc2.36",
    "python_version": "3.11.7",
    "codecarbon_version": "3.3.2",
    "cpu_count": "8",
    "cpu_model": "Intel(R) Core(TM) i7-1165G7 @ 2.80GHz",
    "gpu_count": "1",
    "gpu_model": "1 x NVIDIA L4",
    "longitude": "2.3387",
    "latitude": "48.8582",
    "ram_total_size": "15.5",
    "tracking_mode": "machine",
    "cpu_utilization_percent": "12.5",
    "gpu_utilization_percent": "80.0",
    "ram_utilization_percent": "30.0",
    "ram_used_gb": "4.5",
    "on_cloud": "N",
    "pue": "1.0",
    "wue": "0.0",
}
NUMBERS = ("duration", "emissions", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")
BEFORE, BEHIND = ROW | {"run_id": "the row before"}, ROW | {"run_id": "the row behind"}
FIELDS = {
    "carbon_g", "components", "duration_s", "energy_wh", "evidence", "factor", "g_per_kwh", "high_wh", "low_wh", "reason", "source",
    "started", "task", "tool",
}  # fmt: skip


def text_of(*rows: dict[str, str], delimiter: str = ",", end: str = "\n") -> str:
    """A file of these rows, with the columns of the first."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, rows[0], delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "emissions.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def imported(folder: Path, content: str | bytes, *, known: Container[str] = (), task: str | None = None) -> Imported:
    return read_emissions(written(folder, content), FACTOR, known=known, task=task)


def refusal_of(folder: Path, changes: dict[str, str]) -> str:
    """Why the second of three rows is refused once it is changed; the two others must go in."""
    found = imported(folder, text_of(BEFORE, ROW | changes, BEHIND))
    assert run_ids(found) == ["the row before", "the row behind"]
    (refusal,) = found.refusals
    assert refusal.line == 3
    return refusal.found


def unusable(folder: Path, content: str | bytes) -> DataError:
    with pytest.raises(DataError) as caught:
        imported(folder, content)
    assert str(folder / "emissions.csv") in caught.value.where
    assert all(caught.value.as_dict().values())
    return caught.value


def run_ids(found: Imported) -> list[str]:
    return [entry.content["source"]["run_id"] for entry in found.entries]


def findings(folder: Path, entries: Sequence[Entry]) -> list[Any]:
    """What `audit verify` finds wrong in a ledger of these records."""
    Ledger(folder / "ledger.jsonl").append(*entries)
    told = Checker(Evidence(folder), []).check().as_dict(read_words(), "en")
    assert told["imported_wh"] == pytest.approx(sum(entry.content["energy_wh"] for entry in entries))
    # Never mixed with what was measured.
    assert (told["records"], told["energy_wh"], told["carbon_g"], told["readings"]) == (len(entries), 0, 0, 0)
    return list(told["findings"])


@pytest.fixture
def in_paris(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's local time is that of Paris."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


# --- What CodeCarbon itself writes ---


@pytest.fixture
def new_tracker(tmp_path: Path) -> Callable[..., Any]:
    """Trackers that write into `tmp_path`, ask nobody and tell nobody."""
    logging.getLogger("codecarbon").disabled = True
    from codecarbon import OfflineEmissionsTracker

    def new(**settings: Any) -> Any:
        chosen = {"pue": 1.0, "project_name": "elsewhere", "on_csv_write": "append"} | settings
        return OfflineEmissionsTracker(
            country_iso_code="FRA",
            measure_power_secs=1,
            output_methods=["csv"],
            output_dir=str(tmp_path),
            output_file="emissions.csv",
            output_handlers=[],
            tracking_mode="machine",
            log_level="critical",
            gpu_ids=None,
            force_cpu_power=50,
            force_ram_power=20,
            allow_multiple_runs=True,
            **chosen,
        )

    return new


def run_for(tracker: Any, seconds: float) -> Any:
    """What a tracker counted that ran for so long."""
    tracker.start()
    time.sleep(seconds)
    tracker.stop()
    return tracker.final_emissions_data


def test_what_codecarbon_wrote_goes_in_as_it_stands_there(tmp_path: Path, new_tracker: Callable[..., Any]) -> None:
    ours = run_for(new_tracker(project_name="summaries"), 0.3)
    other = run_for(new_tracker(), 0.2)
    path = tmp_path / "emissions.csv"
    found = read_emissions(path, FACTOR, known=(), task="document-summarisation")
    assert found.refusals == ()
    assert run_ids(found) == [ours.run_id, other.run_id]
    content = found.entries[0].content
    assert content["energy_wh"] == pytest.approx(ours.energy_consumed * 1000)
    assert content["components"] == pytest.approx(
        {"cpu": ours.cpu_energy * 1e3, "gpu": ours.gpu_energy * 1e3, "ram": ours.ram_energy * 1e3}
    )
    assert content["duration_s"] == pytest.approx(ours.duration)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert content["source"] == {
        "file": "emissions.csv", "line": 2, "project": "summaries", "run_id": ours.run_id, "sha256": sha256,
    }  # fmt: skip
    assert (content["tool"], content["reason"]) == (f"codecarbon {ours.codecarbon_version}", None)
    ended = dt.datetime.fromisoformat(content["started"]) + dt.timedelta(seconds=ours.duration)
    assert abs(dt.datetime.now(dt.UTC) - ended) < dt.timedelta(minutes=1)
    assert findings(tmp_path, found.entries) == []


def test_the_columns_of_these_tests_are_those_that_codecarbon_writes() -> None:
    from codecarbon.output_methods.emissions_data import EmissionsData

    assert sorted(ROW) == sorted(field.name for field in dataclasses.fields(EmissionsData))


def test_a_run_that_was_flushed_goes_in_once_with_all_its_energy(tmp_path: Path, new_tracker: Callable[..., Any]) -> None:
    tracker = new_tracker()
    tracker.start()
    time.sleep(0.2)
    tracker.flush()
    time.sleep(0.2)
    tracker.stop()
    found = read_emissions(tmp_path / "emissions.csv", FACTOR, known=(), task=None)
    assert found.refusals == (Refusal(2, "same run as line 3, which has this energy in it"),)
    (entry,) = found.entries
    assert entry.content["energy_wh"] == pytest.approx(tracker.final_emissions_data.energy_consumed * 1000)


def test_a_room_overhead_in_the_energies_is_told(tmp_path: Path, new_tracker: Callable[..., Any]) -> None:
    data = run_for(new_tracker(pue=10.0), 0.2)
    found = read_emissions(tmp_path / "emissions.csv", FACTOR, known=(), task=None)
    assert found.refusals == ()
    (entry,) = found.entries
    # Of memory, whose 20 W are constant: the PUE is in the energy.
    assert data.ram_energy * 3.6e6 / data.duration > 20 * 3
    assert entry.content["energy_wh"] == pytest.approx(data.energy_consumed * 1000)
    assert entry.content["reason"] == "CodeCarbon multiplied these energies by a PUE of 10"
    assert findings(tmp_path, found.entries) == []


def test_codecarbons_file_of_tasks_is_refused_for_the_one_that_holds_the_run(
    tmp_path: Path, new_tracker: Callable[..., Any]
) -> None:
    tracker = new_tracker()
    for task in ("one", "two"):
        tracker.start_task(task)
        time.sleep(0.2)
        tracker.stop_task(task)
    tracker.stop()
    (tasks,) = tmp_path.glob("emissions_*.csv")
    with pytest.raises(DataError) as caught:
        read_emissions(tasks, FACTOR, known=(), task=None)
    assert caught.value.found == "its file of single tasks"
    assert len(read_emissions(tmp_path / "emissions.csv", FACTOR, known=(), task=None).entries) == 1


# --- What a record says ---


def test_a_record_has_the_energy_its_bounds_and_its_carbon(tmp_path: Path, in_paris: None) -> None:
    (entry,) = imported(tmp_path, text_of(ROW), task="document-summarisation").entries
    content = entry.content
    assert entry.kind == "imported"
    assert set(content) == FIELDS
    assert content["components"] == pytest.approx({"cpu": 50, "gpu": 150, "ram": 20})
    assert content["energy_wh"] == sum(content["components"].values())
    assert (content["evidence"], content["low_wh"], content["high_wh"]) == ("C", pytest.approx(110), pytest.approx(1320))
    assert (content["factor"], content["g_per_kwh"], content["carbon_g"]) == ("ademe-2025", 46.1, pytest.approx(0.22 * 46.1))
    assert (content["duration_s"], content["task"]) == (3600.25, "document-summarisation")
    # Local time of the end: an hour, and 0.25 s, after the beginning; in winter Paris is one hour ahead.
    assert content["started"] == "2024-11-24T12:03:04+00:00"


def test_a_time_that_says_its_zone_is_taken_at_its_word(tmp_path: Path, in_paris: None) -> None:
    (entry,) = imported(tmp_path, text_of(ROW | {"timestamp": "2024-11-24T14:03:05-05:00"})).entries
    assert entry.content["started"] == "2024-11-24T18:03:04+00:00"


def test_neither_the_place_nor_the_path_is_carried_over(tmp_path: Path) -> None:
    (entry,) = imported(tmp_path, text_of(ROW)).entries
    for private in ("2.3387", "48.8582", "france", str(tmp_path)):
        assert private not in str(entry.content)


def test_files_of_codecarbon_2_go_in(tmp_path: Path) -> None:
    newer = {"experiment_id", "codecarbon_version", "pue", "wue", "water_consumed"} | {
        name for name in ROW if "_utilization" in name
    }
    (entry,) = imported(tmp_path, text_of({name: cell for name, cell in ROW.items() if name not in newer})).entries
    assert (entry.content["tool"], entry.content["reason"]) == ("codecarbon of unknown version", None)


def test_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    (entry,) = imported(tmp_path, text_of(dict(reversed(ROW.items())))).entries
    assert entry.content["energy_wh"] == pytest.approx(220)


# --- Rows that do not add up ---


@pytest.mark.parametrize("column", NUMBERS)
@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("", "is missing"),
        ("nan", "is 'nan', and no finite number"),
        ("inf", "is 'inf', and no finite number"),
        ("1e999", "is '1e999', and no finite number"),
        ("-0.22", "is -0.22, below 0"),
        ("-" + "9" * 99, "is -1e+99, below 0"),
        ("1 000.5", "is '1 000.5', and no finite number"),
        ("x" * 99, f"is '{'x' * 40}…', and no finite number"),
    ],
)
def test_a_number_that_is_none_is_refused(tmp_path: Path, column: str, cell: str, found: str) -> None:
    assert refusal_of(tmp_path, {column: cell}) == f"{column} {found}"


def test_a_comma_is_no_decimal_mark_where_commas_part_the_cells(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, {"cpu_energy": "0,05"}) == "numbers with points and numbers with commas"
    assert refusal_of(tmp_path, {"pue": "1,5"}) == "pue is '1,5', and no finite number"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (
            {"energy_consumed": "0.2201"},
            "energy_consumed is 0.2201 kWh, and cpu_energy, gpu_energy and ram_energy together are 0.22 kWh",
        ),
        ({"gpu_energy": "0"}, "energy_consumed is 0.22 kWh, and cpu_energy, gpu_energy and ram_energy together are 0.07 kWh"),
        (
            {"cpu_energy": "0", "gpu_energy": "0", "ram_energy": "0.0", "energy_consumed": "0", "emissions": "0"},
            "no energy: CodeCarbon could measure nothing",
        ),
        ({"duration": "0"}, "a duration of 0 s"),
        ({"duration": "5e-324"}, "0.22 kWh in 4.94066e-324 s are inf W, more than a machine can take; "),
        ({"duration": "7.9"}, "0.22 kWh in 7.9 s are 1e+05 W, more than a machine can take; "),
        ({"emissions": "0.45"}, "0.45 kg of CO2 from 0.22 kWh, more than any electricity emits"),
        ({"pue": "0.9"}, "a PUE of 0.9: no room takes less than the machines in it"),
        ({"pue": ""}, "pue is missing"),
        ({"run_id": ""}, "run_id is missing"),
        ({"timestamp": ""}, "timestamp is missing, and not a time like 2026-11-24T14:03:05"),
        ({"timestamp": "24/11/2024 14:03"}, "timestamp is '24/11/2024 14:03', and not a time like 2026-11-24T14:03:05"),
        ({"timestamp": "2024-11-24"}, "timestamp is '2024-11-24', and not a time like 2026-11-24T14:03:05"),
        ({"timestamp": "0001-01-01T00:00:00"}, "timestamp is '0001-01-01T00:00:00', and not a time like 2026-11-24T14:03:05"),
        (
            {"timestamp": "9999-12-31T23:00:00-09:00"},
            "timestamp is '9999-12-31T23:00:00-09:00', and not a time like 2026-11-24T14:03:05",
        ),
        ({"timestamp": "1970-01-01T00:00:09"}, "a run that ended on 1970-01-01T00:00:09, before CodeCarbon was there"),
        ({"timestamp": "2999-01-01T00:00:00"}, "a run that ended on 2999-01-01T00:00:00, in the future"),
        ({"duration": "1e9"}, "a duration of 1e+09 s: it would have begun before CodeCarbon was there"),
        ({"duration": "1e300"}, "a duration of 1e+300 s: it would have begun before CodeCarbon was there"),
    ],
)
def test_a_row_that_does_not_add_up_is_refused_and_the_others_go_in(
    tmp_path: Path, in_paris: None, changes: dict[str, str], found: str
) -> None:
    # What follows a semicolon explains; what precedes it is the finding.
    assert refusal_of(tmp_path, changes).startswith(found)


def test_an_impossible_power_is_explained_by_what_codecarbon_does_with_tasks(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, {"duration": "0.5"}).endswith("CodeCarbon writes the duration of the last one alone")


@pytest.mark.parametrize(
    "changes",
    [
        {"energy_consumed": "0.220001"},
        {"duration": "8"},
        {"emissions": "0.43"},
        {"emissions": "0"},
        {"gpu_energy": "0", "energy_consumed": "0.07"},
        {"pue": "1"},
        {"timestamp": "2024-11-24 14:03:05.25"},
        {"project_name": "; and, so \n on", "codecarbon_version": ""},
    ],
)
def test_a_row_that_is_only_unusual_goes_in(tmp_path: Path, changes: dict[str, str]) -> None:
    found = imported(tmp_path, text_of(ROW | changes))
    assert found.refusals == ()
    assert findings(tmp_path, found.entries) == []


def test_what_a_table_program_leaves_of_small_numbers_still_adds_up(tmp_path: Path) -> None:
    # Six digits of 4.5959485901726615e-06, 1.0156469071245054e-06 and their sum.
    small = {"cpu_energy": "4.59595E-06", "gpu_energy": "0", "ram_energy": "1.01565E-06", "energy_consumed": "5.6116E-06"}
    assert imported(tmp_path, text_of(ROW | small | {"emissions": "1.57E-07"})).refusals == ()


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (",".join(list(ROW.values())[:-1]), "1 cell too few"),
        (",".join(list(ROW.values())[:12]), "26 cells too few"),
        (",".join([*ROW.values(), "", "more"]), "2 cells too many"),
    ],
)
def test_a_row_with_cells_too_few_or_too_many_is_refused(tmp_path: Path, row: str, found: str) -> None:
    header, before, behind = text_of(BEFORE, BEHIND).splitlines()
    told = imported(tmp_path, f"{header}\n{before}\n{row}\n{behind}\n")
    assert told.refusals == (Refusal(3, found),)
    assert run_ids(told) == ["the row before", "the row behind"]


def test_a_run_that_the_ledger_has_is_refused(tmp_path: Path) -> None:
    found = imported(tmp_path, text_of(BEFORE, ROW, BEHIND), known={ROW["run_id"]})
    assert found.refusals == (Refusal(3, "this run is already imported"),)
    assert len(found.entries) == 2


def test_a_file_that_is_imported_twice_adds_nothing(tmp_path: Path) -> None:
    first = imported(tmp_path, text_of(BEFORE, ROW, BEHIND))
    again = imported(tmp_path, text_of(BEFORE, ROW, BEHIND), known=run_ids(first))
    assert again.entries == ()
    assert [refusal.line for refusal in again.refusals] == [2, 3, 4]


def test_of_the_rows_of_a_run_the_last_one_goes_in(tmp_path: Path) -> None:
    half = ROW | {"cpu_energy": "0.02", "gpu_energy": "0.08", "ram_energy": "0.01", "energy_consumed": "0.11"}
    found = imported(tmp_path, text_of(half, BEFORE, ROW))
    assert found.refusals == (Refusal(2, "same run as line 4, which has this energy in it"),)
    assert [entry.content["source"]["line"] for entry in found.entries] == [3, 4]


def test_energy_that_falls_within_a_run_is_refused(tmp_path: Path) -> None:
    half = ROW | {"cpu_energy": "0.02", "gpu_energy": "0.08", "ram_energy": "0.01", "energy_consumed": "0.11"}
    found = imported(tmp_path, text_of(ROW, half, BEHIND))
    assert [refusal.line for refusal in found.refusals] == [2, 3]
    assert found.refusals[1].found == "less energy than in line 2 of the same run, though it is counted from the run's start"
    assert run_ids(found) == ["the row behind"]


def test_no_part_of_a_run_goes_in_while_its_last_row_is_broken(tmp_path: Path) -> None:
    # Once part of it were in the ledger, the mended row would be refused as already imported.
    cut = ",".join(list(ROW.values())[:12])
    found = imported(tmp_path, text_of(ROW, BEHIND) + cut + "\n")
    assert [refusal.line for refusal in found.refusals] == [2, 4]
    assert run_ids(found) == ["the row behind"]


# --- Files saved again ---


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_ends_of_lines_a_mark_and_semicolons_make_no_difference(tmp_path: Path, mark: str, end: str, delimiter: str) -> None:
    found = imported(tmp_path, mark + text_of(BEFORE, ROW | {"project_name": "one; two, three"}, delimiter=delimiter, end=end))
    assert [(entry.content["source"]["line"], entry.content["energy_wh"]) for entry in found.entries] == [
        (2, pytest.approx(220)),
        (3, pytest.approx(220)),
    ]


def test_decimal_commas_are_read_where_semicolons_part_the_cells(tmp_path: Path) -> None:
    french = {name: cell.replace(".", ",") for name, cell in ROW.items() if name not in {"timestamp", "codecarbon_version"}}
    (entry,) = imported(tmp_path, text_of(ROW | french | {"pue": "1,2"}, delimiter=";")).entries
    assert (entry.content["energy_wh"], entry.content["duration_s"]) == (pytest.approx(220), 3600.25)
    assert entry.content["reason"] == "CodeCarbon multiplied these energies by a PUE of 1.2"


def test_points_beside_decimal_commas_are_not_guessed_at(tmp_path: Path) -> None:
    # 1.234 s or 1 234 s?
    mixed = ROW | {"duration": "1.234", "cpu_energy": "0,05", "gpu_energy": "0,15", "ram_energy": "0,02", "energy_consumed": "0,22"}
    found = imported(tmp_path, text_of(BEFORE, mixed | {"emissions": "0,0123"}, delimiter=";"))
    assert found.refusals == (Refusal(3, "numbers with points and numbers with commas"),)
    assert run_ids(found) == ["the row before"]


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("cell", ["٣٦٠٠", "1_000", "3 600.25", "3.600,25", "0x10"])
def test_what_only_python_or_a_reader_would_take_for_a_number_is_none(tmp_path: Path, delimiter: str, cell: str) -> None:
    found = imported(tmp_path, text_of(BEFORE, ROW | {"duration": cell}, delimiter=delimiter))
    assert [refusal.line for refusal in found.refusals] == [3]
    assert run_ids(found) == ["the row before"]


def test_a_long_cell_is_no_fault(tmp_path: Path) -> None:
    before = csv.field_size_limit(131_072)
    try:
        assert imported(tmp_path, text_of(ROW | {"project_name": "long" * 50_000})).refusals == ()
    finally:
        csv.field_size_limit(max(before, csv.field_size_limit()))


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    header, row = text_of(ROW).splitlines()
    found = imported(tmp_path, f"\n{header}\n\n{row}\n{',' * 37}\n\n")
    assert (len(found.entries), found.refusals) == (1, ())
    assert found.entries[0].content["source"]["line"] == 4


def test_a_line_break_in_a_cell_is_counted(tmp_path: Path) -> None:
    found = imported(tmp_path, text_of(BEFORE | {"project_name": "two\nlines"}, ROW | {"duration": "0"}))
    assert found.entries[0].content["source"]["line"] == 2
    assert found.refusals == (Refusal(4, "a duration of 0 s"),)


# --- Files that are none of CodeCarbon's ---


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "an empty file"),
        (" \n\n", "an empty file"),
        (",".join(ROW), "none"),
        ("text,category\nLampadaire,voirie\n", "no timestamp, project_name, run_id, duration, emissions"),
        (text_of({name: cell for name, cell in ROW.items() if name != "gpu_energy"}), "no gpu_energy in"),
        (text_of(ROW).replace("experiment_id", "duration", 1), "2 columns duration"),
        (text_of(ROW).replace("experiment_id", "pue", 1), "2 columns pue"),
        (text_of(ROW).encode("cp1252"), "byte 0xee"),
        (text_of(ROW).encode("utf-16"), "byte 0xff"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "byte 0x89"),
        (b"\x00\x01\x02", "no timestamp"),
        (text_of(BEFORE) + '"' + text_of(ROW), "unexpected end of data"),
    ],
)
def test_what_is_no_file_of_codecarbon_is_refused_as_a_whole(tmp_path: Path, content: str | bytes, found: str) -> None:
    assert unusable(tmp_path, content).found.startswith(found)


def test_errors_name_the_line(tmp_path: Path) -> None:
    assert unusable(tmp_path, text_of(BEFORE) + '"' + text_of(ROW)).where.endswith("emissions.csv, line 3")
    assert unusable(tmp_path, text_of(BEFORE).encode() + b"\xff").where.endswith("emissions.csv, line 3")


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    for path, found in ((tmp_path, "Is a directory"), (tmp_path / "none.csv", "No such file or directory")):
        with pytest.raises(DataError) as caught:
            read_emissions(path, FACTOR, known=(), task=None)
        assert (caught.value.found, caught.value.where) == (found, str(path))


# --- Whatever stands in the cells ---

CELL = st.one_of(
    st.text(max_size=8),
    st.floats().map(str),
    st.integers().map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
    st.datetimes().map(dt.datetime.isoformat),
    st.sampled_from(["", "0", "1e999", "5e-324", "1,5", "9" * 400, "2024-11-24T14:03:05", "\x00", '"', "²", "١"]),
)
KEPT = st.dictionaries(st.sampled_from(list(ROW)), CELL, max_size=4)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(KEPT, min_size=1, max_size=4), st.sampled_from(",;"))
def test_each_row_is_a_record_or_a_refusal_whatever_its_cells_hold(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, str]], delimiter: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = [ROW | {"run_id": f"run {number}"} | each for number, each in enumerate(changes)]
    # Python's writer quotes only those ends of lines that it writes itself.
    found = imported(folder, text_of(*rows, delimiter=delimiter, end="\r\n").encode("utf-8", "replace"))
    assert len(found.entries) + len(found.refusals) == len(rows)
    lines = [entry.content["source"]["line"] for entry in found.entries] + [refusal.line for refusal in found.refusals]
    assert len(set(lines)) == len(rows)
    assert len(set(run_ids(found))) == len(found.entries)
    assert findings(folder, found.entries) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: (text_of(ROW) + text).encode("utf-8", "replace"))))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    with suppress(DataError):
        found = imported(tmp_path_factory.mktemp("any"), content)
        assert found.entries or found.refusals


# --- Typed in ---

AT_NOON = dt.datetime(2024, 11, 24, 12, 0, tzinfo=dt.UTC)


def typed(**changes: Any) -> Entry:
    given: dict[str, Any] = {
        "energy_wh": 1500.0,
        "reason": " read off the meter ",
        "factor": FACTOR,
        "started": None,
        "duration_s": None,
        "task": None,
    }
    return typed_in(**given | changes)


def test_what_is_typed_in_says_so_and_why(tmp_path: Path) -> None:
    entry = typed(task="request-classification")
    assert entry.kind == "imported"
    assert entry.content == {
        "carbon_g": pytest.approx(1.5 * 46.1), "components": None, "duration_s": None, "energy_wh": 1500, "evidence": "C",
        "factor": "ademe-2025", "g_per_kwh": 46.1, "high_wh": 9000, "low_wh": 750, "reason": "read off the meter", "source": None,
        "started": None, "task": "request-classification", "tool": "typed in",
    }  # fmt: skip
    assert findings(tmp_path, [entry, typed(started=AT_NOON, duration_s=60.5), typed(energy_wh=1e-300)]) == []


def test_the_time_that_is_typed_in_is_recorded_in_utc(in_paris: None) -> None:
    assert typed(started=AT_NOON, duration_s=60.5).content["duration_s"] == 60.5
    assert typed(started=AT_NOON).content["started"] == "2024-11-24T12:00:00+00:00"
    assert typed(started=AT_NOON.replace(tzinfo=None)).content["started"] == "2024-11-24T11:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        *(({"energy_wh": energy_wh}, "the energy") for energy_wh in (0.0, -1.0, float("nan"), float("inf"), 1e12, 1e308)),
        *(({"duration_s": duration_s}, "the duration") for duration_s in (0.0, -1.0, float("nan"), float("inf"))),
        *(({"reason": reason}, "the reason") for reason in ("", " \n")),
        ({"started": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "the start"),
        ({"started": AT_NOON, "duration_s": 1e9}, "the duration"),
        ({"started": dt.datetime(1, 1, 1)}, "the start"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_is_not_typed_in(in_paris: None, changes: dict[str, Any], where: str) -> None:
    with pytest.raises(PreuveError) as caught:
        typed(**changes)
    assert caught.value.where == where
    assert all(caught.value.as_dict().values())
