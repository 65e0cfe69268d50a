"""What a reader must know beside the figures of a comparison: who is missing, how the energy is known, what disturbed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from evaluation.energy.evidence import MEANING, ComponentName
from evaluation.energy.reading import SHORTEST_WINDOW_S, Component
from evaluation.goals import Deployment
from evaluation.judgement.comparability import conditions_text, protocol_text
from evaluation.judgement.comparison import HOSTED, STATUS, CandidateResult, Comparison
from evaluation.judgement.deployment import Service
from evaluation.judgement.scenario import Scenario
from evaluation.messages import (
    Decimals,
    Figure,
    Message,
    Recorded,
    Rounded,
    Sentence,
    Setting,
    Share,
    following,
    full_sentence,
    in_english,
    joined,
    listed,
    recorded,
    say,
    words,
)
from evaluation.run import Campaign

# CodeCarbon warns of samples that are three intervals apart: a counter may have wrapped unseen.
LONGEST_GAP_S = 3.0
# Beyond this share a constant decides what all energies are.
MOSTLY = 0.5
# A meter's own work, and what libraries do beside their threads, keep a core less busy than this.
CORES_BESIDE_THREADS = 0.25
TESTS = {"McNemar": say("scores by McNemar's exact test"), "permutation": say("scores by a paired permutation test")}
COMPONENTS: Mapping[ComponentName, Message] = {"cpu": say("CPU"), "gpu": say("GPU"), "ram": say("RAM")}


def comparison_notes(comparison: Comparison) -> list[Message]:
    """What a reader must know to read the table: who is missing and why, how the energy is known, what was noticed."""
    campaign = comparison.campaign
    notes = [_absence(result) for result in comparison.results if not result.energy_wh]
    partly = [(result.name, result.reason) for result in comparison.results if result.energy_wh and result.reason]
    notes.extend(say("{candidate}: {reason}", candidate=name, reason=reason) for name, reason in partly)
    measured = any(result.energy_wh for result in comparison.results)
    notes.append(_protocol_note(campaign, intervals=measured))
    notes.extend(_answer_notes(comparison))
    notes.extend(_seed_notes(comparison))
    notes.extend(_decisive_notes(comparison))
    if measured:
        swapped = [(each.one, each.other) for each in comparison.differences if each.ranked_otherwise]
        notes.extend(_evidence_notes(comparison, ratios_hold=not swapped))
        if comparison.not_distinguishable:
            names = ", ".join(comparison.not_distinguishable)
            notes.append(say("Energy not distinguishable from the baseline's: {names}.", names=names))
        notes.extend(_second_estimate_note(comparison, swapped))
        notes.extend(_fit_notes(comparison))
        notes.extend(_disturbance_notes(campaign))
    notes.extend(_ending_notes(campaign, measured=measured))
    notes.extend(full_sentence(Recorded(flag)) for flag in campaign.machine.flags)
    notes.extend(recorded(notice) for notice in campaign.data.notices)
    if campaign.ledger_head:
        # Where this page goes, the head goes: the ledger's owner cannot change it there any more.
        notes.append(say("Carbon ledger, head after this campaign: {head}", head=campaign.ledger_head))
    return notes


def _ending_notes(campaign: Campaign, *, measured: bool) -> Iterator[Message]:
    """How it ended, where that was not as planned."""
    if campaign.status == "interrupted":
        why = say("Interrupted: {reason}.", reason=Recorded(campaign.reason)) if campaign.reason else say("Interrupted.")
        yield following(why, say("Only what was measured completely is shown.") if measured else None)
    if campaign.over_budget:
        yield say("Beyond the POC's development budget; the reason given: {reason}", reason=campaign.over_budget)


def _seed_notes(comparison: Comparison) -> Iterator[Message]:
    """The seeds apart: their mean alone would hide how much is luck."""
    name = comparison.metric.name
    several = [result for result in comparison.measured if len(result.seed_scores.get(name, ())) > 1]
    apart = joined(*(_seed_scores(result, name) for result in several))
    if apart:
        yield say("{metric} of each seed: {scores}.", metric=name, scores=apart)


def _seed_scores(result: CandidateResult, metric: str) -> Message:
    first, *others = (say("{score}", score=Decimals(score, 3)) for score in result.seed_scores[metric])
    return say("{candidate} {scores}", candidate=result.name, scores=listed(first, *others))


def _decisive_notes(comparison: Comparison) -> Iterator[Message]:
    """How differences were tested, and what keeps campaigns from being compared."""
    tested = sum((each.quality is not None) + (each.ratio is not None) for each in comparison.differences)
    if tested:
        of_scores, of_energies = TESTS.get(comparison.quality.test), say("energies by a t test of log-ratios")
        yield say(
            "A difference is decisive when its p value is below 0.05 after Holm's correction for all {tested} comparisons: "
            "{tests}. On the front: no candidate is decisively better and uses decisively less.",
            tested=tested,
            tests=say("{one} and {other}", one=of_scores, other=of_energies) if of_scores else of_energies,
        )
    apart = {str(each.no_ratio): each.no_ratio for each in comparison.differences if each.no_ratio and each.no_ratio != HOSTED}
    yield from (say("Energies not compared ({why}).", why=apart[why]) for why in sorted(apart))
    for campaign, unlike in comparison.unlike.items():
        why = joined(*(each.message for each in unlike.quality))
        if why:
            yield say("Campaign {campaign} is shown, but not compared: {why}.", campaign=campaign, why=why)
    if any(each.no_ratio == HOSTED for each in comparison.differences):
        yield full_sentence(HOSTED)


def _protocol_note(campaign: Campaign, *, intervals: bool) -> Message:
    data = campaign.data
    on = {"tested": data.test_samples, "learnt": data.train_samples}
    samples = (
        say("{tested} test samples, {learnt} to learn from, {classes} classes.", **on, classes=data.classes)
        if data.classes
        else say("{tested} test samples, {learnt} to learn from.", **on)
    )
    asked = say("Asked of all alike: {conditions}.", conditions=conditions_text(campaign)) if campaign.conditions else None
    how = say("{protocol}.", protocol=protocol_text(campaign.protocol))
    return following(samples, asked, how, _intervals(campaign) if intervals else None)


def _answer_notes(comparison: Comparison) -> Iterator[Message]:
    """What is odd about answers that are texts, and how much of the inputs was never read."""
    for result in comparison.measured:
        answers = len(result.shares_read)
        if result.odd_answers:
            first, *others = (
                say("{flag} ({number} of {answers})", flag=Recorded(flag), number=number, answers=answers)
                for flag, number in result.odd_answers.items()
            )
            flags = listed(first, *others)
            yield say("Odd answers of {candidate}, scored as they are: {flags}.", candidate=result.name, flags=flags)
        cut = result.shares_cut
        if cut:
            yield say(
                "{candidate} cannot read long inputs whole: of {cut} of {answers} it read the beginning only, {mean} of them on "
                "average, {least} of the longest. What stands behind it does not know.",
                candidate=result.name,
                cut=len(cut),
                answers=answers,
                mean=Share(fmean(cut)),
                least=Share(min(cut)),
            )


def _intervals(campaign: Campaign) -> Message:
    scores = (
        say("over the test samples for scores")
        if campaign.answers_are_texts
        else say("over the test samples of each class for scores")
    )
    if campaign.protocol.rounds < 2:
        template = words("The second lines are 95 % intervals for these fits, {scores}; one round gives no interval for energy.")
        return say(template, scores=scores)
    template = words("The second lines are 95 % intervals for these fits: {scores}, over the rounds for energy.")
    return say(template, scores=scores)


def _absence(result: CandidateResult) -> Message:
    ended: dict[str, Figure] = {"candidate": result.name, "status": STATUS[result.status]}
    if result.reason is None:
        return say("{candidate}: {status}", **ended)
    if result.remedy:
        template = (
            words("{candidate}: {status}. {reason} To make it available: {remedy}")
            if result.status == "unavailable"
            else words("{candidate}: {status}. {reason} To do: {remedy}")
        )
        return say(template, **ended, reason=full_sentence(result.reason), remedy=result.remedy)
    return say("{candidate}: {status}. {reason}", **ended, reason=full_sentence(result.reason))


def _evidence_notes(comparison: Comparison, *, ratios_hold: bool) -> Iterator[Message]:
    first = comparison.campaign.measured_windows[0]
    parts = joined(*(_known_by(part) for part in first.components))
    known = say("How the energy is known. {parts}.", parts=parts or "")
    yield following(known, *_constant(comparison, next((part for part in first.components if part.name == "ram"), None)))
    results = [result for result in comparison.results if result.evidence and result.true_wh and result.energy_wh]
    worst = max(results, key=lambda result: result.evidence or "", default=None)
    if worst and worst.true_wh and worst.energy_wh and worst.evidence:
        low, high = (bound / worst.energy_wh.value for bound in worst.true_wh)
        # Only what is known in one way is off by one factor: a GPU's counter and a CPU's are not.
        alike = worst.evidence != "A" and ratios_hold and not any("gpu" in result.mix for result in results)
        yield following(
            say(
                "Class {evidence}, {meaning}: the true watt-hours are expected between {low} and {high} times these figures.",
                evidence=worst.evidence,
                meaning=say(MEANING[worst.evidence]),
                low=Rounded(low, 2),
                high=Rounded(high, 2),
            ),
            say("The error is nearly the same for all of them, so on this machine the ratios tell them apart.") if alike else None,
        )


def _known_by(part: Component) -> Message:
    name, backend = COMPONENTS[part.name], Recorded(part.backend)
    return say("{component}: {backend}, class {evidence}", component=name, backend=backend, evidence=part.evidence)


def _constant(comparison: Comparison, ram: Component | None) -> Iterator[Message]:
    """How much of all energies the memory's constant is."""
    shares = [result.mix["ram"] for result in comparison.results if "ram" in result.mix]
    if ram is None or not shares:
        return
    yield say("{share} of this is {backend} for the memory.", share=_span(shares), backend=Recorded(ram.backend))
    if ram.evidence == "C" and min(shares) > MOSTLY:
        yield say("So these energies are above all the times that the candidates took.")


def _span(shares: Sequence[float]) -> Share | Message:
    low, high = Share(min(shares)), Share(max(shares))
    return low if in_english(low) == in_english(high) else say("{low} to {high}", low=low, high=high)


def _second_estimate_note(comparison: Comparison, swapped: Sequence[tuple[str, str]]) -> Iterator[Message]:
    campaign = comparison.campaign
    if not campaign.machine.models_cpu_energy or sum(result.energy_wh is not None for result in comparison.results) < 2:
        return
    watts = Setting(campaign.machine.declared.watts_per_busy_core.value)
    second = say("a second estimate (CPU seconds at {watts} W a busy core)", watts=watts)
    if swapped:
        first, *others = (say("{one} and {other}", one=one, other=other) for one, other in swapped)
        template = words("By {estimate} these rank the other way round: {pairs}. Their order is undetermined.")
        yield say(template, estimate=second, pairs=listed(first, *others))
    else:
        yield say("By {estimate} the candidates rank the same, as far as they can be told apart.", estimate=second)


def _fit_notes(comparison: Comparison) -> Iterator[Message]:
    """Fits without a figure: too short, or not to be believed."""
    short = [result.name for result in comparison.results if result.fit_energy_wh is None and result.fit_duration_s is not None]
    if short:
        shortest = Setting(SHORTEST_WINDOW_S)
        yield say("Fits of less than {seconds} s are too short for their energy to be measured.", seconds=shortest)
    runs = [run for run in comparison.campaign.runs if run.status == "finished"]
    unread = {
        (run.candidate, run.seed): each.reason
        for run in runs
        for each in run.readings
        if (each.kind, each.outcome) == ("fit", "unreadable")
    }
    for (name, seed), reason in unread.items():
        run = say("{candidate} seed {seed}", candidate=name, seed=seed)
        yield say("{run}: the energy of its fit could not be read ({reason}).", run=run, reason=Recorded(reason or ""))


def service_notes(comparison: Comparison, scenario: Scenario) -> Iterator[Message]:
    """Why a year in service costs what it costs, and how the figures of one input came about."""
    idle = comparison.campaign.idle
    if idle:
        yield say(
            "Above idle: what the machine took in one idle window of {seconds} s is taken off, as if it were known exactly.",
            seconds=round(idle.duration_s),
        )
    measured = [result for result in comparison.results if result.per_sample]
    for result in measured:
        if result.peak_memory_unknown:
            template = words("{candidate}: its peak memory is not known: {reason}.")
            unknown = say(template, candidate=result.name, reason=Recorded(result.peak_memory_unknown))
            bound = say("Its share of a server is at least what is shown.") if scenario.deployment else None
            yield following(unknown, bound)
    if scenario.deployment:
        yield from _year_notes(scenario.deployment, {result.name: scenario.service(result) for result in measured})
    else:
        yield say(
            "Carbon: the gross energy times {grams} g/kWh ({factor}). Nothing is said of a year in service: goals.toml has no "
            "[deployment].",
            grams=Setting(scenario.factor.g_per_kwh),
            factor=scenario.factor.id,
        )


def _year_notes(deployment: Deployment, services: Mapping[str, Service]) -> Iterator[Message]:
    yield say(
        "In service each candidate is charged its share of a server that stands ready all year (goals.toml, [deployment]): its "
        "part of the memory, libraries included, or of the CPU's time, whichever is larger{decides}. What the requests take is "
        "added to that.",
        decides=_what_decides(services) or "",
    )
    yield say(
        "That server idles at {watts} W and has {memory} GiB. {source} The carbon's range goes from the lowest to the highest "
        "factor, PUE and making.",
        watts=Setting(deployment.server_idle_w),
        memory=Setting(deployment.server_memory_gib),
        source=Sentence(Recorded(deployment.source)),
    )


def _what_decides(services: Mapping[str, Service]) -> Message | None:
    known = {name: service for name, service in services.items() if service.memory_share is not None}
    by_memory = [name for name, service in known.items() if (service.memory_share or 0.0) >= service.cpu_share]
    if by_memory and len(by_memory) == len(services):
        return say("; memory decides for all of them")
    if by_memory:
        return say("; memory decides for {names}", names=", ".join(by_memory))
    return say("; time decides") if known else None


def _busier_than_allowed(campaign: Campaign) -> Iterator[Message]:
    """Candidates that kept more cores busy than the campaign's threads: what a library does with processes of its own, say."""
    threads = campaign.protocol.threads
    cores: dict[str, float] = {}
    for run in campaign.runs:
        for reading in run.readings_of("inference"):
            cores[run.candidate] = max(cores.get(run.candidate, 0.0), reading.cpu_seconds / reading.duration_s)
    for name, most in cores.items():
        if most > threads + CORES_BESIDE_THREADS:
            yield say(
                "{candidate} kept {cores} cores busy, and not {threads}: the candidates did not load the machine alike, and the "
                "model of the CPU's energy takes the load to its third power.",
                candidate=name,
                cores=Decimals(most, 1),
                threads=threads,
            )


def _disturbance_notes(campaign: Campaign) -> Iterator[Message]:
    """What the numbered check of foreign load (P010) does not say."""
    readings = campaign.all_readings
    yield from _busier_than_allowed(campaign)
    gap_s = max((reading.longest_gap_s for reading in readings), default=0.0)
    if gap_s > LONGEST_GAP_S:
        template = words("Between two power samples up to {seconds} s passed: a counter may have started anew unseen.")
        yield say(template, seconds=round(gap_s))
