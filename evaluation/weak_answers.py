"""The texts with which a candidate answered worst, and what is wrong about them. The stored model gives them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from evaluation.data.loading import read_texts
from evaluation.metrics import Metric
from evaluation.mistakes import run_of
from evaluation.numbers import share
from evaluation.records.store import Store
from evaluation.run import Campaign, Prediction
from evaluation.samples import Sample
from evaluation.scoring import short_hash
from evaluation.task import Task


@dataclass(frozen=True)
class WeakAnswer:
    """A text that a candidate gave as an answer, beside one that is right.

    Attributes:
        score: of the metric that they are ordered by; none where it says nothing of this answer.
        wrong: what the metrics hold against it, and what is odd about it, in words.
        expected: the first right answer; empty where the data have none.
    """

    id: str
    score: float | None
    wrong: tuple[str, ...]
    answer: str
    expected: str


def find_weak_answers(
    campaign: Campaign, task: Task, candidate: str, seed: int, store: Store, most: int
) -> tuple[list[WeakAnswer], Metric, int]:
    """The worst answers of a run by the first metric that says something of them, that metric, and the number of all answers.

    Args:
        campaign: in which they were given.
        task: with its metrics.
        candidate: whose answers.
        seed: of its fit.
        store: that has its model.
        most: so many are given again.

    Raises:
        NameNotFoundError: the campaign has no such candidate, or it gave no answers with this seed.
        DataError: the data file is gone or has changed.
        RecordError: the model was not stored, or cannot be read.
    """
    run = run_of(campaign, candidate, seed)
    said = (each for each in task.metrics if any(_score(each, answer) is not None for answer in run.predictions))
    metric = next(said, task.metrics[0])
    worst = sorted(run.predictions, key=lambda answer: _badness(metric, answer), reverse=True)[:most]
    samples = read_texts(campaign.data)
    by_id = {sample_id: place for place, sample_id in enumerate(samples.ids)}
    asked = [samples[by_id[prediction.id]] for prediction in worst]
    predictor = store.load_model(campaign, run)
    answers = [str(answer) for answer in predictor.predict([sample.input for sample in asked])]
    found = [
        WeakAnswer(
            id=prediction.id,
            score=_score(metric, prediction),
            wrong=tuple(_wrong(task.metrics, prediction, sample, answer)),
            answer=answer,
            expected=next(iter(sample.targets), ""),
        )
        for prediction, sample, answer in zip(worst, asked, answers, strict=True)
    ]
    return found, metric, len(run.predictions)


def _score(metric: Metric, prediction: Prediction) -> float | None:
    amount, of = prediction.parts.get(metric.name, (0.0, 0.0))
    return amount / of if of and isfinite(amount / of) else None


def _badness(metric: Metric, prediction: Prediction) -> float:
    score = _score(metric, prediction)
    if score is None:
        return float("-inf")
    return -score if metric.higher_is_better else score


def _wrong(metrics: Sequence[Metric], prediction: Prediction, sample: Sample, answer: str) -> list[str]:
    found = [reason for metric in metrics if metric.explain for reason in metric.explain(sample, answer)]
    read = [] if prediction.share_read >= 1 else [f"read {share(prediction.share_read)} of it"]
    other = (
        []
        if short_hash(answer) == prediction.predicted
        else ["not the answer that was recorded: asked again, among fewer, the model gives this one"]
    )
    return [*prediction.flags, *read, *other, *found]
