"""The experiment, on real CodeCarbon and real MLflow, with candidates that take no time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from evaluation.campaign import predict_samples, run_campaign
from evaluation.candidate import Candidate, Predictor
from evaluation.energy.lock import lock_holder
from evaluation.exceptions import CandidateUnavailableError
from evaluation.records.store import Store, open_store
from evaluation.run import Campaign, DataRecord, Protocol
from evaluation.samples import Samples, Split
from poc.request_classification import TASK
from tests.conftest import BIN, LAMP

PROTOCOL = Protocol(rounds=2, window_s=0.5, quick=True)
ALL = Samples([f"m{place}" for place in range(20)], [*LAMP, *BIN], ["lamp"] * 10 + ["bin"] * 10)
SPLIT = Split(ALL.subset([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]), ALL.subset([5, 6, 7, 8, 9, 15, 16, 17, 18, 19]))
DATA = DataRecord(
    source="m.csv", test_source=None, sha256="a" * 64, test_sha256=None, encoding="utf-8", input="text", target="category", id="id",
    card="m.card.toml", licence="etalab-2.0", contains_personal_data="no", train_samples=10, test_samples=10, classes=2,
)  # fmt: skip


class Constant:
    """Answers the same whatever is asked."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    def predict(self, inputs: Sequence[str]) -> list[str]:
        return [self.answer] * len(inputs)


def fit_constant(train: Samples, *, seed: int, answer: str = "lamp") -> Predictor:
    del train, seed
    return Constant(answer)


def fit_failing(train: Samples, *, seed: int) -> Predictor:
    del seed
    raise ValueError(train.inputs[0])


def fit_absent(train: Samples, *, seed: int) -> Predictor:
    del train, seed
    raise CandidateUnavailableError("its weights are not here", remedy="fetch-weights")


class Short(Constant):
    def predict(self, inputs: Sequence[str]) -> list[str]:
        return [self.answer] * (len(inputs) - 1)


class Interrupting(Constant):
    """Is asked while it warms up and in the first round; at the third question somebody presses Ctrl-C."""

    asked = 0

    def predict(self, inputs: Sequence[str]) -> list[str]:
        self.asked += 1
        if self.asked == 3:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.6)
        return super().predict(inputs)


@dataclass
class Watcher:
    """Remembers the steps it was told of."""

    steps: list[str]

    def __call__(self, step: str, done: int, total: int) -> None:
        assert 0 <= done <= total
        self.steps.append(step)


Run = Callable[..., Campaign]


@pytest.fixture
def store() -> Store:
    return open_store(TASK.name)


@pytest.fixture
def watcher() -> Watcher:
    return Watcher([])


@pytest.fixture
def run(store: Store, watcher: Watcher) -> Run:
    def start(*candidates: Candidate, protocol: Protocol = PROTOCOL) -> Campaign:
        return run_campaign(
            TASK, candidates, SPLIT, data=DATA, goals_sha256="b" * 64, protocol=protocol, store=store, progress=watcher
        )

    return start


def test_every_candidate_is_fitted_per_seed_and_measured_once_a_round(run: Run) -> None:
    campaign = run(
        Candidate("one", fit_constant), Candidate("two", fit_constant), protocol=PROTOCOL.model_copy(update={"seeds": 2})
    )
    assert [(found.candidate, found.seed) for found in campaign.runs] == [("one", 0), ("one", 1), ("two", 0), ("two", 1)]
    for found in campaign.runs:
        assert found.status == "finished"
        assert len(found.readings_of("fit")) == 1
        assert [reading.round for reading in found.readings_of("inference")] == [1, 2]
        assert all(reading.samples % 10 == 0 and reading.samples > 0 for reading in found.readings_of("inference"))
        assert all(reading.duration_s >= 0.5 for reading in found.readings_of("inference"))


def test_rounds_have_orders_of_their_own(run: Run, watcher: Watcher) -> None:
    names = ["a", "b", "c", "d", "e"]
    run(*(Candidate(name, fit_constant) for name in names), protocol=PROTOCOL.model_copy(update={"rounds": 3}))
    orders = [[step.split(": ")[1] for step in watcher.steps if step.startswith(f"round {number} ")] for number in (1, 2, 3)]
    assert all(sorted(order) == [f"{name} seed 0" for name in names] for order in orders)
    assert len({tuple(order) for order in orders}) > 1


def test_scores_are_those_of_the_test_samples(run: Run) -> None:
    (found,) = run(Candidate("lamp", fit_constant)).runs
    # Half of the answers are right. F1 of "lamp" is 2 x 5 / (10 + 5), of "bin" it is 0; their mean is 1/3.
    assert found.scores == {"accuracy": 0.5, "macro_f1": pytest.approx(1 / 3)}
    assert [prediction.id for prediction in found.predictions] == list(SPLIT.test.ids)


def test_idle_power_and_warm_up_are_recorded_too(run: Run) -> None:
    campaign = run(Candidate("one", fit_constant))
    assert [reading.kind for reading in campaign.readings] == ["idle"]
    kinds = [reading.kind for reading in campaign.runs[0].readings]
    assert kinds == ["rehearsal", "fit", "warm-up", "inference", "inference"]


def test_one_failure_leaves_the_others_alone_and_keeps_its_energy(run: Run) -> None:
    failed, sound = run(Candidate("failing", fit_failing), Candidate("sound", fit_constant)).runs
    assert (failed.status, sound.status) == ("failed", "finished")
    assert len(failed.readings_of("fit")) == 1
    assert failed.scores == {}


def test_a_failure_is_recorded_without_the_words_of_its_message(run: Run) -> None:
    (failed,) = run(Candidate("failing", fit_failing)).runs
    assert str(failed.reason).startswith("ValueError in test_campaign.py, line ")
    assert SPLIT.train.inputs[0] not in str(failed.reason)


def test_what_cannot_run_here_is_unavailable_with_its_remedy(run: Run) -> None:
    (absent,) = run(Candidate("absent", fit_absent)).runs
    assert (absent.status, absent.reason, absent.remedy) == ("unavailable", "its weights are not here", "fetch-weights")


def test_too_few_answers_are_a_failure(run: Run) -> None:
    (short,) = run(Candidate("short", lambda *_, **__: Short("lamp"))).runs
    assert short.status == "failed"
    with pytest.raises(ValueError, match="expected 10 answers, one per input, got 9"):
        predict_samples(Short("lamp"), SPLIT.test)


def test_defaults_of_a_fit_are_recorded_with_its_parameters(run: Run) -> None:
    usual, changed = run(Candidate("usual", fit_constant), Candidate("changed", fit_constant, params={"answer": "bin"})).runs
    assert usual.params == {"answer": "lamp"}
    assert changed.params == {"answer": "bin"}


def test_threads_are_those_of_the_protocol_while_it_lasts_only(run: Run) -> None:
    seen: list[tuple[str | None, int]] = []

    def fit_looking(train: Samples, *, seed: int) -> Predictor:
        import torch

        seen.append((os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads()))
        return fit_constant(train, seed=seed)

    before = os.environ.get("OMP_NUM_THREADS")
    import torch

    torch_before = torch.get_num_threads()
    run(Candidate("looking", fit_looking))
    assert set(seen) == {("1", 1)}
    assert (os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads()) == (before, torch_before)


def test_an_interrupt_closes_and_marks_the_campaign(run: Run, store: Store) -> None:
    interrupting = Interrupting("lamp")
    with pytest.raises(KeyboardInterrupt):
        run(Candidate("first", fit_constant), Candidate("interrupting", lambda *_, **__: interrupting))
    (campaign_id,) = store.campaign_ids("interrupted")
    campaign = store.read_campaign(campaign_id)
    assert campaign.status == "interrupted"
    assert {found.status for found in campaign.runs} == {"interrupted"}
    # The window that was cut short used energy as well.
    assert len(campaign.runs_of("interrupting")[0].readings_of("inference")) == 2
    assert statuses(store) == {"KILLED"}
    assert lock_holder() is None


def statuses(store: Store) -> set[str]:
    return {run.info.status for run in store.client.search_runs([store.experiment_id])}


KILLED = """
import os, signal
from evaluation.candidate import Candidate
from evaluation.records.store import open_store
from tests.evaluation import test_campaign as t
def fit(train, *, seed):
    print("fitting", flush=True)
    import time; time.sleep(60)
store = open_store(t.TASK.name)
t.run_campaign(t.TASK, [Candidate("slow", fit)], t.SPLIT, data=t.DATA, goals_sha256="b" * 64, protocol=t.PROTOCOL, store=store,
               progress=lambda *step: None)
"""


def test_what_a_kill_left_open_is_closed_by_the_next_campaign(run: Run, store: Store) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout
        assert process.stdout.readline() == "fitting\n"
        process.kill()
    assert statuses(store) == {"RUNNING"}
    finished = run(Candidate("one", fit_constant))
    assert store.campaign_ids("interrupted") != []
    assert store.campaign_ids("finished") == [finished.id]
    assert "RUNNING" not in statuses(store)


def test_runs_of_another_machine_are_left_open(run: Run, store: Store) -> None:
    tags = {"preuve.machine": "0123456789abcdef", "preuve.kind": "campaign"}
    elsewhere = store.client.create_run(store.experiment_id, tags=tags).info.run_id
    run(Candidate("one", fit_constant))
    assert store.client.get_run(elsewhere).info.status == "RUNNING"


def test_the_record_is_read_back_as_it_was_written(run: Run, store: Store) -> None:
    written = run(Candidate("one", fit_constant, baseline=True), Candidate("absent", fit_absent))
    assert store.read_campaign(written.id) == written


def test_a_record_says_what_it_takes_to_repeat_it(run: Run) -> None:
    environment = run(Candidate("one", fit_constant)).environment
    assert environment.code_commit is None or len(environment.code_commit) == 40
    assert any(package.startswith("codecarbon==") for package in environment.packages)
    assert environment.cores == os.cpu_count()


def test_a_finished_campaign_stays_as_it_was_when_the_next_begins(run: Run, store: Store) -> None:
    first = run(Candidate("one", fit_constant))
    second = run(Candidate("one", fit_constant))
    assert store.campaign_ids("finished") == [second.id, first.id]
    assert statuses(store) == {"FINISHED"}


class Unstorable(Constant):
    def save(self, folder: Path) -> None:
        raise ValueError(folder)


def test_a_model_that_cannot_be_stored_costs_nobody_the_records(run: Run, store: Store) -> None:
    campaign = run(Candidate("unstorable", lambda *_, **__: Unstorable("lamp")), Candidate("sound", fit_constant))
    assert store.read_campaign(campaign.id) == campaign
    assert {found.status for found in campaign.runs} == {"finished"}
    assert [model.name for model in store.client.search_logged_models([store.experiment_id])] == ["sound"]


def test_scores_of_answers_come_back_with_every_digit(run: Run, store: Store) -> None:
    class Sure(Constant):
        def predict_proba(self, inputs: Sequence[str]) -> list[list[float]]:
            return [[1 / 3, 2 / 3]] * len(inputs)

    campaign = run(Candidate("sure", lambda *_, **__: Sure("lamp")))
    assert store.read_campaign(campaign.id).runs[0].predictions[0].score == 2 / 3


def test_a_stop_while_recording_waits_until_the_record_is_whole(run: Run, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    closing = store.close_campaign

    def interrupted(campaign: Campaign) -> None:
        signal.raise_signal(signal.SIGINT)
        closing(campaign)

    monkeypatch.setattr(store, "close_campaign", interrupted)
    run(Candidate("one", fit_constant))
    assert statuses(store) == {"FINISHED"}


def test_a_campaign_whose_process_lives_is_never_closed_by_another(run: Run, store: Store) -> None:
    from evaluation.environment import machine_id

    tags = {"preuve.machine": machine_id(), "preuve.kind": "campaign", "preuve.process": str(os.getppid())}
    alive = store.client.create_run(store.experiment_id, tags=tags).info.run_id
    assert store.close_orphans() == []
    assert store.client.get_run(alive).info.status == "RUNNING"
