"""P002: the test is too small for the difference that is claimed, or for a mean over its classes.

"Not shown to be better" then says something of the test and nothing of the candidate. The difference that is claimed is the one
that was found, or the least gain that the goals ask for where that is more. How many samples would settle it the verdict has.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.judgement.checks.advice import Advice, Examined, run_command, some_of
from evaluation.judgement.comparison import Comparison
from evaluation.judgement.goal_values import Judged
from evaluation.judgement.statistics import SIGNIFICANCE, student
from evaluation.judgement.verdict import GAIN
from evaluation.messages import Message, say, words

CODE = "P002"


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a test with classes that are too thin, one a candidate of which the test can tell too little."""
    yield from _thin_classes(examined)
    for verdict in examined.verdicts.of.values():
        for judged in verdict.of("undetermined"):
            if judged.goal == GAIN:
                yield from _too_small(examined, verdict.candidate, judged)


def _thin_classes(examined: Examined) -> Iterator[Advice]:
    comparison = examined.comparison
    for campaign in examined.campaigns:
        measured = examined.measured_in(campaign)
        quality = comparison.quality_of(measured[0]) if measured else None
        if quality is None or not quality.thin_classes or not comparison.metric.over_classes:
            continue
        thin, least = quality.thin_classes, quality.least_of_class
        found = say(
            "classes with fewer than {least} test samples: {classes}; {metric}, a mean over classes, is uncertain then",
            least=least,
            classes=some_of(thin),
            metric=comparison.metric.name,
        )
        command = run_command(campaign, "--test FILE")
        remedy = say("at least {least} test samples of each class: {command}", least=least, command=command)
        yield Advice(CODE, found, remedy, examined.tried_in(campaign))


def _too_small(examined: Examined, name: str, judged: Judged) -> Iterator[Advice]:
    comparison, result, gain = examined.comparison, examined.comparison.result(name), judged.value
    baseline, asked = comparison.baseline_of(result), judged.bound.floor or 0.0 if judged.bound else 0.0
    if gain is None or gain.low is None or gain.high is None or baseline is None:
        return
    samples, claimed = result.campaign.data.test_samples, max(gain.value, asked)
    least = (gain.high - gain.low) / 2 * _correction(comparison, samples)
    # What is decisive was large enough for this test, whether it is enough for the goal or not.
    if comparison.between(name, baseline.name).better or claimed <= 0 or least <= claimed:
        return
    claim = words("{candidate} gained {gain}") if gain.value >= asked else words("{candidate} has to gain {gain}")
    found = say(
        "with {samples} test samples {decisive}: {claim}",
        samples=samples,
        decisive=_decisive(comparison, least),
        claim=say(claim, candidate=name, gain=claimed),
    )
    if judged.settled_by:
        command = run_command(result.campaign, "--test FILE")
        remedy = say("{settled_by}: {command}", settled_by=judged.settled_by[0], command=command)
    else:
        remedy = say("call it no difference: no practical number of test samples settles it")
    yield Advice(CODE, found, remedy, (name,))


def _decisive(comparison: Comparison, least: float) -> Message:
    low, high = comparison.metric.bounds
    return (
        say("only a difference of {least} or more is decisive", least=least)
        if least < high - low
        else say("no difference is decisive")
    )


def _correction(comparison: Comparison, samples: int) -> float:
    """How much farther a difference must lie from 0 to be decisive beside all others that were tested (Bonferroni's bound)."""
    tested = sum((each.quality is not None) + (each.ratio is not None) for each in comparison.differences)
    freedom = max(samples - 1, 1)
    return student(freedom, 1 - SIGNIFICANCE / tested) / student(freedom)
