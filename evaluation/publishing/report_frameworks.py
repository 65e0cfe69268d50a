"""What the law and public frameworks ask of a city about such a program: the evidence in a report. No conformity is claimed."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from evaluation.assessment import Assessment
from evaluation.goals import GOAL_UNITS
from evaluation.judgement.goal_values import OUTCOMES
from evaluation.messages import Recorded
from evaluation.poc_card import PocCard
from evaluation.publishing.goal_cells import bound_cell, found_cell
from evaluation.publishing.pages import Page, Table
from evaluation.publishing.sections import Facts, Part, Section

# The goals that limit what a POC uses, in development or in service.
OBJECTIVES_OF_SOBRIETY = frozenset(name for name in GOAL_UNITS if name.endswith(("_wh", "_kwh", "_per_year")))


def law_section(card: PocCard, page: Page) -> Section:
    """What a city says of an algorithm to whoever it concerns: the card of the POC."""

    def said(text: str) -> Markup:
        return page.said(text, card.language)

    tier = {"minimal": page.say("minimal risk"), "limited": page.say("limited risk")}[card.ai_act_tier]
    ai_act, rgpd = page.say("AI Act"), page.say("GDPR (RGPD)")
    pairs = [
        (page.say("{law}: level of risk", law=ai_act), page.lines(tier, said(card.ai_act_why))),
        (page.say("{law}: how people are told", law=ai_act), said(card.people_told)),
        (page.say("{law}: personal data", law=rgpd), said(card.personal_data)),
        (page.say("{law}: legal basis", law=rgpd), said(card.legal_basis)),
        (page.say("{law}: retention", law=rgpd), said(card.retention)),
        (
            page.say("Grounds an individual decision (CRPA, L. 311-3-1)"),
            page.lines(page.say("yes") if card.individual_decision else page.say("no"), said(card.individual_decision_why)),
        ),
        (page.say("Human path"), said(card.human_path)),
        (
            page.say("Who answers for it"),
            said(card.responsible) if card.responsible else page.say("not named: the city writes it in"),
        ),
    ]
    return Section("law", page.say("Rights and duties: AI Act, RGPD, CRPA"), [Facts(pairs)])


def spec_2314_section(found: Assessment, card: PocCard | None, page: Page) -> Section:
    """Evidence for what AFNOR SPEC 2314 (frugal AI, 2024) asks first: whether AI is needed, at what cost, against what else."""
    headings = [page.say("What is asked"), page.say("Evidence")]
    rows = [
        [page.say("The need was questioned: can it be done without AI?"), _need(found, card, page)],
        [page.say("The energy was estimated before"), _estimated(found, page)],
        [page.say("The energy was measured after"), _measured(found, page)],
        [page.say("Alternatives were compared, on performance and on resources"), _alternatives(found, page)],
    ]
    caption = page.say("AFNOR SPEC 2314, frugal AI: the evidence in this report; no conformity is claimed")
    return Section("spec-2314", page.say("Frugal AI: AFNOR SPEC 2314"), [Table(caption, headings, rows)])


def _need(found: Assessment, card: PocCard | None, page: Page) -> Markup:
    baseline = found.comparison.baseline
    without = (
        page.say("measured beside the candidates: {baseline}", baseline=baseline.name)
        if baseline
        else page.say("no way without AI was measured in this campaign")
    )
    return page.lines(page.said(card.without_ai, card.language), without) if card else without


def _estimated(found: Assessment, page: Page) -> Markup:
    """Before anything was measured, the goals said how much at most: what an estimate is held to."""
    campaign = found.comparison.campaign
    goals = {key: goal for key, goal in found.goals.goal.items() if goal.name in OBJECTIVES_OF_SOBRIETY}
    if not goals:
        return page.say("the goals set no ceiling for energy")
    ceilings = [
        page.say("{goal}: {bound}", goal=page.goal(key, goal, campaign.unit_name), bound=escape(bound_cell(page, goal)))
        for key, goal in goals.items()
    ]
    fixed = campaign.goals_sha256 == found.goals.sha256
    known = (
        page.say("ceilings that were fixed before the campaign:") if fixed else page.say("ceilings, changed after the campaign:")
    )
    return page.lines(known, *ceilings)


def _measured(found: Assessment, page: Page) -> Markup:
    unit = Recorded(found.comparison.campaign.unit_name)
    return page.lines(
        page.say("per {unit}, on the machine that is described below:", unit=unit),
        *(
            page.say("{candidate}: {energy}", candidate=result.name, energy=escape(page.language.energy(result.energy_wh.value)))
            for result in found.comparison.measured
            if result.energy_wh
        ),
    )


def _alternatives(found: Assessment, page: Page) -> Markup:
    tried, measured = found.comparison.results, found.comparison.measured
    return page.lines(
        page.say(
            "{measured} of the {tried} candidates that were tried have a result: quality and energy, each with its interval",
            measured=len(measured),
            tried=len(tried),
        ),
        page.say("those without a result are listed too, with the reason"),
    )


def rgesn_section(found: Assessment, card: PocCard | None, page: Page) -> Section:
    """Evidence for the criteria of theme 9 of the RGESN (2024). No conformity is claimed: the list says what there is to show."""
    headings = [page.say("Criterion"), page.say("Evidence")]
    rows = [
        [page.say("{number} {what}", number=number, what=what), evidence] for number, what, evidence in _criteria(found, card, page)
    ]
    caption = page.say("RGESN 2024, theme 9: the evidence in this report; no conformity is claimed")
    return Section("rgesn", page.say("Digital sobriety: RGESN, theme 9"), [Table(caption, headings, rows)])


def _criteria(found: Assessment, card: PocCard | None, page: Page) -> Iterator[tuple[str, Markup, Markup]]:
    comparison, campaign = found.comparison, found.comparison.campaign
    unsaid = page.say("the POC's card says nothing of it")

    def said(text: str | None) -> Markup:
        return page.said(text, card.language) if card and text else unsaid

    baseline = comparison.baseline
    without = page.say("compared with {baseline}, which does without AI", baseline=baseline.name) if baseline else unsaid
    yield "9.1", page.say("training is needed"), without
    front = ", ".join(comparison.front)
    yield (
        "9.2",
        page.say("complexity in proportion to the need"),
        page.say(
            "quality and energy are compared, both with intervals; candidates than which none is both better and leaner: {names}",
            names=front,
        )
        if front
        else unsaid,
    )
    fits = [result for result in comparison.measured if result.fit_energy_wh is not None]
    trained = [each for run in campaign.runs for each in run.readings if each.kind in {"fit", "rehearsal"}]
    fit_wh = sum(reading.energy_wh for reading in trained)
    yield (
        "9.3",
        page.say("training limited"),
        page.say(
            "all trainings of this campaign took {energy}; {number} of {all} candidates learn long enough for it to be measured",
            energy=escape(page.language.energy(fit_wh)),
            number=len(fits),
            all=len(comparison.measured),
        ),
    )
    learnt = page.say_number("{number} sample to learn from", "{number} samples to learn from", campaign.data.train_samples)
    yield "9.4", page.say("no more data than needed"), page.lines(learnt, said(card.least_data if card else None))
    yield "9.5", page.say("retraining"), said(card.retraining if card else None)
    yield "9.6", page.say("compression"), said(card.compression if card else None)
    yield "9.7", page.say("when and how answers are computed"), said(card.inference if card else None)


def reen_section(found: Assessment, page: Page) -> Section:
    """The annex table that article 35 of the REEN law asks of a city: objectives, indicators, results of the year."""
    campaign = found.comparison.campaign
    used_wh = campaign.development_wh + campaign.energy_wh
    leading = found.verdicts.of[found.verdicts.leading] if found.verdicts.leading else None
    headings = [page.say("Objective"), page.say("Indicator"), page.say("Bound"), page.say("Result"), page.say("Outcome")]
    rows = [
        [
            page.goal(judged.goal, judged.bound, campaign.unit_name),
            page.typed(judged.goal),
            bound_cell(page, judged.bound),
            found_cell(page, judged.bound, judged.value),
            page.message(OUTCOMES[judged.outcome]),
        ]
        for judged in (leading.goals if leading else ())
        if judged.bound and judged.bound.name in OBJECTIVES_OF_SOBRIETY
    ]
    caption = page.say(
        "REEN law, article 35: objectives, indicators and results, {year}", year=escape(campaign.started.strftime("%Y"))
    )
    used = page.say(
        "Energy used for this POC up to the end of this campaign, failures included: {energy}.",
        energy=escape(page.language.energy(used_wh)),
    )
    parts: list[Part] = [Table(caption, headings, rows, frozenset({2, 3})), used] if rows else [used]
    return Section("reen", page.say("Yearly annex of the REEN law"), parts)
