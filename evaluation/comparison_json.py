"""The JSON of `preuve compare` and `preuve check`, as `comparison.schema.json` beside this file documents it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evaluation.assessment import Assessment
from evaluation.goals import GOAL_UNITS
from evaluation.judgement.comparison import CandidateResult, Difference
from evaluation.judgement.goal_values import Judged
from evaluation.judgement.margin import margin_of, payback_of, years_of_service
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.verdict import RULE, Verdict
from evaluation.messages import Message
from evaluation.notes import comparison_notes

Json = dict[str, Any]
# What a result says of itself, as it is.
PLAIN = (
    "name",
    "baseline",
    "status",
    "seeds",
    "reason",
    "remedy",
    "evidence",
    "fit_energy_wh",
    "fit_duration_s",
    "ms_per_sample",
    "latency_p50_ms",
    "latency_p95_ms",
    "peak_memory_unknown",
    "disturbed",
)
INTERVALS = ("energy_wh", "true_wh", "above_idle_wh", "ratio", "second_ratio")


def comparison_dict(found: Assessment) -> Json:
    """A comparison with its verdicts. JSON has no word for infinite or undefined numbers: they are null."""
    comparison, campaign = found.comparison, found.comparison.campaign
    plain = {
        "campaign": campaign.model_dump(mode="json", exclude={"runs", "readings", "environment", "slices", "goals"}),
        "unit": {"name": campaign.unit_name, "size": campaign.unit_size},
        "metric": comparison.metric.name,
        **_decision(found),
        "candidates": [_candidate(found, result) for result in comparison.results],
        "pareto_front": comparison.front,
        "differences": [_difference(each) for each in comparison.differences],
        "test": comparison.quality.test,
        "unlike": {
            name: {"quality": [each.as_dict() for each in unlike.quality], "energy": [each.as_dict() for each in unlike.energy]}
            for name, unlike in comparison.unlike.items()
        },
        "checks": [
            {"code": each.code, "found": str(each.found), "remedy": str(each.remedy), "candidates": list(each.candidates)}
            for each in found.advice
        ],
        "factor": found.scenario.factor.as_dict(),
        "notes": [str(each) for each in comparison_notes(comparison)],
    }
    return {name: _finite(value) for name, value in plain.items()}


def check_dict(found: Assessment, candidate: str | None) -> Json:
    """What `preuve check` found of one candidate."""
    verdict = found.verdicts.of.get(candidate) if candidate else None
    decided = {**_decision(found), "campaign": found.comparison.campaign.id, "candidate": candidate}
    return _finite(decided | {"decision": verdict.decision if verdict else None, "goals": _goals(verdict)})  # type: ignore[no-any-return]


def _decision(found: Assessment) -> Json:
    verdicts = found.verdicts
    return {
        "decision": verdicts.decision,
        "leading": verdicts.leading,
        "rule": {decision: str(message) for decision, message in RULE.items()},
        "alternatives": [str(each) for each in verdicts.alternatives],
        "goals_sha256": found.goals.sha256,
        "changed_goals": [str(each) for each in found.changed],
    }


def _candidate(found: Assessment, result: CandidateResult) -> Json:
    plain: Json = {name: _in_english(getattr(result, name)) for name in PLAIN}
    plain |= {name: _interval(getattr(result, name)) for name in INTERVALS}
    plain["campaign"] = result.campaign.id
    plain["scores"] = {name: _interval(interval) for name, interval in result.scores.items()}
    plain["seed_scores"] = {name: list(values) for name, values in result.seed_scores.items()}
    plain["mix"] = dict(result.mix)
    plain["odd_answers"] = result.odd_answers if result.energy_wh else {}
    cut = result.shares_cut if result.energy_wh else []
    plain["inputs_cut"] = len(cut)
    plain["least_share_read"] = min(cut, default=1.0)
    plain["per_sample"] = asdict(result.per_sample) if result.per_sample else None
    plain["carbon_g_co2e_per_unit"] = found.scenario.carbon_g_per_unit(result)
    plain["service"] = _service(result, found.scenario) if found.scenario.deployment and result.per_sample else None
    plain["years"] = [
        {
            "volume": year.volume,
            "rebound": year.rebound,
            "requests": year.service.requests,
            "energy_kwh": year.service.energy_kwh,
            "carbon_kg_co2e": year.service.carbon_kg_co2e,
        }
        for year in years_of_service(result, found.scenario)
    ]
    verdict = found.verdicts.of.get(result.name)
    plain["verdict"] = verdict and {
        "decision": verdict.decision,
        "goals": _goals(verdict),
        "sensitive_to": [str(each) for each in verdict.sensitive_to],
    }
    plain["margin"] = _margin(found, result.name)
    return plain


def _in_english(value: Any) -> Any:
    """A message in English, for programs read this; anything else as it is."""
    return str(value) if isinstance(value, Message) else value


def _interval(interval: Any) -> Json | None:
    return interval._asdict() if interval else None


def _goals(verdict: Verdict | None) -> Sequence[Json]:
    return [_goal(judged) for judged in verdict.goals] if verdict else []


def _goal(judged: Judged) -> Json:
    bound = judged.bound
    return {
        "goal": judged.goal,
        "outcome": judged.outcome,
        "unit": GOAL_UNITS[bound.name] if bound else None,
        "target": bound and bound.target,
        "ceiling": bound and bound.ceiling,
        "floor": bound and bound.floor,
        "value": _interval(judged.value),
        "at_target": judged.at_target,
        "reason": _in_english(judged.reason),
        "settled_by": [str(each) for each in judged.settled_by],
    }


def _difference(each: Difference) -> Json:
    return {
        "one": each.one,
        "other": each.other,
        "quality": _interval(each.quality),
        "quality_p": each.quality_p if each.quality else None,
        "better": each.better,
        "no_quality": _in_english(each.no_quality),
        "ratio": _interval(each.ratio),
        "ratio_p": each.ratio_p if each.ratio else None,
        "leaner": each.leaner,
        "second_ratio": _interval(each.second_ratio),
        "no_ratio": _in_english(each.no_ratio),
    }


def _margin(found: Assessment, name: str) -> Json | None:
    margin, payback = (
        margin_of(found.comparison, name),
        payback_of(found.comparison, name, found.goals.correction_wh),
    )
    if margin is None or payback is None:
        return None
    return {
        "correct_per_unit": _interval(margin.correct_per_unit),
        "extra_wh_per_unit": _interval(margin.extra_wh),
        "correct_per_wh": margin.correct_per_wh,
        "wh_per_correct": _interval(margin.wh_per_correct),
        "training_wh": payback.training_wh,
        "saved_wh_per_request": payback.saved_wh,
        "correction_wh": payback.correction_wh,
        "requests_that_pay_back_training": payback.requests,
    }


def _service(result: CandidateResult, scenario: Scenario) -> Json:
    """A year in service at the central volume."""
    service = scenario.service(result)
    return {
        "requests": service.requests,
        "share_of_server": service.share,
        "share_is_lower_bound": service.share_is_lower_bound,
        "active_kwh": service.active_kwh,
        "reserved_kwh": service.reserved_kwh,
        "pue": service.pue,
        "embodied_kg_co2e": service.embodied_kg_co2e,
        "carbon_kg_co2e": scenario.carbon_range_kg(result)._asdict(),
        "sci_g_co2e_per_unit": service.sci_g_per(scenario.unit_size),
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
