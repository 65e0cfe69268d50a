"""The evidence that a report has for what public frameworks ask."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evaluation.assessment import Assessment
from evaluation.goals import Goal
from evaluation.publishing.language import Language
from evaluation.publishing.report import report_page
from tests.evaluation.publishing.reading import read_page
from tests.records import make_goals
from tests.reports import CARD, DATE
from tests.results import CAMPAIGN, HUB, KEYWORDS, LINEAR, assessed, compared, judged_as


def found_of(goals: Any, *, fixed: bool = True) -> Assessment:
    chosen = make_goals(**goals)
    sha256 = chosen.sha256 if fixed else "0" * 64
    campaign = CAMPAIGN.model_copy(update={"goals_sha256": sha256})
    results = [replace(each, campaign=campaign) for each in (KEYWORDS, LINEAR, HUB)]
    verdicts = judged_as("GO IF", "keywords", "tfidf-linearsvc", leading="tfidf-linearsvc")
    return replace(assessed(compared(*results, campaign=campaign), verdicts), goals=chosen)


def section(found: Assessment, heading: str) -> str:
    page = read_page(report_page(found, CARD, Language("en"), DATE))
    return page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]


SPEC = "Frugal AI: AFNOR SPEC 2314"
CEILING = {"energy_per_unit_wh": {"ceiling": 0.5}, "quality": {"metric": "macro_f1", "floor": 0.6}}


def test_the_way_without_ai_stands_beside_what_the_card_says_of_the_need() -> None:
    assert f"{CARD.without_ai} / measured beside the candidates: keywords |" in section(found_of({}), SPEC)


def test_ceilings_stand_for_the_estimate_if_they_were_fixed_before() -> None:
    before = "ceilings that were fixed before the campaign: / Energy per 1 000 requests routed: ≤\u00a00.5\u202fWh |"
    assert before in section(found_of(CEILING), SPEC)
    assert "ceilings, changed after the campaign: / Energy" in section(found_of(CEILING, fixed=False), SPEC)
    assert "the goals set no ceiling for energy" in section(found_of({"quality": {"metric": "macro_f1", "floor": 0.6}}), SPEC)


def test_what_was_measured_is_told_candidate_by_candidate_and_failures_are_counted() -> None:
    evidence = section(found_of({}), SPEC)
    assert "keywords: 2.00\u202fmWh / tfidf-linearsvc: 12.3\u202fmWh |" in evidence
    assert "2 of the 3 candidates that were tried have a result" in evidence


def test_the_annex_of_the_reen_law_has_objectives_of_sobriety_with_their_units() -> None:
    annex = section(found_of(CEILING), "Yearly annex of the REEN law")
    row = "| Energy per 1 000 requests routed | energy_per_unit_wh | ≤\u00a01\u202fWh | 12.3\u202fmWh / 5.95 to 76.2 | met |"
    assert row in annex
    # The quality that is asked is none of them.
    assert "| Quality" not in annex


def test_goals_are_shown_in_their_units() -> None:
    found = replace(found_of({}), goals=replace(make_goals(), goal={"energy_per_unit_wh": Goal("energy_per_unit_wh", ceiling=0.5)}))
    assert "| energy_per_unit_wh | – | 0.5\u202fWh | – |" in section(found, "Goals")
