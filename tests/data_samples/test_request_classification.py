"""The sample requests are as varied, as hard and as clean as their card says."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from evaluation.data.loading import DataRequest, load_data
from evaluation.home import PROJECT
from evaluation.metrics import label_answers, macro_f1
from evaluation.samples import Split
from poc.request_classification import CANDIDATES, TASK

FOLDER = PROJECT / "data_samples" / "request_classification"
SERVICES = {
    "voirie-trottoirs",
    "proprete-depots-sauvages",
    "collecte-encombrants",
    "graffitis-affichage",
    "eclairage-public",
    "espaces-verts",
    "eau-assainissement",
    "stationnement",
    "mobilites-velo",
    "bruit-voisinage",
    "tranquillite-publique",
    "animaux-nuisibles",
    "etat-civil",
    "elections",
    "scolaire-periscolaire",
    "petite-enfance",
    "ccas-aide-sociale",
    "logement-hygiene",
    "urbanisme",
    "culture-sport-associations",
    "acces-numerique",
    "autre",
}
CHANNELS = {"courriel", "formulaire", "appel transcrit", "application", "courrier", "guichet"}
COMPETENCES = {"ville", "ccas", "metropole", "transporteur", "etat", "autre"}
HARD_CASES = {"sans-accents", "sms", "dictee", "colere", "politesse", "double", "lieu-trompeur", "mauvais-service", "hors-sujet"}
LARGEST_JACCARD = 0.6


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return read(FOLDER / "requests.csv")


@pytest.fixture(scope="module")
def hard_cases() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in read(FOLDER / "hard_cases.csv"):
        found[row["id"]].add(row["hard_case"])
    return found


def test_there_are_enough_requests_of_every_service(rows: list[dict[str, str]]) -> None:
    counts = Counter(row["service"] for row in rows)
    assert set(counts) == SERVICES
    assert min(counts.values()) >= 35
    assert len(rows) >= 1200


def test_columns_hold_what_they_are_for(rows: list[dict[str, str]]) -> None:
    assert list(rows[0]) == ["id", "message", "service", "channel", "urgent", "competence", "split"]
    assert {row["channel"] for row in rows} == CHANNELS
    assert {row["competence"] for row in rows} == COMPETENCES
    assert {row["urgent"] for row in rows} == {"true", "false"}
    assert len({row["id"] for row in rows}) == len(rows)


def test_messages_are_from_five_to_a_hundred_and_fifty_words_long(rows: list[dict[str, str]]) -> None:
    lengths = [len(row["message"].split()) for row in rows]
    assert min(lengths) >= 5
    assert max(lengths) <= 150
    assert sum(length < 15 for length in lengths) >= len(rows) / 10
    assert sum(length > 60 for length in lengths) >= len(rows) / 10


def test_at_least_four_in_ten_are_hard_and_every_kind_of_hard_occurs(
    rows: list[dict[str, str]], hard_cases: dict[str, set[str]]
) -> None:
    assert set(hard_cases) <= {row["id"] for row in rows}
    assert len(hard_cases) >= 0.4 * len(rows)
    counts = Counter(kind for kinds in hard_cases.values() for kind in kinds)
    assert set(counts) == HARD_CASES
    assert min(counts.values()) >= 20


def test_hard_cases_that_can_be_checked_are_what_they_claim(rows: list[dict[str, str]], hard_cases: dict[str, set[str]]) -> None:
    for row in rows:
        kinds = hard_cases.get(row["id"], set())
        if "sans-accents" in kinds:
            assert not any(map(unicodedata.combining, unicodedata.normalize("NFD", row["message"]))), row["message"]
        if "hors-sujet" in kinds:
            assert row["service"] == "autre" or row["competence"] in {"etat", "autre"}, row["message"]


def test_no_two_messages_are_alike(rows: list[dict[str, str]]) -> None:
    holders: dict[str, list[int]] = defaultdict(list)
    sizes: list[int] = []
    for place, row in enumerate(rows):
        text = " ".join(row["message"].casefold().split())
        grams = {text[start : start + 5] for start in range(len(text) - 4)}
        shared = Counter(other for gram in grams for other in holders[gram])
        for other, count in shared.most_common(5):
            assert count / (len(grams) + sizes[other] - count) <= LARGEST_JACCARD, (rows[other]["message"], row["message"])
        sizes.append(len(grams))
        for gram in grams:
            holders[gram].append(place)


def test_no_opening_is_worn_out(rows: list[dict[str, str]]) -> None:
    openings = Counter(" ".join(row["message"].casefold().split()[:3]) for row in rows)
    opening, times = openings.most_common(1)[0]
    assert times <= len(rows) / 100, opening


def test_every_service_is_on_both_sides_of_the_split_and_no_message_is(rows: list[dict[str, str]]) -> None:
    sides: dict[str, list[dict[str, str]]] = {"train": [], "test": []}
    for row in rows:
        sides[row["split"]].append(row)
    for side in sides.values():
        assert {row["service"] for row in side} == SERVICES
    train, test = ({" ".join(row["message"].casefold().split()) for row in side} for side in sides.values())
    assert not train & test


def test_there_is_no_phone_number_mail_or_web_address(rows: list[dict[str, str]]) -> None:
    contact = re.compile(r"(?:\d[ .-]?){9,}|\S+@\S+|https?:|www\.")
    assert [row["message"] for row in rows if contact.search(row["message"])] == []


@pytest.fixture(scope="module")
def split() -> Split:
    import datetime as dt

    found, record = load_data(TASK, DataRequest(), dt.date(2026, 11, 23))
    assert record.contains_personal_data == "no"
    assert record.licence == "etalab-2.0"
    return found


@pytest.mark.parametrize(
    ("name", "lowest", "highest"), [("keywords", 0.35, 0.80), ("tfidf-logreg", 0.5, 0.97), ("tfidf-linearsvc", 0.5, 0.97)]
)
def test_the_set_tells_candidates_apart(split: Split, name: str, lowest: float, highest: float) -> None:
    candidate = next(candidate for candidate in CANDIDATES if candidate.name == name)
    predictor = candidate.fit(split.train, seed=0, **candidate.params)
    assert lowest <= macro_f1.value(label_answers(split.test.targets, predictor.predict(split.test.inputs))) < highest
