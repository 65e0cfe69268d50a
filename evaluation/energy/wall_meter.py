"""A wall meter's recording: the CSV file that it exports, in the spellings that meters use. `calibration` compares it."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import hashlib
import io
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evaluation.exceptions import DataError

Quantity = Literal["power", "energy"]

TIME_HEADERS = (
    "timestamp", "time", "datetime", "date_time", "date", "horodatage", "date_heure", "date_et_heure", "heure",
    "epoch", "unix_time",
)  # fmt: skip
POWER_NAMES = ("power", "active_power", "wall_power", "puissance", "puissance_active")
ENERGY_NAMES = (
    "energy", "active_energy", "total_energy", "cumulative", "cumulative_energy",
    "energie", "energie_active", "energie_totale", "energie_cumulee", "cumul", "index",
)  # fmt: skip
POWER_UNITS = {"w": 1.0, "watt": 1.0, "watts": 1.0, "kw": 1000.0}
ENERGY_UNITS = {"wh": 1.0, "kwh": 1000.0}
# An energy without its unit could be either, so its bare name is no header; watts are what a meter of power shows.
POWER_HEADERS = (
    POWER_UNITS
    | dict.fromkeys(POWER_NAMES, 1.0)
    | {f"{name}_{unit}": scale for name in POWER_NAMES for unit, scale in POWER_UNITS.items()}
)
ENERGY_HEADERS = ENERGY_UNITS | {f"{name}_{unit}": scale for name in ENERGY_NAMES for unit, scale in ENERGY_UNITS.items()}

DAY_FIRST = re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})[ T]+(?P<time>\d{1,2}:\d{2}.*)")
OFFSET_APART = re.compile(r"\s+(UTC|Z|[+-]\d{2}:?\d{2})$")
# Numbers from here on are milliseconds: as seconds they would lie beyond the year 5000.
FIRST_MILLISECOND = 1e11
# The years 2000 to 2100: what lies outside counts from the meter's own start, or in another unit.
EPOCH_S = (946_684_800.0, 4_102_444_800.0)


@dataclass(frozen=True)
class MeterCurve:
    """What a wall meter recorded.

    Attributes:
        path: the file it was read from.
        quantity: whether `values` are watts or cumulative Wh.
        times_s: seconds since 1970, never going back.
        local_time: whether times came without their offset from UTC, and were taken for this machine's local time.
    """

    path: Path
    sha256: str
    quantity: Quantity
    times_s: tuple[float, ...]
    values: tuple[float, ...]
    local_time: bool


@dataclass(frozen=True)
class _Columns:
    """Which columns of the file are used, by position; a date and a time of day may stand apart."""

    times: tuple[int, ...]
    value: int
    quantity: Quantity
    scale: float


@dataclass(frozen=True)
class _Row:
    """One row of the file: where it stands, and its cells."""

    path: Path
    line: int
    header: Sequence[str]
    cells: Sequence[str]

    def text(self, *columns: int) -> str:
        """The cells of these columns, joined."""
        return " ".join(self.cells[column].strip() for column in columns)

    def refuse(self, column: int, expected: str, found: str, remedy: str) -> DataError:
        """An error that names this file, line and column."""
        return DataError(
            expected=expected, found=found, where=f"{self.path}, line {self.line}, column {self.header[column]}", remedy=remedy
        )


def read_meter(path: Path) -> MeterCurve:
    """Read what a wall meter exported: a column of times, and one of watts or of cumulative Wh or kWh.

    Times are ISO 8601, seconds or milliseconds since 1970, or day first (24/11/2026 14:03:05); without an offset they are local
    time of this machine. Semicolons, tabs or commas part the cells, a point or a comma the decimals. Where a file has both watts
    and energy, the watts are used: they are resolved more finely.

    Raises:
        DataError: it cannot be read, lacks a column, or has a row that no meter writes; file, line and column are named.
    """
    content = _content(path)
    header, rows = _table(path, _decoded(path, content))
    columns = _columns(path, header)
    times_s: list[float] = []
    values: list[float] = []
    local_time = False
    for row in rows:
        time_s, local = _time(row, columns)
        value = _value(row, columns)
        if times_s:
            _check_order(row, columns, (times_s[-1], values[-1]), (time_s, value))
        times_s.append(time_s)
        values.append(value)
        local_time |= local
    if len(values) < 2:
        raise _unusable(path, "at least two rows below the header", f"{len(values)}")
    return MeterCurve(path, hashlib.sha256(content).hexdigest(), columns.quantity, tuple(times_s), tuple(values), local_time)


def _unusable(path: Path, expected: str, found: str) -> DataError:
    return DataError(expected=expected, found=found, where=str(path), remedy="export the meter's recording again, as CSV")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            expected="the file that the wall meter exported",
            found=error.strerror or str(error),
            where=str(path),
            remedy="check the path and the permissions",
        ) from error


def _decoded(path: Path, content: bytes) -> str:
    # Windows programs that say "Unicode" write UTF-16, and mark it.
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            expected="text in UTF-8",
            found=f"byte 0x{content[error.start]:02x}",
            where=f"{path}, line {line}",
            remedy=f"convert it: iconv -f cp1252 -t utf-8 {path} > meter-utf8.csv",
        ) from error
    if not text.strip():
        raise _unusable(path, "the recording of a wall meter", "an empty file")
    return text


def _table(path: Path, text: str) -> tuple[list[str], Iterator[_Row]]:
    lines = _lines(path, text)
    _, header = next(lines, (0, []))
    names = [name.strip() for name in header]
    return names, (_row(path, line, names, cells) for line, cells in lines)


def _lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, by number."""
    first_line = text.lstrip().splitlines()[0]
    # A semicolon or a tab is never part of a header or a number; a comma may be.
    delimiter = next((mark for mark in "\t;" if mark in first_line), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(
            expected="a CSV file", found=str(error), where=f"{path}, line {reader.line_num}", remedy="close the quotes of that line"
        ) from error


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> _Row:
    row = _Row(path, line, header, cells)
    if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
        raise row.refuse(
            len(header) - 1,
            f"{len(header)} cells, as in the header",
            f"{len(cells)}",
            "mend that line; numbers with a decimal comma need a semicolon between the columns",
        )
    return row


def _plain(header: str) -> str:
    """`Énergie (kWh)` becomes `energie_kwh`."""
    without_accents = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", without_accents.casefold()).strip("_")


def _columns(path: Path, header: list[str]) -> _Columns:
    plain = [_plain(name) for name in header]
    times = _time_columns(plain)
    power = [column for column, name in enumerate(plain) if _scale(name, POWER_HEADERS, POWER_UNITS)]
    energy = [column for column, name in enumerate(plain) if _scale(name, ENERGY_HEADERS, ENERGY_UNITS)]
    if _is_data(header):
        raise _no_column(path, header, "a header above the figures", "put a line above them: timestamp,watts", found="no header")
    if not times and not power and not energy:
        raise _no_column(
            path, header, "names of columns in the first line: timestamp, watts", "delete what stands above them, or name them so"
        )
    if not times:
        raise _no_column(path, header, "a column of times", "call it timestamp")
    if not power and not energy:
        raise _no_column(
            path,
            header,
            "a column of watts, or of cumulative energy in Wh or kWh",
            "where one is, call it watts, energy_wh or energy_kwh; another unit is to be converted first",
        )
    values = power or energy
    if len(values) > 1:
        both = ", ".join(header[column] for column in values)
        raise _no_column(path, header, "one column to calibrate against", f"keep one of {both}, of all that this machine takes")
    name = plain[values[0]]
    if power:
        return _Columns(times, values[0], "power", _scale(name, POWER_HEADERS, POWER_UNITS) or 1.0)
    return _Columns(times, values[0], "energy", _scale(name, ENERGY_HEADERS, ENERGY_UNITS) or 1.0)


def _scale(name: str, known: Mapping[str, float], units: Mapping[str, float]) -> float | None:
    """Watts or watt-hours in one of what a column holds, by its header: a known name, or any that ends with a unit."""
    return known.get(name) or units.get(name.rpartition("_")[2])


def _is_data(header: Sequence[str]) -> bool:
    """Whether a first line is one of figures: no name is a time or a number."""
    for cell in header:
        try:
            _seconds(cell)
        except (ValueError, OverflowError, OSError):
            continue
        return True
    return False


def _time_columns(plain: list[str]) -> tuple[int, ...]:
    day = [column for column, name in enumerate(plain) if name == "date"]
    clock = [column for column, name in enumerate(plain) if name in {"time", "heure"}]
    if day and clock:
        return day[0], clock[0]
    return tuple(column for column, name in enumerate(plain) if name in TIME_HEADERS)[:1]


def _no_column(path: Path, header: list[str], expected: str, remedy: str, *, found: str = "the columns") -> DataError:
    return DataError(expected=expected, found=f"{found}: {', '.join(header)}", where=f"{path}, first line", remedy=remedy)


def _number(text: str) -> float:
    # French software groups digits with spaces, narrow or not, that never break.
    return float(re.sub(r"\s", "", text).replace(",", "."))


def _time(row: _Row, columns: _Columns) -> tuple[float, bool]:
    """Seconds since 1970, and whether that took the clock of this machine to tell."""
    text = row.text(*columns.times)
    try:
        return _seconds(text)
    except (ValueError, OverflowError, OSError) as error:
        raise row.refuse(
            columns.times[-1],
            "a time such as 2026-11-24T14:03:05+01:00 or 24/11/2026 14:03:05 (day first), or seconds since 1970",
            repr(text),
            "mend that line, or have the meter export times in one of these forms",
        ) from error


def _seconds(text: str) -> tuple[float, bool]:
    try:
        number = _number(text)
    except ValueError:
        moment = _moment(text)
        return moment.timestamp(), moment.tzinfo is None
    number /= 1000 if number >= FIRST_MILLISECOND else 1
    if not EPOCH_S[0] <= number < EPOCH_S[1]:
        message = f"{number:g} s after 1970 is not in our time"
        raise ValueError(message)
    return number, False


def _moment(text: str) -> dt.datetime:
    text = OFFSET_APART.sub(r"\1", text).replace("UTC", "Z")
    if french := DAY_FIRST.fullmatch(text):
        clock = french["time"] if french["time"][2] == ":" else f"0{french['time']}"
        text = f"{french['year']}-{french['month']:0>2}-{french['day']:0>2}T{clock}"
    if ":" not in text and "T" not in text:
        message = "a day without a time of day"
        raise ValueError(message)
    return dt.datetime.fromisoformat(text.replace("/", "-"))


def _value(row: _Row, columns: _Columns) -> float:
    """Watts or cumulative Wh."""
    unit = "watts" if columns.quantity == "power" else "watt-hours"
    text = row.text(columns.value)
    try:
        value = _number(text) * columns.scale
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise row.refuse(columns.value, f"a number of {unit}", repr(text), "delete that line, or export the recording again")
    if value < 0:
        remedy = "turn the meter's clamp round, or choose the column of what the machine takes"
        raise row.refuse(columns.value, f"{unit} that a machine takes: zero or more", text, remedy)
    return value


def _check_order(row: _Row, columns: _Columns, before: tuple[float, float], now: tuple[float, float]) -> None:
    if now[0] < before[0]:
        raise row.refuse(
            columns.times[-1],
            "times in their order",
            f"{row.text(*columns.times)} comes {before[0] - now[0]:g} s before the row above",
            "sort the rows by time; if the clocks were put back in that hour, record on another day",
        )
    if columns.quantity == "energy" and now[1] < before[1]:
        raise row.refuse(
            columns.value,
            "cumulative energy, which never falls",
            f"{row.text(columns.value)} after a higher value: the meter restarted, or this is the energy of each row",
            "keep only the rows since the restart, or record again",
        )
