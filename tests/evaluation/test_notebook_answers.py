"""The answers of named samples, which a notebook puts side by side: which they are, in which order, and what is said of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.exceptions import NameNotFoundError
from evaluation.notebook import run
from evaluation.notebook_answers import answers
from evaluation.run import Prediction
from tests.conftest import write_csv
from tests.records import make_campaign, make_run

NOTES = {f"n{hall}": f"La salle {hall} ouvre à {hall} h. Elle coûte {10 * hall} euros par jour." for hall in range(3, 23)}


def test_named_samples_are_answered_again_in_the_order_named(tmp_path: Path) -> None:
    rows = [(note, text, text, text.split()[9] + " euros") for note, text in NOTES.items()]
    file = write_csv(tmp_path / "halls.csv", rows, ("id", "document", "summary", "facts"))
    campaign = run(
        "document-summarisation",
        candidates=["first-sentences"],
        rounds=1,
        window_s=0.2,
        data=file,
        text="document",
        target=["summary"],
        licence="etalab-2.0",
        personal_data="no",
    )
    tested = [each.id for each in campaign.runs_of("first-sentences")[0].predictions]
    asked = [tested[3], tested[0]]
    found = answers(campaign, "first-sentences", asked)
    assert list(found.index) == asked
    assert [" ".join(answer.split()) for answer in found.answer] == [NOTES[note] for note in asked]
    assert list(found.wrong) == ["", ""]
    # What was recorded is as it was.
    assert [each.id for each in campaign.runs_of("first-sentences")[0].predictions] == tested


def test_a_candidate_or_a_sample_that_is_not_there_is_named() -> None:
    given = [Prediction(id=note, expected="", predicted="", score=None) for note in NOTES]
    campaign = make_campaign(make_run("writer", predictions=given))
    with pytest.raises(NameNotFoundError) as refused:
        answers(campaign, "writter", ["n3"])
    assert refused.value.remedy == "did you mean writer?"
    with pytest.raises(NameNotFoundError) as refused:
        answers(campaign, "writer", ["n3", "n99"])
    assert refused.value.expected.startswith("a test sample: n3, n4")
    assert refused.value.found == "'n99'"
