"""What the ledger's records hold. Pure: from a campaign, a run or a reading to the content of its record.

`audit/verify.py` has the same fields as a table, and refuses records that differ from it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from evaluation.energy.factors import Factor, carbon_g
from evaluation.energy.machine import Machine
from evaluation.energy.reading import PowerSample, Reading
from evaluation.energy.tracker import SAMPLING_INTERVAL_S
from evaluation.goals import Goals
from evaluation.records.ledger import Content, Entry, canonical, plain
from evaluation.run import Campaign, Run

GHG_SCOPE = "electricity: scope 2, location based, without offsets; making of the machine: scope 3, category 2"
TOOLS = ("codecarbon", "mlflow", "preuve")


def machine_entry(machine: Machine, before: str | None) -> Entry:
    """The machine as it is declared from now on.

    Args:
        machine: what it is and what its owner declares.
        before: hash of what was recorded of it last; none the first time.
    """
    content = {
        "before": before,
        "change": "changed" if before else "declared",
        "machine_id": machine.machine_id,
        "machine_sha256": machine.sha256,
        "text": machine.text,
    }
    return Entry("machine", plain(content))


def goals_entry(task: str, goals: Goals, before: str | None) -> Entry:
    """The goals of a POC as they hold from now on."""
    change = "changed" if before else "fixed"
    content = {"before": before, "change": change, "goals_sha256": goals.sha256, "task": task, "text": goals.text}
    return Entry("goals", plain(content))


def opened_entry(campaign: Campaign, ids: Mapping[str | None, str], runs: Sequence[Run], tracking: str, factor: Factor) -> Entry:
    """A campaign that begins.

    Args:
        campaign: what it will measure, on what and how.
        ids: MLflow's, by the run's name; the campaign's own under none.
        runs: of which nothing is measured yet.
        tracking: the address of MLflow, without a user's name or password.
        factor: by which carbon is derived.
    """
    environment = campaign.environment
    content = {
        "campaign": campaign.id,
        "code": {"commit": environment.code_commit, "dirty": environment.code_dirty},
        "data": campaign.data.model_dump(mode="json"),
        "development_wh": campaign.development_wh,
        "environment": {
            "packages_sha256": environment.packages_sha256,
            "python": environment.python,
            "system": environment.system,
        },
        "factor": factor.as_dict(),
        "ghg_scope": GHG_SCOPE,
        "goals_sha256": campaign.goals_sha256,
        "machine_id": campaign.machine.machine_id,
        "machine_sha256": campaign.machine.sha256,
        "metrics": campaign.metrics,
        "mlflow_run": ids[None],
        "operator_role": campaign.operator_role,
        "protocol": campaign.protocol.model_dump(mode="json"),
        "pue": campaign.machine.declared.pue.model_dump(mode="json"),
        "runs": [
            {"baseline": run.baseline, "candidate": run.candidate, "mlflow_run": ids[run.name], "name": run.name}
            | {"params": run.params, "seed": run.seed}
            for run in runs
        ],
        "started": campaign.started.isoformat(),
        "task": campaign.task,
        "task_version": campaign.task_version,
        "tools": tools(),
        "tracking": tracking,
        "unit": {"name": campaign.unit_name, "size": campaign.unit_size},
    }
    return Entry("campaign-opened", plain(content))


def reading_entry(
    reading: Reading,
    machine: Machine,
    factor: Factor,
    *,
    window: int,
    samples_sha256: str | None,
    campaign: str | None = None,
    run: str | None = None,
    mlflow_run: str | None = None,
) -> Entry:
    """A measured window.

    Args:
        reading: of the window.
        machine: that took it.
        factor: by which carbon is derived; the machine's declared PUE is applied, which no recorded energy holds.
        window: its number in the campaign, from 1.
        samples_sha256: hash of its line of power samples; none without samples.
        campaign: that it belongs to; none for a self-test.
        run: name of the run that it belongs to; none for the campaign's own.
        mlflow_run: MLflow's id of that.
    """
    pue = machine.declared.pue.value
    content = {
        "campaign": campaign,
        "carbon_g": carbon_g(reading.energy_wh, factor, pue),
        "energy_wh": reading.energy_wh,
        "evidence": reading.evidence,
        "factor": factor.id,
        "g_per_kwh": factor.g_per_kwh,
        "high_wh": reading.high_wh,
        "low_wh": reading.low_wh,
        "machine_sha256": machine.sha256,
        "mlflow_run": mlflow_run,
        "pue": pue,
        "reading": reading.model_dump(mode="json"),
        "run": run,
        "samples_sha256": samples_sha256,
        "window": window,
    }
    return Entry("reading", plain(content))


def run_entry(
    campaign: Campaign,
    run: Run,
    mlflow_run: str,
    *,
    files: Mapping[str, bytes],
    metrics: Content,
    params: Mapping[str, str],
    tags: Mapping[str, str],
) -> Entry:
    """A run that ended, with what MLflow is told of it.

    Args:
        campaign: that it belongs to.
        run: as it ended.
        mlflow_run: MLflow's id of it.
        files: its artifacts that are records, by name.
        metrics: `[[step, value], ...]` by name.
        params: by name.
        tags: by name.
    """
    content = {
        "campaign": campaign.id,
        "energy_wh": run.energy_wh,
        "files": _hashes(files),
        "metrics": metrics,
        "mlflow_run": mlflow_run,
        "params": dict(params),
        "readings": len(run.readings),
        "reason": run.reason,
        "run": run.name,
        "scores": run.scores,
        "status": run.status,
        "tags": dict(tags),
    }
    return Entry("run-ended", plain(content))


def closed_entry(
    campaign: Campaign,
    mlflow_run: str,
    factor: Factor,
    *,
    files: Mapping[str, bytes],
    metrics: Content,
    params: Mapping[str, str],
    tags: Mapping[str, str],
) -> Entry:
    """A campaign that ended, with everything that was used in it."""
    declared = campaign.machine.declared
    readings = campaign.all_readings
    duration_s = sum(reading.duration_s for reading in readings)
    content = {
        "campaign": campaign.id,
        "carbon_g": sum(carbon_g(reading.energy_wh, factor, declared.pue.value) for reading in readings),
        "duration_s": duration_s,
        # The machine is the campaign's alone while it measures: all of its making, for that long.
        "embodied_g": declared.embodied_g(duration_s),
        "ended": (campaign.ended or campaign.started).isoformat(),
        "energy_wh": campaign.energy_wh,
        "files": _hashes(files),
        "metrics": metrics,
        "mlflow_run": mlflow_run,
        "over_budget": campaign.over_budget,
        "params": dict(params),
        "readings": len(readings),
        "reason": campaign.reason,
        "runs": len(campaign.runs),
        "status": campaign.status,
        "tags": dict(tags),
        "task": campaign.task,
    }
    return Entry("campaign-closed", plain(content))


def recomputation_entry(
    factor: Factor,
    pue: float,
    pue_source: str,
    *,
    energy_wh: float,
    readings: int,
    before_g: float,
    by_factor_g: float,
    by_pue_g: float,
) -> Entry:
    """The carbon of everything measured, under another factor or PUE; what was recorded before stays."""
    content = {
        "by_factor_g": by_factor_g,
        "by_pue_g": by_pue_g,
        "carbon_before_g": before_g,
        "carbon_g": carbon_g(energy_wh, factor, pue),
        "energy_wh": energy_wh,
        "factor": factor.as_dict(),
        "pue": {"source": pue_source, "value": pue},
        "readings": readings,
    }
    return Entry("recomputation", plain(content))


def repetition_entry(*, repeats: Content, repeated: Content, quality: Content, energy: Content) -> Entry:
    """A run that was repeated: which, as which, and whether quality and energy were the same."""
    content = {"energy": energy, "quality": quality, "repeated": repeated, "repeats": repeats}
    return Entry("repetition", plain(content))


def note_entry(text: str, about: str | None = None) -> Entry:
    """Words of whoever keeps the ledger, about a campaign, a run or a record where one is named."""
    return Entry("note", plain({"about": about, "text": text}))


def samples_line(window: int, samples: Iterable[PowerSample]) -> bytes:
    """The power samples of a window as one line: rows of what `PowerSample` lists from `elapsed_s` on."""
    return canonical(plain({"samples": [sample[1:] for sample in samples], "window": window}))


def sha256_of(content: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@cache
def tools() -> dict[str, object]:
    """What measured: versions, how often it looked, and the hash of CodeCarbon's own data."""
    import codecarbon

    data = Path(codecarbon.__file__).with_name("data")
    contents = [path.read_bytes() for path in sorted(data.rglob("*")) if path.is_file()]
    versions = {name: importlib.metadata.version(name) for name in TOOLS}
    return versions | {"codecarbon_data_sha256": sha256_of(b"".join(contents)), "sampling_interval_s": SAMPLING_INTERVAL_S}


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256_of(content) for name, content in files.items()}
