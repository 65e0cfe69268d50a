"""How numbers are written: each rule is a line of a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.judgement.statistics import Interval
from evaluation.numbers import counted, energy, energy_unit, percentage, quantity, score, share, significant


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1, "1.00"),
        (-1.5, "-1.50"),
        (0.123456, "0.123"),
        (0.00012345, "0.000123"),
        (12.345, "12.3"),
        (123.45, "123"),
        (1234.5, "1 234"),
        (1234567, "1 234 567"),
        # Rounding may add a digit; there are still three that count.
        (0.9996, "1.00"),
        (9.996, "10.0"),
        (99.96, "100"),
        (999.6, "1 000"),
        (1e-9, "0.00000000100"),
    ],
)
def test_three_digits_count(value: float, written: str) -> None:
    assert significant(value) == written


@pytest.mark.parametrize(("value", "written"), [(0.5, "0.50"), (6, "6.0"), (0.049, "0.049"), (12.3, "12"), (0.996, "1.0")])
def test_as_many_digits_count_as_are_asked_for(value: float, written: str) -> None:
    assert significant(value, 2) == written


@given(st.floats(1e-9, 1e9))
def test_rounding_never_moves_a_number_by_more_than_half_of_its_third_digit(value: float) -> None:
    written = significant(value)
    assert float(written.replace(" ", "")) == pytest.approx(value, rel=0.005)
    assert "e" not in written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0 %"),
        (1e-9, "< 1 %"),
        (0.004, "< 1 %"),
        (0.005, "< 1 %"),
        (0.0051, "1 %"),
        (0.5, "50 %"),
        (0.714, "71 %"),
        (0.994, "99 %"),
        (0.995, "> 99 %"),
        (0.9999, "> 99 %"),
        (1, "100 %"),
    ],
)
def test_a_share_is_a_percentage(value: float, written: str) -> None:
    assert share(value) == written


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_only_nothing_is_0_percent_and_only_all_is_100(value: float) -> None:
    assert share(value) not in {"0 %", "100 %"}


@pytest.mark.parametrize(
    ("interval", "written"),
    [
        (Interval(0.7956, 0.761, 0.8301), "0.796\n0.761–0.830"),
        (Interval(1.0, 1.0, 1.0), "1.000\n1.000–1.000"),
        (Interval(0.5), "0.500"),
        (Interval(0.5, 0.4, None), "0.500"),
    ],
)
def test_a_score_has_three_decimals_and_its_interval_below(interval: Interval, written: str) -> None:
    assert score(interval) == written


@pytest.mark.parametrize(
    ("interval", "factor", "written"),
    [
        (Interval(0.00123, 0.00119, 0.00127), 1000, "1.23\n1.19–1.27"),
        (Interval(2500, 2400, 2600), 0.001, "2.50\n2.40–2.60"),
        (Interval(1, -0.5, 2.5), 1, "1.00\n−0.500 to 2.50"),
        (Interval(40.04), 1, "40.0"),
    ],
)
def test_a_quantity_has_three_digits_and_its_interval_below(interval: Interval, factor: float, written: str) -> None:
    assert quantity(interval, factor) == written


@pytest.mark.parametrize(
    ("largest_wh", "unit"),
    [
        (0, "µWh"),
        (2e-9, "µWh"),
        (0.00099, "µWh"),
        (0.001, "mWh"),
        (0.99, "mWh"),
        (1, "Wh"),
        (999, "Wh"),
        (1000, "kWh"),
        (5e6, "kWh"),
    ],
)
def test_the_largest_energy_of_a_column_chooses_its_unit(largest_wh: float, unit: str) -> None:
    assert energy_unit(largest_wh)[0] == unit


@given(st.floats(1e-6, 1e6, exclude_max=True))
def test_in_its_unit_the_largest_energy_has_one_to_three_digits_before_the_point(largest_wh: float) -> None:
    _, factor = energy_unit(largest_wh)
    assert 1 <= largest_wh * factor < 1000 * (1 + 1e-12)


@pytest.mark.parametrize(("number", "written"), [(0, "0 rounds"), (1, "1 round"), (2, "2 rounds")])
def test_a_noun_follows_its_number(number: int, written: str) -> None:
    assert counted(number, "round") == written


@pytest.mark.parametrize(
    ("value", "written"), [(0, "0 %"), (0.0078125, "0.781 %"), (5.9456e-8, "0.00000595 %"), (0.5, "50.0 %"), (12.5, "1 250 %")]
)
def test_a_share_of_a_server_has_three_digits_however_small_it_is(value: float, written: str) -> None:
    assert percentage(value) == written


@pytest.mark.parametrize(
    ("energy_wh", "written"),
    [
        (0, "0 Wh"),
        (0.00009, "90.0 µWh"),
        (0.0123, "12.3 mWh"),
        (90, "90.0 Wh"),
        (1234.5, "1.23 kWh"),
        (-0.5, "-500 mWh"),
    ],
)
def test_a_single_energy_has_the_unit_that_suits_it(energy_wh: float, written: str) -> None:
    assert energy(energy_wh) == written
