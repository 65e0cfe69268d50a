"""Results for tests of what is shown of them: picked by hand, so that each printed figure can be worked out on paper."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console, RenderableType

from evaluation.assessment import Assessment
from evaluation.energy.factors import find_factor, read_factors
from evaluation.goals import Goal, Goals
from evaluation.judgement.checks.advice import Advice
from evaluation.judgement.comparison import Bounds, CandidateResult, Comparison, Difference
from evaluation.judgement.deployment import PerSample
from evaluation.judgement.goal_values import Judged
from evaluation.judgement.quality import Quality
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.statistics import Interval
from evaluation.judgement.verdict import Decision, Verdict, Verdicts
from evaluation.messages import Message, recorded, say
from evaluation.metrics import macro_f1
from evaluation.run import Campaign
from tests.records import make_campaign, make_deployment, make_rounds, make_run

# The narrowest terminal that shows a page as it is meant.
WIDTH = 100
UNIT = "1 000 requests routed"
# Rich's markup, an emoji's name, and what drives a terminal: a colour, a link, a bell, a C1 control, line ends, a line separator,
# and marks that turn the order of what follows.
HOSTILE = "[red]a[/red] :smile: \x1b[31mb\x1b]8;;http://c\x07d\x9b2J\r\ne\u2028f\u202eg\u2067h\u200fi"
HARMLESS = "[red]a[/red] :smile:  [31mb ]8;;http://c d 2J  e f g h i"

SCENARIO = Scenario(make_deployment(), find_factor("ademe-2025"), read_factors(), 1000)
UNDEPLOYED = replace(SCENARIO, deployment=None)

# Rounds that never vary, of the energies that are shown: 2.00, 12.3 and 820 mWh.
CAMPAIGN = make_campaign(
    make_run("keywords", baseline=True, rounds=make_rounds(0.002, 0.002)),
    make_run("tfidf-linearsvc", rounds=make_rounds(0.0123, 0.0123)),
    make_run("tiny-transformer", rounds=make_rounds(0.82, 0.82)),
    unit_name=UNIT,
)
KEYWORDS = CandidateResult(
    "keywords",
    baseline=True,
    status="finished",
    seeds=1,
    campaign=CAMPAIGN,
    candidate="keywords",
    scores={"macro_f1": Interval(0.6124, 0.5796, 0.6449), "accuracy": Interval(0.64, 0.61, 0.671)},
    energy_wh=Interval(0.002, 0.00196, 0.00204),
    true_wh=Bounds(0.001, 0.012),
    evidence="C",
    above_idle_wh=Interval(0.0001, 0.000096, 0.000104),
    fit_duration_s=0.2,
    ms_per_sample=0.0123,
    latency_p50_ms=0.0369,
    latency_p95_ms=0.0922,
    mix={"cpu": 0.5, "ram": 0.5},
    per_sample=PerSample(0.000001, 0.00004, 32.0),
)
LINEAR = CandidateResult(
    "tfidf-linearsvc",
    baseline=False,
    status="finished",
    seeds=1,
    campaign=CAMPAIGN,
    candidate="tfidf-linearsvc",
    scores={"macro_f1": Interval(0.7956, 0.761, 0.8301), "accuracy": Interval(0.81, 0.78, 0.84)},
    energy_wh=Interval(0.0123, 0.0119, 0.0127),
    true_wh=Bounds(0.00615, 0.0738),
    evidence="C",
    above_idle_wh=Interval(0.001, 0.0008, 0.0012),
    ratio=Interval(6.15, 5.99, 6.31),
    fit_energy_wh=4.21,
    fit_duration_s=2.0,
    ms_per_sample=0.0456,
    latency_p50_ms=0.1234,
    latency_p95_ms=0.2,
    mix={"cpu": 0.5, "ram": 0.5},
    per_sample=PerSample(0.001, 0.001, 1024.0),
)
# Its memory is unknown: of the 32 x 8 760 x 3 600 CPU seconds of a year its 60 000 x 262.8 s are 1/64.
TRANSFORMER = CandidateResult(
    "tiny-transformer",
    baseline=False,
    status="finished",
    seeds=1,
    campaign=CAMPAIGN,
    candidate="tiny-transformer",
    scores={"macro_f1": Interval(0.9, 0.88, 0.9999), "accuracy": Interval(1.0, 1.0, 1.0)},
    energy_wh=Interval(0.82, 0.8, 0.84),
    true_wh=Bounds(0.41, 4.92),
    evidence="C",
    above_idle_wh=Interval(0.0456),
    ratio=Interval(410.0, 402.0, 418.0),
    fit_energy_wh=12.5,
    fit_duration_s=60.0,
    ms_per_sample=3.4,
    mix={"cpu": 0.5, "ram": 0.5},
    per_sample=PerSample(0.001, 262.8, None),
)
HUB = CandidateResult(
    "hub-transformer",
    baseline=False,
    status="unavailable",
    seeds=0,
    campaign=CAMPAIGN,
    candidate="hub-transformer",
    reason=recorded("no network"),
    remedy=recorded("connect"),
)
BROKEN = replace(
    HUB, name="broken", candidate="broken", status="failed", reason=recorded("ValueError in fit.py, line 3"), remedy=None
)

DIFFERENCES = (
    Difference(
        "tfidf-linearsvc",
        "keywords",
        quality=Interval(0.1832, 0.137, 0.231),
        quality_p=0.0003,
        ratio=Interval(6.15, 5.99, 6.31),
        ratio_p=0.0004,
    ),
    Difference(
        "tiny-transformer",
        "keywords",
        quality=Interval(0.2876, 0.24, 0.335),
        quality_p=0.0003,
        ratio=Interval(410.0, 402.0, 418.0),
        ratio_p=0.0004,
    ),
    Difference(
        "tfidf-linearsvc",
        "tiny-transformer",
        quality=Interval(-0.1044, -0.149, 0.001),
        quality_p=0.0523,
        ratio=Interval(0.015, 0.0147, 0.0153),
        ratio_p=0.0004,
    ),
)
QUALITY = Quality(
    {},
    {},
    {
        ("keywords", "tfidf-linearsvc"): {"accuracy": Interval(-0.17, -0.21, -0.13)},
        ("keywords", "tiny-transformer"): {"accuracy": Interval(-0.36, -0.40, -0.32)},
    },
    test="permutation",
)

# Goals of each sort, with every outcome.
MET = Judged("quality", "met", Goal("quality", floor=0.6, metric="macro_f1"), Interval(0.7956, 0.761, 0.8301))
GAINED = Judged("quality_gain", "met", Goal("quality_gain", floor=0.03), Interval(0.1832, 0.137, 0.231))
LEAN = Judged(
    "energy_per_unit_wh",
    "met",
    Goal("energy_per_unit_wh", ceiling=1.0, target=0.1),
    Interval(0.0123, 0.00595, 0.0762),
)
URGENT = Goal("slice_recall", floor=0.7, slice="urgent", value="true")
MISSED = Judged("slice_recall urgent=true", "missed", URGENT, Interval(0.58, 0.49, 0.67))
OPEN = Judged(
    "deployed_kwh_per_year",
    "undetermined",
    Goal("deployed_kwh_per_year", ceiling=50.0, target=10.0),
    Interval(32.1, 20.4, None),
    reason=say("its peak memory is not known"),
    settled_by=(say("a predictor that can be saved"), say("figures of your own server")),
)
HUMAN = Judged("human_path", "met")
UNDECLARED = Judged("data_declared", "undetermined", reason=say("nobody says whether the data hold personal data"))
GOALS_OF: Mapping[Decision, tuple[Judged, ...]] = {
    "GO": (MET, GAINED, LEAN, HUMAN),
    "GO IF": (MET, GAINED, LEAN, OPEN, HUMAN),
    "NO GO": (MET, GAINED, MISSED, OPEN, HUMAN),
    "NOT CONCLUSIVE": (MET, GAINED, LEAN, UNDECLARED),
}


def compared(
    *results: CandidateResult, differences: Sequence[Difference] = DIFFERENCES, campaign: Campaign = CAMPAIGN, **changes: Any
) -> Comparison:
    """A comparison of these results."""
    names = {result.name for result in results}
    among = [each for each in differences if {each.one, each.other} <= names]
    usual: dict[str, Any] = {"metric": macro_f1, "quality": QUALITY, "counts_correct": "accuracy"}
    return Comparison(campaign, results, among, **usual | changes)


def judged_as(decision: Decision | None, *candidates: str, leading: str | None = None, **changes: Any) -> Verdicts:
    """The same verdict on each of these candidates, the last of whom leads; what is called `keywords` is the baseline."""
    goals = GOALS_OF[decision or "GO"]
    of = {name: Verdict(name, None if name == "keywords" else decision, goals, **changes) for name in candidates}
    leading = leading or next((name for name in reversed(of) if of[name].decision), None)
    return Verdicts(of, leading, (say("the lowest emission factor ({factor}) changes no decision", factor="rte-2024"),))


def assessed(comparison: Comparison, verdicts: Verdicts | None = None, **changes: Any) -> Assessment:
    """All that is to be said of a comparison; of each candidate GO IF, unless said otherwise."""
    usual: dict[str, Any] = {
        "goals": Goals({}, "", correction_wh=3.3),
        "changed": (),
        "scenario": SCENARIO,
        "verdicts": verdicts or judged_as("GO IF", *(result.name for result in comparison.measured)),
        "advice": (),
    }
    return Assessment(comparison, **usual | changes)


def advised(code: str, found: str, remedy: str) -> Advice:
    """What a check says."""
    return Advice(code, Message(found), Message(remedy))


def printed(*parts: RenderableType, width: int = WIDTH) -> str:
    """What a console writes that would obey markup, without the blanks at the ends of lines."""
    out = io.StringIO()
    console = Console(file=out, width=width, markup=True, force_terminal=False)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().split("\n")[:-1])


def no_controls(text: str) -> bool:
    """Whether nothing in a printed text could drive a terminal."""
    harmful = {"Cc", "Zl", "Zp", "Cs"}
    return all(letter == "\n" or unicodedata.category(letter) not in harmful for letter in text) and not set(text) & {
        *"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    }


def fits(text: str, width: int = WIDTH) -> bool:
    """Whether a printed text keeps within so many columns, and all of it is there."""
    return "…" not in text and all(len(line) <= width for line in text.splitlines())
