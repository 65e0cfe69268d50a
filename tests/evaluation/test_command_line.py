"""The command line, driven as a user would: what it shows, what it refuses, and what it leaves behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from evaluation.candidate import Candidate
from evaluation.energy.lock import energy_lock
from evaluation.footprint import PeakMemory
from evaluation.pocs import Poc, find_poc
from evaluation.run import Protocol
from evaluation.samples import Samples
from tests.conftest import BIN, LAMP, Preuve, Recorded, labelled, write_csv

TASK = "request-classification"
# A candidate's memory is not looked at here: that would take seconds in each campaign.
CLI_CODE = """
import evaluation.campaign as c
from evaluation.footprint import PeakMemory
c.find_peak_memory = lambda *_: PeakMemory(100.0)
from evaluation.cli import main
main()
"""
CLI = [sys.executable, "-c", CLI_CODE]
# What anybody tells apart, undeclared: no model is stored of it.
SHORT = ["--text", "text", "--target", "category", "--rounds", "1", "--window", "0.5"]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Campaigns in this process do not look at the memory."""
    monkeypatch.setattr("evaluation.campaign.find_peak_memory", lambda *_: PeakMemory(100.0))


def mended(preuve: Preuve, *arguments: str | Path) -> str:
    """What a refused command says; it must be an error for people, and all of it."""
    outcome = preuve(*arguments)
    assert outcome.status == 2, outcome.out + outcome.err
    assert outcome.out == ""
    assert "Traceback" not in outcome.err
    for part in ("Error: ", "\n  expected: ", "\n  where:    ", "\n  do:       "):
        assert part in outcome.err
    return outcome.err


def test_list_names_pocs_candidates_and_goals(preuve: Preuve) -> None:
    outcome = preuve("list")
    assert outcome.status == 0
    for word in (TASK, "keywords (baseline, without AI)", "hub-transformer", "quality_gain", "≥ 0.03 above"):
        assert word in outcome.out


def test_list_for_programs(preuve: Preuve) -> None:
    poc = next(each for each in json.loads(preuve("list", "--json").out) if each["name"] == TASK)
    assert poc["unit"] == {"name": "1 000 requests routed", "size": 1000}
    assert [candidate["name"] for candidate in poc["candidates"] if candidate["baseline"]] == ["keywords"]
    assert poc["goals"]["energy_per_unit_wh"] == {"name": "energy_per_unit_wh", "ceiling": 1.0, "target": 0.1}


def test_help_and_list_load_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['preuve', sys.argv[1]]\n"
        "from evaluation.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'mlflow', 'sklearn', 'torch', 'transformers', 'codecarbon', 'pandas', 'numpy', 'scipy', 'datasets'}\n"
        "print('loaded:', sorted(heavy & set(sys.modules)))"
    )
    for argument in ("--help", "list"):
        done = subprocess.run([sys.executable, "-c", code, argument], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "loaded: []"


def test_run_and_compare_show_the_same_table(preuve: Preuve, at_recorded: Recorded) -> None:
    latest = preuve("compare", TASK)
    assert latest.status == 0
    assert f"{TASK} on train.csv, campaign {at_recorded.id}" in latest.out
    assert preuve("compare", at_recorded.id).out == latest.out
    for word in (
        "keywords",
        "(baseline)",
        "tfidf-linearsvc",
        "6 test samples, 14 to learn from, 2 classes",
        "class C",
        "for the memory. So these energies are above all the times that the candidates took. •",
        "In service: 60 000 requests a year, ademe-2025",
        "By a second estimate (CPU seconds at",
    ):
        assert word in " ".join(latest.out.split())


def test_compare_for_programs_has_every_interval(preuve: Preuve, at_recorded: Recorded) -> None:
    found = json.loads(preuve("compare", TASK, "--json").out)
    assert found["campaign"]["id"] == at_recorded.id
    keywords, svc = found["candidates"]
    assert keywords["baseline"] is True
    assert keywords["ratio"] is None
    assert svc["ratio"]["low"] < svc["ratio"]["value"] < svc["ratio"]["high"]
    assert set(svc["scores"]) == {"macro_f1", "accuracy"}


def test_compare_before_any_campaign_says_how_to_get_one(preuve: Preuve) -> None:
    assert f"do:       preuve run {TASK}" in mended(preuve, "compare", TASK)


def test_errors_shows_confident_mistakes_first_with_their_texts(preuve: Preuve, short: None, tmp_path: Path) -> None:
    # "bac" is a word of the sheet for bins only: asked about lamps the sheet is wrong, and surer the more often it occurs.
    wrong = [
        ("Un bac devant le lampadaire bleu, un autre bac", "eclairage-public"),
        ("Un bac sur un mur rouge", "eclairage-public"),
    ]
    train, test = write_csv(tmp_path / "a.csv", labelled()), write_csv(tmp_path / "b.csv", wrong)
    ran = preuve("run", TASK, "--data", train, "--test", test, *SHORT, "--candidate", "keywords")
    assert ran.status == 0, ran.err
    shown = preuve("errors", TASK, "--candidate", "keywords")
    assert shown.status == 0, shown.err
    assert "keywords: 2 of 2 answers are wrong" in shown.out
    assert shown.out.index("lampadaire bleu") < shown.out.index("mur rouge")
    found = json.loads(preuve("errors", TASK, "--candidate", "keywords", "--limit", "1", "--json").out)
    assert found["mistakes"] == [
        {
            "id": "row-1", "expected": "eclairage-public", "predicted": "collecte-encombrants", "score": 2.0, "text": wrong[0][0],
        }
    ]  # fmt: skip


def test_errors_does_not_show_texts_of_a_file_that_has_changed(preuve: Preuve, short: None, requests_csv: Path) -> None:
    assert preuve("run", TASK, "--data", requests_csv, *SHORT, "--candidate", "keywords").status == 0
    write_csv(requests_csv, [*labelled(), ("Un de plus", "eclairage-public")])
    assert "it has changed" in mended(preuve, "errors", TASK, "--candidate", "keywords")


def test_a_terminal_cannot_be_driven_by_a_text(preuve: Preuve, short: None, tmp_path: Path) -> None:
    nasty = [("bac \x1b[31m[red]rouge[/red] \x07", "eclairage-public"), ("bac vert", "eclairage-public")]
    train, test = write_csv(tmp_path / "a.csv", labelled()), write_csv(tmp_path / "b.csv", nasty)
    assert preuve("run", TASK, "--data", train, "--test", test, *SHORT, "--candidate", "keywords").status == 0
    shown = preuve("errors", TASK, "--candidate", "keywords").out
    assert "[red]rouge[/red]" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "request-clasification"], ["'request-clasification'", "did you mean request-classification?"]),
        (["run", TASK, "--candidate", "tfidf-linearvsc"], ["'tfidf-linearvsc'", "did you mean tfidf-linearsvc?"]),
        (["run", TASK, "--param", "tfidf-logreg.c=3"], ["'c'", "parameter", "did you mean C?"]),
        (["run", TASK, "--param", "C=3"], ["NAME.KEY=VALUE"]),
        (["run", TASK, "--text", "message"], ["--text without --data"]),
        (["run", TASK, "--data", "no-such.csv"], ["no such file", "no-such.csv"]),
        (["compare", "20200101-000000-beef"], ["none called 20200101-000000-beef"]),
        (["errors", TASK, "--candidate", "keywords"], ["none yet", "preuve run"]),
    ],
)
def test_a_mistake_of_the_user_is_explained(preuve: Preuve, arguments: list[str], words: list[str]) -> None:
    said = mended(preuve, *arguments)
    assert [word for word in words if word not in said] == []


def test_errors_of_an_unknown_candidate_offers_the_nearest(preuve: Preuve, at_recorded: Recorded) -> None:
    said = mended(preuve, "errors", TASK, "--campaign", at_recorded.id, "--candidate", "keyword")
    assert "did you mean keywords?" in said


def test_an_error_for_programs_is_json(preuve: Preuve) -> None:
    outcome = preuve("compare", TASK, "--json")
    assert outcome.status == 2
    assert set(json.loads(outcome.out)["error"]) == {"expected", "found", "where", "remedy"}


def test_a_refused_file_leaves_nothing_behind(preuve: Preuve, tmp_path: Path, home: Path) -> None:
    before = sorted(home.rglob("*"))
    data = write_csv(tmp_path / "train.csv", [*labelled(), ("", "eclairage-public")])
    said = mended(preuve, "run", TASK, "--data", data, "--text", "text", "--target", "category", "--personal-data", "no")
    assert "line 22, column 'text'" in said
    assert sorted(home.rglob("*")) == before
    assert sorted(tmp_path.iterdir()) == [data]


def test_personal_data_without_its_papers_leaves_nothing_behind(preuve: Preuve, requests_csv: Path) -> None:
    said = mended(preuve, "run", TASK, "--data", requests_csv, "--text", "text", "--target", "category", "--personal-data", "yes")
    assert "--dpia and --expires" in said
    assert sorted(requests_csv.parent.iterdir()) == [requests_csv]


def test_a_home_that_is_a_file_is_named(preuve: Preuve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PREUVE_HOME", str(tmp_path / "file"))
    assert f"{tmp_path / 'file'} (PREUVE_HOME)" in mended(preuve, "compare", TASK)


def test_a_home_that_cannot_be_made_is_named(preuve: Preuve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREUVE_HOME", "/proc/preuve")
    assert "/proc/preuve (PREUVE_HOME)" in mended(preuve, "compare", TASK)


def test_a_second_campaign_is_told_of_the_first(preuve: Preuve, own_data: list[str]) -> None:
    with energy_lock("campaign 20261123-190559-3f2a of request-classification"):
        said = mended(preuve, "run", TASK, *own_data)
    assert "campaign 20261123-190559-3f2a of request-classification is running" in said
    assert preuve("compare", TASK).status == 2  # it left no record


def test_codecarbon_set_from_outside_is_refused(preuve: Preuve, own_data: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECARBON_FORCE_CPU_POWER", "300")
    assert "CODECARBON_FORCE_CPU_POWER" in mended(preuve, "run", TASK, *own_data)


def test_a_failed_candidate_makes_the_command_fail_and_debug_tells_all(
    preuve: Preuve, short: None, requests_csv: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = ["--candidate", "tfidf-logreg", "--param", "tfidf-logreg.C=-1"]
    outcome = preuve("run", TASK, "--data", requests_csv, *SHORT, *broken)
    assert "must be a float" not in caplog.text + outcome.err
    preuve("run", TASK, "--data", requests_csv, *SHORT, *broken, "--debug")
    assert outcome.status == 1
    assert "tfidf-logreg: failed. InvalidParameterError in" in outcome.out
    assert "must be a float in the range (0.0, inf]" in caplog.text


def test_a_candidate_that_is_not_here_is_shown_with_its_remedy_and_is_no_failure(
    preuve: Preuve, short: None, requests_csv: Path
) -> None:
    candidates = ["--candidate", "keywords", "--candidate", "hub-transformer"]
    outcome = preuve("run", TASK, "--data", requests_csv, *SHORT, *candidates, "--json")
    assert outcome.status == 0, outcome.err
    hub = json.loads(outcome.out)["candidates"][1]
    assert (hub["name"], hub["status"]) == ("hub-transformer", "unavailable")
    assert hub["remedy"].startswith(".venv/bin/hf download almanach/camembertav2-base --revision ")


def test_the_same_campaign_twice_gives_the_same_answers_bit_by_bit(
    requests_csv: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Separate processes, with different orders of hashing: nothing may depend on what ran before or on chance of the moment.
    # They have a home and a lock of their own, and run at once: what energy they use is not looked at.
    from evaluation.records.store import open_store

    names = {"majority", "keywords", "tfidf-logreg", "tfidf-linearsvc", "tiny-transformer"}
    small = [f"tiny-transformer.{change}" for change in ("width=32", "epochs=2", "vocabulary=400")]
    options = [word for name in sorted(names) for word in ("--candidate", name)] + [
        word for change in small for word in ("--param", change)
    ]
    processes, homes = [], [tmp_path / hash_seed for hash_seed in ("1", "2")]
    for place in homes:
        shutil.copytree(home, place)
        own = {"PYTHONHASHSEED": place.name, "PREUVE_HOME": str(place), "PREUVE_LOCK_FOLDER": str(place)}
        command = [*CLI, "run", TASK, "--data", str(requests_csv), *SHORT, *options]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | own))
    for process in processes:
        _, said = process.communicate()
        assert process.returncode == 0, said
    campaigns = []
    for place in homes:
        monkeypatch.setenv("PREUVE_HOME", str(place))
        campaigns.append(open_store(TASK).latest_campaign())
    first, second = campaigns
    assert {run.candidate for run in first.runs if run.status == "finished"} == names
    for run, again in zip(first.runs, second.runs, strict=True):
        assert (run.scores, run.predictions, run.params) == (again.scores, again.predictions, again.params)


def test_a_full_disk_while_recording_is_explained(own_data: list[str], tmp_path: Path, home: Path) -> None:
    # A real file system with room for the empty database and little more, in a mount namespace of this test's own.
    place = tmp_path / "full"
    place.mkdir()
    room = (home / "mlflow.db").stat().st_size + 200_000
    script = f'mount -t tmpfs -o size={room} none {place} && cp {home / "mlflow.db"} {place} && exec "$@"'
    command = ["unshare", "-Urm", "sh", "-c", script, "sh", *CLI, "run", TASK, *own_data, "--candidate", "tfidf-linearsvc"]
    probe = subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("this machine gives no mount namespaces, so there is no small disk to fill")
    environment = {**os.environ, "PREUVE_HOME": str(place)}
    done = subprocess.run([*command, "--rounds", "1"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2, done.stderr
    assert "Error: the disk is full" in done.stderr
    assert "the next command closes this campaign as interrupted" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_from_the_terminal_closes_the_campaign(requests_csv: Path) -> None:
    import signal

    command = [*CLI, "run", TASK, "--data", str(requests_csv), *SHORT, "--candidate", "keywords", "--window", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if "round 1" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait() == 130
    assert "Interrupted. What was measured so far is recorded" in rest
    from evaluation.records.store import open_store

    assert len(open_store(TASK).campaign_ids("interrupted")) == 1


def test_an_interrupt_while_it_waits_says_that_nothing_was_recorded(requests_csv: Path) -> None:
    import signal

    command = [*CLI, "run", TASK, "--data", str(requests_csv), *SHORT, "--candidate", "keywords", "--wait"]
    with energy_lock("campaign 7"), subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        next(line for line in process.stderr if "Waiting: campaign 7 is running" in line)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait() == 130
    assert rest == "Interrupted. Nothing of it was recorded.\n"


def test_doctor_says_what_can_be_measured_and_who_is_in_the_way(preuve: Preuve, monkeypatch: pytest.MonkeyPatch) -> None:
    found = json.loads(preuve("doctor", "--no-self-test", "--json").out)
    assert found["self_test"] is None
    subjects = {finding["subject"]: finding for finding in found["findings"]}
    assert set(subjects) >= {"CPU energy", "GPU energy", "Memory energy", "CodeCarbon settings", "Energy lock", "PREUVE_HOME"}
    assert subjects["CodeCarbon settings"]["found"] == "none from outside"
    monkeypatch.setenv("CODECARBON_PUE", "2")
    with energy_lock("campaign 7"):
        shown = preuve("doctor", "--no-self-test").out
    assert "CODECARBON_PUE" in shown
    assert "campaign 7 is running" in shown


def test_doctor_works_where_the_home_does_not(preuve: Preuve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREUVE_HOME", "/proc/preuve")
    outcome = preuve("doctor", "--no-self-test")
    assert outcome.status == 0, outcome.err
    assert "/proc/preuve" in outcome.out


def test_texts_are_in_no_message(preuve: Preuve, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "both.csv", labelled())
    test = write_csv(tmp_path / "test.csv", [(LAMP[0], "eclairage-public"), (BIN[0], "collecte-encombrants")])
    said = mended(preuve, "run", TASK, "--data", data, "--test", test, "--text", "text", "--target", "category")
    assert "2 texts of the test are in the training samples too (training = test): row-1 = row-1; row-2 = row-2" in said
    assert LAMP[0] not in said


def test_models_of_undeclared_data_are_not_stored_and_no_word_of_a_text_is_kept(
    preuve: Preuve, short: None, tmp_path: Path, home: Path
) -> None:
    rows = [(f"{text} quimperlot", label) for text, label in labelled()]
    data = write_csv(tmp_path / "private.csv", rows)
    outcome = preuve("run", TASK, "--data", data, *SHORT, "--candidate", "tfidf-logreg")
    assert outcome.status == 0, outcome.err
    assert "models are not stored" in outcome.out
    assert [path for path in home.rglob("*") if path.is_file() and b"quimperlot" in path.read_bytes()] == []


def test_a_campaign_under_nohup_outlives_its_terminal(preuve: Preuve, requests_csv: Path) -> None:
    command = [*CLI, "run", TASK, "--data", str(requests_csv), *SHORT, "--candidate", "keywords", "--window", "3"]
    with subprocess.Popen(["nohup", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        next(line for line in process.stderr if "round 1" in line)
        process.send_signal(signal.SIGHUP)
        process.communicate()
    assert process.returncode == 0
    assert "keywords" in preuve("compare", TASK).out


def test_a_killed_campaign_is_closed_by_the_next_look_at_it(preuve: Preuve, requests_csv: Path) -> None:
    command = [*CLI, "run", TASK, "--data", str(requests_csv), *SHORT, "--candidate", "keywords", "--window", "30"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        next(line for line in process.stderr if "round 1" in line)
        process.kill()
    looked = preuve("compare", TASK)
    assert looked.status == 2  # there is no finished one
    from evaluation.records.store import open_store

    (campaign_id,) = open_store(TASK).campaign_ids("interrupted")
    assert f"Closed as interrupted: campaign {campaign_id}, whose process had ended without closing it." in looked.err
    shown = preuve("compare", campaign_id)
    assert (shown.status, shown.err) == (0, "")
    said = " ".join(shown.out.split())
    assert "keywords: interrupted. Its process was killed" in said
    assert "no candidate was measured completely" in said
    assert "Interrupted: its process was killed." in said
    assert "95 % intervals" not in said


def fit_talking(train: Samples, *, seed: int) -> Talking:
    del seed
    print("I have seen", len(train))
    return Talking()


class Talking:
    """Prints in the middle of everything."""

    def predict(self, inputs: Sequence[str]) -> list[str]:
        print("I answer")
        return ["eclairage-public"] * len(inputs)


GOALS = """
[unit]
name = "1 000 requests routed"
size = 1000
[goal.development_kwh]
target = 0
ceiling = {ceiling_kwh}
"""


@pytest.fixture
def poc(short: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Puts a POC with these goals and one candidate in the place of the real one, and returns the options for a short run of it."""

    def replace(goals: str) -> list[str]:
        folder = tmp_path / "poc"
        folder.mkdir(exist_ok=True)
        (folder / "goals.toml").write_text(goals)
        fake = Poc(folder, find_poc(TASK).task, [Candidate("talking", fit_talking, baseline=True)])
        monkeypatch.setattr("evaluation.pocs.find_poc", lambda _: fake)
        data = write_csv(tmp_path / "talk.csv", labelled())
        return ["--data", str(data), *SHORT]

    return replace


def test_what_a_candidate_prints_does_not_get_into_the_answer_for_programs(preuve: Preuve, poc: Callable[[str], list[str]]) -> None:
    outcome = preuve("run", TASK, *poc(GOALS.format(ceiling_kwh=5)), "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert [candidate["name"] for candidate in found["candidates"]] == ["talking"]
    # These goals have no deployment: carbon is that of a functional unit, and nothing is said of a year of service.
    (talking,) = found["candidates"]
    assert talking["service"] is None
    assert talking["carbon_g_co2e_per_unit"] == pytest.approx(talking["energy_wh"]["value"] * 0.0461)
    assert found["factor"]["id"] == "ademe-2025"
    assert "I answer" in outcome.err
    assert "that its goals allow" not in outcome.err


def test_a_run_that_would_pass_the_budget_is_refused_and_leaves_no_record(preuve: Preuve, poc: Callable[[str], list[str]]) -> None:
    said = mended(preuve, "run", TASK, *poc(GOALS.format(ceiling_kwh=1e-12)))
    assert "used so far, and this campaign needs about" in said
    assert '--over-budget "reason"' in said
    from evaluation.records.store import open_store

    assert open_store(TASK).campaign_ids() == []


def test_with_a_reason_a_run_goes_on_beyond_the_budget_and_says_so(preuve: Preuve, poc: Callable[[str], list[str]]) -> None:
    outcome = preuve("run", TASK, *poc(GOALS.format(ceiling_kwh=1e-12)), "--over-budget", "the jury asked for it", "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["campaign"]["over_budget"] == "the jury asked for it"
    assert "Beyond the POC's development budget; the reason given: the jury asked for it" in found["notes"]
    # From here on it is refused again, and says what was used.
    again = preuve("run", TASK, *poc(GOALS.format(ceiling_kwh=1e-12)))
    assert again.status == 2
    assert "kWh used so far" in again.err
    # Without such a goal there is no ceiling, and no warning either: the next hindrance is another one.
    unlimited = poc(GOALS.format(ceiling_kwh=1).replace("development_kwh", "energy_per_unit_wh"))
    with energy_lock("campaign 7"):
        assert "campaign 7 is running" in mended(preuve, "run", TASK, *unlimited)


@pytest.mark.parametrize(
    ("options", "rounds", "window_s", "quick"),
    [
        ((), 5, 10.0, False),
        (("--quick",), 3, 2.0, True),
        # What is shorter than usual is marked, whichever option asked for it; what is not is not.
        (("--quick", "--rounds", "10", "--window", "30"), 10, 30.0, False),
        (("--rounds", "4"), 4, 10.0, True),
        (("--window", "9.5"), 5, 9.5, True),
    ],
)
def test_a_protocol_shorter_than_usual_is_marked(
    preuve: Preuve,
    poc: Callable[[str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    options: Sequence[str],
    rounds: int,
    window_s: float,
    quick: bool,
) -> None:
    asked: list[Protocol] = []

    def begin(*_: object, protocol: Protocol, **__: object) -> None:
        asked.append(protocol)
        raise KeyboardInterrupt

    monkeypatch.setattr("evaluation.campaign.run_campaign", begin)
    data = poc(GOALS.format(ceiling_kwh=5))[: -len(SHORT)]
    preuve("run", TASK, *data, *SHORT[:4], *options)
    assert asked == [Protocol(rounds=rounds, window_s=window_s, quick=quick)]


def test_without_a_deployment_another_factor_changes_the_carbon_of_a_unit(preuve: Preuve, poc: Callable[[str], list[str]]) -> None:
    assert preuve("run", TASK, *poc(GOALS.format(ceiling_kwh=5))).status == 0
    shown = preuve("compare", TASK, "--factor", "rte-2024").out
    assert "Fit, memory, and carbon by rte-2024" in shown
    assert "Carbon: the gross energy times 21.7 g/kWh (rte-2024)." in " ".join(shown.split())
    grams = [
        json.loads(preuve("compare", TASK, "--factor", factor, "--json").out)["candidates"][0]["carbon_g_co2e_per_unit"]
        for factor in ("rte-2024", "ademe-2025")
    ]
    assert grams[0] / grams[1] == pytest.approx(21.7 / 46.1)


def test_a_password_of_a_server_is_in_no_message(preuve: Preuve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://bob:s3cret@nowhere/base")
    said = mended(preuve, "compare", TASK)
    assert "s3cret" not in said
    assert "nonsense://nowhere/base" in said


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_for_going_beyond_the_budget_has_words(preuve: Preuve, requests_csv: Path, reason: str) -> None:
    said = mended(preuve, "run", TASK, "--data", requests_csv, *SHORT, "--over-budget", reason)
    assert "where:    --over-budget" in said
