"""One seed says nothing of luck."""

from __future__ import annotations

from evaluation.run import Protocol
from tests.evaluation.judgement.checks.sound import advice_on, changed, codes, sound_campaign, sound_runs, without_figures

SOUND = sound_campaign()


def test_all_candidates_with_one_seed_are_named_but_the_baseline() -> None:
    campaign = sound_campaign(*(each for each in sound_runs() if each.seed == 0), protocol=Protocol(seeds=1))
    (advice,) = advice_on(campaign)
    assert (advice.code, advice.candidates) == ("P006", ("linear", "forest"))
    assert str(advice.found).endswith("where a candidate learns at random: linear, forest")
    assert str(advice.remedy).endswith("preuve run request-classification --data requests.csv ... --seeds 3")


def test_two_seeds_are_enough() -> None:
    assert codes(advice_on(SOUND)) == []


def test_a_candidate_of_which_only_one_seed_finished_is_named_alone() -> None:
    campaign = changed(
        SOUND, lambda each: without_figures(each, "failed", reason="x") if (each.candidate, each.seed) == ("forest", 1) else {}
    )
    (advice,) = advice_on(campaign)
    assert (advice.code, advice.candidates) == ("P006", ("forest",))


def test_no_fewer_seeds_are_advised_than_were_asked_for() -> None:
    runs = [each for each in sound_runs() if each.seed == 0]
    (advice,) = advice_on(sound_campaign(*runs, protocol=Protocol(seeds=5)))
    assert str(advice.remedy).endswith("--seeds 5")


def test_the_baseline_may_have_one_seed() -> None:
    assert codes(advice_on(sound_campaign(*(each for each in sound_runs() if not (each.baseline and each.seed))))) == []
