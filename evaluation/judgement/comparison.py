"""Candidates side by side: what each was measured to be, and what of the differences between them is decisive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from math import isfinite, nan
from statistics import fmean, median
from typing import TYPE_CHECKING, Literal, NamedTuple

from markupsafe import Markup

from evaluation.energy.components import without_calibration
from evaluation.energy.evidence import EvidenceClass, bounds
from evaluation.energy.machine import UNUSED
from evaluation.energy.reading import SHORTEST_WINDOW_S, Component, Reading, above_idle_wh, second_estimate_wh, true_factors
from evaluation.exceptions import PreuveError
from evaluation.judgement.comparability import Comparability, comparability
from evaluation.judgement.deployment import PerSample
from evaluation.judgement.quality import Quality, weigh_answers, weigh_quality
from evaluation.judgement.shown_candidates import candidate_table
from evaluation.judgement.statistics import (
    SIGNIFICANCE,
    Interval,
    RatioTest,
    holm,
    mean_interval,
    paired_ratio_test,
    positive_interval,
    unpaired_ratio_test,
)
from evaluation.messages import Message, Recorded, full_sentence, joined, recorded, say, words
from evaluation.metrics import Metric
from evaluation.run import STATUS as STATUS_WORDS
from evaluation.run import Campaign, Prediction, Run, RunStatus
from evaluation.scoring import answers_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PARTLY_CALIBRATED = str(
    say(
        UNUSED,
        problem=say(
            "some windows of this campaign took other powers than were compared with the wall meter, and to the others it would "
            "add a factor that these lack"
        ),
    )
)
# What nothing can be computed with, and must not be taken for a candidate that uses nothing.
NO_ENERGY = say("the record has a round without energy, or no round: that is no measurement")
AGAIN = say("measure it again")
ONE_SAMPLE = say("one test sample shows no difference")
HOSTED = say("a hosted service (class D) is never ranked against what was measured")
NOT_MEASURED = say("not measured")
# Whoever says how a result ended finds the words beside it.
STATUS = STATUS_WORDS
# How much of a campaign's id tells it apart in a table.
SHORT_ID = 4
NO_QUALITY = Quality({}, {})
EnergyWords = Literal["more", "less", "not distinguishable"]


class Bounds(NamedTuple):
    """The true value is no lower and no higher."""

    low: float
    high: float


class Unasked(NamedTuple):
    """Classes without a test sample, of which nothing is known.

    Attributes:
        named: those that a candidate answers. Of one that was learnt and that nobody answers, the record has no name.
        number: of all of them.
    """

    named: Sequence[str]
    number: int


@dataclass(frozen=True)
class CandidateResult:
    """What a campaign found of one candidate, over its seeds.

    Attributes:
        name: of the candidate; with its campaign's where several campaigns tried it.
        campaign: in which it was measured.
        candidate: its own name there.
        reason: why it has no numbers, or why some of its seeds have none.
        scores: by metric, the mean over its seeds.
        seed_scores: the same, each seed apart.
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
        counted: of answers that are texts, the metric that says how right each of them is; none where they are labels.
    """

    name: str
    baseline: bool
    status: RunStatus
    seeds: int
    campaign: Campaign = field(repr=False)
    candidate: str
    reason: Message | None = None
    remedy: Message | None = None
    scores: Mapping[str, Interval] = field(default_factory=dict)
    seed_scores: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
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
    counted: str | None = None

    @cached_property
    def expected(self) -> list[str]:
        """The right answers of the test."""
        return [prediction.expected for prediction in self.campaign.finished_runs_of(self.candidate)[0].predictions]

    @cached_property
    def right(self) -> NDArray[np.float64]:
        """How right its answers are, (samples,): 1 or 0, a share of texts, or the mean of these over its seeds.

        Not a number where nothing says how right a text is.
        """
        import numpy as np

        runs = self.campaign.finished_runs_of(self.candidate)
        if self.campaign.answers_are_texts:
            parts = [[prediction.parts.get(self.counted or "", (0.0, 0.0)) for prediction in run.predictions] for run in runs]
            amounts, of = np.moveaxis(np.asarray(parts, dtype=float), -1, 0)
            return np.asarray(np.mean(np.divide(amounts, of, out=np.full_like(of, np.nan), where=of > 0), axis=0))
        right = [[prediction.predicted == prediction.expected for prediction in run.predictions] for run in runs]
        return np.asarray(np.mean(right, axis=0))

    @cached_property
    def odd_answers(self) -> dict[str, int]:
        """How many of its answers, over all seeds, are odd in each way."""
        return dict(Counter(flag for prediction in self._answers for flag in prediction.flags))

    @cached_property
    def shares_read(self) -> list[float]:
        """Of each input, with each seed, how much it could read."""
        return [prediction.share_read for prediction in self._answers]

    @property
    def shares_cut(self) -> list[float]:
        """The same of those that it could not read whole."""
        return [share for share in self.shares_read if share < 1]

    @property
    def _answers(self) -> list[Prediction]:
        return [prediction for run in self.campaign.finished_runs_of(self.candidate) for prediction in run.predictions]

    @cached_property
    def unasked(self) -> Unasked:
        """The classes of its campaign that the test has no sample of."""
        asked = set(self.expected)
        answered = {prediction.predicted for run in self.campaign.runs for prediction in run.predictions}
        named = sorted(answered - asked)
        return Unasked(named, max(len(named), self.campaign.data.classes - len(asked)))


@dataclass(frozen=True)
class Difference:
    """What sets one candidate apart from another.

    Attributes:
        quality: how much better the first one scores, in the direction that is good; none where they may not be compared.
        quality_p: p value of that, corrected for all comparisons made; so is the next.
        ratio: energy of the first one over that of the second.
        second_ratio: the same by the second estimate, where only a model stands behind the CPU's energy.
        no_quality: why their scores are not compared.
        no_ratio: why their energies are not compared.
    """

    one: str
    other: str
    quality: Interval | None = None
    quality_p: float = 1.0
    ratio: Interval | None = None
    ratio_p: float = 1.0
    second_ratio: Interval | None = None
    no_quality: Message | None = None
    no_ratio: Message | None = None

    @property
    def better(self) -> str | None:
        """The one that scores decisively better: after correction, and by an interval without 0; none where neither does."""
        if self.quality is None or self.quality_p >= SIGNIFICANCE:
            return None
        return self.one if _above(self.quality, 0) else self.other if _below(self.quality, 0) else None

    @property
    def leaner(self) -> str | None:
        """The one that uses decisively less; none where neither does, or where the two estimates rank them differently."""
        if self.ratio is None or self.ratio_p >= SIGNIFICANCE or self.ranked_otherwise:
            return None
        return self.one if _below(self.ratio, 1) else self.other if _above(self.ratio, 1) else None

    @property
    def ranked_otherwise(self) -> bool:
        """Whether the second estimate has it that the other one uses less, and one of the two is sure of it."""
        if self.ratio is None or self.second_ratio is None:
            return False
        opposite = (self.ratio.value > 1) != (self.second_ratio.value > 1)
        return opposite and any(energy_words(ratio) != "not distinguishable" for ratio in (self.ratio, self.second_ratio))

    @property
    def turned(self) -> Difference:
        """The same, seen from the other one."""
        return replace(
            self,
            one=self.other,
            other=self.one,
            quality=_negative(self.quality),
            ratio=_inverse(self.ratio),
            second_ratio=_inverse(self.second_ratio),
        )


@dataclass(frozen=True)
class Comparison:
    """Candidates side by side, the one without AI first.

    Attributes:
        campaign: in which they were measured; the first of several.
        results: one a candidate.
        differences: one a pair.
        metric: the one that decides which is better.
        counts_correct: name of the metric that is the share of correct outcomes; none where there is none.
        quality: all that their answers show; none where no candidate has any.
        unlike: by id of each further campaign, what keeps it from being compared with the first one.
        apart: by id of each campaign whose test is another one, what the answers of its candidates show.
        lacking: metrics that say nothing here, each with the column that it needs and the data have not.
    """

    campaign: Campaign
    results: Sequence[CandidateResult]
    differences: Sequence[Difference]
    metric: Metric
    quality: Quality
    counts_correct: str | None = None
    unlike: Mapping[str, Comparability] = field(default_factory=dict)
    apart: Mapping[str, Quality] = field(default_factory=dict)
    lacking: Mapping[str, str] = field(default_factory=dict)

    @property
    def not_distinguishable(self) -> list[str]:
        """Names of the candidates whose energy cannot be told from the baseline's."""
        pairs = [(each, self.baseline_of(each)) for each in self.measured if not each.baseline]
        found = [self.between(each.name, baseline.name) for each, baseline in pairs if baseline]
        return [each.one for each in found if each.ratio and each.leaner is None]

    @property
    def measured(self) -> list[CandidateResult]:
        """Those that have figures."""
        return [result for result in self.results if result.energy_wh]

    @property
    def baseline(self) -> CandidateResult | None:
        """The candidate that does without AI, if it was measured; of several campaigns the first one's, whose test decides."""
        return next((result for result in self.measured if result.baseline and result.campaign.id not in self.apart), None)

    def baseline_of(self, result: CandidateResult) -> CandidateResult | None:
        """What a candidate is held against: the baseline measured beside it, or else that of another campaign."""
        beside = (each for each in self.measured if each.baseline and each.campaign.id == result.campaign.id)
        return next(beside, self.baseline)

    def quality_of(self, result: CandidateResult) -> Quality:
        """What the answers show of a candidate and of those that answered the same test."""
        return self.apart.get(result.campaign.id, self.quality)

    def _repr_html_(self) -> Markup:
        """In a notebook: the candidates side by side."""
        return candidate_table(self.campaign, self.results, self.metric_names, self.front).html

    @property
    def metric_names(self) -> list[str]:
        """Names of the metrics, first the one that decides; without those that the data have no column for."""
        names = dict.fromkeys([self.metric.name, *self.campaign.metrics])
        return [name for name in names if name not in self.lacking]

    def result(self, name: str) -> CandidateResult:
        """What was found of the candidate of this name."""
        return next(result for result in self.results if result.name == name)

    def between(self, one: str, other: str) -> Difference:
        """What sets `one` apart from `other`."""
        for each in self.differences:
            if {each.one, each.other} == {one, other}:
                return each if each.one == one else each.turned
        return Difference(one, other, no_quality=NOT_MEASURED, no_ratio=NOT_MEASURED)

    def dominates(self, one: str, other: str) -> bool:
        """Whether `one` is decisively better and uses decisively less than `other`."""
        found = self.between(one, other)
        return found.better == found.leaner == one

    @property
    def front(self) -> list[str]:
        """Names of the candidates that no other one dominates: the Pareto front of quality and energy.

        Only what may be ranked in both stands on it: nothing hosted, nothing without a score, no campaign whose energies are not
        comparable with the first one's.
        """
        alike = [each for each in self._scored if not (each.campaign.id in self.unlike and self.unlike[each.campaign.id].energy)]
        names = [result.name for result in alike if result.evidence != "D"]
        return [name for name in names if not any(self.dominates(other, name) for other in names)]

    @property
    def best(self) -> CandidateResult | None:
        """The candidate with the best score; none where nothing has a finite one. A hosted one only where nothing else has."""
        sign = 1 if self.metric.higher_is_better else -1
        candidates = [each for each in self._scored if each.evidence != "D"] or self._scored
        return max(candidates, key=lambda each: sign * each.scores[self.metric.name].value, default=None)

    @property
    def _scored(self) -> list[CandidateResult]:
        """Those that have a score on the test that decides."""
        on_it = [each for each in self.measured if each.campaign.id not in self.apart]
        return [each for each in on_it if isfinite(each.scores[self.metric.name].value)]


def _above(interval: Interval, bound: float) -> bool:
    return interval.low is not None and interval.low > bound


def _below(interval: Interval, bound: float) -> bool:
    return interval.high is not None and interval.high < bound


def _negative(interval: Interval | None) -> Interval | None:
    return interval and Interval(-interval.value, *(None if end is None else -end for end in (interval.high, interval.low)))


def _inverse(interval: Interval | None) -> Interval | None:
    return interval and Interval(1 / interval.value, *(None if end is None else 1 / end for end in (interval.high, interval.low)))


def energy_words(ratio: Interval) -> EnergyWords:
    """What the interval of one ratio of energies allows to say. Where it holds 1, nothing: that is never to be called equal."""
    return "more" if _above(ratio, 1) else "less" if _below(ratio, 1) else "not distinguishable"


class _Entry(NamedTuple):
    """A candidate of a comparison: what it is called in it, and where it was measured."""

    label: str
    campaign: Campaign
    candidate: str

    @property
    def finished(self) -> list[Run]:
        return self.campaign.finished_runs_of(self.candidate)


def compare(
    campaign: Campaign, metrics: Sequence[Metric], *, metric: str | None = None, others: Sequence[Campaign] = ()
) -> Comparison:
    """Compare the candidates of a campaign, and those of others as far as they may be compared with them.

    Where a calibration covers some of its windows only, all are compared without it: a ratio of a calibrated energy and one that is
    not would hold the calibration's factor.

    Args:
        campaign: whose candidates are compared.
        metrics: of the task.
        metric: name of the one that decides; the first where none is named.
        others: further campaigns.

    Raises:
        PreuveError: there is no run to compare.
    """
    # One that is named twice is no second one.
    campaigns = [_evenly_calibrated(each) for each in {each.id: each for each in (campaign, *others)}.values()]
    campaign = campaigns[0]
    if not any(each.runs for each in campaigns):
        raise PreuveError(
            expected="runs to compare",
            found="none: the campaign ended before the first one",
            where=f"campaign {campaign.id}",
            remedy=f"preuve run {campaign.task}",
        )
    lacking = {each.name: each.needs for each in metrics if each.needs and each.needs not in campaign.data.marks}
    known = [each for each in metrics if each.name not in lacking] or metrics
    metrics = sorted(known, key=lambda each: each.name != metric)
    entries = _entries(campaigns)
    unlike = {each.id: comparability(campaign, each) for each in campaigns[1:]}
    kept_apart = {name for name, each in unlike.items() if each.quality}
    quality = _weigh([each for each in entries if each.campaign.id not in kept_apart], metrics)
    apart = {name: _weigh([each for each in entries if each.campaign.id == name], metrics) for name in kept_apart}
    results = [_result(each, apart.get(each.campaign.id, quality), metrics) for each in entries]
    counts_correct = next((each.name for each in metrics if each.counts_correct), None)
    found = Comparison(campaign, results, (), metrics[0], quality, counts_correct, unlike, apart, lacking)
    return _with_differences(found, entries)


def _with_differences(comparison: Comparison, entries: Sequence[_Entry]) -> Comparison:
    found = replace(comparison, differences=_differences(entries, comparison))
    return replace(found, results=[_beside_baseline(result, found) for result in found.results])


def _entries(campaigns: Sequence[Campaign]) -> list[_Entry]:
    """All candidates, the one without AI first; those of one name in several campaigns with their campaign's id."""
    found = [(campaign, name) for campaign in campaigns for name in campaign.candidates]
    names = [name for _, name in found]
    short = {campaign.id[-SHORT_ID:] for campaign in campaigns}
    shown = SHORT_ID if len(short) == len(campaigns) else 0
    entries = [
        _Entry(name if names.count(name) == 1 else f"{name} ({campaign.id[-shown:]})", campaign, name) for campaign, name in found
    ]
    return sorted(entries, key=lambda entry: not entry.campaign.runs_of(entry.candidate)[0].baseline)


def _weigh(entries: Sequence[_Entry], metrics: Sequence[Metric]) -> Quality:
    """Quality of the candidates that have answers, as far as they are answers to the same samples in the same order."""
    answered = {each.label: each.finished for each in entries if each.finished and each.finished[0].predictions}
    if not answered:
        return NO_QUALITY
    if any(metric.measure for metric in metrics):
        texts = {label: [answers_of(run.predictions, texts=True) for run in runs] for label, runs in answered.items()}
        return weigh_answers(texts, metrics)
    expected = [prediction.expected for prediction in next(iter(answered.values()))[0].predictions]
    answers = {
        label: [[prediction.predicted for prediction in run.predictions] for run in runs] for label, runs in answered.items()
    }
    return weigh_quality(expected, answers, metrics)


def _differences(entries: Sequence[_Entry], comparison: Comparison) -> list[Difference]:
    """One a pair, their p values corrected together: for quality and for energy, and for all pairs."""
    hosted = {result.name for result in comparison.measured if result.evidence == "D"}
    measured = {result.name: result for result in comparison.measured}
    metric = comparison.metric
    found = []
    for one, other in combinations([each for each in entries if each.label in measured], 2):
        no_quality, no_ratio = _obstacles(one, other, comparison.unlike, hosted)
        pair = (one.label, other.label)
        quality = comparison.quality_of(measured[one.label])
        gain = quality.differences.get(pair, {}).get(metric.name)
        tested = None if no_ratio else _energy_test(one, other, lambda reading: reading.energy_wh)
        models = one.campaign.machine.models_cpu_energy
        second = _energy_test(one, other, second_estimate_wh) if tested and models else None
        scored = all(isfinite(measured[label].scores[metric.name].value) for label in pair)
        found.append(
            Difference(
                *pair,
                quality=gain if gain is None or metric.higher_is_better else _negative(gain),
                quality_p=quality.p_values.get(pair, 1.0),
                ratio=tested.ratio if tested else None,
                ratio_p=tested.p_value if tested else 1.0,
                second_ratio=second.ratio if second else None,
                no_quality=no_quality
                or (None if gain else ONE_SAMPLE if scored else say("{metric} is not a number", metric=metric.name)),
                no_ratio=no_ratio or (None if tested else say("their rounds do not pair up")),
            )
        )
    return _corrected(found)


def _corrected(differences: Sequence[Difference]) -> list[Difference]:
    """With p values corrected for all that was tested."""
    tested = [(place, "quality_p") for place, each in enumerate(differences) if each.quality]
    tested += [(place, "ratio_p") for place, each in enumerate(differences) if each.ratio]
    corrected = holm([getattr(differences[place], name) for place, name in tested])
    found = list(differences)
    for (place, name), p_value in zip(tested, corrected, strict=True):
        found[place] = replace(found[place], **{name: p_value})  # type: ignore[arg-type]
    return found


def _obstacles(
    one: _Entry, other: _Entry, unlike: Mapping[str, Comparability], hosted: set[str]
) -> tuple[Message | None, Message | None]:
    """What keeps scores, and energies, from being compared, in words."""
    within = one.campaign is other.campaign
    found = Comparability((), ()) if within else comparability(one.campaign, other.campaign)
    kept_apart = [] if within else [unlike[each.campaign.id] for each in (one, other) if each.campaign.id in unlike]
    quality = found.quality or next((each.quality for each in kept_apart if each.quality), ())
    energy = joined(*(each.message for each in found.energy))
    return joined(*(each.message for each in quality)), HOSTED if {one.label, other.label} & hosted else energy


def _energy_test(one: _Entry, other: _Entry, energy_wh: Callable[[Reading], float]) -> RatioTest | None:
    """Round by round where the rounds are the same; else as measured at different times."""
    ours, theirs = (round_energies(each.campaign, each.candidate, energy_wh) for each in (one, other))
    if min([*ours, *theirs], default=0.0) <= 0:
        return None
    if one.campaign is not other.campaign:
        return unpaired_ratio_test(ours, theirs)
    return paired_ratio_test(ours, theirs) if len(ours) == len(theirs) else None


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


def _result(entry: _Entry, quality: Quality, metrics: Sequence[Metric]) -> CandidateResult:
    """What was found of a candidate by itself."""
    campaign, name, finished = entry.campaign, entry.candidate, entry.finished
    runs = campaign.runs_of(name)
    first = runs[0]
    if not finished:
        return CandidateResult(
            entry.label, first.baseline, first.status, 0, campaign, name, _recorded(first.reason), _recorded(first.remedy)
        )
    fits = [reading for run in finished for reading in run.readings_of("fit")]
    windows = [reading for run in finished for reading in run.readings_of("inference")]
    rounds_wh = round_energies(campaign, name)
    if min(rounds_wh, default=0.0) <= 0:
        return CandidateResult(entry.label, first.baseline, "finished", 0, campaign, name, NO_ENERGY, AGAIN)
    energy_wh = positive_interval(rounds_wh)
    measurable = bool(fits) and all(reading.duration_s >= SHORTEST_WINDOW_S for reading in fits)
    return CandidateResult(
        name=entry.label,
        baseline=first.baseline,
        status="finished",
        seeds=len(finished),
        campaign=campaign,
        candidate=name,
        reason=_unfinished(runs),
        scores=_scores(entry, quality, metrics),
        seed_scores=quality.by_seed.get(entry.label, {}),
        energy_wh=energy_wh,
        true_wh=_true_bounds(energy_wh.value, windows),
        evidence=max(reading.evidence or "D" for reading in windows),
        above_idle_wh=_above_idle(campaign, name),
        fit_energy_wh=fmean(reading.energy_wh for reading in fits) if measurable else None,
        fit_duration_s=fmean(reading.duration_s for reading in fits) if fits else None,
        ms_per_sample=fmean(reading.duration_s * reading.per_sample() * 1000 for reading in windows),
        latency_p50_ms=_median([run.latency_p50_ms for run in finished]),
        latency_p95_ms=_median([run.latency_p95_ms for run in finished]),
        peak_memory_unknown=next((run.peak_memory_unknown for run in finished if run.peak_memory_unknown), None),
        mix=_mix(windows),
        disturbed=sum(reading.outcome == "disturbed" for reading in windows),
        per_sample=_per_sample(campaign, finished, windows),
        counted=next((metric.name for metric in metrics if metric.counts_correct and metric.measure), None),
    )


def _beside_baseline(result: CandidateResult, comparison: Comparison) -> CandidateResult:
    """With the ratios of its energy to the baseline's."""
    baseline = comparison.baseline_of(result)
    if baseline is None or result.name == baseline.name:
        return result
    found = comparison.between(result.name, baseline.name)
    return replace(result, ratio=found.ratio, second_ratio=found.second_ratio)


def _true_bounds(energy_wh: float, windows: Sequence[Reading]) -> Bounds:
    """The bounds of the windows' energy together, as factors on the candidate's."""
    low, high = true_factors(windows)
    return Bounds(energy_wh * low, energy_wh * high)


def _above_idle(campaign: Campaign, name: str) -> Interval | None:
    idle = campaign.idle
    return mean_interval(round_energies(campaign, name, lambda reading: above_idle_wh(reading, idle))) if idle else None


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


def _recorded(text: str | None) -> Message | None:
    return None if text is None else recorded(text)


def _unfinished(runs: Sequence[Run]) -> Message | None:
    """What kept some seeds from finishing, where others did: the numbers are then of these others alone."""
    rest = [run for run in runs if run.status != "finished"]
    if not rest:
        return None
    ended, reason = STATUS[rest[0].status], rest[0].reason
    if reason is None:
        return say("{rest} of {seeds} seeds: {status}", rest=len(rest), seeds=len(runs), status=ended)
    template = words("{rest} of {seeds} seeds: {status}. {reason}")
    return say(template, rest=len(rest), seeds=len(runs), status=ended, reason=full_sentence(Recorded(reason)))


def _scores(entry: _Entry, quality: Quality, metrics: Sequence[Metric]) -> dict[str, Interval]:
    """The task's metrics as they are now, and those that it had then: these as they were recorded, without an interval."""
    known = dict(quality.scores.get(entry.label, {metric.name: Interval(nan) for metric in metrics}))
    recorded, runs = entry.campaign.metrics, entry.finished
    gone = [name for name in recorded if name not in known and all(name in run.scores for run in runs)]
    then = {name: Interval(fmean(run.scores[name] for run in runs)) for name in gone}
    if entry.campaign.answers_are_texts:
        # A metric whose column the data lack said nothing.
        then = {name: score for name, score in then.items() if isfinite(score.value)}
    return known | then


def by_second_estimate(comparison: Comparison) -> Comparison:
    """The same comparison with the second estimate in place of the CPU's energy where that is modelled; quality stays the same."""
    campaigns = {each.campaign.id: _second_campaign(each.campaign) for each in comparison.results}
    entries = [_Entry(each.name, campaigns[each.campaign.id], each.candidate) for each in comparison.results]
    again = [
        replace(_result(entry, NO_QUALITY, ()), scores=before.scores, seed_scores=before.seed_scores, counted=before.counted)
        for entry, before in zip(entries, comparison.results, strict=True)
    ]
    campaign = campaigns.get(comparison.campaign.id, comparison.campaign)
    return _with_differences(replace(comparison, campaign=campaign, results=again, differences=()), entries)


def _second_campaign(campaign: Campaign) -> Campaign:
    if not campaign.machine.models_cpu_energy:
        return campaign

    def again(readings: Sequence[Reading]) -> tuple[Reading, ...]:
        return tuple(_second_reading(reading) for reading in readings)

    runs = tuple(run.model_copy(update={"readings": again(run.readings)}) for run in campaign.runs)
    return campaign.model_copy(update={"readings": again(campaign.readings), "runs": runs})


def _second_reading(reading: Reading) -> Reading:
    """With CPU seconds times declared watts as its CPU's energy, known as badly as the model's."""
    parts = [_second_part(part, reading.cpu_estimate_wh) if part.name == "cpu" else part for part in reading.components]
    return reading.model_copy(update={"components": tuple(parts)})


def _second_part(part: Component, energy_wh: float) -> Component:
    low, high = bounds("C", "cpu")
    return part.model_copy(update={"energy_wh": energy_wh, "low_wh": energy_wh * low, "high_wh": energy_wh * high})


def round_energies(
    campaign: Campaign, name: str, energy_wh: Callable[[Reading], float] = lambda reading: reading.energy_wh
) -> list[float]:
    """Energy per functional unit in each round, the mean over the candidate's finished seeds.

    Args:
        campaign: in which it was measured.
        name: of the candidate.
        energy_wh: which energy of a window is meant; gross unless said otherwise.
    """
    finished = campaign.finished_runs_of(name)
    rounds = zip(*(run.readings_of("inference") for run in finished), strict=True)
    unit = campaign.unit_size
    return [fmean(energy_wh(reading) * reading.per_sample(unit) for reading in readings) for readings in rounds]
