"""Samples: the inputs and the expected answers that a candidate learns from and is tried on. Reading them is the work of `data`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Samples:
    """Samples in their file's order; the four columns have one length.

    Attributes:
        ids: one per sample, unique in its file. They stand for the texts in every record.
        inputs: the texts. They are never copied into a record.
        targets: the expected answers.
        slices: other columns by name, along which results are split (the channel of a request, say).
    """

    ids: Sequence[str]
    inputs: Sequence[str]
    targets: Sequence[str]
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, positions: Sequence[int]) -> Samples:
        """The samples at these positions, in the order given."""

        def pick(values: Sequence[str]) -> list[str]:
            return [values[position] for position in positions]

        slices = {name: pick(values) for name, values in self.slices.items()}
        return Samples(pick(self.ids), pick(self.inputs), pick(self.targets), slices)


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
