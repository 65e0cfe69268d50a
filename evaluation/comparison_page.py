"""What `preuve compare` prints, for a terminal of 100 columns: candidates, verdict and goals, margin, checks, and what to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, isfinite
from typing import TYPE_CHECKING, Literal

from rich import box
from rich.table import Table

from evaluation.assessment import Assessment
from evaluation.energy.factors import WH_PER_KWH
from evaluation.goals import GOAL_UNITS
from evaluation.judgement.margin import REBOUND, margin_of, payback_of, years_of_service
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import RULE
from evaluation.messages import sentence
from evaluation.notes import comparison_notes, service_notes
from evaluation.numbers import UNKNOWN, counted, energy, energy_unit, mass_unit, percentage, quantity, score, signed, significant
from evaluation.terminal import BOUNDS_WIDTH, folded, harmless

if TYPE_CHECKING:
    from rich.console import RenderableType

    from evaluation.judgement.comparison import CandidateResult, Comparison, Difference
    from evaluation.judgement.goal_values import Judged
    from evaluation.judgement.scenario import Scenario
    from evaluation.judgement.verdict import Verdict, Verdicts

# "0.800–1.20" in a table of many columns, where longer ones are folded.
SHORT_BOUNDS_WIDTH = 10
# "0.580–0.645", "NOT CONCLUSIVE", "p < 0.001, better" and "p < 0.001, more": a long name must not take their room.
SCORE_WIDTH, VERDICT_WIDTH, DIFFERENCE_WIDTH, RATIO_WIDTH = 11, 14, 17, 15
YEARLY_CARBON = "kg CO2e\na year"
# So many metrics have room beside the rest.
MOST_METRICS = 2
IN_WH = {"Wh": 1.0, "kWh": WH_PER_KWH}
# An end of an interval that nobody knows.
UNSURE = "?"


def comparison_page(found: Assessment) -> Iterator[RenderableType]:
    """Everything there is to say, in the order in which it is read."""
    comparison, scenario = found.comparison, found.scenario
    if comparison.measured:
        yield candidate_table(comparison, found.verdicts)
    else:
        yield harmless(f"Campaign {comparison.campaign.id}: no candidate was measured completely. There is nothing to judge.")
    if comparison.measured:
        yield from _decision(found)
        if found.advice:
            yield harmless("", "Checks")
        yield from (harmless(f"{advice.code} {sentence(str(advice.found))} → {advice.remedy}") for advice in found.advice)
        yield ""
        if len(_metrics(comparison)) > MOST_METRICS:
            yield score_table(comparison)
        if len(comparison.measured) > 1:
            yield difference_table(comparison)
        yield from _at_scale(found)
    notes = comparison_notes(comparison)
    if any(result.per_sample for result in comparison.results):
        yield service_table(comparison, scenario)
        notes += service_notes(comparison, scenario)
    yield from (harmless(f"• {note}") for note in notes)


def _table(title: str) -> Table:
    return Table(title=harmless(title), title_justify="left", box=box.HORIZONTALS, pad_edge=False, collapse_padding=True)


def _column(table: Table, *heading: str, justify: Literal["left", "right"] = "right", min_width: int | None = None) -> None:
    """A column whose cells go on in the next line where they are too long: nothing is ever cut."""
    table.add_column(harmless(*heading), justify=justify, overflow="fold", min_width=min_width)


# The candidates


def candidate_table(comparison: Comparison, verdicts: Verdicts) -> Table:
    """The candidates side by side: quality, energy and time with their intervals, and the decision on each."""
    campaign = comparison.campaign
    metrics = _metrics(comparison)[:MOST_METRICS]
    measured = comparison.measured
    unit, factor = energy_unit(max(result.energy_wh.value for result in measured if result.energy_wh))
    table = _table(f"{campaign.task} on {campaign.data.name}, campaign {campaign.id}")
    _column(table, "candidate", justify="left")
    for metric in metrics:
        _column(table, metric, min_width=SCORE_WIDTH)
    _column(table, f"{unit} per {campaign.unit_name} (class)", min_width=BOUNDS_WIDTH)
    _column(table, "ms for one,", "p50 (p95)", min_width=SHORT_BOUNDS_WIDTH)
    _column(table, "verdict", justify="left", min_width=VERDICT_WIDTH)
    front = comparison.front
    for result in measured:
        table.add_row(
            harmless(result.name, *(["(baseline)"] if result.baseline else [])),
            *(_score(result.scores.get(metric)) for metric in metrics),
            _energy(result, factor),
            latency(result),
            _verdict(verdicts.of.get(result.name), on_front=result.name in front),
        )
    return table


def _metrics(comparison: Comparison) -> list[str]:
    """Their names, first the one that decides, also where the POC has it since this campaign only.

    Those that the data have no column for are left out.
    """
    names = dict.fromkeys([comparison.metric.name, *comparison.campaign.metrics])
    return [name for name in names if name not in comparison.lacking]


def score_table(comparison: Comparison) -> Table:
    """The metrics that have no room in the first table."""
    metrics = _metrics(comparison)[MOST_METRICS:]
    table = _table("The other metrics")
    _column(table, "candidate", justify="left")
    for metric in metrics:
        _column(table, metric, min_width=SCORE_WIDTH)
    for result in comparison.measured:
        table.add_row(harmless(result.name), *(_score(result.scores.get(metric)) for metric in metrics))
    return table


def _score(interval: Interval | None) -> str:
    # A score that is no number is unknown: it is never shown as if it were one.
    return score(interval) if interval and isfinite(interval.value) else UNKNOWN


def _energy(result: CandidateResult, factor: float) -> str:
    if result.energy_wh is None:
        return UNKNOWN
    value, *bounds = folded(quantity(result.energy_wh, factor)).splitlines()
    return "\n".join([f"{value} ({result.evidence})", *bounds])


def difference_table(comparison: Comparison) -> Table:
    """What sets the candidates apart from the baseline, and from the one with the best score."""
    baseline, best = comparison.baseline, comparison.best
    references = list(dict.fromkeys(each.name for each in (baseline, best) if each))
    table = _table(f"Differences in {comparison.metric.name} and in energy, with p values corrected for all pairs")
    _column(table, "candidate", justify="left")
    for name in references:
        which = "the baseline" if baseline and name == baseline.name else "the best"
        _column(table, f"{comparison.metric.name} against", name, f"({which})", min_width=DIFFERENCE_WIDTH)
        _column(table, "energy over", "that of", name, min_width=RATIO_WIDTH)
    for result in comparison.measured:
        found = [comparison.between(result.name, name) if name != result.name else None for name in references]
        table.add_row(harmless(result.name), *(cell for each in found for cell in _difference_cells(each)))
    return table


def _difference_cells(found: Difference | None) -> Sequence[str]:
    if found is None:
        return "", ""
    better = "" if found.better is None else ", better" if found.better == found.one else ", worse"
    leaner = "" if found.leaner is None else ", less" if found.leaner == found.one else ", more"
    gain = f"{signed(found.quality)}\np {p_value(found.quality_p)}{better}" if found.quality else UNKNOWN
    ratio = f"{folded(quantity(found.ratio))}\np {p_value(found.ratio_p)}{leaner}" if found.ratio else UNKNOWN
    return gain, ratio


def p_value(value: float) -> str:
    """A p value as it is usually written.

    >>> p_value(0.0301), p_value(0.00001)
    ('= 0.030', '< 0.001')
    """
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def latency(result: CandidateResult) -> str:
    """The time for one input, and under it the time that one in twenty exceeds."""
    if result.latency_p50_ms is None or result.latency_p95_ms is None:
        return UNKNOWN
    return f"{significant(result.latency_p50_ms)}\n({significant(result.latency_p95_ms)})"


def _verdict(verdict: Verdict | None, *, on_front: bool) -> str:
    decision = (verdict and verdict.decision) or "without AI"
    return f"{decision}\non the front" if on_front else decision


# The decision


def _decision(found: Assessment) -> Iterator[RenderableType]:
    verdicts = found.verdicts
    if verdicts.leading is None:
        yield harmless("NOT CONCLUSIVE. Only the baseline without AI was measured: there is nothing to hold against it.")
        return
    verdict = verdicts.of[verdicts.leading]
    baseline = found.comparison.baseline
    kept = f" So far the baseline does it without AI: {baseline.name}." if baseline and verdicts.keeps_baseline else ""
    yield harmless(f"{verdicts.decision}, by the leading candidate {verdict.candidate}: {RULE[verdicts.decision]}.{kept}", "")
    yield goal_table(verdict)
    yield from (harmless(line) for line in goal_lines(verdict.goals))
    for message in verdict.sensitive_to:
        yield harmless(f"! {sentence(str(message))}")
    yield from (harmless(sentence(str(each))) for each in verdicts.alternatives)
    yield harmless("How a decision follows from the goals; the first that holds:")
    yield from (harmless(f"  {decision}: {message}.") for decision, message in RULE.items())


def check_page(found: Assessment, name: str | None) -> Iterator[RenderableType]:
    """What `preuve check` prints: the goals of one candidate."""
    if name is None:
        yield harmless("No candidate besides the baseline was measured.")
        return
    verdict = found.verdicts.of[name]
    yield harmless(f"{verdict.decision or 'The baseline'}: {name}, campaign {found.comparison.campaign.id}.")
    yield goal_table(verdict)
    yield from (harmless(line) for line in goal_lines(verdict.goals))


def goal_table(verdict: Verdict) -> Table:
    """The goals of a candidate: what was hoped for, what decides, what was found, and what that makes."""
    table = _table(f"Goals, by {verdict.candidate}")
    _column(table, "goal", justify="left")
    _column(table, "target")
    _column(table, "bound")
    _column(table, "found (judged from–to)")
    _column(table, "outcome", justify="left")
    for judged in verdict.goals:
        table.add_row(*map(harmless, _goal_row(judged)))
    return table


def _goal_row(judged: Judged) -> Sequence[str]:
    goal = judged.bound
    if goal is None:
        return judged.goal, "", "", "", judged.outcome
    # What it is counted by, the goal's name says.
    unit = GOAL_UNITS[goal.name].removesuffix(" a year").partition(" per ")[0]
    unit = "" if unit.startswith("above") else unit
    bound = f"≤ {goal.ceiling:g} {unit}" if goal.ceiling is not None else f"≥ {goal.floor:g}"
    target = "" if goal.target is None else f"{goal.target:g}"
    reached = ", at target" if judged.outcome == "met" and judged.at_target else ""
    name = f"{judged.goal} {goal.metric}" if goal.metric and not judged.goal.endswith(goal.metric) else judged.goal
    return name, target, bound, _found(judged.value, unit), f"{judged.outcome}{reached}"


def _found(value: Interval | None, unit: str) -> str:
    """What was found and the ends between which it is judged, an energy in the unit that suits it."""
    if value is None or value.value != value.value:
        return UNKNOWN
    factor = 1.0
    if unit in IN_WH:
        in_wh = IN_WH[unit]
        unit, of_wh = energy_unit(abs(value.value) * in_wh)
        factor = of_wh * in_wh
    written = [UNSURE if end is None else significant(end * factor).replace("-", "−") for end in value]
    between = "" if value.low is None and value.high is None else f" ({written[1]} to {written[2]})"
    return f"{written[0]}{between} {unit}".rstrip()


def goal_lines(goals: Sequence[Judged]) -> Iterator[str]:
    """What is to be said of goals that are not simply met, and what would settle them."""
    for judged in goals:
        if judged.outcome == "met":
            continue
        reason = f" ({judged.reason})" if judged.reason else ""
        settled = f" To settle it: {', or '.join(map(str, judged.settled_by))}." if judged.settled_by else ""
        yield f"{'×' if judged.outcome == 'missed' else '?'} {judged.goal} is {judged.outcome}{reason}.{settled}"


# Margin and scale


def _at_scale(found: Assessment) -> Iterator[RenderableType]:
    name = found.verdicts.leading
    if name is None:
        return
    yield from (harmless(line) for line in margin_lines(found, name))
    years = year_table(found, name)
    if years:
        yield years


def margin_lines(found: Assessment, name: str) -> Iterator[str]:
    """What a candidate adds to the baseline, and when its training pays for itself."""
    comparison, unit = found.comparison, found.comparison.campaign.unit_name
    margin = margin_of(comparison, name)
    if margin is None:
        return
    more, costs = _apart(margin.correct_per_unit, "", "more", "fewer"), _apart(margin.extra_wh, "Wh", "more", "less")
    line = f"Margin of {name} over the baseline, per {unit}: {more} correct outcomes for {costs}"
    each_wh = margin.wh_per_correct
    # Of energy that may be no more than the baseline's, so many outcomes a Wh would be any number.
    if each_wh and each_wh.low is not None and each_wh.high is not None and each_wh.low > 0:
        per_wh = Interval(1 / each_wh.value, 1 / each_wh.high, 1 / each_wh.low)
        line += f"; {_found(per_wh, '')} additional correct outcomes per additional Wh"
    yield line + "."
    payback = payback_of(comparison, name, found.goals.correction_wh)
    if payback is None:
        return
    each = (
        f"with {payback.correction_wh:g} Wh for each wrong outcome put right (goals.toml)"
        if payback.correction_wh
        else ("the correction of wrong outcomes not counted: goals.toml says nothing of it")
    )
    if payback.training_wh is None:
        yield f"Training paid back: unknown, it was too short to be measured ({each})."
    elif payback.requests is None:
        yield f"Training paid back: never, {name} takes more than it saves ({each})."
    else:
        yield (
            f"Training paid back after {counted(ceil(payback.requests), 'request')}: {energy(payback.training_wh)} over "
            f"{energy(payback.saved_wh)} a request, {each}."
        )


def _apart(value: Interval, unit: str, more: str, less: str) -> str:
    """How much more or less, with the ends of its interval: `10.3 (5.15 to 61.8) mWh more`."""
    if value.value >= 0:
        return f"{_found(value, unit)} {more}"
    turned = Interval(-value.value, *(None if end is None else -end for end in (value.high, value.low)))
    return f"{_found(turned, unit)} {less}"


def year_table(found: Assessment, name: str) -> Table | None:
    """A year in service at three volumes and three rebounds, of the baseline and of a candidate; none without a scenario."""
    comparison, scenario = found.comparison, found.scenario
    shown = [result for result in (comparison.baseline, comparison.result(name)) if result]
    years = {result.name: years_of_service(result, scenario) for result in shown}
    if not any(years.values()):
        return None
    table = _table(f"kWh (kg CO2e) a year in service, the share of a server and its making included, {scenario.factor.id}")
    _column(table, "candidate", justify="left")
    for heading in ("requests a year", "server", *(f"rebound x{times}" for times in REBOUND)):
        _column(table, heading, min_width=len(heading))
    for result in shown:
        of_result = years[result.name]
        for place in range(0, len(of_result), len(REBOUND)):
            cases = of_result[place : place + len(REBOUND)]
            first = cases[0].service
            at_least = "≥ " if first.share_is_lower_bound else ""
            table.add_row(
                harmless(result.name) if place == 0 else "",
                f"{cases[0].volume} {significant(first.requests)}",
                at_least + percentage(first.share),
                *(
                    f"{at_least}{significant(each.service.energy_kwh)} ({significant(each.service.carbon_kg_co2e)})"
                    for each in cases
                ),
            )
    return table


# In service


def service_table(comparison: Comparison, scenario: Scenario) -> Table:
    """Each candidate's fit, memory and idle share, and a year of service at the central volume.

    Where the POC's goals say nothing of a service, the carbon of a functional unit stands in place of the year.
    """
    measured = [result for result in comparison.results if result.per_sample]
    above = [result.above_idle_wh.value for result in measured if result.above_idle_wh]
    unit, factor = energy_unit(max(above, default=1.0))
    fit_unit, fit_factor = energy_unit(max((result.fit_energy_wh or 0.0 for result in measured), default=1.0))
    above_idle = f"{unit} above idle\nper {comparison.campaign.unit_name}"
    title, headings, figures = _carbon_columns(comparison, scenario) if scenario.deployment is None else _year_columns(scenario)
    table = _table(title)
    _column(table, "candidate", justify="left")
    for heading in ("peak\nMiB", f"{fit_unit}\nto fit", above_idle, *headings):
        bounded = heading in {above_idle, YEARLY_CARBON}
        _column(table, *heading.split("\n"), min_width=SHORT_BOUNDS_WIDTH if bounded else None)
    for result in measured:
        memory_mib = result.per_sample.peak_memory_mib if result.per_sample else None
        table.add_row(
            harmless(result.name),
            significant(memory_mib) if memory_mib else UNKNOWN,
            _fit_energy(result, fit_factor),
            folded(quantity(result.above_idle_wh, factor), SHORT_BOUNDS_WIDTH) if result.above_idle_wh else UNKNOWN,
            *figures(result),
        )
    return table


def _fit_energy(result: CandidateResult, factor: float) -> str:
    if result.fit_energy_wh is not None:
        return significant(result.fit_energy_wh * factor)
    return UNKNOWN if result.fit_duration_s is None else "too short"


Columns = tuple[str, Sequence[str], "Callable[[CandidateResult], Sequence[str]]"]


def _year_columns(scenario: Scenario) -> Columns:
    """Title, headings and figures of a year of service."""

    def figures(result: CandidateResult) -> Sequence[str]:
        service, carbon_kg = scenario.service(result), scenario.carbon_range_kg(result)
        at_least = "≥ " if service.share_is_lower_bound else ""
        carbon = f"{at_least}{significant(carbon_kg.central)}\n{significant(carbon_kg.low)}–{significant(carbon_kg.high)}"
        return (
            at_least + percentage(service.share),
            f"{at_least}{significant(service.energy_kwh)}\n({energy(service.active_kwh * WH_PER_KWH)})",
            folded(carbon, SHORT_BOUNDS_WIDTH),
        )

    requests = scenario.deployment.requests_per_year if scenario.deployment else 0
    title = f"In service: {significant(requests)} requests a year, {scenario.factor.id}"
    return title, ("share of\na server", "kWh a year\n(for requests)", YEARLY_CARBON), figures


def _carbon_columns(comparison: Comparison, scenario: Scenario) -> Columns:
    """Title, headings and figures of what a functional unit emits."""
    found_g = {result.name: scenario.carbon_g_per_unit(result) for result in comparison.results}
    unit, factor = mass_unit(max((carbon_g for carbon_g in found_g.values() if carbon_g), default=1.0))

    def figures(result: CandidateResult) -> Sequence[str]:
        carbon_g = found_g[result.name]
        return (UNKNOWN if carbon_g is None else significant(carbon_g * factor),)

    heading = f"{unit} CO2e per\n{comparison.campaign.unit_name}"
    return f"Fit, memory, and carbon by {scenario.factor.id}", (heading,), figures
