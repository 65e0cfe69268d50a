"""How long a candidate takes to answer one input alone, as it would in service."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from evaluation.candidate import Predictor

# A slow candidate answers at least so many: one answer in twenty is beyond the 95th percentile.
LEAST_SINGLE_INPUTS = 20
MS_PER_S = 1000.0


class Latencies(NamedTuple):
    """Times to answer one input alone.

    Attributes:
        p50_ms: the median.
        p95_ms: one answer in twenty takes longer.
        answered: how many were timed.
    """

    p50_ms: float
    p95_ms: float
    answered: int


def time_single_inputs(predictor: Predictor, inputs: Sequence[str], longest_s: float) -> Latencies:
    """Time single inputs one after the other, again from the first after the last, for so long and for at least twenty of them."""
    import numpy as np

    times_s: list[float] = []
    began_s = time.perf_counter()
    while len(times_s) < LEAST_SINGLE_INPUTS or time.perf_counter() - began_s < longest_s:
        one = [inputs[len(times_s) % len(inputs)]]
        before_s = time.perf_counter()
        predictor.predict(one)
        times_s.append(time.perf_counter() - before_s)
    p50_s, p95_s = np.quantile(times_s, [0.5, 0.95])
    return Latencies(float(p50_s) * MS_PER_S, float(p95_s) * MS_PER_S, len(times_s))
