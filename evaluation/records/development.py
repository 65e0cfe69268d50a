"""What a POC's development has used, wherever it was recorded: a budget must not begin anew with another address of MLflow's."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.exceptions import RecordError
from evaluation.home import carbon_folder
from evaluation.run import Campaign

if TYPE_CHECKING:
    from evaluation.records.store import Store

DEVELOPMENT_FILE = "development.jsonl"


def note_energy(campaign: Campaign) -> None:
    """Note what a campaign used, in this home and on the disk before MLflow is told that it is over.

    Raises:
        RecordError: the disk is full, or cannot be written to.
    """
    line = json.dumps({"task": campaign.task, "campaign": campaign.id, "energy_wh": campaign.energy_wh})
    path = _file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            # It begins a line of its own, also where an earlier one was cut off.
            file.write(f"\n{line}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RecordError(
            expected="room to note what the campaign used",
            found=error.strerror or str(error),
            where=str(path),
            remedy="free some space or make the folder writable; the next command then closes the campaign",
        ) from error


def development_wh(store: Store, unrecorded_wh: Mapping[str, float]) -> float:
    """Energy of everything ever measured for the store's task, failures and deleted runs included, in Wh.

    A campaign is counted once: by what MLflow or this home has of it, whichever is more. Something of it may have been lost in one.

    Args:
        store: what MLflow has, also from other machines.
        unrecorded_wh: of campaigns whose journals are still there, by their ids.
    """
    most_wh: dict[str, float] = defaultdict(float)
    for campaign_id, energy_wh in (*store.energy_by_campaign().items(), *_noted(store.task), *unrecorded_wh.items()):
        most_wh[campaign_id] = max(most_wh[campaign_id], energy_wh)
    return sum(most_wh.values())


def _file() -> Path:
    return carbon_folder() / DEVELOPMENT_FILE


def _noted(task: str) -> Iterator[tuple[str, float]]:
    try:
        lines = _file().read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise RecordError(
            expected="what earlier campaigns used, in a file that this user can read",
            found=error.strerror or str(error),
            where=str(_file()),
            remedy="give this user the right to read it: a budget cannot be kept without it",
        ) from error
    for line in lines:
        try:
            entry = json.loads(line)
            if entry["task"] == task:
                yield str(entry["campaign"]), float(entry["energy_wh"])
        except (ValueError, TypeError, KeyError):
            # Empty, or cut off by a kill: the campaign's journal is still there.
            continue
