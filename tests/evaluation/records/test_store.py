"""What MLflow holds after a campaign: findable, linked, loadable, and without any text of a sample."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation.data.loading import read_texts
from evaluation.energy.reading import Reading
from evaluation.exceptions import NameNotFoundError, RecordError
from evaluation.footprint import PeakMemory
from evaluation.records.store import Store, looks_like_campaign, open_store
from evaluation.records.tracking import is_disk_full
from evaluation.run import Campaign, Run
from tests.conftest import BIN, Preuve, Recorded
from tests.records import STARTED, make_campaign, make_data, make_reading, make_run, make_text_contest

TASK = "request-classification"


def recorded_wh(store: Store) -> float:
    """What MLflow has of all campaigns together."""
    return sum(store.energy_by_campaign().values())


@pytest.fixture
def store(at_recorded: Recorded) -> Store:
    return open_store(TASK)


def test_a_campaign_is_a_parent_with_a_child_per_candidate_and_seed(at_recorded: Recorded, store: Store) -> None:
    runs = store.client.search_runs([store.experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert [run.info.run_name for run in parents] == [at_recorded.id]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    assert {run.info.run_name for run in children} == {"keywords seed 0", "tfidf-linearsvc seed 0"}
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_run_has_its_data_set_scores_rounds_and_artifacts(at_recorded: Recorded, store: Store) -> None:
    (run,) = store.client.search_runs([store.experiment_id], "tags.`preuve.candidate` = 'tfidf-linearsvc'")
    assert run.data.params["C"] == "1.0"
    assert {"macro_f1", "accuracy", "fit_energy_wh", "inference_energy_wh_per_unit"} <= set(run.data.metrics)
    history = store.client.get_metric_history(run.info.run_id, "round_energy_wh_per_unit")
    assert [metric.step for metric in history] == [1, 2]
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.name == "train.csv"
    artifacts = {file.path for file in store.client.list_artifacts(run.info.run_id)}
    records = {"run.json", "predictions.json", "ledger.json"}
    assert artifacts == records | {"confusion_matrix.png", "packages.txt", "power_samples.parquet"}
    table = json.loads(Path(store.client.download_artifacts(run.info.run_id, "predictions.json")).read_text())
    assert table["columns"] == ["sample_id", "expected", "predicted", "score"]


def test_scores_are_tied_to_the_model_and_the_data_set(at_recorded: Recorded, store: Store) -> None:
    models = {model.name: model for model in store.client.search_logged_models([store.experiment_id])}
    assert set(models) == {"keywords", "tfidf-linearsvc"}
    model = models["tfidf-linearsvc"]
    assert model.params == {"C": "1.0", "seed": "0"}
    scores = {metric.key: metric for metric in model.metrics if metric.dataset_name}
    assert set(scores) == {"macro_f1", "accuracy"}
    assert scores["accuracy"].dataset_name == "train.csv"
    (run,) = store.client.search_runs([store.experiment_id], "tags.`preuve.candidate` = 'tfidf-linearsvc'")
    assert scores["accuracy"].value == run.data.metrics["accuracy"]
    assert [output.model_id for output in run.outputs.model_outputs] == [model.model_id]


def test_the_stored_model_answers_as_the_measured_one_did(at_recorded: Recorded, store: Store) -> None:
    import mlflow.pyfunc
    import pandas as pd

    (run,) = (found for found in store.read_campaign(at_recorded.id).runs if found.candidate == "tfidf-linearsvc")
    model = next(model for model in store.client.search_logged_models([store.experiment_id]) if model.name == "tfidf-linearsvc")
    loaded = mlflow.pyfunc.load_model(model.artifact_location)
    rows = pd.read_csv(at_recorded.data)
    texts = [rows["text"][int(prediction.id.removeprefix("row-")) - 1] for prediction in run.predictions]
    assert loaded.predict(texts) == [prediction.predicted for prediction in run.predictions]


def test_each_runs_own_model_is_loaded_and_answers_as_it_did(at_recorded: Recorded, store: Store) -> None:
    campaign = store.read_campaign(at_recorded.id)
    texts = read_texts(campaign.data)
    by_id = dict(zip(texts.ids, texts.inputs, strict=True))
    for run in campaign.runs:
        predictor = store.load_model(campaign, run)
        answers = predictor.predict([by_id[each.id] for each in run.predictions])
        assert [*answers] == [each.predicted for each in run.predictions]
        assert (type(predictor).__name__ == "Pipeline") == (run.candidate == "tfidf-linearsvc")


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("no", "it was not stored"),
        ("yes", "models are not stored where there may be personal data"),
        ("undeclared", "models are not stored where there may be personal data"),
    ],
)
def test_a_model_that_was_not_stored_says_why(empty: Store, declared: str, found: str) -> None:
    class Unsavable:
        def predict(self, inputs: Sequence[str], /) -> Sequence[str]:
            return inputs

        def save(self, folder: Path) -> None:
            raise ValueError(folder)

    run = make_run("writer")
    campaign = make_campaign(run, data=make_data(contains_personal_data=declared))
    empty.open_campaign(campaign, [run])
    empty.add_run(campaign, run, Unsavable())
    with pytest.raises(RecordError) as refused:
        empty.load_model(campaign, run)
    assert refused.value.as_dict() == {
        "expected": "the model of writer seed 0, which gives its answers again",
        "found": found,
        "where": f"campaign {campaign.id}",
        "remedy": f"preuve run {TASK} --candidate writer; --personal-data no, if there are none",
    }


def test_no_text_of_a_sample_is_anywhere_in_the_home(at_recorded: Recorded) -> None:
    sentence = BIN[4].encode()
    assert len(sentence) > 40
    files = [path for path in at_recorded.home.rglob("*") if path.is_file() and path != at_recorded.data]
    assert any(path.name == "mlflow.db" for path in files)
    assert [path for path in files if sentence in path.read_bytes()] == []


def test_artifacts_are_in_the_home_and_not_where_the_command_was_given(at_recorded: Recorded) -> None:
    assert list(at_recorded.home.glob(f"artifacts/{TASK}/*/artifacts/run.json"))
    assert not Path("mlruns").exists()


def test_an_unknown_campaign_is_named(at_recorded: Recorded, store: Store) -> None:
    with pytest.raises(NameNotFoundError, match="none called 20200101-000000-beef"):
        store.read_campaign("20200101-000000-beef")


def test_an_experiment_that_was_deleted_is_an_error_that_restores_it(home: Path) -> None:
    store = open_store(TASK)
    store.client.delete_experiment(store.experiment_id)
    with pytest.raises(RecordError, match="deleted in MLflow") as refused:
        open_store(TASK)
    command = refused.value.remedy.replace(".venv/bin/mlflow", f"{sys.executable} -m mlflow")
    subprocess.run(command, shell=True, check=True, capture_output=True)  # noqa: S602  # it is meant for a shell
    assert open_store(TASK).experiment_id == store.experiment_id


def test_a_deleted_record_is_an_error_that_says_which(at_recorded: Recorded, store: Store) -> None:
    file = next(at_recorded.home.glob(f"artifacts/{TASK}/*/artifacts/run.json"))
    content = file.read_bytes()
    file.unlink()
    try:
        with pytest.raises(RecordError, match="it is missing"):
            store.read_campaign(at_recorded.id)
    finally:
        file.write_bytes(content)


def power_rows(store: Store, run_id: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(store.client.download_artifacts(run_id, "power_samples.parquet")).to_pylist()
    return rows


def test_power_samples_of_each_window_are_kept_with_the_run_and_those_of_the_idle_machine_with_the_campaign(
    at_recorded: Recorded, store: Store
) -> None:
    campaign = store.read_campaign(at_recorded.id)
    readings = {at_recorded.id: campaign.readings} | {run.name: run.readings for run in campaign.runs}
    for run in store.client.search_runs([store.experiment_id]):
        rows = power_rows(store, run.info.run_id)
        windows = readings[run.info.run_name]
        # Each window has a sample when it opens.
        assert {row["window"] for row in rows if row["elapsed_s"] == 0.0} == set(range(len(windows)))
        for row in rows:
            reading = windows[row["window"]]
            assert (row["kind"], row["round"], row["attempt"]) == (reading.kind, reading.round, reading.attempt)


@pytest.fixture
def empty() -> Store:
    """A store of this test's own."""
    return open_store(TASK)


def record(store: Store, campaign: Campaign) -> list[str]:
    """Record a campaign with its runs, as `campaign` does it, and return MLflow's ids of the runs."""
    store.open_campaign(campaign)
    run_ids = [store.add_run(campaign, run, None) for run in campaign.runs]
    store.close_campaign(campaign)
    return run_ids


def bare_run(candidate: str, *readings: Reading, **changes: Any) -> Run:
    return make_run(candidate, readings=readings, predictions=(), **changes)


# 1 Wh each.
FIT, IDLE = make_reading("fit"), make_reading("idle")


def test_development_is_charged_with_everything_that_was_ever_measured(empty: Store) -> None:
    assert recorded_wh(empty) == 0.0
    cut = make_reading("fit", cpu_wh=2.0, ram_wh=1.0, outcome="cut short")
    failed, fine = bare_run("failed", cut, status="failed"), bare_run("fine", FIT, FIT)
    deleted, _ = record(empty, make_campaign(failed, fine, readings=[IDLE]))
    empty.client.delete_run(deleted)
    assert recorded_wh(empty) == 6.0
    again = make_campaign(bare_run("fine", FIT, status="interrupted"), id="20261124-190559-3f2a", status="interrupted")
    record(empty, again)
    assert recorded_wh(empty) == 7.0


def test_development_of_one_task_is_not_charged_to_another(empty: Store) -> None:
    record(empty, make_campaign(bare_run("fine", FIT), readings=[IDLE]))
    assert recorded_wh(open_store("document-summarisation")) == 0.0


def test_a_campaign_that_is_resumed_goes_on_with_the_runs_that_it_had(empty: Store) -> None:
    run, other = bare_run("one", FIT), bare_run("other", FIT)
    campaign = make_campaign(run, other, readings=[IDLE])
    opened = empty.open_campaign(campaign, [run])
    assert empty.add_run(campaign, run) == opened["one seed 0"]
    empty.client.delete_run(opened["one seed 0"])
    resumed = open_store(TASK)
    again = resumed.resume_campaign(campaign, [run, other])
    assert (again[None], again["one seed 0"]) == (opened[None], opened["one seed 0"])
    assert [resumed.add_run(campaign, each) for each in (run, other)] == [again["one seed 0"], again["other seed 0"]]
    resumed.close_campaign(campaign)
    assert resumed.read_campaign(campaign.id) == campaign
    found = resumed.client.search_runs([resumed.experiment_id], "tags.`preuve.kind` = 'run'")
    assert {each.data.tags["mlflow.parentRunId"] for each in found} == {opened[None]}
    assert recorded_wh(resumed) == 3.0


def test_runs_are_under_way_from_the_beginning_of_their_campaign(empty: Store) -> None:
    run = bare_run("one", FIT)
    opened = empty.open_campaign(make_campaign(run), [run])
    found = empty.client.get_run(opened["one seed 0"])
    assert (found.info.status, found.data.tags["preuve.status"]) == ("RUNNING", "running")
    empty.add_run(make_campaign(run), run)
    found = empty.client.get_run(opened["one seed 0"])
    assert (found.info.status, found.data.tags["preuve.status"]) == ("FINISHED", "finished")


def test_answers_that_are_texts_come_back_as_they_were_and_have_no_confusion_matrix(empty: Store) -> None:
    parts = {"lead": {"kept": [(1.0, 2.0), (0.0, 0.0)]}, "model": {"kept": [(0.1 + 0.2, 2.0), (1.0, 3.0)]}}
    campaign = make_text_contest(parts, task=TASK, conditions={"words": 150})
    run_ids = record(empty, campaign)
    assert empty.read_campaign(campaign.id) == campaign
    for run_id in run_ids:
        artifacts = {file.path for file in empty.client.list_artifacts(run_id)}
        assert "predictions.json" in artifacts
        assert "confusion_matrix.png" not in artifacts


def test_a_campaign_is_closed_once_all_of_it_is_recorded(empty: Store) -> None:
    campaign = make_campaign(readings=[IDLE])
    parent = empty.open_campaign(campaign)[None]
    assert not empty.is_closed(parent)
    empty.close_campaign(campaign)
    assert empty.is_closed(parent)
    empty.client.delete_run(parent)
    assert empty.is_closed(parent)
    assert not empty.is_closed("0" * 32)


def test_a_campaign_under_way_is_not_compared(empty: Store, preuve: Preuve) -> None:
    campaign = make_campaign(readings=[IDLE], status="running")
    # No command here may close what another machine is at.
    empty.client.set_tag(empty.open_campaign(campaign)[None], "preuve.machine", "another's")
    outcome = preuve("compare", campaign.id)
    assert outcome.status == 2
    assert f"{campaign.id}, begun on {campaign.started:%Y-%m-%d at %H:%M} UTC, has not" in outcome.err
    assert "wait for its end" in outcome.err


def test_runs_come_back_in_their_order_also_where_none_was_measured(empty: Store) -> None:
    runs = [bare_run(name, status="interrupted", reason="stopped", seed=seed) for name in "cabed" for seed in (0, 1)]
    campaign = make_campaign(*runs, status="interrupted", ended=STARTED)
    record(empty, campaign)
    assert empty.read_campaign(campaign.id) == campaign


@pytest.mark.parametrize("name", ["campaign.json", "run.json"])
def test_a_record_of_another_version_is_an_error_without_a_traceback(empty: Store, home: Path, preuve: Preuve, name: str) -> None:
    record(empty, make_campaign(bare_run("one", FIT)))
    (file,) = home.glob(f"artifacts/{TASK}/*/artifacts/{name}")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"of_old": 1}))
    with pytest.raises(RecordError) as refused:
        empty.read_campaign(make_campaign().id)
    assert refused.value.expected == "a record of this version of preuve"
    assert refused.value.found.startswith("of_old: ")
    outcome = preuve("compare", TASK)
    assert outcome.status == 2
    assert "of_old" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_database_that_is_none_is_an_error_without_a_traceback(home: Path, preuve: Preuve) -> None:
    (home / "mlflow.db").write_bytes(b"no database at all" * 1000)
    outcome = preuve("compare", TASK)
    assert outcome.status == 2
    assert "file is not a database" in outcome.err
    assert "Traceback" not in outcome.err


def test_processes_that_open_a_new_database_at_once_do_not_crash(home: Path) -> None:
    (home / "mlflow.db").unlink()
    code = f"from evaluation.records.store import open_store; print(open_store({TASK!r}).experiment_id)"
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert {process.communicate()[0] for process in started} == {"1\n"}


def test_a_full_disk_is_recognised_behind_other_errors() -> None:
    wrapped = RuntimeError("could not write")
    wrapped.__cause__ = RuntimeError("a layer between")
    wrapped.__cause__.__context__ = OSError(28, "No space left on device")
    assert is_disk_full(wrapped)
    assert not is_disk_full(RuntimeError("something else"))
    assert not is_disk_full(OSError(13, "Permission denied"))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("20261123-190559-3f2a", True),
        ("request-classification", False),
        ("20261123-190559-3f2", False),
        ("20261123-190559-3f2a ", False),
    ],
)
def test_campaign_ids_are_told_from_names(name: str, is_one: bool) -> None:
    assert looks_like_campaign(name) is is_one


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A team's MLflow server, on the loopback address."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{tmp_path / 'team.db'}", "--artifacts-destination", str(tmp_path / "team"),
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{address}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield address
        process.terminate()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_teams_server_holds_campaigns_just_as_well(
    server: str, monkeypatch: pytest.MonkeyPatch, preuve: Preuve, own_data: list[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    monkeypatch.setattr("evaluation.campaign.find_peak_memory", lambda *_: PeakMemory(100.0))
    ran = preuve("run", TASK, *own_data, "--candidate", "keywords", "--quick", "--rounds", "1", "--json")
    assert ran.status == 0, ran.err
    compared = preuve("compare", TASK, "--json")
    assert json.loads(compared.out) == json.loads(ran.out)
    assert list((tmp_path / "team").rglob("run.json"))
    # Nor is it any harder to check there.
    verified = preuve("audit", "verify", "--json")
    assert verified.status == 0, verified.out
    assert (json.loads(verified.out)["findings"], json.loads(verified.out)["campaigns"]) == ([], 1)
