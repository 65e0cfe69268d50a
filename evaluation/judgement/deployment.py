"""What a candidate would take in a year of service: energy, carbon, a share of a server. Whether that is too much, the goals say.

At a city's volume a small model's requests use next to nothing; what is kept ready for them around the clock is nearly all.
So a candidate is charged a share of a server: of its idle power all year, and of what its making emitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from evaluation.energy.factors import WH_PER_KWH, Factor, carbon_g, lowest_and_highest
from evaluation.goals import Deployment

HOURS_PER_YEAR = 8760
SECONDS_PER_HOUR = 3600
MIB_PER_GIB = 1024
G_PER_KG = 1000.0

Value = TypeVar("Value")


class Range(NamedTuple, Generic[Value]):
    """A central case between two extremes that are plausible; no interval of confidence."""

    low: Value
    central: Value
    high: Value


@dataclass(frozen=True)
class PerSample:
    """What one answer takes, as measured.

    Attributes:
        energy_above_idle_wh: what the machine used while it answered, less what it would have used idle in that time. Gross energy
            would charge idle power twice, for it is in the share of the server already, for every hour of the year.
        cpu_seconds: of all cores together.
        peak_memory_mib: of the process, its libraries included; none where unknown.
    """

    energy_above_idle_wh: float
    cpu_seconds: float
    peak_memory_mib: float | None


@dataclass(frozen=True)
class Service:
    """A year of service of one candidate. Where its memory is unknown, the share and all that follows from it are lower bounds.

    Attributes:
        requests: answered in the year, one sample each.
        memory_share: of the server's memory, taken all year; none where unknown.
        cpu_share: of the CPU seconds that the server has in a year; a mean, peaks of demand are not provided for.
        active_kwh: of the requests, above idle, PUE included.
        reserved_kwh: of the share of the server's idle power, PUE included.
        embodied_kg_co2e: of the share of the server's making, one year of its life.
        factor: of the electricity.
        pue: with which both energies were multiplied.
    """

    requests: int
    memory_share: float | None
    cpu_share: float
    active_kwh: float
    reserved_kwh: float
    embodied_kg_co2e: float
    factor: Factor
    pue: float

    @property
    def share(self) -> float:
        """Of a server: the larger of the two decides. Above 1 it takes so many servers."""
        return _share(self.memory_share, self.cpu_share)

    @property
    def share_is_lower_bound(self) -> bool:
        """Whether the share, and what follows from it, may be larger: the memory is unknown."""
        return self.memory_share is None

    @property
    def needs_several_servers(self) -> bool:
        """Whether one server is too small for it."""
        return self.share > 1

    @property
    def energy_kwh(self) -> float:
        """Active and reserved, PUE included."""
        return self.active_kwh + self.reserved_kwh

    @property
    def operational_kg_co2e(self) -> float:
        """Of the energy, under the factor; PUE is in the energy already."""
        return carbon_g(self.energy_kwh * WH_PER_KWH, self.factor) / G_PER_KG

    @property
    def carbon_kg_co2e(self) -> float:
        """Of energy and making together."""
        return self.operational_kg_co2e + self.embodied_kg_co2e

    def sci_g_per(self, samples: int) -> float:
        """Software Carbon Intensity, in grams of CO2 equivalent for so many samples: ((E x I) + M) per R of ISO/IEC 21031.

        E is the year's energy, I the factor (location based, no offsets), M the year's embodied carbon, R the requests in lots of
        `samples`.
        """
        return self.carbon_kg_co2e * G_PER_KG / self.requests * samples


def in_service(per_sample: PerSample, deployment: Deployment, factor: Factor, requests: int) -> Service:
    """A year of `requests` requests, with the central PUE and embodied carbon of the deployment.

    Reserved energy is the share of the server x its idle power x 8 760 h. Energy above idle is counted from 0: a candidate so light
    that it disappears in the noise of the idle power gives nothing back.

    Raises:
        ValueError: there are no requests, so nothing could be said of one.
    """
    if requests < 1:
        message = f"a year of service has requests, not {requests}"
        raise ValueError(message)
    memory_share = _memory_share(per_sample, deployment)
    cpu_share = _cpu_share(per_sample, deployment, requests)
    share = _share(memory_share, cpu_share)
    return Service(
        requests=requests,
        memory_share=memory_share,
        cpu_share=cpu_share,
        active_kwh=requests * max(0.0, per_sample.energy_above_idle_wh) * deployment.pue / WH_PER_KWH,
        reserved_kwh=share * deployment.server_idle_w * HOURS_PER_YEAR * deployment.pue / WH_PER_KWH,
        embodied_kg_co2e=share * deployment.embodied_kg_co2e / deployment.lifetime_years,
        factor=factor,
        pue=deployment.pue,
    )


def at_each_volume(per_sample: PerSample, deployment: Deployment, factor: Factor) -> Range[Service]:
    """A year at the low, the central and the high volume of the deployment; all else central."""
    volumes = (deployment.requests_per_year_low, deployment.requests_per_year, deployment.requests_per_year_high)
    return Range(*(in_service(per_sample, deployment, factor, requests) for requests in volumes))


def carbon_range_kg(
    per_sample: PerSample, deployment: Deployment, factor: Factor, factors: Mapping[str, Factor], requests: int
) -> Range[float]:
    """A year's carbon in kg of CO2 equivalent, and its extremes: PUE, factor and embodied carbon all low, or all high.

    Args:
        per_sample: what one answer takes.
        deployment: where it would serve.
        factor: of the central case.
        factors: all those that might be used instead.
        requests: in the year; the same in the three cases.
    """
    lowest, highest = lowest_and_highest({**factors, factor.id: factor})
    favourable = replace(deployment, pue=deployment.pue_low, embodied_kg_co2e=deployment.embodied_kg_co2e_low)
    adverse = replace(deployment, pue=deployment.pue_high, embodied_kg_co2e=deployment.embodied_kg_co2e_high)
    cases = ((favourable, lowest), (deployment, factor), (adverse, highest))
    return Range(*(in_service(per_sample, where, electricity, requests).carbon_kg_co2e for where, electricity in cases))


def _memory_share(per_sample: PerSample, deployment: Deployment) -> float | None:
    if per_sample.peak_memory_mib is None:
        return None
    return per_sample.peak_memory_mib / MIB_PER_GIB / deployment.server_memory_gib


def _cpu_share(per_sample: PerSample, deployment: Deployment, requests: int) -> float:
    return requests * per_sample.cpu_seconds / (deployment.server_cores * HOURS_PER_YEAR * SECONDS_PER_HOUR)


def _share(memory_share: float | None, cpu_share: float) -> float:
    return max(memory_share or 0.0, cpu_share)
