"""Which runs may be compared at all: in quality on the same test, in energy on the same machine by the same protocol."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple

from evaluation.messages import Figure, Message, Recorded, Setting, in_english, listed, say, say_number
from evaluation.run import Campaign, Protocol

HASH_SHOWN = 12


class Mismatch(NamedTuple):
    """Something in which two campaigns differ, as each has it, in words."""

    what: Message
    one: Figure
    other: Figure

    @property
    def message(self) -> Message:
        """All of it."""
        return say("{what}: {one}, and {other}", what=self.what, one=self.one, other=self.other)

    def as_dict(self) -> dict[str, str]:
        """In English, for `--json`."""
        return {"what": str(self.what), "one": in_english(self.one), "other": in_english(self.other)}


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
        [
            (say("task"), _task),
            (say("test data"), _test),
            (say("columns"), _columns),
            (say("test samples"), _samples),
            (say("conditions"), conditions_text),
        ],
    )
    of_energy = [(say("functional unit"), _unit), (say("machine"), _machine), (say("protocol"), _protocol)]
    return Comparability(quality, [*quality, *_mismatches(one, other, of_energy)])


def _mismatches(one: Campaign, other: Campaign, looks: Sequence[tuple[Message, Callable[[Campaign], Figure]]]) -> list[Mismatch]:
    found = [Mismatch(what, look(one), look(other)) for what, look in looks]
    # Of a campaign that answered nothing there is nothing to hold against another one's samples.
    return [each for each in found if each.one != each.other and each.one and each.other]


def _task(campaign: Campaign) -> Message:
    return say("{task}, version {version}", task=campaign.task, version=campaign.task_version)


def _test(campaign: Campaign) -> Message:
    sha256 = campaign.data.test_sha256 or campaign.data.sha256
    return say("{samples} samples of {sha256}", samples=campaign.data.test_samples, sha256=sha256[:HASH_SHOWN])


def _columns(campaign: Campaign) -> Message:
    data = campaign.data
    # Files of answers are told by what is in them, wherever they lie.
    targets = [sha256[:HASH_SHOWN] for sha256 in data.target_files.values()] or [data.target, *data.further_targets]
    return say("{targets} of {input}", targets=", ".join(targets), input=data.input)


def _samples(campaign: Campaign) -> str:
    """Which samples of the file were asked, in which order and with which right answers, as a hash; empty where none was."""
    answered = next((run for run in campaign.runs if run.predictions), None)
    asked = json.dumps([[prediction.id, prediction.expected] for prediction in answered.predictions]) if answered else ""
    return asked and hashlib.sha256(asked.encode()).hexdigest()[:HASH_SHOWN]


def conditions_text(campaign: Campaign) -> Figure:
    """What was asked of all candidates alike, in words."""
    return ", ".join(f"{name} = {value}" for name, value in sorted(campaign.conditions.items())) or say("none")


def _unit(campaign: Campaign) -> Message:
    return say("{unit} ({size})", unit=Recorded(campaign.unit_name), size=campaign.unit_size)


def _machine(campaign: Campaign) -> Message:
    machine = campaign.machine
    return say("{machine}, declared {sha256}", machine=machine.machine_id[:HASH_SHOWN], sha256=machine.sha256[:HASH_SHOWN])


def _protocol(campaign: Campaign) -> Message:
    return protocol_text(campaign.protocol)


def protocol_text(protocol: Protocol) -> Message:
    """How it was measured, in words."""
    return listed(
        say_number(
            "{number} round of {window} s", "{number} rounds of {window} s", protocol.rounds, window=Setting(protocol.window_s)
        ),
        say_number("{number} seed", "{number} seeds", protocol.seeds),
        say_number("{number} thread", "{number} threads", protocol.threads),
    )
