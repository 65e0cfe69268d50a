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
from evaluation.publishing.charts import ROW_HEIGHT, SMALL, Picture
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Table
from evaluation.publishing.svg import ALARM, INK, LINE, QUIET, SERIES, TEXT_SIZE, as_svg, canvas, name_in_picture, name_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Pairs of a right answer and what was answered.
Answered = Counter[tuple[str, str]]
# Of more classes a matrix has no room for names: then the pairs that are confused most are drawn.
MOST_CLASSES = 25
MOST_PAIRS = 20
MOST_GROUPS = 8
WIDEST_CIRCLE = 14.0
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
    title = language.say("What {candidate} takes for what", candidate=candidate)
    (right, taken_for), number = pairs[0]
    described = language.say_number(
        "Most often confused: {expected} taken for {answered}, {number} time.",
        "Most often confused: {expected} taken for {answered}, {number} times.",
        number,
        expected=right,
        answered=taken_for,
    )
    classes = sorted(set(result.expected))
    svg = (
        _matrix(answered, classes, title, described, language)
        if len(classes) <= MOST_CLASSES
        else _pair_bars(pairs[:MOST_PAIRS], title, described)
    )
    of_class = Counter(result.expected)
    headings = (
        language.say("Right answer"),
        language.say("taken for"),
        language.say("how often, over all seeds"),
        language.say("samples of the class"),
    )
    rows = [(one, other, language.count(times), language.count(of_class[one])) for (one, other), times in pairs[:MOST_PAIRS]]
    caption = language.say("The pairs that are confused most often")
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
    with canvas(20.0 * len(classes) + 190, left=190, right=20, bottom=180, top=10) as axes:
        for number in sorted(set(counted.values())):
            for right in (True, False):
                cells = [pair for pair in counted if counted[pair] == number and (pair[0] == pair[1]) is right and pair[1] in known]
                axes.plot(
                    [known[answered] for _, answered in cells],
                    [-known[expected] for expected, _ in cells],
                    linestyle="none",
                    marker="o",
                    markersize=WIDEST_CIRCLE * sqrt(number / most),
                    markerfacecolor="none" if right else ALARM,
                    markeredgecolor=QUIET if right else ALARM,
                )
        names = [name_in_picture(name) for name in classes]
        axes.set_yticks([-place for place in range(len(classes))], names, parse_math=False, fontsize=SMALL)
        axes.set_xticks(range(len(classes)), names, parse_math=False, rotation=90, fontsize=SMALL)
        axes.tick_params(length=0)
        axes.set_xlabel(language.say("answered (hollow: rightly)"))
        axes.grid(color=LINE, linewidth=0.4)
        axes.set_axisbelow(True)
        axes.margins(0.03)
        return as_svg(axes, "confusion", title, described)


def _pair_bars(pairs: Sequence[tuple[tuple[str, str], int]], title: str, described: str) -> str:
    from matplotlib.ticker import MaxNLocator

    with canvas(ROW_HEIGHT * len(pairs) + 50, left=330, right=40, bottom=40) as axes:
        places = [-place for place in range(len(pairs))]
        axes.barh(places, [number for _, number in pairs], height=0.6, color=ALARM)
        names = [f"{name_in_picture(one)} → {name_in_picture(other)}" for (one, other), _ in pairs]
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
    title = language.say("How much {candidate} finds of what each document must tell", candidate=result.name)
    none, whole = sum(share == 0 for share in shares), sum(share == 1 for share in shares)
    described = language.say(
        "Of {documents} documents it finds everything in {whole} and nothing in {none}.",
        documents=len(shares),
        whole=whole,
        none=none,
    )
    edges = [language.between(language.percent(place / TENTHS), language.percent((place + 1) / TENTHS)) for place in range(TENTHS)]
    with canvas(280, left=60, right=20, bottom=50, top=20) as axes:
        axes.bar([place + 0.5 for place in range(TENTHS)], counts, width=0.9, color=SERIES[0])
        axes.set_xticks(range(0, TENTHS + 1, 2), [language.percent(place / TENTHS) for place in range(0, TENTHS + 1, 2)])
        axes.set_xlabel(language.say("share of its facts that is found"))
        axes.set_ylabel(language.say("documents"))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        svg = as_svg(axes, "confusion", title, described)
    headings = (language.say("share of its facts that is found"), language.say("documents"))
    rows = [(edge, language.count(count)) for edge, count in zip(edges, counts, strict=True)]
    return Picture("confusion", title, described, svg, Table(title, headings, rows, frozenset({1})))


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
    title = language.say("Whom {candidate} serves worst", candidate=candidate)
    described = language.say(
        "Lowest: {group}, {share} of {samples} samples.",
        group=groups[0].name,
        share=language.percent(groups[0].share.value),
        samples=groups[0].samples,
    )
    with canvas(ROW_HEIGHT * len(groups) + 60, left=230, right=90, bottom=40) as axes:
        for place, group in enumerate(groups):
            _group_row(axes, -place, group, language)
        axes.set_xlim(0, 1)
        name_rows(axes, [name_in_picture(group.name) for group in groups])
        axes.set_xticks([0, 0.5, 1], [language.percent(share) for share in (0, 0.5, 1)])
        axes.set_xlabel(language.say("share answered rightly, with its interval; dotted: the floor"))
        svg = as_svg(axes, "worst", title, described)
    headings = (
        language.say("Group"),
        language.say("share answered rightly"),
        language.say("its interval"),
        language.say("samples"),
        language.say("floor"),
    )
    rows = [
        (
            group.name,
            language.percent(group.share.value),
            language.interval(group.share),
            language.count(group.samples),
            UNKNOWN if group.floor is None else language.plain(group.floor),
        )
        for group in groups
    ]
    return Picture("worst", title, described, svg, Table(title, headings, rows, frozenset({1, 2, 3, 4})))


def _group_row(axes: Axes, row: float, group: _Group, language: Language) -> None:
    share = group.share
    axes.barh(row, share.value, height=0.5, color=SERIES[0])
    if share.low is not None and share.high is not None:
        axes.plot([share.low, share.high], [row, row], color=INK, linewidth=1.2)
    if group.floor is not None:
        axes.plot([group.floor] * 2, [row - 0.4, row + 0.4], color=ALARM, linewidth=1.8, linestyle=(0, (1, 1)))
    axes.text(1.02, row, language.say("{samples} samples", samples=group.samples), va="center", fontsize=TEXT_SIZE)


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
