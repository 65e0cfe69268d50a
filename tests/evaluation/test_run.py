"""Runs and campaigns show in a notebook what was tried, what came out and what it took."""

from __future__ import annotations

from evaluation.publishing.language import Language
from evaluation.run import Protocol
from tests.records import make_campaign, make_hardware, make_machine, make_reading, make_rounds, make_run
from tests.shown import parsed, tables_of

FRENCH = Language("fr")
# 1 Wh to fit, and two windows of 2 mWh, of which the second one does not count.
LINEAR = make_run(
    "linear",
    seed=1,
    params={"C": 2.0, "<b>": "x"},
    rounds=[*make_rounds(0.002), *make_rounds(0.002, outcome="repeated")],
    scores={"macro_f1": 0.61249, "accuracy": 0.64},
    latency_p50_ms=0.1234,
    latency_p95_ms=0.2,
    peak_memory_mib=128.0,
)
ABSENT = make_run("hub", status="unavailable", reason="no <network>", remedy="run again", readings=(), predictions=())
CAMPAIGN = make_campaign(LINEAR, ABSENT)


def test_a_run_shows_what_came_out_and_what_it_took() -> None:
    assert tables_of(LINEAR) == {
        "Run of linear, seed 1": [
            ["Status", "finished"],
            ["Parameters", "C = 2.0, <b> = x"],
            ["macro_f1", "0.612"],
            ["accuracy", "0.640"],
            ["Windows that count", "1"],
            ["Energy of these", "2.00\u202fmWh"],
            ["Energy used in all, failures included", "1.00\u202fWh"],
            ["Time for one answer in ms, median", "0.123"],
            ["Time that one answer in twenty exceeds, in ms", "0.200"],
            ["Peak memory in MiB", "128"],
        ]
    }


def test_a_run_without_a_result_says_why_and_what_would_give_one() -> None:
    (rows,) = tables_of(ABSENT).values()
    assert rows[0] == ["Status", "unavailable / no <network> / run again"]
    assert rows[1] == ["Parameters", "–"]
    assert rows[-3:] == [[name, "–"] for name, _ in rows[-3:]]


def test_memory_that_could_not_be_looked_at_says_why() -> None:
    run = LINEAR.model_copy(update={"peak_memory_mib": None, "peak_memory_unknown": "its process was killed"})
    (rows,) = tables_of(run, FRENCH).values()
    assert rows[-1] == ["Pic de mémoire, en Mio", "son processus a été tué"]


def test_a_campaign_shows_how_it_was_measured_and_each_of_its_runs() -> None:
    facts, runs = tables_of(CAMPAIGN).items()
    assert facts == (
        "Campaign 20261123-190559-3f2a of request-classification",
        [
            ["Status", "finished"],
            ["Data", "requests.csv: 70 samples to learn from, 30 for the test"],
            ["How it was measured", "seeds: 1, rounds: 5, each window at least 10 s"],
            ["Measured on", "a CPU, cores: 2, memory: 8 GiB"],
            ["Energy used in all, failures included", "1.00\u202fWh"],
        ],
    )
    assert runs == (
        "Runs of campaign 20261123-190559-3f2a",
        [
            ["Candidate", "Seed", "Status", "macro_f1", "accuracy", "Energy used"],
            ["linear", "1", "finished", "0.612", "0.640", "1.00\u202fWh"],
            ["hub", "0", "unavailable / no <network> / run again", "–", "–", "0\u202fWh"],
        ],
    )


def test_its_figures_are_on_the_right() -> None:
    runs = list(parsed(CAMPAIGN).iter("table"))[1]
    for row in runs.iter("tr"):
        sides = ["right" if "text-align:right" in cell.get("style", "") else "left" for cell in row]
        assert sides == ["left", "right", "left", "right", "right", "right"]


def test_what_is_unusual_about_a_campaign_is_said() -> None:
    campaign = make_campaign(
        status="interrupted",
        reason="its process was killed",
        protocol=Protocol(seeds=2, rounds=3, window_s=0.5, quick=True),
        machine=make_machine(make_hardware(gpus=("a GPU", "another"))),
        readings=[make_reading("idle", cpu_wh=0.1, ram_wh=0.2)],
    )
    (_, rows), (_, runs) = tables_of(campaign).items()
    assert [value for _, value in rows] == [
        "interrupted / its process was killed",
        "requests.csv: 70 samples to learn from, 30 for the test",
        "seeds: 2, rounds: 3, each window at least 0.5 s / a quick trial: no decision rests on it",
        "a CPU, cores: 2, memory: 8 GiB / a GPU, another",
        "300\u202fmWh",
    ]
    assert len(runs) == 1


def test_a_campaign_speaks_french_where_that_is_spoken() -> None:
    (caption, rows), (_, runs) = tables_of(CAMPAIGN, FRENCH).items()
    assert caption == "Campagne 20261123-190559-3f2a de request-classification"
    assert rows[1] == ["Données", "requests.csv\u00a0: 70 exemples d’entraînement, 30 de test"]
    assert runs[0][0] == "Candidat"
    assert runs[2][2] == "indisponible / no <network> / recommencer"
    assert runs[1][3] == "0,612"
