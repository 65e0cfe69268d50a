"""The baseline that does without AI: what a clerk does with a routing sheet."""

from __future__ import annotations

import tomllib
from pathlib import Path

from evaluation.candidate import Predictor
from evaluation.exceptions import CandidateUnavailableError
from evaluation.messages import say, words
from evaluation.samples import Samples
from poc.keywords import RoutingSheet

ROUTING_SHEET = Path(__file__).with_name("routing_sheet.toml")
NO_KEYWORDS = words("the routing sheet has no keywords for {unknown} of the {labels} labels: {names}")


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
