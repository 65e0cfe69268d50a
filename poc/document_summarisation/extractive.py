"""Candidates that copy sentences: the beginning, and those that stand for the whole. They change no word and learn nothing.

Time and memory grow with the number of words; only sorting sentences takes a little more (n log n). No matrix of all pairs of
sentences is ever made.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any

from evaluation.candidate import Predictor
from evaluation.samples import Samples
from evaluation.texts.sentences import cut_words, ends_like_a_sentence, join_sentences, split_sentences
from evaluation.texts.words import count_words, fold, french_stop_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Brin and Page's (1998), which Mihalcea and Tarau (2004, "TextRank: bringing order into texts") take over.
DAMPING = 0.85
# Ranks that move by less do not change the order any more; so many steps reach that on any graph: 0.85^100 is 1e-7.
TOLERANCE, MOST_STEPS = 1e-6, 100
# Shorter ones are greetings, headings, cells: they say little, and look central because they have few words.
FEWEST_WORDS = 5


class Extractive:
    """A summary of whole sentences of the text, in its order.

    Args:
        limit_words: of a summary.
    """

    def __init__(self, limit_words: int) -> None:
        self.limit_words = limit_words

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One summary a text, a sentence a line; empty for a text without words."""
        return [self._summary(text) for text in inputs]

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """The places of the sentences to take, the most important first. The first ones that fit are taken."""
        raise NotImplementedError

    def _summary(self, text: str) -> str:
        sentences = split_sentences(text)
        return within_limit(sentences, self.choose(sentences), self.limit_words) if sentences else ""


def within_limit(sentences: Sequence[str], order: Sequence[int], limit_words: int) -> str:
    """The foremost sentences that fit into the limit together, in the text's order; if none does, the beginning of the first."""
    taken: list[int] = []
    left = limit_words
    for place in order:
        words = count_words(sentences[place])
        if words <= left:
            taken.append(place)
            left -= words
    if not taken and order:
        return cut_words(sentences[order[0]], limit_words)
    return join_sentences([sentences[place] for place in sorted(taken)])


def leading(sentences: Sequence[str], places: Sequence[int], limit_words: int) -> list[int]:
    """The first of these places, up to the first whose sentence does not fit into the limit after the others; one in any case."""
    words = accumulate(count_words(sentences[place]) for place in places)
    fitting = len(list(takewhile(lambda total: total <= limit_words, words)))
    return list(places[: max(1, fitting)])


class FirstSentences(Extractive):
    """The beginning of a text, as somebody copies it who has no time to read on: headings and addresses are left out.

    Args:
        limit_words: of a summary.
        sentences: the most that are taken.
    """

    def __init__(self, limit_words: int, sentences: int | None) -> None:
        super().__init__(limit_words)
        self.sentences = sentences

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """The first ones up to the first that does not fit."""
        real = [place for place, sentence in enumerate(sentences) if ends_like_a_sentence(sentence)] or range(len(sentences))
        return leading(sentences, real[: self.sentences], self.limit_words)


class TextRank(Extractive):
    """TextRank: sentences that resemble many others, above all such that do so themselves.

    The similarity is the cosine of TF-IDF vectors, with frequencies of this text alone. Its matrix is X Xᵀ without the diagonal,
    and a step of the power iteration multiplies by Xᵀ and by X, which is as long as the text and not its square.
    """

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """By their rank."""
        return by_score(sentences, text_ranks(sentence_vectors(sentences)))


def text_ranks(vectors: Any) -> NDArray[np.float64]:
    """The TextRank of each sentence; together they are 1.

    Args:
        vectors: (sentences, words), sparse, each row of length 1 or 0.
    """
    import numpy as np

    size = vectors.shape[0]
    turned = vectors.T.tocsr()
    own = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
    degree = vectors @ np.asarray(turned.sum(axis=1)).ravel() - own
    # What resembles no other sentence passes its rank on to all alike; rounding leaves hardly anything of a degree of 0.
    linked = degree > 1e-9
    ranks = np.full(size, 1 / size)
    for _ in range(MOST_STEPS):
        passed = np.where(linked, ranks / np.where(linked, degree, 1), 0)
        spread = vectors @ (turned @ passed) - own * passed + ranks[~linked].sum() / size
        new = (1 - DAMPING) / size + DAMPING * spread
        moved = np.abs(new - ranks).sum()
        ranks = new
        if moved < TOLERANCE:
            break
    return np.asarray(ranks)


def sentence_vectors(sentences: Sequence[str]) -> Any:
    """TF-IDF vectors of sentences, each a document of its own, without stop words: (sentences, words), sparse, of length 1 or 0."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(preprocessor=fold, token_pattern=WORDS, stop_words=sorted(french_stop_words()))
    try:
        return words.fit_transform(sentences)
    except ValueError:  # nothing but stop words, or no word at all
        return csr_matrix((len(sentences), 1))


WORDS = r"(?u)[^\W_]+"


def by_score(sentences: Sequence[str], scores: NDArray[np.float64]) -> list[int]:
    """Places from the highest score to the lowest, very short sentences last; of equals the first one first."""
    import numpy as np

    short = np.array([count_words(sentence) < FEWEST_WORDS for sentence in sentences])
    return [int(place) for place in np.lexsort((np.arange(len(sentences)), -scores, short))]


class Centroid(Extractive):
    """Sentences near the middle of the text's words, each unlike those that were taken before it.

    Maximal marginal relevance (Carbonell and Goldstein 1998, "The use of MMR"): what is taken next has the most of `relevance`
    times its likeness to the whole, less the rest times its likeness to the most similar one that was taken.

    Args:
        limit_words: of a summary.
        relevance: from 0 to 1.
        weights: of words, as `fit_tfidf_centroid` learns them from documents.
    """

    def __init__(self, limit_words: int, relevance: float, weights: Any) -> None:
        super().__init__(limit_words)
        self.relevance = relevance
        self.weights = weights

    def choose(self, sentences: Sequence[str]) -> list[int]:
        """One after the other."""
        vectors = used_columns(self.weights.transform(counts_of(sentences)))
        return marginal_relevance(sentences, vectors, likeness_to_all(vectors), self.relevance, self.limit_words)


def counts_of(texts: Sequence[str]) -> Any:
    """How often each word is in each text, (texts, 2^18), sparse; words are told by their hash, so any text has its columns."""
    from sklearn.feature_extraction.text import HashingVectorizer

    words = HashingVectorizer(
        preprocessor=fold,
        token_pattern=WORDS,
        stop_words=sorted(french_stop_words()),
        n_features=2**18,
        alternate_sign=False,
        norm=None,
    )
    return words.transform(texts)


def used_columns(vectors: Any) -> Any:
    """The same without the columns in which nothing is."""
    import numpy as np

    return vectors[:, np.unique(vectors.indices)]


def likeness_to_all(vectors: Any) -> NDArray[np.float64]:
    """Cosine of each row with the sum of all."""
    import numpy as np

    whole = np.asarray(vectors.sum(axis=0)).ravel()
    length = np.linalg.norm(whole)
    return np.asarray(vectors @ whole / length if length else np.zeros(vectors.shape[0]))


def marginal_relevance(
    sentences: Sequence[str], vectors: Any, scores: NDArray[np.float64], relevance: float, limit_words: int
) -> list[int]:
    """The places of sentences in the order in which they are taken, as long as one fits into the limit.

    Args:
        sentences: of the text.
        vectors: of them, (sentences, words), rows of length 1 or 0.
        scores: how much each is worth by itself.
        relevance: the weight of that, against the likeness to what was taken.
        limit_words: of all that is taken.
    """
    import numpy as np

    lengths = np.array([count_words(sentence) for sentence in sentences])
    taken: list[int] = []
    left = limit_words
    likeness = np.zeros(len(sentences))
    # Very short ones only where nothing else fits.
    worth = relevance * scores - (lengths < FEWEST_WORDS)
    while True:
        value = np.where(lengths <= left, worth - (1 - relevance) * likeness, -np.inf)
        value[taken] = -np.inf
        best = int(np.argmax(value))
        if value[best] == -np.inf:
            break
        taken.append(best)
        left -= lengths[best]
        likeness = np.maximum(likeness, (vectors @ vectors[best].T).toarray().ravel())
    return taken or by_score(sentences, scores)[:1]


def fit_first_sentences(train: Samples, *, seed: int, limit_words: int, sentences: int | None = None) -> Predictor:
    """The beginning of a text, up to the limit."""
    del train, seed  # it learns nothing, and nothing here is left to chance
    return FirstSentences(limit_words, sentences)


def fit_textrank(train: Samples, *, seed: int, limit_words: int) -> Predictor:
    """TextRank, which looks at the text alone."""
    del train, seed
    return TextRank(limit_words)


def fit_tfidf_centroid(train: Samples, *, seed: int, limit_words: int, relevance: float) -> Predictor:
    """Learn from the documents which words are rare, and take sentences by their likeness to the whole and to each other."""
    from sklearn.feature_extraction.text import TfidfTransformer

    del seed
    return Centroid(limit_words, relevance, TfidfTransformer().fit(counts_of(train.inputs)))
