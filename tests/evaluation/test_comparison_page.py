"""What `preuve compare` and `preuve check` print: whole pages and tables, written by hand from hand-picked results."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest

from evaluation.assessment import Assessment, assess
from evaluation.comparison_page import (
    candidate_table,
    check_page,
    comparison_page,
    difference_table,
    goal_lines,
    goal_table,
    margin_lines,
    score_table,
    service_table,
    year_table,
)
from evaluation.goals import Goal, Goals
from evaluation.judgement.comparison import CandidateResult, Difference, compare
from evaluation.judgement.goal_values import Judged
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import Decision, Verdict, Verdicts
from evaluation.messages import recorded, say
from evaluation.metrics import accuracy, macro_f1
from evaluation.task import Task, Unit
from tests.records import STARTED, make_campaign, make_data, make_predictions, make_reading, make_rounds, make_run
from tests.results import (
    BROKEN,
    CAMPAIGN,
    DIFFERENCES,
    GAINED,
    HARMLESS,
    HOSTILE,
    HUB,
    KEYWORDS,
    LEAN,
    LINEAR,
    MET,
    MISSED,
    OPEN,
    SCENARIO,
    TRANSFORMER,
    UNDECLARED,
    UNDEPLOYED,
    WIDTH,
    advised,
    assessed,
    compared,
    fits,
    judged_as,
    no_controls,
    printed,
)

# A table takes one column at its left for an edge that is not drawn.
CANDIDATES = """\
request-classification on requests.csv, campaign 20261123-190559-3f2a
 ──────────────────────────────────────────────────────────────────────────────────────────────────
                                                mWh per 1 000 requests  ms for one,
 candidate            macro_f1     accuracy             routed (class)    p50 (p95)  verdict
 ──────────────────────────────────────────────────────────────────────────────────────────────────
 keywords                0.612        0.640                   2.00 (C)       0.0369  without AI
 (baseline)        0.580–0.645  0.610–0.671                  1.96–2.04     (0.0922)  on the front
 tfidf-linearsvc         0.796        0.810                   12.3 (C)        0.123  GO IF
                   0.761–0.830  0.780–0.840                  11.9–12.7      (0.200)  on the front
 tiny-transformer        0.900        1.000                    820 (C)            –  GO IF
                   0.880–1.000  1.000–1.000                    800–840               on the front
 ──────────────────────────────────────────────────────────────────────────────────────────────────
"""
DECISION = """\
GO IF, by the leading candidate tfidf-linearsvc: better than the baseline by the gain that is asked,
nothing missed, and each open goal names what would settle it.

"""
GOALS = """\
Goals, by tfidf-linearsvc
 ────────────────────────────────────────────────────────────────────────────────
 goal                   target     bound   found (judged from–to)  outcome
 ────────────────────────────────────────────────────────────────────────────────
 quality macro_f1                  ≥ 0.6   0.796 (0.761 to 0.830)  met
 quality_gain                     ≥ 0.03   0.183 (0.137 to 0.231)  met
 energy_per_unit_wh        0.1    ≤ 1 Wh  12.3 (5.95 to 76.2) mWh  met, at target
 deployed_kwh_per_year      10  ≤ 50 kWh     32.1 (20.4 to ?) kWh  undetermined
 human_path                                                        met
 ────────────────────────────────────────────────────────────────────────────────
? deployed_kwh_per_year is undetermined (its peak memory is not known). To settle it: a predictor
that can be saved, or figures of your own server.
"""
RULES = """\
How a decision follows from the goals; the first that holds:
  NO GO: a goal is missed: the whole interval lies beyond its bound.
  GO: every goal is met: the whole interval lies within its bound.
  GO IF: better than the baseline by the gain that is asked, nothing missed, and each open goal
names what would settle it.
  NOT CONCLUSIVE: none of these; the baseline wins ties.
"""
# 1/6.15 = 0.163 is never shown: what beats the baseline stands in the row of the other one. 1/410 = 0.00244.
DIFFERENCE = """\
Differences in macro_f1 and in energy, with p values corrected for all pairs
 ─────────────────────────────────────────────────────────────────────────────────────────
                    macro_f1 against      energy over   macro_f1 against       energy over
                            keywords          that of   tiny-transformer           that of
 candidate            (the baseline)         keywords         (the best)  tiny-transformer
 ─────────────────────────────────────────────────────────────────────────────────────────
 keywords                                                         −0.288           0.00244
                                                        −0.335 to −0.240   0.00239–0.00249
                                                        p < 0.001, worse   p < 0.001, less
 tfidf-linearsvc              +0.183             6.15             −0.104            0.0150
                    +0.137 to +0.231        5.99–6.31   −0.149 to +0.001     0.0147–0.0153
                   p < 0.001, better  p < 0.001, more          p = 0.052   p < 0.001, less
 tiny-transformer             +0.288              410
                    +0.240 to +0.335          402–418
                   p < 0.001, better  p < 0.001, more
 ─────────────────────────────────────────────────────────────────────────────────────────
"""
# 0.17 x 1 000 outcomes for 12.3 - 2.00 mWh, of which a half to six times as much may be true: 130 outcomes for 61.8 mWh at the
# worst, 210 for 5.15 mWh at best. A request saves 0.17 x 3.3 Wh - 0.0103 mWh = 0.561 Wh: 4.21 / 0.561 = 7.5.
MARGIN = """\
Margin of tfidf-linearsvc over the baseline, per 1 000 requests routed: 170 (130 to 210) more
correct outcomes for 10.3 (5.15 to 61.8) mWh more; 16 505 (2 104 to 40 777) additional correct
outcomes per additional Wh.
Training paid back after 8 requests: 4.21 Wh over 561 mWh a request, with 3.3 Wh for each wrong
outcome put right (goals.toml).
"""
# The linear one takes 1/128 of the memory: 120 W x 8 760 h x 1.5 / 128 = 12.32 kWh, and 900 kg / 4 / 128 = 1.758 kg. Each of its
# requests takes 0.001 Wh x 1.5: 0.0225 kWh for 15 000 of them, 2.175 kWh for ten times 145 000. All times 46.1 g.
# The keywords take 1/4 096 of the memory: 0.385 kWh and 0.0549 kg.
YEARS = """\
kWh (kg CO2e) a year in service, the share of a server and its making included, ademe-2025
 ──────────────────────────────────────────────────────────────────────────────────────────
 candidate        requests a year    server      rebound x1      rebound x3     rebound x10
 ──────────────────────────────────────────────────────────────────────────────────────────
 keywords              low 15 000  0.0244 %  0.385 (0.0727)  0.385 (0.0727)  0.385 (0.0727)
                   central 60 000  0.0244 %  0.385 (0.0727)  0.385 (0.0727)  0.386 (0.0727)
                     high 145 000  0.0244 %  0.385 (0.0727)  0.386 (0.0727)  0.387 (0.0728)
 tfidf-linearsvc       low 15 000   0.781 %     12.3 (2.33)     12.4 (2.33)     12.5 (2.34)
                   central 60 000   0.781 %     12.4 (2.33)     12.6 (2.34)     13.2 (2.37)
                     high 145 000   0.781 %     12.5 (2.34)     13.0 (2.36)     14.5 (2.43)
 ──────────────────────────────────────────────────────────────────────────────────────────
"""
# The transformer: 60 000 x 0.001 Wh x 1.5 = 90 Wh; 1/64 x 120 W x 8 760 h x 1.5 = 24.64 kWh; together 24.73 kWh.
# x 46.1 g = 1.140 kg, and 1/64 x 900 kg / 4 = 3.516 kg: 4.656 kg.
# Low: 16.485 kWh x 1.2 x 21.7 g = 0.429 kg, and 1/64 x 460 kg / 4 = 1.797 kg: 2.226 kg.
# High: 16.485 kWh x 2.0 x 56.039 g = 1.848 kg, and 1/64 x 2 087 kg / 4 = 8.152 kg: 10.0 kg.
SERVICE = """\
In service: 60 000 requests a year, ademe-2025
 ──────────────────────────────────────────────────────────────────────────────────────────────────
                                               mWh above idle
                    peak         Wh        per 1 000 requests  share of      kWh a year     kg CO2e
 candidate           MiB     to fit                    routed  a server  (for requests)      a year
 ──────────────────────────────────────────────────────────────────────────────────────────────────
 keywords           32.0  too short                     0.100  0.0244 %           0.385      0.0727
                                                      0.0960–                (90.0 mWh)     0.0348–
                                                        0.104                                 0.156
 tfidf-linearsvc   1 024       4.21                      1.00   0.781 %            12.4        2.33
                                                   0.800–1.20                 (90.0 Wh)   1.11–5.00
 tiny-transformer      –       12.5                      45.6  ≥ 1.56 %          ≥ 24.7      ≥ 4.66
                                                                              (90.0 Wh)   2.23–10.0
 ──────────────────────────────────────────────────────────────────────────────────────────────────
"""
NOTES = """\
• hub-transformer: unavailable. No network. To make it available: connect
• 30 test samples, 70 to learn from, 2 classes. 5 rounds of 10 s, 1 seed, 1 thread. The second lines
are 95 % intervals for these fits: over the test samples of each class for scores, over the rounds
for energy.
"""
AT_MOST = Goal("guardrail", ceiling=0.02, target=0.01, metric="unsupported_facts")
KEPT = "So far the baseline does it without AI: keywords."
SHORT_NAMES = ("keywords", "tfidf-linearsvc", "tiny-transformer")
LINEAR_LEADS = judged_as("GO IF", *SHORT_NAMES, leading="tfidf-linearsvc")


def page_of(found: Assessment) -> str:
    return printed(*comparison_page(found))


def table_of(*results: CandidateResult, verdicts: Verdicts | None = None, **changes: Any) -> str:
    comparison = compared(*results, **changes)
    return printed(candidate_table(comparison, verdicts or judged_as("GO", *(result.name for result in results))))


def cells(table: str, candidate: str) -> list[str]:
    """What stands in a candidate's first line."""
    (line,) = (line for line in table.splitlines() if line.split()[:1] == [candidate])
    return line.split()


def joined(text: str) -> str:
    """A text whose lines were broken to fit, in one line."""
    return " ".join(text.split())


# Whole pages


def test_a_page_tells_candidates_decision_goals_checks_differences_scale_and_notes_in_this_order() -> None:
    found = assessed(
        compared(KEYWORDS, LINEAR, TRANSFORMER, HUB),
        LINEAR_LEADS,
        advice=(advised("P006", "one seed: luck is not told apart", "preuve run request-classification --seeds 3"),),
    )
    tried = "The lowest emission factor (rte-2024) changes no decision.\n"
    checks = "\nChecks\nP006 One seed: luck is not told apart. → preuve run request-classification --seeds 3\n\n"
    shown = page_of(found)
    assert shown.startswith(CANDIDATES + DECISION + GOALS + tried + RULES + checks + DIFFERENCE + MARGIN + YEARS + SERVICE + NOTES)
    assert fits(shown)


def test_every_note_of_a_page_begins_with_a_bullet() -> None:
    notes = page_of(assessed(compared(KEYWORDS, LINEAR), LINEAR_LEADS)).partition("In service")[2].partition("• ")[2]
    assert "A difference is decisive when its p value is below 0.05 after Holm's correction for all 2 comparisons" in joined(notes)
    assert "That server idles at 120 W and has 128 GiB." in joined(notes)


def test_a_campaign_in_which_nothing_was_measured_says_so_and_shows_no_table() -> None:
    shown = page_of(assessed(compared(HUB, BROKEN), judged_as(None)))
    assert shown == (
        "Campaign 20261123-190559-3f2a: no candidate was measured completely. There is nothing to judge.\n"
        "• hub-transformer: unavailable. No network. To make it available: connect\n"
        "• broken: failed. ValueError in fit.py, line 3.\n"
        "• 30 test samples, 70 to learn from, 2 classes. 5 rounds of 10 s, 1 seed, 1 thread.\n"
    )


def test_a_baseline_by_itself_has_its_figures_and_no_decision() -> None:
    shown = page_of(assessed(compared(KEYWORDS), judged_as(None, "keywords")))
    assert shown.startswith(table_of(KEYWORDS, verdicts=judged_as(None, "keywords")))
    said = "NOT CONCLUSIVE. Only the baseline without AI was measured: there is nothing to hold against it."
    assert said in joined(shown)
    for word in ("Goals, by", "Differences", "Margin", "rebound"):
        assert word not in shown
    assert "In service: 60 000 requests a year" in shown


def test_one_candidate_without_a_baseline_has_no_differences_and_no_margin() -> None:
    found = assessed(compared(LINEAR), judged_as("NOT CONCLUSIVE", "tfidf-linearsvc"))
    shown = page_of(found)
    assert "NOT CONCLUSIVE, by the leading candidate tfidf-linearsvc: none of these; the baseline wins ties." in shown
    assert "So far the baseline" not in shown
    assert "Goals, by tfidf-linearsvc" in shown
    assert "Differences" not in shown
    assert list(margin_lines(found, "tfidf-linearsvc")) == []
    # A year of service needs no baseline.
    assert cells(shown.partition("rebound")[2].partition("In service")[0], "tfidf-linearsvc")[1:3] == ["low", "15"]


def test_two_candidates_without_a_baseline_are_held_against_the_best_alone() -> None:
    table = printed(difference_table(compared(LINEAR, TRANSFORMER)))
    assert "(the best)" in table
    assert "(the baseline)" not in table
    assert cells(table, "tfidf-linearsvc")[1:] == ["−0.104", "0.0150"]


def test_without_a_deployment_a_page_has_the_carbon_of_a_unit_and_no_year() -> None:
    shown = page_of(assessed(compared(KEYWORDS, LINEAR), LINEAR_LEADS, scenario=UNDEPLOYED))
    assert "Fit, memory, and carbon by ademe-2025" in shown
    assert "Nothing is said of a year in service: goals.toml has no [deployment]." in joined(shown)
    assert "rebound" not in shown
    assert "a server" not in shown


@pytest.mark.parametrize("name", ["résumé-automatique-des-délibérations-du-conseil-municipal", "m" * 300, HOSTILE, "東京" * 40])
def test_a_page_with_any_name_fits_its_columns_and_nothing_of_it_is_cut(name: str) -> None:
    named = replace(LINEAR, name=name)
    other = replace(TRANSFORMER, name=f"{name}, the other")
    renamed = {"tfidf-linearsvc": name, "tiny-transformer": other.name, "keywords": "keywords"}
    differences = [replace(each, one=renamed[each.one], other=renamed[each.other]) for each in DIFFERENCES]
    comparison = compared(KEYWORDS, named, other, replace(HUB, name=name + "?"), differences=differences)
    shown = page_of(assessed(comparison, judged_as("NO GO", "keywords", name, other.name, leading=name)))
    # A wide letter takes two columns.
    assert all(len(line) + sum(letter in "東京" for letter in line) <= WIDTH for line in shown.splitlines())
    assert "…" not in shown
    assert no_controls(shown)
    # Figures stay whole beside it.
    for words in ("0.761–0.830", "+0.137 to +0.231", "p < 0.001, better", "NO GO", "2.23–10.0", "on the front"):
        assert words in shown
    for letter in set("mr東") & set(name):
        assert table_of(named, other, differences=differences).count(letter) >= 2 * name.count(letter)


def test_a_page_of_the_longest_figures_fits_its_columns() -> None:
    odd = replace(
        LINEAR,
        scores={"macro_f1": Interval(-0.7956, -0.861, -0.7301), "accuracy": Interval(0.81, 0.78, 0.84)},
        energy_wh=Interval(1234567.0, 1111111.0, 1888888.0),
        above_idle_wh=Interval(1234567.0, -1111111.0, 1888888.0),
        fit_energy_wh=98765432.1,
        latency_p50_ms=123456.0,
        latency_p95_ms=223456.0,
        per_sample=replace(LINEAR.per_sample, cpu_seconds=98765.0, energy_above_idle_wh=9876.0),  # type: ignore[type-var]
    )
    differences = [
        replace(each, ratio=Interval(1234567.0, -0.0001234, 9876543.0)) if "keywords" in (each.one, each.other) else each
        for each in DIFFERENCES
    ]
    shown = page_of(assessed(compared(KEYWORDS, odd, differences=differences), LINEAR_LEADS))
    assert fits(shown)
    # 0.00196 Wh in kWh, in a column of 1 234 kWh.
    assert {"0.00000196–", "0.00000204", "1", "235", "−0.000123", "to", "9", "876", "543"} <= set(shown.split())


def test_names_cannot_drive_the_terminal_wherever_they_stand() -> None:
    hostile = HOSTILE.replace("/", "")
    mild = HARMLESS.replace("/", "")
    campaign = make_campaign(
        make_run("keywords", baseline=True, rounds=make_rounds(0.002, 0.002)),
        make_run(HOSTILE, rounds=make_rounds(0.0123, 0.0123)),
        data=make_data(f"{hostile}.csv"),
        unit_name=f"1 000 {hostile}",
        over_budget=HOSTILE,
        metrics=("macro_f1",),
    )
    slice_goal = Judged(
        f"slice_recall {HOSTILE}={HOSTILE}",
        "missed",
        Goal("slice_recall", floor=0.7, slice=HOSTILE, value=HOSTILE),
        Interval(0.5, 0.4, 0.6),
        reason=say("lowest: {group}", group=HOSTILE),
        settled_by=(say("test samples of {group}", group=HOSTILE),),
    )
    results = [replace(KEYWORDS, campaign=campaign), replace(LINEAR, name=HOSTILE, candidate=HOSTILE, campaign=campaign)]
    results.append(replace(BROKEN, name=f"broken {HOSTILE}", reason=recorded(HOSTILE), remedy=recorded(HOSTILE), campaign=campaign))
    verdict = Verdict(HOSTILE, "NO GO", (slice_goal,), (say("under {what} it would be GO", what=HOSTILE),))
    found = assessed(
        compared(*results, differences=[replace(DIFFERENCES[0], one=HOSTILE)], campaign=campaign),
        Verdicts({"keywords": Verdict("keywords", None, ()), HOSTILE: verdict}, HOSTILE, (say("{a}", a=HOSTILE),)),
        advice=(advised("P004", "{}".format(HOSTILE.replace("{", "")), HOSTILE),),
    )
    for shown in (page_of(found), printed(*check_page(found, HOSTILE))):
        assert no_controls(shown)
        assert "[red]a[/red] :smile:" in shown
        assert fits(shown)
    assert joined(mild) in joined(page_of(found))


def test_two_campaigns_stand_side_by_side_with_the_ends_of_their_ids() -> None:
    def campaign(name: str, **changes: Any) -> Any:
        runs = (
            make_run("keywords", baseline=True, rounds=make_rounds(1.0, 1.1, 1.2)),
            make_run("linear", rounds=make_rounds(2.0, 2.1, 2.3)),
        )
        return make_campaign(*runs, id=name, **changes)

    one, other = campaign("20261123-190559-3f2a"), campaign("20261124-190559-77aa")
    comparison = compare(one, [macro_f1, accuracy], others=[other])
    names = [result.name for result in comparison.results]
    assert names == ["keywords (3f2a)", "keywords (77aa)", "linear (3f2a)", "linear (77aa)"]
    verdicts = Verdicts({name: Verdict(name, None if "keywords" in name else "GO", (MET,)) for name in names}, "linear (77aa)", ())
    shown = page_of(assessed(comparison, verdicts))
    table = shown.partition("GO, by the leading candidate linear (77aa)")[0]
    assert [line.split()[:2] for line in table.splitlines() if "(3f2a)" in line or "(77aa)" in line] == [
        ["keywords", "(3f2a)"],
        ["keywords", "(77aa)"],
        ["linear", "(3f2a)"],
        ["linear", "(77aa)"],
    ]
    assert fits(shown)
    # On another machine energies are not compared; on another test nothing is.
    elsewhere = campaign("20261124-190559-77aa", machine=one.machine.model_copy(update={"machine_id": "f" * 16}))
    said = joined(page_of(assessed(compare(one, [macro_f1, accuracy], others=[elsewhere]), verdicts)))
    assert "Energies not compared (machine: " in said
    otherwise = campaign("20261124-190559-77aa", data=make_data(test_sha256="1" * 64))
    said = joined(page_of(assessed(compare(one, [macro_f1, accuracy], others=[otherwise]), verdicts)))
    assert "Campaign 20261124-190559-77aa is shown, but not compared: test data: 30 samples of dddddddddddd" in said


def test_seeds_stand_apart_in_a_note() -> None:
    seeds = replace(LINEAR, seeds=3, seed_scores={"macro_f1": (0.7712, 0.81, nan), "accuracy": (0.8, 0.8, 0.8)})
    shown = joined(page_of(assessed(compared(KEYWORDS, seeds), LINEAR_LEADS)))
    assert "macro_f1 of each seed: tfidf-linearsvc 0.771, 0.810, –." in shown
    assert "of each seed" not in page_of(assessed(compared(KEYWORDS, LINEAR), LINEAR_LEADS))


def test_a_real_campaign_is_judged_and_printed_whole() -> None:
    task = Task(
        "request-classification", "1", "requests.csv", "text", "category", Unit("1 000 requests", 1000), (macro_f1, accuracy)
    )
    goals = Goals({"energy_per_unit_wh": Goal("energy_per_unit_wh", ceiling=1000.0)}, "# made\n", human_path=True)
    right = ["a", "b"] * 100
    answers = {"keywords": right[:120] + ["a"] * 80, "linear": right[:190] + ["a"] * 10}
    runs = [
        make_run(
            name,
            baseline=name == "keywords",
            predictions=make_predictions(right, answers[name]),
            rounds=make_rounds(*(base * (1 + wobble) for wobble in (0.0, 0.03, 0.01, 0.02, 0.005))),
        )
        for name, base in (("keywords", 1.0), ("linear", 2.0))
    ]
    campaign = make_campaign(*runs, readings=[make_reading("idle", cpu_wh=0.01, ram_wh=0.01)], goals_sha256=goals.sha256)
    found = assess(task, goals, campaign, today=STARTED.date())
    shown = page_of(found)
    assert shown.count("linear") > 3
    assert fits(shown)
    assert f"{found.verdicts.decision}, by the leading candidate linear" in shown
    table = printed(candidate_table(found.comparison, found.verdicts))
    assert shown.startswith(table)
    # 40 and 5 of 200 are wrong.
    assert [cells(table, name)[2] for name in ("keywords", "linear")] == ["0.800", "0.975"]


# Decisions


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("GO", "every goal is met: the whole interval lies within its bound."),
        (
            "GO IF",
            "better than the baseline by the gain that is asked, nothing missed, and each open goal names what would settle it.",
        ),
        ("NO GO", f"a goal is missed: the whole interval lies beyond its bound. {KEPT}"),
        ("NOT CONCLUSIVE", f"none of these; the baseline wins ties. {KEPT}"),
    ],
)
def test_a_decision_is_said_with_its_reason_and_what_is_kept_meanwhile(decision: Decision, said: str) -> None:
    shown = page_of(assessed(compared(KEYWORDS, LINEAR), judged_as(decision, "keywords", "tfidf-linearsvc")))
    table, _, rest = shown.partition(f"\n{decision}, by the leading candidate ")
    assert joined(rest.partition("Goals, by")[0]) == f"tfidf-linearsvc: {said}"
    assert cells(table, "tfidf-linearsvc")[6:] == decision.split()


def test_what_would_turn_a_decision_is_marked() -> None:
    sensitive = (say("under {what} it would be {decision}", what="the highest emission factor", decision="NO GO"),)
    found = assessed(compared(KEYWORDS, LINEAR), judged_as("GO", "keywords", "tfidf-linearsvc", sensitive_to=sensitive))
    assert "\n! Under the highest emission factor it would be NO GO.\n" in page_of(found)


def test_checks_have_a_heading_of_their_own_and_none_where_there_are_none() -> None:
    comparison = compared(KEYWORDS, LINEAR)
    several = (advised("P001", "worse.", "keep it"), advised("P010", "others used the machine", "measure again"))
    assert "\n\nChecks\nP001 Worse. → keep it\nP010 Others used the machine. → measure again\n\nDifferences" in page_of(
        assessed(comparison, LINEAR_LEADS, advice=several)
    )
    assert "Checks" not in page_of(assessed(comparison, LINEAR_LEADS))


# Candidates


def test_the_candidates_in_a_table() -> None:
    assert table_of(KEYWORDS, LINEAR, TRANSFORMER, verdicts=LINEAR_LEADS) == CANDIDATES


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_score_that_is_no_number_is_a_dash_and_never_a_zero(value: float) -> None:
    odd = replace(LINEAR, scores={"macro_f1": Interval(value, value, value), "accuracy": Interval(0.81)})
    table = table_of(KEYWORDS, odd)
    assert cells(table, "tfidf-linearsvc")[1:3] == ["–", "0.810"]
    assert "nan" not in table
    assert "inf" not in table


def test_a_metric_that_nobody_computed_is_a_dash() -> None:
    table = table_of(replace(LINEAR, scores={"macro_f1": Interval(0.8)}))
    assert cells(table, "tfidf-linearsvc")[1:3] == ["0.800", "–"]


def test_a_time_that_is_not_known_is_a_dash() -> None:
    assert cells(table_of(replace(LINEAR, latency_p95_ms=None)), "tfidf-linearsvc")[5] == "–"


def test_the_metric_that_decides_comes_first_and_two_have_room() -> None:
    campaign = CAMPAIGN.model_copy(update={"metrics": ("accuracy", "recall", "macro_f1")})
    table = table_of(LINEAR, campaign=campaign)
    heading = next(line for line in table.splitlines() if line.split()[:1] == ["candidate"])
    assert heading.split()[1:3] == ["macro_f1", "accuracy"]
    assert "recall" not in table
    by_accuracy = table_of(LINEAR, campaign=campaign, metric=accuracy)
    heading = next(line for line in by_accuracy.splitlines() if line.split()[:1] == ["candidate"])
    assert heading.split()[1:3] == ["accuracy", "recall"]


OF_FIVE = CAMPAIGN.model_copy(update={"metrics": ("macro_f1", "accuracy", "recall", "kept", "length")})
OTHERS = {"recall": Interval(0.7, 0.65, 0.75), "kept": Interval(0.25), "length": Interval(1234.5678, 1200.0, 1300.0)}
WITH_OTHERS = replace(LINEAR, scores={**LINEAR.scores, **OTHERS})


def heading_of(table: str) -> list[str]:
    return next(line.split() for line in table.splitlines() if line.split()[:1] == ["candidate"])


def test_the_metrics_without_room_stand_in_a_table_of_their_own() -> None:
    table = printed(score_table(compared(KEYWORDS, WITH_OTHERS, HUB, campaign=OF_FIVE)))
    assert table.startswith("The other metrics\n")
    assert heading_of(table) == ["candidate", "recall", "kept", "length"]
    assert cells(table, "tfidf-linearsvc") == ["tfidf-linearsvc", "0.700", "0.250", "1234.568"]
    assert "0.650–0.750" in table
    # Nobody computed them for the one, and the other was not measured.
    assert cells(table, "keywords") == ["keywords", "–", "–", "–"]
    assert "hub-transformer" not in table


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_another_metric_that_is_no_number_is_a_dash(value: float) -> None:
    odd = replace(LINEAR, scores={**LINEAR.scores, **OTHERS, "kept": Interval(value, value, value)})
    table = printed(score_table(compared(odd, campaign=OF_FIVE)))
    assert cells(table, "tfidf-linearsvc") == ["tfidf-linearsvc", "0.700", "–", "1234.568"]
    assert "nan" not in table
    assert "inf" not in table


def test_the_table_of_the_other_metrics_is_there_only_for_more_than_two() -> None:
    verdicts = judged_as("GO IF", "keywords", "tfidf-linearsvc")
    three = CAMPAIGN.model_copy(update={"metrics": ("macro_f1", "accuracy", "recall")})
    for campaign, lacking, there in ((CAMPAIGN, {}, False), (three, {}, True), (three, {"recall": "facts"}, False)):
        page = page_of(assessed(compared(KEYWORDS, WITH_OTHERS, campaign=campaign, lacking=lacking), verdicts))
        assert ("The other metrics" in page) == there
        # Between the goals and what sets the candidates apart.
        assert not there or page.index("How a decision") < page.index("The other metrics") < page.index("Differences in")


def test_metrics_that_the_data_have_no_column_for_are_in_no_table() -> None:
    lacking = {"accuracy": "facts", "kept": "facts"}
    comparison = compared(WITH_OTHERS, campaign=OF_FIVE, lacking=lacking)
    table = printed(candidate_table(comparison, judged_as("GO", "tfidf-linearsvc")))
    assert heading_of(table)[1:3] == ["macro_f1", "recall"]
    assert heading_of(printed(score_table(comparison))) == ["candidate", "length"]


def test_the_names_of_other_metrics_fit_and_cannot_drive_the_terminal() -> None:
    names = (f"1{HOSTILE}", "rappel_de_la_classe_la_moins_bien_servie", "[bold]kept[/bold]")
    campaign = CAMPAIGN.model_copy(update={"metrics": ("macro_f1", "accuracy", *names)})
    table = printed(score_table(compared(replace(LINEAR, scores=dict.fromkeys(names, Interval(0.5, 0.4, 0.6))), campaign=campaign)))
    assert fits(table)
    assert no_controls(table)
    assert "[bold]" in table
    assert table.count("0.400–0.600") == 3


def test_a_metric_of_a_long_name_is_whole() -> None:
    name = "rappel_de_la_classe_la_moins_bien_servie"
    odd = replace(LINEAR, scores={name: Interval(0.5, 0.4, 0.6)})
    table = table_of(odd, metric=replace(macro_f1, name=name))
    assert fits(table)
    assert "0.400–0.600" in table
    assert len(name) <= sum(len(word) for word in table.split() if word in name)


def test_each_energy_says_how_it_is_known() -> None:
    table = table_of(replace(KEYWORDS, evidence="B"), LINEAR, replace(TRANSFORMER, evidence="A"))
    assert [cells(table, name)[4] for name in SHORT_NAMES] == ["(B)", "(C)", "(A)"]


def test_a_single_round_has_values_without_intervals() -> None:
    table = table_of(replace(LINEAR, energy_wh=Interval(0.0123)))
    assert cells(table, "tfidf-linearsvc")[3] == "12.3"
    assert "11.9" not in table


def test_the_column_of_energies_has_one_unit() -> None:
    # The transformer's 1 234 Wh are 1.23 kWh, and so are the keywords' 0.002 Wh 0.000002.
    table = table_of(KEYWORDS, replace(TRANSFORMER, energy_wh=Interval(1234.0)))
    assert "kWh per" in table
    assert [cells(table, name)[3] for name in ("keywords", "tiny-transformer")] == ["0.00000200", "1.23"]
    # Where an interval is too long for its column it goes on in the next line.
    assert {"0.00000196–", "0.00000204"} <= set(table.split())


def test_a_candidate_without_figures_has_no_row() -> None:
    table = table_of(KEYWORDS, HUB, BROKEN)
    assert "keywords" in table
    assert "hub-transformer" not in table
    assert "broken" not in table


def test_who_is_dominated_is_not_on_the_front() -> None:
    # Decisively better, and decisively less.
    wins = Difference("tfidf-linearsvc", "tiny-transformer", Interval(0.1, 0.05, 0.15), 0.001, Interval(0.1, 0.09, 0.11), 0.001)
    table = table_of(LINEAR, TRANSFORMER, differences=[wins])
    fronts = [line for line in table.splitlines() if "on the front" in line]
    assert len(fronts) == 1
    assert "0.761–0.830" in fronts[0]


# Differences


def test_the_differences_in_a_table() -> None:
    assert printed(difference_table(compared(KEYWORDS, LINEAR, TRANSFORMER))) == DIFFERENCE


def test_where_the_baseline_is_the_best_it_stands_once() -> None:
    best = replace(KEYWORDS, scores={"macro_f1": Interval(0.99)})
    table = printed(difference_table(compared(best, LINEAR, TRANSFORMER)))
    assert "(the best)" not in table
    assert table.count("(the baseline)") == 1


def test_what_may_not_be_compared_is_a_dash() -> None:
    apart = Difference("tfidf-linearsvc", "keywords", no_quality=say("another test"), no_ratio=say("another machine"))
    assert cells(printed(difference_table(compared(KEYWORDS, LINEAR, differences=[apart]))), "tfidf-linearsvc")[1:3] == ["–", "–"]


def test_a_difference_without_an_interval_is_neither_better_nor_worse() -> None:
    single = Difference("tfidf-linearsvc", "keywords", Interval(0.18), 1.0, Interval(6.15), 1.0)
    table = printed(difference_table(compared(KEYWORDS, LINEAR, differences=[single])))
    assert cells(table, "tfidf-linearsvc")[1:3] == ["+0.180", "6.15"]
    assert table.count("p = 1.000") >= 2
    for word in ("better", "worse", "more", "less"):
        assert f", {word}" not in table


def test_two_estimates_that_rank_otherwise_make_no_difference_decisive() -> None:
    disputed = replace(DIFFERENCES[0], second_ratio=Interval(0.5, 0.4, 0.6))
    table = printed(difference_table(compared(KEYWORDS, LINEAR, differences=[disputed])))
    assert "p < 0.001, better" in table
    assert ", more" not in table


# Goals


def test_the_goals_in_a_table_with_what_would_settle_them() -> None:
    verdict = LINEAR_LEADS.of["tfidf-linearsvc"]
    assert printed(goal_table(verdict), *goal_lines(verdict.goals)) == GOALS


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Interval(32.1, None, 61.7), "32.1 (? to 61.7) kWh"),
        (Interval(32.1, 20.4, None), "32.1 (20.4 to ?) kWh"),
        (Interval(32.1), "32.1 kWh"),
        (Interval(0.0000321, 0.0000204, 0.0000617), "32.1 (20.4 to 61.7) mWh"),
        (Interval(0.0), "0 µWh"),
        (Interval(0.0, -0.001, 0.002), "0 (−1 000 000 to 2 000 000) µWh"),
        (Interval(-0.032, -0.064, -0.016), "−32.0 (−64.0 to −16.0) Wh"),
        (Interval(nan, 1.0, 2.0), "–"),
        (None, "–"),
    ],
)
def test_what_was_found_stands_between_the_ends_that_decide(value: Interval | None, shown: str) -> None:
    table = printed(goal_table(Verdict("linear", "GO IF", (replace(OPEN, value=value),))))
    row = next(line for line in table.splitlines() if line.split()[:1] == ["deployed_kwh_per_year"])
    assert f"≤ 50 kWh  {shown}" in " ".join(row.split()).replace("kWh ", "kWh  ", 1)


def test_a_goal_that_is_missed_or_open_says_why_and_what_would_settle_it() -> None:
    assert list(goal_lines([MET, MISSED, UNDECLARED, OPEN, GAINED, LEAN])) == [
        "× slice_recall urgent=true is missed.",
        "? data_declared is undetermined (nobody says whether the data hold personal data).",
        (
            "? deployed_kwh_per_year is undetermined (its peak memory is not known). To settle it: a predictor that can be saved, "
            "or figures of your own server."
        ),
    ]


def test_a_target_is_reached_by_what_meets_its_goal_alone() -> None:
    assert LEAN.bound is not None
    missed_bound = replace(LEAN, outcome="undetermined")
    beyond = replace(LEAN, value=Interval(0.2, 0.1, 0.3))
    table = printed(goal_table(Verdict("linear", "GO", (LEAN, missed_bound, beyond))))
    outcomes = [line.split("Wh ")[-1].strip() for line in table.splitlines() if "energy_per_unit_wh" in line]
    assert outcomes == ["met, at target", "undetermined", "met"]


@pytest.mark.parametrize(
    ("judged", "row"),
    [
        (
            Judged("guardrail unsupported_facts", "missed", AT_MOST, Interval(0.05, 0.03, 0.07)),
            "guardrail unsupported_facts 0.01 ≤ 0.02 0.0500 (0.0300 to 0.0700) missed",
        ),
        (
            Judged("guardrail unsupported_facts", "met", AT_MOST, Interval(0.0, 0.0, 0.01)),
            "guardrail unsupported_facts 0.01 ≤ 0.02 0 (0 to 0.0100) met, at target",
        ),
        (
            Judged("guardrail kept", "undetermined", Goal("guardrail", floor=0.9, metric="kept"), Interval(nan, nan, nan)),
            "guardrail kept ≥ 0.9 – undetermined",
        ),
        (
            Judged("guardrail kept", "undetermined", Goal("guardrail", floor=0.9, metric="kept")),
            "guardrail kept ≥ 0.9 – undetermined",
        ),
        (MET, "quality macro_f1 ≥ 0.6 0.796 (0.761 to 0.830) met"),
    ],
)
def test_a_guardrail_names_its_metric_once_and_has_no_unit(judged: Judged, row: str) -> None:
    table = printed(goal_table(Verdict("linear", "NO GO", (judged,))))
    # Under the title and the heading between two rules.
    assert joined(table.splitlines()[4]) == row


def test_a_goal_of_a_slice_with_a_long_value_keeps_all_its_letters() -> None:
    value = "v" * 90
    judged = replace(MISSED, goal=f"slice_recall channel={value}")
    table = printed(goal_table(Verdict("linear", "NO GO", (judged,))))
    assert fits(table)
    assert table.count("v") == 90
    assert "0.580 (0.490 to 0.670)" in table


# Margin and scale


def test_a_margin_with_the_payback_of_training() -> None:
    found = assessed(compared(KEYWORDS, LINEAR), LINEAR_LEADS)
    assert joined(" ".join(margin_lines(found, "tfidf-linearsvc"))) == joined(MARGIN)


def margin_with(result: CandidateResult = LINEAR, gain: float = 0.17, **goals: Any) -> list[str]:
    """What is said of the margin of a candidate that is right so much more often."""
    quality = replace(
        compared(KEYWORDS, result).quality,
        differences={("tfidf-linearsvc", "keywords"): {"accuracy": Interval(gain, gain - 0.04, gain + 0.04)}},
    )
    found = assessed(compared(KEYWORDS, result, quality=quality), LINEAR_LEADS, goals=Goals({}, "", **goals))
    return list(margin_lines(found, "tfidf-linearsvc"))


def test_without_a_correction_training_is_never_paid_back_by_more_energy() -> None:
    assert margin_with()[1] == (
        "Training paid back: never, tfidf-linearsvc takes more than it saves (the correction of wrong outcomes not counted: "
        "goals.toml says nothing of it)."
    )


def test_training_too_short_to_be_measured_is_not_paid_back_by_nothing() -> None:
    lines = margin_with(replace(LINEAR, fit_energy_wh=None), correction_wh=3.3)
    assert lines[1] == (
        "Training paid back: unknown, it was too short to be measured (with 3.3 Wh for each wrong outcome put right (goals.toml))."
    )


def test_fewer_correct_outcomes_are_called_fewer() -> None:
    lines = margin_with(gain=-0.17, correction_wh=3.3)
    assert lines[0] == (
        "Margin of tfidf-linearsvc over the baseline, per 1 000 requests routed: 170 (130 to 210) fewer correct outcomes for 10.3 "
        "(5.15 to 61.8) mWh more."
    )
    assert lines[1].startswith("Training paid back: never")


def test_what_takes_less_energy_is_said_to() -> None:
    campaign = make_campaign(
        make_run("keywords", baseline=True, rounds=make_rounds(0.02, 0.02)),
        make_run("tfidf-linearsvc", rounds=make_rounds(0.01, 0.01)),
        unit_name="1 000 requests routed",
    )
    results = [replace(each, campaign=campaign) for each in (KEYWORDS, LINEAR)]
    found = assessed(compared(*results, campaign=campaign), LINEAR_LEADS)
    assert next(iter(margin_lines(found, "tfidf-linearsvc"))) == (
        "Margin of tfidf-linearsvc over the baseline, per 1 000 requests routed: 170 (130 to 210) more correct outcomes for 10.0 "
        "(5.00 to 60.0) mWh less."
    )


def test_of_energy_that_may_be_no_more_than_the_baselines_nothing_is_bought_per_watt_hour() -> None:
    # Now more and now less: 0.5 mWh on average.
    campaign = make_campaign(
        make_run("keywords", baseline=True, rounds=make_rounds(0.01, 0.02, 0.01)),
        make_run("tfidf-linearsvc", rounds=make_rounds(0.02, 0.01, 0.0115)),
        unit_name="1 000 requests routed",
    )
    results = [replace(each, campaign=campaign) for each in (KEYWORDS, LINEAR)]
    line = next(margin_lines(assessed(compared(*results, campaign=campaign), LINEAR_LEADS), "tfidf-linearsvc"))
    assert "correct outcomes for 500 (−" in line
    assert line.endswith(") µWh more.")


def test_a_year_at_three_volumes_and_three_rebounds() -> None:
    table = year_table(assessed(compared(KEYWORDS, LINEAR), LINEAR_LEADS), "tfidf-linearsvc")
    assert table is not None
    assert printed(table) == YEARS


def test_a_year_of_what_takes_an_unknown_memory_is_a_lower_bound() -> None:
    table = year_table(assessed(compared(KEYWORDS, TRANSFORMER)), "tiny-transformer")
    assert table is not None
    row = cells(printed(table), "tiny-transformer")
    # 15 000 x 262.8 CPU seconds are 1/256 of the server.
    assert row[1:6] == ["low", "15", "000", "≥", "0.391"]
    assert row[7] == "≥"


@pytest.mark.parametrize("changes", [{"scenario": UNDEPLOYED}, {}])
def test_there_is_no_year_without_a_deployment_or_the_idle_machine(changes: dict[str, Any]) -> None:
    unmeasured = [replace(each, per_sample=None) for each in (KEYWORDS, LINEAR)] if not changes else [KEYWORDS, LINEAR]
    assert year_table(assessed(compared(*unmeasured), LINEAR_LEADS, **changes), "tfidf-linearsvc") is None


# In service


def test_a_year_of_service_in_a_table() -> None:
    assert printed(service_table(compared(KEYWORDS, LINEAR, TRANSFORMER, HUB), SCENARIO)) == SERVICE


def test_without_a_deployment_a_table_has_the_carbon_of_a_unit() -> None:
    table = printed(service_table(compared(LINEAR, TRANSFORMER), UNDEPLOYED))
    assert table.splitlines()[0] == "Fit, memory, and carbon by ademe-2025"
    assert "mg CO2e per" in table
    # 0.0123 Wh and 0.82 Wh at 46.1 g a kWh; the second has no known memory.
    assert cells(table, "tfidf-linearsvc")[1:] == ["1", "024", "4.21", "1.00", "0.567"]
    assert cells(table, "tiny-transformer")[1:] == ["–", "12.5", "45.6", "37.8"]


def test_what_the_idle_machine_was_not_measured_for_is_not_in_service() -> None:
    table = printed(service_table(compared(replace(KEYWORDS, per_sample=None), LINEAR), SCENARIO))
    assert "tfidf-linearsvc" in table
    assert "keywords" not in table


@pytest.mark.parametrize("width", [WIDTH, 80])
def test_an_interval_too_long_for_its_column_keeps_all_its_digits(width: int) -> None:
    long = replace(LINEAR, above_idle_wh=Interval(0.0012, -0.0001234, 0.0025))
    table = printed(service_table(compared(long), SCENARIO), width=width)
    assert {"1.20", "−0.123", "to", "2.50"} <= set(table.split())
    assert fits(table, width)


def test_a_fit_that_could_not_be_read_is_a_dash_and_a_short_one_too_short() -> None:
    unread = replace(LINEAR, fit_energy_wh=None, fit_duration_s=None)
    table = printed(service_table(compared(KEYWORDS, unread), SCENARIO))
    assert cells(table, "tfidf-linearsvc")[3] == "–"
    assert cells(table, "keywords")[2:4] == ["too", "short"]


# The gate


def test_a_check_shows_the_goals_of_one_candidate() -> None:
    found = assessed(compared(KEYWORDS, LINEAR), LINEAR_LEADS)
    first = "GO IF: tfidf-linearsvc, campaign 20261123-190559-3f2a.\n"
    assert printed(*check_page(found, "tfidf-linearsvc")) == first + GOALS


def test_a_check_of_the_baseline_calls_it_that() -> None:
    found = assessed(compared(KEYWORDS, LINEAR), LINEAR_LEADS)
    assert printed(*check_page(found, "keywords")).startswith("The baseline: keywords, campaign 20261123-190559-3f2a.\n")


def test_a_check_of_nothing_but_a_baseline_is_undetermined() -> None:
    found = assessed(compared(KEYWORDS), judged_as(None, "keywords"))
    assert printed(*check_page(found, None)) == "No candidate besides the baseline was measured.\n"
