"""A comparison shows in a notebook its candidates side by side, each figure with its interval and how it is known."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from evaluation.judgement.statistics import Interval
from evaluation.messages import Recorded, recorded, say
from evaluation.publishing.language import Language
from tests.results import BROKEN, CAMPAIGN, HUB, KEYWORDS, LINEAR, TRANSFORMER, compared
from tests.shown import parsed, tables_of

FRENCH = Language("fr")
CAPTION = f"request-classification on requests.csv, campaign {CAMPAIGN.id}; under scores and energies their 95% intervals"
TIME = "Time for one answer, in ms (1 in 20 takes longer than the second figure)"


def test_candidates_stand_side_by_side() -> None:
    # TRANSFORMER uses decisively more than LINEAR, and its score is not decisively better: KEYWORDS and LINEAR are leaner.
    assert tables_of(compared(KEYWORDS, LINEAR, TRANSFORMER)) == {
        CAPTION: [
            ["Candidate", "macro_f1", "accuracy", "mWh per 1 000 requests routed", TIME],
            [
                "keywords / without AI / on the Pareto front",
                "0.612 / 0.580 to 0.645",
                "0.640 / 0.610 to 0.671",
                "2.00 / 1.96 to 2.04 / class C: true value 1.0 to 12",
                "0.0369 / 0.0922",
            ],
            [
                "tfidf-linearsvc / on the Pareto front",
                "0.796 / 0.761 to 0.830",
                "0.810 / 0.780 to 0.840",
                "12.3 / 11.9 to 12.7 / class C: true value 6.2 to 74",
                "0.123 / 0.200",
            ],
            [
                "tiny-transformer / on the Pareto front",
                "0.900 / 0.880 to 1.000",
                "1.000 / 1.000 to 1.000",
                "820 / 800 to 840 / class C: true value 410 to 4 920",
                "–",
            ],
        ]
    }


def test_who_is_dominated_is_not_on_the_front() -> None:
    better = replace(compared(KEYWORDS, LINEAR).differences[0], ratio=Interval(0.5, 0.4, 0.6))
    ((_, keywords, linear),) = tables_of(compared(KEYWORDS, LINEAR, differences=[better])).values()
    assert keywords[0] == "keywords / without AI"
    assert linear[0] == "tfidf-linearsvc / on the Pareto front"


def test_those_without_a_result_say_why_across_the_table() -> None:
    evil = replace(BROKEN, name="<b>", reason=recorded("a <script>"))
    shown = compared(KEYWORDS, HUB, evil)
    (rows,) = tables_of(shown).values()
    assert rows[2:] == [["hub-transformer", "unavailable / no network / connect"], ["<b>", "failed / a <script>"]]
    assert [cell.get("colspan") for cell in list(parsed(shown).iter("tr"))[2]] == [None, "4"]


def test_where_nothing_was_measured_everybody_says_why() -> None:
    (rows,) = tables_of(compared(HUB)).values()
    assert rows[0][3] == "Wh per 1 000 requests routed"
    assert rows[1] == ["hub-transformer", "unavailable / no network / connect"]


def test_what_is_not_known_is_never_shown_as_if_it_were() -> None:
    odd = replace(
        LINEAR,
        scores={"macro_f1": Interval(nan, 0.4, 0.6), "accuracy": Interval(0.5)},
        energy_wh=Interval(0.5, None, 0.7),
        true_wh=None,
    )
    (rows,) = tables_of(compared(odd)).values()
    assert rows[1][1:4] == ["–", "0.500", "500 / ? to 700"]


def test_a_metric_whose_column_the_data_lack_has_none() -> None:
    (rows,) = tables_of(compared(LINEAR, lacking={"accuracy": "facts"})).values()
    assert rows[0][1:3] == ["macro_f1", "mWh per 1 000 requests routed"]


def test_it_speaks_french_where_that_is_spoken() -> None:
    late = replace(BROKEN, reason=say("{recorded}", recorded=Recorded("its process was killed")))
    (rows,) = tables_of(compared(LINEAR, late), FRENCH).values()
    assert rows[0][3] == "mWh pour 1\u202f000 demandes orientées"
    assert rows[1][1] == "0,796 / 0,761 à 0,830"
    assert rows[2] == ["broken", "en échec / son processus a été tué"]
