"""Emission factors of electricity, and carbon from energy: always derived, never evidence. Judging by them is `judgement`'s work.

Energy is what is measured and recorded. Carbon is worked out anew each time, from a table that names its sources.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

from evaluation.exceptions import DataError, NameNotFoundError

FACTORS = Path(__file__).with_name("factors.csv")
# Consumption and not production, upstream included: what the city's own greenhouse gas balance uses.
DEFAULT_FACTOR = "ademe-2025"
WH_PER_KWH = 1000.0


@dataclass(frozen=True)
class Factor:
    """What a kilowatt-hour of electricity emits, according to one source.

    Attributes:
        g_per_kwh: grams of CO2 equivalent per kWh.
        source: who publishes it, and in what.
        year: the year of the electricity; the last one where several were averaged.
        perimeter: what is counted, in plain words: consumed or produced, direct or with all that comes before.
        retrieved: the day the figure was taken over.
    """

    id: str
    g_per_kwh: float
    source: str
    year: int
    perimeter: str
    retrieved: dt.date

    def as_dict(self) -> dict[str, Any]:
        """In JSON's terms."""
        return asdict(self) | {"retrieved": self.retrieved.isoformat()}


COLUMNS = [field.name for field in fields(Factor)]
# Where the reader puts what stands beyond the last column.
SURPLUS = "surplus"


def read_factors(path: Path = FACTORS) -> dict[str, Factor]:
    """The factors of a table by id, in its order.

    Raises:
        DataError: the table cannot be read or an entry is not well formed; it names the line and the column.
    """
    factors: dict[str, Factor] = {}
    for line, row in _rows(path):
        factor = _factor(row, f"{path}, line {line}")
        if factor.id in factors:
            _refuse("an id that no line above has", factor.id, f"{path}, line {line}, column id")
        factors[factor.id] = factor
    if not factors:
        _refuse("at least one factor", "none", str(path))
    return factors


def find_factor(factor_id: str = DEFAULT_FACTOR) -> Factor:
    """The factor of this id in our own table.

    Raises:
        NameNotFoundError: there is none; the nearest id is offered.
    """
    factors = read_factors()
    known = factor_id.casefold()
    if known not in factors:
        near = difflib.get_close_matches(known, factors, n=1, cutoff=0.4)
        raise NameNotFoundError(
            expected=f"an emission factor: {', '.join(factors)}",
            found=repr(factor_id),
            where=str(FACTORS),
            remedy=f"did you mean {near[0]}?" if near else "choose one of them",
        )
    return factors[known]


def carbon_g(energy_wh: float, factor: Factor, pue: float = 1.0) -> float:
    """What an energy emits, in grams of CO2 equivalent: energy x PUE x factor, location based, without offsets.

    Args:
        energy_wh: of the machine.
        factor: of the electricity it ran on.
        pue: power usage effectiveness, the room's energy over the machine's (ISO/IEC 30134-2); 1 leaves the room out.

    Raises:
        ValueError: the PUE is below 1, as no room's can be.

    >>> round(carbon_g(2000.0, find_factor("rte-2024"), pue=1.5), 6)
    65.1
    """
    if not pue >= 1:
        message = f"a PUE is at least 1, not {pue}"
        raise ValueError(message)
    return energy_wh / WH_PER_KWH * pue * factor.g_per_kwh


def lowest_and_highest(factors: Mapping[str, Factor]) -> tuple[Factor, Factor]:
    """The two factors between which all others lie: a decision that holds under both holds under each."""
    by_value = sorted(factors.values(), key=lambda factor: factor.g_per_kwh)
    return by_value[0], by_value[-1]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The lines of the table by column, each with its number in the file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, restkey=SURPLUS, restval="", strict=True)
            if reader.fieldnames != COLUMNS:
                _refuse(f"the columns {','.join(COLUMNS)}", ",".join(reader.fieldnames or ["an empty file"]), f"{path}, line 1")
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        remedy = "restore the table of factors from the program's own"
        raise DataError(expected="a CSV file in UTF-8", found=str(error), where=str(path), remedy=remedy) from error


def _factor(row: Mapping[str, str], where: str) -> Factor:
    if SURPLUS in row:
        _refuse(f"{len(COLUMNS)} columns", "more of them; a text with a comma stands in quotes", where)
    for column in COLUMNS:
        if not row[column].strip():
            _refuse("a value in each column", "nothing", f"{where}, column {column}")
    return Factor(
        row["id"],
        _positive(row["g_per_kwh"], f"{where}, column g_per_kwh"),
        row["source"],
        _year(row["year"], f"{where}, column year"),
        row["perimeter"],
        _date(row["retrieved"], f"{where}, column retrieved"),
    )


def _positive(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        _refuse("a number above 0", text, where)
    return value


def _year(text: str, where: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        _refuse("a year of four digits", text, where)
    return int(text)


def _date(text: str, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        _refuse("a date written YYYY-MM-DD", text, where)


def _refuse(expected: str, found: str, where: str) -> NoReturn:
    raise DataError(expected=expected, found=found, where=where, remedy="mend that line of the table of factors")
