"""Pictures of who is served how: which classes are taken for which, how right texts are, and the groups worst served."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from evaluation.assessment import Assessment
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.statistics import Interval, interval_of_mean_share
from evaluation.messages import Share
from evaluation.numbers import UNKNOWN
from evaluation.publishing.charts_of_energy import metric_name
from evaluation.publishing.drawing import (
    DASHED,
    SMALL,
    WIDTH,
    Drawing,
    Key,
    Picture,
    Scale,
    key_height,
    named,
    ticks,
    width_of,
)
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Page, Table
from evaluation.publishing.svg import ALARM, INK, LINE, QUIET, SERIES, isolated

# More classes than these have no room in a matrix.
MOST_CLASSES = 25
MOST_PAIRS, MOST_GROUPS = 20, 8
# How dark the cells of a matrix are, by share: the number in each stays readable.
SHADES = ((0.5, 0.5), (0.2, 0.38), (0.1, 0.28), (0.05, 0.2), (0.0, 0.11))
BINS = 10
PER_CENT = 100


def confusion(found: Assessment, candidate: str, language: Language) -> Picture | None:
    """What a candidate's answers are taken for; of texts, how right each is. None where it has no answers."""
    result = found.comparison.result(candidate)
    runs = result.campaign.finished_runs_of(result.candidate)
    if not runs or not runs[0].predictions:
        return None
    if result.campaign.answers_are_texts:
        return _distribution(result, language)
    counts = Counter((each.expected, each.predicted) for run in runs for each in run.predictions)
    asked = _Asked(result.name, counts, len(runs))
    return _matrix(asked, language) if len(asked.classes) <= MOST_CLASSES else _pairs(asked, language)


@dataclass(frozen=True)
class _Asked:
    """What was answered to what.

    Attributes:
        name: of the candidate.
        counts: by right and given label, over all seeds.
        seeds: how many.
    """

    name: str
    counts: Mapping[tuple[str, str], int]
    seeds: int

    @property
    def classes(self) -> list[str]:
        """All labels, asked or given."""
        return sorted({label for pair in self.counts for label in pair})

    @property
    def totals(self) -> Counter[str]:
        """By right label, how often it was asked."""
        found: Counter[str] = Counter()
        for (expected, _), number in self.counts.items():
            found[expected] += number
        return found

    def share(self, expected: str, predicted: str) -> float:
        """Of a class, what share was taken for another, or for itself."""
        total = self.totals[expected]
        return self.counts.get((expected, predicted), 0) / total if total else 0.0

    @property
    def wrong(self) -> list[tuple[str, str, float]]:
        """Confused pairs, the largest shares first."""
        totals = self.totals
        pairs = [(*pair, number / totals[pair[0]]) for pair, number in self.counts.items() if pair[0] != pair[1]]
        return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))

    @property
    def right(self) -> float:
        """Share of all answers that are right."""
        return sum(number for pair, number in self.counts.items() if pair[0] == pair[1]) / sum(self.counts.values())


# A matrix


def _matrix(asked: _Asked, language: Language) -> Picture:
    classes, totals = asked.classes, asked.totals
    room = min(170.0, max(width_of(name, SMALL) for name in classes)) + 4
    number_width = width_of(str(len(classes)), SMALL) + 8
    left = room + number_width
    cell = min((WIDTH - left) / len(classes), 44.0)
    top = 46.0
    bottom = top + cell * len(classes)
    keys = [
        Key(lambda drawing, x, y: _outlined(drawing, (x + 4, y - 8, x + 20, y + 8)), language.say("outlined: answered rightly")),
        Key(
            lambda drawing, x, y: drawing.bar((x + 4, y - 8, x + 20, y + 8), SERIES[1], opacity=SHADES[0][1]),
            language.say("shaded: taken for another class, the darker the oftener"),
        ),
    ]
    drawing = Drawing("confusion", bottom + 10 + key_height(keys))
    drawing.text(0, 9, language.say("Of 100 requests of a row’s class, so many were given the column’s class"), bold=True)
    for number, name in enumerate(classes, start=1):
        y = top + cell * (number - 0.5)
        drawing.text(room, y, named(name, room - 6, SMALL), size=SMALL, anchor="right", part="class")
        drawing.text(left - 4, y, str(number), size=SMALL, anchor="right", colour=QUIET)
        drawing.text(left + cell * (number - 0.5), top - 12, str(number), size=SMALL, anchor="center", colour=QUIET)
    _cells(drawing, asked, (left, top, cell))
    edge = left + cell * len(classes)
    drawing.line([(left, top), (edge, top), (edge, bottom), (left, bottom), (left, top)], QUIET)
    drawing.key(keys, bottom + 20)
    title = language.say("Which classes {candidate} takes for which", candidate=isolated(asked.name))
    return drawing.picture(title, _confused(asked, language), _matrix_table(asked, totals, language))


def _outlined(drawing: Drawing, box: tuple[float, float, float, float]) -> None:
    drawing.bar(box, SERIES[0], opacity=SHADES[-1][1])
    drawing.bar(box, "none", edge=SERIES[0], order=2)


def _cells(drawing: Drawing, asked: _Asked, at: tuple[float, float, float]) -> None:
    """The numbers of the matrix, and what is behind them, one shape for each shade."""
    left, top, cell = at
    place = {name: number for number, name in enumerate(asked.classes)}
    shaded: dict[float, list[tuple[float, float, float, float]]] = {}
    size = min(SMALL, max(cell * 0.56, 11.0))
    for expected, row in place.items():
        for predicted, column in place.items():
            share = asked.share(expected, predicted)
            box = (left + cell * column, top + cell * row, left + cell * (column + 1), top + cell * (row + 1))
            if row == column:
                drawing.bar((box[0] + 1, box[1] + 1, box[2] - 1, box[3] - 1), "none", edge=SERIES[0], part=f"right-{row}", order=2)
            elif share > 0:
                shaded.setdefault(_shade(share), []).append(box)
            if share * PER_CENT >= 0.5:
                middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
                drawing.text(*middle, str(round(share * PER_CENT)), size=size, anchor="center", part=f"{row}-{column}")
    for opacity, boxes in sorted(shaded.items()):
        drawing.bars(boxes, SERIES[1], opacity=opacity, part=f"shade-{opacity:g}")


def _shade(share: float) -> float:
    return next(opacity for least, opacity in SHADES if share >= least)


def _confused(asked: _Asked, language: Language) -> str:
    text = language.say("{candidate} answers {share} rightly.", candidate=isolated(asked.name), share=Share(asked.right))
    worst = asked.wrong[:3]
    if not worst:
        return text
    said = "; ".join(
        language.say(
            "{share} of {expected} are taken for {predicted}",
            share=Share(share),
            expected=isolated(expected),
            predicted=isolated(predicted),
        )
        for expected, predicted, share in worst
    )
    return f"{text} {language.say('Confused most: {pairs}.', pairs=said)}"


def _matrix_table(asked: _Asked, totals: Mapping[str, int], language: Language) -> Table:
    page = Page(language)
    headings = [
        language.say("Class"),
        language.say("Number in the picture"),
        language.say("Answers"),
        language.say("Right"),
        language.say("Taken for"),
    ]
    rows = []
    for number, name in enumerate(asked.classes, start=1):
        wrong = [(predicted, share) for expected, predicted, share in asked.wrong if expected == name]
        taken = page.say(", ").join(page.say("{name} {share}", name=other, share=Share(share)) for other, share in wrong)
        right = language.percent(asked.share(name, name)) if totals[name] else UNKNOWN
        rows.append([page.said(name), language.count(number), language.count(totals[name]), right, taken or UNKNOWN])
    return Table(_confusion_caption(asked, language), headings, rows, frozenset({1, 2, 3}))


def _confusion_caption(asked: _Asked, language: Language) -> str:
    return language.say_number(
        "What each class was taken for, with {number} seed", "What each class was taken for, over {number} seeds", asked.seeds
    )


# Pairs


def _pairs(asked: _Asked, language: Language) -> Picture:
    shown = asked.wrong[:MOST_PAIRS]
    row, top = 40.0, 32.0
    bottom = top + row * max(len(shown), 1)
    drawing = Drawing("confusion", bottom + 24)
    drawing.text(0, 9, language.say("The pairs confused most: share of the class that was taken for the other"), bold=True)
    most = max((share for _, _, share in shown), default=1.0)
    scale = Scale(0.0, most, 0.0, WIDTH - 70.0)
    for number, (expected, predicted, share) in enumerate(shown):
        y = top + row * number
        said = f"{named(expected, 260, SMALL)} → {named(predicted, 260, SMALL)}"
        drawing.text(0, y + 8, said, size=SMALL, part="pair")
        drawing.bar((0, y + 18, scale(share), y + 32), SERIES[1], edge=SERIES[1], part=f"pair-{number}")
        drawing.text(scale(share) + 6, y + 25, language.percent(share), size=SMALL, part="value")
    if not shown:
        drawing.text(0, top + row / 2, language.say("no class was taken for another"))
    page = Page(language)
    rows = [
        [page.said(expected), page.said(predicted), language.percent(share), language.count(asked.counts[expected, predicted])]
        for expected, predicted, share in shown
    ]
    headings = [
        language.say("Class"),
        language.say("Taken for"),
        language.say("Share of the class"),
        language.say("Answers"),
    ]
    title = language.say("Which classes {candidate} takes for which", candidate=isolated(asked.name))
    return drawing.picture(
        title, _confused(asked, language), Table(_confusion_caption(asked, language), headings, rows, frozenset({2, 3}))
    )


# Texts


def _distribution(result: CandidateResult, language: Language) -> Picture | None:
    """How many texts are how right, in tenths."""
    right = [float(value) for value in result.right if isfinite(value)]
    if not right or result.counted is None:
        return None
    counts = [0] * BINS
    for value in right:
        counts[min(int(value * BINS + 1e-9), BINS - 1)] += 1
    metric = metric_name(result.counted, language)
    top, bottom, left = 44.0, 250.0, 40.0
    drawing = Drawing("confusion", bottom + 46)
    drawing.text(0, 9, language.say("Texts of the test"), bold=True)
    scale = Scale(0.0, max(counts) * 1.0, bottom, top)
    for value in ticks(scale, 5):
        if value == round(value):
            drawing.line([(left, scale(value)), (WIDTH, scale(value))], LINE, 0.7, order=0)
            drawing.text(left - 8, scale(value), language.plain(value), size=SMALL, anchor="right", colour=QUIET)
    width = (WIDTH - left - 20) / BINS
    for number, count in enumerate(counts):
        x = left + width * number
        if count:
            drawing.bar((x + 3, scale(count), x + width - 3, bottom), SERIES[0], edge=SERIES[0], part=f"bin-{number}")
        drawing.text(x + width / 2, scale(count) - 10, language.count(count), size=SMALL, anchor="center", part="count")
        drawing.text(x, bottom + 14, language.plain(number / BINS), size=SMALL, anchor="center", colour=QUIET)
    drawing.text(left + width * BINS, bottom + 14, language.plain(1), size=SMALL, anchor="center", colour=QUIET)
    drawing.line([(left, bottom), (WIDTH, bottom)], QUIET, part="axis")
    drawing.text(WIDTH, bottom + 34, language.capital(metric).rstrip("."), size=SMALL, anchor="right")
    mean = sum(right) / len(right)
    low = sum(value < 0.5 for value in right)
    description = language.say(
        "{candidate}: {texts} texts, {metric} on average {mean}; {low} texts are below one half.",
        candidate=isolated(result.name),
        texts=len(right),
        metric=metric,
        mean=Share(mean),
        low=low,
    )
    title = language.say("How right the texts of {candidate} are", candidate=isolated(result.name))
    rows = [
        [_tenth(number, language), language.count(count), language.percent(count / len(right))] for number, count in enumerate(counts)
    ]
    headings = [language.capital(metric).rstrip("."), language.say("Texts"), language.say("Share of the texts")]
    caption = language.say("Texts by how right they are, the mean over seeds")
    return drawing.picture(title, description, Table(caption, headings, rows, frozenset({1, 2})))


def _tenth(number: int, language: Language) -> str:
    low, high = language.plain(number / BINS), language.plain((number + 1) / BINS)
    if number == BINS - 1:
        return language.between(low, high)
    return language.say("{low} to below {high}", low=low, high=high)


# Who is worst served


@dataclass(frozen=True)
class _Group:
    name: str
    recall: Interval
    samples: int
    floor: float | None


@dataclass(frozen=True)
class _Panel:
    """The groups of one column that are served worst.

    Attributes:
        title: of it.
        groups: the worst first.
        left_out: how many more there are.
    """

    title: str
    groups: Sequence[_Group]
    left_out: int


def worst_slices(found: Assessment, candidate: str, language: Language) -> Picture | None:
    """The classes, and the values of each column of slices, that a candidate serves worst; none where it has no answers."""
    result = found.comparison.result(candidate)
    runs = result.campaign.finished_runs_of(result.candidate)
    if not runs or not runs[0].predictions:
        return None
    panels = [panel for panel in _panels(found, result, language) if panel.groups]
    if not panels:
        return None
    row, heading = 24.0, 34.0
    bottom = 34 + sum(heading + row * len(panel.groups) for panel in panels)
    floors = any(group.floor is not None for panel in panels for group in panel.groups)
    keys = _slice_keys(language, floors=floors)
    drawing = Drawing("slices", bottom + 28 + key_height(keys))
    scale = Scale(0.0, 1.0, 190.0, 470.0)
    drawing.text(0, 9, _right_words(result, language), bold=True)
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.line([(scale(value), 26), (scale(value), bottom)], LINE, 0.7, order=0)
        drawing.text(scale(value), bottom + 12, language.plain(value), size=SMALL, anchor="center", colour=QUIET)
    y, number = 28.0, 0
    for panel in panels:
        drawing.text(0, y + heading / 2 + 3, panel.title, size=SMALL, bold=True)
        y += heading
        for group in panel.groups:
            _group_row(drawing, scale, group, (number, y + row / 2), language)
            y, number = y + row, number + 1
    drawing.key(keys, bottom + 38)
    title = language.say("Whom {candidate} serves worst", candidate=isolated(result.name))
    return drawing.picture(title, _slices_said(panels, result, language), _slices_table(panels, language))


def _right_words(result: CandidateResult, language: Language) -> str:
    if result.campaign.answers_are_texts and result.counted:
        return language.capital(metric_name(result.counted, language)).rstrip(".")
    return language.say("Share answered rightly (recall)")


def _panels(found: Assessment, result: CandidateResult, language: Language) -> list[_Panel]:
    goals = found.goals.goal
    panels = []
    if not result.campaign.answers_are_texts:
        floor = goals["class_recall"].floor if "class_recall" in goals else None
        panels.append(_panel(language.say("Classes"), result, result.expected, {None: floor}))
    for column, values in result.campaign.slices.items():
        floors = {goal.value: goal.floor for goal in goals.values() if goal.name == "slice_recall" and goal.slice == column}
        panels.append(_panel(named(column, 400, SMALL), result, values, floors))
    return panels


def _panel(title: str, result: CandidateResult, groups: Sequence[str], floors: Mapping[str | None, float | None]) -> _Panel:
    """Wilson's interval of each group, as the judgement has it; the floor of a group is its own, or that of all."""
    rights: dict[str, list[float]] = {}
    if len(groups) == len(result.right):
        for group, right in zip(groups, result.right, strict=True):
            if group and isfinite(right):
                rights.setdefault(group, []).append(float(right))
    found = [
        _Group(name, interval_of_mean_share(values), len(values), floors.get(name, floors.get(None)))
        for name, values in rights.items()
    ]
    found.sort(key=lambda group: (group.recall.value, group.name))
    # One that a floor is set for is shown in any case.
    asked = [group for group in found[MOST_GROUPS:] if group.name in floors]
    shown = [*found[: MOST_GROUPS - len(asked)], *asked]
    return _Panel(title, shown, len(found) - len(shown))


def _group_row(drawing: Drawing, scale: Scale, group: _Group, at: tuple[int, float], language: Language) -> None:
    number, y = at
    low, high = group.recall.low, group.recall.high
    drawing.text(0, y, named(group.name, 180, SMALL), size=SMALL, part="group")
    if group.floor is not None:
        drawing.line([(scale(group.floor), y - 12), (scale(group.floor), y + 12)], ALARM, 1.5, style=DASHED, part=f"floor-{number}")
    drawing.whisker(scale, (low, high), y, part=f"interval-{number}")
    drawing.mark(scale(group.recall.value), y, "o", SERIES[0], hollow=_below(group), size=8, part=f"recall-{number}")
    said = language.say_number(
        "{share} of {number} sample", "{share} of {number} samples", group.samples, share=Share(group.recall.value)
    )
    drawing.text(WIDTH, y, said, size=SMALL, anchor="right", part="value")


def _below(group: _Group) -> bool:
    return group.floor is not None and group.recall.value < group.floor


def _slice_keys(language: Language, *, floors: bool) -> list[Key]:
    keys = [
        Key(
            lambda drawing, x, y: drawing.whisker(Scale(0, 1, x, x + 24), (0.0, 1.0), y, part=""),
            language.say("95 % interval of this group alone"),
        )
    ]
    if floors:
        keys += [
            Key(lambda drawing, x, y: drawing.line([(x + 12, y - 8), (x + 12, y + 8)], ALARM, 1.5, style=DASHED), language.say("floor")),
            Key(lambda drawing, x, y: drawing.mark(x + 12, y, "o", SERIES[0], hollow=True, size=8), language.say("hollow: below the floor")),
        ]
    return keys


def _slices_said(panels: Sequence[_Panel], result: CandidateResult, language: Language) -> str:
    said = "; ".join(
        language.say(
            "{column}: {group}, {share}",
            column=panel.title,
            group=isolated(panel.groups[0].name),
            share=Share(panel.groups[0].recall.value),
        )
        for panel in panels
    )
    text = language.say("Served worst, by {groups}.", groups=said)
    below = sum(_below(group) for panel in panels for group in panel.groups)
    if below:
        text += " " + language.say_number(
            "{number} of the groups shown is below its floor.", "{number} of the groups shown are below their floor.", below
        )
    if result.unasked.number and not result.campaign.answers_are_texts:
        text += " " + language.say_number(
            "{number} class has no test sample: nothing is known of it.",
            "{number} classes have no test sample: nothing is known of them.",
            result.unasked.number,
        )
    return text


def _slices_table(panels: Sequence[_Panel], language: Language) -> Table:
    page = Page(language)
    headings = [
        language.say("Group"),
        language.say("Column"),
        language.say("Samples"),
        language.say("Recall"),
        language.say("95 % interval"),
        language.say("Floor"),
    ]
    rows = [
        [
            page.said(group.name),
            panel.title,
            language.count(group.samples),
            language.score(group.recall.value),
            _ends(group.recall, language),
            UNKNOWN if group.floor is None else language.plain(group.floor),
        ]
        for panel in panels
        for group in panel.groups
    ]
    left_out = sum(panel.left_out for panel in panels)
    caption = language.say("The groups served worst")
    if left_out:
        caption = language.say_number(
            "The groups served worst; {number} better one is not shown",
            "The groups served worst; {number} better ones are not shown",
            left_out,
        )
    return Table(caption, headings, rows, frozenset({2, 3, 4, 5}))


def _ends(interval: Interval, language: Language) -> str:
    if interval.low is None or interval.high is None:
        return UNKNOWN
    return language.between(language.score(interval.low), language.score(interval.high))
