"""Goals that were set anew once the figures were there."""

from __future__ import annotations

from evaluation.goals import parse_goals, recorded_goals
from tests.evaluation.judgement.checks.sound import GOALS, GOALS_TOML, advice_on, codes, sound_campaign

SOUND = sound_campaign()
LOWER = parse_goals(GOALS_TOML.replace("floor = 0.03", "floor = 0.02"))


def test_each_change_is_a_line() -> None:
    lower = parse_goals(GOALS_TOML.replace("floor = 0.03", "floor = 0.02").replace("kept = true", "kept = false"))
    advice = advice_on(SOUND, goals=lower, then=GOALS)
    assert codes(advice) == ["P008", "P008"]
    assert [str(each.found) for each in advice] == [
        "goals changed after measuring: quality_gain: floor was 0.03, is now 0.02",
        "goals changed after measuring: human_path: kept was true, is now false",
    ]
    assert str(advice[0].remedy).startswith("put them back, or measure under those of now: preuve run")


def test_the_same_goals_were_not_changed() -> None:
    assert codes(advice_on(SOUND, then=GOALS)) == []


def test_the_record_of_the_goals_serves_where_nobody_read_it_before() -> None:
    assert codes(advice_on(SOUND, goals=LOWER)) == ["P008"]


def test_goals_that_only_read_differently_were_not_changed() -> None:
    with_comment = recorded_goals(f"# a comment\n{GOALS_TOML}")
    assert with_comment.sha256 != GOALS.sha256
    assert codes(advice_on(SOUND, goals=with_comment, then=GOALS)) == []


def test_of_goals_that_are_not_recorded_the_hash_tells_that_they_were_others() -> None:
    old = SOUND.model_copy(update={"goals": "", "goals_sha256": "0123456789abcdef" * 4})
    for then in (None, recorded_goals("")):
        (advice,) = advice_on(old, then=then)
        assert advice.code == "P008"
        assert f"(SHA-256 0123456789ab, now {GOALS.sha256[:12]})" in str(advice.found)


def test_goals_that_are_not_recorded_may_be_the_same_by_their_hash() -> None:
    assert codes(advice_on(SOUND.model_copy(update={"goals": ""}))) == []


def test_goals_of_a_record_that_cannot_be_read_are_said_to_be_so() -> None:
    old = SOUND.model_copy(update={"goals": "[[", "goals_sha256": "0" * 64})
    (advice,) = advice_on(old, then=recorded_goals("[["))
    assert "cannot be compared" in str(advice.found)


def test_each_of_several_campaigns_has_its_own_goals() -> None:
    other = SOUND.model_copy(update={"id": "20261124-190559-aaaa", "goals": LOWER.text, "goals_sha256": LOWER.sha256})
    (advice,) = advice_on(SOUND, other)
    assert str(advice.found).endswith("quality_gain: floor was 0.02, is now 0.03")
    assert advice.candidates == ("keywords (aaaa)", "linear (aaaa)", "forest (aaaa)")


def test_what_was_read_of_the_goals_is_that_of_the_first_campaign_alone() -> None:
    lowest = parse_goals(GOALS_TOML.replace("floor = 0.03", "floor = 0.01"))
    first = SOUND.model_copy(update={"goals": "", "goals_sha256": lowest.sha256})
    other = SOUND.model_copy(update={"id": "20261124-190559-aaaa", "goals": LOWER.text, "goals_sha256": LOWER.sha256})
    advice = advice_on(first, other, then=lowest)
    assert [str(each.found).split("floor was ")[1] for each in advice] == ["0.01, is now 0.03", "0.02, is now 0.03"]
