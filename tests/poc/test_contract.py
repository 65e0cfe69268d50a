"""What every POC and every candidate must honour. A new POC is tested by being there."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from evaluation.candidate import Candidate
from evaluation.data.card import card_path, read_card
from evaluation.data.loading import DataRequest, load_data
from evaluation.home import PROJECT
from evaluation.pocs import Poc, find_pocs
from evaluation.predictors import confidence, load_predictor, save_predictor
from evaluation.samples import Samples

POCS = find_pocs()
ALL = [pytest.param(poc, candidate, id=f"{poc.task.name}/{candidate.name}") for poc in POCS for candidate in poc.candidates]
# Enough to learn from, little enough to learn in a second.
LEARNT = 96


def small_params(candidate: Candidate, checkpoint: Path) -> dict[str, Any]:
    """Parameters that make a slow candidate quick; what they change is only how long it learns."""
    small = {"epochs": 1, "vocabulary": 500, "width": 16, "model": str(checkpoint)}
    return {name: small.get(name, value) for name, value in candidate.params.items()}


@pytest.fixture(scope="module")
def some_samples() -> dict[str, tuple[Samples, Samples]]:
    found = {}
    for poc in POCS:
        split, _ = load_data(poc.task, DataRequest(), dt.date(2026, 11, 23))
        found[poc.task.name] = (split.train.subset(range(LEARNT)), split.test.subset(range(10)))
    return found


@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_a_poc_says_what_it_is_judged_by(poc: Poc) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", poc.task.name)
    assert poc.folder.name == poc.task.name.replace("-", "_")
    assert poc.task.metrics
    assert poc.goals.goal
    for card in ("README.md", "README.fr.md"):
        assert (poc.folder / card).read_text(encoding="utf-8").startswith("# ")
    assert read_card(card_path(PROJECT / poc.task.data)).contains_personal_data in {"no", "yes"}


@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_a_poc_has_one_baseline_and_no_name_twice(poc: Poc) -> None:
    assert sum(candidate.baseline for candidate in poc.candidates) == 1
    names = [candidate.name for candidate in poc.candidates]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("poc", "candidate"), ALL)
def test_answers_are_legal_and_the_same_for_a_seed_and_after_storing(
    poc: Poc, candidate: Candidate, some_samples: dict[str, tuple[Samples, Samples]], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    train, ten = some_samples[poc.task.name]
    params = small_params(candidate, tiny_checkpoint)
    first = candidate.fit(train, seed=7, **params)
    answers = list(first.predict(ten.inputs))
    assert len(answers) == len(ten)
    assert set(answers) <= set(train.targets)

    again = candidate.fit(train, seed=7, **params)
    assert list(again.predict(ten.inputs)) == answers
    assert confidence(again, ten.inputs) == confidence(first, ten.inputs)

    save_predictor(first, tmp_path / "stored")
    stored = load_predictor(tmp_path / "stored")
    assert list(stored.predict(ten.inputs)) == answers
    assert confidence(stored, ten.inputs) == confidence(first, ten.inputs)
    assert not list((tmp_path / "stored").rglob("*.pkl"))
    assert not list((tmp_path / "stored").rglob("*.bin"))
