"""A predictor that is a function and what it goes by: for a way to do without AI, or for what learns a few numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.predictors import find_trusted

FILE = "rule.json"


class Rule:
    """Answers each input by one function.

    Args:
        answer: a function of a module, called as `answer(text, **settings)`; the same input gives the same answer.
        settings: what it goes by (words, numbers that were learnt): whatever JSON holds, and keeps.

    >>> Rule(str.removesuffix, {}).predict([])
    []
    """

    packages = ()

    def __init__(self, answer: Callable[..., str], settings: Mapping[str, Any]) -> None:
        self.answer, self.settings = answer, dict(settings)

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One answer an input."""
        return [self.answer(text, **self.settings) for text in inputs]

    def save(self, folder: Path) -> None:
        """Write the function's name and its settings into a folder."""
        written = {"module": self.answer.__module__, "function": self.answer.__qualname__, "settings": self.settings}
        (folder / FILE).write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Rule:
        """Read back what `save` wrote.

        Raises:
            RecordError: the function is of a package that is not trusted, or no longer there.
        """
        written = json.loads((folder / FILE).read_text(encoding="utf-8"))
        expected = "the function {name} in {module}, by which this model answers"
        answer = find_trusted(written["module"], written["function"], folder, expected)
        return cls(answer, written["settings"])
