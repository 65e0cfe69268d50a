"""Records for tests, made without measuring anything: each builder fills in what its caller does not care about."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from math import nan
from typing import Any

from evaluation.energy.calibration import Calibration
from evaluation.energy.evidence import ComponentName, EvidenceClass, bounds
from evaluation.energy.hardware import Hardware, Rapl
from evaluation.energy.machine import Declarations, Machine, assumptions
from evaluation.energy.reading import Component, Kind, Reading
from evaluation.environment import Environment
from evaluation.goals import Deployment, Goals, parse_goals
from evaluation.records.development import development_wh
from evaluation.records.ledger import Ledger
from evaluation.records.recovery import unrecorded_wh
from evaluation.records.store import Store
from evaluation.run import Campaign, DataRecord, Prediction, Protocol, Run

STARTED = dt.datetime(2026, 11, 23, 19, 5, 59, tzinfo=dt.UTC)


def make_component(name: ComponentName, energy_wh: float, evidence: EvidenceClass = "C", backend: str = "a model") -> Component:
    """A component with the bounds of its class; those of A are 5 % either way."""
    low, high = (0.95, 1.05) if evidence == "A" else bounds(evidence, name)
    return Component(
        name=name, energy_wh=energy_wh, evidence=evidence, backend=backend, low_wh=energy_wh * low, high_wh=energy_wh * high
    )


def make_reading(
    kind: Kind = "inference",
    *,
    cpu_wh: float = 0.5,
    ram_wh: float = 0.5,
    duration_s: float = 10.0,
    samples: int = 1000,
    cpu_seconds: float = 9.0,
    round_number: int | None = None,
    measured: bool = False,
    **changes: Any,
) -> Reading:
    """A window with a CPU, behind which a counter stands if `measured`, and a memory that never has one."""
    cpu = ("B", "RAPL counter of package-0") if measured else ("C", "load model with an assumed TDP of 80 W")
    usual: dict[str, Any] = {
        "kind": kind,
        "started": STARTED,
        "duration_s": duration_s,
        "components": (
            make_component("cpu", cpu_wh, cpu[0], cpu[1]),  # type: ignore[arg-type]
            make_component("ram", ram_wh, "C", "a declared constant of 20 W"),
        ),
        "cpu_seconds": cpu_seconds,
        "cpu_estimate_wh": cpu_seconds * 4 / 3600,
        "samples": samples,
        "round": round_number,
    }
    return Reading(**usual | changes)


def make_hardware(**changes: Any) -> Hardware:
    """A server with two cores and no counter."""
    usual: dict[str, Any] = {
        "cpu": "a CPU",
        "cores": 2,
        "sockets": 1,
        "ram_gib": 8.0,
        "virtualised": None,
        "container": None,
        "battery": "none",
        "rapl": Rapl(state="absent"),
        "gpus": (),
        "nvml": "no NVIDIA driver",
    }
    return Hardware(**usual | changes)


def make_counting_machine(**changes: Any) -> Machine:
    """A machine whose CPU has a counter that can be read."""
    return make_machine(make_hardware(rapl=Rapl(state="readable", domains=("package-0",))), **changes)


def make_machine(hardware: Hardware | None = None, declared: dict[str, float] | None = None, **changes: Any) -> Machine:
    """A machine of which all is assumed but what is `declared` here."""
    hardware = hardware or make_hardware()
    figures = {name: {"value": value, "source": source} for name, (value, source) in assumptions(hardware).items()}
    figures |= {name: {"value": value, "source": "its data sheet"} for name, value in (declared or {}).items()}
    usual: dict[str, Any] = {
        "machine_id": "0123456789abcdef",
        "hardware": hardware,
        "declared": Declarations.model_validate(figures),
    }
    return Machine(**usual | changes)


def make_calibration(**changes: Any) -> Calibration:
    """One by which a wall meter shows 1.4 times what that machine reads, at any power."""
    usual: dict[str, Any] = {
        "machine_id": "0123456789abcdef",
        "basis": "a load model",
        "made": dt.date(2026, 11, 24),
        "factor": 1.4,
        "offset_w": 0.0,
        "low": 0.97,
        "high": 1.03,
        "highest_w": 1e6,
        "residual": 0.004,
        "phases": 5,
        "meter_file": "meter.csv",
        "meter_sha256": "a" * 64,
    }
    return Calibration(**usual | changes)


def make_rounds(*energies_wh: float, samples: int = 1000, duration_s: float = 10.0, **changes: Any) -> list[Reading]:
    """One inference window a round, with these energies, half of them the CPU's."""
    return [
        make_reading(cpu_wh=energy / 2, ram_wh=energy / 2, samples=samples, duration_s=duration_s, round_number=number, **changes)
        for number, energy in enumerate(energies_wh, start=1)
    ]


def make_predictions(expected: Sequence[str], predicted: Sequence[str]) -> tuple[Prediction, ...]:
    """Answers to samples that are called s1, s2, ..."""
    pairs = enumerate(zip(expected, predicted, strict=True), start=1)
    return tuple(Prediction(id=f"s{place}", expected=right, predicted=answer, score=None) for place, (right, answer) in pairs)


def make_answers(right: int, samples: int) -> tuple[Prediction, ...]:
    """Answers to so many samples of the classes a and b in turn, the first ones right and the others taken for the other class."""
    expected = ["ab"[place % 2] for place in range(samples)]
    return make_predictions(expected, [label if place < right else "ba"["ab".index(label)] for place, label in enumerate(expected)])


def make_text_answers(parts: Mapping[str, Sequence[tuple[float, float]]]) -> tuple[Prediction, ...]:
    """Answers that are texts, by metric what each of them adds, to samples that are called s1, s2, ..."""
    of_samples = [dict(zip(parts, of_sample, strict=True)) for of_sample in zip(*parts.values(), strict=True)]
    return tuple(
        Prediction(id=f"s{place}", expected=f"{place:032x}", predicted=f"{1000 + place:032x}", score=None, parts=of_sample)
        for place, of_sample in enumerate(of_samples, start=1)
    )


def _sum_ratio(parts: Sequence[tuple[float, float]]) -> float:
    amounts, of = map(sum, zip(*parts, strict=True))
    return amounts / of if of else nan


def make_text_contest(measured: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], **changes: Any) -> Campaign:
    """A campaign of candidates whose answers are texts, `lead` being the baseline.

    Args:
        measured: by candidate and metric what each answer adds.
        changes: of the campaign.
    """
    runs = [
        make_run(
            name,
            baseline=name == "lead",
            rounds=make_rounds(1.0, 1.01, 0.99, 1.0, 1.0),
            predictions=make_text_answers(parts),
            scores={metric: _sum_ratio(of_metric) for metric, of_metric in parts.items()},
            peak_memory_mib=100.0,
        )
        for name, parts in measured.items()
    ]
    metrics = tuple(next(iter(measured.values())))
    usual: dict[str, Any] = {
        "task": "summaries",
        "metrics": metrics,
        "answers_are_texts": True,
        "data": make_data(test_samples=len(runs[0].predictions), classes=0),
        "readings": [make_reading("idle", cpu_wh=0.1, ram_wh=0.1, samples=0)],
    }
    return make_campaign(*runs, **usual | changes)


def make_contest(
    right: Mapping[str, int], *, samples: int = 400, rounds_wh: Mapping[str, Sequence[float]] | None = None, **changes: Any
) -> Campaign:
    """A campaign of candidates that answer so many of the samples rightly, `rules` being the baseline.

    Args:
        right: by candidate. Who answers more rightly answers all those rightly that the others do.
        samples: of the test.
        rounds_wh: energies of a candidate in its rounds; five of 1 Wh for a thousand samples unless given.
        changes: of the campaign.
    """
    energies = rounds_wh or {}
    runs = [
        make_run(
            name,
            baseline=name == "rules",
            rounds=make_rounds(*energies.get(name, [1.0, 1.01, 0.99, 1.0, 1.0])),
            predictions=make_answers(count, samples),
            peak_memory_mib=100.0,
        )
        for name, count in right.items()
    ]
    usual: dict[str, Any] = {
        "data": make_data(test_samples=samples),
        "readings": [make_reading("idle", cpu_wh=0.1, ram_wh=0.1, samples=0)],
    }
    return make_campaign(*runs, **usual | changes)


def make_run(candidate: str = "linear", *, rounds: Sequence[Reading] = (), **changes: Any) -> Run:
    """A run that learnt for two seconds, was measured in these rounds and answered two samples rightly."""
    usual: dict[str, Any] = {
        "candidate": candidate,
        "baseline": False,
        "params": {},
        "seed": 0,
        "status": "finished",
        "readings": (make_reading("fit", duration_s=2.0, samples=70), *rounds),
        "predictions": make_predictions(["a", "b"], ["a", "b"]),
    }
    return Run(**usual | changes)


def make_campaign(*runs: Run, **changes: Any) -> Campaign:
    """A campaign of these runs, 1 000 samples being its functional unit."""
    usual: dict[str, Any] = {
        "id": "20261123-190559-3f2a",
        "task": "request-classification",
        "task_version": "1",
        "unit_name": "1 000 requests",
        "unit_size": 1000,
        "metrics": ("macro_f1", "accuracy"),
        "protocol": Protocol(),
        "data": make_data(),
        "goals_sha256": "9" * 64,
        "environment": make_environment(),
        "machine": make_machine(),
        "started": STARTED,
        "status": "finished",
        "runs": runs,
    }
    return Campaign(**usual | changes)


def make_data(source: str = "/home/someone/requests.csv", **changes: Any) -> DataRecord:
    """Thirty samples of two classes to be tried on, seventy to learn from, in one file."""
    usual: dict[str, Any] = {
        "source": source,
        "test_source": None,
        "sha256": "d" * 64,
        "test_sha256": None,
        "encoding": "utf-8",
        "input": "text",
        "target": "category",
        "id": "id",
        "card": f"{source}.card.toml",
        "licence": "etalab-2.0",
        "contains_personal_data": "no",
        "train_samples": 70,
        "test_samples": 30,
        "classes": 2,
    }
    return DataRecord(**usual | changes)


def make_environment(**changes: Any) -> Environment:
    """A clean checkout."""
    usual: dict[str, Any] = {
        "python": "3.11.9",
        "system": "Linux 6.1 x86_64",
        "code_commit": "c" * 40,
        "code_dirty": False,
        "packages": ("numpy==2.0.0",),
        "packages_sha256": "e" * 64,
    }
    return Environment(**usual | changes)


def charged_wh(store: Store) -> float:
    """What the development of the store's task is charged in this home."""
    return development_wh(store, Ledger(), unrecorded_wh(store.task))


def make_goals(
    *, deployment: Deployment | None = None, human_path: bool | None = True, correction_wh: float | None = None, **goals: Any
) -> Goals:
    """Goals by name, each a table of its entries; of `slice_recall` a list of them. Targets of energy are their ceilings."""
    tables: dict[str, Any] = {"unit": {"name": "1 000 requests", "size": 1000}}
    tables |= {} if human_path is None else {"human_path": {"kept": human_path}}
    tables |= {} if correction_wh is None else {"correction": {"energy_wh": correction_wh}}
    if deployment:
        server = asdict(deployment)
        names = {"low": "requests_per_year_low", "central": "requests_per_year", "high": "requests_per_year_high"}
        tables |= {"volume": {name: server.pop(entry) for name, entry in names.items()}, "deployment": server}
    return parse_goals("\n".join([*_toml_tables(tables), *_toml_goals(goals or {"quality_gain": {"floor": 0.0}})]))


def _toml_tables(tables: dict[str, Any]) -> Iterator[str]:
    for name, table in tables.items():
        yield f"[{name}]"
        yield from _toml_lines(table)


def _toml_goals(goals: dict[str, Any]) -> Iterator[str]:
    for name, entries in goals.items():
        for each in entries if isinstance(entries, list) else [entries]:
            yield f"[[goal.{name}]]" if isinstance(entries, list) else f"[goal.{name}]"
            yield from _toml_lines({"target": each["ceiling"]} | each if "ceiling" in each else each)


def _toml_lines(table: dict[str, Any]) -> Iterator[str]:
    return (f"{name} = {json.dumps(value)}" for name, value in table.items())


def make_deployment(**changes: Any) -> Deployment:
    """60 000 requests a year, and a server of 128 GiB and 32 cores that idles at 120 W."""
    usual: dict[str, Any] = {
        "requests_per_year_low": 15_000,
        "requests_per_year": 60_000,
        "requests_per_year_high": 145_000,
        "server_memory_gib": 128,
        "server_cores": 32,
        "server_idle_w": 120,
        "embodied_kg_co2e_low": 460,
        "embodied_kg_co2e": 900,
        "embodied_kg_co2e_high": 2087,
        "lifetime_years": 4,
        "pue_low": 1.2,
        "pue": 1.5,
        "pue_high": 2.0,
        "source": "a test",
    }
    return Deployment(**usual | changes)
