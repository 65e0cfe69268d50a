"""A task shows in a notebook what is asked."""

from __future__ import annotations

from dataclasses import replace

from evaluation.metrics import accuracy, macro_f1
from evaluation.publishing.language import Language
from evaluation.task import Task, Unit
from tests.shown import tables_of

FRENCH = Language("fr")
TASK = Task(
    name="request-classification",
    version="3",
    data="requests.csv",
    input="message",
    target=("service", "<other>"),
    unit=Unit("1 000 requests routed", 1000),
    metrics=(macro_f1, accuracy),
    slices=("channel", "urgent"),
)


def test_a_task_shows_what_is_asked() -> None:
    assert tables_of(TASK) == {
        "What request-classification asks": [
            ["Version of the question", "3"],
            ["File of the samples", "requests.csv"],
            ["Column that is given", "message"],
            ["Columns of the right answers", "service, <other>"],
            ["Unit in which energy is quoted", "1 000 requests routed"],
            ["Measures, the first one decides", "macro_f1, accuracy"],
            ["Results are split by", "channel, urgent"],
            ["Asked of all alike", "–"],
        ]
    }


def test_conditions_are_shown_where_there_are_any() -> None:
    (rows,) = tables_of(replace(TASK, conditions={"words": 80}, slices=())).values()
    assert rows[-2:] == [["Results are split by", "–"], ["Asked of all alike", "words = 80"]]


def test_it_is_asked_in_french_where_that_is_spoken() -> None:
    (rows,) = tables_of(TASK, FRENCH).values()
    assert rows[4] == ["Unité à laquelle l’énergie est rapportée", "1\u202f000 demandes orientées"]
