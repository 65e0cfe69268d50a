"""Tables for the terminal, printed by `cli`. What users supplied is shown as it is, never obeyed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from evaluation.numbers import UNKNOWN, counted, energy_unit, quantity, score, share, significant

if TYPE_CHECKING:
    from evaluation.doctor import Finding
    from evaluation.judgement.comparison import CandidateResult, Comparison
    from evaluation.mistakes import Mistake

# "0.00199–0.00201", the longest interval in three significant digits down to a thousandth of the unit.
BOUNDS_WIDTH = 15
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
    table.add_column(f"{unit} per {campaign.unit_name}", justify="right", min_width=BOUNDS_WIDTH)
    table.add_column("energy over the baseline's", justify="right", min_width=BOUNDS_WIDTH)
    if wide:
        table.add_column("ms per\nsample", justify="right")
    table.add_column(f"{fit_unit} to fit", justify="right", min_width=7)
    for result in measured:
        table.add_row(
            result.name + ("\n(baseline)" if result.baseline else ""),
            *(score(result.scores[metric]) for metric in metrics),
            _folded(quantity(result.energy_wh, factor)) if result.energy_wh else UNKNOWN,
            "1" if result.baseline else _folded(quantity(result.ratio)) if result.ratio else UNKNOWN,
            *([significant(result.ms_per_sample) if result.ms_per_sample else UNKNOWN] if wide else []),
            _fit_energy(result, fit_factor),
        )
    return table


def _folded(cell: str) -> str:
    """An interval of very small numbers, broken after its dash where the column would cut it."""
    return cell.replace("–", "–\n") if max(map(len, cell.splitlines())) > BOUNDS_WIDTH else cell


def _fit_energy(result: CandidateResult, factor: float) -> str:
    return "too short" if result.fit_energy_wh is None else significant(result.fit_energy_wh * factor)


def comparison_notes(comparison: Comparison) -> list[str]:
    """What a reader must know to read the table: who is missing and why, how the energy is known, what was noticed."""
    campaign = comparison.campaign
    notes = [_absence(result) for result in comparison.results if not result.energy_wh]
    notes.extend(f"{result.name}: {result.reason}" for result in comparison.results if result.energy_wh and result.reason)
    protocol, data = campaign.protocol, campaign.data
    notes.append(
        f"{data.test_samples} test samples, {data.train_samples} to learn from, {data.classes} classes. "
        f"{counted(protocol.rounds, 'round')} of {protocol.window_s:g} s, {counted(protocol.seeds, 'seed')}, "
        f"{counted(protocol.threads, 'thread')}. The second lines are 95 % intervals for these fits: "
        "over the test samples of each class for scores, over the rounds for energy."
    )
    notes.extend(_energy_notes(comparison))
    if protocol.quick:
        notes.append("Quick: short windows, to try things out. Decide on a campaign without --quick.")
    if campaign.status == "interrupted":
        notes.append("Interrupted: only what was measured completely is shown.")
    notes.extend(data.notices)
    return notes


def _absence(result: CandidateResult) -> str:
    line = f"{result.name}: {result.status}. {result.reason}"
    return f"{line}. To make it available: {result.remedy}" if result.status == "unavailable" else line


def _energy_notes(comparison: Comparison) -> list[str]:
    finished = [run for run in comparison.campaign.runs if run.status == "finished"]
    readings = [reading for run in finished for reading in run.readings_of("inference")]
    if not readings:
        return []
    parts = "; ".join(f"{part.name.upper()}, {part.method}" for part in readings[0].components)
    shares = [result.constant_share for result in comparison.results if result.constant_share is not None]
    low, high = share(min(shares)), share(max(shares))
    notes = [
        f"How the energy is known: {parts}. {low if low == high else f'{low} to {high}'} of it is that constant of the memory."
    ]
    if not all(part.measured for part in readings[0].components if part.name != "ram"):
        notes.append(
            "No counter stands behind these watt-hours: the ratios tell candidates apart on this machine, "
            "the absolute figures may be off several times over."
        )
    return notes


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """A comparison for `--json`."""
    campaign = comparison.campaign
    return {
        "campaign": campaign.model_dump(mode="json", exclude={"runs", "readings", "environment"}),
        "unit": {"name": campaign.unit_name, "size": campaign.unit_size},
        "candidates": [_result_dict(result) for result in comparison.results],
        "notes": comparison_notes(comparison),
    }


def _result_dict(result: CandidateResult) -> dict[str, Any]:
    plain = asdict(result)
    plain["scores"] = {name: interval._asdict() for name, interval in result.scores.items()}
    for name in ("energy_wh", "ratio"):
        interval = getattr(result, name)
        plain[name] = interval._asdict() if interval else None
    return plain


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


def finding_table(findings: Sequence[Finding]) -> Table:
    """What `preuve doctor` found."""
    table = Table("What", "Found", "To make it better", title="This machine", title_justify="left")
    for finding in findings:
        table.add_row(finding.subject, harmless(finding.found), harmless(finding.advice or ""))
    return table
