"""What one would write without preuve: the same fits and windows, with scikit-learn, CodeCarbon and MLflow called directly.

It is the yardstick of the harness's own cost. It records parameters, scores, readings, data set, predictions, confusion matrix and
model, each in the most direct way; it leaves out what only the harness does: idle power, rehearsals, warm-ups, confidence, tags.

    python tests/benchmarks/by_hand.py ROUNDS WINDOW_S HOME
"""

from __future__ import annotations

import csv
import json
import logging
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_LOGGING_LEVEL="WARNING")
logging.getLogger("codecarbon").disabled = True

import mlflow
import mlflow.sklearn
from codecarbon import OfflineEmissionsTracker
from mlflow.entities import Dataset, DatasetInput, Metric, Param
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

WORD = r"(?u)\b\w+\b"
DATA = Path(__file__).parents[2] / "data_samples" / "request_classification" / "requests.csv"


def new_tracker() -> Any:
    return OfflineEmissionsTracker(
        country_iso_code="FRA", measure_power_secs=1, output_methods=[], tracking_mode="machine", allow_multiple_runs=True,
        log_level="critical",
    )  # fmt: skip


def models() -> dict[str, Any]:
    shared: dict[str, Any] = {"sublinear_tf": True, "strip_accents": "unicode"}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, **shared)
    both = make_union(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, **shared),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, **shared),
    )
    return {
        "majority": DummyClassifier(strategy="most_frequent", random_state=0),
        "tfidf-logreg": make_pipeline(words, LogisticRegression(C=20.0, random_state=0, max_iter=1000)),
        "tfidf-linearsvc": make_pipeline(both, LinearSVC(C=1.0, random_state=0)),
    }


def main(rounds: int, window_s: float, home: Path) -> None:
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    train = [row for row in rows if row["split"] == "train"]
    test = [row for row in rows if row["split"] == "test"]
    texts = [row["message"] for row in test]
    expected = [row["service"] for row in test]
    readings: dict[str, list[Any]] = {}
    fitted = models()
    for name, model in fitted.items():
        tracker = new_tracker()
        tracker.start()
        model.fit([row["message"] for row in train], [row["service"] for row in train])
        tracker.stop()
        readings[name] = [(0, tracker.final_emissions_data.energy_consumed, len(train))]
    for number in range(1, rounds + 1):
        names = list(fitted)
        random.Random(number).shuffle(names)
        for name in names:
            tracker = new_tracker()
            tracker.start()
            end = time.perf_counter() + window_s
            samples = 0
            while time.perf_counter() < end:
                fitted[name].predict(texts)
                samples += len(texts)
            tracker.stop()
            readings[name].append((number, tracker.final_emissions_data.energy_consumed, samples))
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow.db'}")
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("by hand", artifact_location=(home / "artifacts").as_uri()))
    with mlflow.start_run():
        for name, model in fitted.items():
            with mlflow.start_run(run_name=name, nested=True) as run:
                record(run.info.run_id, model, texts, expected, readings[name])


def record(run_id: str, model: Any, texts: list[str], expected: list[str], readings: list[Any]) -> None:
    predicted = list(model.predict(texts))
    client = mlflow.MlflowClient()
    now = round(time.time() * 1000)
    scores = {"macro_f1": f1_score(expected, predicted, average="macro"), "accuracy": accuracy_score(expected, predicted)}
    metrics = [Metric(key, value, now, 0) for key, value in scores.items()]
    metrics += [Metric("energy_kwh_per_sample", energy / samples, now, number) for number, energy, samples in readings]
    client.log_batch(run_id, metrics, [Param("model", type(model).__name__), Param("seed", "0")])
    client.log_inputs(run_id, [DatasetInput(Dataset(DATA.name, "0", "local", json.dumps({"uri": str(DATA)})))])
    client.log_table(run_id, {"expected": expected, "predicted": [str(each) for each in predicted]}, "predictions.json")
    display = ConfusionMatrixDisplay.from_predictions(expected, predicted, xticks_rotation="vertical")
    client.log_figure(run_id, display.figure_, "confusion_matrix.png")
    mlflow.sklearn.log_model(model, name="model", serialization_format="skops", pip_requirements=["scikit-learn", "skops"])


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]))
