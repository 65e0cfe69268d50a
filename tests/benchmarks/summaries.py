"""Measures the summarisers that copy sentences: how their time grows with the text, and TextRank against the plain way to do it."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from evaluation.candidate import Predictor
from evaluation.data.loading import DataRequest, load_data
from evaluation.samples import Samples
from evaluation.texts.sentences import split_sentences
from evaluation.texts.words import fold, french_stop_words
from poc.document_summarisation import CANDIDATES, TASK
from poc.document_summarisation.extractive import DAMPING, MOST_STEPS, TOLERANCE, WORDS, sentence_vectors, text_ranks

Row = tuple[str, str, str]
EXTRACTIVE = ("first-sentences", "textrank", "tfidf-centroid", "learned-extractive")
SENTENCES = (10, 100, 1000, 5000)
DOCUMENTS = (10, 100, 1000)
REPEATS = 5


def summaries() -> Iterator[Row]:
    """Growth with sentences and with documents, and the price of TextRank."""
    split, _ = load_data(TASK, DataRequest(), dt.datetime.now().astimezone().date())
    sentences = [each for text in (*split.train.inputs, *split.test.inputs) for each in split_sentences(text)]
    fitted = {each.name: _fit(each.fit, each.params, split.train) for each in CANDIDATES if each.name in EXTRACTIVE}
    for name, predictor in fitted.items():
        texts = {count: "\n".join(_so_many(sentences, count)) for count in SENTENCES}
        times_s = {count: _seconds(predictor, [text]) for count, text in texts.items()}
        shown = ", ".join(f"{count}: {seconds * 1000:.1f} ms" for count, seconds in times_s.items())
        few, many = SENTENCES[-2:]
        growth = times_s[many] / times_s[few]
        linear = many / few
        yield (
            f"{name}, one text of so many sentences",
            f"{shown}; x {growth:.2f}",
            f"at most x {linear * log(many) / log(few):.2f} (n log n)",
        )
    for name, predictor in fitted.items():
        inputs = {count: _so_many(split.test.inputs, count) for count in DOCUMENTS}
        times_s = {count: _seconds(predictor, of) for count, of in inputs.items()}
        shown = ", ".join(f"{count}: {seconds * 1000:.0f} ms" for count, seconds in times_s.items())
        yield f"{name}, so many documents", f"{shown}; x {times_s[DOCUMENTS[-1]] / times_s[DOCUMENTS[-2]]:.2f}", "x 10 (linear)"
    for count in SENTENCES:
        ratio = statistics.median(_price(_so_many(sentences, count)) for _ in range(REPEATS))
        yield f"TextRank over TF-IDF and a sparse power iteration, {count} sentences", f"{ratio:.2f}", "at most 2"


def _price(sentences: Sequence[str]) -> float:
    return _once(lambda: text_ranks(sentence_vectors(sentences))) / _once(lambda: plain_text_ranks(sentences))


def plain_text_ranks(sentences: Sequence[str]) -> NDArray[np.float64]:
    """TextRank as one writes it down: scikit-learn's TF-IDF, the matrix of all similarities, a sparse power iteration."""
    words = TfidfVectorizer(preprocessor=fold, token_pattern=WORDS, stop_words=sorted(french_stop_words()))
    vectors = words.fit_transform(sentences)
    similar = (vectors @ vectors.T).tocsr()
    similar.setdiag(0)
    similar.eliminate_zeros()
    degree = np.asarray(similar.sum(axis=0)).ravel()
    degree[degree == 0] = 1
    ranks = np.full(len(sentences), 1 / len(sentences))
    for _ in range(MOST_STEPS):
        new = (1 - DAMPING) / len(sentences) + DAMPING * (similar @ (ranks / degree))
        moved = np.abs(new - ranks).sum()
        ranks = new
        if moved < TOLERANCE:
            break
    return np.asarray(ranks)


def _fit(fit: Callable[..., Predictor], params: Any, train: Samples) -> Predictor:
    return fit(train, seed=0, **params, **TASK.conditions)


def _so_many(texts: Sequence[str], count: int) -> list[str]:
    return [texts[place % len(texts)] for place in range(count)]


def _seconds(predictor: Predictor, inputs: Sequence[str]) -> float:
    """The median of several, after one that loads what is loaded once."""
    predictor.predict(inputs)
    return statistics.median(_once(lambda: predictor.predict(inputs)) for _ in range(REPEATS))


def _once(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
