"""Numbered checks that warn about what spoils a POC. Each is one small module; a new one joins `CHECKS` under the next number.

They are advice: verdicts do not depend on them. Numbers are never given to something else, for people quote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from evaluation.judgement.checks import (
    p001_not_better,
    p002_test_too_small,
    p003_below_guardrail,
    p004_overlap,
    p005_expired,
    p006_single_seed,
    p007_partial_protocol,
    p008_changed_goals,
    p009_not_counted,
    p010_foreign_load,
    p011_label_noise,
    p012_waiting,
)
from evaluation.judgement.checks.advice import Advice, Examined

Check = Callable[[Examined], Iterator[Advice]]

CHECKS: Sequence[Check] = (
    p001_not_better.check,
    p002_test_too_small.check,
    p003_below_guardrail.check,
    p004_overlap.check,
    p005_expired.check,
    p006_single_seed.check,
    p007_partial_protocol.check,
    p008_changed_goals.check,
    p009_not_counted.check,
    p010_foreign_load.check,
    p011_label_noise.check,
    p012_waiting.check,
)


def advise(examined: Examined) -> list[Advice]:
    """Everything that the checks find, in the order of their numbers."""
    return [advice for check in CHECKS for advice in check(examined)]
