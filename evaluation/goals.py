"""Goals: what the city wants of a POC and where it would serve, fixed in `goals.toml` before a run. Judging is `judgement`'s work.

Checked by hand and not by pydantic, whose models alone would double the time of `preuve list`.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from evaluation.exceptions import DataError


@dataclass(frozen=True)
class Goal:
    """One bound on one measure. `target` is what is hoped for, the bound what decides.

    Attributes:
        unit: of the numbers below.
        why: where the numbers come from.
        at_most: the ceiling; exclusive with `at_least`.
        at_least: the floor.
        target: at or beyond the bound, on its good side.
    """

    unit: str
    why: str
    at_most: float | None = None
    at_least: float | None = None
    target: float | None = None

    @property
    def bound(self) -> str:
        """The bound in short: `≤ 1 Wh`."""
        sign, value = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        return f"{sign} {value:g} {self.unit}"


@dataclass(frozen=True)
class Deployment:
    """The service in which a candidate would work: how much it is asked in a year, and the server it has a share of.

    What ends in `_low` or `_high` is a plausible extreme of what goes before it.

    Attributes:
        requests_per_year: central volume; one request is one sample.
        server_memory_gib: of the whole server.
        server_cores: as the operating system counts them.
        server_idle_w: what the server draws without work: declared, at best read from a meter.
        embodied_kg_co2e: what making the server emitted, in kg of CO2 equivalent.
        lifetime_years: over which that is spread.
        pue: power usage effectiveness of the room (ISO/IEC 30134-2): its energy over that of the machines.
        source: where the server's figures come from.
    """

    requests_per_year_low: int
    requests_per_year: int
    requests_per_year_high: int
    server_memory_gib: float
    server_cores: int
    server_idle_w: float
    embodied_kg_co2e_low: float
    embodied_kg_co2e: float
    embodied_kg_co2e_high: float
    lifetime_years: float
    pue_low: float
    pue: float
    pue_high: float
    source: str


RANGES = ("requests_per_year", "embodied_kg_co2e", "pue")
WHOLE = ("requests_per_year_low", "requests_per_year", "requests_per_year_high", "server_cores")


@dataclass(frozen=True)
class Goals:
    """The goals of a POC by name, the service it is meant for, and the file as it is written, whose hash every run quotes."""

    goal: Mapping[str, Goal]
    text: str
    deployment: Deployment | None = None

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_goals(path: Path) -> Goals:
    """Read and check a `goals.toml`.

    Raises:
        DataError: the file is missing, or a goal or the deployment in it is not well formed; it names the entry.
    """
    text, table = _read_toml(path)
    return Goals(_goals(table.get("goal"), path), text, _deployment(table.get("deployment"), path))


def _read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        # Line ends stay as they are: the hash is that of the file.
        text = path.read_bytes().decode()
        return text, tomllib.loads(text)
    except FileNotFoundError as error:
        raise DataError(
            expected="the POC's goals, fixed before it runs",
            found="no such file",
            where=str(path),
            remedy="copy the goals.toml of another POC and set its bounds",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(expected="a TOML file in UTF-8", found=str(error), where=str(path), remedy="mend that line") from error


def _goals(written: Any, path: Path) -> dict[str, Goal]:
    goals = {}
    for name, entries in written.items() if isinstance(written, dict) else ():
        problem = _problem(entries)
        if problem:
            raise DataError(
                expected="unit, why, one of at_most and at_least, and maybe a target on the good side of it",
                found=problem,
                where=f"{path}, [goal.{name}]",
                remedy="mend that goal",
            )
        goals[name] = Goal(**entries)
    if not goals:
        raise DataError(expected="at least one [goal.NAME]", found="none", where=str(path), remedy="fix what the POC must reach")
    return goals


def _deployment(entries: Any, path: Path) -> Deployment | None:
    if entries is None:
        return None
    problem = _deployment_problem(entries)
    if problem:
        raise DataError(
            expected=f"all of {', '.join(field.name for field in fields(Deployment))}",
            found=problem,
            where=f"{path}, [deployment]",
            remedy="mend that entry, or leave the table out: then nothing is said of a year of service",
        )
    return Deployment(**entries)


def _deployment_problem(entries: Any) -> str | None:
    """What is wrong with the deployment as it is written, in words; none where nothing is."""
    if not isinstance(entries, dict):
        return f"{entries!r}"
    names = [field.name for field in fields(Deployment)]
    unknown = sorted(set(entries) - set(names))
    if unknown:
        return f"unknown: {', '.join(unknown)}"
    problems = (_entry_problem(name, entries.get(name)) for name in names)
    return next((problem for problem in problems if problem), None) or _disorder(entries)


def _entry_problem(name: str, value: Any) -> str | None:
    if value is None:
        return f"no {name}"
    if name == "source":
        return None if isinstance(value, str) and value.strip() else "no text for source"
    if not (_is_number(value) and value > 0):
        return f"{name} is not a number above 0"
    if name in WHOLE and not isinstance(value, int):
        return f"{name} is not a whole number"
    return None


def _disorder(entries: Mapping[str, Any]) -> str | None:
    if entries["pue_low"] < 1:
        return f"pue_low ({entries['pue_low']:g}) is below 1, where a room would use less than the machines in it"
    for name in RANGES:
        if not entries[f"{name}_low"] <= entries[name] <= entries[f"{name}_high"]:
            return f"{name} does not lie between {name}_low and {name}_high"
    return None


def _problem(entries: Any) -> str | None:
    """What is wrong with a goal as it is written, in words; none where nothing is."""
    if not isinstance(entries, dict):
        return f"{entries!r}"
    unknown = sorted(set(entries) - {field.name for field in fields(Goal)})
    if unknown:
        return f"unknown: {', '.join(unknown)}"
    wordless = [name for name in ("unit", "why") if not isinstance(entries.get(name), str)]
    if wordless:
        return f"no text for {wordless[0]}"
    numbers = {name: entries[name] for name in ("at_most", "at_least", "target") if name in entries}
    odd = [name for name, value in numbers.items() if not _is_number(value)]
    if odd:
        return f"{odd[0]} is not a number"
    return _contradiction(numbers)


def _is_number(value: Any) -> bool:
    """TOML knows `nan` and `inf` too, but such a bound would decide nothing."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _contradiction(numbers: Mapping[str, float]) -> str | None:
    if ("at_most" in numbers) == ("at_least" in numbers):
        return "at_most and at_least: exactly one of them is needed"
    target = numbers.get("target")
    if target is not None and target > numbers.get("at_most", target):
        return f"the target ({target:g}) is above the ceiling ({numbers['at_most']:g})"
    if target is not None and target < numbers.get("at_least", target):
        return f"the target ({target:g}) is below the floor ({numbers['at_least']:g})"
    return None
