"""P009: most of the energy is not counted by anything: a model or declared watts, at worst watts that nobody even declared.

A constant times the time is the time under another name: it tells no two candidates apart that a stopwatch would not. For what the
owner of the machine declares somebody answers; for what the program had to assume nobody does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evaluation.energy.evidence import NOT_COUNTED
from evaluation.energy.machine import MACHINE_FILE, Declared, Machine
from evaluation.energy.reading import Reading, not_counted_share
from evaluation.judgement.checks.advice import Advice, Examined
from evaluation.judgement.settling import plain
from evaluation.messages import Message, say
from evaluation.run import Campaign

CODE = "P009"
# Beyond it, a figure that nobody read decides what most of every energy is; the notes beside a comparison draw the same line.
MOSTLY = 0.5


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a campaign."""
    for campaign in examined.campaigns:
        windows = campaign.measured_windows
        share = not_counted_share(windows)
        if share > MOSTLY:
            yield _advice(campaign, windows, share, examined.tried_in(campaign))


def _advice(campaign: Campaign, windows: Sequence[Reading], share: float, about: tuple[str, ...]) -> Advice:
    assumed = _assumed(campaign.machine, windows)
    if not assumed:
        found = say("{percent} % of the energy is modelled or declared, and not counted", percent=share * 100)
        remedy = say("preuve doctor says how to read a counter; with a wall meter: preuve doctor --calibrate METER.CSV")
        return Advice(CODE, found, remedy, about)
    found = say(
        "{percent} % of the energy is modelled or declared, and not counted; assumed, and declared by nobody: {figures}",
        percent=share * 100,
        figures=_written(assumed),
    )
    remedy = say(
        "put what they are into {file} ({names}), with the source; preuve doctor says how to read a counter",
        file=MACHINE_FILE,
        names=", ".join(name for name, _ in assumed),
    )
    return Advice(CODE, found, remedy, about)


def _assumed(machine: Machine, windows: Sequence[Reading]) -> list[tuple[str, Declared]]:
    """The declared figures that these energies rest on and that are assumptions; the largest part of the energy first."""
    declared = machine.declared
    rests_on = {"cpu": ("host_tdp_w", declared.host_tdp_w), "ram": ("ram_w", declared.ram_w)}
    parts: dict[str, float] = {}
    for reading in windows:
        for part in reading.components:
            if part.evidence in NOT_COUNTED:
                parts[part.name] = parts.get(part.name, 0.0) + part.energy_wh
    found = [rests_on[name] for name in sorted(parts, key=lambda name: -parts[name]) if name in rests_on]
    return [(name, figure) for name, figure in found if figure.assumed]


def _written(figures: Sequence[tuple[str, Declared]]) -> Message:
    written = [say("{name} = {watts} W", name=name, watts=plain(figure.value)) for name, figure in figures]
    return written[0] if len(written) == 1 else say("{one}, {other}", one=written[0], other=written[1])
