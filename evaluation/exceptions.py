"""The errors a user can mend. Everything else is a defect and keeps its traceback."""

from __future__ import annotations


class PreuveError(Exception):
    """Something the user can put right.

    Args:
        expected: what would have worked.
        found: what was there instead.
        where: the file (and line, column), the option or the folder.
        remedy: what to do next; a command where there is one.
    """

    def __init__(self, *, expected: str, found: str, where: str, remedy: str) -> None:
        super().__init__(f"{found} ({where})")
        self.expected = expected
        self.found = found
        self.where = where
        self.remedy = remedy

    def as_dict(self) -> dict[str, str]:
        """The four parts by name, for `--json`."""
        return {"expected": self.expected, "found": self.found, "where": self.where, "remedy": self.remedy}

    @property
    def explained(self) -> str:
        """In four lines, for whoever can put it right."""
        return f"Error: {self.found}\n  expected: {self.expected}\n  where:    {self.where}\n  do:       {self.remedy}"


class DataError(PreuveError):
    """The samples or their card cannot be used as they are."""


class NameNotFoundError(PreuveError):
    """A POC, candidate or campaign that does not exist."""


class HomeError(PreuveError):
    """PREUVE_HOME cannot hold the records."""


class BusyError(PreuveError):
    """Another campaign holds the machine's energy lock."""


class MeterError(PreuveError):
    """An energy reading that must not be believed."""


class RecordError(PreuveError):
    """The records cannot be written or read back."""


class CandidateUnavailableError(PreuveError):
    """A candidate cannot run here; the others can. Raised by a `fit` function.

    Args:
        reason: why, in words a decision-maker can read.
        remedy: the command that would make it available.
    """

    def __init__(self, reason: str, *, remedy: str) -> None:
        super().__init__(expected="what the candidate needs", found=reason, where="this machine", remedy=remedy)
        self.reason = reason


class MachineError(PreuveError):
    """What is declared about the machine cannot be used."""


class BudgetError(PreuveError):
    """The energy that a POC may use for its development is spent."""


class CampaignInterrupted(KeyboardInterrupt):  # it is no error, but what somebody asked for
    """Somebody ended a campaign; what was measured is recorded."""

    explained = "Interrupted. What was measured so far is recorded, and marked as interrupted."
