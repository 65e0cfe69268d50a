"""A POC's campaign judged: the comparison, the verdicts and what spoils them, put together for whoever shows or scripts it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from evaluation.energy.factors import DEFAULT_FACTOR, find_factor, read_factors
from evaluation.goals import Goals, changed_goals, recorded_goals
from evaluation.html_table import listing, paragraph
from evaluation.judgement.checks import advise
from evaluation.judgement.checks.advice import Advice, Examined
from evaluation.judgement.comparison import Comparison, compare
from evaluation.judgement.goal_values import Case
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.verdict import Verdicts, judge
from evaluation.messages import Message, Recorded, full_sentence, say
from evaluation.run import Campaign
from evaluation.task import Task


@dataclass(frozen=True)
class Assessment:
    """Everything that is to be said of a campaign.

    Attributes:
        comparison: of its candidates.
        goals: as they are now.
        changed: what of the goals was another when it was measured, a message each.
        scenario: in which candidates would serve.
        verdicts: on the candidates.
        advice: what spoils it, by the numbered checks.
    """

    comparison: Comparison
    goals: Goals
    changed: Sequence[Message]
    scenario: Scenario
    verdicts: Verdicts
    advice: Sequence[Advice]

    def _repr_html_(self) -> str:
        """In a notebook: the decision, the candidates, the goals of the leading one, and what the checks found."""
        leading = self.verdicts.of[self.verdicts.leading] if self.verdicts.leading else None
        goals = leading.shown(Recorded(self.comparison.campaign.unit_name)) if leading else Markup("")
        checks = [
            say("{code} {found} → {remedy}", code=each.code, found=full_sentence(each.found), remedy=full_sentence(each.remedy))
            for each in self.advice
        ]
        return (
            paragraph(self.verdicts.concluded)
            + self.comparison._repr_html_()
            + goals
            + listing(checks, say("What the numbered checks found:"))
        )


def assess(
    task: Task,
    goals: Goals,
    campaign: Campaign,
    *,
    others: Sequence[Campaign] = (),
    factor_id: str | None = None,
    today: dt.date,
) -> Assessment:
    """Judge a campaign by the goals of its POC.

    Args:
        task: of the POC, for its metrics and unit.
        goals: of the POC, as they are now.
        campaign: what is judged.
        others: further campaigns whose candidates are put beside its own.
        factor_id: emission factor of the electricity; the default one where none is named.
        today: when it is looked at.

    Raises:
        PreuveError: there is nothing to compare, or no such factor.
    """
    scenario = Scenario(goals.deployment, find_factor(factor_id or DEFAULT_FACTOR), read_factors(), task.unit.size)
    comparison = compare(campaign, task.metrics, metric=goals.metric, others=others)
    then = None if campaign.goals_sha256 == goals.sha256 else recorded_goals(campaign.goals)
    # What was used for the POC up to the end of the last of these campaigns: the same whenever it is looked at.
    development_wh = max(each.development_wh + each.energy_wh for each in (campaign, *others))
    verdicts = judge(comparison, goals, scenario, development_wh, then)
    examined = Examined(Case(comparison, goals, scenario, development_wh), verdicts, then, today)
    changed = changed_goals(then, goals) if then and then.goal else []
    return Assessment(comparison, goals, changed, scenario, verdicts, advise(examined))
