"""From a predictor's answers to what is recorded of them: labels as they are, of texts only a hash, flags and what they score."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from evaluation.candidate import Predictor
from evaluation.metrics import Answers, label_answers, text_answers
from evaluation.predictors import confidence, shares_read
from evaluation.run import Prediction
from evaluation.samples import Sample, Samples
from evaluation.task import Task

# Hexadecimal digits of a hash that are kept: enough to tell any two texts apart.
DIGITS = 32


def predict_samples(predictor: Predictor, samples: Samples) -> list[Prediction]:
    """The predictor's answers, how sure it is of each, and how much it read.

    Raises:
        ValueError: it does not give one text per input.
    """
    answers = [str(answer) for answer in predictor.predict(samples.inputs)]
    if len(answers) != len(samples):
        message = f"expected {len(samples)} answers, one per input, got {len(answers)}"
        raise ValueError(message)
    scores: Sequence[float | None] = confidence(predictor, samples.inputs) or [None] * len(samples)
    read = shares_read(predictor, samples.inputs)
    return [
        Prediction(id=sample_id, expected=expected, predicted=answer, score=score, share_read=share)
        for sample_id, expected, answer, score, share in zip(samples.ids, samples.targets, answers, scores, read, strict=True)
    ]


def score_answers(task: Task, samples: Samples, predictions: Sequence[Prediction]) -> tuple[list[Prediction], dict[str, float]]:
    """What is recorded of answers, and each metric's value.

    Args:
        task: with its metrics.
        samples: that were asked.
        predictions: one a sample, as `predict_samples` returns them.
    """
    if task.answers_are_texts:
        predictions = [_without_text(task, sample, prediction) for sample, prediction in zip(samples, predictions, strict=True)]
    answers = answers_of(predictions, texts=task.answers_are_texts)
    return list(predictions), {metric.name: metric.value(answers) for metric in task.metrics}


def answers_of(predictions: Sequence[Prediction], *, texts: bool) -> Answers:
    """Recorded answers, as metrics read them. What a metric measured on none of them is not in it."""
    if not texts:
        return label_answers([each.expected for each in predictions], [each.predicted for each in predictions])
    names = predictions[0].parts if predictions else {}
    return text_answers({name: [each.parts[name] for each in predictions] for name in names}, len(predictions))


def _without_text(task: Task, sample: Sample, prediction: Prediction) -> Prediction:
    answer = prediction.predicted
    return prediction.model_copy(
        update={
            "expected": short_hash(json.dumps([sample.targets, sample.marks], ensure_ascii=False, sort_keys=True)),
            "predicted": short_hash(answer),
            "parts": {metric.name: tuple(map(float, metric.measure(sample, answer))) for metric in task.metrics if metric.measure},
            "flags": tuple(task.flags(sample, answer, task.conditions)) if task.flags else (),
        }
    )


def short_hash(text: str) -> str:
    """What stands for a text that is not recorded."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:DIGITS]
