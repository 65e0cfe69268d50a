"""What a report's details say of energy and carbon: figures that can be worked out on paper."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from evaluation.assessment import Assessment
from evaluation.judgement.comparison import CandidateResult
from evaluation.publishing.language import Language
from evaluation.publishing.report import report_page
from evaluation.run import Campaign
from tests.evaluation.publishing.reading import read_page
from tests.records import STARTED, make_campaign, make_machine, make_reading, make_run
from tests.reports import DATE
from tests.results import BROKEN, CAMPAIGN, KEYWORDS, LINEAR, TRANSFORMER, UNDEPLOYED, assessed, compared


def measured(**changes: object) -> Campaign:
    """3 Wh: a window that counts, one that had to be repeated, and one of the idle machine, 0.5 Wh of CPU and of memory each."""
    windows = [make_reading("inference", longest_gap_s=1.25), make_reading("inference", outcome="repeated", reason="busy")]
    usual = {
        "readings": [make_reading("idle", samples=0)],
        "machine": make_machine(declared={"pue": 1.3, "embodied_kg_co2e": 876.6, "lifetime_years": 5.0}),
        "ended": STARTED + dt.timedelta(hours=1),
    }
    return make_campaign(make_run("keywords", baseline=True, readings=windows), **usual | changes)


def page_of(found: Assessment, code: str = "en") -> str:
    return read_page(report_page(found, None, Language(code), DATE))


def section(found: Assessment, heading: str, code: str = "en") -> list[str]:
    """Its lines, with plain spaces before units."""
    return page_of(found, code).replace("\u202f", " ").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0].splitlines()


def measurement(campaign: Campaign, result: CandidateResult = KEYWORDS) -> list[str]:
    found = assessed(compared(replace(result, campaign=campaign), campaign=campaign))
    return section(found, "How energy and carbon were measured")


def test_all_energy_is_there_by_component_what_did_not_count_included() -> None:
    # Class C: from half of the figure to six times.
    lines = measurement(measured())
    assert "| Processor | 1.50 Wh | 750 mWh to 9.00 Wh | class C: load model with an assumed TDP of 80 W |" in lines
    assert "| Memory | 1.50 Wh | 750 mWh to 9.00 Wh | class C: a declared constant of 20 W |" in lines
    assert "| The machine, before the room's share (PUE) | 3.00 Wh | 1.50 Wh to 18.0 Wh | – |" in lines


def test_parts_that_are_known_in_different_ways_are_told_apart() -> None:
    run = make_run("keywords", baseline=True, readings=[make_reading(measured=True)])
    campaign = measured().model_copy(update={"runs": (run,)})
    rows = [line for line in measurement(campaign) if line.startswith("| Processor")]
    assert [row.split(" | ")[1] for row in rows] == ["500 mWh", "500 mWh"]
    assert [row.split(": ")[1].partition(" ")[0] for row in rows] == ["load", "RAPL"]


def test_windows_are_counted_by_what_became_of_them_and_gaps_are_told() -> None:
    lines = measurement(measured())
    assert "Power samples :: one every 0.95 s, by CodeCarbon / longest gap between two: 1.25 s" in lines
    assert "Measured windows :: 3 windows / undisturbed: 2 / set aside and measured again, because the machine was busy: 1" in lines
    # 1 Wh in 10 s.
    assert "Machine at rest :: 360 W, over 10 s" in lines


def test_carbon_is_energy_times_room_times_factor_and_a_share_of_the_making() -> None:
    lines = measurement(measured())
    # 3 Wh x 1.3 x 46.1 g/kWh.
    assert any(line.startswith("Carbon of the electricity :: 180 mg CO₂e / ") for line in lines)
    # 876.6 kg over 5 years of 8 766 h: 20 g an hour.
    assert any(line.startswith("Share of this machine's making :: 20.0 g CO₂e / 876.6 kg") for line in lines)
    assert "Room around this machine (PUE) :: 1.3 / its data sheet" in lines


def test_a_campaign_whose_end_nobody_knows_has_no_share_of_the_making() -> None:
    lines = measurement(measured(ended=None))
    assert "Share of this machine's making :: not known: nobody knows when the campaign ended" in lines


def test_each_declared_figure_says_whose_it_is() -> None:
    lines = measurement(measured())
    assert "| lifetime_years | 5 | its data sheet |" in lines
    assert "| host_share | 1 | assumed: the figure above is already this machine's |" in lines
    assert "| site | unknown | assumed: nobody has said where |" in lines


def test_a_calibration_is_told() -> None:
    campaign = measured(readings=[make_reading("idle", samples=0, calibrated_by=1.4)])
    assert "Calibration :: the meter's figures of processor and memory times 1.4" in measurement(campaign)


def test_where_nothing_was_read_that_is_said() -> None:
    run = make_run("broken", status="failed", readings=(), predictions=())
    assert measurement(make_campaign(run, readings=()), BROKEN) == ["No energy was read in this campaign."]


def test_the_carbon_intensity_of_a_service_by_hand() -> None:
    # 1 024 of 131 072 MiB: 120 W x 8 760 h x 1.5 / 128 = 12.318 kWh, and 60 000 x 1 mWh x 1.5 = 0.09 kWh, at 46.1 g. Of 900 kg over
    # 4 years 1/128 a year. Over 60 lots of 1 000 requests.
    found = assessed(compared(KEYWORDS, LINEAR, TRANSFORMER))
    lines = section(found, "Carbon in service: Software Carbon Intensity (ISO/IEC 21031)")
    row = next(line for line in lines if line.startswith("| tfidf-linearsvc"))
    assert row.startswith("| tfidf-linearsvc | 38.8 | 12.4 kWh | 572 g | 1.76 kg | ")
    # Of what has no known memory all are lower bounds.
    assert next(line for line in lines if line.startswith("| tiny")).count("≥\u00a0") == 5
    assert "Room around the server (PUE) :: 1.5 (plausible from 1.2 to 2)" in lines


def test_without_a_deployment_there_is_no_carbon_in_service() -> None:
    found = replace(assessed(compared(KEYWORDS, LINEAR, campaign=CAMPAIGN)), scenario=UNDEPLOYED)
    assert "Software Carbon Intensity" not in page_of(found)
