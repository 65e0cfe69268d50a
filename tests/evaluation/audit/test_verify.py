"""What was tampered with is found and named: by the program, and by the one file that goes with a bundle."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.audit import verify
from evaluation.audit.live import LiveEvidence
from evaluation.audit.verify import Checker
from evaluation.audit.words import WORDS, read_words
from evaluation.records.ledger import Ledger
from evaluation.records.store import open_store
from tests.conftest import Preuve, Recorded
from tests.ledgers import copy_home, edit, in_database, lines_of, record_of, rewrite, sealed, write_lines

TASK = "request-classification"
VERIFIER = Path(verify.__file__)
LINEAR = "tfidf-linearsvc seed 0"
Found = list[tuple[str, int | None]]


class Home:
    """A copy of the recorded audited, to tamper with.

    Attributes:
        linear: number of the record of how the model's run ended.
        linear_id: MLflow's id of that run.
        round_1: number of the record of its first round.
        closed: number of the record of how the campaign ended.
    """

    def __init__(self, home: Path, data: Path, preuve: Preuve) -> None:
        self.home, self.data, self.preuve = home, data, preuve
        self.ledger = home / "carbon" / "ledger.jsonl"
        self.last = len(lines_of(self.ledger))
        self.linear = record_of(self.ledger, "run-ended", lambda content: bool(content["run"] == LINEAR))
        self.linear_id = str(json.loads(lines_of(self.ledger)[self.linear - 1])["content"]["mlflow_run"])
        self.round_1 = record_of(
            self.ledger, "reading", lambda content: bool(content["run"] == LINEAR and content["reading"]["round"] == 1)
        )
        self.closed = record_of(self.ledger, "campaign-closed")

    def artifact(self, name: str) -> Path:
        return next(self.home.glob(f"artifacts/{TASK}/{self.linear_id}/artifacts/{name}"))

    def verify(self, *arguments: str | Path, language: str = "en") -> dict[str, Any]:
        outcome = self.preuve("audit", "verify", "--json", "--lang", language, *arguments)
        told: dict[str, Any] = json.loads(outcome.out)
        assert outcome.status == (1 if told["findings"] else 0)
        return told

    def bundle(self, path: Path, *arguments: str | Path) -> Path:
        outcome = self.preuve("audit", "bundle", "--out", path, *arguments)
        assert outcome.status == 0, outcome.err
        return path


@pytest.fixture
def audited(recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, preuve: Preuve) -> Home:
    place = copy_home(recorded.home, tmp_path / "home")
    data = shutil.copy(recorded.data, tmp_path / "train.csv")
    monkeypatch.setenv("PREUVE_HOME", str(place))
    return Home(place, Path(data), preuve)


def codes(told: dict[str, Any]) -> Found:
    return [(each["code"], each["record"]) for each in told["findings"]]


def an_auditors_python() -> str:
    """The oldest one that must do, where it is on this machine; else this one."""
    try:
        subprocess.run(["python3.9", "-c", ""], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return sys.executable
    return "python3.9"


def run_verifier(folder: Path, *arguments: str) -> dict[str, Any]:
    """The bundle's own verifier, by itself in an empty folder, without anything that is installed."""
    command = [an_auditors_python(), "-I", "-S", "verify.py", "--json", "--lang", "en", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if told["findings"] else 0)
    return told


def unpacked(bundle: Path, folder: Path) -> Path:
    folder.mkdir()
    shutil.unpack_archive(bundle, folder, "zip")
    return folder


def test_what_nobody_touched_holds(audited: Home) -> None:
    told = audited.verify()
    assert (told["findings"], told["campaigns"]) == ([], 1)
    readings = [json.loads(line)["content"] for line in lines_of(audited.ledger) if b'"kind":"reading"' in line]
    assert told["readings"] == len(readings)
    assert told["energy_wh"] == pytest.approx(sum(content["energy_wh"] for content in readings))
    assert told["ledger_head"] == f"{audited.last}:{json.loads(lines_of(audited.ledger)[-1])['sha256']}"


Tampering = Callable[[Home], Found]
# Each does something to a audited, and returns what must be found: codes, with the number of the record that is named.
TAMPERINGS: dict[str, Tampering] = {}


def tampering(act: Tampering) -> Tampering:
    TAMPERINGS[act.__name__] = act
    return act


@tampering
def a_byte_is_changed(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    lines[audited.round_1 - 1] = lines[audited.round_1 - 1].replace(b'"outcome":"complete"', b'"outcome":"komplete"')
    write_lines(audited.ledger, lines)
    return [("altered", audited.round_1)]


@tampering
def a_line_is_no_record_any_more(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    lines[audited.round_1 - 1] = b"[" * 100_000
    write_lines(audited.ledger, lines)
    # MLflow names one record more than there is.
    return [("no-record", audited.round_1), ("edited", audited.linear)]


@tampering
def a_line_is_removed(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    del lines[audited.round_1 - 1]
    write_lines(audited.ledger, lines)
    return [("order", audited.round_1), ("edited", audited.linear)]


@tampering
def a_line_is_inserted(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    lines.insert(audited.round_1 - 1, lines[2])
    write_lines(audited.ledger, lines)
    return [("order", audited.round_1), ("order", audited.round_1 + 1)]


@tampering
def a_rival_of_a_record_is_inserted(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    rival = json.loads(lines[audited.round_1 - 1])
    rival["content"]["reading"]["cpu_seconds"] = 0.001
    lines.insert(audited.round_1 - 1, sealed(rival))
    write_lines(audited.ledger, lines)
    return [("chain", audited.round_1)]


@tampering
def two_lines_are_swapped(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    lines[4], lines[5] = lines[5], lines[4]
    write_lines(audited.ledger, lines)
    return [("order", 5), ("order", 7), ("order", 6)]


@tampering
def the_last_line_is_removed(audited: Home) -> Found:
    write_lines(audited.ledger, lines_of(audited.ledger)[:-1])
    # Its copy beside the ledger knows better, and so does MLflow.
    return [("head", audited.last), ("head", audited.last)]


@tampering
def the_last_line_is_removed_with_what_quotes_it_beside_the_ledger(audited: Home) -> Found:
    write_lines(audited.ledger, lines_of(audited.ledger)[:-1])
    audited.ledger.with_suffix(".head").unlink()
    return [("head", audited.last)]


@tampering
def a_figure_is_changed_with_its_own_hash(audited: Home) -> Found:
    edit(audited.ledger, audited.round_1, lambda content: content["reading"].update(cpu_seconds=0.001))
    return [("chain", audited.round_1), ("edited", audited.linear)]


@tampering
def the_last_figure_is_changed_with_its_own_hash(audited: Home) -> Found:
    edit(audited.ledger, audited.last, lambda content: content.update(reason="nothing was wrong"))
    return [("head", audited.last), ("edited", audited.last)]


@tampering
def all_is_rewritten_from_a_figure_on(audited: Home) -> Found:
    rewrite(audited.ledger, audited.round_1, lambda content: content["reading"].update(cpu_seconds=0.001))
    # Only MLflow's records, and the copy of the head, still know what was there.
    return [("edited", audited.linear), ("edited", audited.closed), ("head", audited.last)]


@tampering
def energy_is_taken_off_a_window(audited: Home) -> Found:
    rewrite(audited.ledger, audited.round_1, lambda content: content.update(energy_wh=content["energy_wh"] / 2))
    return [("sum", audited.round_1), ("sum", audited.linear), ("sum", audited.closed)]


@tampering
def carbon_is_written_smaller(audited: Home) -> Found:
    rewrite(audited.ledger, audited.round_1, lambda content: content.update(carbon_g=content["carbon_g"] / 2))
    return [("sum", audited.round_1), ("sum", audited.closed)]


@tampering
def a_window_is_said_to_have_been_shorter(audited: Home) -> Found:
    rewrite(audited.ledger, audited.round_1, lambda content: content["reading"].update(duration_s=0.1))
    return [("sum", audited.closed)]


@tampering
def a_window_is_said_to_have_been_longer(audited: Home) -> Found:
    rewrite(audited.ledger, audited.round_1, lambda content: content["reading"].update(duration_s=5.0))
    return [("samples", audited.round_1), ("sum", audited.closed)]


@tampering
def a_declaration_is_changed(audited: Home) -> Found:
    number = record_of(audited.ledger, "machine")
    rewrite(audited.ledger, number, lambda content: content.update(text=content["text"].replace("assumed", "measured")))
    return [("unknown", number)]


@tampering
def goals_are_changed_after_the_fact(audited: Home) -> Found:
    number = record_of(audited.ledger, "goals")
    rewrite(audited.ledger, number, lambda content: content.update(text=content["text"] + "# generous"))
    return [("unknown", number)]


@tampering
def a_field_is_left_out(audited: Home) -> Found:
    rewrite(audited.ledger, audited.round_1, lambda content: content.pop("evidence"))
    return [("no-record", audited.round_1), ("sum", audited.linear)]


@tampering
def a_part_of_a_record_is_left_out(audited: Home) -> Found:
    opened = record_of(audited.ledger, "campaign-opened")
    rewrite(audited.ledger, opened, lambda content: content["data"].pop("source"))
    return [("no-record", opened)]


@tampering
def a_newer_version_goes_on(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    record = json.loads(lines[-1])
    newer = {**record, "format": 2, "number": audited.last + 1, "previous": record["sha256"], "kind": "vow", "content": {"new": 1}}
    write_lines(audited.ledger, [*lines, sealed(newer)])
    return [("newer", audited.last + 1)]


@tampering
def samples_are_changed(audited: Home) -> Found:
    (path,) = audited.home.glob("carbon/samples/*.jsonl")
    window = json.loads(lines_of(audited.ledger)[audited.round_1 - 1])["content"]["window"]
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    for line in lines:
        if line["window"] == window:
            line["samples"][-1][1] += 1
    path.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in lines))
    return [("samples", audited.round_1)]


@tampering
def samples_are_removed(audited: Home) -> Found:
    (path,) = audited.home.glob("carbon/samples/*.jsonl")
    path.write_bytes(b"")
    return [("samples", audited.round_1)]


@tampering
def the_folder_of_the_samples_is_removed(audited: Home) -> Found:
    shutil.rmtree(audited.home / "carbon" / "samples")
    return [("samples", audited.round_1)]


@tampering
def the_ledger_is_emptied(audited: Home) -> Found:
    write_lines(audited.ledger, [])
    audited.ledger.with_suffix(".head").unlink()
    return [("no-readings", 0)] * 3


@tampering
def mlflows_database_is_removed(audited: Home) -> Found:
    (audited.home / "mlflow.db").unlink()
    return [("missing", audited.linear), ("missing", audited.closed)]


@tampering
def two_neighbours_are_changed_with_their_own_hashes(audited: Home) -> Found:
    for number in (audited.round_1, audited.round_1 + 1):
        edit(audited.ledger, number, lambda content: content["reading"].update(cpu_seconds=0.001))
    return [("chain", audited.round_1), ("chain", audited.round_1 + 1)]


@tampering
def energy_without_end_is_written(audited: Home) -> Found:
    lines = lines_of(audited.ledger)
    place = audited.round_1 - 1
    lines[place] = re.sub(
        rb'"energy_wh":[0-9.e-]+,"evidence":"C","factor"', b'"energy_wh":1e999,"evidence":"C","factor"', lines[place]
    )
    write_lines(audited.ledger, lines)
    return [("altered", audited.round_1), ("sum", audited.round_1)]


@tampering
def how_well_energy_is_known_is_edited_in_mlflow(audited: Home) -> Found:
    open_store(TASK).client.set_tag(audited.linear_id, "preuve.energy_evidence", "A")
    return [("edited", audited.linear)]


@tampering
def a_run_is_deleted_through_mlflow(audited: Home) -> Found:
    open_store(TASK).client.delete_run(audited.linear_id)
    return [("missing", audited.linear)]


@tampering
def a_run_is_removed_for_good(audited: Home) -> Found:
    for table in ("params", "metrics", "latest_metrics", "tags", "runs"):
        in_database(audited.home, f"delete from {table} where run_uuid = ?", audited.linear_id)  # noqa: S608
    return [("missing", audited.linear)]


@tampering
def a_metric_is_overwritten_in_the_database(audited: Home) -> Found:
    for table in ("metrics", "latest_metrics"):
        statement = f"update {table} set value = 0.99 where key = 'accuracy' and run_uuid = ?"  # noqa: S608
        in_database(audited.home, statement, audited.linear_id)
    return [("edited", audited.linear)] * 2


@tampering
def only_what_tables_show_of_a_metric_is_overwritten(audited: Home) -> Found:
    in_database(audited.home, "update latest_metrics set value = 0.99 where key = 'accuracy' and run_uuid = ?", audited.linear_id)
    return [("edited", audited.linear)]


@tampering
def a_metric_is_added_through_mlflow(audited: Home) -> Found:
    open_store(TASK).client.log_metric(audited.linear_id, "accuracy", 0.99, step=1)
    return [("edited", audited.linear)] * 2


@tampering
def a_parameter_is_overwritten_in_the_database(audited: Home) -> Found:
    in_database(audited.home, "update params set value = '9' where key = 'C' and run_uuid = ?", audited.linear_id)
    return [("edited", audited.linear)]


@tampering
def a_run_is_said_to_have_failed(audited: Home) -> Found:
    open_store(TASK).client.set_terminated(audited.linear_id, "FAILED")
    return [("edited", audited.linear)]


@tampering
def a_run_is_said_to_be_another_ledgers(audited: Home) -> Found:
    open_store(TASK).client.set_tag(audited.linear_id, "preuve.ledger", "a" * 64)
    return [("edited", audited.linear)]


@tampering
def a_run_is_given_another_name(audited: Home) -> Found:
    open_store(TASK).client.set_tag(audited.linear_id, "mlflow.runName", "the winner")
    return [("edited", audited.linear)]


@tampering
def the_recorded_readings_are_edited_in_their_file(audited: Home) -> Found:
    path = audited.artifact("run.json")
    path.write_text(path.read_text().replace('"kind":"inference"', '"kind":"warm-up"'))
    return [("edited", audited.linear)]


@tampering
def an_answer_is_edited_in_its_file(audited: Home) -> Found:
    path = audited.artifact("predictions.json")
    path.write_text(path.read_text().replace("eclairage-public", "collecte-encombrants"))
    return [("edited", audited.linear)]


@tampering
def a_file_is_removed(audited: Home) -> Found:
    audited.artifact("predictions.json").unlink()
    return [("edited", audited.linear)]


def tags_of(run: Any) -> dict[str, str]:
    return {key: value for key, value in run.data.tags.items() if key != "mlflow.runName"}


@tampering
def a_run_that_nobody_measured_is_copied_in(audited: Home) -> Found:
    client = open_store(TASK).client
    run = client.get_run(audited.linear_id)
    copy = client.create_run(run.info.experiment_id, tags=tags_of(run), run_name="better")
    client.log_metric(copy.info.run_id, "accuracy", 1.0)
    return [("no-readings", audited.last)]


@tampering
def a_run_is_made_up_without_a_word_of_the_ledger(audited: Home) -> Found:
    client = open_store(TASK).client
    run = client.get_run(audited.linear_id)
    tags = {key: value for key, value in tags_of(run).items() if not key.startswith("preuve.ledger")}
    copy = client.create_run(run.info.experiment_id, tags=tags, run_name="better")
    client.log_metric(copy.info.run_id, "accuracy", 1.0)
    return [("no-readings", audited.last)]


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_named_here_and_by_the_bundles_own_verifier(audited: Home, tmp_path: Path, name: str) -> None:
    expected = TAMPERINGS[name](audited)
    told = audited.verify()
    found = codes(told)
    assert set(expected) <= set(found), found
    for each in told["findings"]:
        assert str(each["record"]) in each["what"] or each["code"] == "no-readings"
        assert str(each["since"]).startswith("20")
    bundle = audited.bundle(tmp_path / "audit.zip")
    verified = run_verifier(unpacked(bundle, tmp_path / "unpacked"))
    assert verified == told
    assert audited.verify(bundle) == told


def test_a_report_with_a_head_of_this_chain_holds_and_one_of_another_chain_is_named(audited: Home, tmp_path: Path) -> None:
    report = tmp_path / "comparison.json"
    report.write_text(audited.preuve("compare", TASK, "--json").out)
    assert codes(audited.verify("--against", report)) == []
    other = tmp_path / "autre.html"
    other.write_text(f"<p>Tête du registre : <code>{audited.closed}:{'ab' * 32}</code></p>", encoding="utf-8")
    later = tmp_path / "later.txt"
    later.write_text(f"head {audited.last + 5}:{'cd' * 32}.")
    told = audited.verify("--against", report, "--against", other, "--against", later)
    assert codes(told) == [("head", audited.closed), ("head", audited.last + 5)]
    assert ["autre.html" in each["what"] for each in told["findings"]] == [True, False]
    bundle = unpacked(audited.bundle(tmp_path / "audit.zip"), tmp_path / "unpacked")
    assert run_verifier(bundle, "--against", str(other), "--against", str(later)) == {**told}


def test_a_file_that_quotes_no_head_is_an_error(audited: Home, tmp_path: Path) -> None:
    empty = tmp_path / "report.html"
    empty.write_text("a" * 64)
    for arguments, found in ((["--against", empty], "none"), (["--against", tmp_path / "no"], "No such file or directory")):
        outcome = audited.preuve("audit", "verify", *arguments)
        assert outcome.status == 2
        assert f"Error: {found}" in outcome.err


def test_a_record_that_was_cut_off_in_the_writing_is_no_fault(audited: Home) -> None:
    whole = audited.ledger.read_bytes()
    torn = sealed({**json.loads(lines_of(audited.ledger)[-1]), "number": audited.last + 1})[:100]
    audited.ledger.write_bytes(whole + torn)
    told = audited.verify()
    assert [(each["code"], each["record"]) for each in told["notices"]] == [("torn", audited.last + 1)]
    assert told["findings"] == []
    # The next record mends it, and says so.
    assert audited.preuve("audit", "note", "go on").status == 0
    told = audited.verify()
    assert [(each["code"], each["record"]) for each in told["notices"]] == [("torn", audited.last + 1)]
    assert (told["findings"], told["records"]) == ([], audited.last + 2)


def test_a_record_that_was_whole_and_is_cut_off_now_is_a_fault(audited: Home) -> None:
    audited.ledger.write_bytes(audited.ledger.read_bytes()[:-100])
    assert ("head", audited.last) in codes(audited.verify())
    # That stays so when the ledger goes on.
    assert audited.preuve("audit", "note", "go on").status == 0
    assert ("head", audited.last) in codes(audited.verify())


def test_changed_data_goals_and_code_are_told_and_no_fault(audited: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.audit.live.current_commit", lambda: "f" * 40)
    monkeypatch.setattr("evaluation.audit.live.find_pocs", list)
    opened = record_of(audited.ledger, "campaign-opened")
    recorded = Path(json.loads(lines_of(audited.ledger)[opened - 1])["content"]["data"]["source"])
    before = recorded.read_bytes()
    try:
        recorded.write_bytes(before + b"one more,eclairage-public\n")
        told = audited.verify()
    finally:
        recorded.write_bytes(before)
    assert told["findings"] == []
    assert [each["code"] for each in told["notices"]] == ["changed"] * 3
    assert str(recorded) in told["notices"][1]["what"]
    assert "goals (request-classification)" in told["notices"][2]["what"]


def test_a_campaign_that_is_under_way_is_no_fault(audited: Home) -> None:
    lines = lines_of(audited.ledger)
    write_lines(audited.ledger, lines[: audited.round_1])
    (audited.ledger.with_suffix(".head")).unlink()
    told = audited.verify(audited.ledger)
    assert told["findings"] == []
    assert ("open", 3) in [(each["code"], each["record"]) for each in told["notices"]]


def test_what_is_recorded_while_the_check_looks_is_no_fault(audited: Home, own_data: list[str]) -> None:
    evidence = LiveEvidence(Ledger())
    assert audited.preuve("run", TASK, *own_data, "--candidate", "keywords", "--rounds", "1").status == 0
    told = Checker(evidence, []).check().as_dict(read_words(), "en")
    assert (told["findings"], told["records"]) == ([], audited.last)
    # As if it had looked in the middle of that campaign: opened, and not closed yet.
    lines = lines_of(audited.ledger)
    evidence = LiveEvidence(Ledger())
    evidence.size = sum(len(line) + 1 for line in lines[: audited.last + 3])
    evidence.head = None
    told = Checker(evidence, []).check().as_dict(read_words(), "en")
    assert told["findings"] == []
    assert [each["code"] for each in told["notices"]] == ["open"]


def test_runs_of_other_ledgers_on_a_teams_server_are_counted_and_not_judged(audited: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.audit.live.named_uri", lambda: "https://mlflow.example.org")
    client = open_store(TASK).client
    run = client.get_run(audited.linear_id)
    copy = client.create_run(run.info.experiment_id, tags=tags_of(run) | {"preuve.ledger": "a" * 64}, run_name="theirs")
    client.log_metric(copy.info.run_id, "accuracy", 1.0)
    client.create_run(run.info.experiment_id, run_name="made by hand, and no record")
    told = audited.verify()
    assert told["findings"] == []
    assert "not checked here: 1 (other ledgers', or older)" in told["notices"][-1]["what"]


def test_a_campaign_of_another_mlflow_is_not_judged_by_this_one(
    audited: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new_database: Path
) -> None:
    shutil.copy(new_database, tmp_path / "other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'other.db'}")
    told = audited.verify()
    assert told["findings"] == []
    assert [each["code"] for each in told["notices"]][-1] == "elsewhere"


def test_a_ledger_by_itself_can_be_checked(audited: Home, tmp_path: Path) -> None:
    shutil.copy(audited.ledger, tmp_path / "copy.jsonl")
    told = audited.verify(tmp_path / "copy.jsonl")
    assert told["findings"] == []
    assert [each["what"] for each in told["notices"]] == [
        "power samples: nothing of the kind here",
        "MLflow runs: nothing of the kind here",
    ]


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and no zip"])
def test_what_is_no_ledger_and_no_bundle_is_an_error_or_an_empty_ledger(
    audited: Home, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "audit.zip"
    if content is not None:
        path.write_bytes(content)
    outcome = audited.preuve("audit", "verify", path)
    assert "Traceback" not in outcome.err
    assert outcome.status == (2 if content is None else 0)


def test_a_file_of_something_else_or_a_damaged_zip_is_an_error(audited: Home, tmp_path: Path) -> None:
    other, damaged = tmp_path / "letter.txt", audited.bundle(tmp_path / "audit.zip")
    other.write_text("Dear auditor,\nall is well.\n")
    content = bytearray(damaged.read_bytes())
    place = content.index(b'"kind":"campaign-opened"')
    content[place + 10] ^= 1
    damaged.write_bytes(content)
    for path, found in ((other, "no record in it"), (damaged, "Bad CRC-32")):
        outcome = audited.preuve("audit", "verify", path)
        assert outcome.status == 2
        assert found in outcome.err
    done = subprocess.run([sys.executable, "-I", "-S", VERIFIER, damaged], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Bad CRC-32" in done.stderr
    assert "Traceback" not in done.stderr


def test_findings_are_a_line_each_in_english_and_in_french(audited: Home) -> None:
    edit(audited.ledger, audited.round_1, lambda content: content["reading"].update(cpu_seconds=0.001))
    english, french = (audited.preuve("audit", "verify", "--lang", language).out.splitlines() for language in ("en", "fr"))
    assert len(english) == len(french)
    assert english[-1].startswith("Findings: ")
    assert french[-1].startswith("Constats")
    assert any(f"record {audited.round_1} is not the one that its neighbours know" in line for line in english)
    assert any(f"l’enregistrement {audited.round_1} ne s’enchaîne pas avec ses voisins" in line for line in french)
    assert audited.preuve("audit", "verify", "--lang", "de").status == 2


def test_the_bundle_has_all_that_an_auditor_needs_and_the_same_bytes_each_time(audited: Home, tmp_path: Path) -> None:
    first, second = (audited.bundle(tmp_path / name).read_bytes() for name in ("one.zip", "two.zip"))
    assert first == second
    folder = unpacked(tmp_path / "one.zip", tmp_path / "unpacked")
    assert (folder / "ledger.jsonl").read_bytes() == audited.ledger.read_bytes()
    assert {path.name for path in (folder / "mlflow").iterdir()} == {f"{run_id}.json" for run_id in run_ids(audited)}
    assert list((folder / "samples").iterdir())
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"verify.py", "words.json", "factors.csv", "present.json", "summary.fr.html", "summary.en.html"} <= names
    for wanted in ("machine/", "goals/request-classification-", "cards/"):
        assert any(name.startswith(wanted) for name in names), wanted
    # No text of a sample leaves its file.
    packed = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert "Lampe cassée".encode() not in packed
    assert b"gymnase" not in packed


def run_ids(audited: Home) -> set[str]:
    store = open_store(TASK)
    return {run.info.run_id for run in store.client.search_runs([store.experiment_id])}


def test_a_bundle_that_cannot_be_written_is_an_error_and_leaves_nothing(audited: Home, tmp_path: Path) -> None:
    outcome = audited.preuve("audit", "bundle", "--out", tmp_path / "nowhere" / "audit.zip")
    assert outcome.status == 2
    assert "No such file or directory" in outcome.err


def test_the_verifier_is_short_and_needs_only_the_standard_library_of_python_3_9() -> None:
    source = VERIFIER.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 400
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_every_finding_has_words_in_both_languages_that_use_the_same_details() -> None:
    words = read_words()
    source = VERIFIER.read_text(encoding="utf-8")
    codes_used = {code.rstrip("~") for code in re.findall(r'add\(\s*"([a-z-]+~?)"', source)}
    assert codes_used == set(words["findings"])
    for code, texts in words["findings"].items():
        details = [set(re.findall(r"\{(\d)\}", texts[language]["what"])) for language in ("en", "fr")]
        assert details[0] == details[1], code
    assert WORDS.with_name("verify.py") == VERIFIER
