"""Candidates side by side in a notebook: what a comparison found, as a table. It knows results by what it shows of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import isfinite
from typing import Protocol

from evaluation.html_table import Cell, HtmlTable, Lines
from evaluation.judgement.statistics import Interval
from evaluation.messages import Decimals, Figure, Message, Recorded, Rounded, say
from evaluation.numbers import SIGNIFICANT_DIGITS, energy_unit
from evaluation.run import METRICS_SHOWN, STATUS, Campaign, RunStatus

# An end of an interval that nobody knows.
UNSURE = "?"


class Shown(Protocol):
    """A candidate's result, as far as it is shown."""

    @property
    def name(self) -> str: ...  # noqa: D102  # of the candidate
    @property
    def baseline(self) -> bool: ...  # noqa: D102
    @property
    def status(self) -> RunStatus: ...  # noqa: D102
    @property
    def reason(self) -> Message | None: ...  # noqa: D102
    @property
    def remedy(self) -> Message | None: ...  # noqa: D102
    @property
    def scores(self) -> Mapping[str, Interval]: ...  # noqa: D102
    @property
    def energy_wh(self) -> Interval | None: ...  # noqa: D102
    @property
    def true_wh(self) -> tuple[float, float] | None: ...  # noqa: D102
    @property
    def evidence(self) -> str | None: ...  # noqa: D102
    @property
    def latency_p50_ms(self) -> float | None: ...  # noqa: D102
    @property
    def latency_p95_ms(self) -> float | None: ...  # noqa: D102


def candidate_table(campaign: Campaign, results: Sequence[Shown], metrics: Sequence[str], front: Collection[str]) -> HtmlTable:
    """Quality, energy and time of each candidate, with their intervals; of one without a result, why.

    Args:
        campaign: the first one, whose functional unit counts.
        results: one a candidate.
        metrics: their names, the one that decides first; as many are shown as there is room for.
        front: names of the candidates on the Pareto front.
    """
    metrics = metrics[:METRICS_SHOWN]
    unit, factor = energy_unit(max((result.energy_wh.value for result in results if result.energy_wh), default=1.0))
    headings: list[Cell] = [
        say("Candidate"),
        *metrics,
        say("{unit} per {functional_unit}", unit=unit, functional_unit=Recorded(campaign.unit_name)),
        say("Time for one answer, in ms (1 in 20 takes longer than the second figure)"),
    ]
    rows = [
        [
            _name(result, on_front=result.name in front),
            *(_measured(result, metrics, factor) if result.energy_wh else [_without_result(result)]),
        ]
        for result in results
    ]
    caption = say(
        "{task} on {data}, campaign {campaign}; under scores and energies their 95% intervals",
        task=campaign.task,
        data=campaign.data.name,
        campaign=campaign.id,
    )
    return HtmlTable(caption, rows, headings, frozenset(range(1, len(headings))))


def _name(result: Shown, *, on_front: bool) -> Cell:
    marks = [say("without AI") if result.baseline else None, say("on the Pareto front") if on_front else None]
    return Lines([result.name, *marks])


def _without_result(result: Shown) -> Cell:
    return Lines([STATUS[result.status], result.reason, result.remedy])


def _measured(result: Shown, metrics: Sequence[str], factor: float) -> Iterator[Cell]:
    for name in metrics:
        yield score_cell(result.scores.get(name))
    yield _energy(result, factor)
    yield _latency(result)


def score_cell(score: Interval | None) -> Cell:
    """A score between 0 and 1 and its interval; of one that is no number nothing is known."""
    return bounded(score, lambda value: Decimals(value, 3)) if score and isfinite(score.value) else None


def bounded(found: Interval, write: Callable[[float], Figure], *more: Figure | None) -> Lines:
    """What was found, under it between which ends it lies, and what else there is to say."""
    return Lines([write(found.value), _between(found.low, found.high, write), *more])


def _between(low: float | None, high: float | None, write: Callable[[float], Figure]) -> Message | None:
    if low is None and high is None:
        return None
    low_end, high_end = (UNSURE if end is None else write(end) for end in (low, high))
    return say("{low} to {high}", low=low_end, high=high_end)


def _energy(result: Shown, factor: float) -> Cell:
    if result.energy_wh is None:
        return None
    true = result.true_wh and _between(*result.true_wh, lambda value: Rounded(value * factor, 2))
    how_known = true and say("class {evidence}: true value {ends}", evidence=result.evidence or UNSURE, ends=true)
    return bounded(result.energy_wh, lambda value: Rounded(value * factor, SIGNIFICANT_DIGITS), how_known)


def _latency(result: Shown) -> Cell:
    if result.latency_p50_ms is None or result.latency_p95_ms is None:
        return None
    return Lines([result.latency_p50_ms, result.latency_p95_ms])
