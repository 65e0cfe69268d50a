"""What a ledger comes to: sums worked out by hand, each window counted once, failures included."""

from __future__ import annotations

import itertools
import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation.audit.summary import Energy, Summary, _Count, summarise
from evaluation.audit.verify import Checker, Evidence
from evaluation.energy.evidence import EvidenceClass
from evaluation.energy.factors import find_factor
from evaluation.energy.machine import Machine
from evaluation.energy.reading import Kind, Outcome, Reading
from evaluation.records.entries import (
    closed_entry,
    machine_entry,
    note_entry,
    opened_entry,
    reading_entry,
    recomputation_entry,
    repetition_entry,
    run_entry,
    sha256_of,
)
from evaluation.records.ledger import NOTHING, Entry, plain
from evaluation.run import Run, RunStatus
from tests.ledgers import sealed
from tests.records import make_campaign, make_component, make_data, make_environment, make_machine, make_reading, make_run

FACTOR = find_factor("ademe-2025")
TASK = "request-classification"
MACHINE = make_machine(declared={"pue": 2.0, "embodied_kg_co2e": 876.6, "lifetime_years": 1.0})
Records = list[dict[str, Any]]


def records_of(*entries: Entry) -> Records:
    """A ledger of these entries, one a minute."""
    records: Records = []
    previous = NOTHING
    for number, (kind, content) in enumerate(entries, start=1):
        at = f"2026-11-25T{16 + number // 60:02}:{number % 60:02}:59.575+00:00"
        record = {"at": at, "content": content, "format": 1, "kind": kind, "number": number, "previous": previous}
        records.append(json.loads(sealed(record)))
        previous = records[-1]["sha256"]
    return records


def goals(task: str = TASK) -> Entry:
    text = f"# goals of {task}"
    content = {"before": None, "change": "fixed", "goals_sha256": sha256_of(text.encode()), "task": task, "text": text}
    return Entry("goals", plain(content))


def reading_of(reading: Reading, machine: Machine = MACHINE, **changes: Any) -> Entry:
    return reading_entry(reading, machine, FACTOR, window=1, samples_sha256=None, **changes)


def campaign(
    *runs: Run, name: str = "20261125-161059-9880", task: str = TASK, machine: Machine = MACHINE, ends: bool = True, **changes: Any
) -> list[Entry]:
    """All records of a campaign; of one that does not end, runs without a status of their own do not either."""
    sha256 = sha256_of(f"# goals of {task}".encode())
    whole = make_campaign(*runs, id=name, task=task, machine=machine, goals_sha256=sha256, **changes)
    ids = {None: f"{name}-0"} | {run.name: f"{name}-{place}" for place, run in enumerate(runs, start=1)}
    entries = [opened_entry(whole, ids, runs, "", FACTOR)]
    owned = [(None, reading) for reading in whole.readings] + [(run.name, reading) for run in runs for reading in run.readings]
    entries += [reading_of(each, machine, campaign=name, run=owner, mlflow_run=ids[owner]) for owner, each in owned]
    if ends:
        entries += [run_entry(whole, run, ids[run.name], files={}, metrics={}, params={}, tags={}) for run in runs]
        entries.append(closed_entry(whole, ids[None] or "", FACTOR, files={}, metrics={}, params={}, tags={}))
    return entries


def imported(energy_wh: float, task: str | None, reason: str | None, tool: str = "typed in") -> Entry:
    content = {
        "carbon_g": energy_wh * FACTOR.g_per_kwh / 1000,
        "components": None,
        "duration_s": None,
        "energy_wh": energy_wh,
        "evidence": "C",
        "factor": FACTOR.id,
        "g_per_kwh": FACTOR.g_per_kwh,
        "high_wh": energy_wh * 6,
        "low_wh": energy_wh / 2,
        "reason": reason,
        "source": None,
        "started": None,
        "task": task,
        "tool": tool,
    }
    return Entry("imported", plain(content))


def repetition(within: str, *, identical: bool, ratio: float = 1.023) -> Entry:
    energy = {"high": 1.06, "low": 0.98, "ratio": ratio, "tolerance": 0.1, "within": within}
    return repetition_entry(
        repeats={"campaign": "20261123-190559-3f2a", "mlflow_run": "a", "record": 3},
        repeated={"campaign": "20261124-090000-77aa", "mlflow_run": "b"},
        quality={"answers": 532, "differing": 0 if identical else 3, "identical": identical},
        energy=energy,
    )


def recomputed(records: Records, factor_id: str, pue: float, pue_source: str) -> Entry:
    readings = [record["content"] for record in records if record["kind"] == "reading"]
    energy_wh = sum(each["energy_wh"] for each in readings)
    before_g = sum(each["carbon_g"] for each in readings)
    factor = find_factor(factor_id)
    by_factor_g = sum(each["energy_wh"] * each["pue"] for each in readings) * factor.g_per_kwh / 1000 - before_g
    by_pue_g = energy_wh * pue * factor.g_per_kwh / 1000 - before_g - by_factor_g
    return recomputation_entry(
        factor,
        pue,
        pue_source,
        energy_wh=energy_wh,
        readings=len(readings),
        before_g=before_g,
        by_factor_g=by_factor_g,
        by_pue_g=by_pue_g,
    )


def rich_records(task: str = "document-summarisation", note: str = "The power of the building was cut.") -> Records:
    """A ledger in which everything occurs that a summary tells apart."""
    other = make_machine(declared={"pue": 1.25}, machine_id="fedcba9876543210")
    gpu = (make_component("cpu", 1.0, "B"), make_component("gpu", 4.0, "B"), make_component("ram", 0.5, "A"))
    kinds: list[Kind] = ["rehearsal", "fit", "warm-up", "latency", "memory", "inference"]
    whole = make_run("keywords", readings=[make_reading(kind, outcome="disturbed") for kind in kinds])
    failed = make_run("linear", status="failed", reason="no memory left", readings=[make_reading("fit"), make_reading()])
    disturbed = make_run("forest", rounds=[make_reading(outcome="repeated"), make_reading(components=gpu)])
    absent = make_run("hub", status="unavailable", reason="not on this machine", readings=[make_reading("fit")])
    stopped = make_run("small", status="interrupted", readings=[make_reading("fit"), make_reading(outcome="cut short")])
    idle = make_reading("idle")
    entries = [
        machine_entry(MACHINE, None),
        machine_entry(other, None),
        goals(),
        goals(task),
        *campaign(whole, failed, disturbed, absent, readings=[idle], over_budget="one more try", operator_role="innovation team"),
        *campaign(
            stopped,
            name="20261125-170000-1b2c",
            task=task,
            machine=other,
            status="interrupted",
            reason="stopped by hand",
            readings=[idle, make_reading("idle", outcome="unreadable")],
            environment=make_environment(code_commit=None, code_dirty=None),
            data=make_data(test_source="C:\\Users\\someone\\test.csv"),
        ),
        *campaign(
            make_run("later"), name="20261125-180000-77aa", task=task, ends=False, environment=make_environment(code_dirty=True)
        ),
        reading_of(make_reading("self-test")),
        imported(120.0, None, "read off a wall meter"),
        imported(1500.0, task, None, "codecarbon 3.3.2"),
        repetition("within", identical=True),
        repetition("outside", identical=False),
        repetition("undetermined", identical=True),
        repetition("not comparable", identical=True, ratio=float("nan")),
        note_entry(note, "20261125-170000-1b2c"),
        note_entry("Nothing else."),
        machine_entry(make_machine(declared={"pue": 1.1}), MACHINE.sha256),
    ]
    entries += [
        recomputed(records_of(*entries), "rte-2024", 1.5, "as recorded, weighted by energy"),
        recomputed(records_of(*entries), "ademe-2025", 1.2, "given with --pue"),
    ]
    return records_of(*entries)


def summary_of(*entries: Entry) -> Summary:
    return summarise(records_of(machine_entry(MACHINE, None), *entries))


def total(energies: Mapping[Any, Energy]) -> float:
    return sum(energy.energy_wh for energy in energies.values())


def test_the_rich_example_holds_and_the_check_comes_to_the_same_sums(tmp_path: Path) -> None:
    records = rich_records()
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_bytes(b"".join(sealed(record) + b"\n" for record in records))
    checker = Checker(Evidence(ledger), []).check()
    summary = summarise(records)
    assert [found for found in checker.found if "~" not in found[0]] == []
    assert (summary.energy.energy_wh, summary.carbon_g) == (checker.energy_wh, checker.carbon_g)
    assert (summary.records, summary.energy.count, summary.unread) == (checker.number, checker.readings, 0)
    assert (summary.head, sum(summary.campaigns.values())) == (f"{checker.number}:{checker.own}", checker.campaigns)
    assert summary.imported_energy.energy_wh == checker.imported_wh


def test_energy_is_summed_in_all_by_class_by_component_and_by_kind() -> None:
    # Bounds of a CPU's counter are 0.9 and 3 times the figure, of what is modelled 0.5 and 6 times.
    summary = summary_of(
        reading_of(make_reading("fit", cpu_wh=0.25, ram_wh=0.5, measured=True)),
        reading_of(make_reading("inference", cpu_wh=1.0, ram_wh=2.0)),
        reading_of(make_reading("inference", cpu_wh=0.5, ram_wh=0.25, measured=True)),
    )
    assert summary.energy == Energy(4.5, pytest.approx(2.55), pytest.approx(24.75), {"B": 0.75, "C": 3.75}, 3)  # type: ignore[arg-type]
    assert {name: energy.energy_wh for name, energy in summary.by_class.items()} == {"A": 0, "B": 0.75, "C": 3.75, "D": 0}
    assert summary.by_class["B"].low_wh == pytest.approx(0.675)
    assert summary.by_class["B"].high_wh == pytest.approx(2.25)
    parts = {(part.component, part.evidence): (part.energy.energy_wh, part.energy.count) for part in summary.by_component}
    assert parts == {("cpu", "B"): (0.75, 2), ("cpu", "C"): (1.0, 1), ("ram", "C"): (2.75, 3)}
    assert {kind: (energy.energy_wh, energy.count) for kind, energy in summary.by_kind.items()} == {
        "fit": (0.75, 1),
        "inference": (3.75, 2),
    }


@pytest.mark.parametrize(("modelled_wh", "evidence"), [(0.5, "C"), (0.25, "B"), (0.0, "B")])
def test_a_sum_is_known_as_its_worst_part_that_matters_is(modelled_wh: float, evidence: EvidenceClass) -> None:
    parts = (make_component("cpu", 8.0, "B"), make_component("ram", modelled_wh, "C"))
    assert summary_of(reading_of(make_reading(components=parts))).energy.evidence == evidence


def test_where_nothing_was_measured_nothing_is_known() -> None:
    assert summary_of().energy == Energy(0.0, 0.0, 0.0, {}, 0)
    assert summary_of().energy.evidence is None


FAILURES: list[tuple[RunStatus, Outcome, str | None]] = [
    ("finished", "complete", None),
    ("finished", "disturbed", None),
    ("failed", "complete", "failed"),
    ("failed", "disturbed", "failed"),
    ("interrupted", "complete", "interrupted"),
    ("unavailable", "complete", "unavailable"),
    ("finished", "repeated", "repeated"),
    ("finished", "cut short", "cut short"),
    ("failed", "cut short", "cut short"),
    ("interrupted", "unreadable", "unreadable"),
]


@pytest.mark.parametrize(("status", "outcome", "fate"), FAILURES)
def test_a_window_without_a_result_is_counted_by_what_was_wrong(status: RunStatus, outcome: Outcome, fate: str | None) -> None:
    run = make_run(status=status, readings=[make_reading(cpu_wh=0.25, ram_wh=0.5, outcome=outcome)])
    summary = summary_of(goals(), *campaign(run))
    assert {name: energy.energy_wh for name, energy in summary.without_result.items()} == ({fate: 0.75} if fate else {})
    assert summary.lost.energy_wh == (0.75 if fate else 0.0)
    assert summary.not_ended.count == 0


def test_an_idle_machine_led_to_nothing_where_no_run_finished() -> None:
    idle = make_reading("idle", cpu_wh=0.25, ram_wh=0.25)
    failed, finished = make_run("one", status="failed", readings=[]), make_run("other", readings=[])
    assert summary_of(goals(), *campaign(failed, readings=[idle])).without_result["no run finished"].energy_wh == 0.5
    assert summary_of(goals(), *campaign(failed, finished, readings=[idle])).without_result == {}


def test_what_is_under_way_is_neither_a_result_nor_a_failure() -> None:
    run = make_run(readings=[make_reading(cpu_wh=0.25, ram_wh=0.5)])
    summary = summary_of(goals(), *campaign(run, ends=False, readings=[make_reading("idle", cpu_wh=0.25, ram_wh=0.25)]))
    assert (summary.not_ended.energy_wh, summary.lost.energy_wh) == (1.25, 0.0)
    assert summary.campaigns == {"finished": 0, "interrupted": 0, "not closed": 1}
    assert summary.tasks[0].campaigns[0].runs == {"not ended": 1}
    assert summary.tasks[0].campaigns[0].embodied_g is None


def test_each_window_is_in_one_row() -> None:
    summary = summarise(rich_records())
    # Of 19 windows ten led to a result: six of one run, two of another, the idle machine before them and the self-test.
    assert {fate: energy.count for fate, energy in summary.without_result.items()} == {
        "repeated": 1,
        "cut short": 1,
        "unreadable": 1,
        "failed": 2,
        "interrupted": 1,
        "unavailable": 1,
        "no run finished": 1,
    }
    assert (summary.energy.count, summary.lost.count, summary.not_ended.count) == (19, 8, 1)
    assert total(summary.without_result) == pytest.approx(summary.lost.energy_wh)
    for rows in (summary.by_class, summary.by_kind):
        assert total(rows) == pytest.approx(summary.energy.energy_wh)
    assert sum(part.energy.energy_wh for part in summary.by_component) == pytest.approx(summary.energy.energy_wh)
    assert sum(each.energy.energy_wh for each in summary.electricity) == pytest.approx(summary.energy.energy_wh)
    assert sum(machine.energy.energy_wh for machine in summary.machines) == pytest.approx(summary.energy.energy_wh)


def test_carbon_is_told_by_factor_and_pue_and_who_says_so() -> None:
    other = make_machine(machine_id="fedcba9876543210")
    summary = summary_of(
        machine_entry(other, None),
        goals(),
        *campaign(make_run(readings=[make_reading(cpu_wh=1.0, ram_wh=1.0)])),
        reading_of(make_reading("self-test", cpu_wh=2.0, ram_wh=2.0), other),
    )
    first, second = summary.electricity
    # 2 Wh and 4 Wh at 46.1 g/kWh, in rooms that take twice and one and a half times that.
    assert (first.pue, first.pue_source, first.energy.energy_wh) == (2.0, "its data sheet", 2.0)
    assert (second.pue, second.energy.energy_wh) == (1.5, 4.0)
    assert [first.carbon_g, second.carbon_g] == pytest.approx([0.1844, 0.2766])
    assert second.pue_source == "assumed: an ordinary server room; 1.2 to 2.0"
    assert (first.factor, first.g_per_kwh, first.source, first.year) == ("ademe-2025", 46.1, "ADEME, Base Empreinte", 2025)
    assert summary.carbon_g == pytest.approx(0.461)


def test_the_making_of_the_machine_is_that_of_closed_campaigns() -> None:
    # 876.6 kg over one year of 31 557 600 s: 10 s of it are 0.27778 g.
    run = make_run(readings=[make_reading(duration_s=10.0)])
    summary = summary_of(goals(), *campaign(run), *campaign(run, name="later", ends=False))
    assert summary.embodied_g == pytest.approx(876_600 * 10 / 31_557_600)
    assert summary.tasks[0].embodied_g == summary.embodied_g


def test_imported_energy_stands_apart() -> None:
    rows = [imported(120.0, None, "a wall meter"), imported(30.0, TASK, "an invoice"), imported(10.0, TASK, "an invoice")]
    summary = summary_of(*rows)
    assert (summary.energy.energy_wh, summary.carbon_g, summary.by_class["C"].energy_wh) == (0.0, 0.0, 0.0)
    told = [(each.task, each.reason, each.energy.energy_wh, each.energy.count) for each in summary.imported]
    assert told == [(None, "a wall meter", 120.0, 1), (TASK, "an invoice", 40.0, 2)]
    assert summary.imported_energy == Energy(160.0, 80.0, 960.0, {"C": 160.0}, 3)
    assert summary.imported_g == pytest.approx(7.376)


def test_a_recomputation_is_told_with_what_makes_the_difference() -> None:
    (first, second) = summarise(rich_records()).recomputations
    assert (first.factor, first.g_per_kwh, first.pue, first.pue_source) == (
        "rte-2024",
        21.7,
        1.5,
        "as recorded, weighted by energy",
    )
    assert (second.factor, second.pue, second.pue_source) == ("ademe-2025", 1.2, "given with --pue")
    assert second.carbon_g == pytest.approx(second.before_g + second.by_factor_g + second.by_pue_g)


def test_tasks_have_their_campaigns() -> None:
    first, second = summarise(rich_records()).tasks
    assert (first.name, second.name) == ("document-summarisation", TASK)
    stopped, later = first.campaigns
    assert (stopped.id, stopped.status, stopped.reason, stopped.runs) == (
        "20261125-170000-1b2c",
        "interrupted",
        "stopped by hand",
        {"interrupted": 1},
    )
    assert (stopped.commit, stopped.dirty, later.dirty) == (None, None, True)
    (whole,) = second.campaigns
    assert whole.runs == {"finished": 2, "unavailable": 1, "failed": 1}
    assert (whole.over_budget, whole.goals_sha256) == ("one more try", sha256_of(f"# goals of {TASK}".encode()))
    # Twelve windows of 1 Wh each, and that of the GPU with 5.5 Wh.
    assert whole.energy.energy_wh == pytest.approx(17.5)
    assert first.energy.energy_wh == pytest.approx(stopped.energy.energy_wh + later.energy.energy_wh)
    assert summarise(rich_records()).operator_roles == {"innovation team": 1, "undeclared": 2}


def test_of_data_only_the_files_own_names_are_told() -> None:
    summary = summarise(rich_records())
    assert summary.tasks[0].campaigns[0].data == ("requests.csv", "test.csv")
    assert "someone" not in repr(summary)


def test_a_machine_is_told_as_often_as_it_was_declared() -> None:
    first, other, again = summarise(rich_records()).machines
    assert (first.machine_id, other.machine_id, again.machine_id) == ("0123456789abcdef", "fedcba9876543210", "0123456789abcdef")
    assert [each.name for each in first.declared[:3]] == ["host_tdp_w", "host_share", "watts_per_busy_core"]
    assert [each.name for each in first.declared if not each.assumed] == ["pue", "embodied_kg_co2e", "lifetime_years"]
    assert (first.cpu, first.cores, first.ram_gib, first.calibrated, again.energy.count) == ("a CPU", 2, 8.0, None, 0)


def test_repetitions_and_notes_are_told() -> None:
    summary = summarise(rich_records())
    assert [each.within for each in summary.repetitions] == ["within", "outside", "undetermined", "not comparable"]
    assert [each.ratio for each in summary.repetitions] == [1.023, 1.023, 1.023, None]
    assert [(each.about, each.text) for each in summary.notes] == [
        ("20261125-170000-1b2c", "The power of the building was cut."),
        (None, "Nothing else."),
    ]


def test_it_begins_and_ends_when_its_records_do() -> None:
    summary = summary_of(note_entry("one"), note_entry("two"))
    assert (summary.first_at, summary.last_at) == ("2026-11-25T16:01:59.575+00:00", "2026-11-25T16:03:59.575+00:00")
    empty = summarise([])
    assert (empty.head, empty.first_at, empty.last_at, empty.records, empty.tasks) == (None, None, None, 0, ())


Change = Callable[[dict[str, Any]], object]
CHANGES: dict[str, Change] = {
    "a field more": lambda record: record["content"].update(more=1),
    "a field less": lambda record: record["content"].pop("window"),
    "another type": lambda record: record["content"].update(energy_wh="1"),
    "no number": lambda record: record["content"].update(energy_wh=float("nan")),
    "beyond all numbers": lambda record: record["content"].update(carbon_g=10**400),
    "an unknown outcome": lambda record: record["content"]["reading"].update(outcome="komplete"),
    "an unknown kind of window": lambda record: record["content"]["reading"].update(kind="coffee"),
    "an unknown component": lambda record: record["content"]["reading"]["components"][1].update(name="disk"),
    "an unknown class": lambda record: record["content"]["reading"]["components"][1].update(evidence="Z"),
    "no object": lambda record: record.update(content=[]),
    "an unknown kind": lambda record: record.update(kind="confession"),
    "a later format": lambda record: record.update(format=2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_as_the_check_knows_it_is_in_no_figure(change: str) -> None:
    records = records_of(machine_entry(MACHINE, None), reading_of(make_reading()), reading_of(make_reading()))
    CHANGES[change](records[2])
    summary = summarise(records)
    assert (summary.records, summary.unread) == (3, 1)
    sound = summarise(records[:2])
    assert (summary.energy, summary.by_class, summary.by_kind) == (sound.energy, sound.by_class, sound.by_kind)
    assert (summary.by_component, summary.carbon_g, summary.electricity) == (sound.by_component, sound.carbon_g, sound.electricity)


OTHERS: tuple[Any, ...] = (None, [], {}, "", -1, True, "\ud800")


def test_nothing_that_a_record_can_hold_ends_it() -> None:
    """One field after the other is replaced by something else, in each kind of record."""
    records = rich_records()
    firsts = {record["kind"]: record for record in reversed(records)}
    for record in firsts.values():
        for place in paths(record):
            for value in OTHERS:
                assert summarise([changed(each, place, value) if each is record else each for each in records]).records


def paths(value: Any) -> list[tuple[str | int, ...]]:
    """The places of all that is in it, the texts in JSON excepted."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return list(itertools.chain.from_iterable([(key,), *((key, *rest) for rest in paths(each))] for key, each in inner))


def changed(record: dict[str, Any], place: Sequence[str | int], value: object) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(record))
    holder: Any = copy
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return copy


def test_memory_does_not_grow_with_the_readings() -> None:
    def size(readings: int) -> int:
        run = make_run(readings=[make_reading()] * readings)
        count = _Count()
        for record in records_of(machine_entry(MACHINE, None), goals(), *campaign(run)):
            count.add(record)
        return len(pickle.dumps(vars(count)))

    assert size(200) - size(10) < 200
