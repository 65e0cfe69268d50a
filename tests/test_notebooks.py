"""Notebooks: thin, without outputs, the same in both languages; and what each of them shows when it is run from top to bottom."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.publishing.test_catalogues import TYPOGRAPHY
from tests.notebooks import NOTEBOOKS, copy_project, run_notebook, shown

NAMES = (
    "00_start_here",
    "01_request_classification",
    "02_document_summarisation",
    "03_compare_and_decide",
    "04_audit_the_carbon",
    "05_your_own_data",
    "06_build_a_poc",
    "07_measure_an_ai",
)
PATHS = [NOTEBOOKS / folder / f"{name}.ipynb" for folder in (".", "fr") for name in NAMES]
MOST_LINES = 60
# Where somebody's files lie: no notebook is written for one machine.
LOCAL_PATH = re.compile(r"/(home|Users|root|tmp|work|mnt|opt|var)/|[A-Za-z]:\\\\|~/|file://")

reads = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.relative_to(NOTEBOOKS).with_suffix("").as_posix())


def read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)


def code_of(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def prose_of(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "markdown"]


# As they are in the repository


def test_all_notebooks_are_there_in_both_languages_and_no_other() -> None:
    assert sorted(NOTEBOOKS.rglob("*.ipynb")) == sorted(path.resolve() for path in PATHS)


@reads
def test_a_notebook_is_thin(path: Path) -> None:
    lines = [line for cell in code_of(path) for line in cell.source.splitlines() if line.strip()]
    assert len(lines) < MOST_LINES
    assert [line for line in lines if re.match(r"\s*(async def|def|class)\s", line) or "lambda" in line] == []


@reads
def test_no_output_count_or_local_path_is_committed(path: Path) -> None:
    assert [cell.id for cell in code_of(path) if cell.outputs or cell.execution_count is not None] == []
    assert LOCAL_PATH.findall(path.read_text(encoding="utf-8")) == []
    assert set(read(path).metadata) <= {"kernelspec", "language_info"}
    assert [cell.id for cell in read(path).cells if set(cell.metadata) - {"tags"}] == []


def test_what_must_not_be_committed_would_be_found() -> None:
    for written in ("/home/someone/preuve", "/Users/someone", "C:\\\\Users", "~/preuve", "file://x"):
        assert LOCAL_PATH.search(written)


@reads
def test_a_notebook_begins_with_a_title_and_leads_to_the_other_language(path: Path) -> None:
    first = read(path).cells[0]
    assert first.source.startswith("# ")
    (other,) = re.findall(r"^\[(?:En français|In English)\]\((.+)\)$", first.source, re.MULTILINE)
    assert (path.parent / other).resolve() in [each.resolve() for each in PATHS]


@reads
def test_links_lead_somewhere(path: Path) -> None:
    links = [link for cell in prose_of(path) for link in re.findall(r"\]\(([^)#]+)\)", cell.source)]
    assert [link for link in links if not link.startswith("https://") and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_code_and_prose_of_their_own(name: str) -> None:
    english, french = NOTEBOOKS / f"{name}.ipynb", NOTEBOOKS / "fr" / f"{name}.ipynb"
    assert [(cell.id, cell.source, cell.metadata) for cell in code_of(english)] == [
        (cell.id, cell.source, cell.metadata) for cell in code_of(french)
    ]
    assert [(cell.id, cell.cell_type) for cell in read(english).cells] == [(cell.id, cell.cell_type) for cell in read(french).cells]
    assert [a.id for a, b in zip(prose_of(english), prose_of(french), strict=True) if a.source == b.source] == []


@pytest.mark.parametrize("name", NAMES)
def test_french_prose_is_set_as_french_is(name: str) -> None:
    for cell in prose_of(NOTEBOOKS / "fr" / f"{name}.ipynb"):
        # What is typed, and where a link leads, is nobody's prose.
        prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|^\|[-:| ]+\|$", "x", cell.source, flags=re.MULTILINE | re.DOTALL)
        assert {what: found for what, mistake in TYPOGRAPHY.items() if (found := mistake.findall(prose))} == {}, cell.id


# What they show


Cells = dict[str, Any]


def check_start(cells: Cells) -> None:
    assert "requests.csv" in shown(cells["task"])
    assert "finished" in shown(cells["run"])
    table = shown(cells["table"])
    assert all(text in table for text in ("keywords", "without AI", "0.407", "tfidf-logreg", "0.716"))
    assert "leading candidate" in shown(cells["verdict"])
    assert "measured by the full protocol" in shown(cells["verdict"])


def check_classification(cells: Cells) -> None:
    assert "voirie-trottoirs" in shown(cells["services"])
    assert "0.796" in shown(cells["run"])
    assert "lieu-trompeur" in shown(cells["hard_results"])
    assert "D0053" in shown(cells["mistakes"])
    assert "<svg" in shown(cells["picture"])
    assert "ccas-aide-sociale" in shown(cells["verdict"])


def check_summarisation(cells: Cells) -> None:
    assert "RECTIFICATIF" in shown(cells["document"])
    assert all(text in shown(cells["side_by_side"]) for text in ("first-sentences", "learned-extractive", "22 juin", "8 juin"))
    assert all(mark in shown(cells["found_or_missed"]) for mark in ("✓", "–"))
    assert "'first-sentences': []" in shown(cells["not_in_document"])
    assert "lacks" in shown(cells["weak"])
    assert "unsupported_facts" in shown(cells["verdict"])


def check_decision(cells: Cells) -> None:
    assert "<svg" in shown(cells["picture"])
    assert "tfidf-linearsvc" in shown(cells["verdict"])
    assert "rte-2024" in shown(cells["factors"])
    assert "emission factor" in shown(cells["alternatives"])
    assert all(text in shown(cells["strict"]) for text in ("NO GO", "missed"))
    assert "NO GO" in shown(cells["new_leader"])
    assert "met only since it was changed, after measuring" in shown(cells["loose"])
    assert "class_recall: floor was 0.6" in shown(cells["changed"])


def check_audit(cells: Cells) -> None:
    recounted, shown_before = map(float, re.findall(r"[\d.e-]+", shown(cells["recount"])))
    assert recounted == pytest.approx(shown_before)
    assert "cpu_wh" in shown(cells["samples"])
    for name in ("verify", "again"):
        assert "Findings: 0." in shown(cells[name])
    assert "does not have the hash that it states" in shown(cells["tamper"])
    assert "is not the one that its neighbours know" in shown(cells["forge"])
    assert re.findall(r"Findings: \d", shown(cells["cut"])) == ["Findings: 0", "Findings: 1"]
    assert "as head.txt quotes it" in shown(cells["cut"])
    assert "rte-2024" in shown(cells["recompute"])


def check_own_data(cells: Cells) -> None:
    undeclared = "declared whether the data hold personal data"
    assert undeclared in shown(cells["undeclared"])
    assert 'contains_personal_data = "undeclared"' in shown(cells["card"])
    assert "no --dpia and --expires" in shown(cells["personal"])
    assert "expired on 2020-12-31" in shown(cells["expired"])
    assert 'contains_personal_data = "no"' in shown(cells["declared"])
    # It is met now, and no more among what is open.
    assert f"? {undeclared}" not in shown(cells["verdict"])
    assert "more test samples" in shown(cells["goals"])
    # None of the hundred texts is in the records.
    assert "[0, 100]" in shown(cells["texts"])


def check_workshop(cells: Cells) -> None:
    assert "guess, PC minutes" in shown(cells["guess"])
    assert all(row in shown(cells["compare"]) for row in ("guess / measure", "PC seconds", "tiny-transformer"))
    assert "<svg" in shown(cells["picture"])
    assert "second / first" in shown(cells["repeat"])
    shares = [float(share) for share in re.findall(r"0\.\d+", shown(cells["mix"]))]
    assert any(one + other == pytest.approx(1, abs=0.02) for one in shares for other in shares)


def check_new_poc(cells: Cells) -> None:
    assert "test_bench_reports.py" in shown(cells["new"])
    assert "animations" in shown(cells["samples"])
    assert "def fit_keywords" in shown(cells["candidates"])
    assert "poc/bench_reports/samples.csv" in shown(cells["task"])
    assert "tfidf-logreg-cautious" in shown(cells["run"])
    assert "NOT CONCLUSIVE" in shown(cells["verdict"])
    assert re.search(r"\d+ passed", shown(cells["contract"]))
    assert "failed" not in shown(cells["contract"])
    # Run a second time, it says so and leaves alone what is there.
    assert "nothing in it was touched" in shown(cells["new-again"])
    assert shown(cells["candidates-again"]) == shown(cells["candidates"])


CHECKS: dict[str, Callable[[Cells], None]] = {
    "00_start_here": check_start,
    "01_request_classification": check_classification,
    "02_document_summarisation": check_summarisation,
    "03_compare_and_decide": check_decision,
    "04_audit_the_carbon": check_audit,
    "05_your_own_data": check_own_data,
    "06_build_a_poc": check_new_poc,
    "07_measure_an_ai": check_workshop,
}


# Cells that somebody runs a second time.
AGAIN = {"06_build_a_poc": ("new", "add", "candidates", "task")}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_notebook_runs_from_top_to_bottom_and_shows(name: str, tmp_path: Path, home: Path) -> None:
    project = copy_project(tmp_path / "project", home)
    CHECKS[name](run_notebook(project / "notebooks" / f"{name}.ipynb", again=AGAIN.get(name, ())))
    # All of it was recorded there, and nothing here.
    assert (project / "home" / "carbon" / "ledger.jsonl").exists()
    assert not (home / "carbon" / "ledger.jsonl").exists()


def test_every_notebook_is_run() -> None:
    assert list(CHECKS) == list(NAMES)
