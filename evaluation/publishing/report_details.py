"""The details of a report: all that stands behind its decision, section by section, for whoever checks it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta

from markupsafe import Markup, escape

from evaluation import __version__
from evaluation.assessment import Assessment
from evaluation.judgement.comparison import STATUS, CandidateResult, Difference
from evaluation.judgement.verdict import DECISIONS, RULE
from evaluation.messages import Setting, words
from evaluation.notes import comparison_notes, service_notes
from evaluation.numbers import UNKNOWN
from evaluation.poc_card import PocCard
from evaluation.publishing.goal_cells import in_unit
from evaluation.publishing.pages import Page, Table
from evaluation.publishing.report_energy import measurement_section, service_section
from evaluation.publishing.report_frameworks import law_section, reen_section, rgesn_section, spec_2314_section
from evaluation.publishing.sections import Facts, Items, Part, Section
from evaluation.run import Campaign

# Packages whose versions decide what was measured and how.
MEASURING_PACKAGES = ("codecarbon", "mlflow", "scikit-learn", "torch", "transformers", "numpy")
TRUE_FALSE = {"yes": words("yes"), "no": words("no"), "undeclared": words("not declared")}


def details_of(found: Assessment, card: PocCard | None, page: Page) -> list[Section]:
    """All sections that have anything to say."""
    sections = [
        _differences(found, page),
        _checks(found, page),
        _notes(found, page),
        _goals(found, page),
        _candidates(found, page),
        _data(found.comparison.campaign, page),
        measurement_section(found, page),
        service_section(found, page),
        *([law_section(card, page)] if card else []),
        spec_2314_section(found, card, page),
        rgesn_section(found, card, page),
        reen_section(found, page),
        _versions(found, page),
        _verifying(found.comparison.campaign, page),
    ]
    return [section for section in sections if section.parts]


# Why


def _differences(found: Assessment, page: Page) -> Section:
    comparison = found.comparison
    references = [each.name for each in (comparison.baseline, comparison.best) if each]
    headings = [
        page.say("Compared"),
        page.say("Difference in {metric}", metric=comparison.metric.name),
        page.say("p value"),
        page.say("Energy of the first divided by that of the second"),
        page.say("p value of the energy"),
    ]
    pairs = {frozenset({each.name, reference}): (each.name, reference) for reference in references for each in comparison.measured}
    rows = [_difference_row(comparison.between(*pair), page) for pair in pairs.values() if pair[0] != pair[1]]
    caption = page.say(
        "Each candidate against the baseline and against the best; p values are corrected for the number of comparisons"
    )
    table = Table(caption, headings, rows, frozenset({1, 2, 3, 4}))
    rule = Items(
        [page.say("{decision}: {condition}.", decision=DECISIONS[word], condition=rule) for word, rule in RULE.items()],
        ordered=True,
    )
    parts: list[Part] = [page.say("A decision follows from the goals by one rule; the first line that holds decides."), rule]
    return Section("why", page.say("How the decision follows"), [*parts, *([table] if rows else [])])


def _difference_row(found: Difference, page: Page) -> list[str]:
    better = page.say("decisive") if found.better else page.say("not decisive")
    leaner = page.say("decisive") if found.leaner else page.say("not decisive")
    language = page.language
    quality: str = escape(UNKNOWN)
    if found.quality:
        quality = page.lines(language.signed(found.quality.value), language.ends(found.quality, language.signed), better)
    ratio = page.lines(page.bounded(found.ratio), leaner) if found.ratio else escape(UNKNOWN)
    return [
        page.say("{one} against {other}", one=found.one, other=found.other),
        quality,
        _p_value(found.quality_p if found.quality else None, page),
        ratio,
        _p_value(found.ratio_p if found.ratio else None, page),
    ]


def _p_value(value: float | None, page: Page) -> str:
    if value is None:
        return UNKNOWN
    return f"<\u00a0{page.decimal(0.001, 3)}" if value < 0.001 else page.decimal(value, 3)


def _checks(found: Assessment, page: Page) -> Section:
    items = [
        page.typed(each.code) + " " + page.sentence(each.found) + " " + page.say("To do: {remedy}.", remedy=each.remedy)
        for each in found.advice
    ]
    parts: list[Part] = [Items(items)] if items else [page.say("No check found anything.")]
    return Section("checks", page.say("Checks of the data and of the measurement"), parts)


def _notes(found: Assessment, page: Page) -> Section:
    notes = comparison_notes(found.comparison)
    if any(result.per_sample for result in found.comparison.results):
        notes = [*notes, *service_notes(found.comparison, found.scenario)]
    tried = [page.sentence(each) for each in found.verdicts.alternatives]
    return Section("notes", page.say("Notes on the figures"), [Items([*map(page.sentence, notes), *tried])])


# What it was judged by, and who was judged


def _goals(found: Assessment, page: Page) -> Section:
    campaign = found.comparison.campaign
    headings = [page.say("Goal"), page.say("Name in goals.toml"), page.say("Target"), page.say("Ceiling"), page.say("Floor")]
    rows = [
        [
            page.goal(key, goal, campaign.unit_name),
            page.typed(key),
            *(in_unit(page, goal, value) for value in (goal.target, goal.ceiling, goal.floor)),
        ]
        for key, goal in found.goals.goal.items()
    ]
    same = campaign.goals_sha256 == found.goals.sha256
    parts: list[Part] = [
        Table(page.say("All goals of this POC"), headings, rows, frozenset({2, 3, 4})),
        page.say("Hash (SHA-256) of these goals: {hash}.", hash=page.typed(found.goals.sha256)),
        page.say("They are the goals that were fixed before the campaign was measured.")
        if same
        else page.say("The campaign was measured under other goals, whose hash is {hash}.", hash=page.typed(campaign.goals_sha256)),
    ]
    if found.changed:
        parts.append(Items([page.message(change) for change in found.changed]))
    return Section("goals", page.say("Goals"), parts)


def _candidates(found: Assessment, page: Page) -> Section:
    headings = [
        page.say("Candidate"),
        page.say("Status"),
        page.say("Parameters"),
        page.say("Energy of one training"),
        page.say("Peak memory"),
    ]
    rows = [_candidate_row(result, page) for result in found.comparison.results]
    table = Table(page.say("All candidates that were tried, those without a result included"), headings, rows, frozenset({3, 4}))
    return Section("candidates", page.say("Candidates"), [table])


def _candidate_row(result: CandidateResult, page: Page) -> list[str]:
    runs = result.campaign.runs_of(result.candidate)
    params = [page.typed(f"{name} = {value}") for name, value in sorted(runs[0].params.items())] if runs else []
    fit = UNKNOWN if result.fit_energy_wh is None else page.language.energy(result.fit_energy_wh)
    memory_mib = result.per_sample.peak_memory_mib if result.per_sample else None
    return [
        page.said(result.name),
        page.lines(page.message(STATUS[result.status]), page.sentence(result.reason) if result.reason else ""),
        Markup(" ").join(params) or escape(UNKNOWN),
        page.say("too short to measure") if result.fit_energy_wh is None and result.fit_duration_s is not None else fit,
        UNKNOWN if memory_mib is None else page.say("{number} MiB", number=memory_mib),
    ]


def _data(campaign: Campaign, page: Page) -> Section:
    data = campaign.data
    personal = data.contains_personal_data if data.contains_personal_data in TRUE_FALSE else "undeclared"
    pairs = [
        (page.say("File"), page.said(data.name)),
        (page.say("SHA-256"), page.typed(data.sha256)),
        (
            page.say("Samples"),
            page.say("{train} to learn from, {test} for the test", train=data.train_samples, test=data.test_samples),
        ),
        (page.say("Licence"), page.said(data.licence)),
        (page.say("Personal data"), page.say(TRUE_FALSE[personal])),
    ]
    if data.test_sha256:
        pairs.insert(2, (page.say("SHA-256 of the test file"), page.typed(data.test_sha256)))
    shown = {"origin": page.say("Origin"), "purpose": page.say("Purpose"), "legal_basis": page.say("Legal basis")}
    shown |= {
        "dpia": page.say("Impact assessment"),
        "expires": page.say("Not to be used after"),
        "how_written": page.say("How it was written"),
    }
    card = _card_fields(data.card_text)
    pairs += [(title, _of_card(card[name], page)) for name, title in shown.items() if card.get(name)]
    return Section("data", page.say("Data"), [Facts(pairs)])


def _of_card(value: object, page: Page) -> Markup:
    return page.said(page.date(value)) if isinstance(value, date) else page.recorded(str(value))


def _card_fields(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except ValueError:
        return {}


# With what, and how to check it


def _versions(found: Assessment, page: Page) -> Section:
    campaign = found.comparison.campaign
    environment, machine = campaign.environment, campaign.machine
    packages = [name for name in environment.packages if name.partition("==")[0] in MEASURING_PACKAGES]
    dirty = {
        True: page.say("with changes that no commit holds"),
        False: page.say("unchanged"),
        None: page.say("nobody knows whether it was changed"),
    }
    ended = campaign.ended or campaign.started
    pairs = [
        (page.say("Campaign"), page.typed(campaign.id)),
        (page.say("Begun"), page.moment(campaign.started)),
        (page.say("Ended"), page.moment(campaign.ended) if campaign.ended else escape(UNKNOWN)),
        (page.say("Duration"), escape(page.language.duration(max(ended - campaign.started, timedelta()).total_seconds()))),
        (
            page.say("Measured by"),
            page.say("not declared") if campaign.operator_role == "undeclared" else page.said(campaign.operator_role),
        ),
        (
            page.say("Code"),
            page.lines(page.typed(environment.code_commit or UNKNOWN), dirty[environment.code_dirty]),
        ),
        (page.say("Program"), page.say("preuve {version}, Python {python}", version=__version__, python=environment.python)),
        (
            page.say("Packages"),
            page.lines(", ".join(packages), page.say("hash of all: {hash}", hash=page.hash(environment.packages_sha256))),
        ),
        (
            page.say("Machine"),
            page.lines(
                page.said(machine.hardware.cpu),
                page.say_number(
                    "{number} core, {ram} GiB",
                    "{number} cores, {ram} GiB",
                    machine.hardware.cores,
                    ram=Setting(machine.hardware.ram_gib),
                ),
                page.said(", ".join(machine.hardware.gpus)) if machine.hardware.gpus else page.say("no graphics card was found"),
                page.say("virtual machine")
                if machine.hardware.virtualised
                else page.say("not a virtual machine, as far as can be seen"),
                page.say("pseudonym {id}", id=page.hash(machine.machine_id)),
            ),
        ),
    ]
    return Section("versions", page.say("Who measured it, when and with what"), [Facts(pairs)])


def _verifying(campaign: Campaign, page: Page) -> Section:
    head = campaign.ledger_head
    steps = Items(
        [
            page.say(
                "On the machine that has the records, run {command}: it checks each of them, and looks for the head that this "
                "report quotes.",
                command=page.typed("preuve audit verify --against FILE.html"),
            ),
            page.say(
                "Or ask for the audit bundle ({command}): it holds a verifier, a single file that needs nothing but Python.",
                command=page.typed("preuve audit bundle --out FILE.zip"),
            ),
            page.say("Repeat a run: {command} says whether the same comes out.", command=page.typed("preuve run --repeat RUN")),
        ],
        ordered=True,
    )
    if head is None:
        return Section("verify", page.say("How to check this report"), [page.say("This campaign is in no carbon ledger."), steps])
    quoted = page.say("This report quotes the carbon ledger as it was after this campaign: {head}.", head=page.typed(head))
    why = page.say(
        "Whoever keeps a ledger could rewrite all of it. This copy of its head is out of their reach: if it is no longer found in "
        "the ledger, the ledger was changed."
    )
    return Section("verify", page.say("How to check this report"), [quoted, why, steps])
