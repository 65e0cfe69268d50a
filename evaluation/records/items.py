"""A run as MLflow sees it: parameters, metrics, tags, a table and a picture. Pure; `store` makes the calls."""

from __future__ import annotations

import io
import json
import math
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from evaluation.energy.reading import JOULES_PER_WH, PowerSample, Reading, above_idle_wh
from evaluation.metrics import label_codes
from evaluation.run import Campaign, Prediction, Run

CAMPAIGN_FILE = "campaign.json"
RUN_FILE = "run.json"
PREDICTIONS_FILE = "predictions.json"
# Of our own tags.
PREFIX = "preuve."
# MLflow cuts longer values off, and has no infinite numbers: the ledger says what MLflow will.
LONGEST_PARAM, LARGEST_METRIC = 6000, sys.float_info.max
# All that was used for a run, what did not count included: what a POC's development budget is charged.
TOTAL_ENERGY = "total_energy_wh"
# Beyond this many labels their names would be too small to read; the cells still show where the mass lies.
MOST_NAMED_LABELS = 40
# Of the table of answers; each metric of texts has two more columns, and with these come two that say what is odd about an answer.
ANSWER_COLUMNS, PART_ENDINGS, TEXT_COLUMNS = (
    ("sample_id", "expected", "predicted", "score"),
    (" amount", " of"),
    ("flags", "share_read"),
)
# Longer names would leave no room for the cells.
LONGEST_TICK_NAME = 30


@dataclass(frozen=True)
class MetricItem:
    """A number to record; `quality` ones are tied to the model and the data set that they judge."""

    key: str
    value: float
    step: int = 0
    quality: bool = False


def campaign_params(campaign: Campaign) -> dict[str, str]:
    """How a campaign measures and on what, as MLflow parameters."""
    protocol = {name: str(value) for name, value in campaign.protocol.model_dump().items()}
    return {
        **protocol,
        "task_version": campaign.task_version,
        "train_samples": str(campaign.data.train_samples),
        "test_samples": str(campaign.data.test_samples),
    }


def run_params(campaign: Campaign, run: Run) -> dict[str, str]:
    """How a run was made and measured, as MLflow parameters."""
    own = {**run.params, "candidate": run.candidate, "seed": run.seed}
    return campaign_params(campaign) | {name: str(value)[:LONGEST_PARAM] for name, value in own.items()}


def run_files(run: Run) -> dict[str, bytes]:
    """The records of a run, by the names of their files in MLflow."""
    files = {RUN_FILE: run.model_dump_json(exclude={"predictions"}).encode()}
    return files | ({PREDICTIONS_FILE: _prediction_table(run.predictions)} if run.predictions else {})


def campaign_files(campaign: Campaign) -> dict[str, bytes]:
    """The record of a campaign, by the name of its file in MLflow; its runs have theirs."""
    return {CAMPAIGN_FILE: campaign.model_dump_json(exclude={"runs", "ledger_head"}).encode()}


def metric_rows(found: Iterable[MetricItem]) -> dict[str, list[list[float]]]:
    """Metrics as plain numbers: `[[step, value], ...]` by name."""
    rows: dict[str, list[list[float]]] = {}
    for item in found:
        within = max(-LARGEST_METRIC, min(item.value, LARGEST_METRIC))
        rows.setdefault(item.key, []).append([item.step, item.value if math.isnan(item.value) else within])
    return {key: sorted(of_key) for key, of_key in rows.items()}


def recorded_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Those of our own among the tags of a run, by name without their prefix: the ledger has them too."""
    return {key.removeprefix(PREFIX): value for key, value in sorted(tags.items()) if key.startswith(PREFIX)}


def common_tags(campaign: Campaign) -> dict[str, str]:
    """Tags of every run of a campaign: enough to find it and to repeat it."""
    environment = campaign.environment
    source = {"mlflow.source.git.commit": environment.code_commit} if environment.code_commit else {}
    return source | {
        "mlflow.source.name": "preuve run",
        "mlflow.source.type": "LOCAL",
        "preuve.campaign": campaign.id,
        "preuve.task": campaign.task,
        "preuve.machine": campaign.machine.machine_id,
        "preuve.machine_sha256": campaign.machine.sha256,
        "preuve.code_commit": environment.code_commit or "unknown",
        "preuve.code_dirty": str(environment.code_dirty),
        "preuve.packages_sha256": environment.packages_sha256,
        "preuve.data_sha256": campaign.data.sha256,
        "preuve.test_data_sha256": campaign.data.test_sha256 or campaign.data.sha256,
        "preuve.goals_sha256": campaign.goals_sha256,
    }


def campaign_tags(campaign: Campaign) -> dict[str, str]:
    """Tags of a campaign's own run, besides those of all its runs."""
    reason = {"preuve.reason": campaign.reason} if campaign.reason else {}
    return {"preuve.kind": "campaign", "preuve.status": campaign.status} | reason


def run_tags(run: Run) -> dict[str, str]:
    """Tags of one run, besides its campaign's."""
    tags = {
        "preuve.kind": "run",
        "preuve.energy_evidence": "".join(sorted({reading.evidence for reading in run.readings if reading.evidence})),
        "preuve.candidate": run.candidate,
        "preuve.baseline": str(run.baseline),
        "preuve.status": run.status,
    }
    explained = {"preuve.reason": run.reason, "preuve.remedy": run.remedy}
    return tags | {key: value for key, value in explained.items() if value}


def run_metrics(campaign: Campaign, run: Run) -> Iterator[MetricItem]:
    """The numbers of a run: its scores, what its fit used, and each round, with their means."""
    for name, value in run.scores.items():
        yield MetricItem(name, value, quality=True)
    yield MetricItem(TOTAL_ENERGY, run.energy_wh)
    for name in ("latency_p50_ms", "latency_p95_ms", "peak_memory_mib"):
        value = getattr(run, name)
        if value is not None:
            yield MetricItem(name, value)
    for reading in run.readings:
        if reading.kind != "inference" and reading.counts:
            key = reading.kind.replace("-", "_")
            yield MetricItem(f"{key}_energy_wh", reading.energy_wh)
            yield MetricItem(f"{key}_cpu_seconds", reading.cpu_seconds)
            yield MetricItem(f"{key}_duration_s", reading.duration_s)
    rounds = [reading for reading in run.readings_of("inference") if reading.samples]
    for reading in rounds:
        yield from _round_metrics(campaign, reading)
    if rounds:
        unit = campaign.unit_size
        yield MetricItem("inference_energy_wh_per_unit", fmean(reading.energy_wh_per(unit) for reading in rounds))
        yield MetricItem("inference_cpu_seconds_per_unit", fmean(r.cpu_seconds * r.per_sample(unit) for r in rounds))
        yield MetricItem("inference_ms_per_sample", fmean(r.duration_s * r.per_sample() * 1000 for r in rounds))


def _round_metrics(campaign: Campaign, reading: Reading) -> Iterator[MetricItem]:
    step, unit = reading.round or 0, campaign.unit_size
    yield MetricItem("round_energy_wh_per_unit", reading.energy_wh_per(unit), step)
    yield MetricItem("round_energy_low_wh_per_unit", reading.low_wh * reading.per_sample(unit), step)
    yield MetricItem("round_energy_high_wh_per_unit", reading.high_wh * reading.per_sample(unit), step)
    if campaign.idle:
        yield MetricItem("round_above_idle_wh_per_unit", above_idle_wh(reading, campaign.idle) * reading.per_sample(unit), step)
    yield MetricItem("round_duration_s", reading.duration_s, step)
    yield MetricItem("round_samples", reading.samples, step)
    yield MetricItem("round_foreign_cores", reading.foreign_cores, step)
    for component in reading.components:
        yield MetricItem(f"round_{component.name}_energy_wh", component.energy_wh, step)


def campaign_metrics(campaign: Campaign) -> Iterator[MetricItem]:
    """The numbers of a campaign that are none of its runs': what the idle machine used."""
    yield MetricItem(TOTAL_ENERGY, sum(reading.energy_wh for reading in campaign.readings))
    if campaign.idle:
        yield MetricItem("idle_power_w", campaign.idle.energy_wh * JOULES_PER_WH / campaign.idle.duration_s)


def power_sample_table(readings: Sequence[Reading], samples: Sequence[PowerSample]) -> bytes:
    """What was sampled about a run's windows each second, as a Parquet file: one row a sample, energies before any calibration."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    windows = [readings[sample.window] for sample in samples]
    columns: dict[str, list[Any]] = {
        "kind": [reading.kind for reading in windows],
        "round": [reading.round for reading in windows],
        "attempt": [reading.attempt for reading in windows],
        "started": [reading.started for reading in windows],
        **{name: [getattr(sample, name) for sample in samples] for name in PowerSample._fields},
    }
    table = io.BytesIO()
    pq.write_table(pa.table(columns), table)
    return table.getvalue()


def _prediction_table(predictions: Sequence[Prediction]) -> bytes:
    """The answers by column, as MLflow's `log_table` writes them, but with every digit of a number: MLflow keeps ten.

    Where answers are texts, each metric has two columns, its amount and out of how much.
    """
    metrics = list(predictions[0].parts)
    columns = [*ANSWER_COLUMNS, *(f"{name}{ending}" for name in metrics for ending in PART_ENDINGS)]
    rows = [_prediction_row(prediction) for prediction in predictions]
    if metrics or any(each.share_read < 1 for each in predictions):
        columns += TEXT_COLUMNS
        rows = [[*row, "; ".join(each.flags), each.share_read] for row, each in zip(rows, predictions, strict=True)]
    # Half a character has an escape in JSON, as Python writes it too.
    return json.dumps({"columns": columns, "data": rows}, ensure_ascii=False).encode(errors="backslashreplace")


def _prediction_row(prediction: Prediction) -> list[Any]:
    parts = [number for part in prediction.parts.values() for number in part]
    return [prediction.id, prediction.expected, prediction.predicted, prediction.score, *parts]


def predictions_of(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[Prediction, ...]:
    """The answers of a table that was read back."""
    place = {name: number for number, name in enumerate(columns)}
    amount, of = PART_ENDINGS
    metrics = [name.removesuffix(amount) for name in columns if name.endswith(amount)]
    return tuple(
        Prediction(
            id=str(row[place["sample_id"]]),
            expected=str(row[place["expected"]]),
            predicted=str(row[place["predicted"]]),
            score=row[place["score"]],
            parts={name: (row[place[name + amount]], row[place[name + of]]) for name in metrics},
            flags=tuple(filter(None, str(row[place["flags"]]).split("; "))) if "flags" in place else (),
            share_read=row[place["share_read"]] if "share_read" in place else 1.0,
        )
        for row in rows
    )


def confusion_picture(run: Run) -> bytes:
    """The confusion matrix as a PNG: expected labels down, predicted labels across, counts in the cells."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    expected = [prediction.expected for prediction in run.predictions]
    predicted = [prediction.predicted for prediction in run.predictions]
    labels, truth, answer = label_codes(expected, predicted)
    size = len(labels)
    counts = np.bincount(truth * size + answer, minlength=size * size).reshape(size, size)
    side_inches = min(max(5.0, 0.38 * size + 2.5), 16.0)
    figure = Figure(figsize=(side_inches, side_inches), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues")
    axes.set(xlabel="predicted", ylabel="expected", title=f"{run.name}: {len(expected)} answers")
    if size <= MOST_NAMED_LABELS:
        names = [_tick_name(str(label)) for label in labels]
        axes.set_xticks(range(size), names, rotation=90, fontsize=8)
        axes.set_yticks(range(size), names, fontsize=8)
        half = counts.max() / 2
        for row, column in zip(*np.nonzero(counts), strict=True):
            color = "white" if counts[row, column] > half else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7, color=color)
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # A sign that the font lacks (an emoji, say) is drawn as a box; the user can do nothing about it.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        figure.savefig(picture, format="png", dpi=100)
    return picture.getvalue()


def _tick_name(label: str) -> str:
    """A label as an axis can bear it: the user's text, in which a dollar sign must not be read as a formula."""
    short = label if len(label) <= LONGEST_TICK_NAME else f"{label[: LONGEST_TICK_NAME - 1]}…"
    return short.replace("$", r"\$")
