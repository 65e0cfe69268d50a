"""Populations to draw tests from, of which the truth is known: labels and answers, scores of documents, energies of windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Population:
    """What a candidate's answers are drawn from.

    Attributes:
        shares: of each class, (classes,).
        chances: of each answer to each class, (classes, classes).
    """

    shares: Floats
    chances: Floats

    @property
    def scores(self) -> dict[str, float]:
        """What an endless test would show."""
        hits = self.shares * np.diag(self.chances)
        return {"accuracy": float(hits.sum()), "macro_f1": float(np.mean(2 * hits / (self.shares + self.shares @ self.chances)))}


def draw_population(rng: np.random.Generator, shares: Floats, right: float) -> Population:
    """Classes of unlike difficulty, mistaken for a few others more than for the rest, with this share of right answers."""
    classes = len(shares)
    chances = rng.dirichlet(np.full(classes, 0.5), size=classes)
    np.fill_diagonal(chances, 0.0)
    recalls = _shifted(np.clip(rng.beta(8 * right, 8 * (1 - right), classes), 1e-4, 1 - 1e-4), shares, right)
    chances *= ((1 - recalls) / chances.sum(axis=1))[:, None]
    np.fill_diagonal(chances, recalls)
    return Population(shares, chances)


def _shifted(recalls: Floats, shares: Floats, right: float) -> Floats:
    """These recalls, all moved by the same logit, so that they have this mean."""
    from scipy.optimize import brentq

    odds = recalls / (1 - recalls)

    def moved(logit: float) -> Floats:
        return np.asarray(1 - 1 / (1 + odds * np.exp(logit)))

    return moved(brentq(lambda logit: float(shares @ moved(logit)) - right, -30, 30))


def shares_of(classes: int, *, skewed: bool) -> Floats:
    """As frequent as each other, or by Zipf's law: the second half as frequent as the first, the third a third."""
    weights = 1 / np.arange(1, classes + 1) if skewed else np.ones(classes)
    return np.asarray(weights / weights.sum())


def draw_truth(rng: np.random.Generator, shares: Floats, samples: int, *, by_class: bool) -> Places:
    """The classes of a test: drawn from the population, or so many of each as its share amounts to."""
    if not by_class:
        return np.asarray(rng.choice(len(shares), samples, p=shares))
    counts = np.floor(shares * samples).astype(int)
    counts[np.argsort(counts - shares * samples)[: samples - counts.sum()]] += 1
    return np.repeat(np.arange(len(shares)), counts)


def draw_answers(rng: np.random.Generator, population: Population, truth: Places, hardness: Floats, alike: float) -> Places:
    """Answers to these samples, wrong where they are hard; of so many the hardness is shared, of the others it is new."""
    classes = len(population.shares)
    # The right answer first: it is given where hardness is low.
    order = np.array([[label, *(other for other in range(classes) if other != label)] for label in range(classes)])
    reached = np.cumsum(np.take_along_axis(population.chances, order, axis=1), axis=1)
    own = np.where(rng.random(len(truth)) < alike, hardness, rng.random(len(truth)))
    place = np.minimum(np.sum(own[:, None] > reached[truth], axis=1), classes - 1)
    return np.asarray(order[truth, place])


def named(places: Places) -> list[str]:
    """Labels for these numbers."""
    return [f"class {place:02d}" for place in places]


class Scores(NamedTuple):
    """Documents' scores between 0 and 1, as ROUGE-L gives them: some share nothing with the reference, the others follow a beta.

    Attributes:
        name: what they look like.
        none: share of those with 0.
        first: parameter of the beta; so is the next.
    """

    name: str
    none: float
    first: float
    second: float

    @property
    def mean(self) -> float:
        """Of an endless test."""
        return (1 - self.none) * self.first / (self.first + self.second)

    def at(self, hardness: Floats) -> Floats:
        """The scores of documents of this hardness, evenly spread between 0 and 1."""
        from scipy.stats import beta

        ranks = np.clip((hardness - self.none) / (1 - self.none), 0.0, 1.0)
        return np.asarray(np.where(hardness < self.none, 0.0, beta.ppf(ranks, self.first, self.second)))


class Windows(NamedTuple):
    """A kind of study with energies.

    Attributes:
        rounds: of each candidate.
        noise: of each window, as a standard deviation of the logarithm.
        heavy: whether it has heavy tails: Student's t with four degrees of freedom.
    """

    rounds: int
    noise: float
    heavy: bool

    def draw(self, rng: np.random.Generator, rounds: int | None = None) -> Floats:
        """Factors of the windows."""
        size = rounds or self.rounds
        # Such a t has the variance 2.
        drawn = rng.standard_t(4, size) / 2**0.5 if self.heavy else rng.standard_normal(size)
        return np.asarray(np.exp(self.noise * drawn))

    def __str__(self) -> str:
        """For people."""
        return f"{self.rounds} rounds, noise {self.noise:.0%}{', heavy tails' if self.heavy else ''}"
