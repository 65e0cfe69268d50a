"""The index of all reports: each POC with its last decision, and what the whole programme used against its ceiling."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from evaluation.energy.factors import WH_PER_KWH
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import BEST_FIRST, DECISIONS, Decision
from evaluation.messages import Figure, Recorded, Share
from evaluation.numbers import UNKNOWN
from evaluation.pocs import BrokenPoc
from evaluation.programme import Programme
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Page, Table, rendered
from evaluation.publishing.report import metric_name

TEMPLATE = "index.html.j2"
# A campaign's id begins with the day of its beginning, in UTC.
YEAR_DIGITS = 4


@dataclass(frozen=True)
class Reported:
    """A POC as the index shows it: of a hundred no more than that is kept.

    Attributes:
        task: its name.
        title: of its card; its name where it has none.
        title_language: of that title.
        energy_wh: what each of its campaigns used, by their ids.
        development_ceiling_kwh: of its goals; none where they set none.
        file: of its report, beside the index; none without a finished campaign.
        campaign: which was judged.
        started: when that was measured.
        decision: on it.
        candidate: that leads.
        score: of the leading candidate, in the metric that decides.
        baseline_score: of the one without AI.
        metric: that decides.
        unit_wh: energy per functional unit of the leading candidate.
        unit: the functional unit.
        evidence: class of that energy.
    """

    task: str
    title: str
    title_language: str
    energy_wh: Mapping[str, float]
    development_ceiling_kwh: float | None = None
    file: str | None = None
    campaign: str | None = None
    started: dt.datetime | None = None
    decision: Decision | None = None
    candidate: str | None = None
    score: Interval | None = None
    baseline_score: Interval | None = None
    metric: str = ""
    unit_wh: Interval | None = None
    unit: str = ""
    evidence: str = ""

    @property
    def total_wh(self) -> float:
        """Of all its campaigns."""
        return sum(self.energy_wh.values())


def index_page(
    pocs: Sequence[Reported],
    broken: Sequence[BrokenPoc],
    programme: Programme,
    language: Language,
    date: dt.date,
    head: str | None,
) -> str:
    """The index, the same for the same POCs, language and date.

    Args:
        pocs: that could be looked at.
        broken: those that could not.
        programme: to which they belong.
        language: of the page.
        date: of the index.
        head: of the ledger; none where there is none.
    """
    page = Page(language)
    return rendered(
        TEMPLATE,
        page=page,
        date=date,
        decisions=_decision_table(pocs, page),
        counts=_counts(pocs, page),
        years=_year_table(pocs, programme, page),
        sentences=_energy_sentences(pocs, programme, page, date.year),
        energies=_energy_table(pocs, page),
        broken=broken,
        organisation=programme.organisation,
        head=head,
    )


def _counts(pocs: Sequence[Reported], page: Page) -> list[Markup]:
    """How often each decision was taken; each is shown as plainly as the others."""
    found = [
        page.say("{decision}: {number}", decision=DECISIONS[word], number=sum(each.decision == word for each in pocs))
        for word in BEST_FIRST
    ]
    untried = sum(each.decision is None for each in pocs)
    return [*found, page.say("not tried yet: {number}", number=untried)]


def _decision_table(pocs: Sequence[Reported], page: Page) -> Table:
    headings = [
        page.say("POC"),
        page.say("Last decision"),
        page.say("Quality"),
        page.say("Energy per functional unit"),
        page.say("Measured on"),
    ]
    return Table(page.say("All POCs, by name"), headings, [_decision_row(each, page) for each in pocs], frozenset({2, 3}))


def _decision_row(poc: Reported, page: Page) -> list[str]:
    title = page.said(poc.title, poc.title_language)
    if poc.file is None or poc.decision is None or poc.started is None:
        return [title, page.say("not tried yet"), UNKNOWN, UNKNOWN, UNKNOWN]
    return [
        Markup('<a href="{}">{}</a>').format(poc.file, title),
        page.lines(page.message(DECISIONS[poc.decision]), page.said(poc.candidate) if poc.candidate else ""),
        _quality(poc, page),
        _energy(poc, page),
        page.lines(page.said(page.date(poc.started.date())), page.typed(poc.campaign)),
    ]


def _quality(poc: Reported, page: Page) -> Markup:
    if poc.score is None:
        return escape(UNKNOWN)
    against = (
        ""
        if poc.baseline_score is None
        else page.say("without AI: {score}", score=page.score(poc.baseline_score._replace(low=None)))
    )
    return page.lines(page.score(poc.score), metric_name(page, poc.metric), against)


def _energy(poc: Reported, page: Page) -> Markup:
    if poc.unit_wh is None:
        return escape(UNKNOWN)
    return page.lines(
        page.language.energy(poc.unit_wh.value),
        page.say("per {unit}", unit=Recorded(poc.unit)),
        page.say("evidence class {evidence}", evidence=escape(poc.evidence)),
    )


def energy_by_year(pocs: Sequence[Reported]) -> dict[int, float]:
    """What all campaigns of all POCs used, by the year in which they began, in Wh."""
    found: dict[int, float] = defaultdict(float)
    for poc in pocs:
        for campaign, energy_wh in poc.energy_wh.items():
            found[int(campaign[:YEAR_DIGITS])] += energy_wh
    return dict(sorted(found.items(), reverse=True))


def _year_table(pocs: Sequence[Reported], programme: Programme, page: Page) -> Table | None:
    years = energy_by_year(pocs)
    if not years:
        return None
    headings = [page.say("Year"), page.say("Energy, failures included"), page.say("Ceiling"), page.say("Share of the ceiling")]
    rows = [
        [
            escape(year),
            *_against_ceiling(energy_wh, programme.ceiling_kwh_per_year, page),
        ]
        for year, energy_wh in years.items()
    ]
    return Table(page.say("The programme's energy, year by year (REEN law, article 35)"), headings, rows, frozenset({1, 2, 3}))


def _against_ceiling(energy_wh: float, ceiling_kwh: float | None, page: Page) -> list[str]:
    """What was used, what may be, and the share that it is."""
    return [
        page.language.energy(energy_wh),
        UNKNOWN if ceiling_kwh is None else page.language.with_unit(page.plain(ceiling_kwh), "kWh"),
        page.percent(energy_wh / WH_PER_KWH / ceiling_kwh) if ceiling_kwh else UNKNOWN,
    ]


def _energy_sentences(pocs: Sequence[Reported], programme: Programme, page: Page, year: int) -> list[Markup]:
    used_kwh, ceiling = energy_by_year(pocs).get(year, 0.0) / WH_PER_KWH, programme.ceiling_kwh_per_year
    used = page.language.energy(used_kwh * WH_PER_KWH)
    if ceiling is None:
        return [
            page.say(
                "In {year} all POCs together used {energy}. No ceiling is set for the programme (goals.toml, [programme]).",
                year=escape(year),
                energy=escape(used),
            )
        ]
    figures: dict[str, Figure] = {
        "year": escape(year),
        "energy": escape(used),
        "ceiling": escape(page.language.with_unit(page.plain(ceiling), "kWh")),
        "share": Share(used_kwh / ceiling),
    }
    if used_kwh > ceiling:
        return [page.say("In {year} all POCs together used {energy}: more than the ceiling of {ceiling} ({share}).", **figures)]
    return [page.say("In {year} all POCs together used {energy}, within the ceiling of {ceiling} ({share}).", **figures)]


def _energy_table(pocs: Sequence[Reported], page: Page) -> Table:
    headings = [
        page.say("POC"),
        page.say("Campaigns"),
        page.say("Energy used so far"),
        page.say("Ceiling for its development"),
        page.say("Share of the ceiling"),
    ]
    rows = [
        [
            page.said(poc.title, poc.title_language),
            page.language.count(len(poc.energy_wh)),
            *_against_ceiling(poc.total_wh, poc.development_ceiling_kwh, page),
        ]
        for poc in pocs
    ]
    return Table(page.say("Energy of each POC's development, failures included"), headings, rows, frozenset({1, 2, 3, 4}))
