"""Facts: those that a summary must hold, and those that it states without its source."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.home import PROJECT
from evaluation.texts.facts import Stated, found_facts, holds_fact, stated_facts, unsupported
from evaluation.texts.sentences import join_sentences, split_sentences

with (PROJECT / "data_samples" / "document_summarisation" / "documents.csv").open(encoding="utf-8", newline="") as file:
    DOCUMENTS = [row["document"] for row in csv.DictReader(file)]

# Facts that must be there


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("rue du Lavoir", "La rue du lavoir est fermée."),
        ("rue du Lavoir", "La RUE DU\nLAVOIR"),
        ("48 000 €", "Il en coûte 48.000 euros."),
        ("1,2 M€", "Il en coûte 1 200 000 €."),
        ("18 h 30", "Rendez-vous à 18:30."),
        ("1er juin 2026", "Le 01/06/2026, à midi."),
        ("3 juin", "Le 3 juin 2026, à midi."),
        ("vingt-quatre", "24 agents"),
        # One wording of several.
        ("gratuit | sans frais", "C’est sans frais."),
        ("gratuit|sans frais", "C’est gratuit."),
        # Parts in any order, apart from each other.
        ("rue du Lavoir & 48 000 €", "48 000 € pour la rue du Lavoir"),
        ("refus & budget | rejet & budget", "Budget : le rejet"),
        # A star stands for longer words, and for none.
        ("ferm*", "La rue est fermée."),
        ("ferm*", "La fermeture"),
        ("ferme*", "On ferme."),
        ("rue* ferm*", "Les rues fermées"),
        ("march* & suppr*", "La suppression du marché"),
        ("C*", "un C et"),
        ("12 %", "douze pour cent"),
    ],
)
def test_a_fact_is_held_in_any_of_its_wordings(fact: str, text: str) -> None:
    assert holds_fact(fact, text)


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("rue du Lavoir", ""),
        ("rue du Lavoir", "La rue est près du Lavoir."),
        ("rue", "la ruelle"),
        ("ferm*", "La rue est affermée."),
        ("48 000 €", "Il en coûte 49 000 €."),
        ("48 000 €", "Il en coûte 48 000."),
        ("250", "1 250"),
        ("25", "25,5"),
        ("18 h", "18 h 30"),
        ("3 juin", "13 juin"),
        ("3 juin", "3 juillet"),
        ("3 juin 2026", "3 juin 2027"),
        ("3 juin 2026", "3 juin"),
        ("gratuit | sans frais", "payant"),
        ("rue du Lavoir & 48 000 €", "La rue du Lavoir"),
        ("refus & budget | rejet & budget", "Le refus et le rejet"),
        ("rue*", "une avenue"),
    ],
)
def test_a_fact_that_a_text_does_not_say_is_not_held(fact: str, text: str) -> None:
    assert not holds_fact(fact, text)


@pytest.mark.parametrize(
    ("facts", "summary", "found"),
    [
        ("", "La rue ferme.", (0, 0)),
        ("\n  \n", "La rue ferme.", (0, 0)),
        ("rue\nparc\nferm*", "La rue ferme.", (2, 3)),
        ("rue\r\n\r\nparc", "La rue ferme.", (1, 2)),
        ("rue\nparc", "", (0, 2)),
    ],
)
def test_each_line_is_a_fact(facts: str, summary: str, found: tuple[int, int]) -> None:
    assert found_facts(facts, summary) == found


@pytest.mark.parametrize("fact", ["(rue", "rue.+", "[rue]", "rue?", "\\d"])
def test_signs_of_patterns_are_no_patterns(fact: str) -> None:
    assert not holds_fact(fact, "le parc 12")


# What a text states


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("", []),
        ("La rue ferme en mai.", []),
        ("Il y a 24 agents.", [("number", "24")]),
        ("Il y a vingt-quatre agents.", [("number", "24")]),
        ("Il en coûte 1 250,50 € pour 12 %.", [("amount", "1250.5 euros"), ("amount", "12 pour cent")]),
        ("Il faut trois mois pour 150 m².", [("amount", "3 mois"), ("amount", "150 m2")]),
        ("Le 3 juin 2026 à 18 h 30.", [("date", "3 juin 2026"), ("time", "18h30")]),
        ("Du 1er au 3 juin, puis en mai 2027.", [("date", "1 juin"), ("date", "3 juin"), ("date", "mai 2027")]),
        # What follows a month is no year where it is an amount.
        ("Le 22 mai, 1 250 euros sont versés.", [("date", "22 mai"), ("amount", "1250 euros")]),
        ("Le 22 mai, 2 000 euros sont versés.", [("date", "22 mai"), ("amount", "2000 euros")]),
        # Names, without titles, articles and what only begins a sentence.
        ("Ici M. Martin signe.", [("name", "martin")]),
        ("Monsieur Martin signe. Madame la maire part.", [("name", "martin")]),
        ("Martin signe.", []),
        ("Anne Martin signe.", [("name", "anne martin")]),
        ("Les agents partent.", []),
        ("La Ville paie.", [("name", "ville")]),
        ("Les agents de la Ville.", [("name", "ville")]),
        ("L’Isère déborde, d’Isère ou non.", [("name", "isere"), ("name", "isere")]),
        ("L’association ferme.", []),
        ("On remercie J.-P. Lestrade et la rue Jules-Ferry.", [("name", "j p lestrade"), ("name", "jules ferry")]),
        ("On dit : Bravo.", []),
        # A sentence by itself.
        ("Il y a 24\n\neuros en caisse", [("number", "24")]),
    ],
)
def test_numbers_amounts_dates_times_and_names_are_stated(text: str, stated: list[tuple[str, str]]) -> None:
    assert stated_facts(text) == [Stated(*fact) for fact in stated]


SOURCE = (
    "Le 3 juin 2026 à 18 h 30, M. Jean Lestrade et Mme Anne Martin, de la Ville de Montaubray, ont présenté le projet. "
    "Il coûte 48 000 € et dure trois mois. L’association d’Isère y prend part avec 24 bénévoles et 12 % des frais. "
    "La réunion du 9 juillet est annulée."
)
TABLE = "Poste | Montant\nVoirie | 31 500\nécoles | 14 places"


@pytest.mark.parametrize(
    "summary",
    [
        "Il coûte 48 000 €.",
        "Il coûte 48 k€.",
        "Il coûte quarante-huit mille euros.",
        "Il dure 3 mois.",
        "Il y a 24 bénévoles, soit vingt-quatre bénévoles.",
        "Douze pour cent des frais",
        "Le 03/06/2026",
        "Le 3 juin",
        "En juin 2026",
        "Le 9 juillet 2026",
        "Rendez-vous à 18:30",
        "Avec Jean Lestrade",
        "Avec Monsieur Jean Lestrade",
        "Avec Mme Martin",
        "Avec madame Martin",
        "Avec M. Lestrade",
        "avec ANNE MARTIN",
        "L’Isère paie, et d’Isère il vient",
        "Lestrade signe.",
        "Bravo.",
        "À Montaubray",
        "",
    ],
)
def test_what_the_source_says_in_other_letters_is_supported(summary: str) -> None:
    assert unsupported(SOURCE, summary)[0] == []


@pytest.mark.parametrize(
    ("summary", "kind", "value"),
    [
        ("Il y a 25 bénévoles.", "number", "25"),
        ("Il y a vingt-cinq bénévoles.", "number", "25"),
        ("Il coûte 49 000 €.", "amount", "49000 euros"),
        ("Il coûte 48 €.", "amount", "48 euros"),
        # The number is there, of another unit.
        ("Il coûte 48 000 m².", "amount", "48000 m2"),
        ("Il dure 3 ans.", "amount", "3 ans"),
        ("Il coûte 12 €.", "amount", "12 euros"),
        ("Le 4 juin 2026", "date", "4 juin 2026"),
        ("Le 3 juillet 2026", "date", "3 juillet 2026"),
        ("Le 3 juin 2027", "date", "3 juin 2027"),
        ("Le 13 juin", "date", "13 juin"),
        ("Rendez-vous à 18 h", "time", "18h"),
        ("Rendez-vous à 19 h 30", "time", "19h30"),
        ("Avec Mme Durand", "name", "durand"),
        # The first name of one person and the last name of another.
        ("Avec Jean Martin", "name", "jean martin"),
        ("Avec M. Jean Martin", "name", "jean martin"),
        ("Avec Anne Lestrade", "name", "anne lestrade"),
        ("Anne Lestrade signe.", "name", "anne lestrade"),
        ("L’Aude paie.", "name", "aude"),
        ("Avec d’Aude", "name", "aude"),
        # A word of the source is no whole name.
        ("Avec M. Lestr", "name", "lestr"),
    ],
)
def test_what_the_source_does_not_say_is_unsupported(summary: str, kind: str, value: str) -> None:
    assert unsupported(SOURCE, summary) == ([Stated(kind, value)], 1)


def test_a_bare_number_of_a_table_holds_an_amount_and_one_with_a_unit_no_other() -> None:
    assert unsupported(TABLE, "La voirie coûte 31 500 €.") == ([], 1)
    assert unsupported(TABLE, "La voirie coûte 31 600 €.") == ([Stated("amount", "31600 euros")], 1)
    assert unsupported(TABLE, "Les écoles coûtent 14 €.") == ([Stated("amount", "14 euros")], 1)


def test_an_amount_behind_a_date_without_a_year_is_an_amount() -> None:
    assert unsupported("Le 22 mai, 1 250 euros sont versés.", "On verse 1 250 euros.") == ([], 1)


def test_a_range_of_days_holds_its_first_day() -> None:
    assert unsupported("Fermé du 1er au 15 juin 2026.", "Fermé à compter du 1er juin 2026.") == ([], 1)


def test_stated_facts_are_counted_each_time_and_only_those_without_a_source_are_named() -> None:
    summary = "Le 3 juin 2026, Jean Martin a donné 48 000 €, puis 48 000 €, puis 13 €."
    assert unsupported(SOURCE, summary) == ([Stated("amount", "13 euros"), Stated("name", "jean martin")], 5)


# Sentences of a source are supported by it

SENTENCES = (
    "Le 3 juin 2026 à 18 h 30, M. Jean Lestrade ouvre la séance.",
    "Mme Anne Martin et J.-P. Durand votent contre, par 14 voix.",
    "Vu l’art. L. 2121-29 du code, il en coûte 1 250,50 €.",
    "RAPPORT DE LA VILLE DE MONTAUBRAY",
    "La rue du Lavoir ferme du 1er au 15 sept. 2026",
    "mai est férié",
    "Inscriptions sur www.montaubray.fr.",
    "- vingt-quatre mille euros pour l’Isère ;",
    "euros constants",
    "Voirie | 31 500",
    "Fermé le 3",
    "Appelez Paul Rey au 01 42 33 44 55.",
    "Il a dit : « Anne viendra le 12/05/2026. »",
    "Le bâtiment A.",
    "Madame,",
    "à 9 h.",
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=10), st.sampled_from([" ", "\n", "\n\n"]), st.data())
def test_any_sentences_of_a_text_state_nothing_without_it(pieces: list[str], between: str, data: st.DataObject) -> None:
    text = between.join(pieces)
    chosen = data.draw(st.lists(st.sampled_from(split_sentences(text))))
    assert unsupported(text, join_sentences(chosen))[0] == []


@settings(deadline=None)
@given(st.sampled_from(DOCUMENTS), st.data())
def test_any_sentences_of_a_sample_document_state_nothing_without_it(document: str, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(split_sentences(document)), unique=True, max_size=8))
    assert unsupported(document, join_sentences(chosen))[0] == []
