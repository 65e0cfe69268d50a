"""What a numbered check is given and what it gives: advice about what spoils a POC. The checks themselves are beside this file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.goals import Goals
from evaluation.judgement.comparison import CandidateResult, Comparison
from evaluation.judgement.goal_values import Case
from evaluation.judgement.verdict import Verdicts
from evaluation.messages import Figure, Message, say
from evaluation.run import Campaign

# So many of several names are written out: advice is a line or two.
MOST_NAMED = 3


@dataclass(frozen=True)
class Examined:
    """What a check looks at.

    Attributes:
        case: the comparison, the goals as they are now, and the scenario.
        verdicts: on the candidates.
        then: the goals under which it was measured; none where that is not known.
        today: when it is looked at.
    """

    case: Case
    verdicts: Verdicts
    then: Goals | None
    today: dt.date

    @property
    def comparison(self) -> Comparison:
        """Of the candidates."""
        return self.case.comparison

    @property
    def campaigns(self) -> list[Campaign]:
        """In which the candidates were measured, that of the comparison first."""
        campaigns = [self.comparison.campaign, *(result.campaign for result in self.comparison.results)]
        return list({campaign.id: campaign for campaign in campaigns}.values())

    def measured_in(self, campaign: Campaign) -> list[CandidateResult]:
        """The candidates that have figures from this campaign."""
        return [result for result in self.comparison.measured if result.campaign.id == campaign.id]

    def tried_in(self, campaign: Campaign) -> tuple[str, ...]:
        """Whom something that holds for a campaign is about: all of them where there is one campaign, so none by name."""
        if len(self.campaigns) == 1:
            return ()
        return tuple(result.name for result in self.comparison.results if result.campaign.id == campaign.id)


@dataclass(frozen=True)
class Advice:
    """Something that spoils a POC, or may.

    Attributes:
        code: of the check, `P001`.
        found: what was found, with its figures.
        remedy: what to do about it.
        candidates: whom it is about; empty where it is about all of them.
    """

    code: str
    found: Message
    remedy: Message
    candidates: tuple[str, ...] = ()


def some_of(names: Sequence[str], most: int = MOST_NAMED) -> Figure:
    """The first of several names, and how many more there are.

    >>> str(some_of(["a", "b"])), str(some_of(["a", "b", "c", "d", "e"]))
    ('a, b', 'a, b, c and 2 more')
    """
    named = ", ".join(names[:most])
    return named if len(names) <= most else say("{names} and {more} more", names=named, more=len(names) - most)


def run_command(campaign: Campaign, *options: str) -> str:
    """The command that measures anew what a campaign measured; of a user's own data the first of its options."""
    data = campaign.data
    own = data.source.startswith("hf:") or Path(data.source).is_absolute()
    return " ".join(["preuve run", campaign.task, *([f"--data {data.name} ..."] if own else []), *options])
