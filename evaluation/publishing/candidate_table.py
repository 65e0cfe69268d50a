"""The rows of `candidates.csv`, one for each candidate of each campaign, those without a result included.

The figures are the comparison's; what each column means, `candidates.schema.json` beside this file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evaluation.assessment import Assessment
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.deployment import Range
from evaluation.judgement.statistics import Interval
from evaluation.publishing.disclosure import data_name, publishable
from evaluation.publishing.tables import Cell
from evaluation.run import Campaign

Row = dict[str, Cell]


def candidate_rows(campaign: Campaign, found: Assessment, head: str | None) -> Iterator[Row]:
    """The rows of a campaign.

    Args:
        campaign: as it is recorded.
        found: what is to be said of it.
        head: of the ledger after it; none where it is in none.
    """
    common = _campaign_row(campaign) | _decided(found) | {"ledger_head": head}
    for result in found.comparison.results:
        used_wh = sum(run.energy_wh for run in campaign.runs_of(result.candidate))
        yield common | _candidate(found, result) | {"energy_used_wh": used_wh}


def _campaign_row(campaign: Campaign) -> Row:
    data, protocol, hardware = campaign.data, campaign.protocol, campaign.machine.hardware
    return {
        "campaign": campaign.id,
        "started": campaign.started,
        "campaign_status": campaign.status,
        "campaign_reason": publishable(campaign.reason, campaign),
        "poc": campaign.task,
        "poc_version": campaign.task_version,
        "rounds": protocol.rounds,
        "window_s": protocol.window_s,
        "quick": protocol.quick,
        "unit": campaign.unit_name,
        "unit_size": campaign.unit_size,
        "train_samples": data.train_samples,
        "test_samples": data.test_samples,
        "data_name": data_name(data),
        "data_sha256": data.sha256,
        "test_data_sha256": data.test_sha256,
        "data_licence": publishable(data.licence, campaign),
        "goals_sha256": campaign.goals_sha256,
        "code_commit": campaign.environment.code_commit,
        "code_modified": campaign.environment.code_dirty,
        "machine": campaign.machine.machine_id,
        "cpu": hardware.cpu,
        "cores": hardware.cores,
        "gpus": "; ".join(hardware.gpus),
        "virtualised": hardware.virtualised,
    }


def _decided(found: Assessment) -> Row:
    factor = found.scenario.factor
    return {
        "campaign_decision": found.verdicts.decision,
        "judged_by_goals_sha256": found.goals.sha256,
        "factor_id": factor.id,
        "factor_g_per_kwh": factor.g_per_kwh,
    }


def _candidate(found: Assessment, result: CandidateResult) -> Row:
    campaign, verdict = result.campaign, found.verdicts.of.get(result.name)
    row: Row = {
        "candidate": result.candidate,
        "baseline": result.baseline,
        "status": result.status,
        "reason": publishable(str(result.reason), campaign) if result.reason else None,
        "decision": verdict.decision if verdict else None,
        "goals_missed": "; ".join(judged.goal for judged in verdict.of("missed")) if verdict else None,
        "goals_undetermined": "; ".join(judged.goal for judged in verdict.of("undetermined")) if verdict else None,
        "leading": result.name == found.verdicts.leading,
        "seeds": result.seeds,
    }
    if result.energy_wh is None:
        return row
    return row | _quality(found, result) | _energy(found, result) | _year(found, result)


def _quality(found: Assessment, result: CandidateResult) -> Row:
    comparison = found.comparison
    metric = comparison.metric
    row: Row = {"metric": metric.name, "higher_is_better": metric.higher_is_better}
    row |= _interval("score", result.scores[metric.name])
    baseline = comparison.baseline_of(result)
    if baseline is None or baseline.name == result.name:
        return row
    difference = comparison.between(result.name, baseline.name)
    gain_p = difference.quality_p if difference.quality else None
    return row | _interval("gain", difference.quality) | {"gain_p": gain_p}


def _energy(found: Assessment, result: CandidateResult) -> Row:
    true_wh = result.true_wh
    memory = result.per_sample.peak_memory_mib if result.per_sample else None
    return {
        **_interval("energy", result.energy_wh, "_wh_per_unit"),
        "energy_true_low_wh_per_unit": true_wh.low if true_wh else None,
        "energy_true_high_wh_per_unit": true_wh.high if true_wh else None,
        "evidence_class": result.evidence,
        **_interval("energy_ratio", result.ratio),
        "fit_energy_wh": result.fit_energy_wh,
        "latency_p50_ms": result.latency_p50_ms,
        "latency_p95_ms": result.latency_p95_ms,
        "peak_memory_mib": memory,
        "carbon_g_co2e_per_unit": found.scenario.carbon_g_per_unit(result),
    }


def _year(found: Assessment, result: CandidateResult) -> Row:
    """A year in service at the central volume; nothing where the goals say nothing of a service."""
    scenario = found.scenario
    if scenario.deployment is None or result.per_sample is None:
        return {}
    service, carbon = scenario.service(result), scenario.carbon_range_kg(result)
    return {
        "requests_per_year": service.requests,
        "server_share": service.share,
        "server_share_is_lower_bound": service.share_is_lower_bound,
        "kwh_per_year": service.energy_kwh,
        **_range("kg_co2e_per_year", carbon),
    }


def _interval(name: str, interval: Interval | None, unit: str = "") -> Row:
    if interval is None:
        return {}
    return {f"{name}{unit}": interval.value, f"{name}_low{unit}": interval.low, f"{name}_high{unit}": interval.high}


def _range(name: str, found: Range[float]) -> Mapping[str, float]:
    return {f"{name}_low": found.low, name: found.central, f"{name}_high": found.high}
