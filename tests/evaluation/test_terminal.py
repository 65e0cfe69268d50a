"""What is printed: whole tables, written by hand from hand-picked results."""

from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import replace
from math import inf, nan

import pytest
from rich.console import Console, RenderableType

from evaluation.doctor import Finding
from evaluation.energy.factors import find_factor, read_factors
from evaluation.judgement.comparison import Bounds, CandidateResult, Comparison, compare
from evaluation.judgement.deployment import PerSample
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.statistics import Interval
from evaluation.metrics import accuracy, macro_f1
from evaluation.mistakes import Mistake
from evaluation.notes import comparison_notes
from evaluation.terminal import (
    WIDE_TABLE,
    advice_lines,
    comparison_dict,
    comparison_table,
    finding_table,
    harmless,
    mistake_table,
    service_table,
)
from tests.records import make_campaign, make_data, make_deployment, make_rounds, make_run

KEYWORDS = CandidateResult(
    "keywords",
    baseline=True,
    status="finished",
    seeds=1,
    scores={"macro_f1": Interval(0.6124, 0.5796, 0.6449), "accuracy": Interval(0.64, 0.61, 0.671)},
    energy_wh=Interval(0.00205, 0.00201, 0.00209),
    evidence="C",
    fit_duration_s=0.2,
    ms_per_sample=0.0123,
)
LINEAR = CandidateResult(
    "tfidf-linearsvc",
    baseline=False,
    status="finished",
    seeds=1,
    scores={"macro_f1": Interval(0.7956, 0.761, 0.8301), "accuracy": Interval(0.81, 0.78, 0.84)},
    energy_wh=Interval(0.0123, 0.0119, 0.0127),
    evidence="C",
    ratio=Interval(6.0, 5.694, 6.322),
    fit_energy_wh=0.0421,
    ms_per_sample=0.0456,
)
TRANSFORMER = CandidateResult(
    "tiny-transformer",
    baseline=False,
    status="finished",
    seeds=1,
    scores={"macro_f1": Interval(0.9, 0.88, 0.9999), "accuracy": Interval(1.0, 1.0, 1.0)},
    energy_wh=Interval(0.82, 0.8, 0.84),
    evidence="C",
    ratio=Interval(400, 383.4, 1417.6),
    fit_energy_wh=0.125,
    ms_per_sample=3.4,
)
HUB = CandidateResult("hub-transformer", baseline=False, status="unavailable", seeds=0, reason="no network", remedy="connect")
BROKEN = CandidateResult(
    "broken", baseline=False, status="failed", seeds=0, reason="ValueError in fit.py, line 3", remedy="mend it"
)

# A table takes one column at its left for an edge that is not drawn.
WIDE = """\
request-classification on requests.csv, campaign 20261123-190559-3f2a
 ──────────────────────────────────────────────────────────────────────────────────────────────────────
                                                  mWh per 1 000         times the
                                                requests routed        baseline's   ms per
 candidate             macro_f1      accuracy           class C            energy   sample   mWh to fit
 ──────────────────────────────────────────────────────────────────────────────────────────────────────
 keywords                 0.612         0.640              2.05                 1   0.0123    too short
 (baseline)         0.580–0.645   0.610–0.671         2.01–2.09
 tfidf-linearsvc          0.796         0.810              12.3              6.00   0.0456         42.1
                    0.761–0.830   0.780–0.840         11.9–12.7         5.69–6.32
 tiny-transformer         0.900         1.000               820               400     3.40          125
                    0.880–1.000   1.000–1.000           800–840         383–1 418
 ──────────────────────────────────────────────────────────────────────────────────────────────────────
"""
NARROW = """\
request-classification on requests.csv, campaign 20261123-190559-3f2a
 ───────────────────────────────────────────────────────────────────────────────
                                    mWh per 1 000         times the
                                  requests routed        baseline's
 candidate             macro_f1           class C            energy   mWh to fit
 ───────────────────────────────────────────────────────────────────────────────
 keywords                 0.612              2.05                 1    too short
 (baseline)         0.580–0.645         2.01–2.09
 tfidf-linearsvc          0.796              12.3              6.00         42.1
                    0.761–0.830         11.9–12.7         5.69–6.32
 tiny-transformer         0.900               820               400          125
                    0.880–1.000           800–840         383–1 418
 ───────────────────────────────────────────────────────────────────────────────
"""
# In service. The linear one takes 1/128 of the server's memory; the numbers of its year are worked out in `test_scenario`. The
# transformer's memory is unknown; of the 32 x 8 760 x 3 600 CPU seconds of a year its 60 000 x 262.8 s are 1/64.
# 60 000 x 0.001 Wh x 1.5 = 90 Wh; 1/64 x 120 W x 8 760 h x 1.5 = 24.6375 kWh; together 24.7275 kWh.
# x 46.1 g = 1.140 kg, and 1/64 x 900 kg / 4 = 3.516 kg: 4.656 kg.
# Low: 16.485 kWh x 1.2 x 21.7 g = 0.429 kg, and 1/64 x 460 kg / 4 = 1.797 kg: 2.226 kg.
# High: 16.485 kWh x 2.0 x 56.039 g = 1.848 kg, and 1/64 x 2 087 kg / 4 = 8.152 kg: 10.0 kg.
SERVED = replace(
    LINEAR,
    per_sample=PerSample(0.001, 0.001, 1024.0),
    above_idle_wh=Interval(0.001, 0.0008, 0.0012),
    latency_p50_ms=0.1234,
    latency_p95_ms=0.2,
)
UNSIZED = replace(TRANSFORMER, per_sample=PerSample(0.001, 262.8, None), above_idle_wh=Interval(0.0456))
SCENARIO = Scenario(make_deployment(), find_factor("ademe-2025"), read_factors(), 1000)
UNDEPLOYED = replace(SCENARIO, deployment=None)
WIDE_SERVICE = """\
In service: 60 000 requests a year, ademe-2025
 ──────────────────────────────────────────────────────────────────────────────────────────────────────
                                                   mWh above idle
                     ms for one,   peak        per 1 000 requests  share of      kWh a year     kg CO2e
 candidate             p50 (p95)    MiB                    routed  a server  (for requests)      a year
 ──────────────────────────────────────────────────────────────────────────────────────────────────────
 tfidf-linearsvc   0.123 (0.200)  1 024                      1.00   0.781 %            12.4        2.33
                                                       0.800–1.20                 (90.0 Wh)   1.11–5.00
 tiny-transformer              –      –                      45.6  ≥ 1.56 %          ≥ 24.7      ≥ 4.66
                                                                                  (90.0 Wh)   2.23–10.0
 ──────────────────────────────────────────────────────────────────────────────────────────────────────
"""
NARROW_SERVICE = """\
In service: 60 000 requests a year, ademe-2025
 ───────────────────────────────────────────────────────────────────────────────
                                      mWh above
                                           idle                kWh a
                      ms for          per 1 000                 year
                        one,   peak    requests  share of       (for     kg CO2e
 candidate         p50 (p95)    MiB      routed  a server  requests)      a year
 ───────────────────────────────────────────────────────────────────────────────
 tfidf-linearsvc       0.123  1 024        1.00   0.781 %       12.4        2.33
                     (0.200)         0.800–1.20            (90.0 Wh)   1.11–5.00
 tiny-transformer          –      –        45.6  ≥ 1.56 %     ≥ 24.7      ≥ 4.66
                                                           (90.0 Wh)   2.23–10.0
 ───────────────────────────────────────────────────────────────────────────────
"""
# Rich's markup, and what drives a terminal: a colour, a link, a bell, a C1 control and line ends.
HOSTILE = "[red]a[/red] \x1b[31mb\x1b]8;;http://c\x07d\x9b2J\r\ne"
HARMLESS = "[red]a[/red]  [31mb ]8;;http://c d 2J  e"


def printed(what: RenderableType, width: int = 200) -> str:
    """What a console writes that would obey markup, without the blanks at the ends of lines."""
    out = io.StringIO()
    Console(file=out, width=width, markup=True, force_terminal=False).print(what)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().split("\n")[:-1])


def comparison_of(*results: CandidateResult) -> Comparison:
    """A comparison of results as they are given; the campaign behind it has a run of each that was measured."""
    runs = (make_run(result.name, rounds=make_rounds(1.0)) for result in results if result.energy_wh)
    return Comparison(make_campaign(*runs, unit_name="1 000 requests routed"), results)


def row(table: str, candidate: str) -> list[str]:
    """The cells of a candidate's first line."""
    (line,) = (line for line in table.splitlines() if line.split()[:1] == [candidate])
    return line.split()


def test_a_comparison_in_a_wide_terminal() -> None:
    assert printed(comparison_table(comparison_of(KEYWORDS, LINEAR, TRANSFORMER)), WIDE_TABLE) == WIDE


def test_a_comparison_in_a_narrow_terminal_keeps_the_first_metric_and_the_energies() -> None:
    assert printed(comparison_table(comparison_of(KEYWORDS, LINEAR, TRANSFORMER), wide=False), 80) == NARROW


def test_the_energys_heading_has_the_worst_class_of_all_candidates() -> None:
    table = printed(comparison_table(comparison_of(replace(KEYWORDS, evidence="B"), LINEAR, replace(TRANSFORMER, evidence="A"))))
    assert "class C" in table
    assert "class B" in printed(comparison_table(comparison_of(replace(KEYWORDS, evidence="B"), replace(LINEAR, evidence="A"))))


def test_a_year_of_service_in_a_wide_terminal() -> None:
    assert printed(service_table(comparison_of(SERVED, UNSIZED, HUB), SCENARIO), WIDE_TABLE) == WIDE_SERVICE


def test_a_year_of_service_in_a_narrow_terminal_keeps_every_figure() -> None:
    assert printed(service_table(comparison_of(SERVED, UNSIZED, HUB), SCENARIO), 80) == NARROW_SERVICE


def test_what_the_idle_machine_was_not_measured_for_is_not_in_service() -> None:
    table = printed(service_table(comparison_of(KEYWORDS, SERVED), SCENARIO))
    assert "tfidf-linearsvc" in table
    assert "keywords" not in table


def test_an_interval_above_idle_too_long_for_its_column_keeps_all_its_digits() -> None:
    long = replace(SERVED, above_idle_wh=Interval(0.0012, -0.0001234, 0.0025))
    assert {"1.20", "−0.123", "to", "2.50"} <= set(printed(service_table(comparison_of(long), SCENARIO), 80).split())


def test_a_candidate_without_numbers_has_no_row() -> None:
    table = printed(comparison_table(comparison_of(KEYWORDS, HUB, BROKEN)))
    assert "keywords" in table
    assert "hub-transformer" not in table
    assert "broken" not in table


def test_a_ratio_or_time_that_is_not_known_is_a_dash() -> None:
    table = printed(comparison_table(comparison_of(replace(LINEAR, ratio=None, ms_per_sample=None))))
    assert row(table, "tfidf-linearsvc") == ["tfidf-linearsvc", "0.796", "0.810", "12.3", "–", "–", "42.1"]


def test_a_single_round_has_values_without_intervals() -> None:
    table = printed(comparison_table(comparison_of(replace(LINEAR, energy_wh=Interval(0.0123), ratio=Interval(6.0)))))
    assert "11.9–12.7" not in table
    assert row(table, "tfidf-linearsvc")[3:5] == ["12.3", "6.00"]


def test_the_column_of_energies_has_one_unit() -> None:
    # The transformer's 1 234 Wh are 1.23 kWh, and so are the keywords' 0.00205 Wh 0.00000205.
    table = printed(comparison_table(comparison_of(KEYWORDS, replace(TRANSFORMER, energy_wh=Interval(1234.0)))))
    assert "kWh per" in table
    assert [row(table, name)[3] for name in ("keywords", "tiny-transformer")] == ["0.00000205", "1.23"]


@pytest.mark.parametrize("width", [WIDE_TABLE, 80])
def test_an_interval_too_long_for_its_column_keeps_all_its_digits(width: int) -> None:
    comparison = comparison_of(KEYWORDS, replace(TRANSFORMER, energy_wh=Interval(1234.0)))
    words = printed(comparison_table(comparison, wide=width >= WIDE_TABLE), width).split()
    assert words[words.index("0.00000201–") + 1] == "0.00000209"


def test_where_nothing_was_measured_the_headings_are_left() -> None:
    assert "candidate" in printed(comparison_table(comparison_of(HUB)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("[red]a[/red]", "[red]a[/red]"),
        (":smile:", ":smile:"),
        ("\x1b[31ma", " [31ma"),
        ("a\tb\nc\rd", "a b c d"),
        ("\x00\x07\x7f\x9b", "    "),
        ("Émile · œuvre – 東京", "Émile · œuvre – 東京"),
        (HOSTILE, HARMLESS),
    ],
)
def test_text_is_shown_as_it_is_but_for_control_characters(text: str, shown: str) -> None:
    assert harmless(text).plain == shown
    assert printed(harmless(text)) == f"{shown.rstrip()}\n"


def test_a_data_files_name_cannot_drive_the_terminal() -> None:
    comparison = Comparison(make_campaign(data=make_data(f"{HOSTILE.replace('/', '')}.csv")), [KEYWORDS])
    table = printed(comparison_table(comparison))
    assert HARMLESS.replace("/", "") in table
    assert no_controls(table)


def test_mistakes_are_shown_with_labels_and_texts_as_they_are() -> None:
    table = printed(mistake_table([Mistake(f"1{HOSTILE}", f"2{HOSTILE}", f"3{HOSTILE}", 0.98765, f"4{HOSTILE}")], HOSTILE), 400)
    assert no_controls(table)
    assert table.splitlines()[0] == HARMLESS
    for mark in "1234":
        assert f"{mark}{HARMLESS}" in table
    assert "0.988" in table


def test_a_mistake_without_a_score_has_a_dash_for_it() -> None:
    table = printed(mistake_table([Mistake("s1", "a", "b", None, "a text")], "title"))
    assert "–" in table


def test_a_long_text_is_folded_and_not_cut() -> None:
    text = "a" * 150
    table = printed(mistake_table([Mistake("s1", "b", "c", 0.5, text)], "title"), 80)
    assert table.count("a") == len(text) + "Sample".count("a")


def test_findings_are_shown_as_they_are() -> None:
    findings = [Finding("disk", f"1{HOSTILE}", f"2{HOSTILE}"), Finding("CPU", "fast")]
    table = printed(finding_table(findings, "This machine"))
    assert no_controls(table)
    assert table.startswith("This machine\n")
    assert f"1{HARMLESS}" in table
    assert "fast" in table
    (advice,) = advice_lines(findings)
    assert advice.plain == f"→ disk: 2{HARMLESS}"


def test_findings_have_a_column_of_classes_where_there_are_some() -> None:
    table = printed(
        finding_table([Finding("CPU energy", "modelled", evidence="C"), Finding("GPU energy", "none")], "t", classes=True)
    )
    assert row(table, "CPU")[:4] == ["CPU", "energy", "C", "modelled"]
    assert row(table, "GPU")[:4] == ["GPU", "energy", "–", "none"]
    assert "class" not in printed(finding_table([Finding("CPU energy", "modelled", evidence="C")], "t"))


def no_controls(table: str) -> bool:
    return all(unicodedata.category(letter) != "Cc" for letter in table if letter != "\n")


def test_json_has_every_interval_in_watt_hours() -> None:
    found = json.loads(json.dumps(comparison_dict(comparison_of(KEYWORDS, LINEAR)), allow_nan=False))
    keywords, linear = found["candidates"]
    assert linear["scores"] == {
        "macro_f1": {"value": 0.7956, "low": 0.761, "high": 0.8301},
        "accuracy": {"value": 0.81, "low": 0.78, "high": 0.84},
    }
    assert linear["energy_wh"] == {"value": 0.0123, "low": 0.0119, "high": 0.0127}
    assert linear["ratio"] == {"value": 6.0, "low": 5.694, "high": 6.322}
    assert (linear["fit_energy_wh"], linear["ms_per_sample"]) == (0.0421, 0.0456)
    assert (keywords["ratio"], keywords["fit_energy_wh"], keywords["baseline"]) == (None, None, True)
    assert found["unit"] == {"name": "1 000 requests routed", "size": 1000}


def test_json_says_why_a_candidate_has_no_numbers() -> None:
    (hub,) = comparison_dict(comparison_of(HUB))["candidates"]
    assert (hub["status"], hub["reason"], hub["remedy"], hub["energy_wh"]) == ("unavailable", "no network", "connect", None)


def test_json_has_what_else_is_known_of_a_candidate() -> None:
    known = replace(SERVED, true_wh=Bounds(0.005, 0.07), second_ratio=Interval(5.0, 4.0, 6.0), mix={"cpu": 0.25, "ram": 0.75})
    (linear,) = comparison_dict(comparison_of(known))["candidates"]
    assert linear["true_wh"] == {"low": 0.005, "high": 0.07}
    assert linear["evidence"] == "C"
    assert linear["above_idle_wh"] == {"value": 0.001, "low": 0.0008, "high": 0.0012}
    assert linear["second_ratio"] == {"value": 5.0, "low": 4.0, "high": 6.0}
    assert linear["mix"] == {"cpu": 0.25, "ram": 0.75}
    assert (linear["latency_p50_ms"], linear["latency_p95_ms"]) == (0.1234, 0.2)
    assert linear["per_sample"] == {"energy_above_idle_wh": 0.001, "cpu_seconds": 0.001, "peak_memory_mib": 1024.0}


def test_json_has_a_year_of_service_and_the_factor_it_was_worked_out_with() -> None:
    found = comparison_dict(comparison_of(KEYWORDS, SERVED, UNSIZED), SCENARIO)
    keywords, linear, transformer = (candidate["service"] for candidate in found["candidates"])
    assert keywords is None
    carbon = linear.pop("carbon_kg_co2e")
    assert carbon == pytest.approx({"low": 1.1138534, "central": 2.329855875, "high": 5.00333713})
    assert linear == pytest.approx(
        {
            "requests": 60_000,
            "share_of_server": 0.0078125,
            "share_is_lower_bound": False,
            "active_kwh": 0.09,
            "reserved_kwh": 12.31875,
            "pue": 1.5,
            "embodied_kg_co2e": 1.7578125,
            # 2 329.855875 g over 60 lots of a thousand.
            "sci_g_co2e_per_unit": 38.83093125,
        }
    )
    assert transformer["share_is_lower_bound"] is True
    assert (found["factor"]["id"], found["factor"]["g_per_kwh"], found["factor"]["retrieved"]) == ("ademe-2025", 46.1, "2026-11-24")


def test_json_without_a_deployment_has_the_carbon_of_a_unit_and_no_service() -> None:
    found = comparison_dict(comparison_of(SERVED), UNDEPLOYED)
    (linear,) = found["candidates"]
    assert (found["factor"]["id"], linear["service"]) == ("ademe-2025", None)
    # 0.0123 Wh at 46.1 g a kWh.
    assert linear["carbon_g_co2e_per_unit"] == pytest.approx(0.00056703)


def test_without_a_deployment_a_table_has_the_carbon_of_a_unit() -> None:
    table = printed(service_table(comparison_of(SERVED, UNSIZED), UNDEPLOYED))
    assert table.splitlines()[0] == "One input at a time, and carbon by ademe-2025"
    assert "mg CO2e per" in table
    # 0.0123 Wh and 0.82 Wh at 46.1 g a kWh; the second has no known memory, nor a latency.
    assert row(table, "tfidf-linearsvc") == ["tfidf-linearsvc", "0.123", "(0.200)", "1", "024", "1.00", "0.567"]
    assert row(table, "tiny-transformer") == ["tiny-transformer", "–", "–", "45.6", "37.8"]


def test_json_has_null_for_numbers_that_are_none() -> None:
    odd = replace(SERVED, scores={"macro_f1": Interval(nan, nan, nan), "accuracy": Interval(inf, -inf, inf)}, ms_per_sample=inf)
    found = json.loads(json.dumps(comparison_dict(comparison_of(odd), SCENARIO), allow_nan=False))
    nothing = {"value": None, "low": None, "high": None}
    assert found["candidates"][0]["scores"] == {"macro_f1": nothing, "accuracy": nothing}
    assert found["candidates"][0]["ms_per_sample"] is None


def test_json_of_a_measured_campaign_has_its_notes_and_no_answer_of_a_sample() -> None:
    campaign = make_campaign(make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.1)), make_run(rounds=make_rounds(2.0, 2.1)))
    comparison = compare(campaign, [macro_f1, accuracy])
    found = json.loads(json.dumps(comparison_dict(comparison), allow_nan=False))
    assert found["notes"] == comparison_notes(comparison)
    assert found["campaign"]["id"] == campaign.id
    assert "predictions" not in json.dumps(found)
