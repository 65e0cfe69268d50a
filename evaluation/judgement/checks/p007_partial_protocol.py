"""P007: a quick campaign, or one that did not reach its end.

Short windows hold the noise of the meter, a few rounds make wide intervals, and what an interrupted campaign lacks it does not lack
by chance: the slowest candidate is the likeliest to be missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.judgement.checks.advice import Advice, Examined, run_command
from evaluation.judgement.settling import plain
from evaluation.messages import Message, Recorded, say
from evaluation.run import Campaign, Protocol

CODE = "P007"


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a campaign that was quick, one a campaign that was not finished."""
    for campaign in examined.campaigns:
        again = say("decide on a whole one: {command}", command=run_command(campaign))
        for found in _missing(campaign):
            yield Advice(CODE, found, again, examined.tried_in(campaign))


def _missing(campaign: Campaign) -> Iterator[Message]:
    protocol, full = campaign.protocol, Protocol()
    if protocol.quick:
        yield say(
            "a quick campaign: {rounds} x {window} s a candidate, and not {all_rounds} x {whole_window} s",
            rounds=protocol.rounds,
            window=plain(protocol.window_s),
            all_rounds=full.rounds,
            whole_window=plain(full.window_s),
        )
    if campaign.status == "running":
        yield say("the campaign has not ended: what is shown is not all of it")
    elif campaign.status == "interrupted":
        yield (
            say("an interrupted campaign ({reason}): what is shown is not all of it", reason=Recorded(campaign.reason))
            if campaign.reason
            else say("an interrupted campaign: what is shown is not all of it")
        )
