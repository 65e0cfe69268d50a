"""Whatever kills or interrupts a campaign, ledger and MLflow agree afterwards, and no watt-hour is missing or there twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from evaluation.audit.live import check_home
from evaluation.audit.words import read_words
from evaluation.campaign import close_what_was_killed
from evaluation.energy.journal import journal_folder
from evaluation.energy.machine import MACHINE_FILE
from evaluation.energy.meter import EnergyLog
from evaluation.exceptions import RecordError
from evaluation.records.ledger import Ledger, ledger_path
from evaluation.records.recorder import keep_samples, machine_entries, record_self_test, samples_folder
from evaluation.records.store import open_store
from tests.conftest import Preuve
from tests.ledgers import lines_of
from tests.records import make_machine, make_reading

ROOT = Path(__file__).parents[3]
TASK = "request-classification"
# A campaign of two candidates that is killed for real, just before or after one of its steps is taken for the n-th time.
KILLED = """
import os, signal, sys
import pytest
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from evaluation.candidate import Candidate
from evaluation.records import ledger, recorder, store
from evaluation.energy import journal
from tests.evaluation import test_campaign as t

place, name, moment, times = sys.argv[1:]
owners = {"ledger": ledger.Ledger, "store": store.Store, "client": None, "journal": journal.Journal, "database": SqlAlchemyStore}
owner = owners[place]
opened = t.open_store(t.TASK.name)
owner = owner or type(opened.client)
usual, left = getattr(owner, name), [int(times)]

def step(self, *arguments, **options):
    left[0] -= 1
    if left[0] == 0 and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = usual(self, *arguments, **options)
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

setattr(owner, name, step)
t.shorten(pytest.MonkeyPatch())
t.start(opened, t.Watcher([]), Candidate("one", t.fit_constant), Candidate("other", t.fit_constant))
"""
# What a campaign of two candidates does, by how often: 1 opening, 1 idle window, 10 of runs, 2 ends of runs, 1 end of its own.
STEPS = [
    ("store", "open_campaign", "before", 1),
    ("client", "create_run", "after", 2),
    ("journal", "write", "before", 1),
    ("journal", "write", "after", 1),
    ("journal", "write", "after", 3),
    ("ledger", "append", "before", 1),
    ("ledger", "append", "after", 1),
    ("ledger", "append", "before", 2),
    ("ledger", "append", "after", 4),
    ("ledger", "append", "before", 12),
    ("ledger", "append", "after", 14),
    ("client", "log_artifact", "after", 4),
    ("client", "log_batch", "after", 2),
    # MLflow writes a batch in parts: parameters, metrics, tags. The first batch is that of the opening.
    ("database", "_set_tags", "before", 2),
    ("database", "_log_metrics", "after", 2),
    ("database", "_set_tags", "before", 4),
    ("client", "set_terminated", "before", 1),
    ("client", "set_terminated", "after", 1),
    ("ledger", "append", "after", 15),
    ("store", "add_run", "after", 2),
    ("ledger", "append", "before", 16),
    ("ledger", "append", "after", 16),
    ("client", "set_terminated", "before", 3),
    ("client", "set_terminated", "after", 3),
]


def told() -> dict[str, Any]:
    return check_home([]).as_dict(read_words(), "en")


@pytest.mark.parametrize(("place", "name", "moment", "times"), STEPS)
def test_after_a_kill_at_any_step_ledger_and_mlflow_agree_and_nothing_is_lost(
    home: Path, place: str, name: str, moment: str, times: int
) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED, place, name, moment, str(times)], cwd=ROOT) as process:
        assert process.wait() == -signal.SIGKILL
    acknowledged = lines_of(ledger_path()) if ledger_path().exists() else []
    measured = journalled_readings()
    store = open_store(TASK)
    close_what_was_killed(store, print)
    assert "RUNNING" not in {run.info.status for run in store.client.search_runs([store.experiment_id])}
    assert list(journal_folder().glob("*")) == []
    if not ledger_path().exists():
        # Nothing had been measured.
        assert measured == []
        return
    assert lines_of(ledger_path())[: len(acknowledged)] == acknowledged
    checked = told()
    assert checked["findings"] == []
    assert not [each for each in checked["notices"] if each["code"] == "open"]
    recorded = [record["content"]["reading"] for record in Ledger().records() if record["kind"] == "reading"]
    assert [reading["started"] for reading in recorded] == [reading["started"] for reading in measured]
    assert checked["readings"] == len(recorded)
    assert checked["energy_wh"] == pytest.approx(sum(store.energy_by_campaign().values()))


def journalled_readings() -> list[dict[str, Any]]:
    entries = [json.loads(line) for path in journal_folder().glob("*.jsonl") for line in path.read_bytes().splitlines()]
    return [entry["reading"] for entry in entries if entry["what"] == "reading"]


def test_the_machine_is_recorded_once_and_again_when_it_changes(home: Path) -> None:
    ledger, machine = Ledger(), make_machine()
    for each in (machine, machine, make_machine(declared={"ram_w": 12.0}), machine):
        ledger.append(*machine_entries(ledger, each))
    recorded = [record["content"] for record in ledger.records()]
    assert [content["change"] for content in recorded] == ["declared", "changed", "changed"]
    assert [content["before"] for content in recorded] == [None, recorded[0]["machine_sha256"], recorded[1]["machine_sha256"]]


def test_another_machine_with_the_same_home_is_declared_for_itself(home: Path) -> None:
    ledger = Ledger()
    for machine_id in ("a" * 16, "b" * 16, "a" * 16):
        ledger.append(*machine_entries(ledger, make_machine(machine_id=machine_id)))
    assert [record["content"]["change"] for record in ledger.records()] == ["declared", "declared"]


def test_a_self_test_is_recorded_too(home: Path, preuve: Preuve) -> None:
    assert preuve("doctor", "--seconds", "5").status == 0
    checked = told()
    assert (checked["findings"], checked["readings"], checked["campaigns"]) == ([], 5, 0)
    readings = [record["content"] for record in Ledger().records() if record["kind"] == "reading"]
    assert {(content["campaign"], content["mlflow_run"], content["reading"]["kind"]) for content in readings} == {
        (None, None, "self-test")
    }


def test_a_self_test_that_was_killed_is_recorded_by_the_next_command(home: Path) -> None:
    command = [sys.executable, "-c", "from evaluation.cli import main; main()", "doctor", "--seconds", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            # A second into the idle phase.
            while not any(path.read_text().count('"sample"') > 1 for path in journal_folder().glob("self-test-*")):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            process.kill()
    told_of: list[str] = []
    close_what_was_killed(open_store(TASK), told_of.append)
    (reading,) = (record["content"]["reading"] for record in Ledger().records() if record["kind"] == "reading")
    assert (reading["outcome"], reading["kind"]) == ("cut short", "self-test")
    assert reading["duration_s"] > 0.5
    assert told_of == ["Recorded what a self-test used whose process had ended before it."]
    assert list(journal_folder().glob("*")) == []
    assert told()["findings"] == []
    close_what_was_killed(open_store(TASK), print)
    assert told()["readings"] == 1


def test_the_operators_role_is_recorded_as_machine_toml_says(home: Path, preuve: Preuve, own_data: list[str]) -> None:
    file = home / MACHINE_FILE
    file.write_text(file.read_text().replace('operator_role = "undeclared"', 'operator_role = "équipe innovation"'))
    assert preuve("run", TASK, *own_data, "--candidate", "keywords", "--rounds", "1").status == 0
    opened = next(record["content"] for record in Ledger().records() if record["kind"] == "campaign-opened")
    assert opened["operator_role"] == "équipe innovation"


def test_where_samples_cannot_be_kept_it_is_said_what_to_do(home: Path) -> None:
    samples_folder().parent.mkdir(parents=True)
    samples_folder().write_text("a file in its place")
    log = EnergyLog(readings=[make_reading("self-test", samples=0)])
    # Without samples there is nothing to keep.
    record_self_test(Ledger(), make_machine(), log)
    from evaluation.energy.reading import PowerSample

    with pytest.raises(RecordError) as refused:
        keep_samples("a-campaign", 1, [PowerSample(0, 0.0, 0, 0, 0, 0, 0, 0)])
    assert str(samples_folder()) in refused.value.where
