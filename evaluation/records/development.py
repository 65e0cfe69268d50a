"""What a POC's development has used, wherever it was recorded: a budget must not begin anew with another address of MLflow's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from evaluation.records.ledger import Ledger

if TYPE_CHECKING:
    from evaluation.records.store import Store


def development_wh(store: Store, ledger: Ledger, unrecorded_wh: Mapping[str, float]) -> float:
    """Energy of everything ever measured for the store's task, failures and deleted runs included, in Wh.

    A campaign is counted once: by what MLflow or this home has of it, whichever is more. Something of it may have been lost in one.

    Args:
        store: what MLflow has, also from other machines.
        ledger: what this home has, wherever MLflow was.
        unrecorded_wh: of campaigns whose journals are still there, by their ids.
    """
    most_wh: dict[str, float] = defaultdict(float)
    for campaign_id, energy_wh in (*store.energy_by_campaign().items(), *_recorded(ledger, store.task), *unrecorded_wh.items()):
        most_wh[campaign_id] = max(most_wh[campaign_id], energy_wh)
    return sum(most_wh.values())


def _recorded(ledger: Ledger, task: str) -> Iterator[tuple[str, float]]:
    for record in ledger.of_kind("campaign-closed"):
        content = record["content"]
        if content["task"] == task:
            yield content["campaign"], content["energy_wh"]
