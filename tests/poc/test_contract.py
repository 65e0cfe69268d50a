"""What every POC and every candidate must honour. A new POC is tested by being there."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

from evaluation.candidate import Candidate
from evaluation.data.card import card_path, read_card
from evaluation.data.loading import DataRequest, load_data
from evaluation.home import PROJECT
from evaluation.poc_card import FILES, NAMES, PocCard, read_poc_card
from evaluation.pocs import Poc, find_pocs
from evaluation.predictors import confidence, load_predictor, save_predictor, shares_read
from evaluation.samples import Samples
from evaluation.texts.oddities import LIMIT
from evaluation.texts.words import count_words

POCS = find_pocs()
ALL = [pytest.param(poc, candidate, id=f"{poc.task.name}/{candidate.name}") for poc in POCS for candidate in poc.candidates]
# Enough to learn from and to try, little enough to learn in a second: labels, and texts.
LEARNT, LEARNT_TEXTS = 96, 12
TRIED, TRIED_TEXTS = 10, 4
# The fixture that makes a model of the kind that a candidate takes.
CHECKPOINTS = {"hub-transformer": "tiny_checkpoint", "hub-seq2seq": "tiny_summariser", "hub-llm": "tiny_chat_model"}


def small_params(candidate: Candidate, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Parameters that make a slow candidate quick: they change how long it learns, how much it reads and how much it writes."""
    small: dict[str, Any] = {"epochs": 1, "vocabulary": 500, "width": 16, "source_tokens": 128, "most_tokens": 40}
    if "model" in candidate.params:
        assert candidate.name in CHECKPOINTS, "a candidate with a pretrained model needs a tiny one: a fixture in conftest.py"
        small["model"] = str(request.getfixturevalue(CHECKPOINTS[candidate.name]))
    return {name: small.get(name, value) for name, value in candidate.params.items()}


@cache
def some_samples(name: str) -> tuple[Samples, Samples]:
    """A few of a POC's own to learn from, and a few to try."""
    (poc,) = (each for each in POCS if each.task.name == name)
    split, _ = load_data(poc.task, DataRequest(), dt.date(2026, 11, 23))
    learnt, tried = (LEARNT_TEXTS, TRIED_TEXTS) if poc.task.answers_are_texts else (LEARNT, TRIED)
    # A new POC begins with ten samples.
    train, test = (range(min(most, len(side))) for most, side in ((learnt, split.train), (tried, split.test)))
    return split.train.subset(train), split.test.subset(test)


@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_a_poc_says_what_it_is_judged_by(poc: Poc) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", poc.task.name)
    assert poc.folder.name == poc.task.name.replace("-", "_")
    assert poc.task.metrics
    assert poc.goals.goal
    assert read_card(card_path(PROJECT / poc.task.data)).contains_personal_data in {"no", "yes"}


def card_of(poc: Poc, language: str) -> PocCard:
    """In this language and no other."""
    card = read_poc_card(poc.folder, language)
    assert card is not None
    assert card.language == language
    return card


def body_of(poc: Poc, language: str) -> str:
    """Of the README, what stands below the card."""
    return (poc.folder / FILES[language]).read_text(encoding="utf-8").split("\n---\n", 1)[1]


@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_a_poc_has_a_card_in_both_languages_that_says_the_same(poc: Poc) -> None:
    english, french = (card_of(poc, language) for language in ("en", "fr"))
    for name in ("individual_decision", "ai_act_tier", "task_family"):
        assert getattr(english, name) == getattr(french, name)
    assert (english.responsible is None) == (french.responsible is None)
    # What is translated is not left in the other language.
    translated = set(NAMES) - {"individual_decision", "ai_act_tier", "task_family", "responsible"}
    assert [name for name in NAMES if name in translated and getattr(english, name) == getattr(french, name)] == []


@pytest.mark.parametrize("language", FILES)
@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_the_fields_of_a_card_stand_in_one_order(poc: Poc, language: str) -> None:
    front_matter = (poc.folder / FILES[language]).read_text(encoding="utf-8").split("\n---\n", 1)[0]
    assert re.findall(r"^(\w+):", front_matter, re.MULTILINE) == list(NAMES)


@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_a_card_in_french_is_set_as_french_is(poc: Poc) -> None:
    for name, text in vars(card_of(poc, "fr")).items():
        if isinstance(text, str):
            assert not re.search(r"[ \xa0][;?!%]|[ \u202f]:|['\"]|« | »|\d \d", text), name


@pytest.mark.parametrize(("language", "other"), [("en", "fr"), ("fr", "en")])
@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_a_readme_goes_on_below_its_card_and_leads_to_the_other_language(poc: Poc, language: str, other: str) -> None:
    body = body_of(poc, language)
    assert body.startswith(f"\n# {card_of(poc, language).title}\n")
    assert f"]({FILES[other]})" in body
    targets = re.findall(r"\]\(([^)#:]+)\)", body)
    assert [target for target in targets if not (poc.folder / target).exists()] == []


@pytest.mark.parametrize("poc", POCS, ids=lambda poc: poc.task.name)
def test_a_poc_has_one_baseline_and_no_name_twice(poc: Poc) -> None:
    assert sum(candidate.baseline for candidate in poc.candidates) == 1
    names = [candidate.name for candidate in poc.candidates]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("poc", "candidate"), ALL)
def test_what_is_asked_of_all_alike_is_no_parameter_of_one(poc: Poc, candidate: Candidate) -> None:
    assert not set(poc.task.conditions) & set(candidate.params)
    assert set(poc.task.conditions) <= set(signature(candidate.fit).parameters)


@pytest.mark.parametrize(("poc", "candidate"), ALL)
def test_answers_are_legal_and_the_same_for_a_seed_and_after_storing(
    poc: Poc,
    candidate: Candidate,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    train, few = some_samples(poc.task.name)
    # As a campaign calls `fit`: with what is asked of all alike.
    asked = candidate.with_params(small_params(candidate, request)).with_params(poc.task.conditions)
    first = asked.fit(train, seed=7, **asked.params)
    answers = list(first.predict(few.inputs))
    assert len(answers) == len(few)
    check_legal(poc, train, answers)

    again = asked.fit(train, seed=7, **asked.params)
    assert list(again.predict(few.inputs)) == answers
    assert confidence(again, few.inputs) == confidence(first, few.inputs)
    shares = shares_read(first, few.inputs)
    assert all(0 < share <= 1 for share in shares)

    save_predictor(first, tmp_path / "stored")
    stored = load_predictor(tmp_path / "stored")
    assert list(stored.predict(few.inputs)) == answers
    assert confidence(stored, few.inputs) == confidence(first, few.inputs)
    assert shares_read(stored, few.inputs) == shares
    assert not list((tmp_path / "stored").rglob("*.pkl"))
    assert not list((tmp_path / "stored").rglob("*.bin"))


def check_legal(poc: Poc, train: Samples, answers: Sequence[str]) -> None:
    """Labels are among those that were learnt; texts say something and are as long as they may be."""
    if not poc.task.answers_are_texts:
        assert set(answers) <= set(train.targets)
        return
    assert all(isinstance(answer, str) for answer in answers)
    assert any(answers)
    most = poc.task.conditions.get(LIMIT)
    assert most is None or all(count_words(answer) <= most for answer in answers)
