"""Tables for the terminal, printed by `cli`. What users supplied is shown as it is, never obeyed."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from evaluation.energy.factors import WH_PER_KWH
from evaluation.energy.reading import JOULES_PER_WH
from evaluation.energy.self_test import mean_power_w
from evaluation.notes import comparison_notes
from evaluation.numbers import UNKNOWN, counted, energy, energy_unit, mass_unit, percentage, quantity, score, share, significant

if TYPE_CHECKING:
    from evaluation.audit.recompute import Recomputation
    from evaluation.audit.repetition import Repetition
    from evaluation.doctor import Finding
    from evaluation.energy.factors import Factor
    from evaluation.energy.self_test import SelfTest
    from evaluation.judgement.comparison import CandidateResult, Comparison
    from evaluation.judgement.scenario import Scenario
    from evaluation.mistakes import Mistake
    from evaluation.records.ledger import Head

# "0.00199–0.00201", the longest interval in three significant digits down to a thousandth of the unit.
BOUNDS_WIDTH = 15
# And "0.800–1.20" in a table of many columns, where longer ones are folded.
SHORT_BOUNDS_WIDTH = 10
YEARLY_CARBON = "kg CO2e\na year"
# Columns that the whole comparison takes.
WIDE_TABLE = 104


def harmless(text: str) -> Text:
    """A user's text without control characters, which could otherwise drive the terminal."""
    return Text("".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text))


def comparison_table(comparison: Comparison, *, wide: bool = True) -> Table:
    """The candidates side by side: what could be measured, with its intervals.

    Args:
        comparison: what is shown.
        wide: whether there is room for `WIDE_TABLE` columns; else secondary metrics and times are left out.
    """
    campaign = comparison.campaign
    metrics = campaign.metrics if wide else campaign.metrics[:1]
    measured = [result for result in comparison.results if result.energy_wh]
    unit, factor = energy_unit(max((result.energy_wh.value for result in measured if result.energy_wh), default=1.0))
    fit_unit, fit_factor = energy_unit(max((result.fit_energy_wh or 0.0 for result in measured), default=1.0))
    table = Table(
        title=harmless(f"{campaign.task} on {campaign.data.name}, campaign {campaign.id}"),
        title_justify="left",
        box=box.HORIZONTALS,
        pad_edge=False,
    )
    table.add_column("candidate", no_wrap=True)
    for metric in metrics:
        table.add_column(metric, justify="right", no_wrap=True)
    evidence = max((result.evidence for result in measured if result.evidence), default=None)
    class_of = f"\nclass {evidence}" if evidence else ""
    table.add_column(f"{unit} per {campaign.unit_name}{class_of}", justify="right", min_width=BOUNDS_WIDTH)
    table.add_column("times the baseline's energy", justify="right", min_width=BOUNDS_WIDTH)
    if wide:
        table.add_column("ms per\nsample", justify="right")
    table.add_column(f"{fit_unit} to fit", justify="right", min_width=7)
    for result in measured:
        table.add_row(
            result.name + ("\n(baseline)" if result.baseline else ""),
            *(score(result.scores[metric]) if metric in result.scores else UNKNOWN for metric in metrics),
            _folded(quantity(result.energy_wh, factor)) if result.energy_wh else UNKNOWN,
            "1" if result.baseline else _folded(quantity(result.ratio)) if result.ratio else UNKNOWN,
            *([significant(result.ms_per_sample) if result.ms_per_sample else UNKNOWN] if wide else []),
            _fit_energy(result, fit_factor),
        )
    return table


def _folded(cell: str, width: int = BOUNDS_WIDTH) -> str:
    """An interval of very small numbers, broken after its dash where the column would cut it."""
    return cell.replace("–", "–\n").replace(" to ", " to\n") if max(map(len, cell.splitlines())) > width else cell


def _fit_energy(result: CandidateResult, factor: float) -> str:
    if result.fit_energy_wh is not None:
        return significant(result.fit_energy_wh * factor)
    return UNKNOWN if result.fit_duration_s is None else "too short"


def service_table(comparison: Comparison, scenario: Scenario) -> Table:
    """One input at a time, and a year of service: what each candidate would take of a server.

    Where the POC's goals say nothing of a service, the carbon of a functional unit stands in place of the year.
    """
    measured = [result for result in comparison.results if result.per_sample]
    above = [result.above_idle_wh.value for result in measured if result.above_idle_wh]
    unit, factor = energy_unit(max(above, default=1.0))
    above_idle = f"{unit} above idle\nper {comparison.campaign.unit_name}"
    title, headings, figures = _carbon_columns(comparison, scenario) if scenario.deployment is None else _year_columns(scenario)
    table = Table(title=title, title_justify="left", box=box.HORIZONTALS, pad_edge=False, collapse_padding=True)
    table.add_column("candidate", no_wrap=True)
    for heading in ("ms for one,\np50 (p95)", "peak\nMiB", above_idle, *headings):
        # In a narrow terminal figures go on in the next line: they are never cut.
        bounded = heading in {above_idle, YEARLY_CARBON}
        table.add_column(heading, justify="right", overflow="fold", min_width=SHORT_BOUNDS_WIDTH if bounded else None)
    for result in measured:
        memory_mib = result.per_sample.peak_memory_mib if result.per_sample else None
        table.add_row(
            result.name,
            _latency(result),
            significant(memory_mib) if memory_mib else UNKNOWN,
            _folded(quantity(result.above_idle_wh, factor), SHORT_BOUNDS_WIDTH) if result.above_idle_wh else UNKNOWN,
            *figures(result),
        )
    return table


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
            _folded(carbon, SHORT_BOUNDS_WIDTH),
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
    return f"One input at a time, and carbon by {scenario.factor.id}", (heading,), figures


def _latency(result: CandidateResult) -> str:
    if result.latency_p50_ms is None or result.latency_p95_ms is None:
        return UNKNOWN
    return f"{significant(result.latency_p50_ms)} ({significant(result.latency_p95_ms)})"


def comparison_dict(comparison: Comparison, scenario: Scenario | None = None) -> dict[str, Any]:
    """A comparison for `--json`, which has no word for infinite or undefined numbers: they are null."""
    campaign = comparison.campaign
    found = {
        "campaign": campaign.model_dump(mode="json", exclude={"runs", "readings", "environment"}),
        "unit": {"name": campaign.unit_name, "size": campaign.unit_size},
        "candidates": [_result_dict(result, scenario) for result in comparison.results],
        "factor": scenario.factor.as_dict() if scenario else None,
        "notes": comparison_notes(comparison),
    }
    return {name: _finite(value) for name, value in found.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _result_dict(result: CandidateResult, scenario: Scenario | None) -> dict[str, Any]:
    plain = asdict(result)
    plain["scores"] = {name: interval._asdict() for name, interval in result.scores.items()}
    for name in ("energy_wh", "true_wh", "above_idle_wh", "ratio", "second_ratio"):
        interval = getattr(result, name)
        plain[name] = interval._asdict() if interval else None
    plain["carbon_g_co2e_per_unit"] = scenario.carbon_g_per_unit(result) if scenario else None
    plain["service"] = _service_dict(result, scenario) if scenario and scenario.deployment and result.per_sample else None
    return plain


def _service_dict(result: CandidateResult, scenario: Scenario) -> dict[str, Any]:
    """A year in service at the central volume."""
    service = scenario.service(result)
    return {
        "requests": service.requests,
        "share_of_server": service.share,
        "share_is_lower_bound": service.share_is_lower_bound,
        "active_kwh": service.active_kwh,
        "reserved_kwh": service.reserved_kwh,
        "pue": service.pue,
        "embodied_kg_co2e": service.embodied_kg_co2e,
        "carbon_kg_co2e": scenario.carbon_range_kg(result)._asdict(),
        "sci_g_co2e_per_unit": service.sci_g_per(scenario.unit_size),
    }


def mistake_table(mistakes: Sequence[Mistake], title: str) -> Table:
    """Wrong answers, the most confident first."""
    table = Table(title=harmless(title), title_justify="left", show_lines=True)
    for heading in ("Sample", "Expected", "Predicted"):
        table.add_column(heading, overflow="fold")
    table.add_column("Score", justify="right")
    table.add_column("Text", ratio=1, overflow="fold")
    for mistake in mistakes:
        confidence = UNKNOWN if mistake.score is None else significant(mistake.score)
        table.add_row(
            harmless(mistake.id), harmless(mistake.expected), harmless(mistake.predicted), confidence, harmless(mistake.text)
        )
    return table


def finding_table(findings: Sequence[Finding], title: str, *, classes: bool = False) -> Table:
    """What `preuve doctor` found, with a column for evidence classes where there are some."""
    table = Table(title=title, title_justify="left", box=box.HORIZONTALS, pad_edge=False, show_lines=True)
    for heading in ("what", *(["class"] if classes else []), "found"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        evidence = [finding.evidence or UNKNOWN] if classes else []
        table.add_row(finding.subject, *evidence, harmless(finding.found))
    return table


def advice_lines(findings: Sequence[Finding]) -> list[Text]:
    """What would be better, a line each: a command in it can be copied, which a table would break."""
    return [harmless(f"→ {finding.subject}: {finding.advice}") for finding in findings if finding.advice]


def self_test_table(self_test: SelfTest) -> Table:
    """The phases of a self-test: mean watts by component, and who kept cores busy."""
    table = Table(title="Self-test", title_justify="left", box=box.HORIZONTALS, pad_edge=False)
    names = [part.name for part in self_test.readings[0].components]
    headings = ("phase", "s", *(f"{name.upper()} W" for name in names), "total W", "work units a s", "busy cores", "others' cores")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "phase" else "right")
    for phase, reading in self_test.by_phase.items():
        parts_w = [part.energy_wh * JOULES_PER_WH / reading.duration_s for part in reading.components]
        cores = (reading.cpu_seconds / reading.duration_s, reading.foreign_cores)
        table.add_row(
            phase,
            f"{reading.duration_s:.1f}",
            *(significant(watts) for watts in (*parts_w, mean_power_w(reading))),
            f"{reading.samples / reading.duration_s:.0f}" if reading.samples else UNKNOWN,
            *(f"{count:.2f}" for count in cores),
        )
    return table


def recomputation_lines(found: Recomputation, factors: Mapping[str, Factor], head: Head) -> list[str]:
    """Old and new carbon, and what makes the difference, a line each."""
    before = found.before
    unit, scale = mass_unit(max(before.carbon_g, found.carbon_g))

    def mass(value_g: float) -> str:
        return f"{significant(value_g * scale)} {unit}".replace("-", "−")

    recorded = ", ".join(f"{name} ({value:g} g/kWh)" for name, value in before.factors.items())
    lines = [
        f"{counted(before.readings, 'reading')}, {energy(before.energy_wh)}.",
        f"Recorded: {mass(before.carbon_g)} CO2e, by {recorded}, PUE {before.pue:.3g}.",
        f"Now:      {mass(found.carbon_g)} CO2e, by {found.factor.id} ({found.factor.g_per_kwh:g} g/kWh), PUE {found.pue:.3g}.",
        f"The factor makes {mass(found.by_factor_g)} of the difference, the PUE {mass(found.by_pue_g)}.",
    ]
    named = [name for name in dict.fromkeys([*before.factors, found.factor.id]) if name in factors]
    lines += [f"{name}: {factors[name].source}; {factors[name].perimeter}." for name in named]
    return [*lines, f"Record {head.number}; ledger head {head}. What was recorded before stays."]


def repetition_lines(found: Repetition, head: Head) -> list[str]:
    """Whether a run could be repeated, a line each."""
    quality = "identical" if found.identical else f"not identical: {found.differing} of {counted(found.answers, 'answer')} differ"
    lines = [f"Quality: {quality}."]
    lines += [
        f"  {name}: {then:.6g} then, {UNKNOWN if now is None else f'{now:.6g}'} now." for name, (then, now) in found.scores.items()
    ]
    if found.ratio is None:
        lines.append("Energy: undetermined; there are no windows to compare.")
    else:
        low, high = found.ratio.low, found.ratio.high
        bounds = f" ({low:.3f} to {high:.3f})" if low is not None and high is not None else ""
        ratio = f"{found.ratio.value:.3f} times what it was{bounds}"
        lines.append(f"Energy: {found.within}, tolerance {share(found.tolerance)}; {ratio}.")
    lines += [f"Not as it was: {change}." for change in found.changes]
    return [*lines, f"Record {head.number}; ledger head {head}."]
