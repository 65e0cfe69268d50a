"""The campaign that somebody means by the name of a POC, or by a campaign's id."""

from __future__ import annotations

from collections.abc import Callable

from evaluation.campaign import close_what_was_killed
from evaluation.pocs import Poc, find_poc, find_pocs, first_poc
from evaluation.records.store import looks_like_campaign, open_store
from evaluation.run import Campaign


def find_campaign(what: str, poc: Poc | None = None, *, tell: Callable[[str], None]) -> tuple[Poc, Campaign]:
    """The POC of this name with its latest finished campaign, or the campaign of this id with its POC.

    Args:
        what: a name or an id.
        poc: whose campaign an id is of; any one's where none is given.
        tell: given a line for each campaign that was killed and is closed now.

    Raises:
        NameNotFoundError: there is no such POC or campaign.
    """
    if not looks_like_campaign(what):
        poc = find_poc(what)
    elif poc is None:
        pocs = find_pocs()
        poc = next((poc for poc in pocs if what in open_store(poc.task.name).campaign_ids()), first_poc(pocs))
    store = open_store(poc.task.name)
    close_what_was_killed(store, tell)
    return poc, store.read_campaign(what) if looks_like_campaign(what) else store.latest_campaign()
