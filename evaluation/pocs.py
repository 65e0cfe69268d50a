"""Finding POCs: every folder of `poc/` that holds `TASK` and `CANDIDATES`, and those that installed packages offer."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import json
import pkgutil
import re
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from types import ModuleType

from evaluation.candidate import Candidate
from evaluation.entry_points import poc_entry_points
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
        return _read_goals(self.folder, self.task)

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
    """What should be a POC and is none, and why.

    Attributes:
        name: that its task would have.
    """

    name: str
    folder: Path
    error: PreuveError


def look_for_pocs() -> tuple[list[Poc], list[BrokenPoc]]:
    """All POCs, those of `poc/` first, by name of their folder; and what is none: one that is broken takes no other down.

    Of two of one name neither is found, for nobody could tell which of them is meant.
    """
    # A folder may have been made a moment ago.
    importlib.invalidate_caches()
    found: list[Poc] = []
    broken: list[BrokenPoc] = []
    for name, module in _places():
        try:
            found.append(_load(module))
        except PreuveError as error:
            broken.append(BrokenPoc(name, _folder_of(module), error))
    return _of_one_name(found, broken)


def _places() -> Iterator[tuple[str, str]]:
    """Of whatever may be a POC, the name that its task should have, and its module."""
    import poc

    for module in pkgutil.iter_modules(poc.__path__):
        if module.ispkg:
            yield module.name.replace("_", "-"), f"poc.{module.name}"
    for point in poc_entry_points():
        yield point.name, point.module


def _of_one_name(found: Sequence[Poc], broken: Sequence[BrokenPoc]) -> tuple[list[Poc], list[BrokenPoc]]:
    """Those whose names are their own, and the others with those that are broken."""
    folders: dict[str, list[Path]] = {}
    for each in found:
        folders.setdefault(each.task.name, []).append(each.folder)
    twins = [
        BrokenPoc(
            each.task.name,
            each.folder,
            PreuveError(
                expected="a name that no other POC has",
                found=f"{len(folders[each.task.name])} POCs called {each.task.name}",
                where="; ".join(str(folder / "__init__.py") for folder in folders[each.task.name]),
                remedy="give the task of one of them another name; until then neither is found",
            ),
        )
        for each in found
        if len(folders[each.task.name]) > 1
    ]
    return [each for each in found if len(folders[each.task.name]) == 1], [*broken, *twins]


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


def _load(module: str) -> Poc:
    """Import a POC.

    Raises:
        PreuveError: its code raises something, lacks a part or has one of another kind; or its goals are not well formed, or speak
            of another unit, metric or slice than its task; or it has a card that is not, or says that it decides on people.
    """
    folder = _folder_of(module)
    try:
        package = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # somebody's code: it may raise anything
        raise _broken(f"{type(error).__name__}: {error}", _place(error, folder)) from error
    task, candidates = getattr(package, "TASK", None), getattr(package, "CANDIDATES", None)
    if not isinstance(task, Task):
        raise _broken("no TASK, or one that is no Task", _assigned(package, "TASK", folder))
    if not isinstance(candidates, Sequence) or not all(isinstance(each, Candidate) for each in candidates):
        raise _broken("no CANDIDATES, or something else than a list of Candidate", _assigned(package, "CANDIDATES", folder))
    _read_goals(folder, task)
    for language in FILES:
        read_poc_card(folder, language)
    return Poc(folder, task, candidates)


def _folder_of(module: str) -> Path:
    """Where a module lies, also one that cannot be imported; its name where nothing is there."""
    import poc

    package, _, name = module.rpartition(".")
    if package == poc.__name__:
        return next((folder for folder in (Path(place, name) for place in poc.__path__) if folder.is_dir()), Path(module))
    try:
        spec = importlib.util.find_spec(module)
    except (Exception, SystemExit):  # noqa: BLE001  # what it lies in is somebody's code as well
        spec = None
    return Path(spec.origin).parent if spec and spec.origin else Path(module)


def _read_goals(folder: Path, task: Task) -> Goals:
    """Its own over those in the folder above; a POC that lives elsewhere, where there are none, has this project's above it."""
    import poc

    above = folder.parent / "goals.toml"
    return read_goals(folder / "goals.toml", task, above if above.exists() else Path(poc.__path__[0], "goals.toml"))


def _broken(found: str, where: str) -> PreuveError:
    return PreuveError(
        expected="a POC: a folder whose code holds TASK and CANDIDATES",
        found=found,
        where=where,
        remedy="mend it there, or move the folder out of poc/ (or uninstall its package); the other POCs work meanwhile",
    )


def _assigned(package: ModuleType, name: str, folder: Path) -> str:
    """File and line where a name is last assigned; the last line, where it could be added, if it is not."""
    file = Path(package.__file__ or folder / "__init__.py")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    found = [number for number, line in enumerate(lines, start=1) if re.match(rf"{name}\b.*=", line)]
    return f"{file}, line {found[-1] if found else max(len(lines), 1)}"


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
