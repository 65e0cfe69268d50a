"""The candidates of one campaign side by side. They share the data, the machine and the rounds, so they may be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from evaluation.energy.reading import SHORTEST_WINDOW_S
from evaluation.judgement.statistics import Interval, mean_interval, paired_ratio, score_interval
from evaluation.metrics import Metric
from evaluation.run import Campaign, Run, RunStatus


@dataclass(frozen=True)
class CandidateResult:
    """What a campaign found of one candidate, over its seeds.

    Attributes:
        reason: why it has no numbers, or why some of its seeds have none.
        energy_wh: per functional unit, over the rounds.
        ratio: its energy over the baseline's, round by round; none for the baseline itself or without one.
        fit_energy_wh: mean of its fits; none where they were too short to measure.
        ms_per_sample: in batches of the whole test.
        constant_share: of its inference energy, the share that is a declared constant of the memory.
    """

    name: str
    baseline: bool
    status: RunStatus
    seeds: int
    reason: str | None = None
    remedy: str | None = None
    scores: Mapping[str, Interval] = field(default_factory=dict)
    energy_wh: Interval | None = None
    ratio: Interval | None = None
    fit_energy_wh: float | None = None
    fit_duration_s: float | None = None
    ms_per_sample: float | None = None
    constant_share: float | None = None


@dataclass(frozen=True)
class Comparison:
    """A campaign and its candidates, the one without AI first."""

    campaign: Campaign
    results: Sequence[CandidateResult]

    @property
    def baseline(self) -> CandidateResult | None:
        """The candidate that does without AI, if it was measured."""
        return next((result for result in self.results if result.baseline and result.energy_wh), None)


def compare(campaign: Campaign, metrics: Sequence[Metric]) -> Comparison:
    """Compare the candidates of a campaign."""
    names = sorted(campaign.candidates, key=lambda name: not campaign.runs_of(name)[0].baseline)
    baseline = next((name for name in names if campaign.runs_of(name)[0].baseline), None)
    reference = round_energies(campaign, baseline) if baseline else []
    results = [_result(campaign, name, metrics, [] if name == baseline else reference) for name in names]
    return Comparison(campaign, results)


def _result(campaign: Campaign, name: str, metrics: Sequence[Metric], reference: Sequence[float]) -> CandidateResult:
    runs = campaign.runs_of(name)
    finished = [run for run in runs if run.status == "finished"]
    if not finished:
        first = runs[0]
        return CandidateResult(name, first.baseline, first.status, 0, first.reason, first.remedy)
    energies = round_energies(campaign, name)
    fits = [reading for run in finished for reading in run.readings_of("fit")]
    windows = [reading for run in finished for reading in run.readings_of("inference")]
    measurable = all(reading.duration_s >= SHORTEST_WINDOW_S for reading in fits)
    return CandidateResult(
        name=name,
        baseline=finished[0].baseline,
        status="finished",
        seeds=len(finished),
        reason=_unfinished(runs),
        scores=_scores(finished, metrics),
        energy_wh=mean_interval(energies),
        ratio=paired_ratio(energies, reference) if len(reference) == len(energies) else None,
        fit_energy_wh=fmean(reading.energy_wh for reading in fits) if measurable else None,
        fit_duration_s=fmean(reading.duration_s for reading in fits),
        ms_per_sample=fmean(reading.duration_s / reading.samples * 1000 for reading in windows),
        constant_share=fmean(reading.constant_share for reading in windows),
    )


def _unfinished(runs: Sequence[Run]) -> str | None:
    """What kept some seeds from finishing, where others did: the numbers are then of these others alone."""
    rest = [run for run in runs if run.status != "finished"]
    return f"{len(rest)} of {len(runs)} seeds: {rest[0].status}. {rest[0].reason}" if rest else None


def _scores(runs: Sequence[Run], metrics: Sequence[Metric]) -> dict[str, Interval]:
    expected = [prediction.expected for prediction in runs[0].predictions]
    predicted = [[prediction.predicted for prediction in run.predictions] for run in runs]
    return {metric.name: score_interval(metric, expected, predicted) for metric in metrics}


def round_energies(campaign: Campaign, name: str) -> list[float]:
    """Energy per functional unit in each round, the mean over the candidate's finished seeds."""
    finished = [run for run in campaign.runs_of(name) if run.status == "finished"]
    rounds = zip(*(run.readings_of("inference") for run in finished), strict=True)
    return [fmean(reading.energy_wh_per(campaign.unit_size) for reading in readings) for readings in rounds]
