"""P012: a candidate is far slower than its energy suggests: it waits, or its energy is not all seen.

It may wait for a network, a disk or a GPU that nothing is read of; what works for it meanwhile is then in no figure here. Gross
energy cannot tell: while a candidate waits, the machine takes its idle power all the same, and a constant of the memory. So energy
above idle is looked at, and where only a model stands behind the CPU, which takes the load to its third power, the CPU's seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.energy.reading import Kind, Reading, second_estimate_wh
from evaluation.judgement.checks.advice import Advice, Examined, run_command
from evaluation.judgement.comparison import CandidateResult
from evaluation.messages import Message, say
from evaluation.run import Campaign

CODE = "P012"
# At least so many times the baseline's time, and at most so small a part of the power above idle that the baseline takes. It is a
# choice: well above what sets candidates apart that do not wait. On a machine so busy that every window was disturbed, three kept
# 0.38 to 0.44 of a core busy in batches and 0.46 to 0.60 with one input alone, a factor of 1.3.
MANY_TIMES = 3.0


@dataclass(frozen=True)
class _Use:
    """What a candidate takes for one sample.

    Attributes:
        time_ms: by the clock.
        active_wh: energy beyond that of the idle machine.
        busy_cores: CPU seconds by the second.
    """

    time_ms: float
    active_wh: float
    busy_cores: float


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a candidate that is too slow for its energy, be it in batches or with one input alone."""
    comparison = examined.comparison
    for result in comparison.measured:
        baseline = comparison.baseline_of(result)
        if result.baseline or baseline is None or comparison.between(result.name, baseline.name).no_ratio:
            continue
        found = _slow(result, baseline)
        if found:
            yield Advice(CODE, found, _remedy(result), (result.name,))


def _slow(result: CandidateResult, baseline: CandidateResult) -> Message | None:
    """What is to be said where its time is many times the baseline's, and its energy far from that; in batches first."""
    return _lagging(
        result,
        _use(result, "inference", result.ms_per_sample),
        _use(baseline, "inference", baseline.ms_per_sample),
        say("a sample"),
    ) or _lagging(
        result,
        _use(result, "latency", result.latency_p50_ms),
        _use(baseline, "latency", baseline.latency_p50_ms),
        say("for one input alone"),
    )


def _lagging(result: CandidateResult, ours: _Use | None, theirs: _Use | None, what: Message) -> Message | None:
    if ours is None or theirs is None or theirs.active_wh <= 0 or theirs.time_ms <= 0:
        return None
    times, energy = ours.time_ms / theirs.time_ms, max(ours.active_wh, 0.0) / theirs.active_wh
    if times < MANY_TIMES or times < MANY_TIMES * energy:
        return None
    return say(
        "slow for its energy: {candidate} takes {times} times the baseline's time {what} and {energy} times its energy above idle, "
        "and keeps {cores} of a core busy",
        candidate=result.name,
        times=times,
        what=what,
        energy=round(energy, 3),
        cores=ours.busy_cores,
    )


def _use(result: CandidateResult, kind: Kind, time_ms: float | None) -> _Use | None:
    campaign = result.campaign
    finished = campaign.finished_runs_of(result.candidate)
    windows = [reading for run in finished for reading in run.readings_of(kind) if reading.samples and reading.duration_s]
    if campaign.idle is None or time_ms is None or not windows:
        return None
    samples, duration_s = sum(each.samples for each in windows), sum(each.duration_s for each in windows)
    active_wh = sum(_active_wh(campaign, each, campaign.idle) for each in windows)
    return _Use(time_ms, active_wh / samples, sum(each.cpu_seconds for each in windows) / duration_s)


def _active_wh(campaign: Campaign, reading: Reading, idle: Reading) -> float:
    """Energy above idle; of a CPU behind which only a model stands, by its seconds."""

    def energy_wh(of: Reading) -> float:
        return second_estimate_wh(of) if campaign.machine.models_cpu_energy else of.energy_wh

    return energy_wh(reading) - energy_wh(idle) / idle.duration_s * reading.duration_s


def _remedy(result: CandidateResult) -> Message:
    return say(
        "see what it waits for (network, disk, GPU): preuve doctor shows what is measured; then {command}",
        command=run_command(result.campaign),
    )
