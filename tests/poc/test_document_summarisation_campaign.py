"""Summaries of a user's own documents, from the command line to the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.footprint import PeakMemory
from tests.conftest import Preuve, write_csv

TASK = "document-summarisation"
CANDIDATES = ["--candidate", "first-sentences", "--candidate", "textrank"]
SHORT = ["--rounds", "1", "--window", "0.5", "--licence", "etalab-2.0", "--personal-data", "no"]
# What a street is closed for; each makes a document with a reference of two hands.
STREETS = (
    "Lavoir", "Moulin", "Four", "Puits", "Verger", "Tilleul", "Rempart", "Marché", "Pressoir", "Couvent",
    "Lycée", "Stade", "Canal", "Port", "Théâtre", "Musée",
)  # fmt: skip


def documents() -> list[tuple[str, str, str]]:
    rows = []
    for number, street in enumerate(STREETS):
        day, cost = 3 + number, 1000 + 130 * number
        closed = f"La rue du {street} est fermée à la circulation du {day} mai au {day + 9} mai 2027."
        sentences = [
            closed,
            f"La régie remplace une conduite d'eau de {40 + number} mètres qui date de 1931.",
            f"Les riverains de la rue du {street} passent à pied et les commerces restent ouverts.",
            f"Les travaux coûtent {cost} euros, que la Ville et la régie paient par moitié.",
            "Les camions de collecte s'arrêtent au bout de la rue pendant toute la durée des travaux.",
            "Le service de la voirie répond aux questions tous les matins de la semaine.",
            f"Le bus numéro {number + 1} suit une déviation que des panneaux indiquent à chaque carrefour.",
        ]
        rows.append((" ".join(sentences), closed, f"La rue du {street} est fermée jusqu'au {day + 9} mai ; coût : {cost} euros."))
    return rows


@pytest.fixture(autouse=True)
def no_look_at_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.campaign.find_peak_memory", lambda *_: PeakMemory(100.0))


def ran(preuve: Preuve, *options: str | Path) -> dict[str, Any]:
    outcome = preuve("run", TASK, *options, *CANDIDATES, *SHORT, "--json")
    assert outcome.status == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    assert [(candidate["name"], candidate["status"]) for candidate in found["candidates"]] == [
        ("first-sentences", "finished"),
        ("textrank", "finished"),
    ]
    return found


def scores(found: dict[str, Any], metric: str) -> list[float]:
    return [candidate["scores"][metric]["value"] for candidate in found["candidates"]]


def test_texts_and_two_hands_summaries_a_line_each(preuve: Preuve, tmp_path: Path, home: Path) -> None:
    files = [tmp_path / name for name in ("documents.txt", "reference.txt", "second.txt")]
    for path, lines in zip(files, zip(*documents(), strict=True), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = ran(preuve, "--data", files[0], "--target", files[1], "--target", files[2])
    assert found["campaign"]["conditions"] == {"limit_words": 90}
    assert found["campaign"]["data"]["further_targets"] == [str(files[2])]
    assert found["campaign"]["data"]["train_samples"] + found["campaign"]["data"]["test_samples"] == len(STREETS)
    # Nobody named the facts of these documents: candidates are judged by the first metric that says something.
    assert found["metric"] == "rouge_1"
    assert scores(found, "unsupported_facts") == [0, 0]
    # Each summary is a copy of most of its document.
    assert all(0.6 < share < 1 for share in scores(found, "compression"))
    page = preuve("compare", TASK)
    assert page.status == 0, page.err
    for words in ("documents.txt", "first-sentences", "(baseline)", "textrank"):
        assert words in page.out
    # What is kept of texts is what they score.
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert len(kept) > 10
    assert [path for path in kept if b"des panneaux indiquent" in path.read_bytes()] == []


def test_a_table_and_one_limit_for_all(preuve: Preuve, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "documents.csv", [row[:2] for row in documents()], ("texte", "abstract"))
    found = ran(preuve, "--data", data, "--text", "texte", "--target", "abstract", "--param", "limit_words=40")
    assert found["campaign"]["conditions"] == {"limit_words": 40}
    assert found["campaign"]["data"]["further_targets"] == []
    fewest = min(len(document.split()) for document, *_ in documents())
    assert all(0.2 < share <= 40 / fewest for share in scores(found, "compression"))
    # The reference is each document's first sentence.
    assert scores(found, "rouge_l")[0] > 0.5
