"""The scenario in which candidates would serve: an emission factor, and the POC's deployment where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.energy.factors import Factor, carbon_g
from evaluation.goals import Deployment
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.deployment import PerSample, Range, Service, carbon_range_kg, in_service


@dataclass(frozen=True)
class Scenario:
    """Where candidates would serve.

    Attributes:
        deployment: volume and server, from the POC's goals; none where they say nothing of a service.
        factor: of the electricity.
        factors: all that might be used instead.
        unit_size: samples in the functional unit.
    """

    deployment: Deployment | None
    factor: Factor
    factors: Mapping[str, Factor]
    unit_size: int

    def carbon_g_per_unit(self, result: CandidateResult) -> float | None:
        """Of the gross energy of a functional unit, in grams of CO2 equivalent; neither a room nor a server's making is in it."""
        return carbon_g(result.energy_wh.value, self.factor) if result.energy_wh else None

    def service(self, result: CandidateResult) -> Service:
        """A year at the central volume.

        Raises:
            ValueError: the candidate was not measured, or there is no deployment.
        """
        deployment = self._served_by
        return in_service(_measured(result), deployment, self.factor, deployment.requests_per_year)

    def carbon_range_kg(self, result: CandidateResult) -> Range[float]:
        """A year's carbon at the central volume, between its extremes.

        Raises:
            ValueError: the candidate was not measured, or there is no deployment.
        """
        deployment = self._served_by
        return carbon_range_kg(_measured(result), deployment, self.factor, self.factors, deployment.requests_per_year)

    @property
    def _served_by(self) -> Deployment:
        if self.deployment is None:
            message = "the POC's goals say nothing of a service"
            raise ValueError(message)
        return self.deployment


def _measured(result: CandidateResult) -> PerSample:
    if result.per_sample is None:
        message = f"{result.name} was not measured"
        raise ValueError(message)
    return result.per_sample
