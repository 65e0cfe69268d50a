"""P004: test samples are among those learnt from, or nearly.

Whoever has learnt the answers by heart scores well without having understood anything, and a keyword sheet, which learns nothing by
heart, is then held against a memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.judgement.checks.advice import Advice, Examined, run_command, some_of
from evaluation.messages import say, words
from evaluation.run import Campaign

CODE = "P004"
# Of the test samples that were compared. Answered rightly for no other reason, so many raise a share of right answers by one point
# in a hundred at most, a third of the least gain that the city's goals ask for. In BANKING77 it is one in twenty, in the sample
# requests none. An overlap is told from the first on: nobody has one who did not allow it.
MOST_NEAR_DUPLICATES = 0.01


def check(examined: Examined) -> Iterator[Advice]:
    """One advice on texts that are on both sides, one on those that are but for a few letters."""
    for campaign in examined.campaigns:
        about = examined.tried_in(campaign)
        yield from _overlap(campaign, about)
        yield from _near_duplicates(campaign, about)


def _overlap(campaign: Campaign, about: tuple[str, ...]) -> Iterator[Advice]:
    data = campaign.data
    if not data.overlap:
        return
    template = words("{overlap} of {samples} test texts are among those learnt from: who knows them by heart scores too well")
    remedy = say("drop them from one side of {file}, and run without --allow-overlap", file=data.name)
    yield Advice(CODE, say(template, overlap=data.overlap, samples=data.test_samples), remedy, about)


def _near_duplicates(campaign: Campaign, about: tuple[str, ...]) -> Iterator[Advice]:
    data = campaign.data
    if data.near_duplicates <= MOST_NEAR_DUPLICATES * data.near_duplicates_looked_at:
        return
    found = say(
        "{near} of {samples} test texts nearly repeat one learnt from (training = test): {ids}",
        near=data.near_duplicates,
        samples=data.near_duplicates_looked_at,
        ids=some_of(data.near_duplicate_ids, 2),
    )
    remedy = say("drop them from one side of {file}, then {command}", file=data.name, command=run_command(campaign))
    yield Advice(CODE, found, remedy, about)
