"""Records for tests, made without measuring anything: each builder fills in what its caller does not care about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from evaluation.energy.reading import Component, Kind, Reading
from evaluation.environment import Environment
from evaluation.run import Campaign, DataRecord, Prediction, Protocol, Run

STARTED = dt.datetime(2026, 11, 23, 19, 5, 59, tzinfo=dt.UTC)


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
) -> Reading:
    """A window with a CPU, behind which a counter stands if `measured`, and a memory that never has one."""
    return Reading(
        kind=kind,
        started=STARTED,
        duration_s=duration_s,
        components=(
            Component(name="cpu", energy_wh=cpu_wh, method="RAPL counter" if measured else "model (80 W)", measured=measured),
            Component(name="ram", energy_wh=ram_wh, method="declared constant of 20 W", measured=False),
        ),
        cpu_seconds=cpu_seconds,
        samples=samples,
        round=round_number,
    )


def make_rounds(*energies_wh: float, samples: int = 1000, duration_s: float = 10.0) -> list[Reading]:
    """One inference window a round, with these energies."""
    return [
        make_reading(cpu_wh=energy / 2, ram_wh=energy / 2, samples=samples, duration_s=duration_s, round_number=number)
        for number, energy in enumerate(energies_wh, start=1)
    ]


def make_predictions(expected: Sequence[str], predicted: Sequence[str]) -> tuple[Prediction, ...]:
    """Answers to samples that are called s1, s2, ..."""
    pairs = enumerate(zip(expected, predicted, strict=True), start=1)
    return tuple(Prediction(id=f"s{place}", expected=right, predicted=answer, score=None) for place, (right, answer) in pairs)


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
    """A machine of two cores with a clean checkout."""
    usual: dict[str, Any] = {
        "machine_id": "0123456789abcdef",
        "python": "3.11.9",
        "system": "Linux 6.1 x86_64",
        "cpu": "a CPU",
        "cores": 2,
        "ram_gib": 8.0,
        "virtualised": None,
        "code_commit": "c" * 40,
        "code_dirty": False,
        "packages": ("numpy==2.0.0",),
        "packages_sha256": "e" * 64,
    }
    return Environment(**usual | changes)
