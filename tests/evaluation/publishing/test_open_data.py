"""`preuve export` as a user drives it: what is written is whole, valid by others' libraries, and holds nothing that stays here."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

from evaluation.assessment import assess
from evaluation.audit.live import heads_in
from evaluation.exceptions import DataError, RecordError
from evaluation.goals import read_goals
from evaluation.home import PROJECT
from evaluation.judgement.verdict import BEST_FIRST
from evaluation.messages import say
from evaluation.metrics import accuracy, macro_f1
from evaluation.programme import Programme
from evaluation.publishing import open_data
from evaluation.publishing.croissant import OPEN_LICENCES, SampleData, sample_data
from evaluation.publishing.disclosure import WITHHELD
from evaluation.publishing.tables import defused, read_schema
from evaluation.records.ledger import Ledger
from evaluation.records.store import LEDGER_HEAD_TAG, LEDGER_TAG, Store, open_store
from evaluation.run import Campaign, CampaignStatus, RunStatus
from evaluation.task import Task, Unit
from tests.conftest import BIN, LAMP, Outcome, Preuve, Recorded, command
from tests.evaluation.test_comparison_commands import (
    BROKEN_OFF,
    FIRST,
    GOALS,
    SECOND,
    TASK,
    keep,
    made,
    own_goals,
    refused,
    written_out,
)
from tests.records import make_data, make_rounds, make_run

SCHEMAS = Path(__file__).parents[4] / "shared" / "schemas"
NATIONAL = SCHEMAS / "impact-service-public-numerique" / "schema.json"
WITHOUT_SCHEMAS = pytest.mark.skipif(not SCHEMAS.exists(), reason="the schemas are not here (../shared/schemas)")
DATE = ["--date", "2026-11-29"]
CALC = "=cmd|' /C calc'!A0"
HOSTILE = [
    "<script>alert(1)</script>",
    "a \"quoted\" 'name', with; separators",
    "\u202eabc\u202c \u200fمدينة",
    "🌱👩🏽‍🚒",
    CALC,
    "x" * 300,
]
HEADERS = {"candidates": 70, "indicateurs": 17}


def keep_all(place: Path) -> None:
    """Two finished campaigns and one that was interrupted, each with a candidate that failed and one that could not run."""
    goals = written_out(place)
    keep(made(FIRST, 0, goals))
    keep(made(SECOND, 1, goals))
    keep(made(BROKEN_OFF, 2, goals, status="interrupted", reason="its process was killed, /home/jean/journal.jsonl is left"))


@pytest.fixture(scope="module")
def records(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("records")
    shutil.copy(new_database, place / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("PREUVE_HOME", "PREUVE_LOCK_FOLDER"):
            patch.setenv(variable, str(place))
        patch.setattr(tempfile, "tempdir", str(place))
        keep_all(place)
    return place


@pytest.fixture
def place(records: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with those campaigns, and their POC alone."""
    shutil.copy(records / "mlflow.db", home / "mlflow.db")
    own_goals(tmp_path, monkeypatch, GOALS)
    return home


@pytest.fixture(scope="module")
def whole(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of that exported once, for tests that only look at it."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("PREUVE_HOME", "PREUVE_LOCK_FOLDER"):
            patch.setenv(variable, str(records))
        own_goals(folder, patch, GOALS)
        assert command("export", "--out", folder / "export", *DATE, "--lang", "en") == 0
    return folder / "export"


@pytest.fixture
def empty(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without campaigns, and that POC."""
    own_goals(tmp_path, monkeypatch, GOALS)
    return home


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "export"


def table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def exported(preuve: Preuve, out: Path, *arguments: str) -> Outcome:
    """What the command leaves behind, having done what it is asked."""
    outcome = preuve("export", "--out", out, *DATE, *arguments)
    assert outcome.status == 0, outcome.err
    return outcome


def contents(folder: Path) -> dict[str, bytes]:
    """All files by their path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def json_in(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


# Valid


def assert_valid(path: Path) -> None:
    """That the frictionless library finds nothing wrong with a package: schemas, cells, sizes and hashes."""
    from frictionless import validate

    found = validate(str(path / "datapackage.json"))
    assert found.valid, found.flatten(["type", "message"])
    named = {each["path"] for each in json_in(path / "datapackage.json")["resources"]}
    assert {task.place for task in found.tasks} == named == set(contents(path)) - {"datapackage.json"}


def test_the_package_and_its_tables_are_valid(whole: Path) -> None:
    assert_valid(whole)
    package = json_in(whole / "datapackage.json")
    types = {each["path"]: each["type"] for each in package["resources"]}
    tables = {path for path, kind in types.items() if kind == "table"}
    assert tables == {"candidates.csv", "indicateurs.csv", "data/request-classification/requests.csv"}
    assert package["created"] == "2026-11-29T00:00:00Z"
    assert [licence["name"] for licence in package["licenses"]] == ["etalab-2.0"]
    for resource in package["resources"]:
        content = (whole / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)


@pytest.mark.parametrize(
    ("column", "value"),
    [("status", "done"), ("energy_wh_per_unit", "-1"), ("started", "23/11/2026"), ("seeds", ""), ("candidate", "keywords")],
)
def test_the_schema_of_the_candidates_refuses_what_is_none(whole: Path, out: Path, column: str, value: str) -> None:
    from frictionless import Resource

    shutil.copytree(whole, out)
    rows = table(out / "candidates.csv")
    # The second candidate of the first campaign; a name that the first one has is the key's to refuse.
    rows[1][column] = value
    with (out / "candidates.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    assert not Resource(path="candidates.csv", schema="candidates.schema.json", basepath=str(out)).validate().valid


@WITHOUT_SCHEMAS
def test_the_indicators_are_valid_by_the_national_schema(whole: Path) -> None:
    from frictionless import Resource, Schema

    schema = Schema.from_descriptor(json.loads(NATIONAL.read_text(encoding="utf-8")))
    found = Resource(path="indicateurs.csv", schema=schema, basepath=str(whole)).validate()
    assert found.valid, found.flatten(["rowNumber", "fieldName", "message"])
    assert len(table(whole / "indicateurs.csv")) > 10


def boamps_errors(report: Any) -> list[str]:
    """What Boavizta's schemas find wrong, their references to each other taken from the folder."""
    from jsonschema import Draft4Validator
    from referencing import Registry
    from referencing.jsonschema import DRAFT4

    schemas = [json_in(path) for path in sorted((SCHEMAS / "boamps").glob("*_schema.json"))]
    # Only one of them says which draft it is of.
    base = "https://raw.githubusercontent.com/Boavizta/BoAmps/main/model/"
    named = [(schema.get("id") or f"{base}{schema['title']}_schema.json", DRAFT4.create_resource(schema)) for schema in schemas]
    root = next(schema for schema in schemas if schema["title"] == "report")
    return [error.message for error in Draft4Validator(root, registry=Registry().with_resources(named)).iter_errors(report)]


@WITHOUT_SCHEMAS
def test_each_measured_run_has_a_report_that_is_valid_by_boavizta(whole: Path) -> None:
    reports = {path.name: json_in(path) for path in (whole / "boamps").iterdir()}
    names = [f"{campaign}-{name}-0.json" for campaign in (FIRST, SECOND, BROKEN_OFF) for name in ("keywords", "linear")]
    assert sorted(reports) == sorted(names)
    for report in reports.values():
        assert boamps_errors(report) == []
        assert report["task"]["nbRequest"] == 5000
    # The schemas do refuse what is wrong, also what they refer to.
    wrong = reports[names[0]]
    wrong["measures"][0]["averageUtilizationCpu"] = 2
    wrong["task"]["dataset"][0]["dataType"] = "letters"
    wrong["infrastructure"]["components"][0]["nbComponent"] = "one"
    assert len(boamps_errors(wrong)) == 3


def test_the_schemas_know_every_word_of_the_program() -> None:
    fields = {field["name"]: field for field in read_schema("candidates.schema.json")["fields"]}
    enums = {name: set(field["constraints"]["enum"]) for name, field in fields.items() if "enum" in field.get("constraints", {})}
    assert enums == {
        "status": set(get_args(RunStatus)),
        "campaign_status": set(get_args(CampaignStatus)) - {"running"},
        "decision": set(BEST_FIRST),
        "campaign_decision": set(BEST_FIRST),
        "evidence_class": {"A", "B", "C", "D"},
    }


@pytest.mark.parametrize("name", HEADERS)
def test_every_column_is_described_in_both_languages(whole: Path, name: str) -> None:
    schema = json_in(whole / f"{name}.schema.json")
    assert len(schema["fields"]) == HEADERS[name]
    words = [schema, *schema["fields"]]
    assert all(
        each["description"] != each["description_fr"] and min(len(each["description"]), len(each["description_fr"])) > 5
        for each in words
    )
    assert list(table(whole / f"{name}.csv")[0]) == [field["name"] for field in schema["fields"]]


# What is in it


def test_negative_results_are_there_with_their_reasons(whole: Path) -> None:
    rows = table(whole / "candidates.csv")
    assert [row["campaign"] for row in rows] == [each for each in (FIRST, SECOND, BROKEN_OFF) for _ in range(4)]
    of_second = {row["candidate"]: row for row in rows if row["campaign"] == SECOND}
    assert {name: (row["status"], row["reason"]) for name, row in of_second.items()} == {
        "keywords": ("finished", ""),
        "linear": ("finished", ""),
        "broken": ("failed", "ValueError in fit.py, line 3"),
        "hub": ("unavailable", "its weights are not here"),
    }
    assert {row["score"] for row in rows if row["status"] != "finished"} == {""}
    interrupted = [row for row in rows if row["campaign_status"] == "interrupted"]
    assert {row["campaign"] for row in interrupted} == {BROKEN_OFF}
    assert {row["campaign_reason"] for row in interrupted} == {"its process was killed, journal.jsonl is left"}


def test_figures_are_those_of_the_comparison(preuve: Preuve, whole: Path, place: Path) -> None:
    row = next(row for row in table(whole / "candidates.csv") if row["campaign"] == SECOND and row["candidate"] == "linear")
    (candidate,) = [each for each in json.loads(preuve("compare", SECOND, "--json").out)["candidates"] if each["name"] == "linear"]
    compared = {
        "score": candidate["scores"]["macro_f1"]["value"],
        "score_low": candidate["scores"]["macro_f1"]["low"],
        "score_high": candidate["scores"]["macro_f1"]["high"],
        "energy_wh_per_unit": candidate["energy_wh"]["value"],
        "energy_low_wh_per_unit": candidate["energy_wh"]["low"],
        "energy_high_wh_per_unit": candidate["energy_wh"]["high"],
        "energy_true_low_wh_per_unit": candidate["true_wh"]["low"],
        "energy_true_high_wh_per_unit": candidate["true_wh"]["high"],
        "energy_ratio": candidate["ratio"]["value"],
        "energy_ratio_low": candidate["ratio"]["low"],
        "energy_ratio_high": candidate["ratio"]["high"],
        "fit_energy_wh": candidate["fit_energy_wh"],
        "peak_memory_mib": candidate["per_sample"]["peak_memory_mib"],
        "carbon_g_co2e_per_unit": candidate["carbon_g_co2e_per_unit"],
    }
    assert {name: float(row[name]) for name in compared} == compared
    # And by hand: five rounds about 2 Wh, half of it modelled and half declared, known within a factor of 0.5 to 6.
    assert float(row["energy_wh_per_unit"]) == pytest.approx(2.0259, rel=1e-3)
    assert float(row["energy_true_high_wh_per_unit"]) == pytest.approx(6 * float(row["energy_wh_per_unit"]))
    assert float(row["carbon_g_co2e_per_unit"]) == pytest.approx(float(row["energy_wh_per_unit"]) * 0.0461)
    assert float(row["energy_used_wh"]) == pytest.approx(1.0 + 2.0 * (1 + 1.03 + 1.01 + 1.02 + 1.005))
    assert float(row["energy_ratio"]) == pytest.approx(2.0)
    assert (row["metric"], row["evidence_class"], row["factor_id"], row["decision"]) == ("macro_f1", "C", "ademe-2025", "GO")
    assert (row["started"], row["data_name"], row["ledger_head"]) == ("2026-11-24T19:05:59Z", "requests.csv", "")


def test_the_gain_is_over_the_baseline_and_the_baseline_has_none(whole: Path, place: Path, tmp_path: Path) -> None:
    rows = {row["candidate"]: row for row in table(whole / "candidates.csv") if row["campaign"] == FIRST}
    goals = read_goals(tmp_path / "poc" / "request_classification" / "goals.toml")
    task = Task(TASK, "1", "d.csv", "text", "category", Unit("1 000 requests routed", 1000), (macro_f1, accuracy))
    found = assess(task, goals, open_store(TASK).read_campaign(FIRST), today=dt.date(2026, 11, 29))
    difference = found.comparison.between("linear", "keywords")
    assert difference.quality
    row = rows["linear"]
    names = ("gain", "gain_low", "gain_high", "gain_p")
    assert [float(row[name]) for name in names] == [*difference.quality, difference.quality_p]
    assert float(row["gain"]) == pytest.approx(float(row["score"]) - float(rows["keywords"]["score"]))
    assert {rows["keywords"][name] for name in (*names, "energy_ratio", "decision")} == {""}
    assert {name: row["leading"] for name, row in rows.items()} == dict.fromkeys(rows, "false") | {"linear": "true"}


def test_goals_that_are_not_met_are_named(preuve: Preuve, place: Path, out: Path, tmp_path: Path) -> None:
    path = tmp_path / "poc" / "request_classification" / "goals.toml"
    path.write_text(GOALS.replace("floor = 0.5", "floor = 0.99").replace("[human_path]\nkept = true", ""), encoding="utf-8")
    exported(preuve, out)
    row = next(row for row in table(out / "candidates.csv") if row["campaign"] == FIRST and row["candidate"] == "linear")
    assert (row["decision"], row["goals_missed"], row["goals_undetermined"]) == ("NO GO", "class_recall", "human_path")
    assert row["goals_sha256"] != row["judged_by_goals_sha256"]
    rows = table(out / "indicateurs.csv")
    assert next(row["valeur"] for row in rows if row["indicateur"] == "Nombre de POC conclus par un NO GO") == "1"


def test_what_is_named_alone_is_exported(preuve: Preuve, place: Path, out: Path) -> None:
    told = json.loads(exported(preuve, out, FIRST, "--json").out)
    assert {row["campaign"] for row in table(out / "candidates.csv")} == {FIRST}
    assert (told["campaigns"], told["candidates"]) == (1, 4)
    indicators = {row["indicateur"] for row in table(out / "indicateurs.csv")}
    assert "Énergie par unité fonctionnelle, candidat de tête" in indicators
    # Of a part of them nothing can be said of all.
    assert not {"Nombre de POC éprouvés", "Énergie de tout le développement"} & indicators
    assert_valid(out)
    told = json.loads(exported(preuve, out, TASK, FIRST, "--json").out)
    assert told["campaigns"] == 3
    assert "Énergie de tout le développement" in {row["indicateur"] for row in table(out / "indicateurs.csv")}


@pytest.mark.parametrize(
    ("formats", "there", "not_there"), [(["csv"], "candidates.csv", "boamps"), (["boamps"], "boamps", "candidates.csv")]
)
def test_one_format_alone(preuve: Preuve, place: Path, out: Path, formats: list[str], there: str, not_there: str) -> None:
    told = json.loads(exported(preuve, out, *(word for name in formats for word in ("--format", name)), "--json").out)
    assert (out / there).exists()
    assert not (out / not_there).exists()
    assert told["candidates"] == 12
    assert_valid(out)
    assert there in (out / "README.md").read_text(encoding="utf-8")
    assert f"`{not_there}" not in (out / "LISEZMOI.md").read_text(encoding="utf-8")


def test_an_export_of_nothing_is_valid_too(preuve: Preuve, empty: Path, out: Path) -> None:
    shown = exported(preuve, out)
    assert_valid(out)
    assert table(out / "candidates.csv") == []
    assert "There is no carbon ledger yet" in shown.out
    assert json_in(out / "datapackage.json")["preuve:ledger_head"] is None


def test_a_campaign_whose_record_is_gone_is_left_out_and_named(
    preuve: Preuve, place: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Store.read_campaign

    def read_all_but_one(store: Store, campaign_id: str) -> Campaign:
        if campaign_id == SECOND:
            raise RecordError(expected="a record", found="it is missing", where="/home/jean", remedy="none")
        return read(store, campaign_id)

    monkeypatch.setattr(Store, "read_campaign", read_all_but_one)
    shown = exported(preuve, out)
    assert f"Left out: {SECOND}: its record is missing" in shown.err
    assert {row["campaign"] for row in table(out / "candidates.csv")} == {FIRST, BROKEN_OFF}
    (left_out,) = json_in(out / "datapackage.json")["preuve:left_out"]
    assert (left_out["what"], left_out["why_fr"][:24]) == (SECOND, "son enregistrement manqu")
    assert SECOND in (out / "LISEZMOI.md").read_text(encoding="utf-8")
    assert_valid(out)
    # Whoever asks for it is told.
    assert refused(preuve("export", SECOND, "--out", out, *DATE))[0] == "it is missing"


def test_a_campaign_without_a_candidate_is_left_out_and_counted(preuve: Preuve, empty: Path, out: Path, tmp_path: Path) -> None:
    nothing = made(FIRST, 0, written_out(tmp_path), status="interrupted").model_copy(update={"runs": ()})
    keep(nothing)
    told = json.loads(exported(preuve, out, "--json").out)
    assert [each["what"] for each in told["left_out"]] == [FIRST]
    rows = {row["indicateur"]: row["valeur"] for row in table(out / "indicateurs.csv") if row["est_cible"] == "false"}
    assert rows["Nombre de campagnes de mesure"] == "1"
    assert float(rows["Énergie dépensée sans résultat"]) == pytest.approx(nothing.energy_wh / 1000)


def test_reports_speak_the_chosen_language(preuve: Preuve, whole: Path, place: Path, out: Path) -> None:
    exported(preuve, out, "--lang", "fr", "--format", "boamps")
    french, english = (json_in(each / "boamps" / f"{FIRST}-linear-0.json")["task"]["taskDescription"] for each in (out, whole))
    assert "L’énergie est brute" in french
    assert "cpu 50% (load model" in english
    assert "The energy is gross" in english


def test_people_are_told_how_to_read_and_check_it_in_both_languages(whole: Path) -> None:
    for name, words in (("README.md", "How to read it"), ("LISEZMOI.md", "Comment lire"), ("LICENCE.md", "Licence Ouverte 2.0")):
        text = (whole / name).read_text(encoding="utf-8")
        assert words in text
        assert "{{" not in text
    assert "https://www.etalab.gouv.fr/licence-ouverte-open-licence" in (whole / "LICENCE.md").read_text(encoding="utf-8")


# The ledger


def test_the_heads_of_the_ledger_are_found_in_each_kind_of_file(preuve: Preuve, at_recorded: Recorded, out: Path) -> None:
    exported(preuve, out, "request-classification")
    ledger, campaign = Ledger(), open_store(TASK).read_campaign(at_recorded.id)
    latest = tuple(ledger.head or ())
    closing = campaign.ledger_head
    assert closing
    for name in ("datapackage.json", "README.md", "LISEZMOI.md"):
        assert [head[1:] for head in heads_in([out / name])] == [latest]
    for path in (out / "candidates.csv", *(out / "boamps").iterdir()):
        assert {f"{number}:{sha256}" for _, number, sha256 in heads_in([path])} == {closing}
    against = [word for name in ("datapackage.json", "candidates.csv") for word in ("--against", str(out / name))]
    assert preuve("audit", "verify", *against).status == 0


def test_a_head_of_another_homes_ledger_is_not_looked_for_in_this_one(
    preuve: Preuve, at_recorded: Recorded, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "ledgers", lambda _: {at_recorded.id: "f" * 64})
    exported(preuve, out, "request-classification")
    head = open_store(TASK).read_campaign(at_recorded.id).ledger_head
    assert {row["ledger_head"] for row in table(out / "candidates.csv")} == {f"elsewhere:{head}"}
    with pytest.raises(DataError):
        heads_in([out / "candidates.csv"])


def test_the_store_tells_which_ledger_has_a_campaign(at_recorded: Recorded) -> None:
    store = open_store(TASK)
    assert store.ledgers() == {at_recorded.id: Ledger().id}
    assert {LEDGER_TAG, LEDGER_HEAD_TAG} == {"preuve.ledger", "preuve.ledger_head"}


# What stays here


def test_nothing_of_a_text_and_no_folder_of_the_machine_leaves(preuve: Preuve, at_recorded: Recorded, out: Path) -> None:
    exported(preuve, out)
    written = {name: content.decode() for name, content in contents(out).items() if not name.startswith("data/")}
    assert len(written) > 8
    folders = {str(at_recorded.home), str(Path.home()), str(PROJECT), str(at_recorded.data.parent)}
    for name, text in written.items():
        for planted in (*LAMP, *BIN, *folders):
            assert planted not in text, (name, planted)
    # What was to be found was looked for where it would be.
    assert {row["data_name"] for row in table(out / "candidates.csv")} == {at_recorded.data.name}


@pytest.mark.parametrize("declared", ["yes", "undeclared"])
def test_data_that_may_be_personal_are_exported_as_figures_without_a_name(
    preuve: Preuve, empty: Path, out: Path, tmp_path: Path, declared: str
) -> None:
    data = make_data("/home/jean dupont/plaintes-dupont.csv", test_samples=200, contains_personal_data=declared)
    campaign = made(FIRST, 0, written_out(tmp_path), data=data)
    failed = make_run("gone", status="failed", reason="no /home/jean dupont/plaintes-dupont.csv", readings=(), predictions=())
    keep(campaign.model_copy(update={"runs": (*campaign.runs, failed)}))
    exported(preuve, out)
    rows = table(out / "candidates.csv")
    assert {row["data_name"] for row in rows} == {WITHHELD}
    assert rows[1]["score"] != ""
    assert rows[-1]["reason"] == "no [withheld]"
    for name, content in contents(out).items():
        assert b"dupont" not in content, name
    assert_valid(out)


# Hostile names


def test_whatever_candidates_are_called_the_files_are_valid(preuve: Preuve, empty: Path, out: Path, tmp_path: Path) -> None:
    campaign = made(FIRST, 0, written_out(tmp_path))
    template = campaign.runs[1]
    runs = [template.model_copy(update={"candidate": name}) for name in HOSTILE]
    keep(
        campaign.model_copy(
            update={"runs": (campaign.runs[0], *runs), "data": make_data(f"/home/x/{HOSTILE[0]}", test_samples=200)}
        )
    )
    exported(preuve, out)
    rows = table(out / "candidates.csv")
    assert {row["candidate"] for row in rows} == {"keywords", *map(defused, HOSTILE)}
    assert f"'{CALC}" in [row["candidate"] for row in rows]
    reports = [json_in(path)["task"]["algorithms"][0]["algorithmName"] for path in (out / "boamps").iterdir()]
    assert sorted(reports) == sorted(["keywords", *HOSTILE])
    assert_valid(out)


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_city_a_poc_and_a_file_are_called_it_stays_text(
    preuve: Preuve, place: Path, out: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = dataclasses.make_dataclass("Card", ["title", "task_family"])(name, name)
    monkeypatch.setattr(open_data, "read_poc_card", lambda *_: card)
    monkeypatch.setattr(open_data, "read_programme", lambda: Programme(organisation=name))
    exported(preuve, out, FIRST)
    rows = table(out / "indicateurs.csv")
    assert {row["administration_rattachement"] for row in rows} == {defused(name)}
    assert {row["nom_service_public_numerique"] for row in rows} == {defused(name)}
    report = json_in(out / "boamps" / f"{FIRST}-linear-0.json")
    assert report["header"]["publisher"]["name"] == report["task"]["taskFamily"] == name
    assert json_in(out / "datapackage.json")["contributors"] == [{"title": name, "role": "publisher"}]
    assert json_in(out / "croissant" / "request-classification.json")["creator"]["name"] == name
    for page in ("README.md", "LISEZMOI.md", "LICENCE.md"):
        assert "<script" not in (out / page).read_text(encoding="utf-8")
    assert_valid(out)


# The folder


def test_the_same_runs_give_the_same_bytes(preuve: Preuve, place: Path, out: Path, tmp_path: Path) -> None:
    exported(preuve, out, "--lang", "fr")
    exported(preuve, tmp_path / "again", "--lang", "fr")
    assert contents(out) == contents(tmp_path / "again")
    exported(preuve, out, "--lang", "fr")
    assert contents(out) == contents(tmp_path / "again")
    assert preuve("export", "--out", out, "--date", "2027-01-01").status == 0
    assert contents(out) != contents(tmp_path / "again")


def test_foreign_files_are_left_and_own_ones_replaced(preuve: Preuve, place: Path, out: Path) -> None:
    exported(preuve, out)
    before = contents(out)
    (out / "notes.txt").write_text("mine")
    (out / "boamps" / "mine.json").write_text("{}")
    (out / "candidates.csv").write_text("spoilt")
    exported(preuve, out)
    assert contents(out) == before | {"notes.txt": b"mine", "boamps/mine.json": b"{}"}


@pytest.mark.parametrize("name", ["README.md", "LISEZMOI.md", "LICENCE.md", "datapackage.json"])
def test_a_folder_with_somebody_elses_files_of_these_names_is_refused(preuve: Preuve, place: Path, out: Path, name: str) -> None:
    out.mkdir()
    (out / name).write_text("mine")
    found, expected, where, remedy = refused(preuve("export", "--out", out, *DATE))
    assert found == f"a {name} that no export wrote"
    assert expected == "a folder for the export, new or of an earlier one"
    assert where == str(out / name)
    assert "--out" in remedy
    assert contents(out) == {name: b"mine"}


def test_a_place_that_cannot_be_written_to_is_explained(preuve: Preuve, place: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        found, expected, where, remedy = refused(preuve("export", "--out", path, *DATE))
        assert expected == "a folder that can be written to"
        assert found in {"File exists", "Not a directory"}
        assert where == str(path)
        assert remedy.startswith("name a folder of its own")
    error = json.loads(preuve("export", "--out", tmp_path / "file", *DATE, "--json").out)["error"]
    assert error["where"] == str(tmp_path / "file")


def test_a_full_disk_leaves_each_file_as_it_was(preuve: Preuve, place: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(preuve, out)
    before = contents(out)
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "candidates.csv" in path.name:
            write(path, content[:100])
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert refused(preuve("export", "--out", out, *DATE))[0] == "No space left on device"
    assert contents(out) == before


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["request-clasification"], "'request-clasification'"),
        (["20200101-000000-beef"], "none called 20200101-000000-beef"),
        (["--lang", "de"], "'de'"),
    ],
)
def test_what_there_is_not_is_explained(preuve: Preuve, place: Path, out: Path, arguments: Sequence[str], found: str) -> None:
    assert refused(preuve("export", *arguments, "--out", out, *DATE))[0] == found
    assert not out.exists()


# The samples


def test_the_samples_are_described_for_machines(whole: Path) -> None:
    told = json_in(whole / "croissant" / "request-classification.json")
    assert told["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert told["isLiveDataset"] is False
    assert told["license"] == OPEN_LICENCES["etalab-2.0"]
    (file,) = told["distribution"]
    copy = (whole / "croissant" / file["contentUrl"]).resolve()
    content = copy.read_bytes()
    assert content == (PROJECT / "data_samples" / "request_classification" / "requests.csv").read_bytes()
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    (records,) = told["recordSet"]
    assert [field["source"]["extract"]["column"] for field in records["field"]] == list(table(copy)[0])
    assert {field["source"]["fileObject"]["@id"] for field in records["field"]} == {file["@id"]}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"contains_personal_data": "yes"}, "the card of its samples does not say that they hold no personal data"),
        ({"contains_personal_data": "undeclared"}, "the card of its samples does not say that they hold no personal data"),
        ({"licence": "all rights reserved"}, "its samples are under a licence that is not known to be open: all rights reserved"),
        ({"sha256": "0" * 64}, "its samples are not those that their card describes"),
        ({"colour": "blue"}, "its samples or their card cannot be read"),
    ],
)
def test_only_open_samples_without_personal_data_are_published(tmp_path: Path, changes: Mapping[str, str], why: str | None) -> None:
    (tmp_path / "d.csv").write_text("id,text\n1,a\n", encoding="utf-8")
    card = {"licence": "etalab-2.0", "contains_personal_data": "no", "sha256": hashlib.sha256(b"id,text\n1,a\n").hexdigest()}
    lines = [f"{name} = {json.dumps(value)}" for name, value in (card | dict(changes)).items()]
    (tmp_path / "d.card.toml").write_text("\n".join(lines), encoding="utf-8")
    task = Task("t", "1", str(tmp_path / "d.csv"), "text", "category", Unit("1", 1), (macro_f1,))
    found = sample_data(task)
    if why is None:
        assert isinstance(found, SampleData)
        assert (found.path, found.columns) == ("data/t/d.csv", ("id", "text"))
    else:
        assert str(found) == why


def test_samples_that_are_not_published_are_named(preuve: Preuve, place: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_data, "sample_data", lambda _: say("its samples are no CSV file"))
    shown = exported(preuve, out)
    assert f"Left out: {TASK}: its samples are no CSV file." in shown.err
    assert not (out / "data").exists()
    assert not (out / "croissant").exists()
    assert "croissant" not in (out / "README.md").read_text(encoding="utf-8").lower()
    assert_valid(out)


def test_rounds_of_other_lengths_are_no_obstacle(preuve: Preuve, empty: Path, out: Path, tmp_path: Path) -> None:
    """A campaign in which a candidate alone was measured: no baseline, no gain, no ratio."""
    campaign = made(FIRST, 0, written_out(tmp_path))
    alone = campaign.runs[1].model_copy(update={"readings": (campaign.runs[1].readings[0], *make_rounds(1.0, 1.1))})
    keep(campaign.model_copy(update={"runs": (alone,)}))
    exported(preuve, out)
    (row,) = table(out / "candidates.csv")
    assert (row["gain"], row["energy_ratio"], row["leading"]) == ("", "", "true")
    assert_valid(out)
