"""The card of an algorithm: what anyone concerned should know of it.

`texts/algorithm_card.*.txt` are what it says. After a change of words read them, and write them anew by
`python -m tests.evaluation.publishing.test_algorithm_card`.
"""

from __future__ import annotations

import pytest

from evaluation.assessment import Assessment
from evaluation.publishing.algorithm_card import algorithm_card_page
from evaluation.publishing.language import Language
from tests.evaluation.publishing.reading import read_page
from tests.evaluation.publishing.test_report import HEAD, LANGUAGES, TEXTS, found_of
from tests.reports import CARD, DATE, only_baseline

N, NO_BREAK = "\u202f", "\u00a0"


def said(found: Assessment, code: str) -> str:
    return read_page(algorithm_card_page(CARD, found, Language(code), DATE))


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_says_what_was_read_and_found_right(code: str) -> None:
    assert said(found_of(), code) == (TEXTS / f"algorithm_card.{code}.txt").read_text(encoding="utf-8")


def test_a_card_says_what_for_how_well_and_at_what_cost() -> None:
    lines = said(found_of(), "fr").splitlines()
    assert "À quoi il sert :: Proposer à l’agent le service qui répondra." in lines
    assert "Décision :: GO SI" in lines
    assert f"Qualité{NO_BREAK}: score de 0 à 1, moyenne sur toutes les classes (macro-F1) :: 0,796 / 0,761 à 0,830" in lines
    cost = f"12,3{N}mWh / preuve C{NO_BREAK}: valeur réelle 6,15{N}mWh à 73,8{N}mWh"
    assert f"Coût{NO_BREAK}: énergie pour 1{N}000 demandes orientées :: {cost}" in lines
    assert f"Registre carbone :: {HEAD}" in lines


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("fr", f"Règlement européen sur l’IA (AI Act){NO_BREAK}: niveau de risque :: risque minimal / Il range des textes."),
        ("fr", "Fonde une décision individuelle (CRPA, art. L. 311-3-1) :: non / Un agent lit chaque demande."),
        ("fr", f"Responsable :: non désigné{NO_BREAK}: à compléter par la ville"),
        ("en", "AI Act: level of risk :: minimal risk / Il range des textes."),
        ("en", "Human path :: Oui, par téléphone."),
    ],
)
def test_a_card_states_rights_and_duties(code: str, line: str) -> None:
    assert line in said(found_of(), code).splitlines()


def test_what_the_card_s_author_says_is_marked_as_of_its_language() -> None:
    page = algorithm_card_page(CARD, found_of(), Language("en"), DATE)
    assert '<bdi lang="fr">Oui, par téléphone.</bdi>' in page


def test_without_a_candidate_there_is_a_decision_and_no_figures() -> None:
    text = said(only_baseline(), "en")
    assert "Decision :: NOT CONCLUSIVE" in text
    assert "Candidate ::" not in text


if __name__ == "__main__":
    for each in LANGUAGES:
        (TEXTS / f"algorithm_card.{each}.txt").write_text(said(found_of(), each), encoding="utf-8")
