"""What a POC's development has used, wherever it was recorded: a budget must not begin anew with another address of MLflow's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING

from evaluation.records.ledger import Ledger

if TYPE_CHECKING:
    from evaluation.records.store import Store


def development_wh(store: Store, ledger: Ledger, unrecorded_wh: Mapping[str, float]) -> float:
    """Energy of everything ever measured for the store's task, failures and deleted runs included, in Wh.

    Args:
        store: what MLflow has, also from other machines.
        ledger: what this home has, wherever MLflow was.
        unrecorded_wh: of campaigns whose journals are still there, by their ids.
    """
    return sum(energy_by_campaign(store, ledger_energies(ledger).get(store.task, {}), unrecorded_wh).values())


def energy_by_campaign(store: Store, recorded_wh: Mapping[str, float], unrecorded_wh: Mapping[str, float]) -> dict[str, float]:
    """The same by the ids of the campaigns.

    A campaign is counted once: by what MLflow or this home has of it, whichever is more. Something of it may have been lost in one.

    Args:
        store: what MLflow has.
        recorded_wh: what this home's ledger has of the task.
        unrecorded_wh: what its journals have.
    """
    most_wh: dict[str, float] = defaultdict(float)
    for campaign_id, energy_wh in (*store.energy_by_campaign().items(), *recorded_wh.items(), *unrecorded_wh.items()):
        most_wh[campaign_id] = max(most_wh[campaign_id], energy_wh)
    return dict(most_wh)


def ledger_energies(ledger: Ledger) -> dict[str, dict[str, float]]:
    """What closed campaigns used by the ledger, by task and id; read once for all tasks, for a ledger is long."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for record in ledger.of_kind("campaign-closed"):
        content = record["content"]
        found[content["task"]][content["campaign"]] = content["energy_wh"]
    return dict(found)
