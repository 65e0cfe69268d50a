"""What killed campaigns leave is recorded from their journals, written here by hand as `campaign` and `meter` write them."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from evaluation.energy.journal import Journal, journal_folder
from evaluation.energy.machine import machine_id
from evaluation.energy.reading import PowerSample, Reading
from evaluation.exceptions import RecordError
from evaluation.goals import Goals
from evaluation.home import scratch_folder
from evaluation.process import process_name
from evaluation.records.recovery import KILLED, close_killed
from evaluation.records.store import Store, open_store
from evaluation.run import Campaign, Run
from tests.records import STARTED, charged_wh, make_campaign, make_machine, make_reading, make_run

TASK = "request-classification"
GOALS = "# The goals of these tests.\n"
# Process number 1 runs, but it is another one than this.
DEAD = "1@0@another-boot"
# A second of the memory is 18 J, one of a busy core 4.8 J.
MACHINE = make_machine(declared={"ram_w": 18.0, "watts_per_busy_core": 4.8}, machine_id=machine_id())
CAMPAIGN = make_campaign(status="running", machine=MACHINE, goals_sha256=Goals({}, GOALS).sha256)
ONE, TWO = (
    make_run(name, status="interrupted", reason="the campaign was interrupted before it was measured", readings=(), predictions=())
    for name in ("one", "two")
)
# 1 Wh each.
IDLE, FIT = make_reading("idle", samples=0), make_reading("fit")
SAMPLES = [
    PowerSample(0, 0.0, 0, 0, 0, 0, 0, 0),
    PowerSample(0, 1.0, 0.1, 0, 0, 1, 1, 0),
    PowerSample(0, 2.0, 0.2, 0, 0, 1.5, 1.9, 0.1),
]


@pytest.fixture
def store() -> Store:
    return open_store(TASK)


class Diary:
    """A journal with words for what happens in a campaign."""

    def __init__(self, path: Path) -> None:
        self.path = path
        Journal(path).close()

    def write(self, what: str, **entry: Any) -> None:
        journal = Journal(self.path)
        journal.write(what, **entry)
        journal.close()

    def begin(self, parent: str, campaign: Campaign = CAMPAIGN, process: str = DEAD) -> Diary:
        opened = campaign.model_dump(mode="json", exclude={"runs"})
        self.write("campaign", process=process, tracking="", mlflow_run=parent, goals=GOALS, campaign=opened)
        return self

    def runs(self, *runs: Run) -> Diary:
        for run in runs:
            self.write("run", name=run.name, run=run.model_dump(mode="json", exclude={"readings", "predictions"}))
        return self

    def opened(self, run: str | None, reading: Reading, *samples: PowerSample) -> Diary:
        started = reading.started.isoformat()
        self.write("window", run=run, kind=reading.kind, round=reading.round, attempt=reading.attempt, started=started)
        for sample in samples:
            self.write("sample", values=sample)
        return self

    def measured(self, run: str | None, reading: Reading, *samples: PowerSample) -> Diary:
        self.opened(run, reading, *samples).write("reading", run=run, reading=reading.model_dump(mode="json"))
        return self

    def torn(self, line: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(line)


def diary(name: str = CAMPAIGN.id) -> Diary:
    return Diary(journal_folder() / f"{name}.jsonl")


def begun(store: Store, campaign: Campaign = CAMPAIGN, process: str = DEAD) -> Diary:
    """The journal of a campaign that has begun, with two runs that have not."""
    return diary(campaign.id).begin(store.open_campaign(campaign)[None], campaign, process).runs(ONE, TWO)


def left_open() -> list[Path]:
    return list(journal_folder().glob("*"))


def close(store: Store) -> Campaign:
    """Close the one campaign that was killed, and read it back."""
    assert close_killed(store, print) == [CAMPAIGN.id]
    assert left_open() == []
    found = store.read_campaign(CAMPAIGN.id)
    assert (found.status, found.reason) == ("interrupted", KILLED)
    assert "RUNNING" not in {run.info.status for run in store.client.search_runs([store.experiment_id])}
    return found


def power_rows(store: Store, run_name: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    (run,) = (run for run in store.client.search_runs([store.experiment_id]) if run.info.run_name == run_name)
    content = Path(store.client.download_artifacts(run.info.run_id, "power_samples.parquet")).read_bytes()
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return rows


def check_cut_short(reading: Reading) -> None:
    """It goes as far as the last of `SAMPLES`."""
    assert (reading.outcome, reading.reason, reading.duration_s) == ("cut short", KILLED, 2.0)
    # 0.2 Wh were counted; 2 s of the memory's 18 W are 0.01 Wh; 1.5 s of a core of 4.8 W are 0.002 Wh.
    assert {part.name: part.energy_wh for part in reading.components} == pytest.approx({"cpu": 0.2, "ram": 0.01})
    assert reading.cpu_estimate_wh == pytest.approx(0.002)
    assert (reading.cpu_seconds, reading.stolen_seconds) == (1.5, 0.1)
    assert reading.foreign_cpu_seconds == pytest.approx(0.4)
    assert reading.longest_gap_s == 1.0


def test_a_kill_during_the_idle_measurement_keeps_it_as_far_as_it_went(store: Store) -> None:
    begun(store).opened(None, IDLE, *SAMPLES)
    found = close(store)
    (idle,) = found.readings
    assert idle.kind == "idle"
    check_cut_short(idle)
    assert [(run.candidate, run.status, run.reason, run.readings) for run in found.runs] == [
        ("one", "interrupted", KILLED, ()),
        ("two", "interrupted", KILLED, ()),
    ]
    assert found.ended == STARTED + dt.timedelta(seconds=2)
    assert [row["elapsed_s"] for row in power_rows(store, CAMPAIGN.id)] == [0.0, 1.0, 2.0]
    assert charged_wh(store) == pytest.approx(0.21)


def test_a_kill_during_a_fit_keeps_it_as_far_as_it_went(store: Store) -> None:
    fit = make_reading("fit", attempt=3)
    begun(store).measured(None, IDLE, SAMPLES[0]).opened(ONE.name, fit, *SAMPLES)
    found = close(store)
    assert found.readings == (IDLE,)
    (cut,) = found.runs[0].readings
    assert (cut.kind, cut.attempt, cut.started) == ("fit", 3, STARTED)
    check_cut_short(cut)
    assert found.runs[1].readings == ()
    assert [(row["kind"], row["elapsed_s"]) for row in power_rows(store, ONE.name)] == [("fit", 0.0), ("fit", 1.0), ("fit", 2.0)]
    assert [row["kind"] for row in power_rows(store, CAMPAIGN.id)] == ["idle"]
    # The idle machine's 1 Wh, and 0.21.
    assert charged_wh(store) == pytest.approx(1.21)


def test_a_kill_between_two_windows_loses_and_invents_nothing(store: Store) -> None:
    rounds = [make_reading(round_number=number) for number in (1, 2)]
    begun(store).measured(None, IDLE).measured(ONE.name, FIT).measured(TWO.name, FIT).measured(ONE.name, rounds[0]).measured(
        ONE.name, rounds[1], *SAMPLES
    )
    found = close(store)
    assert [run.readings for run in found.runs] == [(FIT, *rounds), (FIT,)]
    assert charged_wh(store) == 5.0


def test_a_window_that_was_killed_before_its_first_sample_is_no_reading(store: Store) -> None:
    begun(store).measured(None, IDLE).opened(ONE.name, FIT)
    assert [run.readings for run in close(store).runs] == [(), ()]


def test_runs_keep_how_they_had_ended_but_nothing_that_needs_their_lost_answers(store: Store) -> None:
    finished = ONE.model_copy(update={"status": "finished", "reason": None, "scores": {"accuracy": 0.5}, "peak_memory_mib": 9.0})
    failed = TWO.model_copy(update={"status": "failed", "reason": "ValueError in fit.py, line 3", "remedy": "mend it"})
    begun(store).measured(None, IDLE).runs(finished, failed)
    one, two = close(store).runs
    assert (one.status, one.reason, one.scores, one.peak_memory_mib) == ("interrupted", KILLED, {}, 9.0)
    assert (two.status, two.reason, two.remedy) == ("failed", "ValueError in fit.py, line 3", "mend it")


def test_a_campaign_without_a_reading_ended_when_it_began(store: Store) -> None:
    begun(store)
    assert close(store).ended == STARTED


def test_what_was_recorded_before_the_kill_is_recorded_once(store: Store) -> None:
    begun(store).measured(None, IDLE).measured(ONE.name, FIT).measured(TWO.name, FIT)
    store.add_run(CAMPAIGN, ONE.model_copy(update={"readings": (FIT,)}), None)
    found = close(store)
    assert [(run.candidate, run.readings) for run in found.runs] == [("one", (FIT,)), ("two", (FIT,))]
    assert charged_wh(store) == 3.0


def test_what_was_recorded_and_then_deleted_in_mlflow_is_counted_once_too(store: Store) -> None:
    begun(store).measured(None, IDLE).measured(ONE.name, FIT)
    store.client.delete_run(store.add_run(CAMPAIGN, ONE.model_copy(update={"readings": (FIT,)}), None))
    assert [run.readings for run in close(store).runs] == [(FIT,), ()]
    assert charged_wh(store) == 2.0


def test_a_campaign_that_was_recorded_whole_is_not_touched_by_the_journal_it_left(store: Store) -> None:
    begun(store).measured(None, IDLE)
    whole = CAMPAIGN.model_copy(update={"status": "finished", "ended": STARTED, "readings": (IDLE,), "runs": (ONE,)})
    store.add_run(whole, ONE, None)
    store.close_campaign(whole)
    assert close_killed(store, print) == []
    assert left_open() == []
    assert store.read_campaign(CAMPAIGN.id) == whole
    assert charged_wh(store) == 1.0


def test_a_campaign_that_was_only_marked_as_killed_is_recorded_from_its_journal(store: Store) -> None:
    # As a command with another home, on the same server, would have left it.
    begun(store).measured(None, IDLE)
    (parent,) = store.client.search_runs([store.experiment_id])
    store.client.set_tag(parent.info.run_id, "preuve.status", "interrupted")
    store.client.set_terminated(parent.info.run_id, "KILLED")
    assert close(store).readings == (IDLE,)


@pytest.mark.parametrize("content", [b"", b'{"what":"campaign","process":"1@'])
def test_a_kill_before_the_first_line_leaves_a_campaign_that_used_nothing(
    store: Store, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.records.store.process_name", lambda: DEAD)
    campaign = make_campaign(status="running", machine=make_machine(machine_id=machine_id()))
    store.open_campaign(campaign)
    diary().torn(content)
    assert close_killed(store, print) == [campaign.id]
    assert left_open() == []
    assert store.read_campaign(campaign.id).status == "interrupted"
    assert charged_wh(store) == 0.0


def test_a_line_torn_in_the_writing_is_left_out(store: Store) -> None:
    begun(store).opened(None, IDLE, *SAMPLES).torn(b'{"what":"sample","values":[0,3.0,0.3')
    (idle,) = close(store).readings
    check_cut_short(idle)


def test_a_reading_torn_in_the_writing_is_made_from_its_samples(store: Store) -> None:
    begun(store).opened(None, IDLE, *SAMPLES).torn(b'{"what":"reading","run":null,"reading":{"kind":"id')
    (idle,) = close(store).readings
    check_cut_short(idle)


def test_the_journal_of_a_process_that_lives_is_left_alone(store: Store) -> None:
    journal = begun(store, process=process_name()).measured(None, IDLE)
    before = journal.path.read_bytes()
    assert close_killed(store, print) == []
    assert journal.path.read_bytes() == before
    assert [run.info.status for run in store.client.search_runs([store.experiment_id])] == ["RUNNING"]


def test_the_journal_of_another_machine_is_left_to_that_one(store: Store) -> None:
    # They share a home; whether a process lives there cannot be seen here.
    elsewhere = CAMPAIGN.model_copy(update={"machine": make_machine()})
    journal = diary(elsewhere.id).begin(store.open_campaign(elsewhere)[None], elsewhere)
    assert close_killed(store, print) == []
    assert store.campaign_ids("running") == [elsewhere.id]
    assert journal.path.exists()


def test_a_journal_that_this_user_may_not_read_keeps_nothing_else_open(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = begun(store)
    path = journal_folder() / "20261123-180000-aaaa.jsonl"
    path.touch()
    usual = os.open

    def refusing(file: Any, *arguments: Any, **options: Any) -> int:
        if Path(file) == path:
            raise PermissionError(13, "Permission denied")
        return usual(file, *arguments, **options)

    monkeypatch.setattr("evaluation.energy.journal.os.open", refusing)
    told: list[str] = []
    assert close_killed(store, told.append) == [CAMPAIGN.id]
    assert told[0] == f"{path} belongs to another user: a command of theirs will record its campaign."
    assert (path.exists(), closed.path.exists()) == (True, False)


def test_the_journal_of_another_task_is_left_to_that_tasks_next_command(store: Store) -> None:
    other = open_store("document-summarisation")
    campaign = CAMPAIGN.model_copy(update={"task": other.task})
    journal = begun(other, campaign).measured(None, IDLE)
    assert close_killed(store, print) == []
    assert journal.path.exists()
    assert close_killed(other, print) == [campaign.id]
    assert not journal.path.exists()


def test_a_campaign_deleted_in_mlflow_is_opened_anew(store: Store) -> None:
    begun(store).measured(None, IDLE).measured(ONE.name, FIT)
    (parent,) = store.client.search_runs([store.experiment_id])
    store.client.delete_run(parent.info.run_id)
    assert [run.readings for run in close(store).runs] == [(FIT,), ()]
    (again,) = store.client.search_runs([store.experiment_id], "tags.`preuve.kind` = 'campaign'")
    children = store.client.search_runs([store.experiment_id], "tags.`preuve.kind` = 'run'")
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {again.info.run_id}
    assert charged_wh(store) == 2.0


def test_where_nothing_can_be_recorded_the_journal_stays_for_the_next_command(store: Store) -> None:
    begun(store).measured(None, IDLE).measured(ONE.name, FIT).measured(TWO.name, FIT)
    with pytest.MonkeyPatch.context() as patch:
        recording = store.add_run

        def away_after_the_first(campaign: Campaign, run: Run, *rest: Any) -> str:
            if run.name == TWO.name:
                raise RecordError(expected="a server", found="it is away", where="there", remedy="wait")
            return recording(campaign, run, *rest)

        patch.setattr(store, "add_run", away_after_the_first)
        with pytest.raises(RecordError, match="it is away"):
            close_killed(store, print)
    assert len(left_open()) == 1
    assert [run.readings for run in close(store).runs] == [(FIT,), (FIT,)]
    assert charged_wh(store) == 3.0


OLDER = CAMPAIGN.model_dump(mode="json", exclude={"runs"}) | {"of_old": 1}


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ({"what": "campaign", "process": DEAD, "tracking": "", "mlflow_run": "0" * 32, "goals": "", "campaign": OLDER}, "of_old"),
        ({"what": "campaign", "process": DEAD, "tracking": ""}, "no campaign in its first line"),
        ({"no": "entry"}, "an entry that is none"),
        ([1, 2], "an entry that is none"),
    ],
    ids=["of another version", "without a campaign", "a strange object", "no object"],
)
def test_a_journal_that_cannot_be_understood_stays_and_keeps_nothing_else_open(store: Store, first: Any, why: str) -> None:
    strange = diary("20200101-000000-beef")
    strange.torn(json.dumps(first).encode() + b"\n")
    begun(store).measured(None, IDLE, *SAMPLES)
    told: list[str] = []
    assert close_killed(store, told.append) == [CAMPAIGN.id]
    assert left_open() == [strange.path]
    assert str(strange.path) in told[0]
    assert why in told[0]


def test_the_journal_of_a_campaign_that_runs_in_another_container_is_left_alone(store: Store) -> None:
    # Its process is none of ours; that it holds its journal is all that tells.
    running = begun(store)
    writer = Journal(running.path)
    try:
        assert close_killed(store, print) == []
    finally:
        writer.close()
    assert running.path.exists()
    assert close_killed(store, print) == [CAMPAIGN.id]


def test_a_campaign_is_closed_in_the_store_that_it_was_opened_in(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = begun(store)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://somebody:secret@mlflow.example.org")
    told: list[str] = []
    close_killed(store, told.append)
    assert "without MLFLOW_TRACKING_URI" in told[0]
    assert journal.path.exists()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert close_killed(store, print) == [CAMPAIGN.id]


def test_what_a_killed_campaign_had_put_aside_is_deleted_but_not_that_of_a_running_one(store: Store) -> None:
    (scratch_folder() / "model").mkdir(parents=True)
    running = begun(store)
    writer = Journal(running.path)
    close_killed(store, print)
    assert scratch_folder().exists()
    writer.close()
    close_killed(store, print)
    assert not scratch_folder().exists()
