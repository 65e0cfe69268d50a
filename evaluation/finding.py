"""The campaign that somebody means by the name of a POC, or by a campaign's id."""

from __future__ import annotations

from collections.abc import Callable

from evaluation import pocs
from evaluation.campaign import close_what_was_killed
from evaluation.pocs import Poc
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
        poc = pocs.find_poc(what)
    elif poc is None:
        known = pocs.find_pocs()
        poc = next((poc for poc in known if what in open_store(poc.task.name).campaign_ids()), pocs.first_poc(known))
    store = open_store(poc.task.name)
    close_what_was_killed(store, tell)
    return poc, store.read_campaign(what) if looks_like_campaign(what) else store.latest_campaign()
