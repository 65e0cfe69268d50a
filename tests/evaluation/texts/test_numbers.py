"""Numbers, dates, times and amounts in one form: each line of a table is one value, in the ways in which it is written."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.texts.numbers import MONTHS, plain

SAME = {
    "full hour": ["18 h", "18h", "18h00", "18 h 00", "18:00", "18 heures", "18\u00a0h"],
    "half hour": ["18 h 30", "18h30", "18:30", "18 heures 30", "18\u202fh\u202f30"],
    "early": ["8h05", "08h05", "08:05", "8 h 05", "8 heures 05"],
    "date": [
        "1er juin 2026",
        "1 juin 2026",
        "01 juin 2026",
        "premier juin 2026",
        "01/06/2026",
        "1/6/2026",
        "01/06/26",
        "01.06.2026",
        "01-06-2026",
        "1er\u00a0JUIN 2026",
    ],
    "short month": ["3 septembre 2026", "3 sept. 2026", "3 sept 2026", "03/09/2026", "trois septembre 2026"],
    "short month behind the first": ["1er janvier 2027", "1er janv. 2027", "1 janv. 2027", "01/01/2027"],
    "accents": ["12 août", "12 Août", "12 aout", "12 AOÛT"],
    "zeros behind the comma": ["12", "12,0", "12,00", "12.00", "douze"],
    "comma and point": ["3,5", "3.5", "3,50"],
    "thousands": ["24 000", "24000", "24.000", "24\u202f000", "24\u00a0000", "24\u2009000", "24 000,00", "vingt-quatre mille"],
    "amount": ["1 250,50 €", "1.250,50 €", "1\u202f250,50\u00a0€", "1250,5 euros", "1250.50 €", "1 250,5 Euros"],
    "millions": [
        "1 200 000 €",
        "1.200.000 euros",
        "1\u202f200\u202f000\u00a0€",
        "1,2 M€",
        "1,2 M d’euros",
        "1,2 million d’euros",
        "1.2 millions d'euros",
        "1 200 k€",
        "1 200 000,00 €",
    ],
    "one million": ["1 000 000 €", "1 M€", "un million d’euros", "1 million d'euros", "1000 k€"],
    "billions": ["2 500 000 000 €", "2,5 Md€", "2,5 milliards d’euros"],
    "without euros": ["3 000 000", "3 millions", "trois millions"],
    "share": ["12 %", "12%", "12\u00a0%", "12,0 %", "12 pour cent", "douze pour cent"],
    "area": ["150 m²", "150 m2", "cent cinquante m²"],
    "in words": ["97", "quatre-vingt-dix-sept", "quatre vingt dix sept"],
    "in words with and": ["21", "vingt et un", "vingt-et-un"],
    "in words of hundreds": ["1 234", "mille deux cent trente-quatre", "mille-deux-cent-trente-quatre"],
    "range": ["du 11 au 22 janvier", "du 11 janvier au 22 janvier", "du 11 janv. au 22 janv."],
    "range from the first": ["du 1er au 3 juin", "du 1er juin au 3 juin", "du 1 au 3 juin"],
    "days of one month": ["3, 4 et 5 juillet", "3 juillet 4 juillet et 5 juillet"],
    "range of days by name": ["du vendredi 22 au lundi 25 mai", "du vendredi 22 mai au 25 mai"],
    "telephone": ["01 42 33 44 55", "01.42.33.44.55", "01-42-33-44-55", "0142334455", "01\u202f42\u202f33\u202f44\u202f55"],
    "telephone like a date": ["02.01.22.33.44", "02 01 22 33 44"],
    "article": ["article L. 2121-29", "article L 2121-29", "Article l. 2121-29"],
    "white space": ["la rue est fermée", "La  rue\nest fermée.", "« la rue est fermée »"],
}
CASES = [(name, *pair) for name, forms in SAME.items() for pair in itertools.pairwise(forms)]


@pytest.mark.parametrize(("what", "one", "other"), CASES)
def test_what_is_equal_by_value_becomes_equal_by_letters(what: str, one: str, other: str) -> None:
    assert plain(one) == plain(other)


def test_what_differs_by_value_stays_different() -> None:
    assert len({plain(forms[0]) for forms in SAME.values()}) == len(SAME)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("18 h", "18"),
        ("18 h", "18 h 30"),
        ("18 h 30", "18 h 03"),
        ("18 h 30", "18,30"),
        ("1er juin 2026", "6 janvier 2026"),
        ("1er juin 2026", "1er juin 2027"),
        ("1er juin", "11 juin"),
        ("12", "1,2"),
        ("12", "120"),
        ("12,5", "12,05"),
        ("3,5", "35"),
        ("1 250", "1,250"),
        ("1 250 €", "250 €"),
        ("1 250 €", "1 250"),
        ("1 250 €", "1 250 %"),
        ("1,2 M€", "1,2 Md€"),
        ("1,2 M€", "1,2 k€"),
        ("12 m", "12 M€"),
        ("150 m²", "150 m"),
        ("vingt-quatre mille", "vingt-quatre"),
        ("du 11 au 22 janvier", "du 11 au 22 février"),
        ("du 11 au 22 janvier", "le 22 janvier"),
        ("du 11 au 22 janvier", "du 12 au 22 janvier"),
        ("L. 2121-29", "L. 2121-30"),
        ("L. 2121-29", "R. 2121-29"),
        ("R. 417-10", "R. 417-11"),
        ("01 42 33 44 55", "01 42 33 44 56"),
    ],
)
def test_forms_that_only_look_alike_stay_different(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "  "),
        ("un banc", " un banc "),
        ("une rue et un banc neuf", " une rue et un banc neuf "),
        ("cent pour cent", " cent pour cent "),
        ("au 1er étage", " au 1 er etage "),
        ("12 345 678 habitants", " 12345678 habitants "),
        ("en 2026 300 personnes", " en 2026 300 personnes "),
        ("24 h sur 24", " 24h sur 24 "),
        ("31/13/2026", " 31 13 2026 "),
        ("un lot de 3 250 euros", " un lot de 3250 euros "),
        ("sept agents et neuf chiens", " 7 agents et neuf chiens "),
        ("il y en a deux, trois peut-être", " il y en a 2 3 peut etre "),
        ("le budget de mars", " le budget de mars "),
        ("les 30 juin et 3 sept.", " les 30 juin et 3 septembre "),
        ("L’ÉCOLE d’à côté", " l ecole d a cote "),
    ],
)
def test_words_and_numbers_are_told_from_each_other(text: str, words: str) -> None:
    assert plain(text) == words


@given(st.integers(0, 10**9 - 1), st.sampled_from([" ", "\u00a0", "\u202f", "."]))
def test_thousands_read_as_one_number_however_they_are_parted(number: int, separator: str) -> None:
    assert plain(f"{number:,}".replace(",", separator)) == f" {number} "


@given(st.integers(0, 99_999), st.integers(1, 99), st.sampled_from(",."))
def test_decimals_read_alike_with_comma_or_point(whole: int, hundredths: int, mark: str) -> None:
    assert plain(f"{whole}{mark}{hundredths:02}") == f" {whole}.{hundredths:02}".rstrip("0") + " "


@given(st.integers(1, 28), st.integers(1, 12), st.integers(1900, 2099), st.sampled_from("/.-"))
def test_dates_in_figures_read_as_dates_in_words(day: int, month: int, year: int, mark: str) -> None:
    written = f" {day} {MONTHS[month - 1]} {year} "
    assert plain(f"{day:02}{mark}{month:02}{mark}{year}") == written
    assert plain(written) == written


@given(st.integers(0, 23), st.integers(1, 59))
def test_times_read_alike_in_every_notation(hour: int, minute: int) -> None:
    written = {plain(f"{hour}{mark}{minute:02}") for mark in ("h", " h ", ":", " heures ")}
    assert written == {f" {hour}h{minute:02} "}


@given(st.text())
def test_words_stand_between_spaces(text: str) -> None:
    found = plain(text)
    assert found.startswith(" ")
    assert found.endswith(" ")
    assert found.split() == found[1:-1].split(" ") or not found.split()


def test_a_number_before_a_date_is_a_day_of_that_month_only_where_days_go_on() -> None:
    assert plain("salle 12, 2 mai") == " salle 12 2 mai "
    assert plain("les 2, 12 et 20 mai") == " les 2 mai 12 mai et 20 mai "
