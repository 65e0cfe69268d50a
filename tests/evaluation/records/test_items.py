"""What MLflow is told of a run."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evaluation.energy.reading import PowerSample
from evaluation.records.items import (
    MetricItem,
    campaign_metrics,
    campaign_params,
    common_tags,
    confusion_picture,
    power_sample_table,
    predictions_of,
    run_files,
    run_metrics,
    run_params,
    run_tags,
)
from evaluation.run import Prediction, Protocol, Run
from evaluation.samples import Samples
from evaluation.scoring import predict_samples
from tests.records import (
    STARTED,
    make_campaign,
    make_component,
    make_data,
    make_environment,
    make_machine,
    make_predictions,
    make_reading,
    make_rounds,
    make_run,
)

PNG = b"\x89PNG\r\n\x1a\n"
LARGEST_PICTURE = 500_000
LONG_LABEL = "a service with a name of " + "very " * 100 + "many words"
# The end of the colour map, for the cell with the most answers.
DARKEST_BLUE = (8, 48, 107)
LABELS = st.text(max_size=5)
PREDICTIONS = st.builds(
    Prediction, id=st.text(min_size=1), expected=LABELS, predicted=LABELS, score=st.none() | st.floats(allow_nan=False)
)


class Echo:
    """Answers every text with the label `a`."""

    def predict(self, inputs: Sequence[str], /) -> Sequence[str]:
        return ["a"] * len(inputs)


def values(run: Run, unit_size: int = 1000) -> dict[str, float]:
    """The metrics of a run that have one value, by key."""
    return {item.key: item.value for item in run_metrics(make_campaign(run, unit_size=unit_size), run) if item.step == 0}


def answered(labels: Sequence[str]) -> Run:
    """A run in which each label was expected twice: answered once rightly and once with the next label."""
    return make_run(predictions=make_predictions([*labels, *labels], [*labels, *labels[1:], labels[0]]))


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    assert picture.startswith(PNG)
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def darkest(picture: bytes) -> NDArray[np.bool_]:
    """Which pixels have the darkest blue, row by row."""
    from matplotlib.image import imread

    pixels: NDArray[np.bool_] = np.isclose(imread(io.BytesIO(picture))[:, :, :3] * 255, DARKEST_BLUE, atol=3).all(axis=2)
    return pixels


def test_params_say_how_a_campaign_measures_and_on_what() -> None:
    params = campaign_params(make_campaign(protocol=Protocol(seeds=2, rounds=7, window_s=12.5, threads=3, quick=True)))
    assert params == {
        "seeds": "2",
        "rounds": "7",
        "window_s": "12.5",
        "threads": "3",
        "quick": "True",
        "task_version": "1",
        "train_samples": "70",
        "test_samples": "30",
    }


def test_tags_tell_campaign_machine_code_data_and_goals() -> None:
    assert (
        common_tags(make_campaign()).items()
        >= {
            "preuve.campaign": "20261123-190559-3f2a",
            "preuve.task": "request-classification",
            "preuve.machine": "0123456789abcdef",
            "preuve.code_commit": "c" * 40,
            "preuve.code_dirty": "False",
            "preuve.packages_sha256": "e" * 64,
            "preuve.data_sha256": "d" * 64,
            "preuve.test_data_sha256": "d" * 64,
            "preuve.goals_sha256": "9" * 64,
        }.items()
    )


def test_tags_tell_the_test_file_apart_where_there_is_one() -> None:
    tags = common_tags(make_campaign(data=make_data(test_source="test.csv", test_sha256="f" * 64)))
    assert (tags["preuve.data_sha256"], tags["preuve.test_data_sha256"]) == ("d" * 64, "f" * 64)


def test_outside_a_checkout_the_code_is_unknown() -> None:
    tags = common_tags(make_campaign(environment=make_environment(code_commit=None, code_dirty=None)))
    assert tags["preuve.code_commit"] == "unknown"


def test_a_finished_runs_tags_have_no_reason() -> None:
    assert run_tags(make_run("rules", baseline=True)) == {
        "preuve.kind": "run",
        "preuve.energy_evidence": "C",
        "preuve.candidate": "rules",
        "preuve.baseline": "True",
        "preuve.status": "finished",
    }


def test_tags_name_every_class_of_evidence_of_a_runs_readings() -> None:
    parts = [(make_component("cpu", 1.0, evidence),) for evidence in ("C", "A", "C", "B")]
    readings = [make_reading("fit", components=each) for each in [*parts, ()]]
    assert run_tags(make_run(readings=readings))["preuve.energy_evidence"] == "ABC"


def test_tags_tell_the_machine_with_all_that_is_declared_about_it() -> None:
    one, other = (make_machine(declared={"ram_w": watts}) for watts in (20.0, 21.0))
    tags = [common_tags(make_campaign(machine=machine)) for machine in (one, other, make_machine(declared={"ram_w": 20.0}))]
    assert len({each["preuve.machine"] for each in tags}) == 1
    assert tags[0]["preuve.machine_sha256"] == tags[2]["preuve.machine_sha256"] != tags[1]["preuve.machine_sha256"]


def test_a_run_without_a_result_is_tagged_with_reason_and_remedy() -> None:
    tags = run_tags(make_run("hub", status="unavailable", reason="no network", remedy="connect"))
    assert (tags["preuve.status"], tags["preuve.reason"], tags["preuve.remedy"]) == ("unavailable", "no network", "connect")


def test_scores_and_nothing_else_judge_the_model() -> None:
    run = make_run(scores={"macro_f1": 0.7, "accuracy": 0.8}, rounds=make_rounds(1.0))
    quality = [item for item in run_metrics(make_campaign(run), run) if item.quality]
    assert quality == [MetricItem("macro_f1", 0.7, quality=True), MetricItem("accuracy", 0.8, quality=True)]


def test_what_is_used_outside_the_rounds_is_told_by_its_kind() -> None:
    readings = (
        make_reading("rehearsal", cpu_wh=1.0, ram_wh=0.0, cpu_seconds=0.1, duration_s=0.2),
        make_reading("fit", cpu_wh=2.0, ram_wh=0.5, cpu_seconds=1.1, duration_s=1.2),
        make_reading("warm-up", cpu_wh=3.0, ram_wh=0.0, cpu_seconds=2.1, duration_s=2.2),
    )
    assert values(make_run(readings=readings)) == {
        "total_energy_wh": 6.5,
        "rehearsal_energy_wh": 1.0,
        "rehearsal_cpu_seconds": 0.1,
        "rehearsal_duration_s": 0.2,
        "fit_energy_wh": 2.5,
        "fit_cpu_seconds": 1.1,
        "fit_duration_s": 1.2,
        "warm_up_energy_wh": 3.0,
        "warm_up_cpu_seconds": 2.1,
        "warm_up_duration_s": 2.2,
    }


def test_each_round_is_a_step_with_its_components_and_bounds() -> None:
    # Idle takes 0.05 Wh a second. The bounds of class C are half and six times the energy.
    run = make_run(
        readings=[
            make_reading(cpu_wh=1.0, ram_wh=0.5, samples=500, duration_s=10.0, foreign_cpu_seconds=1.0, round_number=1),
            make_reading(cpu_wh=2.0, ram_wh=0.5, samples=250, duration_s=20.0, round_number=2),
        ]
    )
    campaign = make_campaign(run, unit_size=1000, readings=[make_reading("idle", cpu_wh=0.25, ram_wh=0.25, duration_s=10.0)])
    found = {(item.key, item.step): item.value for item in run_metrics(campaign, run) if item.step}
    assert found == pytest.approx(
        {
            ("round_energy_wh_per_unit", 1): 3.0,
            ("round_energy_low_wh_per_unit", 1): 1.5,
            ("round_energy_high_wh_per_unit", 1): 18.0,
            ("round_above_idle_wh_per_unit", 1): 2.0,
            ("round_duration_s", 1): 10.0,
            ("round_samples", 1): 500,
            ("round_foreign_cores", 1): 0.1,
            ("round_cpu_energy_wh", 1): 1.0,
            ("round_ram_energy_wh", 1): 0.5,
            ("round_energy_wh_per_unit", 2): 10.0,
            ("round_energy_low_wh_per_unit", 2): 5.0,
            ("round_energy_high_wh_per_unit", 2): 60.0,
            ("round_above_idle_wh_per_unit", 2): 6.0,
            ("round_duration_s", 2): 20.0,
            ("round_samples", 2): 250,
            ("round_foreign_cores", 2): 0.0,
            ("round_cpu_energy_wh", 2): 2.0,
            ("round_ram_energy_wh", 2): 0.5,
        }
    )


def test_where_the_idle_machine_was_not_measured_no_round_is_above_it() -> None:
    run = make_run(rounds=make_rounds(1.0))
    assert not [item for item in run_metrics(make_campaign(run), run) if "above_idle" in item.key]


def test_all_energy_of_a_run_is_counted_whether_it_counts_for_a_result_or_not() -> None:
    odd: list[Any] = ["complete", "repeated", "disturbed", "cut short"]
    readings = [make_reading("inference", cpu_wh=1.0, ram_wh=1.0, outcome=outcome) for outcome in odd]
    unreadable = make_reading("fit", components=(), outcome="unreadable")
    assert values(make_run(status="failed", readings=[*readings, unreadable]))["total_energy_wh"] == 8.0


def test_what_does_not_count_is_in_no_mean_and_no_step() -> None:
    sound = make_reading(cpu_wh=1.0, ram_wh=1.0, round_number=1)
    loud = [make_reading(kind, cpu_wh=9.0, outcome="repeated", round_number=1) for kind in ("fit", "inference")]
    run = make_run(readings=[*loud, sound])
    found = [item for item in run_metrics(make_campaign(run), run) if item.key != "total_energy_wh"]
    assert found == [item for item in run_metrics(make_campaign(run), make_run(readings=[sound])) if item.key != "total_energy_wh"]


@pytest.mark.parametrize("name", ["latency_p50_ms", "latency_p95_ms", "peak_memory_mib"])
def test_times_and_memory_are_told_where_they_are_known(name: str) -> None:
    assert values(make_run().model_copy(update={name: 12.5}))[name] == 12.5
    assert name not in values(make_run())


def test_a_campaigns_own_numbers_are_those_of_the_idle_machine() -> None:
    # 0.5 Wh in 10 s are 180 W. What was measured again used energy as well.
    idle = make_reading("idle", cpu_wh=0.25, ram_wh=0.25, duration_s=10.0)
    loud = make_reading("idle", cpu_wh=1.0, ram_wh=1.0, outcome="repeated")
    campaign = make_campaign(make_run(rounds=make_rounds(5.0)), readings=[loud, idle])
    found = {item.key: item.value for item in campaign_metrics(campaign)}
    assert found == pytest.approx({"total_energy_wh": 2.5, "idle_power_w": 180.0})


def test_a_campaign_that_ended_before_its_idle_machine_was_measured_has_no_idle_power() -> None:
    cut = make_reading("idle", cpu_wh=1.0, ram_wh=1.0, outcome="cut short")
    assert list(campaign_metrics(make_campaign(readings=[cut]))) == [MetricItem("total_energy_wh", 2.0)]
    assert list(campaign_metrics(make_campaign())) == [MetricItem("total_energy_wh", 0.0)]


def power_rows(content: bytes) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
    return rows


def test_power_samples_are_rows_that_say_to_which_window_they_belong() -> None:
    readings = [make_reading("fit", attempt=3), make_reading(round_number=2, attempt=1, outcome="repeated")]
    samples = [PowerSample(0, 0.0, 0, 0, 0, 0, 0, 0), PowerSample(1, 1.5, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)]
    assert power_rows(power_sample_table(readings, samples)) == [
        {
            "kind": "fit", "round": None, "attempt": 3, "started": STARTED, "window": 0, "elapsed_s": 0.0,
            "cpu_wh": 0.0, "gpu_wh": 0.0, "ram_wh": 0.0, "cpu_seconds": 0.0, "busy_seconds": 0.0, "stolen_seconds": 0.0,
        },
        {
            "kind": "inference", "round": 2, "attempt": 1, "started": STARTED, "window": 1, "elapsed_s": 1.5,
            "cpu_wh": 0.1, "gpu_wh": 0.2, "ram_wh": 0.3, "cpu_seconds": 0.4, "busy_seconds": 0.5, "stolen_seconds": 0.6,
        },
    ]  # fmt: skip


POWER = st.floats(0, 1e6)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.builds(PowerSample, st.integers(0, 1), *[POWER] * 7), min_size=1, max_size=5))
def test_power_samples_are_read_back_with_every_digit(samples: list[PowerSample]) -> None:
    rows = power_rows(power_sample_table([make_reading("fit"), make_reading()], samples))
    assert [PowerSample(*(row[name] for name in PowerSample._fields)) for row in rows] == samples


def test_rounds_are_averaged_per_functional_unit() -> None:
    rounds = [
        make_reading(cpu_wh=1.0, ram_wh=1.0, samples=500, duration_s=10.0, cpu_seconds=5.0, round_number=1),
        make_reading(cpu_wh=1.0, ram_wh=1.0, samples=250, duration_s=10.0, cpu_seconds=10.0, round_number=2),
    ]
    found = values(make_run(readings=rounds), unit_size=1000)
    # 4 and 8 Wh, 10 and 40 CPU seconds a thousand; 20 and 40 ms a sample.
    assert found == pytest.approx(
        {
            "total_energy_wh": 4.0,
            "inference_energy_wh_per_unit": 6.0,
            "inference_cpu_seconds_per_unit": 25.0,
            "inference_ms_per_sample": 30.0,
        }
    )


def test_a_run_that_measured_nothing_used_nothing() -> None:
    assert values(make_run(status="unavailable", readings=(), predictions=())) == {"total_energy_wh": 0.0}


def test_a_round_that_was_broken_off_before_its_first_answer_is_left_out() -> None:
    cut = make_reading(cpu_wh=0.5, ram_wh=0.5, samples=0, outcome="cut short", round_number=1)
    assert values(make_run(readings=[cut])) == {"total_energy_wh": 1.0}


def test_no_text_of_a_sample_is_told() -> None:
    samples = Samples(ids=["s1", "s2"], inputs=["My secret is 1234", "another secret"], targets=["a", "b"])
    run = make_run(predictions=tuple(predict_samples(Echo(), samples)), scores={"accuracy": 0.5}, rounds=make_rounds(1.0))
    campaign = make_campaign(run)
    told = [
        campaign_params(campaign),
        common_tags(campaign),
        run_tags(run),
        list(run_metrics(campaign, run)),
        run_files(run),
        run_params(campaign, run),
    ]
    assert "s2" in str(told)
    assert "secret" not in str(told)


def test_the_table_of_answers_has_ids_in_place_of_texts() -> None:
    run = make_run(predictions=(Prediction(id="s1", expected="é", predicted="b", score=0.1 + 0.2),))
    assert json.loads(run_files(run)["predictions.json"]) == {
        "columns": ["sample_id", "expected", "predicted", "score"],
        "data": [["s1", "é", "b", 0.30000000000000004]],
    }
    assert set(run_files(make_run(predictions=()))) == {"run.json"}


@given(st.lists(PREDICTIONS, max_size=5), st.permutations(["sample_id", "expected", "predicted", "score"]))
def test_answers_read_back_from_json_are_those_written_whatever_the_order_of_the_columns(
    predictions: list[Prediction], columns: list[str]
) -> None:
    if not predictions:
        return
    table = json.loads(run_files(make_run(predictions=tuple(predictions)))["predictions.json"])
    rows = [[row[table["columns"].index(column)] for column in columns] for row in table["data"]]
    assert predictions_of(columns, json.loads(json.dumps(rows))) == tuple(predictions)


PART = st.tuples(*[st.floats(0, 1e6)] * 2)
TEXT_PREDICTIONS = st.builds(
    Prediction,
    id=st.text(min_size=1),
    expected=st.just("0" * 32),
    predicted=st.just("f" * 32),
    score=st.none() | st.floats(allow_nan=False),
    parts=st.tuples(PART, PART).map(lambda parts: dict(zip(("ROUGE-L of", "words amount"), parts, strict=True))),
    flags=st.lists(st.sampled_from(["empty", "longer than asked", "in English"]), unique=True).map(tuple),
    share_read=st.floats(0, 1),
)
TEXT_COLUMNS = [
    "sample_id", "expected", "predicted", "score", "ROUGE-L of amount", "ROUGE-L of of", "words amount amount", "words amount of",
    "flags", "share_read",
]  # fmt: skip


def test_the_table_of_text_answers_has_what_each_metric_measured_and_what_is_odd() -> None:
    answer = Prediction(
        id="s1", expected="0" * 32, predicted="f" * 32, score=None, parts={"kept": (0.1 + 0.2, 4.0), "facts": (0.0, 0.0)},
        flags=("empty", "in English"), share_read=0.25,
    )  # fmt: skip
    assert json.loads(run_files(make_run(predictions=(answer,)))["predictions.json"]) == {
        "columns": [
            "sample_id", "expected", "predicted", "score", "kept amount", "kept of", "facts amount", "facts of",
            "flags", "share_read",
        ],
        "data": [["s1", "0" * 32, "f" * 32, None, 0.30000000000000004, 4.0, 0.0, 0.0, "empty; in English", 0.25]],
    }  # fmt: skip


@given(st.lists(TEXT_PREDICTIONS, min_size=1, max_size=5), st.permutations(TEXT_COLUMNS))
def test_text_answers_read_back_from_json_are_those_written_whatever_the_order_of_the_columns(
    predictions: list[Prediction], columns: list[str]
) -> None:
    table = json.loads(run_files(make_run(predictions=tuple(predictions)))["predictions.json"])
    assert table["columns"] == TEXT_COLUMNS
    rows = [[row[TEXT_COLUMNS.index(column)] for column in columns] for row in table["data"]]
    assert predictions_of(columns, json.loads(json.dumps(rows))) == tuple(predictions)


def test_how_much_of_an_input_was_read_is_kept_with_labels_too() -> None:
    whole, half = make_predictions(["a", "b"], ["a", "b"])
    predictions = (whole, half.model_copy(update={"share_read": 0.5}))
    table = json.loads(run_files(make_run(predictions=predictions))["predictions.json"])
    assert predictions_of(table["columns"], table["data"]) == predictions


@pytest.mark.parametrize("labels", [2, 40, 77])
def test_the_confusion_matrix_is_a_picture_that_fits_a_screen(labels: int) -> None:
    picture = confusion_picture(answered([f"service-{number}" for number in range(labels)]))
    width, height = size_of(picture)
    assert width == height
    assert 400 <= width <= 1600
    assert len(picture) < LARGEST_PICTURE


def test_more_labels_get_a_larger_picture() -> None:
    assert size_of(confusion_picture(answered([str(number) for number in range(30)]))) > size_of(confusion_picture(answered("ab")))


@pytest.mark.parametrize(
    "labels",
    [
        ["a"],
        ["", " "],
        ["costs $5", "$\\frac{$", "a$b$c"],
        ["<b>bold</b>", "&amp;", "\\alpha", "a_b^c"],
        ["éclairage", "Ωμέγα", "привет", "œuvre"],
        ["🙂", "東京", "a\x1b[31m", "two\nlines"],
        [LONG_LABEL, "b"],
        ["$" * 100, "b"],
    ],
    ids=["one", "blank", "dollar", "markup", "alphabets", "not-in-the-font", "long", "long-dollar"],
)
def test_any_label_can_be_drawn_without_a_warning(labels: list[str]) -> None:
    assert size_of(confusion_picture(answered(labels))) == (500, 500)


@pytest.mark.parametrize("label", [LONG_LABEL, "$x$" * 50])
def test_a_long_label_leaves_room_for_the_cells(label: str) -> None:
    # Two of the four cells are dark. In a picture without long labels they take about a third of it.
    run = make_run(predictions=make_predictions([label, "b"], [label, "b"]))
    assert darkest(confusion_picture(run)).mean() > 0.03


def test_expected_labels_go_down_and_predicted_ones_across() -> None:
    a_taken_for_b = darkest(confusion_picture(make_run(predictions=make_predictions("a", "b"))))
    b_taken_for_a = darkest(confusion_picture(make_run(predictions=make_predictions("b", "a"))))
    (up, right), (down, left) = (np.argwhere(cell).mean(axis=0) for cell in (a_taken_for_b, b_taken_for_a))
    assert up < down
    assert left < right
