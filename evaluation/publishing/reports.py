"""Which pages `preuve report` writes, and from what: a campaign's report, the card of its algorithm, and an index of all POCs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from evaluation.assessment import Assessment, assess
from evaluation.exceptions import NameNotFoundError, RecordError
from evaluation.poc_card import read_poc_card
from evaluation.pocs import Poc, look_for_pocs
from evaluation.programme import read_programme
from evaluation.publishing.algorithm_card import algorithm_card_page
from evaluation.publishing.disclosure import file_name
from evaluation.publishing.export import Folder
from evaluation.publishing.index_page import Reported, index_page
from evaluation.publishing.language import Language
from evaluation.publishing.report import report_page
from evaluation.records.development import energy_by_campaign, ledger_energies
from evaluation.records.ledger import Ledger
from evaluation.records.recovery import unrecorded_wh
from evaluation.records.store import open_store
from evaluation.run import Campaign


@dataclass(frozen=True)
class Writing:
    """How reports are written.

    Attributes:
        folder: into which.
        language: of all of them.
        date: that they carry.
        factor_id: emission factor of the electricity; the default one where none is named.
    """

    folder: Folder
    language: Language
    date: dt.date
    factor_id: str | None = None


def write_report(poc: Poc, campaign: Campaign, writing: Writing) -> tuple[Assessment, Path]:
    """Write a campaign's report and the card of its algorithm; give what was found and where the report is.

    Raises:
        PreuveError: the folder cannot be written to, or there is nothing to compare.
    """
    found = assess(poc.task, poc.goals, campaign, factor_id=writing.factor_id, today=writing.date)
    card = read_poc_card(poc.folder, writing.language.code)
    name = _page_name(poc.task.name, campaign.id, writing)
    writing.folder.write(name, report_page(found, card, writing.language, writing.date).encode())
    if card:
        page = algorithm_card_page(card, found, writing.language, writing.date)
        writing.folder.write(_page_name(poc.task.name, "algorithm-card", writing), page.encode())
    return found, writing.folder.path / name


def write_all(writing: Writing) -> Path:
    """Write the report of each POC's last finished campaign, and an index of them; give where the index is."""
    pocs, broken = look_for_pocs()
    ledger = Ledger()
    recorded_wh = ledger_energies(ledger)
    reported = [_reported(poc, recorded_wh.get(poc.task.name, {}), writing) for poc in pocs]
    head = str(ledger.head) if ledger.head else None
    name = f"index.{writing.language.code}.html"
    page = index_page(reported, broken, read_programme(), writing.language, writing.date, head)
    writing.folder.write(name, page.encode())
    return writing.folder.path / name


def _page_name(task: str, what: str, writing: Writing) -> str:
    return f"{file_name(task, what)}.{writing.language.code}.html"


def _reported(poc: Poc, recorded_wh: Mapping[str, float], writing: Writing) -> Reported:
    store, card = open_store(poc.task.name), read_poc_card(poc.folder, writing.language.code)
    energy_wh = energy_by_campaign(store, recorded_wh, unrecorded_wh(poc.task.name))
    development = poc.goals.goal.get("development_kwh")
    untried = Reported(
        task=poc.task.name,
        title=card.title if card else poc.task.name,
        title_language=card.language if card else writing.language.code,
        energy_wh=energy_wh,
        development_ceiling_kwh=development.ceiling if development else None,
    )
    try:
        found, path = write_report(poc, store.latest_campaign(), writing)
    except (NameNotFoundError, RecordError):
        return untried
    return _with_decision(untried, found, path.name)


def _with_decision(untried: Reported, found: Assessment, file: str) -> Reported:
    comparison, name = found.comparison, found.verdicts.leading
    metric, leading, baseline = comparison.metric.name, comparison.result(name) if name else None, comparison.baseline
    return replace(
        untried,
        file=file,
        campaign=comparison.campaign.id,
        started=comparison.campaign.started,
        decision=found.verdicts.decision,
        candidate=name,
        score=leading.scores.get(metric) if leading else None,
        baseline_score=baseline.scores.get(metric) if baseline else None,
        metric=metric,
        unit_wh=leading.energy_wh if leading else None,
        unit=comparison.campaign.unit_name,
        evidence=(leading.evidence if leading else None) or "",
    )
