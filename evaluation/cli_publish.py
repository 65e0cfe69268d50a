"""The command line's publishing: what others read and use. It imports what a command needs when that command runs."""

from __future__ import annotations

from datetime import date as calendar_day
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evaluation.cli_audit import close_all_that_was_killed
from evaluation.console import complain, show_json, show_line

# In the folder from which it is called; nothing of it is in the repository.
REPORTS = Path("reports")


Date = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="That it carries; the same one gives the same bytes. [default: today]"),
]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of words.")]


class ExportFormat(StrEnum):
    """What an export is made of."""

    CSV = "csv"
    BOAMPS = "boamps"


def export(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where to write it: a folder of its own.")],
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POC|CAMPAIGN]...", help="[default: all POCs with all their finished and interrupted campaigns]"),
    ] = None,
    formats: Annotated[
        list[ExportFormat] | None, typer.Option("--format", help="Only this one; may be repeated. [default: both]")
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option(metavar="fr|en", help="Of the words in BoAmps reports; the rest is in both. [default: the locale's]"),
    ] = None,
    date: Date = None,
    as_json: Json = False,
) -> None:
    """Write open data: tables with their schemas, an energy report a run, the sample data, and what describes them all."""
    from evaluation.publishing.language import language
    from evaluation.publishing.open_data import FORMATS, Wanted, export_open_data

    spoken = language(lang)
    day = _day(date)
    close_all_that_was_killed()
    wanted = Wanted(what or [], [each.value for each in formats or []] or FORMATS, spoken, day)
    exported = export_open_data(wanted, out)
    if as_json:
        show_json(
            {
                "path": str(out),
                "date": day.isoformat(),
                "ledger_head": exported.head,
                "campaigns": exported.campaigns,
                "candidates": exported.candidates,
                "left_out": [each.as_dict() for each in exported.left_out],
                "files": [file._asdict() for file in exported.files],
            }
        )
        return
    for each in exported.left_out:
        complain(f"Left out: {each.what}: {each.why}.")
    show_line(f"{out}: {len(exported.files)} files; {exported.candidates} candidates in {exported.campaigns} campaigns")
    if exported.head:
        show_line(f"Ledger head {exported.head}")
        show_line(f"Later on, check it by preuve audit verify --against {out / 'datapackage.json'}")
    else:
        show_line("There is no carbon ledger yet, so that nothing quotes its head.")


def report(
    what: Annotated[
        str | None, typer.Argument(metavar="[POC|CAMPAIGN]", help="A POC's latest finished campaign, or the one of this id.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Of each POC's latest campaign, with an index of all POCs.")] = False,
    lang: Annotated[
        str | None, typer.Option(metavar="fr|en", help="Language of the pages. [default: the locale's, else French]")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Into which folder.")] = REPORTS,
    date: Date = None,
    factor: Annotated[
        str | None, typer.Option(metavar="ID", help="Emission factor of the electricity. [default: ademe-2025]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the page to decide by, for a browser or for paper, with its details, and the card of the algorithm."""
    from evaluation.exceptions import PreuveError
    from evaluation.publishing.export import Folder
    from evaluation.publishing.language import language
    from evaluation.publishing.reports import Writing, write_all, write_report

    if (what is None) != every:
        raise PreuveError(
            expected="a POC, the id of a campaign, or --all",
            found="both" if every else "none of them",
            where="command line",
            remedy="for example preuve report request-classification; preuve list shows the POCs",
        )
    spoken, day = language(lang), _day(date)
    if what is not None:
        from evaluation.finding import find_campaign

        poc, campaign = find_campaign(what, tell=complain)
        writing = Writing(Folder(out, "preuve report", ours={}), spoken, day, factor)
        found, page = write_report(poc, campaign, writing)
        decided = {"decision": found.verdicts.decision, "candidate": found.verdicts.leading, "campaign": campaign.id}
    else:
        close_all_that_was_killed()
        writing = Writing(Folder(out, "preuve report", ours={}), spoken, day, factor)
        page, decided = write_all(writing), {}
    if as_json:
        files = [str(out / file.path) for file in writing.folder.files]
        show_json({"page": str(page), "language": spoken.code, "date": day.isoformat(), **decided, "files": files})
        return
    if decided:
        show_line(f"{decided['decision']}: {decided['candidate'] or 'no candidate'} (campaign {decided['campaign']})")
    show_line(str(page))


def _day(date: datetime | None) -> calendar_day:
    return date.date() if date else datetime.now().astimezone().date()
