"""A candidate that learns which sentences people put into their summaries, from a few simple features of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evaluation.candidate import Predictor
from evaluation.exceptions import CandidateUnavailableError
from evaluation.messages import say, words
from evaluation.samples import Sample, Samples
from evaluation.texts.facts import compile_facts, count_facts, facts_of_sentence
from evaluation.texts.metrics import FACTS
from evaluation.texts.rouge import rouge_n_recall
from evaluation.texts.sentences import ends_like_a_sentence, split_sentences
from evaluation.texts.words import WORD, count_words, fold, french_stop_words
from poc.document_summarisation.extractive import (
    FEWEST_WORDS,
    WORDS,
    Extractive,
    likeness_to_all,
    marginal_relevance,
    sentence_vectors,
    text_ranks,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Fewer sentences teach nothing.
FEWEST_SENTENCES = 10
TOO_LITTLE = words("it learns from documents with reference summaries or facts, and found {sentences} sentences of such")
KINDS = ("amount", "date", "time", "number", "name")
FIRST_PERSON = re.compile(r"\b(?:je|j|nous|on|me|moi|notre|nos)\b")
QUOTED = re.compile('[«»"“”]')
WORDS_AT_MOST = 60
# Between 0, where long sentences win because they say more, and 1, where short ones do; tried on the training documents.
LENGTH_EXPONENT = 0.5
# Of the words' columns, against the features of deviation 1; tried there too.
WEIGHT_OF_WORDS = 3.0


class LearnedExtractive(Extractive):
    """Takes the sentences that a model ranks highest, each unlike those that were taken before it.

    Args:
        limit_words: of a summary.
        relevance: the weight of the rank against the likeness to what was taken, from 0 to 1.
        ranker: from sentences to what each is worth.
    """

    def __init__(self, limit_words: int, relevance: float, ranker: Ranker) -> None:
        super().__init__(limit_words)
        self.relevance = relevance
        self.ranker = ranker

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """One after the other, by what each is worth for its length."""
        import numpy as np

        vectors = sentence_vectors(sentences)
        words = np.array([count_words(sentence) for sentence in sentences])
        scores = self.ranker.worth(sentences, features_of(sentences, vectors)) / np.maximum(words, FEWEST_WORDS) ** LENGTH_EXPONENT
        return marginal_relevance(sentences, vectors, scores / max(scores.max(), 1e-9), self.relevance, self.limit_words)


class Ranker:
    """A ridge regression on the features of sentences, brought to one scale, and on their words and pairs of words.

    Args:
        penalty: of its weights.
    """

    def __init__(self, penalty: float) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import Ridge
        from sklearn.preprocessing import StandardScaler

        # Words of one sentence alone teach nothing.
        self.words = TfidfVectorizer(preprocessor=fold, token_pattern=WORDS, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        self.scale = StandardScaler()
        self.model = Ridge(penalty)

    def fit(self, sentences: Sequence[str], features: NDArray[np.float64], worth: NDArray[np.float64]) -> Ranker:
        """Learn from sentences of any texts, with the features of each and what it is worth."""
        self.words.fit(sentences)
        self.scale.fit(features)
        self.model.fit(self._columns(sentences, features), worth)
        return self

    def worth(self, sentences: Sequence[str], features: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each sentence is worth, (sentences,)."""
        import numpy as np

        return np.asarray(self.model.predict(self._columns(sentences, features)))

    def _columns(self, sentences: Sequence[str], features: NDArray[np.float64]) -> Any:
        from scipy.sparse import csr_matrix, hstack

        return hstack([csr_matrix(self.scale.transform(features)), WEIGHT_OF_WORDS * self.words.transform(sentences)]).tocsr()


def features_of(sentences: Sequence[str], vectors: Any) -> NDArray[np.float64]:
    """Features of each sentence of one text: where it stands, how long it is, what it states, how central its words are.

    Args:
        sentences: of a text, in its order.
        vectors: of them, as `sentence_vectors` makes them.

    Returns:
        (sentences, features).
    """
    import numpy as np

    size = len(sentences)
    places = np.arange(size)
    titles = frozenset(WORD.findall(fold(" ".join(sentences[:2])))) - french_stop_words()
    own = np.asarray([_of_sentence(sentence, titles) for sentence in sentences])
    # Which sentence it is when headings are not counted, and how much is stated up to it and around it.
    real = np.cumsum(own[:, 1])
    stated = own[:, STATED].sum(axis=1)
    nearby = np.convolve(stated, np.ones(5), "same") / np.convolve(np.ones(size), np.ones(5), "same") if size > 4 else stated
    return np.column_stack(
        [
            places / size,
            1 / (1 + places),
            1 / (size - places),
            np.log1p(places),
            1 / (1 + real),
            real <= 3,
            np.full(size, size),
            own,
            stated / np.maximum(own[:, 0], 1),
            np.cumsum(stated) / max(1, stated.sum()),
            nearby,
            text_ranks(vectors) * size,
            likeness_to_all(vectors),
        ]
    )


# The columns of `_of_sentence` that count what is stated.
STATED = slice(2, 2 + len(KINDS))


def _of_sentence(sentence: str, titles: frozenset[str]) -> list[float]:
    folded = fold(sentence)
    words = WORD.findall(folded)
    kinds = [fact.kind for fact in facts_of_sentence(sentence)]
    return [
        min(count_words(sentence), WORDS_AT_MOST),
        float(ends_like_a_sentence(sentence)),
        *(float(kinds.count(kind)) for kind in KINDS),
        float(sentence.isupper()),
        float(bool(QUOTED.search(sentence))),
        float(bool(FIRST_PERSON.search(folded))),
        float(sentence.endswith("?")),
        len(titles.intersection(words)) / max(1, len(titles)),
        sum(word in french_stop_words() for word in words) / max(1, len(words)),
    ]


def fit_learned_extractive(train: Samples, *, seed: int, limit_words: int, relevance: float, penalty: float) -> Predictor:
    """Learn a ridge regression from documents that say what a summary must hold.

    A sentence is worth the share of the must-have facts that it says; where a document names no facts, the share of the words and
    pairs of words of its reference summaries that it has.

    Raises:
        CandidateUnavailableError: there are too few sentences of such documents to learn from.
    """
    import numpy as np

    del seed  # nothing here is left to chance
    texts: list[str] = []
    rows, worth = [], []
    # All documents by the same measure.
    with_facts = [sample for sample in train if sample.marks.get(FACTS)]
    for sample in with_facts or train:
        sentences = split_sentences(sample.input)
        if sentences and (with_facts or sample.targets):
            texts += sentences
            rows.append(features_of(sentences, sentence_vectors(sentences)))
            worth += _worth(sentences, sample)
    if len(worth) < FEWEST_SENTENCES:
        raise CandidateUnavailableError(
            str(say(TOO_LITTLE, sentences=len(worth))),
            remedy=words("give training documents with a reference each (--target COLUMN)"),
        )
    ranker = Ranker(penalty).fit(texts, np.concatenate(rows), np.asarray(worth))
    return LearnedExtractive(limit_words, relevance, ranker)


def _worth(sentences: Sequence[str], sample: Sample) -> list[float]:
    facts = compile_facts(sample.marks.get(FACTS, ""))
    if facts:
        return [count_facts(facts, sentence) / len(facts) for sentence in sentences]
    return [sum(rouge_n_recall(sentence, sample.targets, n) for n in (1, 2)) / 2 for sentence in sentences]
