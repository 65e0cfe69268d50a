"""The index of all reports: every POC with its last decision, and the programme's energy against its ceiling.

`texts/index.*.txt` are what it says. After a change of words read them, and write them anew by
`python -m tests.evaluation.publishing.test_index_page`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.exceptions import PreuveError
from evaluation.judgement.statistics import Interval
from evaluation.pocs import BrokenPoc
from evaluation.programme import Programme
from evaluation.publishing.index_page import Reported, energy_by_year, index_page
from evaluation.publishing.language import Language
from tests.evaluation.publishing.reading import read_page
from tests.records import STARTED

TEXTS = Path(__file__).with_name("texts")
LANGUAGES = ("fr", "en")
DATE = dt.date(2026, 11, 25)
N = "\u202f"
UNTRIED = Reported("summaries", "Résumé de documents", "fr", {}, development_ceiling_kwh=2.0)
# Of two years; the second campaign of 2026 was deleted since: its energy stays.
TRIED = Reported(
    "routing",
    "Orientation des demandes",
    "fr",
    {"20251231-235959-aaaa": 420.0, "20260101-000000-bbbb": 1840.0, "20261123-190559-3f2a": 240.0},
    development_ceiling_kwh=5.0,
    file="routing.fr.html",
    campaign="20261123-190559-3f2a",
    started=STARTED,
    decision="NO GO",
    candidate="tfidf-linearsvc",
    score=Interval(0.7956, 0.761, 0.8301),
    baseline_score=Interval(0.6124, 0.58, 0.645),
    metric="macro_f1",
    unit_wh=Interval(0.0123, 0.0119, 0.0127),
    unit="1 000 requests routed",
    evidence="C",
)


def said(*pocs: Reported, ceiling: float | None = 2.0, code: str = "en", broken: tuple[BrokenPoc, ...] = ()) -> str:
    programme = Programme("Ville d’Exemple", ceiling)
    return read_page(index_page(pocs, broken, programme, Language(code), DATE, "41:" + "4f" * 32))


def said_of_all(code: str) -> str:
    """An index with a POC of each sort: one was judged, one was never tried, and one cannot be loaded."""
    error = PreuveError(expected="a task", found="no TASK", where="poc/tree", remedy="write it")
    return said(TRIED, UNTRIED, code=code, broken=(BrokenPoc("tree", Path("poc/tree"), error),))


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_says_what_was_read_and_found_right(code: str) -> None:
    assert said_of_all(code) == (TEXTS / f"index.{code}.txt").read_text(encoding="utf-8")


def test_each_decision_is_counted_also_those_that_nobody_took() -> None:
    counts = [line for line in said(TRIED, UNTRIED).splitlines() if line.startswith("- ")]
    assert counts == ["- GO: 0", "- GO IF: 0", "- NOT CONCLUSIVE: 0", "- NO GO: 1", "- not tried yet: 1"]


def test_a_poc_has_its_decision_its_score_against_doing_without_ai_and_its_energy() -> None:
    assert (
        "| Orientation des demandes | NO GO / tfidf-linearsvc | 0.796 / 0.761 to 0.830 / score from 0 to 1, mean over all classes "
        f"(macro-F1) / without AI: 0.612 | 12.3{N}mWh / per 1 000 requests routed / evidence class C | "
        "23 November 2026 / 20261123-190559-3f2a |"
    ) in said(TRIED).splitlines()


def test_a_poc_without_a_campaign_is_listed_and_has_no_figures() -> None:
    lines = said(UNTRIED).splitlines()
    assert "| Résumé de documents | not tried yet | – | – | – |" in lines
    assert f"| Résumé de documents | 0 | 0{N}Wh | 2{N}kWh | 0% |" in lines


def test_a_poc_that_cannot_be_loaded_is_named_with_the_reason() -> None:
    error = PreuveError(expected="a task", found="no TASK", where="poc/tree", remedy="write it")
    text = said(broken=(BrokenPoc("tree", Path("poc/tree"), error),))
    assert "These folders hold a POC that cannot be loaded:\n- tree: no TASK\n" in text


def test_energy_counts_in_the_year_in_which_a_campaign_began() -> None:
    # 2026: 1 840 and 240 of one POC, 30 of another.
    other = replace(UNTRIED, energy_wh={"20260601-120000-cccc": 30.0})
    assert energy_by_year([TRIED, other]) == {2026: 2110.0, 2025: 420.0}


@pytest.mark.parametrize(
    ("ceiling", "french"),
    [
        (2.0, f"En 2026, l’ensemble des POC a consommé 2,08{N}kWh\u00a0: c’est plus que le plafond de 2{N}kWh (104{N}%)."),
        (2.08, f"En 2026, l’ensemble des POC a consommé 2,08{N}kWh, dans la limite du plafond de 2,08{N}kWh (100{N}%)."),
        (20.0, f"En 2026, l’ensemble des POC a consommé 2,08{N}kWh, dans la limite du plafond de 20{N}kWh (10{N}%)."),
        (
            None,
            (
                f"En 2026, l’ensemble des POC a consommé 2,08{N}kWh. "
                "Aucun plafond n’est fixé pour le programme (goals.toml, [programme])."
            ),
        ),
    ],
)
def test_the_year_s_energy_is_held_against_the_ceiling(ceiling: float | None, french: str) -> None:
    assert french in said(TRIED, ceiling=ceiling, code="fr").splitlines()


def test_each_year_has_a_row_the_latest_first() -> None:
    lines = said(TRIED).splitlines()
    # 2 080 Wh of 2 kWh are 104 %, 420 Wh are 21 %.
    rows = [line for line in lines if line.startswith("| 20")]
    assert rows == [f"| 2026 | 2.08{N}kWh | 2{N}kWh | 104% |", f"| 2025 | 420{N}Wh | 2{N}kWh | 21% |"]


def test_a_development_is_held_against_its_own_ceiling() -> None:
    # 420 + 1 840 + 240 = 2 500 Wh, which are 50 % of 5 kWh.
    assert f"| Orientation des demandes | 3 | 2.50{N}kWh | 5{N}kWh | 50% |" in said(TRIED).splitlines()


def test_a_hundred_pocs_of_twenty_campaigns_stay_below_500_kb() -> None:
    energy_wh = {f"2026{month:02}01-0000{part:02}-aaaa": 1.0 for month in range(1, 11) for part in (1, 2)}
    pocs = [replace(TRIED, task=f"poc-{number}", energy_wh=energy_wh) for number in range(100)]
    page = index_page(pocs, [], Programme(None, None), Language("fr"), DATE, None)
    assert len(page.encode()) < 500_000
    assert page.count("routing.fr.html") == 100


if __name__ == "__main__":
    for each in LANGUAGES:
        (TEXTS / f"index.{each}.txt").write_text(said_of_all(each), encoding="utf-8")
