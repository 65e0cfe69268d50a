"""What a goal asks and what was found, as cells of a table."""

from __future__ import annotations

from math import isfinite

from markupsafe import Markup, escape

from evaluation.goals import Goal
from evaluation.judgement.shown_goals import ENERGY_IN_WH, unit_of
from evaluation.judgement.statistics import Interval
from evaluation.numbers import UNKNOWN
from evaluation.publishing.pages import Page


def bound_cell(page: Page, goal: Goal | None) -> str:
    """Its ceiling or floor, with the sign that says which of them; a dash where it has neither."""
    if goal is None:
        return UNKNOWN
    sign, bound = ("≤", goal.ceiling) if goal.ceiling is not None else ("≥", goal.floor)
    return UNKNOWN if bound is None else f"{sign}\u00a0{in_unit(page, goal, bound)}"


def in_unit(page: Page, goal: Goal, value: float | None) -> str:
    """A figure that the goals set, in the unit in which they set it; a dash where they do not."""
    return UNKNOWN if value is None else page.language.with_unit(page.plain(value), unit_of(goal))


def found_cell(page: Page, goal: Goal | None, value: Interval | None) -> Markup:
    """What was found, in the unit that suits it, and the ends between which it is judged."""
    if goal is None or value is None or not isfinite(value.value):
        return escape(UNKNOWN)
    unit = unit_of(goal)
    if not unit:
        return page.bounded(value) if None in {value.low, value.high} else page.score(value)
    factor = 1.0
    if unit in ENERGY_IN_WH:
        scale = page.language.energy_scale([value.value * ENERGY_IN_WH[unit]])
        unit, factor = scale.unit, scale.factor * ENERGY_IN_WH[unit]
    found = page.language.with_unit(page.number(value.value * factor), unit)
    return page.lines(found, page.language.interval(value, factor))
