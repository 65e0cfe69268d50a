"""A task: what a POC is asked to do, on which samples, and by which measures it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluation.html_table import Cell, HtmlTable
from evaluation.messages import Recorded, say
from evaluation.metrics import Metric
from evaluation.samples import Sample, Split


@dataclass(frozen=True)
class Unit:
    """The functional unit in which energy is quoted: `size` samples, called `name`."""

    name: str
    size: int

    def __post_init__(self) -> None:
        if self.size < 1:
            message = f"a functional unit is at least one sample, got {self.size}"
            raise ValueError(message)


@dataclass(frozen=True)
class Task:
    """What a POC is asked.

    Attributes:
        name: lower case with hyphens; also the name of its MLflow experiment.
        version: changes whenever the question or the sample data change, so that runs are not compared across it.
        data: path of the samples with their card beside them, relative to the project; absolute for a POC that lives elsewhere.
        input: column of the text that a candidate is given.
        target: column of the answer that is expected; several columns where several answers are right.
        unit: the functional unit.
        metrics: the first one is the one candidates are compared on. All of them are of labels, or all of texts.
        slices: columns along which results are split.
        marks: columns that only the metrics read; a user's file may lack them.
        conditions: what is asked of every candidate alike, by name: each `fit` is called with it (the most words, say).
        remarks: what somebody should know of the samples that only this task can tell; it is given them and the conditions.
        flags: what is odd about an answer that is a text, from its sample, the answer and the conditions. It is scored as it is.
        id: column of the sample's id; where a file has none, its row numbers serve.
        split: column that says `train` or `test`; where a file has none, it is split by class, texts by chance.
    """

    name: str
    version: str
    data: str
    input: str
    target: str | Sequence[str]
    unit: Unit
    metrics: Sequence[Metric]
    slices: Sequence[str] = field(default_factory=tuple)
    marks: Sequence[str] = field(default_factory=tuple)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    remarks: Callable[[Split, Mapping[str, Any]], Sequence[str]] | None = None
    flags: Callable[[Sample, str, Mapping[str, Any]], Sequence[str]] | None = None
    id: str = "id"
    split: str = "split"

    def __post_init__(self) -> None:
        if len({metric.measure is None for metric in self.metrics}) > 1:
            message = (
                f"the metrics of a task are all of labels or all of texts, got both: {', '.join(m.name for m in self.metrics)}"
            )
            raise ValueError(message)

    @property
    def answers_are_texts(self) -> bool:
        """Whether an answer is a text of its own, and not one of a few labels. It is then not recorded, only what it scores."""
        return any(metric.measure for metric in self.metrics)

    @property
    def targets(self) -> tuple[str, ...]:
        """The columns of the expected answers."""
        return (self.target,) if isinstance(self.target, str) else tuple(self.target)

    def _repr_html_(self) -> str:
        """In a notebook: what is asked, as a list."""
        rows: list[Sequence[Cell]] = [
            [say("version of the question"), self.version],
            [say("file of the samples"), self.data],
            [say("column that is given"), self.input],
            [say("columns of the right answers"), ", ".join(self.targets)],
            [say("unit in which energy is quoted"), Recorded(self.unit.name)],
            [say("measures, the first one decides"), ", ".join(metric.name for metric in self.metrics)],
            [say("results are split by"), ", ".join(self.slices) or None],
            [say("asked of all alike"), ", ".join(f"{name} = {value}" for name, value in self.conditions.items()) or None],
        ]
        return HtmlTable(say("What {task} asks", task=self.name), rows).html
