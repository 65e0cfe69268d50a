"""Goals: what the city wants of a POC, fixed in `goals.toml` before the run. Judging them is `judgement`'s work.

Checked by hand and not by pydantic, whose models alone would double the time of `preuve list`.
"""

from __future__ import annotations

import hashlib
import math
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
class Goals:
    """The goals of a POC by name, and the hash under which every run quotes them."""

    goal: Mapping[str, Goal]
    sha256: str


def read_goals(path: Path) -> Goals:
    """Read and check a `goals.toml`.

    Raises:
        DataError: the file is missing or a goal in it is not well formed; it names the goal.
    """
    try:
        content = path.read_bytes()
        table = tomllib.loads(content.decode())
    except FileNotFoundError as error:
        raise DataError(
            expected="the POC's goals, fixed before it runs",
            found="no such file",
            where=str(path),
            remedy="copy the goals.toml of another POC and set its bounds",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(expected="a TOML file in UTF-8", found=str(error), where=str(path), remedy="mend that line") from error
    goals = {}
    written = table.get("goal", {})
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
    return Goals(goals, hashlib.sha256(content).hexdigest())


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
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _contradiction(numbers: Mapping[str, float]) -> str | None:
    if ("at_most" in numbers) == ("at_least" in numbers):
        return "at_most and at_least: exactly one of them is needed"
    target = numbers.get("target")
    if target is not None and target > numbers.get("at_most", target):
        return f"the target ({target:g}) is above the ceiling ({numbers['at_most']:g})"
    if target is not None and target < numbers.get("at_least", target):
        return f"the target ({target:g}) is below the floor ({numbers['at_least']:g})"
    return None
