"""The experiment, on real CodeCarbon and real MLflow, with candidates that take no time.

Windows are as short as they can be, and no model is stored, where a test does not look at that: a campaign then takes less than a
second. What only looks at a campaign looks at one that all of them share.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import evaluation.campaign
from evaluation.budget import Budget
from evaluation.campaign import close_what_was_killed, first_of_each_class, run_campaign
from evaluation.candidate import Candidate, Predictor
from evaluation.energy import tracker
from evaluation.energy.journal import journal_folder
from evaluation.energy.lock import energy_lock, lock_holder
from evaluation.energy.machine import machine_id, read_machine
from evaluation.energy.reading import JOULES_PER_WH
from evaluation.environment import describe_environment
from evaluation.exceptions import BudgetError, BusyError, CandidateUnavailableError, MeterError, RecordError
from evaluation.footprint import PeakMemory
from evaluation.goals import Goals
from evaluation.judgement.comparison import compare
from evaluation.notes import comparison_notes
from evaluation.process import process_name
from evaluation.records.entries import sha256_of
from evaluation.records.store import Store, open_store
from evaluation.run import Campaign, DataRecord, Protocol, Run
from evaluation.samples import Samples, Split
from evaluation.scoring import predict_samples
from poc.request_classification import TASK
from tests.conftest import BIN, LAMP, write_machine_file
from tests.records import charged_wh

PROTOCOL = Protocol(rounds=1, window_s=0.02, quick=True)
CHANNELS = {"channel": ["guichet"] * 9 + [""] * 11}
ALL = Samples([f"m{place}" for place in range(20)], [*LAMP, *BIN], ["lamp"] * 10 + ["bin"] * 10, CHANNELS)
SPLIT = Split(ALL.subset([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]), ALL.subset([5, 6, 7, 8, 9, 15, 16, 17, 18, 19]))
# Of undeclared data no model is stored, which would take seconds.
DATA = DataRecord(
    source="m.csv", test_source=None, sha256="a" * 64, test_sha256=None, encoding="utf-8", input="text", target="category", id="id",
    card="m.card.toml", licence="etalab-2.0", contains_personal_data="undeclared", train_samples=10, test_samples=10, classes=2,
)  # fmt: skip
DEAD = "1@0@another-boot"
ROOT = Path(__file__).parents[2]


class Constant:
    """Answers the same whatever is asked."""

    def __init__(self, answer: str = "lamp") -> None:
        self.answer = answer

    def predict(self, inputs: Sequence[str]) -> list[str]:
        return [self.answer] * len(inputs)


def fit_constant(train: Samples, *, seed: int, answer: str = "lamp") -> Predictor:
    del train, seed
    return Constant(answer)


def fit_failing(train: Samples, *, seed: int) -> Predictor:
    del seed
    raise ValueError(train.inputs[0])


def fit_misreading(train: Samples, *, seed: int) -> Predictor:
    del train, seed
    return Constant(json.loads("no JSON"))


def fit_misusing_a_library(train: Samples, *, seed: int) -> Predictor:
    from rich.text import Text

    del train, seed
    return Constant(str(Text.from_markup("[/never opened]")))


def fit_exiting(train: Samples, *, seed: int) -> Predictor:
    del train, seed
    sys.exit(3)


def fit_absent(train: Samples, *, seed: int) -> Predictor:
    del train, seed
    raise CandidateUnavailableError("its weights are not here", remedy="fetch-weights")


class Short(Constant):
    def predict(self, inputs: Sequence[str]) -> list[str]:
        return [self.answer] * (len(inputs) - 1)


class Sure(Constant):
    def predict_proba(self, inputs: Sequence[str]) -> list[list[float]]:
        return [[1 / 3, 2 / 3]] * len(inputs)


def making(predictor: Predictor) -> Callable[..., Predictor]:
    """A fit that learns nothing and returns this."""

    def fit(train: Samples, *, seed: int) -> Predictor:
        del train, seed
        return predictor

    return fit


class Interrupting(Constant):
    """Is asked for all answers while it warms up and once a round; at the third time somebody presses Ctrl-C."""

    asked = 0

    def predict(self, inputs: Sequence[str]) -> list[str]:
        if len(inputs) > 1:
            self.asked += 1
            if self.asked == 3:
                signal.raise_signal(signal.SIGINT)
            time.sleep(0.1)
        return super().predict(inputs)


@dataclass
class Watcher:
    """Remembers the steps it was told of, and what somebody should read."""

    steps: list[str]
    told: list[str] = field(default_factory=list)

    def __call__(self, step: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        self.steps.append(step)


Start = Callable[..., Campaign]
GOALS = Goals({}, "# The goals of these tests.\n")


def shorten(patch: pytest.MonkeyPatch) -> None:
    """Have campaigns measure the idle machine for a moment only, and list the installed packages once."""
    patch.setattr(evaluation.campaign, "SHORTEST_WINDOW_S", 0.02)
    patch.setattr(evaluation.campaign, "describe_environment", cache(describe_environment))


def start(store: Store, watcher: Watcher, *candidates: Candidate, **changes: Any) -> Campaign:
    usual: dict[str, Any] = {
        "protocol": PROTOCOL, "budget": Budget(None), "data": DATA, "store": store, "tell": watcher.told.append,
    }  # fmt: skip
    return run_campaign(TASK, candidates, SPLIT, goals=GOALS, machine=read_machine(), progress=watcher, **usual | changes)


@pytest.fixture
def store() -> Store:
    return open_store(TASK.name)


@pytest.fixture
def watcher() -> Watcher:
    return Watcher([])


@pytest.fixture
def run(store: Store, watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> Start:
    shorten(monkeypatch)

    def begin(*candidates: Candidate, **changes: Any) -> Campaign:
        return start(changes.pop("store", store), watcher, *candidates, **changes)

    return begin


@dataclass(frozen=True)
class Shared:
    """A campaign that several tests look at, and do not change."""

    campaign: Campaign
    store: Store
    watcher: Watcher

    def run_of(self, candidate: str) -> Run:
        (found,) = self.campaign.runs_of(candidate)
        return found


@pytest.fixture(scope="module")
def shared(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Four candidates that work and six that do not, three rounds of them."""
    place = tmp_path_factory.mktemp("shared")
    shutil.copy(new_database, place / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("PREUVE_HOME", "PREUVE_LOCK_FOLDER"):
            patch.setenv(variable, str(place))
        patch.setattr(tempfile, "tempdir", str(place))
        write_machine_file(place)
        shorten(patch)
        store, watcher = open_store(TASK.name), Watcher([])
        campaign = start(
            store,
            watcher,
            Candidate("failing", fit_failing),
            Candidate("exiting", fit_exiting),
            Candidate("usual", fit_constant, baseline=True),
            Candidate("changed", fit_constant, params={"answer": "bin"}),
            Candidate("absent", fit_absent),
            Candidate("short", making(Short())),
            Candidate("sure", making(Sure())),
            Candidate("misreading", fit_misreading),
            Candidate("misusing", fit_misusing_a_library),
            Candidate("last", fit_constant),
            protocol=PROTOCOL.model_copy(update={"rounds": 3}),
        )
        assert lock_holder() is None
        assert list(journal_folder().iterdir()) == []
    return Shared(campaign, store, watcher)


def test_a_candidate_may_be_called_what_no_model_may(run: Start, store: Store) -> None:
    campaign = run(Candidate("bert-1.5: a/b", fit_constant), data=DATA.model_copy(update={"contains_personal_data": "no"}))
    assert store.read_campaign(campaign.id) == campaign
    assert campaign.runs[0].candidate == "bert-1.5: a/b"


def statuses(store: Store) -> set[str]:
    return {run.info.status for run in store.client.search_runs([store.experiment_id])}


def test_every_candidate_is_fitted_per_seed_and_measured_once_a_round(run: Start) -> None:
    protocol = PROTOCOL.model_copy(update={"seeds": 2, "rounds": 2})
    campaign = run(Candidate("one", fit_constant), Candidate("two", fit_constant), protocol=protocol)
    assert [(found.candidate, found.seed) for found in campaign.runs] == [("one", 0), ("one", 1), ("two", 0), ("two", 1)]
    for found in campaign.runs:
        assert found.status == "finished"
        kinds = ["fit", "warm-up", "latency", "memory", "inference", "inference"]
        # A rehearsal loads a candidate's libraries: once is enough.
        assert [reading.kind for reading in found.readings] == (kinds if found.seed else ["rehearsal", *kinds])
        assert [reading.round for reading in found.readings_of("inference")] == [1, 2]


def test_a_window_lasts_for_as_long_as_it_should_and_counts_every_answer(shared: Shared) -> None:
    for reading in shared.run_of("usual").readings_of("inference"):
        assert reading.duration_s >= PROTOCOL.window_s
        assert reading.samples > 0
        assert reading.samples % len(SPLIT.test) == 0
        assert reading.energy_wh > 0


def test_rounds_have_orders_of_their_own(shared: Shared) -> None:
    names = ["changed", "last", "sure", "usual"]
    steps = shared.watcher.steps
    orders = [[step.split(": ")[1] for step in steps if step.startswith(f"round {number} ")] for number in (1, 2, 3)]
    assert all(sorted(order) == [f"{name} seed 0" for name in names] for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_scores_are_those_of_the_test_samples(shared: Shared) -> None:
    found = shared.run_of("usual")
    # Half of the answers are right. F1 of "lamp" is 2 x 5 / (10 + 5), of "bin" it is 0; their mean is 1/3.
    assert found.scores == {"accuracy": 0.5, "macro_f1": pytest.approx(1 / 3)}
    assert [prediction.id for prediction in found.predictions] == list(SPLIT.test.ids)


def test_the_idle_machine_is_measured_and_every_step_told(shared: Shared) -> None:
    assert [reading.kind for reading in shared.campaign.readings] == ["idle"]
    fits = [f"fit {found.name}" for found in shared.campaign.runs]
    assert shared.watcher.steps[: 1 + len(fits)] == ["idle machine", *fits]
    assert shared.watcher.steps[-1] == "write the records"


def test_a_failure_leaves_the_others_alone_and_keeps_its_energy(shared: Shared) -> None:
    failed = shared.run_of("failing")
    assert (failed.status, failed.scores) == ("failed", {})
    assert [reading.outcome for reading in failed.readings if reading.kind == "fit"] == ["cut short"]
    assert failed.energy_wh > 0
    assert {found.status for found in shared.campaign.runs if found.candidate in {"usual", "last"}} == {"finished"}


def test_a_failure_is_recorded_without_the_words_of_its_message(shared: Shared) -> None:
    assert SPLIT.train.inputs[0] not in shared.campaign.model_dump_json()


@pytest.mark.parametrize(
    ("candidate", "error", "line"),
    [
        ("failing", "ValueError", "raise ValueError(train.inputs[0])"),
        # Raised in the standard library and in an installed package: that would tell nobody what to mend.
        ("misreading", "JSONDecodeError", 'return Constant(json.loads("no JSON"))'),
        ("misusing", "MarkupError", 'return Constant(str(Text.from_markup("[/never opened]")))'),
        ("exiting", "SystemExit", "sys.exit(3)"),
    ],
)
def test_a_failure_names_the_line_of_the_candidate(shared: Shared, candidate: str, error: str, line: str) -> None:
    number = next(number for number, text in enumerate(Path(__file__).read_text().splitlines(), start=1) if text.strip() == line)
    failed = shared.run_of(candidate)
    assert (failed.status, failed.reason) == ("failed", f"{error} in {Path(__file__).name}, line {number}")


def test_what_cannot_run_here_is_unavailable_with_its_remedy(shared: Shared) -> None:
    absent = shared.run_of("absent")
    assert (absent.status, absent.reason, absent.remedy) == ("unavailable", "its weights are not here", "fetch-weights")


def test_too_few_answers_are_a_failure(shared: Shared) -> None:
    assert shared.run_of("short").status == "failed"
    with pytest.raises(ValueError, match="expected 10 answers, one per input, got 9"):
        predict_samples(Short(), SPLIT.test)


def test_a_rehearsal_has_the_first_samples_of_each_class_and_texts_are_all_of_one() -> None:
    assert first_of_each_class(SPLIT.train, 2).ids == ["m0", "m1", "m10", "m11"]
    assert first_of_each_class(SPLIT.train, 2, texts=True).ids == ["m0", "m1"]


def test_defaults_of_a_fit_are_recorded_with_its_parameters(shared: Shared) -> None:
    assert shared.run_of("usual").params == {"answer": "lamp"}
    assert shared.run_of("changed").params == {"answer": "bin"}


def test_latency_is_measured_one_input_at_a_time(shared: Shared) -> None:
    found = shared.run_of("usual")
    (latency,) = found.readings_of("latency")
    assert latency.samples >= 20
    assert found.latency_p50_ms is not None
    assert found.latency_p95_ms is not None
    assert 0 < found.latency_p50_ms <= found.latency_p95_ms


def test_memory_of_what_must_not_be_loaded_again_is_unknown(shared: Shared) -> None:
    assert len(shared.run_of("usual").readings_of("memory")) == 1
    found = shared.run_of("usual")
    assert found.peak_memory_mib is None
    assert found.peak_memory_unknown == "its model has parts that skops does not trust, so no other process loads it"


def test_memory_is_that_of_a_fresh_process(run: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []

    def weigh(predictor: Predictor, inputs: Sequence[str]) -> PeakMemory:
        assert isinstance(predictor, Constant)
        asked.append(inputs)
        return PeakMemory(123.5)

    monkeypatch.setattr(evaluation.campaign, "find_peak_memory", weigh)
    assert run(Candidate("one", fit_constant)).runs[0].peak_memory_mib == 123.5
    assert asked == [SPLIT.test.inputs]


def test_the_record_is_read_back_as_it_was_written(shared: Shared) -> None:
    assert shared.store.read_campaign(shared.campaign.id) == shared.campaign


def test_what_a_verdict_needs_is_recorded_with_the_campaign(shared: Shared) -> None:
    read = shared.store.read_campaign(shared.campaign.id)
    assert (read.goals, read.goals_sha256) == (GOALS.text, sha256_of(GOALS.text.encode()))
    assert read.slices == {"channel": ("guichet",) * 4 + ("",) * 6}
    assert {len(read.slices["channel"])} == {len(found.predictions) for found in read.runs if found.status == "finished"}


def test_a_campaign_recorded_before_that_can_still_be_read(shared: Shared) -> None:
    written = shared.campaign.model_dump(mode="json", exclude={"goals", "slices"})
    data = ["expires", "overlap", "relabelled", "near_duplicates", "near_duplicate_ids", "near_duplicates_looked_at"]
    for name in data:
        del written["data"][name]
    assert Campaign.model_validate(written) == shared.campaign.model_copy(update={"goals": "", "slices": {}})


def test_scores_of_answers_come_back_with_every_digit(shared: Shared) -> None:
    (sure,) = shared.store.read_campaign(shared.campaign.id).runs_of("sure")
    assert sure.predictions[0].score == 2 / 3


def test_a_record_says_what_it_takes_to_repeat_it(shared: Shared) -> None:
    environment = shared.campaign.environment
    assert environment.code_commit is None or len(environment.code_commit) == 40
    assert any(package.startswith("codecarbon==") for package in environment.packages)


def test_all_that_was_measured_is_charged_to_the_development(shared: Shared) -> None:
    used_wh = sum(reading.energy_wh for reading in shared.campaign.readings) + sum(
        found.energy_wh for found in shared.campaign.runs
    )
    assert charged_wh(shared.store) == pytest.approx(used_wh)


def test_threads_are_those_of_the_protocol_while_it_lasts_only(run: Start) -> None:
    import torch

    seen: list[tuple[str | None, int]] = []

    def fit_looking(train: Samples, *, seed: int) -> Predictor:
        seen.append((os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads()))
        return fit_constant(train, seed=seed)

    before = (os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads())
    run(Candidate("looking", fit_looking))
    assert set(seen) == {("1", 1)}
    assert (os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads()) == before


def test_all_processes_that_scikit_learn_may_start_are_as_many_as_the_threads(run: Start) -> None:
    import joblib

    seen: list[int] = []

    def fit_looking(train: Samples, *, seed: int) -> Predictor:
        seen.append(joblib.effective_n_jobs(-1))
        return fit_constant(train, seed=seed)

    run(Candidate("looking", fit_looking))
    assert set(seen) == {1}


def test_an_interrupt_closes_and_marks_the_campaign(run: Start, store: Store) -> None:
    candidates = (Candidate("first", fit_constant), Candidate("interrupting", making(Interrupting())))
    with pytest.raises(KeyboardInterrupt):
        run(*candidates, protocol=PROTOCOL.model_copy(update={"rounds": 2, "window_s": 0.1}))
    (campaign_id,) = store.campaign_ids("interrupted")
    campaign = store.read_campaign(campaign_id)
    assert (campaign.status, campaign.reason) == ("interrupted", None)
    assert {found.status for found in campaign.runs} == {"interrupted"}
    # The window that was cut short used energy as well.
    rounds = [reading for reading in campaign.runs_of("interrupting")[0].readings if reading.kind == "inference"]
    assert [reading.outcome for reading in rounds] == ["complete", "cut short"]
    assert rounds[-1].components != ()
    assert statuses(store) == {"KILLED"}
    assert lock_holder() is None
    assert list(journal_folder().iterdir()) == []


def test_a_stop_while_recording_waits_until_the_record_is_whole(run: Start, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    closing = store.close_campaign

    def interrupted(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        closing(*arguments)

    monkeypatch.setattr(store, "close_campaign", interrupted)
    run(Candidate("one", fit_constant))
    assert statuses(store) == {"FINISHED"}


class Meddler:
    """Makes the meter's results unbelievable in windows of which a candidate says so."""

    def __init__(self) -> None:
        self.armed = False
        self.spoilt = 0

    def arm(self) -> None:
        self.armed = True

    def raw_energy(self, *arguments: Any) -> tracker.RawEnergy:
        if self.armed:
            self.armed = False
            self.spoilt += 1
            raise MeterError(expected="a reading", found="nonsense", where="CodeCarbon", remedy="run again")
        return tracker.raw_energy(*arguments)


def test_energy_that_cannot_be_read_at_the_third_try_fails_that_candidate_alone(
    run: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    meddler = Meddler()
    monkeypatch.setattr("evaluation.energy.meter.raw_energy", meddler.raw_energy)

    class Spoiling(Constant):
        """Its rounds cannot be read so many times; its warm-up can."""

        def __init__(self, times: int) -> None:
            super().__init__()
            self.times, self.warm = times, False

        def predict(self, inputs: Sequence[str]) -> list[str]:
            if len(inputs) > 1 and self.warm and meddler.spoilt < self.times:
                meddler.arm()
            self.warm = self.warm or len(inputs) > 1
            return super().predict(inputs)

    def fit_spoiling(train: Samples, *, seed: int, samples: int) -> Predictor:
        if len(train) == samples:
            meddler.arm()
        return fit_constant(train, seed=seed)

    def outcomes(candidate: str, kind: str) -> list[tuple[str, int]]:
        readings = (reading for found in campaign.runs_of(candidate) for reading in found.readings if reading.kind == kind)
        return [(reading.outcome, reading.attempt) for reading in readings]

    candidates = (
        Candidate("rehearsal", fit_spoiling, params={"samples": 4}),
        Candidate("fit", fit_spoiling, params={"samples": 10}),
        # Two windows are spoilt by now.
        Candidate("always", making(Spoiling(times=9**9))),
        Candidate("sound", fit_constant),
    )
    campaign = run(*candidates)
    assert {found.candidate: found.status for found in campaign.runs} == {
        "rehearsal": "finished", "fit": "finished", "always": "failed", "sound": "finished",
    }  # fmt: skip
    assert [found.reason for found in campaign.runs_of("always")] == ["its energy could not be measured: nonsense"]
    assert outcomes("always", "inference") == [("unreadable", 1), ("unreadable", 2), ("unreadable", 3)]
    assert [outcome for outcome, _ in outcomes("rehearsal", "rehearsal")] == ["unreadable"]
    assert [outcome for outcome, _ in outcomes("fit", "fit")] == ["unreadable"]
    # What it fitted is measured all the same; only the energy of that fit is not known.
    (fitted,) = (result for result in compare(campaign, TASK.metrics).results if result.name == "fit")
    assert (fitted.fit_energy_wh, fitted.fit_duration_s) == (None, None)
    assert fitted.energy_wh
    meddler.spoilt = 0
    campaign = run(Candidate("twice", making(Spoiling(times=2))))
    assert [found.status for found in campaign.runs] == ["finished"]
    assert outcomes("twice", "inference") == [("unreadable", 1), ("unreadable", 2), ("complete", 3)]


class Storable(Constant):
    """Prints wherever it can."""

    packages = ("numpy",)

    def predict(self, inputs: Sequence[str]) -> list[str]:
        print("predicting")
        return super().predict(inputs)

    def save(self, folder: Path) -> None:
        print("saving")
        folder.joinpath("answer").write_text(self.answer)


class Unstorable(Constant):
    def save(self, folder: Path) -> None:
        raise ValueError(folder)


def fit_printing(train: Samples, *, seed: int) -> Predictor:
    del train, seed
    print("fitting")
    return Storable()


def test_models_are_stored_and_one_that_cannot_be_costs_nobody_the_records_nor_does_one_that_prints(
    run: Start, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    data = DATA.model_copy(update={"contains_personal_data": "no"})
    campaign = run(Candidate("unstorable", making(Unstorable())), Candidate("sound", fit_printing), data=data)
    assert store.read_campaign(campaign.id) == campaign
    assert {found.status for found in campaign.runs} == {"finished"}
    assert [model.name for model in store.client.search_logged_models([store.experiment_id])] == ["sound"]
    printed = capfd.readouterr()
    # What is read by programs goes to standard output.
    assert printed.out == ""
    assert {"fitting", "predicting", "saving"} <= set(printed.err.split())


def test_models_of_undeclared_data_are_not_stored(shared: Shared) -> None:
    assert list(shared.store.client.search_logged_models([shared.store.experiment_id])) == []


KILLED = """
import os, signal, sys, time
import pytest
from evaluation.candidate import Candidate
from evaluation.records.store import open_store
from tests.evaluation import test_campaign as t
def fit(train, *, seed):
    time.sleep(60 if len(train) == 10 and sys.argv[1] == "fit" else 0)
    return t.Constant()
def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)
store = open_store(t.TASK.name)
if sys.argv[1] == "recording":
    store.close_campaign = kill
t.shorten(pytest.MonkeyPatch())
t.start(store, t.Watcher([]), Candidate("slow", fit), Candidate("other", t.fit_constant))
"""


def killed(where: str) -> subprocess.Popen[bytes]:
    """A process that runs a campaign, and that is, or can be, killed there."""
    return subprocess.Popen([sys.executable, "-c", KILLED, where], cwd=ROOT)


def journalled() -> Counter[str]:
    """What the one journal that there is tells, by its kind, since the last window was opened."""
    lines = [line for path in journal_folder().glob("*") for line in path.read_text().splitlines()]
    told: Counter[str] = Counter()
    for line in lines:
        entry = json.loads(line)
        if entry["what"] == "window":
            told = Counter({entry["kind"]: 1})
        told[entry["what"]] += 1
    return told


def test_what_a_kill_left_open_is_closed_by_the_next_campaign(run: Start, store: Store, watcher: Watcher) -> None:
    with killed("fit") as process:
        try:
            deadline = time.monotonic() + 60
            # One power sample when the fit begins, and one a second later.
            while not (journalled()["fit"] and journalled()["sample"] >= 2):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            process.kill()
    assert statuses(store) == {"RUNNING"}
    finished = run(Candidate("one", fit_constant))
    (killed_id,) = store.campaign_ids("interrupted")
    assert watcher.told == [f"Closed as interrupted: campaign {killed_id}, whose process had ended without closing it."]
    assert store.campaign_ids("finished") == [finished.id]
    assert "RUNNING" not in statuses(store)
    found = store.read_campaign(killed_id)
    assert found.reason == "its process was killed"
    assert (found.goals, found.slices) == (GOALS.text, {"channel": ("guichet",) * 4 + ("",) * 6})
    assert [reading.kind for reading in found.readings] == ["idle"]
    rehearsal, fit = found.runs[0].readings
    assert (rehearsal.kind, fit.kind, fit.outcome) == ("rehearsal", "fit", "cut short")
    assert fit.duration_s > 0.5
    assert fit.energy_wh > 0
    assert list(journal_folder().iterdir()) == []
    # What it used is charged to the POC.
    used_wh = sum(reading.energy_wh for reading in found.readings) + sum(each.energy_wh for each in found.runs)
    assert finished.development_wh == pytest.approx(used_wh)


def test_what_was_killed_while_it_was_recorded_is_recorded_once(store: Store) -> None:
    with killed("recording") as process:
        assert process.wait() == -signal.SIGKILL
    # The runs are there already, and counted.
    recorded_wh = sum(store.energy_by_campaign().values())
    assert recorded_wh > 0
    before_wh = charged_wh(store)
    (killed_id,) = close_what_was_killed(store, print)
    found = store.read_campaign(killed_id)
    # What was recorded whole stays as it is, answers included.
    assert [(each.candidate, each.status) for each in found.runs] == [("slow", "finished"), ("other", "finished")]
    assert [[reading.kind for reading in each.readings] for each in found.runs] == [
        ["rehearsal", "fit", "warm-up", "latency", "memory", "inference"]
    ] * 2
    idle_wh = sum(reading.energy_wh for reading in found.readings)
    assert sum(store.energy_by_campaign().values()) == pytest.approx(recorded_wh + idle_wh)
    # Nor did the budget ever know of more or less, from the journal or from the records.
    assert before_wh == pytest.approx(charged_wh(store)) == pytest.approx(recorded_wh + idle_wh)
    assert close_what_was_killed(store, print) == []


def test_what_could_not_be_recorded_is_recorded_by_the_next_command(
    run: Start, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> str:
        raise RecordError(expected="a server", found="it is away", where="there", remedy="start it")

    with monkeypatch.context() as patch:
        patch.setattr(evaluation.campaign, "process_name", lambda: DEAD)
        patch.setattr(store, "add_run", away)
        with pytest.raises(RecordError, match="it is away"):
            run(Candidate("one", fit_constant))
    assert lock_holder() is None
    (journal,) = journal_folder().iterdir()
    assert close_what_was_killed(store, print) == [journal.stem]
    (found,) = store.read_campaign(journal.stem).runs
    assert [reading.kind for reading in found.readings] == ["rehearsal", "fit", "warm-up", "latency", "memory", "inference"]
    assert found.energy_wh > 0
    assert list(journal_folder().iterdir()) == []


def test_a_finished_campaign_stays_as_it_was(shared: Shared) -> None:
    assert shared.store.close_orphans() == []
    assert shared.store.campaign_ids("finished") == [shared.campaign.id]
    # Some of its runs failed, and are none the worse for it.
    assert statuses(shared.store) == {"FINISHED", "FAILED"}


@pytest.mark.parametrize(
    "tags",
    [
        {"preuve.machine": "0123456789abcdef", "preuve.process": DEAD},
        {"preuve.machine": machine_id(), "preuve.process": process_name(os.getppid())},
    ],
    ids=["of another machine", "whose process lives"],
)
def test_a_campaign_that_may_be_under_way_is_left_open(store: Store, tags: dict[str, str]) -> None:
    open_one = store.client.create_run(store.experiment_id, tags=tags | {"preuve.kind": "campaign"}).info.run_id
    assert close_what_was_killed(store, print) == []
    assert store.client.get_run(open_one).info.status == "RUNNING"


def test_a_campaign_that_would_pass_the_budget_does_not_begin(run: Start, store: Store, watcher: Watcher) -> None:
    with pytest.raises(BudgetError, match="this campaign needs about"):
        run(Candidate("one", fit_constant), budget=Budget(1e-9))
    assert (store.campaign_ids(), watcher.steps) == ([], [])
    assert not journal_folder().exists()
    assert lock_holder() is None


def sleeping(seconds: float) -> Callable[..., Predictor]:
    def fit(train: Samples, *, seed: int) -> Predictor:
        time.sleep(seconds if len(train) == 10 else 0)
        return fit_constant(train, seed=seed)

    return fit


def test_a_campaign_that_passes_the_budget_stops_at_the_end_of_that_window_and_keeps_its_energy(run: Start, store: Store) -> None:
    # For its memory alone a fit of half a second takes as much as the ceiling.
    ceiling_wh = read_machine().declared.ram_w.value * 0.5 / JOULES_PER_WH
    with pytest.raises(BudgetError):
        run(Candidate("long", sleeping(0.5)), Candidate("next", fit_constant), budget=Budget(ceiling_wh))
    (campaign_id,) = store.campaign_ids("interrupted")
    found = store.read_campaign(campaign_id)
    long, following = found.runs
    assert [(reading.kind, reading.outcome) for reading in long.readings] == [("rehearsal", "complete"), ("fit", "complete")]
    assert following.readings == ()
    assert {each.status for each in found.runs} == {"interrupted"}
    assert str(found.reason).endswith("kWh used, this campaign included; it is closed after its last window")
    assert any(str(note).startswith(f"Interrupted: {found.reason}") for note in comparison_notes(compare(found, TASK.metrics)))
    assert charged_wh(store) > ceiling_wh
    assert list(journal_folder().iterdir()) == []


def test_beyond_the_budget_a_reason_goes_into_the_record_and_the_notes(run: Start, store: Store, watcher: Watcher) -> None:
    first = run(Candidate("one", fit_constant))
    spent_wh = charged_wh(store)
    second = run(Candidate("one", fit_constant), budget=Budget(spent_wh / 2, reason="the jury asked for it"))
    assert (first.over_budget, first.development_wh) == (None, 0.0)
    read = store.read_campaign(second.id)
    assert (read.status, read.over_budget) == ("finished", "the jury asked for it")
    assert read.development_wh == pytest.approx(spent_wh)
    assert watcher.told == [line for line in watcher.told if "that its goals allow for its development (200 %)." in line] != []
    notes = [str(note) for note in comparison_notes(compare(read, TASK.metrics))]
    assert "Beyond the POC's development budget; the reason given: the jury asked for it" in notes


def test_a_gpu_that_fails_while_a_candidate_is_rehearsed_ends_that_candidate_alone(
    run: Start, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is waited for before and after each window: first of the idle one, then of the rehearsal.
    answers = iter([None, None, None, RuntimeError("CUDA error: device-side assert triggered")])
    monkeypatch.setattr("evaluation.energy.gpu.synchronize", lambda: next(answers, None))
    campaign = run(Candidate("first", fit_constant), Candidate("second", fit_constant))
    first, second = campaign.runs
    assert (first.status, [reading.outcome for reading in first.readings]) == ("failed", ["cut short"])
    assert str(first.reason).startswith("RuntimeError in ")
    assert (campaign.status, second.status) == ("finished", "finished")


def test_a_fit_that_passes_the_budget_and_fails_ends_the_campaign_all_the_same(run: Start, store: Store) -> None:
    def fit(train: Samples, *, seed: int) -> Predictor:
        sleeping(0.5)(train, seed=seed)
        raise ValueError

    ceiling_wh = read_machine().declared.ram_w.value * 0.5 / JOULES_PER_WH
    with pytest.raises(BudgetError):
        run(Candidate("failing", fit), Candidate("next", fit_constant), budget=Budget(ceiling_wh))
    (campaign_id,) = store.campaign_ids("interrupted")
    failing, following = store.read_campaign(campaign_id).runs
    assert (failing.status, following.readings) == ("failed", ())
    # Also where nothing comes after it.
    with pytest.raises(BudgetError):
        run(Candidate("failing", fit), budget=Budget(charged_wh(store) + ceiling_wh))


def test_a_reason_that_is_first_needed_under_way_outlives_a_kill(run: Start, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> str:
        raise RecordError(expected="a server", found="it is away", where="there", remedy="start it")

    ceiling_wh = read_machine().declared.ram_w.value * 0.5 / JOULES_PER_WH
    with monkeypatch.context() as patch:
        # Nothing is recorded at its end, as if it had been killed before.
        patch.setattr(evaluation.campaign, "process_name", lambda: DEAD)
        patch.setattr(store, "add_run", away)
        with pytest.raises(RecordError):
            run(Candidate("long", sleeping(0.5)), budget=Budget(ceiling_wh, reason="the jury asked for it"))
    (killed_id,) = close_what_was_killed(store, print)
    assert store.read_campaign(killed_id).over_budget == "the jury asked for it"


def test_a_budget_does_not_begin_anew_with_another_address(
    run: Start, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = run(Candidate("one", fit_constant))
    assert charged_wh(store) == pytest.approx(first.energy_wh)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    elsewhere = open_store(TASK.name)
    assert charged_wh(elsewhere) == pytest.approx(first.energy_wh)
    second = run(Candidate("one", fit_constant), store=elsewhere)
    assert second.development_wh == pytest.approx(first.energy_wh)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert charged_wh(store) == pytest.approx(first.energy_wh + second.energy_wh)


def test_a_machine_that_is_held_is_refused_or_waited_for(run: Start, store: Store) -> None:
    with ExitStack() as holder:
        holder.enter_context(energy_lock("campaign 20261123-190559-3f2a"))
        with pytest.raises(BusyError, match="campaign 20261123-190559-3f2a is running"):
            run(Candidate("one", fit_constant))
        assert store.campaign_ids() == []
        told: list[str] = []

        def hear(message: str) -> None:
            told.append(message)
            holder.close()

        campaign = run(Candidate("one", fit_constant), wait=True, tell=hear)
    assert campaign.status == "finished"
    (waiting,) = told
    assert waiting.startswith("Waiting: campaign 20261123-190559-3f2a is running (process ")
