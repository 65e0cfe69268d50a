"""The command line's publishing: what others read and use. It imports what a command needs when that command runs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from evaluation.cli_audit import close_all_that_was_killed
from evaluation.console import complain, show_json, show_line


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
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Of the export; the same one gives the same bytes. [default: today]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: JSON instead of words.")] = False,
) -> None:
    """Write open data: tables with their schemas, an energy report a run, the sample data, and what describes them all."""
    from evaluation.publishing.language import language
    from evaluation.publishing.open_data import FORMATS, Wanted, export_open_data

    spoken = language(lang)
    day = date.date() if date else datetime.now().astimezone().date()
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
