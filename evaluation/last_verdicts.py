"""What was last concluded on each POC, kept in the home for `preuve list`, which must not load what judging takes.

It is a copy to look at. Whoever wants to know judges anew: `preuve compare`.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.home import home_path

if TYPE_CHECKING:
    from evaluation.assessment import Assessment

FILE = "verdicts.json"
# What `preuve list` shows of a verdict, and how each is written; a campaign's id as the records have it.
PATTERNS = {
    "campaign": r"\d{8}-\d{6}-[0-9a-f]{4}",
    "decision": "GO|GO IF|NO GO|NOT CONCLUSIVE",
    "goals_sha256": "[0-9a-f]{64}",
}
KEYS = {*PATTERNS, "candidate"}


def keep_verdict(found: Assessment) -> None:
    """Keep what was concluded on a finished campaign, unless a later one was judged already.

    A home that cannot be written to keeps nothing.
    """
    campaign = found.comparison.campaign
    kept = {
        "campaign": campaign.id,
        "decision": found.verdicts.decision,
        "candidate": found.verdicts.leading,
        "goals_sha256": found.goals.sha256,
    }
    last = last_verdict(campaign.task)
    # An interrupted one is not what `preuve compare POC` shows.
    if campaign.status != "finished" or (last and last["campaign"] > campaign.id):
        return
    text = json.dumps(_read() | {campaign.task: kept}, ensure_ascii=False, indent=2)
    with suppress(OSError):
        path = _path().with_suffix(f".{os.getpid()}.new")
        try:
            path.write_text(text, encoding="utf-8")
            path.replace(_path())
        finally:
            path.unlink(missing_ok=True)


def last_verdict(task: str) -> dict[str, Any] | None:
    """What was last concluded on a POC: campaign, decision, candidate and hash of the goals; none where nothing was."""
    found = _read().get(task)
    # The file lies in somebody's home: what is no verdict is none.
    return found if isinstance(found, dict) and _is_verdict(found) else None


def _is_verdict(found: dict[str, Any]) -> bool:
    if found.keys() != KEYS or not isinstance(found["candidate"], str | None):
        return False
    return all(isinstance(found[name], str) and re.fullmatch(pattern, found[name]) for name, pattern in PATTERNS.items())


def _read() -> dict[str, Any]:
    try:
        found = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _path() -> Path:
    return home_path() / FILE
