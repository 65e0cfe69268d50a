"""Pictures of answers: what is taken for what, how much of each text is found, and who is worst served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import isfinite, sqrt
from typing import TYPE_CHECKING, NamedTuple

from evaluation.assessment import Assessment
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.statistics import Interval, interval_of_mean_share
from evaluation.numbers import UNKNOWN
from evaluation.publishing.drawing import ROW_HEIGHT, Picture, whisker
from evaluation.publishing.labels import width_of
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Page, Table
from evaluation.publishing.svg import (
    ALARM,
    LINE,
    QUIET,
    SERIES,
    SMALL,
    TEXT_SIZE,
    WIDTH,
    as_svg,
    canvas,
    isolated,
    name_in_picture,
    name_rows,
    named_part,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Pairs of a right answer and what was answered.
Answered = Counter[tuple[str, str]]
# Of more classes a matrix has no room for names: then the pairs that are confused most are drawn.
MOST_CLASSES = 25
MOST_PAIRS = 20
MOST_GROUPS = 8
# The side of a cell of the matrix, and how much of it the circle of the largest number fills.
LARGEST_CELL, WIDEST_CIRCLE = 34.0, 0.85
MOST_NAME_ROOM = 195.0
# Of each of two names in a row.
LONGEST_OF_PAIR = 22
TENTHS = 10


def confusion(found: Assessment, candidate: str, language: Language) -> Picture | None:
    """Which classes a candidate takes for which; of texts, how much of each it finds. None where nothing says so."""
    result = found.comparison.result(candidate)
    if found.comparison.campaign.answers_are_texts:
        return _found_in_texts(result, language)
    answered = _answered(result)
    pairs = _confused(answered)
    if not pairs:
        return None
    page = Page(language)
    title = language.say("What {candidate} takes for what", candidate=isolated(candidate))
    (right, taken_for), number = pairs[0]
    described = language.say_number(
        "Most often confused: {expected} taken for {answered}, {number} time.",
        "Most often confused: {expected} taken for {answered}, {number} times.",
        number,
        expected=isolated(right),
        answered=isolated(taken_for),
    )
    classes = sorted(set(result.expected))
    svg = (
        _matrix(answered, classes, title, described, language)
        if len(classes) <= MOST_CLASSES
        else _pair_bars(pairs[:MOST_PAIRS], title, described)
    )
    of_class = Counter(result.expected)
    headings = (
        page.say("Right answer"),
        page.say("taken for"),
        page.say("how often, all trainings together"),
        page.say("samples of the class"),
    )
    rows = [
        (page.said(one), page.said(other), language.count(times), language.count(of_class[one]))
        for (one, other), times in pairs[:MOST_PAIRS]
    ]
    caption = page.say("The pairs that are confused most often")
    return Picture("confusion", title, described, svg, Table(caption, headings, rows, frozenset({2, 3})))


def _answered(result: CandidateResult) -> Answered:
    """How often each right answer was answered by what, over all seeds."""
    runs = result.campaign.finished_runs_of(result.candidate)
    return Counter((answer.expected, answer.predicted) for run in runs for answer in run.predictions)


def _confused(answered: Answered) -> list[tuple[tuple[str, str], int]]:
    wrong = [(pair, number) for pair, number in answered.items() if pair[0] != pair[1]]
    return sorted(wrong, key=lambda pair: (-pair[1], pair[0]))


def _matrix(counted: Answered, classes: Sequence[str], title: str, described: str, language: Language) -> str:
    """A circle for each pair, its area the number of answers; right answers are hollow, so that wrong ones are seen."""
    known = {name: place for place, name in enumerate(classes)}
    most = max(counted.values())
    names = [name_in_picture(name) for name in classes]
    room = min(MOST_NAME_ROOM, max(width_of(name, SMALL) for name in names) + 10)
    side = min(LARGEST_CELL, (WIDTH - room - 10) / len(classes))
    size = side * len(classes)
    with canvas(size + room + 40, left=room, right=WIDTH - room - size, bottom=room + 30, top=10) as axes:
        for (expected, answered), number in sorted(counted.items()):
            right = expected == answered
            if answered in known:
                axes.plot(
                    [known[answered]],
                    [-known[expected]],
                    linestyle="none",
                    marker="o",
                    markersize=side * WIDEST_CIRCLE * sqrt(number / most),
                    markerfacecolor="none" if right else ALARM,
                    markeredgecolor=QUIET if right else ALARM,
                    gid=named_part(f"cell-{known[expected]}", known[answered]),
                )
        axes.set_yticks([-place for place in range(len(classes))], names, parse_math=False, fontsize=SMALL)
        axes.set_xticks(range(len(classes)), names, parse_math=False, rotation=90, fontsize=SMALL)
        axes.tick_params(length=0)
        axes.set_xlabel(language.say("answered (hollow: rightly)"), loc="left")
        axes.grid(color=LINE, linewidth=0.4)
        axes.set_axisbelow(True)
        # A whole cell around each, so that no circle is cut at the edge.
        axes.set_xlim(-0.5, len(classes) - 0.5)
        axes.set_ylim(0.5 - len(classes), 0.5)
        return as_svg(axes, "confusion", title, described)


def _pair_bars(pairs: Sequence[tuple[tuple[str, str], int]], title: str, described: str) -> str:
    from matplotlib.ticker import MaxNLocator

    with canvas(ROW_HEIGHT * len(pairs) + 50, left=360, right=20, bottom=40) as axes:
        for row, (_, number) in enumerate(pairs):
            axes.barh(-row, number, height=0.6, color=ALARM, gid=named_part("pair", row))
        names = [
            f"{name_in_picture(one, LONGEST_OF_PAIR)} → {name_in_picture(other, LONGEST_OF_PAIR)}" for (one, other), _ in pairs
        ]
        name_rows(axes, names, SMALL)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return as_svg(axes, "confusion", title, described)


def _found_in_texts(result: CandidateResult, language: Language) -> Picture | None:
    """How many documents there are of which so much is found."""
    from matplotlib.ticker import MaxNLocator

    shares = [float(share) for share in result.right if isfinite(share)]
    if not shares:
        return None
    tenths = Counter(min(int(share * TENTHS + 1e-9), TENTHS - 1) for share in shares)
    counts = [tenths[place] for place in range(TENTHS)]
    page = Page(language)
    title = language.say("How much {candidate} finds of what each document must tell", candidate=isolated(result.name))
    none, whole = sum(share == 0 for share in shares), sum(share == 1 for share in shares)
    described = language.say(
        "Of {documents} documents it finds everything in {whole} and nothing in {none}.",
        documents=len(shares),
        whole=whole,
        none=none,
    )
    edges = [language.between(language.percent(place / TENTHS), language.percent((place + 1) / TENTHS)) for place in range(TENTHS)]
    with canvas(280, left=60, right=20, bottom=50, top=20) as axes:
        for place, count in enumerate(counts):
            axes.bar(place + 0.5, count, width=0.9, color=SERIES[0], gid=named_part("tenth", place))
        axes.set_xticks(range(0, TENTHS + 1, 2), [language.percent(place / TENTHS) for place in range(0, TENTHS + 1, 2)])
        axes.set_xlabel(language.say("share of its facts that is found"))
        axes.set_ylabel(language.say("documents"))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        svg = as_svg(axes, "confusion", title, described)
    headings = (page.say("share of its facts that is found"), page.say("documents"))
    rows = [(edge, language.count(count)) for edge, count in zip(edges, counts, strict=True)]
    caption = page.say("How much {candidate} finds of what each document must tell", candidate=result.name)
    return Picture("confusion", title, described, svg, Table(caption, headings, rows, frozenset({1})))


# Who is worst served


class _Group(NamedTuple):
    name: str
    share: Interval
    samples: int
    floor: float | None


def worst_slices(found: Assessment, candidate: str, language: Language) -> Picture | None:
    """The groups of samples that a candidate serves worst; none where the samples have no groups."""
    groups = sorted(_groups(found, found.comparison.result(candidate)), key=lambda group: group.share.value)[:MOST_GROUPS]
    if not groups:
        return None
    page = Page(language)
    title = language.say("Whom {candidate} serves worst", candidate=isolated(candidate))
    described = language.say(
        "Lowest: {group}, {share} of {samples} samples.",
        group=isolated(groups[0].name),
        share=language.percent(groups[0].share.value),
        samples=groups[0].samples,
    )
    with canvas(ROW_HEIGHT * len(groups) + 60, left=215, right=120, bottom=44) as axes:
        for place, group in enumerate(groups):
            _group_row(axes, place, group, language)
        axes.set_xlim(0, 1)
        name_rows(axes, [name_in_picture(group.name) for group in groups])
        axes.set_xticks([0, 0.5, 1], [language.percent(share) for share in (0, 0.5, 1)])
        axes.set_xlabel(language.say("share answered rightly, with its interval; dotted: the floor"))
        svg = as_svg(axes, "worst", title, described)
    headings = (
        page.say("Group"),
        page.say("share answered rightly"),
        page.say("its interval"),
        page.say("samples"),
        page.say("floor"),
    )
    rows = [
        (
            page.said(group.name),
            language.percent(group.share.value),
            language.ends(group.share, language.percent),
            language.count(group.samples),
            UNKNOWN if group.floor is None else language.percent(group.floor),
        )
        for group in groups
    ]
    caption = page.say("Whom {candidate} serves worst", candidate=candidate)
    return Picture("worst", title, described, svg, Table(caption, headings, rows, frozenset({1, 2, 3, 4})))


def _group_row(axes: Axes, place: int, group: _Group, language: Language) -> None:
    row, share = -place, group.share
    axes.barh(row, share.value, height=0.5, color=SERIES[0], gid=named_part("share", place))
    if share.low is not None and share.high is not None:
        whisker(axes, (share.low, share.high), row, place)
    if group.floor is not None:
        ends = [row - 0.4, row + 0.4]
        axes.plot([group.floor] * 2, ends, color=ALARM, linewidth=1.8, linestyle=(0, (1, 1)), gid=named_part("floor", place))
    text = language.say("{samples} samples", samples=group.samples)
    axes.text(1.02, row, text, va="center", fontsize=TEXT_SIZE, gid=named_part("samples", place))


def _groups(found: Assessment, result: CandidateResult) -> Iterator[_Group]:
    """Classes, and the values of each slice, with the floor that holds for them."""
    goals = found.goals.goal
    columns: dict[str | None, Sequence[str]] = {}
    if not found.comparison.campaign.answers_are_texts:
        columns[None] = result.expected
    columns.update(result.campaign.slices)
    for column, values in columns.items():
        floors = {goal.value: goal.floor for goal in goals.values() if goal.slice == column and goal.slice is not None}
        if column is None and "class_recall" in goals:
            floors = {None: goals["class_recall"].floor}
        for name in dict.fromkeys(values):
            places = [place for place, value in enumerate(values) if value == name and isfinite(result.right[place])]
            if places:
                shown = (name or UNKNOWN) if column is None else f"{column}={name or UNKNOWN}"
                yield _Group(shown, interval_of_mean_share(result.right[places]), len(places), floors.get(name, floors.get(None)))
