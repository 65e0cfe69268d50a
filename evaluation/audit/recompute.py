"""The carbon of everything measured, under another emission factor or PUE: a record of its own, beside which the old ones stay."""

from __future__ import annotations

from dataclasses import dataclass, field

from evaluation.energy.factors import Factor, carbon_g
from evaluation.exceptions import RecordError
from evaluation.records.entries import recomputation_entry
from evaluation.records.ledger import Content, Entry, Head, Ledger

GIVEN, RECORDED = "given with --pue", "as recorded, weighted by energy"


@dataclass
class Measured:
    """What the readings of a ledger come to. Energy that was measured elsewhere is not among them.

    Attributes:
        energy_wh: of the machines.
        room_wh: with the PUEs that were recorded.
        carbon_g: as it was recorded.
        factors: g CO2e per kWh under which it was recorded, by the factors' ids.
    """

    energy_wh: float = 0.0
    room_wh: float = 0.0
    carbon_g: float = 0.0
    readings: int = 0
    factors: dict[str, float] = field(default_factory=dict)

    @property
    def pue(self) -> float:
        """The PUE that was recorded; the mean over the energy where there were several."""
        return self.room_wh / self.energy_wh if self.energy_wh else 1.0

    def add(self, content: Content) -> None:
        """Count a reading."""
        self.energy_wh += content["energy_wh"]
        self.room_wh += content["energy_wh"] * content["pue"]
        self.carbon_g += content["carbon_g"]
        self.readings += 1
        self.factors[content["factor"]] = content["g_per_kwh"]


@dataclass(frozen=True)
class Recomputation:
    """Old and new, and what makes the difference: the factor at the PUE that was recorded, then the PUE at the new factor."""

    before: Measured
    factor: Factor
    pue: float

    @property
    def carbon_g(self) -> float:
        """Under the new factor and PUE, in grams of CO2 equivalent."""
        return carbon_g(self.before.energy_wh, self.factor, self.pue)

    @property
    def by_factor_g(self) -> float:
        """What the factor alone changes."""
        return carbon_g(self.before.room_wh, self.factor) - self.before.carbon_g

    @property
    def by_pue_g(self) -> float:
        """What the PUE changes besides."""
        return self.carbon_g - carbon_g(self.before.room_wh, self.factor)


def recompute(ledger: Ledger, factor: Factor, pue: float | None) -> tuple[Recomputation, Head]:
    """Recompute the carbon of everything measured, and append the result to the ledger.

    Args:
        ledger: whose readings are taken.
        factor: of the electricity.
        pue: of the room; none for the one that was recorded.

    Raises:
        RecordError: nothing was measured yet, or the ledger cannot be read or appended to.
    """
    while True:
        # A campaign under way goes on: what it adds meanwhile is counted too, so that the record holds all that stands before it.
        measured, last = Measured(), None
        for record in ledger.records():
            last = Head(record["number"], record["sha256"])
            if record["kind"] == "reading":
                measured.add(record["content"])
        if not measured.readings:
            raise RecordError(
                expected="energy that was measured",
                found="none yet",
                where=str(ledger.path),
                remedy="preuve run POC measures some",
            )
        found = Recomputation(measured, factor, measured.pue if pue is None else pue)
        heads = ledger.append(_entry(found, RECORDED if pue is None else GIVEN), only_after=last)
        if heads:
            return found, heads[0]


def _entry(found: Recomputation, pue_source: str) -> Entry:
    return recomputation_entry(
        found.factor,
        found.pue,
        pue_source,
        energy_wh=found.before.energy_wh,
        readings=found.before.readings,
        before_g=found.before.carbon_g,
        by_factor_g=found.by_factor_g,
        by_pue_g=found.by_pue_g,
    )
