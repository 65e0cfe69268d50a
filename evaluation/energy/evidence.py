"""Evidence classes: how an energy figure is known, and between which bounds the true value then lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from evaluation.messages import words

EvidenceClass = Literal["A", "B", "C", "D"]
ComponentName = Literal["cpu", "gpu", "ram"]

MEANING: Mapping[EvidenceClass, str] = {
    "A": words("calibrated against a wall meter on this host"),
    "B": words("read from a hardware counter"),
    "C": words("modelled from the load, or declared"),
    "D": words("modelled from tokens or calls of a hosted service"),
}
# The true value over the reading. B: a counter leaves out the power supply, the board and the fans; the bounds hold 99 % of the
# 318 public runs with a wall meter behind arXiv 2509.22092. C joins the error of the formula (true over model 0.5 to 4.3 on three
# CPUs) with the same boundary. D: hosted services. The bounds of A come from the calibration.
_CPU_COUNTER, _GPU_COUNTER, _MODEL, _HOSTED = (0.9, 3.0), (0.9, 1.6), (0.5, 6.0), (0.33, 3.0)
# Nobody read these: a model, a constant or a declaration stands behind them.
NOT_COUNTED: tuple[EvidenceClass, ...] = ("C", "D")
# A part below this share of a total does not decide how well the total is known.
MATERIAL_SHARE = 0.05


def bounds(evidence: EvidenceClass, name: ComponentName) -> tuple[float, float]:
    """Lowest and highest factor from a reading of this class to the true value.

    Raises:
        ValueError: class A, whose bounds are those of its calibration.
    """
    if evidence == "A":
        message = "the bounds of class A come from the calibration of the host"
        raise ValueError(message)
    if evidence == "B":
        return _GPU_COUNTER if name == "gpu" else _CPU_COUNTER
    return _MODEL if evidence == "C" else _HOSTED


def class_of_total(parts_wh: Mapping[EvidenceClass, float]) -> EvidenceClass:
    """The worst class that matters: at least a twentieth of the energy is known that badly or worse.

    Args:
        parts_wh: energy by class.

    Raises:
        ValueError: there is no part.
    """
    total_wh = sum(parts_wh.values())
    so_far_wh = 0.0
    for evidence in sorted(parts_wh, reverse=True):
        so_far_wh += parts_wh[evidence]
        if so_far_wh >= total_wh * MATERIAL_SHARE:
            return evidence
    message = "there is no part"
    raise ValueError(message)
