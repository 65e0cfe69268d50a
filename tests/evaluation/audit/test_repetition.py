"""A run is repeated exactly, and what comes out is compared bit by bit for quality and by its interval for energy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from evaluation.audit.repetition import energy_ratio
from evaluation.records.ledger import Ledger
from evaluation.records.store import open_store
from tests.conftest import Preuve, Recorded
from tests.ledgers import copy_home
from tests.records import make_rounds

TASK = "request-classification"


@pytest.fixture
def place(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = copy_home(recorded.home, tmp_path / "home")
    monkeypatch.setenv("PREUVE_HOME", str(place))
    return place


def run_id_of(name: str) -> str:
    records = (record["content"] for record in Ledger().records() if record["kind"] == "run-ended")
    return next(str(content["mlflow_run"]) for content in records if content["run"] == name)


def test_the_same_run_again_has_the_same_answers_and_is_recorded_as_a_repetition(place: Path, preuve: Preuve) -> None:
    run_id = run_id_of("tfidf-linearsvc seed 0")
    outcome = preuve("run", "--repeat", run_id[:12], "--json")
    told = json.loads(outcome.out)
    assert told["quality"] == {"answers": 6, "differing": 0, "identical": True}
    assert told["energy"]["within"] in {"within", "outside", "undetermined"}
    assert outcome.status == (1 if told["energy"]["within"] == "outside" else 0)
    assert told["repeats"]["mlflow_run"] == run_id
    *_, last = Ledger().records()
    assert (last["kind"], last["content"]["repeats"]) == ("repetition", told["repeats"])
    again = open_store(TASK).read_campaign(told["repeated"]["campaign"])
    first = open_store(TASK).read_campaign(told["repeats"]["campaign"])
    assert again.runs[0].predictions == next(run for run in first.runs if run.candidate == "tfidf-linearsvc").predictions
    assert (again.protocol, again.runs[0].params) == (first.protocol, first.runs[1].params)
    assert json.loads(preuve("audit", "verify", "--json").out)["findings"] == []


def test_answers_that_differ_are_counted_and_the_status_says_so(
    place: Path, preuve: Preuve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poc import keywords

    monkeypatch.setattr(keywords.RoutingSheet, "predict", lambda _, inputs: ["eclairage-public"] * len(inputs))
    outcome = preuve("run", "--repeat", run_id_of("keywords seed 0"))
    assert outcome.status == 1
    assert "Quality: not identical: " in outcome.out
    assert "  accuracy: " in outcome.out


def test_a_run_that_was_edited_in_mlflow_is_not_repeated_but_verified(place: Path, preuve: Preuve) -> None:
    run_id = run_id_of("keywords seed 0")
    (file,) = place.glob(f"artifacts/{TASK}/{run_id}/artifacts/predictions.json")
    file.write_text(file.read_text().replace("eclairage-public", "collecte-encombrants"))
    outcome = preuve("run", "--repeat", run_id)
    assert outcome.status == 2
    assert "preuve audit verify says what was changed" in outcome.err


def test_other_data_are_an_error_and_not_a_comparison(
    place: Path, preuve: Preuve, monkeypatch: pytest.MonkeyPatch, recorded: Recorded, tmp_path: Path
) -> None:
    before = recorded.data.read_bytes()
    kept = shutil.copy(recorded.data, tmp_path / "kept.csv")
    card = recorded.data.with_name("train.card.toml")
    declared = card.read_bytes()
    try:
        recorded.data.write_bytes(before + b"Encore un lampadaire,eclairage-public\n")
        outcome = preuve("run", "--repeat", run_id_of("keywords seed 0"))
    finally:
        shutil.copy(kept, recorded.data)
        card.write_bytes(declared)
    assert outcome.status == 2
    assert "Traceback" not in outcome.err
    assert "another content" in outcome.err or "it has changed" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--repeat", "0" * 32], "none called"),
        (["--repeat", "abc"], "none called"),
        (["--repeat", "0" * 32, TASK], "POC"),
        (["--repeat", "0" * 32, "--rounds", "2", "--quick"], "--rounds, --quick"),
        ([], "neither"),
    ],
)
def test_what_cannot_be_repeated_is_said(place: Path, preuve: Preuve, arguments: list[str], found: str) -> None:
    outcome = preuve("run", *arguments)
    assert outcome.status == 2
    assert found in outcome.err


def rounds(*energies_wh: float) -> list[Any]:
    return make_rounds(*energies_wh)


def test_the_ratio_of_two_sets_of_rounds_has_welchs_interval_on_logarithms() -> None:
    # By hand: logs 0, ln 1.1 twice each side shifted by ln 2; equal variances, 2 degrees of freedom, t = 4.3027.
    ratio = energy_ratio(rounds(1.0, 1.1), rounds(2.0, 2.2))
    assert ratio is not None
    assert ratio.low is not None
    assert ratio.high is not None
    assert ratio.value == pytest.approx(2.0)
    # The standard error is ln 1.1 / 2 * sqrt 2.
    assert ratio.high / ratio.value == pytest.approx(1.3364, abs=1e-3)
    assert ratio.low * ratio.high == pytest.approx(ratio.value**2)


def test_one_round_has_no_interval_and_none_no_ratio() -> None:
    ratio = energy_ratio(rounds(1.0), rounds(3.0, 3.0))
    assert ratio is not None
    assert ratio.value == pytest.approx(3.0)
    assert ratio.low is None
    assert energy_ratio([], rounds(1.0)) is None
