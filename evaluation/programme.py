"""The programme to which all POCs belong: who publishes, and how much energy they may use together. No POC is judged by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evaluation.goals import read_city_table
from evaluation.home import PROJECT

CITY_GOALS = PROJECT / "poc" / "goals.toml"


@dataclass(frozen=True)
class Programme:
    """What the city says of all its POCs together.

    Attributes:
        organisation: that publishes; none where nobody has written it in.
        ceiling_kwh_per_year: of the energy that all POCs may use in a calendar year; none where there is no ceiling.
    """

    organisation: str | None = None
    ceiling_kwh_per_year: float | None = None


def read_programme(path: Path = CITY_GOALS) -> Programme:
    """The table [programme] of the city's goals; what is left out, as the whole table or file may be, is unknown.

    Raises:
        DataError: an entry is not well formed; it names the file and the entry.
    """
    return Programme(**read_city_table(path, "programme"))
