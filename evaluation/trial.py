"""A run under way: one candidate with one seed, until it is a record that does not change any more."""

from __future__ import annotations

from dataclasses import dataclass, field

from evaluation.candidate import Candidate, Predictor
from evaluation.energy.meter import EnergyLog
from evaluation.footprint import PeakMemory
from evaluation.latency import Latencies
from evaluation.messages import words
from evaluation.run import Prediction, Run, RunStatus


@dataclass
class Trial:
    """A run under way: one candidate with one seed. It becomes a `Run`, which does not change any more."""

    candidate: Candidate
    seed: int
    status: RunStatus = "interrupted"
    reason: str | None = words("the campaign was interrupted before it was measured")
    remedy: str | None = None
    predictor: Predictor | None = None
    log: EnergyLog = field(default_factory=EnergyLog)
    predictions: list[Prediction] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    latencies: Latencies | None = None
    peak_memory: PeakMemory | None = None

    def __post_init__(self) -> None:
        self.log.run = self.name

    @property
    def name(self) -> str:
        """As the run is called."""
        return f"{self.candidate.name} seed {self.seed}"

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status != "interrupted"

    @property
    def under_way(self) -> bool:
        """Whether it is fitted and has not ended."""
        return self.predictor is not None and not self.over

    @property
    def fitted(self) -> Predictor:
        """What its fit returned.

        Raises:
            RuntimeError: it was not fitted.
        """
        if self.predictor is None:
            message = f"{self.name} was not fitted"
            raise RuntimeError(message)
        return self.predictor

    def end(self, status: RunStatus, reason: str | None = None, remedy: str | None = None) -> None:
        """Set how it ended."""
        self.status, self.reason, self.remedy = status, reason, remedy

    def to_run(self) -> Run:
        """The record of it, as far as it got."""
        return Run(
            candidate=self.candidate.name,
            baseline=self.candidate.baseline,
            params=self.candidate.settings,
            seed=self.seed,
            status=self.status,
            reason=self.reason,
            remedy=self.remedy,
            scores=self.scores,
            latency_p50_ms=self.latencies.p50_ms if self.latencies else None,
            latency_p95_ms=self.latencies.p95_ms if self.latencies else None,
            peak_memory_mib=self.peak_memory.mib if self.peak_memory else None,
            peak_memory_unknown=self.peak_memory.why_not if self.peak_memory else None,
            readings=tuple(self.log.readings),
            predictions=tuple(self.predictions),
        )
