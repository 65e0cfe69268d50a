"""The command line, driven as a user would."""

from __future__ import annotations

import json

from tests.conftest import Preuve


def test_run_shows_the_candidates_side_by_side(preuve: Preuve, own_data: list[str]) -> None:
    outcome = preuve("run", "request-classification", *own_data, "--candidate", "keywords", "--candidate", "tfidf-logreg", "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert [candidate["name"] for candidate in found["candidates"]] == ["keywords", "tfidf-logreg"]
