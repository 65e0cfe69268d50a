"""Tables for the terminal, printed by `cli`. What users supplied is shown as it is, never obeyed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from evaluation.energy.reading import JOULES_PER_WH
from evaluation.energy.self_test import mean_power_w
from evaluation.letters import visible
from evaluation.numbers import UNKNOWN, counted, energy, mass_unit, share, significant

if TYPE_CHECKING:
    from evaluation.audit.recompute import Recomputation
    from evaluation.audit.repetition import Repetition
    from evaluation.doctor import Finding
    from evaluation.energy.factors import Factor
    from evaluation.energy.self_test import SelfTest
    from evaluation.mistakes import Mistake
    from evaluation.records.ledger import Head
    from evaluation.weak_answers import WeakAnswer

# "0.00199–0.00201", the longest interval in three significant digits down to a thousandth of the unit.
BOUNDS_WIDTH = 15


def harmless(*lines: str) -> Text:
    """A user's texts, a line each, without what could otherwise drive the terminal."""
    return Text("\n".join(visible(line) for line in lines))


def folded(cell: str, width: int = BOUNDS_WIDTH) -> str:
    """An interval of very small numbers, broken after its dash where the column would cut it."""
    return cell.replace("–", "–\n").replace(" to ", " to\n") if max(map(len, cell.splitlines())) > width else cell


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


def weak_answer_table(answers: Sequence[WeakAnswer], metric: str, title: str) -> Table:
    """Answers that are texts, the worst first, beside a right one."""
    table = Table(title=harmless(title), title_justify="left", show_lines=True)
    table.add_column("Sample", overflow="fold")
    table.add_column(harmless(metric), justify="right")
    for heading in ("What is wrong", "Answer", "Expected"):
        table.add_column(heading, ratio=1, overflow="fold")
    for each in answers:
        score = UNKNOWN if each.score is None else f"{each.score:.3f}"
        table.add_row(harmless(each.id), score, harmless(*each.wrong), harmless(each.answer), harmless(each.expected))
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
