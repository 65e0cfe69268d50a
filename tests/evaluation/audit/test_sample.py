"""Which runs are repeated nobody chooses, and anybody can draw again."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from evaluation.audit.sample import draw
from evaluation.exceptions import RecordError
from evaluation.records.entries import note_entry, run_entry
from evaluation.records.ledger import Entry, Head, Ledger
from tests.conftest import Preuve
from tests.records import make_campaign, make_run


def opened(campaign: str) -> Entry:
    return Entry("campaign-opened", {"campaign": campaign, "task": "request-classification"})


def ended(number: int, **changes: Any) -> Entry:
    return run_entry(
        make_campaign(), make_run(f"candidate-{number}", **changes), f"{number:032x}", files={}, metrics={}, params={}, tags={}
    )


def with_runs(count: int) -> Ledger:
    ledger = Ledger()
    ledger.append(opened(make_campaign().id), *(ended(number) for number in range(count)))
    return ledger


@pytest.mark.parametrize(("runs", "drawn"), [(1, 1), (3, 3), (20, 3), (30, 3), (31, 4), (100, 10)])
def test_a_tenth_is_drawn_and_at_least_three(runs: int, drawn: int) -> None:
    found, among, _ = draw(with_runs(runs))
    assert (len(found), among) == (drawn, runs)
    assert [run.record for run in found] == sorted({run.record for run in found})


def test_they_are_those_with_the_smallest_hash_of_head_and_run() -> None:
    ledger = with_runs(40)
    found, _, head = draw(ledger)
    hashes = {f"{number:032x}": hashlib.sha256(f"{head} {number:032x}".encode()).hexdigest() for number in range(40)}
    assert {run.mlflow_run for run in found} == set(sorted(hashes, key=lambda run: hashes[run])[:4])


def test_another_head_draws_others_and_the_first_ones_can_be_drawn_again() -> None:
    ledger = with_runs(40)
    first, _, head = draw(ledger)
    ledger.append(note_entry("the ledger goes on"), ended(40))
    second, among, _ = draw(ledger)
    assert {run.mlflow_run for run in second} != {run.mlflow_run for run in first}
    assert among == 41
    assert draw(ledger, head) == (first, 40, head)


def test_runs_that_failed_or_were_interrupted_after_all_are_not_drawn() -> None:
    ledger = Ledger()
    ledger.append(opened(make_campaign().id), ended(1, status="failed"), ended(2), ended(3), ended(2, status="interrupted"))
    found, among, _ = draw(ledger)
    assert ([run.mlflow_run for run in found], among) == ([f"{3:032x}"], 1)


def test_a_head_of_another_chain_or_no_runs_are_errors() -> None:
    ledger = with_runs(3)
    with pytest.raises(RecordError, match="none that is 2:"):
        draw(ledger, Head(2, "a" * 64))
    empty = Ledger()
    empty.path.unlink()
    with pytest.raises(RecordError, match="none yet"):
        draw(empty)


def test_the_command_says_how_to_repeat_each(preuve: Preuve) -> None:
    with_runs(40)
    told = json.loads(preuve("audit", "sample", "--json").out)
    words = preuve("audit", "sample").out.splitlines()
    assert words[0] == f"4 of 40 finished runs, drawn by head {told['ledger_head']}:"
    assert words[1].startswith(f"preuve run --repeat {told['runs'][0]['mlflow_run']}  # request-classification, candidate-")
    again = preuve("audit", "sample", "--json", "--head", told["ledger_head"])
    assert json.loads(again.out) == told
    refused = preuve("audit", "sample", "--head", "40")
    assert refused.status == 2
    assert "NUMBER:HASH" in refused.err
