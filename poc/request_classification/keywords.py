"""The baseline that does without AI: what a clerk does with a routing sheet."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from evaluation.candidate import Predictor
from evaluation.exceptions import CandidateUnavailableError
from evaluation.messages import say, words
from evaluation.samples import Samples
from evaluation.texts.words import fold

ROUTING_SHEET = Path(__file__).with_name("routing_sheet.toml")
NO_KEYWORDS = words("the routing sheet has no keywords for {unknown} of the {labels} labels: {names}")
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


def fit_keywords(train: Samples, *, seed: int) -> Predictor:
    """The routing sheet for the services that occur in `train`; it learns nothing else from it.

    Raises:
        CandidateUnavailableError: the sheet has no words for some label.
    """
    del seed  # nothing here is left to chance
    sheet = tomllib.loads(ROUTING_SHEET.read_text(encoding="utf-8"))
    labels = set(train.targets)
    unknown = sorted(labels - set(sheet["words"]))
    if unknown:
        named = ", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else "")
        raise CandidateUnavailableError(
            str(say(NO_KEYWORDS, unknown=len(unknown), labels=len(labels), names=named)),
            remedy=str(say("add them to poc/request_classification/{file}", file=ROUTING_SHEET.name)),
        )
    words = {service: found for service, found in sheet["words"].items() if service in labels}
    fallback = sheet["fallback"] if sheet["fallback"] in labels else max(sorted(labels), key=list(train.targets).count)
    return RoutingSheet(words, fallback)
