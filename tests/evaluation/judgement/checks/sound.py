"""A sound campaign that no check has anything to say of, and how to spoil it and look at it again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from evaluation.energy.factors import DEFAULT_FACTOR, find_factor, read_factors
from evaluation.energy.reading import Reading
from evaluation.goals import Goals, parse_goals
from evaluation.judgement.checks import advise
from evaluation.judgement.checks.advice import Advice, Examined
from evaluation.judgement.comparison import compare
from evaluation.judgement.goal_values import Case
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.verdict import judge
from evaluation.metrics import Metric, accuracy, macro_f1
from evaluation.run import Campaign, Prediction, Protocol, Run
from tests.records import make_campaign, make_component, make_counting_machine, make_data, make_reading, make_run

TODAY = dt.date(2026, 11, 25)
CLASSES = ("bins", "lamps", "roads", "trees")
SAMPLES = 400
# A recall of a class that is asked, the gain that is asked, and no slice served much worse.
GOALS_TOML = """
[unit]
name = "1 000 requests"
size = 1000

[goal.quality]
metric = "macro_f1"

[goal.quality_gain]
floor = 0.03

[goal.class_recall]
floor = 0.6

[[goal.slice_recall]]
slice = "channel"
floor = 0.6

[human_path]
kept = true
"""
GOALS = parse_goals(GOALS_TOML)
# What the CPU takes when it does nothing, and when one core is busy, and what the memory takes all the time.
IDLE_W, BUSY_W, RAM_W = 10.0, 60.0, 10.0
EXPECTED = [CLASSES[place % 4] for place in range(SAMPLES)]
CHANNELS = tuple("web" if place // 4 % 4 < 2 else "phone" for place in range(SAMPLES))


def reading(
    kind: Any = "inference", *, duration_s: float = 10.0, busy: float = 1.0, samples: int = 4000, **changes: Any
) -> Reading:
    """A window in which one core is busy for a part of the time; its CPU is counted, its memory declared."""
    cpu_w = IDLE_W + (BUSY_W - IDLE_W) * busy
    changes = {
        "components": (
            make_component("cpu", cpu_w * duration_s / 3600, "B", "RAPL counter of package-0"),
            make_component("ram", RAM_W * duration_s / 3600, "C", "a declared constant of 10 W"),
        ),
        "cpu_seconds": busy * duration_s,
        "cpu_estimate_wh": busy * duration_s * 4 / 3600,
        **changes,
    }
    return make_reading(kind, duration_s=duration_s, samples=samples, **changes)


def readings(
    ms_per_sample: float, *, ms_alone: float | None = None, busy: float = 1.0, busy_alone: float | None = None
) -> list[Reading]:
    """All that is measured of a candidate that takes so long for a sample: its fit, single inputs and five rounds."""
    alone = ms_per_sample if ms_alone is None else ms_alone
    rounds = [
        # No two rounds are the same, nor are they the same for two candidates.
        reading(
            samples=round(10_000 / ms_per_sample),
            duration_s=10 + Random(f"{ms_per_sample} {busy} {number}").random() / 10,
            busy=busy,
            round=number,
        )
        for number in range(1, 6)
    ]
    singly = reading("latency", duration_s=2.0, samples=round(2_000 / alone), busy=busy if busy_alone is None else busy_alone)
    return [reading("fit", duration_s=2.0, samples=800), singly, *rounds]


def answers_where(right: Callable[[int], bool], samples: int = SAMPLES) -> tuple[Prediction, ...]:
    """Answers of which those are right whose place the function says; unsure where wrong, and then the next class."""
    found = []
    for place, expected in enumerate(EXPECTED[:samples]):
        is_right = right(place)
        answer = expected if is_right else CLASSES[(CLASSES.index(expected) + 1) % 4]
        found.append(Prediction(id=f"s{place}", expected=expected, predicted=answer, score=0.75 if is_right else 0.25))
    return tuple(found)


def answers(*wrong: int) -> tuple[Prediction, ...]:
    """Answers of which those to blocks of four samples are wrong whose number ends in one of these digits."""
    return answers_where(lambda place: place // 4 % 10 not in wrong)


def run(candidate: str, seed: int, ms_per_sample: float, *wrong: int, **changes: Any) -> Run:
    """A run whose answers are wrong as `answers` has it."""
    usual: dict[str, Any] = {
        "seed": seed,
        "readings": tuple(readings(ms_per_sample)),
        "latency_p50_ms": ms_per_sample,
        "latency_p95_ms": 2 * ms_per_sample,
        "peak_memory_mib": 100.0,
        "predictions": answers(*wrong),
    }
    return make_run(candidate, **usual | changes)


def sound_runs() -> tuple[Run, ...]:
    """Keywords, right in six cases of ten, and two candidates that are right in nine, all with two seeds."""
    return (
        run("keywords", 0, 0.5, 0, 1, 2, 3, baseline=True),
        run("keywords", 1, 0.5, 0, 1, 2, 3, baseline=True),
        run("linear", 0, 1.0, 9),
        run("linear", 1, 1.0, 9),
        run("forest", 0, 4.0, 8),
        run("forest", 1, 4.0, 7),
    )


def sound_data(**changes: Any) -> Any:
    """The data of a sound campaign, in a user's own file."""
    usual: dict[str, Any] = {
        "train_samples": 800,
        "test_samples": SAMPLES,
        "classes": len(CLASSES),
        "expires": TODAY,
        "near_duplicates_looked_at": SAMPLES,
    }
    return make_data(**usual | changes)


def sound_campaign(*runs: Run, **changes: Any) -> Campaign:
    """A whole campaign on a machine that counts."""
    usual: dict[str, Any] = {
        "protocol": Protocol(seeds=2),
        "data": sound_data(),
        "goals_sha256": GOALS.sha256,
        "goals": GOALS.text,
        "slices": {"channel": CHANNELS},
        "machine": make_counting_machine(declared={"host_tdp_w": 120.0, "ram_w": RAM_W}),
        "readings": (reading("idle", duration_s=5.0, busy=0.0, samples=0),),
    }
    return make_campaign(*(runs or sound_runs()), **usual | changes)


def changed(campaign: Campaign, change: Callable[[Run], dict[str, Any]]) -> Campaign:
    """A campaign of which each run is changed as the function says."""
    return campaign.model_copy(update={"runs": tuple(each.model_copy(update=change(each)) for each in campaign.runs)})


def of_candidate(name: str, **changes: Any) -> Callable[[Run], dict[str, Any]]:
    """Changes the runs of one candidate alone."""
    return lambda each: changes if each.candidate == name else {}


def each_reading(campaign: Campaign, change: Callable[[Reading], dict[str, Any]]) -> Campaign:
    """A campaign of which each reading of its runs is changed as the function says."""
    return changed(campaign, lambda each: {"readings": tuple(one.model_copy(update=change(one)) for one in each.readings)})


def without_figures(each: Run, status: str, **changes: Any) -> dict[str, Any]:
    """What becomes of a run that did not get to its end."""
    return {"status": status, "scores": {}, "predictions": (), "latency_p50_ms": None, "readings": each.readings[:1], **changes}


def examine(
    campaign: Campaign,
    *others: Campaign,
    goals: Goals = GOALS,
    then: Goals | None = None,
    metrics: Sequence[Metric] = (macro_f1, accuracy),
    today: dt.date = TODAY,
) -> Examined:
    """What the checks are given of these campaigns."""
    comparison = compare(campaign, metrics, others=others)
    scenario = Scenario(goals.deployment, find_factor(DEFAULT_FACTOR), read_factors(), campaign.unit_size)
    development_wh = campaign.development_wh + campaign.energy_wh
    verdicts = judge(comparison, goals, scenario, development_wh, then)
    return Examined(Case(comparison, goals, scenario, development_wh), verdicts, then, today)


def advice_on(campaign: Campaign, *others: Campaign, **how: Any) -> list[Advice]:
    """Everything that the checks say of these campaigns; how they are looked at is as `examine` has it."""
    return advise(examine(campaign, *others, **how))


def codes(advice: Sequence[Advice]) -> list[str]:
    """The codes of the checks, in their order."""
    return [each.code for each in advice]
