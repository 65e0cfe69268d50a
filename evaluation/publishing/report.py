"""A campaign's report, French or English: one page to decide by, then the details. One file of HTML, which needs nothing else.

What is said is `judgement`'s and `notes`'; here it is put into the order in which it is read: the decision, why, and how sure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from math import ceil, isfinite

from markupsafe import Markup, escape

from evaluation.assessment import Assessment
from evaluation.energy.evidence import MEANING
from evaluation.energy.reading import not_counted_share
from evaluation.judgement.comparison import STATUS, CandidateResult
from evaluation.judgement.goal_values import OUTCOMES, Judged
from evaluation.judgement.margin import REBOUND, YearOfService, margin_of, payback_of, years_of_service
from evaluation.judgement.quality import worst_served
from evaluation.judgement.shown_goals import MARKS
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import DECISIONS, Verdict
from evaluation.messages import Figure, Recorded, Setting, Share, listed, say, words
from evaluation.numbers import UNKNOWN
from evaluation.poc_card import PocCard
from evaluation.publishing.charts import (
    VOLUMES,
    Picture,
    energy_by_component,
    goals_as_bullets,
    quality_against_energy,
    year_in_service,
)
from evaluation.publishing.charts_of_answers import confusion, worst_slices
from evaluation.publishing.charts_of_quality import METRIC_NAMES
from evaluation.publishing.goal_cells import bound_cell, found_cell, in_unit
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Page, Table, rendered
from evaluation.publishing.report_details import details_of

TEMPLATE = "report.html.j2"
# Why the leading candidate is judged as it is: what `RULE` says, of one candidate.
WHY = {
    "GO": words("{candidate} meets every goal, also at the less favourable end of each interval."),
    "GO IF": words(
        "{candidate} is better than doing without AI, by the gain that was asked, and misses no goal; but some goals cannot be "
        "decided yet. For each of them it is said below what would settle it."
    ),
    "NO GO": words(
        "{candidate} comes first among the candidates, and misses a goal, even at the more favourable end of the interval."
    ),
    "NOT CONCLUSIVE": words(
        "{candidate} comes first among the candidates. It misses no goal, but the measurements do not show that it meets them all."
    ),
}
# Per cents have so many decimals at the most.
LEAST_SHARE_SHOWN = 1e-4
# A clerk's PC with its screen, and the time that one takes for one wrong outcome: what the correction of goals.toml is made of.
PC_W = 40.0
MINUTES_PER_HOUR = 60


@dataclass(frozen=True)
class Decision:
    """The one page to decide by.

    Attributes:
        word: GO, GO IF, NO GO or NOT CONCLUSIVE, in the page's language.
        kind: the same as a class of the style sheet.
        why: how it follows.
        goals: each with what was found.
        open_goals: what is to be said of goals that are not met, and what settles them.
        candidates: side by side, the one without AI first.
        without_result: which others were tried; none where all have a result.
        margin: what the leading candidate adds.
        year: in service.
        worst: who is worst served, and whether people stay within reach.
        sure: how sure it all is.
    """

    word: Markup
    kind: str
    why: Sequence[Markup]
    goals: Table | None
    open_goals: Sequence[Markup]
    candidates: Table | None
    without_result: Markup | None
    margin: Sequence[Markup]
    year: Table | None
    worst: Sequence[Markup]
    sure: Sequence[Markup]


def report_page(found: Assessment, card: PocCard | None, language: Language, date: dt.date) -> str:
    """The report, the same for the same campaign, goals, language and date.

    Args:
        found: what is to be said of the campaign.
        card: of the POC; none where it has none.
        language: of the page.
        date: of the report.
    """
    page = Page(language)
    campaign = found.comparison.campaign
    return rendered(
        TEMPLATE,
        page=page,
        found=found,
        campaign=campaign,
        card=card,
        date=date,
        title=poc_title(page, card, campaign.task),
        decision=decision_of(found, page),
        front=quality_against_energy(found, language),
        pictures=_pictures(found, language),
        details=details_of(found, card, page),
    )


def _pictures(found: Assessment, language: Language) -> list[Picture]:
    """Those of the details, as far as there is anything to draw."""
    name = found.verdicts.leading
    drawn = [energy_by_component(found, language)]
    if name:
        of_candidate = (goals_as_bullets, year_in_service, confusion, worst_slices)
        drawn += [draw(found, name, language) for draw in of_candidate]
    return [picture for picture in drawn if picture]


def poc_title(page: Page, card: PocCard | None, task: str) -> Markup:
    """The title of a POC: its card's, or its name."""
    return page.said(card.title, card.language) if card else page.said(task)


def decision_of(found: Assessment, page: Page) -> Decision:
    """The page to decide by."""
    verdicts, comparison = found.verdicts, found.comparison
    leading = verdicts.of[verdicts.leading] if verdicts.leading else None
    return Decision(
        word=page.message(DECISIONS[verdicts.decision]),
        kind=verdicts.decision.lower().replace(" ", "-"),
        why=list(_why(found, leading, page)),
        goals=goal_table(found, leading, page) if leading else None,
        open_goals=list(_open_goals(found, leading, page)) if leading else (),
        candidates=candidate_table(found, page) if comparison.measured else None,
        without_result=_without_result(found, page),
        margin=list(_margin(found, leading.candidate, page)) if leading else (),
        year=year_table(found, leading.candidate, page) if leading else None,
        worst=list(_worst(found, leading, page)) if leading else (),
        sure=list(_sure(found, leading, page)),
    )


def _why(found: Assessment, leading: Verdict | None, page: Page) -> Iterator[Markup]:
    if not found.comparison.measured:
        yield page.say("No candidate was measured completely: there is nothing to judge.")
        return
    if leading is None:
        yield page.say("Only the way without AI was measured: there is nothing to compare it with.")
        return
    decision = found.verdicts.decision
    yield page.say(WHY[decision], candidate=leading.candidate)
    baseline = found.comparison.baseline
    if baseline and found.verdicts.keeps_baseline:
        yield page.say("The task stays with {baseline}, which does without AI.", baseline=baseline.name)


# Goals


def goal_table(found: Assessment, verdict: Verdict, page: Page) -> Table:
    """The goals of a candidate: what was hoped for, what decides, what was found, and what that makes."""
    headings = [page.say("Goal"), page.say("Target"), page.say("Bound"), page.say("Found (judged between)"), page.say("Outcome")]
    rows = [_goal_row(found, judged, page) for judged in verdict.goals]
    return Table(page.say("Goals, by {candidate}", candidate=verdict.candidate), headings, rows, frozenset({1, 2, 3}))


def _goal_row(found: Assessment, judged: Judged, page: Page) -> list[str]:
    goal, unit_name = judged.bound, found.comparison.campaign.unit_name
    name = page.goal(judged.goal, goal, unit_name)
    outcome = page.message(OUTCOMES[judged.outcome])
    if goal is None:
        return [name, UNKNOWN, UNKNOWN, UNKNOWN, _outcome(judged, outcome)]
    if judged.goal == "quality" or goal.metric in METRIC_NAMES:
        name = page.lines(name, metric_name(page, goal.metric or found.comparison.metric.name))
    reached = page.say("{outcome}, target reached", outcome=OUTCOMES[judged.outcome]) if judged.at_target else outcome
    return [
        name,
        in_unit(page, goal, goal.target),
        bound_cell(page, goal),
        found_cell(page, goal, judged.value),
        _outcome(judged, reached if judged.outcome == "met" else outcome),
    ]


def _outcome(judged: Judged, words_of: Markup) -> Markup:
    """In words; the mark before it is for the eye that runs down the column."""
    mark = MARKS[judged.outcome]
    return Markup('<span class="outcome {}"><span aria-hidden="true">{}</span> {}</span>').format(judged.outcome, mark, words_of)


def _open_goals(found: Assessment, verdict: Verdict, page: Page) -> Iterator[Markup]:
    for judged in verdict.goals:
        if judged.outcome == "met":
            continue
        name = page.goal(judged.goal, judged.bound, found.comparison.campaign.unit_name)
        if judged.reason:
            text = page.say("{goal}: {outcome} ({reason}).", goal=name, outcome=OUTCOMES[judged.outcome], reason=judged.reason)
        else:
            text = page.say("{goal}: {outcome}.", goal=name, outcome=OUTCOMES[judged.outcome])
        if judged.settled_by:
            ways = reduce(lambda one, other: say("{one}, or {other}", one=one, other=other), judged.settled_by)
            text += " " + page.say("What would settle it: {ways}.", ways=ways)
        yield text


def metric_name(page: Page, name: str) -> Markup:
    """What decision-makers call a metric."""
    return page.message(say(METRIC_NAMES[name])) if name in METRIC_NAMES else page.said(name)


# Candidates


def candidate_table(found: Assessment, page: Page) -> Table:
    """The candidates side by side, the one without AI first."""
    comparison, scenario = found.comparison, found.scenario
    scale = page.language.energy_scale([result.energy_wh.value for result in comparison.measured if result.energy_wh])
    masses = [scenario.carbon_g_per_unit(result) or 0.0 for result in comparison.measured]
    mass = page.language.mass_scale(masses)
    unit = Recorded(comparison.campaign.unit_name)
    headings = [
        page.say("Candidate"),
        page.capital_letter(metric_name(page, comparison.metric.name)),
        page.say("{unit} per {functional_unit}", unit=scale.unit, functional_unit=unit),
        page.say(
            "{unit} CO₂e per {functional_unit} (emission factor {factor})",
            unit=mass.unit,
            functional_unit=unit,
            factor=scenario.factor.id,
        ),
        page.say("Time for one answer, in ms (1 in 20 takes longer than the second figure)"),
        page.say("Share of a server to be reserved"),
        page.say("Decision"),
    ]
    rows = [_candidate_row(found, result, scale.factor, mass.factor, page) for result in comparison.measured]
    return Table(page.say("The candidates side by side"), headings, rows, frozenset(range(1, 6)))


def _candidate_row(found: Assessment, result: CandidateResult, to_energy: float, to_mass: float, page: Page) -> list[str]:
    carbon_g = found.scenario.carbon_g_per_unit(result)
    return [
        page.lines(page.said(result.name), page.say("without AI") if result.baseline else ""),
        page.score(result.scores.get(found.comparison.metric.name)),
        _energy(result, to_energy, page),
        escape(UNKNOWN) if carbon_g is None else _carbon(result, carbon_g, to_mass, page),
        _latency(result, page),
        _share_of_server(found, result, page),
        _decision_on(found, result, page),
    ]


def _energy(result: CandidateResult, factor: float, page: Page) -> Markup:
    if result.energy_wh is None or result.true_wh is None:
        return escape(UNKNOWN)
    true = page.language.between(*(page.number(bound * factor, 2) for bound in result.true_wh))
    return page.lines(
        page.number(result.energy_wh.value * factor),
        page.language.interval(result.energy_wh, factor),
        page.say("class {evidence}: true value {ends}", evidence=escape(result.evidence or UNKNOWN), ends=escape(true)),
    )


def _carbon(result: CandidateResult, carbon_g: float, factor: float, page: Page) -> Markup:
    if result.energy_wh is None or result.true_wh is None:
        return escape(UNKNOWN)
    ends = (page.number(carbon_g * bound / result.energy_wh.value * factor, 2) for bound in result.true_wh)
    return page.lines(page.number(carbon_g * factor), page.language.between(*ends))


def _latency(result: CandidateResult, page: Page) -> Markup:
    if result.latency_p50_ms is None or result.latency_p95_ms is None:
        return escape(UNKNOWN)
    return page.lines(page.number(result.latency_p50_ms), page.number(result.latency_p95_ms))


def _share_of_server(found: Assessment, result: CandidateResult, page: Page) -> Markup:
    if found.scenario.deployment is None or result.per_sample is None:
        return escape(UNKNOWN)
    service = found.scenario.service(result)
    at_least = "≥\u00a0" if service.share_is_lower_bound else ""
    energy_kwh = page.language.with_unit(page.number(service.energy_kwh), "kWh")
    # Of a share that is at least so little nothing is known: "≥ < 0.01 %" would say that in a riddle.
    share = 0.0 if service.share_is_lower_bound and service.share < LEAST_SHARE_SHOWN else service.share
    return page.lines(at_least + page.percent(share), page.say("{energy} a year", energy=escape(at_least + energy_kwh)))


def _decision_on(found: Assessment, result: CandidateResult, page: Page) -> Markup:
    verdict = found.verdicts.of.get(result.name)
    said = page.message(DECISIONS[verdict.decision]) if verdict and verdict.decision else page.say("the reference")
    on_front = page.say("on the Pareto front") if result.name in found.comparison.front else ""
    return page.lines(said, on_front)


def _without_result(found: Assessment, page: Page) -> Markup | None:
    """Whoever failed or was not there: a table of those that succeeded alone would look better than it went."""
    absent = [result for result in found.comparison.results if result not in found.comparison.measured]
    if not absent:
        return None
    named = listed(*(say("{candidate} ({status})", candidate=each.name, status=STATUS[each.status]) for each in absent))
    return page.say("Tried, without a result: {candidates}. The details say why.", candidates=named)


# Margin and scale


def _margin(found: Assessment, name: str, page: Page) -> Iterator[Markup]:
    margin = margin_of(found.comparison, name)
    if margin is None:
        return
    yield page.say(
        "Per {unit}, {candidate} against doing without AI: {correct} correct outcomes and {energy} of energy.",
        unit=Recorded(found.comparison.campaign.unit_name),
        candidate=name,
        correct=_with_ends(page, margin.correct_per_unit, plus="+"),
        energy=_energy_with_ends(page, margin.extra_wh, plus="+"),
    )
    per_wh, each = margin.correct_per_certain_wh, margin.wh_per_correct
    if per_wh:
        yield page.say("Each additional Wh brings {correct} additional correct outcomes.", correct=_with_ends(page, per_wh))
    if each and each.value > 0:
        yield page.say("Each additional correct outcome costs {energy}.", energy=_energy_with_ends(page, each))
    if found.goals.correction_wh:
        minutes = found.goals.correction_wh / PC_W * MINUTES_PER_HOUR
        yield page.say_number(
            "For scale: to put one wrong outcome right, a clerk's PC runs for about {number} minute, {energy} (goals.toml).",
            "For scale: to put one wrong outcome right, a clerk's PC runs for about {number} minutes, {energy} (goals.toml).",
            round(minutes),
            energy=escape(page.language.energy(found.goals.correction_wh)),
        )
    yield from _payback(found, name, page)


def _payback(found: Assessment, name: str, page: Page) -> Iterator[Markup]:
    payback = payback_of(found.comparison, name, found.goals.correction_wh)
    if payback is None:
        return
    if payback.training_wh is None:
        yield page.say("Training was too short for its energy to be measured.")
    elif payback.requests is None:
        yield page.say("The energy of training is never paid back: {candidate} takes more than it saves.", candidate=name)
    elif payback.correction_wh:
        yield page.say_number(
            "The energy of training is paid back after {number} request, counting the corrections that it spares.",
            "The energy of training is paid back after {number} requests, counting the corrections that it spares.",
            ceil(payback.requests),
        )
    else:
        yield page.say_number(
            "The energy of training is paid back after {number} request.",
            "The energy of training is paid back after {number} requests.",
            ceil(payback.requests),
        )


def _with_ends(page: Page, value: Interval, plus: str = "") -> Markup:
    """`12,3 (5,15 à 61,8)`; `plus` stands before what is more."""
    ends, shown = page.language.interval(value), page.number(value.value)
    shown = f"{plus if value.value > 0 else ''}{shown}"
    return escape(f"{shown} ({ends})" if ends else shown)


def _energy_with_ends(page: Page, value_wh: Interval, plus: str = "") -> Markup:
    scale = page.language.energy_scale([value_wh.value])
    value = page.language.with_unit(page.number(value_wh.value * scale.factor), scale.unit)
    value = f"{plus if value_wh.value > 0 else ''}{value}"
    ends = page.language.interval(value_wh, scale.factor)
    return escape(f"{value} ({ends})" if ends else value)


def year_table(found: Assessment, name: str, page: Page) -> Table | None:
    """A year in service at three volumes and three rebounds, of the baseline and of a candidate; none without a scenario."""
    comparison = found.comparison
    shown = [result for result in (comparison.baseline, comparison.result(name)) if result]
    years = {result.name: years_of_service(result, found.scenario) for result in shown}
    if not any(years.values()):
        return None
    headings = [
        page.say("Candidate and volume"),
        page.say("Requests a year"),
        *(
            page.say("If used {times} times as much", times=times) if times > 1 else page.say("Use as foreseen")
            for times in REBOUND
        ),
    ]
    rows = [row for result in shown for row in _year_rows(result.name, years[result.name], page)]
    caption = page.say("A year of service, projected, in kWh (kg CO₂e): the reserved share of a server and the requests")
    return Table(caption, headings, rows, frozenset(range(1, len(headings))))


def _year_rows(name: str, years: Sequence[YearOfService], page: Page) -> Iterator[list[str]]:
    for place in range(0, len(years), len(REBOUND)):
        cases = years[place : place + len(REBOUND)]
        at_least = "≥\u00a0" if cases[0].service.share_is_lower_bound else ""
        yield [
            page.say(VOLUMES[cases[0].volume], candidate=name),
            page.language.count(cases[0].service.requests),
            *(f"{at_least}{page.number(each.service.energy_kwh)} ({page.number(each.service.carbon_kg_co2e)})" for each in cases),
        ]


# Who is worst served, and how sure


def _worst(found: Assessment, verdict: Verdict, page: Page) -> Iterator[Markup]:
    result = found.comparison.result(verdict.candidate)
    if not found.comparison.campaign.answers_are_texts:
        yield from _lowest(result, result.expected, None, page)
    for column, values in result.campaign.slices.items():
        yield from _lowest(result, list(values), column, page)
    kept = found.goals.human_path
    if kept is None:
        yield page.say("Human path: nobody has said whether one can still turn to a person.")
    elif kept:
        yield page.say("Human path kept: yes. Whoever wants to can still turn to a person.")
    else:
        yield page.say("Human path kept: no. Without one there is no GO.")


def _lowest(result: CandidateResult, groups: Sequence[str], column: str | None, page: Page) -> Iterator[Markup]:
    known = [place for place, right in enumerate(result.right) if isfinite(right) and groups[place : place + 1] not in ([], [""])]
    worst = worst_served(result.right[known], [groups[place] for place in known]) if known else None
    if worst is None:
        return
    figures: dict[str, Figure] = {
        "group": worst.group,
        "share": Share(worst.interval.value),
        "ends": _share_ends(page, worst.interval),
        "samples": worst.samples,
    }
    if column is None:
        yield page.say("Class worst served: {group}, {share} answered rightly ({ends}; test samples: {samples}).", **figures)
    elif result.campaign.answers_are_texts:
        yield page.say(
            "By {column}, worst served: {group}, {share} of what was to be found ({ends}; test samples: {samples}).",
            column=column,
            **figures,
        )
    else:
        yield page.say(
            "By {column}, worst served: {group}, {share} answered rightly ({ends}; test samples: {samples}).",
            column=column,
            **figures,
        )


def _share_ends(page: Page, interval: Interval) -> Markup:
    ends = ("?" if end is None else page.percent(end) for end in (interval.low, interval.high))
    return escape(page.language.between(*ends))


def _sure(found: Assessment, leading: Verdict | None, page: Page) -> Iterator[Markup]:
    measured = found.comparison.measured
    worst = max(measured, key=lambda result: result.evidence or "", default=None)
    if worst and worst.evidence and worst.true_wh and worst.energy_wh:
        low, high = (bound / worst.energy_wh.value for bound in worst.true_wh)
        yield page.say(
            "Energy: evidence class {evidence}, {meaning}. The true energy is expected between {low} and {high} times the figures.",
            evidence=escape(worst.evidence),
            meaning=say(MEANING[worst.evidence]),
            low=Setting(round(low, 2)),
            high=Setting(round(high, 2)),
        )
        modelled = not_counted_share(found.comparison.campaign.measured_windows)
        if modelled:
            yield page.say("{share} of the energy is modelled or declared, and not read from a counter.", share=Share(modelled))
    if leading and leading.sensitive_to:
        yield from (page.sentence(message) for message in leading.sensitive_to)
    elif leading:
        yield page.say("Under another emission factor, or another estimate of the energy, the decision would be the same.")
    yield page.say("Not measured: networks, screens, people's time, and what making this machine emitted beyond its share.")
