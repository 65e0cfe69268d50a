"""What a reader must know beside the figures of a comparison: who is missing, how the energy is known, what disturbed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from statistics import fmean

from evaluation.energy.evidence import MEANING
from evaluation.energy.reading import SHORTEST_WINDOW_S
from evaluation.goals import Deployment
from evaluation.judgement.comparability import conditions_text, protocol_text
from evaluation.judgement.comparison import HOSTED, CandidateResult, Comparison
from evaluation.judgement.deployment import Service
from evaluation.judgement.scenario import Scenario
from evaluation.messages import sentence
from evaluation.numbers import UNKNOWN, share, significant
from evaluation.run import Campaign

# CodeCarbon warns of samples that are three intervals apart: a counter may have wrapped unseen.
LONGEST_GAP_S = 3.0
# Beyond this share a constant decides what all energies are.
MOSTLY = 0.5
# A meter's own work, and what libraries do beside their threads, keep a core less busy than this.
CORES_BESIDE_THREADS = 0.25


def comparison_notes(comparison: Comparison) -> list[str]:
    """What a reader must know to read the table: who is missing and why, how the energy is known, what was noticed."""
    campaign = comparison.campaign
    notes = [_absence(result) for result in comparison.results if not result.energy_wh]
    notes.extend(f"{result.name}: {result.reason}" for result in comparison.results if result.energy_wh and result.reason)
    measured = any(result.energy_wh for result in comparison.results)
    notes.append(_protocol_note(campaign, intervals=measured))
    notes.extend(_answer_notes(comparison))
    notes.extend(_seed_notes(comparison))
    notes.extend(_decisive_notes(comparison))
    if measured:
        swapped = [(each.one, each.other) for each in comparison.differences if each.ranked_otherwise]
        notes.extend(_evidence_notes(comparison, ratios_hold=not swapped))
        if comparison.not_distinguishable:
            notes.append(f"Energy not distinguishable from the baseline's: {', '.join(comparison.not_distinguishable)}.")
        notes.extend(_second_estimate_note(comparison, swapped))
        notes.extend(_fit_notes(comparison))
        notes.extend(_disturbance_notes(campaign))
    if campaign.status == "interrupted":
        shown = " Only what was measured completely is shown." if measured else ""
        notes.append(f"Interrupted{f': {campaign.reason}' if campaign.reason else ''}.{shown}")
    if campaign.over_budget:
        notes.append(f"Beyond the POC's development budget; the reason given: {campaign.over_budget}")
    notes.extend(sentence(flag) for flag in campaign.machine.flags)
    notes.extend(campaign.data.notices)
    if campaign.ledger_head:
        # Where this page goes, the head goes: the ledger's owner cannot change it there any more.
        notes.append(f"Carbon ledger, head after this campaign: {campaign.ledger_head}")
    return notes


def _seed_notes(comparison: Comparison) -> Iterator[str]:
    """The seeds apart: their mean alone would hide how much is luck."""
    name = comparison.metric.name
    several = [result for result in comparison.measured if len(result.seed_scores.get(name, ())) > 1]
    if several:
        apart = "; ".join(f"{each.name} {', '.join(map(_seed_score, each.seed_scores[name]))}" for each in several)
        yield f"{name} of each seed: {apart}."


def _seed_score(value: float) -> str:
    return f"{value:.3f}" if isfinite(value) else UNKNOWN


def _decisive_notes(comparison: Comparison) -> Iterator[str]:
    """How differences were tested, and what keeps campaigns from being compared."""
    tested = sum((each.quality is not None) + (each.ratio is not None) for each in comparison.differences)
    if tested:
        test = {"McNemar": "McNemar's exact test", "permutation": "a paired permutation test"}.get(comparison.quality.test)
        tests = " and ".join(each for each in (test and f"scores by {test}", "energies by a t test of log-ratios") if each)
        yield (
            f"A difference is decisive when its p value is below 0.05 after Holm's correction for all {tested} comparisons: "
            f"{tests}. On the front: no candidate is decisively better and uses decisively less."
        )
    apart = {each.no_ratio for each in comparison.differences if each.no_ratio and each.no_ratio != HOSTED}
    yield from (f"Energies not compared ({why})." for why in sorted(apart))
    for campaign, unlike in comparison.unlike.items():
        if unlike.quality:
            yield f"Campaign {campaign} is shown, but not compared: {'; '.join(map(str, unlike.quality))}."
    if any(each.no_ratio == HOSTED for each in comparison.differences):
        yield sentence(HOSTED)


def _protocol_note(campaign: Campaign, *, intervals: bool) -> str:
    data = campaign.data
    classes = f", {data.classes} classes" if data.classes else ""
    asked = f" Asked of all alike: {conditions_text(campaign)}." if campaign.conditions else ""
    return (
        f"{data.test_samples} test samples, {data.train_samples} to learn from{classes}.{asked} "
        f"{protocol_text(campaign.protocol)}.{f' {_intervals(campaign)}' if intervals else ''}"
    )


def _answer_notes(comparison: Comparison) -> Iterator[str]:
    """What is odd about answers that are texts, and how much of the inputs was never read."""
    for result in comparison.measured:
        answers = len(result.shares_read)
        if result.odd_answers:
            flags = ", ".join(f"{flag} ({number} of {answers})" for flag, number in result.odd_answers.items())
            yield f"Odd answers of {result.name}, scored as they are: {flags}."
        cut = result.shares_cut
        if cut:
            yield (
                f"{result.name} cannot read long inputs whole: of {len(cut)} of {answers} it read the beginning only, "
                f"{share(fmean(cut))} of them on average, {share(min(cut))} of the longest. What stands behind it does not know."
            )


def _intervals(campaign: Campaign) -> str:
    scores = "over the test samples for scores" if campaign.answers_are_texts else "over the test samples of each class for scores"
    if campaign.protocol.rounds < 2:
        return f"The second lines are 95 % intervals for these fits, {scores}; one round gives no interval for energy."
    return f"The second lines are 95 % intervals for these fits: {scores}, over the rounds for energy."


def _absence(result: CandidateResult) -> str:
    line = f"{result.name}: {result.status}. {result.reason}"
    if result.status == "unavailable":
        return f"{line}. To make it available: {result.remedy}"
    return f"{line}. To do: {result.remedy}" if result.remedy else line


def _evidence_notes(comparison: Comparison, *, ratios_hold: bool) -> Iterator[str]:
    first = comparison.campaign.measured_windows[0]
    parts = "; ".join(f"{part.name.upper()}: {part.backend}, class {part.evidence}" for part in first.components)
    shares = [result.mix["ram"] for result in comparison.results if "ram" in result.mix]
    ram = next((part for part in first.components if part.name == "ram"), None)
    constant = f" {_span(shares)} of this is {ram.backend} for the memory." if ram and shares else ""
    if ram and ram.evidence == "C" and shares and min(shares) > MOSTLY:
        constant += " So these energies are above all the times that the candidates took."
    yield f"How the energy is known. {parts}.{constant}"
    results = [result for result in comparison.results if result.evidence and result.true_wh and result.energy_wh]
    worst = max(results, key=lambda result: result.evidence or "", default=None)
    if worst and worst.true_wh and worst.energy_wh and worst.evidence:
        low, high = (bound / worst.energy_wh.value for bound in worst.true_wh)
        # Only what is known in one way is off by one factor: a GPU's counter and a CPU's are not.
        alike = worst.evidence != "A" and ratios_hold and not any("gpu" in result.mix for result in results)
        held = " The error is nearly the same for all of them, so on this machine the ratios tell them apart." if alike else ""
        yield (
            f"Class {worst.evidence}, {MEANING[worst.evidence]}: the true watt-hours are expected between {significant(low, 2)} "
            f"and {significant(high, 2)} times these figures.{held}"
        )


def _span(shares: Sequence[float]) -> str:
    low, high = share(min(shares)), share(max(shares))
    return low if low == high else f"{low} to {high}"


def _second_estimate_note(comparison: Comparison, swapped: Sequence[tuple[str, str]]) -> Iterator[str]:
    campaign = comparison.campaign
    if not campaign.machine.models_cpu_energy or sum(result.energy_wh is not None for result in comparison.results) < 2:
        return
    core_w = campaign.machine.declared.watts_per_busy_core.value
    second = f"a second estimate (CPU seconds at {core_w:g} W a busy core)"
    if swapped:
        pairs = ", ".join(f"{one} and {other}" for one, other in swapped)
        yield f"By {second} these rank the other way round: {pairs}. Their order is undetermined."
    else:
        yield f"By {second} the candidates rank the same, as far as they can be told apart."


def _fit_notes(comparison: Comparison) -> Iterator[str]:
    """Fits without a figure: too short, or not to be believed."""
    short = [result.name for result in comparison.results if result.fit_energy_wh is None and result.fit_duration_s is not None]
    if short:
        yield f"Fits of less than {SHORTEST_WINDOW_S:g} s are too short for their energy to be measured."
    runs = [run for run in comparison.campaign.runs if run.status == "finished"]
    unread = {run.name: each.reason for run in runs for each in run.readings if (each.kind, each.outcome) == ("fit", "unreadable")}
    for name, reason in unread.items():
        yield f"{name}: the energy of its fit could not be read ({reason})."


def service_notes(comparison: Comparison, scenario: Scenario) -> Iterator[str]:
    """Why a year in service costs what it costs, and how the figures of one input came about."""
    idle = comparison.campaign.idle
    if idle:
        yield (
            f"Above idle: what the machine took in one idle window of {idle.duration_s:.0f} s is taken off, as if it were known "
            "exactly."
        )
    measured = [result for result in comparison.results if result.per_sample]
    for result in measured:
        if result.peak_memory_unknown:
            bound = " Its share of a server is at least what is shown." if scenario.deployment else ""
            yield f"{result.name}: its peak memory is not known: {result.peak_memory_unknown}.{bound}"
    if scenario.deployment:
        yield from _year_notes(scenario.deployment, {result.name: scenario.service(result) for result in measured})
    else:
        yield (
            f"Carbon: the gross energy times {scenario.factor.g_per_kwh:g} g/kWh ({scenario.factor.id}). Nothing is said of a year "
            "in service: goals.toml has no [deployment]."
        )


def _year_notes(deployment: Deployment, services: Mapping[str, Service]) -> Iterator[str]:
    known = {name: service for name, service in services.items() if service.memory_share is not None}
    by_memory = [name for name, service in known.items() if (service.memory_share or 0.0) >= service.cpu_share]
    of_whom = "all of them" if len(by_memory) == len(services) else ", ".join(by_memory)
    decides = f"; memory decides for {of_whom}" if by_memory else "; time decides" if known else ""
    yield (
        "In service each candidate is charged its share of a server that stands ready all year (goals.toml, [deployment]): its "
        f"part of the memory, libraries included, or of the CPU's time, whichever is larger{decides}. What the requests add to "
        "that is in brackets."
    )
    yield (
        f"That server idles at {deployment.server_idle_w:g} W and has {deployment.server_memory_gib:g} GiB. "
        f"{sentence(deployment.source)} The second lines of the carbon go from the lowest to the highest factor, PUE and making."
    )


def _busier_than_allowed(campaign: Campaign) -> Iterator[str]:
    """Candidates that kept more cores busy than the campaign's threads: what a library does with processes of its own, say."""
    threads = campaign.protocol.threads
    cores: dict[str, float] = {}
    for run in campaign.runs:
        for reading in run.readings_of("inference"):
            cores[run.candidate] = max(cores.get(run.candidate, 0.0), reading.cpu_seconds / reading.duration_s)
    for name, most in cores.items():
        if most > threads + CORES_BESIDE_THREADS:
            yield (
                f"{name} kept {most:.1f} cores busy, and not {threads}: the candidates did not load the machine alike, and the "
                "model of the CPU's energy takes the load to its third power."
            )


def _disturbance_notes(campaign: Campaign) -> Iterator[str]:
    """What the numbered check of foreign load (P010) does not say."""
    readings = [*campaign.readings, *(reading for run in campaign.runs for reading in run.readings)]
    yield from _busier_than_allowed(campaign)
    gap_s = max((reading.longest_gap_s for reading in readings), default=0.0)
    if gap_s > LONGEST_GAP_S:
        yield f"Between two power samples up to {gap_s:.0f} s passed: a counter may have started anew unseen."
