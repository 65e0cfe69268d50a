"""What is printed: whole tables, written by hand from hand-picked results."""

from __future__ import annotations

import io
import json
import unicodedata
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from evaluation.doctor import Finding
from evaluation.judgement.comparison import CandidateResult, Comparison, compare
from evaluation.judgement.statistics import Interval
from evaluation.metrics import accuracy, macro_f1
from evaluation.mistakes import Mistake
from evaluation.run import Protocol
from evaluation.terminal import (
    WIDE_TABLE,
    comparison_dict,
    comparison_notes,
    comparison_table,
    finding_table,
    harmless,
    mistake_table,
)
from tests.records import make_campaign, make_data, make_reading, make_rounds, make_run

KEYWORDS = CandidateResult(
    "keywords",
    baseline=True,
    status="finished",
    seeds=1,
    scores={"macro_f1": Interval(0.6124, 0.5796, 0.6449), "accuracy": Interval(0.64, 0.61, 0.671)},
    energy_wh=Interval(0.00205, 0.00201, 0.00209),
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
                                                  mWh per 1 000   energy over the   ms per
 candidate             macro_f1      accuracy   requests routed        baseline's   sample   mWh to fit
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
                                    mWh per 1 000   energy over the
 candidate             macro_f1   requests routed        baseline's   mWh to fit
 ───────────────────────────────────────────────────────────────────────────────
 keywords                 0.612              2.05                 1    too short
 (baseline)         0.580–0.645         2.01–2.09
 tfidf-linearsvc          0.796              12.3              6.00         42.1
                    0.761–0.830         11.9–12.7         5.69–6.32
 tiny-transformer         0.900               820               400          125
                    0.880–1.000           800–840         383–1 418
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
    return Comparison(make_campaign(unit_name="1 000 requests routed"), results)


def row(table: str, candidate: str) -> list[str]:
    """The cells of a candidate's first line."""
    (line,) = (line for line in table.splitlines() if line.split()[:1] == [candidate])
    return line.split()


def test_a_comparison_in_a_wide_terminal() -> None:
    assert printed(comparison_table(comparison_of(KEYWORDS, LINEAR, TRANSFORMER)), WIDE_TABLE) == WIDE


def test_a_comparison_in_a_narrow_terminal_keeps_the_first_metric_and_the_energies() -> None:
    assert printed(comparison_table(comparison_of(KEYWORDS, LINEAR, TRANSFORMER), wide=False), 80) == NARROW


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
    table = printed(finding_table([Finding("disk", f"1{HOSTILE}", f"2{HOSTILE}"), Finding("CPU", "fast")]))
    assert no_controls(table)
    assert f"1{HARMLESS}" in table
    assert f"2{HARMLESS}" in table
    assert "fast" in table


def no_controls(table: str) -> bool:
    return all(unicodedata.category(letter) != "Cc" for letter in table if letter != "\n")


def test_who_has_no_numbers_is_told_with_the_reason() -> None:
    assert comparison_notes(comparison_of(KEYWORDS, HUB, BROKEN))[:2] == [
        "hub-transformer: unavailable. no network. To make it available: connect",
        "broken: failed. ValueError in fit.py, line 3",
    ]


def test_the_notes_say_on_what_and_how_it_was_measured() -> None:
    protocol = Protocol(seeds=2, rounds=5, window_s=12.5, threads=1)
    (note,) = comparison_notes(Comparison(make_campaign(protocol=protocol), []))
    assert note == (
        "30 test samples, 70 to learn from, 2 classes. 5 rounds of 12.5 s, 2 seeds, 1 thread. The second lines are 95 % "
        "intervals for these fits: over the test samples of each class for scores, over the rounds for energy."
    )


def test_what_weakens_a_campaign_is_noted() -> None:
    campaign = make_campaign(
        protocol=Protocol(quick=True), status="interrupted", data=make_data(notices=("2 texts are in both files",))
    )
    quick, interrupted, notice = comparison_notes(Comparison(campaign, []))[-3:]
    assert quick.startswith("Quick")
    assert interrupted.startswith("Interrupted")
    assert notice == "2 texts are in both files"


def test_energy_that_no_counter_stands_behind_is_called_a_model() -> None:
    comparison = compare(make_campaign(make_run(rounds=make_rounds(1.0, 1.0))), [accuracy])
    known, warning = comparison_notes(comparison)[1:]
    assert known == (
        "How the energy is known: CPU, model (80 W); RAM, declared constant of 20 W. 50 % of it is that constant of the memory."
    )
    assert warning.startswith("No counter stands behind these watt-hours")


def test_energy_from_a_counter_has_no_warning() -> None:
    rounds = [make_reading(cpu_wh=3.0, ram_wh=1.0, measured=True)]
    (known,) = comparison_notes(compare(make_campaign(make_run(rounds=rounds)), [accuracy]))[1:]
    assert (
        known
        == "How the energy is known: CPU, RAPL counter; RAM, declared constant of 20 W. 25 % of it is that constant of the memory."
    )


def test_the_constant_is_told_from_the_least_to_the_greatest_share() -> None:
    campaign = make_campaign(
        make_run("linear", rounds=[make_reading(cpu_wh=1.0, ram_wh=3.0)]),
        make_run("rules", rounds=[make_reading(cpu_wh=3.0, ram_wh=1.0)]),
    )
    assert "25 % to 75 % of it is that constant" in comparison_notes(compare(campaign, [accuracy]))[1]


def test_a_campaign_interrupted_before_anything_was_complete_has_no_energy_to_explain() -> None:
    run = make_run(status="interrupted", reason="the campaign was interrupted", rounds=make_rounds(1.0))
    notes = comparison_notes(compare(make_campaign(run, status="interrupted"), [accuracy]))
    assert notes[0] == "linear: interrupted. the campaign was interrupted"
    assert not any("energy is known" in note for note in notes)


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


def test_json_of_a_measured_campaign_has_its_notes_and_no_answer_of_a_sample() -> None:
    campaign = make_campaign(make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.1)), make_run(rounds=make_rounds(2.0, 2.1)))
    comparison = compare(campaign, [macro_f1, accuracy])
    found = json.loads(json.dumps(comparison_dict(comparison), allow_nan=False))
    assert found["notes"] == comparison_notes(comparison)
    assert found["campaign"]["id"] == campaign.id
    assert "predictions" not in json.dumps(found)
