"""What would settle a goal that is undetermined: computed from what was measured, never guessed.

Each message is true if further measurements are like those so far: it is held against the bound before it is given. Nothing is
given where nothing would do; then the goal says so in its reason.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from itertools import combinations
from math import ceil, floor, isfinite, log, log10
from typing import TYPE_CHECKING

from evaluation.energy.evidence import bounds
from evaluation.energy.factors import Factor
from evaluation.goals import Deployment
from evaluation.judgement.comparison import CandidateResult, round_energies
from evaluation.judgement.deployment import PerSample, Service, in_service
from evaluation.judgement.margin import Extra, Part, Parts, narrowing, parts_of, per_correct, widened
from evaluation.judgement.statistics import SIGNIFICANCE, Interval, share_interval, student
from evaluation.messages import Message, say, words
from evaluation.run import Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Beyond these nobody would go; it is then said that the value lies at the bound.
MOST_SAMPLES, MOST_ROUNDS = 100_000, 200
LEAST_ROUNDS = 2
# A value as near to its bound lies at it, for all that can be computed.
AT_THE_BOUND = 1e-9
# So many right answers in a row show a share of 99.8 %; a floor beyond that no test of a group shows.
MOST_OF_GROUP = 2000
# The bounds that a wall meter reaches at best in practice (MEASUREMENT: about 0.95 to 1.05), beside those of a counter.
WALL_METER = (0.95, 1.05)
# So many times what is assumed of a power may still turn out to be declared; beyond that no declaration is to be expected.
PLAUSIBLE_POWER_FACTORS = (0.2, 30.0)


def at_the_bound() -> Message:
    """Nothing practical settles it."""
    return say("no practical number of samples or rounds would do: the value is too near the bound")


# Samples


def more_samples(
    interval: Interval, bound: float, samples: int, *, share: bool = False, at_least: float = 0.0
) -> Iterator[Message]:
    """How many more test samples leave the bound outside an interval that narrows with the root of their number.

    Args:
        interval: with its value, as found.
        bound: that it holds.
        samples: it was found on.
        share: whether it is Wilson's interval, of a quantity from 0 to 1.
        at_least: so many samples it takes for another reason.
    """
    needed = max(at_least, samples_to_clear(interval, bound, samples, share=share))
    if samples < needed <= MOST_SAMPLES:
        yield say("about {samples} more test samples", samples=rounded_up(needed - samples))


def samples_to_clear(interval: Interval, bound: float, samples: int, *, share: bool = False) -> float:
    """On how many samples in all the interval leaves the bound outside; infinite where none would do.

    Wilson's interval ends at L where (value - L)² = z² L (1 - L) / n, so it ends at the bound for the n of which the same holds of
    the bound. Others have the half width z s / √n.
    """
    if interval.low is None or interval.high is None or abs(interval.value - bound) < AT_THE_BOUND:
        return float("inf")
    end = interval.low if interval.value > bound else interval.high
    times = ((interval.value - end) / (interval.value - bound)) ** 2
    if share and 0 < end < 1 and 0 < bound < 1:
        times *= bound * (1 - bound) / (end * (1 - end))
    # The quantile of Student's t, too, is smaller with more samples.
    most = student(max(1, samples - 1))
    return samples * times * (student(max(1, round(min(samples * times, MOST_SAMPLES)) - 1)) / most) ** 2


def samples_to_decide(p_value: float, corrected: float, tests: int, samples: int) -> float:
    """On how many samples in all a difference is decisive, if its test statistic grows with the root of their number.

    Args:
        p_value: found, of the pair alone.
        corrected: for all that was compared.
        tests: how many that were.
        samples: it was found on.
    """
    from scipy.stats import norm

    if corrected < SIGNIFICANCE:
        return 0.0
    # Holm multiplied with so much; where that came to 1 or more it is not known, and at most all tests.
    correction = corrected / p_value if corrected < 1 and p_value > 0 else tests
    found = float(norm.isf(p_value / 2))
    return samples * (float(norm.isf(SIGNIFICANCE / correction / 2)) / found) ** 2 if found > 0 else float("inf")


def more_samples_of_groups(right: NDArray[np.float64], groups: Sequence[str], least: float) -> Iterator[Message]:
    """How many more test samples, of which groups, settle whether each group is right as often as the floor asks.

    One group that is certainly below the floor settles it, and of several the one that takes the fewest samples. Where none seems
    to be below, all of them have to be shown to be above.

    Args:
        right: one a sample: how right its answer is.
        groups: of each sample.
        least: share of right answers, the floor.
    """
    import numpy as np

    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    of_group = {str(name): right[codes == number] for number, name in enumerate(names)}
    below = {name: values for name, values in of_group.items() if values.mean() < least}
    # A group that is below the floor must be shown to be although the worst of many was picked.
    confidence = 1 - SIGNIFICANCE / len(of_group) if below else 1 - SIGNIFICANCE
    missing = {name: _missing(values, least, confidence) for name, values in (below or of_group).items()}
    if below:
        first = min(missing, key=lambda name: missing[name])
        missing = {first: missing[first]}
    missing = {name: count for name, count in missing.items() if count > 0}
    if missing and max(missing.values()) <= MOST_SAMPLES:
        yield _of_groups(missing)


def samples_if_all_right(least: float) -> int | None:
    """How many samples show that a group is right as often as the floor asks, if all are answered rightly; none where none do."""
    tried = (samples for samples in range(1, MOST_OF_GROUP) if (share_interval(1.0, 0.0, samples).low or 0.0) >= least)
    return next(tried, None)


def _missing(values: NDArray[np.float64], least: float, confidence: float) -> float:
    """How many more samples of a group, right as often and varying as much, show on which side of the floor it is."""
    value, spread = float(values.mean()), float(values.std())

    def shown(samples: int) -> bool:
        found = share_interval(value, spread / samples**0.5, samples, confidence=confidence)
        return (found.low or 0.0) >= least or (found.high or 0.0) < least

    taken = len(values)
    if shown(taken):
        return 0.0
    if not shown(MOST_SAMPLES):
        return float("inf")
    # The place in this range is how many more they are.
    return bisect_left(range(taken, MOST_SAMPLES), x=True, key=shown)


def _of_groups(missing: Mapping[str, float]) -> Message:
    most = max(missing, key=lambda name: missing[name])
    if len(missing) == 1:
        return say("about {samples} more test samples of {group}", samples=rounded_up(missing[most]), group=most)
    return say(
        "about {samples} more test samples of {groups} groups, most of them ({most}) of {group}",
        samples=rounded_up(sum(missing.values())),
        groups=len(missing),
        most=rounded_up(missing[most]),
        group=most,
    )


# Energy


def better_energy(result: CandidateResult, bound: float) -> Iterator[Message]:
    """What settles an energy: more rounds, a better way to know it, both, or a declared power; each only where it would be enough.

    Args:
        result: of the candidate.
        bound: that the interval holds, in Wh.
    """
    campaign = result.campaign
    rounds_wh = round_energies(campaign, result.candidate)
    parts = parts_of(result)
    rounds = rounds_needed(rounds_wh, _total(parts), bound)
    ways = [(way, rounds_needed(rounds_wh, _total(known), bound)) for way, known in ways_to_know(parts, result)]
    alone = [
        *([] if rounds is None else [_so_many(rounds, result)]),
        *(way for way, more in ways if more == len(rounds_wh)),
        *declared_powers(result, parts, bound),
    ]
    both = (both_of(way, _so_many(more, result)) for way, more in ways if more is not None)
    yield from alone or both


def _so_many(rounds: int, result: CandidateResult) -> Message:
    return say("{rounds} rounds of {window} s", rounds=rounds, window=plain(result.campaign.protocol.window_s))


def both_of(one: Message, other: Message) -> Message:
    """Two things that are enough together."""
    return say("{one}, and {other}", one=one, other=other)


def ways_to_know(parts: Parts, result: CandidateResult) -> Iterator[tuple[Message, Parts]]:
    """In which better ways a candidate's energy could be known, and how well its components would be then.

    A counter is read for the CPU alone: the memory stays a constant. A wall meter knows CPU and memory, not the GPU's part. What a
    hosted service uses, no meter of one's own knows.
    """
    machine = result.campaign.machine
    if result.evidence == "D":
        return
    if "cpu" in parts and machine.models_cpu_energy:
        known = {**parts, "cpu": Part(parts["cpu"].share, *bounds("B", "cpu"))}
        yield say("an energy counter that can be read (`preuve doctor` says how)"), known
    if machine.calibration is None:
        yield (
            say("a calibration against a wall meter (`preuve doctor --calibrate`)"),
            {name: part if name == "gpu" else Part(part.share, *WALL_METER) for name, part in parts.items()},
        )


def _total(parts: Parts) -> tuple[float, float]:
    return sum(part.share * part.low for part in parts.values()), sum(part.share * part.high for part in parts.values())


def rounds_needed(rounds_wh: Sequence[float], factors: tuple[float, float], bound: float) -> int | None:
    """So many rounds, those taken included, leave the bound outside, if they vary as those so far; none where none would do.

    Args:
        rounds_wh: energies, one a round.
        factors: from a reading to the true value, at least and at most.
        bound: in Wh.
    """
    import numpy as np

    logarithms = np.log(rounds_wh)
    middle = float(np.mean(logarithms))
    # The room that is left for chance once the evidence's own bounds are taken off.
    room = max(log(bound) - middle - log(factors[1]), middle + log(factors[0]) - log(bound)) if bound > 0 else 0.0
    if room <= 0:
        return None
    if len(rounds_wh) < LEAST_ROUNDS:
        # Of how much they vary nothing is known yet.
        return Protocol().rounds
    spread = float(np.std(logarithms, ddof=1))
    enough = (rounds for rounds in range(len(rounds_wh), MOST_ROUNDS + 1) if student(rounds - 1) * spread / rounds**0.5 < room)
    return next(enough, None)


def declared_powers(result: CandidateResult, parts: Parts, bound: float) -> Iterator[Message]:
    """Up to which, or from which, declared power of CPU or memory the goal is settled: what is modelled is proportional to it.

    Args:
        result: of the candidate.
        parts: of its energy.
        bound: that the interval holds, in Wh.
    """
    machine = result.campaign.machine
    declared = machine.declared
    if result.evidence == "D":
        return
    if machine.models_cpu_energy and declared.host_tdp_w.assumed:
        templates = (
            words("a declared TDP, if it is at most {most} W (machine.toml)"),
            words("a declared TDP, if it is more than {least} W (machine.toml)"),
            words("a declared TDP, if it is at most {most} W or more than {least} W (machine.toml)"),
        )
        yield from _declared_power(result, parts, "cpu", declared.host_tdp_w.value, bound, templates)
    if machine.calibration is None and declared.ram_w.assumed:
        templates = (
            words("a declared power of the memory, if it is at most {most} W (machine.toml)"),
            words("a declared power of the memory, if it is more than {least} W (machine.toml)"),
            words("a declared power of the memory, if it is at most {most} W or more than {least} W (machine.toml)"),
        )
        yield from _declared_power(result, parts, "ram", declared.ram_w.value, bound, templates)


def _declared_power(
    result: CandidateResult, parts: Parts, name: str, watts: float, bound: float, templates: tuple[str, str, str]
) -> Iterator[Message]:
    energy_wh = result.energy_wh
    part = next((part for each, part in parts.items() if each == name), None)
    if part is None or energy_wh is None or energy_wh.low is None or energy_wh.high is None:
        return
    rest = [each for other, each in parts.items() if other != name]
    # The energies' relative interval over the rounds is taken for the same whatever the power is.
    most = (bound / energy_wh.high - sum(each.share * each.high for each in rest)) / (part.share * part.high)
    least = (bound / energy_wh.low - sum(each.share * each.low for each in rest)) / (part.share * part.low)
    low, high = PLAUSIBLE_POWER_FACTORS
    plausible = low <= most <= high, low <= least <= high
    at_most, more_than, either = templates
    if all(plausible):
        yield say(either, most=_three_digits(most * watts, floor), least=_three_digits(least * watts, ceil))
    elif plausible[0]:
        yield say(at_most, most=_three_digits(most * watts, floor))
    elif plausible[1]:
        yield say(more_than, least=_three_digits(least * watts, ceil))


# Additional energy per additional correct outcome


def better_margin(extra: Extra, correct: Interval, ceiling: float, samples: int, result: CandidateResult) -> Iterator[Message]:
    """What settles it: more samples, more rounds or a better way to know the energy; two of them where none is enough alone.

    Args:
        extra: energy beyond the baseline's.
        correct: additional correct outcomes, of the same functional unit.
        ceiling: in Wh for each.
        samples: the outcomes were counted on.
        result: of the candidate.
    """
    ways: list[tuple[Message, Interval]] = []
    if extra.paired:
        tried = range(extra.rounds + 1, MOST_ROUNDS + 1) if extra.rounds >= LEAST_ROUNDS else [Protocol().rounds]
        # An interval over more rounds lies within that over fewer: what settles it once, settles it from there on.
        first = bisect_left(tried, x=True, key=lambda each: _settled(extra.interval(rounds=each), correct, ceiling))
        if first < len(tried):
            rounds = tried[first]
            ways.append((_so_many(rounds, result), extra.interval(rounds=rounds)))
    ways += [(way, extra.interval(known)) for way, known in ways_to_know(extra.parts, result)]
    alone = [
        *_samples_for_margin(extra.interval(), correct, ceiling, samples),
        *(way for way, energy in ways if _settled(energy, correct, ceiling)),
    ]
    yield from alone
    if not alone:
        for way, energy in ways:
            yield from (both_of(way, more) for more in _samples_for_margin(energy, correct, ceiling, samples))


def _settled(extra_wh: Interval, correct: Interval, ceiling: float) -> bool:
    found = per_correct(extra_wh, correct)
    if found is not None and found.high is not None and found.high <= ceiling:
        return True
    return certainly_above(extra_wh, correct, ceiling)


def certainly_above(extra_wh: Interval, correct: Interval, ceiling: float) -> bool:
    """Whether each additional correct outcome, if there is any, certainly takes more than the ceiling."""
    if extra_wh.low is None or correct.high is None or extra_wh.low <= 0:
        return False
    return correct.high <= 0 or extra_wh.low / correct.high > ceiling


def _samples_for_margin(extra_wh: Interval, correct: Interval, ceiling: float, samples: int) -> Iterator[Message]:
    """How many more samples show that there are enough additional correct outcomes for that energy, or too few."""
    if extra_wh.low is None or extra_wh.high is None:
        return
    enough, too_few = (_outcomes_that_cost(energy_wh, ceiling) for energy_wh in (extra_wh.high, extra_wh.low))
    if correct.value > enough:
        yield from more_samples(correct, enough, samples)
    elif extra_wh.low > 0 and correct.value < too_few and isfinite(too_few):
        yield from more_samples(correct, too_few, samples)


def _outcomes_that_cost(energy_wh: float, each_wh: float) -> float:
    """So many outcomes come to that energy; none do where there is none."""
    if energy_wh <= 0:
        return 0.0
    return energy_wh / each_wh if each_wh > 0 else float("inf")


# A year in service


@dataclass(frozen=True)
class Year:
    """A figure of a year in service, as far as it is open.

    Attributes:
        per_sample: what one answer takes.
        above_idle_wh: per functional unit, over the rounds.
        factors: from a reading to the true energy, at least and at most.
        deployment: with the extremes of PUE and making.
        factor: of the electricity.
        figure: which one it is.
        unit_size: samples in the functional unit.
    """

    per_sample: PerSample
    above_idle_wh: Interval
    factors: tuple[float, float]
    deployment: Deployment
    factor: Factor
    figure: Callable[[Service], float]
    unit_size: int

    def interval(self, requests: int | None = None) -> Interval:
        """Between the extremes of energy, PUE and making, all low or all high; open where memory or rounds leave it so.

        Args:
            requests: in the year; the central volume unless given.
        """
        where = self.deployment
        energy_wh = widened(self.above_idle_wh, self.factors)
        low = self._at(energy_wh.low or 0.0, where.pue_low, where.embodied_kg_co2e_low, requests)
        central = self._at(energy_wh.value, where.pue, where.embodied_kg_co2e, requests)
        if energy_wh.high is None or self.per_sample.peak_memory_mib is None:
            return Interval(central, low)
        return Interval(central, low, self._at(energy_wh.high, where.pue_high, where.embodied_kg_co2e_high, requests))

    def _at(self, energy_wh: float, pue: float, embodied_kg: float, requests: int | None) -> float:
        per_sample = replace(self.per_sample, energy_above_idle_wh=energy_wh / self.unit_size)
        where = replace(self.deployment, pue=pue, embodied_kg_co2e=embodied_kg)
        return self.figure(in_service(per_sample, where, self.factor, requests or where.requests_per_year))

    def in_rounds(self, taken: int, rounds: int) -> Year:
        """As if so many rounds had been measured, varying as those that were; one round says nothing of that."""
        value, low, high = self.above_idle_wh
        if low is None or high is None:
            return replace(self, above_idle_wh=Interval(value, value, value))
        narrower = narrowing(taken, rounds)
        return replace(self, above_idle_wh=Interval(value, value - (value - low) * narrower, value + (high - value) * narrower))


def better_year(year: Year, result: CandidateResult, settled: Callable[[Interval], bool]) -> Iterator[Message]:
    """What settles a figure of a year in service: a known PUE or making, a better known energy, more rounds; or several of these.

    Args:
        year: as it is.
        result: of the candidate.
        settled: whether an interval settles the goal.
    """
    parts, where = parts_of(result), year.deployment
    changes: list[tuple[Message, Callable[[Year], Year]]] = [
        (
            say("your room's own PUE in goals.toml, in place of {low} to {high}", low=where.pue_low, high=where.pue_high),
            lambda each: replace(each, deployment=replace(each.deployment, pue_low=where.pue, pue_high=where.pue)),
        ),
        (
            say(
                "what making your own server emitted in goals.toml, in place of {low} to {high} kg CO2e",
                low=plain(where.embodied_kg_co2e_low),
                high=plain(where.embodied_kg_co2e_high),
            ),
            lambda each: replace(
                each,
                deployment=replace(
                    each.deployment, embodied_kg_co2e_low=where.embodied_kg_co2e, embodied_kg_co2e_high=where.embodied_kg_co2e
                ),
            ),
        ),
        *_rounds_of_year(year, result, settled),
        *((way, partial(_known_as, factors=_total(known))) for way, known in ways_to_know(parts, result)),
    ]
    for size in (1, 2, 3):
        found = [chosen for chosen in combinations(changes, size) if settled(_changed(year, chosen).interval())]
        if found:
            yield from (reduce(both_of, (message for message, _ in chosen)) for chosen in found)
            return


def _known_as(year: Year, factors: tuple[float, float]) -> Year:
    return replace(year, factors=factors)


def _changed(year: Year, changes: Sequence[tuple[Message, Callable[[Year], Year]]]) -> Year:
    return reduce(lambda each, change: change[1](each), changes, year)


def _rounds_of_year(
    year: Year, result: CandidateResult, settled: Callable[[Interval], bool]
) -> Iterator[tuple[Message, Callable[[Year], Year]]]:
    """As many as are enough alone, or those of a whole campaign where there was but one."""
    taken = len(round_energies(result.campaign, result.candidate))
    enough = (rounds for rounds in range(taken + 1, MOST_ROUNDS + 1) if settled(year.in_rounds(taken, rounds).interval()))
    rounds = Protocol().rounds if taken < LEAST_ROUNDS else next(enough, None)
    if rounds is not None:
        yield _so_many(rounds, result), lambda each: each.in_rounds(taken, rounds)


# Figures


def plain(number: float) -> float:
    """A whole number as one, so that it is written without decimals.

    >>> plain(10.0), plain(0.5)
    (10, 0.5)
    """
    return int(number) if number == int(number) else number


def _three_digits(number: float, whole: Callable[[float], int]) -> float:
    """A number above 0 with three significant digits, in the direction of `whole`."""
    step = 10.0 ** (floor(log10(number)) - 2)
    return whole(number / step) * step


def rounded_up(number: float) -> int:
    """To two significant digits, upwards: "about 400".

    >>> rounded_up(391.2), rounded_up(7), rounded_up(12345)
    (400, 7, 13000)
    """
    if number < 10:
        return max(1, ceil(number))
    step = int(10 ** (int(log10(number)) - 1))
    return ceil(number / step) * step
