"""P010: others used the machine while it was measured.

Energy is measured over the whole machine, so what others took is in the figures of windows that were kept all the same. Those that
were measured again are not in the figures, but tell that the machine was not quiet; what a virtual machine's host took away made
every window longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evaluation.energy.reading import Reading
from evaluation.judgement.checks.advice import Advice, Examined, run_command, some_of
from evaluation.messages import Figure, Message, say
from evaluation.run import Campaign

CODE = "P010"
# Of a core's time: a twentieth, by which a window is then longer.
MOST_STOLEN = 0.05


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a campaign and kind of disturbance."""
    for campaign in examined.campaigns:
        remedy = say("measure again on a quiet machine: {command}", command=run_command(campaign))
        names = tuple(name for name in campaign.candidates if _kept_of(campaign, name))
        for found in _kept(campaign, names):
            yield Advice(CODE, found, remedy, _as_compared(examined, campaign, names))
        for found in _noticed(campaign):
            yield Advice(CODE, found, remedy, examined.tried_in(campaign))


def _as_compared(examined: Examined, campaign: Campaign, names: Sequence[str]) -> tuple[str, ...]:
    """What the comparison calls these candidates of a campaign."""
    results = [result for result in examined.comparison.results if result.campaign.id == campaign.id]
    return tuple(result.name for result in results if result.candidate in names)


def _kept_of(campaign: Campaign, name: str) -> list[Reading]:
    return [reading for run in campaign.runs_of(name) for reading in run.readings if reading.outcome == "disturbed"]


def _kept(campaign: Campaign, names: Sequence[str]) -> Iterator[Message]:
    idle = [reading for reading in campaign.readings if reading.outcome == "disturbed"]
    kept = [*idle, *(reading for name in names for reading in _kept_of(campaign, name))]
    if kept:
        yield say(
            "windows that were kept though others used up to {cores} cores in them: {windows}, of {names}",
            cores=max(reading.foreign_cores for reading in kept),
            windows=len(kept),
            names=_whose(names, idle=bool(idle)),
        )


def _whose(names: Sequence[str], *, idle: bool) -> Figure:
    if not names:
        return say("the idle machine")
    return say("{names} and the idle machine", names=some_of(names)) if idle else some_of(names)


def _noticed(campaign: Campaign) -> Iterator[Message]:
    readings = campaign.all_readings
    repeated = sum(reading.outcome == "repeated" for reading in readings)
    if repeated:
        yield say("windows measured again, because others used the machine: {windows}", windows=repeated)
    total_s = sum(reading.duration_s for reading in readings)
    stolen = sum(reading.stolen_seconds for reading in readings) / total_s if total_s else 0.0
    if stolen > MOST_STOLEN:
        yield say("the host gave {percent} % of a core's time to other virtual machines", percent=stolen * 100)
    shared = sum(reading.gpu_shared for reading in readings)
    if shared:
        yield say("windows in which others held the GPU, so that their energy is in the figures: {windows}", windows=shared)
