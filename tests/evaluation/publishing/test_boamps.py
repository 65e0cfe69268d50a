"""A BoAmps report: what it says is what was measured, and the fields that CodeCarbon leaves empty are filled."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from evaluation.energy.factors import find_factor
from evaluation.energy.reading import Reading
from evaluation.metrics import Metric, accuracy, macro_f1
from evaluation.publishing.boamps import Publisher, measured_runs, quality, report
from evaluation.publishing.language import Language
from evaluation.run import Campaign, Protocol, Run
from tests.evaluation.publishing.test_open_data import SCHEMAS, WITHOUT_SCHEMAS, boamps_errors, json_in
from tests.records import (
    STARTED,
    make_calibration,
    make_campaign,
    make_component,
    make_counting_machine,
    make_environment,
    make_hardware,
    make_machine,
    make_reading,
    make_rounds,
    make_run,
)

FACTOR = find_factor("ademe-2025")
CITY = Publisher("Ville de Montaubray", dt.date(2026, 11, 29), Language("en"))
ENVIRONMENT = make_environment(packages=("codecarbon==3.3.2", "numpy==2.0.0"))
SCORES = {"accuracy": 0.9, "macro_f1": 0.8}


def told(run: Run, metrics: Sequence[Metric] = (macro_f1, accuracy), publisher: Publisher = CITY, **changes: Any) -> dict[str, Any]:
    """The report of this run."""
    usual: dict[str, Any] = {"environment": ENVIRONMENT, "readings": (make_reading("idle", cpu_wh=0.1, ram_wh=0.1, samples=0),)}
    return report(make_campaign(run, **usual | changes), run, metrics, FACTOR, publisher, head="7:" + "a" * 64)


def measured(*windows: Reading, **changes: Any) -> Run:
    """A run with these windows."""
    return make_run(rounds=windows or make_rounds(1.0, 1.2, 0.8), **{"scores": SCORES} | changes)


def test_the_energy_is_that_of_the_windows_that_count() -> None:
    thrown_away = make_reading(cpu_wh=5, ram_wh=5, outcome="repeated", reason="others used the machine")
    started = STARTED + dt.timedelta(hours=5)
    windows = make_rounds(1.0, 1.2, samples=2000, duration_s=12.0, started=started)
    found = told(measured(thrown_away, *windows))
    (measure,) = found["measures"]
    assert found["task"]["nbRequest"] == 4000
    assert measure["powerConsumption"] == pytest.approx(0.0022)
    assert measure["measurementDuration"] == 24.0
    assert measure["measurementDateTime"] == "2026-11-24 00:05:59"
    # Nine CPU seconds of the twenty-four that two cores have in twelve seconds.
    assert measure["averageUtilizationCpu"] == pytest.approx(9 / 24)


def test_what_codecarbon_leaves_empty_is_filled() -> None:
    found = told(measured(), machine=make_machine(make_hardware(virtualised="kvm")))
    (measure,) = found["measures"]
    assert (measure["measurementMethod"], measure["version"]) == ("codecarbon", "3.3.2")
    assert measure["cpuTrackingMode"] == "cpu_load"
    assert "gpuTrackingMode" not in measure
    # The idle machine took 0.2 Wh in ten seconds.
    assert (measure["powerCalibrationMeasurement"], measure["durationCalibrationMeasurement"]) == (pytest.approx(0.0002), 10.0)
    assert (found["task"]["measuredAccuracy"], found["quality"]) == (0.9, "low")
    assert found["environment"] == {"country": "France", "powerSourceCarbonIntensity": 46.1}
    assert found["infrastructure"]["infraType"] == "other"
    assert told(measured())["infrastructure"]["infraType"] == "onPremise"


def test_without_an_idle_reading_there_is_no_calibration() -> None:
    (measure,) = told(measured(), readings=())["measures"]
    assert "powerCalibrationMeasurement" not in measure
    assert "durationCalibrationMeasurement" not in measure


def test_counters_and_calibration_are_told() -> None:
    counted = make_counting_machine()
    (measure,) = told(measured(*make_rounds(1.0, 1.0, measured=True)), machine=counted)["measures"]
    assert measure["cpuTrackingMode"] == "rapl"
    windows = make_rounds(1.0, 1.0, measured=True, calibrated_by=1.4)
    machine = make_counting_machine(calibration=make_calibration())
    (measure,) = told(measured(*windows), machine=machine)["measures"]
    assert measure["cpuTrackingMode"] == "rapl, calibrated against a wall meter"


def test_a_gpu_is_a_component_and_tracked_by_nvml() -> None:
    hardware = make_hardware(gpus=("NVIDIA L4", "NVIDIA L4"), gpu_sensor="energy counter", nvml="readable")
    parts = (make_component("cpu", 0.5), make_component("gpu", 2.0, "B", "NVML counter"), make_component("ram", 0.5))
    found = told(measured(make_reading(components=parts)), machine=make_machine(hardware))
    assert found["measures"][0]["gpuTrackingMode"] == "nvml"
    assert {"componentType": "gpu", "componentName": "NVIDIA L4", "nbComponent": 2} in found["infrastructure"]["components"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9, 1.1, "high"),
        (0.95, 1.05, "high"),
        (0.89, 1.1, "medium"),
        (0.9, 1.11, "medium"),
        (0.75, 1.25, "medium"),
        (0.74, 1.25, "low"),
        (0.75, 1.26, "low"),
        (0.5, 6.0, "low"),
    ],
)
def test_the_quality_is_the_percentage_of_error_that_the_evidence_leaves(low: float, high: float, expected: str) -> None:
    part = make_component("cpu", 2.0).model_copy(update={"low_wh": 2.0 * low, "high_wh": 2.0 * high})
    assert quality([make_reading(components=(part,)), make_reading(components=(part,))]) == expected


def test_where_even_low_promises_too_much_the_report_says_so() -> None:
    said = told(measured())["task"]["taskDescription"]
    assert "between 0.500 and 6.00 times this figure (evidence class C): that is beyond the ±50 %" in said
    calibrated = make_component("cpu", 1.0, "A")
    assert "±50 %" not in told(measured(make_reading(components=(calibrated,))))["task"]["taskDescription"]


@pytest.mark.parametrize(
    ("metrics", "scores", "expected", "named"),
    [
        # The share of right answers goes before the deciding metric.
        ((macro_f1, accuracy), SCORES, 0.9, "measuredAccuracy is accuracy."),
        ((macro_f1,), SCORES, 0.8, "measuredAccuracy is macro_f1."),
        ((macro_f1, accuracy), {"macro_f1": 0.8}, 0.8, "measuredAccuracy is macro_f1."),
        # A metric without bounds is none, nor is what is no number.
        ((Metric("words", macro_f1.tally, bounds=(0.0, float("inf"))),), {"words": 0.5}, None, "No metric of this task"),
        ((macro_f1, accuracy), {"macro_f1": float("nan"), "accuracy": float("nan")}, None, "No metric of this task"),
    ],
)
def test_the_accuracy_is_a_metric_between_nothing_and_all(
    metrics: Sequence[Metric], scores: dict[str, float], expected: float | None, named: str
) -> None:
    found = told(measured(scores=scores), metrics)["task"]
    assert found.get("measuredAccuracy") == expected
    assert named in found["taskDescription"]


def test_only_a_hubs_model_is_named_with_its_address() -> None:
    def algorithm(**params: object) -> object:
        return told(measured(params=params))["task"]["algorithms"][0]

    hub = "almanach/camembertav2-base"
    assert algorithm(model=hub, revision="54cc") == {
        "algorithmType": "nlp",
        "foundationModelName": hub,
        "foundationModelUri": f"https://huggingface.co/{hub}",
    }
    own = {"algorithmType": "nlp", "algorithmName": "linear"}
    # Whatever is installed, the record does not say that it was used.
    installed = make_environment(packages=("codecarbon==3.3.2", "transformers==5.1.0"))
    assert told(measured(params={"C": 1.0}), environment=installed)["task"]["algorithms"] == [own]
    for params in ({"model": "/home/jean/model", "revision": "54cc"}, {"model": "models/own"}, {"model": 3}, {"C": 1.0}):
        assert algorithm(**params) == own


def test_a_hub_s_model_is_told_with_its_framework_and_sizes_with_their_fields() -> None:
    packages = ("codecarbon==3.3.2", "transformers-stream==9.9", "transformers==5.1.0")
    params = {"model": "almanach/camembertav2-base", "revision": "54cc", "epochs": 5, "layers": 12, "learning_rate": 5e-5}
    found = told(measured(params=params), environment=make_environment(packages=packages))
    (algorithm,) = found["task"]["algorithms"]
    assert (algorithm["framework"], algorithm["frameworkVersion"]) == ("transformers", "5.1.0")
    assert (algorithm["epochsNumber"], algorithm["layersNumber"]) == (5, 12)
    said = "Its parameters: epochs = 5, layers = 12, learning_rate = 5e-05, model = almanach/camembertav2-base, revision = 54cc."
    assert said in found["task"]["taskDescription"]


@WITHOUT_SCHEMAS
def test_every_field_of_an_algorithm_is_one_of_the_format_s() -> None:
    packages = ("codecarbon==3.3.2", "transformers==5.1.0")
    known = json_in(SCHEMAS / "boamps" / "algorithm_schema.json")["properties"]
    for params in ({"model": "a/b", "revision": "54cc", "epochs": 5, "layers": 12}, {"epochs": 5, "layers": 12}):
        found = told(measured(params=params), environment=make_environment(packages=packages))
        assert boamps_errors(found) == []
        assert set(found["task"]["algorithms"][0]) <= set(known)
    # It is held against more than names: a number must be one.
    found["task"]["algorithms"][0]["layersNumber"] = "12"
    assert boamps_errors(found) == ["'12' is not of type 'number'"]


def test_a_size_that_is_none_has_no_field_and_a_run_without_parameters_no_sentence() -> None:
    (algorithm,) = told(measured(params={"epochs": "many", "layers": True}))["task"]["algorithms"]
    assert algorithm == {"algorithmType": "nlp", "algorithmName": "linear"}
    assert "parameters" not in told(measured(params={}))["task"]["taskDescription"]


def test_parameters_are_told_without_the_machine_s_folders() -> None:
    said = told(measured(params={"model": "/home/jean/model"}))["task"]["taskDescription"]
    assert "Its parameters: model = model." in said


def test_a_report_keeps_its_identity_and_tells_runs_apart() -> None:
    ids = [told(measured(seed=seed, candidate=name))["header"]["reportId"] for name, seed in (("a", 0), ("a", 1), ("b", 0))]
    assert len(set(ids)) == 3
    later = Publisher(None, dt.date(2027, 1, 1), Language("fr"))
    header = told(measured(candidate="a"), publisher=later)["header"]
    assert header["reportId"] == ids[0]
    assert uuid.UUID(ids[0]).version == 5
    assert header["reportDatetime"] == "2027-01-01 00:00:00"
    assert header["publisher"] == {"projectName": "preuve", "confidentialityLevel": "public"}
    assert told(measured())["header"]["publisher"]["name"] == "Ville de Montaubray"


def test_training_and_trial_are_said_in_the_chosen_language() -> None:
    quick = Protocol(quick=True)
    english = told(measured(), protocol=quick)["task"]["taskDescription"]
    assert "Its training took 1.00 Wh, which are not in this figure." in english
    assert "A quick trial, no evidence for a decision." in english
    assert english.endswith("head after the campaign: 7:" + "a" * 64)
    assert "quick" not in told(measured())["task"]["taskDescription"]
    french = told(measured(), publisher=Publisher(None, CITY.date, Language("fr")), protocol=quick)["task"]["taskDescription"]
    assert "Son apprentissage a pris 1,00 Wh, qui ne sont pas dans ce chiffre." in french
    assert "Essai rapide, pas une base de décision." in french
    unread = measured().model_copy(update={"readings": tuple(make_rounds(1.0, 1.0))})
    assert "The energy of its training could not be read." in told(unread)["task"]["taskDescription"]


def test_the_family_is_that_of_the_card_or_of_the_answers() -> None:
    run = measured()
    labels, texts = (make_campaign(run, answers_are_texts=texts) for texts in (False, True))

    def family(campaign: Campaign, of_card: str | None) -> object:
        return report(campaign, run, (), FACTOR, CITY, family=of_card)["task"]["taskFamily"]

    assert family(labels, "routing") == "routing"
    assert (family(labels, None), family(texts, None)) == ("text classification", "text summarization")


def test_only_what_was_measured_has_a_report() -> None:
    windows = make_rounds(1.0, 1.0)
    runs = [
        make_run("measured", rounds=windows),
        make_run("never", rounds=()),
        make_run("failed", rounds=windows, status="failed", reason="ValueError"),
        make_run("unread", rounds=[window.model_copy(update={"outcome": "unreadable"}) for window in windows]),
    ]
    assert [run.candidate for run in measured_runs(make_campaign(*runs))] == ["measured"]
