"""The verdict: each goal of a candidate met, missed or undetermined, and the decision that follows from that by one rule.

The rule is `RULE` and `decide`, nowhere else, and is shown to whoever reads a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal, NamedTuple

from markupsafe import Markup

from evaluation.energy.factors import lowest_and_highest
from evaluation.goals import Goals, recorded_goals
from evaluation.html_table import Cell, HtmlTable, Lines, listing
from evaluation.judgement.comparison import CandidateResult, Comparison, Difference, by_second_estimate
from evaluation.judgement.goal_values import OUTCOMES, Case, Judged, judge_goals
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.settling import plain
from evaluation.judgement.shown_goals import FUNCTIONAL_UNIT, goal_table, not_met, open_lines
from evaluation.messages import Figure, Message, full_sentence, say, words

Decision = Literal["GO", "GO IF", "NO GO", "NOT CONCLUSIVE"]

# In this order: the first one whose condition holds is the decision. What leads best is last.
RULE: Mapping[Decision, Message] = {
    "NO GO": say("a goal is missed: the whole interval lies beyond its bound"),
    "GO": say("every goal is met: the whole interval lies within its bound"),
    "GO IF": say(
        "better than the baseline by the gain that is asked, nothing missed, and each open goal names what would settle it"
    ),
    "NOT CONCLUSIVE": say("none of these; the baseline wins ties"),
}
DECISIONS: Mapping[Decision, Message] = {
    "GO": say("GO"),
    "GO IF": say("GO IF"),
    "NO GO": say("NO GO"),
    "NOT CONCLUSIVE": say("NOT CONCLUSIVE"),
}
BEST_FIRST: Sequence[Decision] = ("GO", "GO IF", "NOT CONCLUSIVE", "NO GO")
GAIN = "quality_gain"
UNDER_PRESENT_GOALS = say("a campaign under the present goals")


def decide(goals: Sequence[Judged]) -> Decision:
    """The decision that follows from a candidate's goals: `RULE`."""
    outcomes = {judged.outcome for judged in goals}
    if "missed" in outcomes:
        return "NO GO"
    if outcomes == {"met"}:
        return "GO"
    better = any(judged.goal == GAIN and judged.outcome == "met" for judged in goals)
    open_goals = [judged for judged in goals if judged.outcome == "undetermined"]
    return "GO IF" if better and all(judged.settled_by for judged in open_goals) else "NOT CONCLUSIVE"


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of a candidate.

    Attributes:
        candidate: its name.
        decision: none for the baseline, which is what the others are held against.
        goals: each with its outcome, the conditions of every GO among them.
        sensitive_to: under what else the decision would be another one.
    """

    candidate: str
    decision: Decision | None
    goals: tuple[Judged, ...]
    sensitive_to: tuple[Message, ...] = ()

    def of(self, outcome: str) -> list[Judged]:
        """The goals with this outcome."""
        return [judged for judged in self.goals if judged.outcome == outcome]

    def _repr_html_(self) -> str:
        """In a notebook: the goals, and what would settle those that are open."""
        return self.shown()

    def shown(self, unit: Figure = FUNCTIONAL_UNIT) -> Markup:
        """The same, energies of a functional unit being of this one."""
        if self.decision is None:
            caption = say("Goals, by {candidate}", candidate=self.candidate)
        else:
            caption = say("{decision}: goals, by {candidate}", decision=DECISIONS[self.decision], candidate=self.candidate)
        lines = [*open_lines(self.goals, unit), *map(full_sentence, self.sensitive_to)]
        return goal_table(caption, self.goals, unit).html + listing(lines)


@dataclass(frozen=True)
class Verdicts:
    """The verdicts on the candidates of a comparison.

    Attributes:
        of: by candidate; those that were not measured have none.
        leading: name of the candidate to talk about; none where nothing but the baseline was measured.
        alternatives: what else was tried on the decisions, whether it changed any or not.
    """

    of: Mapping[str, Verdict]
    leading: str | None
    alternatives: tuple[Message, ...]

    @property
    def decision(self) -> Decision:
        """On the POC: that of its leading candidate. Without one there is nothing to conclude."""
        return (self.leading and self.of[self.leading].decision) or "NOT CONCLUSIVE"

    @property
    def keeps_baseline(self) -> bool:
        """Whether nothing speaks for more than doing without AI, so far."""
        return self.decision not in {"GO", "GO IF"}

    @property
    def concluded(self) -> Message:
        """The decision, by whom, and the rule that makes it one."""
        decision, rule = DECISIONS[self.decision], RULE[self.decision]
        if self.leading is None:
            return say("{decision}: no candidate besides the one without AI was measured.", decision=decision)
        return say(
            "{decision}, by the leading candidate {candidate}: {rule}.", decision=decision, candidate=self.leading, rule=rule
        )

    def _repr_html_(self) -> str:
        """In a notebook: the decision, a line for each candidate, and what else was tried on them."""
        headings = [say("Candidate"), say("Decision"), say("Missed, or cannot be decided yet")]
        rows = [_verdict_row(name, each) for name, each in self.of.items()]
        return HtmlTable(self.concluded, rows, headings).html + listing([full_sentence(each) for each in self.alternatives])


def _verdict_row(name: str, verdict: Verdict) -> Sequence[Cell]:
    decision = say("without AI") if verdict.decision is None else DECISIONS[verdict.decision]
    rest = list(not_met(verdict.goals))
    return [name, decision, Lines(rest) if rest else None]


def judge(comparison: Comparison, goals: Goals, scenario: Scenario, development_wh: float, then: Goals | None = None) -> Verdicts:
    """Judge the candidates of a comparison.

    Args:
        comparison: of the candidates.
        goals: as they are now.
        scenario: in which they would serve.
        development_wh: everything ever used for the POC.
        then: the goals under which it was measured; none where they are the same.
    """
    case = Case(comparison, goals, scenario, development_wh)
    befores = _goals_before(case, then)
    found = _all_verdicts(case, befores)
    others = _alternatives(case, befores)
    tried = tuple(_tried(alternative, found) for alternative in others)
    found = {name: _sensitive_to(verdict, others) for name, verdict in found.items()}
    return Verdicts(found, _leading(comparison, found), tried)


def _goals_before(case: Case, then: Goals | None) -> dict[str, Goals]:
    """By campaign the goals under which it was measured, where they were others."""
    befores = {} if then is None else {case.comparison.campaign.id: then}
    further = {result.campaign.id: result.campaign for result in case.comparison.measured}
    befores |= {name: recorded_goals(further[name].goals) for name in further if name != case.comparison.campaign.id}
    return {name: goals for name, goals in befores.items() if goals.sha256 != case.goals.sha256}


def _all_verdicts(case: Case, befores: Mapping[str, Goals]) -> dict[str, Verdict]:
    return {result.name: _verdict(case, befores.get(result.campaign.id), result) for result in case.comparison.measured}


def _verdict(case: Case, before: Goals | None, result: CandidateResult) -> Verdict:
    goals = judge_goals(case, result)
    if before and before.goal:
        then = {judged.goal: judged for judged in judge_goals(replace(case, goals=before), result)}
        goals = _not_loosened(goals, then, _other_metric(case, before, result))
    goals += _conditions(case, before, result)
    return Verdict(result.name, None if result.baseline else decide(goals), tuple(goals))


def _other_metric(case: Case, before: Goals, result: CandidateResult) -> str | None:
    """The metric on which candidates were to be judged when this one was measured, where it was another one."""
    metric = before.metric or result.campaign.metrics[0]
    return metric if metric != case.comparison.metric.name else None


def _not_loosened(now: Sequence[Judged], then: Mapping[str, Judged], other_metric: str | None) -> list[Judged]:
    """What was loosened or dropped after measuring is not met by what was measured before; nor is a gain in another metric."""
    kept = {judged.goal for judged in now}
    found = [_not_met_since(judged, then.get(judged.goal), other_metric) for judged in now]
    dropped = [old for old in then.values() if old.goal not in kept and old.outcome != "met"]
    reason = say("dropped after measuring; it was not met")
    return [*found, *(replace(old, outcome="undetermined", reason=reason, settled_by=(UNDER_PRESENT_GOALS,)) for old in dropped)]


def _not_met_since(now: Judged, then: Judged | None, other_metric: str | None) -> Judged:
    if now.outcome != "met":
        return now
    reason = None
    if then and then.outcome != "met":
        reason = say("met only since it was changed, after measuring")
    elif now.goal == GAIN and other_metric:
        reason = say("when it was measured, candidates were to be judged on {metric}", metric=other_metric)
    return replace(now, outcome="undetermined", reason=reason, settled_by=(UNDER_PRESENT_GOALS,)) if reason else now


def _conditions(case: Case, before: Goals | None, result: CandidateResult) -> list[Judged]:
    """What every GO needs and no number is set for."""
    personal_data = result.campaign.data.contains_personal_data
    found = [_human_path(case.goals), _declared(personal_data), _whole_protocol(result)]
    return [*found, _goals_unread()] if before and not before.goal else found


def _goals_unread() -> Judged:
    """Nobody can say whether goals that cannot be read were loosened since."""
    reason = say("the goals under which it was measured are others, and cannot be read")
    return Judged("goals_fixed_before", "undetermined", reason=reason, settled_by=(UNDER_PRESENT_GOALS,))


def _human_path(goals: Goals) -> Judged:
    if goals.human_path is None:
        reason, remedy = (
            say("nobody says whether people still serve who wants it"),
            say("[human_path] kept = true in goals.toml, if so"),
        )
        return Judged("human_path", "undetermined", reason=reason, settled_by=(remedy,))
    return Judged("human_path", "met" if goals.human_path else "missed")


def _declared(personal_data: str) -> Judged:
    if personal_data == "undeclared":
        reason = say("nobody says whether the data hold personal data")
        return Judged("data_declared", "undetermined", reason=reason, settled_by=(say("preuve run ... --personal-data no|yes"),))
    return Judged("data_declared", "met")


def _whole_protocol(result: CandidateResult) -> Judged:
    campaign = result.campaign
    reason = None
    if campaign.protocol.quick:
        reason = say("quick: fewer rounds or shorter windows")
    elif campaign.status != "finished":
        reason = say("the campaign was interrupted")
    elif result.seeds < len(campaign.runs_of(result.candidate)):
        # The seeds that went well would speak for those that did not.
        seeds, tried = result.seeds, len(campaign.runs_of(result.candidate))
        reason = say("only {seeds} of {tried} seeds finished", seeds=seeds, tried=tried)
    if reason is None:
        return Judged("full_protocol", "met")
    again = say("a campaign without --quick that is not interrupted and in which all seeds finish")
    return Judged("full_protocol", "undetermined", reason=reason, settled_by=(again,))


def _leading(comparison: Comparison, verdicts: Mapping[str, Verdict]) -> str | None:
    """Of the best decision the best score; of those that cannot be told from it, the least energy. None without candidates.

    Only what may be ranked together is: candidates on the test that decides, hosted ones only where there is nothing else, and
    energies only where they may be compared.
    """
    ranked = [comparison.result(name) for name, verdict in verdicts.items() if verdict.decision]
    ranked = [result for result in ranked if result.campaign.id not in comparison.apart]
    ranked = [result for result in ranked if result.evidence != "D"] or ranked
    if not ranked:
        return None
    best = min(_rank(verdicts[result.name]) for result in ranked)
    ranked = [result for result in ranked if _rank(verdicts[result.name]) == best]
    first = max(ranked, key=lambda result: _goodness(comparison, result))
    tied = [first, *(each for each in ranked if _tied(comparison.between(first.name, each.name)))]
    return min(tied, key=_energy).name


def _rank(verdict: Verdict) -> int:
    return BEST_FIRST.index(verdict.decision) if verdict.decision else len(BEST_FIRST)


def _goodness(comparison: Comparison, result: CandidateResult) -> float:
    score = result.scores[comparison.metric.name].value
    sign = 1 if comparison.metric.higher_is_better else -1
    return sign * score if isfinite(score) else float("-inf")


def _tied(found: Difference) -> bool:
    """Whether neither scores better, and which one uses less can be told."""
    return found.quality is not None and found.better is None and found.ratio is not None


def _energy(result: CandidateResult) -> float:
    return result.energy_wh.value if result.energy_wh else float("inf")


class _Alternative(NamedTuple):
    """What else might be taken for true, and the verdicts then."""

    what: Message
    verdicts: Mapping[str, Verdict]


def _alternatives(case: Case, befores: Mapping[str, Goals]) -> list[_Alternative]:
    """The verdicts under the other estimate of the CPU's energy, and under the lowest and the highest factor."""
    found = []
    comparison, scenario = case.comparison, case.scenario
    machines = [result.campaign.machine for result in comparison.measured]
    modelled = next((machine for machine in machines if machine.models_cpu_energy), None)
    if modelled:
        watts = plain(modelled.declared.watts_per_busy_core.value)
        what = say("the second estimate of the CPU's energy ({watts} W a busy core)", watts=watts)
        found.append(_Alternative(what, _all_verdicts(replace(case, comparison=by_second_estimate(comparison)), befores)))
    lowest, highest = lowest_and_highest({**scenario.factors, scenario.factor.id: scenario.factor})
    for template, factor in (
        (words("the lowest emission factor ({factor}, {grams} g/kWh)"), lowest),
        (words("the highest emission factor ({factor}, {grams} g/kWh)"), highest),
    ):
        verdicts = _all_verdicts(replace(case, scenario=replace(scenario, factor=factor)), befores)
        found.append(_Alternative(say(template, factor=factor.id, grams=factor.g_per_kwh), verdicts))
    return found


def _sensitive_to(verdict: Verdict, others: Sequence[_Alternative]) -> Verdict:
    changed = [each for each in others if _decision_in(each, verdict.candidate) != verdict.decision]
    return replace(verdict, sensitive_to=tuple(_other_decision(verdict, each) for each in changed))


def _decision_in(alternative: _Alternative, name: str) -> Decision | None:
    """Under which nothing may be left of a candidate: an energy of 0, by the seconds of a CPU that it did not use."""
    found = alternative.verdicts.get(name)
    return found.decision if found else None


def _other_decision(verdict: Verdict, alternative: _Alternative) -> Message:
    other = alternative.verdicts.get(verdict.candidate)
    if other is None or other.decision is None:
        return say("under {what} there would be no decision", what=alternative.what)
    decision, moved = DECISIONS[other.decision], _what_decided(verdict, other)
    if moved is None:
        return say("under {what} it would be {decision}", what=alternative.what, decision=decision)
    return say(
        "under {what} it would be {decision}: {goal} {outcome}",
        what=alternative.what,
        decision=decision,
        goal=moved.goal,
        outcome=OUTCOMES[moved.outcome],
    )


def _what_decided(verdict: Verdict, other: Verdict) -> Judged | None:
    """The goal whose other outcome makes the other decision: one that is missed, or is no more, before all others."""
    before = {judged.goal: judged.outcome for judged in verdict.goals}
    moved = [judged for judged in other.goals if before.get(judged.goal) != judged.outcome]
    return min(moved, key=lambda judged: "missed" not in {judged.outcome, before.get(judged.goal)}, default=None)


def _tried(alternative: _Alternative, verdicts: Mapping[str, Verdict]) -> Message:
    names = [name for name, each in verdicts.items() if _decision_in(alternative, name) != each.decision]
    if names:
        return say("{what} changes the decision on {names}", what=alternative.what, names=", ".join(names))
    return say("{what} changes no decision", what=alternative.what)
