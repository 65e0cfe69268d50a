"""The card of an algorithm: what a city must publish about it. It comes from the POC's card and from its last campaign."""

from __future__ import annotations

import datetime as dt

from markupsafe import Markup, escape

from evaluation.assessment import Assessment
from evaluation.judgement.verdict import DECISIONS
from evaluation.messages import Recorded
from evaluation.poc_card import PocCard
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Page, rendered
from evaluation.publishing.report import metric_name
from evaluation.publishing.report_frameworks import law_section
from evaluation.publishing.sections import Facts, Section

TEMPLATE = "algorithm_card.html.j2"


def algorithm_card_page(card: PocCard, found: Assessment, language: Language, date: dt.date) -> str:
    """The card, the same for the same campaign, language and date.

    Args:
        card: of the POC.
        found: what is to be said of its last campaign.
        language: of the page.
        date: of the card.
    """
    page = Page(language)
    sections = [_purpose(card, page), _results(found, page), law_section(card, page)]
    return rendered(TEMPLATE, page=page, title=page.said(card.title, card.language), date=date, sections=sections)


def _purpose(card: PocCard, page: Page) -> Section:
    def said(text: str) -> Markup:
        return page.said(text, card.language)

    pairs = [
        (page.say("What it is for"), said(card.purpose)),
        (page.say("The question that was asked"), said(card.question)),
        (page.say("Without AI"), said(card.without_ai)),
        (page.say("What it was tried on"), said(card.measured_on)),
    ]
    return Section("purpose", page.say("What it does"), [Facts(pairs)])


def _results(found: Assessment, page: Page) -> Section:
    comparison, campaign = found.comparison, found.comparison.campaign
    leading = comparison.result(found.verdicts.leading) if found.verdicts.leading else None
    pairs = [(page.say("Decision"), page.message(DECISIONS[found.verdicts.decision]))]
    if leading and leading.energy_wh and leading.true_wh:
        score = leading.scores.get(comparison.metric.name)
        low, high = (page.language.energy(bound) for bound in leading.true_wh)
        pairs += [
            (page.say("Candidate"), page.said(leading.name)),
            (page.say("How well: {metric}", metric=metric_name(page, comparison.metric.name)), page.score(score)),
            (
                page.say("At what cost: energy per {unit}", unit=Recorded(campaign.unit_name)),
                page.lines(
                    page.language.energy(leading.energy_wh.value),
                    page.say(
                        "class {evidence}: true value {ends}",
                        evidence=escape(leading.evidence),
                        ends=escape(page.language.between(low, high)),
                    ),
                ),
            ),
        ]
    pairs.append((page.say("Measured"), page.lines(page.moment(campaign.started), page.typed(campaign.id))))
    if campaign.ledger_head:
        pairs.append((page.say("Carbon ledger"), page.typed(campaign.ledger_head)))
    return Section("results", page.say("How well, and at what cost"), [Facts(pairs)])
