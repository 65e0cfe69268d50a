"""The details of a report on energy and carbon: what was read and how, and what is derived from it by which figures of whose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

from evaluation.assessment import Assessment
from evaluation.energy.factors import Factor, carbon_g
from evaluation.energy.machine import Declarations, Declared, DeclaredText
from evaluation.energy.reading import JOULES_PER_WH, Component, Outcome, Reading
from evaluation.energy.tracker import SAMPLING_INTERVAL_S
from evaluation.goals import Deployment
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.deployment import G_PER_KG
from evaluation.judgement.scenario import Scenario
from evaluation.messages import Recorded, Setting, words
from evaluation.numbers import UNKNOWN
from evaluation.publishing.charts import COMPONENTS
from evaluation.publishing.pages import Page, Table
from evaluation.publishing.sections import Facts, Part, Section
from evaluation.run import Campaign

OUTCOMES_OF_WINDOWS: dict[Outcome, str] = {
    "complete": words("undisturbed: {number}"),
    "repeated": words("set aside and measured again, because the machine was busy: {number}"),
    "disturbed": words("disturbed, and counted all the same: {number}"),
    "cut short": words("cut short by an error or an interruption: {number}"),
    "unreadable": words("not to be believed, and not counted: {number}"),
}


def measurement_section(found: Assessment, page: Page) -> Section:
    """How the energy of this campaign was measured, failures included, and the carbon that follows from it."""
    campaign = found.comparison.campaign
    readings = campaign.all_readings
    title = page.say("How energy and carbon were measured")
    if not readings:
        return Section("measurement", title, [page.say("No energy was read in this campaign.")])
    return Section(
        "measurement",
        title,
        [
            _component_table(readings, page),
            Facts([*_sampling(campaign, readings, page), *_carbon(campaign, found.scenario, page)]),
            _declared_table(campaign.machine.declared, page),
        ],
    )


# What was read


def _component_table(readings: Sequence[Reading], page: Page) -> Table:
    """The energy of everything that the campaign did, by component and by the way in which it is known."""
    parts = [part for reading in readings for part in reading.components]
    ways: dict[tuple[str, ...], list[Component]] = {}
    for part in parts:
        ways.setdefault((part.name, part.evidence, part.backend), []).append(part)
    rows = [_component_row(page, known_alike) for known_alike in ways.values()]
    rows.append([page.say("The machine, before the room's share (PUE)"), *_energy_cells(parts, page), UNKNOWN])
    headings = [page.say("Component"), page.say("Energy read"), page.say("True value between"), page.say("How it is known")]
    caption = page.say("All energy of this campaign: warming up, training, measuring, idling and what failed")
    return Table(caption, headings, rows, frozenset({1, 2}))


def _component_row(page: Page, parts: Sequence[Component]) -> list[str]:
    first = parts[0]
    known = page.say("class {evidence}: {backend}", evidence=first.evidence, backend=Recorded(first.backend))
    return [page.capital_letter(page.say(COMPONENTS[first.name])), *_energy_cells(parts, page), known]


def _energy_cells(parts: Sequence[Component], page: Page) -> tuple[str, str]:
    """What was read of them together, and between which ends the true value lies."""
    energy = page.language.energy
    low, high = energy(sum(part.low_wh for part in parts)), energy(sum(part.high_wh for part in parts))
    return energy(sum(part.energy_wh for part in parts)), page.language.between(low, high)


Pair = tuple[Markup, Markup]


def _sampling(campaign: Campaign, readings: Sequence[Reading], page: Page) -> list[Pair]:
    outcomes = Counter(reading.outcome for reading in readings)
    windows = [page.say(OUTCOMES_OF_WINDOWS[outcome], number=number) for outcome, number in outcomes.items()]
    factors = sorted({reading.calibrated_by for reading in readings})
    idle = campaign.idle
    return [
        (
            page.say("Power samples"),
            page.lines(
                page.say("one every {seconds} s, by CodeCarbon", seconds=Setting(SAMPLING_INTERVAL_S)),
                page.say("longest gap between two: {seconds} s", seconds=max(reading.longest_gap_s for reading in readings)),
            ),
        ),
        (page.say("Measured windows"), page.lines(page.say_number("{number} window", "{number} windows", len(readings)), *windows)),
        (
            page.say("Machine at rest"),
            page.say(
                "{watts} W, over {seconds} s",
                watts=idle.energy_wh / idle.duration_s * JOULES_PER_WH,
                seconds=round(idle.duration_s),
            )
            if idle
            else page.say("not measured"),
        ),
        (
            page.say("Calibration"),
            page.say("none: the figures are the meter's own")
            if factors == [1.0]
            else page.say("the meter's figures of processor and memory times {factor}", factor=Setting(factors[-1])),
        ),
    ]


# What follows from it


def _carbon(campaign: Campaign, scenario: Scenario, page: Page) -> list[Pair]:
    """Of the campaign itself: energy x PUE x factor, and its share of the machine's making."""
    declared, factor = campaign.machine.declared, scenario.factor
    return [
        (page.say("Room around this machine (PUE)"), _declared(declared.pue, page)),
        (page.say("Emission factor"), factor_cell(factor, page)),
        (
            page.say("Carbon of the electricity"),
            page.lines(
                page.say("{mass} CO₂e", mass=escape(page.language.mass(carbon_g(campaign.energy_wh, factor, declared.pue.value)))),
                page.say("energy times PUE times factor, location-based, nothing offset"),
            ),
        ),
        (page.say("Share of this machine's making"), _making(campaign, page)),
        (page.say("Scope (GHG Protocol)"), _scopes(page)),
    ]


def factor_cell(factor: Factor, page: Page) -> Markup:
    """An emission factor, with its source, year and perimeter."""
    return page.lines(
        page.say("{factor}: {grams} g CO₂e per kWh", factor=factor.id, grams=Setting(factor.g_per_kwh)),
        page.say("{source}, {year}", source=factor.source, year=escape(factor.year)),
        page.recorded(factor.perimeter),
    )


def _declared(figure: Declared, page: Page) -> Markup:
    return page.lines(page.plain(figure.value), page.recorded(figure.source))


def _declared_table(declared: Declarations, page: Page) -> Table:
    """What cannot be read from the machine, and whose figures these are."""
    headings = [page.say("Name in machine.toml"), page.say("Value"), page.say("Declared by, or assumed from")]
    figures: dict[str, Declared | DeclaredText] = {name: getattr(declared, name) for name in type(declared).model_fields}
    rows = [
        [
            page.typed(name),
            page.plain(figure.value) if isinstance(figure, Declared) else page.recorded(figure.value),
            page.recorded(figure.source),
        ]
        for name, figure in figures.items()
    ]
    return Table(page.say("What was declared of this machine, or assumed where nobody declared it"), headings, rows, frozenset({1}))


def _making(campaign: Campaign, page: Page) -> Markup:
    """In proportion to the time that the campaign took of the machine's life."""
    declared = campaign.machine.declared
    if campaign.ended is None:
        return page.say("not known: nobody knows when the campaign ended")
    duration_s = max((campaign.ended - campaign.started).total_seconds(), 0.0)
    return page.lines(
        page.say("{mass} CO₂e", mass=escape(page.language.mass(declared.embodied_g(duration_s)))),
        page.say(
            "{kilograms} kg CO₂e for the whole machine, spread over {years} years of life",
            kilograms=Setting(declared.embodied_kg_co2e.value),
            years=Setting(declared.lifetime_years.value),
        ),
        page.recorded(declared.embodied_kg_co2e.source),
    )


def _scopes(page: Page) -> Markup:
    return page.lines(
        page.say("Scope 2: the electricity of the city's own machine, by location"),
        page.say("Scope 3: what comes before that electricity, as far as the factor holds it, and the making of the machine"),
    )


# In service


def service_section(found: Assessment, page: Page) -> Section:
    """The carbon of a year of service for each functional unit, candidate by candidate; empty without a deployment."""
    scenario, title = found.scenario, page.say("Carbon in service: Software Carbon Intensity (ISO/IEC 21031)")
    measured = [result for result in found.comparison.measured if result.per_sample]
    if scenario.deployment is None or not measured:
        return Section("service", title, [])
    unit = Recorded(found.comparison.campaign.unit_name)
    headings = [
        page.say("Candidate"),
        page.say("g CO₂e per {functional_unit}: ((E × I) + M) / R", functional_unit=unit),
        page.say("Energy of the year, E"),
        page.say("Its carbon, E × I"),
        page.say("Making of the server, M"),
        page.say("Carbon of the year, from the lowest to the highest plausible case"),
    ]
    rows = [_service_row(scenario, result, page) for result in measured]
    caption = page.say_number(
        "A year of service with {number} request",
        "A year of service with {number} requests",
        scenario.deployment.requests_per_year,
    )
    parts: list[Part] = [Table(caption, headings, rows, frozenset(range(1, 6))), Facts(_service_facts(scenario.deployment, page))]
    return Section("service", title, parts)


def _service_row(scenario: Scenario, result: CandidateResult, page: Page) -> list[str]:
    service, carbon_kg = scenario.service(result), scenario.carbon_range_kg(result)
    at_least = "≥\u00a0" if service.share_is_lower_bound else ""

    def kilograms(value: float) -> str:
        return at_least + page.language.mass(value * G_PER_KG)

    return [
        page.said(result.name),
        at_least + page.number(service.sci_g_per(scenario.unit_size)),
        at_least + page.language.with_unit(page.number(service.energy_kwh), "kWh"),
        kilograms(service.operational_kg_co2e),
        kilograms(service.embodied_kg_co2e),
        at_least
        + page.language.between(page.language.mass(carbon_kg.low * G_PER_KG), page.language.mass(carbon_kg.high * G_PER_KG)),
    ]


def _service_facts(deployment: Deployment, page: Page) -> list[Pair]:
    between = page.say(
        "{value} (plausible from {low} to {high})",
        value=Setting(deployment.pue),
        low=Setting(deployment.pue_low),
        high=Setting(deployment.pue_high),
    )
    making = page.say(
        "{value} kg CO₂e (plausible from {low} to {high}), spread over {years} years",
        value=Setting(deployment.embodied_kg_co2e),
        low=Setting(deployment.embodied_kg_co2e_low),
        high=Setting(deployment.embodied_kg_co2e_high),
        years=Setting(deployment.lifetime_years),
    )
    return [
        (page.say("Room around the server (PUE)"), between),
        (page.say("Making of the whole server"), making),
        (page.say("Source of both"), page.recorded(deployment.source)),
        (
            page.say("Whose share"),
            page.say("of the server's idle power and making: the part of memory or of time that is reserved"),
        ),
    ]
