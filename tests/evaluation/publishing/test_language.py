"""Numbers, units, energies, intervals and moments as each language writes them."""

from __future__ import annotations

import datetime as dt
from math import inf, nan

import pytest

from evaluation.exceptions import PreuveError
from evaluation.judgement.statistics import Interval
from evaluation.messages import say_number
from evaluation.publishing.language import Language, Scale, language

FRENCH, ENGLISH = Language("fr"), Language("en")
# Between a number and its unit or its thousands in French.
N = "\u202f"
MINUS = "\u2212"


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (0, "0", "0"),
        (7, "7", "7"),
        (1_000, f"1{N}000", "1,000"),
        (-12_345, f"{MINUS}12{N}345", f"{MINUS}12,345"),
        (10**12, f"1{N}000{N}000{N}000{N}000", "1,000,000,000,000"),
    ],
)
def test_whole_numbers_are_grouped_by_thousands(value: int, french: str, english: str) -> None:
    assert (FRENCH.count(value), ENGLISH.count(value)) == (french, english)


@pytest.mark.parametrize(
    ("value", "french", "english"),
    [
        (0.0, "0", "0"),
        (1.0, "1,00", "1.00"),
        (0.5, "0,500", "0.500"),
        (-2.5, f"{MINUS}2,50", f"{MINUS}2.50"),
        (9.999, "10,0", "10.0"),
        (999.6, f"1{N}000", "1,000"),
        (1234.5, f"1{N}234", "1,234"),
        (123_456_789.0, f"123{N}456{N}789", "123,456,789"),
        (0.000_001_234, "0,00000123", "0.00000123"),
        (nan, "–", "–"),
        (inf, "–", "–"),
        (-inf, "–", "–"),
    ],
)
def test_numbers_have_three_significant_digits_and_no_powers_of_ten(value: float, french: str, english: str) -> None:
    assert (FRENCH.number(value), ENGLISH.number(value)) == (french, english)


@pytest.mark.parametrize(
    ("share", "french", "english"),
    [
        (0.0, f"0{N}%", "0%"),
        (0.000_001, f"<{N}0,01{N}%", f"<{N}0.01%"),
        (0.000_53, f"0,053{N}%", "0.053%"),
        (0.0149, f"1,5{N}%", "1.5%"),
        (0.06, f"6{N}%", "6%"),
        (0.714, f"71{N}%", "71%"),
        (0.994, f"99{N}%", "99%"),
        (0.9951, f">{N}99{N}%", f">{N}99%"),
        (1.0, f"100{N}%", "100%"),
        (12.95, f"1{N}295{N}%", "1,295%"),
        (-0.25, f"{MINUS}25{N}%", f"{MINUS}25%"),
    ],
)
def test_shares_are_never_rounded_to_all_or_nothing(share: float, french: str, english: str) -> None:
    assert (FRENCH.percent(share), ENGLISH.percent(share)) == (french, english)


@pytest.mark.parametrize(
    ("energy_wh", "french"),
    [
        (0.0, f"0{N}Wh"),
        (0.000_36, f"360{N}µWh"),
        (0.001, f"1,00{N}mWh"),
        (0.02, f"20,0{N}mWh"),
        (1.0, f"1,00{N}Wh"),
        (999.0, f"999{N}Wh"),
        (5780.0, f"5,78{N}kWh"),
        (-0.0057, f"{MINUS}5,70{N}mWh"),
        (nan, f"–{N}µWh"),
    ],
)
def test_an_energy_is_in_the_unit_that_suits_it(energy_wh: float, french: str) -> None:
    assert FRENCH.energy(energy_wh) == french
    assert ENGLISH.energy(energy_wh) == french.replace(",", ".")


@pytest.mark.parametrize(
    ("mass_g", "french"), [(0.0, f"0{N}g"), (0.002, f"2,00{N}mg"), (46.1, f"46,1{N}g"), (1234.0, f"1,23{N}kg")]
)
def test_a_mass_is_in_the_unit_that_suits_it(mass_g: float, french: str) -> None:
    assert FRENCH.mass(mass_g) == french


def test_a_column_of_energies_has_one_unit_by_the_largest_that_is_a_number() -> None:
    assert FRENCH.energy_scale([0.0, 0.02, nan, inf]) == Scale("mWh", 1000.0)
    assert FRENCH.energy_scale([]).unit == "µWh"


@pytest.mark.parametrize(
    ("interval", "french", "english"),
    [
        (Interval(0.5), "", ""),
        (Interval(0.5, 0.25, 1.0), "0,250 à 1,00", "0.250 to 1.00"),
        (Interval(0.5, None, 1.0), "? à 1,00", "? to 1.00"),
        (Interval(0.5, 0.25, None), "0,250 à ?", "0.250 to ?"),
        (Interval(0.5, -0.25, inf), f"{MINUS}0,250 à –", f"{MINUS}0.250 to –"),
    ],
)
def test_an_interval_has_two_ends_or_says_which_is_unknown(interval: Interval, french: str, english: str) -> None:
    assert (FRENCH.interval(interval), ENGLISH.interval(interval)) == (french, english)


@pytest.mark.parametrize(("value", "french"), [(0.0, "+0,000"), (0.389, "+0,389"), (-0.01, f"{MINUS}0,010"), (0.0004, "+0,000")])
def test_a_difference_has_its_sign(value: float, french: str) -> None:
    assert FRENCH.signed(value) == french


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (dt.date(2026, 11, 1), "1er novembre 2026", "1 November 2026"),
        (dt.date(2026, 11, 11), "11 novembre 2026", "11 November 2026"),
        (dt.date(2027, 8, 21), "21 août 2027", "21 August 2027"),
        (dt.date(2024, 2, 29), "29 février 2024", "29 February 2024"),
    ],
)
def test_a_day_is_in_words(day: dt.date, french: str, english: str) -> None:
    assert (FRENCH.date(day), ENGLISH.date(day)) == (french, english)


def test_a_moment_is_in_utc_whatever_its_zone() -> None:
    half_past_midnight_in_paris = dt.datetime(2026, 7, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert FRENCH.moment(half_past_midnight_in_paris) == "30 juin 2026 à 22:30 UTC"
    assert ENGLISH.moment(half_past_midnight_in_paris) == "30 June 2026, 22:30 UTC"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, f"0{N}s"),
        (0.4, f"0{N}s"),
        (59.6, f"1{N}min"),
        (437, f"7{N}min 17{N}s"),
        (3600, f"1{N}h"),
        (3605, f"1{N}h"),
        (3720, f"1{N}h 2{N}min"),
        (90_000, f"25{N}h"),
    ],
)
def test_a_duration_is_in_its_two_largest_units(seconds: float, written: str) -> None:
    assert FRENCH.duration(seconds) == written == ENGLISH.duration(seconds)


@pytest.mark.parametrize(("number", "french"), [(0, "0 demande"), (1, "1 demande"), (2, "2 demandes")])
def test_french_has_a_plural_from_two(number: int, french: str) -> None:
    said = say_number(
        "The energy of training is paid back after {number} request.",
        "The energy of training is paid back after {number} requests.",
        number,
    )
    assert FRENCH.message(said) == f"L’énergie de l’entraînement est compensée après {french}."


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "C"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C.UTF-8"}, "fr"),
        ({"LC_MESSAGES": "en_GB.UTF-8", "LC_ALL": "fr_FR.UTF-8"}, "fr"),
    ],
)
def test_pages_are_in_the_locale_s_language_else_in_french(
    variables: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language(None).code == code
    assert language("en").code == "en"


def test_a_language_that_is_not_ours_is_refused() -> None:
    with pytest.raises(PreuveError, match="'de'"):
        language("de")
