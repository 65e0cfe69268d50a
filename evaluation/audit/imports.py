"""Energy that was measured elsewhere: rows of CodeCarbon's `emissions.csv`, or a figure typed in with a reason.

It becomes records of a kind of their own, never mixed with what was measured here. Nobody here saw it measured, so it is class C,
whatever it was measured with. What CodeCarbon writes was read in its versions 2.0 to 3.3, and tried with 2.8 to 3.3:

- energies are kWh, emissions kg, durations s; a PUE, where one was set, multiplies each component, and so their sum as well;
- each `flush()` adds a row, and each row of a run counts from its start: the last one holds all the others;
- where tasks were measured, or a tracker was started a second time, energies are those of the whole run, and the duration is only
  that of its last part: energy over duration is then more than the power was.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import math
import re
import shlex
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from evaluation.data.files import malformed_csv
from evaluation.energy.evidence import bounds
from evaluation.energy.factors import WH_PER_KWH, Factor, carbon_g
from evaluation.exceptions import DataError, PreuveError
from evaluation.numbers import counted
from evaluation.records.ledger import Content, Entry, plain

COMPONENTS = ("cpu", "gpu", "ram")
NUMBERS = ("duration", "emissions", *(f"{name}_energy" for name in COMPONENTS), "energy_consumed")
# All versions since 2.0 write them; `codecarbon_version` came with 2.2, `pue` with 2.3.
REQUIRED = ("timestamp", "project_name", "run_id", *NUMBERS)
# What a table program leaves of a small number: `General` cells hold six digits in powers of ten. Three parts and a total that are
# each wrong by 5e-6 differ by 1e-5. A component that is missing matters to nobody below that either.
SUM_TOLERANCE = 2e-5
# CodeCarbon measures one machine. The hungriest take 14.3 kW (NVIDIA's user guide of its DGX B200), and a PUE may treble that.
# Twice as much again is a counter that wrapped round, or another unit.
HIGHEST_W = 100_000.0
# The highest in CodeCarbon's own data is Turkmenistan, 1 306 g/kWh; lignite in old plants emits about as much.
HIGHEST_KG_PER_KWH = 2.0
# Of CodeCarbon's first release.
FIRST_YEAR = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
# Between the first and the last time zone, 26 hours.
FURTHEST_ZONES = dt.timedelta(hours=26)
# A terawatt-hour is no project's: it was typed in another unit.
HIGHEST_TYPED_WH = 1e12
# Cells are parted by semicolons where decimals have commas. Grouped thousands, infinity and the like are no numbers here.
NUMBER = {
    ",": re.compile(r"[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII),
    ";": re.compile(r"[+-]?\d+(?:[.,]\d*)?(?:[eE][+-]?\d+)?", re.ASCII),
}
SECONDS_PER_HOUR = 3600.0


class Refusal(NamedTuple):
    """A row that was not taken: its line in the file, from 1, and what does not add up."""

    line: int
    found: str


class Imported(NamedTuple):
    """What a file came to: records for the ledger, and the rows that were refused, both in the file's order."""

    entries: tuple[Entry, ...]
    refusals: tuple[Refusal, ...]


class _NotAddingUpError(Exception):
    """Why a row is refused, in plain words."""


class _Row(NamedTuple):
    """A row of the file.

    Attributes:
        line: on which it begins.
        cells: by column, as far as it has both.
        missing: cells that it has less than the header; negative where it has more.
        delimiter: between them.
    """

    line: int
    cells: Mapping[str, str]
    missing: int
    delimiter: str

    @property
    def run_id(self) -> str:
        """CodeCarbon's name for the run; a row that was cut short behind it has one too."""
        return self.cells.get("run_id", "")


class _Measured(NamedTuple):
    """What a row says, checked. Energies are Wh by component."""

    started: dt.datetime
    duration_s: float
    components_wh: Mapping[str, float]
    pue: float


def read_emissions(path: Path, factor: Factor, *, known: Container[str], task: str | None) -> Imported:
    """Read what CodeCarbon wrote; each row that adds up becomes a record.

    Args:
        path: of its `emissions.csv`, as it is or saved again with semicolons and decimal commas.
        factor: by which carbon is derived; CodeCarbon's own emissions are only checked.
        known: ids of the runs that the ledger holds already.
        task: that the energy was used for; none where it is not said.

    Raises:
        DataError: it cannot be read, or is no such file.
    """
    content = _content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    rows = _rows(path, _decoded(path, content))
    runs: dict[str, list[_Row]] = {}
    for row in rows:
        runs.setdefault(row.run_id, []).append(row)
    entries, refusals = [], []
    for row in rows:
        try:
            measured = _measured(row, runs[row.run_id], known)
        except _NotAddingUpError as error:
            refusals.append(Refusal(row.line, str(error)))
        else:
            entries.append(_row_entry(row, measured, factor, {"file": path.name, "sha256": sha256}, task))
    return Imported(tuple(entries), tuple(refusals))


def typed_in(
    energy_wh: float, reason: str, factor: Factor, *, started: dt.datetime | None, duration_s: float | None, task: str | None
) -> Entry:
    """A record of energy that somebody typed in.

    Args:
        energy_wh: above 0.
        reason: where the figure comes from, and why it is typed in.
        factor: by which carbon is derived.
        started: when what used it began; without a zone it is this machine's local time.
        duration_s: how long that took.
        task: that it was used for; none where it is not said.

    Raises:
        PreuveError: there is no reason, or a figure cannot be one.
    """
    if not reason.strip():
        _refuse_typed(
            "a reason: where the figure comes from", "none", "the reason", "say for example: read off the wall meter of the lab"
        )
    if not 0 < energy_wh < HIGHEST_TYPED_WH:
        _refuse_typed(
            "watt-hours above 0, and less than a terawatt-hour", f"{energy_wh:g}", "the energy", "type it in Wh: 1.5 kWh are 1500"
        )
    if duration_s is not None and not 0 < duration_s < math.inf:
        _refuse_typed("seconds above 0", f"{duration_s:g}", "the duration", "type it in seconds, or leave it out")
    moment = None if started is None else _utc(started)
    now = dt.datetime.now(dt.UTC)
    if started is not None and (moment is None or moment > now):
        _refuse_typed("a time that has passed", started.isoformat(), "the start", "type when it began, or leave it out")
    if moment and duration_s and duration_s > (now - moment).total_seconds():
        _refuse_typed(
            "an end that has passed", f"{duration_s:g} s since {moment.isoformat()}", "the duration", "type it in seconds"
        )
    return _entry(
        energy_wh,
        factor,
        {"components": None, "duration_s": duration_s, "reason": reason.strip(), "source": None, "tool": "typed in"},
        started=moment,
        task=task,
    )


def _refuse_typed(expected: str, found: str, where: str, remedy: str) -> NoReturn:
    raise PreuveError(expected=expected, found=found, where=where, remedy=remedy)


def _row_entry(row: _Row, measured: _Measured, factor: Factor, file: Content, task: str | None) -> Entry:
    version = row.cells.get("codecarbon_version", "")
    # Where the machine was stands in the file too (longitude, latitude), and is nobody's business.
    source = file | {"line": row.line, "project": row.cells["project_name"], "run_id": row.run_id}
    known = {
        "components": dict(measured.components_wh),
        "duration_s": measured.duration_s,
        # Energies are kept as they were written. That a room's overhead is in them must not be lost.
        "reason": None if measured.pue == 1 else f"CodeCarbon multiplied these energies by a PUE of {measured.pue:g}",
        "source": source,
        "tool": f"codecarbon {version or 'of unknown version'}",
    }
    return _entry(sum(measured.components_wh.values()), factor, known, started=measured.started, task=task)


def _entry(energy_wh: float, factor: Factor, known: Content, *, started: dt.datetime | None, task: str | None) -> Entry:
    # Those of class C are the same for each component.
    low, high = bounds("C", "cpu")
    content = {
        "carbon_g": carbon_g(energy_wh, factor),
        "energy_wh": energy_wh,
        "evidence": "C",
        "factor": factor.id,
        "g_per_kwh": factor.g_per_kwh,
        "high_wh": energy_wh * high,
        "low_wh": energy_wh * low,
        "started": started and started.isoformat(timespec="seconds"),
        "task": task,
    }
    return Entry("imported", plain(content | known))


def _measured(row: _Row, run: Sequence[_Row], known: Container[str]) -> _Measured:
    if row.missing:
        raise _NotAddingUpError(f"{counted(abs(row.missing), 'cell')} too {'few' if row.missing > 0 else 'many'}")
    _check_run(row, run, known)
    _check_decimal_marks(row)
    duration_s, emissions_kg, *parts_kwh, total_kwh = (_number(row, column) for column in NUMBERS)
    if not duration_s > 0:
        raise _NotAddingUpError("a duration of 0 s")
    _check_energy(parts_kwh, total_kwh, duration_s)
    _check_emissions(emissions_kg, total_kwh)
    components_wh = {name: kwh * WH_PER_KWH for name, kwh in zip(COMPONENTS, parts_kwh, strict=True)}
    return _Measured(_started(row, duration_s), duration_s, components_wh, _pue(row))


def _check_run(row: _Row, run: Sequence[_Row], known: Container[str]) -> None:
    """Take each run once: its last row, which counts what the ones above it do."""
    if not row.run_id:
        raise _NotAddingUpError("run_id is missing")
    if row.run_id in known:
        raise _NotAddingUpError("this run is already imported")
    last = run[-1]
    if row is not last:
        raise _NotAddingUpError(f"same run as line {last.line}, which has this energy in it")
    total_kwh = _written(row, "energy_consumed")
    for earlier in run[:-1]:
        if _written(earlier, "energy_consumed") > total_kwh * (1 + SUM_TOLERANCE):
            raise _NotAddingUpError(
                f"less energy than in line {earlier.line} of the same run, though it is counted from the run's start"
            )


def _check_decimal_marks(row: _Row) -> None:
    # "1.234" among numbers with commas may be a thousand, or one and a bit.
    numbers = "".join(row.cells[column] for column in NUMBERS)
    if "," in numbers and "." in numbers:
        raise _NotAddingUpError("numbers with points and numbers with commas")


def _check_energy(parts_kwh: Sequence[float], total_kwh: float, duration_s: float) -> None:
    sum_kwh = sum(parts_kwh)
    if not math.isclose(sum_kwh, total_kwh, rel_tol=SUM_TOLERANCE):
        raise _NotAddingUpError(
            f"energy_consumed is {total_kwh:g} kWh, and cpu_energy, gpu_energy and ram_energy together are {sum_kwh:g} kWh"
        )
    if not sum_kwh > 0:
        raise _NotAddingUpError("no energy: CodeCarbon could measure nothing")
    power_w = sum_kwh * WH_PER_KWH * SECONDS_PER_HOUR / duration_s
    if power_w > HIGHEST_W:
        raise _NotAddingUpError(
            f"{sum_kwh:g} kWh in {duration_s:g} s are {power_w:.3g} W, more than a machine can take; "
            "where tasks were measured, CodeCarbon writes the duration of the last one alone"
        )


def _check_emissions(emissions_kg: float, total_kwh: float) -> None:
    # None at all is possible: CodeCarbon's data says so of one country, and a user may set the factor.
    if emissions_kg > total_kwh * HIGHEST_KG_PER_KWH:
        raise _NotAddingUpError(f"{emissions_kg:g} kg of CO2 from {total_kwh:g} kWh, more than any electricity emits")


def _number(row: _Row, column: str) -> float:
    text = row.cells[column]
    if not text:
        raise _NotAddingUpError(f"{column} is missing")
    value = _written(row, column)
    if not math.isfinite(value):
        raise _NotAddingUpError(f"{column} is {_quoted(text)}, and no finite number")
    if value < 0:
        raise _NotAddingUpError(f"{column} is {value:g}, below 0")
    return value


def _written(row: _Row, column: str) -> float:
    """The number in a cell; not a number where there is none."""
    text = row.cells.get(column, "")
    return float(text.replace(",", ".")) if NUMBER[row.delimiter].fullmatch(text) else math.nan


def _pue(row: _Row) -> float:
    if "pue" not in row.cells:
        return 1.0
    pue = _number(row, "pue")
    if pue < 1:
        raise _NotAddingUpError(f"a PUE of {pue:g}: no room takes less than the machines in it")
    return pue


def _started(row: _Row, duration_s: float) -> dt.datetime:
    """When the run began, in UTC.

    CodeCarbon writes when it ended, by the local clock and without a zone. Which one that was is not known: this machine's is
    taken, as most files come from here or from nearby. So it says which run this was, and is not exact to the hour.
    """
    text = row.cells["timestamp"]
    try:
        ended = _utc(dt.datetime.fromisoformat(text)) if ":" in text else None
    except ValueError:
        ended = None
    if ended is None:
        raise _NotAddingUpError(f"timestamp is {_quoted(text) if text else 'missing'}, and not a time like 2026-11-24T14:03:05")
    if not FIRST_YEAR <= ended <= dt.datetime.now(dt.UTC) + FURTHEST_ZONES:
        raise _NotAddingUpError(
            f"a run that ended on {text}, {'in the future' if ended > FIRST_YEAR else 'before CodeCarbon was there'}"
        )
    if duration_s > (ended - FIRST_YEAR).total_seconds():
        raise _NotAddingUpError(f"a duration of {duration_s:g} s: it would have begun before CodeCarbon was there")
    return ended - dt.timedelta(seconds=duration_s)


def _utc(moment: dt.datetime) -> dt.datetime | None:
    """In UTC, from local time of this machine where it has no zone; none where the calendar ends."""
    try:
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            expected="the emissions.csv that CodeCarbon wrote",
            found=error.strerror or str(error),
            where=str(path),
            remedy="check the path and the permissions",
        ) from error


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            expected="text in UTF-8",
            found=f"byte 0x{content[error.start]:02x}",
            where=f"{path}, line {line}",
            remedy="save it as “CSV UTF-8” in the table program, or, where that wrote cp1252, "
            f"iconv -f cp1252 -t utf-8 {shlex.quote(str(path))} > emissions-utf8.csv",
        ) from error


def _rows(path: Path, text: str) -> list[_Row]:
    """The rows below the header, without blank ones."""
    # No name of a column has a semicolon in it.
    header = next(iter(text.lstrip().splitlines()), "")
    delimiter = ";" if ";" in header else ","
    lines = [(line, cells) for line, cells in _lines(path, text, delimiter) if any(cells)]
    columns = lines[0][1] if lines else []
    _check_columns(path, columns)
    if len(lines) == 1:
        raise _unusable(
            path, "at least one row below the names of the columns", "none", "look for the rows beside it, in emissions.csv.bak"
        )
    return [_Row(line, dict(zip(columns, cells, strict=False)), len(columns) - len(cells), delimiter) for line, cells in lines[1:]]


def _lines(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, and the line on which it begins."""
    # The csv module's own limit is the whole process's: it is raised, never lowered under another reader.
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise malformed_csv(path, begins, error) from error


def _check_columns(path: Path, columns: Sequence[str]) -> None:
    if not columns:
        raise _unusable(path, "the emissions.csv that CodeCarbon wrote", "an empty file", "name the file that holds the rows")
    if "task_name" in columns:
        # Its rows share the run's id and are part of the run: both imported would count it twice.
        raise _unusable(
            path, "CodeCarbon's emissions.csv", "its file of single tasks", "name the emissions.csv beside it: it holds them all"
        )
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise _unusable(
            path,
            f"the columns of CodeCarbon's emissions.csv: {', '.join(REQUIRED)}",
            f"no {', '.join(missing)} in {_quoted(', '.join(columns))}",
            "name a file of CodeCarbon 2.0 or later; energy known otherwise can be typed in, with a reason",
        )
    twice = next((name for name in (*REQUIRED, "pue") if columns.count(name) > 1), None)
    if twice:
        raise _unusable(
            path, "names of columns that occur once", f"{columns.count(twice)} columns {twice}", "delete all but one of them"
        )


def _unusable(path: Path, expected: str, found: str, remedy: str) -> DataError:
    return DataError(expected=expected, found=found, where=f"{path}, first line", remedy=remedy)
