"""Goals: what the city wants of a POC, fixed in `goals.toml` before the run. Judging them is `judgement`'s work."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from evaluation.exceptions import DataError


class Goal(BaseModel):
    """One bound on one measure. `target` is what is hoped for, the bound what decides.

    Attributes:
        at_most: the ceiling; exclusive with `at_least`.
        at_least: the floor.
        target: at or beyond the bound, on its good side.
        unit: of all three numbers.
        why: where the numbers come from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: float | None = None
    at_least: float | None = None
    target: float | None = None
    unit: str
    why: str

    @model_validator(mode="after")
    def _one_bound(self) -> Goal:
        if (self.at_most is None) == (self.at_least is None):
            message = "a goal has either at_most or at_least"
            raise ValueError(message)
        if self.target is not None and self.at_most is not None and self.target > self.at_most:
            message = f"the target ({self.target:g}) is above the ceiling ({self.at_most:g})"
            raise ValueError(message)
        if self.target is not None and self.at_least is not None and self.target < self.at_least:
            message = f"the target ({self.target:g}) is below the floor ({self.at_least:g})"
            raise ValueError(message)
        return self

    @property
    def bound(self) -> str:
        """The bound in short: `≤ 1 Wh`."""
        sign, value = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        return f"{sign} {value:g} {self.unit}"


class Goals(BaseModel):
    """The goals of a POC by name, and the hash under which every run quotes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goal: dict[str, Goal]
    sha256: str


def read_goals(path: Path) -> Goals:
    """Read and check a `goals.toml`.

    Raises:
        DataError: the file is missing or a goal in it is not well formed; it names the goal.
    """
    try:
        content = path.read_bytes()
        return Goals.model_validate({**tomllib.loads(content.decode()), "sha256": hashlib.sha256(content).hexdigest()})
    except FileNotFoundError as error:
        raise DataError(
            expected="the POC's goals, fixed before it runs",
            found="no such file",
            where=str(path),
            remedy="copy the goals.toml of another POC and set its bounds",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            expected="a TOML file in UTF-8", found=str(error), where=str(path), remedy="mend that line"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(
            expected="goals with a unit, a reason (why) and either at_most or at_least",
            found=first["msg"],
            where=f"{path}, {'.'.join(str(part) for part in first['loc'])}",
            remedy="mend that goal",
        ) from error
