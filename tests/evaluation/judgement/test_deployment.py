"""A year of service: worked out by hand for one small model, and the laws that hold for any."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.energy.factors import Factor, carbon_g
from evaluation.goals import Deployment
from evaluation.judgement.deployment import PerSample, Range, Service, at_each_volume, carbon_range_kg, in_service

DEPLOYMENT = Deployment(
    requests_per_year_low=15_000,
    requests_per_year=60_000,
    requests_per_year_high=145_000,
    server_memory_gib=128,
    server_cores=32,
    server_idle_w=120,
    embodied_kg_co2e_low=460,
    embodied_kg_co2e=900,
    embodied_kg_co2e_high=2087,
    lifetime_years=4,
    pue_low=1.2,
    pue=1.5,
    pue_high=2.0,
    source="a test",
)
# 1 Wh, 1 CPU second a thousand samples; 1 GiB.
SMALL = PerSample(energy_above_idle_wh=0.001, cpu_seconds=0.001, peak_memory_mib=1024)


def factor(factor_id: str, g_per_kwh: float) -> Factor:
    return Factor(factor_id, g_per_kwh, "a test", 2025, "consumed", dt.date(2026, 11, 24))


DEFAULT, LOWEST, HIGHEST = factor("default", 46.1), factor("lowest", 21.7), factor("highest", 56.039)
FACTORS = {each.id: each for each in (DEFAULT, LOWEST, HIGHEST)}

REQUESTS = st.integers(1, 10**7)
PUE = st.floats(1, 3)
PER_SAMPLE = st.builds(
    PerSample,
    energy_above_idle_wh=st.floats(0, 10),
    cpu_seconds=st.floats(0, 1000),
    peak_memory_mib=st.none() | st.floats(1, 1e6),
)


def serve(per_sample: PerSample = SMALL, requests: int = 60_000, deployment: Deployment = DEPLOYMENT) -> Service:
    return in_service(per_sample, deployment, DEFAULT, requests)


def test_a_year_worked_out_by_hand() -> None:
    service = serve()
    # Memory: 1 GiB of 128. CPU: 60 s of 32 cores x 8 760 h x 3 600 s = 1 009 152 000 s. The memory decides.
    assert service.memory_share == pytest.approx(0.0078125)
    assert service.cpu_share == pytest.approx(60 / 1_009_152_000)
    assert service.share == pytest.approx(0.0078125)
    # 60 000 x 0.001 Wh = 60 Wh; x 1.5 = 0.09 kWh.
    assert service.active_kwh == pytest.approx(0.09)
    # 0.0078125 x 120 W x 8 760 h = 8 212.5 Wh; x 1.5 = 12.31875 kWh.
    assert service.reserved_kwh == pytest.approx(12.31875)
    assert service.energy_kwh == pytest.approx(12.40875)
    # 12.40875 kWh x 46.1 g = 572.043375 g.
    assert service.operational_kg_co2e == pytest.approx(0.572043375)
    # 0.0078125 x 900 kg / 4 years.
    assert service.embodied_kg_co2e == pytest.approx(1.7578125)
    assert service.carbon_kg_co2e == pytest.approx(2.329855875)
    # 2 329.855875 g over 60 lots of a thousand.
    assert service.sci_g_per(1000) == pytest.approx(38.83093125)


def test_a_year_in_which_the_processor_decides_worked_out_by_hand() -> None:
    # 2 628 000 requests of 48 s fill 126 144 000 CPU seconds: an eighth of the server. Its memory, 8 GiB, would be a sixteenth.
    service = serve(PerSample(energy_above_idle_wh=0.05, cpu_seconds=48, peak_memory_mib=8192), requests=2_628_000)
    assert service.cpu_share == service.share == pytest.approx(0.125)
    assert service.memory_share == pytest.approx(0.0625)
    # 0.125 x 120 W x 8 760 h x 1.5 = 197.1 kWh; 2 628 000 x 0.05 Wh x 1.5 = 197.1 kWh as well; 0.125 x 900 kg / 4.
    assert service.reserved_kwh == pytest.approx(197.1)
    assert service.active_kwh == pytest.approx(197.1)
    assert service.embodied_kg_co2e == pytest.approx(28.125)


def test_the_extremes_of_a_year_worked_out_by_hand() -> None:
    # Before PUE: 60 + 8 212.5 = 8 272.5 Wh.
    # Low: x 1.2 x 21.7 = 215.4159 g, and 0.0078125 x 460 / 4 = 0.8984375 kg.
    # High: x 2.0 x 56.039 = 927.165255 g, and 0.0078125 x 2 087 / 4 = 4.076171875 kg.
    found = carbon_range_kg(SMALL, DEPLOYMENT, DEFAULT, FACTORS, 60_000)
    assert found == pytest.approx(Range(1.1138534, 2.329855875, 5.00333713))


def test_the_three_volumes_of_the_deployment_are_served() -> None:
    years = at_each_volume(SMALL, DEPLOYMENT, DEFAULT)
    assert [year.requests for year in years] == [15_000, 60_000, 145_000]
    assert years.central == serve()
    assert [year.active_kwh for year in years] == pytest.approx([0.0225, 0.09, 0.2175])


def test_what_is_reserved_does_not_shrink_with_the_volume_where_the_memory_decides() -> None:
    years = at_each_volume(SMALL, DEPLOYMENT, DEFAULT)
    assert years.low.reserved_kwh == years.central.reserved_kwh == years.high.reserved_kwh


def test_idle_power_is_charged_once() -> None:
    # A candidate that fills the server's memory and only keeps it from sleeping: the server's idle year, nothing more.
    service = serve(PerSample(energy_above_idle_wh=0.0, cpu_seconds=0.0, peak_memory_mib=128 * 1024))
    assert service.energy_kwh == pytest.approx(120 * 8760 / 1000 * 1.5)


def test_energy_lost_in_the_noise_of_the_idle_power_gives_nothing_back() -> None:
    assert serve(replace(SMALL, energy_above_idle_wh=-0.001)) == serve(replace(SMALL, energy_above_idle_wh=0.0))


def test_unknown_memory_makes_the_share_a_lower_bound() -> None:
    unknown = serve(replace(SMALL, peak_memory_mib=None))
    assert unknown.memory_share is None
    assert unknown.share == unknown.cpu_share
    assert unknown.share_is_lower_bound
    assert not serve().share_is_lower_bound


@pytest.mark.parametrize(("memory_gib", "several"), [(127.9, False), (128, False), (128.1, True), (384, True)])
def test_a_share_beyond_one_server_is_kept_and_told(memory_gib: float, several: bool) -> None:
    service = serve(replace(SMALL, peak_memory_mib=memory_gib * 1024))
    assert service.needs_several_servers is several
    assert service.share == pytest.approx(memory_gib / 128)
    assert service.embodied_kg_co2e == pytest.approx(memory_gib / 128 * 225)


@pytest.mark.parametrize("requests", [0, -1])
def test_a_year_without_requests_is_refused(requests: int) -> None:
    with pytest.raises(ValueError, match="a year of service has requests"):
        serve(requests=requests)


def test_the_factor_of_the_central_case_widens_the_extremes_where_it_lies_beyond_the_others() -> None:
    beyond = factor("beyond", 500.0)
    found = carbon_range_kg(SMALL, DEPLOYMENT, beyond, FACTORS, 60_000)
    assert found.low < found.central < found.high
    assert found.high == carbon_range_kg(SMALL, DEPLOYMENT, beyond, {beyond.id: beyond}, 60_000).high


@given(PER_SAMPLE, st.integers(1, 10**5), st.integers(2, 100))
def test_active_energy_is_linear_in_the_volume(per_sample: PerSample, requests: int, times: int) -> None:
    assert serve(per_sample, requests * times).active_kwh == pytest.approx(serve(per_sample, requests).active_kwh * times)


@given(PER_SAMPLE, REQUESTS)
def test_the_share_is_never_below_either_of_its_parts(per_sample: PerSample, requests: int) -> None:
    service = serve(per_sample, requests)
    assert service.share >= service.cpu_share
    assert service.memory_share is None or service.share >= service.memory_share


@given(PER_SAMPLE, REQUESTS)
def test_knowing_the_memory_never_lowers_what_is_charged(per_sample: PerSample, requests: int) -> None:
    unknown, known = serve(replace(per_sample, peak_memory_mib=None), requests), serve(per_sample, requests)
    assert unknown.share <= known.share
    assert unknown.carbon_kg_co2e <= known.carbon_kg_co2e


@given(PER_SAMPLE, REQUESTS)
def test_operational_carbon_is_energy_times_factor(per_sample: PerSample, requests: int) -> None:
    service = serve(per_sample, requests)
    assert service.operational_kg_co2e * 1000 == pytest.approx(service.energy_kwh * DEFAULT.g_per_kwh)


@given(PER_SAMPLE, REQUESTS)
def test_pue_multiplies_both_energies_once_and_the_making_never(per_sample: PerSample, requests: int) -> None:
    bare, room = (serve(per_sample, requests, replace(DEPLOYMENT, pue=pue)) for pue in (1.0, 1.5))
    assert room.active_kwh == pytest.approx(bare.active_kwh * 1.5)
    assert room.reserved_kwh == pytest.approx(bare.reserved_kwh * 1.5)
    assert room.operational_kg_co2e * 1000 == pytest.approx(carbon_g(bare.energy_kwh * 1000, DEFAULT, pue=1.5))
    assert room.embodied_kg_co2e == bare.embodied_kg_co2e


@given(PER_SAMPLE, REQUESTS, PUE, PUE)
def test_a_higher_pue_never_lowers_the_carbon(per_sample: PerSample, requests: int, one: float, other: float) -> None:
    low, high = (serve(per_sample, requests, replace(DEPLOYMENT, pue=pue)) for pue in sorted((one, other)))
    assert low.carbon_kg_co2e <= high.carbon_kg_co2e


@given(PER_SAMPLE, REQUESTS)
def test_the_extremes_enclose_the_central_case(per_sample: PerSample, requests: int) -> None:
    found = carbon_range_kg(per_sample, DEPLOYMENT, DEFAULT, FACTORS, requests)
    assert found.low <= found.central <= found.high
    assert found.central == serve(per_sample, requests).carbon_kg_co2e


@given(PER_SAMPLE, REQUESTS, st.integers(1, 10**4))
def test_a_years_carbon_comes_back_from_that_of_a_functional_unit(per_sample: PerSample, requests: int, samples: int) -> None:
    service = serve(per_sample, requests)
    assert service.sci_g_per(samples) / samples * requests / 1000 == pytest.approx(service.carbon_kg_co2e)
