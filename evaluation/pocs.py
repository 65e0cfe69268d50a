"""Finding POCs: every folder of `poc/` that holds `TASK` and `CANDIDATES`."""

from __future__ import annotations

import difflib
import importlib
import json
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.candidate import Candidate
from evaluation.exceptions import NameNotFoundError, PreuveError
from evaluation.goals import Goals, read_goals
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
        return read_goals(self.folder / "goals.toml")

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


def find_pocs() -> list[Poc]:
    """All POCs, by name of their folder."""
    import poc

    found = []
    for module in pkgutil.iter_modules(poc.__path__):
        if module.ispkg:
            package = importlib.import_module(f"poc.{module.name}")
            found.append(Poc(Path(package.__path__[0]), package.TASK, package.CANDIDATES))
    return found


def find_poc(name: str) -> Poc:
    """The POC of this name; underscores do for hyphens.

    Raises:
        NameNotFoundError: there is none; the nearest name is offered.
    """
    pocs = find_pocs()
    for found in pocs:
        if found.task.name == name.replace("_", "-"):
            return found
    raise not_found("POC", name, [found.task.name for found in pocs], "poc/")


def change_params(candidates: Sequence[Candidate], changes: Sequence[str]) -> list[Candidate]:
    """The candidates with parameters changed, each change written `NAME.KEY=VALUE`; a value is JSON or, failing that, a text.

    Raises:
        NameNotFoundError: no such candidate or parameter.
        PreuveError: a change is written otherwise.
    """
    changed = {candidate.name: candidate for candidate in candidates}
    for change in changes:
        place, equals, value = change.partition("=")
        name, dot, key = place.partition(".")
        if not (equals and dot and key):
            raise PreuveError(
                expected="NAME.KEY=VALUE", found=repr(change), where="--param", remedy="for example --param tfidf-logreg.C=5"
            )
        if name not in changed:
            raise not_found("candidate", name, list(changed), "--param")
        if key not in changed[name].settings:
            raise not_found("parameter", key, list(changed[name].settings), f"--param {name}")
        changed[name] = changed[name].with_params({key: _json_or_text(value)})
    return list(changed.values())


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
