"""Near-duplicates: test texts that say the same as a training text but for a few letters. Texts that are the same, `splits` finds.

Who has learnt such a text by heart answers it rightly without having understood anything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from evaluation.samples import Samples
from evaluation.texts.words import normal_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

# Two texts are near-duplicates when of the different runs of four letters in either, at least 4 in 5 are in both: Broder's
# resemblance ("On the resemblance and containment of documents", 1997), and the 0.8 by which Lee et al. tell near-duplicates
# ("Deduplicating training data makes language models better", 2022, by edit distance). The requests of data_samples, each
# written by itself, have no pair above a half. In BANKING77 one test text in twenty-four has one, nearly all the same question with
# one small word more or less; runs of three letters also take "what are the" for "are there", and thrice as many are found.
LETTERS = 4
SIMILAR, OF = 4, 5
# One letter that is wrong changes four runs, so (s - 4) / (s + 4) of s runs are in both: below 36 that is not enough. In a text as
# short as that, some forty letters, only chance finds anything: two who say "ok merci" have not copied from each other.
FEWEST_RUNS = LETTERS * (OF + SIMILAR) // (OF - SIMILAR)
SHORTEST = FEWEST_RUNS + LETTERS - 1
# Of each text so much is read: nine hundred words.
LONGEST_READ = 5_000
# Of all texts of a side, in letters. Ten thousand requests and three thousand for the test are all looked at, in some 1.5 s on a
# core. Of more a part is, drawn by chance and always the same: that takes some 10 s and 0.5 GB.
MOST_LEARNT, MOST_MEASURED = 6_000_000, 2_000_000
SEED = 0
# Pairs of texts that share at least so many of their rare runs are compared, of each test text the most promising ones.
RARE, PROMISING = 8, 16
# Encounters of rare runs, which are few unless all texts are made from one pattern: where there are more, fewer test texts are
# looked at. And how many pairs and test texts are kept in memory at a time.
MOST_ENCOUNTERS, MOST_PAIRS, MOST_ROWS = 200_000_000, 4_000_000, 64

MARKS = re.compile("[\u0300-\u036f]+")
NO_LETTERS = re.compile(r"[\W\d_]+")


class NearDuplicates(NamedTuple):
    """Test samples that nearly repeat a training sample.

    Attributes:
        pairs: the ids of the closest training sample and of the test sample, one pair for each such test sample, in their order.
        looked_at: test samples that were compared. Those too short to tell are not, nor those whose text is a training sample's.
        searched: different training texts that they were compared with.
        searchable: how many there are, without those too short to tell.
    """

    pairs: tuple[tuple[str, str], ...]
    looked_at: int
    searched: int
    searchable: int


class _Text(NamedTuple):
    """The letters of a text, and whose they are."""

    letters: str
    owner: Any

    @property
    def draw(self) -> tuple[int, str]:
        """By which texts are drawn: by chance, whatever their order."""
        return crc32(self.letters.encode("utf-8", "surrogatepass"), SEED), self.letters


def find_near_duplicates(
    train: Samples, test: Samples, *, most_learnt: int = MOST_LEARNT, most_measured: int = MOST_MEASURED
) -> NearDuplicates:
    """Look for test texts that say the same as a training text but for case, accents, digits, punctuation and a few letters.

    What follows "Bonjour" or goes before "Merci d'avance" is the same text; one that goes on for more than a quarter is another.
    The order of the training samples makes no difference.

    Args:
        train: samples to learn from.
        test: samples to measure on; those whose very text is learnt are known as such, and not looked at again.
        most_learnt: letters of training texts to read in all; where there are more, texts are drawn.
        most_measured: letters of test texts.
    """
    learnt = _different(train)
    searched = _drawn(learnt, most_learnt)
    texts = _drawn(_unknown(test, train), most_measured)
    if not texts:
        return NearDuplicates((), 0, len(searched), len(learnt))
    runs = _ranked_runs([text.letters for text in (*searched, *texts)])
    pairs, compared = _similar(runs[: len(searched)], runs[len(searched) :])
    found = sorted((texts[measured].owner, searched[known].owner) for measured, known in pairs)
    return NearDuplicates(tuple((known, test.ids[place]) for place, known in found), compared, len(searched), len(learnt))


def letters_of(text: str) -> str:
    """What is compared of a text: small letters without accents, the words one space apart.

    >>> letters_of("Éclairage coupé, 12 rue de l'Œuvre !")
    'eclairage coupe rue de l œuvre'
    """
    plain = MARKS.sub("", unicodedata.normalize("NFKD", text[:LONGEST_READ]).casefold())
    return NO_LETTERS.sub(" ", plain).strip()[:LONGEST_READ]


def _different(samples: Samples) -> list[_Text]:
    """Those texts that are long enough, each once, under the first of its ids by name."""
    owners: dict[str, str] = {}
    for sample_id, text in zip(samples.ids, samples.inputs, strict=True):
        letters = letters_of(text)
        owners[letters] = min(owners.get(letters, sample_id), sample_id)
    return [_Text(letters, owner) for letters, owner in owners.items() if len(letters) >= SHORTEST]


def _unknown(test: Samples, train: Samples) -> list[_Text]:
    """The test texts that are long enough and not among the training texts as they are, with their places."""
    known = set(map(normal_text, train.inputs))
    texts = [_Text(letters_of(text), place) for place, text in enumerate(test.inputs) if normal_text(text) not in known]
    return [text for text in texts if len(text.letters) >= SHORTEST]


def _drawn(texts: Iterable[_Text], most: int) -> list[_Text]:
    """As many texts as have no more than so many letters together, in the order of the draw."""
    drawn = sorted(texts, key=lambda text: text.draw)
    totals = accumulate(len(text.letters) for text in drawn)
    return [text for text, total in zip(drawn, totals, strict=True) if total <= most]


def _ranked_runs(letters: Sequence[str]) -> Any:
    """Which runs of letters each text has: a sparse matrix with a row for each text, and the columns of rare runs first."""
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer="char", ngram_range=(LETTERS, LETTERS), lowercase=False, binary=True, dtype=np.int32)
    runs = counter.fit_transform(letters)
    texts_with = np.bincount(runs.indices, minlength=runs.shape[1])
    return runs[:, np.argsort(texts_with, kind="stable")].sorted_indices()


def _similar(learnt: Any, measured: Any) -> tuple[list[tuple[int, int]], int]:
    """Rows of test texts with those of the training texts closest to them, and how many test texts were compared.

    Of near-duplicates the runs in both are at least 4/5 of each one's, so the rarest fifth of either and `RARE` runs more hold
    `RARE` of those in both. Only texts that share so many of these are compared: prefix filtering, by Xiao et al., "Efficient
    similarity joins for near duplicate detection", 2008.
    """
    import numpy as np

    rare_learnt, rare_measured = _rare_runs(learnt), _rare_runs(measured)
    met = rare_measured @ np.bincount(rare_learnt.indices, minlength=learnt.shape[1])
    within = int(np.searchsorted(np.cumsum(met), MOST_ENCOUNTERS, side="right"))
    long_enough = np.diff(measured.indptr)[:within] >= FEWEST_RUNS
    pairs = []
    for rows, columns in _promising(rare_learnt, rare_measured[:within], np.diff(learnt.indptr), np.diff(measured.indptr)):
        common = np.asarray(measured[rows].multiply(learnt[columns]).sum(axis=1)).ravel()
        either = np.diff(measured.indptr)[rows] + np.diff(learnt.indptr)[columns] - common
        alike = (OF * common >= SIMILAR * either) & long_enough[rows]
        best = _foremost(rows[alike], (common / either)[alike], columns[alike], 1)
        pairs += list(zip(rows[alike][best].tolist(), columns[alike][best].tolist(), strict=True))
    return pairs, int(long_enough.sum())


def _rare_runs(runs: Any) -> Any:
    """The rarest runs of each text: as many as need not be in a near-duplicate, and `RARE` more."""
    import numpy as np
    from scipy.sparse import csr_matrix

    sizes = np.diff(runs.indptr)
    # The whole part of a division upwards: rounding would lose pairs that are just alike enough.
    kept = np.minimum(sizes + (-SIMILAR * sizes) // OF + RARE, sizes)
    places = np.arange(runs.nnz) - np.repeat(runs.indptr[:-1], sizes)
    indices = runs.indices[places < np.repeat(kept, sizes)]
    return csr_matrix((np.ones(len(indices), dtype=np.int32), indices, np.concatenate([[0], np.cumsum(kept)])), shape=runs.shape)


def _promising(learnt: Any, measured: Any, learnt_sizes: Numbers, measured_sizes: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of rows that may be near-duplicates: by their sizes, and by the rare runs that they share."""
    import numpy as np

    by_run = learnt.T.tocsr()
    step = max(1, min(MOST_ROWS, MOST_PAIRS // max(1, learnt.shape[0])))
    for begin in range(0, measured.shape[0], step):
        shared = (measured[begin : begin + step] @ by_run).tocoo()
        rows, columns = shared.row + begin, shared.col
        sizes = measured_sizes[rows], learnt_sizes[columns]
        possible = (shared.data >= RARE) & (OF * np.minimum(*sizes) >= SIMILAR * np.maximum(*sizes))
        rows, columns = rows[possible], columns[possible]
        best = _foremost(rows, shared.data[possible], columns, PROMISING)
        yield rows[best], columns[best]


def _foremost(rows: Numbers, merits: NDArray[Any], columns: Numbers, most: int) -> Numbers:
    """The places of the pairs of highest merit, at most so many of each row; of equals the first column's."""
    import numpy as np

    order = np.lexsort((columns, -merits, rows))
    _, begins, counts = np.unique(rows[order], return_index=True, return_counts=True)
    places = np.arange(len(order)) - np.repeat(begins, counts)
    return order[places < most]
