"""Measures reports: from the runs in the store to the page, beside thousands of other runs, and of a hundred POCs."""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from unittest.mock import patch

from evaluation.pocs import Poc, find_poc
from evaluation.publishing import reports
from evaluation.publishing.export import Folder
from evaluation.publishing.language import Language
from evaluation.publishing.reports import Writing, write_all, write_report
from evaluation.records import items
from evaluation.records.store import Store, open_store
from evaluation.run import Campaign
from tests.records import make_campaign, make_data, make_predictions, make_reading, make_rounds, make_run

Row = tuple[str, str, str]

CANDIDATES, SEEDS, SAMPLES, CLASSES = 6, 5, 532, 22
OTHER_RUNS, RUNS_OF_ONE = 2000, 8
CAMPAIGNS, FEW_POCS, MANY_POCS = 20, 25, 100
DATE = dt.date(2026, 11, 29)


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {"PREUVE_HOME": str(Path(folder) / "home")}):
        yield Path(folder)


def _campaign(task: str, place: int, *, candidates: int, seeds: int, samples: int) -> Campaign:
    """A campaign of candidates of which each is a little better than the one before and takes more energy."""
    labels = [f"class {number % CLASSES}" for number in range(samples)]
    runs = []
    for number in range(candidates):
        for seed in range(seeds):
            wrong = {(each * 7 + seed) % samples for each in range(samples * (candidates - number) // (2 * candidates))}
            answers = ["class 0" if each in wrong else label for each, label in enumerate(labels)]
            energies = [0.001 * (1 + number) * (1 + 0.01 * (each % 3)) for each in range(5)]
            runs.append(
                make_run(
                    "keywords" if number == 0 else f"candidate-{number}",
                    baseline=number == 0,
                    seed=seed,
                    rounds=make_rounds(*energies, samples=samples),
                    predictions=make_predictions(labels, answers),
                    scores={"macro_f1": 0.5, "accuracy": 0.5},
                    latency_p50_ms=1.0,
                    latency_p95_ms=2.0,
                    peak_memory_mib=200.0,
                )
            )
    started = dt.datetime(2026, 11, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=place)
    return make_campaign(
        *runs,
        id=f"{started:%Y%m%d-%H%M%S}-{place:04x}",
        task=task,
        started=started,
        ended=started,
        data=make_data(test_samples=samples, classes=CLASSES),
        slices={"channel": tuple("ab"[each % 2] for each in range(samples))},
        readings=[make_reading("idle", cpu_wh=0.1, ram_wh=0.1, samples=0)],
    )


def _others(task: str, place: int) -> Campaign:
    """A campaign whose runs could not be made: as many runs, quickly written."""
    campaign = _campaign(task, place, candidates=1, seeds=1, samples=CLASSES)
    runs = [make_run(f"candidate-{number}", status="unavailable", predictions=(), readings=()) for number in range(RUNS_OF_ONE - 1)]
    return campaign.model_copy(update={"runs": tuple(runs)})


def _record(store: Store, campaign: Campaign) -> None:
    # Drawing a run's confusion for MLflow takes seconds, and no report reads it.
    with patch.object(items, "confusion_picture", lambda _: b""):
        _record_whole(store, campaign)


def _record_whole(store: Store, campaign: Campaign) -> None:
    store.open_campaign(campaign, campaign.runs)
    for run in campaign.runs:
        store.add_run(campaign, run)
    store.close_campaign(campaign)


def _report_s(poc: Poc, folder: Path) -> float:
    """CPU seconds from the runs in the store to the page on the disk, imports made; of five times the median."""
    found = []
    for _ in range(6):
        began = time.process_time()
        campaign = open_store(poc.task.name).latest_campaign()
        write_report(poc, campaign, Writing(Folder(folder / "reports", "preuve report", ours={}), Language("fr"), DATE))
        found.append(time.process_time() - began)
    return median(found[1:])


def of_reports() -> Iterator[Row]:
    """How long a report takes alone, beside many other runs, and how the index grows."""
    poc = find_poc("request-classification")
    with _home() as folder:
        store = open_store(poc.task.name)
        latest = OTHER_RUNS // RUNS_OF_ONE + 1
        _record(store, _campaign(poc.task.name, latest, candidates=CANDIDATES, seeds=SEEDS, samples=SAMPLES))
        alone_s = _report_s(poc, folder)
        yield f"report of {CANDIDATES} candidates x {SEEDS} seeds, from store to page: CPU s", f"{alone_s:.2f}", "under 2"
        for place in range(OTHER_RUNS // RUNS_OF_ONE):
            _record(store, _others(poc.task.name, place))
        beside_s = _report_s(poc, folder)
        yield f"the same with {OTHER_RUNS} other runs in the store", f"x {beside_s / alone_s:.2f}", "at most x 1.3"
    yield from _index(poc)


def _index(poc: Poc) -> Iterator[Row]:
    pocs = [replace(poc, task=replace(poc.task, name=f"poc-{number:03}")) for number in range(MANY_POCS)]
    used_s = {}
    with _home() as folder:
        for done, number in ((0, FEW_POCS), (FEW_POCS, MANY_POCS)):
            for each in pocs[done:number]:
                for place in range(CAMPAIGNS):
                    _record(open_store(each.task.name), _campaign(each.task.name, place, candidates=2, seeds=1, samples=44))
            with patch.object(reports, "look_for_pocs", lambda shown=pocs[:number]: (list(shown), [])):
                writing = Writing(Folder(folder / "reports", "preuve report", ours={}), Language("fr"), DATE)
                began = time.process_time()
                page = write_all(writing)
                used_s[number] = time.process_time() - began
        size = page.stat().st_size
    few, many = used_s[FEW_POCS] / FEW_POCS, used_s[MANY_POCS] / MANY_POCS
    name = f"report --all, {CAMPAIGNS} campaigns a POC: CPU s a POC, {FEW_POCS} and {MANY_POCS} POCs"
    yield name, f"{few:.2f} and {many:.2f} (x {many / few:.2f})", "linear: x 1"
    yield f"its page, {MANY_POCS} POCs: kB (100 POCs: {size / MANY_POCS * 100 / 1000:.0f})", f"{size / 1000:.0f}", "under 500"


if __name__ == "__main__":
    for row in of_reports():
        print(*row, sep=" | ", file=sys.stderr)
