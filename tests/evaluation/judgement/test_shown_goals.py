"""A verdict shows in a notebook each goal with what was found, and says what would settle those that are open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evaluation.goals import Goal
from evaluation.judgement.goal_values import Judged
from evaluation.judgement.shown_goals import goal_table, open_lines
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import Verdict, Verdicts
from evaluation.messages import say
from evaluation.publishing.language import Language
from tests.results import GAINED, GOALS_OF, HUMAN, LEAN, MET, MISSED, OPEN, UNDECLARED, judged_as
from tests.shown import parsed, tables_of, text_of

FRENCH = Language("fr")
NO_GO = Verdict("linear", "NO GO", GOALS_OF["NO GO"])


def items_of(shown: object) -> list[str]:
    return [text_of(item) for item in parsed(shown).iter("li")]


def test_a_verdict_shows_each_goal_and_what_that_makes() -> None:
    assert tables_of(Verdict("linear", "NO GO", (MET, GAINED, LEAN, MISSED, OPEN, HUMAN))) == {
        "NO GO: goals, by linear": [
            ["Goal", "Bound", "Found (judged between)", "Outcome"],
            ["quality, macro_f1", "≥\u00a00.6", "0.796 / 0.761 to 0.830", "✓ met"],
            ["gain over doing without AI", "≥\u00a00.03", "0.183 / 0.137 to 0.231", "✓ met"],
            [
                "energy per one functional unit",
                "≤\u00a01\u202fWh",
                "12.3\u202fmWh / 5.95\u202fmWh to 76.2\u202fmWh",
                "✓ met, target reached",
            ],
            ["recall where urgent is true", "≥\u00a00.7", "0.580 / 0.490 to 0.670", "✗ missed"],
            ["energy of a year in service", "≤\u00a050\u202fkWh", "32.1\u202fkWh / 20.4\u202fkWh to ?", "? undetermined"],
            ["people still serve who wants it", "–", "–", "✓ met"],
        ]
    }


def test_carbon_has_its_unit() -> None:
    goal = Goal("carbon_kg_co2e_per_year", ceiling=2.5)
    (_, row) = goal_rows(Judged(goal.key, "met", goal, Interval(0.5, 0.25, 1.0)))
    assert row[1:3] == ["≤\u00a02.5\u202fkg CO₂e", "0.500\u202fkg CO₂e / 0.250\u202fkg CO₂e to 1.00\u202fkg CO₂e"]


def test_what_was_not_found_is_a_dash() -> None:
    (_, row) = goal_rows(replace(LEAN, value=None, outcome="undetermined"))
    assert row[2:] == ["–", "? undetermined"]


def goal_rows(*goals: Judged) -> list[list[str]]:
    (rows,) = tables_of(Verdict("a", None, goals)).values()
    return rows


def test_it_says_what_is_missed_and_what_would_settle_the_rest() -> None:
    verdict = replace(NO_GO, sensitive_to=(say("under the other factor it would be GO"),))
    assert items_of(verdict) == [
        "Recall where urgent is true: missed.",
        (
            "Energy of a year in service: undetermined (its peak memory is not known). "
            "What would settle it: a predictor that can be saved, or figures of your own server."
        ),
        "Under the other factor it would be GO.",
    ]


def test_of_goals_that_are_met_nothing_is_to_be_said() -> None:
    assert items_of(Verdict("linear", "GO", GOALS_OF["GO"])) == []


def test_the_baseline_has_goals_and_no_decision() -> None:
    assert list(tables_of(Verdict("rules", None, (MET,)))) == ["Goals, by rules"]


def test_somebody_elses_names_are_text() -> None:
    goal = Goal("slice_recall", floor=0.7, slice="<i>", value="<b>")
    found = Verdict("<u>", "NO GO", (Judged(goal.key, "missed", goal, Interval(0.5, 0.4, 0.6)),))
    assert tables_of(found)["NO GO: goals, by <u>"][1][0] == "recall where <i> is <b>"
    assert items_of(found) == ["Recall where <i> is <b>: missed."]


def test_a_unit_is_named_where_somebody_says_which() -> None:
    html = goal_table(say("x"), [LEAN], "1 000 requests").html
    assert "energy per 1 000 requests" in html
    assert [str(line) for line in open_lines([replace(LEAN, outcome="missed")], "1 000 requests")] == [
        "Energy per 1 000 requests: missed."
    ]


def test_verdicts_show_the_decision_and_a_line_for_each_candidate() -> None:
    verdicts = Verdicts(
        {"keywords": Verdict("keywords", None, (MET,)), "a": NO_GO, "b": Verdict("b", "NOT CONCLUSIVE", (MET, UNDECLARED))},
        "b",
        (say("the lowest emission factor changes no decision"),),
    )
    assert tables_of(verdicts) == {
        "NOT CONCLUSIVE, by the leading candidate b: none of these; the baseline wins ties.": [
            ["Candidate", "Decision", "Missed, or cannot be decided yet"],
            ["keywords", "without AI", "–"],
            ["a", "NO GO", "✗ recall where urgent is true / ? energy of a year in service"],
            ["b", "NOT CONCLUSIVE", "? declared whether the data hold personal data"],
        ]
    }
    assert items_of(verdicts) == ["The lowest emission factor changes no decision."]


def test_without_a_candidate_there_is_nothing_to_lead() -> None:
    (caption,) = tables_of(judged_as("GO", "keywords"))
    assert caption == "NOT CONCLUSIVE: no candidate besides the one without AI was measured."


@pytest.mark.parametrize(
    ("shown", "caption"),
    [
        (NO_GO, "NO GO\u00a0: les objectifs, pour linear"),
        (judged_as("GO", "keywords"), "NON CONCLUANT\u00a0: aucun candidat n’a été mesuré, hormis la solution sans IA."),
    ],
)
def test_they_speak_french_where_that_is_spoken(shown: object, caption: str) -> None:
    assert list(tables_of(shown, FRENCH)) == [caption]
    assert tables_of(NO_GO, FRENCH)["NO GO\u00a0: les objectifs, pour linear"][3][1:] == [
        "≥\u00a00,7",
        "0,580 / 0,490 à 0,670",
        "✗ manqué",
    ]
