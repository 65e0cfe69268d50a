"""Measures the statistics: how often intervals hold a truth that is known, how often no difference is taken for one, how fast."""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluation.judgement.comparison import Comparison, compare
from evaluation.judgement.quality import weigh_quality
from evaluation.judgement.statistics import RESAMPLES, Interval, paired_ratio, unpaired_ratio_test
from evaluation.metrics import Metric, accuracy, label_answers, label_codes, macro_f1, tally_means
from evaluation.run import Campaign
from tests.populations import (
    Floats,
    Places,
    Scores,
    Windows,
    draw_answers,
    draw_population,
    draw_truth,
    named,
    shares_of,
)
from tests.records import make_campaign, make_counting_machine, make_predictions, make_rounds, make_run

Row = tuple[str, str, str]

STUDIES = 1000
HELD = "93 to 97 %, ±1.4 for 1 000 studies"
LOWEST, HIGHEST = 0.93, 0.97
# Two standard errors of a share of 1 000 that is 95 %.
ERROR = 0.014
METRICS = (macro_f1, accuracy)
# How many of the items are as hard for one candidate as for the others, and of the seeds' answers as hard for one as for another.
ALIKE = 0.8
CANDIDATES, TEST, ROUNDS, NOISE = 5, 200, 5, 0.02


# How often intervals hold the truth.


@dataclass
class Coverage:
    """Of the intervals that were looked at, how many held the truth, and how many studies were too small for one.

    Attributes:
        held: how many held it.
        counted: of how many.
        small: too small, and not counted.
    """

    held: int = 0
    counted: int = 0
    small: int = 0

    def count(self, found: Interval, truth: float, *, small: bool = False) -> None:
        """One more interval."""
        if small or found.low is None or found.high is None:
            self.small += 1
            return
        self.counted += 1
        self.held += found.low <= truth <= found.high

    @property
    def share(self) -> float | None:
        """How many held it; none where more than half are too small."""
        return self.held / self.counted if self.counted > self.small else None

    def __str__(self) -> str:
        """For people."""
        small = self.small / (self.small + self.counted)
        if self.share is None:
            return f"too small ({small:.0%})"
        return f"{self.share:.1%}" + (f" ({small:.0%} too small)" if small else "")


Coverages = dict[str, Coverage]


class Setting(NamedTuple):
    """A kind of study with labels.

    Attributes:
        classes: how many.
        skewed: whether some are rarer than others.
        samples: of the test.
        by_class: whether so many of each class are drawn as it has in the population.
        right: share of right answers in the population.
        seeds: fits of each candidate.
    """

    classes: int
    skewed: bool
    samples: int
    by_class: bool
    right: float
    seeds: int

    def __str__(self) -> str:
        """For people."""
        return (
            f"{self.classes} {'skewed' if self.skewed else 'balanced'} classes, {self.samples} samples drawn "
            f"{'by class' if self.by_class else 'at random'}, accuracy {self.right:.2f}, {self.seeds} seed{'s'[self.seeds == 1 :]}"
        )


def label_settings() -> list[Setting]:
    """Every kind of classes with every size of test and way to draw it; accuracies and seeds are dealt out among these."""
    kinds = product(enumerate((2, 5, 22)), enumerate((False, True)), enumerate((100, 300, 1000)), (False, True))
    rights, seeds = (0.5, 0.8, 0.97), (1, 3)
    return [
        Setting(classes, skewed, samples, by_class, rights[(first + second + third) % 3], seeds[(first + third) % 2])
        for (first, classes), (second, skewed), (third, samples), by_class in kinds
    ]


def label_study(setting: Setting, number: int, found: Coverages, draws: int = RESAMPLES) -> None:
    """Draw two candidates and a test, and look whether the intervals of scores and differences hold what is true of them."""
    rng = np.random.default_rng([number, *map(int, setting[:4]), round(100 * setting.right), setting.seeds])
    shares = shares_of(setting.classes, skewed=setting.skewed)
    truth = draw_truth(rng, shares, setting.samples, by_class=setting.by_class)
    counts = np.bincount(truth, minlength=setting.classes)
    if setting.by_class:
        shares = counts / setting.samples
    ours, theirs = (draw_population(rng, shares, right) for right in (setting.right, min(setting.right + 0.04, 0.98)))
    hardness = rng.random(setting.samples)
    answers = {
        name: [named(draw_answers(rng, population, truth, hardness, ALIKE)) for _ in range(setting.seeds)]
        for name, population in (("ours", ours), ("theirs", theirs))
    }
    quality = weigh_quality(named(truth), answers, METRICS, seed=number, draws=draws)
    for metric in METRICS:
        small = metric.over_classes and (bool(quality.thin_classes) or not counts.all())
        true = ours.scores[metric.name]
        found[metric.name].count(quality.scores["ours"][metric.name], true, small=small)
        gain = quality.differences["ours", "theirs"][metric.name]
        found[f"difference of {metric.name}"].count(gain, true - theirs.scores[metric.name], small=small)


SCORES = [
    Scores("low, skewed", 0.0, 1.2, 6.8),
    Scores("low, many zeros", 0.25, 1.5, 6.0),
    Scores("middling", 0.05, 2.4, 5.4),
    Scores("middling, wide", 0.1, 0.8, 1.4),
    Scores("high", 0.02, 3.0, 3.0),
]
BETTER_BY = 0.1


def means_of(scores: Sequence[Floats]) -> Metric:
    """The metric whose value is the mean of a candidate's scores; candidates answer with their number among these."""
    return Metric("rouge_l", lambda answers: tally_means(scores[int(answers.predicted[0])]))


def document_study(kind: Scores, samples: int, number: int, found: Coverages, draws: int = RESAMPLES) -> None:
    """Draw the documents' scores of two candidates, and look whether the intervals hold the means."""
    from scipy.stats import norm

    rng = np.random.default_rng([number, samples, round(1000 * kind.mean)])
    better = kind._replace(first=kind.first * (1 + BETTER_BY))
    shared = rng.standard_normal(samples)
    hardness = [norm.cdf(ALIKE**0.5 * shared + (1 - ALIKE) ** 0.5 * rng.standard_normal(samples)) for _ in range(2)]
    metric = means_of([kind.at(hardness[0]), better.at(hardness[1])])
    # The first label stands for what is expected of all: the metric does not look at it.
    quality = weigh_quality(["0"] * samples, {"0": [["0"] * samples], "1": [["1"] * samples]}, [metric], seed=number, draws=draws)
    found["rouge_l"].count(quality.scores["0"]["rouge_l"], kind.mean)
    found["difference of rouge_l"].count(quality.differences["0", "1"]["rouge_l"], kind.mean - better.mean)


WINDOWS = [Windows(*each) for each in product((5, 8, 20), (0.01, 0.1), (False, True))]
TRUE_RATIO = 1.3
# In later rounds the machine takes more or less, for all alike.
DRIFT = 0.2


def energy_study(windows: Windows, number: int, found: Coverages) -> None:
    """Draw the energies of two candidates, and look whether the interval of their ratio holds the true one."""
    rng = np.random.default_rng([number, windows.rounds, round(1000 * windows.noise), windows.heavy])
    drift = np.exp(DRIFT * rng.standard_normal() * np.arange(windows.rounds) / windows.rounds)
    ours, theirs = TRUE_RATIO * drift * windows.draw(rng), drift * windows.draw(rng)
    found["ratio, round by round"].count(paired_ratio(ours.tolist(), theirs.tolist()), TRUE_RATIO)
    apart = TRUE_RATIO * windows.draw(rng), windows._replace(noise=windows.noise / 2).draw(rng, windows.rounds + 3)
    found["ratio, at different times"].count(unpaired_ratio_test(*(each.tolist() for each in apart)).ratio, TRUE_RATIO)


def covered(study: Callable[[int, Coverages], None], studies: int) -> Coverages:
    """What many studies of one kind show."""
    found = _Coverages()
    for number in range(studies):
        study(number, found)
    return found


class _Coverages(dict[str, Coverage]):
    def __missing__(self, name: str) -> Coverage:
        return self.setdefault(name, Coverage())


def _of_labels(setting: Setting) -> Coverages:
    return covered(lambda number, found: label_study(setting, number, found), STUDIES)


def _of_documents(setting: tuple[Scores, int]) -> Coverages:
    return covered(lambda number, found: document_study(*setting, number, found), STUDIES)


def _of_energies(windows: Windows) -> Coverages:
    return covered(lambda number, found: energy_study(windows, number, found), STUDIES)


def coverage() -> Iterator[Row]:
    """How often 95 % intervals hold the truth, where it is known."""
    documents = list(product(SCORES, (100, 300)))
    labels = label_settings()
    shares: dict[str, list[float]] = {}
    with ProcessPoolExecutor() as pool:
        parts = (
            zip(map(str, labels), pool.map(_of_labels, labels), strict=True),
            zip(
                [f"ROUGE-L {kind.name}, mean {kind.mean:.2f}, {samples} documents" for kind, samples in documents],
                pool.map(_of_documents, documents),
                strict=True,
            ),
            zip([f"energy ratio, {windows}" for windows in WINDOWS], pool.map(_of_energies, WINDOWS), strict=True),
        )
        for words, found in (row for part in parts for row in part):
            for name, each in found.items():
                shares.setdefault(name, []).extend([] if each.share is None else [each.share])
            told = ", ".join(f"{name} {each}" for name, each in found.items())
            print(f"  {words}: {told}", file=sys.stderr, flush=True)
            yield words, told, HELD
    for name, enough in shares.items():
        outside = sum(not LOWEST - ERROR <= share <= HIGHEST + ERROR for share in enough)
        spread = f"{min(enough):.1%} to {max(enough):.1%}, mean {statistics.mean(enough):.1%}"
        yield f"{name}: settings that are large enough", f"{spread}; {outside} of {len(enough)} outside", HELD


# How often differences are seen that are none.


class Field(NamedTuple):
    """Candidates of which the last one may be different.

    Attributes:
        samples: of the test.
        right: share of right answers.
        gain: by how much the last one's is higher.
        ratio: its energy over that of the others.
        alike: of how many samples the hardness is the same for all.
    """

    samples: int = TEST
    right: float = 0.8
    gain: float = 0.0
    ratio: float = 1.0
    alike: float = 0.0


def draw_campaign(field: Field, number: int) -> Campaign:
    """A campaign of five candidates, the first of which is the baseline, on a machine with a counter."""
    rng = np.random.default_rng([number, field.samples, round(100 * field.alike)])
    shares = shares_of(5, skewed=True)
    population = draw_population(rng, shares, field.right)
    others = draw_population(rng, shares, field.right + field.gain) if field.gain else population
    truth, hardness = draw_truth(rng, shares, field.samples, by_class=False), rng.random(field.samples)
    drift, windows = np.exp(0.1 * rng.standard_normal(ROUNDS)), Windows(ROUNDS, NOISE, heavy=number // 2 % 2 == 0)
    runs = []
    for place in range(CANDIDATES):
        last = place == CANDIDATES - 1
        answers = draw_answers(rng, others if last else population, truth, hardness, field.alike)
        energies = drift * windows.draw(rng) * (field.ratio if last else 1.0)
        runs.append(
            make_run(
                f"candidate {place}",
                baseline=place == 0,
                rounds=make_rounds(*energies.tolist(), measured=True),
                predictions=make_predictions(named(truth), named(answers)),
            )
        )
    return make_campaign(*runs, machine=make_counting_machine())


def alarms(comparison: Comparison) -> set[str]:
    """In what any two candidates are told apart."""
    found = {
        "quality": [each.better for each in comparison.differences],
        "energy": [each.leaner for each in comparison.differences],
    }
    return {name for name, each in found.items() if any(each)}


def count_alarms(metrics: Sequence[Metric], fields: Sequence[Field], studies: int) -> Counter[str]:
    """Of so many studies, of each of these kinds in turn, how many see a difference."""
    told: Counter[str] = Counter()
    for number in range(studies):
        found = alarms(compare(draw_campaign(fields[number % len(fields)], number), metrics))
        told.update([*found, *(["any"] if found else [])])
    return told


# Of 1 000 studies, 5 % would be 36 to 64.
ALARM_STUDIES = 4000
ALARM_FIELDS = (Field(), Field(alike=ALIKE))
POWER_FIELDS = {
    "independent answers": Field(samples=500, gain=0.06, ratio=1.1),
    "same samples hard for all": Field(samples=500, gain=0.06, ratio=1.1, alike=ALIKE),
}
POWER_STUDIES = 200


def _alarms_by(place: int) -> Counter[str]:
    return count_alarms((METRICS[place], METRICS[1 - place]), ALARM_FIELDS, ALARM_STUDIES)


def _power_in(field: Field) -> tuple[int, int]:
    found = [
        compare(draw_campaign(field, number), METRICS).between(f"candidate {CANDIDATES - 1}", "candidate 0")
        for number in range(POWER_STUDIES)
    ]
    return sum(each.better == each.one for each in found), sum(each.leaner == each.other for each in found)


def false_alarms() -> Iterator[Row]:
    """Five candidates that are alike; and how often a real difference is seen beside those that are none."""
    with ProcessPoolExecutor() as pool:
        for metric, told in zip(METRICS, pool.map(_alarms_by, range(2)), strict=True):
            setting = f"{CANDIDATES} candidates, {TEST} samples, {ROUNDS} rounds, by {metric.name}"
            share = f"{told['any'] / ALARM_STUDIES:.1%} of {ALARM_STUDIES} studies"
            parts = f"{told['quality']} in quality, {told['energy']} in energy"
            yield f"A/A, {setting}: decisive differences in", f"{share} ({parts})", "at most 5 %"
        for (words, field), (better, leaner) in zip(POWER_FIELDS.items(), pool.map(_power_in, POWER_FIELDS.values()), strict=True):
            yield (
                f"accuracy 0.86 against 0.80, {field.samples} samples, {words}: decisively better by macro_f1",
                f"{better / POWER_STUDIES:.0%}",
                "",
            )
            yield (
                f"1.1 times the energy, noise {NOISE:.0%}, {ROUNDS} rounds: decisively leaner",
                f"{leaner / POWER_STUDIES:.0%}",
                "",
            )


# How fast a comparison is.

LARGE = {"candidates": 6, "seeds": 5, "samples": 10_000, "classes": 22}
PAIRS = 7
MOST_RATIO = 3.0


def large_campaign(candidates: int, seeds: int, samples: int, classes: int) -> Campaign:
    """One with many answers."""
    rng = np.random.default_rng(0)
    shares = shares_of(classes, skewed=False)
    truth, hardness = draw_truth(rng, shares, samples, by_class=False), rng.random(samples)
    runs = []
    for place, seed in product(range(candidates), range(seeds)):
        population = draw_population(rng, shares, 0.6 + 0.05 * place)
        answers = named(draw_answers(rng, population, truth, hardness, ALIKE))
        rounds = make_rounds(*np.exp(NOISE * rng.standard_normal(ROUNDS)).tolist(), duration_s=10.0)
        runs.append(
            make_run(
                f"candidate {place}",
                baseline=place == 0,
                seed=seed,
                rounds=rounds,
                predictions=make_predictions(named(truth), answers),
                scores={metric.name: metric.value(label_answers(named(truth), answers)) for metric in METRICS},
            )
        )
    return make_campaign(*runs)


def _point_estimates(labels: Sequence[tuple[NDArray[np.str_], NDArray[np.str_]]]) -> None:
    from sklearn.metrics import accuracy_score, f1_score

    for expected, predicted in labels:
        f1_score(expected, predicted, average="macro", zero_division=0)
        accuracy_score(expected, predicted)


def _plain_draws(right: Floats) -> None:
    """The mean of one candidate's right answers in each draw: the least that a bootstrap with numpy can be."""
    rng = np.random.default_rng(0)
    samples = len(right)
    _ = [right[rng.integers(0, samples, samples)].mean() for _ in range(RESAMPLES)]


def _full_draws(codes: Sequence[tuple[Places, Places]], classes: int) -> None:
    """Accuracy and macro-F1 of each run in each draw, from positions of expected and predicted labels."""
    rng = np.random.default_rng(0)
    samples = len(codes[0][0])
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, samples, samples)
        for expected, predicted in codes:
            truth, answer = expected[drawn], predicted[drawn]
            hits = np.bincount(truth[truth == answer], minlength=classes)
            _ = hits.sum() / samples
            np.mean(2 * hits / (np.bincount(truth, minlength=classes) + np.bincount(answer, minlength=classes)))


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds, of all threads together: others on the machine change these least."""
    began = time.process_time()
    work()
    return time.process_time() - began


def comparing() -> Iterator[Row]:
    """A large comparison against scikit-learn's point estimates and a plain bootstrap with numpy, in one process by turns."""
    from evaluation.records.store import open_store
    from tests.benchmarks.energy import own_home

    campaign = large_campaign(**LARGE)
    labels = [
        (np.array([each.expected for each in run.predictions]), np.array([each.predicted for each in run.predictions]))
        for run in campaign.runs
    ]
    right = (labels[0][0] == labels[0][1]).astype(float)
    with own_home():
        store = open_store(campaign.task)
        store.open_campaign(campaign)
        for run in campaign.runs:
            store.add_run(campaign, run)
        store.close_campaign(campaign)
        works: dict[str, Callable[[], object]] = {
            "compare": lambda: compare(campaign, METRICS),
            "read and compare": lambda: compare(store.read_campaign(campaign.id), METRICS),
            "points": lambda: _point_estimates(labels),
            "draws": lambda: _plain_draws(right),
        }
        for work in works.values():
            work()
        taken_s: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(PAIRS):
            for name, work in works.items():
                taken_s[name].append(_seconds(work))
    full_s = _seconds(lambda: _full_draws([label_codes(*pair)[1:] for pair in labels], LARGE["classes"]))
    yield from _speeds(taken_s, full_s)


def _speeds(taken_s: Mapping[str, Sequence[float]], full_s: float) -> Iterator[Row]:
    setting = ", ".join(f"{number} {name}" for name, number in LARGE.items())
    theirs_s = [sum(pair) for pair in zip(taken_s["points"], taken_s["draws"], strict=True)]
    for name in ("compare", "read and compare"):
        ratios = [ours / other for ours, other in zip(taken_s[name], theirs_s, strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} pairs; {statistics.median(taken_s[name]):.2f} s"
        yield (
            f"{setting}: CPU seconds to {name}, over scikit-learn's point estimates and {RESAMPLES} draws of one accuracy",
            f"{statistics.median(ratios):.2f} ({spread} over {statistics.median(theirs_s):.2f} s)",
            f"at most {MOST_RATIO:g}",
        )
        full = statistics.median(taken_s["points"]) + full_s
        yield (
            f"to {name}, over the same with draws of accuracy and macro-F1 of every candidate and seed",
            f"{statistics.median(taken_s[name]) / full:.3f}",
            f"at most {MOST_RATIO:g}",
        )
