"""The command line's `preuve audit`. It imports what a command needs when that command runs."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from evaluation.console import complain, show_json, show_line

FINDINGS = 1
STARTED_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]

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
    from evaluation.audit.words import language, read_words

    chosen = language(lang)
    if place is None:
        close_all_that_was_killed()
    checker = check_place(place, against or []) if place else check_home(against or [])
    told = checker.as_dict(read_words(), chosen)
    if as_json:
        show_json(told)
    else:
        show_line(checker.report(read_words(), chosen))
    raise typer.Exit(FINDINGS if told["findings"] else 0)


@audit.command()
def bundle(
    out: Annotated[Path, typer.Option(metavar="ZIP", help="Where to write it.")],
    against: Against = None,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Write what an auditor takes away: ledger, samples, MLflow's runs, a summary, and a verifier that needs nothing but Python."""
    from evaluation.audit.words import language
    from evaluation.publishing.bundle import write_bundle
    from evaluation.records.ledger import Ledger

    chosen = language(lang)
    close_all_that_was_killed()
    written = write_bundle(Ledger(), out, against or [], chosen)
    if as_json:
        show_json({"path": str(out), "sha256": written.sha256, "size_bytes": written.size_bytes, **written.told})
        return
    show_line(f"{out}: {written.size_bytes / 1e6:.1f} MB, SHA-256 {written.sha256}")
    show_line(f"Ledger head {written.told['ledger_head']}; findings: {len(written.told['findings'])}.")
    show_line("Check it anywhere, with nothing but Python 3.9 or later: unzip it, and in its folder python3 verify.py")


@audit.command()
def recompute(
    factor: Annotated[
        str | None, typer.Option(metavar="ID", help="Emission factor of the electricity. [default: ademe-2025]")
    ] = None,
    pue: Annotated[float | None, typer.Option(min=1, max=5, help="Of the room. [default: as recorded]")] = None,
    as_json: Json = False,
) -> None:
    """The carbon of all that was measured, under another factor or PUE, as a new record; the old ones stay."""
    from dataclasses import asdict

    from evaluation.audit.recompute import recompute as recompute_ledger
    from evaluation.energy.factors import DEFAULT_FACTOR, find_factor, read_factors
    from evaluation.exceptions import PreuveError
    from evaluation.records.ledger import Ledger
    from evaluation.terminal import recomputation_lines

    if factor is None and pue is None:
        raise PreuveError(
            expected="--factor ID, --pue NUMBER, or both",
            found="neither",
            where="command line",
            remedy="for example preuve audit recompute --factor rte-2024",
        )
    close_all_that_was_killed()
    found, head = recompute_ledger(Ledger(), find_factor(factor or DEFAULT_FACTOR), pue)
    if as_json:
        parts = {"carbon_g": found.carbon_g, "by_factor_g": found.by_factor_g, "by_pue_g": found.by_pue_g, "pue": found.pue}
        show_json({"before": asdict(found.before), "factor": found.factor.as_dict(), **parts, "ledger_head": str(head)})
        return
    for line in recomputation_lines(found, read_factors(), head):
        show_line(line)


@audit.command()
def sample(
    head: Annotated[
        str | None, typer.Option(metavar="NUMBER:HASH", help="Draw as of this head of the ledger. [default: the latest]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw the runs that are to be repeated: a tenth, at least three, by the ledger's head, so that nobody chooses."""
    from evaluation.audit.sample import draw
    from evaluation.exceptions import PreuveError
    from evaluation.records.ledger import Head, Ledger

    chosen = Head.parse(head) if head is not None else None
    if head is not None and chosen is None:
        raise PreuveError(
            expected="a head, NUMBER:HASH", found=repr(head), where="--head", remedy="preuve audit verify shows the latest one"
        )
    close_all_that_was_killed()
    drawn, among, used = draw(Ledger(), chosen)
    if as_json:
        show_json({"ledger_head": str(used), "among": among, "runs": [run._asdict() for run in drawn]})
        return
    show_line(f"{len(drawn)} of {among} finished runs, drawn by head {used}:")
    for run in drawn:
        show_line(f"preuve run --repeat {run.mlflow_run}  # {run.task}, {run.name}, campaign {run.campaign}, record {run.record}")
    show_line(f"Each repetition goes on with the ledger. To draw the same ones again: preuve audit sample --head {used}")


@audit.command("import")
def import_energy(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A CodeCarbon emissions.csv.")] = None,
    energy_wh: Annotated[float | None, typer.Option(help="Typed in, in place of a file.")] = None,
    reason: Annotated[str | None, typer.Option(help="Where a figure that is typed in comes from.")] = None,
    started: Annotated[datetime | None, typer.Option(help="When that was, UTC.", formats=STARTED_FORMATS)] = None,
    duration_s: Annotated[float | None, typer.Option(min=0, help="How long that was.")] = None,
    poc: Annotated[str | None, typer.Option(metavar="POC", help="Whose energy it is.")] = None,
    factor: Annotated[str | None, typer.Option(metavar="ID", help="Emission factor. [default: ademe-2025]")] = None,
    as_json: Json = False,
) -> None:
    """Record energy that was measured elsewhere, as such: it is never counted among what was measured here."""
    from evaluation.audit.imports import Imported, read_emissions, typed_in
    from evaluation.energy.factors import DEFAULT_FACTOR, find_factor
    from evaluation.numbers import counted, energy
    from evaluation.pocs import find_poc
    from evaluation.records.ledger import Ledger

    _check_one_source(file, energy_wh)
    task = find_poc(poc).task.name if poc else None
    used, ledger = find_factor(factor or DEFAULT_FACTOR), Ledger()
    while True:
        head = ledger.head
        if file is not None:
            known = {record["content"]["source"]["run_id"] for record in ledger.of_kind("imported") if record["content"]["source"]}
            found = read_emissions(file, used, known=known, task=task)
        else:
            begun = started.replace(tzinfo=UTC) if started else None
            typed = typed_in(energy_wh or 0.0, reason or "", used, started=begun, duration_s=duration_s, task=task)
            found = Imported((typed,), ())
        # Where somebody else has appended meanwhile, it may have been these.
        heads = ledger.append(*found.entries, only_after=head) if found.entries else []
        if heads or not found.entries:
            break
    imported_wh = sum(entry.content["energy_wh"] for entry in found.entries)
    if as_json:
        refused = [refusal._asdict() for refusal in found.refusals]
        show_json({"records": [str(head) for head in heads], "energy_wh": imported_wh, "refused": refused})
    else:
        for refusal in found.refusals:
            complain(f"{file}, line {refusal.line} refused: {refusal.found}")
        show_line(
            f"{counted(len(heads), 'record')} of {energy(imported_wh)} entered; {counted(len(found.refusals), 'row')} refused."
        )
    raise typer.Exit(FINDINGS if found.refusals else 0)


def _check_one_source(file: Path | None, energy_wh: float | None) -> None:
    from evaluation.exceptions import PreuveError

    if (file is None) == (energy_wh is None):
        raise PreuveError(
            expected="a file, or an energy that is typed in",
            found="both" if file else "neither",
            where="command line",
            remedy='preuve audit import emissions.csv, or preuve audit import --energy-wh 120 --reason "wall meter, 3 May"',
        )


@audit.command()
def note(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be known, in words.")],
    about: Annotated[str | None, typer.Option(metavar="CAMPAIGN|RUN|RECORD", help="What it is about.")] = None,
) -> None:
    """Put a note into the ledger: why a campaign is to be left out, say. No name and no personal data: it cannot be taken back."""
    from evaluation.exceptions import PreuveError
    from evaluation.records.entries import note_entry
    from evaluation.records.ledger import Ledger

    if not text.strip():
        raise PreuveError(expected="a note, in words", found="none", where="TEXT", remedy='for example preuve audit note "..."')
    (head,) = Ledger().append(note_entry(text.strip(), about))
    show_line(f"Record {head.number}; ledger head {head}")


def close_all_that_was_killed() -> None:
    """Close what killed campaigns left open, of every POC."""
    from evaluation.campaign import close_what_was_killed
    from evaluation.exceptions import RecordError
    from evaluation.pocs import find_pocs
    from evaluation.records.store import open_store

    for poc in find_pocs():
        # An experiment that was deleted is the check's to tell.
        with suppress(RecordError):
            close_what_was_killed(open_store(poc.task.name), complain)
