"""A BoAmps report of a measured run: what an energy report of an inference says in Boavizta's format 0.1, whoever reads it.

CodeCarbon can write such a report, and leaves empty how the CPU was tracked, what the idle machine took, how many requests were
answered and how good the figure is. That is what is filled in here.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluation.energy.factors import WH_PER_KWH, Factor
from evaluation.energy.reading import Reading, true_factors
from evaluation.messages import Message, say
from evaluation.metrics import Metric
from evaluation.publishing.disclosure import publishable
from evaluation.publishing.language import Language
from evaluation.publishing.tables import Json
from evaluation.run import Campaign, Run

FORMAT_VERSION = "0.1"
SPECIFICATION = "https://github.com/Boavizta/BoAmps/tree/main/model"
MOMENT = "%Y-%m-%d %H:%M:%S"
# What `quality` means there: the percentage error.
HIGH, MEDIUM, LOW = 0.10, 0.25, 0.50
HUB_URI = "https://huggingface.co/"
HUB_MODEL = re.compile(r"[\w.-]+/[\w.-]+")
# By which the program loads a hub's model.
HUB_FRAMEWORK = "transformers"
# Parameters that the format has a field for.
SIZES = {"layers": "layersNumber", "epochs": "epochsNumber"}
# Of the formats that the schema knows, those that data are read in here.
FORMATS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "json", ".txt": "text"}
LABELS, TEXTS = "text classification", "text summarization"


@dataclass(frozen=True)
class Publisher:
    """Who publishes, and when.

    Attributes:
        name: none where nobody says.
        date: of the export.
        language: of what is said in words.
    """

    name: str | None
    date: dt.date
    language: Language


def report(
    campaign: Campaign, run: Run, metrics: Sequence[Metric], factor: Factor, publisher: Publisher, **said: str | None
) -> Json:
    """The report of a run that was measured.

    Args:
        campaign: that it belongs to.
        run: with windows that count.
        metrics: of its task, the deciding one first.
        factor: of the electricity.
        publisher: who publishes it.
        said: `family` of the task as the POC's card has it, and the ledger's `head` after the campaign.
    """
    windows = run.readings_of("inference")
    accuracy = _accuracy(run, metrics)
    parts = _parts(campaign, windows, publisher.language)
    sentences = _description(campaign, run, windows, parts, accuracy, said.get("head"))
    return {
        "header": _header(campaign, run, publisher),
        "task": {
            "taskStage": "inference",
            "taskFamily": said.get("family") or (TEXTS if campaign.answers_are_texts else LABELS),
            "nbRequest": sum(window.samples for window in windows),
            "algorithms": [_algorithm(run, campaign.environment.packages)],
            "dataset": _datasets(campaign, windows),
            **({"measuredAccuracy": run.scores[accuracy]} if accuracy else {}),
            "taskDescription": " ".join(publisher.language.message(sentence) for sentence in sentences),
        },
        "measures": [_measure(campaign, windows)],
        "system": {"os": campaign.environment.system.split(" ")[0]},
        "software": {"language": "python", "version": campaign.environment.python},
        "infrastructure": _infrastructure(campaign),
        "environment": {"country": "France", "powerSourceCarbonIntensity": factor.g_per_kwh},
        "quality": quality(windows),
    }


def measured_runs(campaign: Campaign) -> list[Run]:
    """The runs that a report can be made of: they came to their end, and have windows that count."""
    return [run for run in campaign.runs if run.status == "finished" and run.readings_of("inference")]


def quality(windows: Sequence[Reading]) -> str:
    """How good the energy is, in the format's words, by the bounds of the evidence."""
    error = _error(windows)
    return "high" if error <= HIGH else "medium" if error <= MEDIUM else "low"


def _error(windows: Sequence[Reading]) -> float:
    """The largest relative error that the evidence leaves room for. What rounding adds to a bound is none."""
    low, high = true_factors(windows)
    return round(max(1 - low, high - 1), 9)


def _header(campaign: Campaign, run: Run, publisher: Publisher) -> Json:
    named = {} if publisher.name is None else {"name": publisher.name}
    return {
        "licensing": "etalab-2.0",
        "formatVersion": FORMAT_VERSION,
        "formatVersionSpecificationUri": SPECIFICATION,
        # The same for the same run, whenever it is exported.
        "reportId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"preuve:{campaign.id}/{run.seed}/{run.candidate.encode().hex()}")),
        "reportDatetime": dt.datetime.combine(publisher.date, dt.time()).strftime(MOMENT),
        "reportStatus": "final",
        "publisher": {**named, "projectName": "preuve", "confidentialityLevel": "public"},
    }


def _algorithm(run: Run, packages: Sequence[str]) -> Json:
    known = {"algorithmType": "nlp", **_sizes(run)}
    model = run.params.get("model")
    # A model in a folder of the machine is nobody else's; one of a hub has its revision beside it.
    if not (isinstance(model, str) and HUB_MODEL.fullmatch(model) and run.params.get("revision")):
        return {**known, "algorithmName": run.candidate}
    return {**known, "foundationModelName": model, "foundationModelUri": f"{HUB_URI}{model}", **_framework(packages)}


def _sizes(run: Run) -> Json:
    """What the format has a field for among the parameters of the run."""
    named = {field: run.params.get(name) for name, field in SIZES.items()}
    return {field: value for field, value in named.items() if isinstance(value, int) and not isinstance(value, bool)}


def _framework(packages: Sequence[str]) -> Json:
    """Of a hub's model, where it is installed. Of others the record does not say which package they are made with."""
    found = _version_of(HUB_FRAMEWORK, packages)
    return {"framework": HUB_FRAMEWORK, "frameworkVersion": found} if found else {}


def _datasets(campaign: Campaign, windows: Sequence[Reading]) -> list[Json]:
    data = campaign.data
    suffix = Path(data.test_source or data.source).suffix.lower()
    form = {"dataFormat": FORMATS[suffix]} if suffix in FORMATS else {}
    answered = sum(window.samples for window in windows)
    return [
        {"dataUsage": "input", "dataType": "text", **form, "dataQuantity": data.test_samples},
        {"dataUsage": "output", "dataType": "text", "dataQuantity": answered},
    ]


def _accuracy(run: Run, metrics: Sequence[Metric]) -> str | None:
    """The metric that is the accuracy: the share of correct outcomes, or else the deciding one, where it lies between 0 and 1."""
    wanted = [metric for metric in metrics if metric.counts_correct] + [
        metric for metric in metrics[:1] if metric.bounds == (0.0, 1.0)
    ]
    return next((metric.name for metric in wanted if 0 <= run.scores.get(metric.name, -1.0) <= 1), None)


def _measure(campaign: Campaign, windows: Sequence[Reading]) -> Json:
    machine, idle = campaign.machine, campaign.idle
    duration_s = sum(window.duration_s for window in windows)
    busy_s = sum(window.cpu_seconds + window.foreign_cpu_seconds for window in windows)
    version = _version_of("codecarbon", campaign.environment.packages)
    calibrated = ", calibrated against a wall meter" if all(window.calibrated_by != 1.0 for window in windows) else ""
    found: Json = {
        "measurementMethod": "codecarbon",
        **({"version": version} if version else {}),
        # CodeCarbon's own names for its ways.
        "cpuTrackingMode": f"{'rapl' if machine.counts_cpu_energy else 'cpu_load'}{calibrated}",
        "averageUtilizationCpu": min(1.0, busy_s / (machine.hardware.cores * duration_s)),
        "powerConsumption": sum(window.energy_wh for window in windows) / WH_PER_KWH,
        "measurementDuration": duration_s,
        "measurementDateTime": windows[0].started.astimezone(dt.UTC).strftime(MOMENT),
    }
    if any(window.part("gpu") for window in windows):
        found["gpuTrackingMode"] = "nvml"
    if idle:
        found["powerCalibrationMeasurement"] = idle.energy_wh / WH_PER_KWH
        found["durationCalibrationMeasurement"] = idle.duration_s
    return found


def _version_of(name: str, packages: Sequence[str]) -> str | None:
    return next((package.partition("==")[2] for package in packages if package.startswith(f"{name}==")), None)


def _infrastructure(campaign: Campaign) -> Json:
    hardware = campaign.machine.hardware
    gpus = [
        {"componentType": "gpu", "componentName": name, "nbComponent": number} for name, number in Counter(hardware.gpus).items()
    ]
    return {
        # Where a virtual machine stands, its guest cannot tell.
        "infraType": "other" if hardware.virtualised else "onPremise",
        "components": [
            {"componentType": "cpu", "componentName": hardware.cpu, "nbComponent": hardware.sockets},
            *gpus,
            {"componentType": "ram", "nbComponent": 1, "memorySize": hardware.ram_gib},
        ],
    }


def _description(
    campaign: Campaign, run: Run, windows: Sequence[Reading], parts: str, accuracy: str | None, head: str | None
) -> Iterator[Message]:
    yield say(
        "Candidate {candidate}, seed {seed}, of the POC {poc}, campaign {campaign}.",
        candidate=run.candidate,
        seed=str(run.seed),
        poc=campaign.task,
        campaign=campaign.id,
    )
    if run.params:
        # The format has no field for most of them.
        params = ", ".join(f"{name} = {value}" for name, value in sorted(run.params.items()))
        yield say("Its parameters: {params}.", params=publishable(params, campaign) or "")
    yield say("The energy is gross: all that the machine used while it answered.")
    yield _known(windows)
    yield say("Of it, by component: {parts}.", parts=parts)
    yield _training(run)
    yield say("measuredAccuracy is {metric}.", metric=accuracy) if accuracy else say("No metric of this task is an accuracy.")
    yield say("The {samples} test samples were answered over and over.", samples=campaign.data.test_samples)
    if campaign.protocol.quick:
        yield say("A quick trial, no evidence for a decision.")
    if head:
        yield say("Carbon ledger, head after the campaign: {head}", head=head)


def _known(windows: Sequence[Reading]) -> Message:
    """How well the energy is known; the format ends at ±50 %."""
    low, high = true_factors(windows)
    if _error(windows) <= LOW:
        return say("The true energy is between {low} and {high} times this figure.", low=low, high=high)
    return say(
        "The true energy is between {low} and {high} times this figure (evidence class {evidence}): that is beyond the ±50 % which "
        "quality “low” stands for; the format has no word for it.",
        low=low,
        high=high,
        evidence=max(window.evidence or "D" for window in windows),
    )


def _parts(campaign: Campaign, windows: Sequence[Reading], language: Language) -> str:
    """Each component's share, and what its figure rests on, as recorded where nobody translated it."""
    energies: Counter[tuple[str, str]] = Counter()
    for window in windows:
        for part in window.components:
            energies[part.name, part.backend] += part.energy_wh  # type: ignore[assignment]  # a Counter adds up floats as well
    total_wh = sum(energies.values()) or 1.0
    told = "; ".join(
        f"{name} {energy_wh / total_wh:.0%} ({language.recorded(backend) or backend})"
        for (name, backend), energy_wh in energies.items()
    )
    return publishable(told, campaign) or ""


def _training(run: Run) -> Message:
    fits = run.readings_of("fit")
    if not fits:
        return say("The energy of its training could not be read.")
    return say("Its training took {energy_wh} Wh, which are not in this figure.", energy_wh=sum(fit.energy_wh for fit in fits))
