"""For notebooks: the answers, being texts, that a candidate gives to samples that are named, so that they stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluation.mistakes import run_of
from evaluation.notebook import weak_answers
from evaluation.pocs import not_found

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.run import Campaign


def answers(campaign: Campaign, candidate: str, ids: Sequence[str], *, seed: int = 0) -> pd.DataFrame:
    """What a candidate answers to these test samples, as `weak_answers` shows it, in the order of the ids.

    Args:
        campaign: in which it was measured.
        candidate: whose stored model answers again.
        ids: of the samples.
        seed: of its fit.

    Raises:
        PreuveError: there is no such candidate or sample, its model was not stored, or the data file is gone or has changed.
    """
    run = run_of(campaign, candidate, seed)
    given = {prediction.id: prediction for prediction in run.predictions}
    for each in ids:
        if each not in given:
            raise not_found("test sample", each, list(given), f"campaign {campaign.id}")
    asked = run.model_copy(update={"predictions": tuple(given[each] for each in ids)})
    only = campaign.model_copy(update={"runs": (asked,)})
    return weak_answers(only, candidate, seed=seed, limit=len(ids)).loc[list(ids)]
