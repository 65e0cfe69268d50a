"""`preuve report` as a user drives it, on campaigns that are read from the records."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest

import poc.request_classification  # noqa: F401  # before any other folder of this name can be found
from tests.conftest import Preuve
from tests.evaluation.publishing.reading import read_page
from tests.evaluation.test_comparison_commands import FIRST, GOALS, SECOND, TASK, keep, made, own_goals, refused, written_out

DAY = ("--date", "2026-11-25")


@pytest.fixture(scope="module")
def records(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two finished campaigns of one POC."""
    place = tmp_path_factory.mktemp("records")
    shutil.copy(new_database, place / "mlflow.db")
    goals = written_out(place)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("PREUVE_HOME", "PREUVE_LOCK_FOLDER"):
            patch.setenv(variable, str(place))
        patch.setattr(tempfile, "tempdir", str(place))
        keep(made(FIRST, 0, goals))
        keep(made(SECOND, 1, goals))
    return place


@pytest.fixture
def out(records: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where reports go, in a home of this test's own with those campaigns."""
    # Artifacts are found where they were put.
    shutil.copy(records / "mlflow.db", home / "mlflow.db")
    own_goals(tmp_path, monkeypatch, GOALS)
    return tmp_path / "out"


def test_a_poc_has_a_report_of_its_latest_campaign(preuve: Preuve, out: Path) -> None:
    outcome = preuve("report", TASK, "--out", out, "--lang", "fr", *DAY)
    page = out / f"{TASK}-{SECOND}.fr.html"
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [f"GO: linear (campaign {SECOND})", str(page)]
    assert "Rapport du 25 novembre 2026." in read_page(page.read_text(encoding="utf-8"))


def test_a_campaign_has_a_report_by_its_id(preuve: Preuve, out: Path) -> None:
    outcome = preuve("report", FIRST, "--out", out, "--lang", "en", *DAY)
    assert outcome.status == 0
    text = read_page((out / f"{TASK}-{FIRST}.en.html").read_text(encoding="utf-8"))
    assert "Report of 25 November 2026." in text
    assert f"Campaign {FIRST}" in text


def test_all_reports_come_with_an_index(preuve: Preuve, out: Path) -> None:
    outcome = preuve("report", "--all", "--out", out, "--lang", "fr", *DAY)
    assert outcome.out.splitlines()[-1] == str(out / "index.fr.html")
    assert {path.name for path in out.iterdir()} == {"index.fr.html", f"{TASK}-{SECOND}.fr.html"}
    assert "- GO\u00a0: 1\n" in read_page((out / "index.fr.html").read_text(encoding="utf-8"))


def test_a_program_can_read_what_was_written(preuve: Preuve, out: Path) -> None:
    outcome = preuve("report", TASK, "--out", out, "--lang", "en", "--json", *DAY)
    page = str(out / f"{TASK}-{SECOND}.en.html")
    assert json.loads(outcome.out) == {
        "page": page,
        "language": "en",
        "date": "2026-11-25",
        "decision": "GO",
        "candidate": "linear",
        "campaign": SECOND,
        "files": [page],
    }


def test_the_same_campaign_and_date_give_the_same_bytes(preuve: Preuve, out: Path) -> None:
    pages = []
    for folder in ("one", "two"):
        preuve("report", TASK, "--out", out / folder, "--lang", "fr", *DAY)
        pages.append((out / folder / f"{TASK}-{SECOND}.fr.html").read_bytes())
    assert pages[0] == pages[1]


def test_another_factor_is_named_and_changes_carbon(preuve: Preuve, out: Path) -> None:
    preuve("report", TASK, "--out", out, "--lang", "fr", "--factor", "rte-2024", *DAY)
    text = read_page((out / f"{TASK}-{SECOND}.fr.html").read_text(encoding="utf-8"))
    assert "(facteur d’émission rte-2024)" in text
    assert "ademe-2025\u00a0:" not in text


@pytest.mark.parametrize(("arguments", "found"), [((), "none of them"), ((TASK, "--all"), "both")])
def test_either_one_or_all_are_asked_for(preuve: Preuve, arguments: tuple[str, ...], found: str) -> None:
    error = refused(preuve("report", *arguments))
    assert found in error[0]


def test_a_poc_that_nobody_knows_is_refused(preuve: Preuve, out: Path) -> None:
    assert "no-such-poc" in refused(preuve("report", "no-such-poc", "--out", out))[0]
    assert not out.exists()


def test_a_folder_that_cannot_be_written_to_is_refused(preuve: Preuve, out: Path) -> None:
    out.write_text("a file")
    assert str(out) in " ".join(refused(preuve("report", TASK, "--out", out, *DAY)))
