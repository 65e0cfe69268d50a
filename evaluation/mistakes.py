"""What a candidate got wrong, with the texts read again from the file that has them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from evaluation.data.loading import read_texts
from evaluation.exceptions import NameNotFoundError
from evaluation.pocs import not_found
from evaluation.run import Campaign, Run


@dataclass(frozen=True)
class Mistake:
    """A wrong answer, with the text as it stands in the data file."""

    id: str
    expected: str
    predicted: str
    score: float | None
    text: str


def find_mistakes(campaign: Campaign, candidate: str, seed: int) -> tuple[list[Mistake], int]:
    """The wrong answers of a run, the most confident first, and the number of all its answers.

    Raises:
        NameNotFoundError: the campaign has no such candidate, or it gave no answers with this seed.
        DataError: the data file is gone or has changed.
    """
    run = run_of(campaign, candidate, seed)
    samples = read_texts(campaign.data)
    texts = dict(zip(samples.ids, samples.inputs, strict=True))
    wrong = [prediction for prediction in run.predictions if prediction.predicted != prediction.expected]
    wrong.sort(key=lambda prediction: -math.inf if prediction.score is None else prediction.score, reverse=True)
    mistakes = [Mistake(p.id, p.expected, p.predicted, p.score, texts[p.id]) for p in wrong]
    return mistakes, len(run.predictions)


def run_of(campaign: Campaign, candidate: str, seed: int) -> Run:
    """The run whose answers are meant.

    Raises:
        NameNotFoundError: the campaign has no such candidate, or it gave no answers with this seed.
    """
    runs = campaign.runs_of(candidate)
    if not runs:
        raise not_found("candidate", candidate, campaign.candidates, f"campaign {campaign.id}")
    for run in runs:
        if run.seed == seed and run.predictions:
            return run
    raise NameNotFoundError(
        expected=f"answers of {candidate} with seed {seed}",
        found=f"{runs[0].status}: {runs[0].reason}" if runs[0].reason else f"seeds 0 to {len(runs) - 1}",
        where=f"campaign {campaign.id}",
        remedy=runs[0].remedy or f"preuve run {campaign.task} --candidate {candidate} --seeds {seed + 1}",
    )
