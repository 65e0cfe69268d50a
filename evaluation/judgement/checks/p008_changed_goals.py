"""P008: the goals were changed after measuring.

A bar that is set once the jump was seen proves nothing, and it makes no difference whether that was meant. Which change it was is
told line by line; of a record without its goals only that they were others.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.goals import Goals, changed_goals, recorded_goals
from evaluation.judgement.checks.advice import Advice, Examined, run_command
from evaluation.messages import Message, say
from evaluation.run import Campaign

CODE = "P008"
HASH_SHOWN = 12


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a change."""
    for campaign in examined.campaigns:
        of_comparison = campaign.id == examined.comparison.campaign.id
        then = (examined.then if of_comparison else None) or recorded_goals(campaign.goals)
        remedy = say("put them back, or measure under those of now: {command}", command=run_command(campaign))
        for found in _changes(campaign, then, examined.case.goals):
            yield Advice(CODE, found, remedy, examined.tried_in(campaign))


def _changes(campaign: Campaign, then: Goals, now: Goals) -> Iterator[Message]:
    if campaign.goals_sha256 == now.sha256:
        return
    if then.text:
        for change in changed_goals(then, now):
            yield say("goals changed after measuring: {change}", change=change)
        return
    yield say(
        "measured under goals that are not recorded and were others (SHA-256 {then}, now {now})",
        then=campaign.goals_sha256[:HASH_SHOWN],
        now=now.sha256[:HASH_SHOWN],
    )
