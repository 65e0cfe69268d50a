"""How numbers are written for people. Pure: each rule is a line of a table in the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluation.judgement.statistics import Interval

SIGNIFICANT_DIGITS = 3
# Wh and its parts, the largest first: a column of a table uses one of them throughout, so that it can be compared at a glance.
ENERGY_UNITS = (("kWh", 1e-3), ("Wh", 1.0), ("mWh", 1e3), ("µWh", 1e6))
MASS_UNITS = (("kg", 1e-3), ("g", 1.0), ("mg", 1e3), ("µg", 1e6))
UNKNOWN = "–"


def significant(value: float, digits: int = SIGNIFICANT_DIGITS) -> str:
    """A number with so many significant digits, thousands apart, never in powers of ten.

    >>> significant(0.0123456), significant(1234.5), significant(2), significant(0)
    ('0.0123', '1 234', '2.00', '0')
    """
    from decimal import Decimal

    if value == 0:
        return "0"
    exponent = Decimal(f"{abs(value):.{digits - 1}e}").adjusted()
    decimals = max(0, digits - 1 - exponent)
    return f"{value:,.{decimals}f}".replace(",", " ")


def share(value: float) -> str:
    """A share as a percentage without decimals, never rounded to all or nothing.

    >>> share(0.714), share(0.999), share(1), share(0.001), share(0)
    ('71 %', '> 99 %', '100 %', '< 1 %', '0 %')
    """
    rounded = f"{value:.0%}".replace("%", " %")
    if rounded == "0 %" and value > 0:
        return "< 1 %"
    if rounded == "100 %" and value < 1:
        return "> 99 %"
    return rounded


def percentage(value: float) -> str:
    """A share as a percentage with three significant digits: what is far below one per cent matters here.

    >>> percentage(0.0012), percentage(1.5)
    ('0.120 %', '150 %')
    """
    return f"{significant(value * 100)} %"


def score(interval: Interval) -> str:
    r"""A score between 0 and 1 with its interval.

    >>> from evaluation.judgement.statistics import Interval
    >>> score(Interval(0.7956, 0.761, 0.8301)), score(Interval(0.5))
    ('0.796\n0.761–0.830', '0.500')
    """
    return _with_bounds(interval, lambda value: f"{value:.3f}")


def signed(interval: Interval) -> str:
    r"""A difference of two scores with its interval; the sign stands also where it is a plus.

    >>> from evaluation.judgement.statistics import Interval
    >>> signed(Interval(0.389, 0.337, 0.438)), signed(Interval(-0.01, -0.04, 0.02))
    ('+0.389\n+0.337 to +0.438', '−0.010\n−0.040 to +0.020')
    """
    if interval.low is None or interval.high is None:
        return f"{interval.value:+.3f}".replace("-", "−")
    return f"{interval.value:+.3f}\n{interval.low:+.3f} to {interval.high:+.3f}".replace("-", "−")


def quantity(interval: Interval, factor: float = 1.0) -> str:
    r"""A quantity times a factor, with its interval.

    >>> from evaluation.judgement.statistics import Interval
    >>> quantity(Interval(0.00123, 0.00119, 0.00127), 1000)
    '1.23\n1.19–1.27'
    >>> quantity(Interval(0.5, -0.0387, 1.2))
    '0.500\n−0.0387 to 1.20'
    """
    return _with_bounds(interval, lambda value: significant(value * factor))


def energy_unit(largest_wh: float) -> tuple[str, float]:
    """The unit in which a column of energies up to `largest_wh` is written, and the factor from Wh to it.

    >>> energy_unit(0.02), energy_unit(3), energy_unit(2500)
    (('mWh', 1000.0), ('Wh', 1.0), ('kWh', 0.001))
    """
    return _unit(largest_wh, ENERGY_UNITS)


def mass_unit(largest_g: float) -> tuple[str, float]:
    """The same for masses in grams.

    >>> mass_unit(0.00002), mass_unit(1500)
    (('µg', 1000000.0), ('kg', 0.001))
    """
    return _unit(largest_g, MASS_UNITS)


def _unit(largest: float, units: Sequence[tuple[str, float]]) -> tuple[str, float]:
    return next(((unit, factor) for unit, factor in units if largest * factor >= 1), units[-1])


def energy(energy_wh: float) -> str:
    """A single energy, in the unit that suits it.

    >>> energy(0.00036), energy(5780), energy(0)
    ('360 µWh', '5.78 kWh', '0 Wh')
    """
    if energy_wh == 0:
        return "0 Wh"
    unit, factor = energy_unit(abs(energy_wh))
    return f"{significant(energy_wh * factor)} {unit}"


def counted(number: int, what: str) -> str:
    """A number with its noun.

    >>> counted(1, "round"), counted(3, "round")
    ('1 round', '3 rounds')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def _with_bounds(interval: Interval, write: Callable[[float], str]) -> str:
    """The value, and under it the interval: two lines are narrower than one, and columns of values line up."""
    if interval.low is None or interval.high is None:
        return write(interval.value)
    # A dash between two numbers cannot stand beside the sign of one.
    between = " to " if interval.low < 0 else "–"
    return f"{write(interval.value)}\n{write(interval.low)}{between}{write(interval.high)}".replace("-", "−")
