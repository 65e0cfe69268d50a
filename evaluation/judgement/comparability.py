"""Which runs may be compared at all: in quality on the same test, in energy on the same machine by the same protocol."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from evaluation.numbers import counted
from evaluation.run import Campaign, Protocol

HASH_SHOWN = 12


class Mismatch(NamedTuple):
    """Something in which two campaigns differ, as each has it, in words."""

    what: str
    one: str
    other: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.what}: {self.one}, and {self.other}"


class Comparability(NamedTuple):
    """What keeps two campaigns from being compared: nothing, where both are empty."""

    quality: Sequence[Mismatch]
    energy: Sequence[Mismatch]


def comparability(one: Campaign, other: Campaign) -> Comparability:
    """What two campaigns differ in, as far as it matters.

    Scores may be compared where the question and the test are the same, whatever machine they were found on. Energy may be compared
    where, besides, functional unit, machine and protocol are the same: on another machine it is known in another way, and shorter
    windows or more threads measure something else.
    """
    quality = _mismatches(
        one,
        other,
        {"task": _task, "test data": _test, "columns": _columns, "test samples": _samples, "conditions": conditions_text},
    )
    return Comparability(
        quality, [*quality, *_mismatches(one, other, {"functional unit": _unit, "machine": _machine, "protocol": _protocol})]
    )


def _mismatches(one: Campaign, other: Campaign, looks: Mapping[str, Callable[[Campaign], str]]) -> list[Mismatch]:
    pairs = {what: (look(one), look(other)) for what, look in looks.items()}
    # Of a campaign that answered nothing there is nothing to hold against another one's samples.
    return [Mismatch(what, *pair) for what, pair in pairs.items() if pair[0] != pair[1] and all(pair)]


def _task(campaign: Campaign) -> str:
    return f"{campaign.task}, version {campaign.task_version}"


def _test(campaign: Campaign) -> str:
    sha256 = campaign.data.test_sha256 or campaign.data.sha256
    return f"{campaign.data.test_samples} samples of {sha256[:HASH_SHOWN]}"


def _columns(campaign: Campaign) -> str:
    data = campaign.data
    # Files of answers are told by what is in them, wherever they lie.
    targets = [sha256[:HASH_SHOWN] for sha256 in data.target_files.values()] or [data.target, *data.further_targets]
    return f"{', '.join(targets)} of {data.input}"


def _samples(campaign: Campaign) -> str:
    """Which samples of the file were asked, in which order and with which right answers, as a hash; empty where none was."""
    answered = next((run for run in campaign.runs if run.predictions), None)
    asked = json.dumps([[prediction.id, prediction.expected] for prediction in answered.predictions]) if answered else ""
    return asked and hashlib.sha256(asked.encode()).hexdigest()[:HASH_SHOWN]


def conditions_text(campaign: Campaign) -> str:
    """What was asked of all candidates alike, in words."""
    return ", ".join(f"{name} = {value}" for name, value in sorted(campaign.conditions.items())) or "none"


def _unit(campaign: Campaign) -> str:
    return f"{campaign.unit_name} ({campaign.unit_size})"


def _machine(campaign: Campaign) -> str:
    return f"{campaign.machine.machine_id[:HASH_SHOWN]}, declared {campaign.machine.sha256[:HASH_SHOWN]}"


def _protocol(campaign: Campaign) -> str:
    return protocol_text(campaign.protocol)


def protocol_text(protocol: Protocol) -> str:
    """How it was measured, in words."""
    return (
        f"{counted(protocol.rounds, 'round')} of {protocol.window_s:g} s, {counted(protocol.seeds, 'seed')}, "
        f"{counted(protocol.threads, 'thread')}"
    )
