"""The pictures of a report, each with what it shows in words and the table of its figures."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from markupsafe import Markup

from evaluation.assessment import Assessment
from evaluation.energy.factors import WH_PER_KWH
from evaluation.goals import goal_name
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.goal_values import OUTCOMES, Judged
from evaluation.judgement.margin import YearOfService, years_of_service
from evaluation.judgement.shown_goals import MARKS
from evaluation.messages import Figure, Message, Recorded, say, words
from evaluation.publishing.charts_of_quality import quality_against_energy
from evaluation.publishing.drawing import DOTTED, ROW_HEIGHT, Picture, whisker
from evaluation.publishing.goal_cells import bound_cell, found_cell
from evaluation.publishing.labels import wrapped
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Page, Table
from evaluation.publishing.svg import (
    ALARM,
    INK,
    LINE,
    SERIES,
    SHADE,
    SMALL,
    TEXT_SIZE,
    as_svg,
    canvas,
    isolated,
    name_in_picture,
    name_rows,
    named_part,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["VOLUMES", "Picture", "energy_by_component", "goals_as_bullets", "quality_against_energy", "year_in_service"]

# The names of goals are sentences: two lines of this width.
GOAL_HEIGHT, GOAL_ROOM = 34.0, 235.0
# In a row that has to say a volume too.
LONGEST_OF_YEAR = 18
COMPONENTS = {"cpu": words("processor"), "gpu": words("graphics card"), "ram": words("memory")}
HATCHES = {"cpu": "", "gpu": "xx", "ram": "//"}
VOLUMES = {
    "low": words("{candidate}, low volume"),
    "central": words("{candidate}, central volume"),
    "high": words("{candidate}, high volume"),
}
# A goal is drawn up to so many times its bound; what lies beyond is cut, and said.
MOST_BOUNDS = 2.0


# Goals


def goals_as_bullets(found: Assessment, candidate: str, language: Language) -> Picture | None:
    """Each goal with a bound as a bar that ends at the value, in parts of the bound; none without such goals."""
    goals = [judged for judged in found.verdicts.of[candidate].goals if _in_bounds(judged)]
    if not goals:
        return None
    page = Page(language)
    title = language.say("Goals of {candidate}: each value in parts of its bound", candidate=isolated(candidate))
    names = [_goal(found, judged, language) for judged in goals]
    words_of = [
        language.say("{goal}: {outcome}", goal=name, outcome=OUTCOMES[judged.outcome])
        for name, judged in zip(names, goals, strict=True)
    ]
    description = language.say("{goals}. A goal beyond twice its bound is cut there.", goals="; ".join(words_of))
    with canvas(GOAL_HEIGHT * len(goals) + 64, left=GOAL_ROOM + 10, right=125, bottom=54) as axes:
        for place, judged in enumerate(goals):
            _bullet(axes, place, judged, language)
        axes.axvline(1, color=INK, linewidth=1.5, gid=named_part("bound"))
        axes.set_xlim(0, MOST_BOUNDS)
        name_rows(axes, [_in_two_lines(name) for name in names], SMALL)
        axes.set_xticks([0, 1, 2], ["0", language.say("the bound"), language.say("twice")])
        axes.set_xlabel(language.say("framed: what the goal allows; thin line: the interval by which it is judged"), fontsize=SMALL)
        svg = as_svg(axes, "goals", title, description)
    headings = (
        page.say("Goal"),
        page.say("bound"),
        page.say("value"),
        page.say("in parts of the bound"),
        page.say("outcome"),
    )
    rows = [_bullet_row(found, judged, page) for judged in goals]
    return Picture("goals", title, description, svg, Table(page.say("Goals, in figures"), headings, rows, frozenset({1, 2, 3})))


def _in_bounds(judged: Judged) -> bool:
    return bool(judged.bound and judged.value and isfinite(judged.value.value) and _bound(judged) > 0)


def _bound(judged: Judged) -> float:
    return judged.bound.limit if judged.bound else 0.0


def _goal(found: Assessment, judged: Judged, language: Language) -> str:
    """What readers call a goal; somebody else's names in it are shortened and isolated."""

    def figure(value: Figure) -> str:
        if isinstance(value, Message):
            return value.written(language.words, figure)
        return name_in_picture(value) if isinstance(value, str) else language.figure(value)

    return goal_name(judged.goal, judged.bound, found.comparison.campaign.unit_name).written(language.words, figure)


def _in_two_lines(text: str) -> str:
    lines = wrapped(text, GOAL_ROOM, SMALL)
    return "\n".join([*lines[:1], f"{lines[1]}…" if len(lines) > 2 else lines[1]] if len(lines) > 1 else lines)


def _bullet(axes: Axes, place: int, judged: Judged, language: Language) -> None:
    bound, value, goal = _bound(judged), judged.value, judged.bound
    if value is None or goal is None:
        return
    row = -place
    good = (0, 1) if goal.ceiling is not None else (1, MOST_BOUNDS)
    axes.barh(
        row,
        good[1] - good[0],
        left=good[0],
        height=0.8,
        color=SHADE,
        edgecolor=LINE,
        linewidth=0.6,
        gid=named_part("allowed", place),
    )
    missed = judged.outcome == "missed"
    axes.barh(
        row,
        max(0.0, min(value.value / bound, MOST_BOUNDS)),
        height=0.32,
        color=ALARM if missed else SERIES[0],
        gid=named_part("value", place),
    )
    ends = [end / bound for end in (value.low, value.high) if end is not None]
    if len(ends) == 2:
        low, high = (min(max(end, 0.0), MOST_BOUNDS) for end in ends)
        whisker(axes, (low, high), row, place)
    if goal.target is not None:
        axes.plot(
            [min(goal.target / bound, MOST_BOUNDS)], [row], marker="|", markersize=14, color=INK, gid=named_part("target", place)
        )
    mark = MARKS[judged.outcome]
    beyond = " ▸" if max([value.value / bound, *ends]) > MOST_BOUNDS else ""
    axes.text(
        MOST_BOUNDS + 0.05,
        row,
        f"{mark} {language.message(OUTCOMES[judged.outcome])}{beyond}",
        va="center",
        fontsize=TEXT_SIZE,
        gid=named_part("outcome", place),
    )


def _bullet_row(found: Assessment, judged: Judged, page: Page) -> tuple[str, ...]:
    value = judged.value.value if judged.value else 0.0
    return (
        page.goal(judged.goal, judged.bound, found.comparison.campaign.unit_name),
        bound_cell(page, judged.bound),
        found_cell(page, judged.bound, judged.value),
        page.percent(value / _bound(judged)),
        page.message(OUTCOMES[judged.outcome]),
    )


# Energy by component


def energy_by_component(found: Assessment, language: Language) -> Picture | None:
    """What each candidate's energy is made of, and how each part is known; none where nothing was measured."""
    shown = [each for each in found.comparison.measured if each.energy_wh]
    evidence: dict[str, set[str]] = {}
    for reading in found.comparison.campaign.measured_windows:
        for part in reading.components:
            evidence.setdefault(part.name, set()).add(part.evidence)
    if not shown or not evidence:
        return None
    names = [name for name in COMPONENTS if name in evidence]
    page = Page(language)
    title = language.say("What the energy is made of, and how each part is known")
    legend = [
        language.say("{component} (class {evidence})", component=say(COMPONENTS[name]), evidence=", ".join(sorted(evidence[name])))
        for name in names
    ]
    described = "; ".join(f"{isolated(each.name)}: {_parts_of(each, names, legend, language)}" for each in shown)
    with canvas(ROW_HEIGHT * len(shown) + 84, left=205, right=105, bottom=40, top=40) as axes:
        _stacked(axes, shown, names, legend, language)
        svg = as_svg(axes, "components", title, described)
    headings = (page.say("Candidate"), page.say("energy"), *(Markup(text) for text in legend))  # noqa: S704  # ours
    rows = [
        (page.said(each.name), language.energy(each.energy_wh.value), *(_part_of(each, name, language) for name in names))
        for each in shown
        if each.energy_wh
    ]
    caption = page.say("Energy per {unit} by component", unit=Recorded(found.comparison.campaign.unit_name))
    return Picture("components", title, described, svg, Table(caption, headings, rows, frozenset(range(1, len(headings)))))


def _parts_of(result: CandidateResult, names: Sequence[str], legend: Sequence[str], language: Language) -> str:
    return ", ".join(f"{text} {language.percent(result.mix.get(name, 0.0))}" for name, text in zip(names, legend, strict=True))


def _part_of(result: CandidateResult, name: str, language: Language) -> str:
    """How much of its energy a component takes: `0,2 Wh (50 %)`."""
    share = result.mix.get(name, 0.0)
    energy_wh = result.energy_wh.value if result.energy_wh else 0.0
    return f"{language.energy(energy_wh * share)} ({language.percent(share)})"


def _stacked(axes: Axes, shown: Sequence[CandidateResult], names: Sequence[str], legend: Sequence[str], language: Language) -> None:
    for row, result in enumerate(shown):
        left = 0.0
        for number, name in enumerate(names):
            share = result.mix.get(name, 0.0)
            label = legend[number] if row == 0 else None
            axes.barh(
                -row,
                share,
                left=left,
                height=0.6,
                facecolor="none" if HATCHES[name] else SERIES[number],
                edgecolor=SERIES[number],
                hatch=HATCHES[name],
                label=label,
                gid=named_part(name, row),
            )
            left += share
        if result.energy_wh:
            axes.text(
                1.02, -row, language.energy(result.energy_wh.value), va="center", fontsize=TEXT_SIZE, gid=named_part("energy", row)
            )
    axes.set_xlim(0, 1)
    name_rows(axes, [name_in_picture(each.name) for each in shown])
    axes.set_xticks([0, 0.5, 1], [language.percent(share) for share in (0, 0.5, 1)])
    axes.legend(loc="lower left", bbox_to_anchor=(-0.62, 1), ncols=len(names), frameon=False, fontsize=TEXT_SIZE, borderaxespad=0)


# A year in service


def year_in_service(found: Assessment, candidate: str, language: Language) -> Picture | None:
    """A year at each volume and rebound, of the baseline and a candidate: what is reserved and what the requests add."""
    comparison = found.comparison
    shown = [each for each in (comparison.baseline, comparison.result(candidate)) if each]
    years = [(each, year) for each in shown for year in years_of_service(each, found.scenario)]
    if not years:
        return None
    ceiling = found.goals.goal["deployed_kwh_per_year"].ceiling if "deployed_kwh_per_year" in found.goals.goal else None
    title = language.say("A year in service: what is reserved, and what the requests add")
    last = years[-1][1].service.energy_kwh
    described = language.say(
        "{candidate} takes up to {energy} at the high volume, asked ten times as often.",
        candidate=isolated(candidate),
        energy=language.energy(last * WH_PER_KWH),
    )
    page = Page(language)
    with canvas(19.0 * len(years) + 90, left=270, right=30, bottom=48, top=40) as axes:
        _years(axes, years, ceiling, language)
        svg = as_svg(axes, "year", title, described)
    headings = (
        page.say("Candidate, volume and rebound"),
        page.say("requests"),
        page.say("reserved, kWh"),
        page.say("for requests, kWh"),
        page.say("together, kWh"),
    )
    rows = [_year_row(each.name, year, page) for each, year in years]
    table = Table(page.say("A year in service, in figures"), headings, rows, frozenset(range(1, 5)))
    return Picture("year", title, described, svg, table)


def _year_row(name: str, year: YearOfService, page: Page) -> tuple[str, ...]:
    at_least = "≥\u00a0" if year.service.share_is_lower_bound else ""
    return (
        page.message(_year_name(name, year)),
        page.language.count(year.service.requests),
        at_least + page.number(year.service.reserved_kwh),
        page.number(year.service.active_kwh),
        at_least + page.number(year.service.energy_kwh),
    )


def _year_name(name: str, year: YearOfService) -> Message:
    named = say(VOLUMES[year.volume], candidate=name)
    return named if year.rebound == 1 else say("{name}, asked {times} times", name=named, times=year.rebound)


def _years(axes: Axes, years: Sequence[tuple[CandidateResult, YearOfService]], ceiling: float | None, language: Language) -> None:
    reserved_label, active_label = language.say("reserved"), language.say("for requests")
    for row, (_, year) in enumerate(years):
        service, labels = year.service, (reserved_label, active_label) if row == 0 else (None, None)
        axes.barh(
            -row,
            service.reserved_kwh,
            height=0.6,
            facecolor="none",
            edgecolor=SERIES[0],
            hatch="//",
            label=labels[0],
            gid=named_part("reserved", row),
        )
        axes.barh(
            -row,
            service.active_kwh,
            left=service.reserved_kwh,
            height=0.6,
            color=SERIES[1],
            label=labels[1],
            gid=named_part("requests", row),
        )
    if ceiling is not None:
        axes.axvline(
            ceiling, color=ALARM, linewidth=1.2, linestyle=DOTTED, label=language.say("ceiling"), gid=named_part("ceiling")
        )
    most = max(*(year.service.energy_kwh for _, year in years), ceiling or 0.0)
    axes.set_xlim(0, most * 1.05 or 1.0)
    name_rows(axes, [_row_of_year(each, year, language) for each, year in years], SMALL)
    axes.set_xlabel(language.say("kWh a year"))
    axes.xaxis.set_major_formatter(lambda value, _: language.plain(round(float(value), 9)))
    axes.legend(loc="lower left", bbox_to_anchor=(-0.79, 1), ncols=3, frameon=False, fontsize=TEXT_SIZE, borderaxespad=0)


def _row_of_year(result: CandidateResult, year: YearOfService, language: Language) -> str:
    """The whole name for the first rebound, and only the rebound for the next ones."""
    if year.rebound == 1:
        return language.message(_year_name(name_in_picture(result.name, LONGEST_OF_YEAR), year))
    return language.say("asked {times} times", times=year.rebound)
