"""Which runs an auditor repeats: drawn by a hash, so that nobody chooses, and so that anybody can draw the same ones again."""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

from evaluation.exceptions import RecordError
from evaluation.records.ledger import Head, Ledger

SHARE, LEAST = 0.1, 3


class Drawn(NamedTuple):
    """A run that was drawn.

    Attributes:
        mlflow_run: by which `preuve run --repeat` knows it.
        record: number of the record of its end.
    """

    mlflow_run: str
    campaign: str
    task: str
    name: str
    record: int


def draw(ledger: Ledger, head: Head | None = None) -> tuple[list[Drawn], int, Head]:
    """A tenth of the finished runs, at least three, by the smallest SHA-256 of `HEAD MLFLOW_RUN`.

    Args:
        ledger: that the runs are recorded in.
        head: up to which they count and by which they are drawn; the latest one, unless an earlier draw is to be repeated.

    Returns:
        The runs in the order of their records, among how many they were drawn, and the head.

    Raises:
        RecordError: there is no such head, or no finished run before it.
    """
    tasks: dict[str, str] = {}
    runs: dict[str, Drawn] = {}
    found = None
    for record in ledger.records():
        content = record["content"]
        if record["kind"] == "campaign-opened":
            tasks[content["campaign"]] = content["task"]
        elif record["kind"] == "run-ended":
            runs.pop(content["mlflow_run"], None)
            if content["status"] == "finished":
                drawn = Drawn(
                    content["mlflow_run"], content["campaign"], tasks[content["campaign"]], content["run"], record["number"]
                )
                runs[drawn.mlflow_run] = drawn
        found = Head(record["number"], record["sha256"])
        if found == head:
            break
    if head is not None and found != head:
        raise RecordError(
            expected="a head of this ledger",
            found=f"none that is {head}",
            where=str(ledger.path),
            remedy="copy it whole, NUMBER:HASH; preuve audit verify shows the latest",
        )
    if found is None or not runs:
        raise RecordError(
            expected="runs that finished", found="none yet", where=str(ledger.path), remedy="preuve run POC makes some"
        )
    wanted = min(len(runs), max(LEAST, math.ceil(SHARE * len(runs))))
    chosen = sorted(runs, key=lambda run: hashlib.sha256(f"{found} {run}".encode()).hexdigest())[:wanted]
    return sorted((runs[run] for run in chosen), key=lambda drawn: drawn.record), len(runs), found
