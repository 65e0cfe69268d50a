"""Evidence: how far from a reading the truth may lie, and how well a total is known whose parts are known differently."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.energy.evidence import MEANING, ComponentName, EvidenceClass, bounds, class_of_total

CLASSES: tuple[EvidenceClass, ...] = ("A", "B", "C", "D")
# A busy machine is slow at times.
patient = settings(deadline=None, max_examples=50)
# Whole numbers add up exactly.
ENERGY_WH = st.integers(0, 10**6).map(float)
PARTS_WH = st.dictionaries(st.sampled_from(CLASSES), ENERGY_WH, min_size=1)


@pytest.mark.parametrize(
    ("evidence", "name", "expected"),
    [
        ("B", "cpu", (0.9, 3.0)),
        ("B", "gpu", (0.9, 1.6)),
        ("C", "cpu", (0.5, 6.0)),
        ("C", "gpu", (0.5, 6.0)),
        ("C", "ram", (0.5, 6.0)),
        ("D", "cpu", (0.33, 3.0)),
        ("D", "gpu", (0.33, 3.0)),
    ],
)
def test_the_truth_lies_within_the_published_factors(
    evidence: EvidenceClass, name: ComponentName, expected: tuple[float, float]
) -> None:
    assert bounds(evidence, name) == expected


@pytest.mark.parametrize("evidence", ["B", "C", "D"])
@pytest.mark.parametrize("name", ["cpu", "gpu", "ram"])
def test_a_reading_lies_within_its_own_bounds(evidence: EvidenceClass, name: ComponentName) -> None:
    low, high = bounds(evidence, name)
    assert 0 < low <= 1 <= high


@pytest.mark.parametrize("name", ["cpu", "gpu", "ram"])
def test_the_bounds_of_a_calibrated_host_are_nowhere_but_in_its_calibration(name: ComponentName) -> None:
    with pytest.raises(ValueError, match="calibration"):
        bounds("A", name)


def test_every_class_has_its_meaning_in_words() -> None:
    assert set(MEANING) == set(CLASSES)
    assert all(MEANING.values())


@pytest.mark.parametrize(
    ("parts_wh", "expected"),
    [
        ({"A": 1.0}, "A"),
        ({"B": 50.0, "C": 50.0}, "C"),
        ({"C": 1.0, "A": 9.0, "B": 90.0}, "B"),
        # A twentieth decides, less does not.
        ({"B": 95.0, "C": 5.0}, "C"),
        ({"B": 96.0, "C": 4.0}, "B"),
        # Two parts that are too small alone matter together.
        ({"A": 92.0, "C": 4.0, "D": 4.0}, "C"),
        # Nothing was used: nothing of it is known better than the worst.
        ({"B": 0.0, "C": 0.0}, "C"),
    ],
)
def test_a_total_is_known_as_badly_as_its_worst_part_that_matters(
    parts_wh: dict[EvidenceClass, float], expected: EvidenceClass
) -> None:
    assert class_of_total(parts_wh) == expected


@patient
@given(PARTS_WH)
def test_a_total_is_never_known_better_than_a_twentieth_of_it(parts_wh: dict[EvidenceClass, float]) -> None:
    material = [evidence for evidence, energy_wh in parts_wh.items() if 20 * energy_wh >= sum(parts_wh.values())]
    assert class_of_total(parts_wh) >= max(material)


@patient
@given(PARTS_WH)
def test_a_total_is_known_as_one_of_its_parts_is(parts_wh: dict[EvidenceClass, float]) -> None:
    assert class_of_total(parts_wh) in parts_wh


@patient
@given(st.sampled_from(CLASSES), st.sampled_from(CLASSES), st.floats(1, 1e6), st.floats(0, 0.0499))
def test_a_part_below_a_twentieth_does_not_decide(
    main: EvidenceClass, other: EvidenceClass, energy_wh: float, share: float
) -> None:
    parts_wh = {other: energy_wh * share / (1 - share)} | {main: energy_wh}
    assert class_of_total(parts_wh) == main


@patient
@given(PARTS_WH, st.sampled_from(CLASSES), ENERGY_WH)
def test_more_energy_that_is_known_as_badly_or_worse_never_betters_the_class(
    parts_wh: dict[EvidenceClass, float], added: EvidenceClass, added_wh: float
) -> None:
    before = class_of_total(parts_wh)
    worse_or_alike = max(added, before)
    after = class_of_total(parts_wh | {worse_or_alike: parts_wh.get(worse_or_alike, 0.0) + added_wh})
    assert after >= before


@patient
@given(PARTS_WH, st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_class_does_not_depend_on_how_much_it_is_in_all(parts_wh: dict[EvidenceClass, float], times: float) -> None:
    assert class_of_total({evidence: times * wh for evidence, wh in parts_wh.items()}) == class_of_total(parts_wh)


def test_a_total_without_parts_has_no_class() -> None:
    with pytest.raises(ValueError, match="part"):
        class_of_total({})
