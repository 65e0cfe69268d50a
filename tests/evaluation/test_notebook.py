"""What notebooks call: a campaign from beginning to end, its judgement, and errors that say what to do."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from evaluation import html_table, notebook
from evaluation.candidate import Candidate
from evaluation.data.loading import DataRequest, Declaration
from evaluation.energy.lock import lock_holder
from evaluation.exceptions import CampaignInterrupted, DataError, NameNotFoundError
from evaluation.last_verdicts import last_verdict
from evaluation.pocs import Poc
from evaluation.publishing.language import Language
from evaluation.records.store import open_store
from evaluation.run import Protocol
from evaluation.workbench import QUICK_ROUNDS, QUICK_WINDOW_S
from tests.conftest import Recorded
from tests.evaluation.test_campaign import journalled

POC = "request-classification"
LONGEST_WAIT_S = 120.0
# Of a campaign that goes on for longer than anybody waits.
ENDLESS = 1000


def options(data: Path, *, rounds: int = 1) -> dict[str, Any]:
    """A campaign of one candidate on somebody's own messages, as short as it can be. Of undeclared data no model is stored."""
    return {
        "candidates": ["keywords"],
        "rounds": rounds,
        "window_s": 0.5,
        "data": str(data),
        "text": "text",
        "target": ["category"],
    }


class Handle:
    """What stands below a cell, and each thing that took its place."""

    def __init__(self, first: Any) -> None:
        self.shown = [first]

    def update(self, another: Any) -> None:
        self.shown.append(another)


@pytest.fixture
def below_the_cell(monkeypatch: pytest.MonkeyPatch) -> list[Handle]:
    """Everything that is displayed."""
    handles: list[Handle] = []

    def display(shown: Any, *, display_id: bool) -> Handle:
        assert display_id
        handles.append(Handle(shown))
        return handles[-1]

    monkeypatch.setattr("IPython.display.display", display)
    return handles


# A campaign


def test_a_campaign_is_one_call(requests_csv: Path, below_the_cell: list[Handle]) -> None:
    campaign = notebook.run(POC, **options(requests_csv))
    assert (campaign.status, campaign.candidates) == ("finished", ["keywords"])
    assert (campaign.protocol.rounds, campaign.protocol.window_s, campaign.protocol.quick) == (1, 0.5, True)
    assert campaign.data.source == str(requests_csv)
    assert len(campaign.runs[0].readings_of("inference")) == 1
    assert notebook.latest(POC) == notebook.latest(campaign.id) == campaign
    # One bar, which moves on, and goes when all is done.
    (bar,) = below_the_cell
    assert [repr(each) for each in bar.shown] == [
        "[0/3] idle machine",
        "[1/3] fit keywords seed 0",
        "[2/3] round 1 of 1: keywords seed 0",
        "[1/1] write the records",
        "",
    ]


def test_everything_that_the_command_line_can_say_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def run_poc(found: Poc, candidates: Sequence[Candidate], protocol: Protocol, **rest: Any) -> None:
        asked.append((found.task.name, candidates, protocol, rest["data"], rest["wait"]))

    monkeypatch.setattr("evaluation.workbench.run_poc", run_poc)
    notebook.run(
        POC,
        candidates=["tfidf-linearsvc"],
        params=["tfidf-linearsvc.C=0.5"],
        seeds=3,
        quick=True,
        data="train.csv",
        test="test.csv",
        text="message",
        target=("service",),
        licence="etalab-2.0",
        personal_data="yes",
        dpia="AIPD-7",
        expires=dt.date(2027, 1, 31),
    )
    ((name, (candidate,), protocol, data, wait),) = asked
    assert (name, candidate.name, candidate.params, wait) == (POC, "tfidf-linearsvc", {"C": 0.5}, True)
    assert protocol == Protocol(seeds=3, rounds=QUICK_ROUNDS, window_s=QUICK_WINDOW_S, quick=True)
    declaration = Declaration("etalab-2.0", "yes", "AIPD-7", dt.date(2027, 1, 31))
    assert data == DataRequest("train.csv", Path("test.csv"), "message", ("service",), declaration=declaration)


def test_all_candidates_are_meant_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("evaluation.workbench.run_poc", lambda *arguments, **rest: asked.append((*arguments, rest["data"])))
    notebook.run(POC)
    ((found, candidates, protocol, data),) = asked
    assert list(candidates) == list(found.candidates)
    assert (protocol, data.source) == (Protocol(), None)


def test_what_is_wrong_with_the_data_is_said_before_anything_is_measured(requests_csv: Path) -> None:
    with pytest.raises(DataError) as error:
        notebook.run(POC, **options(requests_csv) | {"text": "no_such_column"})
    assert "no_such_column" in error.value.expected
    assert open_store(POC).campaign_ids() == []


# The bar


def test_a_step_that_is_somebody_elses_is_text(below_the_cell: list[Handle]) -> None:
    with notebook.ProgressBar() as bar:
        bar.show("<b>", 1, 4)
        bar.show("measuring", 2, 4)
    (handle,) = below_the_cell
    assert [each._repr_html_() for each in handle.shown] == [
        '<label><progress max="4" value="1"></progress> 1/4 &lt;b&gt;</label>',
        '<label><progress max="4" value="2"></progress> 2/4 measuring</label>',
        "",
    ]
    assert repr(handle.shown[1]) == "[2/4] measuring"


def test_the_bar_goes_also_when_something_fails(below_the_cell: list[Handle]) -> None:
    def failing() -> None:
        with notebook.ProgressBar() as bar:
            bar.show("measuring", 0, 4)
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        failing()
    assert below_the_cell[0].shown[-1]._repr_html_() == ""


def test_where_nothing_displays_a_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with notebook.ProgressBar() as bar:
        bar.show("fitting", 0, 2)
        bar.show("measuring", 1, 2)
    assert capsys.readouterr().out == "[0/2] fitting\n[1/2] measuring\n"


# Judging


@pytest.fixture
def copied(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """The recorded campaign in a home that may be changed."""
    home = tmp_path / "copied"
    shutil.copytree(recorded.home, home, ignore=shutil.ignore_patterns("verdicts.json"))
    monkeypatch.setenv("PREUVE_HOME", str(home))
    return recorded


def test_goals_that_are_tried_out_leave_no_trace(copied: Recorded) -> None:
    campaign, goals = notebook.latest(POC), notebook.poc(POC).goals
    strict = goals.with_bounds("energy_per_unit_wh", target=0.0, ceiling=0.0)
    assert "energy_per_unit_wh" in goals.goal
    assert notebook.judge(campaign, strict).verdicts.decision == "NO GO"
    assert last_verdict(POC) is None
    assert notebook.judge(campaign).goals == goals
    kept = last_verdict(POC)
    assert kept
    assert (kept["campaign"], kept["goals_sha256"]) == (copied.id, goals.sha256)
    found = notebook.judge(campaign, strict)
    assert found.goals is strict
    assert [judged.outcome for judged in found.verdicts.of["keywords"].goals if judged.goal == "energy_per_unit_wh"] == ["missed"]
    assert last_verdict(POC) == kept


def test_the_front_is_a_picture_in_the_language_of_the_locale(copied: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert notebook.language() == Language("fr")
    picture = notebook.front(notebook.judge(notebook.latest(POC)))
    assert picture
    assert "sans IA" in picture.svg


def test_what_does_not_exist_is_said() -> None:
    with pytest.raises(NameNotFoundError, match="nonsense"):
        notebook.poc("nonsense")
    with pytest.raises(NameNotFoundError):
        notebook.latest(POC)


def test_what_somebody_has_to_read_is_told_beside_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    notebook._tell("Closed as interrupted")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "Closed as interrupted\n")


def test_tables_speak_as_pictures_do_once_it_is_imported() -> None:
    assert html_table._SPOKEN.speech == notebook.language()


# In a real kernel


def executed(*cells: str) -> list[list[Any]]:
    """The outputs of cells, each run whatever became of those before it."""
    import nbformat
    from nbclient import NotebookClient

    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(made, timeout=LONGEST_WAIT_S, allow_errors=True).execute()
    return [cell.outputs for cell in made.cells]


def errors_in(outputs: Sequence[Any]) -> list[tuple[str, list[str]]]:
    return [(output.ename, output.traceback) for output in outputs if output.output_type == "error"]


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_error_that_somebody_can_mend_is_explained_without_a_traceback() -> None:
    mine, theirs, after, bar = executed(
        "from evaluation.notebook import ProgressBar, poc\npoc('nonsense')",
        "1 / 0",
        "print('alive')",
        "with ProgressBar() as bar:\n    bar.show('measuring', 1, 2)",
    )
    with pytest.raises(NameNotFoundError) as error:
        notebook.poc("nonsense")
    assert errors_in(mine) == [("NameNotFoundError", [error.value.explained])]
    assert len(error.value.explained.splitlines()) == 4
    # A defect keeps its own.
    ((name, traceback),) = errors_in(theirs)
    assert name == "ZeroDivisionError"
    assert "Traceback" in "".join(traceback)
    assert after[0].text == "alive\n"
    assert [output.data["text/html"] for output in bar] == [""]


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_tables_of_a_french_notebook_are_french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    ((output,),) = executed("from evaluation.notebook import poc\npoc('request-classification').task")
    assert "<caption" in output.data["text/html"]
    assert "Ce que demande request-classification" in output.data["text/html"]


def running(data: Path, folder: Path) -> str:
    """A cell that runs a campaign without an end, and says by a file whose process it is."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in options(data, rounds=ENDLESS).items())
    return (
        "import os, pathlib\n"
        f"pathlib.Path({str(folder / 'pid')!r}).write_text(str(os.getpid()))\n"
        f"from evaluation.notebook import run\nrun({POC!r}, {arguments})"
    )


def in_the_middle(folder: Path, act: Callable[[int], None]) -> threading.Thread:
    """Does something to that process as soon as it measures."""

    def wait() -> None:
        deadline = time.monotonic() + LONGEST_WAIT_S
        while not journalled()["inference"] and time.monotonic() < deadline:
            time.sleep(0.05)
        act(int((folder / "pid").read_text()))

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_interrupt_of_the_kernel_leaves_a_record_and_says_so(requests_csv: Path, tmp_path: Path) -> None:
    acting = in_the_middle(tmp_path, lambda pid: os.kill(pid, signal.SIGINT))
    measuring, after = executed(running(requests_csv, tmp_path), "print('alive')")
    acting.join()
    assert errors_in(measuring) == [("CampaignInterrupted", [CampaignInterrupted.explained])]
    assert after[0].text == "alive\n"
    store = open_store(POC)
    (campaign_id,) = store.campaign_ids()
    campaign = store.read_campaign(campaign_id)
    assert (campaign.status, campaign.runs[0].status) == ("interrupted", "interrupted")
    assert campaign.runs[0].readings[-1].kind == "inference"
    assert lock_holder() is None


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_a_killed_kernel_left_open_is_closed_by_the_next_run(
    requests_csv: Path, tmp_path: Path, below_the_cell: list[Handle], capsys: pytest.CaptureFixture[str]
) -> None:
    from nbclient.exceptions import DeadKernelError

    acting = in_the_middle(tmp_path, lambda pid: os.kill(pid, signal.SIGKILL))
    with pytest.raises(DeadKernelError):
        executed(running(requests_csv, tmp_path))
    acting.join()
    store = open_store(POC)
    assert store.campaign_ids("interrupted") == []
    capsys.readouterr()
    finished = notebook.run(POC, **options(requests_csv))
    (killed_id,) = store.campaign_ids("interrupted")
    told = f"Closed as interrupted: campaign {killed_id}, whose process had ended without closing it.\n"
    assert told in capsys.readouterr().err
    assert store.read_campaign(killed_id).reason == "its process was killed"
    assert notebook.latest(POC).id == finished.id
