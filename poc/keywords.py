"""Words that stand for answers: what a clerk does with a list, and no AI. Every POC may take it for its baseline."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluation.texts.words import fold

SAVED_SHEET = "routing_sheet.json"
WORD = re.compile(r"\w+")


class RoutingSheet:
    """Counts each service's words in a message; the service with most of them wins.

    Args:
        words: by service; a word ending in `*` stands for longer words too, and may be several words long otherwise.
        fallback: for messages in which none is found.
    """

    packages = ()

    def __init__(self, words: Mapping[str, Sequence[str]], fallback: str) -> None:
        self.words = {service: list(listed) for service, listed in words.items()}
        self.fallback = fallback
        self._beginnings: dict[str, list[int]] = defaultdict(list)
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._phrases: list[tuple[str, int]] = []
        for place, listed in enumerate(self.words.values()):
            for word in map(fold, listed):
                if word.endswith("*"):
                    self._beginnings[word.rstrip("*")].append(place)
                elif WORD.fullmatch(word):
                    self._whole[word].append(place)
                else:
                    self._phrases.append((" ".join(WORD.findall(word)), place))

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One service per message; `fallback` where no word is found."""
        services = list(self.words)
        counts = map(self._count, inputs)
        return [services[found.index(max(found))] if any(found) else self.fallback for found in counts]

    def decision_function(self, inputs: Sequence[str]) -> list[list[float]]:
        """Words found, by message and service."""
        return [[float(count) for count in self._count(text)] for text in inputs]

    def save(self, folder: Path) -> None:
        """Write the sheet into a folder."""
        (folder / SAVED_SHEET).write_text(json.dumps({"words": self.words, "fallback": self.fallback}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> RoutingSheet:
        """Read back what `save` wrote."""
        return cls(**json.loads((folder / SAVED_SHEET).read_text(encoding="utf-8")))

    def _count(self, text: str) -> list[int]:
        counts = [0] * len(self.words)
        tokens = WORD.findall(fold(text))
        for token in tokens:
            for place in self._whole.get(token, ()):
                counts[place] += 1
            for end in range(1, len(token) + 1):
                for place in self._beginnings.get(token[:end], ()):
                    counts[place] += 1
        line = f" {' '.join(tokens)} "
        for phrase, place in self._phrases:
            counts[place] += line.count(f" {phrase} ")
        return counts
