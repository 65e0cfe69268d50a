"""Campaigns that were quick or did not reach their end."""

from __future__ import annotations

import pytest

from evaluation.run import CampaignStatus, Protocol
from tests.evaluation.judgement.checks.sound import advice_on, codes, sound_campaign


def test_a_quick_campaign_says_what_it_left_out() -> None:
    (advice,) = advice_on(sound_campaign(protocol=Protocol(seeds=2, rounds=3, window_s=2.0, quick=True)))
    assert advice.code == "P007"
    assert str(advice.found) == "a quick campaign: 3 x 2 s a candidate, and not 5 x 10 s"
    assert str(advice.remedy) == "decide on a whole one: preuve run request-classification --data requests.csv ..."


@pytest.mark.parametrize(
    ("status", "reason", "found"),
    [
        ("interrupted", None, "an interrupted campaign: what is shown is not all of it"),
        ("interrupted", "the budget is spent", "an interrupted campaign (the budget is spent): what is shown is not all of it"),
        ("running", None, "the campaign has not ended: what is shown is not all of it"),
    ],
)
def test_a_campaign_that_did_not_reach_its_end_says_so(status: CampaignStatus, reason: str | None, found: str) -> None:
    (advice,) = advice_on(sound_campaign(status=status, reason=reason))
    assert (advice.code, str(advice.found)) == ("P007", found)


def test_a_campaign_can_be_quick_and_interrupted() -> None:
    campaign = sound_campaign(protocol=Protocol(seeds=2, quick=True), status="interrupted")
    assert codes(advice_on(campaign)) == ["P007", "P007"]
