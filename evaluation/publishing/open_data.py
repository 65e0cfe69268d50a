"""Open data: everything that was tried, what failed included, in files that others can read, check and publish again.

This chooses what is exported and puts the files together. Same records, same goals and same date give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.assessment import Assessment, assess
from evaluation.energy.factors import DEFAULT_FACTOR, find_factor
from evaluation.exceptions import NameNotFoundError, RecordError
from evaluation.messages import Message, say
from evaluation.poc_card import read_poc_card
from evaluation.pocs import Poc, find_poc, look_for_pocs
from evaluation.programme import read_programme
from evaluation.publishing import indicators
from evaluation.publishing.boamps import Publisher, measured_runs, report
from evaluation.publishing.candidate_table import Row, candidate_rows
from evaluation.publishing.croissant import SampleData, croissant, sample_data
from evaluation.publishing.data_package import Contents, LeftOut, data_package, pages
from evaluation.publishing.disclosure import file_name
from evaluation.publishing.export import File, Folder
from evaluation.publishing.indicators import Tried
from evaluation.publishing.language import Language
from evaluation.publishing.tables import csv_bytes, json_bytes, read_schema
from evaluation.records.development import energy_by_campaign, ledger_energies
from evaluation.records.ledger import Ledger
from evaluation.records.recovery import unrecorded_wh
from evaluation.records.store import Store, looks_like_campaign, open_store
from evaluation.run import Campaign

FORMATS = ("csv", "boamps")
ENDED = ("finished", "interrupted")
# Before a head that this home's ledger does not have: nobody is to look for it there.
ELSEWHERE = "elsewhere:"


@dataclass(frozen=True)
class Wanted:
    """What is to be exported.

    Attributes:
        names: POCs and ids of campaigns; all POCs where none is named.
        formats: of FORMATS.
        language: of the words in reports.
        date: of the export.
    """

    names: Sequence[str]
    formats: Sequence[str]
    language: Language
    date: dt.date


@dataclass(frozen=True)
class Exported:
    """What was exported."""

    files: Sequence[File]
    campaigns: int
    candidates: int
    head: str | None
    left_out: Sequence[LeftOut]


@dataclass(frozen=True)
class _Chosen:
    """A POC, and which of its campaigns.

    Attributes:
        ids: of the campaigns, the oldest first.
        named: which of them somebody asked for.
        whole: whether it is all that there is of the POC.
    """

    poc: Poc
    store: Store
    ids: Sequence[str]
    named: frozenset[str]
    whole: bool


def export_open_data(wanted: Wanted, path: Path) -> Exported:
    """Write an export.

    Args:
        wanted: what is in it.
        path: of its folder.

    Raises:
        NameNotFoundError: there is no such POC or campaign.
        RecordError: a campaign that is named cannot be read, or MLflow cannot be asked.
        PreuveError: the folder cannot be written to.
    """
    chosen, broken = _choose(wanted.names)
    folder = Folder(path)
    making = _Export(wanted, folder)
    making.left_out += broken
    for each in chosen:
        making.add(each)
    return making.finish(whole=not wanted.names)


def _choose(names: Sequence[str]) -> tuple[list[_Chosen], list[LeftOut]]:
    if not names:
        pocs, broken = look_for_pocs()
        return [_whole(poc) for poc in pocs], [LeftOut(each.name, say("this POC cannot be loaded")) for each in broken]
    whole = {poc.task.name: poc for poc in (find_poc(name) for name in names if not looks_like_campaign(name))}
    ids = [name for name in names if looks_like_campaign(name)]
    found = [_whole(poc) for poc in whole.values()]
    pocs = look_for_pocs()[0] if ids else []
    for poc in pocs:
        store = open_store(poc.task.name)
        own = frozenset(ids) & set(store.campaign_ids())
        ids = [name for name in ids if name not in own]
        if own and poc.task.name not in whole:
            found.append(_Chosen(poc, store, sorted(own), own, whole=False))
    if ids:
        raise NameNotFoundError(
            expected="a POC, or the id of one of its campaigns",
            found=f"none called {ids[0]}",
            where="the records of all POCs",
            remedy="preuve list shows the POCs, preuve ui their campaigns",
        )
    return found, []


def _whole(poc: Poc) -> _Chosen:
    store = open_store(poc.task.name)
    ids = sorted(each for status in ENDED for each in store.campaign_ids(status))
    return _Chosen(poc, store, ids, frozenset(), whole=True)


class _Export:
    """An export in the making: reports are written as campaigns are read, so that the memory holds one campaign and the rows."""

    def __init__(self, wanted: Wanted, folder: Folder) -> None:
        self.wanted, self.folder = wanted, folder
        self.ledger, self.programme = Ledger(), read_programme()
        self.ledger_id = self.ledger.id
        self.recorded_wh = ledger_energies(self.ledger)
        self.publisher = Publisher(self.programme.organisation, wanted.date, wanted.language)
        self.factor = find_factor(DEFAULT_FACTOR)
        self.candidates = 0
        self.rows: list[Row] = []
        self.tried: list[Tried] = []
        self.samples: list[SampleData] = []
        self.left_out: list[LeftOut] = []

    def add(self, chosen: _Chosen) -> None:
        """Export a POC: its campaigns, the oldest first, and its samples."""
        poc, task = chosen.poc, chosen.poc.task
        card = read_poc_card(poc.folder, "fr")
        tried = Tried(card.title if card else task.name, poc.goals)
        ledgers = chosen.store.ledgers()
        for campaign in self._campaigns(chosen):
            found = self._assess(poc, campaign) if "csv" in self.wanted.formats else None
            head = campaign.ledger_head
            if head is not None and ledgers.get(campaign.id) != self.ledger_id:
                head = f"{ELSEWHERE}{head}"
            tried.add(campaign, found)
            self.candidates += len(campaign.candidates)
            self.rows += [] if found is None else candidate_rows(campaign, found, head)
            if "boamps" in self.wanted.formats:
                self._write_reports(poc, campaign, card.task_family if card else None, head)
        if chosen.whole:
            recorded_wh = self.recorded_wh.get(task.name, {})
            tried.development_wh = sum(energy_by_campaign(chosen.store, recorded_wh, unrecorded_wh(task.name)).values())
        self.tried.append(tried)
        self._add_samples(poc)

    def _campaigns(self, chosen: _Chosen) -> Iterator[Campaign]:
        for campaign_id in chosen.ids:
            try:
                yield chosen.store.read_campaign(campaign_id)
            except RecordError:
                if campaign_id in chosen.named:
                    raise
                self.left_out.append(LeftOut(campaign_id, say("its record is missing, or of another version of preuve")))

    def _assess(self, poc: Poc, campaign: Campaign) -> Assessment | None:
        if not campaign.runs:
            self.left_out.append(LeftOut(campaign.id, say("it ended before its first candidate")))
            return None
        return assess(poc.task, poc.goals, campaign, today=self.wanted.date)

    def _write_reports(self, poc: Poc, campaign: Campaign, family: str | None, head: str | None) -> None:
        metrics = sorted(poc.task.metrics, key=lambda metric: metric.name != poc.goals.metric)
        for run in measured_runs(campaign):
            told = report(campaign, run, metrics, self.factor, self.publisher, family=family, head=head)
            name = file_name(campaign.id, run.candidate, str(run.seed))
            self.folder.write(f"boamps/{name}.json", json_bytes(told))

    def _add_samples(self, poc: Poc) -> None:
        found = sample_data(poc.task)
        if isinstance(found, Message):
            self.left_out.append(LeftOut(poc.task.name, found))
            return
        self.samples.append(found)
        self.folder.write(found.path, found.content)
        described = croissant(found, self.publisher.name, self.wanted.date)
        self.folder.write(f"croissant/{found.folder}.json", json_bytes(described))

    def finish(self, *, whole: bool) -> Exported:
        """Write the tables and what describes the files, which comes last."""
        if "csv" in self.wanted.formats:
            self._write_table("candidates", self.rows)
            self._write_table("indicateurs", list(self._indicators(whole=whole)))
        head = self.ledger.head
        contents = Contents(
            self.publisher.name,
            self.wanted.date,
            self.wanted.formats,
            str(head) if head else None,
            self.samples,
            self.left_out,
        )
        for name, page in pages(contents):
            self.folder.write(name, page)
        described = list(self.folder.files)
        self.folder.write("datapackage.json", json_bytes(data_package(contents, described)))
        campaigns = sum(each.campaigns for each in self.tried)
        return Exported(self.folder.files, campaigns, self.candidates, contents.head, self.left_out)

    def _write_table(self, name: str, rows: Sequence[Row]) -> None:
        schema = read_schema(f"{name}.schema.json")
        self.folder.write(f"{name}.csv", csv_bytes(schema, rows))
        self.folder.write(f"{name}.schema.json", json_bytes(schema))

    def _indicators(self, *, whole: bool) -> Iterator[Row]:
        administration, date = self.publisher.name or indicators.UNKNOWN_ADMINISTRATION, self.wanted.date
        for each in self.tried:
            yield from indicators.poc_rows(each, administration, date)
        if whole:
            yield from indicators.programme_rows(self.tried, administration, date, self.programme.ceiling_kwh_per_year)
