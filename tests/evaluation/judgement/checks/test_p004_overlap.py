"""Texts that are learnt and measured on."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.judgement.checks.advice import Advice
from tests.evaluation.judgement.checks.sound import advice_on, codes, sound_campaign, sound_data


def with_data(**changes: Any) -> list[Advice]:
    return advice_on(sound_campaign(data=sound_data(**changes)))


@pytest.mark.parametrize(("overlap", "expected"), [(0, []), (1, ["P004"])])
def test_an_overlap_is_told_from_the_first_text_on(overlap: int, expected: list[str]) -> None:
    assert codes(with_data(overlap=overlap)) == expected


def test_an_overlap_is_counted_and_says_where_to_drop_it() -> None:
    (advice,) = with_data(overlap=12)
    assert str(advice.found).startswith("12 of 400 test texts are among those learnt from")
    assert str(advice.remedy) == "drop them from one side of requests.csv, and run without --allow-overlap"


@pytest.mark.parametrize(("near", "expected"), [(4, []), (5, ["P004"])])
def test_one_near_duplicate_in_a_hundred_is_let_pass(near: int, expected: list[str]) -> None:
    # Of 400.
    assert codes(with_data(near_duplicates=near)) == expected


def test_near_duplicates_are_counted_among_those_that_were_looked_at() -> None:
    ids = tuple(f"D{number} = T{number}" for number in range(10))
    (advice,) = with_data(near_duplicates=12, near_duplicates_looked_at=200, near_duplicate_ids=ids)
    assert str(advice.found) == (
        "12 of 200 test texts nearly repeat one learnt from (training = test): D0 = T0, D1 = T1 and 8 more"
    )


def test_where_nobody_looked_nothing_is_said() -> None:
    assert codes(with_data(near_duplicates_looked_at=0)) == []


def test_both_are_told() -> None:
    assert codes(with_data(overlap=1, near_duplicates=20)) == ["P004", "P004"]
