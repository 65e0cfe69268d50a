"""The baseline that does without AI: what a clerk does with a routing sheet."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evaluation.candidate import Predictor
from evaluation.exceptions import CandidateUnavailableError
from evaluation.samples import Samples

ROUTING_SHEET = Path(__file__).with_name("routing_sheet.toml")


def fold(text: str) -> str:
    """The text without accents, capitals or typographic apostrophes, as a clerk reads it.

    >>> fold("L’Éclairage")
    "l'eclairage"
    """
    decomposed = unicodedata.normalize("NFD", text.lower().replace("\u2019", "'"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def pattern_of(words: Sequence[str]) -> str:
    """One regular expression that finds any of these words; `arbre*` stands for longer words too."""
    parts = [re.escape(fold(word.rstrip("*"))) + (r"\w*" if word.endswith("*") else "") for word in words]
    return rf"\b(?:{'|'.join(sorted(parts, key=len, reverse=True))})\b"


class RoutingSheet:
    """Counts each service's words in a message; the service with most of them wins."""

    def __init__(self, words: Mapping[str, Sequence[str]], fallback: str) -> None:
        self.words = {service: list(found) for service, found in words.items()}
        self.fallback = fallback

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One service per message; `fallback` where no word is found."""
        counts = self._counts(inputs)
        return [max(found, key=found.__getitem__) if any(found.values()) else self.fallback for found in counts]

    def decision_function(self, inputs: Sequence[str]) -> list[list[float]]:
        """Words found, by message and service."""
        return [[float(count) for count in found.values()] for found in self._counts(inputs)]

    def _counts(self, inputs: Sequence[str]) -> list[dict[str, int]]:
        patterns = {service: re.compile(pattern_of(words)) for service, words in self.words.items()}
        folded = [fold(text) for text in inputs]
        return [{service: len(found.findall(text)) for service, found in patterns.items()} for text in folded]


def fit_keywords(train: Samples, *, seed: int, **params: Any) -> Predictor:
    """The routing sheet for the services that occur in `train`; it learns nothing else from it.

    Raises:
        CandidateUnavailableError: the sheet has no words for some label.
    """
    del seed, params
    sheet = tomllib.loads(ROUTING_SHEET.read_text(encoding="utf-8"))
    labels = set(train.targets)
    unknown = sorted(labels - set(sheet["words"]))
    if unknown:
        named = ", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else "")
        raise CandidateUnavailableError(
            f"the routing sheet has no keywords for {len(unknown)} of the {len(labels)} labels: {named}",
            remedy=f"add them to poc/request_classification/{ROUTING_SHEET.name}",
        )
    words = {service: found for service, found in sheet["words"].items() if service in labels}
    fallback = sheet["fallback"] if sheet["fallback"] in labels else max(sorted(labels), key=list(train.targets).count)
    return RoutingSheet(words, fallback)
