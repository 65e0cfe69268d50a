"""POCs as plain text and for programs. Without rich, whose loading would take as long as all the rest of `preuve list`."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import Any

from evaluation.last_verdicts import last_verdict
from evaluation.pocs import BrokenPoc, Poc

WIDTH = 78


def poc_text(poc: Poc) -> str:
    """A POC with its candidates, its goals and the last verdict, in a few lines."""
    names = ", ".join(candidate.name + (" (baseline, without AI)" if candidate.baseline else "") for candidate in poc.candidates)
    goals = poc.goals.goal
    longest = max(len(name) for name in goals)
    verdict = verdict_line(poc)
    lines = [
        poc.task.name,
        f"  unit        {poc.task.unit.name}",
        f"  data        {poc.task.data}",
        textwrap.fill(names, WIDTH, initial_indent="  candidates  ", subsequent_indent=" " * 14, break_on_hyphens=False),
        *(
            f"  {'goals' if place == 0 else '':10}  {name:{longest}}  {goal.bound}"
            for place, (name, goal) in enumerate(goals.items())
        ),
        *([f"  verdict     {verdict}"] if verdict else []),
    ]
    return "\n".join(lines)


def verdict_line(poc: Poc) -> str | None:
    """What was last concluded: `GO IF: tfidf-linearsvc (campaign 20261125-190302-f139)`; none where nothing was."""
    last = last_verdict(poc.task.name)
    if last is None:
        return None
    candidate = f": {last['candidate']}" if last["candidate"] else ""
    other = "" if last["goals_sha256"] == poc.goals.sha256 else ", under other goals than now"
    return f"{last['decision']}{candidate} (campaign {last['campaign']}{other})"


def poc_dict(poc: Poc) -> dict[str, Any]:
    """A POC for `--json`."""
    return {
        "name": poc.task.name,
        "version": poc.task.version,
        "unit": asdict(poc.task.unit),
        "data": poc.task.data,
        "candidates": [{"name": c.name, "baseline": c.baseline, "params": c.settings} for c in poc.candidates],
        "verdict": last_verdict(poc.task.name),
        "goals": {key: _without_blanks(asdict(goal)) for key, goal in poc.goals.goal.items()},
    }


def _without_blanks(entries: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if value is not None}


def broken_text(broken: BrokenPoc) -> str:
    """A folder that is no POC, and why, in a few lines."""
    error = broken.error
    return f"{broken.name}\n  broken      {error.found}\n  where       {error.where}\n  do          {error.remedy}"


def broken_dict(broken: BrokenPoc) -> dict[str, Any]:
    """A folder that is no POC, and why, for `--json`."""
    return {"folder": str(broken.folder), "error": broken.error.as_dict()}
