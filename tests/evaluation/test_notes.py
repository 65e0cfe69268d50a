"""What a reader is told beside the figures: each sentence where it belongs, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from evaluation.energy.factors import DEFAULT_FACTOR, read_factors
from evaluation.judgement.comparison import compare
from evaluation.judgement.scenario import Scenario
from evaluation.messages import Message
from evaluation.metrics import Part, accuracy, text_metric
from evaluation.notes import comparison_notes, service_notes
from evaluation.run import Campaign, Protocol, Run
from tests.records import (
    make_campaign,
    make_component,
    make_counting_machine,
    make_data,
    make_deployment,
    make_machine,
    make_predictions,
    make_reading,
    make_rounds,
    make_run,
    make_text_contest,
)

PROTOCOL_NOTE = (
    "30 test samples, 70 to learn from, 2 classes. 5 rounds of 10 s, 1 seed, 1 thread. The second lines are 95 % intervals for "
    "these fits: over the test samples of each class for scores, over the rounds for energy."
)
KNOWN = (
    "How the energy is known. CPU: load model with an assumed TDP of 80 W, class C; RAM: a declared constant of 20 W, class C. "
    "{share} of this is a declared constant of 20 W for the memory."
)
MOSTLY_TIME = "So these energies are above all the times that the candidates took."
RATIOS = "The error is nearly the same for all of them, so on this machine the ratios tell them apart."
CLASS_C = (
    "Class C, modelled from the load, or declared: the true watt-hours are expected between 0.50 and 6.0 times these figures. "
    + RATIOS
)
DECISIVE = (
    "A difference is decisive when its p value is below 0.05 after Holm's correction for all {count} comparisons: {tests}. On the "
    "front: no candidate is decisively better and uses decisively less."
)
MCNEMAR, T_TEST = "scores by McNemar's exact test", "energies by a t test of log-ratios"
SEEDS_APART = "accuracy of each seed: "
SAME_ORDER = "By a second estimate (CPU seconds at 4 W a busy core) the candidates rank the same, as far as they can be told apart."


def said(notes: Iterable[Message]) -> list[str]:
    return [str(note) for note in notes]


def notes_of(campaign: Campaign) -> list[str]:
    return said(comparison_notes(compare(campaign, [accuracy])))


def notes_with(*runs: Run, **changes: Any) -> list[str]:
    """What is said besides of a campaign in which nothing had to be said but how it was measured; its seeds are not looked at."""
    sound = make_run(rounds=make_rounds(1.0, 1.0))
    usual = notes_of(make_campaign(sound))
    assert len(usual) == 3
    found = [note for note in notes_of(make_campaign(sound, *runs, **changes)) if note not in usual]
    return [note for note in found if not note.startswith(SEEDS_APART)]


def loud(**changes: Any) -> Run:
    """A run of the same candidate with another seed and one reading that something is the matter with."""
    return make_run(seed=1, rounds=[*make_rounds(1.0, 1.0), make_reading("latency", **changes)])


def test_of_a_quiet_campaign_three_things_are_said() -> None:
    assert notes_of(make_campaign(make_run(rounds=make_rounds(1.0, 1.0)))) == [PROTOCOL_NOTE, KNOWN.format(share="50 %"), CLASS_C]


def test_two_candidates_are_ranked_by_a_second_estimate_too() -> None:
    campaign = make_campaign(make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.0)), make_run(rounds=make_rounds(2.0, 2.0)))
    decisive = DECISIVE.format(count=2, tests=f"{MCNEMAR} and {T_TEST}")
    assert notes_of(campaign)[1:] == [decisive, KNOWN.format(share="50 %"), CLASS_C, SAME_ORDER]


def test_how_differences_were_tested_is_told_as_far_as_any_were() -> None:
    def told(*runs: Run) -> list[str]:
        return [note for note in notes_of(make_campaign(*runs)) if "decisive" in note]

    def answered(name: str, right: int, **changes: Any) -> Run:
        answers = make_predictions(["a"] * 9 + ["b"], ["a"] * right + ["b"] * (10 - right))
        return make_run(name, rounds=make_rounds(1.0, 1.1, 1.05), predictions=answers, **changes)

    assert told(answered("one", 9)) == []
    # Of three candidates there are three pairs, each in quality and in energy.
    assert told(*(answered(name, 9) for name in ("one", "two", "three"))) == [
        DECISIVE.format(count=6, tests=f"{MCNEMAR} and {T_TEST}")
    ]
    # McNemar's test knows no mean over seeds.
    seeds = [answered(name, 8 + seed, seed=seed) for name in ("one", "two") for seed in (0, 1)]
    assert told(*seeds) == [DECISIVE.format(count=2, tests=f"scores by a paired permutation test and {T_TEST}")]
    # One sample shows no difference between scores.
    alone = [make_run(name, rounds=make_rounds(1.0, 1.1), predictions=make_predictions(["a"], ["a"])) for name in ("one", "two")]
    assert told(*alone) == [DECISIVE.format(count=1, tests=T_TEST)]


def test_seeds_are_told_apart_where_there_are_several() -> None:
    def answered(name: str, seed: int, *predicted: str) -> Run:
        return make_run(name, seed=seed, rounds=make_rounds(1.0, 1.1), predictions=make_predictions(["a", "b"], predicted))

    runs = [answered("one", 0, "a", "b"), answered("one", 1, "a", "a"), answered("two", 0, "a", "b")]
    assert [note for note in notes_of(make_campaign(*runs)) if note.startswith(SEEDS_APART)] == [f"{SEEDS_APART}one 1.000, 0.500."]


def test_what_keeps_campaigns_apart_is_told() -> None:
    def campaign(name: str, **changes: Any) -> Campaign:
        return make_campaign(make_run(rounds=make_rounds(1.0, 1.1)), id=name, **changes)

    def told(**changes: Any) -> list[str]:
        one, other = campaign("20261123-190559-3f2a"), campaign("20261124-190559-77aa", **changes)
        notes = said(comparison_notes(compare(one, [accuracy], others=[other])))
        return [note for note in notes if "compared" in note]

    assert told() == []
    (energies,) = told(protocol=Protocol(rounds=3))
    assert energies == (
        "Energies not compared (protocol: 5 rounds of 10 s, 1 seed, 1 thread, and 3 rounds of 10 s, 1 seed, 1 thread)."
    )
    version = "task: request-classification, version 1, and request-classification, version 2"
    assert told(task_version="2") == [
        f"Energies not compared ({version}).",
        f"Campaign 20261124-190559-77aa is shown, but not compared: {version}.",
    ]


def test_what_a_hosted_service_uses_is_not_ranked() -> None:
    hosted = make_run("hosted", rounds=[make_reading(components=(make_component("cpu", 1.0, "D", "tokens"),))] * 2)
    notes = notes_of(make_campaign(make_run(rounds=make_rounds(1.0, 1.1)), hosted))
    assert "A hosted service (class D) is never ranked against what was measured." in notes
    assert not any(note.startswith("Energies not compared") for note in notes)


def test_candidates_that_use_no_more_and_no_less_than_the_baseline_are_named() -> None:
    # Twice the baseline's energy in each round, half of it in each, and now more, now less.
    campaign = make_campaign(
        make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.0, 1.0)),
        make_run("more", rounds=make_rounds(2.0, 2.0, 2.0)),
        make_run("unsure", rounds=make_rounds(0.5, 2.0, 1.0)),
        make_run("less", rounds=make_rounds(0.5, 0.5, 0.5)),
        make_run("alike", rounds=make_rounds(1.0, 1.0, 1.0)),
    )
    assert notes_of(campaign)[4] == "Energy not distinguishable from the baseline's: unsure, alike."


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        (
            {"status": "unavailable", "reason": "no network", "remedy": "connect"},
            "hub: unavailable. No network. To make it available: connect",
        ),
        (
            {"status": "failed", "reason": "ValueError in fit.py, line 3", "remedy": "mend it"},
            "hub: failed. ValueError in fit.py, line 3. To do: mend it",
        ),
        ({"status": "interrupted", "reason": "its process was killed"}, "hub: interrupted. Its process was killed."),
    ],
)
def test_who_has_no_numbers_is_told_first_with_the_reason_and_the_remedy(changes: dict[str, Any], note: str) -> None:
    absent = make_run("hub", readings=(), predictions=(), **changes)
    assert notes_of(make_campaign(make_run(rounds=make_rounds(1.0)), absent))[0] == note


def test_seeds_that_did_not_finish_are_told() -> None:
    failed = make_run(seed=1, status="failed", reason="ValueError in fit.py, line 3")
    assert notes_with(failed) == ["linear: 1 of 2 seeds: failed. ValueError in fit.py, line 3."]


def test_the_notes_say_on_what_and_how_it_was_measured() -> None:
    protocol = Protocol(seeds=2, rounds=5, window_s=12.5, threads=3)
    note = notes_of(make_campaign(make_run(rounds=make_rounds(1.0, 1.0)), protocol=protocol))[0]
    assert note.startswith(
        "30 test samples, 70 to learn from, 2 classes. 5 rounds of 12.5 s, 2 seeds, 3 threads. The second lines are 95 % intervals"
    )


def test_one_round_promises_no_interval_for_energy() -> None:
    note = notes_of(make_campaign(make_run(rounds=make_rounds(1.0)), protocol=Protocol(rounds=1)))[0]
    assert note == (
        "30 test samples, 70 to learn from, 2 classes. 1 round of 10 s, 1 seed, 1 thread. The second lines are 95 % intervals for "
        "these fits, over the test samples of each class for scores; one round gives no interval for energy."
    )


def test_the_memorys_constant_is_told_as_a_share() -> None:
    # 71 of 100 parts.
    rounds = [make_reading(cpu_wh=0.29, ram_wh=0.71)]
    assert notes_of(make_campaign(make_run(rounds=rounds)))[1] == f"{KNOWN.format(share='71 %')} {MOSTLY_TIME}"


def test_the_constant_is_told_from_the_least_to_the_greatest_share() -> None:
    campaign = make_campaign(
        make_run("linear", rounds=[make_reading(cpu_wh=1.0, ram_wh=3.0)]),
        make_run("rules", rounds=[make_reading(cpu_wh=3.0, ram_wh=1.0)]),
    )
    assert notes_of(campaign)[2] == KNOWN.format(share="25 % to 75 %")


def test_energy_from_a_counter_is_said_to_be_and_has_no_second_estimate() -> None:
    # 98 Wh between 0.9 and 3 times, 2 Wh between 0.5 and 6 times: 89.2 to 306 of 100.
    runs = [make_run(name, rounds=[make_reading(cpu_wh=98.0, ram_wh=2.0, measured=True)]) for name in ("linear", "rules")]
    known, classes = notes_of(make_campaign(*runs, machine=make_counting_machine()))[2:]
    assert known == (
        "How the energy is known. CPU: RAPL counter of package-0, class B; RAM: a declared constant of 20 W, class C. "
        "2 % of this is a declared constant of 20 W for the memory."
    )
    assert classes == (
        "Class B, read from a hardware counter: the true watt-hours are expected between 0.89 and 3.1 times these figures. "
        + RATIOS
    )


def test_calibrated_energy_may_be_read_as_it_stands() -> None:
    parts = (make_component("cpu", 1.0, "A", "a model, calibrated"), make_component("ram", 1.0, "A", "a constant, calibrated"))
    notes = notes_of(make_campaign(make_run(rounds=[make_reading(components=parts)])))
    # The calibration's bounds are 5 % either way; nothing is said of ratios, which are no better than the figures themselves.
    assert notes[2:] == [
        (
            "Class A, calibrated against a wall meter on this host: the true watt-hours are expected between 0.95 and 1.1 times "
            "these figures."
        )
    ]


def test_the_class_that_is_explained_is_the_worst_of_all_candidates() -> None:
    campaign = make_campaign(
        make_run("rules", baseline=True, rounds=[make_reading(cpu_wh=98.0, ram_wh=2.0, measured=True)]),
        make_run("linear", rounds=[make_reading(cpu_wh=1.0, ram_wh=1.0, measured=True)]),
        machine=make_counting_machine(),
    )
    # 1 Wh between 0.9 and 3, 1 Wh between 0.5 and 6: 1.4 to 9 of 2 Wh.
    assert (
        "Class C, modelled from the load, or declared: the true watt-hours are expected between 0.70 and 4.5 times"
        in notes_of(campaign)[3]
    )


def test_two_estimates_that_disagree_leave_the_order_undetermined() -> None:
    # By the model 2, 3 and 4 Wh; by CPU seconds 7, 6 and 5.
    estimates = {"a": (1.0, 6.0), "b": (2.0, 5.0), "c": (3.0, 4.0)}
    runs = [
        make_run(name, rounds=[make_reading(cpu_wh=cpu_wh, ram_wh=1.0, cpu_estimate_wh=estimate_wh)] * 2)
        for name, (cpu_wh, estimate_wh) in estimates.items()
    ]
    notes = notes_of(make_campaign(*runs, machine=make_machine(declared={"watts_per_busy_core": 7.5})))
    assert notes[-1] == (
        "By a second estimate (CPU seconds at 7.5 W a busy core) these rank the other way round: a and b, a and c, b and c. "
        "Their order is undetermined."
    )
    assert not any(RATIOS in note for note in notes)


def test_candidates_that_neither_estimate_tells_apart_may_rank_either_way() -> None:
    # By the model 2 and 2.1 Wh, by CPU seconds 2.1 and 2, each give or take one.
    wobbles = (-1.0, 1.0, 0.5, -0.5)
    runs = [
        make_run(name, rounds=[make_reading(cpu_wh=cpu_wh + by, ram_wh=1.0, cpu_estimate_wh=other_wh - by) for by in apart])
        for name, cpu_wh, other_wh, apart in (("a", 2.0, 2.1, wobbles), ("b", 2.1, 2.0, [-by for by in wobbles]))
    ]
    assert notes_of(make_campaign(*runs))[-1] == SAME_ORDER


def test_of_candidates_on_two_kinds_of_hardware_nobody_says_that_the_error_is_the_same() -> None:
    card = [make_component("cpu", 1.0, "B", "a counter"), make_component("gpu", 50.0, "B", "a counter")]
    runs = [make_run("small", rounds=make_rounds(1.0, 1.0)), make_run("large", rounds=[make_reading(components=tuple(card))] * 2)]
    assert not any(RATIOS in note for note in notes_of(make_campaign(*runs)))


def test_fits_without_a_figure_say_why() -> None:
    short = make_run("short", readings=[make_reading("fit", duration_s=0.2), *make_rounds(1.0, 1.0)])
    unread = make_reading("fit", outcome="unreadable", reason="no result")
    lost = make_run("lost", readings=[unread, *make_rounds(1.0, 1.0)])
    notes = notes_of(make_campaign(short, lost))
    assert "Fits of less than 0.5 s are too short for their energy to be measured." in notes
    assert "lost seed 0: the energy of its fit could not be read (no result)." in notes


def test_a_year_in_service_says_what_decides_it() -> None:
    heavy = make_run("heavy", rounds=make_rounds(1.0, 1.0), peak_memory_mib=4096.0)
    slow = make_run("slow", rounds=[make_reading(cpu_seconds=1e7)] * 2, peak_memory_mib=1.0)
    unsized = make_run("unsized", rounds=make_rounds(1.0, 1.0))
    runs = {"heavy": heavy, "slow": slow, "unsized": unsized}

    def decides(*names: str) -> str:
        campaign = make_campaign(*(runs[name] for name in names), readings=[make_reading("idle")])
        factors = read_factors()
        scenario = Scenario(make_deployment(), factors[DEFAULT_FACTOR], factors, 1000)
        notes = said(service_notes(compare(campaign, [accuracy]), scenario))
        note = next(note for note in notes if note.startswith("In service"))
        return note.partition("whichever is larger")[2].partition(". ")[0]

    assert decides("heavy", "slow") == "; memory decides for heavy"
    assert decides("heavy") == "; memory decides for all of them"
    assert decides("slow") == "; time decides"
    # Of a memory that nobody knows nobody says that time decides.
    assert decides("unsized") == ""
    assert decides("heavy", "unsized") == "; memory decides for heavy"


def service_of(*runs: Run, deployed: bool = True) -> list[str]:
    """What is said of a year of service."""
    idle = make_reading("idle", cpu_wh=0.1, ram_wh=0.1, duration_s=5.0)
    factors = read_factors()
    scenario = Scenario(make_deployment() if deployed else None, factors[DEFAULT_FACTOR], factors, 1000)
    return said(service_notes(compare(make_campaign(*runs, readings=[idle]), [accuracy]), scenario))


def test_a_year_in_service_says_what_its_figures_rest_on() -> None:
    notes = service_of(make_run(rounds=make_rounds(1.0, 1.0), peak_memory_mib=1.0))
    assert notes[0] == "Above idle: what the machine took in one idle window of 5 s is taken off, as if it were known exactly."
    assert notes[-1] == (
        "That server idles at 120 W and has 128 GiB. A test. The carbon's range goes from the lowest to the highest "
        "factor, PUE and making."
    )


def test_a_memory_that_is_not_known_says_why_and_what_that_means() -> None:
    run = make_run(rounds=make_rounds(1.0, 1.0), peak_memory_unknown="a process of its own could not load it and answer")
    why = "linear: its peak memory is not known: a process of its own could not load it and answer."
    assert service_of(run)[1] == f"{why} Its share of a server is at least what is shown."
    assert service_of(run, deployed=False)[1:] == [
        why,
        (
            "Carbon: the gross energy times 46.1 g/kWh (ademe-2025). Nothing is said of a year in service: goals.toml has no "
            "[deployment]."
        ),
    ]


def test_a_candidate_that_kept_more_cores_busy_than_it_was_given_is_told() -> None:
    def told(cores: float, threads: int) -> list[str]:
        run = make_run(rounds=[make_reading(cpu_seconds=1.0), make_reading(cpu_seconds=10 * cores)])
        notes = notes_of(make_campaign(run, protocol=Protocol(threads=threads)))
        return [note.partition(":")[0] for note in notes if "cores busy, and not" in note]

    assert told(1.2, 1) == []
    assert told(3.9, 4) == []
    assert told(3.94, 1) == ["linear kept 3.9 cores busy, and not 1"]


def test_load_of_others_below_the_limit_is_not_told() -> None:
    assert notes_with(loud(foreign_cpu_seconds=0.5)) == []


@pytest.mark.parametrize(
    ("gap_s", "told"),
    [(3.0, []), (7.2, ["Between two power samples up to 7 s passed: a counter may have started anew unseen."])],
)
def test_a_long_gap_between_power_samples_is_told(gap_s: float, told: list[str]) -> None:
    assert notes_with(loud(longest_gap_s=gap_s)) == told


@pytest.mark.parametrize(
    ("reason", "note"),
    [
        ("its process was killed", "Interrupted: its process was killed."),
        (None, "Interrupted."),
    ],
)
def test_an_interrupted_campaign_says_so_and_why(reason: str | None, note: str) -> None:
    absent = make_run(status="interrupted", reason="the campaign was interrupted", readings=(), predictions=())
    assert notes_of(make_campaign(absent, status="interrupted", reason=reason))[2:] == [note]
    assert notes_with(status="interrupted", reason=reason) == [f"{note} Only what was measured completely is shown."]


def test_a_campaign_beyond_the_budget_gives_its_reason() -> None:
    assert notes_with(over_budget="the jury asked for it") == [
        "Beyond the POC's development budget; the reason given: the jury asked for it"
    ]


def test_what_the_machines_owner_should_know_is_told_in_sentences() -> None:
    flags = ("the calibration is not used: it is 400 days old", "the cores changed: are its figures still right?")
    assert notes_with(machine=make_machine(flags=flags)) == [
        "The calibration is not used: it is 400 days old.",
        "The cores changed: are its figures still right?",
    ]


def test_what_was_noticed_about_the_data_is_told() -> None:
    assert notes_with(data=make_data(notices=("2 texts are in both files",))) == ["2 texts are in both files"]


def test_a_campaign_interrupted_before_anything_was_complete_has_no_energy_to_explain() -> None:
    run = make_run(status="interrupted", reason="the campaign was interrupted", rounds=make_rounds(1.0))
    assert notes_of(make_campaign(run, status="interrupted")) == [
        "linear: interrupted. The campaign was interrupted.",
        "30 test samples, 70 to learn from, 2 classes. 5 rounds of 10 s, 1 seed, 1 thread.",
        "Interrupted.",
    ]


# Answers that are texts


def text_notes(*flags_and_shares: tuple[tuple[str, ...], float], **changes: Any) -> list[str]:
    """What is said of a campaign in which `writer` gave answers that are odd like this, of inputs of which it read so much."""
    parts = [Part(0.5), Part(0.4)] * 10
    campaign = make_text_contest({"lead": {"kept": parts}, "writer": {"kept": parts}}, **changes)
    lead, writer = campaign.runs
    odd = [
        answer.model_copy(update={"flags": flags, "share_read": share})
        for answer, (flags, share) in zip(writer.predictions, flags_and_shares, strict=False)
    ]
    writer = writer.model_copy(update={"predictions": (*odd, *writer.predictions[len(odd) :])})
    kept = text_metric("kept", lambda *_: Part(0))
    return said(comparison_notes(compare(campaign.model_copy(update={"runs": (lead, writer)}), [kept])))


def test_of_texts_no_classes_are_told_and_scores_are_over_all_samples() -> None:
    note = text_notes()[0]
    assert note == (
        "20 test samples, 70 to learn from. 5 rounds of 10 s, 1 seed, 1 thread. The second lines are 95 % intervals for these "
        "fits: over the test samples for scores, over the rounds for energy."
    )
    assert text_notes(protocol=Protocol(rounds=1))[0].endswith(
        "these fits, over the test samples for scores; one round gives no interval for energy."
    )


def test_what_was_asked_of_all_alike_is_told() -> None:
    note = text_notes(conditions={"limit_words": 90, "tone": "plain"})[0]
    assert note.startswith(
        "20 test samples, 70 to learn from. Asked of all alike: limit_words = 90, tone = plain. 5 rounds of 10 s, 1 seed"
    )


def test_odd_answers_are_counted_by_what_is_odd_about_them() -> None:
    notes = text_notes((("too long", "no verb"), 1.0), (("too long",), 1.0), ((), 1.0))
    assert [note for note in notes if "dd answers" in note] == [
        "Odd answers of writer, scored as they are: too long (2 of 20), no verb (1 of 20)."
    ]
    assert [note for note in text_notes() if "dd answers" in note] == []


def test_inputs_that_were_not_read_whole_are_told_with_how_much_of_them_was() -> None:
    notes = text_notes(((), 0.5), ((), 1.0), ((), 0.25))
    # On average (1/2 + 1/4) / 2.
    assert [note for note in notes if "whole" in note] == [
        (
            "writer cannot read long inputs whole: of 2 of 20 it read the beginning only, 38 % of them on average, 25 % of the "
            "longest. What stands behind it does not know."
        )
    ]
    assert [note for note in text_notes() if "whole" in note] == []


def test_a_share_that_is_nearly_all_is_not_called_all() -> None:
    (note,) = (note for note in text_notes(((), 0.999)) if "whole" in note)
    assert "of 1 of 20 it read the beginning only, > 99 % of them on average" in note


def test_of_who_was_not_measured_no_odd_answers_are_told() -> None:
    odd = make_run("broken", status="failed", reason="ValueError", predictions=(), readings=())
    parts = [Part(0.5)] * 20
    campaign = make_text_contest({"lead": {"kept": parts}})
    campaign = campaign.model_copy(update={"runs": (*campaign.runs, odd)})
    notes = said(comparison_notes(compare(campaign, [text_metric("kept", lambda *_: Part(0))])))
    assert [note for note in notes if "dd answers" in note or "whole" in note] == []
