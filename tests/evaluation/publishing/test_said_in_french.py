"""All that a judgement says is said in French, down to what records have in English, and so are the numbers and days in it."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from evaluation.data.files import Columns
from evaluation.data.splits import checked_split, stratified_split
from evaluation.energy.components import evidence_of
from evaluation.energy.factors import read_factors
from evaluation.energy.machine import assumptions
from evaluation.energy.reading import Reading
from evaluation.goals import GOAL_NAMES, GOAL_UNITS, Goal, Goals, changed_goals, goal_name, parse_goals
from evaluation.home import PROJECT
from evaluation.judgement.checks import advise
from evaluation.judgement.checks.advice import Examined
from evaluation.judgement.comparison import STATUS
from evaluation.judgement.goal_values import OUTCOMES
from evaluation.judgement.verdict import DECISIONS, RULE
from evaluation.messages import Day, Decimals, Figure, Message, Recorded, Rounded, Sentence, Setting, Share, say
from evaluation.notes import comparison_notes, service_notes
from evaluation.publishing.language import Language
from evaluation.run import Campaign, Protocol, Run
from evaluation.samples import Samples, Split
from evaluation.texts.oddities import document_remarks
from tests.evaluation.judgement.checks.sound import (
    GOALS,
    GOALS_TOML,
    TODAY,
    answers,
    changed,
    each_reading,
    examine,
    of_candidate,
    run,
    sound_campaign,
    sound_data,
    sound_runs,
    without_figures,
)
from tests.evaluation.judgement.checks.test_p002_test_too_small import SLIGHT
from tests.evaluation.publishing.test_catalogues import translations
from tests.evaluation.texts.test_oddities import ENGLISH
from tests.records import (
    make_calibration,
    make_component,
    make_counting_machine,
    make_deployment,
    make_goals,
    make_hardware,
    make_machine,
    make_reading,
)

FRENCH = Language("fr")
SERVER = tomllib.loads((PROJECT / "poc/goals.toml").read_text(encoding="utf-8"))["deployment"]["source"]
TIGHT = make_goals(
    deployment=make_deployment(source=SERVER),
    human_path=None,
    quality={"metric": "macro_f1", "floor": 0.85},
    quality_gain={"floor": 0.3},
    class_recall={"floor": 0.9},
    slice_recall=[{"slice": "channel", "floor": 0.9}, {"slice": "urgent", "value": "yes", "floor": 0.9}],
    energy_per_unit_wh={"ceiling": 0.01},
    marginal_energy_wh={"ceiling": 0.001},
    development_kwh={"ceiling": 0.001},
    deployed_kwh_per_year={"ceiling": 2.0},
    embodied_kg_co2e_per_year={"ceiling": 0.3},
    carbon_kg_co2e_per_year={"ceiling": 0.3},
)
COLUMNS = Columns("text", "service")
# As the sample POC has it.
UNIT = "1 000 requests routed"
SOUND = sound_campaign(unit_name=UNIT)
TOO_LATE = "a process of its own did not answer within 120 s"
UNAVAILABLE = run(
    "hub",
    0,
    1.0,
    status="unavailable",
    reason="there is no model with its tokenizer in the folder models (config.json, model.safetensors, tokenizer.json)",
    remedy="--param hub.model=FOLDER with a folder that save_pretrained wrote",
    predictions=(),
    readings=(),
)
FAILED = run(
    "broken",
    0,
    1.0,
    status="failed",
    reason="ValueError in fit.py, line 3",
    remedy="mend the candidate; preuve run ... --candidate broken --debug shows more",
    predictions=(),
    readings=(),
)
NOTICES = (
    "no test file: 400 of 1 200 samples, drawn by class, are kept for the test",
    "personal data undeclared: no verdict on requests.csv can be GO; add --personal-data no|yes",
)
FLAGS = ("the calibration is not used: it was made on 2025-10-01, 420 days ago; it holds for 365",)


def spoiled() -> Campaign:
    """A quick and interrupted campaign in which much went wrong."""
    modelled = make_machine(flags=FLAGS)
    disturbed = make_reading("memory", outcome="repeated", foreign_cpu_seconds=5.0, longest_gap_s=7.0, stolen_seconds=40.0)
    fit = make_reading("fit", outcome="unreadable", reason="no result")
    found = changed(
        sound_campaign(
            *(each for each in sound_runs() if each.seed == 0 or each.candidate == "forest"),
            UNAVAILABLE,
            FAILED,
            machine=modelled,
            unit_name=UNIT,
            protocol=Protocol(seeds=2, rounds=3, window_s=2.5, quick=True),
            status="interrupted",
            reason="5.78 kWh used, this campaign included; it is closed after its last window",
            over_budget="the jury asked for it",
            conditions={"limit_words": 90},
            data=sound_data(
                notices=NOTICES,
                contains_personal_data="undeclared",
                expires=TODAY - dt.timedelta(days=1),
                overlap=3,
                near_duplicates=20,
                near_duplicate_ids=("s1 = s2", "s3 = s4", "s5 = s6"),
                relabelled=40,
                classes=6,
            ),
        ),
        lambda each: {"readings": (*each.readings, disturbed, fit)} if each.candidate == "linear" else {},
    )
    unknown_memory = of_candidate("forest", predictions=answers(0, 1, 2, 4), peak_memory_unknown=TOO_LATE, peak_memory_mib=None)
    return changed(found, unknown_memory)


def kept_though_disturbed() -> Campaign:
    """Modelled energies, some of them of windows that others disturbed."""

    def change(reading: Reading) -> dict[str, Any]:
        modelled = make_component("cpu", reading.energy_wh, "C", "load model with an assumed TDP of 80 W")
        disturbed = {"outcome": "disturbed", "foreign_cpu_seconds": 9.0} if reading.round == 1 else {}
        return {"components": (modelled, reading.components[1]), **disturbed}

    return each_reading(SOUND, change).model_copy(update={"machine": make_machine()})


def elsewhere() -> Campaign:
    """Another machine, another protocol and another test."""
    machine = make_counting_machine(machine_id="f" * 16)
    other = sound_campaign(id="20261124-190559-77aa", protocol=Protocol(seeds=2, rounds=4), machine=machine, unit_name=UNIT)
    return other.model_copy(update={"data": sound_data(sha256="e" * 64)})


def partly_failed() -> Campaign:
    """One seed of a candidate failed, and the baseline was not available."""

    def change(each: Run) -> dict[str, Any]:
        if each.baseline:
            return without_figures(each, "unavailable", reason="no NVIDIA driver")
        failed = (each.candidate, each.seed) == ("linear", 1)
        return without_figures(each, "failed", reason="ValueError in fit.py, line 3") if failed else {}

    return changed(SOUND, change)


CASES: Mapping[str, Examined] = {
    "sound": examine(SOUND),
    "spoiled": examine(spoiled(), goals=TIGHT, then=GOALS),
    "tight": examine(SOUND, goals=TIGHT, then=GOALS),
    "disturbed": examine(kept_though_disturbed(), goals=TIGHT),
    "elsewhere": examine(SOUND, elsewhere()),
    "partly failed": examine(partly_failed()),
    "hardly better": examine(SLIGHT.model_copy(update={"unit_name": UNIT})),
}


def said_in(found: Examined) -> Iterator[Message]:
    """Every message of a judgement, its checks and its notes."""
    comparison, scenario = found.comparison, found.case.scenario
    for verdict in found.verdicts.of.values():
        yield from verdict.sensitive_to
        for judged in verdict.goals:
            yield from (judged.reason, *judged.settled_by) if judged.reason else judged.settled_by
            yield goal_name(judged.goal, judged.bound, comparison.campaign.unit_name)
    yield from found.verdicts.alternatives
    for advice in advise(found):
        yield from (advice.found, advice.remedy)
    yield from comparison_notes(comparison)
    yield from service_notes(comparison, scenario)


def parts_of(figure: Figure) -> Iterator[Figure]:
    """A message with the messages and records within it."""
    yield figure
    inner = figure.figures.values() if isinstance(figure, Message) else [figure.words] if isinstance(figure, Sentence) else []
    for each in inner:
        yield from parts_of(each)


def in_english(messages: Iterable[Message]) -> list[str]:
    """What of some messages nobody has translated."""
    known = {words[0] for words in translations()}
    parts = {str(part): part for message in messages for part in parts_of(message)}.values()
    words = [part.template for part in parts if isinstance(part, Message) and part.template not in known]
    lost = [part.text for part in parts if isinstance(part, Recorded) and FRENCH.recorded(part.text) is None]
    # A name is left as it is; a sentence of the records must not be taken for one.
    return [*words, *lost, *(part for part in parts if isinstance(part, str) and FRENCH.recorded(part) is not None)]


@pytest.mark.parametrize("case", CASES)
def test_nothing_of_a_judgement_is_left_in_english(case: str) -> None:
    assert in_english(said_in(CASES[case])) == []


def test_the_cases_are_of_many_kinds() -> None:
    codes = {advice.code for found in CASES.values() for advice in advise(found)}
    assert codes >= {f"P{number:03}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}
    said = [part for found in CASES.values() for each in said_in(found) for part in parts_of(each)]
    templates = {part.template for part in said if isinstance(part, Message)}
    assert len(templates) > 120


def test_what_is_left_in_english_is_found() -> None:
    message = say("more test samples of {group}, {why}", group="bins", why=Sentence(Recorded("of no one")))
    assert in_english([message]) == ["more test samples of {group}, {why}", "of no one"]
    assert in_english([say("not comparable: {why}", why="NVML counter")]) == ["NVML counter"]


def test_every_decision_outcome_and_name_has_its_french() -> None:
    fixed = [*RULE.values(), *DECISIONS.values(), *OUTCOMES.values(), *STATUS.values()]
    named = [say(words, unit="", metric="", column="") for words in (*GOAL_NAMES.values(), *filter(None, GOAL_UNITS.values()))]
    assert in_english([*fixed, *named]) == []
    assert [FRENCH.message(DECISIONS[each]) for each in DECISIONS] == ["GO", "GO SI", "NO GO", "NON CONCLUANT"]


def test_every_change_of_the_goals_has_its_french() -> None:
    unreadable = Goals({}, "[goal")
    pairs = [(GOALS, TIGHT), (TIGHT, GOALS), (GOALS, parse_goals(GOALS_TOML.replace("0.03", "0.05"))), (unreadable, GOALS)]
    assert in_english(change for then, now in pairs for change in changed_goals(then, now)) == []


def test_a_goal_is_called_as_readers_call_it() -> None:
    one, worst = Goal("slice_recall", floor=0.5, slice="urgent", value="oui"), Goal("slice_recall", floor=0.5, slice="canal")
    per_unit, kept = Goal("energy_per_unit_wh", ceiling=1.0), Goal("guardrail", ceiling=0.02, metric="unsupported_facts")
    named = [FRENCH.message(goal_name(goal.key, goal, UNIT)) for goal in (one, worst, per_unit, kept)]
    assert named == [
        "part retrouvée pour urgent = oui",
        "part retrouvée, pour le sous-ensemble le moins bien servi selon canal",
        "énergie pour 1\u202f000 demandes orientées",
        "garde-fou\u00a0: unsupported_facts",
    ]
    assert FRENCH.message(goal_name("human_path", None, "")) == "recours à une personne maintenu"
    assert str(goal_name("human_path", None, "")) == "people still serve who wants it"


# Figures that are written in a way of their own


@pytest.mark.parametrize(
    ("figure", "french"),
    [
        (Share(0.714), "71\u202f%"),
        (Setting(0.5), "0,5"),
        (Rounded(0.891, 2), "0,89"),
        (Decimals(0.5, 3), "0,500"),
        (Decimals(float("nan"), 3), "–"),
        (Day(dt.date(2026, 11, 1)), "1er novembre 2026"),
        (Recorded("NVML counter"), "compteur NVML"),
        (Recorded("nobody knows"), "nobody knows"),
        (Sentence(say("interrupted")), "Interrompu."),
    ],
)
def test_a_figure_is_written_as_french_does(figure: Figure, french: str) -> None:
    assert FRENCH.figure(figure) == french


# What records say

CHANGED = "cores valait 2, vaut 4_; site valait a, vaut b"
IN_BOTH = "du test qui figurent aussi dans les exemples d’entraînement"


@pytest.mark.parametrize(
    ("recorded", "french"),
    [
        ("RAPL counter of package-0", "compteur RAPL de package-0"),
        ("a declared constant of 6.5 W", "une constante déclarée de 6,5_W"),
        (
            "load model with an assumed TDP of 80 W, calibrated on 2026-11-01",
            "modèle de charge, avec une puissance thermique (TDP) supposée de 80_W, étalonnage du 1er novembre 2026",
        ),
        (
            "no test file: 534 of 1 782 samples, drawn by class, are kept for the test",
            "pas de fichier de test~: 534 exemples sur 1_782, tirés classe par classe, sont réservés au test",
        ),
        # A sentence within another one.
        (
            "overlap allowed: 2 texts of the test are in the training samples too (training = test): a = b; c = d",
            f"doublons acceptés entre l’entraînement et le test~: textes {IN_BOTH} (entraînement = test)~: 2 (a = b; c = d)",
        ),
        # Several of them in a row.
        (
            "since machine.toml was written, cores was 2, is 4; site was a, is b: are its figures still right?",
            f"depuis que machine.toml a été écrit, des valeurs ont changé ({CHANGED})~: ses chiffres sont-ils encore justes_?",
        ),
        (
            "5.78 kWh used, this campaign included; it is closed after its last window",
            "5,78_kWh consommés, cette campagne comprise_; elle est close après sa dernière période",
        ),
        # Digits that are a name.
        (
            "results are not split by the column '2024': 51 different values in 100 test samples",
            "les résultats ne sont pas répartis selon la colonne «~2024~»~: 51 valeurs différentes pour 100 exemples de test",
        ),
        ("ValueError in fit.py, line 1234", "erreur ValueError dans fit.py, ligne 1234"),
    ],
)
def test_what_was_recorded_is_found_again_with_its_figures(recorded: str, french: str) -> None:
    assert FRENCH.recorded(recorded) == french.replace("_", "\u202f").replace("~", "\u00a0")
    assert Language("en").recorded(recorded) == recorded


def test_what_nobody_translated_is_not_found() -> None:
    assert FRENCH.recorded("a sentence of somebody's own") is None


def labelled(labels: str, prefix: str = "s") -> Samples:
    texts = [f"{prefix} texte {place}" for place in range(len(labels))]
    return Samples([f"{prefix}{place}" for place in range(len(labels))], texts, list(labels), slices={"free": texts})


def test_what_a_split_notices_has_its_french() -> None:
    drawn = stratified_split(labelled("aaaabbbb"), where="requests.csv", seed=0)
    train, test = labelled("aabb", "s"), labelled("aabc", "s")
    checked = checked_split(Split(train, test), COLUMNS, train="train.csv", test="test.csv", allow_overlap=True)
    notices = [*drawn.notices, *checked.notices]
    assert len(notices) == 4
    assert [notice for notice in notices if FRENCH.recorded(notice) is None] == []


def test_what_is_remarked_of_documents_has_its_french() -> None:
    texts = [ENGLISH, "1 2 3", "Le marché ferme."]
    test = Samples(["a", "b", "c"], texts, ["Résumé.", "", "Résumé."])
    remarks = document_remarks(Split(Samples([], [], []), test), {"limit_words": 5})
    assert len(remarks) == 4
    assert [remark for remark in remarks if FRENCH.recorded(remark) is None] == []


def test_how_each_component_is_known_has_its_french() -> None:
    counting = make_counting_machine(calibration=make_calibration())
    machines = [make_machine(), make_machine(declared={"host_tdp_w": 65.0, "ram_w": 6.5}), make_counting_machine(), counting]
    backends = [evidence_of(machine, name)[1] for machine in machines for name in ("cpu", "gpu", "ram")]
    assert [backend for backend in backends if FRENCH.recorded(backend) is None] == []


def test_what_is_assumed_of_a_machine_has_its_french() -> None:
    for hardware in (make_hardware(), make_hardware(virtualised="KVM", ram_gib=0.0), make_hardware(battery="discharging")):
        sources = [source for _, source in assumptions(hardware).values()]
        assert [source for source in sources if FRENCH.recorded(source) is None] == []


def test_a_table_of_the_project_is_read_in_french() -> None:
    assert [each.id for each in read_factors().values() if FRENCH.recorded(each.perimeter) is None] == []
