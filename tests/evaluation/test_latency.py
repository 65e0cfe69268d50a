"""Latency: single inputs, in rotation, enough of them for a percentile and for as long as was asked."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.latency import time_single_inputs


class Answering:
    """Remembers what it was asked, and takes its time."""

    def __init__(self, seconds: Sequence[float] = (0.0,)) -> None:
        self.seconds = seconds
        self.asked: list[list[str]] = []

    def predict(self, inputs: Sequence[str]) -> list[str]:
        time.sleep(self.seconds[len(self.asked) % len(self.seconds)])
        self.asked.append(list(inputs))
        return ["a"] * len(inputs)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(max_size=5), min_size=1, max_size=30))
def test_at_least_twenty_are_answered_one_by_one_in_rotation(inputs: list[str]) -> None:
    predictor = Answering()
    found = time_single_inputs(predictor, inputs, longest_s=0.0)
    assert found.answered == len(predictor.asked) == 20
    assert predictor.asked == [[inputs[number % len(inputs)]] for number in range(20)]


def test_a_slow_candidate_answers_twenty_all_the_same() -> None:
    predictor = Answering([0.01])
    assert time_single_inputs(predictor, ["a", "b", "c"], longest_s=0.05).answered == 20
    assert len(predictor.asked) == 20


def test_a_quick_candidate_answers_for_as_long_as_was_asked() -> None:
    predictor = Answering()
    began_s = time.perf_counter()
    found = time_single_inputs(predictor, ["a", "b", "c"], longest_s=0.2)
    assert time.perf_counter() - began_s >= 0.2
    assert found.answered == len(predictor.asked) > 20


def test_times_are_milliseconds() -> None:
    found = time_single_inputs(Answering([0.005]), ["a"], longest_s=0.0)
    # A sleep never ends early.
    assert found.p50_ms >= 5
    # And the machine would have to be at a standstill for this.
    assert found.p50_ms < 5000


def test_the_rare_slow_answer_shows_in_the_95th_percentile_alone() -> None:
    # Two in twenty.
    found = time_single_inputs(Answering([0.05, *[0.0] * 9]), ["a"], longest_s=0.0)
    assert found.p95_ms >= 50
    assert found.p50_ms < found.p95_ms


@pytest.mark.parametrize("seconds", [[0.0], [0.002], [0.0, 0.003]])
def test_the_median_is_never_above_the_95th_percentile(seconds: list[float]) -> None:
    found = time_single_inputs(Answering(seconds), ["a", "b"], longest_s=0.0)
    assert 0 < found.p50_ms <= found.p95_ms
