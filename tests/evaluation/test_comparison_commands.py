"""`preuve compare`, `check` and `list` as a user drives them, on campaigns that are read from the records."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import poc
import poc.request_classification  # before any other folder of this name can be found
from evaluation.goals import Goals, read_goals
from evaluation.last_verdicts import keep_verdict
from evaluation.records.store import open_store
from evaluation.run import Campaign
from tests.conftest import Outcome, Preuve, Recorded
from tests.evaluation.test_comparison_json import valid
from tests.records import STARTED, make_campaign, make_data, make_predictions, make_reading, make_rounds, make_run
from tests.results import KEYWORDS, LINEAR, assessed, compared, fits, judged_as

TASK = "request-classification"
FIRST, SECOND, ELSEWHERE, BROKEN_OFF = (
    "20261123-190559-3f2a",
    "20261124-190559-77aa",
    "20261125-190559-cafe",
    "20261126-190559-dead",
)
# What a candidate of 200 samples in two classes that is right for 195 of them meets, and a routing sheet that is right for 160.
GOALS = """
[unit]
name = "1 000 requests routed"
size = 1000
[goal.quality]
metric = "macro_f1"
floor = 0.6
[goal.quality_gain]
floor = 0.03
[goal.class_recall]
floor = 0.5
[human_path]
kept = true
"""


def written_out(folder: Path) -> Goals:
    """The goals above as a campaign records them."""
    path = folder / "goals" / "of" / "goals.toml"
    path.parent.mkdir(parents=True)
    path.write_text(GOALS, encoding="utf-8")
    return read_goals(path)


def made(campaign_id: str, day: int, goals: Goals, **changes: Any) -> Campaign:
    """A campaign of two candidates that were measured, one that failed and one that could not run."""
    right = ["a", "b"] * 100
    answers = {"keywords": right[:120] + ["a"] * 80, "linear": right[:190] + ["a"] * 10}
    runs = [
        make_run(
            name,
            baseline=name == "keywords",
            predictions=make_predictions(right, answers[name]),
            rounds=make_rounds(base, base * 1.03, base * 1.01, base * 1.02, base * 1.005),
            scores={"accuracy": 0.8 if name == "keywords" else 0.975, "macro_f1": 0.8 if name == "keywords" else 0.975},
            peak_memory_mib=100.0,
        )
        for name, base in (("keywords", 1.0), ("linear", 2.0))
    ]
    nothing: dict[str, Any] = {"readings": (), "predictions": ()}
    runs.append(make_run("broken", status="failed", reason="ValueError in fit.py, line 3", **nothing))
    runs.append(make_run("hub", status="unavailable", reason="its weights are not here", remedy="fetch-weights", **nothing))
    usual: dict[str, Any] = {
        "id": campaign_id,
        "started": STARTED + dt.timedelta(days=day),
        "unit_name": "1 000 requests routed",
        "data": make_data(test_samples=200),
        "readings": [make_reading("idle", cpu_wh=0.01, ram_wh=0.01)],
        "goals": goals.text,
        "goals_sha256": goals.sha256,
    }
    return make_campaign(*runs, **usual | changes)


def keep(campaign: Campaign) -> None:
    """Put a campaign into the records of the present home."""
    store = open_store(TASK)
    store.open_campaign(campaign.model_copy(update={"status": "running"}), campaign.runs)
    for run in campaign.runs:
        store.add_run(campaign, run)
    store.close_campaign(campaign)


@pytest.fixture(scope="module")
def records(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two finished campaigns, and two later ones: of another machine, and interrupted."""
    place = tmp_path_factory.mktemp("records")
    shutil.copy(new_database, place / "mlflow.db")
    goals = written_out(place)
    first = made(FIRST, 0, goals)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("PREUVE_HOME", "PREUVE_LOCK_FOLDER"):
            patch.setenv(variable, str(place))
        patch.setattr(tempfile, "tempdir", str(place))
        keep(first)
        keep(made(ELSEWHERE, -1, goals, machine=first.machine.model_copy(update={"machine_id": "f" * 16})))
        keep(made(SECOND, 1, goals))
        keep(made(BROKEN_OFF, 2, goals, status="interrupted", reason="its process was killed"))
    return place


@dataclass(frozen=True)
class Place:
    """A home of a test's own with those campaigns, and a POC whose goals it may change."""

    home: Path
    goals: Path

    def change(self, before: str, after: str) -> None:
        """Edit the goals."""
        text = self.goals.read_text(encoding="utf-8")
        assert before in text
        self.goals.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def place(records: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    # Artifacts are found where they were put.
    shutil.copy(records / "mlflow.db", home / "mlflow.db")
    return Place(home, own_goals(tmp_path, monkeypatch, GOALS))


def own_goals(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, city: str | None = None) -> Path:
    """The POC with these goals in place of its own ones, and the file that they stand in."""
    path = folder / "poc" / "request_classification" / "goals.toml"
    path.parent.mkdir(parents=True)
    (path.parent / "__init__.py").write_text("")
    path.write_text(text, encoding="utf-8")
    if city:
        (folder / "poc" / "goals.toml").write_text(city, encoding="utf-8")
    monkeypatch.setattr(poc, "__path__", [str(folder / "poc")])
    return path


def said(outcome: Outcome) -> str:
    """What was printed, its lines joined."""
    return " ".join(outcome.out.split())


def refused(outcome: Outcome, status: int = 2) -> list[str]:
    """The four parts of an error, as people read them."""
    assert (outcome.status, outcome.out) == (status, ""), outcome.out
    assert "Traceback" not in outcome.err
    lines = outcome.err.splitlines()
    assert [line[:12] for line in lines[1:]] == ["  expected: ", "  where:    ", "  do:       "]
    return [lines[0].removeprefix("Error: "), *(line[12:] for line in lines[1:])]


# Compare


def test_compare_shows_the_latest_finished_campaign_of_a_poc(preuve: Preuve, place: Place) -> None:
    shown = preuve("compare", TASK)
    assert (shown.status, shown.err) == (0, "")
    assert shown.out.startswith(f"{TASK} on requests.csv, campaign {SECOND}")
    assert "\nGO, by the leading candidate linear: every goal is met" in shown.out
    assert fits(shown.out)
    assert "• broken: failed. ValueError in fit.py, line 3." in shown.out
    assert "• hub: unavailable. Its weights are not here. To make it available: fetch-weights" in shown.out


def test_compare_shows_a_campaign_by_its_id(preuve: Preuve, place: Place) -> None:
    assert preuve("compare", FIRST).out.startswith(f"{TASK} on requests.csv, campaign {FIRST}")
    # What was interrupted can be looked at, and is never a GO.
    shown = preuve("compare", BROKEN_OFF)
    assert shown.status == 0
    assert "GO, by" not in shown.out
    assert "Interrupted: its process was killed." in said(shown)


def test_compare_puts_a_second_campaign_beside_the_first(preuve: Preuve, place: Place) -> None:
    shown = preuve("compare", FIRST, SECOND)
    assert (shown.status, shown.err) == (0, "")
    assert fits(shown.out)
    for name in ("keywords (3f2a)", "keywords (77aa)", "linear (3f2a)", "linear (77aa)"):
        assert name in said(shown)
    found = valid(json.loads(preuve("compare", FIRST, SECOND, "--json").out))
    assert found["campaign"]["id"] == FIRST
    assert {candidate["campaign"] for candidate in found["candidates"]} == {FIRST, SECOND}
    assert found["unlike"] == {SECOND: {"quality": [], "energy": []}}
    pair = next(each for each in found["differences"] if {each["one"], each["other"]} == {"linear (3f2a)", "linear (77aa)"})
    assert pair["quality"] is not None
    assert pair["ratio"] is not None
    # A POC's name stands for its latest campaign; one that is named twice is there once.
    assert preuve("compare", FIRST, TASK).out == shown.out
    assert preuve("compare", SECOND, SECOND, "--json").out == preuve("compare", SECOND, "--json").out


def test_compare_says_why_energies_of_two_machines_are_not_compared(preuve: Preuve, place: Place) -> None:
    found = valid(json.loads(preuve("compare", FIRST, ELSEWHERE, "--json").out))
    (mismatch,) = found["unlike"][ELSEWHERE]["energy"]
    assert (mismatch["what"], mismatch["one"][:12], mismatch["other"][:12]) == ("machine", "0123456789ab", "f" * 12)
    pair = next(each for each in found["differences"] if {each["one"], each["other"]} == {"linear (3f2a)", "linear (cafe)"})
    assert pair["ratio"] is None
    assert pair["no_ratio"].startswith("machine: ")
    assert pair["quality"] is not None
    assert "Energies not compared (machine: 0123456789ab" in said(preuve("compare", FIRST, ELSEWHERE))


def test_another_factor_changes_carbon_and_is_named(preuve: Preuve, place: Place) -> None:
    usual, other = (valid(json.loads(preuve("compare", FIRST, *factor, "--json").out)) for factor in ([], ["--factor", "rte-2024"]))
    assert (usual["factor"]["id"], other["factor"]["id"]) == ("ademe-2025", "rte-2024")
    carbon = [found["candidates"][1]["carbon_g_co2e_per_unit"] for found in (other, usual)]
    assert carbon[0] / carbon[1] == pytest.approx(21.7 / 46.1)
    assert "carbon by rte-2024" in preuve("compare", FIRST, "--factor", "rte-2024").out


@pytest.mark.parametrize(
    ("arguments", "found", "expected", "where", "remedy"),
    [
        (
            ["20200101-000000-beef"],
            "none called 20200101-000000-beef",
            f"a campaign of {TASK}",
            "sqlite:///",
            f"preuve compare {TASK} shows the latest one, preuve ui lists all",
        ),
        (
            [FIRST, "20200101-000000-beef"],
            "none called 20200101-000000-beef",
            f"a campaign of {TASK}",
            "sqlite:///",
            f"preuve compare {TASK} shows the latest one, preuve ui lists all",
        ),
        (["request-clasification"], "'request-clasification'", f"a POC: {TASK}", "poc/", f"did you mean {TASK}?"),
        ([TASK, "request-clasification"], "'request-clasification'", f"a POC: {TASK}", "poc/", f"did you mean {TASK}?"),
        (["2026-11-24"], "'2026-11-24'", f"a POC: {TASK}", "poc/", "preuve list shows what there is"),
        ([FIRST, "--factor", "rte-2042"], "'rte-2042'", "an emission factor: ", "factors.csv", "did you mean rte-2024?"),
    ],
)
def test_what_cannot_be_compared_is_explained(
    preuve: Preuve, place: Place, arguments: list[str], found: str, expected: str, where: str, remedy: str
) -> None:
    parts = refused(preuve("compare", *arguments))
    assert (parts[0], parts[3]) == (found, remedy)
    assert parts[1].startswith(expected)
    assert where in parts[2]
    error = valid(json.loads(preuve("compare", *arguments, "--json").out))["error"]
    assert [error[name] for name in ("found", "expected", "where", "remedy")] == parts


def test_goals_that_cannot_be_read_are_named_with_their_place(preuve: Preuve, place: Place) -> None:
    place.change("floor = 0.6", "floor = 6")
    found, expected, where, _ = refused(preuve("compare", TASK))
    assert (found, expected) == ("6", "from 0 to 1, as the metric has it")
    assert where == f"{place.goals}, [goal.quality] floor"


# Check


@pytest.mark.parametrize(
    ("before", "after", "status", "outcomes"),
    [
        ("floor = 0.5", "floor = 0.50", 0, {"met"}),
        ("floor = 0.5", "floor = 0.99", 1, {"met", "missed"}),
        ("kept = true", "kept = false", 1, {"met", "missed"}),
        ("[human_path]\nkept = true\n", "", 2, {"met", "undetermined"}),
        # What is missed decides, whatever else is open.
        ("floor = 0.5\n[human_path]\nkept = true\n", "floor = 0.99\n", 1, {"met", "missed", "undetermined"}),
    ],
)
def test_the_exit_code_of_a_check_says_whether_the_goals_are_met(
    preuve: Preuve, place: Place, before: str, after: str, status: int, outcomes: set[str]
) -> None:
    place.change(before, after)
    shown = preuve("check", TASK)
    assert (shown.status, shown.err) == (status, "")
    found = preuve("check", TASK, "--json")
    gate = valid(json.loads(found.out))
    assert (found.status, found.err) == (status, "")
    assert {goal["outcome"] for goal in gate["goals"]} == outcomes
    assert (gate["campaign"], gate["candidate"], gate["leading"]) == (SECOND, "linear", "linear")
    assert shown.out.startswith(f"{gate['decision']}: linear, campaign {SECOND}.\nGoals, by linear")
    for goal in gate["goals"]:
        assert goal["goal"] in shown.out
        assert (f"{goal['goal']} is {goal['outcome']}" in shown.out) == (goal["outcome"] != "met")
    assert fits(shown.out)


def test_a_check_of_a_candidate_is_of_its_goals_alone(preuve: Preuve, place: Place) -> None:
    place.change("floor = 0.6", "floor = 0.82")
    assert preuve("check", FIRST, "--candidate", "linear").status == 0
    # A score of 0.80 on 200 samples is below 0.82 by chance, or not: nobody knows.
    shown = preuve("check", FIRST, "--candidate", "keywords")
    assert shown.status == 2
    assert shown.out.startswith(f"The baseline: keywords, campaign {FIRST}.\n")
    assert "quality is undetermined" in shown.out
    gate = valid(json.loads(preuve("check", FIRST, "--candidate", "keywords", "--json").out))
    assert (gate["candidate"], gate["decision"], gate["leading"]) == ("keywords", None, "linear")
    # That it is better than itself is not asked.
    assert "quality_gain" not in [goal["goal"] for goal in gate["goals"]]


@pytest.mark.parametrize(
    ("arguments", "found", "expected", "where", "remedy"),
    [
        (
            [FIRST, "--candidate", "liner"],
            "'liner'",
            "a candidate: keywords, linear, broken, hub",
            f"campaign {FIRST}",
            "did you mean linear?",
        ),
        (
            [FIRST, "--candidate", "broken"],
            "broken is failed: ValueError in fit.py, line 3",
            "a candidate that was measured",
            f"campaign {FIRST}",
            f"preuve run {TASK} --candidate broken",
        ),
        (
            [TASK, "--candidate", "hub"],
            "hub is unavailable: its weights are not here",
            "a candidate that was measured",
            f"campaign {SECOND}",
            "fetch-weights",
        ),
        (["request-clasification"], "'request-clasification'", f"a POC: {TASK}", "poc/", f"did you mean {TASK}?"),
    ],
)
def test_what_cannot_be_checked_is_an_error_and_no_verdict(
    preuve: Preuve, place: Place, arguments: list[str], found: str, expected: str, where: str, remedy: str
) -> None:
    assert refused(preuve("check", *arguments), 3) == [found, expected, where, remedy]
    outcome = preuve("check", *arguments, "--json")
    assert outcome.status == 3
    assert valid(json.loads(outcome.out))["error"]["found"] == found


def test_a_check_before_any_campaign_says_how_to_get_one(preuve: Preuve) -> None:
    found, expected, where, remedy = refused(preuve("check", TASK), 3)
    assert (found, expected, remedy) == ("none yet", f"a finished campaign of {TASK}", f"preuve run {TASK}")
    assert where.startswith("sqlite:///")


@pytest.mark.parametrize("arguments", [[], [TASK, "--candidat", "linear"], [TASK, TASK], [TASK, "--candidate"]])
def test_a_check_that_is_written_wrongly_is_not_taken_for_an_undetermined_goal(preuve: Preuve, arguments: list[str]) -> None:
    outcome = preuve("check", *arguments)
    assert (outcome.status, outcome.out) == (3, "")
    assert "Error" in outcome.err
    assert preuve("compare", "--candidat").status == 2
    assert preuve("check", "--help").status == 0


def test_a_check_where_only_the_baseline_was_measured_is_undetermined(preuve: Preuve, place: Place) -> None:
    alone = made("20261127-190559-a10e", 3, read_goals(place.goals))
    keep(alone.model_copy(update={"runs": alone.runs[:1]}))
    outcome = preuve("check", TASK)
    told = "No candidate besides the baseline was measured.\nExit code 2: a goal is undetermined.\n"
    assert (outcome.status, outcome.out) == (2, told)
    gate = valid(json.loads(preuve("check", TASK, "--json").out))
    assert (gate["candidate"], gate["goals"]) == (None, [])
    assert "Only the baseline without AI was measured" in said(preuve("compare", TASK))


def test_a_check_of_an_interrupted_campaign_is_never_passed(preuve: Preuve, place: Place) -> None:
    assert preuve("check", BROKEN_OFF).status == 2


# Goals that were changed after measuring


@pytest.fixture
def at_real(recorded: Recorded, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The campaign that was measured under the POC's goals, in a home of the test's own, and a copy of those goals to change."""
    shutil.copy(recorded.home / "mlflow.db", home / "mlflow.db")
    real = Path(poc.__path__[0])
    texts = [(real / name).read_text(encoding="utf-8") for name in ("request_classification/goals.toml", "goals.toml")]
    return Place(home, own_goals(tmp_path, monkeypatch, *texts))


def outcomes(found: Mapping[str, Any], candidate: str) -> dict[str, dict[str, Any]]:
    """The goals of a candidate by their name."""
    verdict = next(each["verdict"] for each in found["candidates"] if each["name"] == candidate)
    return {goal["goal"]: goal for goal in verdict["goals"]}


def test_a_real_campaign_is_compared_and_checked(preuve: Preuve, recorded: Recorded, at_real: Place) -> None:
    found = valid(json.loads(preuve("compare", TASK, "--json").out))
    assert (found["campaign"]["id"], found["changed_goals"]) == (recorded.id, [])
    assert found["goals_sha256"] == found["campaign"]["goals_sha256"]
    checked = preuve("check", TASK)
    # Six test samples in a quick campaign settle nothing.
    assert checked.status == 2
    assert "full_protocol is undetermined" in checked.out
    assert fits(preuve("compare", TASK).out)


def test_a_goal_that_is_met_only_since_it_was_changed_is_undetermined(preuve: Preuve, at_real: Place) -> None:
    before = outcomes(valid(json.loads(preuve("compare", TASK, "--json").out)), "keywords")
    assert before["class_recall"]["outcome"] == "undetermined"
    assert before["energy_per_unit_wh"]["outcome"] == "met"
    at_real.change("[goal.class_recall]\nfloor = 0.60", "[goal.class_recall]\nfloor = 0.0")
    found = valid(json.loads(preuve("compare", TASK, "--json").out))
    assert found["changed_goals"] == ["class_recall: floor was 0.6, is now 0"]
    assert found["goals_sha256"] != found["campaign"]["goals_sha256"]
    loosened = outcomes(found, "keywords")["class_recall"]
    assert (loosened["outcome"], loosened["floor"]) == ("undetermined", 0.0)
    assert loosened["reason"].startswith("met only since it was changed, after measuring")
    # It is met by the whole interval, and would be under goals that were there before.
    assert loosened["value"]["low"] >= 0
    assert loosened["settled_by"]
    shown = said(preuve("compare", TASK))
    assert "goals changed after measuring: class_recall: floor was 0.6, is now 0" in shown.replace("Goals", "goals")
    checked = preuve("check", TASK, "--candidate", "keywords")
    assert checked.status == 2
    assert "class_recall is undetermined (met only since it was changed, after measuring" in said(checked)


def test_a_goal_that_was_dropped_after_measuring_is_not_forgotten(preuve: Preuve, at_real: Place) -> None:
    at_real.change("[goal.class_recall]\nfloor = 0.60", "")
    found = valid(json.loads(preuve("compare", TASK, "--json").out))
    assert found["changed_goals"] == ["class_recall: removed"]
    dropped = outcomes(found, "keywords")["class_recall"]
    assert dropped["outcome"] == "undetermined"
    assert dropped["reason"].startswith("dropped after measuring")


def test_a_goal_that_was_tightened_after_measuring_is_judged_as_it_is_now(preuve: Preuve, at_real: Place) -> None:
    at_real.change(
        "[goal.energy_per_unit_wh]\ntarget = 0.1\nceiling = 1.0", "[goal.energy_per_unit_wh]\ntarget = 0\nceiling = 1e-9"
    )
    found = valid(json.loads(preuve("compare", TASK, "--json").out))
    assert found["changed_goals"] == [
        "energy_per_unit_wh: target was 0.1, is now 0",
        "energy_per_unit_wh: ceiling was 1, is now 1e-09",
    ]
    assert outcomes(found, "keywords")["energy_per_unit_wh"]["outcome"] == "missed"
    assert preuve("check", TASK).status == 1


def test_another_comment_in_the_goals_changes_nothing(preuve: Preuve, at_real: Place) -> None:
    before = preuve("compare", TASK, "--json").out
    at_real.change("[goal.class_recall]", "# Looked at again.\n[goal.class_recall]")
    assert preuve("compare", TASK, "--json").out == before


# The last verdict


def verdict_line(outcome: Outcome) -> str | None:
    lines = [line.split(maxsplit=1)[1] for line in outcome.out.splitlines() if line.startswith("  verdict ")]
    return lines[0] if lines else None


def kept_for(preuve: Preuve) -> dict[str, Any] | None:
    (found,) = (each for each in json.loads(preuve("list", "--json").out) if each["name"] == TASK)
    verdict: dict[str, Any] | None = found["verdict"]
    return verdict


def test_list_shows_the_last_verdict_once_there_is_one(preuve: Preuve, place: Place) -> None:
    assert verdict_line(preuve("list")) is None
    assert kept_for(preuve) is None
    assert preuve("compare", TASK).status == 0
    assert verdict_line(preuve("list")) == f"GO: linear (campaign {SECOND})"
    assert kept_for(preuve) == {
        "campaign": SECOND,
        "decision": "GO",
        "candidate": "linear",
        "goals_sha256": read_goals(place.goals).sha256,
    }


def test_list_says_when_the_goals_are_others_now(preuve: Preuve, place: Place) -> None:
    assert preuve("check", TASK).status == 0
    place.change("floor = 0.5", "floor = 0.99")
    assert verdict_line(preuve("list")) == f"GO: linear (campaign {SECOND}, under other goals than now)"
    assert preuve("check", TASK).status == 1
    assert verdict_line(preuve("list")) == f"NO GO: linear (campaign {SECOND})"


def test_the_last_verdict_is_that_of_the_latest_finished_campaign_under_the_usual_factor(preuve: Preuve, place: Place) -> None:
    assert preuve("compare", FIRST).status == 0
    assert verdict_line(preuve("list")) == f"GO: linear (campaign {FIRST})"
    # Neither an interrupted one, nor another factor, nor several campaigns are what `preuve compare POC` says.
    for looked in ([BROKEN_OFF], [SECOND, "--factor", "rte-2024"], [SECOND, FIRST]):
        assert preuve("compare", *looked).status == 0
        assert verdict_line(preuve("list")) == f"GO: linear (campaign {FIRST})"
    assert preuve("compare", TASK).status == 0
    assert preuve("compare", FIRST).status == 0
    assert verdict_line(preuve("list")) == f"GO: linear (campaign {SECOND})"


def test_a_verdict_on_a_baseline_alone_names_no_candidate(preuve: Preuve, place: Place) -> None:
    alone = made("20261127-190559-a10e", 3, read_goals(place.goals))
    keep(alone.model_copy(update={"runs": alone.runs[:1]}))
    assert preuve("compare", TASK).status == 0
    assert verdict_line(preuve("list")) == "NOT CONCLUSIVE (campaign 20261127-190559-a10e)"


VERDICT = {"campaign": FIRST, "decision": "GO", "candidate": "linear", "goals_sha256": "a" * 64}
NESTED = "[" * 100_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        NESTED,
        "\udcff\udcfe",
        json.dumps({TASK: None}),
        json.dumps({TASK: "GO"}),
        json.dumps({TASK: {**VERDICT, "more": 1}}),
        json.dumps({TASK: {**VERDICT, "decision": "MAYBE"}}),
        json.dumps({TASK: {**VERDICT, "decision": None}}),
        json.dumps({TASK: {**VERDICT, "candidate": 3}}),
        json.dumps({TASK: {**VERDICT, "goals_sha256": 3}}),
        # It would be later than any campaign there will ever be.
        json.dumps({TASK: {**VERDICT, "campaign": "zzz"}}),
        json.dumps({"another-poc": VERDICT}),
    ],
)
def test_a_file_of_verdicts_that_is_broken_or_anothers_is_ignored_and_mended(preuve: Preuve, home: Path, text: str) -> None:
    (home / "verdicts.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    outcome = preuve("list")
    assert (outcome.status, outcome.err) == (0, "")
    assert verdict_line(outcome) is None
    keep_verdict(assessed(compared(KEYWORDS, LINEAR), judged_as("GO", "keywords", "tfidf-linearsvc")))
    assert verdict_line(preuve("list")) == f"GO: tfidf-linearsvc (campaign {FIRST}, under other goals than now)"


def test_verdicts_on_other_pocs_are_kept(preuve: Preuve, place: Place) -> None:
    path = place.home / "verdicts.json"
    path.write_text(json.dumps({"another-poc": VERDICT}), encoding="utf-8")
    assert preuve("compare", TASK).status == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert set(found) == {"another-poc", TASK}
    assert found["another-poc"] == VERDICT


def test_a_kept_candidates_name_cannot_drive_the_terminal(preuve: Preuve, place: Place) -> None:
    (place.home / "verdicts.json").write_text(json.dumps({TASK: {**VERDICT, "candidate": "\x1b[31mred\u202e"}}), encoding="utf-8")
    line = verdict_line(preuve("list"))
    assert line is not None
    assert line.startswith("GO:  [31mred  (campaign")


def test_a_verdict_that_cannot_be_kept_keeps_nobody_from_comparing(
    preuve: Preuve, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = preuve("compare", TASK).out
    (place.home / "verdicts.json").unlink()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_text", refuse)
        outcome = preuve("compare", TASK)
        assert preuve("check", TASK).status == 0
    assert (outcome.status, outcome.out, outcome.err) == (0, usual, "")
    # A folder stands where the file would.
    (place.home / "verdicts.json").mkdir()
    outcome = preuve("compare", TASK)
    assert (outcome.status, outcome.out, outcome.err) == (0, usual, "")
    assert [path.name for path in place.home.iterdir() if "verdicts" in path.name] == ["verdicts.json"]
    assert verdict_line(preuve("list")) is None


def test_what_runs_prints_for_programs_is_a_comparison(
    preuve: Preuve, own_data: list[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    from evaluation.footprint import PeakMemory

    monkeypatch.setattr("evaluation.campaign.find_peak_memory", lambda *_: PeakMemory(100.0))
    outcome = preuve("run", TASK, *own_data, "--rounds", "1", "--candidate", "keywords", "--json")
    assert outcome.status == 0, outcome.err
    found = valid(json.loads(outcome.out))
    assert [candidate["name"] for candidate in found["candidates"]] == ["keywords"]
    # What `run` concludes is the last verdict.
    assert kept_for(preuve) == {
        "campaign": found["campaign"]["id"],
        "decision": "NOT CONCLUSIVE",
        "candidate": None,
        "goals_sha256": found["goals_sha256"],
    }
