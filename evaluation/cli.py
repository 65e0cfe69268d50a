"""The command line. It imports what a command needs when that command runs."""

from __future__ import annotations

import logging
import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.cli_audit import audit
from evaluation.cli_publish import export, report
from evaluation.console import complain, explain, show, show_advice, show_json, show_line
from evaluation.exceptions import CampaignInterrupted, PreuveError
from evaluation.home import make_private
from evaluation.scaffold import Kind

if TYPE_CHECKING:
    from evaluation.assessment import Assessment
    from evaluation.campaign import Progress
    from evaluation.energy.self_test import SelfTest
    from evaluation.pocs import Poc
    from evaluation.records.store import Store
    from evaluation.run import Campaign

USER_ERROR, FAILURE, INTERRUPTED = 2, 1, 130
# Of `preuve check`.
EXIT_CODES, NOT_CHECKED = {"missed": 1, "undetermined": 2, "met": 0}, 3
# Options that there are not, values that are none: typer explains them itself, but shows only this one of their kind.
USAGE_ERROR = typer.BadParameter.__mro__[1]

app = typer.Typer(
    help="Weigh small AI models: how well they work, what energy they use, and how sure that is.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(audit, name="audit")
app.command()(report)
app.command()(report)
app.command()(export)

PocName = Annotated[str, typer.Argument(metavar="POC", help="As `preuve list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: JSON instead of a table.")]


class PersonalDataOption(StrEnum):
    """What a user declares about personal data in a file."""

    NO = "no"
    YES = "yes"


def main() -> None:
    """Run the command line; a user's error is explained without a traceback."""
    make_private()
    try:
        app()
    except PreuveError as error:
        explain(error)
        sys.exit(USER_ERROR)
    except SystemExit as end:
        # What typer makes of an interrupt that no command has caught.
        if isinstance(getattr(end.__context__, "__cause__", None), KeyboardInterrupt):
            complain("Interrupted. Nothing of it was recorded.")
        if sys.argv[1:2] == ["check"] and isinstance(end.__context__, USAGE_ERROR):
            # Of `preuve check` 2 says that a goal is undetermined.
            sys.exit(NOT_CHECKED)
        raise
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


@app.command("list")
def list_pocs(as_json: Json = False) -> None:
    """POCs, their candidates, goals and last verdict."""
    from evaluation.listing import broken_dict, broken_text, poc_dict, poc_text
    from evaluation.pocs import look_for_pocs

    pocs, broken = look_for_pocs()
    if as_json:
        show_json([*map(poc_dict, pocs), *map(broken_dict, broken)])
    else:
        show_line("\n\n".join([*map(poc_text, pocs), *map(broken_text, broken)]))


@app.command()
def run(
    poc: Annotated[str | None, typer.Argument(metavar="POC", help="As `preuve list` shows it.")] = None,
    candidate: Annotated[list[str] | None, typer.Option(help="Only this candidate; may be repeated.")] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME.]KEY=VALUE", help="Change a candidate's parameter, or without NAME a condition of all of them."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Fits of each candidate, with seeds 0, 1, ...")] = 1,
    rounds: Annotated[int | None, typer.Option(min=1, help="Measured windows of each fit. [default: 5]")] = None,
    window: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.5, max=3600, help="Length of a window. [default: 10]")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="3 rounds of 2 seconds, to try things out.")] = False,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the numeric libraries, for all candidates alike.")] = 1,
    data: Annotated[
        str | None, typer.Option(metavar="FILE|hf:NAME", help="Your own data: CSV, JSON Lines, Parquet, a text a line or a hub's.")
    ] = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="Test data; without it, 30 % are drawn.")] = None,
    text: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of the texts.")] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN|FILE", help="Column of the answers; the file of them where --data has a text a line."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of the data files, for example cp1252.")] = "utf-8",
    allow_overlap: Annotated[bool, typer.Option("--allow-overlap", help="Accept texts that are in both files.")] = False,
    licence: Annotated[str | None, typer.Option(help="Licence of your data, for its card.")] = None,
    personal_data: Annotated[PersonalDataOption | None, typer.Option(help="Whether your data holds any.")] = None,
    dpia: Annotated[str | None, typer.Option(metavar="REFERENCE", help="Impact assessment, where there is personal data.")] = None,
    expires: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day your data may be used.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another campaign holds the machine.")] = False,
    over_budget: Annotated[
        str | None, typer.Option(metavar="REASON", help="Go on beyond the POC's development budget, and record why.")
    ] = None,
    repeat: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Repeat this run, by MLflow's id of it, and say whether it comes out the same."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show where a candidate failed; its message may quote a text.")] = False,
    as_json: Json = False,
) -> None:
    """Fit the candidates of a POC, measure them in rotation, and record every watt-hour."""
    from evaluation.data.loading import DataRequest, Declaration
    from evaluation.pocs import change_params, find_poc
    from evaluation.workbench import judge_campaign, protocol_of, run_poc

    _end_like_an_interrupt()
    if debug:
        logging.basicConfig(format="%(message)s")
        logging.getLogger("evaluation").setLevel(logging.DEBUG)
    if over_budget is not None and not over_budget.strip():
        raise PreuveError(
            expected="the reason for going on beyond the budget, in words",
            found="none",
            where="--over-budget",
            remedy='for example --over-budget "last check before the committee"',
        )
    own_data: dict[str, object] = {
        "--test": test,
        "--text": text,
        "--target": target,
        "--licence": licence,
        "--personal-data": personal_data,
        "--dpia": dpia,
        "--expires": expires,
    }
    if repeat is not None:
        chosen_here = {
            "POC": poc,
            "--candidate": candidate,
            "--param": param,
            "--data": data,
            "--rounds": rounds,
            "--window": window,
        }
        _check_nothing_besides(chosen_here | own_data | {"--quick": quick or None})
        _repeat(repeat, wait=wait, over_budget=over_budget, as_json=as_json)
        return
    if poc is None:
        raise PreuveError(
            expected="a POC, or --repeat RUN", found="neither", where="command line", remedy="preuve list shows the POCs"
        )
    found = find_poc(poc)
    found, chosen = change_params(found, found.choose(candidate or []), param or [])
    declaration = Declaration(licence, personal_data.value if personal_data else None, dpia, expires.date() if expires else None)
    _check_own_data(data, own_data)
    request = DataRequest(data, test, text, target or (), encoding, allow_overlap, declaration)
    _check_length(window)
    protocol = protocol_of(seeds=seeds, rounds=rounds, window_s=window, threads=threads, quick=quick)
    with _closing_what_is_interrupted(), _progress() as progress:
        campaign = run_poc(
            found, chosen, protocol, data=request, progress=progress, tell=complain, over_budget=over_budget, wait=wait
        )
    assessment = judge_campaign(found, campaign)
    _show(assessment, as_json=as_json)
    statuses = {result.status for result in assessment.comparison.results}
    if "failed" in statuses or "finished" not in statuses:
        raise typer.Exit(FAILURE)


@contextmanager
def _closing_what_is_interrupted() -> Iterator[None]:
    try:
        yield
    except CampaignInterrupted:
        complain(CampaignInterrupted.explained)
        raise typer.Exit(INTERRUPTED) from None


def _repeat(run_id: str, *, over_budget: str | None, wait: bool, as_json: bool) -> None:
    from evaluation.audit.repetition import entry_of, judge_repetition, plan_repetition
    from evaluation.records.ledger import Ledger
    from evaluation.terminal import repetition_lines
    from evaluation.workbench import run_candidates

    ledger = Ledger()
    plan = plan_repetition(ledger, run_id)
    with _closing_what_is_interrupted(), _progress() as progress:
        campaign = run_candidates(
            plan.poc,
            [plan.candidate],
            plan.split,
            plan.data,
            plan.protocol,
            progress=progress,
            tell=complain,
            over_budget=over_budget,
            wait=wait,
            seeds=[plan.run.seed],
        )
    found = judge_repetition(plan, campaign)
    entry = entry_of(plan, campaign, found, ledger)
    (head,) = ledger.append(entry)
    if as_json:
        show_json({**entry.content, "changes": found.changes, "scores": found.scores, "ledger_head": str(head)})
    else:
        show_line(f"{plan.run.name} of campaign {plan.campaign.id}, repeated as campaign {campaign.id}:")
        for line in repetition_lines(found, head):
            show_line(line)
    if not found.identical or found.within == "outside":
        raise typer.Exit(FAILURE)


def _check_nothing_besides(options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise PreuveError(
            expected="--repeat RUN alone: data, candidate, seed and protocol are those of the run",
            found=", ".join(given),
            where="command line",
            remedy="drop these, or leave out --repeat",
        )


@app.command("compare")
def compare_candidates(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="POC|CAMPAIGN...",
            help="A POC's latest finished campaign, or the one of this id; further campaigns' candidates are put beside its own.",
        ),
    ],
    factor: Annotated[
        str | None, typer.Option(metavar="ID", help="Emission factor of the electricity. [default: ademe-2025]")
    ] = None,
    as_json: Json = False,
) -> None:
    """The candidates side by side with intervals, the verdict on each, and what spoils it."""
    from evaluation.finding import find_campaign
    from evaluation.workbench import judge_campaign

    poc, campaign = find_campaign(what[0], tell=complain)
    others = [find_campaign(other, poc, tell=complain)[1] for other in what[1:]]
    _show(judge_campaign(poc, campaign, others, factor), as_json=as_json)


@app.command()
def check(
    what: Annotated[str, typer.Argument(metavar="POC|CAMPAIGN", help="A POC's latest finished campaign, or the one of this id.")],
    candidate: Annotated[str | None, typer.Option(help="Whose goals are checked. [default: the leading one]")] = None,
    as_json: Json = False,
) -> None:
    """A gate for scripts: exit code 0 when all goals are met, 1 when one is missed, 2 when one is undetermined, 3 for an error."""
    from evaluation.finding import find_campaign
    from evaluation.workbench import judge_campaign

    try:
        poc, campaign = find_campaign(what, tell=complain)
        found = judge_campaign(poc, campaign)
        name = _checked_candidate(found, candidate)
    except PreuveError as error:
        # 2 says that a goal is undetermined.
        explain(error)
        raise typer.Exit(NOT_CHECKED) from None
    verdict = found.verdicts.of[name] if name else None
    outcomes = {judged.outcome for judged in verdict.goals} if verdict else {"undetermined"}
    if as_json:
        from evaluation.comparison_json import check_dict

        show_json(check_dict(found, name))
    else:
        from evaluation.comparison_page import check_page

        for part in check_page(found, name):
            show(part)
    worst = next((outcome for outcome in EXIT_CODES if outcome in outcomes), "met")
    if not as_json:
        show(f"Exit code {EXIT_CODES[worst]}: {'every goal is met' if worst == 'met' else f'a goal is {worst}'}.")
    raise typer.Exit(EXIT_CODES[worst])


def _checked_candidate(found: Assessment, candidate: str | None) -> str | None:
    """The candidate that is asked for, or the leading one; none where only a baseline was measured."""
    from evaluation.pocs import not_found

    campaign, results = found.comparison.campaign, found.comparison.results
    if candidate is None:
        return found.verdicts.leading
    if candidate not in [result.name for result in results]:
        raise not_found("candidate", candidate, [result.name for result in results], f"campaign {campaign.id}")
    result = found.comparison.result(candidate)
    if candidate not in found.verdicts.of:
        raise PreuveError(
            expected="a candidate that was measured",
            found=f"{candidate} is {result.status}: {result.reason}",
            where=f"campaign {campaign.id}",
            remedy=str(result.remedy or f"preuve run {campaign.task} --candidate {candidate}"),
        )
    return candidate


@app.command()
def errors(
    poc: PocName,
    candidate: Annotated[str, typer.Option(help="The candidate whose mistakes are shown.")],
    campaign: Annotated[str | None, typer.Option(metavar="ID", help="[default: the latest finished one]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the fit.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    as_json: Json = False,
) -> None:
    """What a candidate got wrong, the most confident mistakes or the worst texts first.

    Texts are read from the data file, which alone has them; answers that are texts are given again by the stored model.
    """
    from dataclasses import asdict

    from evaluation.campaign import close_what_was_killed
    from evaluation.mistakes import find_mistakes
    from evaluation.pocs import find_poc
    from evaluation.records.store import open_store
    from evaluation.terminal import mistake_table

    found = find_poc(poc)
    store = open_store(found.task.name)
    close_what_was_killed(store, complain)
    chosen = store.read_campaign(campaign) if campaign else store.latest_campaign(candidate)
    if chosen.answers_are_texts:
        _weak_answers(found, chosen, store, candidate, seed, limit, as_json=as_json)
        return
    mistakes, answers = find_mistakes(chosen, candidate, seed)
    if as_json:
        show_json({"campaign": chosen.id, "answers": answers, "mistakes": [asdict(mistake) for mistake in mistakes[:limit]]})
        return
    title = f"{candidate}: {len(mistakes)} of {answers} answers are wrong (campaign {chosen.id})"
    show(mistake_table(mistakes[:limit], title))
    if len(mistakes) > limit:
        show(f"{len(mistakes) - limit} more: --limit {len(mistakes)}")


def _weak_answers(poc: Poc, campaign: Campaign, store: Store, candidate: str, seed: int, limit: int, *, as_json: bool) -> None:
    from dataclasses import asdict

    from evaluation.terminal import weak_answer_table
    from evaluation.weak_answers import find_weak_answers

    weak, metric, answers = find_weak_answers(campaign, poc.task, candidate, seed, store, limit)
    if as_json:
        show_json({"campaign": campaign.id, "answers": answers, "metric": metric.name, "worst": [asdict(each) for each in weak]})
        return
    title = f"{candidate}: the {len(weak)} worst of {answers} answers by {metric.name} (campaign {campaign.id})"
    show(weak_answer_table(weak, metric.name, title))


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Lower case, with hyphens: bench-reports.")],
    kind: Annotated[Kind, typer.Option(help="What is asked of it.")] = Kind.CLASSIFICATION,
) -> None:
    """A new POC: a folder that runs at once, on ten invented samples, for you to put your own in."""
    from evaluation.scaffold import make_poc

    folder = make_poc(name, kind)
    name = folder.name.replace("_", "-")
    show_line(f"{folder} is a POC of its own now. To go on from there:")
    show_line(f"  preuve run {name} --quick       runs it on ten invented samples")
    show_line(f"  {folder}/samples.csv            put your own in, and their SHA-256 into card.toml")
    show_line(f"  {folder}/candidates.py          a way without AI and a small model; add yours to CANDIDATES in __init__.py")
    show_line(f"  {folder}/goals.toml, README.md  what the city wants of it, and its card, in both languages")


@app.command()
def doctor(
    self_test: Annotated[bool, typer.Option(help="Measure the idle and the busy machine.")] = True,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="For the self-test; a wall meter needs longer ones.")] = 10,
    calibrate: Annotated[
        Path | None, typer.Option(metavar="METER.CSV", help="What a wall meter recorded during the last self-test.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What this machine can measure, how well, and how to make it better."""
    from dataclasses import asdict

    from evaluation.doctor import Finding, class_meanings, examine, self_test_findings
    from evaluation.energy.machine import read_machine
    from evaluation.terminal import finding_table, self_test_table

    if calibrate:
        _calibrate(calibrate)
    _end_like_an_interrupt()
    findings = examine()
    taken, tested = None, []
    if self_test and not calibrate:
        try:
            taken = _take_self_test(seconds)
            tested = list(self_test_findings(taken, read_machine()))
        except PreuveError as error:
            tested = [Finding("Self-test", f"not taken: {error.found} ({error.where})", error.remedy)]
    if as_json:
        findings_json = [asdict(finding) for finding in findings + tested]
        show_json({"findings": findings_json, "self_test": taken.model_dump(mode="json") if taken else None})
        return
    measured = [finding for finding in findings if finding.subject.endswith("energy")]
    show(finding_table(measured, "What this machine can measure", classes=True))
    for line in class_meanings(measured):
        show(f"Class {line}.")
    show_advice(measured)
    others = [finding for finding in findings if finding not in measured]
    show(finding_table(others, "This machine"))
    show_advice(others)
    if taken:
        show(self_test_table(taken))
    if tested:
        show(finding_table(tested, "What the self-test says"))
        show_advice(tested)


def _take_self_test(seconds: float) -> SelfTest:
    """A self-test, kept for a calibration."""
    from evaluation.energy.lock import energy_lock
    from evaluation.energy.machine import read_machine
    from evaluation.energy.meter import Meter
    from evaluation.energy.self_test import save_self_test, take_self_test
    from evaluation.home import carbon_folder
    from evaluation.records.ledger import Ledger
    from evaluation.records.recorder import record_self_test, self_test_journal

    with energy_lock("the self-test of preuve doctor"):
        machine, ledger = read_machine(), Ledger()
        with self_test_journal(machine) as journal:
            meter = Meter(machine, journal, on_reading=lambda log: record_self_test(ledger, machine, log))
            taken = take_self_test(meter, seconds, lambda phase: complain(f"self-test: {phase}"))
    save_self_test(taken, carbon_folder())
    return taken


def _calibrate(meter_file: Path) -> None:
    from evaluation.energy.calibration import VALID_DAYS, fit_calibration, save_calibration
    from evaluation.energy.machine import machine_id, read_machine
    from evaluation.energy.self_test import load_self_test
    from evaluation.energy.wall_meter import read_meter
    from evaluation.home import carbon_folder

    curve = read_meter(meter_file)
    if curve.local_time:
        complain(f"The times in {meter_file} do not say their zone; they are taken for this machine's local time.")
    taken = load_self_test(carbon_folder(), machine_id())
    made = taken.taken.astimezone().date()
    calibration = fit_calibration(taken.phases, curve, machine_id=machine_id(), basis=taken.basis, made=made)
    path = save_calibration(calibration, carbon_folder())
    machine = read_machine()
    if machine.calibration:
        last_day = made + timedelta(days=VALID_DAYS)
        complain(f"Calibrated: factor {calibration.factor:.3g} (kept in {path}). Readings are class A until {last_day}.")
    for flag in machine.flags:
        complain(f"{flag[:1].upper()}{flag[1:]}.")


@app.command()
def ui(
    poc: Annotated[str | None, typer.Argument(metavar="POC", help="Whose experiment to open. [default: the first]")] = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5000,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """MLflow on the recorded runs, on this machine's loopback address only."""
    from evaluation.pocs import find_poc, find_pocs, first_poc
    from evaluation.ui import serve

    _end_like_an_interrupt()
    task = find_poc(poc).task if poc else first_poc(find_pocs()).task
    raise typer.Exit(serve(task.name, port, browser=browser, tell=show))


@app.command()
def lab(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8888,
    notebooks: Annotated[Path | None, typer.Option(metavar="DIR", help="[default: the project's own]", show_default=False)] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """JupyterLab on the notebooks, with MLflow in its launcher, on this machine's loopback address only."""
    from evaluation.lab import NOTEBOOKS, serve

    _end_like_an_interrupt()
    raise typer.Exit(serve(port, notebooks or NOTEBOOKS, browser=browser, tell=show_line))


def _end_like_an_interrupt() -> None:
    """What ends this process from outside is tidied up after like Ctrl-C; what `nohup` has it ignore stays ignored."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def _check_own_data(data: str | None, options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if data is None and given:
        raise PreuveError(
            expected="--data with the options that describe it",
            found=f"{', '.join(given)} without --data",
            where="command line",
            remedy="add --data FILE, or drop these options to use the POC's own samples",
        )


def _check_length(window_s: float | None) -> None:
    if window_s is not None and math.isnan(window_s):
        raise PreuveError(expected="a length in seconds", found="nan", where="--window", remedy="for example --window 10")


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal, a line a step elsewhere. It is drawn between windows only, so that drawing is not measured."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda step, done, total: console.print(f"[{done}/{total}] {step}", highlight=False, markup=False)
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=console, auto_refresh=False, transient=True) as bar:
        task = bar.add_task("start", total=None)

        def show(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total, refresh=True)

        yield show


def _show(found: Assessment, *, as_json: bool) -> None:
    if as_json:
        from evaluation.comparison_json import comparison_dict

        show_json(comparison_dict(found))
        return
    from evaluation.comparison_page import comparison_page

    for part in comparison_page(found):
        show(part)
