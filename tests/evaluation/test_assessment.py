"""A campaign judged by the goals of its POC, as it is shown and scripted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from evaluation.assessment import Assessment, assess
from evaluation.exceptions import PreuveError
from evaluation.goals import Goals
from evaluation.metrics import accuracy, macro_f1
from evaluation.run import Campaign
from evaluation.task import Task, Unit
from tests.records import make_campaign, make_contest, make_deployment, make_goals
from tests.results import HUB, KEYWORDS, LINEAR, advised, compared, judged_as
from tests.results import assessed as put_together
from tests.shown import parsed, tables_of, text_of

TASK = Task("request-classification", "1", "requests.csv", "message", "service", Unit("1 000 requests", 1000), (macro_f1, accuracy))
GOALS = make_goals(quality={"metric": "accuracy", "floor": 0.6}, quality_gain={"floor": 0.03})
TODAY = dt.date(2026, 11, 25)


def contest(goals: Goals = GOALS, **changes: Any) -> Campaign:
    usual = {"goals": goals.text, "goals_sha256": goals.sha256}
    return make_contest({"rules": 200, "linear": 300}, **usual | changes)


def assessed(campaign: Campaign, goals: Goals = GOALS, **options: Any) -> Assessment:
    return assess(TASK, goals, campaign, today=TODAY, **options)


def test_candidates_are_compared_on_the_metric_of_the_goals() -> None:
    assert assessed(contest()).comparison.metric is accuracy
    without = make_goals(quality_gain={"floor": 0.03})
    assert assessed(contest(without), without).comparison.metric is macro_f1


def test_they_are_judged_by_the_goals_as_they_are_now() -> None:
    found = assessed(contest())
    assert found.goals is GOALS
    assert (found.verdicts.decision, found.verdicts.leading) == ("GO", "linear")


def test_goals_that_changed_since_are_named_and_loosen_nothing() -> None:
    then = make_goals(quality={"metric": "accuracy", "floor": 0.9}, quality_gain={"floor": 0.03})
    found = assessed(contest(then))
    assert [str(each) for each in found.changed] == ["quality: floor was 0.9, is now 0.6"]
    assert found.verdicts.decision == "GO IF"


def test_goals_that_are_the_same_have_not_changed() -> None:
    assert list(assessed(contest()).changed) == []


def test_goals_of_a_record_that_cannot_be_read_are_no_reason_for_a_go() -> None:
    found = assessed(contest(Goals({}, "of an older version")))
    assert list(found.changed) == []
    assert found.verdicts.decision == "GO IF"


def test_the_scenario_is_that_of_the_goals_with_the_default_factor() -> None:
    goals = make_goals(deployment=make_deployment(), quality_gain={"floor": 0.03})
    found = assessed(contest(goals), goals)
    assert found.scenario.deployment == make_deployment()
    assert (found.scenario.factor.id, found.scenario.unit_size) == ("ademe-2025", 1000)
    assert len(found.scenario.factors) > 1


def test_another_factor_is_taken_where_one_is_named() -> None:
    assert assessed(contest(), factor_id="rte-2024").scenario.factor.id == "rte-2024"
    with pytest.raises(PreuveError) as caught:
        assessed(contest(), factor_id="rte-2042")
    assert caught.value.remedy == "did you mean rte-2024?"


def test_further_campaigns_are_put_beside_it() -> None:
    other = contest(id="20261124-100000-bbbb")
    found = assessed(contest(), others=[other])
    assert [result.name for result in found.comparison.results] == [
        "rules (3f2a)",
        "rules (bbbb)",
        "linear (3f2a)",
        "linear (bbbb)",
    ]


def development_kwh(found: Assessment, name: str = "linear") -> float:
    verdict = found.verdicts.of[name]
    value = next(judged.value for judged in verdict.goals if judged.goal == "development_kwh")
    assert value is not None
    return value.value


def test_development_counts_what_was_used_before_the_campaign_and_in_it() -> None:
    goals = make_goals(quality_gain={"floor": 0.03}, development_kwh={"ceiling": 5.0})
    campaign = contest(goals, development_wh=1000.0)
    assert development_kwh(assessed(campaign, goals)) == pytest.approx((1000 + campaign.energy_wh) / 1000)


def test_of_several_campaigns_development_counts_up_to_the_last_one() -> None:
    goals = make_goals(quality_gain={"floor": 0.03}, development_kwh={"ceiling": 5.0})
    first = contest(goals, development_wh=1000.0)
    last = contest(goals, id="20261124-100000-bbbb", development_wh=3000.0)
    for one, other in ((first, last), (last, first)):
        found = assessed(one, goals, others=[other])
        for name in ("linear (3f2a)", "linear (bbbb)"):
            assert development_kwh(found, name) == pytest.approx((3000 + last.energy_wh) / 1000)


def test_there_must_be_something_to_compare() -> None:
    with pytest.raises(PreuveError):
        assessed(make_campaign())


def test_it_shows_the_decision_the_candidates_the_goals_and_what_the_checks_found() -> None:
    comparison, verdicts = compared(KEYWORDS, LINEAR, HUB), judged_as("GO IF", "keywords", "tfidf-linearsvc")
    found = put_together(comparison, verdicts, advice=[advised("P002", "the test is <small>", "label more")])
    shown, tables = parsed(found), tables_of(found)
    assert [text_of(each) for each in shown.iter("p")] == [str(verdicts.concluded), "What the numbered checks found:"]
    assert str(verdicts.concluded).startswith("GO IF, by the leading candidate tfidf-linearsvc: better than the baseline")
    assert list(tables) == [*tables_of(comparison), "GO IF: goals, by tfidf-linearsvc"]
    assert tables["GO IF: goals, by tfidf-linearsvc"][3][0] == "energy per 1 000 requests routed"
    assert text_of(list(shown.iter("li"))[-1]) == "P002 The test is <small>. → Label more."


def test_without_a_candidate_it_shows_what_there_is() -> None:
    found = put_together(compared(HUB), judged_as("GO"))
    assert len(tables_of(found)) == 1
    assert [text_of(each) for each in parsed(found).iter("p")] == [
        "NOT CONCLUSIVE: no candidate besides the one without AI was measured."
    ]
