"""Data that may not be used any more."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.evaluation.judgement.checks.sound import TODAY, advice_on, codes, sound_campaign, sound_data


@pytest.mark.parametrize(("days", "expected"), [(0, []), (1, ["P005"])])
def test_the_last_day_itself_still_counts(days: int, expected: list[str]) -> None:
    campaign = sound_campaign(data=sound_data(expires=TODAY))
    assert codes(advice_on(campaign, today=TODAY + dt.timedelta(days=days))) == expected


def test_the_day_is_named_with_what_may_be_done() -> None:
    (advice,) = advice_on(sound_campaign(data=sound_data(expires=dt.date(2026, 3, 31))))
    assert str(advice.found) == "the data (requests.csv) were to be used until 2026-03-31, and no longer"
    assert "delete the data" in str(advice.remedy)
    assert str(advice.remedy).endswith("--dpia REFERENCE --expires YYYY-MM-DD")


def test_data_without_an_end_do_not_expire() -> None:
    assert codes(advice_on(sound_campaign(data=sound_data(expires=None)), today=dt.date(2099, 1, 1))) == []
