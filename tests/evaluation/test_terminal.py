"""What is printed: whole tables, written by hand from hand-picked results."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from evaluation.judgement.comparison import CandidateResult, Comparison, compare
from evaluation.judgement.statistics import Interval
from evaluation.metrics import accuracy, macro_f1
from evaluation.run import Protocol
from evaluation.terminal import (
    WIDE_TABLE,
    Finding,
    Mistake,
    comparison_dict,
    comparison_notes,
    comparison_table,
    finding_table,
    harmless,
    mistake_table,
)
from rich.console import Console, RenderableType

from tests.records import make_campaign, make_data, make_reading, make_rounds, make_run

KEYWORDS = CandidateResult(
    "keywords",
    baseline=True,
    status="finished",
    seeds=1,
    scores={"macro_f1": Interval(0.6124, 0.5796, 0.6449), "accuracy": Interval(0.64, 0.61, 0.671)},
    energy_wh=Interval(0.00205, 0.00201, 0.00209),
    fit_duration_s=0.2,
    ms_per_sample=0.0123,
)
LINEAR = CandidateResult(
    "tfidf-linearsvc",
    baseline=False,
    status="finished",
    seeds=1,
    scores={"macro_f1": Interval(0.7956, 0.761, 0.8301), "accuracy": Interval(0.81, 0.78, 0.84)},
    energy_wh=Interval(0.0123, 0.0119, 0.0127),
    ratio=Interval(6.0, 5.694, 6.322),
    fit_energy_wh=0.0421,
    ms_per_sample=0.0456,
)
TRANSFORMER = CandidateResult(
    "tiny-transformer",
    baseline=False,
    status="finished",
    seeds=1,
    scores={"macro_f1": Interval(0.9, 0.88, 0.9999), "accuracy": Interval(1.0, 1.0, 1.0)},
    energy_wh=Interval(0.82, 0.8, 0.84),
    ratio=Interval(400, 383.4, 1417.6),
    fit_energy_wh=1.25,
    ms_per_sample=3.4,
)
HUB = CandidateResult("hub-transformer", baseline=False, status="unavailable", seeds=0, reason="no network", remedy="connect")
BROKEN = CandidateResult("broken", baseline=False, status="failed", seeds=0, reason="ValueError in fit.py, line 3", remedy="mend it")

WIDE = """\
request-classification on requests.csv, campaign 20261123-190559-3f2a
"""
NARROW = """\
request-classification on requests.csv, campaign 20261123-190559-3f2a
"""
HOSTILE = "[red]a[/red] \x1b[31mb\x1b]8;;http://c\x07 \x9b2Jd\r\ne"


def printed(what: RenderableType, width: int = 200) -> str:
    """What a console writes that would obey markup, without the blanks at the ends of lines."""
    out = io.StringIO()
    Console(file=out, width=width, markup=True, force_terminal=False).print(what)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())

def test_show() -> None:
    c=Comparison(make_campaign(unit_name="1 000 requests routed"), [KEYWORDS, LINEAR, TRANSFORMER, HUB])
    for w,b in ((104,True),(80,False)):
        print(printed(comparison_table(c, wide=b), w))
    print(comparison_notes(c))
