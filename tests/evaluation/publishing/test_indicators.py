"""The indicators in the national schema: what was measured is told from what is aimed at, and a projection is neither."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from evaluation.assessment import Assessment, assess
from evaluation.goals import Goals
from evaluation.metrics import accuracy, macro_f1
from evaluation.publishing.indicators import Row, Tried, poc_rows, programme_rows, without_result_wh
from evaluation.publishing.tables import Cell, read_schema
from evaluation.run import Campaign, Protocol
from evaluation.task import Task, Unit
from tests.records import make_campaign, make_contest, make_deployment, make_goals, make_reading, make_rounds, make_run

NATIONAL = Path(__file__).parents[4] / "shared" / "schemas" / "impact-service-public-numerique" / "schema.json"
EXPORTED = dt.date(2026, 11, 29)
TASK = Task("request-classification", "1", "d.csv", "text", "category", Unit("1 000 requests", 1000), (macro_f1, accuracy))
GOALS = make_goals(
    deployment=make_deployment(),
    quality_gain={"floor": 0.03},
    quality={"metric": "macro_f1", "floor": 0.6},
    energy_per_unit_wh={"target": 0.1, "ceiling": 2.0},
    development_kwh={"target": 1.0, "ceiling": 5.0},
    deployed_kwh_per_year={"target": 10.0, "ceiling": 50.0},
)


def judged(campaign: Campaign, goals: Goals = GOALS) -> Assessment:
    return assess(TASK, goals, campaign, today=EXPORTED)


def tried(campaign: Campaign | None = None, goals: Goals = GOALS, development_wh: float | None = 2500.0) -> Tried:
    """A POC of this one campaign."""
    found = Tried("Orientation", goals, development_wh=development_wh)
    campaign = campaign or make_contest({"rules": 300, "linear": 380})
    found.add(campaign, judged(campaign, goals))
    return found


def by_name(rows: Iterable[Row]) -> dict[tuple[Cell, Cell], Row]:
    """The rows by indicator and by whether they are aimed at."""
    found = list(rows)
    named = {(row["indicateur"], row["est_cible"]): row for row in found}
    assert len(named) == len(found)
    return named


def test_the_leading_candidates_energy_and_quality_are_those_of_the_comparison() -> None:
    poc = tried()
    assert poc.latest
    assert poc.latest.verdicts.leading == "linear"
    result = poc.latest.comparison.result("linear")
    rows = by_name(poc_rows(poc, "Ville", EXPORTED))
    energy = rows["Énergie par unité fonctionnelle, candidat de tête", False]
    assert result.energy_wh
    assert (energy["valeur"], energy["unite_mesure"]) == (result.energy_wh.value, "Wh pour 1 000 requests")
    assert energy["valeur"] == pytest.approx(1.0, rel=0.01)
    assert str(energy["commentaires"]).startswith("Candidat linear, campagne 20261123-190559-3f2a. Conclusion : ")
    quality = rows["Qualité, candidat de tête (macro_f1)", False]
    assert quality["valeur"] == result.scores["macro_f1"].value == pytest.approx(0.95)
    # It was measured on the day of the campaign, whenever it is exported.
    assert (energy["date"], quality["date"]) == (dt.date(2026, 11, 23), dt.date(2026, 11, 23))


def test_goals_are_aimed_at() -> None:
    rows = by_name(poc_rows(tried(), "Ville", EXPORTED))
    aimed = {name: row["valeur"] for (name, is_aimed), row in rows.items() if is_aimed and "projection" not in str(name)}
    assert aimed == {
        "Énergie par unité fonctionnelle, candidat de tête": 2.0,
        "Qualité, candidat de tête (macro_f1)": 0.6,
        "Énergie d’une année de service": 50.0,
        "Énergie de tout le développement": 5.0,
    }


def test_a_projection_is_never_marked_as_measured_and_says_what_it_is() -> None:
    poc = tried()
    rows = [row for row in poc_rows(poc, "Ville", EXPORTED) if "projection" in str(row["indicateur"])]
    assert poc.latest
    service = poc.latest.scenario.service(poc.latest.comparison.result("linear"))
    assert [row["valeur"] for row in rows] == [service.energy_kwh, service.carbon_kg_co2e]
    for row in rows:
        assert row["est_cible"] is True
        assert str(row["commentaires"]).startswith("Projection : ni mesurée, ni visée.")


def test_the_whole_development_is_told_only_where_all_of_it_is_exported() -> None:
    rows = by_name(poc_rows(tried(), "Ville", EXPORTED))
    assert rows["Énergie de tout le développement", False]["valeur"] == 2.5
    assert rows["Nombre de campagnes de mesure", False]["valeur"] == 1
    part = [row["indicateur"] for row in poc_rows(tried(development_wh=None), "Ville", EXPORTED)]
    assert "Énergie de tout le développement" not in part
    assert "Nombre de campagnes de mesure" not in part
    assert "Énergie par unité fonctionnelle, candidat de tête" in part


def test_energy_without_a_result_is_what_failed_or_was_thrown_away() -> None:
    idle = make_reading("idle", cpu_wh=0.25, ram_wh=0.25)
    thrown_away = make_reading(cpu_wh=2, ram_wh=2, outcome="repeated", reason="busy")
    finished = make_run(rounds=[*make_rounds(1.0, 1.0), thrown_away])
    failed = make_run("broken", status="failed", reason="ValueError", rounds=make_rounds(8.0))
    assert without_result_wh(make_campaign(finished, readings=(idle,))) == 4.0
    # A fit takes 1 Wh here. The idle machine serves no result where nothing finished.
    assert without_result_wh(make_campaign(finished, failed, readings=(idle,))) == 13.0
    assert without_result_wh(make_campaign(failed, readings=(idle,))) == 9.5


def test_a_poc_without_a_result_has_rows_all_the_same() -> None:
    failed = make_campaign(make_run("linear", status="failed", reason="ValueError", readings=(), predictions=()))
    rows = by_name(poc_rows(tried(failed), "Ville", EXPORTED))
    assert rows["Nombre de campagnes de mesure", False]["valeur"] == 1
    assert ("Énergie par unité fonctionnelle, candidat de tête", False) not in rows


def test_an_interrupted_campaign_is_not_what_a_poc_comes_to() -> None:
    poc = tried()
    later = make_contest({"rules": 300, "linear": 310}, id="20261124-190559-dead", status="interrupted")
    poc.add(later, judged(later))
    assert poc.latest
    assert poc.latest.comparison.campaign.id == "20261123-190559-3f2a"
    assert poc.campaigns == 2


def test_a_trial_says_that_it_is_one() -> None:
    campaign = make_contest({"rules": 300, "linear": 380}, protocol=Protocol(quick=True))
    rows = by_name(poc_rows(tried(campaign), "Ville", EXPORTED))
    assert "pas une base de décision" in str(rows["Énergie par unité fonctionnelle, candidat de tête", False]["commentaires"])


def test_the_programme_counts_its_pocs_and_each_conclusion() -> None:
    worse = make_contest({"rules": 300, "linear": 200})
    pocs = [tried(), tried(worse), Tried("never tried", GOALS)]
    decisions = [poc.latest.verdicts.decision for poc in pocs if poc.latest]
    assert decisions[1] == "NO GO"
    rows = by_name(programme_rows(pocs, "Ville", EXPORTED, 20.0))
    values = {name: row["valeur"] for (name, aimed), row in rows.items() if not aimed}
    assert values["Nombre de POC éprouvés"] == 2
    assert values["Nombre de POC conclus par un NO GO"] == decisions.count("NO GO") == 1
    assert sum(value for name, value in values.items() if "conclu" in str(name)) == 2  # type: ignore[misc]
    year = "Énergie de mesure du programme dans l’année"
    used_wh = sum(campaign.energy_wh for campaign in (make_contest({"rules": 300, "linear": 380}), worse))
    assert values[year] == pytest.approx(used_wh / 1000)
    assert (rows[year, True]["valeur"], rows[year, True]["date"]) == (20.0, dt.date(2026, 12, 31))
    assert (rows[year, False]["est_periode"], rows[year, False]["date_debut"]) == (True, dt.date(2026, 1, 1))
    # As of a day before the campaigns nothing was used.
    assert by_name(programme_rows(pocs, "Ville", dt.date(2026, 11, 22), None))[year, False]["valeur"] == 0
    next_year = by_name(programme_rows(pocs, "Ville", dt.date(2027, 1, 2), None))
    assert next_year[year, False]["valeur"] == 0
    assert (year, True) not in next_year


def test_a_unit_that_somebody_translated_is_in_french_and_no_unit_is_a_template() -> None:
    campaign = make_contest({"rules": 300, "linear": 380}, unit_name="1 000 requests routed")
    other = campaign.model_copy(update={"unit_name": "{x} requests"})
    units = [next(poc_rows(tried(each), "Ville", EXPORTED))["unite_mesure"] for each in (campaign, other)]
    assert units == ["Wh pour 1\u202f000 demandes orientées", "Wh pour {x} requests"]


@pytest.mark.skipif(not NATIONAL.exists(), reason="the national schema is not here (../shared/schemas)")
def test_our_columns_are_those_of_the_national_schema_in_its_order() -> None:
    ours, national = read_schema("indicateurs.schema.json"), json.loads(NATIONAL.read_text(encoding="utf-8"))
    assert [ours[name] for name in ("name", "version", "path")] == [national[name] for name in ("name", "version", "path")]

    def ruled(schema: dict[str, list[dict[str, object]]]) -> list[object]:
        return [(field["name"], field["type"], field.get("format"), field["constraints"]) for field in schema["fields"]]

    assert ruled(ours) == ruled(national)
    # The words are our own.
    assert not {field["description"] for field in national["fields"]} & {field["description_fr"] for field in ours["fields"]}
    with (NATIONAL.parent / "exemple-valide.csv").open(encoding="utf-8-sig", newline="") as example:
        assert next(csv.reader(example)) == [field["name"] for field in ours["fields"]]
