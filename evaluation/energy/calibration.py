"""This host's factor from our readings to a wall meter: read, fitted, kept. The self-test, and using it, are others' work."""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from evaluation.energy.reading import JOULES_PER_WH
from evaluation.energy.wall_meter import MeterCurve
from evaluation.exceptions import HomeError, MeterError
from evaluation.messages import Day, say, words
from evaluation.numbers import counted, significant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

CALIBRATION_FILE = "calibration.json"
# Power supplies age and parts are changed: a year is the usual interval for working instruments.
VALID_DAYS = 365
CONFIDENCE = 0.95
# Class 1 of EN 62053-21 (static meters for active energy): 1 % at reference conditions. A plug-in meter is seldom better.
METER_ERROR = 0.01
# Less than this is rounding, which an offset has no business to explain.
NEGLIGIBLE = METER_ERROR / 10
WIDEST = 0.5
FEWEST_PHASES = 3
# A line is followed so far beyond the highest power that it was fitted to, and no further.
BEYOND_COMPARED = 1.1
# Between two levels of power that are told apart.
LEVELS_RATIO = 1.05
# The clocks of meter and host differ by up to a second, and a machine takes a moment to change its load.
TRIM_S, TRIM_SHARE = 0.5, 0.1
PHASE_OVER_INTERIOR = 1 / (1 - 2 * TRIM_SHARE)
COVERED_SHARE = 0.8
# A longer silence of the meter within a phase is a gap, and not its rhythm.
LONGEST_STEP_SHARE = 1 / 3
FEWEST_STEPS = 20
# For all phases together: what is advised at least, and the longest that `preuve doctor --seconds` takes.
SHORTEST_ADVISED_S, LONGEST_SELF_TEST_S = 300, 3600
# Time zones reach from UTC-12 to UTC+14.
FARTHEST_ZONE_H = 14
SECONDS_PER_HOUR = 3600
# Beyond this the column is in another unit than its header says: kW, mW.
UNIT_RATIO = 100.0


class Phase(BaseModel):
    """One phase of the self-test as our meter saw it.

    Attributes:
        energy_wh: our gross reading of CPU and memory, before any calibration.
        gpu_wh: of the GPUs, which the self-test leaves idle: it is taken off what the wall meter shows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    started: AwareDatetime
    duration_s: float = Field(gt=0)
    energy_wh: float = Field(ge=0)
    gpu_wh: float = Field(default=0.0, ge=0)

    @property
    def power_w(self) -> float:
        """Mean power of CPU and memory in the phase."""
        return self.energy_wh / self.duration_s * JOULES_PER_WH

    @property
    def gpu_w(self) -> float:
        """Mean power of the GPUs in the phase."""
        return self.gpu_wh / self.duration_s * JOULES_PER_WH

    @property
    def interior_s(self) -> tuple[float, float]:
        """Where the phase begins and ends once its edges are dropped, as seconds since 1970."""
        trim_s = min(TRIM_S, TRIM_SHARE * self.duration_s)
        began_s = self.started.timestamp()
        return began_s + trim_s, began_s + self.duration_s - trim_s


class Calibration(BaseModel):
    """What a wall meter says of our readings of CPU and memory on one host: wall_w = factor x reading_w + offset_w.

    Attributes:
        basis: what the readings rested on, in words: with another counter or other declared powers the factor is another.
        factor: without a unit.
        offset_w: 0 where one factor alone explains the meter.
        low: the true value is at least `low` times the calibrated one.
        high: and at most `high` times.
        highest_w: the highest power of CPU and memory that was compared, as we read it.
        residual: relative root mean square of wall over fit, minus 1, over the phases.
        phases: how many of them the fit rests on.
        meter_file: name of the meter's file, without its folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    machine_id: str
    basis: str
    made: dt.date
    factor: float = Field(gt=0)
    offset_w: float
    low: float = Field(gt=0, le=1)
    high: float = Field(ge=1)
    highest_w: float = Field(gt=0)
    residual: float = Field(ge=0)
    phases: int = Field(ge=FEWEST_PHASES)
    meter_file: str
    meter_sha256: str

    def covers(self, energy_wh: float, duration_s: float) -> bool:
        """Whether a reading is of a power that was compared, or hardly more; with an offset, of one that the meter sees at all."""
        if not duration_s:
            return True
        known = energy_wh / duration_s * JOULES_PER_WH <= self.highest_w * BEYOND_COMPARED
        return known and self.wall_wh(energy_wh, duration_s) > 0

    def wall_wh(self, energy_wh: float, duration_s: float) -> float:
        """What the wall meter would have shown, in Wh, for a gross reading over so many seconds."""
        return self.factor * energy_wh + self.offset_w * duration_s / JOULES_PER_WH


# --- The meter over the phases ---


def _mean_power_w(phase: Phase, curve: MeterCurve, phases: int) -> float:
    """Mean power at the wall over the interior of a phase, in watts, from the rows that lie in it.

    Rows next to it would mix in the power of the phases before and after. Watts are integrated by the trapezoidal rule. A counter
    of energy is taken where it moves on: in between, it may be almost a step behind.
    """
    import numpy as np

    times_s, values = np.asarray(curve.times_s), np.asarray(curve.values)
    began_s, ended_s = phase.interior_s
    inside = (times_s >= began_s) & (times_s <= ended_s)
    if curve.quantity == "energy":
        _check_resolution(phase, curve, values, inside, phases)
        inside &= np.diff(values, prepend=values[0]) > 0
    times_s, values = times_s[inside] - began_s, values[inside]
    span_s = times_s[-1] - times_s[0]
    if curve.quantity == "energy":
        return float((values[-1] - values[0]) / span_s * JOULES_PER_WH)
    return float(np.trapezoid(values, times_s) / span_s)


def _check_resolution(phase: Phase, curve: MeterCurve, values: Numbers, inside: NDArray[np.bool_], phases: int) -> None:
    import numpy as np

    moves = np.diff(values)
    if not moves.any():
        raise MeterError(
            expected="a counter of energy that moves on",
            found="the same energy in every row",
            where=str(curve.path),
            remedy="choose the column that counts what this machine takes, and export again",
        )
    step_wh = float(moves[moves > 0].min())
    energy_wh = float(np.ptp(values[inside]))
    moved = len(np.unique(np.asarray(curve.times_s)[inside & (np.diff(values, prepend=values[0]) > 0)]))
    # Half a step allows for how binary numbers round.
    if moved < 2 or energy_wh < (FEWEST_STEPS - 0.5) * step_wh:
        power_w = max(phase.power_w, energy_wh / phase.duration_s * JOULES_PER_WH)
        raise MeterError(
            expected=f"at least {FEWEST_STEPS} steps of the meter's counter in each phase, at more than one moment",
            found=f"{energy_wh / step_wh:.0f} steps of {step_wh:g} Wh at {moved} moments of the phase {phase.name}, over "
            f"{phase.duration_s:.0f} s",
            where=str(curve.path),
            remedy=_longer(1.2 * FEWEST_STEPS * step_wh / power_w * JOULES_PER_WH if power_w else 0.0, phases, "record watts"),
        )


def _longer(interior_s: float, phases: int, else_the_meter: str) -> str:
    """What to type for phases whose interior lasts so long; where that is too long, what else to do."""
    seconds = max(SHORTEST_ADVISED_S, math.ceil(interior_s * phases * PHASE_OVER_INTERIOR / 100) * 100)
    if seconds > LONGEST_SELF_TEST_S:
        each_min = significant(seconds / phases / 60, 2)
        return f"have the meter {else_the_meter}: as it is, phases would have to last {each_min} minutes each"
    return f"take longer phases, and record again: preuve doctor --seconds {seconds}; or have the meter {else_the_meter}"


def _covered_share(phase: Phase, times_s: Numbers) -> float:
    """Share of a phase's interior over which the meter wrote rows, between 0 and 1."""
    import numpy as np

    began_s, ended_s = phase.interior_s
    regular = np.diff(times_s) <= LONGEST_STEP_SHARE * (ended_s - began_s)
    return float(np.diff(np.clip(times_s, began_s, ended_s))[regular].sum() / (ended_s - began_s))


def _rows_inside(phase: Phase, times_s: Numbers) -> int:
    """How many different moments within the phase the meter recorded."""
    import numpy as np

    began_s, ended_s = phase.interior_s
    return len(np.unique(times_s[(times_s >= began_s) & (times_s <= ended_s)]))


def _covers(phase: Phase, times_s: Numbers) -> bool:
    # No two steps of a third reach so far: there are at least two rows inside.
    return _covered_share(phase, times_s) >= COVERED_SHARE


def _missed(phases: Sequence[Phase], curve: MeterCurve) -> Phase | None:
    """The first phase that the recording does not cover."""
    import numpy as np

    times_s = np.asarray(curve.times_s)
    return next((phase for phase in phases if not _covers(phase, times_s)), None)


def _check_covered(phases: Sequence[Phase], curve: MeterCurve) -> None:
    import numpy as np

    missed = _missed(phases, curve)
    if missed is None:
        return
    times_s = np.asarray(curve.times_s)
    rhythm_s = float(np.median(np.diff(times_s)))
    phase_s = missed.interior_s[1] - missed.interior_s[0]
    if rhythm_s > LONGEST_STEP_SHARE * phase_s:
        raise MeterError(
            expected="phases of the self-test that last several rows of the meter",
            found=f"phases of {missed.duration_s:.0f} s, and a row every {rhythm_s:.3g} s",
            where=str(curve.path),
            remedy=_longer(rhythm_s / LONGEST_STEP_SHARE, len(phases), "write a row each second"),
        )
    began_s, ended_s = min(phase.interior_s[0] for phase in phases), max(phase.interior_s[1] for phase in phases)
    raise MeterError(
        expected=f"a row every few seconds over each phase of the self-test, {_clock(began_s)} to {_clock(ended_s)}",
        found=f"a recording from {_clock(curve.times_s[0])} to {_clock(curve.times_s[-1])}; it has "
        f"{counted(_rows_inside(missed, times_s), 'row')} in the phase {missed.name}, and covers "
        f"{_covered_share(missed, times_s):.0%} of it",
        where=str(curve.path),
        remedy=_shift_in_words(phases, curve) or _record_again(curve),
    )


def _record_again(curve: MeterCurve) -> str:
    read_as = ": times without an offset were read as local time of this machine" if curve.local_time else ""
    return (
        f"check the meter's clock and time zone{read_as}; "
        "else let the meter record every second, from before `preuve doctor` starts until after it ends"
    )


def _clock(time_s: float) -> str:
    return dt.datetime.fromtimestamp(time_s).astimezone().isoformat(sep=" ", timespec="seconds")


def _shift_in_words(phases: Sequence[Phase], curve: MeterCurve, *, widest: float = math.inf) -> str | None:
    """Said, never done: which of two clocks is wrong is for their owner to know."""
    shift_h, width = _best_shift(phases, curve)
    if not shift_h or width > widest:
        return None
    hours = f"{abs(shift_h)} hour{'s' if abs(shift_h) > 1 else ''} {'later' if shift_h > 0 else 'earlier'}"
    read_as = "; they carry no offset and were read as local time of this machine" if curve.local_time else ""
    return (
        f"the recording would fit if its times were {hours}{read_as}: set the meter's clock or time zone, "
        "or write the offset into the times (2026-11-24T14:03:05+01:00), and give the file again"
    )


def _best_shift(phases: Sequence[Phase], curve: MeterCurve) -> tuple[int, float]:
    """By how many whole hours to move the meter's times, 0 where none would do, and half of the interval that then results."""
    found = [(0, math.inf)]
    for shift_h in sorted(range(-FARTHEST_ZONE_H, FARTHEST_ZONE_H + 1), key=abs)[1:]:
        moved = replace(curve, times_s=tuple(time_s + shift_h * SECONDS_PER_HOUR for time_s in curve.times_s))
        if not _missed(phases, moved):
            found.append((shift_h, _width(phases, moved)))
    # Any that covers the phases rather than none; of those, the one that follows them best, and else the nearest.
    return min(found[1:] or found, key=lambda each: each[1])


def _width(phases: Sequence[Phase], curve: MeterCurve) -> float:
    try:
        line = _best_line(phases, curve)
    except MeterError:
        return math.inf
    return line.half_width if line.follows else math.inf


# --- The fit ---


@dataclass(frozen=True)
class _Line:
    """A line through the phases, wall_w = factor x reading_w + offset_w, and how far they lie from it.

    Attributes:
        wall_w: what the meter showed, one mean a phase.
        deviations: wall over fit, minus 1, one a phase.
        error_w: residual standard error, with its degrees of freedom.
        freedom: those degrees.
        leverage: the largest of a phase.
        follows: whether the factor is surely positive, the fitted powers too, and the wall's levels differ.
    """

    factor: float
    offset_w: float
    wall_w: tuple[float, ...]
    deviations: tuple[float, ...]
    error_w: float
    freedom: int
    leverage: float
    follows: bool

    @property
    def residual(self) -> float:
        """Relative root mean square of the deviations."""
        return math.sqrt(sum(each**2 for each in self.deviations) / len(self.deviations))

    @property
    def half_width(self) -> float:
        """Half of the 95 % prediction interval around 1, never less than the meter's own error.

        t x s x sqrt(1 + leverage), with s the standard error of the relative residuals and the largest leverage of a phase: Draper
        and Smith, Applied Regression Analysis, 3rd edition 1998, the prediction of one new observation.
        """
        error = math.sqrt(sum(each**2 for each in self.deviations) / self.freedom)
        return max(METER_ERROR, _student(self.freedom) * error * math.sqrt(1 + self.leverage))


def _student(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, freedom))


def fit_calibration(phases: Sequence[Phase], curve: MeterCurve, *, machine_id: str, basis: str, made: dt.date) -> Calibration:
    """Fit this host's factor to what a wall meter recorded during the self-test.

    One factor, by least squares through the origin weighted by the phases' duration; with an offset, by ordinary least squares,
    only where that at least halves the residual standard error. The interval is the 95 % prediction interval of one more reading
    (Draper and Smith 1998; see `_Line.half_width`), and at least the 1 % of a class 1 meter (EN 62053-21).

    Args:
        phases: of the self-test, in order; at least three, of at least two levels of power.
        curve: what the meter recorded meanwhile.
        machine_id: of the host on which the self-test ran.
        basis: what its readings rested on.
        made: the day of the self-test.

    Raises:
        MeterError: the recording does not cover the phases, is too coarse, or does not follow what we read.
    """
    _check_levels(phases)
    _check_covered(phases, curve)
    line = _best_line(phases, curve)
    _check_unit(phases, curve, line)
    _check_follows(phases, curve, line)
    return Calibration(
        machine_id=machine_id,
        basis=basis,
        made=made,
        factor=line.factor,
        offset_w=line.offset_w,
        low=1 - line.half_width,
        high=1 + line.half_width,
        highest_w=max(phase.power_w for phase in phases),
        residual=line.residual,
        phases=len(phases),
        meter_file=curve.path.name,
        meter_sha256=curve.sha256,
    )


def _check_levels(phases: Sequence[Phase]) -> None:
    powers_w = sorted(phase.power_w for phase in phases)
    if len(phases) < FEWEST_PHASES:
        raise MeterError(
            expected=f"a self-test of at least {FEWEST_PHASES} phases",
            found=f"{len(phases)}",
            where="the self-test",
            remedy="take it again, whole: preuve doctor",
        )
    if not 0 < powers_w[0] * LEVELS_RATIO <= powers_w[-1]:
        raise MeterError(
            expected="phases of clearly different power: a factor cannot be told from an offset at one level of power",
            found=f"{powers_w[0]:.1f} to {powers_w[-1]:.1f} W",
            where="the self-test",
            remedy="take it again while nothing else runs on this machine: preuve doctor",
        )


def _best_line(phases: Sequence[Phase], curve: MeterCurve) -> _Line:
    import numpy as np

    reading_w = np.array([phase.power_w for phase in phases])
    wall_w = np.array([_mean_power_w(phase, curve, len(phases)) - phase.gpu_w for phase in phases])
    alone = _factor_alone(reading_w, wall_w, np.array([phase.duration_s for phase in phases]))
    with_offset = _factor_and_offset(reading_w, wall_w)
    explains = alone.error_w > NEGLIGIBLE * wall_w.mean() and with_offset.error_w <= alone.error_w / 2
    return with_offset if explains else alone


def _factor_alone(reading_w: Numbers, wall_w: Numbers, durations_s: Numbers) -> _Line:
    """Weighted least squares through the origin: factor = sum(d x r x w) / sum(d x r^2)."""
    spread = durations_s @ reading_w**2
    factor = float(durations_s @ (reading_w * wall_w) / spread)
    leverage = float((durations_s * reading_w**2 / spread).max())
    return _line(reading_w, wall_w, factor, 0.0, parameters=1, leverage=leverage)


def _factor_and_offset(reading_w: Numbers, wall_w: Numbers) -> _Line:
    """Ordinary least squares with an intercept; its leverages are 1/n + (r - mean)^2 / sum((r - mean)^2)."""
    around_w = reading_w - reading_w.mean()
    spread = around_w @ around_w
    factor = float(around_w @ wall_w / spread)
    offset_w = float(wall_w.mean() - factor * reading_w.mean())
    leverage = float((1 / len(reading_w) + around_w**2 / spread).max())
    line = _line(reading_w, wall_w, factor, offset_w, parameters=2, leverage=leverage)
    # With an offset, a meter of something else fits just as well with next to no factor: that must be more than chance.
    surely_positive = factor > _student(line.freedom) * line.error_w / math.sqrt(spread)
    return replace(line, follows=line.follows and surely_positive)


def _line(reading_w: Numbers, wall_w: Numbers, factor: float, offset_w: float, *, parameters: int, leverage: float) -> _Line:
    import numpy as np

    fit_w = factor * reading_w + offset_w
    positive = bool(factor > 0 and fit_w.min() > 0)
    freedom = len(reading_w) - parameters
    return _Line(
        factor=factor,
        offset_w=offset_w,
        wall_w=tuple(wall_w.tolist()),
        deviations=tuple((wall_w / fit_w - 1).tolist()) if positive else (math.inf,),
        error_w=float(np.sqrt(np.sum((wall_w - fit_w) ** 2) / freedom)),
        freedom=freedom,
        leverage=leverage,
        follows=positive and bool(wall_w.max() >= LEVELS_RATIO * wall_w.min()),
    )


def _check_unit(phases: Sequence[Phase], curve: MeterCurve, line: _Line) -> None:
    reading_w = sum(phase.power_w for phase in phases) / len(phases)
    wall_w = sum(line.wall_w) / len(phases)
    if reading_w / UNIT_RATIO <= wall_w <= reading_w * UNIT_RATIO:
        return
    raise MeterError(
        expected=f"watts of the same order as ours: {significant(reading_w)} W on average",
        found=f"{significant(wall_w)} W on average",
        where=str(curve.path),
        remedy="check the column's unit: its header says watts, kw, wh or kwh",
    )


def _check_follows(phases: Sequence[Phase], curve: MeterCurve, line: _Line) -> None:
    if line.follows and line.half_width <= WIDEST:
        return
    pairs = ", ".join(f"{phase.name} {phase.power_w:.0f} / {wall_w:.0f}" for phase, wall_w in zip(phases, line.wall_w, strict=True))
    raise MeterError(
        expected="a meter that follows what we read, phase by phase",
        found=f"one that does not: {pairs} W (ours / the meter's)",
        where=str(curve.path),
        remedy=_shift_in_words(phases, curve, widest=WIDEST)
        or "check that the meter measures this machine and nothing else, and that its clock is right to the second. If so, our "
        "reading does not follow this machine: declare in machine.toml what the meter shows (idle_w, watts_per_busy_core), "
        "with the meter as its source; readings keep the class that they have without it",
    )


# --- Keeping it ---


def save_calibration(calibration: Calibration, folder: Path) -> Path:
    """Write the calibration, whole or not at all, over an earlier one.

    Raises:
        HomeError: the folder cannot be written to.
    """
    path = folder / CALIBRATION_FILE
    half_done = folder / f".{CALIBRATION_FILE}-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        half_done.write_text(calibration.model_dump_json(indent=2) + "\n", encoding="utf-8")
        half_done.replace(path)
    except OSError as error:
        raise HomeError(
            expected="a folder that can be written to",
            found=error.strerror or str(error),
            where=str(folder),
            remedy="make it writable, or name another: export PREUVE_HOME=~/preuve",
        ) from error
    finally:
        half_done.unlink(missing_ok=True)
    return path


def load_calibration(folder: Path) -> Calibration | None:
    """The calibration that this folder keeps, if it keeps one.

    Raises:
        MeterError: the file cannot be read.
    """
    path = folder / CALIBRATION_FILE
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise MeterError(
            expected="a calibration as `preuve doctor --calibrate` wrote it",
            found=_first_fault(error),
            where=str(path),
            remedy=f"delete it, and calibrate again where that is wanted: rm {path}",
        ) from error


def _first_fault(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}".removeprefix(": ")


def why_not_valid(calibration: Calibration, machine_id: str, basis: str, today: dt.date) -> str | None:
    """Why the calibration does not hold on this machine today, in words; none where it does.

    Args:
        calibration: as it was kept.
        machine_id: of this host.
        basis: what its readings rest on now.
        today: by this host's calendar.
    """
    if calibration.machine_id != machine_id:
        template = words("it was made on another host ({then}, this one is {now})")
        return str(say(template, then=calibration.machine_id, now=machine_id))
    if calibration.basis != basis:
        return str(say("it was made for readings from {then}; now they are from {now}", then=calibration.basis, now=basis))
    age_days = (today - calibration.made).days
    # Time zones let a day be tomorrow elsewhere.
    if age_days < -1:
        template = words("it says that it was made on {day}, which is to come: is this machine's clock right?")
        return str(say(template, day=Day(calibration.made)))
    if age_days > VALID_DAYS:
        template = words("it was made on {day}, {age} days ago; it holds for {valid}")
        return str(say(template, day=Day(calibration.made), age=age_days, valid=VALID_DAYS))
    return None
