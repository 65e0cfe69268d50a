"""Finding POCs: every folder of `poc/` that holds `TASK` and `CANDIDATES`."""

from __future__ import annotations

import difflib
import importlib
import json
import pkgutil
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from evaluation.candidate import Candidate
from evaluation.exceptions import NameNotFoundError, PreuveError
from evaluation.goals import Goals, read_goals
from evaluation.poc_card import FILES, read_poc_card
from evaluation.task import Task


@dataclass(frozen=True)
class Poc:
    """A proof of concept: its folder, what it is asked, and the ways to do it."""

    folder: Path
    task: Task
    candidates: Sequence[Candidate]

    @property
    def goals(self) -> Goals:
        """What the city wants of it."""
        return read_goals(self.folder / "goals.toml", self.task)

    def choose(self, names: Sequence[str]) -> list[Candidate]:
        """The candidates of these names, in the POC's order; all of them where none is named.

        Raises:
            NameNotFoundError: there is none of that name; the nearest one is offered.
        """
        known = [candidate.name for candidate in self.candidates]
        for name in names:
            if name not in known:
                raise not_found("candidate", name, known, f"POC {self.task.name}")
        return [candidate for candidate in self.candidates if not names or candidate.name in names]


@dataclass(frozen=True)
class BrokenPoc:
    """A folder of `poc/` that is no POC, and why."""

    folder: Path
    error: PreuveError

    @property
    def name(self) -> str:
        """The name that its task would have."""
        return self.folder.name.replace("_", "-")


def look_for_pocs() -> tuple[list[Poc], list[BrokenPoc]]:
    """All POCs, by name of their folder, and the folders that are none: one that is broken takes no other down."""
    import poc

    found, broken = [], []
    for module in pkgutil.iter_modules(poc.__path__):
        if module.ispkg:
            folder = Path(poc.__path__[0], module.name)
            try:
                found.append(_load(folder))
            except PreuveError as error:
                broken.append(BrokenPoc(folder, error))
    return found, broken


def find_pocs() -> list[Poc]:
    """All sound POCs, by name of their folder."""
    return look_for_pocs()[0]


def first_poc(pocs: Sequence[Poc]) -> Poc:
    """The one that is meant where none is named.

    Raises:
        NameNotFoundError: there is none that works.
    """
    if not pocs:
        raise not_found("POC", "none", [], "poc/")
    return pocs[0]


def _load(folder: Path) -> Poc:
    """Import a POC.

    Raises:
        PreuveError: its code raises something, lacks a part or has one of another kind; or its goals are not well formed, or speak
            of another unit, metric or slice than its task; or it has a card that is not, or says that it decides on people.
    """
    try:
        package = importlib.import_module(f"poc.{folder.name}")
    except (Exception, SystemExit) as error:  # somebody's code: it may raise anything
        raise _broken(f"{type(error).__name__}: {error}", _place(error, folder)) from error
    task, candidates = getattr(package, "TASK", None), getattr(package, "CANDIDATES", None)
    if not isinstance(task, Task):
        raise _broken("no TASK, or one that is no Task", str(folder / "__init__.py"))
    if not isinstance(candidates, Sequence) or not all(isinstance(each, Candidate) for each in candidates):
        raise _broken("no CANDIDATES, or something else than a list of Candidate", str(folder / "__init__.py"))
    read_goals(folder / "goals.toml", task)
    for language in FILES:
        read_poc_card(folder, language)
    return Poc(folder, task, candidates)


def _broken(found: str, where: str) -> PreuveError:
    return PreuveError(
        expected="a POC: a folder whose code holds TASK and CANDIDATES",
        found=found,
        where=where,
        remedy="mend it there, or move the folder out of poc/; the other POCs work meanwhile",
    )


def _place(error: BaseException, folder: Path) -> str:
    """File and line: the last of the POC's own in the traceback, or the one that is no Python."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder)]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else str(folder)


def find_poc(name: str) -> Poc:
    """The POC of this name; underscores do for hyphens.

    Raises:
        NameNotFoundError: there is none; the nearest name is offered.
        PreuveError: there is a folder of this name, but it is broken.
    """
    pocs, broken = look_for_pocs()
    wanted = name.replace("_", "-")
    for found in pocs:
        if found.task.name == wanted:
            return found
    for folder in broken:
        if folder.name == wanted:
            raise folder.error
    raise not_found("POC", name, [*(found.task.name for found in pocs), *(folder.name for folder in broken)], "poc/")


def change_params(poc: Poc, candidates: Sequence[Candidate], changes: Sequence[str]) -> tuple[Poc, list[Candidate]]:
    """The POC with conditions changed, and candidates with parameters changed.

    Each change is written `NAME.KEY=VALUE` for a candidate's parameter, or `KEY=VALUE` for a condition of the task, which goes for
    all candidates alike; a value is JSON or, failing that, a text.

    Raises:
        NameNotFoundError: no such candidate, parameter or condition.
        PreuveError: a change is written otherwise, or would change a condition for one candidate alone.
    """
    changed = {candidate.name: candidate for candidate in candidates}
    conditions = dict(poc.task.conditions)
    for change in changes:
        place, equals, value = change.partition("=")
        name, dot, key = place.partition(".")
        if not (equals and name and (key or not dot)) or not (dot or conditions):
            raise PreuveError(
                expected="NAME.KEY=VALUE", found=repr(change), where="--param", remedy="for example --param tfidf-logreg.C=5"
            )
        if not dot:
            if name not in conditions:
                raise not_found("condition of all candidates", name, list(conditions), "--param")
            conditions[name] = _like(conditions[name], _json_or_text(value), change)
            continue
        if name not in changed:
            raise not_found("candidate", name, list(changed), "--param")
        if key in conditions:
            raise PreuveError(
                expected=f"{key} the same for all candidates",
                found=f"one for {name}",
                where=f"--param {change}",
                remedy=f"--param {key}={value}",
            )
        if key not in changed[name].settings:
            raise not_found("parameter", key, list(changed[name].settings), f"--param {name}")
        changed[name] = changed[name].with_params({key: _json_or_text(value)})
    return replace(poc, task=replace(poc.task, conditions=conditions)), list(changed.values())


def _like(before: object, value: object, change: str) -> object:
    """The new value of a condition, if it is of the old one's kind and, being a number, above 0.

    Raises:
        PreuveError: it is not.
    """
    is_number = isinstance(before, int | float) and not isinstance(before, bool)
    if isinstance(before, float) and type(value) is int:
        value = float(str(value))
    if type(value) is not type(before) or (isinstance(value, int | float) and is_number and not 0 < value < inf):
        expected = f"a {'whole ' if isinstance(before, int) else ''}number above 0" if is_number else f"a {type(before).__name__}"
        raise PreuveError(
            expected=expected, found=repr(value), where=f"--param {change}", remedy=f"it is {before!r} where nothing is said"
        )
    return value


def _json_or_text(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def not_found(kind: str, name: str, known: Sequence[str], where: str) -> NameNotFoundError:
    """An error that offers the nearest name."""
    by_folded = {each.casefold(): each for each in known}
    near = [by_folded[each] for each in difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.4)]
    return NameNotFoundError(
        expected=f"a {kind}: {', '.join(known) or 'there is none'}",
        found=repr(name),
        where=where,
        remedy=f"did you mean {near[0]}?" if near else "preuve list shows what there is",
    )
