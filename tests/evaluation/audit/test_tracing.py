"""A figure leads to the windows that it was computed from, and these to what was sampled."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.audit.tracing import raw_samples, windows_behind
from evaluation.energy.reading import PowerSample
from evaluation.exceptions import NameNotFoundError, RecordError
from evaluation.judgement.comparison import compare
from evaluation.metrics import accuracy
from evaluation.records.ledger import Ledger
from evaluation.records.recorder import keep_samples
from evaluation.records.store import open_store
from evaluation.run import Campaign
from tests.conftest import Recorded
from tests.records import make_campaign

SAMPLE = PowerSample(7, 0.5, 1e-3, 0.0, 2e-3, 0.4, 0.5, 0.0)


@pytest.fixture
def campaign(at_recorded: Recorded) -> Campaign:
    return open_store("request-classification").read_campaign(at_recorded.id)


def test_the_figure_is_the_geometric_mean_of_the_windows(campaign: Campaign) -> None:
    from statistics import geometric_mean

    (figure,) = [result.energy_wh for result in compare(campaign, [accuracy]).results if result.name == "tfidf-linearsvc"]
    windows = windows_behind(campaign, "tfidf-linearsvc")
    assert figure is not None
    assert geometric_mean(window.wh_per_unit for window in windows) == pytest.approx(figure.value)
    assert [window.round for window in windows] == [1, 2]


def test_each_window_names_its_record_and_its_samples(campaign: Campaign) -> None:
    records = {record["number"]: record["content"] for record in Ledger().records()}
    for window in windows_behind(campaign, "keywords"):
        assert records[window.record]["energy_wh"] == window.energy_wh
        rows = raw_samples(campaign, window)
        assert [row.elapsed_s for row in rows] == sorted(row.elapsed_s for row in rows)
        cpu_wh = next(part["energy_wh"] for part in records[window.record]["reading"]["components"] if part["name"] == "cpu")
        assert rows[-1].cpu_wh <= cpu_wh * 1.05


def test_what_is_not_there_is_an_error(campaign: Campaign, tmp_path: Path) -> None:
    with pytest.raises(NameNotFoundError, match="'majority'"):
        windows_behind(campaign, "majority")
    with pytest.raises(RecordError, match="none"):
        windows_behind(campaign, "keywords", Ledger(tmp_path / "ledger.jsonl"))


def test_samples_are_found_by_their_hash_or_not_at_all(campaign: Campaign) -> None:
    window = windows_behind(campaign, "keywords")[0]
    with pytest.raises(RecordError, match="gone or were changed"):
        raw_samples(make_campaign(id="20261123-190559-0000"), window)
    another = make_campaign(id="20261123-190559-0001")
    other = window._replace(window=7, samples_sha256=keep_samples(another.id, 7, [SAMPLE]))
    with pytest.raises(RecordError, match="gone or were changed"):
        raw_samples(another, window)
    assert raw_samples(another, other) == [SAMPLE]
