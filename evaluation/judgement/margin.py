"""The margin over the baseline and what becomes of it at scale: what a further correct outcome costs, what pays back training.

Nothing here is an avoided emission. What putting a wrong outcome right costs is the city's own figure (goals.toml, [correction]).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from evaluation.energy.evidence import ComponentName
from evaluation.energy.reading import Reading
from evaluation.judgement.comparison import CandidateResult, Comparison, round_energies
from evaluation.judgement.deployment import Service, in_service
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.statistics import Interval, mean_interval, student

REBOUND = (1, 3, 10)


@dataclass(frozen=True)
class Margin:
    """What a candidate adds to the baseline, in a functional unit.

    Attributes:
        correct_per_unit: additional correct outcomes.
        extra_wh: additional energy: the interval over the rounds, widened by how well each component is known.
        wh_per_correct: one over the other; none unless additional correct outcomes are certain.
        wasted: whether it certainly takes more energy, and there are certainly no more correct outcomes.
    """

    correct_per_unit: Interval
    extra_wh: Interval
    wh_per_correct: Interval | None
    wasted: bool

    @property
    def correct_per_wh(self) -> float | None:
        """Additional correct outcomes per additional watt-hour; none where there is no additional energy."""
        return self.correct_per_unit.value / self.extra_wh.value if self.extra_wh.value > 0 else None

    @property
    def correct_per_certain_wh(self) -> Interval | None:
        """The same between its ends; none unless additional energy is certain."""
        return _per(self.correct_per_unit, self.extra_wh)


def margin_of(comparison: Comparison, name: str) -> Margin | None:
    """The margin of a candidate over the baseline.

    None where there is no baseline, no metric that counts correct outcomes, or energies or scores that may not be compared.
    """
    result = comparison.result(name)
    baseline = comparison.baseline_of(result)
    if baseline is None or result.energy_wh is None or result.baseline or comparison.between(name, baseline.name).no_ratio:
        return None
    gain = correct_gain(comparison, name, baseline.name)
    if gain is None or gain.low is None or gain.high is None:
        return None
    size = result.campaign.unit_size
    correct = Interval(gain.value * size, gain.low * size, gain.high * size)
    extra_wh = Extra.of(result, baseline).interval()
    return Margin(correct, extra_wh, per_correct(extra_wh, correct), _certainly_wasted(extra_wh, correct))


def correct_gain(comparison: Comparison, one: str, other: str) -> Interval | None:
    """How much larger the share of correct outcomes of `one` is; none where no metric counts them."""
    quality = comparison.quality_of(comparison.result(one))
    for pair, sign in (((one, other), 1), ((other, one), -1)):
        differences = quality.differences.get(pair, {})
        counted = next((each for name, each in differences.items() if name == comparison.counts_correct), None)
        if counted and counted.low is not None and counted.high is not None:
            ends = sorted((sign * counted.low, sign * counted.high))
            return Interval(sign * counted.value, *ends)
    return None


class Part(NamedTuple):
    """A component of a candidate's energy: its share of it, and the factors from its reading to its true energy."""

    share: float
    low: float
    high: float


Parts = Mapping[ComponentName, Part]


def parts_of(result: CandidateResult) -> Parts:
    """What a candidate's energy is made of, over all of its rounds."""
    runs = result.campaign.finished_runs_of(result.candidate)
    components = [part for run in runs for reading in run.readings_of("inference") for part in reading.components]
    total_wh = sum(part.energy_wh for part in components)
    found: dict[ComponentName, Part] = {}
    for name in dict.fromkeys(part.name for part in components):
        of_name = [part for part in components if part.name == name]
        energy_wh = sum(part.energy_wh for part in of_name)
        if energy_wh > 0:
            low_wh, high_wh = sum(part.low_wh for part in of_name), sum(part.high_wh for part in of_name)
            found[name] = Part(energy_wh / total_wh, low_wh / energy_wh, high_wh / energy_wh)
    return found


@dataclass(frozen=True)
class Extra:
    """The energy per functional unit that a candidate takes beyond the baseline, component by component.

    Attributes:
        ours: by component, its energy in each round.
        theirs: the baseline's.
        parts: how well each component is known, of either.
        paired: whether the rounds are the same ones.
    """

    ours: Mapping[ComponentName, Sequence[float]]
    theirs: Mapping[ComponentName, Sequence[float]]
    parts: Parts
    paired: bool

    @classmethod
    def of(cls, result: CandidateResult, baseline: CandidateResult) -> Extra:
        """From their rounds."""
        one, other = parts_of(result), parts_of(baseline)
        names = dict.fromkeys([*one, *other])
        parts = {name: _wider(one.get(name), other.get(name)) for name in names}
        ours, theirs = ({name: _rounds_of(each, name) for name in names} for each in (result, baseline))
        rounds = {len(values) for each in (ours, theirs) for values in each.values()}
        return cls(ours, theirs, parts, paired=result.campaign is baseline.campaign and len(rounds) == 1)

    @property
    def rounds(self) -> int:
        """Of the one that has fewer."""
        return min(len(values) for each in (self.ours, self.theirs) for values in each.values())

    def interval(self, parts: Parts | None = None, rounds: int | None = None) -> Interval:
        """Within which the true extra energy lies: over the rounds, and over all that each component's factor may be.

        What one machine's component is off by, it is off by for both candidates; but a GPU's counter, a CPU's model and a memory's
        constant are each off by something else. The ends of a t interval are a concave and a convex function of these factors, so
        both are found where each factor is at one of its own ends.

        Args:
            parts: how well the components would be known; as they are unless given.
            rounds: as if there were so many, varying as those that were measured; one says nothing of that.
        """
        known = parts or self.parts
        names = list(known)
        corners = product(*((known[name].low, known[name].high) for name in names))
        found = [self._with(dict(zip(names, corner, strict=True)), rounds) for corner in corners]
        value = self._with(dict.fromkeys(names, 1.0), rounds).value
        lows, highs = [each.low for each in found if each.low is not None], [each.high for each in found if each.high is not None]
        return Interval(value, min(lows, default=None), max(highs, default=None))

    def _with(self, factors: Mapping[ComponentName, float], rounds: int | None) -> Interval:
        ours, theirs = (_total(each, factors) for each in (self.ours, self.theirs))
        if not self.paired:
            return unpaired_difference(ours, theirs)
        found = mean_interval([one - other for one, other in zip(ours, theirs, strict=True)])
        if rounds is None:
            return found
        if found.low is None:
            return Interval(found.value, found.value, found.value)
        half = (found.value - found.low) * narrowing(len(ours), rounds)
        return Interval(found.value, found.value - half, found.value + half)


def narrowing(taken: int, rounds: int) -> float:
    """How much narrower a t interval is over so many rounds."""
    return student(rounds - 1) / student(taken - 1) * float((taken / rounds) ** 0.5)


def _wider(one: Part | None, other: Part | None) -> Part:
    """The factors that hold for both; a component that one of them lacks is known as the other's."""
    known = [each for each in (one, other) if each]
    return Part(known[0].share, min(each.low for each in known), max(each.high for each in known))


def _rounds_of(result: CandidateResult, name: ComponentName) -> list[float]:
    def energy_wh(reading: Reading) -> float:
        part = reading.part(name)
        return part.energy_wh if part else 0.0

    return round_energies(result.campaign, result.candidate, energy_wh)


def _total(rounds: Mapping[ComponentName, Sequence[float]], factors: Mapping[ComponentName, float]) -> list[float]:
    weighed = [[factors[name] * energy_wh for energy_wh in of_name] for name, of_name in rounds.items()]
    return [sum(parts) for parts in zip(*weighed, strict=True)]


def unpaired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """How much larger the mean of measurements taken at other times is, by Welch's t interval."""
    import numpy as np

    value = float(np.mean(ours) - np.mean(theirs))
    if min(len(ours), len(theirs)) < 2:
        return Interval(value)
    each = [float(np.var(values, ddof=1)) / len(values) for values in (ours, theirs)]
    if sum(each) == 0:
        return Interval(value, value, value)
    freedom = sum(each) ** 2 / sum(one**2 / (len(values) - 1) for one, values in zip(each, (ours, theirs), strict=True))
    half = student(int(freedom)) * sum(each) ** 0.5
    return Interval(value, value - half, value + half)


def true_factors(result: CandidateResult) -> tuple[float, float]:
    """From a candidate's reading to its true energy: at least and at most, by the evidence."""
    if result.energy_wh is None or result.true_wh is None:
        return 1.0, 1.0
    return result.true_wh.low / result.energy_wh.value, result.true_wh.high / result.energy_wh.value


def widened(interval: Interval, factors: tuple[float, float]) -> Interval:
    """An interval over rounds, widened by how well the readings are known: each end by the factor that takes it farther out."""
    low, high = interval.low, interval.high
    return Interval(
        interval.value,
        None if low is None else low * factors[low < 0],
        None if high is None else high * factors[high > 0],
    )


def per_correct(extra_wh: Interval, correct: Interval) -> Interval | None:
    """Additional energy per additional correct outcome; none unless additional correct outcomes are certain."""
    return _per(extra_wh, correct)


def _per(amount: Interval, base: Interval) -> Interval | None:
    """One over the other, each anywhere in its interval; none unless the base is certainly above 0."""
    if base.low is None or base.high is None or base.low <= 0:
        return None
    low, high = amount.low, amount.high
    return Interval(
        amount.value / base.value,
        None if low is None else low / (base.high if low > 0 else base.low),
        None if high is None else high / (base.low if high > 0 else base.high),
    )


def _certainly_wasted(extra_wh: Interval, correct: Interval) -> bool:
    return bool(extra_wh.low and extra_wh.low > 0 and correct.high is not None and correct.high <= 0)


class YearOfService(NamedTuple):
    """A year at one volume and one rebound.

    Attributes:
        volume: `low`, `central` or `high`.
        rebound: how many times the volume is asked because asking became easy.
    """

    volume: str
    rebound: int
    service: Service


def years_of_service(result: CandidateResult, scenario: Scenario) -> list[YearOfService]:
    """A year at each volume and each rebound; empty without a deployment or measured energy."""
    deployment, per_sample = scenario.deployment, result.per_sample
    if deployment is None or per_sample is None:
        return []
    volumes = {
        "low": deployment.requests_per_year_low,
        "central": deployment.requests_per_year,
        "high": deployment.requests_per_year_high,
    }
    return [
        YearOfService(volume, rebound, in_service(per_sample, deployment, scenario.factor, requests * rebound))
        for volume, requests in volumes.items()
        for rebound in REBOUND
    ]


@dataclass(frozen=True)
class Payback:
    """After how many requests the energy of training is made up for.

    Attributes:
        training_wh: of one fit; none where it was too short to be measured.
        saved_wh: per request, against the baseline: its energy, and with each wrong outcome fewer one correction. Negative where
            the candidate takes more than it saves.
        correction_wh: of putting one wrong outcome right; 0 where the city says nothing.
    """

    training_wh: float | None
    saved_wh: float
    correction_wh: float

    @property
    def requests(self) -> float | None:
        """So many; none where it is never made up for, or training was not measured."""
        return None if self.training_wh is None or self.saved_wh <= 0 else self.training_wh / self.saved_wh


def payback_of(comparison: Comparison, name: str, correction_wh: float | None) -> Payback | None:
    """When training pays for itself; none where there is no margin to speak of."""
    margin, result = margin_of(comparison, name), comparison.result(name)
    if margin is None:
        return None
    correction = correction_wh or 0.0
    size = result.campaign.unit_size
    saved_wh = (margin.correct_per_unit.value * correction - margin.extra_wh.value) / size
    return Payback(result.fit_energy_wh, saved_wh, correction)
