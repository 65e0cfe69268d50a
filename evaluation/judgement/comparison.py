"""The candidates of one campaign side by side. They share the data, the machine and the rounds, so they may be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Literal, NamedTuple

from evaluation.energy.components import without_calibration
from evaluation.energy.evidence import EvidenceClass
from evaluation.energy.machine import UNUSED_CALIBRATION
from evaluation.energy.reading import SHORTEST_WINDOW_S, Reading, above_idle_wh, second_estimate_wh
from evaluation.judgement.deployment import PerSample
from evaluation.judgement.statistics import Interval, mean_interval, paired_ratio, positive_interval, score_interval
from evaluation.metrics import Metric
from evaluation.run import Campaign, Run, RunStatus

PARTLY_CALIBRATED = (
    f"{UNUSED_CALIBRATION}: some windows of this campaign took other powers than were compared with the wall meter, and to the "
    "others it would add a factor that these lack"
)
EnergyWords = Literal["more", "less", "not distinguishable"]


class Bounds(NamedTuple):
    """The true value is no lower and no higher."""

    low: float
    high: float


@dataclass(frozen=True)
class CandidateResult:
    """What a campaign found of one candidate, over its seeds.

    Attributes:
        reason: why it has no numbers, or why some of its seeds have none.
        energy_wh: per functional unit, gross, over the rounds: how repeatable it is.
        true_wh: between which bounds the true value lies, by the evidence: how well it is known.
        evidence: class of that energy.
        above_idle_wh: per functional unit, beyond what the idle machine uses; none where that was not measured.
        ratio: its energy over the baseline's, round by round; none for the baseline itself or without one.
        second_ratio: the same, with CPU seconds times declared watts of a core in place of the CPU's model; none with a counter.
        fit_energy_wh: mean of its fits; none where they were too short to measure, or could not be read.
        fit_duration_s: mean of those that count; none where none could be read.
        ms_per_sample: in batches of the whole test.
        latency_p50_ms: of one input alone, the median over its fits; so is the next.
        peak_memory_unknown: why its peak memory is not known, where it was looked for.
        mix: share of each component in its inference energy.
        disturbed: of its rounds, how many were kept although others used the machine.
        per_sample: what one answer takes, for a scenario of service.
    """

    name: str
    baseline: bool
    status: RunStatus
    seeds: int
    reason: str | None = None
    remedy: str | None = None
    scores: Mapping[str, Interval] = field(default_factory=dict)
    energy_wh: Interval | None = None
    true_wh: Bounds | None = None
    evidence: EvidenceClass | None = None
    above_idle_wh: Interval | None = None
    ratio: Interval | None = None
    second_ratio: Interval | None = None
    fit_energy_wh: float | None = None
    fit_duration_s: float | None = None
    ms_per_sample: float | None = None
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    peak_memory_unknown: str | None = None
    mix: Mapping[str, float] = field(default_factory=dict)
    disturbed: int = 0
    per_sample: PerSample | None = None


@dataclass(frozen=True)
class Comparison:
    """A campaign and its candidates, the one without AI first."""

    campaign: Campaign
    results: Sequence[CandidateResult]

    @property
    def not_distinguishable(self) -> list[str]:
        """Names of the candidates whose energy cannot be told from the baseline's."""
        return [each.name for each in self.results if each.ratio and energy_words(each.ratio) == "not distinguishable"]

    @property
    def baseline(self) -> CandidateResult | None:
        """The candidate that does without AI, if it was measured."""
        return next((result for result in self.results if result.baseline and result.energy_wh), None)


def energy_words(ratio: Interval) -> EnergyWords:
    """What a ratio of energies allows to say. Where its interval holds 1, nothing: that is never to be called equal."""
    if ratio.low is not None and ratio.low > 1:
        return "more"
    if ratio.high is not None and ratio.high < 1:
        return "less"
    return "not distinguishable"


def compare(campaign: Campaign, metrics: Sequence[Metric]) -> Comparison:
    """Compare the candidates of a campaign.

    Where a calibration covers some of its windows only, all are compared without it: a ratio of a calibrated energy and one that is
    not would hold the calibration's factor.
    """
    campaign = _evenly_calibrated(campaign)
    names = sorted(campaign.candidates, key=lambda name: not campaign.runs_of(name)[0].baseline)
    baseline = next((name for name in names if campaign.runs_of(name)[0].baseline), None)
    return Comparison(campaign, [_result(campaign, name, metrics, None if name == baseline else baseline) for name in names])


def _evenly_calibrated(campaign: Campaign) -> Campaign:
    machine = campaign.machine
    compared = [reading for run in campaign.runs if run.status == "finished" for reading in run.readings if reading.counts]
    calibrated = [reading.calibrated_by != 1.0 for reading in (*compared, *campaign.readings) if _is_compared(reading)]
    if all(calibrated) or not any(calibrated):
        return campaign
    plain = [
        run.model_copy(update={"readings": tuple(without_calibration(reading, machine) for reading in run.readings)})
        for run in campaign.runs
    ]
    return campaign.model_copy(
        update={
            "machine": machine.model_copy(update={"calibration": None, "flags": (*machine.flags, PARTLY_CALIBRATED)}),
            "readings": tuple(without_calibration(reading, machine) for reading in campaign.readings),
            "runs": tuple(plain),
        }
    )


def _is_compared(reading: Reading) -> bool:
    return reading.counts and reading.kind in {"idle", "fit", "inference"} and reading.duration_s >= SHORTEST_WINDOW_S


def _result(campaign: Campaign, name: str, metrics: Sequence[Metric], reference: str | None) -> CandidateResult:
    runs = campaign.runs_of(name)
    finished = [run for run in runs if run.status == "finished"]
    if not finished:
        first = runs[0]
        return CandidateResult(name, first.baseline, first.status, 0, first.reason, first.remedy)
    fits = [reading for run in finished for reading in run.readings_of("fit")]
    windows = [reading for run in finished for reading in run.readings_of("inference")]
    energy_wh = positive_interval(round_energies(campaign, name))
    measurable = bool(fits) and all(reading.duration_s >= SHORTEST_WINDOW_S for reading in fits)
    return CandidateResult(
        name=name,
        baseline=finished[0].baseline,
        status="finished",
        seeds=len(finished),
        reason=_unfinished(runs),
        scores=_scores(finished, campaign.metrics, metrics),
        energy_wh=energy_wh,
        true_wh=_true_bounds(energy_wh.value, windows),
        evidence=max(reading.evidence or "D" for reading in windows),
        above_idle_wh=_above_idle(campaign, name),
        ratio=_ratio(campaign, name, reference),
        second_ratio=_second_ratio(campaign, name, reference),
        fit_energy_wh=fmean(reading.energy_wh for reading in fits) if measurable else None,
        fit_duration_s=fmean(reading.duration_s for reading in fits) if fits else None,
        ms_per_sample=fmean(reading.duration_s * reading.per_sample() * 1000 for reading in windows),
        latency_p50_ms=_median([run.latency_p50_ms for run in finished]),
        latency_p95_ms=_median([run.latency_p95_ms for run in finished]),
        peak_memory_unknown=next((run.peak_memory_unknown for run in finished if run.peak_memory_unknown), None),
        mix=_mix(windows),
        disturbed=sum(reading.outcome == "disturbed" for reading in windows),
        per_sample=_per_sample(campaign, finished, windows),
    )


def _true_bounds(energy_wh: float, windows: Sequence[Reading]) -> Bounds:
    """The bounds of the windows' energy together, as factors on the candidate's."""
    total_wh = sum(reading.energy_wh for reading in windows)
    low_wh, high_wh = sum(reading.low_wh for reading in windows), sum(reading.high_wh for reading in windows)
    return Bounds(energy_wh * low_wh / total_wh, energy_wh * high_wh / total_wh)


def _above_idle(campaign: Campaign, name: str) -> Interval | None:
    idle = campaign.idle
    return mean_interval(round_energies(campaign, name, lambda reading: above_idle_wh(reading, idle))) if idle else None


def _ratio(campaign: Campaign, name: str, reference: str | None) -> Interval | None:
    if reference is None:
        return None
    ours, theirs = round_energies(campaign, name), round_energies(campaign, reference)
    return paired_ratio(ours, theirs) if len(ours) == len(theirs) else None


def _second_ratio(campaign: Campaign, name: str, reference: str | None) -> Interval | None:
    if reference is None or not campaign.machine.models_cpu_energy:
        return None
    ours, theirs = (round_energies(campaign, each, second_estimate_wh) for each in (name, reference))
    return paired_ratio(ours, theirs) if len(ours) == len(theirs) else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _mix(windows: Sequence[Reading]) -> dict[str, float]:
    names = dict.fromkeys(part.name for reading in windows for part in reading.components)
    return {name: fmean(reading.mix.get(name, 0.0) for reading in windows) for name in names}


def _per_sample(campaign: Campaign, finished: Sequence[Run], windows: Sequence[Reading]) -> PerSample | None:
    idle = campaign.idle
    if idle is None:
        return None
    memories = [run.peak_memory_mib for run in finished if run.peak_memory_mib is not None]
    return PerSample(
        energy_above_idle_wh=fmean(above_idle_wh(reading, idle) * reading.per_sample() for reading in windows),
        cpu_seconds=fmean(reading.cpu_seconds * reading.per_sample() for reading in windows),
        peak_memory_mib=max(memories, default=None),
    )


def _unfinished(runs: Sequence[Run]) -> str | None:
    """What kept some seeds from finishing, where others did: the numbers are then of these others alone."""
    rest = [run for run in runs if run.status != "finished"]
    return f"{len(rest)} of {len(runs)} seeds: {rest[0].status}. {rest[0].reason}" if rest else None


def _scores(runs: Sequence[Run], recorded: Sequence[str], metrics: Sequence[Metric]) -> dict[str, Interval]:
    """The task's metrics as they are now, and those that it had then: these as they were recorded, without an interval."""
    expected = [prediction.expected for prediction in runs[0].predictions]
    predicted = [[prediction.predicted for prediction in run.predictions] for run in runs]
    known = {metric.name: score_interval(metric, expected, predicted) for metric in metrics}
    gone = [name for name in recorded if name not in known and all(name in run.scores for run in runs)]
    return known | {name: Interval(fmean(run.scores[name] for run in runs)) for name in gone}


def round_energies(
    campaign: Campaign, name: str, energy_wh: Callable[[Reading], float] = lambda reading: reading.energy_wh
) -> list[float]:
    """Energy per functional unit in each round, the mean over the candidate's finished seeds.

    Args:
        campaign: in which it was measured.
        name: of the candidate.
        energy_wh: which energy of a window is meant; gross unless said otherwise.
    """
    finished = [run for run in campaign.runs_of(name) if run.status == "finished"]
    rounds = zip(*(run.readings_of("inference") for run in finished), strict=True)
    unit = campaign.unit_size
    return [fmean(energy_wh(reading) * reading.per_sample(unit) for reading in readings) for readings in rounds]
