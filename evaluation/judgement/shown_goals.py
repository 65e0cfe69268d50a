"""Goals in a notebook: what each asks, what was found, what that makes, and what would settle those that are open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import isfinite

from evaluation.energy.factors import WH_PER_KWH
from evaluation.goals import GOAL_UNITS, Goal, goal_name
from evaluation.html_table import NARROW, Cell, HtmlTable
from evaluation.judgement.goal_values import OUTCOMES, Judged, Outcome
from evaluation.judgement.shown_candidates import bounded, score_cell
from evaluation.messages import Figure, Message, Speech, Styled, following, full_sentence, say
from evaluation.numbers import energy_unit

# Beside an outcome's word, for the eye that runs down a column.
MARKS: Mapping[Outcome, str] = {"met": "✓", "missed": "✗", "undetermined": "?"}
ENERGY_IN_WH = {"Wh": 1.0, "kWh": WH_PER_KWH}
# Where nobody says which one it is.
FUNCTIONAL_UNIT = say("one functional unit")
GOAL_FIGURES = frozenset({1, 2})


@dataclass(frozen=True)
class Bound(Styled):
    """A ceiling or a floor as the goals set it, with the sign that says which of them."""

    goal: Goal

    def written(self, speech: Speech) -> str:
        """With its unit."""
        sign = "≤" if self.goal.ceiling is not None else "≥"
        return f"{sign}\u00a0{speech.plain(self.goal.limit)}{NARROW}{unit_of(self.goal)}".rstrip(NARROW)


@dataclass(frozen=True)
class InUnit(Styled):
    """A quantity with its unit."""

    value: float
    unit: str

    def written(self, speech: Speech) -> str:
        """With three significant digits."""
        return f"{speech.number(self.value)}{NARROW}{self.unit}".rstrip(NARROW)


def named(judged: Judged, unit: Figure = FUNCTIONAL_UNIT) -> Message:
    """What readers call a goal, energies of a unit being of this one."""
    found = goal_name(judged.goal, judged.bound, "")
    return replace(found, figures={**found.figures, "unit": unit})


def outcome_words(judged: Judged) -> Message:
    """The outcome with its mark, and whether the target is reached as well."""
    outcome: Message = OUTCOMES[judged.outcome]
    if judged.outcome == "met" and judged.at_target:
        outcome = say("{outcome}, target reached", outcome=outcome)
    return say("{mark} {outcome}", mark=MARKS[judged.outcome], outcome=outcome)


def goal_table(caption: Message, goals: Sequence[Judged], unit: Figure = FUNCTIONAL_UNIT) -> HtmlTable:
    """Each goal with its bound, what was found and the ends by which it is judged, and its outcome."""
    headings = [say("Goal"), say("Bound"), say("Found (judged between)"), say("Outcome")]
    rows: list[Sequence[Cell]] = [
        [full_name(judged, unit), _bound(judged), _found(judged), outcome_words(judged)] for judged in goals
    ]
    return HtmlTable(caption, rows, headings, GOAL_FIGURES)


def full_name(judged: Judged, unit: Figure) -> Message:
    """The same, of the quality also by which metric."""
    name = named(judged, unit)
    if judged.goal != "quality" or judged.bound is None or judged.bound.metric is None:
        return name
    return say("{name}, {metric}", name=name, metric=judged.bound.metric)


def open_lines(goals: Sequence[Judged], unit: Figure = FUNCTIONAL_UNIT) -> list[Message]:
    """What is to be said of goals that are not simply met, and what would settle them."""
    return [full_sentence(following(_outcome(judged, unit), _settled(judged))) for judged in goals if judged.outcome != "met"]


def _outcome(judged: Judged, unit: Figure) -> Message:
    name, outcome = named(judged, unit), OUTCOMES[judged.outcome]
    if judged.reason:
        return say("{goal}: {outcome} ({reason}).", goal=name, outcome=outcome, reason=judged.reason)
    return say("{goal}: {outcome}.", goal=name, outcome=outcome)


def _settled(judged: Judged) -> Message | None:
    if not judged.settled_by:
        return None
    ways = reduce(lambda one, other: say("{one}, or {other}", one=one, other=other), judged.settled_by)
    return say("What would settle it: {ways}.", ways=ways)


def not_met(goals: Sequence[Judged], unit: Figure = FUNCTIONAL_UNIT) -> Iterator[Message]:
    """Which goals are missed or open, each with its mark."""
    for judged in goals:
        if judged.outcome != "met":
            yield say("{mark} {outcome}", mark=MARKS[judged.outcome], outcome=named(judged, unit))


def _bound(judged: Judged) -> Cell:
    goal = judged.bound
    return None if goal is None or (goal.ceiling is None and goal.floor is None) else Bound(goal)


def _found(judged: Judged) -> Cell:
    """In the unit that suits it."""
    goal, value = judged.bound, judged.value
    if goal is None or value is None or not isfinite(value.value):
        return None
    unit, factor = unit_of(goal), 1.0
    if not unit and None not in {value.low, value.high}:
        return score_cell(value)
    if unit in ENERGY_IN_WH:
        in_wh = ENERGY_IN_WH[unit]
        unit, of_wh = energy_unit(abs(value.value) * in_wh)
        factor = of_wh * in_wh
    return bounded(value, lambda each: InUnit(each * factor, unit))


def unit_of(goal: Goal) -> str:
    """What a goal's figures are in, without what its name says already."""
    if "co2e" in goal.name:
        return "kg CO₂e"
    unit = GOAL_UNITS[goal.name].partition(" ")[0]
    return unit if unit in ENERGY_IN_WH else ""
