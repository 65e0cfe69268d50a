"""What MLflow holds after a campaign: findable, linked, loadable, and without any text of a sample."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.exceptions import NameNotFoundError, RecordError
from evaluation.records.store import Store, is_disk_full, looks_like_campaign, open_store
from tests.conftest import BIN, Preuve, Recorded

TASK = "request-classification"
CANDIDATES = ["--candidate", "keywords", "--candidate", "tfidf-linearsvc"]


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
    assert artifacts == {"run.json", "predictions.json", "confusion_matrix.png", "packages.txt"}
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


def test_a_deleted_record_is_an_error_that_says_which(at_recorded: Recorded, store: Store) -> None:
    file = next(at_recorded.home.glob(f"artifacts/{TASK}/*/artifacts/run.json"))
    content = file.read_bytes()
    file.unlink()
    try:
        with pytest.raises(RecordError, match="it is missing"):
            store.read_campaign(at_recorded.id)
    finally:
        file.write_bytes(content)


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
    ran = preuve("run", TASK, *own_data, *CANDIDATES, "--json")
    assert ran.status == 0, ran.err
    compared = preuve("compare", TASK, "--json")
    assert json.loads(compared.out) == json.loads(ran.out)
    assert list((tmp_path / "team").rglob("run.json"))
