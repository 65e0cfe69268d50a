"""P003: a class or a slice is served worse than its guardrail allows, or nothing is known of it.

A mean hides whom it fails. Of a class without a test sample nothing is known, which is neither 0 nor all right: it is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import NamedTuple

from evaluation.goals import Goal
from evaluation.judgement.checks.advice import Advice, Examined, run_command, some_of
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.goal_values import OUTCOMES, Judged
from evaluation.messages import Figure, say, words
from evaluation.numbers import UNKNOWN

CODE = "P003"
GUARDRAILS = ("class_recall", "slice_recall")


class _Group(NamedTuple):
    name: str
    recall: float
    samples: int


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a candidate and guardrail that it is below; one a guardrail of which too little is known."""
    told: list[Advice] = []
    for verdict in examined.verdicts.of.values():
        result = examined.comparison.result(verdict.candidate)
        for judged in verdict.goals:
            if judged.bound is None or judged.bound.name not in GUARDRAILS:
                continue
            # The same for all candidates of a campaign.
            unknown = [each for each in _unknown(result, judged, judged.bound) if each not in told]
            told += unknown
            yield from unknown
            # What the baseline is below, the others are held against: it is nobody's proposal.
            if not result.baseline:
                yield from _below(result, judged, judged.bound)


def _below(result: CandidateResult, judged: Judged, goal: Goal) -> Iterator[Advice]:
    value, floor = judged.value, goal.floor or 0.0
    if value is None or value.value >= floor:
        return
    groups = _groups(result, goal)
    worst = min(groups, key=lambda group: group.recall)
    others = sum(group.recall < floor for group in groups) - 1
    template = (
        words("below the floor of {floor}: {candidate} finds {recall} of {group} ({low} to {high}, {samples} test samples)")
        if others == 0
        else words(
            "below the floor of {floor}: {candidate} finds {recall} of {group} ({low} to {high}, {samples} test samples); "
            "and too little of {others} more"
        )
    )
    figures: dict[str, Figure] = {"recall": worst.recall, "low": value.low or 0.0, "high": value.high or 1.0, "floor": floor}
    found = say(template, candidate=result.name, group=worst.name, samples=worst.samples, others=others, **figures)
    command = f"preuve errors {result.campaign.task} --candidate {result.candidate}"
    if judged.outcome == "undetermined" and judged.settled_by:
        remedy = say("{settled_by}; what it gets wrong: {command}", settled_by=judged.settled_by[-1], command=command)
    else:
        remedy = say("see what it gets wrong, and give it more of them to learn from: {command}", command=command)
    yield Advice(CODE, found, remedy, (result.name,))


def _groups(result: CandidateResult, goal: Goal) -> list[_Group]:
    """The groups that a guardrail is about, each with its recall."""
    right, of_sample = result.right, _group_of_each(result, goal)
    found = []
    for name in dict.fromkeys(of_sample):
        # Of a text nothing may say how right it is.
        places = [place for place, group in enumerate(of_sample) if group == name and isfinite(right[place])]
        if places and (goal.value is None or goal.value == name):
            shown = name if goal.slice is None else f"{goal.slice}={name}"
            found.append(_Group(shown, float(right[places].mean()), len(places)))
    return found


def _group_of_each(result: CandidateResult, goal: Goal) -> Sequence[str]:
    if goal.slice is not None:
        return [value or UNKNOWN for value in result.campaign.slices.get(goal.slice, ())]
    return result.expected


def _unknown(result: CandidateResult, judged: Judged, goal: Goal) -> Iterator[Advice]:
    """What a guardrail cannot be held against."""
    if judged.value is None:
        reason = judged.reason or OUTCOMES[judged.outcome]
        remedy = (
            judged.settled_by[0]
            if judged.settled_by
            else say("answers to hold it against: {command}", command=run_command(result.campaign))
        )
        found = say("the guardrail {guardrail} cannot be looked at: {reason}", guardrail=judged.goal, reason=reason)
        yield Advice(CODE, found, remedy)
    elif goal.name == "class_recall":
        yield from _classes_without_sample(result)


def _classes_without_sample(result: CandidateResult) -> Iterator[Advice]:
    named, number = result.unasked
    if number <= 0:
        return
    found = (
        say("undefined: recall of {number} of the classes, without a test sample: {classes}", number=number, classes=some_of(named))
        if named
        else say("undefined: recall of {number} of the classes, without a test sample", number=number)
    )
    yield Advice(CODE, found, say("test samples of each class: {command}", command=run_command(result.campaign, "--test FILE")))
