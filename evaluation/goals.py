"""Goals: what the city wants of a POC and where it would serve, fixed in `goals.toml` before a run. Judging is `judgement`'s work.

A POC's own file goes before the city's, which stands in the folder above it and holds what is the same for all POCs. Checked by
hand and not by pydantic, whose models alone would double the time of `preuve list`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import sys
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from evaluation.exceptions import DataError
from evaluation.messages import Message, Recorded, say, words
from evaluation.task import Task, Unit

# Empty for a share.
GOAL_UNITS = {
    "quality": "",
    "quality_gain": words("above the baseline"),
    "class_recall": "",
    "slice_recall": "",
    "guardrail": "",
    "energy_per_unit_wh": words("Wh"),
    "development_kwh": words("kWh"),
    "marginal_energy_wh": words("Wh per additional correct outcome"),
    "deployed_kwh_per_year": words("kWh a year"),
    "embodied_kg_co2e_per_year": words("kg CO2e a year"),
    "carbon_kg_co2e_per_year": words("kg CO2e a year"),
}
# Where an error lies in goals that were changed for a moment.
CHANGED = "the changed goals"
# What readers call them, who never see a `goals.toml`; the conditions of every GO that no number is set for are among them.
GOAL_NAMES = {
    "quality": words("quality"),
    "quality_gain": words("gain over doing without AI"),
    "class_recall": words("recall of the class worst served"),
    "slice_recall": words("recall of the worst served by {column}"),
    "guardrail": words("guardrail: {metric}"),
    "energy_per_unit_wh": words("energy per {unit}"),
    "development_kwh": words("energy of the whole development"),
    "marginal_energy_wh": words("additional energy per additional correct outcome"),
    "deployed_kwh_per_year": words("energy of a year in service"),
    "embodied_kg_co2e_per_year": words("carbon of making the server, for a year in service"),
    "carbon_kg_co2e_per_year": words("carbon of a year in service"),
    "human_path": words("people still serve who wants it"),
    "data_declared": words("declared whether the data hold personal data"),
    "full_protocol": words("measured by the full protocol"),
    "goals_fixed_before": words("goals fixed before measuring"),
}


@dataclass(frozen=True)
class Goal:
    """One bound on one measure. The ceiling or floor decides, the target is what is hoped for.

    Attributes:
        name: what is bounded, one of GOAL_UNITS.
        ceiling: the most that is allowed; a goal has a ceiling or a floor, by its name.
        floor: the least that is asked. The goal `quality` may do without: it says on which metric candidates are judged.
        target: at or beyond the bound, on its good side.
        metric: of `quality` and of `guardrail`.
        slice: of `slice_recall`: the column along which results are split.
        value: of `slice_recall`: the one that is meant; none for the value worst served.
    """

    name: str
    ceiling: float | None = None
    floor: float | None = None
    target: float | None = None
    metric: str | None = None
    slice: str | None = None
    value: str | None = None

    @property
    def key(self) -> str:
        """The name; of which there may be several, with what is meant: `slice_recall urgent=true`."""
        if self.name == "guardrail":
            return f"{self.name} {self.metric}"
        which = self.slice if self.value is None else f"{self.slice}={self.value}"
        return self.name if self.slice is None else f"{self.name} {which}"

    @property
    def limit(self) -> float:
        """The ceiling or the floor; 0 where there is neither."""
        return self.ceiling if self.ceiling is not None else self.floor or 0.0

    @property
    def bound(self) -> str:
        """The bound in short: `≤ 1 Wh`."""
        unit = GOAL_UNITS[self.name] if self.name == "guardrail" else self.metric or GOAL_UNITS[self.name]
        sign, value = ("≤", self.ceiling) if self.ceiling is not None else ("≥", self.floor)
        return f"{unit}, no floor" if value is None else f"{sign} {value:g} {unit}".rstrip()


def goal_name(key: str, goal: Goal | None, unit_name: str) -> Message:
    """What readers call a goal, or a condition of every GO.

    Args:
        key: as `Goal.key` has it, or the name of the condition.
        goal: none for a condition.
        unit_name: of the functional unit.

    >>> str(goal_name("energy_per_unit_wh", Goal("energy_per_unit_wh", ceiling=1.0), "1 000 requests"))
    'energy per 1 000 requests'
    """
    name, _, which = key.partition(" ")
    if goal and goal.slice is not None and goal.value is not None:
        return say("recall where {column} is {value}", column=goal.slice, value=goal.value)
    return say(GOAL_NAMES[name], unit=Recorded(unit_name), metric=which, column=which)


@dataclass(frozen=True)
class Deployment:
    """The service in which a candidate would work: how much it is asked in a year, and the server it has a share of.

    What ends in `_low` or `_high` is a plausible extreme of what goes before it.

    Attributes:
        requests_per_year: central volume, from the table [volume]; one request is one sample.
        server_memory_gib: of the whole server.
        server_cores: as the operating system counts them.
        server_idle_w: what the server draws without work: declared, at best read from a meter.
        embodied_kg_co2e: what making the server emitted, in kg of CO2 equivalent.
        lifetime_years: over which that is spread.
        pue: power usage effectiveness of the room (ISO/IEC 30134-2): its energy over that of the machines.
        source: where the server's figures come from.
    """

    requests_per_year_low: int
    requests_per_year: int
    requests_per_year_high: int
    server_memory_gib: float
    server_cores: int
    server_idle_w: float
    embodied_kg_co2e_low: float
    embodied_kg_co2e: float
    embodied_kg_co2e_high: float
    lifetime_years: float
    pue_low: float
    pue: float
    pue_high: float
    source: str


@dataclass(frozen=True)
class Goals:
    """What the city wants of a POC, and the service it is meant for.

    Attributes:
        goal: by `Goal.key`.
        text: these goals as TOML, as the records have them, whose hash every run quotes. `read_goals` writes it out from what holds
            in the end: another comment makes no other goals, another value in the city's file does.
        unit: in which energy is quoted; none for goals of a record that can no longer be read.
        deployment: none unless both volume and server are given.
        human_path: whether who wants to is still served by people; none where nobody says.
        correction_wh: energy of putting one wrong outcome right; none where nobody says.
    """

    goal: Mapping[str, Goal]
    text: str
    unit: Unit | None = None
    deployment: Deployment | None = None
    human_path: bool | None = None
    correction_wh: float | None = None

    @property
    def metric(self) -> str | None:
        """On which candidates are judged; none where the goals do not say."""
        return self.goal["quality"].metric if "quality" in self.goal else None

    def with_bounds(self, name: str, **bounds: float) -> Goals:
        """The same goals with another floor, target or ceiling for one of them, to see what that would decide.

        Args:
            name: of the goal; all of them where there are several of this name.
            bounds: by what is changed: `floor`, `target` or `ceiling`.

        Raises:
            DataError: there is no such goal, or it cannot have such a bound.
        """
        tables = tomllib.loads(self.text)
        goals = tables.setdefault("goal", {})
        if name not in goals:
            raise _unknown(_Entry(goals, ("goal",), {(): CHANGED})[name], name, goals)
        for entries in goals[name] if isinstance(goals[name], list) else [goals[name]]:
            entries.update(bounds)
        return parse_goals(_toml(tables), CHANGED)

    @property
    def sha256(self) -> str:
        """Of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_goals(path: Path, task: Task | None = None, city: Path | None = None) -> Goals:
    """Read and check a POC's `goals.toml` over the city's, where there are such.

    Key by key the POC's goes before the city's; an array is replaced as a whole.

    Args:
        path: of the POC's file.
        task: of the POC; where it is given, its unit, metrics and slices must be those of the goals.
        city: the city's file; `goals.toml` in the folder above where none is named.

    Raises:
        DataError: a file is missing, or an entry is not well formed; it names the file in which that entry is written.
    """
    own, city = _read_toml(path), city or path.parent.parent / "goals.toml"
    defaults = _without_city_tables(_read_toml(city), city) if city.exists() else {}
    _refuse_city_tables(own, path)
    files = {**dict.fromkeys(_keys(defaults), str(city)), **dict.fromkeys(_keys(own), str(path))}
    entry = _Entry(_merged(defaults, own), (), files)
    tables = _checked(entry)
    if task:
        _check_task(entry, tables, task)
    return _goals(tables, _toml(tables))


def read_city_table(path: Path, name: str) -> dict[str, Any]:
    """The checked entries of a table that stands in the city's file alone; none where that table or the file is missing.

    Args:
        path: of the city's file.
        name: of the table, one of CITY_TABLES.

    Raises:
        DataError: an entry is not well formed.
    """
    table = _Entry(_read_toml(path) if path.exists() else {}, (), {(): str(path)})[name]
    readers = CITY_TABLES[name]
    return {} if table.value is None else {entry: readers[entry](each) for entry, each in _table(table, (), readers).items()}


def parse_goals(text: str, where: str = "the recorded goals") -> Goals:
    """Read goals as `Goals.text` has them. They keep this text, whose hash is in the records.

    Args:
        text: of the record.
        where: it comes from, for the error.

    Raises:
        DataError: it has another form, that of an older version.
    """
    return _goals(_checked(_Entry(_loads(text, where), (), {(): where})), text)


def recorded_goals(text: str) -> Goals:
    """The goals of a record. Of those of an older version nothing is known but their text and its hash."""
    try:
        return parse_goals(text)
    except DataError:
        return Goals({}, text)


def changed_goals(then: Goals, now: Goals) -> list[Message]:
    """What is different now, a message for each change: `energy_per_unit_wh: ceiling was 1, is now 2`."""
    try:
        before, after = (_by_name(tomllib.loads(goals.text)) for goals in (then, now))
    except ValueError:
        return [] if then.text == now.text else [say("the goals of then and of now cannot be compared: their text is not TOML")]
    return [change for name in {**after, **before} for change in _changes(name, before.get(name), after.get(name))]


# What is written where


Key = tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    """What is written at one place; none where nothing is.

    Attributes:
        value: as TOML has it.
        key: the place: tables from the outside in, then the entry's own name.
        files: from which each entry is.
    """

    value: Any
    key: Key
    files: Mapping[Key, str] = field(repr=False)

    def __getitem__(self, name: str) -> _Entry:
        return _Entry(self.value.get(name) if isinstance(self.value, dict) else None, (*self.key, name), self.files)

    @property
    def items(self) -> list[_Entry]:
        """Of an array, counted from 1."""
        return [_Entry(value, (*self.key, str(number)), self.files) for number, value in enumerate(self.value or (), start=1)]

    @property
    def file(self) -> str:
        """In which it is written. What is missing is missing where its table is written."""
        around = (self.key[:length] for length in range(len(self.key), -1, -1))
        return next(self.files[key] for key in around if key in self.files)

    @property
    def where(self) -> str:
        """File, table and name."""
        return f"{self.file}, {_place(self.key)}" if self.key else self.file

    def wrong(
        self, *, expected: str, found: str | None = None, where: str | None = None, remedy: str = "mend that entry"
    ) -> DataError:
        """The error that this entry is."""
        return DataError(expected=expected, found=found or _short(self.value), where=where or self.where, remedy=remedy)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _place(key: Key) -> str:
    """As one finds it in the file: `[goal.quality] floor`."""
    depth = 2 if key[0] == "goal" else 1
    table = ".".join(key[:depth])
    is_array = key[0] == "goal" and len(key) > 1 and key[1] in SEVERAL
    return " ".join([f"[[{table}]]" if is_array else f"[{table}]", *key[depth:]])


def _keys(value: Any, key: Key = ()) -> Iterator[Key]:
    """The places at which something is written."""
    yield key
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _keys(inner, (*key, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _keys(inner, (*key, str(number)))


def _merged(city: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    return {**city, **{name: _over(city.get(name), value) for name, value in own.items()}}


def _without_city_tables(city: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What the goals of POCs begin with. Whoever misspells the name of a city's own table is told the right one here."""
    _table(_Entry(city, (), {(): str(path)}), (), ("goal", *TABLES, *CITY_TABLES))
    return {name: value for name, value in city.items() if name not in CITY_TABLES}


def _refuse_city_tables(own: Mapping[str, Any], path: Path) -> None:
    for name in CITY_TABLES:
        if name in own:
            raise _Entry(own, (), {(): str(path)})[name].wrong(
                expected=f"[{name}] in the city's goals.toml alone, in the folder above: it holds for all POCs together",
                found="one in a POC's own goals",
                remedy="move it there",
            )


def _over(default: Any, value: Any) -> Any:
    return _merged(default, value) if isinstance(default, dict) and isinstance(value, dict) else value


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return _loads(path.read_bytes().decode(), str(path))
    except UnicodeDecodeError as error:
        raise _no_toml(error, str(path)) from error
    except OSError as error:
        raise DataError(
            expected="the goals of a POC, fixed before it runs",
            found="no such file" if isinstance(error, FileNotFoundError) else str(error.strerror),
            where=str(path),
            remedy="copy the goals.toml of another POC and set its bounds",
        ) from error


def _loads(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:  # a number of too many digits is no TOMLDecodeError
        raise _no_toml(error, where) from error


def _no_toml(error: ValueError, where: str) -> DataError:
    return DataError(expected="a TOML file in UTF-8", found=str(error), where=where, remedy="mend that line")


# What may be written


@dataclass(frozen=True)
class _Rule:
    """What a number must be, in words and as a test. TOML knows `nan` and `inf` too, but such a bound would decide nothing."""

    expected: str
    holds: Callable[[float], bool]


NUMBER = _Rule("a finite number", lambda _: True)
SHARE = _Rule("a share, from 0 to 1", lambda value: 0 <= value <= 1)
NOT_NEGATIVE = _Rule("a finite number, 0 or more", lambda value: value >= 0)
POSITIVE = _Rule("a finite number above 0", lambda value: value > 0)


def _number(entry: _Entry, rule: _Rule) -> float:
    value = entry.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    if not (is_number and rule.holds(value)):
        raise entry.wrong(expected=rule.expected)
    return float(value)


def _whole(entry: _Entry) -> int:
    value = entry.value
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= sys.maxsize:
        raise entry.wrong(expected="a whole number above 0")
    return value


def _text(entry: _Entry) -> str:
    if not (isinstance(entry.value, str) and entry.value.strip()):
        raise entry.wrong(expected="a text in quotes, not empty")
    return entry.value


def _text_or_none(entry: _Entry) -> str | None:
    if not isinstance(entry.value, str):
        raise entry.wrong(expected="a text in quotes; an empty one where it is unknown")
    return entry.value.strip() or None


def _flag(entry: _Entry) -> bool:
    if not isinstance(entry.value, bool):
        raise entry.wrong(expected="true or false", remedy="mend it, or leave the table out: then it is unknown")
    return entry.value


def _table(entry: _Entry, needs: Collection[str], may: Collection[str] = ()) -> dict[str, _Entry]:
    """Its entries by name, in the order given.

    Raises:
        DataError: it is no table, has others, or lacks one that it needs.
    """
    known = [*needs, *may]
    if not isinstance(entry.value, dict):
        raise entry.wrong(expected=f"a table with {', '.join(known)}")
    for name in entry.value:
        if name not in known:
            raise _unknown(entry[name], name, known)
    for name in needs:
        if name not in entry.value:
            raise entry[name].wrong(expected=f"all of {', '.join(needs)}", found=f"no {name}", remedy="add it there")
    return {name: entry[name] for name in known if name in entry.value}


def _unknown(entry: _Entry, name: str, known: Sequence[str]) -> DataError:
    near = difflib.get_close_matches(name, known, n=1)
    remedy = f"did you mean {near[0]}?" if near else "use one of these, or leave it out"
    return entry.wrong(expected=f"one of: {', '.join(known) or 'there is none'}", found=f"unknown: {name}", remedy=remedy)


def _check_at_most(lower: _Entry, upper: _Entry) -> None:
    if lower.value > upper.value:
        names = [entry.key[-1] for entry in (lower, upper)]
        raise lower.wrong(
            expected=f"{names[0]} at most {names[1]}",
            found=f"{names[0]} ({_shown(lower.value)}) is above {names[1]} ({_shown(upper.value)})",
            where=lower.where if lower.file == upper.file else f"{lower.where}; {upper.where}",
        )


VOLUME = ("low", "central", "high")
SERVER = tuple(each.name for each in fields(Deployment) if not each.name.startswith("requests_per_year"))
RANGES = (("embodied_kg_co2e_low", "embodied_kg_co2e", "embodied_kg_co2e_high"), ("pue_low", "pue", "pue_high"))
READERS: dict[str, Callable[[_Entry], Any]] = {"server_cores": _whole, "source": _text}
# Of each table but [goal] the entries, all of which it needs, and what reads them.
TABLES: dict[str, dict[str, Callable[[_Entry], Any]]] = {
    "unit": {"name": _text, "size": _whole},
    "human_path": {"kept": _flag},
    "correction": {"energy_wh": partial(_number, rule=NOT_NEGATIVE)},
    "volume": dict.fromkeys(VOLUME, _whole),
    "deployment": {name: READERS.get(name, partial(_number, rule=POSITIVE)) for name in SERVER},
}
# Tables of the city's file that are about all POCs together. They are no part of any POC's goals nor of their hash; each entry may
# be left out.
CITY_TABLES: dict[str, dict[str, Callable[[_Entry], Any]]] = {
    "programme": {"organisation": _text_or_none, "ceiling_kwh_per_year": partial(_number, rule=POSITIVE)},
}


def _checked(root: _Entry) -> dict[str, Any]:
    """The tables in one order, with numbers of one type: what is the same is written out the same."""
    written = _table(root, (), ("goal", *TABLES))
    if "unit" not in written:
        raise root["unit"].wrong(
            expected="the functional unit in which energy is quoted",
            found="no unit",
            remedy="add [unit] with name and size, as in TASK",
        )
    tables = {name: _values(written[name], readers) for name, readers in TABLES.items() if name in written}
    if "volume" in tables:
        _check_order(root["volume"], VOLUME)
    if "deployment" in tables:
        _check_server(root["deployment"])
    return {"unit": tables.pop("unit"), "goal": _checked_goals(root["goal"]), **tables}


def _values(entry: _Entry, readers: Mapping[str, Callable[[_Entry], Any]]) -> dict[str, Any]:
    return {name: readers[name](each) for name, each in _table(entry, readers).items()}


def _check_order(table: _Entry, names: Sequence[str]) -> None:
    for lower, upper in pairwise(names):
        _check_at_most(table[lower], table[upper])


def _check_server(table: _Entry) -> None:
    for names in RANGES:
        _check_order(table, names)
    if table["pue_low"].value < 1:
        raise table["pue_low"].wrong(expected="a PUE of 1 or more: a room uses no less than the machines in it")


# Goals


@dataclass(frozen=True)
class _Form:
    """What a goal says: the entries it needs, those it may have, and what its numbers must be."""

    needs: Sequence[str]
    may: Sequence[str]
    rule: _Rule = NOT_NEGATIVE


# In the order in which they are shown and recorded.
FORMS = {
    # The scale of these two is that of the metric, which the task knows.
    "quality": _Form(("metric",), ("floor", "target"), NUMBER),
    "quality_gain": _Form(("floor",), ("target",)),
    "class_recall": _Form(("floor",), ("target",), SHARE),
    "slice_recall": _Form(("slice", "floor"), ("value", "target"), SHARE),
    # A floor or a ceiling, by the metric's direction, which the task knows.
    "guardrail": _Form(("metric",), ("floor", "ceiling", "target"), NUMBER),
    "energy_per_unit_wh": _Form(("target", "ceiling"), ()),
    "marginal_energy_wh": _Form(("target", "ceiling"), ()),
    "development_kwh": _Form(("target", "ceiling"), ()),
    "deployed_kwh_per_year": _Form(("target", "ceiling"), ()),
    "embodied_kg_co2e_per_year": _Form(("ceiling",), ("target",)),
    "carbon_kg_co2e_per_year": _Form(("ceiling",), ("target",)),
}
# Goals of which there may be several.
SEVERAL = ("slice_recall", "guardrail")
TEXTS = ("metric", "slice", "value")
# In which the entries of a goal are written out.
ORDER = (*TEXTS, "floor", "target", "ceiling")


def _checked_goals(entry: _Entry) -> dict[str, Any]:
    written = {} if entry.value is None else _table(entry, (), FORMS)
    goals = {name: _checked_several(each) if name in SEVERAL else _checked_goal(each) for name, each in written.items()}
    if not any(goals.values()):
        raise entry.wrong(expected="at least one [goal.NAME]", found="none", remedy="fix what the POC must reach")
    return {name: goal for name, goal in goals.items() if goal}


def _checked_goal(entry: _Entry) -> dict[str, Any]:
    form = FORMS[entry.key[1]]
    if isinstance(entry.value, dict):
        _check_side(entry, form)
    written = _table(entry, form.needs, form.may)
    values = {
        name: _text(written[name]) if name in TEXTS else _number(written[name], form.rule) for name in ORDER if name in written
    }
    if "target" in values:
        lower, upper = ("floor", "target") if "floor" in values else ("target", "ceiling")
        if {lower, upper} <= values.keys():
            _check_at_most(entry[lower], entry[upper])
    return values


def _check_side(entry: _Entry, form: _Form) -> None:
    known = (*form.needs, *form.may)
    if {"floor", "ceiling"} <= set(known) and ("floor" in entry.value) == ("ceiling" in entry.value):
        found = "both" if "floor" in entry.value else "neither"
        raise entry.wrong(expected="a floor or a ceiling", found=found, remedy="the metric's direction says which")
    for wrong, right in (("ceiling", "floor"), ("floor", "ceiling")):
        if wrong in entry.value and right in known and wrong not in known:
            raise entry[wrong].wrong(
                expected=f"a {right}, which this goal has", found=f"a {wrong}", remedy=f"write {right} instead"
            )


def _checked_several(entry: _Entry) -> list[dict[str, Any]]:
    name = entry.key[1]
    if not isinstance(entry.value, list):
        raise entry.wrong(expected="a list of tables", remedy=f"write [[goal.{name}]], in double brackets")
    goals: dict[str, dict[str, Any]] = {}
    for each in entry.items:
        goal = _checked_goal(each)
        key = Goal(name, **goal).key
        if key in goals:
            raise each.wrong(expected="each of them once", found=f"{key}, twice", remedy="leave one of them out")
        goals[key] = goal
    return [goals[key] for key in sorted(goals)]


def _check_task(root: _Entry, tables: Mapping[str, Any], task: Task) -> None:
    """What goals and task both speak of is the same in both."""
    for name, value in (("name", task.unit.name), ("size", task.unit.size)):
        if tables["unit"][name] != value:
            raise root["unit"][name].wrong(expected=f"that of the POC's TASK, {value!r}", remedy="mend it there, or in TASK")
    if task.answers_are_texts and root["goal"]["class_recall"].value is not None:
        raise root["goal"]["class_recall"].wrong(
            expected="no class_recall: answers of this task are texts, and have no classes",
            found="one",
            remedy="write [[goal.slice_recall]] or [[goal.guardrail]] instead",
        )
    _check_metric(root["goal"], task)
    for each in root["goal"]["guardrail"].items:
        _check_guardrail(each, task)
    for each in root["goal"]["slice_recall"].items:
        if each["slice"].value not in task.slices:
            raise _unknown(each["slice"], each["slice"].value, task.slices)


def _check_metric(goal: _Entry, task: Task) -> None:
    bounds = {metric.name: metric.bounds for metric in task.metrics}
    name = goal["quality"]["metric"].value or next(iter(bounds), None)
    if name is None:
        return
    if name not in bounds:
        raise _unknown(goal["quality"]["metric"], name, list(bounds))
    low, high = bounds[name]
    _check_scale(goal["quality"], low, high)
    _check_scale(goal["quality_gain"], 0, high - low)


def _check_guardrail(goal: _Entry, task: Task) -> None:
    metrics = {metric.name: metric for metric in task.metrics}
    if goal["metric"].value not in metrics:
        raise _unknown(goal["metric"], goal["metric"].value, list(metrics))
    metric = metrics[goal["metric"].value]
    right, wrong = ("floor", "ceiling") if metric.higher_is_better else ("ceiling", "floor")
    if goal[wrong].value is not None:
        raise goal[wrong].wrong(
            expected=f"a {right}: {'more' if metric.higher_is_better else 'less'} of {metric.name} is better",
            found=f"a {wrong}",
            remedy=f"write {right} instead",
        )
    _check_scale(goal, *metric.bounds)


def _check_scale(goal: _Entry, low: float, high: float) -> None:
    for each in (goal["floor"], goal["ceiling"], goal["target"]):
        if each.value is not None and not low <= each.value <= high:
            raise each.wrong(expected=f"from {low:g} to {high:g}, as the metric has it")


def _goals(tables: Mapping[str, Any], text: str) -> Goals:
    goals = [Goal(name, **entries) for name, entries in _each_goal(tables["goal"])]
    volume, server = tables.get("volume"), tables.get("deployment")
    return Goals(
        goal={goal.key: goal for goal in goals},
        text=text,
        unit=Unit(**tables["unit"]),
        deployment=_deployment(volume, server) if volume and server else None,
        human_path=tables.get("human_path", {}).get("kept"),
        correction_wh=tables.get("correction", {}).get("energy_wh"),
    )


def _each_goal(table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, entries in table.items():
        for each in entries if isinstance(entries, list) else [entries]:
            yield name, each


def _deployment(volume: Mapping[str, int], server: Mapping[str, Any]) -> Deployment:
    low, central, high = (volume[name] for name in VOLUME)
    return Deployment(requests_per_year_low=low, requests_per_year=central, requests_per_year_high=high, **server)


# Writing out, and what is different


def _toml(tables: Mapping[str, Any]) -> str:
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in _blocks(tables))


def _blocks(tables: Mapping[str, Any]) -> Iterator[list[str]]:
    for name, table in tables.items():
        if name != "goal":
            yield [f"[{name}]", *_lines(table)]
            continue
        for goal, entries in _each_goal(table):
            yield [f"[[goal.{goal}]]" if isinstance(table[goal], list) else f"[goal.{goal}]", *_lines(entries)]


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_toml_value(value)}" for name, value in table.items()]


def _toml_value(value: Any) -> str:
    """A text, whole number, number or truth value, which TOML reads back the same.

    >>> _toml_value(0.1), _toml_value(1e-05), _toml_value(True)
    ('0.1', '1e-05', 'true')
    """
    # JSON's escapes are TOML's, but for one that JSON need not make.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _shown(value: Any) -> str:
    return _toml_value(value).removesuffix(".0")


def _by_name(tables: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The goals by their key, and the other tables by their name."""
    goals = {
        Goal(name, metric=each.get("metric"), slice=each.get("slice"), value=each.get("value")).key: each
        for name, each in _each_goal(tables.get("goal", {}))
    }
    return {**goals, **{name: table for name, table in tables.items() if name != "goal"}}


def _changes(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Message]:
    if before is None or after is None:
        return [say("{goal}: added", goal=name) if before is None else say("{goal}: removed", goal=name)]
    changed = [key for key in {**after, **before} if before.get(key) != after.get(key)]
    return [_change(name, key, before.get(key), after.get(key)) for key in changed]


def _change(goal: str, entry: str, before: Any, after: Any) -> Message:
    """Values as `goals.toml` has them, in which the change was made."""
    if before is None:
        return say("{goal}: {entry} added, {after}", goal=goal, entry=entry, after=_shown(after))
    if after is None:
        return say("{goal}: {entry} removed, was {before}", goal=goal, entry=entry, before=_shown(before))
    return say("{goal}: {entry} was {before}, is now {after}", goal=goal, entry=entry, before=_shown(before), after=_shown(after))
