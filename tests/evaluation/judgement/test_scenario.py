"""Where candidates would serve: the factor changes their carbon and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from evaluation.energy.factors import find_factor, read_factors
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.deployment import PerSample, Range
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.statistics import Interval
from tests.conftest import Preuve, Recorded
from tests.records import make_campaign, make_deployment, make_run

TASK = "request-classification"
# 1 Wh and 1 CPU second a thousand samples, in 1 GiB of the server's 128.
LINEAR = CandidateResult(
    "linear",
    baseline=False,
    status="finished",
    seeds=1,
    campaign=make_campaign(make_run()),
    candidate="linear",
    per_sample=PerSample(0.001, 0.001, 1024),
)
SCENARIO = Scenario(make_deployment(), find_factor("ademe-2025"), read_factors(), 1000)


def test_a_year_is_that_of_the_central_volume_worked_out_by_hand() -> None:
    service = SCENARIO.service(LINEAR)
    assert service.requests == 60_000
    # 60 000 x 0.001 Wh x 1.5, and 1/128 x 120 W x 8 760 h x 1.5.
    assert service.energy_kwh == pytest.approx(0.09 + 12.31875)
    # 12.40875 kWh x 46.1 g, and 1/128 x 900 kg / 4 years.
    assert service.carbon_kg_co2e == pytest.approx(0.572043375 + 1.7578125)


def test_another_factor_changes_carbon_and_not_energy() -> None:
    other = replace(SCENARIO, factor=find_factor("rte-2024"))
    assert other.service(LINEAR).energy_kwh == SCENARIO.service(LINEAR).energy_kwh
    # 12.40875 kWh x 21.7 g.
    assert other.service(LINEAR).operational_kg_co2e == pytest.approx(0.269269875)


def test_carbon_lies_between_the_extremes_of_all_factors() -> None:
    # Low: 8.2725 kWh x 1.2 x 21.7 g and 1/128 x 460 kg / 4; high: 8.2725 kWh x 2.0 x 56.039 g and 1/128 x 2 087 kg / 4.
    assert SCENARIO.carbon_range_kg(LINEAR) == pytest.approx(Range(1.1138534, 2.329855875, 5.00333713))


def test_a_candidate_that_was_not_measured_has_no_year_of_service() -> None:
    for ask in (SCENARIO.service, SCENARIO.carbon_range_kg):
        with pytest.raises(ValueError, match="linear was not measured"):
            ask(replace(LINEAR, per_sample=None))


def test_without_a_deployment_there_is_no_year_of_service() -> None:
    for ask in (replace(SCENARIO, deployment=None).service, replace(SCENARIO, deployment=None).carbon_range_kg):
        with pytest.raises(ValueError, match="nothing of a service"):
            ask(LINEAR)


def test_the_carbon_of_a_unit_is_that_of_its_gross_energy() -> None:
    measured = replace(LINEAR, energy_wh=Interval(2.0, 1.0, 3.0))
    # 2 Wh at 46.1 g a kWh.
    assert SCENARIO.carbon_g_per_unit(measured) == pytest.approx(0.0922)
    assert SCENARIO.carbon_g_per_unit(LINEAR) is None


def compared(preuve: Preuve, *options: str) -> dict[str, Any]:
    outcome = preuve("compare", TASK, "--json", *options)
    assert outcome.status == 0, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def test_compare_takes_another_factor_for_carbon_alone(preuve: Preuve, at_recorded: Recorded) -> None:
    usual, other = compared(preuve), compared(preuve, "--factor", "rte-2024")
    assert (usual["factor"]["id"], other["factor"]["id"]) == ("ademe-2025", "rte-2024")
    for one, again in zip(usual["candidates"], other["candidates"], strict=True):
        service, under = one.pop("service"), again.pop("service")
        years, years_under = one.pop("years"), again.pop("years")
        assert [year.pop("carbon_kg_co2e") for year in years] != [year.pop("carbon_kg_co2e") for year in years_under]
        assert years == years_under
        assert again.pop("carbon_g_co2e_per_unit") / one.pop("carbon_g_co2e_per_unit") == pytest.approx(21.7 / 46.1)
        assert one == again
        operational, less = (each["carbon_kg_co2e"]["central"] - each["embodied_kg_co2e"] for each in (service, under))
        assert less / operational == pytest.approx(21.7 / 46.1)
        carbon_free = {"carbon_kg_co2e", "sci_g_co2e_per_unit"}
        assert {key: service[key] for key in service.keys() - carbon_free} == {
            key: under[key] for key in under.keys() - carbon_free
        }


def test_a_table_names_the_factor_that_it_was_made_with(preuve: Preuve, at_recorded: Recorded) -> None:
    assert "In service: 60 000 requests a year, rte-2024" in preuve("compare", TASK, "--factor", "rte-2024").out


def test_an_unknown_factor_offers_the_nearest(preuve: Preuve, at_recorded: Recorded) -> None:
    refused = preuve("compare", TASK, "--factor", "rte-2042")
    assert refused.status == 2
    assert "Error: 'rte-2042'" in refused.err
    assert "did you mean rte-2024?" in refused.err
