"""P006: a single seed, so that nobody knows how much of a score is luck.

Fine-tuned several times with nothing but another seed, one pretrained model came out points apart (Dodge et al. 2020, "Fine-tuning
pretrained language models: weight initializations, data orders, and early stopping"). Intervals over test samples do not hold that.
Which candidates learn at random a record cannot say, unless it has several seeds. So all are named but the baseline, which learns
nothing at random, for it does without AI.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.judgement.checks.advice import Advice, Examined, run_command, some_of
from evaluation.messages import say

CODE = "P006"
# Two show that there is luck; of two, nobody would say how much.
ADVISED_SEEDS = 3


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a campaign, on all candidates that have one seed."""
    for campaign in examined.campaigns:
        names = tuple(result.name for result in examined.measured_in(campaign) if result.seeds == 1 and not result.baseline)
        if not names:
            continue
        found = say(
            "with one seed nobody knows how much of a score is luck, where a candidate learns at random: {names}",
            names=some_of(names),
        )
        command = run_command(campaign, f"--seeds {max(ADVISED_SEEDS, campaign.protocol.seeds)}")
        yield Advice(CODE, found, say("several seeds, where one of these learns at random: {command}", command=command), names)
