"""P005: the data are past the day until which they may be used.

Personal data are kept for a purpose and a time (GDPR, article 5): whoever decides on a POC must know that its evidence can no
longer be looked at, nor the POC be measured again. A campaign on data that have expired does not begin; this is about older ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from evaluation.judgement.checks.advice import Advice, Examined, run_command
from evaluation.messages import Day, say

CODE = "P005"


def check(examined: Examined) -> Iterator[Advice]:
    """One advice a campaign whose data have expired; the last day itself still counts."""
    for campaign in examined.campaigns:
        data = campaign.data
        if data.expires is None or data.expires >= examined.today:
            continue
        found = say("the data ({file}) were to be used until {day}, and no longer", file=data.name, day=Day(data.expires))
        command = run_command(campaign, "--dpia REFERENCE --expires YYYY-MM-DD")
        remedy = say("delete the data; or have their use extended, and declare it: {command}", command=command)
        yield Advice(CODE, found, remedy, examined.tried_in(campaign))
