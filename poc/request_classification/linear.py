"""Candidates that count words: the least answer, and two linear models. They learn in a second and need no GPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluation.candidate import Predictor
from evaluation.samples import Samples

# Words in any alphabet, one letter included: "a", "y" and "5" carry meaning in text-message spelling.
WORD = r"(?u)\b\w+\b"


def fit_majority(train: Samples, *, seed: int) -> Predictor:
    """Always the most frequent label: what any candidate must beat."""
    from sklearn.dummy import DummyClassifier

    return _fitted(DummyClassifier(strategy="most_frequent", random_state=seed), train)


def fit_logistic_regression(train: Samples, *, seed: int, C: float) -> Predictor:
    """TF-IDF over words and pairs of words, then multinomial logistic regression with inverse penalty `C`."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode", token_pattern=WORD)
    return _fitted(make_pipeline(words, LogisticRegression(C=C, random_state=seed, max_iter=1000)), train)


def fit_linear_svc(train: Samples, *, seed: int, C: float) -> Predictor:
    """TF-IDF over words and over characters within words, then a linear support vector machine with inverse penalty `C`.

    Characters see through misspelling: "poubele" shares most of its pieces with "poubelle".
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    shared: Mapping[str, Any] = {"sublinear_tf": True, "strip_accents": "unicode"}
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, **shared)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, **shared)
    model = LinearSVC(C=C, random_state=seed)
    return _fitted(make_pipeline(make_union(words, characters), model), train)


def _fitted(model: Any, train: Samples) -> Predictor:
    predictor: Predictor = model.fit(train.inputs, train.targets)
    return predictor
