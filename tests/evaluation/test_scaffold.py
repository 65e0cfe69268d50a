"""`preuve new`: folders of each kind that are POCs at once, names that will not do, and the example of CONTRIBUTING.md."""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import poc
from evaluation.data.loading import DataRequest, load_data
from evaluation.exceptions import PreuveError
from evaluation.home import PROJECT
from evaluation.poc_card import read_poc_card
from evaluation.pocs import Poc, find_poc, look_for_pocs
from evaluation.predictors import load_predictor, save_predictor
from evaluation.scaffold import LONGEST_NAME, Kind, make_poc, written_files
from tests.conftest import Preuve

TODAY = dt.date(2026, 11, 29)
# As long as a name may be: no line of what is written may be too long for it.
LONG = "x" * 20 + "-" + "y" * (LONGEST_NAME - 21)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which POCs are looked for, in place of the project's own."""
    folder = tmp_path / "poc"
    folder.mkdir()
    # What POCs share stays within reach.
    monkeypatch.setattr(poc, "__path__", [str(folder), str(PROJECT / "poc")])
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("poc.") and (folder / name.split(".")[1]).exists():
            del sys.modules[name]
            if name.count(".") == 1:
                delattr(poc, name.removeprefix("poc."))


def made(root: Path, kind: Kind, name: str = "bench-reports") -> Poc:
    folder = make_poc(name, kind)
    assert folder == root / name.replace("-", "_")
    return find_poc(name)


@pytest.mark.parametrize("kind", Kind)
def test_a_new_poc_is_one_with_a_baseline_and_a_candidate_that_answer_and_can_be_stored(
    root: Path, kind: Kind, tmp_path: Path
) -> None:
    found = made(root, kind)
    assert [candidate.baseline for candidate in found.candidates] == [True, False]
    split, record = load_data(found.task, DataRequest(), TODAY)
    assert (len(split.train) + len(split.test), record.contains_personal_data) == (10, "no")
    for candidate in found.candidates:
        predictor = candidate.fit(split.train, seed=0, **{**candidate.params, **found.task.conditions})
        answers = list(predictor.predict(split.test.inputs))
        assert all(answers)
        save_predictor(predictor, tmp_path / candidate.name)
        assert list(load_predictor(tmp_path / candidate.name).predict(split.test.inputs)) == answers


@pytest.mark.parametrize("kind", Kind)
def test_its_card_is_there_in_both_languages_and_names_nothing_that_is_missing(root: Path, kind: Kind) -> None:
    folder = made(root, kind).folder
    english, french = read_poc_card(folder, "en"), read_poc_card(folder, "fr")
    assert english is not None
    assert french is not None
    assert (english.language, french.language) == ("en", "fr")
    assert english.question != french.question
    assert (english.individual_decision, english.ai_act_tier) == (False, "minimal")
    for text in vars(french).values():
        assert not isinstance(text, str) or not re.search(r"[ \u00a0][;?!%]|[ \u202f]:|'", text)


@pytest.mark.parametrize("kind", Kind)
def test_its_own_tests_pass_and_can_fail(root: Path, kind: Kind) -> None:
    made(root, kind)
    tests = importlib.import_module("poc.bench_reports.test_bench_reports")
    functions = [each for name, each in vars(tests).items() if name.startswith("test_")]
    assert len(functions) >= 2
    for function in functions:
        function()


@pytest.mark.parametrize("kind", Kind)
def test_what_is_written_is_as_the_house_writes_it_whatever_the_name(kind: Kind, tmp_path: Path) -> None:
    for file, text in written_files(LONG, kind, PROJECT / "poc" / LONG.replace("-", "_")).items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    ruff = [str(Path(sys.executable).with_name("ruff")), "--config", str(PROJECT / "pyproject.toml")]
    # Its test stands where one is looked for in the project.
    ruff += ["--config", 'lint.per-file-ignores={"**/test_*.py"=["D","S101"]}']
    for command in (("check",), ("format", "--check")):
        done = subprocess.run([*ruff, *command, "--no-cache", str(tmp_path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", Kind)
def test_no_line_of_the_samples_is_of_a_template(root: Path, kind: Kind) -> None:
    folder = made(root, kind).folder
    with (folder / "samples.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    beginnings = [" ".join(text.split()[:3]) for text in texts]
    assert len(texts) == len(set(beginnings)) == 10


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Bench",
        "bench reports",
        "bancs-publics-é",
        "1-bench",
        "-bench",
        "bench--reports",
        "bench-",
        "../bench",
        "a/b",
        "a.b",
        "x" * 41,
    ],
)
def test_a_name_that_will_not_do_is_refused_before_anything_is_written(root: Path, name: str) -> None:
    with pytest.raises(PreuveError) as caught:
        make_poc(name, Kind.CLASSIFICATION)
    assert caught.value.found == repr(name)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("name", ["class", "import", "match"])
def test_a_word_of_python_is_no_name(root: Path, name: str) -> None:
    with pytest.raises(PreuveError, match=name) as caught:
        make_poc(name, Kind.SEARCH)
    assert caught.value.expected == "a name that is no word of Python"


@pytest.mark.parametrize("taken", ["folder", "file", "module"])
def test_what_is_there_is_never_touched(root: Path, taken: str) -> None:
    there = root / ("bench_reports.py" if taken == "module" else "bench_reports")
    if taken == "folder":
        there.mkdir()
    else:
        there.write_text("mine", encoding="utf-8")
    with pytest.raises(PreuveError) as caught:
        make_poc("bench_reports", Kind.CLASSIFICATION)
    assert caught.value.expected == "a name that is free"
    assert list(root.iterdir()) == [there]
    assert list(there.iterdir()) == [] if taken == "folder" else there.read_text(encoding="utf-8") == "mine"


def test_the_name_of_a_poc_in_another_folder_is_taken(root: Path) -> None:
    folder = made(root, Kind.CLASSIFICATION, "benches").folder
    code = (folder / "__init__.py").read_text(encoding="utf-8")
    (folder / "__init__.py").write_text(code.replace('name="benches"', 'name="bench-reports"'), encoding="utf-8")
    sys.modules.pop("poc.benches")
    with pytest.raises(PreuveError) as caught:
        make_poc("bench-reports", Kind.CLASSIFICATION)
    assert caught.value.found == f"{folder} is there already; nothing in it was touched"


def test_where_nothing_can_be_written_that_is_said_and_nothing_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(PreuveError) as caught:
        make_poc("bench-reports", Kind.CLASSIFICATION)
    assert (caught.value.found, caught.value.where) == ("No space left on device", str(root / "bench_reports"))
    assert list(root.iterdir()) == []


def test_the_command_says_where_it_is_and_how_to_go_on(root: Path, preuve: Preuve) -> None:
    outcome = preuve("new", "bench-reports", "--kind", "extraction")
    assert outcome.status == 0
    assert f"{root / 'bench_reports'} is a POC of its own now." in outcome.out
    assert "preuve run bench-reports --quick" in outcome.out
    again = preuve("new", "bench_reports")
    assert again.status == 2
    assert "nothing in it was touched" in again.err
    assert preuve("new", "benches", "--kind", "poetry").status == 2


# The example of CONTRIBUTING.md


def example(section: str) -> list[str]:
    """The blocks of code under a heading of CONTRIBUTING.md."""
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8").split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def lines(*blocks: str) -> int:
    return sum(bool(line.strip()) for block in blocks for line in block.splitlines())


def test_the_documented_poc_is_whole_in_fewer_than_50_lines_and_answers(root: Path) -> None:
    code, goals = example("A new POC")
    assert lines(code, goals) < 50
    folder = root / "urgent_requests"
    folder.mkdir()
    (folder / "__init__.py").write_text(code, encoding="utf-8")
    (folder / "goals.toml").write_text(goals, encoding="utf-8")
    assert look_for_pocs()[1] == []
    found = find_poc("urgent-requests")
    split, _ = load_data(found.task, DataRequest(), TODAY)
    for candidate in found.candidates:
        answers = candidate.fit(split.train, seed=0, **candidate.params).predict(split.test.inputs)
        assert set(answers) == {"true", "false"}


def test_the_documented_candidate_takes_fewer_than_10_lines_and_answers(root: Path) -> None:
    (code,) = example("A new candidate")
    assert lines(code) < 10
    found = made(root, Kind.CLASSIFICATION)
    named = code.replace('\nCandidate("forest"', '\nFOREST = Candidate("forest"')
    (found.folder / "forest.py").write_text(f"from evaluation.candidate import Candidate\n{named}", encoding="utf-8")
    forest = importlib.import_module("poc.bench_reports.forest").FOREST
    split, _ = load_data(found.task, DataRequest(), TODAY)
    answers = forest.fit(split.train, seed=0, **forest.params).predict(split.test.inputs)
    assert set(answers) <= set(split.train.targets)
