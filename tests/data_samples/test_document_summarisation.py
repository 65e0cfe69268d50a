"""The sample documents are as varied, as checked and as clean as their card says, and tell candidates apart."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest

from evaluation.data.card import card_path, file_sha256, read_card
from evaluation.data.loading import columns_of
from evaluation.data.splits import read_split
from evaluation.home import PROJECT
from evaluation.judgement.quality import weigh_answers
from evaluation.judgement.statistics import SIGNIFICANCE
from evaluation.metrics import Answers
from evaluation.samples import Split
from evaluation.scoring import answers_of, predict_samples, score_answers
from evaluation.texts.facts import found_facts, holds_fact
from evaluation.texts.oddities import answer_flags
from evaluation.texts.words import WORD, count_words, fold
from poc.document_summarisation import CANDIDATES, TASK

DOCUMENTS = PROJECT / TASK.data
KINDS = {
    "deliberation",
    "arrete",
    "communique",
    "avis-de-travaux",
    "consultation",
    "dossier-de-subvention",
    "compte-rendu",
    "lettre-association",
}
STRUCTURES = {"decision-first", "decision-last", "table", "corrected-date", "free"}
HANDS = ("summary_a", "summary_b")
# Numbers that the regulator keeps for fiction: 01 99 00 and 04 65 71, with four digits more.
PHONE = re.compile(r"(?<!\d)(?:(?:\+|00)33[\s.\u00a0\u202f-]?(?:\(0\))?|0)[1-9](?:[\s.\u00a0\u202f-]?\d{2}){4}(?!\d)")
FICTIONAL = re.compile(r"0(?:19900|46571)\d{4}")
ADDRESS = re.compile(r"\S+@\S+|https?:\S+|www\.\S+|\b[\w-]+\.(?:fr|com|org|net|eu|info|gouv)\b", re.IGNORECASE)
LARGEST_JACCARD = 0.1

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read(DOCUMENTS)


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facts_of(row: Row) -> list[str]:
    return row["facts"].splitlines()


def test_there_are_enough_documents_and_their_columns_hold_what_they_are_for(rows: list[Row]) -> None:
    assert len(rows) >= 60
    assert list(rows[0]) == ["id", "kind", "structure", "split", "document", *HANDS, "facts"]
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(cell.strip() for row in rows for cell in row.values())


def test_every_kind_and_structure_is_on_both_sides_of_the_split(rows: list[Row]) -> None:
    for column, known in (("kind", KINDS), ("structure", STRUCTURES)):
        sides = {side: {row[column] for row in rows if row["split"] == side} for side in ("train", "test")}
        assert sides == {"train": known, "test": known}
    assert {row["split"] for row in rows} == {"train", "test"}
    # By kind, a share is told on so many documents at least.
    assert min(Counter(row["kind"] for row in rows if row["split"] == "test").values()) >= 5
    # 40 % of each structure are for learning, as the card says.
    for structure in STRUCTURES:
        sides_of = [row["split"] for row in rows if row["structure"] == structure]
        assert 0.35 <= sides_of.count("train") / len(sides_of) <= 0.45, structure


def test_documents_and_references_have_their_lengths(rows: list[Row]) -> None:
    lengths = [count_words(row["document"]) for row in rows]
    assert (min(lengths) >= 250, max(lengths) <= 900) == (True, True)
    assert [row["id"] for row in rows for hand in HANDS if not 60 <= count_words(row[hand]) <= 90] == []


def test_facts_are_in_their_documents(rows: list[Row]) -> None:
    assert {len(facts_of(row)) for row in rows} <= {5, 6, 7, 8}
    assert [(row["id"], fact) for row in rows for fact in facts_of(row) if not holds_fact(fact, row["document"])] == []
    assert all(len(set(facts_of(row))) == len(facts_of(row)) for row in rows)


def test_facts_are_of_their_document_and_of_no_other(rows: list[Row]) -> None:
    # What is found anywhere says nothing: in the next document of another kind, few of them are.
    found = [
        found_facts(row["facts"], other["document"])
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True)
        if row["kind"] != other["kind"]
    ]
    assert len(found) > 60
    assert sum(held for held, _ in found) < 0.15 * sum(listed for _, listed in found)


@pytest.mark.parametrize("hand", HANDS)
def test_each_hand_says_nearly_all_facts(rows: list[Row], hand: str) -> None:
    counts = [found_facts(row["facts"], row[hand]) for row in rows]
    assert sum(found for found, _ in counts) >= 0.9 * sum(listed for _, listed in counts)
    assert [row["id"] for row, (found, listed) in zip(rows, counts, strict=True) if found < listed / 2] == []


@pytest.mark.parametrize("hand", HANDS)
def test_references_are_no_odd_answers(rows: list[Row], hand: str) -> None:
    split = read_split(DOCUMENTS, columns_of(TASK, own=True), test=None)
    samples = {sample.id: sample for side in (split.train, split.test) for sample in side}
    flags = {row["id"]: answer_flags(samples[row["id"]], row[hand], TASK.conditions) for row in rows}
    assert {sample_id: found for sample_id, found in flags.items() if found} == {}


def runs(text: str) -> set[tuple[str, ...]]:
    """All different runs of five words."""
    words = WORD.findall(fold(text))
    return set(zip(*(words[begin:] for begin in range(5)), strict=False))


def jaccard(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other)


def test_two_hands_wrote_two_summaries(rows: list[Row]) -> None:
    likeness = {row["id"]: jaccard(*(runs(row[hand]) for hand in HANDS)) for row in rows}
    assert {sample_id: share for sample_id, share in likeness.items() if share > 0.5} == {}
    assert sum(likeness.values()) / len(likeness) < 0.25


def test_references_are_written_and_not_copied(rows: list[Row]) -> None:
    shares = [len(runs(row[hand]) & runs(row["document"])) / len(runs(row[hand])) for row in rows for hand in HANDS]
    assert sum(shares) / len(shares) < 0.5


def test_no_two_documents_are_alike(rows: list[Row]) -> None:
    runs_of = {row["id"]: runs(row["document"]) for row in rows}
    alike = [(one, other) for one, other in combinations(runs_of, 2) if jaccard(runs_of[one], runs_of[other]) > LARGEST_JACCARD]
    assert alike == []


def test_no_opening_is_worn_out(rows: list[Row]) -> None:
    # Letterheads are alike; what a document begins to say is not.
    openings: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for hand in HANDS:
            openings[" ".join(WORD.findall(fold(row[hand]))[:4])].append(row["id"])
    most = max(openings.values(), key=len)
    assert len(most) <= len(rows) / 10, most


def contacts(text: str) -> list[str]:
    """Phone numbers outside the ranges of fiction, and addresses of mail and web that may be somebody's."""
    numbers = [re.sub(r"\D", "", re.sub(r"^(?:\+|00)33(?:\D*\(0\))?\D*", "0", match[0])) for match in PHONE.finditer(text)]
    return [number for number in numbers if not FICTIONAL.fullmatch(number)] + [match[0] for match in ADDRESS.finditer(text)]


def test_contacts_are_found() -> None:
    assert contacts("au 01 42 76 40 40, au +33 6 12 34 56 78, au 0612345678, à a@b.fr ou sur www.ville.fr") == [
        "0142764040",
        "0612345678",
        "0612345678",
        "a@b.fr",
        "www.ville.fr",
    ]
    assert contacts("au 01 99 00 12 34, au +33 4 65 71 12 34, ou 1 250 000 000 €, le 01.02.2026 à 18 h 30") == []


def test_nobody_can_be_called_or_written_to(rows: list[Row]) -> None:
    found = {row["id"]: contacts(" ".join(row.values())) for row in rows}
    assert {sample_id: each for sample_id, each in found.items() if each} == {}
    assert sum(bool(PHONE.search(row["document"])) for row in rows) > 10


def test_the_card_is_of_these_documents() -> None:
    card = read_card(card_path(DOCUMENTS))
    assert card.sha256 == file_sha256(DOCUMENTS)
    assert (card.contains_personal_data, card.licence) == ("no", "etalab-2.0")
    assert f"{len(read(DOCUMENTS))} documents" in card_path(DOCUMENTS).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def split() -> Split:
    return read_split(DOCUMENTS, columns_of(TASK, own=True), test=None)


def answers_by(split: Split, name: str) -> Answers:
    candidate = next(candidate for candidate in CANDIDATES if candidate.name == name).with_params(TASK.conditions)
    predictor = candidate.fit(split.train, seed=0, **candidate.params)
    predictions, _ = score_answers(TASK, split.test, predict_samples(predictor, split.test))
    return answers_of(predictions, texts=True)


def test_the_set_tells_candidates_apart(split: Split) -> None:
    baseline = next(candidate.name for candidate in CANDIDATES if candidate.baseline)
    answers = {name: [answers_by(split, name)] for name in (baseline, "learned-extractive")}
    quality = weigh_answers(answers, TASK.metrics)
    assert TASK.metrics[0].name == "fact_recall"
    assert 0.3 <= quality.scores[baseline]["fact_recall"].value <= 0.7
    # The share of facts is what a candidate is chosen by: it must leave room above the best of those without a large model.
    assert quality.scores["learned-extractive"]["fact_recall"].value < 0.9
    gain = quality.differences[baseline, "learned-extractive"]["fact_recall"]
    assert gain.high is not None
    assert gain.high < 0
    assert quality.p_values[baseline, "learned-extractive"] < SIGNIFICANCE
