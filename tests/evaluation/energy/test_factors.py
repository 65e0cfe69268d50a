"""The table of emission factors: what is in it, what a mistake in it is answered with, and carbon from energy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.energy.factors import DEFAULT_FACTOR, Factor, carbon_g, find_factor, lowest_and_highest, read_factors
from evaluation.exceptions import DataError, NameNotFoundError

HEADER = "id,g_per_kwh,source,year,perimeter,retrieved"
ROW = "a,46.1,ADEME,2025,consumed,2026-11-24"

ENERGY_WH = st.floats(0, 1e9)
PUE = st.floats(1, 3)


def factor(g_per_kwh: float, factor_id: str = "made-up") -> Factor:
    return Factor(factor_id, g_per_kwh, "a test", 2025, "consumed", dt.date(2026, 11, 24))


FACTOR = st.floats(1, 1000).map(factor)


def write(folder: Path, *lines: str) -> Path:
    path = folder / "factors.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refusal(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        read_factors(path)
    return caught.value


def test_our_own_table_holds_the_six_published_factors() -> None:
    assert {found.id: found.g_per_kwh for found in read_factors().values()} == {
        "ademe-2025": 46.1,
        "ademe-2022": 52.0,
        "rte-2024": 21.7,
        "rte-2023": 32.0,
        "codecarbon-2023": 56.039,
        "ecologits": 44.18,
    }


def test_a_factor_says_whose_it_is_what_it_counts_and_when_it_was_taken_over() -> None:
    rte = find_factor("rte-2024")
    assert (rte.source, rte.year, rte.retrieved) == ("RTE, Bilan électrique 2024", 2024, dt.date(2026, 11, 24))
    assert "produced" in rte.perimeter
    assert "direct" in rte.perimeter


def test_the_default_factor_counts_what_is_consumed_and_what_comes_before() -> None:
    assert find_factor() == find_factor(DEFAULT_FACTOR) == read_factors()["ademe-2025"]
    assert "consumed" in find_factor().perimeter
    assert "upstream" in find_factor().perimeter


def test_a_table_of_ones_own_is_read_in_its_order(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, 'b,1,"us, in a test",2024,all,2026-01-02', ROW)
    assert list(read_factors(path).values()) == [
        Factor("b", 1.0, "us, in a test", 2024, "all", dt.date(2026, 1, 2)),
        Factor("a", 46.1, "ADEME", 2025, "consumed", dt.date(2026, 11, 24)),
    ]


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("b,0,ADEME,2025,all,2026-11-24", "g_per_kwh", "a number above 0"),
        ("b,-3,ADEME,2025,all,2026-11-24", "g_per_kwh", "a number above 0"),
        ("b,nan,ADEME,2025,all,2026-11-24", "g_per_kwh", "a number above 0"),
        ("b,inf,ADEME,2025,all,2026-11-24", "g_per_kwh", "a number above 0"),
        ('b,"46,1",ADEME,2025,all,2026-11-24', "g_per_kwh", "a number above 0"),
        ("b,46.1,ADEME,25,all,2026-11-24", "year", "a year of four digits"),
        ("b,46.1,ADEME,MMXX,all,2026-11-24", "year", "a year of four digits"),
        ("b,46.1,ADEME,2025,all,24/11/2026", "retrieved", "a date written YYYY-MM-DD"),
        ("b,46.1,ADEME,2025,all,2026-11-31", "retrieved", "a date written YYYY-MM-DD"),
        (",46.1,ADEME,2025,all,2026-11-24", "id", "a value in each column"),
        ("b,46.1, ,2025,all,2026-11-24", "source", "a value in each column"),
        ("b,46.1,ADEME,2025,all", "retrieved", "a value in each column"),
        ("a,46.1,ADEME,2025,all,2026-11-24", "id", "an id that no line above has"),
    ],
)
def test_an_entry_that_is_not_well_formed_is_named_by_line_and_column(tmp_path: Path, row: str, column: str, expected: str) -> None:
    path = write(tmp_path, HEADER, ROW, row)
    error = refusal(path)
    assert (error.expected, error.where) == (expected, f"{path}, line 3, column {column}")


def test_a_comma_without_quotes_is_told_by_line(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, "b,46.1,ADEME,2025,consumed, smoothed,2026-11-24")
    error = refusal(path)
    assert (error.expected, error.where) == ("6 columns", f"{path}, line 2")
    assert "quotes" in error.found


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "id,kg_per_kwh", "a,0.0461")
    error = refusal(path)
    assert (error.expected, error.found, error.where) == (f"the columns {HEADER}", "id,kg_per_kwh", f"{path}, line 1")


def test_a_table_without_factors_is_refused(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, HEADER)).expected == "at least one factor"


@pytest.mark.parametrize("content", ["électricité".encode("latin-1"), f'{HEADER}\n"a'.encode()])
def test_what_is_no_csv_in_utf_8_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "factors.csv"
    path.write_bytes(content)
    assert refusal(path).expected == "a CSV file in UTF-8"


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / "factors.csv").where == str(tmp_path / "factors.csv")


def test_an_unknown_factor_is_answered_with_the_nearest_and_with_all() -> None:
    with pytest.raises(NameNotFoundError) as caught:
        find_factor("RTE-2025")
    assert caught.value.remedy == "did you mean rte-2024?"
    assert "ademe-2025" in caught.value.expected
    assert "ecologits" in caught.value.expected


def test_carbon_worked_out_by_hand() -> None:
    # 2 500 Wh = 2.5 kWh; 2.5 kWh x 46.1 g = 115.25 g; with a PUE of 1.5, 172.875 g.
    assert carbon_g(2500.0, factor(46.1)) == pytest.approx(115.25)
    assert carbon_g(2500.0, factor(46.1), pue=1.5) == pytest.approx(172.875)


@given(FACTOR)
def test_a_thousand_watt_hours_emit_the_factor_itself(electricity: Factor) -> None:
    assert carbon_g(1000.0, electricity) == pytest.approx(electricity.g_per_kwh)


@given(ENERGY_WH, FACTOR, PUE)
def test_energy_comes_back_from_carbon(energy_wh: float, electricity: Factor, pue: float) -> None:
    assert carbon_g(energy_wh, electricity, pue) / electricity.g_per_kwh / pue * 1000 == pytest.approx(energy_wh)


@given(ENERGY_WH, FACTOR, PUE, PUE)
def test_a_higher_pue_never_lowers_the_carbon(energy_wh: float, electricity: Factor, one: float, other: float) -> None:
    assert carbon_g(energy_wh, electricity, min(one, other)) <= carbon_g(energy_wh, electricity, max(one, other))


@pytest.mark.parametrize("pue", [0.99, 0.0, -1.5, float("nan")])
def test_a_room_that_uses_less_than_its_machines_is_refused(pue: float) -> None:
    with pytest.raises(ValueError, match="a PUE is at least 1"):
        carbon_g(1.0, factor(46.1), pue)


def test_the_lowest_and_the_highest_of_our_table() -> None:
    lowest, highest = lowest_and_highest(read_factors())
    assert (lowest.id, highest.id) == ("rte-2024", "codecarbon-2023")


def test_a_single_factor_is_both_the_lowest_and_the_highest() -> None:
    only = factor(46.1)
    assert lowest_and_highest({only.id: only}) == (only, only)
