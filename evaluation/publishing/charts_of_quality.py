"""The picture of quality against energy: each candidate with its intervals, the front, and the bounds of the goals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from evaluation.assessment import Assessment
from evaluation.judgement.comparison import CandidateResult, Comparison
from evaluation.judgement.statistics import Interval
from evaluation.messages import say, words
from evaluation.publishing.drawing import DASHED, DOTTED, LINE_HEIGHT, Picture, at, box_between, frame_of, trace, write
from evaluation.publishing.labels import Box, Spot, placed, width_of, wrapped
from evaluation.publishing.language import Language, Scale
from evaluation.publishing.pages import Page, Table
from evaluation.publishing.svg import (
    ALARM,
    INK,
    LINE,
    NARROW_WIDTH,
    PAPER,
    QUIET,
    SERIES,
    TEXT_SIZE,
    as_svg,
    canvas,
    isolated,
    name_in_picture,
    named_part,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What decision-makers call the metrics that ours have; others are shown by their names.
METRIC_NAMES = {
    "macro_f1": words("score from 0 to 1, mean over all classes (macro-F1)"),
    "accuracy": words("share answered rightly"),
    "fact_recall": words("share of the facts found"),
    "unsupported_facts": words("share of what is asserted that the document does not hold"),
    "exact_match": words("share of answers that are exactly right"),
    "found_first": words("share of questions whose answer comes first"),
    "reciprocal_rank": words("rank of the right answer: 1 where it is always first, 0.5 where it is always second"),
}
# A ceiling so many times away from every energy would press them into a corner: it is said at the edge, and no line.
FARTHEST_CEILING = 300.0
# So many letters of the name of the functional unit have room under the picture.
LONGEST_UNIT = 40
THICK, THIN = 3.0, 0.8
# Of a sample in the key, with the space after it; and between two keys.
KEY_ROOM, KEY_GAP = 30.0, 14.0


def quality_against_energy(found: Assessment, language: Language) -> Picture | None:
    """Each candidate by its energy, on a logarithmic axis, and by its score; none where no candidate has both."""
    shown = _comparable(found.comparison)
    return _Plane(found, language, shown).picture() if shown else None


def _comparable(comparison: Comparison) -> list[CandidateResult]:
    """Those whose energy and score are known, and may stand beside the others'."""
    metric = comparison.metric.name
    return [
        each
        for each in comparison.measured
        if each.energy_wh
        and each.energy_wh.value > 0
        and metric in each.scores
        and isfinite(each.scores[metric].value)
        and each.campaign.id not in comparison.apart
        and not (each.campaign.id in comparison.unlike and comparison.unlike[each.campaign.id].energy)
    ]


def metric_in_words(name: str, language: Language) -> str:
    """What decision-makers call a metric, as a text begins."""
    found = language.message(say(METRIC_NAMES[name])) if name in METRIC_NAMES else name_in_picture(name)
    return f"{found[:1].upper()}{found[1:]}"


class _Key(NamedTuple):
    """A line of the key: the mark, or the width of a line, and what it stands for."""

    words: str
    marker: str = ""
    filled: bool = True
    linewidth: float = 0.0


class _Plane:
    """The picture of quality against energy while it is drawn. It is narrow: on paper it has half a sheet."""

    LEFT, RIGHT, HEIGHT = 46.0, 12.0, 170.0

    def __init__(self, found: Assessment, language: Language, shown: Sequence[CandidateResult]) -> None:
        self.found, self.comparison, self.language, self.shown = found, found.comparison, language, shown
        self.metric, self.front = self.comparison.metric, self.comparison.front
        unit_name = self.comparison.campaign.unit_name
        self.unit_name = language.recorded(unit_name) or unit_name
        self.energies_wh = [each.energy_wh.value for each in shown if each.energy_wh]
        self.scale = language.energy_scale(self.energies_wh)
        energy, quality = found.goals.goal.get("energy_per_unit_wh"), found.goals.goal.get("quality")
        self.ceiling_wh = energy.ceiling if energy else None
        self.floor = quality.floor if quality and quality.metric in {None, self.metric.name} else None

    @cached_property
    def heading(self) -> list[str]:
        """What the scores are, in lines."""
        return wrapped(metric_in_words(self.metric.name, self.language), NARROW_WIDTH, TEXT_SIZE)

    @cached_property
    def keys(self) -> list[_Key]:
        """What marks and lines stand for."""
        language = self.language
        found = [_Key(language.say("no other does better with less"), "o")]
        if not all(each.name in self.front for each in self.shown):
            found.append(_Key(language.say("another does"), "o", filled=False))
        found.append(_Key(language.say("measured again (95%)"), linewidth=THICK))
        return [*found, _Key(language.say("true energy"), linewidth=THIN)]

    @cached_property
    def key_places(self) -> list[tuple[float, float]]:
        """Where each key begins, in units of the SVG from the left and from the top of the first one: as many a row as fit."""
        places: list[tuple[float, float]] = []
        across, down = 0.0, LINE_HEIGHT / 2
        for key in self.keys:
            width = KEY_ROOM + width_of(key.words, TEXT_SIZE)
            if across and across + width > NARROW_WIDTH:
                across, down = 0.0, down + LINE_HEIGHT
            places.append((across, down))
            across += width + KEY_GAP
        return places

    def picture(self) -> Picture:
        """All of it."""
        language, table = self.language, self._table()
        title = language.say("Quality against energy: further up is better, further left uses less")
        described = self._described()
        top = LINE_HEIGHT * (len(self.heading) + (self.ceiling_wh is not None)) + 6
        bottom = 46 + self.key_places[-1][1] + LINE_HEIGHT / 2
        height = top + self.HEIGHT + bottom
        with canvas(height, self.LEFT, self.RIGHT, bottom, top, NARROW_WIDTH) as axes:
            self._axes(axes)
            for number, each in enumerate(self.shown):
                self._point(axes, number, each)
            steps = self._steps(axes)
            self._limits(axes)
            lines = [*self._bounds(axes), *self._drawn(axes, steps)]
            self._names(axes, lines)
            self._texts(axes, height)
            svg = as_svg(axes, "quality-energy", title, described)
        return Picture("quality-energy", title, described, svg, table)

    def _axes(self, axes: Axes) -> None:
        axes.set_xscale("log")
        below = self.language.say(
            "energy per {unit}, {symbol}", unit=name_in_picture(self.unit_name, LONGEST_UNIT), symbol=self.scale.unit
        )
        axes.set_xlabel(below, fontsize=TEXT_SIZE)
        axes.yaxis.set_major_formatter(lambda value, _: self.language.plain(round(float(value), 6)))

    def _point(self, axes: Axes, number: int, result: CandidateResult) -> None:
        """A point with a thick line for how repeatable its energy is, and a thin one for between what the true value lies."""
        energy_wh, score = result.energy_wh, result.scores[self.metric.name]
        if energy_wh is None:
            return
        marker, color = _mark(result)
        for name, ends, width in (("true", result.true_wh or (), THIN), ("rounds", energy_wh[1:], THICK)):
            known = [end for end in ends if end is not None]
            if len(known) == 2:
                axes.plot(known, [score.value] * 2, color=color, linewidth=width, gid=named_part(name, number))
        if score.low is not None and score.high is not None:
            axes.plot([energy_wh.value] * 2, [score.low, score.high], color=color, linewidth=THICK, gid=named_part("score", number))
        look = _look(color, marker, filled=result.name in self.front)
        axes.plot([energy_wh.value], [score.value], gid=named_part("point", number), **look)

    def _steps(self, axes: Axes) -> list[tuple[float, float]]:
        """The front as steps, from the leanest upwards; who is on it because nothing sets it apart from another is no step.

        Returns:
            Corners, as energies in Wh and scores.
        """
        sign = 1 if self.metric.higher_is_better else -1
        points = sorted(
            (each.energy_wh.value, each.scores[self.metric.name].value)
            for each in self.shown
            if each.energy_wh and each.name in self.front
        )
        corners: list[tuple[float, float]] = []
        for energy_wh, score in points:
            if not corners or sign * score > sign * corners[-1][1]:
                corners += [(energy_wh, corners[-1][1])] if corners else []
                corners.append((energy_wh, score))
        if len(corners) > 1:
            axes.plot(*zip(*corners, strict=True), color=INK, linewidth=1, linestyle=DASHED, zorder=1, gid=named_part("front"))
        return corners

    @property
    def _ceiling_is_near(self) -> bool:
        least, most = min(self.energies_wh) / FARTHEST_CEILING, max(self.energies_wh) * FARTHEST_CEILING
        return self.ceiling_wh is not None and least <= self.ceiling_wh <= most

    def _limits(self, axes: Axes) -> None:
        """So that all is in it, and what is better is further up."""
        if self.floor is not None:
            axes.axhline(self.floor, color=ALARM, linewidth=1.2, linestyle=DOTTED, gid=named_part("floor"))
        if self.ceiling_wh is not None and self._ceiling_is_near:
            axes.axvline(self.ceiling_wh, color=ALARM, linewidth=1.2, linestyle=DOTTED, gid=named_part("ceiling"))
        axes.margins(0.06, 0.1)
        axes.autoscale_view()
        axes.set_xlim(*axes.get_xlim())
        axes.set_ylim(*(axes.get_ylim() if self.metric.higher_is_better else axes.get_ylim()[::-1]))
        _log_ticks(axes, self.scale, self.language)

    def _bounds(self, axes: Axes) -> Iterator[Box]:
        """What the ceiling of energy and the floor of quality are, as far as there are such goals; gives what names keep off."""
        language, frame = self.language, frame_of(axes)
        if self.ceiling_wh is not None:
            across = at(axes, self.ceiling_wh, 1)[0]
            beyond = "" if self._ceiling_is_near else " →" if self.ceiling_wh > max(self.energies_wh) else " ←"
            text = language.say("energy ceiling {energy}", energy=_as_set(self.ceiling_wh, language)) + beyond
            half = width_of(text, TEXT_SIZE) / 2
            middle = min(max(across, half), NARROW_WIDTH - half)
            write(axes, middle, frame.top - LINE_HEIGHT / 2 - 2, text, ha="center", color=ALARM, gid=named_part("ceiling-label"))
            if self._ceiling_is_near:
                yield Box(across, frame.top, across, frame.bottom)
        if self.floor is not None:
            text = language.say("quality floor {score}", score=language.plain(self.floor))
            y = at(axes, self.energies_wh[0], self.floor)[1]
            below = LINE_HEIGHT if y < frame.top + LINE_HEIGHT else 0.0
            write(axes, frame.right, y - LINE_HEIGHT / 2 + below, text, ha="right", color=ALARM, gid=named_part("floor-label"))
            yield Box(frame.left, y, frame.right, y)
            yield Box(frame.right - width_of(text, TEXT_SIZE), y - LINE_HEIGHT + below, frame.right, y + below)

    def _drawn(self, axes: Axes, steps: Sequence[tuple[float, float]]) -> Iterator[Box]:
        """The lines that names keep off, in units of the SVG."""
        for each in self.shown:
            score, energy_wh = each.scores[self.metric.name], each.energy_wh or Interval(0.0)
            if each.true_wh:
                yield box_between(at(axes, each.true_wh.low, score.value), at(axes, each.true_wh.high, score.value))
            if score.low is not None and score.high is not None:
                yield box_between(at(axes, energy_wh.value, score.low), at(axes, energy_wh.value, score.high))
        corners = [at(axes, *corner) for corner in steps]
        yield from (box_between(one, other) for one, other in pairwise(corners))

    def _names(self, axes: Axes, lines: Sequence[Box]) -> None:
        """The names of the points, none over another; the leading candidate's finds its place first."""
        leading, frame = self.found.verdicts.leading, frame_of(axes)
        first = sorted(self.shown, key=lambda each: (each.name != leading, not each.baseline))
        names = [_named(each, self.language) for each in first]
        spots = [
            Spot(
                *at(axes, each.energy_wh.value if each.energy_wh else 0.0, each.scores[self.metric.name].value),
                width_of(name, TEXT_SIZE),
                LINE_HEIGHT,
            )
            for each, name in zip(first, names, strict=True)
        ]
        within = Box(frame.left + 2, frame.top, NARROW_WIDTH, frame.bottom - 2)
        for name, each in zip(names, placed(spots, lines, within), strict=True):
            if each.leader:
                trace(axes, each.leader, color=LINE, linewidth=0.8)
            write(axes, each.box.left, (each.box.top + each.box.bottom) / 2, name, gid=named_part("name"))

    def _texts(self, axes: Axes, height: float) -> None:
        """What the scores are, above; the key, below."""
        for number, line in enumerate(self.heading):
            write(axes, 0, LINE_HEIGHT * (number + 0.5), line, gid=named_part("heading"))
        top = height - self.key_places[-1][1] - LINE_HEIGHT / 2
        for key, (across, down) in zip(self.keys, self.key_places, strict=True):
            y = top + down
            if key.marker:
                trace(axes, [(across + 12, y)], **_look(SERIES[0], key.marker, filled=key.filled))
            else:
                trace(axes, [(across, y), (across + 24, y)], color=SERIES[0], linewidth=key.linewidth)
            write(axes, across + KEY_ROOM, y, key.words, gid=named_part("key"))

    def _described(self) -> str:
        higher = 1 if self.metric.higher_is_better else -1
        leanest = min(self.shown, key=lambda each: each.energy_wh.value if each.energy_wh else 0.0)
        best = max(self.shown, key=lambda each: each.scores[self.metric.name].value * higher)
        return self.language.say(
            "Least energy: {leanest}. Best score: {best}. No other does better with less energy (Pareto front): {front}.",
            leanest=isolated(leanest.name),
            best=isolated(best.name),
            front=", ".join(map(isolated, self.front)) or self.language.say("none"),
        )

    def _table(self) -> Table:
        page, metric = Page(self.language), self.metric.name
        headings = (
            page.say("Candidate"),
            page.capital_letter(page.message(say(METRIC_NAMES[metric]))) if metric in METRIC_NAMES else page.said(metric),
            page.say("its interval"),
            page.say("energy, {symbol}", symbol=Markup(self.scale.unit)),  # noqa: S704  # ours
            page.say("its interval over the rounds"),
            page.say("the true value lies between"),
            page.say("no other does better with less"),
        )
        rows = [self._row(each, page) for each in self.shown]
        return Table(page.say("Quality against energy, in figures"), headings, rows, frozenset(range(1, 6)))

    def _row(self, result: CandidateResult, page: Page) -> tuple[str, ...]:
        language, factor = self.language, self.scale.factor
        score, energy_wh = result.scores[self.metric.name], result.energy_wh or Interval(0.0)
        true = [language.number(bound * factor) for bound in result.true_wh or ()]
        return (
            page.said(result.name),
            language.score(score.value),
            language.ends(score, language.score),
            language.number(energy_wh.value * factor),
            language.interval(energy_wh, factor),
            language.between(*true) if len(true) == 2 else "",
            page.say("yes") if result.name in self.front else page.say("no"),
        )


def _named(result: CandidateResult, language: Language) -> str:
    name = name_in_picture(result.name)
    if result.evidence == "D":
        return language.say("{name} (hosted, not ranked)", name=name)
    return language.say("{name} (without AI)", name=name) if result.baseline else name


def _as_set(energy_wh: float, language: Language) -> str:
    """An energy with all its digits, for somebody set it: `5 Wh` and not `5.00 Wh`."""
    scale = language.energy_scale([energy_wh])
    return language.with_unit(language.plain(float(f"{energy_wh * scale.factor:.12g}")), scale.unit)


def _mark(result: CandidateResult) -> tuple[str, str]:
    """Its marker and its colour."""
    if result.evidence == "D":
        return "D", SERIES[3]
    return ("s", QUIET) if result.baseline else ("o", SERIES[0])


def _look(color: str, marker: str, *, filled: bool) -> dict[str, Any]:
    """A mark: a filled one, or its outline alone."""
    return {
        "color": color,
        "marker": marker,
        "markersize": 9,
        "markeredgewidth": 1.8,
        "markerfacecolor": color if filled else PAPER,
        "linestyle": "none",
    }


def _log_ticks(axes: Axes, scale: Scale, language: Language) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    low, high = axes.get_xlim()
    exponents = range(floor(log10(low)) - 1, floor(log10(high)) + 2)
    subs: tuple[float, ...] = (1.0,) if log10(high / low) > 2 else (1.0, 2.0, 5.0)
    values = [sub * 10.0**exponent for exponent in exponents for sub in subs]
    axes.xaxis.set_major_locator(FixedLocator([value for value in values if low <= value <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: language.plain(float(f"{value * scale.factor:.3g}")))
