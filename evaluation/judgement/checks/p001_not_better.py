"""P001: a candidate is not decisively better than doing without AI, or nobody measured what doing without it would give.

A model that answers no better than a sheet of keywords is energy for nothing, however good its score looks by itself. So the
baseline wins ties, and without one there is nothing to hold a score against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evaluation.judgement.checks.advice import Advice, Examined, run_command
from evaluation.judgement.comparison import NOT_MEASURED, STATUS, CandidateResult, Comparison
from evaluation.messages import Message, say, words
from evaluation.run import RunStatus

CODE = "P001"
ENDED: Mapping[RunStatus, Message] = {
    "unavailable": say("it is not available here"),
    "failed": say("it failed"),
    "interrupted": say("it was interrupted"),
}


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a candidate that is not better; one for all without a baseline."""
    comparison = examined.comparison
    if comparison.baseline is None:
        yield _without_baseline(comparison)
    for result in comparison.measured:
        baseline = comparison.baseline_of(result)
        if baseline and not result.baseline and comparison.between(result.name, baseline.name).better != result.name:
            yield _not_better(comparison, result, baseline)


def _without_baseline(comparison: Comparison) -> Advice:
    tried = next((result for result in comparison.results if result.baseline), None)
    if tried is None:
        found = say("no baseline was measured: nobody knows whether doing without AI would do as well")
        return Advice(CODE, found, say("measure it beside the others: {command}", command=run_command(comparison.campaign)))
    found = say(
        "the baseline {baseline} was not measured ({status}): nobody knows whether doing without AI would do as well",
        baseline=tried.name,
        status=ENDED.get(tried.status, STATUS[tried.status]),
    )
    command = run_command(tried.campaign)
    if tried.remedy is None:
        return Advice(CODE, found, say("measure it beside the others: {command}", command=command), (tried.name,))
    return Advice(CODE, found, say("{remedy}; then {command}", remedy=tried.remedy, command=command), (tried.name,))


def _not_better(comparison: Comparison, result: CandidateResult, baseline: CandidateResult) -> Advice:
    difference = comparison.between(result.name, baseline.name)
    if difference.quality is None:
        return _not_compared(comparison, result, baseline, difference.no_quality or NOT_MEASURED)
    template = (
        words("decisively worse than the baseline {baseline}: {candidate}, {metric} {score} against {other}")
        if difference.better
        else words(
            "not decisively better than the baseline {baseline}, which wins ties: {candidate}, {metric} {score} against {other}"
        )
    )
    metric = comparison.metric.name
    scores = {"score": result.scores[metric].value, "other": baseline.scores[metric].value}
    found = say(template, candidate=result.name, baseline=baseline.name, metric=metric, **scores)
    command = run_command(result.campaign, f"--param {result.candidate}.KEY=VALUE")
    return Advice(CODE, found, say("keep the baseline, or try what may do better: {command}", command=command), (result.name,))


def _not_compared(comparison: Comparison, result: CandidateResult, baseline: CandidateResult, why: Message) -> Advice:
    found = say(
        "not shown to be better than the baseline {baseline}: {candidate}, for {why}",
        candidate=result.name,
        baseline=baseline.name,
        why=why,
    )
    remedy = say("measure both in one campaign, with answers that {metric} is defined for", metric=comparison.metric.name)
    return Advice(CODE, found, remedy, (result.name,))
