"""The same number of threads for every candidate: the energy model takes the load to its third power, so it must be alike."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
    # joblib's `n_jobs=-1`, which scikit-learn passes on, means so many processes.
    "LOKY_MAX_CPU_COUNT",
)


@contextmanager
def fixed_threads(threads: int) -> Iterator[None]:
    """Hold numeric libraries to this many threads, those loaded already and those that a candidate loads later."""
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(threads)))
    torch = sys.modules.get("torch")
    torch_before = torch.get_num_threads() if torch else None
    if torch:
        torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        if torch and torch_before:
            torch.set_num_threads(torch_before)
