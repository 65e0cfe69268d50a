"""Samples: the inputs and the expected answers that a candidate learns from and is tried on. Reading them is the work of `data`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Sample(NamedTuple):
    """One sample, as a metric of texts reads it beside an answer.

    Attributes:
        targets: the answers that are right, none of them empty.
        marks: by column of `Task.marks`: what else a metric goes by; an empty text where nothing is there.
    """

    id: str
    input: str
    targets: tuple[str, ...]
    marks: Mapping[str, str]


@dataclass(frozen=True)
class Samples:
    """Samples in their file's order; the columns have one length.

    Attributes:
        ids: one per sample, unique in its file. They stand for the texts in every record.
        inputs: the texts. They are never copied into a record.
        targets: the expected answers. Where answers are texts, and a sample has none to compare with, it is empty.
        slices: other columns by name, along which results are split (the channel of a request, say).
        further_targets: other answers that are right as well, in columns of their own: a second hand's summaries, say.
        marks: columns that only metrics read, by name: the facts that a summary must hold, say.
    """

    ids: Sequence[str]
    inputs: Sequence[str]
    targets: Sequence[str]
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    further_targets: Sequence[Sequence[str]] = ()
    marks: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, place: int) -> Sample:
        targets = [self.targets[place], *(column[place] for column in self.further_targets)]
        marks = {name: column[place] for name, column in self.marks.items()}
        return Sample(self.ids[place], self.inputs[place], tuple(filter(None, targets)), marks)

    def __iter__(self) -> Iterator[Sample]:
        return (self[place] for place in range(len(self)))

    def subset(self, positions: Sequence[int]) -> Samples:
        """The samples at these positions, in the order given."""

        def pick(values: Sequence[str]) -> list[str]:
            return [values[position] for position in positions]

        return Samples(
            ids=pick(self.ids),
            inputs=pick(self.inputs),
            targets=pick(self.targets),
            slices={name: pick(values) for name, values in self.slices.items()},
            further_targets=tuple(pick(values) for values in self.further_targets),
            marks={name: pick(values) for name, values in self.marks.items()},
        )


@dataclass(frozen=True)
class Split:
    """What is learnt from and what is measured on; no text is in both unless the user allowed it.

    Attributes:
        notices: what somebody should know of it.
        overlap: test samples whose text is among the training samples, where the user allowed that.
        relabelled: samples of both sides whose text came before under another label.
    """

    train: Samples
    test: Samples
    notices: tuple[str, ...] = ()
    overlap: int = 0
    relabelled: int = 0
