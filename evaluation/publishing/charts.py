"""The pictures of a report, each with what it shows in words and the table of its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import TYPE_CHECKING

from evaluation.assessment import Assessment
from evaluation.energy.factors import WH_PER_KWH
from evaluation.goals import goal_name
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.goal_values import OUTCOMES, Judged
from evaluation.judgement.margin import YearOfService, years_of_service
from evaluation.judgement.statistics import Interval
from evaluation.messages import say, words
from evaluation.publishing.language import Language, Scale
from evaluation.publishing.pages import Table
from evaluation.publishing.svg import ALARM, INK, LINE, QUIET, SERIES, SHADE, TEXT_SIZE, as_svg, canvas, name_in_picture, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Between the lines of two labels, in units of the SVG.
LINE_HEIGHT = 16.0
ROW_HEIGHT = 26.0
SMALL = 11
COMPONENTS = {"cpu": words("processor"), "gpu": words("graphics card"), "ram": words("memory")}
HATCHES = {"cpu": "", "gpu": "xx", "ram": "//"}
VOLUMES = {
    "low": words("{candidate}, low volume"),
    "central": words("{candidate}, central volume"),
    "high": words("{candidate}, high volume"),
}
# Beside an outcome's word, for the eye that runs down a column.
MARKS = {"met": "✓", "missed": "✗", "undetermined": "?"}
# A goal is drawn up to so many times its bound; what lies beyond is cut, and said.
MOST_BOUNDS = 2.0


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes:
        name: all its ids begin with it.
        title: what it shows.
        description: what is to be seen, for whoever cannot see it.
        svg: an element of the page.
        table: of its figures.
    """

    name: str
    title: str
    description: str
    svg: str
    table: Table


# Quality against energy


def quality_against_energy(found: Assessment, language: Language) -> Picture | None:
    """Each candidate by its energy, on a logarithmic axis, and by its score; none where no candidate has both."""
    comparison = found.comparison
    metric = comparison.metric.name
    shown = [each for each in comparison.measured if each.energy_wh and isfinite(each.scores[metric].value)]
    if not shown:
        return None
    scale = language.energy_scale([each.energy_wh.value for each in shown if each.energy_wh])
    title = language.say("Quality against energy: further up is better, further left uses less")
    leanest = min(shown, key=lambda each: each.energy_wh.value if each.energy_wh else 0.0)
    best = max(shown, key=lambda each: each.scores[metric].value * (1 if comparison.metric.higher_is_better else -1))
    description = language.say(
        "Least energy: {leanest}. Best score: {best}. On the Pareto front, where none is both better and leaner: {front}.",
        leanest=leanest.name,
        best=best.name,
        front=", ".join(comparison.front) or language.say("none"),
    )
    with canvas(340, left=58, right=190) as axes:
        axes.set_xscale("log")
        for each in shown:
            _candidate_point(axes, each, metric)
        front = [each for each in shown if each.name in comparison.front]
        _front(axes, front, metric, higher_is_better=comparison.metric.higher_is_better)
        _bounds(axes, found, language)
        _label_at_right(
            axes, [(each.energy_wh.value, each.scores[metric].value, _named(each, language)) for each in shown if each.energy_wh]
        )
        axes.set_xlabel(
            language.say("energy per {unit}, {symbol}", unit=_unit(found, language), symbol=scale.unit), fontsize=TEXT_SIZE
        )
        axes.set_ylabel(metric, parse_math=False)
        _log_ticks(axes, scale, language)
        axes.yaxis.set_major_formatter(lambda value, _: language.plain(round(float(value), 6)))
        svg = as_svg(axes, "quality-energy", title, description)
    return Picture("quality-energy", title, description, svg, _quality_table(found, shown, scale, language))


def _unit(found: Assessment, language: Language) -> str:
    name = found.comparison.campaign.unit_name
    return language.recorded(name) or name


def _named(result: CandidateResult, language: Language) -> str:
    name = name_in_picture(result.name)
    return language.say("{name} (without AI)", name=name) if result.baseline else name


def _candidate_point(axes: Axes, result: CandidateResult, metric: str) -> None:
    """A point with a thick line for how repeatable its energy is, and a thin one for between what the true value lies."""
    energy_wh, score = result.energy_wh, result.scores[metric]
    if energy_wh is None or result.true_wh is None:
        return
    color = QUIET if result.baseline else SERIES[0]
    axes.plot([result.true_wh.low, result.true_wh.high], [score.value] * 2, color=color, linewidth=0.8)
    if energy_wh.low is not None and energy_wh.high is not None:
        axes.plot([energy_wh.low, energy_wh.high], [score.value] * 2, color=color, linewidth=3.5, solid_capstyle="butt")
    if score.low is not None and score.high is not None:
        axes.plot([energy_wh.value] * 2, [score.low, score.high], color=color, linewidth=1.5)
    axes.plot([energy_wh.value], [score.value], marker="s" if result.baseline else "o", markersize=8, color=color, linestyle="none")


def _front(axes: Axes, front: Sequence[CandidateResult], metric: str, *, higher_is_better: bool) -> None:
    """The front as steps, from the leanest upwards; who stands on it because nothing sets it apart from another is no step."""
    sign = 1 if higher_is_better else -1
    points: list[tuple[float, float]] = []
    for energy_wh, score in sorted((each.energy_wh.value, each.scores[metric].value) for each in front if each.energy_wh):
        if not points or sign * score > sign * points[-1][1]:
            points.append((energy_wh, score))
    if len(points) > 1:
        axes.step(*zip(*points, strict=True), where="post", color=INK, linewidth=1, linestyle=(0, (4, 3)))


def _bounds(axes: Axes, found: Assessment, language: Language) -> None:
    """The ceiling of energy and the floor of quality as lines, as far as there are such goals."""
    energy, quality = found.goals.goal.get("energy_per_unit_wh"), found.goals.goal.get("quality")
    if energy and energy.ceiling:
        axes.axvline(energy.ceiling, color=ALARM, linewidth=1.2, linestyle=(0, (1, 2)))
        text = language.say("ceiling {energy}", energy=language.energy(energy.ceiling))
        axes.annotate(
            text,
            (energy.ceiling, 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            color=ALARM,
            fontsize=SMALL,
        )
    if quality and quality.floor is not None and quality.metric in {None, found.comparison.metric.name}:
        axes.axhline(quality.floor, color=ALARM, linewidth=1.2, linestyle=(0, (1, 2)))
        text = language.say("floor {score}", score=language.plain(quality.floor))
        axes.annotate(
            text,
            (0.01, quality.floor),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            color=ALARM,
            fontsize=SMALL,
        )


def _label_at_right(axes: Axes, labels: Sequence[tuple[float, float, str]]) -> None:
    """Names in a column at the right, as high as their points or as near as they find room, each joined to its point by a line."""
    bottom, top = axes.get_ylim()
    step = LINE_HEIGHT / axes.bbox.height
    ordered = sorted(labels, key=lambda label: label[1])
    places: list[float] = []
    for _, value, _ in ordered:
        wanted = (value - bottom) / (top - bottom)
        places.append(max(wanted, places[-1] + step) if places else wanted)
    overflow = max(0.0, (places[-1] if places else 0.0) - 1.0)
    # What is pushed out at the top pushes the others down, no further than they have to go.
    for number in range(len(places) - 1, -1, -1) if overflow else ():
        most = 1.0 if number == len(places) - 1 else places[number + 1] - step
        places[number] = min(places[number], most)
    for (x, y, text), place in zip(ordered, places, strict=True):
        axes.annotate(
            text,
            (x, y),
            xytext=(1.03, place),
            textcoords="axes fraction",
            va="center",
            fontsize=TEXT_SIZE,
            parse_math=False,
            arrowprops={"arrowstyle": "-", "color": LINE, "linewidth": 0.8, "shrinkB": 5},
        )
    axes.set_ylim(bottom, top)


def _log_ticks(axes: Axes, scale: Scale, language: Language) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    low, high = axes.get_xlim()
    exponents = range(floor(log10(low)) - 1, floor(log10(high)) + 2)
    subs: tuple[float, ...] = (1.0,) if log10(high / low) > 2 else (1.0, 2.0, 5.0)
    values = [sub * 10.0**exponent for exponent in exponents for sub in subs]
    axes.xaxis.set_major_locator(FixedLocator([value for value in values if low <= value <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: language.plain(float(f"{value * scale.factor:.3g}")))


def _quality_table(found: Assessment, shown: Sequence[CandidateResult], scale: Scale, language: Language) -> Table:
    metric = found.comparison.metric.name
    headings = (
        language.say("Candidate"),
        metric,
        language.say("its interval"),
        language.say("energy, {symbol}", symbol=scale.unit),
        language.say("its interval over the rounds"),
        language.say("the true value lies between"),
        language.say("on the Pareto front"),
    )
    rows = [_quality_row(found, each, scale, language) for each in shown]
    return Table(language.say("Quality against energy, in figures"), headings, rows, frozenset(range(1, 6)))


def _quality_row(found: Assessment, result: CandidateResult, scale: Scale, language: Language) -> tuple[str, ...]:
    score, energy_wh = result.scores[found.comparison.metric.name], result.energy_wh or Interval(0.0)
    true = [language.number(bound * scale.factor) for bound in result.true_wh or ()]
    return (
        result.name,
        language.score(score.value),
        language.ends(score, language.score),
        language.number(energy_wh.value * scale.factor),
        language.interval(energy_wh, scale.factor),
        language.between(*true) if len(true) == 2 else "",
        language.say("yes") if result.name in found.comparison.front else language.say("no"),
    )


# Goals


def goals_as_bullets(found: Assessment, candidate: str, language: Language) -> Picture | None:
    """Each goal with a bound as a bar that ends at the value, in parts of the bound; none without such goals."""
    goals = [judged for judged in found.verdicts.of[candidate].goals if _in_bounds(judged)]
    if not goals:
        return None
    title = language.say("Goals of {candidate}: each value in parts of its bound", candidate=candidate)
    words_of = [
        language.say("{goal}: {outcome}", goal=_goal(found, judged, language), outcome=OUTCOMES[judged.outcome]) for judged in goals
    ]
    description = language.say("{goals}. A goal beyond twice its bound is cut there.", goals="; ".join(words_of))
    with canvas(ROW_HEIGHT * len(goals) + 60, left=270, right=125, bottom=40) as axes:
        for place, judged in enumerate(goals):
            _bullet(axes, -place, judged, language)
        axes.axvline(1, color=INK, linewidth=1.5)
        axes.set_xlim(0, MOST_BOUNDS)
        name_rows(axes, [_shortened(_goal(found, judged, language), 38) for judged in goals], SMALL)
        axes.set_xticks([0, 1, 2], ["0", language.say("the bound"), language.say("twice")])
        svg = as_svg(axes, "goals", title, description)
    headings = (
        language.say("Goal"),
        language.say("bound"),
        language.say("value"),
        language.say("in parts of the bound"),
        language.say("outcome"),
    )
    rows = [_bullet_row(found, judged, language) for judged in goals]
    return Picture("goals", title, description, svg, Table(language.say("Goals, in figures"), headings, rows, frozenset({1, 2, 3})))


def _in_bounds(judged: Judged) -> bool:
    return bool(judged.bound and judged.value and isfinite(judged.value.value) and _bound(judged) > 0)


def _bound(judged: Judged) -> float:
    return judged.bound.limit if judged.bound else 0.0


def _goal(found: Assessment, judged: Judged, language: Language) -> str:
    return language.message(goal_name(judged.goal, judged.bound, found.comparison.campaign.unit_name))


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _bullet(axes: Axes, row: float, judged: Judged, language: Language) -> None:
    bound, value, goal = _bound(judged), judged.value, judged.bound
    if value is None or goal is None:
        return
    good = (0, 1) if goal.ceiling is not None else (1, MOST_BOUNDS)
    axes.barh(row, good[1] - good[0], left=good[0], height=0.8, color=SHADE, edgecolor=LINE, linewidth=0.6)
    missed = judged.outcome == "missed"
    axes.barh(row, max(0.0, min(value.value / bound, MOST_BOUNDS)), height=0.32, color=ALARM if missed else SERIES[0])
    ends = [end / bound for end in (value.low, value.high) if end is not None]
    if len(ends) == 2:
        axes.plot([min(max(end, 0.0), MOST_BOUNDS) for end in ends], [row, row], color=INK, linewidth=1.2)
    if goal.target is not None:
        axes.plot([min(goal.target / bound, MOST_BOUNDS)], [row], marker="|", markersize=14, color=INK)
    mark = MARKS[judged.outcome]
    beyond = " ▸" if max([value.value / bound, *ends]) > MOST_BOUNDS else ""
    axes.text(
        MOST_BOUNDS + 0.05,
        row,
        f"{mark} {language.message(OUTCOMES[judged.outcome])}{beyond}",
        va="center",
        fontsize=TEXT_SIZE,
    )


def _bullet_row(found: Assessment, judged: Judged, language: Language) -> tuple[str, ...]:
    bound, value = _bound(judged), judged.value or Interval(0.0)
    sign = "≤" if judged.bound and judged.bound.ceiling is not None else "≥"
    return (
        _goal(found, judged, language),
        f"{sign}\u00a0{language.plain(bound)}",
        language.number(value.value),
        language.percent(value.value / bound),
        language.message(OUTCOMES[judged.outcome]),
    )


# Energy by component


def energy_by_component(found: Assessment, language: Language) -> Picture | None:
    """What each candidate's energy is made of, and how each part is known; none where nothing was measured."""
    shown = [each for each in found.comparison.measured if each.energy_wh]
    windows = found.comparison.campaign.measured_windows
    if not shown or not windows:
        return None
    evidence = {part.name: part.evidence for reading in windows for part in reading.components}
    names = [name for name in COMPONENTS if name in evidence]
    title = language.say("What the energy is made of, and how each part is known")
    legend = [
        language.say("{component} (class {evidence})", component=say(COMPONENTS[name]), evidence=evidence[name]) for name in names
    ]
    parts = [
        ", ".join(f"{legend[place]} {language.percent(each.mix.get(name, 0.0))}" for place, name in enumerate(names))
        for each in shown
    ]
    described = "; ".join(f"{each.name}: {text}" for each, text in zip(shown, parts, strict=True))
    with canvas(ROW_HEIGHT * len(shown) + 80, left=200, right=110, bottom=36, top=40) as axes:
        _stacked(axes, shown, names, legend, language)
        svg = as_svg(axes, "components", title, described)
    headings = (language.say("Candidate"), language.say("energy"), *legend)
    rows = [
        (each.name, language.energy(each.energy_wh.value), *(language.percent(each.mix.get(name, 0.0)) for name in names))
        for each in shown
        if each.energy_wh
    ]
    caption = language.say("Energy per {unit} by component", unit=_unit(found, language))
    return Picture("components", title, described, svg, Table(caption, headings, rows, frozenset(range(1, len(headings)))))


def _stacked(axes: Axes, shown: Sequence[CandidateResult], names: Sequence[str], legend: Sequence[str], language: Language) -> None:
    for place, result in enumerate(shown):
        left = 0.0
        for number, name in enumerate(names):
            share = result.mix.get(name, 0.0)
            label = legend[number] if place == 0 else None
            axes.barh(
                -place,
                share,
                left=left,
                height=0.6,
                facecolor="none" if HATCHES[name] else SERIES[number],
                edgecolor=SERIES[number],
                hatch=HATCHES[name],
                label=label,
            )
            left += share
        if result.energy_wh:
            axes.text(1.02, -place, language.energy(result.energy_wh.value), va="center", fontsize=TEXT_SIZE)
    axes.set_xlim(0, 1)
    name_rows(axes, [name_in_picture(each.name) for each in shown])
    axes.set_xticks([0, 0.5, 1], [language.percent(share) for share in (0, 0.5, 1)])
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(names), frameon=False, fontsize=TEXT_SIZE, borderaxespad=0)


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
        candidate=candidate,
        energy=language.energy(last * WH_PER_KWH),
    )
    with canvas(19.0 * len(years) + 90, left=270, right=30, bottom=44, top=40) as axes:
        _years(axes, years, ceiling, language)
        svg = as_svg(axes, "year", title, described)
    headings = (
        language.say("Candidate, volume and rebound"),
        language.say("requests"),
        language.say("reserved, kWh"),
        language.say("for requests, kWh"),
        language.say("together, kWh"),
    )
    rows = [
        (
            _year_name(each.name, year, language),
            language.count(year.service.requests),
            *(language.number(kwh) for kwh in (year.service.reserved_kwh, year.service.active_kwh, year.service.energy_kwh)),
        )
        for each, year in years
    ]
    return Picture(
        "year", title, described, svg, Table(language.say("A year in service, in figures"), headings, rows, frozenset(range(1, 5)))
    )


def _year_name(name: str, year: YearOfService, language: Language) -> str:
    named = say(VOLUMES[year.volume], candidate=name)
    return language.message(named if year.rebound == 1 else say("{name}, asked {times} times", name=named, times=year.rebound))


def _years(axes: Axes, years: Sequence[tuple[CandidateResult, YearOfService]], ceiling: float | None, language: Language) -> None:
    places = [-place for place in range(len(years))]
    reserved = [year.service.reserved_kwh for _, year in years]
    active = [year.service.active_kwh for _, year in years]
    axes.barh(places, reserved, height=0.6, facecolor="none", edgecolor=SERIES[0], hatch="//", label=language.say("reserved"))
    axes.barh(places, active, left=reserved, height=0.6, color=SERIES[1], label=language.say("for requests"))
    if ceiling is not None:
        axes.axvline(ceiling, color=ALARM, linewidth=1.2, linestyle=(0, (1, 2)), label=language.say("ceiling"))
    most = max([*(one + other for one, other in zip(reserved, active, strict=True)), ceiling or 0.0])
    axes.set_xlim(0, most * 1.05 or 1.0)
    name_rows(axes, [_row_of_year(each, year, language) for each, year in years], SMALL)
    axes.set_xlabel(language.say("kWh a year"))
    axes.xaxis.set_major_formatter(lambda value, _: language.plain(round(float(value), 9)))
    axes.legend(loc="lower left", bbox_to_anchor=(-0.7, 1), ncols=3, frameon=False, fontsize=TEXT_SIZE, borderaxespad=0)


def _row_of_year(result: CandidateResult, year: YearOfService, language: Language) -> str:
    """The whole name for the first rebound, and only the rebound for the next ones."""
    if year.rebound == 1:
        return _year_name(name_in_picture(result.name), year, language)
    return language.say("asked {times} times", times=year.rebound)
