"""From answers to what is recorded of them: labels as they are, of texts what they score and nothing that could be read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

import pytest

from evaluation.metrics import NOTHING_SAID, Part, accuracy, macro_f1, text_metric
from evaluation.run import Prediction
from evaluation.samples import Sample, Samples
from evaluation.scoring import answers_of, predict_samples, score_answers, short_hash
from evaluation.task import Task, Unit

HASH = re.compile(r"[0-9a-f]{32}")
NOTES = Samples(
    ids=["n1", "n2", "n3"],
    inputs=["Madame Vasseur demande un rendez-vous mardi", "Le chat du voisin", "Rien à dire"],
    targets=["rendez-vous mardi", "", "rien"],
    further_targets=[["Vasseur vient mardi", "un chat", ""]],
    marks={"facts": ["mardi;Vasseur", "chat", ""]},
)


def kept_words(sample: Sample, answer: str) -> Part:
    """How many words of all its references an answer has."""
    wanted = {word for target in sample.targets for word in target.split()}
    return Part(len(wanted & set(answer.split())), len(wanted))


def facts_told(sample: Sample, answer: str) -> Part:
    facts = sample.marks.get("facts", "")
    return Part(sum(fact in answer for fact in facts.split(";")), len(facts.split(";"))) if facts else NOTHING_SAID


def too_long(sample: Sample, answer: str, conditions: Mapping[str, Any]) -> list[str]:
    """What is odd about an answer."""
    most = conditions["words"]
    long = [f"more than {most} words"] if len(answer.split()) > most else []
    return [*long, *(["one reference at most"] if len(sample.targets) < 2 else [])]


TASK = Task(
    "notes",
    "1",
    "notes.csv",
    "note",
    ("summary", "second"),
    Unit("one note", 1),
    (text_metric("kept words", kept_words), text_metric("facts", facts_told, needs="facts")),
    marks=("facts",),
    conditions={"words": 3},
    flags=too_long,
)
ANSWERS = ("Vasseur demande un rendez-vous", "un chat noir", "silence")


class Writer:
    """Answers with these texts, in their order."""

    def __init__(self, answers: Sequence[str] = ANSWERS) -> None:
        self.answers = answers

    def predict(self, inputs: Sequence[str], /) -> Sequence[str]:
        assert len(inputs) == len(self.answers)
        return self.answers


class ShortSighted(Writer):
    """Reads half of the first input."""

    def shares_read(self, inputs: Sequence[str]) -> list[float]:
        return [0.5, *[1.0] * (len(inputs) - 1)]


def scored(
    samples: Samples = NOTES, answers: Sequence[str] = ANSWERS, task: Task = TASK
) -> tuple[list[Prediction], dict[str, float]]:
    return score_answers(task, samples, predict_samples(Writer(answers), samples))


def hashes(samples: Samples = NOTES, answers: Sequence[str] = ANSWERS) -> list[tuple[str, str]]:
    return [(each.expected, each.predicted) for each in scored(samples, answers)[0]]


# What is left of texts


def test_no_text_of_a_sample_or_an_answer_is_left() -> None:
    predictions, scores = scored()
    kept = json.dumps([each.model_dump() for each in predictions] + [scores], ensure_ascii=False).casefold()
    texts = [*NOTES.inputs, *NOTES.targets, *NOTES.further_targets[0], *NOTES.marks["facts"], *ANSWERS]
    words = {word.casefold() for text in texts for word in re.split(r"[\s;]+", text) if len(word) > 2}
    assert {word for word in words if word in kept} == set()
    assert [each.id for each in predictions] == ["n1", "n2", "n3"]
    assert all(HASH.fullmatch(hashed) for pair in hashes() for hashed in pair)


def test_the_same_texts_have_the_same_hashes() -> None:
    assert hashes() == hashes()
    assert len({predicted for _, predicted in hashes(answers=["same", "same", "other"])}) == 2


def test_another_answer_has_another_hash_and_nothing_else_changes() -> None:
    before, after = hashes(), hashes(answers=["Vasseur demande un rendez-vous.", *ANSWERS[1:]])
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True, True]
    assert before[0][0] == after[0][0]


@pytest.mark.parametrize(
    "changed",
    [
        replace(NOTES, targets=["rendez-vous jeudi", "", "rien"]),
        replace(NOTES, further_targets=[["Vasseur vient jeudi", "un chat", ""]]),
        replace(NOTES, further_targets=[["", "un chat", ""]]),
        replace(NOTES, further_targets=()),
        replace(NOTES, marks={"facts": ["mardi", "chat", ""]}),
        replace(NOTES, targets=["rendez-vous mardi Vasseur vient mardi", "", "rien"], further_targets=[["", "un chat", ""]]),
    ],
    ids=["a reference", "a second reference", "one less", "no second hand", "a mark", "two in one"],
)
def test_another_reference_or_mark_has_another_hash(changed: Samples) -> None:
    (before, *_), (after, *_) = hashes(), hashes(changed)
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)


def test_half_a_character_has_a_hash_too() -> None:
    assert HASH.fullmatch(short_hash("\ud83d"))
    assert short_hash("\ud83d") != short_hash("\ud83e")


# What they score


def test_each_metric_measures_each_answer() -> None:
    # Of "rendez-vous mardi" and "Vasseur vient mardi" there are four words; of the facts, Vasseur alone is told.
    assert [each.parts for each in scored()[0]] == [
        {"kept words": (2.0, 4.0), "facts": (1.0, 2.0)},
        {"kept words": (2.0, 2.0), "facts": (1.0, 1.0)},
        {"kept words": (0.0, 1.0), "facts": (0.0, 0.0)},
    ]


def test_scores_are_those_of_all_answers_together_and_of_what_is_recorded() -> None:
    predictions, scores = scored()
    assert scores == {"kept words": pytest.approx(4 / 7), "facts": pytest.approx(2 / 3)}
    recorded = answers_of(predictions, texts=True)
    assert {metric.name: metric.value(recorded) for metric in TASK.metrics} == scores


def test_a_metric_whose_column_is_missing_is_no_number() -> None:
    predictions, scores = scored(replace(NOTES, marks={}))
    assert isnan(scores["facts"])
    assert [each.parts["facts"] for each in predictions] == [NOTHING_SAID] * 3


def test_what_is_odd_about_an_answer_is_flagged_by_the_conditions() -> None:
    assert [each.flags for each in scored()[0]] == [
        ("more than 3 words",),
        ("one reference at most",),
        ("one reference at most",),
    ]
    loose = replace(TASK, conditions={"words": 4})
    assert scored(task=loose)[0][0].flags == ()
    assert all(not each.flags for each in scored(task=replace(TASK, flags=None))[0])


def test_how_much_of_an_input_was_read_is_kept() -> None:
    predictions, _ = score_answers(TASK, NOTES, predict_samples(ShortSighted(), NOTES))
    assert [each.share_read for each in predictions] == [0.5, 1.0, 1.0]
    assert [each.share_read for each in scored()[0]] == [1.0, 1.0, 1.0]


# Labels


def test_labels_are_recorded_as_they_are() -> None:
    task = Task("routing", "1", "requests.csv", "message", "service", Unit("one request", 1), (accuracy, macro_f1))
    samples = Samples(["r1", "r2"], ["a secret", "another"], ["lamp", "bin"])
    predictions, scores = scored(samples, ["lamp", "lamp"], task)
    assert [(each.id, each.expected, each.predicted) for each in predictions] == [("r1", "lamp", "lamp"), ("r2", "bin", "lamp")]
    assert [(each.parts, each.flags) for each in predictions] == [({}, ())] * 2
    assert scores == {"accuracy": 0.5, "macro_f1": pytest.approx(1 / 3)}
