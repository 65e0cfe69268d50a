"""Each goal held against what was measured: met, missed, or undetermined with what would settle it.

One rule for all: a goal is met when the whole interval lies on the good side of its bound, missed when the whole interval lies on
the other side, else undetermined. An energy's interval is that over the rounds, widened by how well its readings are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from typing import Literal

from evaluation.energy.evidence import bounds
from evaluation.energy.factors import WH_PER_KWH
from evaluation.goals import Goal, Goals
from evaluation.judgement.comparison import HOSTED, ONE_SAMPLE, CandidateResult, Comparison, Difference, Unasked
from evaluation.judgement.deployment import Service
from evaluation.judgement.margin import Extra, margin_of, true_factors, widened
from evaluation.judgement.quality import worst_served
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.settling import (
    Year,
    at_the_bound,
    better_energy,
    better_margin,
    better_year,
    both_of,
    certainly_above,
    more_samples,
    more_samples_of_groups,
    samples_if_all_right,
    samples_to_decide,
)
from evaluation.judgement.statistics import Interval, interval_of_mean_share
from evaluation.messages import Message, joined, say, words
from evaluation.numbers import UNKNOWN

Outcome = Literal["met", "missed", "undetermined"]
UNMEASURED = say("unmeasured")
OUTCOMES: Mapping[Outcome, Message] = {"met": say("met"), "missed": say("missed"), "undetermined": say("undetermined")}


@dataclass(frozen=True)
class Judged:
    """A goal, and how a candidate does by it.

    Attributes:
        goal: as `Goals.goal` calls it, or a condition of every GO that no number is set for.
        bound: none for such a condition.
        value: what is held against the bound, with the ends that decide; none where there is nothing to hold.
        outcome: of it.
        reason: why there is no value, or what else is to be known.
        settled_by: what would settle it, the least effort first; each alone would do.
    """

    goal: str
    outcome: Outcome
    bound: Goal | None = None
    value: Interval | None = None
    reason: Message | None = None
    settled_by: tuple[Message, ...] = ()

    @property
    def at_target(self) -> bool | None:
        """Whether the value reaches the target, or not yet; none without a target or a value."""
        if self.bound is None or self.bound.target is None or self.value is None:
            return None
        return self.value.value <= self.bound.target if self.bound.ceiling is not None else self.value.value >= self.bound.target


@dataclass(frozen=True)
class Case:
    """What a verdict is given on.

    Attributes:
        comparison: of the candidates.
        goals: of the POC.
        scenario: of a year in service.
        development_wh: everything that was ever used for the POC.
    """

    comparison: Comparison
    goals: Goals
    scenario: Scenario
    development_wh: float


def judge_goals(case: Case, result: CandidateResult) -> list[Judged]:
    """All goals of a measured candidate. That it is better than the baseline is asked in any case."""
    goals = dict(case.goals.goal)
    if "quality_gain" not in goals:
        goals["quality_gain"] = Goal("quality_gain", floor=0.0)
    asked = [goal for goal in goals.values() if goal.floor is not None or goal.ceiling is not None]
    return [JUDGES[goal.name](case, result, goal) for goal in asked if not (result.baseline and goal.name in AGAINST_BASELINE)]


def outcome_of(value: Interval, goal: Goal) -> Outcome:
    """By the whole interval. An open end leaves it undetermined, unless the other end decides."""
    if goal.ceiling is not None:
        if value.high is not None and value.high <= goal.ceiling:
            return "met"
        return "missed" if value.low is not None and value.low > goal.ceiling else "undetermined"
    if goal.floor is None:
        return "undetermined"
    if value.low is not None and value.low >= goal.floor:
        return "met"
    return "missed" if value.high is not None and value.high < goal.floor else "undetermined"


def _judged(goal: Goal, value: Interval, settled_by: Callable[[], Iterable[Message]], reason: Message | None = None) -> Judged:
    outcome = outcome_of(value, goal)
    settled = tuple(settled_by()) if outcome == "undetermined" else ()
    if outcome == "undetermined" and not settled:
        reason = joined(reason, at_the_bound())
    return Judged(goal.key, outcome, goal, value, reason, settled)


def _unknown(goal: Goal, reason: Message, *settled_by: Message) -> Judged:
    return Judged(goal.key, "undetermined", goal, None, reason, settled_by)


# Quality


def _quality(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    metric = case.comparison.metric
    name = goal.metric or metric.name
    score = result.scores.get(name)
    if score is None or not isfinite(score.value):
        return _undefined(case, goal, name)
    if score.low is None:
        return _unclear(goal, score, say("there is no interval of {metric}: the test is too small", metric=name))
    of_share = True
    if name == metric.name:
        of_share = metric.bounds == (0.0, 1.0)
        if not metric.higher_is_better:
            # A floor asks for more of it; that more of it is worse, whoever wrote the goal did not mean.
            return _unclear(goal, score, say("less of {metric} is better, and a floor asks for more of it", metric=name))
    judged = _judged(goal, score, lambda: more_samples(score, goal.limit, len(result.expected), share=of_share))
    return _trusted(case, result, judged) if name == metric.name else judged


def _undefined(case: Case, goal: Goal, name: str) -> Judged:
    column = case.comparison.lacking.get(name)
    if column is not None:
        reason = say("the data have no column {column}, without which {metric} says nothing", column=column, metric=name)
        return _unknown(goal, reason, say("data with the column {column}", column=column))
    return _unknown(goal, say("{metric} is not a number", metric=name), say("answers for which it is defined"))


def _guardrail(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    name = goal.metric or ""
    score = result.scores.get(name)
    if score is None or not isfinite(score.value):
        return _undefined(case, goal, name)
    if score.low is None:
        return _unclear(goal, score, say("there is no interval of {metric}: the test is too small", metric=name))
    share = 0 <= (score.low or 0) <= (score.high or 0) <= 1
    return _judged(goal, score, lambda: more_samples(score, goal.limit, len(result.expected), share=share))


def _unclear(goal: Goal, value: Interval, reason: Message) -> Judged:
    return Judged(goal.key, "undetermined", goal, value, reason)


def _gain(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    baseline = case.comparison.baseline_of(result)
    if baseline is None:
        return _unknown(goal, say("the baseline without AI was not measured"), say("a campaign with the baseline"))
    if case.goals.metric in case.comparison.lacking:
        return _undefined(case, goal, case.goals.metric or "")
    found = case.comparison.between(result.name, baseline.name)
    gain = found.quality
    if gain is None or gain.low is None:
        return _no_gain(case, goal, (result, baseline), found)
    samples = len(result.expected)
    decisive = _samples_to_decide(case, found) if gain.value > goal.limit or outcome_of(gain, goal) == "met" else 0.0

    def settled_by() -> Iterable[Message]:
        return more_samples(gain, goal.limit, samples, at_least=decisive)

    judged = _judged(goal, gain, settled_by)
    if judged.outcome == "met" and found.better != result.name:
        reason = say("not decisive after correction for all that was compared (p = {p})", p=found.quality_p)
        judged = replace(judged, outcome="undetermined", reason=reason, settled_by=tuple(settled_by()))
    return _trusted(case, result, judged)


def _no_gain(case: Case, goal: Goal, pair: tuple[CandidateResult, CandidateResult], found: Difference) -> Judged:
    metric = case.comparison.metric.name
    undefined = next((each for each in pair if not isfinite(each.scores[metric].value)), None)
    reason = say("not comparable: {why}", why=found.no_quality or UNMEASURED)
    if undefined is not None:
        return _unknown(goal, reason, say("answers of {candidate} for which it is defined", candidate=undefined.name))
    if found.no_quality == ONE_SAMPLE:
        return _unknown(goal, reason, say("more test samples"))
    return _unknown(goal, reason, say("a campaign with both"))


def _samples_to_decide(case: Case, found: Difference) -> float:
    """On how many samples in all the difference is decisive, corrected as it is now."""
    one = case.comparison.result(found.one)
    p_values = case.comparison.quality_of(one).p_values
    p_value = p_values.get((found.one, found.other), p_values.get((found.other, found.one), 1.0))
    tests = sum((each.quality is not None) + (each.ratio is not None) for each in case.comparison.differences)
    return samples_to_decide(p_value, found.quality_p, tests, len(one.expected))


def _trusted(case: Case, result: CandidateResult, judged: Judged) -> Judged:
    """As it was judged, unless a class with too few samples makes a mean over classes too uncertain for that.

    It is missed all the same where it would be even if the candidate answered each such class rightly, and the baseline wrongly.
    """
    quality = case.comparison.quality_of(result)
    thin, least = quality.thin_classes, quality.least_of_class
    goal, value = judged.bound, judged.value
    if not thin or not case.comparison.metric.over_classes or goal is None or value is None:
        return judged
    most = len(thin) / len(set(result.expected)) * (2 if goal.name == "quality_gain" else 1)
    best = value._replace(high=None if value.high is None else value.high + most)
    if judged.outcome == "missed" and outcome_of(best, goal) == "missed":
        return judged
    reason = say(
        "the test is too small for a mean over classes: fewer than {least} samples of {classes} of them",
        least=least,
        classes=len(thin),
    )
    remedy = say("at least {least} test samples of each class, {group} among them", least=least, group=thin[0])
    return replace(judged, outcome="undetermined", reason=joined(judged.reason, reason), settled_by=_besides(judged, remedy))


def _class_recall(_: Case, result: CandidateResult, goal: Goal) -> Judged:
    return _with_undefined(_worst(result, goal, result.expected), result.unasked)


def _with_undefined(judged: Judged, unasked: Unasked) -> Judged:
    """A class that nothing is known of is neither found nor forgotten."""
    if judged.outcome == "missed" or not unasked.number:
        return judged
    if unasked.named:
        template = words("undefined for classes without a test sample: {groups}, {group} among them")
        reason = say(template, groups=unasked.number, group=unasked.named[0])
    else:
        reason = say("undefined for classes without a test sample: {groups}", groups=unasked.number)
    least = samples_if_all_right(judged.bound.limit if judged.bound else 0.0)
    if least is None:
        return replace(judged, outcome="undetermined", reason=joined(reason, judged.reason), settled_by=())
    remedy = say("at least {samples} test samples of each class that has none, if all are answered rightly", samples=least)
    return replace(judged, outcome="undetermined", reason=joined(reason, judged.reason), settled_by=_besides(judged, remedy))


def _besides(judged: Judged, remedy: Message) -> tuple[Message, ...]:
    """What settles a goal that takes this remedy besides whatever it took before."""
    if judged.outcome != "undetermined":
        return (remedy,)
    return tuple(both_of(remedy, each) for each in judged.settled_by)


def _slice_recall(_: Case, result: CandidateResult, goal: Goal) -> Judged:
    import numpy as np

    column = goal.slice or ""
    values = result.campaign.slices.get(column)
    if values is None or not any(values):
        reason = say("the test data have no column {column}", column=column)
        return _unknown(goal, reason, say("test data with the column {column}", column=column))
    right = result.right
    if np.isnan(right).all():
        reason = say("nothing in the test data says how right an answer is")
        return _unknown(goal, reason, say("test data with what the metrics go by"))
    if len(values) != len(right):
        template = words("the record has {values} values of {column} for {answers} answers")
        return _unknown(goal, say(template, values=len(values), column=column, answers=len(right)), say("a new campaign"))
    if goal.value is None:
        return _worst(result, goal, [value or UNKNOWN for value in values])
    meant = [place for place, value in enumerate(values) if value == goal.value and not np.isnan(right[place])]
    if not meant:
        reason = say("the test has no sample with {column} = {value}", column=column, value=goal.value)
        least = samples_if_all_right(goal.limit)
        template = words("at least {samples} test samples with {column} = {value}, if all are answered rightly")
        return _unknown(goal, reason, *([] if least is None else [say(template, samples=least, column=column, value=goal.value)]))
    of_value, group = right[meant], f"{column}={goal.value}"
    share = interval_of_mean_share(of_value)
    return _judged(goal, share, lambda: more_samples_of_groups(of_value, [group] * len(meant), goal.limit))


def _worst(result: CandidateResult, goal: Goal, groups: Sequence[str]) -> Judged:
    """A floor that holds for each of several groups, judged by the one worst served."""
    known = [place for place, right in enumerate(result.right) if isfinite(right)]
    rights, groups = result.right[known], [groups[place] for place in known]
    worst = worst_served(rights, groups)
    if worst is None:
        return _unknown(goal, say("there are no answers"))
    reason = say("lowest: {group}, {samples} test samples", group=worst.group, samples=worst.samples)
    return _judged(goal, worst.interval, lambda: more_samples_of_groups(rights, groups, goal.limit), reason)


# Energy and carbon


def _energy_per_unit(_: Case, result: CandidateResult, goal: Goal) -> Judged:
    energy_wh = result.energy_wh
    if energy_wh is None:
        return _unknown(goal, say("it was not measured"))
    value = widened(energy_wh, true_factors(result))
    return _judged(goal, value, lambda: better_energy(result, goal.limit), one_round(energy_wh))


def one_round(interval: Interval) -> Message | None:
    """Why it has no ends, if it has none."""
    return say("one round says nothing of how repeatable it is") if interval.low is None else None


def _development(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    """Everything used for the POC.

    How what was used before this campaign is known, its record does not say: it is taken to be known as a model's. Nothing settles
    it, for what has been used cannot be measured again.
    """
    campaign = result.campaign
    readings = campaign.all_readings
    before_wh = max(0.0, case.development_wh - campaign.energy_wh)
    low, high = bounds("C", "cpu")
    low_wh = before_wh * low + sum(reading.low_wh for reading in readings)
    high_wh = before_wh * high + sum(reading.high_wh for reading in readings)
    used_wh = before_wh + campaign.energy_wh
    value = Interval(*(energy_wh / WH_PER_KWH for energy_wh in (used_wh, low_wh, high_wh)))
    outcome = outcome_of(value, goal)
    past = say("what has been used cannot be measured again, and is known no better")
    return Judged(goal.key, outcome, goal, value, past if outcome == "undetermined" else None)


def _marginal(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    baseline, margin = case.comparison.baseline_of(result), margin_of(case.comparison, result.name)
    if baseline is None:
        return _unknown(goal, say("the baseline without AI was not measured"), say("a campaign with the baseline"))
    if margin is None:
        return _no_margin(case, goal, case.comparison.between(result.name, baseline.name))
    extra, correct, ceiling = Extra.of(result, baseline), margin.correct_per_unit, goal.limit
    if margin.wh_per_correct is None and certainly_above(margin.extra_wh, correct, ceiling):
        reason = (
            say("more energy than the baseline, and no additional correct outcome")
            if margin.wasted
            else say("no additional correct outcome is shown, and as many as there may be take more than the ceiling each")
        )
        return Judged(goal.key, "missed", goal, None, reason)
    settled_by = partial(better_margin, extra, correct, ceiling, len(result.expected), result)
    if margin.wh_per_correct is None:
        reason = say("no additional correct outcome is shown")
        return Judged(goal.key, "undetermined", goal, None, reason, tuple(settled_by()))
    return _judged(goal, margin.wh_per_correct, settled_by, one_round(margin.extra_wh))


def _no_margin(case: Case, goal: Goal, found: Difference) -> Judged:
    if case.comparison.counts_correct is None:
        return _unknown(goal, say("no metric of the task counts correct outcomes"))
    reason = say("not comparable: {why}", why=found.no_ratio or found.no_quality or UNMEASURED)
    if found.no_ratio == HOSTED:
        return _unknown(goal, reason)
    return _unknown(goal, reason, say("more test samples") if found.no_quality == ONE_SAMPLE else say("a campaign with both"))


def _deployed(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    return _of_service(case, result, goal, lambda service: service.energy_kwh)


def _embodied(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    return _of_service(case, result, goal, lambda service: service.embodied_kg_co2e)


def _carbon(case: Case, result: CandidateResult, goal: Goal) -> Judged:
    return _of_service(case, result, goal, lambda service: service.carbon_kg_co2e)


def _of_service(case: Case, result: CandidateResult, goal: Goal, figure: Callable[[Service], float]) -> Judged:
    """A figure of a year in service at the central volume, between its plausible extremes."""
    deployment = case.scenario.deployment
    if deployment is None:
        return _unknown(goal, say("goals.toml says nothing of a service"), say("[volume] and [deployment] in goals.toml"))
    if result.per_sample is None or result.above_idle_wh is None:
        return _unknown(goal, say("the idle machine was not measured"), say("a campaign that is not interrupted"))
    size, factor = result.campaign.unit_size, case.scenario.factor
    year = Year(result.per_sample, result.above_idle_wh, true_factors(result), deployment, factor, figure, size)
    unbounded = result.per_sample.peak_memory_mib is None

    def settled_by() -> Iterable[Message]:
        if unbounded:
            return [say("its peak memory, which a predictor shows that can be saved and loaded")]
        return better_year(year, result, lambda value: outcome_of(value, goal) != "undetermined")

    judged = _judged(goal, year.interval(), settled_by, one_round(result.above_idle_wh))
    memory = say("its peak memory is not known, so its share of a server may be larger") if unbounded else None
    at_high = outcome_of(year.interval(deployment.requests_per_year_high), goal)
    volume = say(
        "at the high volume of {requests} requests a year it would be {outcome}",
        requests=deployment.requests_per_year_high,
        outcome=OUTCOMES[at_high],
    )
    return replace(judged, reason=joined(judged.reason, memory, None if at_high == judged.outcome else volume))


JUDGES: Mapping[str, Callable[[Case, CandidateResult, Goal], Judged]] = {
    "quality": _quality,
    "quality_gain": _gain,
    "class_recall": _class_recall,
    "slice_recall": _slice_recall,
    "guardrail": _guardrail,
    "energy_per_unit_wh": _energy_per_unit,
    "development_kwh": _development,
    "marginal_energy_wh": _marginal,
    "deployed_kwh_per_year": _deployed,
    "embodied_kg_co2e_per_year": _embodied,
    "carbon_kg_co2e_per_year": _carbon,
}
AGAINST_BASELINE = ("quality_gain", "marginal_energy_wh")
