"""What a user reads of an address of MLflow's that cannot be used: at once, and in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.exceptions import RecordError
from evaluation.records.store import open_store

TASK = "request-classification"


def refused(monkeypatch: pytest.MonkeyPatch, address: str) -> RecordError:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(RecordError) as caught:
        open_store(TASK)
    return caught.value


@pytest.mark.parametrize("address", ["file:///var/mlruns", "mlruns", "./mlruns"])
def test_a_plain_folder_is_refused_with_what_to_name_instead(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    error = refused(monkeypatch, address)
    assert "plain folders" in error.found
    assert address in error.where
    assert "sqlite:///" in error.remedy


def test_a_database_in_a_folder_that_is_not_there_is_refused_without_trying_for_minutes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = refused(monkeypatch, f"sqlite:///{tmp_path / 'missing' / 'mlflow.db'}")
    assert (error.found, error.where) == ("there is none", str(tmp_path / "missing"))


def test_a_driver_that_is_missing_is_named_and_the_password_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(monkeypatch, "postgresql+pg8000://bob:s3cret@127.0.0.1/mlflow")
    assert "pg8000" in error.found
    assert error.remedy.endswith("pip install pg8000")
    assert "s3cret" not in f"{error.found}{error.where}"


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_server_that_does_not_answer_is_said_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody listens there; the first try tells.
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    error = refused(monkeypatch, "http://127.0.0.1:9")
    assert (error.found, error.where) == ("the server does not answer", "http://127.0.0.1:9")
