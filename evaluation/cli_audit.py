"""The command line's `preuve audit`. It imports what a command needs when that command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evaluation.console import complain, show_json, show_line

FINDINGS = 1

audit = typer.Typer(help="The carbon ledger: check it, take it away, recompute it.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of words.")]
Language = Annotated[str | None, typer.Option("--lang", metavar="en|fr", help="Language of what is found. [default: the locale's]")]
Against = Annotated[
    list[Path] | None, typer.Option(metavar="FILE", help="A report or export that quotes a head of the ledger; may be repeated.")
]


@audit.command()
def verify(
    place: Annotated[
        Path | None, typer.Argument(metavar="[LEDGER|ZIP]", help="[default: this home's ledger, with its MLflow]")
    ] = None,
    against: Against = None,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Check that every recorded watt-hour still holds; 1 where something does not, with a line for each finding."""
    from evaluation.audit.live import check_home, check_place
    from evaluation.audit.verify import report
    from evaluation.audit.words import language, read_words

    if place is None:
        close_all_that_was_killed()
    checker = check_home(against or [])[0] if place is None else check_place(place, against or [])
    chosen = language(lang)
    told = checker.as_dict(read_words(), chosen)
    if as_json:
        show_json(told)
    else:
        show_line(report(told, read_words(), chosen))
    raise typer.Exit(FINDINGS if told["findings"] else 0)


def close_all_that_was_killed() -> None:
    """Close what killed campaigns left open, of every POC."""
    from evaluation.campaign import close_what_was_killed
    from evaluation.pocs import find_pocs
    from evaluation.records.store import open_store

    for poc in find_pocs():
        close_what_was_killed(open_store(poc.task.name), complain)
