"""The scenario in which candidates would serve: the POC's deployment under one emission factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.energy.factors import Factor
from evaluation.goals import Deployment
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.deployment import PerSample, Range, Service, carbon_range_kg, in_service


@dataclass(frozen=True)
class Scenario:
    """Where candidates would serve.

    Attributes:
        deployment: volume and server, from the POC's goals.
        factor: of the electricity.
        factors: all that might be used instead.
        unit_size: samples in the functional unit.
    """

    deployment: Deployment
    factor: Factor
    factors: Mapping[str, Factor]
    unit_size: int

    def service(self, result: CandidateResult) -> Service:
        """A year at the central volume.

        Raises:
            ValueError: the candidate was not measured.
        """
        return in_service(_measured(result), self.deployment, self.factor, self.deployment.requests_per_year)

    def carbon_range_kg(self, result: CandidateResult) -> Range[float]:
        """A year's carbon at the central volume, between its extremes.

        Raises:
            ValueError: the candidate was not measured.
        """
        requests = self.deployment.requests_per_year
        return carbon_range_kg(_measured(result), self.deployment, self.factor, self.factors, requests)


def _measured(result: CandidateResult) -> PerSample:
    if result.per_sample is None:
        message = f"{result.name} was not measured"
        raise ValueError(message)
    return result.per_sample
