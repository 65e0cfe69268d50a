"""Runs are compared only where they answer the same question; what differs is said."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.energy.machine import Machine
from evaluation.judgement.comparability import Comparability, Mismatch, comparability, protocol_text
from evaluation.messages import say
from evaluation.run import Campaign, Protocol
from tests.records import make_campaign, make_contest, make_data, make_machine, make_predictions, make_run


def contest(**changes: Any) -> Campaign:
    return make_contest({"rules": 2, "linear": 3}, samples=4, **changes)


def differs(**changes: Any) -> Comparability:
    return comparability(contest(), contest(**changes))


def what(mismatches: Any) -> list[str]:
    return [str(each.what) for each in mismatches]


def test_campaigns_that_are_alike_are_compared_in_everything() -> None:
    assert differs(id="20261124-100000-bbbb") == Comparability([], [])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"task_version": "2"}, "task"),
        ({"task": "summaries"}, "task"),
        ({"data": make_data(test_samples=4, sha256="f" * 64)}, "test data"),
        ({"data": make_data(test_samples=4, test_sha256="f" * 64)}, "test data"),
        ({"data": make_data(test_samples=5)}, "test data"),
        ({"data": make_data(test_samples=4, target="urgent")}, "columns"),
        ({"data": make_data(test_samples=4, input="subject")}, "columns"),
        ({"data": make_data(test_samples=4, further_targets=("urgent",))}, "columns"),
        ({"conditions": {"words": 100}}, "conditions"),
    ],
)
def test_another_question_or_another_test_is_compared_in_nothing(changes: dict[str, Any], named: str) -> None:
    found = differs(**changes)
    assert what(found.quality) == [named]
    assert what(found.energy) == [named]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"unit_size": 100}, "functional unit"),
        ({"unit_name": "100 requests"}, "functional unit"),
        ({"machine": make_machine(machine_id="fedcba9876543210")}, "machine"),
        ({"machine": make_machine(declared={"host_tdp_w": 65.0})}, "machine"),
        ({"protocol": Protocol(rounds=4)}, "protocol"),
        ({"protocol": Protocol(window_s=5.0)}, "protocol"),
        ({"protocol": Protocol(seeds=2)}, "protocol"),
        ({"protocol": Protocol(threads=2)}, "protocol"),
    ],
)
def test_another_unit_machine_or_protocol_is_compared_in_quality_alone(changes: dict[str, Any], named: str) -> None:
    found = differs(**changes)
    assert what(found.quality) == []
    assert what(found.energy) == [named]


def test_the_same_test_file_by_itself_or_beside_a_training_file_is_the_same() -> None:
    alone = make_data(test_samples=4, sha256="e" * 64)
    beside = make_data(test_samples=4, sha256="a" * 64, test_sha256="e" * 64)
    assert comparability(contest(data=alone), contest(data=beside)).quality == []


def test_what_was_asked_of_all_candidates_alike_is_compared_by_name_and_value() -> None:
    asked = contest(conditions={"words": 150, "language": "fr"})
    assert comparability(asked, contest(conditions={"language": "fr", "words": 150})) == Comparability([], [])
    (mismatch,) = comparability(asked, contest(conditions={"words": 100, "language": "fr"})).quality
    assert mismatch == Mismatch(say("conditions"), "language = fr, words = 150", "language = fr, words = 100")
    assert str(comparability(asked, contest()).quality[0].message) == "conditions: language = fr, words = 150, and none"


def with_answers(ids_from: int, expected: str) -> Campaign:
    predictions = tuple(
        each.model_copy(update={"id": f"s{number}"})
        for number, each in enumerate(make_predictions(expected, expected), start=ids_from)
    )
    return make_campaign(make_run(predictions=predictions))


def test_other_samples_of_the_same_file_are_another_test() -> None:
    assert what(comparability(with_answers(1, "abab"), with_answers(2, "abab")).quality) == ["test samples"]


def test_other_right_answers_to_the_same_samples_are_another_test() -> None:
    assert what(comparability(with_answers(1, "abab"), with_answers(1, "abba")).quality) == ["test samples"]


def test_a_campaign_without_answers_differs_in_no_samples() -> None:
    failed = make_campaign(make_run(status="failed", predictions=()))
    assert comparability(with_answers(1, "abab"), failed) == Comparability([], [])


def test_all_that_differs_is_named() -> None:
    found = differs(task_version="2", unit_size=100, protocol=Protocol(rounds=3), data=make_data(test_samples=9))
    assert what(found.energy) == ["task", "test data", "functional unit", "protocol"]


def test_what_differs_is_said_as_each_has_it() -> None:
    (mismatch,) = differs(protocol=Protocol(rounds=1, window_s=2.5, seeds=2, threads=4)).energy
    assert mismatch.as_dict() == {
        "what": "protocol",
        "one": "5 rounds of 10 s, 1 seed, 1 thread",
        "other": "1 round of 2.5 s, 2 seeds, 4 threads",
    }
    assert str(mismatch.message) == "protocol: 5 rounds of 10 s, 1 seed, 1 thread, and 1 round of 2.5 s, 2 seeds, 4 threads"


def test_a_machine_is_named_by_its_hash_and_by_that_of_what_is_declared() -> None:
    other: Machine = make_machine(declared={"host_tdp_w": 65.0})
    (mismatch,) = differs(machine=other).energy
    assert str(mismatch.one).startswith("0123456789ab, declared ")
    assert str(mismatch.other) == f"0123456789ab, declared {other.sha256[:12]}"


def test_a_protocol_in_words() -> None:
    assert str(protocol_text(Protocol())) == "5 rounds of 10 s, 1 seed, 1 thread"


def test_files_of_answers_are_the_same_wherever_they_lie() -> None:
    here, there = ({"target": f"{folder}/answers.txt", "target_files": {f"{folder}/answers.txt": "a" * 64}} for folder in "ab")
    one, other = (make_data(test_samples=4).model_copy(update=each) for each in (here, there))
    assert comparability(contest(data=one), contest(data=other)).quality == []
    changed = other.model_copy(update={"target_files": {"b/answers.txt": "c" * 64}})
    assert what(comparability(contest(data=one), contest(data=changed)).quality) == ["columns"]
