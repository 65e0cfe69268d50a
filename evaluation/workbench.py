"""A campaign of a POC from beginning to end, in one call each: what the command line and notebooks do alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evaluation.data.loading import DataRequest, load_data
from evaluation.run import Campaign, DataRecord, Protocol

if TYPE_CHECKING:
    from evaluation.assessment import Assessment
    from evaluation.campaign import Progress
    from evaluation.candidate import Candidate
    from evaluation.pocs import Poc
    from evaluation.samples import Split

QUICK_WINDOW_S, QUICK_ROUNDS = 2.0, 3


def protocol_of(
    *, seeds: int = 1, rounds: int | None = None, window_s: float | None = None, threads: int = 1, quick: bool = False
) -> Protocol:
    """How to measure, where only some of it is said.

    Args:
        seeds: fits of each candidate.
        rounds: measured windows of each fit.
        window_s: length of a window, in seconds.
        threads: of the numeric libraries.
        quick: few rounds of short windows, where nothing else is said of them.
    """
    full = Protocol()
    usual = Protocol(rounds=QUICK_ROUNDS, window_s=QUICK_WINDOW_S) if quick else full
    rounds, window_s = rounds or usual.rounds, window_s or usual.window_s
    # The mark says what was measured, whichever options asked for it.
    shorter = rounds < full.rounds or window_s < full.window_s
    return Protocol(seeds=seeds, rounds=rounds, window_s=window_s, threads=threads, quick=shorter)


def run_poc(
    poc: Poc,
    candidates: Sequence[Candidate],
    protocol: Protocol,
    *,
    data: DataRequest,
    progress: Progress,
    tell: Callable[[str], None],
    over_budget: str | None = None,
    wait: bool = False,
) -> Campaign:
    """Load the data, measure the candidates in rotation, and record every watt-hour.

    Args:
        poc: whose task it is.
        candidates: of it, those that are meant.
        protocol: how it is measured.
        data: which samples.
        progress: told before each step.
        tell: given what somebody should read at once.
        over_budget: the reason for going on beyond the development budget.
        wait: whether to wait while another campaign holds the machine.

    Raises:
        PreuveError: the data are not well formed, the machine is held by another campaign, or the budget is spent.
        CampaignInterrupted: somebody interrupted it; what was measured is recorded.
    """
    split, record = load_data(poc.task, data, today())
    return run_candidates(
        poc, candidates, split, record, protocol, progress=progress, tell=tell, over_budget=over_budget, wait=wait
    )


def run_candidates(
    poc: Poc,
    candidates: Sequence[Candidate],
    split: Split,
    data: DataRecord,
    protocol: Protocol,
    *,
    progress: Progress,
    tell: Callable[[str], None],
    over_budget: str | None = None,
    wait: bool = False,
    seeds: Sequence[int] | None = None,
) -> Campaign:
    """The same on samples that are loaded; `seeds` where they are others than 0, 1, ... up to the protocol's number."""
    from evaluation.budget import WH_PER_KWH, Budget
    from evaluation.campaign import run_campaign
    from evaluation.energy.machine import read_machine, read_operator_role
    from evaluation.records.store import open_store

    store, goals, machine = open_store(poc.task.name), poc.goals, read_machine()
    ceiling_kwh = goals.goal["development_kwh"].ceiling if "development_kwh" in goals.goal else None
    return run_campaign(
        poc.task,
        candidates,
        split,
        data=data,
        goals=goals,
        protocol=protocol,
        machine=machine,
        budget=Budget(None if ceiling_kwh is None else ceiling_kwh * WH_PER_KWH, reason=over_budget),
        store=store,
        progress=progress,
        tell=tell,
        wait=wait,
        seeds=seeds,
        operator_role=read_operator_role(),
    )


def judge_campaign(poc: Poc, campaign: Campaign, others: Sequence[Campaign] = (), factor_id: str | None = None) -> Assessment:
    """Judge a campaign by the goals of its POC as they are now; what is concluded is kept for `preuve list`.

    Args:
        poc: whose campaign it is.
        campaign: what is judged.
        others: further campaigns whose candidates are put beside its own.
        factor_id: emission factor of the electricity; the default one where none is named.

    Raises:
        PreuveError: there is nothing to compare, or no such factor.
    """
    from evaluation.assessment import assess
    from evaluation.last_verdicts import keep_verdict

    found = assess(poc.task, poc.goals, campaign, others=others, factor_id=factor_id, today=today())
    if not others and factor_id is None:
        keep_verdict(found)
    return found


def today() -> dt.date:
    """The day, where this machine is."""
    return dt.datetime.now().astimezone().date()
