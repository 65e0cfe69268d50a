"""POCs as plain text and for programs. Without rich, whose loading would take as long as all the rest of `preuve list`."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import Any

from evaluation.pocs import BrokenPoc, Poc

WIDTH = 78


def poc_text(poc: Poc) -> str:
    """A POC with its candidates and goals, in a few lines."""
    names = ", ".join(candidate.name + (" (baseline, without AI)" if candidate.baseline else "") for candidate in poc.candidates)
    goals = poc.goals.goal
    longest = max(len(name) for name in goals)
    lines = [
        poc.task.name,
        f"  unit        {poc.task.unit.name}",
        f"  data        {poc.task.data}",
        textwrap.fill(names, WIDTH, initial_indent="  candidates  ", subsequent_indent=" " * 14, break_on_hyphens=False),
        *(
            f"  {'goals' if place == 0 else '':10}  {name:{longest}}  {goal.bound}"
            for place, (name, goal) in enumerate(goals.items())
        ),
    ]
    return "\n".join(lines)


def poc_dict(poc: Poc) -> dict[str, Any]:
    """A POC for `--json`."""
    return {
        "name": poc.task.name,
        "version": poc.task.version,
        "unit": asdict(poc.task.unit),
        "data": poc.task.data,
        "candidates": [{"name": c.name, "baseline": c.baseline, "params": c.settings} for c in poc.candidates],
        "goals": {name: asdict(goal) for name, goal in poc.goals.goal.items()},
    }


def broken_text(broken: BrokenPoc) -> str:
    """A folder that is no POC, and why, in a few lines."""
    error = broken.error
    return f"{broken.name}\n  broken      {error.found}\n  where       {error.where}\n  do          {error.remedy}"


def broken_dict(broken: BrokenPoc) -> dict[str, Any]:
    """A folder that is no POC, and why, for `--json`."""
    return {"folder": str(broken.folder), "error": broken.error.as_dict()}
