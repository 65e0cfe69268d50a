"""What a ledger comes to, for one page. Pure: one pass, in memory that grows with the campaigns and not with their readings.

Whether the records hold is `verify`'s to say. One that has not the fields which that knows is counted apart, and is in no figure.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, get_args

from evaluation.audit.verify import FIELDS, FORMAT
from evaluation.energy.evidence import ComponentName, EvidenceClass, class_of_total
from evaluation.energy.machine import ASSUMED, Declarations
from evaluation.energy.reading import Kind, Outcome
from evaluation.records.ledger import Content, Head
from evaluation.run import RunStatus

# Why energy led to no result: the window's own fate first, then that of its run. `no run finished` is the idle machine in a
# campaign of which nothing came.
Fate = Literal["repeated", "cut short", "unreadable", "failed", "interrupted", "unavailable", "no run finished"]
CampaignEnd = Literal["finished", "interrupted", "not closed"]
NOT_ENDED: Final = "not ended"
COUNTING: tuple[Outcome, ...] = ("complete", "disturbed")
# Beyond it a number is none that a machine can have used, and none that can be written for people.
LARGEST = 1e15
# Paths of Windows too: what lies before the last part may name a person.
FOLDERS = re.compile(r".*[/\\]", re.DOTALL)
HUB = "hf:"


@dataclass(frozen=True)
class Energy:
    """A sum of energies.

    Attributes:
        low_wh: the true value is at least this.
        high_wh: and at most this.
        by_class: of the components in it, in Wh.
        count: of readings, or of records where it was imported.
    """

    energy_wh: float
    low_wh: float
    high_wh: float
    by_class: Mapping[EvidenceClass, float]
    count: int

    @property
    def evidence(self) -> EvidenceClass | None:
        """How well it is known; none where there is nothing in it."""
        return class_of_total(self.by_class) if self.by_class else None


@dataclass(frozen=True)
class Part:
    """A component of the machines, as far as it is known in one way."""

    component: ComponentName
    evidence: EvidenceClass
    backend: str
    energy: Energy


@dataclass(frozen=True)
class Electricity:
    """Carbon that was recorded under one factor and one PUE; what the factor is, a campaign's record says."""

    factor: str
    g_per_kwh: float
    pue: float
    pue_source: str | None
    energy: Energy
    carbon_g: float
    source: str | None
    year: int | None
    perimeter: str | None


@dataclass(frozen=True)
class Import:
    """Energy that was measured elsewhere, as one tool or one person told it of one task."""

    task: str | None
    tool: str
    reason: str | None
    energy: Energy
    carbon_g: float


@dataclass(frozen=True)
class Recomputation:
    """All carbon under another factor or PUE."""

    number: int
    at: str
    factor: str
    g_per_kwh: float
    pue: float
    pue_source: str
    energy_wh: float
    before_g: float
    by_factor_g: float
    by_pue_g: float
    carbon_g: float


@dataclass(frozen=True)
class Repetition:
    """A run that was repeated. The ratio is of inference energy, now over then; none where it could not be taken."""

    number: int
    at: str
    repeats: str
    repeated: str
    answers: int
    differing: int
    identical: bool
    ratio: float | None
    low: float | None
    high: float | None
    within: str


@dataclass(frozen=True)
class Note:
    """Words of whoever keeps the ledger."""

    number: int
    at: str
    about: str | None
    text: str


@dataclass(frozen=True)
class Declared:
    """What is declared about a machine, and by whom."""

    name: str
    value: float | str
    source: str

    @property
    def assumed(self) -> bool:
        """Whether nobody has declared it."""
        return self.source.startswith(ASSUMED)


@dataclass(frozen=True)
class MachineVersion:
    """A machine as it was declared from one record on.

    Attributes:
        calibrated: day of its calibration against a wall meter; none without one.
        energy: that was measured while it was declared so.
    """

    machine_id: str
    sha256: str
    number: int
    at: str
    cpu: str
    cores: int
    ram_gib: float
    gpus: tuple[str, ...]
    virtualised: str | None
    container: str | None
    calibrated: str | None
    declared: tuple[Declared, ...]
    energy: Energy


@dataclass(frozen=True)
class CampaignSummary:
    """One campaign.

    Attributes:
        status: as it was closed.
        runs: how many by their status, and `not ended`.
        embodied_g: of making the machine, for as long as it was the campaign's; none before it is closed.
        data: names of its files, without their folders.
    """

    id: str
    task: str
    started: str
    status: CampaignEnd
    reason: str | None
    over_budget: str | None
    runs: Mapping[str, int]
    energy: Energy
    carbon_g: float
    embodied_g: float | None
    commit: str | None
    dirty: bool | None
    data: tuple[str, ...]
    goals_sha256: str


@dataclass(frozen=True)
class TaskSummary:
    """A task and its campaigns, in the order in which they began."""

    name: str
    energy: Energy
    carbon_g: float
    embodied_g: float
    campaigns: tuple[CampaignSummary, ...]


@dataclass(frozen=True)
class Summary:
    """All of it.

    Attributes:
        head: what the last record is known by, NUMBER:HASH; none without records.
        first_at: when the first record was written.
        last_at: when the last one was.
        records: how many there are.
        unread: how many of them are in no figure, as they have not the fields of their kind.
        campaigns: how many by how they ended.
        energy: of everything measured here, failures included.
        by_class: of the components known so well; all classes are there.
        by_kind: by what the windows held.
        without_result: by why, no window in two of them.
        lost: the sum of that.
        not_ended: of runs under way, or whose end is not on record; neither a result nor a failure so far.
        carbon_g: of that electricity, as it was recorded.
        embodied_g: of making the machines, of campaigns that are closed.
        imported: energy measured elsewhere, which is in no other figure.
        operator_roles: who measured, and how many campaigns.
    """

    head: str | None
    first_at: str | None
    last_at: str | None
    records: int
    unread: int
    campaigns: Mapping[CampaignEnd, int]
    energy: Energy
    by_class: Mapping[EvidenceClass, Energy]
    by_component: tuple[Part, ...]
    by_kind: Mapping[Kind, Energy]
    without_result: Mapping[Fate, Energy]
    lost: Energy
    not_ended: Energy
    carbon_g: float
    electricity: tuple[Electricity, ...]
    embodied_g: float
    recomputations: tuple[Recomputation, ...]
    imported: tuple[Import, ...]
    imported_energy: Energy
    imported_g: float
    repetitions: tuple[Repetition, ...]
    machines: tuple[MachineVersion, ...]
    operator_roles: Mapping[str, int]
    tasks: tuple[TaskSummary, ...]
    notes: tuple[Note, ...]


@dataclass
class _Sum:
    """An `Energy` in the making."""

    energy_wh: float = 0.0
    low_wh: float = 0.0
    high_wh: float = 0.0
    by_class: dict[EvidenceClass, float] = field(default_factory=dict)
    count: int = 0

    def add(self, one: Energy | _Sum) -> None:
        self.energy_wh += one.energy_wh
        self.low_wh += one.low_wh
        self.high_wh += one.high_wh
        for evidence, energy_wh in one.by_class.items():
            self.by_class[evidence] = self.by_class.get(evidence, 0.0) + energy_wh
        self.count += one.count

    @property
    def energy(self) -> Energy:
        return Energy(self.energy_wh, self.low_wh, self.high_wh, dict(sorted(self.by_class.items())), self.count)


@dataclass
class _Carbon:
    """Energy, and the carbon of it."""

    energy: _Sum = field(default_factory=_Sum)
    carbon_g: float = 0.0

    def add(self, energy: Energy, carbon_g: float) -> None:
        self.energy.add(energy)
        self.carbon_g += carbon_g


@dataclass
class _Campaign:
    """A campaign in the making.

    Attributes:
        counting: energy of the windows that count, by run; the campaign's own under none.
        ended: status by run.
        opened: of its record, what the page has.
    """

    used: _Carbon = field(default_factory=_Carbon)
    counting: dict[str | None, _Sum] = field(default_factory=dict)
    ended: dict[str, RunStatus] = field(default_factory=dict)
    opened: Content | None = None
    closed: Content | None = None


class _Count:
    """The pass over the records."""

    def __init__(self) -> None:
        self.head: str | None = None
        self.first_at: str | None = None
        self.last_at: str | None = None
        self.records = self.unread = 0
        self.used = _Carbon()
        self.by_class = {evidence: _Sum() for evidence in get_args(EvidenceClass)}
        self.by_part: dict[tuple[ComponentName, EvidenceClass, str], _Sum] = {}
        self.by_kind: dict[Kind, _Sum] = {}
        self.fates: dict[Fate, _Sum] = {}
        self.electricity: dict[tuple[str, float, float, str | None], _Carbon] = {}
        self.factors: dict[tuple[str, float], tuple[str, int, str]] = {}
        self.imports: dict[tuple[str | None, str, str | None], _Carbon] = {}
        self.recomputations: list[Recomputation] = []
        self.repetitions: list[Repetition] = []
        self.notes: list[Note] = []
        self.machines: dict[str, MachineVersion] = {}
        self.by_machine: dict[str, _Sum] = {}
        self.campaigns: dict[str, _Campaign] = {}

    def add(self, record: Content) -> None:
        """Count a record, wholly or not at all."""
        self.records += 1
        try:
            shaped = _shaped("record", record)
            number, at, kind = shaped["number"], shaped["at"], shaped["kind"]
            self.head, self.first_at, self.last_at = str(Head(number, shaped["sha256"])), self.first_at or at, at
            if shaped["format"] != FORMAT:
                raise ValueError(shaped["format"])  # noqa: TRY301
            getattr(self, "_" + kind.replace("-", "_"), _nothing)(_shaped(kind, shaped["content"]), number, at)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            self.unread += 1

    # Each of these takes what it needs before it counts anything.

    def _reading(self, content: Content, *_: Any) -> None:
        window = _shaped("window", content["reading"])
        kind, outcome = _one_of(Kind, window["kind"]), _one_of(Outcome, window["outcome"])
        parts = [_part(component) for component in window["components"]]
        by_class: dict[EvidenceClass, float] = {}
        for part in parts:
            by_class[part.evidence] = by_class.get(part.evidence, 0.0) + part.energy.energy_wh
        energy = Energy(*_bounded(content), by_class, 1)
        carbon_g, g_per_kwh, pue = (_number(content[name]) for name in ("carbon_g", "g_per_kwh", "pue"))
        machine = self.machines.get(content["machine_sha256"])
        pue_source = next((each.source for each in machine.declared if each.name == "pue"), None) if machine else None
        self.used.add(energy, carbon_g)
        for part in parts:
            self.by_class[part.evidence].add(part.energy)
            self.by_part.setdefault((part.component, part.evidence, part.backend), _Sum()).add(part.energy)
        self.by_kind.setdefault(kind, _Sum()).add(energy)
        self.by_machine.setdefault(content["machine_sha256"], _Sum()).add(energy)
        self.electricity.setdefault((content["factor"], g_per_kwh, pue, pue_source), _Carbon()).add(energy, carbon_g)
        campaign = None if content["campaign"] is None else self.campaigns.setdefault(content["campaign"], _Campaign())
        if campaign:
            campaign.used.add(energy, carbon_g)
        if outcome not in COUNTING:
            self.fates.setdefault(outcome, _Sum()).add(energy)
        elif campaign:
            # Whether anything came of it is known when its run has ended.
            campaign.counting.setdefault(content["run"], _Sum()).add(energy)

    def _campaign_opened(self, content: Content, *_: Any) -> None:
        factor, data, code = content["factor"], content["data"], content["code"]
        known = (str(factor["source"]), int(factor["year"]), str(factor["perimeter"]))
        opened = {name: content[name] for name in ("campaign", "started", "task", "goals_sha256", "operator_role")}
        files = (data["source"], data["test_source"])
        opened["data"] = tuple(_file_name(str(source)) for source in files if source is not None)
        opened["runs"] = tuple(str(run["name"]) for run in content["runs"])
        opened["commit"] = _text_or_none(code["commit"])
        opened["dirty"] = None if code["dirty"] is None else bool(code["dirty"])
        self.factors.setdefault((factor["id"], _number(factor["g_per_kwh"])), known)
        self.campaigns.setdefault(content["campaign"], _Campaign()).opened = opened

    def _run_ended(self, content: Content, *_: Any) -> None:
        status: RunStatus = _one_of(RunStatus, content["status"])
        self.campaigns.setdefault(content["campaign"], _Campaign()).ended[content["run"]] = status

    def _campaign_closed(self, content: Content, *_: Any) -> None:
        closed = {name: content[name] for name in ("reason", "over_budget")}
        closed["status"] = _one_of(CampaignEnd, content["status"])
        closed["embodied_g"] = _number(content["embodied_g"])
        self.campaigns.setdefault(content["campaign"], _Campaign()).closed = closed

    def _imported(self, content: Content, *_: Any) -> None:
        energy_wh, low_wh, high_wh = _bounded(content)
        energy = Energy(energy_wh, low_wh, high_wh, {_one_of(EvidenceClass, content["evidence"]): energy_wh}, 1)
        carbon_g = _number(content["carbon_g"])
        self.imports.setdefault((content["task"], content["tool"], content["reason"]), _Carbon()).add(energy, carbon_g)

    def _recomputation(self, content: Content, number: int, at: str) -> None:
        factor, pue = content["factor"], content["pue"]
        self.recomputations.append(
            Recomputation(
                number=number,
                at=at,
                factor=str(factor["id"]),
                g_per_kwh=_number(factor["g_per_kwh"]),
                pue=_number(pue["value"]),
                pue_source=str(pue["source"]),
                energy_wh=_number(content["energy_wh"]),
                before_g=_number(content["carbon_before_g"]),
                by_factor_g=_number(content["by_factor_g"]),
                by_pue_g=_number(content["by_pue_g"]),
                carbon_g=_number(content["carbon_g"]),
            )
        )

    def _repetition(self, content: Content, number: int, at: str) -> None:
        quality, energy = content["quality"], content["energy"]
        ratio, low, high = (_number_or_none(energy[name]) for name in ("ratio", "low", "high"))
        self.repetitions.append(
            Repetition(
                number=number,
                at=at,
                repeats=str(content["repeats"]["campaign"]),
                repeated=str(content["repeated"]["campaign"]),
                answers=int(_number(quality["answers"])),
                differing=int(_number(quality["differing"])),
                identical=quality["identical"] is True,
                ratio=ratio,
                low=low,
                high=high,
                within=str(energy["within"]),
            )
        )

    def _note(self, content: Content, number: int, at: str) -> None:
        self.notes.append(Note(number, at, content["about"], content["text"]))

    def _machine(self, content: Content, number: int, at: str) -> None:
        machine = json.loads(content["text"])
        hardware, calibration = machine["hardware"], machine["calibration"]
        self.machines[content["machine_sha256"]] = MachineVersion(
            machine_id=content["machine_id"],
            sha256=content["machine_sha256"],
            number=number,
            at=at,
            cpu=str(hardware["cpu"]),
            cores=int(_number(hardware["cores"])),
            ram_gib=_number(hardware["ram_gib"]),
            gpus=tuple(str(name) for name in hardware["gpus"]),
            virtualised=_text_or_none(hardware["virtualised"]),
            container=_text_or_none(hardware["container"]),
            calibrated=str(calibration["made"]) if calibration else None,
            declared=tuple(_declared(name, machine["declared"][name]) for name in _in_order(machine["declared"])),
            energy=_Sum().energy,
        )

    def result(self) -> Summary:
        """The sums, when all records are counted."""
        fates, not_ended, imported, lost = dict(self.fates), _Sum(), _Carbon(), _Sum()
        for campaign in self.campaigns.values():
            for run, energy in campaign.counting.items():
                fate = _fate(campaign, run)
                if fate == NOT_ENDED:
                    not_ended.add(energy)
                elif fate is not None:
                    fates.setdefault(fate, _Sum()).add(energy)
        for energy in fates.values():
            lost.add(energy)
        for used in self.imports.values():
            imported.add(used.energy.energy, used.carbon_g)
        opened = [(campaign, campaign.opened) for campaign in self.campaigns.values() if campaign.opened]
        campaigns = [_campaign_summary(*each) for each in opened]
        roles = Counter(content["operator_role"] for _, content in opened)
        ends = Counter(campaign.status for campaign in campaigns)
        return Summary(
            head=self.head,
            first_at=self.first_at,
            last_at=self.last_at,
            records=self.records,
            unread=self.unread,
            campaigns={status: ends[status] for status in get_args(CampaignEnd)},
            energy=self.used.energy.energy,
            by_class={evidence: each.energy for evidence, each in self.by_class.items()},
            by_component=tuple(Part(*name, each.energy) for name, each in sorted(self.by_part.items())),
            by_kind={kind: self.by_kind[kind].energy for kind in get_args(Kind) if kind in self.by_kind},
            without_result={fate: fates[fate].energy for fate in get_args(Fate) if fate in fates},
            lost=lost.energy,
            not_ended=not_ended.energy,
            carbon_g=self.used.carbon_g,
            electricity=tuple(self._electricity(*name, used) for name, used in self.electricity.items()),
            embodied_g=_embodied_g(campaigns),
            recomputations=tuple(self.recomputations),
            imported=tuple(Import(*name, used.energy.energy, used.carbon_g) for name, used in self.imports.items()),
            imported_energy=imported.energy.energy,
            imported_g=imported.carbon_g,
            repetitions=tuple(self.repetitions),
            machines=tuple(
                replace(machine, energy=self.by_machine.get(sha256, _Sum()).energy) for sha256, machine in self.machines.items()
            ),
            operator_roles=dict(sorted(roles.items())),
            tasks=tuple(_tasks(campaigns)),
            notes=tuple(self.notes),
        )

    def _electricity(self, factor: str, g_per_kwh: float, pue: float, pue_source: str | None, used: _Carbon) -> Electricity:
        known = self.factors.get((factor, g_per_kwh), (None, None, None))
        return Electricity(factor, g_per_kwh, pue, pue_source, used.energy.energy, used.carbon_g, *known)


def summarise(records: Iterable[Content]) -> Summary:
    """What these records come to.

    Args:
        records: of one ledger, in their order. Those whose own hash does not hold are better left out.
    """
    count = _Count()
    for record in records:
        count.add(record)
    return count.result()


def _fate(campaign: _Campaign, run: str | None) -> Fate | Literal["not ended"] | None:
    """Why the windows of a run that count led to no result; none where they did. Of no run are those of the idle machine."""
    if run is None:
        if campaign.closed is None:
            return NOT_ENDED
        return None if "finished" in campaign.ended.values() else "no run finished"
    status = campaign.ended.get(run)
    if status is None:
        return NOT_ENDED
    return None if status == "finished" else status


def _campaign_summary(campaign: _Campaign, opened: Content) -> CampaignSummary:
    closed = campaign.closed or {"status": "not closed", "reason": None, "over_budget": None, "embodied_g": None}
    statuses = Counter(campaign.ended.get(run, NOT_ENDED) for run in opened["runs"])
    return CampaignSummary(
        id=opened["campaign"],
        task=opened["task"],
        started=opened["started"],
        **closed,
        runs={status: statuses[status] for status in (*get_args(RunStatus), NOT_ENDED) if statuses[status]},
        energy=campaign.used.energy.energy,
        carbon_g=campaign.used.carbon_g,
        commit=opened["commit"],
        dirty=opened["dirty"],
        data=opened["data"],
        goals_sha256=opened["goals_sha256"],
    )


def _tasks(campaigns: Sequence[CampaignSummary]) -> Iterator[TaskSummary]:
    for name in sorted({campaign.task for campaign in campaigns}):
        own = tuple(campaign for campaign in campaigns if campaign.task == name)
        used = _Carbon()
        for campaign in own:
            used.add(campaign.energy, campaign.carbon_g)
        yield TaskSummary(name, used.energy.energy, used.carbon_g, _embodied_g(own), own)


def _embodied_g(campaigns: Iterable[CampaignSummary]) -> float:
    return sum(campaign.embodied_g or 0.0 for campaign in campaigns)


def _shaped(kind: str, content: Any) -> Content:
    """The content of a record of this kind, or of a part of one, where it has exactly the fields that the check knows.

    Raises:
        ValueError: it has not.
    """
    fields = FIELDS[kind]
    if set(content) != set(fields) or any(type(value) not in fields[name] for name, value in content.items()):
        raise ValueError(kind)
    shaped: Content = content
    return shaped


def _nothing(*_: Any) -> None:
    """For kinds of which the page has nothing."""


def _one_of(known: Any, value: Any) -> Any:
    if value not in get_args(known):
        raise ValueError(value)
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueError(value)
    return value


def _number_or_none(value: Any) -> float | None:
    # What was no number is recorded as a word.
    return _number(value) if isinstance(value, int | float) else None


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _bounded(content: Content) -> tuple[float, float, float]:
    return _number(content["energy_wh"]), _number(content["low_wh"]), _number(content["high_wh"])


def _part(component: Any) -> Part:
    shaped = _shaped("component", component)
    name, evidence = _one_of(ComponentName, shaped["name"]), _one_of(EvidenceClass, shaped["evidence"])
    energy_wh, low_wh, high_wh = _bounded(shaped)
    return Part(name, evidence, shaped["backend"], Energy(energy_wh, low_wh, high_wh, {evidence: energy_wh}, 1))


def _in_order(declared: Content) -> list[str]:
    """As `machine.toml` has them: some of their sources speak of the figure above."""
    known = [name for name in Declarations.model_fields if name in declared]
    return known + [name for name in declared if name not in known]


def _declared(name: str, declared: Any) -> Declared:
    value = declared["value"]
    return Declared(name, value if isinstance(value, str) else _number(value), str(declared["source"]))


def _file_name(source: str) -> str:
    """The name of a file without its folders; of a hub's data set all of it.

    >>> _file_name("/home/someone/requests.csv"), _file_name("hf:city/requests@1a2b")
    ('requests.csv', 'hf:city/requests@1a2b')
    """
    return source if source.startswith(HUB) else FOLDERS.sub("", source)
